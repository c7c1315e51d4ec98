"""The rows that a recipe works on: a relation with `id`, and what its columns are.

A table of the book becomes a sheet with its own fields (`extra`) as columns beside the others:
    customers 7 | Ada | {"Loyalty": "gold"}      →      id 7 | name Ada | Loyalty gold
"""
from dataclasses import dataclass, replace

from crm_core.tables import TABLES


@dataclass(frozen=True)
class Sheet:
    """`ask` is an open batch or look: execute(sql, **parameters) and stage(name, frame)."""

    ask: object
    relation: str  # a table or view that `ask` can read
    columns: dict[str, str]  # column → type, a key of tables.SQL_TYPES
    table: str | None = None  # the table of the book that it is, if it is one
    own: tuple[str, ...] = ()  # the columns that the table has not: own fields, and what steps derived

    def with_column(self, name: str, type: str) -> "Sheet":
        return replace(self, columns={**self.columns, name: type},
                       own=self.own if name in self.columns else (*self.own, name))


def sheet_of(ask, table: str) -> Sheet:
    """The living rows of a table of the book."""
    described = TABLES[table]
    columns = {column.name: column.type for column in described.typed if column.type != "fields"}
    own: list[str] = []
    if any(column.name == "extra" for column in described.columns):
        own = [name for (name,) in ask.execute(
            f"SELECT DISTINCT unnest(json_keys(extra)) AS name FROM {table} "
            "WHERE deleted_at IS NULL AND extra IS NOT NULL ORDER BY name").fetchall() if name not in columns]
    listed = ["id", *columns, *(f"json_extract_string(extra, {path(name)}) AS {quoted(name)}" for name in own)]
    ask.execute(f"CREATE OR REPLACE TEMP VIEW sheet_0 AS SELECT {', '.join(listed)} FROM {table} "
                "WHERE deleted_at IS NULL")
    return Sheet(ask, "sheet_0", {**columns, **dict.fromkeys(own, "text")}, table, tuple(own))


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
    return literal('$."' + name.replace('"', '\\"') + '"')
