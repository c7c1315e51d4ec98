"""Look for duplicates in a table: how, how long, what is new since; the work runs beside the page."""

import json

import streamlit as st

from crm_core.cleaning import matching
from crm_core.cleaning.duplicates import rules
from crm_core.cleaning.matching import How
from crm_core.errors import Cancelled, CrmError
from ui import job, plain, say, store
from ui.forms import remember
from ui.work import show_error, start

LEARNING_S, RECORDS_A_SECOND = 10, 8_000  # what a search takes, so that somebody knows whether to wait


def running() -> None:
    """While a search runs: its bar, and nothing else of the page."""
    if st.session_state.get("match search"):
        _finish(*st.session_state["match search"])


def show(table: str, run, buttons) -> None:
    """What a search does before the first one; its buttons, in the place that is given for them."""
    living = _living(table)
    if living < 2:
        st.info(say("matching.too_few", table=plain(f"table.{table}")), icon=":material/group:")
        st.page_link("pages/data_entry.py", label=say("home.import_a_file"), icon=":material/upload_file:",
                     query_params={"part": "import"})
        st.stop()
    if run is None:
        st.markdown(say("matching.first", count=living))
        st.caption(say("matching.how_long", seconds=LEARNING_S + round(living / RECORDS_A_SECOND)))
        buttons = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with buttons:
        place = st.container(width="content")
        how, rooms = _ask_how(table, run)
        place.button(say("matching.look_anew" if run else "matching.look"), key=f"look {table}",
                     type="secondary" if run else "primary", icon=":material/search:",
                     disabled=not (how.model or how.rules), on_click=_begin, args=(table, how))
        if run is not None and run.row["moved_on"]:
            st.button(say("matching.match_news", count=int(run.row["moved_on"])), key=f"match news {table}",
                      type="primary", icon=":material/update:", on_click=_begin_news, args=(table,))
    if "match error" in st.session_state:
        show_error(st.session_state.pop("match error"))
    _counts_beside_rules(table, rooms)


def _living(table: str) -> int:
    return int(store().frame("match_living", table=table).records[0])


def _ask_how(table: str, run) -> tuple[How, dict]:
    """By the model, by rules, or by both; and the places where the rules' counts are shown."""
    kept, place = (run.model, f"{table} {run.id}") if run else ({}, f"{table} 0")
    by_model = kept.get("method") != "stated"
    with st.popover(say("matching.how"), icon=":material/tune:"), st.container(gap="small"):
        model = st.checkbox(say("matching.by_model"), key=remember(f"match model {place}", by_model),
                            help=say("matching.by_model_help"))
        st.caption(say("matching.by_rules"))
        chosen, rooms = [], {}
        for rule in rules.RULES[table]:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                key = remember(f"match rule {place} {rule.name}", rule.name in kept.get("stated", ()))
                if st.checkbox(say(f"matching.rule.{rule.name}"), key=key):
                    chosen.append(rule.name)
                rooms[rule.name] = st.empty()
    return How(model=model, rules=tuple(chosen)), rooms


def _counts_beside_rules(table: str, rooms: dict) -> None:
    counts = _counts(str(store().path), table, store().revision(table))
    for name, room in rooms.items():
        room.markdown(":gray[:small[" + say("matching.rule_finds", count=counts[name]) + "]]", width="content")


@st.cache_data(max_entries=8, show_spinner=False)
def _counts(path: str, table: str, revision: int) -> dict[str, int]:
    with store().look() as ask:
        return matching.rule_counts(ask, table)


# --- the work beside the page -------------------------------------------------------------------


def _begin(table: str, how: How) -> None:
    book = store()

    def work(progress):
        progress(0.02)
        revision = book.revision()
        with book.look() as ask:
            progress.on_cancel(ask.cursor.interrupt)
            count, found = matching.search(ask, table, how, progress)
        progress(0.95)
        with book.batch("match", plain_name(table)) as batch:
            matching.keep(batch, table, found, revision, count)

    _run(("match", str(book.path), table, how, book.revision()), say("matching.working"), work)


def _begin_news(table: str) -> None:
    book = store()
    run = book.frame("match_run", table=table).iloc[0].to_dict()
    shelf = _shelf(str(book.path), table, int(run["id"]))

    def work(progress):
        progress(0.05)
        revision = book.revision()
        moved = book.frame("match_moved_on", table=table, revision=int(run["revision"])).id.tolist()
        with book.look() as ask:
            progress.on_cancel(ask.cursor.interrupt)
            count, pairs, compared = matching.search_news(ask, table, json.loads(run["model"]), moved, progress, shelf,
                                                       revision)
        progress(0.95)
        with book.batch("match", plain_name(table)) as batch:
            matching.keep_new(batch, run, moved, pairs, revision, count, compared)

    _run(("match news", str(book.path), table, book.revision()), say("matching.working"), work)


@st.cache_resource(max_entries=1, show_spinner=False)
def _shelf(path: str, table: str, run_id: int) -> matching.Shelf:
    """What matching new records has prepared; of one search, for it is as large as the table."""
    return matching.Shelf()


def plain_name(table: str) -> str:
    return plain(f"table.{table}")


def _run(key: tuple, label: str, work) -> None:
    # Each press is a search of its own: a shared answer would tell of one that was taken back since.
    number = st.session_state["match presses"] = st.session_state.get("match presses", 0) + 1
    key = (*key, id(st.session_state), number)
    start(key, work)
    st.session_state["match search"] = (key, label)


def _finish(key: tuple, label: str) -> None:
    """Show the bar until the search is done; then the page anew, with what was found."""
    try:
        job(key, label)
    except Cancelled:
        st.session_state["form message"] = say("job.cancelled")
    except CrmError as error:
        st.session_state["match error"] = error
    st.session_state.pop("match search")
    st.rerun()
