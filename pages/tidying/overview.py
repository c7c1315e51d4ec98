"""How far each table can be trusted and why, what to mend first, and what every column looks like."""

from dataclasses import dataclass
from datetime import date

import streamlit as st

from crm_core.cleaning import findings, profile, proposals, quality
from pages.tidying.looking import columns, odd, proposed, score
from ui import errors_in_words, job, plain, say, store, today
from ui.forms import remember


@dataclass(frozen=True)
class Seen:
    """What is told of one table."""

    profile: profile.Profile
    proposals: tuple[proposals.Proposal, ...]
    overall: float | None  # the mean score of all tables that hold rows


def show() -> None:
    rows = _rows(str(store().path), store().revision())
    there = [table for table in quality.TABLES_SCORED if rows.get(table)]
    if not there:
        st.info(say("overview.empty"), icon=":material/table_view:")
        st.page_link("pages/data_entry.py", label=say("home.import_a_file"), icon=":material/upload_file:",
                     query_params={"part": "import"})
        return
    table = _ask_for_table(there)
    with errors_in_words():
        seen = _seen(table, there)
    past = score.show(seen.profile, seen.overall)
    proposed.show(seen.proposals, seen.profile)
    columns.show(seen.profile, today())
    odd.show(seen.profile)
    # What looks back takes longest and nothing waits for it.
    with past, errors_in_words():
        score.show_history(seen.profile)


@st.cache_data(max_entries=20, show_spinner=False)
def _rows(path: str, revision: int) -> dict[str, int]:
    fresh = store().frame("freshness")
    return dict(zip(fresh.name, fresh.rows, strict=True))


def _ask_for_table(there: list[str]) -> str:
    key = remember("overview table", there[0])
    asked = st.query_params.get("table")
    if asked in there and asked != st.session_state.get("overview table in address"):
        st.session_state[key] = asked
    if st.session_state[key] not in there:  # its last row is gone
        st.session_state[key] = there[0]
    table = st.pills(say("overview.table"), there, key=key, required=True, label_visibility="collapsed", wrap=True,
                     format_func={name: say(f"table.{name}") for name in there}.get)
    st.query_params["table"] = st.session_state["overview table in address"] = table
    return table


def _seen(table: str, there: list[str]) -> Seen:
    path, day, book = str(store().path), today(), store()
    revisions = tuple(book.revision(*findings.reads(name)) for name in there)

    def work(progress) -> Seen:
        qualities = {}
        for done, (name, revision) in enumerate(zip(there, revisions, strict=True), start=1):
            if name != table:
                qualities[name] = _quality(path, name, day, revision)
            progress(0.5 * done / len(there))
        with book.look() as ask:
            found = profile.profile_table(ask, table, day, lambda share: progress(0.5 + share / 2))
            ranked = proposals.proposals(ask, found)
        return Seen(found, ranked, quality.overall([*qualities.values(), found.quality]))

    return job(("overview", path, table, tuple(there), revisions, day), say("overview.working", table=plain(
        f"table.{table}")), work)


@st.cache_data(max_entries=100, show_spinner=False)
def _quality(path: str, table: str, day: date, revision: int) -> quality.Quality:
    with store().look() as ask:
        return quality.measure(ask, table, day)[0]
