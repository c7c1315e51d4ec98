"""A table of series that is brought to the page: kept on disk, read in a process of its own, its columns explained."""
import weakref
from shutil import rmtree

import streamlit as st

from crm_core import data_entry
from crm_core.errors import CrmError, DateOrderAmbiguous, DatesOfTwoKinds, NoNumbersColumn, NoTimesColumn
from crm_core.time_series import own_columns, own_numbers
from crm_core.time_series.own_columns import INTERVALS, WAYS_FOR_TWICE, Meaning
from ui import job, plain, say, store
from ui.uploads import on_disk
from ui.work import show_error

ORDERS = {"day first": "day", "month first": "month", "year first": "year"}


def read(uploaded):
    """The file as cells (crm_core/data_entry). Raises what reading it raises."""
    path = on_disk(uploaded, "own upload")
    sheet = st.session_state.get(f"own sheet {uploaded.file_id}")
    key = ("own file", uploaded.file_id, sheet)

    def work(progress):
        reading = data_entry.read(path, name=uploaded.name, sheet=sheet, progress=progress, cancel=progress.cancelled)
        weakref.finalize(reading, rmtree, reading.folder, True)  # a session that just ends leaves nothing behind
        return reading

    reading = job(key, say("time_own.reading", name=uploaded.name), work)
    st.markdown(
        say("time_own.read", name=reading.name, rows=reading.rows + reading.ragged, columns=len(reading.headers))
    )
    if len(reading.sheets) > 1:
        st.selectbox(say("time_own.sheet"), reading.sheets, index=reading.sheets.index(reading.sheet), width=320,
                     key=f"own sheet {uploaded.file_id}", format_func={name: name for name in reading.sheets}.get)
    return reading


def ask(reading, file_id: str) -> Meaning:
    """What the columns mean: as proposed, to be overruled; ends the run where too little is said."""
    book = store()

    def work(progress):
        with book.look() as look:
            headers = own_numbers.laid(look, reading.folder, reading.headers)
            try:
                return headers, own_columns.propose(look, headers)
            except (NoTimesColumn, NoNumbersColumn) as error:  # the person may say it
                return headers, error

    headers, proposed = job(("own columns", file_id, reading.sheet), say("time_own.arranging"), work)
    if isinstance(proposed, CrmError):
        show_error(proposed)
        proposed = Meaning((), ())
    st.subheader(say("time_own.columns"), anchor=False)
    said = {}
    headers = list(headers)
    key = f"{file_id} {reading.sheet}"
    names = {header: _header(reading, header) for header in headers}
    with st.container(horizontal=True, vertical_alignment="top", gap="small", key="own columns bar"):
        for field, width in (("when", 300), ("values", 340), ("series", 340)):
            said[field] = tuple(
                st.multiselect(
                    say(f"time_own.{field}"),
                    headers,
                    default=list(getattr(proposed, field)),
                    key=f"own {field} {key}",
                    width=width,
                    placeholder=plain("form.choose"),
                    help=say(f"time_own.{field}_help") if field != "values" else None,
                    format_func=names.get,
                )
            )
        for field, label in (("place", "place"), ("what", "measure_column")):
            options = ["", *headers]
            said[field] = st.selectbox(
                say(f"time_own.{label}"),
                options,
                index=options.index(getattr(proposed, field)),
                key=f"own {field} {key}",
                width=240,
                help=say("time_own.place_help") if field == "place" else None,
                format_func=(names | {"": plain("time_own.no_column")}).get,
            )
    if not said["when"] or not said["values"]:
        st.info(say("time_own.choose_columns"), icon=":material/touch_app:")
        st.stop()
    meaning = own_columns.as_said(proposed, **said)
    return own_columns.as_said(meaning, **_more(meaning, reading.name, key))


def ask_order(error: DateOrderAmbiguous | DatesOfTwoKinds, key: str) -> None:
    """The dates can be read two ways: which, is said once and holds for the file."""
    show_error(error)
    st.radio(say("time_own.date_order"), list(ORDERS), index=None, key=f"own order {key}", horizontal=True,
             format_func={order: say(f"time_own.order_{word}") for order, word in ORDERS.items()}.get)


def order_said(key: str) -> str | None:
    return st.session_state.get(f"own order {key}")


def ask_steps(meaning_key: str, relative: bool) -> None:
    """What running numbers count, and when they began."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="own steps bar"):
        if not relative:
            st.selectbox(
                say("time_own.steps_are"),
                INTERVALS,
                key=_kept(f"own interval {meaning_key}", "month"),
                width=200,
                format_func={name: plain(f"time_own.interval_{name}") for name in INTERVALS}.get,
            )
        st.date_input(
            say("time_own.first"),
            key=_kept(f"own first {meaning_key}", Meaning((), ()).first),
            format="YYYY-MM-DD",
            min_value=Meaning((), ()).first.replace(year=1800),
            width=200,
        )


def ask_twice(key: str) -> None:
    st.segmented_control(say("time_own.twice"), WAYS_FOR_TWICE, key=_kept(f"own twice {key}", "sum"), required=True,
                         format_func={way: say(f"time_own.twice_{way}") for way in WAYS_FOR_TWICE}.get)


def _more(meaning: Meaning, name: str, key: str) -> dict:
    """The measure's name and what else has one answer a file; what is asked further down is read from its widget."""
    said: dict = {"twice": st.session_state.get(f"own twice {key}", "sum"), "date_order": order_said(key),
                  "interval": st.session_state.get(f"own interval {key}", meaning.interval),
                  "first": st.session_state.get(f"own first {key}", meaning.first)}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="own names bar"):
        if len(meaning.values) > 1:
            said["columns_are"] = st.segmented_control(
                say("time_own.columns_are"),
                ("measures", "series"),
                default="measures",
                required=True,
                key=f"own are {key}",
                format_func={way: say(f"time_own.columns_are_{way}") for way in ("measures", "series")}.get,
            )
        asked = own_columns.as_said(meaning, **{k: v for k, v in said.items() if k == "columns_are"})
        called = own_numbers.measures_of(asked, name)
        if len(called) == 1:
            said["measure"] = st.text_input(say("time_own.measure"), called[0], max_chars=200, width=300,
                                            key=f"own measure {key} {called[0]}").strip()
        if called:
            levels = [one for one in called if own_columns.LEVEL.search(one)]
            if len(called) == 1 and said.get("measure"):
                called, levels = (said["measure"],), [said["measure"]] if levels or own_columns.LEVEL.search(
                    said["measure"]) else []
            said["averaged"] = tuple(st.multiselect(
                say("time_own.averaged"), called, default=levels, key=f"own averaged {key} {called}", width=380,
                placeholder=plain("time_own.no_column"), format_func={one: one for one in called}.get))
    return said


def _kept(key: str, default) -> str:
    st.session_state.setdefault(key, default)
    return key


def _header(reading, header: str) -> str:
    """A column by its header and its first values."""
    examples = list(dict.fromkeys(row[header] for row in reading.sample if row.get(header)))[:2]
    told = f"{header} ({', '.join(examples)})" if examples else header
    return told if len(told) <= 60 else told[:59] + "…"
