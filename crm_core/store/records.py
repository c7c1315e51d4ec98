"""Write records: each write belongs to a batch, keeps what was there before, and is checked before it counts.

batch.add("customers", {"name": "Ada Wong", "email": "ada@example.com"})     → [1]
batch.change("customers", {"id": 1, "city": "Bern"}, read_at=7)
batch.remove("customers", [1])          marks deleted_at; restore takes the mark off
batch.merge("orders", "incoming", ("order_no",))       set-based: adds what is new, changes what differs
"""

import os
import re
import shutil
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from crm_core import engine
from crm_core.errors import (
    KeyTaken,
    ReferenceMissing,
    RowDeleted,
    RowMovedOn,
    RowNotFound,
    RuleBroken,
    StillReferred,
    ValueMissing,
)
from crm_core.store.looking import Look
from crm_core.tables import RULES, SQL_TYPES, TABLES, Table

MANY_ROWS = 100_000  # from so many on a batch is checked with its whole table


class Batch(Look):
    """One open transaction. `rows` counts, by table, what was added, changed, removed and restored."""

    def __init__(self, cursor, number: int, at: datetime, kind: str, subject: str, undoes: int | None, actor: str,
                 arriving: Path):
        self.cursor, self.number, self.at, self.kind = cursor, number, at, kind
        self.subject, self.undoes, self.actor = subject, undoes, actor
        self.arriving = arriving  # the one folder whose files this batch's SQL may read
        self.rows: dict[str, dict[str, int]] = {}
        self.cancelled = False

    # --- what people and pages do ---------------------------------------------------------------

    def add(self, table: str, rows) -> list[int]:
        """Add rows (a dict, dicts or a frame; columns by name). The new ids in the order of the rows."""
        with self._incoming(table, rows) as (source, columns):
            first = self.next_id(table)
            count = self.insert(table, f"SELECT {', '.join(columns)} FROM {source}")
        return list(range(first, first + count))

    def change(self, table: str, rows, read_at: int | None = None) -> int:
        """Change the given columns of rows named by `id`; how many really changed.

        With `read_at`, the revision at which the person read the row, RowMovedOn tells of a later change and
        RowDeleted of a deletion.
        """
        with self._incoming(table, rows, with_id=True) as (source, columns):
            self._check_found(table, source)
            if read_at is not None:
                self._check_unmoved(table, source, columns, read_at)
            return self._change_from(table, source, columns)

    def remove(self, table: str, ids) -> int:
        """Mark rows as deleted; how many were not yet. `ids` are numbers, or a SELECT of ids."""
        return self._mark(table, ids, "CAST($at AS TIMESTAMP)", "removed")

    def restore(self, table: str, ids) -> int:
        """Take the mark of deletion off; how many had it."""
        return self._mark(table, ids, "NULL", "restored")

    # --- what imports and recipes do: set-based -------------------------------------------------

    @contextmanager
    def laid(self, name: str, file: Path):
        """Let this batch's SQL read a Parquet file as the view `name`: read when asked for, never held in memory."""
        # By way of Arrow the same rows take three times the memory; and SQL may read files in this folder only.
        self.arriving.mkdir(exist_ok=True)
        guest = self.arriving / f"{name}.parquet"
        guest.unlink(missing_ok=True)
        try:
            try:
                os.link(file, guest)
            except OSError:  # on another disk
                shutil.copyfile(file, guest)
            path = str(guest).replace("'", "''")
            self.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM read_parquet('{path}')")
            yield  # after an error the whole batch goes, and its cursor with the view
            self.execute(f"DROP VIEW {name}")
        finally:
            guest.unlink(missing_ok=True)
            with suppress(OSError):  # the other table's file is still there
                self.arriving.rmdir()

    def run(self, query: str, /, **parameters) -> None:
        """Run queries/<query>.sql inside the batch, with `$at` and `$batch` at hand."""
        engine.run(self.cursor, query, at=self.at, batch=self.number, **parameters)

    def insert(self, table: str, select: str, **parameters) -> int:
        """Add the rows of a SELECT whose columns are named as the table's; `id` may be among them."""
        given = [row[0] for row in self.execute(f"DESCRIBE {select}", **parameters).fetchall()]
        own_ids = "id" in given
        columns = [column.name for column in TABLES[table].typed]
        casts = [
            f"CAST({column.name if column.name in given else 'NULL'} AS {SQL_TYPES[column.type]}) AS {column.name}"
            for column in TABLES[table].typed
        ]
        derived = [column for column in TABLES[table].columns if column.derived]
        first = self.next_id(table)
        identity = "id" if own_ids else f"{first} - 1 + row_number() OVER () AS id"
        count = self.execute(
            f"INSERT INTO {table} ({', '.join(['id', *columns, *(column.name for column in derived), 'changed_in'])}) "
            f"SELECT {', '.join(['id', *columns, *(column.derived for column in derived)])}, {self.number} "
            f"FROM (SELECT {', '.join([identity, *casts])} FROM ({select}))",
            **parameters,
        ).fetchone()[0]
        if count:
            newest = f"(SELECT max(id) + 1 FROM {table} WHERE changed_in = {self.number})" if own_ids else first + count
            self.execute(f"UPDATE next_ids SET next_id = greatest(next_id, {newest}) WHERE table_name = '{table}'")
        self.count(table, "added", count)
        return count

    def merge(self, table: str, source: str, key: tuple[str, ...]) -> dict[str, int]:
        """Rows of the temp table `source` that match no live row by `key` are added; where they differ, rows change.

        An empty cell changes nothing: a column missing in this month's export does not wipe last month's.
        """
        matches = " AND ".join(f"t.{column} = s.{column}" for column in key)
        found = f"{source}_matched"
        self.execute(
            f"CREATE OR REPLACE TEMP TABLE {found} AS SELECT t.id AS id, s.* FROM {source} s "
            f"LEFT JOIN {table} t ON {matches} AND t.deleted_at IS NULL"
        )
        columns = [name for name in self._columns(source) if name in {column.name for column in TABLES[table].typed}]
        listed = ", ".join(columns)
        added = self.insert(table, f"SELECT {listed} FROM {found} WHERE id IS NULL")
        changed = self._change_from(
            table,
            f"(SELECT id, {listed} FROM {found} WHERE id IS NOT NULL)",
            [c for c in columns if c not in key],
            empty_changes_nothing=True,
        )
        total = self.execute(f"SELECT count(*) FROM {found}").fetchone()[0]
        return {"added": added, "changed": changed, "unchanged": total - added - changed}

    def amend(self, table: str, source: str) -> int:
        """Change the rows that the temp table `source` names by `id`, where they differ; how many really changed.

        As in `merge`, an empty cell changes nothing.
        """
        given = set(self._columns(source))
        return self._change_from(
            table,
            source,
            [column.name for column in TABLES[table].typed if column.name in given],
            empty_changes_nothing=True,
        )

    def overwrite(self, table: str, source: str) -> int:
        """As `amend`, but an empty cell empties: what a recipe or a merge has decided stands as it is."""
        given = set(self._columns(source))
        return self._change_from(table, source, [c.name for c in TABLES[table].typed if c.name in given])

    def purge(self, table: str, ids: str) -> int:
        """Take rows out of the table (their last form stays in history). `ids` is a SELECT of ids."""
        self.execute(f"CREATE OR REPLACE TEMP TABLE going AS SELECT t.id FROM {table} t WHERE t.id IN ({ids})")
        count = self.execute("SELECT count(*) FROM going").fetchone()[0]
        if count:
            self.keep_before(table, "going")
            self.execute(f"DELETE FROM {table} WHERE id IN (SELECT id FROM going)")
        self.count(table, "removed", count)
        return count

    def keep_before(self, table: str, ids: str) -> None:
        """Copy rows as they are into history; a row that this batch wrote has its copy already."""
        self.execute(
            f"INSERT INTO history.{table} BY NAME SELECT t.*, {self.number} AS replaced_in "
            f"FROM {table} t WHERE t.changed_in <> {self.number} AND t.id IN (SELECT id FROM {ids})"
        )

    def count(self, table: str, what: str, rows: int) -> None:
        if rows:
            counts = self.rows.setdefault(table, {})
            counts[what] = counts.get(what, 0) + rows

    def next_id(self, table: str) -> int:
        """Ids are never used twice, not even after an undo: history tells rows apart by them."""
        return self.execute("SELECT next_id FROM next_ids WHERE table_name = $table", table=table).fetchone()[0]

    # --- checks before the commit ---------------------------------------------------------------

    def check(self) -> None:
        """Hold every row that this batch wrote against tables.py. Raises the first thing that is wrong."""
        for name in self.rows:
            table = TABLES[name]
            self._check_rules(table)
            self._check_keys(table)
            self._check_references(table)
            self._check_referrers(table)

    def _check_rules(self, table: Table) -> None:
        """All rules in one pass over the rows; only where one is broken is the row looked up."""
        # NOT NULL refuses a missing value already, but an empty text is missing too.
        missing = [(column.name, None, f"trim({column.name}) = ''")
                   for column in table.columns if column.required and column.type in ("text", "choice")]
        rules = missing + list(broken_when(table))
        if not rules:
            return
        sums = ", ".join(f"count(*) FILTER (WHERE {condition})" for _, _, condition in rules)
        parameters = {"at": self.at} if "$at" in sums else {}
        counts = self.execute(
            f"SELECT {sums} FROM {table.name} WHERE changed_in = {self.number}", **parameters
        ).fetchone()
        for (column, rule, condition), rows in zip(rules, counts, strict=True):
            if rows and rule is None:
                raise ValueMissing(table=table.name, column=column, rows=rows)
            if rows:
                parameters = {"at": self.at} if "$at" in condition else {}
                value = self.execute(
                    f"SELECT {column or 'id'} FROM {table.name} "
                    f"WHERE changed_in = {self.number} AND {condition} LIMIT 1",
                    **parameters,
                ).fetchone()[0]
                raise RuleBroken(table=table.name, column=column, rule=rule, value=str(value), rows=rows)

    def _check_keys(self, table: Table) -> None:
        written = sum(self.rows[table.name].get(what, 0) for what in ("added", "changed", "restored"))
        for key in table.keys:
            listed = ", ".join(key)
            present = " AND ".join(f"{column} IS NOT NULL" for column in key)
            among = ""
            if written < MANY_ROWS:
                # SEMI JOIN, not IN: for a key of two columns IN reads the whole table where this reads what it needs.
                among = (f"SEMI JOIN (SELECT {listed} FROM {table.name} WHERE changed_in = {self.number} "
                         f"AND {present}) written USING ({listed})")
            else:
                # Hashes that all differ belong to keys that all differ: millions of texts need no group each.
                rows, different = self.execute(
                    f"SELECT count(*), count(DISTINCT hash({listed})) FROM {table.name} "
                    f"WHERE deleted_at IS NULL AND {present}").fetchone()
                if rows == different:
                    continue
            taken = self.execute(
                f"SELECT {listed} FROM {table.name} {among} WHERE deleted_at IS NULL AND {present} "
                f"GROUP BY {listed} HAVING count(*) > 1 LIMIT 1").fetchone()
            if taken:
                raise KeyTaken(table=table.name, column=key[-1], value=str(taken[-1]))

    def _check_references(self, table: Table) -> None:
        # What an undo brings back may point at a row that is marked deleted, and so may a row that is deleted itself or
        # pointed there before; what people write anew may not.
        living = "" if self.undoes else " AND deleted_at IS NULL"
        for column in table.columns:
            if column.refers_to:
                written = (f"SELECT {column.name} AS id FROM {table.name} WHERE changed_in = {self.number} "
                           f"AND {column.name} IS NOT NULL{living}")
                first, last = self.execute(f"SELECT min(id), max(id) FROM ({written})").fetchone()
                if first is None:
                    continue
                # ANTI JOIN takes a third of NOT EXISTS; the ids' ends keep one row from reading all parents.
                rows = self.execute(
                    f"SELECT count(*) FROM ({written}) written ANTI JOIN (SELECT id FROM {column.refers_to} "
                    f"WHERE id BETWEEN {first} AND {last}{living}) parent USING (id)").fetchone()[0]
                if rows and living:
                    rows = self.execute(
                        f"SELECT count(*) FROM {table.name} t LEFT JOIN history.{table.name} h "
                        f"ON h.id = t.id AND h.replaced_in = {self.number} LEFT JOIN {column.refers_to} p "
                        f"ON p.id = t.{column.name} WHERE t.changed_in = {self.number} AND t.deleted_at IS NULL "
                        f"AND t.{column.name} IS NOT NULL AND (p.id IS NULL OR (p.deleted_at IS NOT NULL "
                        f"AND (h.deleted_at IS NOT NULL OR h.{column.name} IS DISTINCT FROM t.{column.name})))"
                    ).fetchone()[0]
                if rows:
                    raise ReferenceMissing(table=table.name, column=column.name, rows=rows)

    def _check_referrers(self, table: Table) -> None:
        if not self.rows[table.name].get("removed"):
            return
        gone = (
            f"SELECT h.id FROM history.{table.name} h WHERE h.replaced_in = {self.number} "
            f"AND NOT EXISTS (SELECT 1 FROM {table.name} t WHERE t.id = h.id)"
        )
        for child in TABLES.values():
            for column in child.columns:
                if column.refers_to == table.name:
                    rows = self.execute(
                        f"SELECT count(*) FROM {child.name} WHERE {column.name} IN ({gone})"
                    ).fetchone()[0]
                    if rows:
                        raise StillReferred(table=table.name, by=child.name, rows=rows)

    # --- inside ---------------------------------------------------------------------------------

    def _incoming(self, table: str, rows, with_id: bool = False):
        return _Incoming(self, table, rows, with_id)

    def _columns(self, source: str) -> list[str]:
        return [row[0] for row in self.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]

    def _check_found(self, table: str, source: str) -> None:
        missing = self.execute(f"SELECT id FROM {source} WHERE id NOT IN (SELECT id FROM {table})").fetchone()
        if missing:
            raise RowNotFound(table=table, id=missing[0])

    def _check_unmoved(self, table: str, source: str, columns: list[str], read_at: int) -> None:
        deleted = self.execute(
            f"SELECT t.id FROM {table} t JOIN {source} s ON t.id = s.id "
            "WHERE t.changed_in > $read_at AND t.deleted_at IS NOT NULL", read_at=read_at).fetchone()
        if deleted:
            raise RowDeleted(table=table, id=deleted[0])
        differs = " OR ".join(f"t.{name} IS DISTINCT FROM s.{name}" for name in columns) or "false"
        moved = self.execute(
            f"SELECT t.id FROM {table} t JOIN {source} s ON t.id = s.id WHERE t.changed_in > $read_at AND ({differs})",
            read_at=read_at,
        ).fetchone()
        if moved:
            listed = ", ".join(columns)
            mine = self.execute(f"SELECT {listed} FROM {source} WHERE id = {moved[0]}").fetchone()
            theirs = self.execute(f"SELECT {listed} FROM {table} WHERE id = {moved[0]}").fetchone()
            raise RowMovedOn(
                table=table,
                id=moved[0],
                mine=dict(zip(columns, mine, strict=True)),
                theirs=dict(zip(columns, theirs, strict=True)),
            )

    def _change_from(self, table: str, source: str, columns: list[str], empty_changes_nothing: bool = False) -> int:
        if not columns:
            return 0
        values = {}
        for name in columns:
            value = f"CAST(s.{name} AS {SQL_TYPES[TABLES[table].column(name).type]})"
            if empty_changes_nothing and TABLES[table].column(name).type == "fields":
                # A patch may put the keys into another order: where it tells nothing new the text stays as it is.
                value = (f"CASE WHEN json_contains(t.{name}, s.{name}) THEN t.{name} "
                         f"ELSE coalesce(json_merge_patch(t.{name}, s.{name}), s.{name}, t.{name}) END")
            elif empty_changes_nothing:
                value = f"coalesce({value}, t.{name})"
            values[name] = value
        # Only the rows that differ are kept: a file that brings ten million known rows leaves nothing here.
        differs = " OR ".join(f"t.{name} IS DISTINCT FROM {value}" for name, value in values.items())
        listed = ", ".join(f"{value} AS {name}" for name, value in values.items())
        self.execute(
            f"CREATE OR REPLACE TEMP TABLE changing AS SELECT t.id, {listed} "
            f"FROM {source} s JOIN {table} t ON t.id = s.id WHERE {differs}"
        )
        count = self.execute("SELECT count(*) FROM changing").fetchone()[0]
        if count:
            self.keep_before(table, "changing")
            sets = ", ".join(f"{name} = c.{name}" for name in columns)
            self.execute(f"UPDATE {table} t SET {sets}, changed_in = {self.number} FROM changing c WHERE t.id = c.id")
            for column in TABLES[table].columns:
                # To look at a million keys that cannot have changed costs more than the change itself.
                if column.derived and any(re.search(rf"\b{name}\b", column.derived) for name in columns):
                    self.execute(
                        f"UPDATE {table} SET {column.name} = {column.derived} "
                        f"WHERE changed_in = {self.number} AND {column.name} IS DISTINCT FROM {column.derived}"
                    )
        self.count(table, "changed", count)
        return count

    def _mark(self, table: str, ids, value: str, what: str) -> int:
        state = "IS NULL" if what == "removed" else "IS NOT NULL"
        given, parameters = (ids, {}) if isinstance(ids, str) else (
            "SELECT unnest($ids)", {"ids": [int(row_id) for row_id in ids]})
        if parameters:
            ids = parameters["ids"]
            found = self.execute(f"SELECT count(*) FROM {table} WHERE id IN ({given})", ids=ids).fetchone()[0]
            if found < len(set(ids)):
                raise RowNotFound(table=table, id=ids[0] if len(ids) == 1 else 0)
        self.execute(
            "CREATE OR REPLACE TEMP TABLE marking AS "
            f"SELECT id FROM {table} WHERE deleted_at {state} AND id IN ({given})", **parameters)
        count = self.execute("SELECT count(*) FROM marking").fetchone()[0]
        if count:
            self.keep_before(table, "marking")
            self.execute(
                f"UPDATE {table} SET deleted_at = {value}, changed_in = {self.number} "
                "WHERE id IN (SELECT id FROM marking)", **({"at": self.at} if "$at" in value else {}))
        self.count(table, what, count)
        return count


class _Incoming:
    """Rows from Python as a temp view for the length of a `with`; texts are trimmed, empty ones are missing."""

    def __init__(self, batch: Batch, table: str, rows, with_id: bool):
        self.batch = batch
        import pandas as pd  # half of the time to a healthy server: where it is used

        self.frame = pd.DataFrame([rows] if isinstance(rows, dict) else rows)
        known = [column.name for column in TABLES[table].typed]
        unknown = [name for name in self.frame.columns if name not in [*known, "id"]]
        if unknown:
            raise KeyError(f"{table} has no columns {unknown}")
        self.columns = [name for name in known if name in self.frame.columns]
        for name in self.columns:
            if TABLES[table].column(name).type in ("text", "choice"):
                texts = self.frame[name]
                texts = texts.map(lambda text: str(text).strip() or None, na_action="ignore").astype(object)
                self.frame[name] = texts.where(texts.notna(), None)
            if TABLES[table].column(name).required and self.frame[name].isna().any():
                raise ValueMissing(table=table, column=name, rows=int(self.frame[name].isna().sum()))
        for column in TABLES[table].columns:
            if column.required and not with_id and column.name not in self.frame.columns:
                raise ValueMissing(table=table, column=column.name, rows=len(self.frame))
        types = [f"CAST({name} AS {SQL_TYPES[TABLES[table].column(name).type]}) AS {name}" for name in self.columns]
        self.select = ", ".join((["CAST(id AS BIGINT) AS id"] if with_id else []) + types)

    def __enter__(self):
        self.batch.cursor.register("arriving", _arrow(self.frame))
        self.batch.execute(f"CREATE OR REPLACE TEMP TABLE incoming AS SELECT {self.select} FROM arriving")
        self.batch.cursor.unregister("arriving")
        return "incoming", self.columns

    def __exit__(self, *error):
        return None


def broken_when(table: Table):
    """(column, rule, SQL condition that is true where the rule is broken) for every rule of a table."""
    for column in table.columns:
        if column.rule:
            yield column.name, column.rule, "NOT (" + RULES[column.rule].replace("{}", column.name) + ")"
        if column.choices:
            allowed = ", ".join(f"'{choice}'" for choice in column.choices)
            yield column.name, "choice", f"{column.name} NOT IN ({allowed})"
    for rule, condition in table.rules:
        yield None, rule, f"NOT ({condition})"


def _arrow(frame):
    import pyarrow as pa

    return pa.Table.from_pandas(frame, preserve_index=False)
