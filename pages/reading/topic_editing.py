"""Topics as the team wants them: merged, split, renamed, kept, refreshed. What is not kept yet lives in the session."""

import hashlib
from collections.abc import Callable

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.errors import CrmError
from crm_core.text_mining.topics import Topics, keep, kept_run, merge, refresh, rename, split, update
from crm_core.text_mining.topics.keeping import to_json
from pages.reading.asking import Reading
from ui import errors_in_words, job, plain, say, store, table, today
from ui.forms import saved
from ui.work import forget, show_error

EDITED, REFUSED, CHANGED = "text topics edited", "text topics refused", "text topics changed"


def told_of(topics: Topics) -> str:
    """The same for topics with the same words and names."""
    return hashlib.sha256(to_json(topics).encode()).hexdigest()


def edited(key: tuple, topics: Topics) -> Topics:
    """The topics as they were edited in this session, or as they are."""
    kept = st.session_state.get(EDITED)
    return kept[1] if kept and kept[0] == key else topics


def edit(reading: Reading, base, topics: Topics, chosen: int) -> None:
    """Widgets that change one topic."""
    if error := st.session_state.pop(REFUSED, None):
        show_error(error)
    names = charts.numbered_topics(topics)
    here = told_of(topics)[:12]  # a widget belongs to the topics as they are: after a change there are others
    with st.form(f"topic name {here} {chosen}", border=False), st.container(
            horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(say("topics.name"), value=topics.names[chosen], max_chars=80, width=300)
        if st.form_submit_button(say("topics.rename")) and name.strip():
            _take(base, lambda: rename(topics, {chosen: name}))
            st.rerun()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        others = [topic for topic in names if topic != chosen]
        which = st.multiselect(say("topics.merge_with"), others, key=f"topic merge {here} {chosen}", width=300,
                               format_func=names.get, placeholder=plain("topics.choose"))
        st.button(say("topics.merge"), disabled=not which or topics.k - len(which) < 1, on_click=_take,
                  args=(base, lambda: merge(topics, reading.chosen, [chosen, *which])), key="topic merge")
        st.button(say("topics.split"), on_click=_take, key="topic split",
                  args=(base, lambda: split(topics, reading.chosen, chosen)), help=say("topics.split_help"))


def _take(base, change: Callable[[], Topics]) -> None:
    try:
        st.session_state[EDITED] = (base.key, change())
    except CrmError as error:
        st.session_state[REFUSED] = error


def keep_bar(reading: Reading, base, topics: Topics) -> None:
    """Keep what is on the page, take the changes back, refresh what is kept."""
    book, changed = store(), topics is not base.topics
    with book.look() as look:
        there = base.run is None and kept_run(look, topics, today()) is not None
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            say("topics.keep_changes" if base.run else "topics.keep"), type="primary", key="topics keep",
            icon=":material/bookmark_add:", disabled=there or (base.run is not None and not changed))
        if changed:
            st.button(say("topics.discard"), key="topics discard", on_click=st.session_state.pop, args=(EDITED, None))
        anew = base.run is not None and not changed and st.button(
            say("topics.refresh"), key="topics refresh", icon=":material/refresh:", help=say("topics.refresh_help"))
        if base.run is not None:
            st.button(say("topics.remove"), key="topics remove", icon=":material/delete:", on_click=_remove,
                      args=(base.run,))
        if there:
            st.caption(say("topics.kept_already"))
        elif changed:
            st.caption(say("topics.changed"))
    if pressed and base.run:
        with errors_in_words(), book.batch("edit", base.run.name) as batch:
            update(batch, base.run.run_id, topics)
        st.session_state.pop(EDITED, None)
        saved("topics", say("topics.changes_kept"))
    elif pressed:
        name = plain("topics.kept_as", k=topics.k)
        with errors_in_words(), book.batch("topics", name) as batch:
            run_id = keep(batch, topics, name, today(), book.revision(), _wanted(reading))
        _show_run(run_id)
        saved("topics", say("topics.kept", k=topics.k))
    if anew:
        st.session_state[CHANGED] = base.key
    if st.session_state.get(CHANGED) == base.key:
        _refresh(reading, base)
    told = st.session_state.get("text topics told")
    if told and base.run is not None and told[0] == base.run.run_id:
        _changes(told[1])


def _refresh(reading: Reading, base) -> None:
    key = ("topics refreshed", *base.key)
    found = job(key, say("topics.finding"), lambda progress: refresh(base.run.topics, reading.chosen, progress))
    forget(key)
    st.session_state.pop(CHANGED, None)
    book = store()
    with errors_in_words(), book.batch("topics", base.run.name) as batch:
        run_id = keep(batch, found.topics, base.run.name, today(), book.revision(), _wanted(reading),
                      base.run.first_id)
    _show_run(run_id)
    st.session_state["text topics told"] = (run_id, found.change)
    saved("topics", say("topics.refreshed", kept=int((found.change.how == "kept").sum()),
                        new=int((found.change.how == "new").sum()), ended=int((found.change.how == "ended").sum())))


def _changes(change: pd.DataFrame) -> None:
    with st.expander(say("topics.what_changed")):
        table(change.assign(how=change.how.map({how: plain(f"topics.how_{how}") for how in ("kept", "new", "ended")})),
              "topic changes", {"name": plain("chart.topics.topic"), "how": plain("topics.how"),
                                "before": plain("topics.before"), "now": plain("topics.now")})


def _remove(run) -> None:
    with store().batch("delete", run.name) as batch:
        batch.remove("runs", [run.run_id])
    st.session_state.pop(EDITED, None)
    st.session_state["form message"] = say("topics.removed", name=run.name)


def _show_run(run_id: int) -> None:
    """Show a kept run from the next run of the page on."""
    st.session_state.pop(EDITED, None)
    st.session_state.pop("text topics from", None)
    st.session_state.setdefault("text chosen", {})["topics from"] = run_id


def _wanted(reading: Reading) -> dict:
    """Which messages were read, as plain data."""
    told = {name: value for name, value in vars(reading.wanted).items() if value}
    return {name: list(value) if isinstance(value, tuple) else str(value) for name, value in told.items()}
