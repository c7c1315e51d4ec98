"""The import itself: one batch beside the page, with a bar and a stop; then what it did, its undo and the next step."""

import pandas as pd
import streamlit as st

from crm_core import data_entry
from crm_core.errors import CrmError
from pages.entry.importing import arriving
from ui import errors_in_words, job, plain, say, store, words
from ui.forms import saved
from ui.work import forget, show_error, start

# Where the rows of a table are looked at; the part's words stand under data_entry.
PART_OF = {"order_lines": "orders", "campaign_members": "campaigns"}


def begin(name: str, checked) -> None:
    """Write the batch: what is written is what was shown when the person pressed the button."""
    book = store()
    key = ("import", checked.folder, book.revision())

    def work(progress):
        with book.batch("import", name) as batch:
            progress.on_cancel(lambda: book.interrupt(batch))
            loaded = data_entry.load(batch, checked, progress=progress)
        return batch.number if batch.rows else None, loaded

    start(key, work)
    st.session_state["importing"] = {"name": name, "key": key, "rejected": checked.rejected}
    st.rerun()


def finish(name: str, key: tuple, rejected: int) -> None:
    """Show the running import, wherever the person was meanwhile; it can be stopped, and then nothing has happened."""
    try:
        number, loaded = job(key, say("importing.writing", name=name))
    except CrmError as error:
        st.session_state.pop("importing")
        show_error(error)
        return
    forget(key)
    st.session_state.pop("importing")
    st.session_state["imported"] = {"name": name, "number": number, "tables": loaded.tables, "rejected": rejected}
    arriving.give_up()
    st.session_state.pop("import said", None)
    st.session_state.pop("upload", None)
    st.session_state["import round"] = st.session_state.get("import round", 0) + 1
    st.rerun()


def show_imported(imported: dict) -> None:
    """What the import did, its undo, and the next step."""
    if imported["number"] is None:
        st.info(say("importing.nothing_new", name=imported["name"]), icon=":material/done_all:")
        return
    touched = {name: counts for name, counts in imported["tables"].items() if counts["added"] or counts["changed"]}
    lines = plain("batch.semicolon").join(
        plain("importing.done_table", table=plain(f"table.{name}"), added=counts["added"], changed=counts["changed"])
        for name, counts in touched.items()
    )
    st.success(
        say("importing.done", name=imported["name"], number=imported["number"], what=lines)
        + (" " + say("importing.done_rejected", count=imported["rejected"]) if imported["rejected"] else ""),
        icon=":material/check_circle:",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(say("changes.undo"), icon=":material/undo:", key="undo import"):
            with st.spinner(say("changes.undoing")), errors_in_words():
                store().undo(imported["number"])
            st.session_state.pop("imported")
            saved("import", say("changes.done", what=plain("batch.import", subject=imported["name"])))
        for part in dict.fromkeys(PART_OF.get(name, name) for name in touched):
            if words.has(f"data_entry.{part}"):
                st.button(say(f"data_entry.{part}"), key=f"see {part}", type="tertiary", on_click=_open, args=(part,),
                          icon=":material/arrow_forward:")
        if "orders" in touched:
            st.page_link("pages/clustering.py", label=say("home.step_link.group"), icon=":material/arrow_forward:")
    facts = store().frame("order_facts").iloc[0]
    if facts.orders:
        st.caption(say("importing.book", **{
            name: (0 if pd.isna(value) else value)
            for name, value in facts.items()
            if name not in ("first_order", "last_order")
        }))


def _open(part: str) -> None:
    """The part of the page where the records are."""
    st.session_state["part"] = part
