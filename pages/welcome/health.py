"""How healthy the data are: what is known of the customers, and what should be looked at."""

from datetime import date

import pandas as pd
import streamlit as st

from crm_core import health
from crm_core.store import doctor
from crm_core.tables import TABLES
from ui import errors_in_words, job, plain, say, store, today

# What a query reads decides when it has to be asked again: an edited customer leaves the orders' answer as it is.
QUERIES = {"health_customers": ("customers",), "health_orders": ("orders", "order_lines"),
           "health_others": ("communications", "service_requests", "products")}
TWICE = ("same_phone", "same_name")  # what cleaning looks through


@st.cache_data(max_entries=40, show_spinner=False)
def _asked(path: str, query: str, today: date, revision: int) -> pd.DataFrame:
    return store().frame(query, today=today)


@st.cache_data(max_entries=100, show_spinner=False)
def _examined(path: str, table: str, revision: int) -> list[tuple[str, dict]]:
    return doctor.find_problems(store(), (table,), health.REFUSED)


def _examine(progress, path: str, today: date) -> tuple[list[health.Share], list[health.Check]]:
    """All of it, beside the page: at ten million orders it takes some seconds, once for each change of a table."""
    book, steps = store(), len(QUERIES) + len(TABLES)
    frames, problems = [], []
    for query, tables in QUERIES.items():
        frames.append(_asked(path, query, today, book.revision(*tables)))
        progress(len(frames) / steps)
    for done, (name, table) in enumerate(TABLES.items(), start=len(QUERIES) + 1):
        parents = {column.refers_to for column in table.columns if column.refers_to}
        problems += _examined(path, name, book.revision(name, *parents))
        progress(done / steps)
    return health.known(frames[0]), health.checks(*frames, problems)


def show_health() -> None:
    st.subheader(say("home_health.title"), anchor=False)
    path, day, revision = str(store().path), today(), store().revision()
    with errors_in_words():
        known, checks = job(("health", path, day, revision), say("home_health.working"),
                            lambda progress: _examine(progress, path, day))
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(say("home_health.known"))
        _known(known)
        if known:
            st.page_link("pages/cleaning.py", label=say("overview.from_home"), icon=":material/cleaning_services:",
                         query_params={"part": "overview"})
    with right:
        fine = [check for check in checks if check.is_fine]
        st.markdown(say("home_health.fine", fine=len(fine), all=len(checks)))
        for check in checks:
            if not check.is_fine:
                _check(check)
        if fine:
            with st.expander(say("home_health.what_is_fine", count=len(fine))):
                st.markdown("\n".join(f"- {say(f'home_health.fine_check.{check.name}')}" for check in fine))


def _known(known: list[health.Share]) -> None:
    if not known:
        st.caption(say("home_health.no_customers"))
        return
    frame = pd.DataFrame({"what": [plain(f"home_health.known_of.{one.name}") for one in known],
                          "share": [100 * one.share for one in known], "rows": [one.rows for one in known]})
    st.dataframe(
        frame, hide_index=True, key="known", width="stretch", column_config={
            "what": st.column_config.Column(plain("home_health.what"), width=130),
            "share": st.column_config.ProgressColumn(
                plain("home_health.share"), format="%.0f%%", min_value=0, max_value=100, width=120),
            "rows": st.column_config.NumberColumn(plain("table.customers"), format="localized", width=70)})


def _check(check: health.Check) -> None:
    with st.container(gap=None):
        icon = ":material/info:" if check.kept else ":material/error:"
        st.markdown(f"{icon} " + say(f"home_health.check.{check.name}", count=check.rows))
        st.caption(say(f"home_health.means.{check.name}"))
        with st.container(horizontal=True, gap="small"):
            st.page_link("pages/data_entry.py", label=say("home_health.look", table=plain(f"table.{check.table}")),
                         icon=":material/arrow_forward:",
                         query_params={"part": check.table} | ({"open": str(check.id)} if check.id else {}))
            if check.name in TWICE:
                st.page_link("pages/cleaning.py", label=say("overview.to_duplicates"), icon=":material/group:",
                             query_params={"part": "duplicates"})
