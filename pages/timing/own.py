"""Own numbers: tables of series brought, checked before they are kept, and what is kept of them."""
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.errors import CrmError, DateOrderAmbiguous, DatesOfTwoKinds
from crm_core.time_series import calendar, own_keeping, own_numbers
from crm_core.time_series.own_columns import Meaning
from crm_core.time_series.own_numbers import Arranged
from pages.timing import asking, own_file
from ui import chart, errors_in_words, job, language, plain, say, store, table
from ui.forms import saved
from ui.work import show_error
from ui.workspace import now

WRITTEN = "own written"
DRAWN = 8  # series
LISTED = 500


@dataclass(frozen=True, eq=False)
class _Looked:
    """A table as it would be kept, and what keeping it would do."""

    arranged: Arranged
    there: tuple[str, ...]  # measures that are kept already
    adding: dict[str, int]
    replacing: dict[str, int]


def show() -> None:
    st.caption(say("time_own.what"))
    _undo()
    round_number = st.session_state.setdefault("own round", 0)
    uploaded = st.file_uploader(say("time_own.choose"), key=f"own file {round_number}")
    if uploaded is not None:
        with st.container(border=True, key="own arriving"):
            _bring(uploaded)
    _listed()


def _bring(uploaded) -> None:
    try:
        reading = own_file.read(uploaded)
    except CrmError as error:
        show_error(error)
        return
    key = f"{uploaded.file_id} {reading.sheet}"
    meaning = own_file.ask(reading, uploaded.file_id)
    try:
        looked = _look(reading, meaning, uploaded.file_id)
    except (DateOrderAmbiguous, DatesOfTwoKinds) as error:
        own_file.ask_order(error, key)
        return
    except CrmError as error:
        show_error(error)
        return
    arranged = looked.arranged
    st.markdown(say("time_own.found", rows=len(arranged.rows), series=len(arranged.series),
                    first=arranged.rows.period.min().date(), last=arranged.rows.period.max().date(),
                    interval=plain(f"time_own.interval_{arranged.interval}")))
    _problems(arranged, key)
    _preview(arranged)
    _keep(looked, uploaded.name)


def _look(reading, meaning: Meaning, file_id: str) -> _Looked:
    book, zone = store(), asking.workspace().zone
    as_of = calendar.today_in(now(), zone)

    def work(progress):
        with book.look() as look:
            headers = own_numbers.laid(look, reading.folder, reading.headers)
            arranged = own_numbers.arrange(look, headers, meaning, reading.name, as_of, zone)
        kept = set(book.frame("own_measures").measure)
        there = tuple(one for one in arranged.rows.measure.unique() if one in kept)
        progress(0.6)
        would = []
        for replace in (False, True):
            if there:
                with book.rehearsal("own_numbers") as batch:
                    would.append(own_keeping.keep(batch, arranged.rows, replace))
            else:
                would.append({"added": len(arranged.rows), "changed": 0, "unchanged": 0, "removed": 0})
        return _Looked(arranged, there, *would)

    key = ("own numbers", str(book.path), file_id, reading.sheet, meaning, as_of, zone, book.revision("observations"))
    return job(key, say("time_own.arranging"), work)


def _problems(arranged: Arranged, key: str) -> None:
    """What is wrong with it or was taken for granted, each with what can be said about it right below."""
    if not arranged.problems:
        st.caption(f":green[:material/check_circle:] {say('time_own.all_right')}")
    others = []
    for kind, facts in arranged.problems:
        if "interval" in facts:
            facts = facts | {"interval": plain(f"time_own.interval_{facts['interval']}")}
        told = say(f"time_own.problem.{kind}", **facts)
        if kind == "steps":
            st.info(told, icon=":material/info:")
            own_file.ask_steps(key, relative=arranged.form == "relative")
        elif kind == "twice":
            st.warning(told, icon=":material/warning:")
            own_file.ask_twice(key)
        else:
            others.append(told)
    if others:
        st.warning("\n".join(f"- {told}" for told in others) if len(others) > 1 else others[0],
                   icon=":material/warning:")


def _preview(arranged: Arranged) -> None:
    measure = arranged.rows.measure.iloc[0]
    with st.container(key="own preview"):
        chart(charts.own_preview(arranged.rows, arranged.series, measure, arranged.interval, DRAWN, plain, language()),
              key="own preview chart")
    with st.expander(say("time_own.each_series"), icon=":material/table_rows:"):
        overview = arranged.series.head(LISTED)
        columns = {
            "measure": plain("time_own.choose_measure"),
            "series": plain("time_own.series_name"),
            "place": plain("time_own.place_name"),
            "points": plain("time_own.points"),
            "first": plain("time_own.first_at"),
            "last": plain("time_own.last_at"),
            "missing": plain("time_own.missing"),
            "negative": plain("time_own.negative"),
        }
        columns = {name: words for name, words in columns.items()
                   if name not in ("series", "place") or (overview[name] != "").any()}
        table(overview, key="own overview", labels=columns, name=measure)


def _keep(looked: _Looked, name: str) -> None:
    """The one button; where a measure of that name is there, what becomes of its numbers is asked first."""
    rows, replace = looked.arranged.rows, False
    if looked.there and looked.adding["unchanged"] == len(rows):
        st.info(say("time_own.nothing_new"), icon=":material/done_all:")
        if not looked.replacing["removed"]:
            return
    if looked.there:
        known = store().frame("own_measures").set_index("measure").loc[looked.there[0]]
        st.warning(say("time_own.there", measure=looked.there[0], points=int(known.points), first=known.first_at.date(),
                       last=known.last_at.date()), icon=":material/inventory_2:")
        how = st.radio(say("time_own.how"), ("add", "replace"), index=None, key=f"own how {name}",
                       captions=[say("time_own.how_name"), ""],
                       format_func={"add": say("time_own.how_add", **looked.adding),
                                    "replace": say("time_own.how_replace", **looked.replacing)}.get)
        if how is None:
            return
        replace = how == "replace"
    if st.button(say("time_own.keep"), key="own keep", type="primary", icon=":material/save:"):
        measures = plain("batch.comma").join(list(dict.fromkeys(rows.measure))[:5])
        with errors_in_words(), st.spinner(say("time_own.keeping")), store().batch("own_numbers", measures) as batch:
            counts = own_keeping.keep(batch, rows, replace)
        st.session_state[WRITTEN] = batch.number
        st.session_state["own round"] += 1
        st.session_state["own chosen"] = rows.measure.iloc[0]
        saved("own", say("time_own.kept", measures=measures, **counts))


def _listed() -> None:
    """What is kept: a row a measure, and what can be done with it."""
    st.subheader(say("time_own.listed"), anchor=False)
    kept = store().frame("own_measures")
    if kept.empty:
        st.caption(say("time_own.none_kept"))
        return
    kept["series"] = kept.series.clip(lower=1)  # one without a name is one all the same
    kept["step"] = [_step_words(step) for step in kept.step_s]
    kept["together"] = [plain("time_own.together_sum" if adds else "time_own.together_mean") for adds in kept.adds_up]
    table(
        kept,
        key="own measures",
        name=plain("time_own.listed"),
        labels={
            "measure": plain("time_own.choose_measure"),
            "points": plain("time_own.count"),
            "series": plain("time_own.number_of_series"),
            "places": plain("time_own.places"),
            "first_at": plain("time_own.first_at"),
            "last_at": plain("time_own.last_at"),
            "step": plain("time_own.step"),
            "together": plain("time_own.together"),
        },
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="own measure bar"):
        measure = st.selectbox(say("time_own.choose_measure"), list(kept.measure), key="own chosen", width=300,
                               format_func={name: name for name in kept.measure}.get)
        st.page_link("pages/time_series.py", label=say("time_own.draw"), icon=":material/show_chart:",
                     query_params={"part": "series", "measure": f"own:{measure}"})
        if st.button(say("time_own.remove"), key="own remove", icon=":material/delete:"):
            with errors_in_words(), store().batch("own_numbers_removed", measure) as batch:
                own_keeping.remove(batch, measure)
            st.session_state[WRITTEN] = batch.number
            saved("own", say("time_own.removed", measure=measure))


def _step_words(step_s) -> str:
    if pd.isna(step_s):
        return "–"
    return plain(f"time_own.interval_{calendar.interval_of(pd.Timedelta(seconds=step_s))}")


def _undo() -> None:
    if st.session_state.get(WRITTEN) and st.button(say("time_own.undo"), key="own undo", icon=":material/undo:"):
        with errors_in_words():
            store().undo(st.session_state.pop(WRITTEN))
        saved("own", say("time_own.undone"))
