"""What an import is about to write, by example: the first new rows of a table, the first changes with both values."""

from dataclasses import dataclass

from crm_core.tables import TABLES

# What a person calls a row by, where another row points at it.
CALLED = {
    "customers": "coalesce(name, email, customer_no, phone)",
    "products": "coalesce(name, product_no)",
    "orders": "order_no",
    "campaigns": "name",
    "order_lines": "CAST(line_no AS VARCHAR)",
    "communications": "coalesce(subject, left(content, 60))",
    "service_requests": "coalesce(request_no, subject)",
    "opportunities": "name",
    "relationships": "CAST(id AS VARCHAR)",
    "campaign_members": "CAST(id AS VARCHAR)",
}


@dataclass(frozen=True)
class Sample:
    """The first rows of a table that a batch writes."""

    added: list[dict]  # a dict a new row, by column; ids of other tables as what these rows are called by
    changed: list[dict]  # a dict a changed value: row (what it is called by), column, before, after


def sample_of(batch, tables, rows: int = 20) -> dict[str, Sample]:
    """By table, the first `rows` new rows and the changes of the first `rows` changed ones, inside the open batch."""
    samples = {}
    for name in tables:
        added = _fetched(batch, _added(batch, name, rows))
        before = {row["id"]: row for row in _fetched(batch, _changed(batch, name, "h", rows))}
        after = _fetched(batch, _changed(batch, name, "t", rows))
        changed = [
            {"row": row["called"], "column": column, "before": before[row["id"]][column], "after": value}
            for row in after
            for column, value in row.items()
            if column not in ("id", "called") and value != before[row["id"]][column]
        ]
        for row in added:
            del row["id"], row["called"]
        samples[name] = Sample(_without_empty_columns(added), changed)
    return samples


def _fetched(batch, sql: str) -> list[dict]:
    return batch.execute(sql).to_arrow_table().to_pylist()


def _without_empty_columns(rows: list[dict]) -> list[dict]:
    filled = [column for column in (rows[0] if rows else {}) if any(row[column] is not None for row in rows)]
    return [{column: row[column] for column in filled} for row in rows]


def _columns(table: str, of: str) -> str:
    """The typed columns of a row; an id of another table as what that row is called by."""
    selected = []
    for column in TABLES[table].typed:
        value = f"{of}.{column.name}"
        if column.refers_to:
            value = f"(SELECT {CALLED[column.refers_to]} FROM {column.refers_to} WHERE id = {value})"
        selected.append(f"{value} AS {column.name}")
    return ", ".join(selected)


def _called(table: str, of: str) -> str:
    # Unqualified names inside a scalar subquery over one row: the row itself.
    return f"(SELECT CAST({CALLED[table]} AS VARCHAR) FROM {table} WHERE id = {of}.id)"


def _added(batch, table: str, rows: int) -> str:
    return f"""
        SELECT t.id, NULL AS called, {_columns(table, "t")}
        FROM (SELECT * FROM {table} WHERE changed_in = {batch.number}
              AND id NOT IN (SELECT id FROM history.{table} WHERE replaced_in = {batch.number})
              LIMIT {rows}) t
        ORDER BY t.id"""


def _changed(batch, table: str, of: str, rows: int) -> str:
    return f"""
        SELECT h.id, {_called(table, "h")} AS called, {_columns(table, of)}
        FROM (SELECT * FROM history.{table} WHERE replaced_in = {batch.number} ORDER BY id LIMIT {rows}) h
        JOIN {table} t ON t.id = h.id
        ORDER BY h.id"""
