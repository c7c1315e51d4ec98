"""What is asked for on this page, kept while its panel is closed, and the groups that answer it."""
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd
import streamlit as st

from crm_core.clustering import Choice, cluster_customers, collected, places
from crm_core.clustering.refreshing import features_as_of
from ui import job, say, store, today

FIRST_DAY = date(1900, 1, 1)  # Streamlit would go back ten years only


@dataclass(frozen=True)
class Asked:
    """As of when, whom, by what and how."""

    as_of: date
    segment: int | None  # the kept segment whose customers are looked at; None: everybody with an order
    choice: Choice


def fresh() -> pd.DataFrame:
    """How many rows each table holds and how far it reaches, by the table's name."""
    return store().frame("freshness").set_index("name")


def asked(newest: date) -> Asked:
    """What was asked for last: the widgets of a step are there only while its panel is open."""
    return st.session_state.setdefault("grouping asked", Asked(as_of=newest, segment=None, choice=Choice()))


def ask(wanted: Asked) -> None:
    """This is asked for from now on."""
    st.session_state["grouping asked"] = wanted


def newest_day() -> date | None:
    """The day of the newest order, today at the latest; None where there is no order."""
    newest = fresh().newest["orders"]
    return None if pd.isna(newest) else min(newest.date(), today())


def read(book, wanted: Asked) -> pd.DataFrame:
    """The features of the customers who are looked at, a row each."""
    with book.look() as look:
        return features_as_of(look, wanted.choice.features, wanted.as_of, wanted.segment)


def answer(wanted: Asked, meanwhile=lambda: None):
    """The groups, with all seven steps, computed once a revision of the data."""
    book = store()

    def work(progress):
        progress(0.05)
        features = read(book, wanted)
        in_the_book = int(book.frame("freshness").set_index("name").rows["customers"])
        progress(0.2)
        groups = cluster_customers(features, wanted.choice, as_of=wanted.as_of,
                                   progress=lambda share: progress(0.2 + 0.8 * share))
        first = collected(features, wanted.as_of, in_the_book, segment_name(wanted.segment), wanted.segment)
        return replace(groups, steps=(first, *groups.steps[1:]))

    return job(("cluster", *_state(book, wanted)), say("clustering.working"), work, meanwhile)


def everybody(wanted: Asked, groups) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The features of all who are looked at, and where each lies on the map of their groups."""
    book = store()

    def work(progress):
        features = read(book, wanted)
        progress(0.5)
        return features, places(groups, features)

    return job(("places", *_state(book, wanted)), say("grouping_look.placing"), work)


def segment_name(segment: int | None) -> str | None:
    if not segment:
        return None
    kept = store().frame("segments_kept").set_index("id")
    return str(kept.name[segment]) if segment in kept.index else None


def _state(book, wanted: Asked) -> tuple:
    tables = ("customers", "orders", *(("segments", "segment_members") if wanted.segment else ()))
    return str(book.path), wanted, book.revision(*tables)
