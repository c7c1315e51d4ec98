"""A page of rows as a spreadsheet: what is typed becomes pending changes of a sheet, kept across pages.

The editor forgets what was typed when its page is left; a `Sheet` in the session does not. Each time a page is opened
its rows are laid out as they are with the sheet over them, and what is typed then is folded into the sheet.
"""
from copy import deepcopy

import pandas as pd
import streamlit as st

from crm_core.store import Sheet, sheet
from crm_core.tables import Column, Table
from ui.forms import MOST_MONEY, MOST_WHOLE
from ui.say import plain
from ui.workspace import store


def pending(key: str, table: Table) -> Sheet:
    """The sheet of a key: what is changed and not written yet."""
    return st.session_state.setdefault(f"{key} sheet", Sheet(table.name))


def discard(key: str) -> None:
    """Forget what is pending and lay the rows out anew."""
    st.session_state.pop(f"{key} sheet", None)
    lay_out_anew(key)


def lay_out_anew(key: str) -> None:
    st.session_state[f"{key} round"] = st.session_state.get(f"{key} round", 0) + 1
    st.session_state.pop(f"{key} visit", None)


def edit_page(key: str, table: Table, ids: list[int], place: tuple, height: int = 560) -> Sheet:
    """Show the rows `ids` for editing; the sheet with what is pending on all pages.

    `place` names the page (its question and offset): where it changes another page is opened.
    """
    round_number = st.session_state.setdefault(f"{key} round", 0)
    visit = st.session_state.get(f"{key} visit")
    editor = f"{key} editor {round_number} {place}"
    # A page that was left has lost its editor: it is laid out anew, with the sheet over it.
    if visit is None or visit["place"] != place or editor not in st.session_state:
        before = pending(key, table)
        rows, read_at = _rows(table, ids)
        visit = {"place": place, "before": deepcopy(before), "rows": rows, "read_at": read_at,
                 "ids": [row["id"] for row in rows if row["id"] not in before.deletes],
                 "frame": _laid_out(table, rows, before)}
        st.session_state[f"{key} visit"] = visit
    st.data_editor(
        visit["frame"], key=editor, num_rows="dynamic", hide_index=True, width="stretch", height=height,
        placeholder="",
        column_order=[column.name for column in columns(table)],
        column_config={column.name: _config(table, column) for column in columns(table)})
    folded = _folded(table, visit, st.session_state[editor])
    st.session_state[f"{key} sheet"] = folded
    return folded


def columns(table: Table) -> list[Column]:
    """The columns of a table that a grid shows; the required ones first, so that a new row is complete soon."""
    shown = [column for column in table.typed if column.type != "fields"]
    return [*(column for column in shown if column.required), *(column for column in shown if not column.required)]


def _rows(table: Table, ids: list[int]) -> tuple[list[dict], int]:
    """The rows as they are, references by what people call them, and the revision at which they were read."""
    read_at = store().revision()
    rows = store().records(table.name, ids)
    for column in table.typed:
        if column.refers_to:
            names = sheet.names_of(store(), column.refers_to, {row[column.name] for row in rows if row[column.name]})
            for row in rows:
                row[column.name] = names.get(row[column.name])
    return rows, read_at


def _laid_out(table: Table, rows: list[dict], before: Sheet) -> pd.DataFrame:
    kept = [{**row, **before.changes.get(row["id"], {})} for row in rows if row["id"] not in before.deletes]
    frame = pd.DataFrame(index=pd.RangeIndex(len(kept)))
    for column in columns(table):
        values = [row[column.name] for row in kept]
        if column.type in ("number", "money", "whole") and not column.refers_to:
            frame[column.name] = pd.Series(values, dtype="float64")
        elif column.type in ("day", "time"):
            frame[column.name] = pd.to_datetime(pd.Series(values, dtype="object"))
        else:
            frame[column.name] = pd.Series(values, dtype="object")
    return frame


def _config(table: Table, column: Column):
    label, needed = plain(f"column.{table.name}.{column.name}"), column.required
    config = st.column_config
    if needed:
        label += " *"
    if column.refers_to:
        return config.TextColumn(label, help=plain(f"sheet.reference.{column.refers_to}"))
    if column.type == "choice":
        return config.SelectboxColumn(
            label, options=list(column.choices), format_func=lambda choice: plain(f"choice.{column.name}.{choice}"))
    if column.type == "yes_no":
        return config.SelectboxColumn(
            label, options=[True, False], format_func=lambda yes: plain("form.yes" if yes else "form.no"))
    if column.type == "day":
        return config.DateColumn(label, format="YYYY-MM-DD")
    if column.type == "time":
        return config.DatetimeColumn(label, format="YYYY-MM-DD HH:mm:ss")
    if column.type in ("number", "money"):
        return config.NumberColumn(label, min_value=-MOST_MONEY, max_value=MOST_MONEY)
    if column.type == "whole":
        return config.NumberColumn(label, step=1, min_value=-MOST_WHOLE, max_value=MOST_WHOLE)
    return config.TextColumn(label)


def _folded(table: Table, visit: dict, typed) -> Sheet:
    """What was pending when the page was opened, and what was typed since."""
    folded = deepcopy(visit["before"])
    shown = visit["ids"]
    rows = {row["id"]: row for row in visit["rows"]}
    for place, cells in typed["edited_rows"].items():
        row_id = shown[int(place)]
        for name, value in cells.items():
            folded.change(row_id, name, was=_value(table, name, rows[row_id][name]), now=_value(table, name, value),
                          read_at=visit["read_at"])
    for place in typed["deleted_rows"]:
        folded.delete(shown[int(place)], read_at=visit["read_at"])
    for cells in typed["added_rows"]:
        values = {name: _value(table, name, value) for name, value in cells.items()}
        if any(value is not None for value in values.values()):
            folded.add(values)
    return folded


def _value(table: Table, name: str, value):
    """A cell as the book keeps it: dates from the browser's texts, nothing for an empty text."""
    if value is None or value != value or (isinstance(value, str) and not value.strip()):
        return None
    column = table.column(name)
    if column.type == "day" and not column.refers_to:
        return pd.Timestamp(value).date()
    if column.type == "time":
        stamp = pd.Timestamp(value)
        return (stamp.tz_convert("UTC").tz_localize(None) if stamp.tzinfo else stamp).to_pydatetime()
    if column.type == "whole" and not column.refers_to:
        return int(value)
    return value.strip() if isinstance(value, str) else value
