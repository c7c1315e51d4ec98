"""A measure over time: key figures, its line beside what it compares with, what moved it, and the figures."""
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.time_series import compare, moods, telling
from crm_core.time_series.calendar import following
from crm_core.time_series.events import KINDS, countries_of, events
from crm_core.time_series.series import Asked, is_own
from pages.timing import asking
from pages.timing.asking import Looking
from ui import chart, errors_in_words, language, plain, say, store, table
from ui.forms import remember

MOST_MOVERS = 8
LESS_IS_BETTER = ("returned", "returned_share", "requests", "hours_to_close")


def show() -> None:
    looking = asking.looking(mood=True)
    if looking is None:
        return
    how, shape, kinds = _choices(looking)
    with errors_in_words():
        frame = _beside(looking, how) if how else looking.frame
    told = telling.told(frame, looking.adds_up) if frame.series.nunique() == 1 else None
    _warnings(looking, told)
    if told:
        _figures(looking, told, how)
    _chart(looking, frame, how, shape, kinds)
    if told is None:
        _movers(looking, frame, how)
    _table(looking, frame, how)
    _next(looking)


def _choices(looking: Looking) -> tuple[str, str, tuple[str, ...]]:
    """With what it is compared ('' with nothing), in which shape it is shown, and which events stand behind it."""
    ways = ("", *compare.possible(looking.asked.interval, looking.asked.measure))
    shapes = compare.shapes(looking.adds_up)
    asking.linked("time compare", "compare", ways)
    asking.linked("time shape", "shape", shapes)
    told = st.query_params.get("events")
    if told is not None and told != st.session_state.get("events in address"):
        st.session_state["time events"] = [kind for kind in told.split(",") if kind in KINDS]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="series choice"):
        how = st.selectbox(say("series_part.compare"), ways, key=asking.valid("compare", "", ways), width=260,
                           format_func={way: plain(f"series_part.compare_{way or 'none'}") for way in ways}.get)
        shape = st.segmented_control(
            say("series_part.shape"), shapes, required=True, key=asking.valid("shape", "values", shapes),
            format_func={name: plain(f"series_part.shape_{name}", count=compare.WINDOWS[looking.asked.interval])
                         for name in shapes}.get)
        kinds = st.pills(say("series_part.events"), KINDS, selection_mode="multi", key=remember("time events", []),
                         format_func={kind: plain(f"events.kind_{kind}") for kind in KINDS}.get)
    asking.stands("compare", how, "")
    asking.stands("shape", shape, "values")
    asking.stands("events", ",".join(kinds or ()), "")
    return how, shape, tuple(kinds or ())


def _beside(looking: Looking, how: str) -> pd.DataFrame:
    if looking.asked.measure == moods.MOOD:
        told = asking.messages_asked(looking.asked)
        return moods.compared(told, looking.frame, looking.asked, how, looking.as_of)
    return _compared(looking.state, looking.asked, how)


@st.cache_resource(max_entries=20, show_spinner=False)
def _compared(state: tuple, asked: Asked, how: str) -> pd.DataFrame:
    with store().look() as look:
        return compare.compared(look, asking.read(asked, state[1]), asked, how, state[1])


@st.cache_resource(max_entries=8, show_spinner=False)
def _events(path: str, revision: int, first: date, last: date, spoken: str) -> pd.DataFrame:
    with store().look() as look:
        return events(look, countries_of(look), first, last, spoken)


# --- what is so -------------------------------------------------------------------------------------------------------


def _warnings(looking: Looking, told: telling.Told | None) -> None:
    bounds = looking.bounds
    if bounds.coming:
        st.warning(say("series_part.coming", count=bounds.coming, until=bounds.coming_until),
                   icon=":material/event_upcoming:")
    if told is None:
        return
    if told.points == 1:
        st.info(say("series_part.one_point"), icon=":material/info:")
    if told.all_zero:
        st.info(say("series_part.all_zero"), icon=":material/info:")
    if told.below_zero:
        kind = "money" if looking.unit == "money" else "other"
        st.caption(say(f"series_part.below_zero_{kind}", count=told.below_zero))
    if told.missing:
        st.caption(say("series_part.missing", count=told.missing))


def _figures(looking: Looking, told: telling.Told, how: str) -> None:
    with st.container(horizontal=True, gap="small", key="series figures"):
        for name, one in (("last", told.last), ("growing", told.growing)):
            if one:
                label = say(f"series_part.{name}", period=_period(looking, one.period))
                _figure(looking, label, one.value, one.change, how)
        if np.isfinite(told.total):
            label = say("series_part.total" if looking.adds_up else "series_part.mean")
            _figure(looking, label, told.total, told.change, how)
        if told.best:
            st.metric(say("series_part.best"), _value(looking, told.best.value), _period(looking, told.best.period),
                      delta_color="off", delta_arrow="off", border=True, width=215, height="stretch")
    if how and told.last and not np.isfinite(told.last.before):
        st.caption(say("series_part.nothing_before", compare=plain(f"series_part.compare_{how}")))


def _figure(looking: Looking, label: str, value: float, change: float, how: str) -> None:
    delta = f"{change:+.1%}" if how and np.isfinite(change) else None
    st.metric(label, _value(looking, value), delta, border=True, width=215, height="stretch",
              delta_color="inverse" if looking.asked.measure in LESS_IS_BETTER else "normal",
              help=say(f"series_part.beside_{how}") if delta else None)


def _chart(looking: Looking, frame: pd.DataFrame, how: str, shape: str, kinds: tuple[str, ...]) -> None:
    asked = looking.asked
    happened = None
    if kinds:
        first, last = frame.period.min().date(), following(frame.period.max(), asked.interval).date()
        revision = store().revision("events", "campaigns", "customers")
        happened = _events(str(store().path), revision, first, last, language())
        happened = happened[happened.kind.isin(kinds)]
    drawn = compare.shaped(frame, shape, asked.interval)
    alone = frame.series.nunique() == 1
    beside = plain(f"series_part.compare_{how}") if how and alone and drawn.before.notna().any() else ""
    own = is_own(asked.measure)
    notes = [plain("series_part.as_brought") if own else plain("series_part.days_of", zone=asked.zone)]
    if how and not alone:
        notes.append(plain("series_part.compare_below"))
    if not looking.adds_up and not alone:
        notes.append(plain("series_part.no_sum"))
    subtitle = plain(f"series_part.told_{shape}", count=compare.WINDOWS[asked.interval]) if shape != "values" else ""
    title = plain("series_part.title_split" if asked.split else "series_part.title", measure=looking.words,
                  interval=plain(f"series_part.by_{asked.interval}"),
                  **({"split": asking.split_words(asked.split)} if asked.split else {}))
    unit = "number" if shape == "index" else looking.unit
    words = looking.words  # of what is drawn: an index is no revenue, on the axis and in the file
    if shape != "values":
        words = plain("series_part.shaped", measure=words,
                      shape=plain(f"series_part.shape_{shape}", count=compare.WINDOWS[asked.interval]))
    chart(charts.series_lines(drawn, words, unit, asked.interval, plain, title=title, subtitle=subtitle,
                              before=beside, others=asked.others, events=happened, notes=tuple(notes)), key="series")


def _movers(looking: Looking, frame: pd.DataFrame, how: str) -> None:
    """Of several series: which moved most against what the last period compares with."""
    if not how:
        return
    moved = telling.movers(frame)
    if moved.empty:
        st.caption(say("series_part.nothing_before", compare=plain(f"series_part.compare_{how}")))
        return
    last = frame.period[frame.whole].max()
    st.subheader(say("series_part.moved", period=_period(looking, last)), anchor=False)
    st.caption(say(f"series_part.beside_{how}"))
    labels = {"series": asking.split_words(looking.asked.split), "value": looking.words, **{
        name: plain(f"series_part.{name}") for name in ("before", "moved_by", "change")}}
    table(moved.round(4).rename(columns={"moved": "moved_by"}).head(MOST_MOVERS), key="series moved",
          name=plain("series_part.moved_file"), labels=labels,
          formats={"change": "percent", **_formats(looking, "value", "before", "moved_by")})


def _table(looking: Looking, frame: pd.DataFrame, how: str) -> None:
    with st.expander(say("series_part.figures"), icon=":material/table:"):
        asked = looking.asked
        told = frame.assign(when=[charts.period_words(period, asked.interval, plain) for period in frame.period])
        told = told.sort_values("period", ascending=False, kind="stable")
        columns = {"when": plain("series_chart.when")}
        if asked.split:
            columns["series"] = asking.split_words(asked.split)
        columns["value"] = looking.words
        if how:
            told["change"] = [telling.change_of(*pair) for pair in zip(told.value, told.before, strict=True)]
            columns |= {"before": plain(f"series_part.compare_{how}"), "change": plain("series_part.change")}
        columns["whole"] = plain("series_part.whole")
        table(told[list(columns)].round(4), key="series figures table", name=looking.words, labels=columns, height=380,
              formats={"change": "percent", **_formats(looking, "value", "before")})


def _next(looking: Looking) -> None:
    st.caption(say("series_part.next"))
    with st.container(horizontal=True, gap="small"):
        for part, icon in (("pattern", "calendar_view_month"), ("unusual", "report"), ("forecast", "trending_up")):
            st.button(say(f"series_part.to_{part}"), key=f"series to {part}", icon=f":material/{icon}:",
                      type="tertiary", on_click=_go, args=(part,))


def _go(part: str) -> None:
    st.session_state["time_series part"] = part


# --- words ------------------------------------------------------------------------------------------------------------


def _period(looking: Looking, period: pd.Timestamp) -> str:
    return charts.period_words(period, looking.asked.interval, plain)


def _value(looking: Looking, value: float) -> str:
    return charts.written(value, looking.unit, plain("series_chart.locale"), short=abs(value) >= 1e5)


def _formats(looking: Looking, *columns: str) -> dict[str, str]:
    return dict.fromkeys(columns, "percent") if looking.unit == "share" else {}
