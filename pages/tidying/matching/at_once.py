"""Merge all sure ones at once: how many, what would change, one batch that can be undone."""

import pandas as pd
import streamlit as st

from crm_core.cleaning import consequences, queue
from crm_core.errors import Cancelled, CrmError, PreviewOutdated
from crm_core.tables import TABLES
from pages.tidying import consequences as shown
from pages.tidying.matching import deciding, kept
from ui import job, plain, say, store, table
from ui.forms import remember, saved
from ui.values import called
from ui.work import show_error, start

# What consequences are read from: everything but what searches and people say of pairs.
READ = tuple(name for name in TABLES if not name.startswith("match_"))
EXAMPLES = 8  # groups that are shown by name
LOWEST_PERCENT = 50.0


def show(run: kept.Run) -> None:
    st.caption(say("matching.sure_what"))
    usual = min(99.0, max(90.0, round(run.judgement.threshold * 100, 1)))
    percent = st.number_input(say("matching.sure_from"), LOWEST_PERCENT, 99.9, step=0.5, width=220,
                              format="%.1f", key=remember(f"sure from {run.table} {run.id}", usual))
    # Below the number: a number that leaves the page while records are merged comes back as the lowest one.
    if st.session_state.get("merging at once"):
        _finish(*st.session_state["merging at once"])
    whole, known = kept.groups(run)
    groups = queue.sure_groups(whole, known, percent / 100)
    if not groups:
        st.info(say("matching.sure_none" if run.waiting else "matching.sure_all_done"), icon=":material/info:")
        return
    records = sum(map(len, groups))
    st.markdown(say("matching.sure_found", groups=len(groups), records=records))
    _examples(run.table, groups)
    # What is shown holds for these groups and this state of the data: both are in the key.
    revision, which = store().revision(*READ), hash(tuple(map(tuple, groups)))
    wanted = ("sure preview", str(store().path), run.table, which, revision)
    if st.session_state.get("sure preview") != wanted:
        if not st.button(say("matching.sure_preview"), key="sure preview button", icon=":material/preview:"):
            return
        st.session_state["sure preview"] = wanted
    try:
        before, after = job(wanted, say("matching.sure_merging"), lambda progress: _tried(run.table, groups, progress))
    except CrmError as error:
        st.session_state.pop("sure preview", None)
        show_error(error)
        return
    shown.show(consequences.compare(before, after))
    st.button(say("matching.sure_merge", groups=len(groups)), key="merge all", type="primary", icon=":material/merge:",
              on_click=_begin, args=(run.table, groups, revision))


def _frame(groups: list[list[int]]) -> pd.DataFrame:
    rows = [(place, row_id) for place, ids in enumerate(groups) for row_id in ids]
    return pd.DataFrame(rows, columns=["cluster", "id"])


def _tried(name: str, groups: list[list[int]], progress):
    """The figures of the book before and after, by a merge that is done to its end and then given up."""
    book = store()
    progress(0.1)
    with book.rehearsal("merge") as batch:
        progress.on_cancel(lambda: book.interrupt(batch))
        return consequences.around(batch, lambda open_batch: deciding.merged(open_batch, name, _frame(groups)))


def _examples(name: str, groups: list[list[int]]) -> None:
    first = [store().records(name, ids) for ids in groups[:EXAMPLES]]
    table(pd.DataFrame({"records": [len(rows) for rows in first],
                        "names": [" = ".join(called(name, row, 40) for row in rows) for rows in first]}),
          key=f"sure examples {name}", carry=False,
          labels={"records": plain("matching.records"), "names": plain("matching.examples")})


def _begin(name: str, groups: list[list[int]], revision: int) -> None:
    book, subject = store(), plain("matching.subject_sure", groups=len(groups))

    def work(progress):
        progress(0.1)
        with book.batch("merge", subject) as batch:
            if book.revision(*READ) != revision:  # nobody else writes while this batch is open
                raise PreviewOutdated()
            progress.on_cancel(lambda: book.interrupt(batch))
            return deciding.merged(batch, name, _frame(groups)), len(groups)

    key = ("merge at once", str(book.path), name, revision, hash(tuple(map(tuple, groups))), id(st.session_state))
    start(key, work)
    st.session_state["merging at once"] = (key,)


def _finish(key: tuple) -> None:
    try:
        records, groups = job(key, say("matching.sure_merging"))
    except Cancelled:
        st.session_state.pop("merging at once")
        st.info(say("job.cancelled"))
    except CrmError as error:
        st.session_state.pop("merging at once")
        show_error(error)
    else:
        st.session_state.pop("merging at once")
        st.session_state.pop("sure preview", None)
        saved("sure", say("matching.sure_done", groups=groups, records=records))
