"""Every version of a row: who wrote it, when, in which batch, what for, and which columns became what.

customer 1:  batch 1 add    Ada          → (the row as it was added)
             batch 2 edit   city         None → Bern
             batch 3 delete deleted_at   None → 2026-03-01 09:00
"""
from dataclasses import dataclass
from datetime import datetime

from crm_core.errors import RowNotFound
from crm_core.tables import TABLES


@dataclass(frozen=True)
class Version:
    """A row from the batch that wrote it to the next one that did."""

    batch: int
    made_at: datetime  # UTC
    actor: str
    kind: str  # of the batch: add, edit, import, undo …
    subject: str  # of the batch
    deed: str  # added, changed, removed (marked deleted), restored, taken_away (no longer in the table)
    changed: dict[str, tuple]  # column → (before, after); of an added row every column that holds something
    row: dict  # the row's columns as they were in this version


def versions(cursor, table: str, row_id: int) -> list[Version]:
    """The versions of a row, newest first. Raises RowNotFound where there never was such a row."""
    columns = [column.name for column in TABLES[table].typed]
    listed = ", ".join(f"v.{name}" for name in columns)
    found = cursor.execute(
        f"SELECT v.changed_in, v.replaced_in, v.deleted_at, b.made_at, b.actor, b.kind AS batch_kind, "
        f"b.subject AS batch_subject, {listed} "
        f"FROM (SELECT *, NULL AS replaced_in FROM {table} WHERE id = $id "
        f"UNION ALL BY NAME SELECT * FROM history.{table} WHERE id = $id) v "
        "JOIN batches b ON b.number = v.changed_in ORDER BY v.changed_in", {"id": row_id}).to_arrow_table().to_pylist()
    if not found:
        raise RowNotFound(table=table, id=row_id)
    told: list[Version] = []
    before: dict | None = None
    for place, version in enumerate(found):
        row = {name: version[name] for name in columns}
        was = before["deleted_at"] if before else None
        deed = ("added" if before is None else "removed" if version["deleted_at"] and not was
                else "restored" if was and not version["deleted_at"] else "changed")
        earlier = before or dict.fromkeys(columns)
        told.append(Version(
            batch=version["changed_in"], made_at=version["made_at"], actor=version["actor"], kind=version["batch_kind"],
            subject=version["batch_subject"], deed=deed, row=row,
            changed={name: (earlier[name], row[name]) for name in columns if earlier[name] != row[name]}))
        left, following = version["replaced_in"], found[place + 1]["changed_in"] if place + 1 < len(found) else None
        before = version
        if left is not None and left != following:  # the row was not there until it was put back
            told.append(_taken_away(cursor, left))
            before = None
    return told[::-1]


def rows_as_of(cursor, table: str, column: str, value: int, batch: int) -> list[dict]:
    """The live rows whose `column` is `value`, as they stood after a batch, in the order of their ids."""
    return cursor.execute(
        f"SELECT * FROM (SELECT *, NULL AS replaced_in FROM {table} WHERE {column} = $value "
        f"UNION ALL BY NAME SELECT * FROM history.{table} WHERE {column} = $value) "
        "WHERE changed_in <= $batch AND (replaced_in IS NULL OR replaced_in > $batch) AND deleted_at IS NULL "
        "ORDER BY id", {"value": value, "batch": batch}).to_arrow_table().to_pylist()


def _taken_away(cursor, number: int) -> Version:
    made_at, actor, kind, subject = cursor.execute(
        "SELECT made_at, actor, kind, subject FROM batches WHERE number = $number", {"number": number}).fetchone()
    return Version(batch=number, made_at=made_at, actor=actor, kind=kind, subject=subject, deed="taken_away",
                   changed={}, row={})
