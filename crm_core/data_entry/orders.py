"""A file of orders, or of their lines: from typed rows to customers, products, orders and lines, in few passes.

Every table's `key` is the line of the file on which its row first stands: so keys need no sorting, and ids follow
the file. What is dear with ten million rows (numbering, grouping, sorting) is done only where the file asks for it:
an order number that never repeats needs no group, lines that stand together need no sorting to be numbered.
"""
from pathlib import Path

from crm_core.data_entry.cells import AMOUNT, Given, _header, _reject, _text, _who

NEWEST = "(ordered_at, line)"


def orders_of_file(cursor, given: dict[str, Given], kind: str, folder: Path, progress) -> dict:
    """Write customers, orders and, of lines, products and order_lines to the folder; the counts of Checked."""
    _lay_items(cursor, given, kind)
    incomplete = _reject_rows(cursor, given, kind)
    progress(0.65)
    shared = _people_of_orders(cursor, given)
    progress(0.75)
    if kind == "order_lines":
        _number_lines(cursor, folder, given)
        progress(0.8)
        _gather_orders(cursor)
        _gather_lines(cursor, given)
    else:
        _take_orders(cursor)
    progress(0.85)
    _write(cursor, folder, "customers", "SELECT * EXCLUDE (line, who) FROM customers ORDER BY key")
    # Orders and lines are not sorted: their keys tell their order, and sorting millions is dear.
    own = cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'own'").fetchone()
    beside = "LEFT JOIN own ON own.line = {}.key" if own else ""
    of_orders = ", own.currency" + (", own.extra" if kind == "orders" else "") if own else ""
    # An order whose amount the file does not tell keeps the one it has.
    amount = "NULL" if kind == "orders" and "orders.amount" not in given else "amount"
    _write(cursor, folder, "orders", "SELECT key, order_no, customer_key, ordered_at, status, channel, country, "
                                     f"CAST({amount} AS {AMOUNT}) AS amount{of_orders} "
                                     f"FROM orders {beside.format('orders')}")
    progress(0.92)
    if kind == "order_lines":
        _write(cursor, folder, "products", "SELECT * FROM products ORDER BY key")
        _write(cursor, folder, "order_lines", f"SELECT order_lines.*{', own.extra' if own else ''} "
                                              f"FROM order_lines {beside.format('order_lines')}")
    return _counts(cursor, folder, kind) | {"orders_incomplete": incomplete, "emails_shared": shared}


def _lay_items(cursor, given: dict[str, Given], kind: str) -> None:
    """The relation `items`: what one row of the file says of an order, by plain names."""
    def value(meaning: str, type: str = "VARCHAR") -> str:
        return f'"{meaning}"' if meaning in given else f"CAST(NULL AS {type})"

    who, order_no, kept = _who(given), value("orders.order_no"), "VIEW"
    if "orders.order_no" not in given:
        # The same file gives the same numbers again, so that a second import finds its orders.
        kept = "TABLE"
        order_no = (f"""left(trim(replace({who}[2:], chr(31), ' ')), 150) || ' ' || """
                    """strftime("orders.ordered_at", '%Y-%m-%d %H:%M:%S') || ' ' || """
                    f"""row_number() OVER (PARTITION BY {who}, "orders.ordered_at" ORDER BY line)""")
    if {"customers.customer_no", "customers.email"} <= given.keys():
        who = _join_by_email(cursor, who)
    quantity, price = value("order_lines.quantity", "DOUBLE"), value("order_lines.unit_price", AMOUNT)
    product = f"coalesce({value('products.product_no')}, left({value('products.name')}, 200))" if (
        "products.product_no" not in given) else value("products.product_no")
    line_amount = (f"coalesce({value('order_lines.amount', AMOUNT)}, "
                   f"TRY_CAST(TRY_CAST({quantity} AS DECIMAL(18,6)) * {price} AS {AMOUNT}))")
    if kind == "orders":
        line_amount = value("orders.amount", AMOUNT) if "orders.amount" in given else f"CAST(0 AS {AMOUNT})"
    if "order_lines.unit_price" not in given and kind == "order_lines":
        price = f"coalesce(TRY_CAST({value('order_lines.amount', AMOUNT)} / nullif({quantity}, 0) AS {AMOUNT}), 0)"
    cursor.execute(f"""
        CREATE {kept} all_items AS
        SELECT line, {order_no} AS order_no, {value('order_lines.line_no', 'BIGINT')} AS line_no, {who} AS who,
               {value('orders.ordered_at', 'TIMESTAMP')} AS ordered_at, {value('orders.status')} AS status,
               {value('orders.channel')} AS channel, {value('orders.country')} AS country,
               {product} AS product_no, {value('products.name')} AS product_name,
               {value('products.category')} AS category, {value('products.price', AMOUNT)} AS price,
               {value('products.cost', AMOUNT)} AS cost, {quantity} AS quantity, {price} AS unit_price,
               {line_amount} AS amount
        FROM typed""")


def _leave_out_rejects(cursor) -> None:
    """The view `items`: the rows that are good as far as is known."""
    cursor.execute(f"CREATE OR REPLACE VIEW items AS SELECT * FROM all_items {_but_rejects(cursor)}")


def _reject_rows(cursor, given: dict[str, Given], kind: str) -> int:
    """Refuse what is wrong between rows; the number of orders of which only some lines are good."""
    _leave_out_rejects(cursor)
    if kind == "order_lines":
        _reject(cursor, f"SELECT line, {_text(_header(given, 'order_lines.quantity'))}, 'number_too_large', "
                        "CAST(quantity AS VARCHAR) FROM items WHERE amount IS NULL")
        _leave_out_rejects(cursor)
    if kind == "orders":
        _reject_repeated(cursor, "order_no", _header(given, "orders.order_no"))
    elif "order_lines.line_no" in given:
        _reject(cursor, f"""
            SELECT line, {_text(_header(given, "order_lines.line_no"))}, 'missing', NULL
            FROM items WHERE line_no IS NULL""")
        _reject_repeated(cursor, "order_no, line_no", _header(given, "order_lines.line_no"))
    _leave_out_rejects(cursor)
    if kind == "orders" or not cursor.execute("SELECT 1 FROM rejects LIMIT 1").fetchone():
        return 0
    return cursor.execute("""
        SELECT count(*) FROM (SELECT DISTINCT order_no FROM all_items SEMI JOIN rejects USING (line)
                              WHERE order_no IS NOT NULL)
        SEMI JOIN (SELECT order_no FROM items) good USING (order_no)""").fetchone()[0]


def _reject_repeated(cursor, key: str, header: str | None) -> None:
    """Refuse every row whose key an earlier row has."""
    _leave_out_rejects(cursor)
    # Hashes that all differ belong to keys that all differ; only where some are alike is there more to look at.
    rows, different = cursor.execute(f"SELECT count(*), count(DISTINCT hash({key})) FROM items").fetchone()
    if rows == different:
        return
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE alike AS "
                   f"SELECT hash({key}) AS hashed FROM items GROUP BY 1 HAVING count(*) > 1")
    value = key.split(", ")[-1]
    _reject(cursor, f"""
        SELECT line, {_text(header)}, 'twice_in_file', CAST({value} AS VARCHAR) FROM (
            SELECT line, {value}, row_number() OVER (PARTITION BY {key} ORDER BY line) AS nth
            FROM items WHERE hash({key}) IN (SELECT hashed FROM alike)) WHERE nth > 1""")


# --- customers ----------------------------------------------------------------------------------


def _join_by_email(cursor, who: str) -> str:
    """SQL for who a row is of. With an e-mail and no number it is the one numbered customer who has that e-mail."""
    without = """FROM typed WHERE "customers.customer_no" IS NULL AND "customers.email" IS NOT NULL"""
    if not cursor.execute(f"SELECT 1 {without} LIMIT 1").fetchone():
        return who
    cursor.execute("""
        CREATE TEMP TABLE numbered AS
        SELECT 'e' || email_key("customers.email") AS who, min('n' || "customers.customer_no") AS numbered
        FROM typed WHERE "customers.customer_no" IS NOT NULL AND "customers.email" IS NOT NULL
        GROUP BY 1 HAVING count(DISTINCT "customers.customer_no") = 1""")
    return f"coalesce((SELECT numbered FROM numbered WHERE numbered.who = {who}), {who})"


def _people_of_orders(cursor, given: dict[str, Given]) -> int:
    """The table `customers`: of each the newest values; how many shared an e-mail with an earlier one."""
    told = {g.column.name: f'typed."{g.meaning}"' for meaning, g in given.items()
            if meaning.startswith("customers.") and meaning != "customers.customer_no"}
    if "customers.country" not in given and "orders.country" in given:
        told["country_of_orders"] = 'typed."orders.country"'
    newest = f", arg_max(line, {NEWEST}) AS newest" if told else ""
    cursor.execute(f"""
        CREATE TABLE people AS
        SELECT who, min(line) AS line, CASE WHEN who[1] = 'n' THEN who[2:] END AS customer_no{newest}
        FROM items WHERE who IS NOT NULL GROUP BY who""")
    if not told:
        cursor.execute("CREATE VIEW customers AS SELECT line AS key, * FROM people")
        return 0
    listed = "".join(f", {value} AS {name}" for name, value in told.items())
    cursor.execute(f"""
        CREATE TABLE customers AS
        SELECT p.line AS key, p.* EXCLUDE (newest){listed} FROM people p JOIN typed ON typed.line = p.newest""")
    for name, value in told.items():
        # Most tell everything in their newest row; what is missing there an older row may tell.
        if cursor.execute(f"SELECT 1 FROM customers WHERE {name} IS NULL LIMIT 1").fetchone():
            cursor.execute(f"""
                UPDATE customers SET {name} = older.told FROM (
                    SELECT items.who, arg_max({value}, (items.ordered_at, items.line)) AS told
                    FROM items JOIN typed ON typed.line = items.line
                    WHERE {value} IS NOT NULL AND items.who IN (SELECT who FROM customers WHERE {name} IS NULL)
                    GROUP BY items.who) older
                WHERE customers.who = older.who AND customers.{name} IS NULL""")
    if "customers.email" not in given:
        return 0
    different, emails = cursor.execute(
        "SELECT count(DISTINCT email_key(email)), count(email_key(email)) FROM customers").fetchone()
    return 0 if different == emails else cursor.execute("""
        UPDATE customers SET email = NULL WHERE key IN (
            SELECT key FROM (SELECT key, row_number() OVER (PARTITION BY email_key(email) ORDER BY key) AS nth
                             FROM customers WHERE email IS NOT NULL) WHERE nth > 1)""").fetchone()[0]


# --- orders -------------------------------------------------------------------------------------


def _take_orders(cursor) -> None:
    """The view `orders` of a file in which every row is an order."""
    cursor.execute("""
        CREATE VIEW orders AS
        SELECT i.line AS key, i.order_no, c.key AS customer_key, i.ordered_at, i.status, i.channel, i.country, i.amount,
               false AS two_dates, false AS two_customers
        FROM items i LEFT JOIN customers c ON c.who = i.who""")


def _number_lines(cursor, folder: Path, given: dict[str, Given]) -> None:
    """The view `lines`: the good items, each with its order's and its customer's key and its place in the order.

        line 2, A1 | 3, A1 | 4, A2  →  order_key 2, place 1 | 2, 2 | 4, 1
    """
    marked = "SELECT *, order_no IS DISTINCT FROM lag(order_no) OVER () AS begins FROM all_items"
    orders, different, out_of_order = cursor.execute(f"""
        SELECT count(*) FILTER (begins), count(DISTINCT CASE WHEN begins THEN hash(order_no) END),
               count(*) FILTER (out_of_order)
        FROM (SELECT begins AND order_no IS NOT NULL AS begins, order_no, line < lag(line) OVER () AS out_of_order
              FROM ({marked}))""").fetchone()
    # The place of a line in its order counts rejected lines too: once mended they fall into their place.
    if orders == different and not out_of_order:
        placed = f"""
            SELECT *, row - max(CASE WHEN begins THEN row END) OVER (ROWS UNBOUNDED PRECEDING) + 1 AS place,
                   max(CASE WHEN begins THEN line END) OVER (ROWS UNBOUNDED PRECEDING) AS order_key
            FROM (SELECT *, row_number() OVER () AS row FROM ({marked}))"""
    else:
        cursor.execute("CREATE TEMP TABLE firsts AS "
                       "SELECT order_no, min(line) AS order_key FROM all_items WHERE order_no IS NOT NULL GROUP BY ALL")
        placed = """
            SELECT i.*, f.order_key, row_number() OVER (PARTITION BY f.order_key ORDER BY i.line) AS place
            FROM all_items i JOIN firsts f ON f.order_no = i.order_no"""
    place = "line_no" if "order_lines.line_no" in given else "place"
    _write(cursor, folder, "lines", f"""
        SELECT i.line, i.order_key, i.{place} AS line_no, i.order_no, c.key AS customer_key, i.ordered_at, i.status,
               i.channel, i.country, i.product_no, i.product_name, i.category, i.price, i.cost, i.quantity,
               i.unit_price, i.amount
        FROM ({placed}) i {_but_rejects(cursor)} LEFT JOIN customers c ON c.who = i.who""")
    cursor.execute(f"CREATE VIEW lines AS SELECT * FROM {_file(folder, 'lines')}")


def _gather_orders(cursor) -> None:
    """The table `orders`, one row an order; where its lines disagree the most frequent value counts."""
    might = {"customer_key": "BIGINT", "status": "VARCHAR", "channel": "VARCHAR", "country": "VARCHAR"}
    counts = cursor.execute(f"SELECT {', '.join(f'count({name})' for name in might)} FROM lines").fetchone()
    told = [name for name, count in zip(might, counts, strict=True) if count]
    extremes = "".join(f", min({name}) AS {name}, max({name}) AS {name}_other" for name in told)
    untold = "".join(f", CAST(NULL AS {type}) AS {name}" for name, type in might.items() if name not in told)
    cursor.execute(f"""
        CREATE TABLE orders AS
        SELECT order_key AS key, first(order_no) AS order_no, min(ordered_at) AS ordered_at, sum(amount) AS amount,
               min(ordered_at) <> max(ordered_at) AS two_dates,
               {"min(customer_key) <> max(customer_key)" if "customer_key" in told else "false"} AS two_customers
               {extremes}{untold}
        FROM lines GROUP BY order_key""")
    for name in told:
        if cursor.execute(f"SELECT 1 FROM orders WHERE {name} <> {name}_other LIMIT 1").fetchone():
            cursor.execute(f"""
                UPDATE orders SET {name} = f.{name} FROM (
                    SELECT order_key, {name} FROM (
                        SELECT order_key, {name}, row_number() OVER (
                            PARTITION BY order_key ORDER BY count(*) DESC, min(line)) AS nth
                        FROM lines WHERE {name} IS NOT NULL
                        AND order_key IN (SELECT key FROM orders WHERE {name} <> {name}_other)
                        GROUP BY order_key, {name}) WHERE nth = 1) f
                WHERE orders.key = f.order_key""")


# --- lines --------------------------------------------------------------------------------------


def _gather_lines(cursor, given: dict[str, Given]) -> None:
    """The table `products` (the name is the most frequent one) and the view `order_lines`."""
    newest = "".join(f", arg_max({name}, (ordered_at, line)) AS {name}"
                     for name in ("category", "price", "cost") if f"products.{name}" in given)
    cursor.execute(f"""
        CREATE TABLE products AS
        WITH names AS (
            SELECT product_no, product_name, count(*) AS times, min(line) AS line FROM lines
            WHERE product_no IS NOT NULL AND product_name IS NOT NULL GROUP BY ALL),
        named AS (
            SELECT product_no, product_name FROM names
            QUALIFY row_number() OVER (PARTITION BY product_no ORDER BY times DESC, line) = 1),
        listed AS (
            SELECT product_no, min(line) AS key{newest} FROM lines WHERE product_no IS NOT NULL GROUP BY product_no)
        SELECT listed.*, named.product_name AS name
        FROM listed LEFT JOIN named ON named.product_no = listed.product_no""")
    cursor.execute("""
        CREATE VIEW order_lines AS
        SELECT l.line AS key, l.order_key, p.key AS product_key, l.line_no, l.product_name AS description, l.quantity,
               l.unit_price, l.amount
        FROM lines l LEFT JOIN products p ON p.product_no = l.product_no""")


# --- out ----------------------------------------------------------------------------------------


def _but_rejects(cursor) -> str:
    some = cursor.execute("SELECT 1 FROM rejects LIMIT 1").fetchone()
    return "ANTI JOIN rejects USING (line)" if some else ""


def _file(folder: Path, name: str) -> str:
    return "'" + str(folder / f"{name}.parquet").replace("'", "''") + "'"


def _write(cursor, folder: Path, name: str, select: str) -> None:
    cursor.execute(f"COPY ({select}) TO {_file(folder, name)} (FORMAT parquet, COMPRESSION lz4)")


def _counts(cursor, folder: Path, kind: str) -> dict:
    orders, amount, first, last, countries = cursor.execute(
        "SELECT count(*), coalesce(sum(amount), 0), min(ordered_at), max(ordered_at), count(DISTINCT country) "
        f"FROM {_file(folder, 'orders')}").fetchone()
    two_dates, two_customers = (0, 0) if kind == "orders" else cursor.execute(
        "SELECT count(*) FILTER (two_dates), count(*) FILTER (two_customers) FROM orders").fetchone()
    made = ("customers", "products", "order_lines") if kind == "order_lines" else ("customers",)
    customers, products, lines = [cursor.execute(f"SELECT count(*) FROM {_file(folder, name)}").fetchone()[0]
                                  for name in made] + [0] * (3 - len(made))
    return {"customers": customers, "products": products, "orders": orders, "lines": lines, "countries": countries,
            "amount": amount, "first_at": first, "last_at": last, "orders_with_two_dates": two_dates,
            "orders_with_two_customers": two_customers}
