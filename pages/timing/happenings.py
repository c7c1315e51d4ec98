"""Events beside a series: campaigns, holidays, own days; whether one mattered, tested on other dates; own ones kept."""

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.errors import CrmError, NoPlaceboDates
from crm_core.time_series.anomalies import Found
from crm_core.time_series.events import KINDS
from crm_core.time_series.placebo import Mattered, mattered
from pages.timing import asking
from pages.timing.asking import Looking
from ui import chart, errors_in_words, job, language, plain, say, store, table, words
from ui.forms import saved
from ui.work import show_error

MOST_HOLIDAYS = 400


def show(looking: Looking, one: pd.DataFrame, found: Found, happened: pd.DataFrame) -> None:
    """`one` is the series in which `found` was found."""
    st.subheader(say("events.title"), anchor=False)
    st.caption(say("events.what"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="events bar"):
        names = _choices(found, happened)
        chosen = None
        if names:
            asking.linked("time event", "event", names)
            chosen = st.selectbox(
                say("events.choose"),
                list(names),
                key=asking.valid("event", next(iter(names)), list(names)),
                width=360,
                format_func=names.get,
            )
            asking.stands("event", chosen, next(iter(names)))
        if st.button(say("events.add"), key="event add", icon=":material/add:"):
            _add()
    if chosen is not None:
        with errors_in_words():
            _mattered(looking, str(one.series.iloc[0]), found, happened, chosen)
    _table(happened)


def _choices(found: Found, happened: pd.DataFrame) -> dict[str, str]:
    """Own events and campaigns first, the newest before older ones, then holidays: key → words."""
    first, last = found.frame.period.iloc[[0, -1]]
    inside = happened[(happened.starts_on <= last) & (happened.ends_on >= first)]
    rank = {"own": 0, "campaign": 1, "holiday": 2}
    ordered = inside.assign(rank=inside.kind.map(rank)).sort_values(
        ["rank", "starts_on"], ascending=[True, False], kind="stable"
    )
    counts = ordered.groupby(["kind", "name"], sort=False).size()
    return {
        f"{kind} {name}": plain(
            "events.choice" if times == 1 else "events.choice_times",
            name=name,
            kind=plain(f"events.kind_{kind}"),
            count=int(times),
        )
        for (kind, name), times in counts.items()
    }


def _mattered(looking: Looking, series: str, found: Found, happened: pd.DataFrame, chosen: str) -> None:
    kind, name = chosen.split(" ", 1)
    mine = (happened.kind == kind) & (happened.name == name)
    # What is judged is held against days without a campaign or own event; holidays are too many to leave out.
    avoid = happened[~mine & happened.kind.isin(("campaign", "own"))]
    days = _days_of(happened[mine])
    try:
        told = job(
            ("mattered", chosen, days, _days_of(avoid), series, *looking.state),
            say("events.asking"),
            lambda _progress: mattered(found, happened[mine], avoid, seed=0),
        )
    except NoPlaceboDates as error:  # nobody did anything wrong: the first event of the list was asked about unasked
        st.info(words.markdown_safe(words.error_sentence(language(), error)), icon=":material/info:")
        return
    _verdict(looking, told, name)


def _days_of(events: pd.DataFrame) -> tuple:
    return tuple(zip(events.starts_on, events.ends_on, strict=True))


def _verdict(looking: Looking, told: Mattered, name: str) -> None:
    locale = plain("series_chart.locale")
    short = max(abs(told.actual), abs(told.expected)) >= 1e5  # all of them or none: they are subtracted by eye

    def written(value: float) -> str:
        return charts.written(value, looking.unit, locale, short=short)

    with st.container(horizontal=True, gap="small", key="event figures"):
        st.metric(say("unusual.actual"), written(told.actual), border=True, width=180, height="stretch")
        st.metric(say("events.without"), written(told.expected), border=True, width=180, height="stretch")
        st.metric(
            say("events.effect"),
            f"{'+' if told.effect >= 0 else '−'}{written(abs(told.effect))}",
            border=True,
            width=180,
            height="stretch",
            delta=f"{told.change:+.0%}" if told.change == told.change else None,
            delta_color="off",
        )
        st.metric(say("events.p"), f"{told.p:.3f}", border=True, width=180, height="stretch", help=say("events.p_help"))
    (st.success if told.matters else st.info)(
        say(
            f"events.verdict_{told.verdict}",
            name=name,
            dates=told.dates,
            count=told.as_much,
            low=written(told.low),
            high=written(told.high),
        ),
        icon=":material/science:",
    )
    chart(charts.placebo_spread(told.elsewhere, told.sure, name, plain), key="placebo")


def _table(happened: pd.DataFrame) -> None:
    with st.expander(say("events.all", count=len(happened)), icon=":material/event:"):
        kinds = st.pills(
            say("events.kinds"),
            KINDS,
            selection_mode="multi",
            default=KINDS,
            key="event kinds",
            format_func={kind: plain(f"events.kind_{kind}") for kind in KINDS}.get,
        )
        shown = happened[happened.kind.isin(kinds or KINDS)].sort_values("starts_on", ascending=False, kind="stable")
        table(
            shown.assign(kind=[plain(f"events.kind_{kind}") for kind in shown.kind]).head(MOST_HOLIDAYS),
            "events table",
            {
                "name": plain("events.name"),
                "kind": plain("events.kind"),
                "starts_on": plain("events.starts_on"),
                "ends_on": plain("events.ends_on"),
                "region": plain("events.region"),
            },
            name=plain("events.title"),
            height=320,
        )
        own = _own()
        if own:
            with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
                gone = st.selectbox(
                    say("events.own"),
                    list(own),
                    index=None,
                    key="event to remove",
                    width=360,
                    placeholder=plain("events.choose_own"),
                    format_func=own.get,
                )
                if st.button(say("events.remove"), key="event remove", disabled=gone is None, icon=":material/delete:"):
                    with store().batch("event", own[gone]) as batch:
                        batch.remove("events", [gone])
                    saved("event", say("events.removed", name=own[gone]))


def _own() -> dict[int, str]:
    with store().look() as look:
        found = look.execute(
            "SELECT id, name, starts_on FROM events WHERE deleted_at IS NULL ORDER BY starts_on DESC, name"
        ).fetchall()
    return {int(row_id): f"{name} ({starts_on})" for row_id, name, starts_on in found}


def _add() -> None:
    @st.dialog(say("events.add"))
    def ask() -> None:
        st.write(say("events.add_what"))
        name = st.text_input(say("events.name"), key="event name")
        left, right = st.columns(2)
        begin = left.date_input(say("events.starts_on"), key="event from", format="YYYY-MM-DD")
        end = right.date_input(
            say("events.ends_on"), value=None, key="event until", format="YYYY-MM-DD", help=say("events.one_day")
        )
        region = st.text_input(say("events.region"), key="event region", help=say("events.region_help"))
        note = st.text_input(say("events.note"), key="event note")
        if st.button(say("events.keep"), type="primary", key="event keep"):
            try:
                with store().batch("event", name) as batch:
                    batch.add(
                        "events", {"name": name, "starts_on": begin, "ends_on": end, "region": region, "note": note}
                    )
            except CrmError as error:
                show_error(error)
                return
            saved("event", say("events.kept", name=name))

    ask()
