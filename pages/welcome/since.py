"""What changed since yesterday, within a week, or since somebody was here last."""

from datetime import date, datetime

import streamlit as st

from crm_core import news
from ui import errors_in_words, language, plain, say, store, today, words
from ui.batches import author, touched
from ui.visit import last_visit

FIGURES = ("revenue", "orders", "customers_joined", "messages_in", "requests_opened")


@st.cache_data(max_entries=40, show_spinner=False)
def last_day(path: str, today: date, revision: int) -> date | None:
    found = store().frame("last_day", today=today).last_day[0]
    return None if found != found else found.date()


@st.cache_data(max_entries=40, show_spinner=False)
def figures(path: str, period: news.Period, revision: int) -> dict[str, news.Compared]:
    rows = store().frame("day_figures", first=period.first, last=period.last, before_first=period.before_first,
                         before_last=period.before_last)
    return {row.figure: news.Compared(row.now, row.before) for row in rows.itertuples()}


@st.cache_data(max_entries=40, show_spinner=False)
def changes(path: str, since: datetime, revision: int) -> news.Changes:
    return news.changes(store().frame("batches_since", since=since))


@st.fragment
def show_since() -> None:
    """The figures of the day beside the same weekday before, and what was written into the book, by whom."""
    st.subheader(say("home_since.title"), anchor=False)
    choice = st.segmented_control(
        say("home_since.title"), news.CHOICES, default="yesterday", required=True, key="since",
        label_visibility="collapsed", persist_state="session", format_func=lambda choice: say(f"home_since.{choice}"))
    visit = last_visit(wanted=choice == "visit")
    if choice == "visit" and visit is None:
        st.markdown(say("home_since.no_visit"))
        return
    with errors_in_words():
        book, path = store(), str(store().path)
        reach = last_day(path, today(), book.revision())
        period = news.period(choice, today(), reach, visit and visit.date())
        if period:
            _days(period, figures(path, period, book.revision()))
        elif reach:
            st.markdown(say("home_since.no_days", last=reach))
        _written(changes(path, news.since(choice, today(), visit), book.revision()))


def _days(period: news.Period, compared: dict[str, news.Compared]) -> None:
    if period.ends_early:
        st.caption(say("home_since.ends_early", last=period.last))
    now, before = (_span(*days) for days in ((period.first, period.last), (period.before_first, period.before_last)))
    st.caption(say("home_since.beside", now=now, before=before))
    lines = [f"| | {say('home_since.now')} | {say('home_since.before')} | |", "|:--|--:|--:|--:|"]
    for name in FIGURES:
        if name in compared:
            figure = compared[name]
            change = "" if figure.change is None else "±0%" if figure.is_still else f"{figure.change:+.0%}"
            now, before = (words.short_number(language(), value) for value in (figure.now, figure.before))
            lines.append(f"| {say(f'home_since.figure.{name}')} | **{now}** | {before} | {change} |")
    if len(lines) > 2:
        st.markdown("\n".join(lines))


def _span(first: date, last: date) -> str:
    return words.day(language(), first) if first == last else plain("home_since.span", first=first, last=last)


def _written(changes: news.Changes) -> None:
    if not changes.batches:
        st.caption(say("home_since.nothing_written"))
        return
    people = plain("batch.comma").join(map(author, changes.people))
    what = touched(changes)
    if changes.more_tables:
        what += plain("home_since.more_tables", count=changes.more_tables)
    st.markdown(say("home_since.written", count=changes.batches, people=people) + "  \n" + words.markdown_safe(what))
    st.page_link("pages/data_entry.py", label=say("home.all_changes"), query_params={"part": "changes"},
                 icon=":material/undo:")
