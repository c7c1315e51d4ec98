"""Add, edit, delete and restore one record, and every version it had: each deed is a batch of its own."""

import json
from decimal import Decimal

import streamlit as st

from crm_core.errors import CrmError, RowMovedOn
from crm_core.store import orders
from crm_core.store.merging import merged_into
from crm_core.tables import TABLES
from pages.entry import duplicates, order
from ui import errors_in_words, language, plain, say, store, words
from ui.batches import author, purpose
from ui.forms import as_read, changed_in_form, fields, refused, saved, settle
from ui.values import called, hit, told

VERSIONS = 20


@st.fragment
def add(name: str, key: str, given: dict | None = None) -> None:
    """A form for a new record; `given` columns are known already."""
    if name == "orders":
        order.add(key, given)
        return
    settled = [column for column in given or {} if TABLES[name].column(column).refers_to]
    values = fields(TABLES[name], key, row=given, leave_out=tuple(settled),
                    beside=("phone", duplicates.warn) if name == "customers" else None)
    if not st.button(say("form.add"), type="primary", key=f"{key} submit"):
        return
    values |= {column: given[column] for column in settled}
    try:
        with store().batch("add", called(name, values)) as batch:
            batch.add(name, values)
    except CrmError as error:
        refused(key, error)
    saved(key, say("form.added", what=called(name, values)))


@st.fragment
def edit(name: str, key: str, row: dict) -> None:
    """A form with a record as it is. Saving carries the revision that was read: who comes second is asked."""
    if name == "orders":
        order.edit(key, row)
        return
    row_id = int(row["id"])
    key = f"{key} {row_id}"
    read_at, row = as_read(TABLES[name], key, row)

    def write(values: dict, at: int) -> None:
        try:
            with store().batch("edit", called(name, row)) as batch:
                changed = values and batch.change(name, {"id": row_id, **values}, read_at=at)
        except RowMovedOn as error:
            mine, theirs = ({column: _plain(value) for column, value in error.facts[side].items()}
                            for side in ("mine", "theirs"))
            conflict = {column: (row[column], value, theirs[column]) for column, value in mine.items()
                        if theirs[column] not in (value, row[column])}
            if not conflict:  # what somebody else changed is not what is changed here
                write(values, at=store().revision())
            st.session_state[f"{key} conflict"] = (conflict, mine, store().revision())
            st.rerun()
        except CrmError as error:
            refused(key, error)
        saved(key, say("form.saved" if changed else "form.unchanged", what=called(name, row)))

    if f"{key} conflict" in st.session_state:
        conflict, mine, moved_at = st.session_state[f"{key} conflict"]
        chosen = settle(key, name, conflict)
        if chosen is not None:
            del st.session_state[f"{key} conflict"]
            # What nobody else touched is written in any case.
            untouched = {column: value for column, value in mine.items() if column not in conflict}
            write({**untouched, **chosen}, at=moved_at)
        return
    def warn(values: dict) -> None:
        if changed_in_form(key, values).keys() & {"name", "email", "phone", "birth_date"}:
            duplicates.warn(values, except_id=row_id)

    values = fields(TABLES[name], key, row=row, beside=("phone", warn) if name == "customers" else None)
    # Only what the person changed: somebody else's change of another field stays.
    changed = changed_in_form(key, values)
    _own_fields(row)
    if st.button(say("form.save"), type="primary", key=f"{key} submit"):
        write(changed, at=read_at)


def delete(name: str, key: str, row: dict) -> None:
    """Delete a record after one question, which says what hangs on it; it stays among the deleted ones."""
    with st.popover(say("form.delete"), icon=":material/delete:"):
        st.write(say("form.delete_what", what=called(name, row)))
        hanging = dict(_hanging(str(store().path), name, int(row["id"]), store().revision()))
        goes_along = hanging.pop("order_lines", 0) if name == "orders" else 0
        if goes_along:
            st.write(say("form.delete_lines", count=goes_along))
        if hanging:
            st.write(say("form.delete_hanging", what=plain("batch.comma").join(
                plain("form.hanging", table=plain(f"table.{table}"), count=count) for table, count in hanging.items())))
        if st.button(say("form.delete_yes"), key=f"{key} delete {row['id']}", type="primary"):
            with errors_in_words(), store().batch("delete", called(name, row)) as batch:
                if name == "orders":
                    orders.remove_order(batch, int(row["id"]))
                else:
                    batch.remove(name, [row["id"]])
            st.query_params.pop("open", None)
            saved(key, say("form.deleted", what=called(name, row)))


@st.cache_data(max_entries=200, show_spinner=False)
def _hanging(path: str, name: str, row_id: int, revision: int) -> dict[str, int]:
    return store().hanging_on(name, row_id)


def restore(name: str, key: str, row: dict) -> None:
    """A deleted record can be restored; one that was merged leads to the record that stands for it."""
    with store().look() as look:
        merged = merged_into(look, name, int(row["id"]))
    if merged:
        _show_merged(name, row, merged)
        return
    if st.button(
        say("form.restore", what=called(name, row)),
        key=f"{key} restore {row['id']}",
        type="primary",
        icon=":material/restore_from_trash:",
    ):
        with errors_in_words(), store().batch("restore", called(name, row)) as batch:
            if name == "orders":
                orders.restore_order(batch, int(row["id"]))
            else:
                batch.restore(name, [row["id"]])
        saved(key, say("form.restored", what=called(name, row)))


def _show_merged(name: str, row: dict, merged: dict) -> None:
    kept = hit(name, store().record(name, merged["into"]))
    st.info(say("merging.into", name=called(name, row), kept=kept), icon=":material/merge:")
    with st.container(horizontal=True):
        st.page_link("pages/data_entry.py", label=say("merging.into_open", kept=kept), icon=":material/open_in_new:",
                     query_params={"part": name, "open": str(merged["into"])})
        st.page_link("pages/cleaning.py", label=say("merging.into_apart"), icon=":material/call_split:",
                     query_params={"part": "merged", "apart": str(merged["id"])})


def history(name: str, row: dict) -> None:
    """Every version of a record, newest first; an older one can be put back as a new change."""
    row_id = int(row["id"])
    with errors_in_words():
        versions = store().history(name, row_id)
    read_at = store().revision()
    st.caption(say("records.history_what"))
    for place, version in enumerate(versions[:VERSIONS]):
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(
                    f":gray[{words.markdown_safe(words.moment(language(), version.made_at))} · "
                    f"{words.markdown_safe(author(version.actor))}]  \n"
                    f"**{say(f'records.deed.{version.deed}')}** · {say('records.by_batch', number=version.batch)} "
                    f"{words.markdown_safe(purpose(version))}", width="stretch")
                if place and version.row and version.row != versions[0].row and st.button(
                        say("records.put_back"), key=f"put back {name} {row_id} {version.batch}",
                        icon=":material/history:", help=say("records.put_back_help")):
                    _put_back(name, row, version, read_at)
            if version.changed:
                st.dataframe(
                    [{"column": plain(f"column.{name}.{column}"), "from": told(name, column, was),
                      "to": told(name, column, now)} for column, (was, now) in version.changed.items()],
                    hide_index=True, key=f"version {name} {row_id} {version.batch} {place}",
                    column_config={side: plain(f"records.{side}") for side in ("column", "from", "to")})
            if name == "orders":
                order.lines_then(row_id, version)
    if len(versions) > VERSIONS:
        st.caption(say("records.more_versions", count=len(versions) - VERSIONS))


def _put_back(name: str, row: dict, version, read_at: int) -> None:
    with errors_in_words(), store().batch("version", called(name, row)) as batch:
        if name == "orders":
            order.put_back(batch, int(row["id"]), version, read_at)
        else:
            batch.change(name, {"id": int(row["id"]), **version.row}, read_at=read_at)
    saved(f"{name} {row['id']}", say("records.is_put_back", what=called(name, row)))


def _own_fields(row: dict) -> None:
    """The columns of a file that no table has, as the import kept them."""
    own = json.loads(row.get("extra") or "{}")
    if own:
        with st.expander(say("records.own_fields", count=len(own))):
            st.dataframe([{"column": header, "to": value} for header, value in own.items()], hide_index=True,
                         column_config={"column": plain("records.column"), "to": plain("records.value")})


def _plain(value):
    """Money as a field has it."""
    return float(value) if isinstance(value, Decimal) else value
