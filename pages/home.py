"""What is there, how it changed, how fresh it is, and where to go next."""

import json
from dataclasses import replace

import pandas as pd
import streamlit as st

from crm_core import charts, news
from pages.welcome.health import show_health
from pages.welcome.searching import search
from pages.welcome.since import show_since
from pages.welcome.waiting import show_waiting
from ui import chart, errors_in_words, language, plain, say, store, table, today, words
from ui.batches import told
from ui.segment import segment_filter, segment_name
from ui.workspace import fill_demo

DAYS = 30


@st.cache_data(max_entries=20, show_spinner=False)
def figures(path: str, as_of, revision: int, segment: int):
    return (
        store().frame("home_figures", as_of=as_of, days=DAYS, segment=segment),
        store().frame("weekly_figures", as_of=as_of, segment=segment),
        store().frame("revenue_by_month", as_of=as_of, segment=segment),
    )


@st.cache_data(max_entries=20, show_spinner=False)
def freshness(path: str, revision: int):
    return store().frame("freshness"), store().frame("demo_batch")


def offer_demo(demo: pd.DataFrame) -> None:
    """The demo shop is one click away from being gone, and nobody should take it for their own data."""
    if demo.empty:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="demo"):
        st.markdown(say("home.demo", customers=int(demo.customers[0])), width="stretch")
        if st.button(say("home.remove_demo"), key="remove_demo", help=say("home.remove_demo_help")):
            with st.spinner(say("changes.undoing")), errors_in_words():
                store().withdraw(int(demo.number[0]))
            st.rerun()
        if st.button(say("home.start_empty"), key="start_empty", help=say("home.start_empty_help")):
            with st.spinner(say("changes.undoing")), errors_in_words():
                store().empty()
            st.rerun()


def offer_start() -> None:
    """Nothing is there yet: say what to do first."""
    st.info(say("home.empty"), icon=":material/rocket_launch:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "pages/data_entry.py",
            label=say("home.import_a_file"),
            icon=":material/upload_file:",
            query_params={"part": "import"},
        )
        st.page_link(
            "pages/data_entry.py",
            label=say("home.add_a_customer"),
            icon=":material/person_add:",
            query_params={"part": "customers"},
        )
        if st.button(say("home.fill_demo"), icon=":material/storefront:", type="tertiary", key="fill_demo"):
            with st.spinner(say("home.filling")), errors_in_words():
                fill_demo(store())
            st.rerun()


def key_figures(now_before: pd.DataFrame, weekly: pd.DataFrame) -> None:
    """Each figure, its change against the days before, and its last twelve weeks as a small line."""
    with st.container(horizontal=True, gap="xsmall", key="key_figures"):
        for row in now_before.itertuples():
            figure = news.Compared(*(0 if pd.isna(value) else value for value in (row.now, row.before)))
            good = "off" if figure.is_still else "inverse" if row.figure == "requests_open" else "normal"
            st.metric(
                say(f"home.figure.{row.figure}"),
                words.short_number(language(), figure.now),
                border=True,
                width=155,
                delta=None if figure.change is None else "±0%" if figure.is_still else f"{figure.change:+.0%}",
                delta_color=good,
                delta_arrow="off" if figure.is_still else "auto",
                chart_data=weekly[row.figure],
                chart_type="area",
                help=say(f"home.figure_help.{row.figure}"),
            )


def journey(rows: dict[str, int], is_demo: bool) -> None:
    """The way from a file to a chart in a report, with what is done ticked off; put away once it has been gone."""
    steps = (
        ("import", "pages/data_entry.py", {"part": "import"}, rows["orders"] > 0 and not is_demo),
        ("look", "pages/data_entry.py", {"part": "customers"}, rows["customers"] > 0 and not is_demo),
        ("group", "pages/clustering.py", {}, rows["segments"] > 0),
        ("carry", "pages/clustering.py", {}, False),  # nobody can know
    )
    if all(is_done for *_, is_done in steps[:-1]):
        place = st.expander(say("home.journey"), icon=":material/check_circle:")
    else:
        st.subheader(say("home.journey"), anchor=False)
        place = st.container()
    with place:
        columns = st.columns(len(steps), gap="small")
        for number, (step, page, query, is_done) in enumerate(steps, start=1):
            with columns[number - 1], st.container(border=True, height="stretch"):
                done = " :green[:material/check_circle:]" if is_done else ""
                st.markdown(f"**{number}. {say(f'home.step.{step}')}**{done}")
                st.caption(say(f"home.step_help.{step}"))
                st.page_link(
                    page, label=say(f"home.step_link.{step}"), query_params=query, icon=":material/arrow_forward:"
                )


def last_changes(fresh: pd.DataFrame) -> None:
    """How far the tables reach, and what was written last."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(say("home.freshness"), anchor=False)
        shown = fresh.assign(
            name=[plain(f"table.{name}") for name in fresh.name],
            newest=[None if pd.isna(when) else words.day(language(), when) for when in fresh.newest])
        table(
            shown,
            key="freshness",
            carry=False,
            labels={"name": plain("home.what"), "rows": plain("home.rows"), "newest": plain("home.newest")},
        )
    with right:
        st.subheader(say("home.last_changes"), anchor=False)
        for batch in store().frame("recent_batches", limit=5).itertuples():
            st.markdown(told(batch._replace(touched=json.loads(batch.touched))))
        st.page_link(
            "pages/data_entry.py",
            label=say("home.all_changes"),
            query_params={"part": "changes"},
            icon=":material/undo:",
        )


st.title(say("home.title"), anchor=False)
with errors_in_words():
    book = store()
    revision = book.revision()
    fresh, demo = freshness(str(book.path), revision)
rows = dict(zip(fresh.name, fresh.rows, strict=True))
if not any(rows.values()):
    offer_demo(demo)
    offer_start()
    st.stop()

search()
offer_demo(demo)
newest = fresh.set_index("name").newest
orders_reach = newest.get("orders")
as_of = today() if pd.isna(orders_reach) else min(orders_reach.date(), today())
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    st.caption(say("home.reach", customers=rows["customers"], orders=rows["orders"], as_of=as_of, days=DAYS))
    segment = segment_filter("home")
now_before, weekly, monthly = figures(str(book.path), as_of, revision, segment or 0)
key_figures(now_before, weekly)
left, right = st.columns(2, gap="large")
with left, errors_in_words():
    show_waiting()
with right:
    show_since()
if len(monthly):
    by_month = charts.revenue_by_month(monthly, as_of, plain)
    if segment:  # the picture says it too where it is carried away
        whose = plain("segment_filter.of", name=segment_name(segment))
        by_month = replace(by_month, subtitle=" · ".join(text for text in (whose, by_month.subtitle) if text))
    chart(by_month, key="revenue by month")
health = st.container()  # what takes its time is filled in at the end, so that nothing waits for it
journey(rows, is_demo=len(demo) > 0)
last_changes(fresh)
with health:
    show_health()
