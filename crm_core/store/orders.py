"""An order is kept as one piece: its head and its lines in one batch, its amounts computed from quantity and price."""
from decimal import ROUND_HALF_UP, Decimal

from crm_core.errors import NoLines, RowMovedOn, ValueMissing

CENT = Decimal("0.0001")  # the book keeps four places


def line_amount(quantity, unit_price) -> Decimal:
    """2 × 3.50 → 7.0000"""
    return (Decimal(str(quantity)) * Decimal(str(unit_price))).quantize(CENT, ROUND_HALF_UP)


def with_amounts(lines: list[dict]) -> tuple[list[dict], Decimal]:
    """The lines, each with its number and amount, and the amount of the order.

    quantity 2 | unit_price 3.5  →  line_no 1 | amount 7        An empty line (no quantity and no price) is left out.
    A line keeps an amount that it already has for the same quantity and price: a file may have rounded or rebated it.
    """
    kept = []
    for line in lines:
        if line.get("quantity") is None and line.get("unit_price") is None:
            continue
        for name in ("quantity", "unit_price"):
            if line.get(name) is None:
                raise ValueMissing(table="order_lines", column=name, rows=1)
        asked = (Decimal(str(line["quantity"])), Decimal(str(line["unit_price"])))
        was = line.get("as_read")
        amount = (Decimal(str(was[2])) if was and asked == (Decimal(str(was[0])), Decimal(str(was[1])))
                  else line_amount(*asked))
        kept.append({**line, "amount": amount})
    taken = {line["line_no"] for line in kept if line.get("line_no")}
    free = iter(number for number in range(1, len(kept) + len(taken) + 1) if number not in taken)
    kept = [{**line, "line_no": line.get("line_no") or next(free)} for line in kept]
    return kept, sum((line["amount"] for line in kept), Decimal(0))


def save_order(batch, head: dict, lines: list[dict], order_id: int | None = None, read_at: int | None = None) -> int:
    """Write an order and its lines; the order's id. Without `order_id` it is a new one.

    `lines` are all lines that the order shall have: one with an `id` is changed, one without is added, and a line of
    the order that is not among them is deleted. Raises NoLines, ValueMissing, and with `read_at` RowMovedOn where
    somebody else changed the order or a line of it since.
    """
    lines, amount = with_amounts(lines)
    if not lines:
        raise NoLines()
    if order_id is None:
        (order_id,) = batch.add("orders", {**head, "amount": amount})
        there: set[int] = set()
    else:
        there = {row_id for (row_id,) in batch.execute(
            "SELECT id FROM order_lines WHERE order_id = $order_id AND deleted_at IS NULL",
            order_id=order_id).fetchall()}
        if read_at is not None:
            _check_lines_unmoved(batch, order_id, read_at)
        batch.change("orders", {"id": order_id, **head}, read_at=read_at)
        batch.change("orders", {"id": order_id, "amount": amount})
    columns = ("line_no", "product_id", "description", "quantity", "unit_price", "amount")
    gone = there - {line.get("id") for line in lines}
    batch.remove("order_lines", sorted(gone))
    added = [{"order_id": order_id, **{name: line.get(name) for name in columns}}
             for line in lines if line.get("id") is None]
    kept = [{"id": line["id"], **{name: line.get(name) for name in columns}}
            for line in lines if line.get("id") is not None]
    back = sorted({line["id"] for line in kept} - there)  # lines of an earlier version that were deleted since
    if back:
        batch.restore("order_lines", back)
    if kept:
        batch.change("order_lines", kept)
    if added:
        batch.add("order_lines", added)
    return order_id


def remove_order(batch, order_id: int) -> None:
    """Delete an order with its lines."""
    batch.remove("orders", [order_id])
    batch.remove("order_lines", [row_id for (row_id,) in batch.execute(
        "SELECT id FROM order_lines WHERE order_id = $order_id AND deleted_at IS NULL", order_id=order_id).fetchall()])


def restore_order(batch, order_id: int) -> None:
    """Bring a deleted order back with the lines that were deleted together with it."""
    (deleted_in,) = batch.execute("SELECT changed_in FROM orders WHERE id = $order_id", order_id=order_id).fetchone()
    batch.restore("orders", [order_id])
    batch.restore("order_lines", [row_id for (row_id,) in batch.execute(
        "SELECT id FROM order_lines WHERE order_id = $order_id AND deleted_at IS NOT NULL AND changed_in = $deleted_in",
        order_id=order_id, deleted_in=deleted_in).fetchall()])


def _check_lines_unmoved(batch, order_id: int, read_at: int) -> None:
    moved = batch.execute(
        "SELECT count(*) FROM order_lines WHERE order_id = $order_id AND changed_in > $read_at",
        order_id=order_id, read_at=read_at).fetchone()[0]
    if moved:
        raise RowMovedOn(table="orders", id=order_id, mine={}, theirs={})
