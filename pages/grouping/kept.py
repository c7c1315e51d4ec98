"""What the parts of the page share about groupings that are kept: which one, its names, its customers as of a day."""

import json
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd
import streamlit as st

from crm_core.charts.feature_words import feature_words as words_of_feature
from crm_core.charts.feature_words import value_words as words_of_value
from crm_core.clustering import Model
from crm_core.clustering.keeping import looked_within
from crm_core.features import gather
from crm_core.features.catalogue import about_orders
from ui import plain, say, store
from ui.forms import remember


@dataclass(frozen=True)
class Grouping:
    """A kept grouping as it stood after one of its runs."""

    run_id: int
    first_id: int
    name: str
    as_of: date
    segments: dict[int, int]  # group → id of its segment
    within: int | None  # the segment whose customers were looked at; None: all

    def features(self, as_of) -> pd.DataFrame:
        """What its model compares by, of the customers it looks at, as of the end of a day; with orders, since when
        they buy."""
        names = self.model().choice.features
        with store().look() as look:
            return gather(look, (*names, "tenure_days") if about_orders(names) else names, as_of,
                          segment_id=self.within)

    def model(self) -> Model:
        return Model.from_json(store().record("runs", self.run_id)["model"])

    def names(self) -> dict[int, str]:
        """The names of its groups; those that stood for a segment which was deleted are numbered."""
        kept = store().frame("segments_kept").set_index("id").name
        return {group: kept.get(segment) or plain("movement.numbered", group=group)
                for group, segment in sorted(self.segments.items())}

    def in_numbers_of(self, other: "Grouping") -> Model:
        """Its model with the numbers that `other` gives the same segments; a segment of its own gets a new number."""
        model, of_segment = self.model(), {segment: group for group, segment in other.segments.items()}
        numbers, free = {}, max([0, *other.segments]) + 1
        for label, group in sorted(model.numbers.items(), key=lambda pair: pair[1]):
            numbers[label] = of_segment.get(self.segments.get(group))
            if numbers[label] is None:
                numbers[label], free = free, free + 1
        return replace(model, numbers=numbers)


def groupings() -> list[Grouping]:
    """Every run of every kept grouping, the newest first."""
    found = []
    for run in store().frame("groupings_kept").itertuples():
        figures = json.loads(run.figures or "{}")
        segments = {int(group): int(segment) for group, segment in (figures.get("segments") or {}).items()}
        found.append(Grouping(int(run.id), int(run.first_id), run.name, run.as_of.date(), segments,
                              looked_within(figures)))
    return found


def choose(key: str) -> list[Grouping]:
    """Ask for a kept grouping; all its runs, the newest first. Says what to do where none is kept, and stops there."""
    kept = groupings()
    if not kept:
        st.info(say("movement.none_kept"), icon=":material/bookmark_add:")
        st.page_link("pages/clustering.py", label=say("movement.find_groups"), icon=":material/arrow_forward:",
                     query_params={"part": "groups"})
        st.stop()
    series = {run.first_id: run for run in reversed(kept)}  # called as its newest run
    ids = list(dict.fromkeys(run.first_id for run in kept))
    if st.session_state.get(key) not in ids:
        st.session_state.pop(key, None)
        st.session_state.get("remembered", {}).pop(key, None)
    chosen = st.selectbox(
        say("movement.grouping"), ids, key=remember(key, ids[0]), width=320,
        format_func={first: _told(series[first]) for first in ids}.get)
    return [run for run in kept if run.first_id == chosen]


def _told(newest: Grouping) -> str:
    """What a grouping is called; after a refresh with the day to which it was refreshed."""
    if newest.run_id == newest.first_id:
        return newest.name
    return plain("movement.grouping_of", name=newest.name, as_of=newest.as_of)


def feature_words(name: str) -> str:
    return words_of_feature(name, plain)


def value_words(name: str, value, bare: bool = False) -> str:
    """412 as '412 days', as the feature is counted; `bare` beside the feature's own words."""
    if value is None or pd.isna(value):
        return "–"
    return words_of_value(name, float(value), plain, bare)
