"""A value of the book in words: choices and yes or no as the language says them, references by name."""
from datetime import date, datetime

from crm_core.errors import RowNotFound
from crm_core.tables import TABLES
from ui import words
from ui.parts import PARTS
from ui.say import language, plain
from ui.workspace import store

LONGEST = 60


def called(name: str, row: dict, longest: int = LONGEST) -> str:
    """How a row of a table is called in a sentence."""
    for column in PARTS[name].called:
        value = row.get(column)
        if value is not None and value == value and str(value).strip():
            if TABLES[name].column(column).choices:
                value = _relation(row) if name == "relationships" else plain(f"choice.{column}.{value}")
            text = " ".join(str(value).split())
            return text if len(text) <= longest else text[: longest - 1] + "…"
    return plain("records.nameless", id=str(row.get("id", "")))


def told(name: str, column: str, value) -> str:
    """A cell as plain text; nothing is '–'."""
    if value is None or value != value or value == "":
        return "–"
    known = TABLES[name].column(column)
    if known.choices:
        return plain(f"choice.{column}.{value}") if value in known.choices else str(value)
    if known.type == "yes_no":
        return plain("form.yes" if value else "form.no")
    if known.refers_to:
        return reference(known.refers_to, value)
    if isinstance(value, datetime):
        return words.moment(language(), value)
    if isinstance(value, date):
        return words.day(language(), value)
    if known.type in ("number", "money", "whole"):
        return f"{float(value):,.4f}".rstrip("0").rstrip(".")
    return str(value)


def reference(name: str, row_id) -> str:
    """What a row that is pointed at is called; its number where it is not there."""
    try:
        return called(name, store().record(name, int(row_id)))
    except RowNotFound:
        return f"#{int(row_id)}"


def hit(name: str, row: dict) -> str:
    """A row in a list of hits: what it is called, and what tells it from others of that name."""
    part, known = PARTS[name], {column.name for column in TABLES[name].columns}
    beside = [told(name, column, row[column]) if column in known else str(row[column] or "–") for column in part.beside]
    return " · ".join([called(name, row), *(text for text in beside if text != "–")])


def _relation(row: dict) -> str:
    """Ada Wong – same household as – Bo Li"""
    return " ".join((row.get("customer") or reference("customers", row["customer_id"]),
                     plain(f"choice.relation.{row['relation']}"),
                     row.get("related") or reference("customers", row["related_id"])))
