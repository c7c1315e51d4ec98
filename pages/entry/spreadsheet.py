"""Many rows at once, as in a spreadsheet: pending changes are shown before they are written, then kept as one batch."""

import copy

import streamlit as st

from crm_core.errors import CrmError
from crm_core.store import Sheet, sheet
from pages.entry.lists import page_of, turn_pages
from ui import language, plain, say, store, words
from ui.forms import saved
from ui.grid import discard, edit_page, lay_out_anew, pending
from ui.parts import Part
from ui.values import called, told

ROWS = 100
PREVIEWED = 500


def show(part: Part) -> None:
    key = f"{part.name} sheet"
    st.caption(say("sheet.what"))
    page, offset = page_of(part, key, sizes=(ROWS,), hint="sheet.hint")
    if page is None:
        if pending(key, part.table):
            _preview(part, key, pending(key, part.table))
        return
    ids = [int(row_id) for row_id in page.id]
    changed = edit_page(key, part.table, ids, (*st.session_state[f"{key} asked"], offset))
    turn_pages(key, int(page.found.iloc[0]))
    _preview(part, key, changed)


def _preview(part: Part, key: str, changed: Sheet) -> None:
    """What would be written: counts, every cell from → to, what is wrong with which, and the one button."""
    if not changed:
        st.caption(say("sheet.nothing_pending"))
        return
    counts = changed.counts
    st.subheader(say("sheet.pending"), anchor=False)
    st.markdown(say("sheet.counts", changed=counts["changed"], added=counts["added"], removed=counts["removed"]))
    rows = _cells(part, changed)
    st.dataframe(
        rows[:PREVIEWED], hide_index=True, key=f"{key} preview", placeholder="–",
        height=min(38 + 35 * len(rows), 320),
        column_config={name: plain(f"sheet.{name}") for name in ("deed", "row", "column", "from", "to")})
    if len(rows) > PREVIEWED:
        st.caption(say("sheet.more", count=len(rows) - PREVIEWED))
    resolved, wrong = _resolved(part, changed)
    conflicts = sheet.conflicts(store(), resolved)
    if conflicts:
        _settle(part, key, changed, conflicts)
    if not wrong and not conflicts:
        wrong = [(problem.row, problem.column, problem.error) for problem in sheet.problems(store(), resolved)]
    if wrong:
        st.error(say("sheet.wrong", count=len(wrong)))
        st.dataframe(
            [{"row": _row(part, changed, row), "column": _column(part, column),
              "reason": words.error_sentence(language(), error)} for row, column, error in wrong],
            hide_index=True, key=f"{key} wrong",
            column_config={name: plain(f"sheet.{name}") for name in ("row", "column", "reason")})
    with st.container(horizontal=True):
        if st.button(say("sheet.write", count=sum(counts.values())), type="primary", key=f"{key} write",
                     icon=":material/save:", disabled=bool(wrong or conflicts)):
            _write(part, key, resolved, counts)
        if st.button(say("sheet.discard"), key=f"{key} discard", icon=":material/delete_sweep:"):
            discard(key)
            st.rerun()


def _write(part: Part, key: str, resolved: Sheet, counts: dict) -> None:
    try:
        with store().batch("sheet", plain(f"table.{part.name}")) as batch:
            sheet.write(batch, resolved)
    except CrmError as error:  # somebody was quicker than the check: it tells on the next run
        st.error(words.markdown_safe(words.error_sentence(language(), error)))
        return
    discard(key)
    saved(key, say("sheet.written", number=batch.number, **counts))


def _settle(part: Part, key: str, changed: Sheet, conflicts) -> None:
    """Rows that somebody else changed meanwhile: by field what it was, mine, theirs; the person decides by row."""
    st.warning(say("sheet.conflicts", count=len(conflicts)))
    for conflict in conflicts:
        with st.container(border=True):
            st.markdown(f"**{words.markdown_safe(_row(part, changed, conflict.row))}**")
            if conflict.deleted:
                st.markdown(say("sheet.was_deleted"))
            elif not conflict.fields:
                st.markdown(say("sheet.changed_since"))
            else:
                st.dataframe(
                    [{"column": _column(part, column), "was": _told(part, column, was),
                      "mine": _told(part, column, mine), "theirs": _told(part, column, theirs)}
                     for column, (was, mine, theirs) in conflict.fields.items()],
                    hide_index=True, key=f"{key} conflict rows {conflict.row}",
                    column_config={"column": plain("sheet.column"), "was": plain("sheet.was"),
                                   "mine": plain("sheet.mine"), "theirs": plain("sheet.theirs")})
            with st.container(horizontal=True):
                if not conflict.deleted and st.button(say("sheet.take_mine"), key=f"{key} mine {conflict.row}"):
                    changed.read_at[conflict.row] = store().revision()
                    _decided(key, changed)
                for column in conflict.fields:
                    if len(conflict.fields) > 1 and st.button(
                            say("sheet.take_theirs_in", column=_column(part, column)),
                            key=f"{key} theirs {conflict.row} {column}"):
                        changed.forget(conflict.row, column)
                        _decided(key, changed)
                if st.button(say("sheet.take_theirs"), key=f"{key} theirs {conflict.row}"):
                    if conflict.fields:
                        for column in conflict.fields:
                            changed.forget(conflict.row, column)
                    else:
                        changed.forget(conflict.row)
                    _decided(key, changed)


def _decided(key: str, changed: Sheet) -> None:
    st.session_state[f"{key} sheet"] = changed
    lay_out_anew(key)
    st.rerun()


def _resolved(part: Part, changed: Sheet) -> tuple[Sheet, list]:
    """The sheet with its references by id instead of by what people call them; the cells that name nobody."""
    resolved, wrong = copy.deepcopy(changed), []
    for column in part.table.typed:
        if not column.refers_to:
            continue
        typed = [*resolved.changes.items(), *resolved.adds.items()]
        texts = [text for cells in (resolved.changes, resolved.adds, resolved.was) for values in cells.values()
                 if (text := values.get(column.name))]
        found = sheet.resolve(store(), column.refers_to, texts)
        for row_id, values in typed:
            if values.get(column.name):
                try:
                    sheet.check_all_found(part.name, column.name, [values[column.name]], found)
                    values[column.name] = found[values[column.name].strip()]
                except CrmError as error:
                    wrong.append((row_id, column.name, error))
                    values[column.name] = None
        for values in resolved.was.values():
            if values.get(column.name):
                values[column.name] = found.get(values[column.name])
    return resolved, wrong


def _cells(part: Part, changed: Sheet) -> list[dict]:
    """Every pending cell: what is done, to which row, in which column, from what to what."""
    def cell(deed: str, row_id: int, column: str | None = None, was=None, now=None) -> dict:
        return {"deed": plain(f"sheet.deed_name.{deed}"), "row": _row(part, changed, row_id),
                "column": _column(part, column), "from": None if was is None else _told(part, column, was),
                "to": None if now is None else _told(part, column, now)}

    cells = [cell("change", row_id, column, changed.was[row_id][column], value)
             for row_id, values in changed.changes.items() if row_id not in changed.deletes
             for column, value in values.items()]
    cells += [cell("add", number, column, None, value)
              for number, values in changed.adds.items() for column, value in values.items() if value is not None]
    return cells + [cell("delete", row_id) for row_id in sorted(changed.deletes)]


def _row(part: Part, changed: Sheet, row_id: int) -> str:
    if row_id < 0:
        return plain("sheet.new_row", number=-row_id)
    return called(part.name, store().record(part.name, row_id))


def _column(part: Part, column: str | None) -> str | None:
    return plain(f"column.{part.name}.{column}") if column else None


def _told(part: Part, column: str, value) -> str:
    """A cell in words; a reference as it was typed."""
    typed = part.table.column(column).refers_to and isinstance(value, str)
    return value if typed else told(part.name, column, value)
