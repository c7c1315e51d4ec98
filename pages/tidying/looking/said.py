"""Columns, values and rows of a profile in words."""

from ui import plain, store, words
from ui.parts import BY_HAND, PARTS
from ui.values import called, told


def column_said(table: str, name: str, own: bool = False) -> str:
    """A column's words as plain text; one of a file is called as it is called there."""
    key = f"column.{table}.{name}"
    return name if own or not words.has(key) else plain(key)


def columns_said(table: str, groups) -> str:
    """'Name, E-mail or Phone, City' of [("name",), ("email", "phone"), ("city",)], as plain text."""
    return plain("batch.comma").join(either_said(table, one) for one in groups)


def either_said(table: str, names: tuple[str, ...]) -> str:
    """Columns of which one is enough, as plain text."""
    if all(name.startswith("consent_") for name in names):
        return plain("overview.consent")
    return plain("overview.or").join(column_said(table, name) for name in names)


def value_said(table: str, name: str, type: str, value, own: bool = False) -> str:
    if isinstance(value, str):
        shown = "".join(sign if sign.isprintable() else "␣" for sign in value)
        return told(table, name, value) if type == "choice" else shown if shown.strip() else f"“{shown}”"
    if own or value is None:
        return "–" if value is None else str(value)
    return told(table, name, value)


def row_link(table: str, row_id: int) -> tuple[str, dict] | None:
    """The words of a row and the address of its page; None where it has none."""
    row = store().record(table, row_id)
    if table == "order_lines":
        return (f"{row['description'] or row['product_id']} × {row['quantity']:g}",
                {"part": "orders", "open": str(row["order_id"])})
    if table not in BY_HAND:
        return None
    beside = [told(table, column, row[column]) for column in PARTS[table].beside if column in row]
    return (" · ".join([called(table, row), *(text for text in beside if text != "–")]),
            {"part": table, "open": str(row_id)})
