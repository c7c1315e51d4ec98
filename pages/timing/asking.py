"""Which series is looked at, kept from part to part and in the address."""
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from crm_core.time_series import calendar, moods, outlook, series
from crm_core.time_series.series import HOURS, INTERVALS, MEASURES, TABLES, Asked, Bounds, Taken
from crm_core.time_series.settings import Settings, settings
from pages.timing import mooded, zone
from ui import errors_in_words, plain, say, store
from ui.forms import remember
from ui.segment import segment_filter
from ui.workspace import now

PERIODS = {"90": 90, "365": 365, "730": 730}  # days up to the last one
MOST_SERIES = (3, 5, 8, 12, 20)


@dataclass(frozen=True, eq=False)
class Looking:
    """What a part of the page looks at."""

    asked: Asked
    frame: pd.DataFrame  # series, period, value, whole: as crm_core/time_series/series.py tells
    unit: str  # of the value, as charts name units
    words: str  # what is measured, as plain text
    state: tuple  # what all of it depends on: the key of a job, with a word of its own before it
    as_of: date  # the day that it is in the workspace's zone: it is not over
    bounds: Bounds  # from when to when there is anything of the measure
    adds_up: bool  # several periods, or parts, make a sum; no: a mean
    overlaps: bool  # the series of the split tell something twice: they make no whole
    ended: bool = False  # `asked.until` is where the book ends, long ago: nobody chose it


def looking(split: bool = True, mood: bool = False) -> Looking | None:
    """The series that is asked for; shows what chooses it. None, after a word of what to do, without any.

    `mood`: the mood of messages is a measure too. It is read from texts, so only `read` here knows it.
    """
    kept = workspace()
    as_of = calendar.today_in(now(), kept.zone)
    _take_from_address()
    ends = _book_ends(_state(as_of), kept.zone)
    asked, told, ended = _ask(split, mood, kept, as_of, ends)
    with errors_in_words():
        frame = read(asked, as_of)
        source = moods.SOURCE if asked.measure == moods.MOOD else asked.measure
        bounds = _bounds(_state(as_of), source, kept.zone)
    if frame.empty:
        st.info(say("time_choice.nothing" if bounds.first is not None else "time_series.nothing_there"),
                icon=":material/table_view:")
        if bounds.first is not None:
            st.button(say("time_choice.clear"), key="time clear", on_click=_clear)
        else:
            st.page_link("pages/data_entry.py", label=say("home.import_a_file"), icon=":material/upload_file:",
                         query_params={"part": "import"})
        return None
    is_mood = asked.measure == moods.MOOD
    adds_up = told.adds_up if told else not is_mood and series.adds_up(asked.measure)
    unit = "number" if is_mood else series.unit(asked.measure)
    if ended:
        st.caption(say("time_choice.ended", last=ends.date()))
    return Looking(asked, frame, unit, measure_words(asked.measure), (*_state(as_of), asked), as_of, bounds, adds_up,
                   overlaps(asked.split), ended)


def book_ended(as_of: date, zone: str) -> date | None:
    """The last day of a book of which nothing newer was brought; None for one that reaches up to now."""
    return outlook.told_until(_book_ends(_state(as_of), zone), "day", "monday", as_of)


def read(asked: Asked, as_of: date) -> pd.DataFrame:
    """Any series, worked out once a revision of the data. Raises as series.read does."""
    if asked.measure == moods.MOOD:
        return moods.read(messages_asked(asked), asked, as_of)
    return _read(_state(as_of), asked)


def messages_asked(asked: Asked) -> pd.DataFrame:
    """The messages with their moods of whom is asked for."""
    told = mooded.moods_of_messages()
    if asked.segment:
        told = told[told.customer_id.isin(store().frame("segment_customers", segment_id=asked.segment).id)]
    return told


def workspace() -> Settings:
    """Whose days the workspace tells, and with which day its week begins."""
    return _settings(str(store().path), store().revision("settings"))


def overlaps(split: str) -> bool:
    """Whether series of a split tell something twice."""
    return _overlaps(str(store().path), store().revision("segments", "segment_members"), split)


def measure_words(measure: str) -> str:
    """A measure as plain text; own numbers are called what they are called."""
    return measure.removeprefix(series.OWN) if series.is_own(measure) else plain(f"time_measure.{measure}")


def split_words(split: str) -> str:
    return plain(f"time_split.{split or 'none'}")


# --- the bar ----------------------------------------------------------------------------------------------------------


def _ask(split: bool, mood: bool, kept: Settings, as_of: date,
         ends: pd.Timestamp | None) -> tuple[Asked, Taken | None, bool]:
    own = [series.OWN + name for name in _own_measures(_state(as_of))]
    measures = [*MEASURES, *((moods.MOOD,) if mood else ()), *own]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="time choice"):
        measure = st.selectbox(say("time_series.measure"), measures, key=valid("measure", "revenue", measures),
                               width=190, format_func={name: measure_words(name) for name in measures}.get)
        told = _taken(_state(as_of), measure) if series.is_own(measure) else None
        finest = HOURS[told.interval if told else "day"]
        intervals = [name for name in INTERVALS if HOURS[name] >= finest]
        interval = st.segmented_control(
            say("time_series.interval"), intervals, required=True,
            key=valid("interval", intervals[0] if told else "week", intervals),
            format_func={name: plain(f"time_interval.{name}") for name in intervals}.get)
        by = ""
        if split:
            ways = moods.SPLITS if measure == moods.MOOD else series.splits(measure)
            ways = [way for way in ways if not way or way in _ways(_state(as_of))]
            by = st.selectbox(say("time_series.split"), ways, key=valid("split", "", ways), width=170,
                              format_func={way: split_words(way) for way in ways}.get)
        over = None if told else outlook.told_until(ends, interval, kept.week, as_of)
        since, until = _period(told.last.date() if told else over or as_of,
                               told.first.date() if told else date(1990, 1, 1))
        if since and until is None:  # the last so many days, from the begin of a period on
            since = calendar.begin(since, interval, kept.week).date()
        segment = 0 if told else segment_filter("time") or 0
        can_be_zero = told.adds_up if told else measure != moods.MOOD and series.can_be_zero(measure)
        gaps, largest = _more(can_be_zero, bool(told), bool(by)) if can_be_zero or by else ("missing", 8)
        if not told:  # own numbers are told as they were brought
            zone.offer(kept)
    ended = over is not None and until is None  # after the book's last day nothing is known; it is no zero
    asked = Asked(measure, interval, by, gaps, segment, kept.week, kept.zone, since, over if ended else until, largest,
                  plain("time_choice.others"), plain("time_choice.unknown"), _names(by))
    _stand_in_address(asked)
    return asked, told, ended


def _more(can_be_zero: bool, own: bool, by: bool) -> tuple[str, int]:
    """What a period without anything is, and how many series of a split stay."""
    gaps, largest = "missing", 8
    with st.popover(say("time_choice.more"), icon=":material/tune:", key="time more"):
        if can_be_zero:
            gaps = st.segmented_control(
                say("time_choice.gaps"), ("zero", "missing"), required=True, help=say("time_choice.gaps_help"),
                key=valid(f"gaps {'own' if own else 'book'}", "missing" if own else "zero", ("zero", "missing")),
                format_func={name: plain(f"time_choice.gaps_{name}") for name in ("zero", "missing")}.get)
        if by:
            largest = st.select_slider(say("time_choice.largest"), MOST_SERIES, key=valid("largest", 8, MOST_SERIES),
                                       help=say("time_choice.largest_help"))
    return gaps, largest


def _period(last: date, first: date) -> tuple[date | None, date | None]:
    choices = ("", *PERIODS, "own")
    period = st.selectbox(
        say("time_choice.period"), choices, key=valid("period", "", choices), width=160,
        format_func={"": plain("time_choice.all"), "own": plain("time_choice.own"),
                     **{name: plain("time_choice.last", days=days) for name, days in PERIODS.items()}}.get)
    if period == "own":
        key = remember("time days", (last - timedelta(days=365), last))
        chosen = tuple(min(day, last) for day in st.session_state[key] or ())
        st.session_state[key] = chosen
        chosen = st.date_input(say("time_choice.from_to"), key=key, format="YYYY-MM-DD", max_value=last, width=230,
                               min_value=min(first, *chosen) if chosen else first)
        return (*chosen, last)[:2] if chosen else (None, None)
    return (last - timedelta(days=PERIODS[period] - 1), None) if period else (None, None)


def valid(name: str, default, options) -> str:
    """The key of a widget that keeps its value from part to part; one that is no option any more gives way."""
    key = remember(f"time {name}", default)
    if st.session_state[key] not in options:
        st.session_state[key] = default if default in options else options[0]
    # Said on every run: of two runs that follow fast the browser may draw only the second, and with a value that was
    # said in the first alone it would show another one than the page works with.
    st.session_state[key] = st.session_state[key]
    return key


def linked(key: str, name: str, options, written=str) -> str:
    """The same key of a widget, after a link has chosen what `stands` wrote into the address under a name, once."""
    told = st.query_params.get(name)
    if told is not None and told != st.session_state.get(f"{name} in address"):
        chosen = {written(option): option for option in options}
        if told in chosen:
            st.session_state[key] = chosen[told]
    return key


def stands(name: str, value, usual) -> None:
    """Write what is chosen into the address; what is as usual needs no words there."""
    st.session_state[f"{name} in address"] = str(value)
    if value == usual:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = str(value)


def _names(split: str) -> tuple[tuple[str, str], ...]:
    """How the book's own values are called: its channels and priorities are words of ours."""
    if split == "language":
        return tuple((code, plain(f"language.{code}")) for code in ("en", "zh"))
    if split not in ("channel", "priority"):
        return ()
    values = ("email", "sms", "phone", "social", "chat", "visit", "other") if split == "channel" else (
        "low", "normal", "high", "urgent")
    return tuple((value, plain(f"choice.{split}.{value}")) for value in values)


# Name in the address → the widget.
IN_ADDRESS = ("measure", "interval", "split", "period", "since", "until", "gaps", "series")


def _take_from_address() -> None:
    """A link changes what is chosen, once; afterwards the widgets do. What it names and is not there is left out."""
    told = {name: st.query_params[name] for name in IN_ADDRESS if name in st.query_params}
    if not told or told == st.session_state.get("time choice in address"):
        return
    days = [_day(told.get(name, "")) for name in ("since", "until")]
    values = {"measure": told.get("measure", "revenue"), "interval": told.get("interval", "week"),
              "split": told.get("split", ""), "largest": int(told["series"]) if told.get("series", "").isdigit() else 8,
              "period": "own" if all(days) else told.get("period", "")}
    if told.get("gaps") in ("zero", "missing"):
        values["gaps own" if series.is_own(values["measure"]) else "gaps book"] = told["gaps"]
    if all(days):
        values["days"] = (min(days), max(days))
    for name, value in values.items():
        st.session_state[f"time {name}"] = value


def _stand_in_address(asked: Asked) -> None:
    own_days = st.session_state.get("time period") == "own" and asked.since and asked.until
    usual = "missing" if series.is_own(asked.measure) else "zero"
    told = {"measure": asked.measure if asked.measure != "revenue" else "",
            "interval": asked.interval if asked.interval != "week" or series.is_own(asked.measure) else "",
            "split": asked.split, "period": st.session_state["time period"] if not own_days else "",
            "since": str(asked.since) if own_days else "", "until": str(asked.until) if own_days else "",
            "gaps": asked.gaps if asked.gaps != usual and _zero_or_not(asked) else "",
            "series": str(asked.largest) if asked.split and asked.largest != 8 else ""}
    told = {name: value for name, value in told.items() if value and value != "own"}
    for name in IN_ADDRESS:
        if name in told:
            st.query_params[name] = told[name]
        else:
            st.query_params.pop(name, None)
    st.session_state["time choice in address"] = told


def _zero_or_not(asked: Asked) -> bool:
    """Whether somebody could choose what a period without anything is."""
    return series.is_own(asked.measure) or asked.measure in MEASURES and series.can_be_zero(asked.measure)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _clear() -> None:
    st.session_state["time period"] = ""
    st.session_state["segment"] = None


# --- what is read -----------------------------------------------------------------------------------------------------


def _state(as_of: date) -> tuple:
    return (str(store().path), as_of, store().revision(*TABLES))


@st.cache_resource(max_entries=40, show_spinner=False)
def _read(state: tuple, asked: Asked) -> pd.DataFrame:
    return series.read(store(), asked, state[1])


@st.cache_resource(max_entries=40, show_spinner=False)
def _bounds(state: tuple, measure: str, zone: str) -> Bounds:
    with store().look() as look:
        return series.bounds(look, measure, state[1], zone)


@st.cache_resource(max_entries=4, show_spinner=False)
def _book_ends(state: tuple, zone: str) -> pd.Timestamp | None:
    """The local moment of the newest row of the whole book."""
    with store().look() as look:
        ends = [series.bounds(look, name, state[1], zone).last for name in ("revenue", "messages_in", "requests")]
    last = max(filter(None, ends), default=None)
    return None if last is None else calendar.local(last, zone)


@st.cache_resource(max_entries=4, show_spinner=False)
def _own_measures(state: tuple) -> list[str]:
    with store().look() as look:
        return series.measures_kept(look)


@st.cache_resource(max_entries=20, show_spinner=False)
def _taken(state: tuple, measure: str) -> Taken:
    with store().look() as look:
        return series.taken(look, measure)


@st.cache_resource(max_entries=8, show_spinner=False)
def _overlaps(path: str, revision: int, split: str) -> bool:
    with store().look() as look:
        return series.overlaps(look, split)


@st.cache_resource(max_entries=4, show_spinner=False)
def _ways(state: tuple) -> set[str]:
    """The ways of splitting of which anything is known."""
    found = store().frame("series_splits").iloc[0]
    always = {"channel", "request", "priority", "series", "place", "language"}
    return always | {name for name, known in found.items() if known}


@st.cache_resource(max_entries=4, show_spinner=False)
def _settings(path: str, revision: int) -> Settings:
    with store().look() as look:
        return settings(look)
