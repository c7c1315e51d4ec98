"""Add, edit, delete and restore one record: each deed is a batch of its own."""

import streamlit as st

from crm_core.errors import CrmError, RowMovedOn
from crm_core.tables import TABLES
from pages.entry.lists import show_conflict
from ui import errors_in_words, say, store
from ui.forms import present, record_form, refused, saved


def add(name: str, key: str, subject, given: dict | None = None) -> None:
    """A form for a new record; `given` columns are known already, `subject` names the record for the log."""
    values = record_form(TABLES[name], key, row=given, leave_out=(), submit="form.add")
    if values is None:
        return
    values |= {column: value for column, value in (given or {}).items() if TABLES[name].column(column).refers_to}
    try:
        with store().batch("add", subject(values)) as batch:
            batch.add(name, values)
    except CrmError as error:
        refused(key, error)
    saved(key, say("form.added", what=subject(values)))


def edit(name: str, key: str, row: dict, subject) -> None:
    """A form with a record as it is. Saving carries the revision that was read: who comes second is asked."""
    row_id = int(row["id"])
    key = f"{key} {row_id}"
    # The row and the revision at which this form was filled, not the present ones: that is what the person saw.
    round_number = st.session_state.get(f"{key} round", 0)
    as_read = f"{key} as read {round_number}"
    if f"{key} {round_number} {TABLES[name].typed[0].name}" not in st.session_state:
        st.session_state.pop(as_read, None)  # the form is opened anew: it is filled with what is there now
    read_at, row = st.session_state.setdefault(as_read, (store().revision(), row))

    def write(values: dict, at: int | None = None) -> None:
        try:
            with store().batch("edit", subject(row)) as batch:
                changed = values and batch.change(name, {"id": row_id, **values}, read_at=at)
        except RowMovedOn as error:
            st.session_state[f"{key} conflict"] = {**error.facts, "revision": store().revision()}
            st.rerun()
        except CrmError as error:
            refused(key, error)
        saved(key, say("form.saved" if changed else "form.unchanged", what=subject(row)))

    show_conflict(key, name, write)
    values = record_form(TABLES[name], key, row=row)
    if values is not None:
        # Only what the person changed: somebody else's change of another field stays.
        write({field: value for field, value in values.items() if value != present(row[field])}, at=read_at)


def delete(name: str, key: str, row: dict, subject) -> None:
    """Delete a record after one question; it stays among the deleted ones."""
    with st.popover(say("form.delete"), icon=":material/delete:"):
        st.write(say("form.delete_what", what=subject(row)))
        if st.button(say("form.delete_yes"), key=f"{key} delete {row['id']}", type="primary"):
            with errors_in_words(), store().batch("delete", subject(row)) as batch:
                batch.remove(name, [row["id"]])
            saved(key, say("form.deleted", what=subject(row)))


def restore(name: str, key: str, row: dict, subject) -> None:
    if st.button(
        say("form.restore", what=subject(row)),
        key=f"{key} restore {row['id']}",
        type="primary",
        icon=":material/restore_from_trash:",
    ):
        with errors_in_words(), store().batch("restore", subject(row)) as batch:
            batch.restore(name, [row["id"]])
        saved(key, say("form.restored", what=subject(row)))
