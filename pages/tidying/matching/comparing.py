"""Two records side by side, field by field: same, similar and different by sign and colour, what differs marked.

A component of its own, because a table in markdown does not fit a telephone: there each field's name stands above its
two values. All that comes from data is set as text, never as markup.
"""

import streamlit as st

from crm_core.cleaning import alike
from crm_core.tables import TABLES
from pages.tidying.matching import kept
from ui import language, plain, store, words
from ui.alike import label
from ui.values import called

SIGNS = {"same": "=", "similar": "≈", "different": "≠", "missing": "–", "number": "#", "hanging": ""}

_JS = """
export default function({ data, parentElement }) {
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const cell = (pieces, name) => {
    const cell = make("td", pieces.length ? "" : "none");
    cell.dataset.of = name;
    if (!pieces.length) cell.textContent = "–";
    for (const [text, differs] of pieces) cell.append(differs ? make("mark", "", text) : document.createTextNode(text));
    return cell;
  };
  const table = make("table");
  table.setAttribute("aria-label", data.label);
  const head = make("tr");
  head.append(make("td", "field"));
  for (const name of data.heads) {
    const title = make("th", "", name);
    title.scope = "col";
    head.append(title);
  }
  table.append(head);
  for (const row of data.rows) {
    const line = make("tr", row.mark);
    const field = make("th", "field");
    field.scope = "row";
    const sign = make("span", "sign", row.sign);
    sign.title = row.word;
    sign.setAttribute("aria-label", row.word);
    sign.setAttribute("role", "img");
    field.append(sign, make("span", "", row.label));
    line.append(field, cell(row.left, data.heads[0]), cell(row.right, data.heads[1]));
    table.append(line);
  }
  parentElement.querySelector(".sides").replaceChildren(table);
}
"""
_CSS = """
.sides { container-type: inline-size; }
table { width: 100%; border-collapse: collapse; font-family: var(--st-font); font-size: 0.875rem; line-height: 1.35;
        color: var(--st-text-color); table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.5rem; overflow-wrap: anywhere; font-weight: 400;
         border-bottom: 1px solid var(--st-border-color); }
tr:first-child th { font-weight: 600; }
.field { width: 26%; font-size: 0.8125rem; }
th.field { color: var(--st-gray-text-color, inherit); }
.sign { display: inline-block; width: 1.1rem; font-weight: 700; }
.same .sign { color: var(--st-green-text-color, #15803d); }
.similar .sign { color: var(--st-orange-text-color, #c2410c); }
.different .sign { color: var(--st-red-text-color, #b91c1c); }
.similar td:not(.field) { background: var(--st-orange-background-color, rgba(255, 150, 0, 0.1)); }
.different td:not(.field) { background: var(--st-red-background-color, rgba(255, 0, 0, 0.08)); }
mark { background: none; color: inherit; font-weight: 700; text-decoration: underline 2px;
       text-decoration-color: var(--st-orange-text-color, #c2410c); text-underline-offset: 3px; white-space: pre-wrap; }
.none { opacity: 0.5; }
.hanging td, .hanging th { border-bottom: none; padding-top: 0.125rem; padding-bottom: 0.125rem; }
@container (max-width: 480px) {
  table, tbody { display: block; }
  tr { display: grid; grid-template-columns: 1fr 1fr; }
  tr:first-child .field { display: none; }
  th.field { grid-column: 1 / 3; width: auto; padding: 0.3rem 0.25rem 0; border: none; font-size: 0.75rem; }
  td, tr:first-child th { padding: 0.1rem 0.25rem 0.3rem; }
  .hanging { grid-template-columns: 8rem 1fr 1fr; }
  .hanging th.field { grid-column: 1 / 2; padding-top: 0.1rem; }
}
"""
_sides = st.components.v2.component("two_records", html='<div class="sides"></div>', css=_CSS, js=_JS)


def show(table: str, records: list[dict], parts) -> None:
    """Two records as rows of the book, and what hangs on each; `parts` are what the search says of the pair."""
    near = alike.near_columns(parts)
    numbers = {column for key in TABLES[table].keys for column in key if column.endswith("_no")}
    rows = []
    for field in alike.side_by_side(*(kept.as_texts(table, record) for record in records)):
        # No two records share a number: that theirs differ says nothing.
        mark = "number" if field.column in numbers else field.mark
        if mark == "different" and field.column in near:
            mark = "similar"
        left, right = (field.left, field.right) if mark == "similar" else (_whole(field.left), _whole(field.right))
        rows.append(_row(mark, label(table, field.column), left, right))
    hanging = store().frame("match_hanging", table=table, ids=[int(record["id"]) for record in records]).set_index("id")
    for column in ("orders", "revenue", "messages", "last_contact"):
        if table != "products" or column != "messages":
            left, right = (((_told(column, hanging[column][int(record["id"])]), False),) for record in records)
            name = "last_sale" if table == "products" and column == "last_contact" else column
            rows.append(_row("hanging", plain(f"matching.hanging.{name}"), left, right))
    _sides(key="two records", data={
        "label": plain("matching.side_by_side"), "heads": [called(table, record) for record in records], "rows": rows})


def _row(mark: str, label: str, left, right) -> dict:
    return {"mark": mark, "sign": SIGNS[mark], "word": plain(f"matching.mark.{mark}"), "label": label,
            "left": [list(piece) for piece in left], "right": [list(piece) for piece in right]}


def _whole(pieces) -> tuple:
    text = "".join(piece for piece, _ in pieces)
    return ((text, False),) if text else ()


def _told(column: str, value) -> str:
    if value is None or value != value:
        return "–"
    if column == "last_contact":
        return words.day(language(), value)
    return f"{value:,.2f}" if column == "revenue" else f"{int(value):,}"
