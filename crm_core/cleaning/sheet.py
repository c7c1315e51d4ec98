"""The rows that a recipe works on: a relation with `id`, and what its columns are.

A table of the book becomes a sheet with its own fields (`extra`) as columns beside the others:
    customers 7 | Ada | {"Loyalty": "gold"}      →      id 7 | name Ada | Loyalty gold
"""
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from crm_core.tables import SQL_TYPES, TABLES

# The amount of an order is the sum of its lines: a recipe sees one table, and would take them apart.
SUMMED = {"orders": ("amount",), "order_lines": ("quantity", "unit_price", "amount")}


@dataclass(frozen=True)
class Sheet:
    """`ask` is an open batch or look: execute(sql, **parameters) and stage(name, frame)."""

    ask: object
    source: str  # a table or view that `ask` can read, or will once it is looked at
    columns: dict[str, str]  # column → type, a key of tables.SQL_TYPES
    table: str | None = None  # the table of the book that it is, if it is one
    own: tuple[str, ...] = ()  # the columns that the table has not: own fields, and what steps derived
    as_of: date | None = None
    seed: int = 0
    look: Callable[[], None] | None = None  # works `source` out: a step that asks nothing of the rows costs nothing

    @property
    def relation(self) -> str:
        """The table or view with the rows: `id`, and the columns that the step's settings name (or all of them)."""
        if self.look:
            self.look()
        return self.source

    def with_column(self, name: str, type: str) -> "Sheet":
        return replace(self, columns={**self.columns, name: type},
                       own=self.own if name in self.columns else (*self.own, name))

    @property
    def place(self) -> int:
        """How many steps were done: what a step lays aside may be named by it."""
        return int(self.source.rsplit("_", 1)[1])

    def type_is_fixed(self, column: str) -> bool:
        """Whether a step can only write what fits the column: a column of the book stays what it is."""
        return self.table is not None and column in self.columns and column not in self.own

    def locked(self, column: str) -> str | None:
        """Why no recipe may write a column: locked_consent, locked_amount, locked_reference, locked_key; else None."""
        if self.table is None or column not in self.columns or column in self.own:
            return None
        if column.startswith("consent_"):
            return "locked_consent"
        if column in SUMMED.get(self.table, ()):
            return "locked_amount"
        described = TABLES[self.table]
        if described.column(column).refers_to:
            return "locked_reference"
        return "locked_key" if any(column in key for key in described.keys) else None


def sheet_of(ask, table: str, as_of: date | None = None, seed: int = 0) -> Sheet:
    """The living rows of a table of the book."""
    described = TABLES[table]
    columns = {column.name: column.type for column in described.typed if column.type != "fields"}
    own: list[str] = []
    if any(column.name == "extra" for column in described.columns):
        # SQL does not tell Name from name: an own field that is called as a column, or as another one, stays out.
        taken = {"id", *columns}
        for (name,) in ask.execute(
                f"SELECT DISTINCT unnest(json_keys(extra)) AS name FROM {table} "
                "WHERE deleted_at IS NULL AND extra IS NOT NULL ORDER BY name").fetchall():
            if name.lower() not in taken:
                taken.add(name.lower())
                own.append(name)
    listed = ["id", *columns, *(f"json_extract_string(extra, {path(name)}) AS {quoted(name)}" for name in own)]
    ask.execute(f"CREATE OR REPLACE TEMP VIEW sheet_0 AS SELECT {', '.join(listed)} FROM {table} "
                "WHERE deleted_at IS NULL")
    return Sheet(ask, "sheet_0", {**columns, **dict.fromkeys(own, "text")}, table, tuple(own), as_of, seed)


def sheet_of_relation(ask, relation: str, as_of: date | None = None, seed: int = 0) -> Sheet:
    """The rows of any table or view, as of a file: with its own `id` where that names each row, else numbered."""
    found = ask.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    named = next((name for name, *_ in found if name.lower() == "id"), None)
    whole = named and next(kind for name, kind, *_ in found if name == named) in ("INTEGER", "BIGINT")
    if whole:
        rows, different = ask.execute(
            f"SELECT count(*), count(DISTINCT {quoted(named)}) FROM {relation}").fetchone()
        whole = rows == different
    identity = f"CAST({quoted(named)} AS BIGINT)" if whole else "row_number() OVER ()"
    listed, columns = [f"{identity} AS id"], {}
    for name, kind, *_ in found:
        if name == named:
            if whole:
                continue
            name = f"{name} (2)"
        columns[name] = type_of(kind)
        listed.append(f"CAST({quoted(named if name == f'{named} (2)' else name)} AS {SQL_TYPES[columns[name]]}) "
                      f"AS {quoted(name)}")
    # A numbered row must keep its number, so that it is the same row in every look.
    kind = "VIEW" if whole else "TABLE"
    ask.execute("DROP VIEW IF EXISTS temp.sheet_0" if kind == "VIEW" else "DROP TABLE IF EXISTS temp.sheet_rows_0")
    target = "sheet_0" if kind == "VIEW" else "sheet_rows_0"
    ask.execute(f"CREATE TEMP {kind} {target} AS SELECT {', '.join(listed)} FROM {relation}")
    return Sheet(ask, target, columns, None, (), as_of, seed)


def type_of(kind: str) -> str:
    """The type of tables.py that holds a type of DuckDB: HUGEINT → number, VARCHAR → text."""
    kind = kind.upper().split("(")[0]
    if kind in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"):
        return "whole"
    if kind in ("FLOAT", "DOUBLE", "DECIMAL", "HUGEINT", "UHUGEINT", "UBIGINT"):
        return "number"
    return {"BOOLEAN": "yes_no", "DATE": "day", "TIMESTAMP": "time", "TIMESTAMP WITH TIME ZONE": "time",
            "TIMESTAMP_S": "time", "TIMESTAMP_MS": "time", "TIMESTAMP_NS": "time"}.get(kind, "text")


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value) -> str:
    """A value in SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def path(name: str) -> str:
    """The JSON path of an own field, as a text of SQL."""
    return literal('$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"')
