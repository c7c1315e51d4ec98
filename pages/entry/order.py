"""An order and its lines in one form: lines by number or by search, amounts computed by the core, one save a batch."""

import pandas as pd
import streamlit as st

from crm_core.errors import CrmError, RowMovedOn
from crm_core.store import sheet
from crm_core.store.orders import save_order, with_amounts
from crm_core.tables import TABLES
from ui import plain, say, store
from ui.forms import MOST_MONEY, as_read, changed_in_form, fields, is_new_form, label, pick, refused, saved
from ui.values import called, told

ORDERS, LINES = TABLES["orders"], TABLES["order_lines"]
SHOWN = ("product", "description", "quantity", "unit_price", "amount")


def add(key: str, given: dict | None = None) -> None:
    """A form for a new order."""
    given = given or {}
    settled = [column for column in given if ORDERS.column(column).refers_to]
    if is_new_form(ORDERS, key):
        st.session_state.pop(f"{key} lines", None)
    head = fields(ORDERS, key, row={"status": "open", **given}, leave_out=("amount", *settled))
    lines = _lines(key, [])
    if st.button(say("form.add"), type="primary", key=f"{key} submit"):
        head |= {column: given[column] for column in settled}
        try:
            with store().batch("add", called("orders", head)) as batch:
                save_order(batch, head, _resolved(lines))
        except CrmError as error:
            refused(key, error)
        st.session_state.pop(f"{key} lines", None)
        saved(key, say("form.added", what=called("orders", head)))


def edit(key: str, row: dict) -> None:
    """An order as it is. Who saves second is shown what is there now and decides; nothing typed is lost."""
    order_id = int(row["id"])
    key = f"{key} {order_id}"
    if is_new_form(ORDERS, key):
        st.session_state.pop(f"{key} lines", None)
    read_at, row = as_read(ORDERS, key, row)
    if f"{key} moved" in st.session_state:
        _moved_on(key, order_id)
    head = fields(ORDERS, key, row=row, leave_out=("amount",))
    changed = changed_in_form(key, head)
    lines = _lines(key, store().lines_of(order_id))

    def write(at: int) -> None:
        try:
            with store().batch("edit", called("orders", row)) as batch:
                save_order(batch, changed, _resolved(lines), order_id=order_id, read_at=at)
        except RowMovedOn:
            st.session_state[f"{key} moved"] = store().revision()
            st.rerun()
        except CrmError as error:
            refused(key, error)
        for kept in ("lines", "moved"):
            st.session_state.pop(f"{key} {kept}", None)
        saved(key, say("form.saved" if batch.rows else "form.unchanged", what=called("orders", row)))

    if st.button(say("form.save"), type="primary", key=f"{key} submit"):
        write(read_at)
    elif st.session_state.pop(f"{key} over", False):
        write(st.session_state[f"{key} moved"])


def lines_then(order_id: int, version) -> None:
    """The lines as they stood after a version of the order."""
    lines = store().lines_of(order_id, version.batch)
    if lines:
        with st.expander(say("orders.lines_then", count=len(lines))):
            _table(lines)


def put_back(batch, order_id: int, version, read_at: int) -> None:
    """An order and its lines as they stood after a version."""
    head = {column: value for column, value in version.row.items() if column != "amount"}
    lines = [{**line, "as_read": (line["quantity"], line["unit_price"], line["amount"])}
             for line in store().lines_of(order_id, version.batch)]
    save_order(batch, head, lines, order_id=order_id, read_at=read_at)


def table_of(order_id: int) -> None:
    """The lines of an order, to read."""
    _table(store().lines_of(order_id))


def _table(lines: list[dict]) -> None:
    st.dataframe(
        [{"line_no": line["line_no"], "product": told("order_lines", "product_id", line["product_id"]),
          "description": line["description"], "quantity": float(line["quantity"]),
          "unit_price": float(line["unit_price"]), "amount": float(line["amount"])} for line in lines],
        hide_index=True, placeholder="–",
        column_config={**{column: plain(f"column.order_lines.{column}") for column in ("line_no", "description")},
                       "product": plain("column.order_lines.product_id"),
                       **{column: st.column_config.NumberColumn(plain(f"column.order_lines.{column}"))
                          for column in ("quantity", "unit_price", "amount")}})


def _lines(key: str, there: list[dict]) -> list[dict]:
    """The lines as a grid; what is typed is taken up at once, so that amounts and the total are always true."""
    kept = f"{key} lines"
    if kept not in st.session_state:
        numbers = sheet.names_of(store(), "products", {line["product_id"] for line in there if line["product_id"]})
        st.session_state[kept] = {"turn": 0, "lines": [
            {"id": line["id"], "line_no": line["line_no"], "product": numbers.get(line["product_id"]),
             "description": line["description"], "quantity": float(line["quantity"]),
             "unit_price": float(line["unit_price"]), "amount": float(line["amount"]),
             "as_read": (float(line["quantity"]), float(line["unit_price"]), line["amount"])} for line in there]}
    state = st.session_state[kept]
    chosen = st.session_state.pop(f"{key} product {state['turn']} chosen", None)
    if chosen is not None:
        product = store().record("products", chosen)
        state["lines"].append(_priced({"product": product["product_no"], "description": product["name"],
                                       "quantity": 1.0, "unit_price": product["price"]}))
        state["turn"] += 1
    st.markdown(f"**{say('table.order_lines')}**")
    editor = f"{key} grid {state['turn']}"
    # Typed as pandas needs it: an empty column of texts is none of numbers.
    frame = pd.DataFrame({name: pd.Series([line.get(name) for line in state["lines"]],
                                          dtype="object" if name in ("product", "description") else "float64")
                          for name in SHOWN})
    st.data_editor(
        frame, key=editor, num_rows="dynamic", hide_index=True, disabled=("amount",), width="stretch",
        on_change=_take_up, args=(key, editor),
        column_config={
            "product": st.column_config.TextColumn(plain("orders.product_number"), help=say("orders.product_help")),
            "description": st.column_config.TextColumn(plain("column.order_lines.description")),
            **{column: st.column_config.NumberColumn(
                plain(f"column.order_lines.{column}"), min_value=-MOST_MONEY, max_value=MOST_MONEY)
                for column in ("quantity", "unit_price")},
            "amount": st.column_config.NumberColumn(plain("column.order_lines.amount"), format="localized")})
    total = sum(line["amount"] or 0 for line in state["lines"])
    st.markdown(say("orders.total", count=len(state["lines"]), amount=f"{total:,.2f}"))
    pick("products", say("orders.add_product"), f"{key} product {state['turn']}")
    return state["lines"]


def _take_up(key: str, editor: str) -> None:
    """What was typed into the grid becomes the lines; products' prices and names fill what is empty."""
    state, typed = st.session_state[f"{key} lines"], st.session_state[editor]
    lines = state["lines"]
    for place, cells in typed["edited_rows"].items():
        lines[int(place)] |= cells
    lines = [line for place, line in enumerate(lines) if place not in set(typed["deleted_rows"])]
    lines += [dict.fromkeys(SHOWN) | cells for cells in typed["added_rows"] if any(cells.values())]
    products = sheet.resolve(store(), "products", [line["product"] for line in lines])
    for line in lines:
        found = products.get((line["product"] or "").strip())
        if found and (line["unit_price"] is None or not line["description"]):
            product = store().record("products", found)
            line["unit_price"] = product["price"] if line["unit_price"] is None else line["unit_price"]
            line["description"] = line["description"] or product["name"]
            line["quantity"] = 1.0 if line["quantity"] is None else line["quantity"]
        _priced(line)
    state["lines"], state["turn"] = lines, state["turn"] + 1


def _priced(line: dict) -> dict:
    complete = line.get("quantity") is not None and line.get("unit_price") is not None
    line["amount"] = float(with_amounts([line])[0][0]["amount"]) if complete else None
    return line


def _resolved(lines: list[dict]) -> list[dict]:
    """The lines with their products by id. Raises ReferenceUnknown."""
    numbers = [line["product"] for line in lines]
    products = sheet.resolve(store(), "products", numbers)
    sheet.check_all_found("order_lines", "product_id", numbers, products)
    return [{**line, "product_id": products.get((line["product"] or "").strip())} for line in lines]


def _moved_on(key: str, order_id: int) -> None:
    """Somebody was first: what is there now stands above what was typed here."""
    with st.container(border=True):
        st.warning(say("orders.moved_on"))
        now = store().record("orders", order_id)
        shown = [column for column in ORDERS.typed if column.type != "fields"]
        st.dataframe([{"field": label(ORDERS, column).replace(" :red[*]", ""),
                       "theirs": told("orders", column.name, now[column.name])} for column in shown], hide_index=True,
                     column_config={"field": plain("conflict.field"), "theirs": plain("conflict.now")})
        table_of(order_id)
        with st.container(horizontal=True):
            if st.button(say("conflict.write_mine"), key=f"{key} write mine", type="primary"):
                st.session_state[f"{key} over"] = True
            if st.button(say("conflict.keep_theirs"), key=f"{key} keep theirs"):
                for kept in ("lines", "moved"):
                    st.session_state.pop(f"{key} {kept}", None)
                saved(key, say("orders.theirs_kept", what=called("orders", now)))

