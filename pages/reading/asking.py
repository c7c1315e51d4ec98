"""Which messages are read, kept from part to part and in the address, and their words."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import streamlit as st

from crm_core.text_mining import Corpus, corpus, dictionary, messages
from crm_core.text_mining.cleaning import typeset
from crm_core.text_mining.entities import Known, known, masked, writers
from ui import job, plain, say, store, today, words
from ui.segment import segment_filter

SOURCES = ("communications", "service_requests")
DIRECTIONS = ("in", "out")
PERIODS = {"30": 30, "90": 90, "365": 365}  # days up to today


@dataclass(frozen=True)
class Wanted:
    """Which messages; empty means all."""

    sources: tuple[str, ...] = ()  # communications, service_requests
    directions: tuple[str, ...] = ("in",)
    channels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    segment: int | None = None


@dataclass(frozen=True, eq=False)
class Reading:
    """What a part of the page reads."""

    every: Corpus  # all that was ever written
    rows: np.ndarray  # bool, one a message of `every`: those asked for
    wanted: Wanted
    state: tuple  # what all of it depends on: the key of a job, with a word of its own before it
    every_state: tuple  # what `every` depends on: the key of a job over all messages, however they are narrowed

    @property
    def chosen(self) -> Corpus:
        return self.every if self.rows.all() else _chosen(self.state, self.every, self.rows)


def reading() -> Reading | None:
    """The messages that are asked for, one at least; shows what narrows them. None, after a word of what to do, without
    any."""
    book = store()
    state = (str(book.path), today(), book.revision("communications", "service_requests", "text_terms", "products"))

    def work(progress):
        with book.look() as look:
            own, found = dictionary(look), messages(look, today())
        return corpus(found, own, progress) if len(found) else None

    every = job(("texts", *state), say("text_mining.reading"), work)
    if every is None:
        st.info(say("text_mining.nothing_there"), icon=":material/table_view:")
        st.page_link("pages/data_entry.py", label=say("home.import_a_file"), icon=":material/upload_file:",
                     query_params={"part": "import"})
        return None
    wanted = _ask(every)
    rows = _rows(_state(state, wanted), every, wanted)
    if not rows.any():
        st.info(say("text_filter.nothing"), icon=":material/filter_alt_off:")
        st.button(say("text_filter.clear"), key="text clear", on_click=_clear)
        return None
    return Reading(every, rows, wanted, _state(state, wanted), state)


def rows_of(reading: Reading, wanted: Wanted) -> np.ndarray:
    """Which messages another choice would be: bool, one a message of `every`."""
    return _rows(_state(reading.every_state, wanted), reading.every, wanted)


def shown(told: pd.DataFrame) -> list[str]:
    """The texts of some rows of a corpus' messages as they may be shown and carried away: without personal data, unless
    the switch of the bar is on. As long as before: what was found in a text stands where it stood."""
    texts = list(told.text)
    if st.session_state.get("text personal"):
        return [typeset(text) for text in texts]
    with store().look() as look:
        by = writers(look, [int(customer) if pd.notna(customer) else None for customer in told.customer_id])
    return [typeset(text) for text in masked(texts, names(), by)]


def names() -> Known:
    """What this shop's records know by name."""
    book = store()
    return _known(str(book.path), book.revision("customers", "products", "orders", "text_terms"))


@st.cache_resource(max_entries=2, show_spinner=False)
def _known(path: str, revision: int) -> Known:
    with store().look() as look:
        return known(look, dictionary(look))


def language_words(code: str) -> str:
    """'English' for en, as plain text; a language without words is told by its code."""
    return plain(f"language.{code}") if words.has(f"language.{code}") else code


# --- the bar ----------------------------------------------------------------------------------------------------------


def _ask(every: Corpus) -> Wanted:
    told = every.messages
    channels = sorted(told.channel.dropna().unique())
    languages = list(told.language.value_counts().index)
    _take_from_address(channels, languages)
    everything = plain("text_filter.all")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="text filters"):
        period = st.selectbox(
            say("text_filter.period"), ("", *PERIODS, "own"), key=kept("period", ""), width=160,
            format_func={"": everything, "own": plain("text_filter.own"), **{
                name: plain("text_filter.last", days=days) for name, days in PERIODS.items()}}.get)
        since, until = None, None
        if period == "own":
            first, last = told.occurred_at.iloc[0].date(), today()
            chosen = st.date_input(say("text_filter.from_to"), key=kept("days", (first, last)), format="YYYY-MM-DD",
                                   min_value=min(first, date(1990, 1, 1)), max_value=last, width=230)
            since, until = (*chosen, last)[:2] if chosen else (None, None)
        elif period:
            since = today() - timedelta(days=PERIODS[period])
        source = st.selectbox(
            say("text_filter.source"), ("", *SOURCES), key=kept("source", ""), width=160,
            format_func={"": everything, **{name: plain(f"text_filter.{name}") for name in SOURCES}}.get)
        direction = st.selectbox(
            say("text_filter.direction"), (*DIRECTIONS, ""), key=kept("direction", "in"), width=160,
            format_func={"": everything, **{name: plain(f"choice.direction.{name}") for name in DIRECTIONS}}.get)
        channel = st.multiselect(
            say("text_filter.channel"), channels, key=kept("channel", []), width=170, placeholder=everything,
            format_func={name: plain(f"choice.channel.{name}") for name in channels}.get)
        language = st.multiselect(
            say("text_filter.language"), languages, key=kept("language", []), width=170, placeholder=everything,
            format_func={code: language_words(code) for code in languages}.get)
        segment = segment_filter("text")
        # Not kept: whoever comes back to the page sees no names again.
        st.toggle(say("text_filter.personal"), key="text personal", help=say("text_filter.personal_help"))
    wanted = Wanted((source,) if source else (), (direction,) if direction else (), tuple(sorted(channel)),
                    tuple(sorted(language)), since, until, segment)
    _stand_in_address(wanted, period)
    return wanted


def kept(name: str, default) -> str:
    """The key of a widget of this page, which keeps its value while another part or page is shown."""
    values, key = st.session_state.setdefault("text chosen", {}), f"text {name}"
    if key in st.session_state:
        values[name] = st.session_state[key]
    else:
        st.session_state[key] = values.get(name, default)
    return key


# Name in the address → the widget. `language` in the address is the one in which the page speaks.
IN_ADDRESS = ("period", "since", "until", "source", "direction", "channel", "written")


def _take_from_address(channels: list[str], languages: list[str]) -> None:
    """A link changes what is chosen, once; afterwards the widgets do. What it names and is not there is left out."""
    told = {name: st.query_params[name] for name in IN_ADDRESS if name in st.query_params}
    if not told or told == st.session_state.get("text filter in address"):
        return
    days = [_day(told.get(name, "")) for name in ("since", "until")]
    values = {
        "period": "own" if all(days) else told["period"] if told.get("period") in PERIODS else "",
        "source": told["source"] if told.get("source") in SOURCES else "",
        "direction": {"out": "out", "all": ""}.get(told.get("direction"), "in"),
        "channel": [name for name in told.get("channel", "").split(",") if name in channels],
        "language": [code for code in told.get("written", "").split(",") if code in languages]}
    if all(days):
        values["days"] = (min(days), max(days))
    for name, value in values.items():
        st.session_state[f"text {name}"] = value


def _stand_in_address(wanted: Wanted, period: str) -> None:
    own = period == "own" and wanted.since and wanted.until
    told = {"period": period if period in PERIODS else "", "since": str(wanted.since) if own else "",
            "until": str(wanted.until) if own else "", "source": ",".join(wanted.sources),
            "direction": "" if wanted.directions == ("in",) else ",".join(wanted.directions) or "all",
            "channel": ",".join(wanted.channels), "written": ",".join(wanted.languages)}
    told = {name: value for name, value in told.items() if value}
    for name in IN_ADDRESS:
        if name in told:
            st.query_params[name] = told[name]
        else:
            st.query_params.pop(name, None)
    st.session_state["text filter in address"] = told


def _day(text: str) -> date | None:
    try:
        return min(date.fromisoformat(text), today())
    except ValueError:
        return None


def _clear() -> None:
    for name in ("period", "days", "source", "direction", "channel", "language"):
        st.session_state["text chosen"].pop(name, None)
        st.session_state.pop(f"text {name}", None)
    st.session_state["segment"] = None


# --- which messages ---------------------------------------------------------------------------------------------------


def _state(state: tuple, wanted: Wanted) -> tuple:
    """Who is in a segment changes without a word of the messages."""
    members = store().revision("segments", "segment_members", "customers") if wanted.segment else None
    return (*state, members, wanted)


@st.cache_resource(max_entries=20, show_spinner=False)
def _rows(state: tuple, _every: Corpus, _wanted: Wanted) -> np.ndarray:
    """bool, one a message: whether it is asked for."""
    told, rows = _every.messages, np.ones(len(_every), bool)
    for column, values in (("source", _wanted.sources), ("direction", _wanted.directions),
                           ("channel", _wanted.channels), ("language", _wanted.languages)):
        if values:
            rows &= told[column].isin(values).to_numpy()
    if _wanted.since:
        rows &= (told.occurred_at >= str(_wanted.since)).to_numpy()
    if _wanted.until:
        rows &= (told.occurred_at < str(_wanted.until + timedelta(days=1))).to_numpy()
    if _wanted.segment:
        members = store().frame("segment_customers", segment_id=_wanted.segment)
        rows &= told.customer_id.isin(members.id).to_numpy()
    return rows


@st.cache_resource(max_entries=4, show_spinner=False)
def _chosen(state: tuple, _every: Corpus, _rows: np.ndarray) -> Corpus:
    return _every.where(_rows)
