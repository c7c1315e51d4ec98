"""Load a checked file into the book as one batch: match what is there, add what is new, change what differs.

customers match by number, else by e-mail, else (with neither) by name and phone; products and orders by number;
lines by their place in the order. An empty cell changes nothing. An order's amount is the sum of its lines in the
book, those that this file does not name included.
"""
from dataclasses import dataclass

from crm_core.data_entry import merged, references
from crm_core.data_entry.checking import Checked
from crm_core.data_entry.kinds import table_of
from crm_core.tables import TABLES

MOST_CONFLICTS_KEPT = references.MOST_CONFLICTS_KEPT
KEYS_AT_ONCE = 2_500_000


@dataclass(frozen=True)
class Loaded:
    """What a load did, or in a rehearsal would do."""

    tables: dict[str, dict[str, int]]  # table → {"added": …, "changed": …, "unchanged": …}
    # Customers that could not be taken as they are: customer_no, name, column, reason (email_of_another: another
    # customer of the book has it; twice_in_file: the file names one customer of the book in two ways), value. In files
    # of other kinds: rows left out, with their `line` (customer_unknown, order_not_in_book …).
    conflicts: tuple[dict, ...]
    conflict_count: int
    amounts_kept: int  # orders whose amount in the file is not the sum of their lines in the book, which stays
    without_customer: int = 0  # rows kept though the customer they name is not in the book
    merged_earlier: int = 0  # rows about records that were merged into others: they change nothing but an opt-out

    @property
    def changes_nothing(self) -> bool:
        return not any(counts["added"] + counts["changed"] for counts in self.tables.values())

    @property
    def nothing_fits(self) -> bool:
        """Not one row could be taken: all contradict what is here, or name what is not."""
        return bool(self.conflict_count) and not any(sum(counts.values()) for counts in self.tables.values())


def load(batch, checked: Checked, progress=None) -> Loaded:
    """Write the good rows inside `batch`: store.batch("import", name) to keep them, store.rehearsal to see."""
    progress = progress or (lambda share: None)
    if checked.kind not in ("customers", "orders", "order_lines"):
        return _load_rows(batch, checked, progress)
    if (checked.folder / "payments.parquet").exists():
        return _load_payments(batch, checked, progress)
    tables, kept = {}, 0
    conflicts, earlier = _match_customers(batch, checked, drop_row=checked.kind == "customers")
    tables["customers"] = _settle(batch, "customers", left_out=earlier)
    if earlier:
        tables["customers"]["changed"] += batch.amend("customers", "opted_out")
        batch.execute("DROP TABLE opted_out")
    progress(0.15)
    if checked.kind == "order_lines":
        _stage(batch, checked, "products")
        out = _match_products(batch)
        tables["products"], earlier = _settle(batch, "products", left_out=out), earlier + out
        progress(0.2)
    if checked.kind in ("orders", "order_lines"):
        with _laid(batch, checked, "orders"):
            _number_orders(batch)
            if checked.kind == "order_lines":
                with _laid(batch, checked, "order_lines"):
                    progress(0.4)
                    _match_lines(batch)
                    kept = _complete_orders(batch, with_lines=True)
                    tables["orders"] = _settle_orders(batch)
                    progress(0.5)
                    tables["order_lines"] = _settle_lines(batch)
            else:
                kept = _complete_orders(batch, with_lines=False)
                tables["orders"] = _settle_orders(batch)
            batch.execute("DROP VIEW ready_orders")
            batch.execute("DROP TABLE IF EXISTS other_lines")
    for name in ("customers", "products", "orders", "order_lines"):
        for role in ("coming", "found", "ready"):
            batch.execute(f"DROP TABLE IF EXISTS {role}_{name}")
    progress(1.0)
    return Loaded(tables, tuple(conflicts[:MOST_CONFLICTS_KEPT]), len(conflicts), kept, merged_earlier=earlier)


def _load_rows(batch, checked: Checked, progress) -> Loaded:
    """The rows of a file of one table: look up whom they name, find those that are here, add and change."""
    table = table_of(checked.kind)
    _stage(batch, checked, table)
    progress(0.2)
    conflicts, count, without = references.resolve(batch, table)
    progress(0.4)
    again, twice, earlier = references.match(batch, table)
    progress(0.6)
    tables = {table: _settle(batch, table, references.DEFAULTS[table])}
    for role in ("coming", "found", "ready"):
        batch.execute(f"DROP TABLE IF EXISTS {role}_{table}")
    progress(1.0)
    return Loaded(tables, tuple((conflicts + again)[:MOST_CONFLICTS_KEPT]), count + twice, 0, without, earlier)


def _load_payments(batch, checked: Checked, progress) -> Loaded:
    """What was paid for orders of the book; an order whose lines are here keeps their sum."""
    _stage(batch, checked, "payments")
    batch.execute("""
        CREATE OR REPLACE TEMP TABLE amending AS
        SELECT t.id, s.* EXCLUDE (key, order_no, amount),
               CASE WHEN l.order_id IS NULL THEN s.amount END AS amount, l.amount <> s.amount AS kept
        FROM coming_payments s JOIN orders t ON t.order_no = s.order_no AND t.deleted_at IS NULL
        LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM order_lines WHERE deleted_at IS NULL GROUP BY order_id) l
        ON l.order_id = t.id""")
    conflicts, count = references.left_out(batch, """
        SELECT order_no AS customer_no, NULL AS name, 'order_no' AS "column", 'order_not_in_book' AS reason,
               order_no AS value
        FROM coming_payments s WHERE NOT EXISTS (
            SELECT 1 FROM orders t WHERE t.order_no = s.order_no AND t.deleted_at IS NULL)
        ORDER BY key""")
    progress(0.5)
    met, kept = batch.execute("SELECT count(*), count(*) FILTER (WHERE kept) FROM amending").fetchone()
    batch.execute("ALTER TABLE amending DROP kept")
    changed = batch.amend("orders", "amending")
    batch.execute("DROP TABLE amending")
    batch.execute("DROP TABLE coming_payments")
    progress(1.0)
    return Loaded({"orders": {"added": 0, "changed": changed, "unchanged": met - changed}},
                  tuple(conflicts), count, kept)


def _stage(batch, checked: Checked, table: str) -> None:
    """The typed rows of a table as `coming_<table>`, with `key` the file's own number of the row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(checked.folder / f"{table}.parquet")
    batch.stage(f"coming_{table}", pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(131_072)))


def _laid(batch, checked: Checked, table: str):
    """The typed rows of a table as the view `coming_<table>`: millions of rows are read when asked for, not kept."""
    return batch.laid(f"coming_{table}", checked.folder / f"{table}.parquet")


def _columns(batch, source: str) -> list[str]:
    return [row[0] for row in batch.execute(f"DESCRIBE {source}").fetchall()]


def _match_products(batch) -> int:
    """The table `found_products`: key, id (of the row in the book or a new one), is_new; how many were merged."""
    met = "coming_products s LEFT JOIN products t ON t.product_no = s.product_no AND t.deleted_at IS NULL"
    if not merged.lay_merged(batch, "products"):
        _number(batch, "products", f"SELECT s.key, t.id FROM {met}")
        return 0
    _number(batch, "products", f"SELECT s.key, coalesce(t.id, m.id) AS id FROM {met} "
                               f"LEFT JOIN ({merged.looked_up('products', 'product_no')}) m ON m.key = s.product_no")
    batch.execute("CREATE OR REPLACE TEMP TABLE ready_products AS SELECT * FROM coming_products")
    return merged.leave_out(batch, "products", "product_no")


def _number(batch, table: str, matched: str) -> None:
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE found_{table} AS
        SELECT key, id IS NULL AS is_new,
               coalesce(id, {batch.next_id(table)} - 1 + row_number() OVER (PARTITION BY id IS NULL ORDER BY key)) AS id
        FROM ({matched})""")


def _settle(batch, table: str, defaults: dict[str, str] | None = None, left_out: int = 0) -> dict[str, int]:
    """Add the new rows of a table and change the ones that differ; from `ready_<table>` where that was made.

    `defaults` are what a new row has where the file does not tell; `left_out` how many found rows are not settled.
    """
    made = batch.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = $name", name=f"ready_{table}").fetchone()
    source = f"ready_{table}" if made else f"coming_{table}"
    given = set(_columns(batch, source))
    listed = ", ".join(f"s.{column.name}" for column in TABLES[table].typed if column.name in given)
    joined = f"FROM {source} s JOIN found_{table} f ON f.key = s.key"
    untold = {name: f"'{value}'" for name, value in (defaults or {}).items()}
    new = ", ".join(f"coalesce(s.{name}, {untold[name]}) AS {name}" if name in untold else f"s.{name}"
                    for column in TABLES[table].typed if (name := column.name) in given)
    new += "".join(f", {value} AS {name}" for name, value in untold.items() if name not in given)
    added = batch.insert(table, f"SELECT f.id, {new} {joined} WHERE f.is_new ORDER BY f.id")
    batch.execute(f"CREATE OR REPLACE TEMP TABLE amending AS SELECT f.id, {listed} {joined} WHERE NOT f.is_new "
                  "QUALIFY row_number() OVER (PARTITION BY f.id ORDER BY f.key) = 1")
    changed = batch.amend(table, "amending")
    met = batch.execute(f"SELECT count(*) FROM found_{table} WHERE NOT is_new").fetchone()[0] - left_out
    batch.execute("DROP TABLE amending")
    return {"added": added, "changed": changed, "unchanged": met - changed}


# --- customers ----------------------------------------------------------------------------------


def _match_customers(batch, checked: Checked, drop_row: bool) -> tuple[list[dict], int]:
    """`found_customers` and `ready_customers`; the conflicts: e-mails that another customer of the book has; how many
    rows are about customers merged earlier, with what they opted out of in `opted_out`.

    In a file of customers a row in conflict is left out; in a file of orders its e-mail is.
    """
    _stage(batch, checked, "customers")
    given = set(_columns(batch, "coming_customers"))
    no, email, name, phone = (f"s.{column}" if column in given else "CAST(NULL AS VARCHAR)"
                              for column in ("customer_no", "email", "name", "phone"))
    by_email = f"LEFT JOIN customers e ON e.email_key = email_key({email}) AND e.deleted_at IS NULL" if (
        "email" in given) else "LEFT JOIN customers e ON false"
    by_name = f"""
        LEFT JOIN (SELECT name, phone, min(id) AS id FROM customers
                   WHERE customer_no IS NULL AND email_key IS NULL AND deleted_at IS NULL GROUP BY name, phone) m
        ON {no} IS NULL AND {email} IS NULL AND m.name IS NOT DISTINCT FROM {name}
        AND m.phone IS NOT DISTINCT FROM {phone}"""
    by_name = by_name if {"name", "phone"} & given else "LEFT JOIN (SELECT 0::BIGINT AS id) m ON false"
    with_merges = merged.lay_merged(batch, "customers")
    by_number, by_another, stood_for = "CAST(NULL AS BIGINT)", "CAST(NULL AS BIGINT)", ""
    if with_merges:
        nameless = "customer_no IS NULL AND email_key IS NULL"
        both = "concat_ws(chr(31), name, phone)"
        by_number, by_another = "gn.id", "coalesce(ge.id, gm.id)"
        stood_for = (f"LEFT JOIN ({merged.looked_up('customers', 'customer_no')}) gn ON gn.key = {no} "
                     f"LEFT JOIN ({merged.looked_up('customers', 'email_key')}) ge ON ge.key = email_key({email}) "
                     f"LEFT JOIN ({merged.looked_up('customers', both, nameless)}) gm "
                     f"ON {no} IS NULL AND {email} IS NULL AND gm.key = concat_ws(chr(31), {name}, {phone})")
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE meeting AS
        SELECT key, id, by_merge,
               NOT by_merge AND email_owner IS DISTINCT FROM id AND email_owner IS NOT NULL AS email_taken
        FROM (
            SELECT key, email_owner, coalesce(number_of, merged_number_of, known_as, merged_known_as) AS id,
                   number_of IS NULL AND (merged_number_of IS NOT NULL
                                          OR known_as IS NULL AND merged_known_as IS NOT NULL) AS by_merge
            FROM (
                SELECT s.key, e.id AS email_owner, n.id AS number_of, {by_number} AS merged_number_of, coalesce(
                    CASE WHEN {no} IS NULL OR e.customer_no IS NULL THEN e.id END, m.id) AS known_as,
                    CASE WHEN e.id IS NULL THEN {by_another} END AS merged_known_as
                FROM coming_customers s
                LEFT JOIN customers n ON n.customer_no = {no} AND n.deleted_at IS NULL
                {by_email} {by_name} {stood_for}))""")
    # Two rows of the file can be one customer of the book: one names the number, the other the e-mail.
    batch.execute("""
        CREATE OR REPLACE TEMP TABLE in_conflict AS
        SELECT key, CASE WHEN email_taken THEN 'email_of_another' ELSE 'twice_in_file' END AS reason FROM (
            SELECT *, row_number() OVER (PARTITION BY id ORDER BY email_taken, key) AS nth
            FROM meeting WHERE NOT by_merge)
        WHERE email_taken OR (id IS NOT NULL AND nth > 1)""")
    conflicts = batch.execute(f"""
        SELECT {no} AS customer_no, {name} AS name, 'email' AS "column", i.reason, {email} AS value
        FROM coming_customers s JOIN in_conflict i ON i.key = s.key ORDER BY s.key""").to_arrow_table().to_pylist()
    taken = any(conflict["reason"] == "email_of_another" for conflict in conflicts)
    if drop_row and conflicts:
        batch.execute("DELETE FROM coming_customers WHERE key IN (SELECT key FROM in_conflict)")
        batch.execute("DELETE FROM meeting WHERE key IN (SELECT key FROM in_conflict)")
    _number(batch, "customers", "SELECT key, id FROM meeting")
    changes = []
    if taken and not drop_row:
        changes.append("email")
    if "country_of_orders" in given:
        changes.append("country_of_orders")
    earlier, replaced, opted_out = 0, [], ""
    if with_merges:
        earlier = batch.execute("SELECT count(*) FROM meeting WHERE by_merge").fetchone()[0]
        replaced = [merged.held(column) for column in merged.hold_opt_outs(batch, given)]
        opted_out = ("LEFT JOIN opted_out o ON o.id = m.id LEFT JOIN opted_out_before b ON b.id = m.id "
                     "WHERE NOT m.by_merge")
    if changes or with_merges:
        if "email" in changes:
            replaced.append("CASE WHEN m.email_taken THEN NULL ELSE s.email END AS email")
        kept = f"REPLACE ({', '.join(replaced)})" if replaced else ""
        country = "country_of_orders" in changes
        # Where orders went tells where a customer lives only as long as nothing better is known.
        batch.execute(f"""
            CREATE OR REPLACE TEMP TABLE ready_customers AS
            SELECT s.* {"EXCLUDE (country_of_orders)" if country else ""} {kept}
                   {", CASE WHEN t.country IS NULL THEN s.country_of_orders END AS country" if country else ""}
            FROM coming_customers s JOIN meeting m ON m.key = s.key LEFT JOIN customers t ON t.id = m.id
            {opted_out}""")
    batch.execute("DROP TABLE meeting")
    batch.execute("DROP TABLE in_conflict")
    if not drop_row:
        conflicts = [conflict for conflict in conflicts if conflict["reason"] == "email_of_another"]
    return conflicts, earlier


# --- orders and their lines ---------------------------------------------------------------------


def _numbering(batch, source: str, first_id: int) -> str:
    """SQL that gives the rows of `source` ids from `first_id` on in the order of their keys, without sorting if it can.

        keys 2 3 4, first_id 7  →  key + 5
    """
    rows, first, last = batch.execute(f"SELECT count(*), min(key), max(key) FROM {source}").fetchone()
    if rows and last - first + 1 == rows:
        return f"key + {first_id - first}"
    return f"{first_id - 1} + row_number() OVER (ORDER BY key)"


def _number_orders(batch) -> None:
    """The relation `found_orders`: key, id (of the order in the book or a new one), is_new."""
    if not batch.execute("SELECT 1 FROM orders LIMIT 1").fetchone():
        batch.execute(f"""
            CREATE OR REPLACE TEMP TABLE found_orders AS
            SELECT key, true AS is_new, {_numbering(batch, "coming_orders", batch.next_id("orders"))} AS id
            FROM coming_orders""")
        return
    batch.execute("""
        CREATE OR REPLACE TEMP TABLE met_orders AS
        SELECT s.key, t.id FROM coming_orders s JOIN orders t ON t.order_no = s.order_no AND t.deleted_at IS NULL""")
    new = "(SELECT key FROM coming_orders ANTI JOIN met_orders USING (key))"
    number = _numbering(batch, new, batch.next_id("orders"))
    batch.execute(f"CREATE OR REPLACE TEMP TABLE found_orders AS SELECT key, false AS is_new, id FROM met_orders "
                  f"UNION ALL SELECT key, true, {number} FROM {new}")
    batch.execute("DROP TABLE met_orders")


def _stretches(batch, source: str) -> list[str]:
    """Conditions on `key` that take the rows of `source` bit by bit: comparing millions at once takes gigabytes."""
    first, last = batch.execute(f"SELECT min(key), max(key) FROM {source}").fetchone()
    return [f"key BETWEEN {start} AND {start + KEYS_AT_ONCE - 1}" for start in range(first, last + 1, KEYS_AT_ONCE)]


def _match_lines(batch) -> None:
    """The table `found_order_lines`: key, id of the file's lines that the book has already."""
    batch.execute("""
        CREATE OR REPLACE TEMP TABLE found_order_lines AS
        SELECT s.key, t.id
        FROM coming_order_lines s JOIN found_orders o ON o.key = s.order_key AND NOT o.is_new
        JOIN order_lines t ON t.order_id = o.id AND t.line_no = s.line_no AND t.deleted_at IS NULL""")


def _complete_orders(batch, with_lines: bool) -> int:
    """The view `ready_orders`: the customer's id, a status, the amount; how many amounts stay as in the book."""
    others, amount = "", "s.amount"
    if batch.execute("SELECT 1 FROM found_orders WHERE NOT is_new LIMIT 1").fetchone():
        # The order's other lines, which are in the book and not in the file, count too.
        unnamed = "AND l.id NOT IN (SELECT id FROM found_order_lines)" if with_lines else ""
        batch.execute(f"""
            CREATE OR REPLACE TEMP TABLE other_lines AS
            SELECT l.order_id, sum(l.amount) AS amount FROM order_lines l
            WHERE l.deleted_at IS NULL AND l.order_id IN (SELECT id FROM found_orders WHERE NOT is_new) {unnamed}
            GROUP BY l.order_id""")
        others = "LEFT JOIN other_lines other ON other.order_id = f.id"
        amount = "s.amount + coalesce(other.amount, 0)" if with_lines else "coalesce(other.amount, s.amount)"
    own = "".join(f", s.{name}" for name in ("currency", "extra") if name in _columns(batch, "coming_orders"))
    # The first file of a new book: its orders need not look each other up.
    numbered = batch.execute("""
        SELECT min(id - key) FROM found_orders HAVING bool_and(is_new) AND min(id - key) = max(id - key)""").fetchone()
    of = "s" if numbered else "f"
    amount = f"coalesce({amount}, CASE WHEN {of}.is_new THEN 0 END)"
    found = (f"(SELECT *, key + {numbered[0]} AS id, true AS is_new FROM coming_orders) s" if numbered
             else "coming_orders s JOIN found_orders f ON f.key = s.key")
    batch.execute(f"""
        CREATE OR REPLACE TEMP VIEW ready_orders AS
        SELECT key, id, is_new, order_no, customer_id, ordered_at, channel, country, amount,
               amount <> file_amount AS kept,
               -- A credit note is written as an order of its own, with a C before its number and nothing to pay.
               -- What the file does not tell is not changed in an order that the book has.
               coalesce(status, CASE WHEN is_new THEN CASE
                   WHEN regexp_matches(order_no, '^C[0-9]') AND amount <= 0 THEN 'cancelled'
                   ELSE 'completed' END END) AS status{own.replace("s.", "")}
        FROM (SELECT s.key, {of}.id, {of}.is_new, s.order_no, c.id AS customer_id, s.ordered_at, s.channel, s.country,
                     s.status, s.amount AS file_amount, CAST({amount} AS DECIMAL(18,4)) AS amount{own}
              FROM {found} LEFT JOIN found_customers c ON c.key = s.customer_key {others})""")
    return 0 if with_lines or not others else batch.execute(
        "SELECT count(*) FROM ready_orders WHERE kept").fetchone()[0]


def _settle_orders(batch) -> dict[str, int]:
    """Add the new orders and change the ones that differ."""
    columns = "id, order_no, customer_id, ordered_at, status, channel, country, amount"
    columns += "".join(f", {name}" for name in ("currency", "extra") if name in _columns(batch, "coming_orders"))
    new, met = batch.execute(
        "SELECT count(*) FILTER (is_new), count(*) FILTER (NOT is_new) FROM found_orders").fetchone()
    added = batch.insert("orders", f"SELECT {columns} FROM ready_orders WHERE is_new") if new else 0
    changed = sum(batch.amend("orders", f"(SELECT {columns} FROM ready_orders WHERE NOT is_new AND {some})")
                  for some in _stretches(batch, "found_orders")) if met else 0
    return {"added": added, "changed": changed, "unchanged": met - changed}


def _settle_lines(batch) -> dict[str, int]:
    columns = "o.id AS order_id, s.line_no, p.id AS product_id, s.description, s.quantity, s.unit_price, s.amount"
    columns += ", s.extra" if "extra" in _columns(batch, "coming_order_lines") else ""
    joined = ("coming_order_lines s JOIN found_orders o ON o.key = s.order_key "
              "LEFT JOIN found_products p ON p.key = s.product_key")
    met = batch.execute("SELECT count(*) FROM found_order_lines").fetchone()[0]
    new = "(SELECT * FROM coming_order_lines ANTI JOIN found_order_lines USING (key))" if met else "coming_order_lines"
    added, changed = 0, 0
    if batch.execute(f"SELECT 1 FROM {new} LIMIT 1").fetchone():
        number = _numbering(batch, new, batch.next_id("order_lines"))
        numbered = joined.replace("coming_order_lines", f"(SELECT *, {number} AS id FROM {new})")
        added = batch.insert("order_lines", f"SELECT s.id, {columns} FROM {numbered}")
    if met:
        for some in _stretches(batch, "found_order_lines"):
            known = f"JOIN (SELECT * FROM found_order_lines WHERE {some}) m ON m.key = s.key"
            changed += batch.amend("order_lines", f"(SELECT m.id, {columns} FROM {joined} {known})")
    return {"added": added, "changed": changed, "unchanged": met - changed}
