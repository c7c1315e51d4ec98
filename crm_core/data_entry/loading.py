"""Load a checked file into the book as one batch: match what is there, add what is new, change what differs.

customers match by number, else by e-mail, else (with neither) by name and phone; products and orders by number;
lines by their place in the order. An empty cell changes nothing. An order's amount is the sum of its lines in the
book, those that this file does not name included.
"""
from dataclasses import dataclass

from crm_core.data_entry.checking import Checked
from crm_core.tables import TABLES

MOST_CONFLICTS_KEPT = 1000


@dataclass(frozen=True)
class Loaded:
    """What a load did, or in a rehearsal would do."""

    tables: dict[str, dict[str, int]]  # table → {"added": …, "changed": …, "unchanged": …}
    # Customers that could not be taken as they are: customer_no, name, column, reason (email_of_another: another
    # customer of the book has it; twice_in_file: the file names one customer of the book in two ways), value.
    conflicts: tuple[dict, ...]
    conflict_count: int
    amounts_kept: int  # orders whose amount in the file is not the sum of their lines in the book, which stays
    without_customer: int = 0  # rows kept though the customer they name is not in the book

    @property
    def changes_nothing(self) -> bool:
        return not any(counts["added"] + counts["changed"] for counts in self.tables.values())


def load(batch, checked: Checked, progress=None) -> Loaded:
    """Write the good rows inside `batch`: store.batch("import", name) to keep them, store.rehearsal to see."""
    progress = progress or (lambda share: None)
    tables, kept = {}, 0
    conflicts = _match_customers(batch, checked, drop_row=checked.kind == "customers")
    tables["customers"] = _settle(batch, "customers")
    progress(0.15)
    if checked.kind == "order_lines":
        _stage(batch, checked, "products")
        _match(batch, "products", "t.product_no = s.product_no")
        tables["products"] = _settle(batch, "products")
        progress(0.2)
    if checked.kind != "customers":
        _stage(batch, checked, "orders")
        _match(batch, "orders", "t.order_no = s.order_no")
        if checked.kind == "order_lines":
            _stage(batch, checked, "order_lines")
            progress(0.4)
            _match_lines(batch)
        kept = _complete_orders(batch, with_lines=checked.kind == "order_lines")
        tables["orders"] = _settle(batch, "orders")
        progress(0.5)
    if checked.kind == "order_lines":
        tables["order_lines"] = _settle_lines(batch)
    for name in ("customers", "products", "orders", "order_lines"):
        for role in ("coming", "found", "ready"):
            batch.execute(f"DROP TABLE IF EXISTS {role}_{name}")
    progress(1.0)
    return Loaded(tables, tuple(conflicts[:MOST_CONFLICTS_KEPT]), len(conflicts), kept)


def _stage(batch, checked: Checked, table: str) -> None:
    """The typed rows of a table as `coming_<table>`, with `key` the file's own number of the row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(checked.folder / f"{table}.parquet")
    batch.stage(f"coming_{table}", pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(131_072)))


def _columns(batch, source: str) -> list[str]:
    return [row[0] for row in batch.execute(f"DESCRIBE {source}").fetchall()]


def _match(batch, table: str, on: str) -> None:
    """The table `found_<table>`: key, id (of the row in the book or a new one), is_new."""
    _number(batch, table,
            f"SELECT s.key, t.id FROM coming_{table} s LEFT JOIN {table} t ON {on} AND t.deleted_at IS NULL")


def _number(batch, table: str, matched: str) -> None:
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE found_{table} AS
        SELECT key, id IS NULL AS is_new,
               coalesce(id, {batch.next_id(table)} - 1 + row_number() OVER (PARTITION BY id IS NULL ORDER BY key)) AS id
        FROM ({matched})""")


def _settle(batch, table: str) -> dict[str, int]:
    """Add the new rows of a table and change the ones that differ; from `ready_<table>` where that was made."""
    made = batch.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = $name", name=f"ready_{table}").fetchone()
    source = f"ready_{table}" if made else f"coming_{table}"
    given = set(_columns(batch, source))
    listed = ", ".join(f"s.{column.name}" for column in TABLES[table].typed if column.name in given)
    joined = f"FROM {source} s JOIN found_{table} f ON f.key = s.key"
    added = batch.insert(table, f"SELECT f.id, {listed} {joined} WHERE f.is_new ORDER BY f.id")
    batch.execute(f"CREATE OR REPLACE TEMP TABLE amending AS SELECT f.id, {listed} {joined} WHERE NOT f.is_new "
                  "QUALIFY row_number() OVER (PARTITION BY f.id ORDER BY f.key) = 1")
    changed = batch.amend(table, "amending")
    met = batch.execute(f"SELECT count(*) FROM found_{table} WHERE NOT is_new").fetchone()[0]
    batch.execute("DROP TABLE amending")
    return {"added": added, "changed": changed, "unchanged": met - changed}


# --- customers ----------------------------------------------------------------------------------


def _match_customers(batch, checked: Checked, drop_row: bool) -> list[dict]:
    """`found_customers` and `ready_customers`; the conflicts: e-mails that another customer of the book has.

    In a file of customers such a row is left out; in a file of orders the e-mail is.
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
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE meeting AS
        SELECT key, id, email_owner IS DISTINCT FROM id AND email_owner IS NOT NULL AS email_taken FROM (
            SELECT s.key, e.id AS email_owner, coalesce(
                n.id, CASE WHEN {no} IS NULL OR e.customer_no IS NULL THEN e.id END, m.id) AS id
            FROM coming_customers s
            LEFT JOIN customers n ON n.customer_no = {no} AND n.deleted_at IS NULL
            {by_email} {by_name})""")
    # Two rows of the file can be one customer of the book: one names the number, the other the e-mail.
    batch.execute("""
        CREATE OR REPLACE TEMP TABLE in_conflict AS
        SELECT key, CASE WHEN email_taken THEN 'email_of_another' ELSE 'twice_in_file' END AS reason FROM (
            SELECT *, row_number() OVER (PARTITION BY id ORDER BY email_taken, key) AS nth FROM meeting)
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
    if changes:
        email_kept = ""
        if "email" in changes:
            email_kept = "REPLACE (CASE WHEN m.email_taken THEN NULL ELSE s.email END AS email)"
        country = "country_of_orders" in changes
        # Where orders went tells where a customer lives only as long as nothing better is known.
        batch.execute(f"""
            CREATE OR REPLACE TEMP TABLE ready_customers AS
            SELECT s.* {"EXCLUDE (country_of_orders)" if country else ""} {email_kept}
                   {", CASE WHEN t.country IS NULL THEN s.country_of_orders END AS country" if country else ""}
            FROM coming_customers s JOIN meeting m ON m.key = s.key LEFT JOIN customers t ON t.id = m.id""")
    batch.execute("DROP TABLE meeting")
    batch.execute("DROP TABLE in_conflict")
    return conflicts if drop_row else [conflict for conflict in conflicts if conflict["reason"] == "email_of_another"]


# --- orders and their lines ---------------------------------------------------------------------


def _match_lines(batch) -> None:
    """The table `found_order_lines`: order_key, line_no, id of the file's lines that the book has already."""
    batch.execute("""
        CREATE OR REPLACE TEMP TABLE found_order_lines AS
        SELECT s.order_key, s.line_no, t.id
        FROM coming_order_lines s JOIN found_orders o ON o.key = s.order_key AND NOT o.is_new
        JOIN order_lines t ON t.order_id = o.id AND t.line_no = s.line_no AND t.deleted_at IS NULL""")


def _complete_orders(batch, with_lines: bool) -> int:
    """The table `ready_orders`: the customer's id, a status, the amount; how many amounts stay as in the book."""
    if with_lines:
        # The order's other lines, which are in the book and not in the file, count too.
        others = """
            SELECT l.order_id, sum(l.amount) AS amount FROM order_lines l
            WHERE l.deleted_at IS NULL AND l.order_id IN (SELECT id FROM found_orders WHERE NOT is_new)
            AND l.id NOT IN (SELECT id FROM found_order_lines) GROUP BY l.order_id"""
        amount = "s.amount + coalesce(other.amount, 0)"
    else:
        others = """
            SELECT l.order_id, sum(l.amount) AS amount FROM order_lines l
            WHERE l.deleted_at IS NULL AND l.order_id IN (SELECT id FROM found_orders WHERE NOT is_new)
            GROUP BY l.order_id"""
        amount = "coalesce(other.amount, s.amount)"
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE ready_orders AS
        SELECT key, order_no, customer_id, ordered_at, channel, country, amount, amount <> file_amount AS kept,
               -- A credit note is written as an order of its own, with a C before its number and nothing to pay.
               -- What the file does not tell is not changed in an order that the book has.
               coalesce(status, CASE WHEN is_new THEN CASE
                   WHEN regexp_matches(order_no, '^C[0-9]') AND amount <= 0 THEN 'cancelled'
                   ELSE 'completed' END END) AS status
        FROM (SELECT s.key, s.order_no, c.id AS customer_id, s.ordered_at, s.channel, s.country, s.status, f.is_new,
                     s.amount AS file_amount, CAST({amount} AS DECIMAL(18,4)) AS amount
              FROM coming_orders s JOIN found_orders f ON f.key = s.key
              LEFT JOIN found_customers c ON c.key = s.customer_key
              LEFT JOIN ({others}) other ON other.order_id = f.id)""")
    return 0 if with_lines else batch.execute("SELECT count(*) FROM ready_orders WHERE kept").fetchone()[0]


def _settle_lines(batch) -> dict[str, int]:
    columns = "o.id AS order_id, s.line_no, p.id AS product_id, s.description, s.quantity, s.unit_price, s.amount"
    joined = ("FROM coming_order_lines s JOIN found_orders o ON o.key = s.order_key "
              "LEFT JOIN found_products p ON p.key = s.product_key")
    met = batch.execute("SELECT count(*) FROM found_order_lines").fetchone()[0]
    unmet = " ANTI JOIN found_order_lines m ON m.order_key = s.order_key AND m.line_no = s.line_no" if met else ""
    added, changed = 0, 0
    total = batch.execute("SELECT count(*) FROM coming_order_lines").fetchone()[0]
    if total > met:
        added = batch.insert("order_lines", f"SELECT {columns} {joined}{unmet}")
    if met:
        batch.execute(f"CREATE OR REPLACE TEMP TABLE amending AS SELECT m.id, {columns} {joined} "
                      "JOIN found_order_lines m ON m.order_key = s.order_key AND m.line_no = s.line_no")
        changed = batch.amend("order_lines", "amending")
        batch.execute("DROP TABLE amending")
    return {"added": added, "changed": changed, "unchanged": met - changed}
