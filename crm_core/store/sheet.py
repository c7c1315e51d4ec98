"""Many changes of one table at once, as from a spreadsheet: told before they are written, checked cell by cell.

sheet = Sheet("customers")
sheet.change(17, "city", was="Bern", now="Basel", read_at=4)
sheet.add({"name": "Bo"}), sheet.delete(23, read_at=4)
problems(store, sheet) → [(row, column, error)]          conflicts(store, sheet) → rows that somebody else changed
write(batch, sheet)
"""
from dataclasses import dataclass, field

from crm_core.errors import CrmError, KeyTaken, ReferenceMissing, ReferenceUnknown, RowMovedOn, RuleBroken, ValueMissing
from crm_core.tables import SQL_TYPES, TABLES, broken_when


@dataclass
class Sheet:
    """Pending changes of a table. Rows are named by id; rows to be added by a number of their own below zero."""

    table: str
    changes: dict[int, dict[str, object]] = field(default_factory=dict)  # id → column → new value
    was: dict[int, dict[str, object]] = field(default_factory=dict)  # id → column → the value that was read
    adds: dict[int, dict[str, object]] = field(default_factory=dict)  # −1, −2, … → column → value
    deletes: set[int] = field(default_factory=set)
    read_at: dict[int, int] = field(default_factory=dict)  # id → the revision at which the row was read

    def change(self, row_id: int, column: str, was, now, read_at: int) -> None:
        """Note a change; one that leads back to what was read is none."""
        self.was.setdefault(row_id, {}).setdefault(column, was)
        self.read_at.setdefault(row_id, read_at)
        if self.was[row_id][column] == now:
            self.forget(row_id, column)
        else:
            self.changes.setdefault(row_id, {})[column] = now

    def add(self, values: dict) -> int:
        number = min(self.adds, default=0) - 1
        self.adds[number] = values
        return number

    def delete(self, row_id: int, read_at: int) -> None:
        self.deletes.add(row_id)
        self.read_at.setdefault(row_id, read_at)

    def forget(self, row_id: int, column: str | None = None) -> None:
        """Take a pending change, or all that is pending for a row, off the sheet."""
        if column is not None:
            self.changes.get(row_id, {}).pop(column, None)
            self.was.get(row_id, {}).pop(column, None)
        if column is None or not self.changes.get(row_id):
            for kept in (self.changes, self.was):
                kept.pop(row_id, None)
            if column is None:
                self.adds.pop(row_id, None)
                self.deletes.discard(row_id)
            if row_id not in self.deletes:
                self.read_at.pop(row_id, None)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows would be changed, added and deleted. A row that goes is not changed as well."""
        return {"changed": len(set(self.changes) - self.deletes), "added": len(self.adds), "removed": len(self.deletes)}

    def __bool__(self) -> bool:
        return any(self.counts.values())


@dataclass(frozen=True)
class Problem:
    row: int  # the row's id, or the number of a row to be added
    column: str | None  # None: the rule is about the whole row
    error: CrmError


@dataclass(frozen=True)
class Conflict:
    row: int
    deleted: bool  # somebody deleted the row
    fields: dict[str, tuple]  # column → (as it was read, mine, theirs)


def problems(store, sheet: Sheet) -> list[Problem]:
    """Every cell of the sheet that could not be kept, with the error that says why; an empty list where all could.

    Rules, required columns and choices are checked for all rows in one statement, keys and references after that.
    """
    table = TABLES[sheet.table]
    rows = _rows_to_be(store, sheet)
    found = [Problem(row["row"], column.name, ValueMissing(table=table.name, column=column.name, rows=1))
             for row in rows for column in table.typed if column.required and _is_missing(row.get(column.name))]
    with store.rehearsal("sheet") as batch:
        _lay_out(batch, table, rows)
        for column, rule, condition in broken_when(table):
            parameters = {"at": batch.at} if "$at" in condition else {}
            broken = batch.execute(
                f"SELECT row, CAST({column or 'row'} AS VARCHAR) FROM temp.sheet_rows WHERE {condition}", **parameters)
            found += [Problem(row, column, RuleBroken(table=table.name, column=column, rule=rule, value=value, rows=1))
                      for row, value in broken.fetchall()]
        if not found:
            found = _taken(batch, sheet, table) + _lost(batch, table)
    return sorted(found, key=lambda problem: (problem.row < 0, abs(problem.row)))


def conflicts(store, sheet: Sheet) -> list[Conflict]:
    """The rows of the sheet that somebody else changed or deleted since they were read, in what the sheet changes."""
    told = []
    for row_id, row in _present(store, sheet, set(sheet.changes) | sheet.deletes).items():
        if row["changed_in"] <= sheet.read_at[row_id]:
            continue
        mine = {} if row_id in sheet.deletes else sheet.changes.get(row_id, {})
        moved = {name: (sheet.was[row_id][name], value, _plain(row[name])) for name, value in mine.items()
                 if _plain(row[name]) not in (sheet.was[row_id][name], value)}
        gone = row["deleted_at"] is not None and row_id not in sheet.deletes
        if moved or gone or (row_id in sheet.deletes and row["deleted_at"] is None):
            told.append(Conflict(row_id, gone, moved))
    return told


def write(batch, sheet: Sheet) -> None:
    """Write a sheet into an open batch. Raises RowMovedOn where a row was changed since it was read."""
    groups: dict[tuple, list[dict]] = {}
    for row_id, values in sheet.changes.items():
        if row_id not in sheet.deletes:
            groups.setdefault((tuple(sorted(values)), sheet.read_at[row_id]), []).append({"id": row_id, **values})
    for (_, read_at), rows in groups.items():
        batch.change(sheet.table, rows, read_at=read_at)
    for row_id in sheet.deletes:
        moved = batch.execute(f"SELECT 1 FROM {sheet.table} WHERE id = $id AND changed_in > $read_at", id=row_id,
                              read_at=sheet.read_at[row_id]).fetchone()
        if moved:
            raise RowMovedOn(table=sheet.table, id=row_id, mine={}, theirs={})
    if sheet.deletes:
        batch.remove(sheet.table, sheet.deletes)
    if sheet.adds:
        batch.add(sheet.table, [sheet.adds[number] for number in sorted(sheet.adds, reverse=True)])


def resolve(store, table: str, texts) -> dict[str, int]:
    """Which live row each text names: by number, by e-mail, or by `#17`, its id. A text that names none is left out.

    customers: 'C-7' → 7 | 'ada@example.com' → 12 | '#3' → 3
    """
    texts = sorted({str(text).strip() for text in texts if text and str(text).strip()})
    found: dict[str, int] = {}
    with store.cursor() as cursor:
        for key in TABLES[table].keys:
            if len(key) == 1:
                asked = "email_key(asked)" if key == ("email_key",) else "asked"
                found |= {text: row_id for text, row_id in cursor.execute(
                    f"SELECT asked, id FROM (SELECT unnest($texts) AS asked) JOIN {table} ON {key[0]} = {asked} "
                    "WHERE deleted_at IS NULL", {"texts": texts}).fetchall() if text not in found}
        ids = [int(text[1:]) for text in texts if text.startswith("#") and text[1:].isdecimal() and len(text) < 19]
        found |= {f"#{row_id}": row_id for (row_id,) in cursor.execute(
            f"SELECT id FROM {table} WHERE id IN (SELECT unnest($ids)) AND deleted_at IS NULL",
            {"ids": ids}).fetchall()}
    return found


def check_all_found(table: str, column: str, texts, found: dict[str, int]) -> None:
    """Raises ReferenceUnknown for the first text that `resolve` did not find."""
    for text in texts:
        if text and str(text).strip() and str(text).strip() not in found:
            raise ReferenceUnknown(table=table, column=column, value=str(text).strip())


def names_of(store, table: str, ids) -> dict[int, str]:
    """What `resolve` finds each row by: its number, else its e-mail, else `#17`."""
    columns = [key[0].replace("email_key", "email") for key in TABLES[table].keys if len(key) == 1]
    with store.cursor() as cursor:
        return dict(cursor.execute(
            f"SELECT id, coalesce({', '.join([*columns, chr(39) + '#' + chr(39) + ' || id'])}) FROM {table} "
            "WHERE id IN (SELECT unnest($ids))", {"ids": [int(row_id) for row_id in ids]}).fetchall())


# --- inside ---------------------------------------------------------------------------------------


def _present(store, sheet: Sheet, ids) -> dict[int, dict]:
    with store.cursor() as cursor:
        rows = cursor.execute(f"SELECT * FROM {sheet.table} WHERE id IN (SELECT unnest($ids))",
                              {"ids": sorted(ids)}).to_arrow_table().to_pylist()
    return {row["id"]: row for row in rows}


def _rows_to_be(store, sheet: Sheet) -> list[dict]:
    """Each touched row as it would be: what is there with the sheet laid over it."""
    changed = _present(store, sheet, set(sheet.changes) - sheet.deletes)
    return [{**row, **sheet.changes[row_id], "row": row_id} for row_id, row in sorted(changed.items())] + [
        {**values, "row": number} for number, values in sorted(sheet.adds.items(), reverse=True)]


def _lay_out(batch, table, rows: list[dict]) -> None:
    """The rows as the temp table sheet_rows, each column with its type though all its cells may be empty."""
    import pyarrow as pa

    names = [column.name for column in table.typed]
    batch.stage("sheet_texts", pa.table({"row": pa.array([row["row"] for row in rows], pa.int64()), **{
        name: pa.array([None if _is_missing(row.get(name)) else str(row[name]) for row in rows], pa.string())
        for name in names}}))
    typed = ", ".join(f"CAST({column.name} AS {SQL_TYPES[column.type]}) AS {column.name}" for column in table.typed)
    batch.execute(f"CREATE OR REPLACE TEMP TABLE sheet_rows AS SELECT row, {typed} FROM temp.sheet_texts")


def _taken(batch, sheet: Sheet, table) -> list[Problem]:
    """Keys that two rows of the sheet share, or that a row outside it has."""
    derived = {column.name: column.derived for column in table.columns if column.derived}
    found = []
    batch.execute("CREATE OR REPLACE TEMP TABLE sheet_gone AS SELECT unnest($ids) AS id",
                  ids=sorted(set(sheet.changes) | sheet.deletes))
    for key in table.keys:
        mine = ", ".join(f"{derived.get(name, name)} AS k_{name}" for name in key)
        listed = ", ".join(f"k_{name}" for name in key)
        present = " AND ".join(f"k_{name} IS NOT NULL" for name in key)
        matches = " AND ".join(f"CAST(t.{name} AS VARCHAR) = CAST(m.k_{name} AS VARCHAR)" for name in key)
        rows = batch.execute(
            f"WITH mine AS (SELECT row, {mine} FROM temp.sheet_rows), "
            f"given AS (SELECT * FROM mine WHERE {present}) "
            f"SELECT row, CAST(k_{key[-1]} AS VARCHAR) FROM given QUALIFY count(*) OVER (PARTITION BY {listed}) > 1 "
            f"UNION SELECT m.row, CAST(m.k_{key[-1]} AS VARCHAR) FROM given m JOIN {table.name} t ON {matches} "
            "WHERE t.deleted_at IS NULL AND t.id NOT IN (SELECT id FROM sheet_gone)").fetchall()
        found += [Problem(row, key[-1].replace("_key", ""), KeyTaken(table=table.name, column=key[-1], value=value))
                  for row, value in rows]
    return found


def _lost(batch, table) -> list[Problem]:
    """References to rows that are not there."""
    return [
        Problem(row, column.name, ReferenceMissing(table=table.name, column=column.name, rows=1))
        for column in table.columns if column.refers_to
        for (row,) in batch.execute(
            f"SELECT row FROM temp.sheet_rows WHERE {column.name} IS NOT NULL AND {column.name} NOT IN "
            f"(SELECT id FROM {column.refers_to} WHERE deleted_at IS NULL)").fetchall()]


def _is_missing(value) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _plain(value):
    """A value of the book as a grid shows it: money as float."""
    return float(value) if type(value).__name__ == "Decimal" else value
