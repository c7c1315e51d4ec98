"""Whom the rows of a file name: look up customers, campaigns and orders of the book, and the rows that are here.

Works on `coming_<table>`, whose columns `ref_customers_email` and the like hold what the file says.
"""
from crm_core.data_entry import merged
from crm_core.data_entry.kinds import KINDS, column_of
from crm_core.data_entry.rows import CONTENT, DEFAULTS
from crm_core.tables import TABLES

__all__ = ["DEFAULTS", "left_out", "match", "resolve"]

MOST_CONFLICTS_KEPT = 1000

# What a file says → the key of the book that it is looked up by, the surest first. Lists (1;2) name the first.
FIRST = "trim(split_part({}, ';', 1))"
LOOKUPS = {
    "customer_id": ("customers", (
        ("ref_customers_customer_no", "customer_no", FIRST), ("ref_customers_lead_no", "customer_no", FIRST),
        ("ref_customers_email", "email_key", "email_key({})"), ("ref_customers_phone", "phone_key", "phone_key({})"),
        ("ref_customers_name", "lower(name)", "lower({})"), ("ref_customers_company_no", "customer_no", FIRST),
        ("ref_customers_company", "lower(name)", "lower({})"))),
    "related_id": ("customers", (
        ("ref_relationships_related_no", "customer_no", FIRST),
        ("ref_relationships_related_email", "email_key", "email_key({})"),
        ("ref_relationships_related_name", "lower(name)", "lower({})"))),
    "campaign_id": ("campaigns", (
        ("ref_campaigns_campaign_no", "campaign_no", "{}"), ("ref_campaigns_name", "lower(name)", "lower({})"))),
    "order_id": ("orders", (("ref_orders_order_no", "order_no", "{}"),)),
}
OWN_FIELDS = {"customer_id": "customers", "campaign_id": "campaigns", "order_id": "orders",
              "related_id": "relationships"}
UNKNOWN = {"customer_id": "customer_unknown", "campaign_id": "campaign_unknown", "related_id": "related_unknown"}


def left_out(batch, select: str) -> tuple[list[dict], int]:
    """The first rows of a SELECT of conflicts, and how many there are."""
    count = batch.execute(f"SELECT count(*) FROM ({select})").fetchone()[0]
    return batch.execute(f"{select} LIMIT {MOST_CONFLICTS_KEPT}").to_arrow_table().to_pylist() if count else [], count


def resolve(batch, table: str) -> tuple[list[dict], int, int]:
    """Put ids for what the rows of `coming_<table>` name. The rows that cannot stand without, how many of these there
    are, and how many stay though their customer is not known. What was not found stays legible as an own field.

    Who was merged into somebody means that one; `by_merge` marks such rows."""
    given = {row[0] for row in batch.execute(f"DESCRIBE coming_{table}").fetchall()}
    joins, columns, extras, by_merge = [], [], ["s.extra"], []
    wanted = [column for column in TABLES[table].columns if column.name in LOOKUPS]
    with_merges = {parent for parent in {LOOKUPS[column.name][0] for column in wanted}
                   if merged.lay_merged(batch, parent)}
    for column in wanted:
        parent, lookups = LOOKUPS[column.name]
        found = []
        for reference, key, asked in lookups:
            if reference not in given:
                continue
            alias = f"r{len(joins)}"
            # A name that several have names nobody.
            one = (f"SELECT {key} AS key, min(id) AS id FROM {parent} WHERE deleted_at IS NULL "
                   f"AND {key} IS NOT NULL GROUP BY 1 HAVING count(*) = 1")
            if parent in with_merges:
                one = (f"SELECT *, false AS by_merge FROM ({one}) UNION ALL "
                       f"SELECT *, true FROM ({merged.looked_up(parent, key)})")
                earlier = "".join(f"{other} IS NULL AND " for other in found)
                by_merge.append(f"{earlier}coalesce({alias}.by_merge, false)")
            joins.append(f"LEFT JOIN ({one}) {alias} ON {alias}.key = {asked.format(f's.{reference}')}")
            found.append(f"{alias}.id")
        value = f"coalesce({', '.join(found)})" if len(found) > 1 else found[0] if found else "CAST(NULL AS BIGINT)"
        columns.append(f"{value} AS {column.name}")
        left = f"refs_{OWN_FIELDS[column.name]}"
        if left in given:
            extras.append(f"CASE WHEN {value} IS NULL THEN s.{left} END")
    extra = extras[0]
    for more in extras[1:]:
        extra = f"coalesce(json_merge_patch({extra}, {more}), {more}, {extra})"
    refs = ", ".join(name for name in sorted(given) if name.startswith(("refs_",)))
    drop = ["extra", *(name for name in sorted(given) if name.startswith("ref_"))]
    batch.execute(f"CREATE OR REPLACE TEMP TABLE ready_{table} AS SELECT s.* EXCLUDE ({', '.join(drop)}), "
                  f"{', '.join([*columns, f'{extra} AS extra'])}"
                  f"{f', {_any(by_merge)} AS by_merge' if by_merge else ''} FROM coming_{table} s {' '.join(joins)}")
    conflicts, count = [], 0
    for column in wanted:
        if column.required:
            left = f"refs_{OWN_FIELDS[column.name]}"
            value = left if left in given else "NULL"
            rows, found = left_out(batch, f"""
                SELECT NULL AS customer_no, NULL AS name, '{column.name}' AS "column",
                       '{UNKNOWN[column.name]}' AS reason, CAST({value} AS VARCHAR) AS value, line
                FROM ready_{table} WHERE {column.name} IS NULL ORDER BY key""")
            conflicts, count = conflicts + rows, count + found
            batch.execute(f"DELETE FROM ready_{table} WHERE {column.name} IS NULL")
    if table == "relationships":
        if by_merge:  # a tie of two who are one by now
            batch.execute("DELETE FROM ready_relationships WHERE customer_id = related_id AND by_merge")
        rows, found = left_out(batch, """
            SELECT NULL AS customer_no, NULL AS name, 'related_id' AS "column", 'rule.not_oneself' AS reason,
                   CAST(refs_relationships AS VARCHAR) AS value, line
            FROM ready_relationships WHERE customer_id = related_id ORDER BY key""")
        conflicts, count = conflicts + rows, count + found
        batch.execute("DELETE FROM ready_relationships WHERE customer_id = related_id")
    without = 0
    if "customer_id" in {column.name for column in wanted if not column.required}:
        without = batch.execute(f"SELECT count(*) FROM ready_{table} WHERE customer_id IS NULL").fetchone()[0]
    if refs:
        for name in refs.split(", "):
            batch.execute(f"ALTER TABLE ready_{table} DROP {name}")
    return conflicts, count, without


def match(batch, table: str) -> tuple[list[dict], int, int]:
    """The table `found_<table>`: key, id, is_new. Rows that name one that an earlier row named are taken out: the
    first of these, and their number; and how many rows were taken out as being about records merged earlier."""
    number = next((column_of(kind.number).name for kind in KINDS.values()
                   if kind.tables[0] == table and kind.number), None)
    given = {row[0] for row in batch.execute(f"DESCRIBE ready_{table}").fetchall()}
    earlier = 0
    if number in given and merged.lay_merged(batch, table):
        earlier = merged.leave_out(batch, table, number)
    by_merge = "s.by_merge" if "by_merge" in given else "false"
    references = [column.name for column in TABLES[table].columns if column.refers_to and column.required]
    same = [name for name in CONTENT[table] if name in given or name in DEFAULTS[table]] + references
    by_number = f"LEFT JOIN {table} n ON n.{number} = s.{number} AND n.deleted_at IS NULL" if number in given else (
        "LEFT JOIN (SELECT CAST(NULL AS BIGINT) AS id) n ON false")
    by_content = "LEFT JOIN (SELECT CAST(NULL AS BIGINT) AS id, CAST(NULL AS BIGINT) AS customer_id) t ON false"
    if same:
        conditions = [f"t.{name} IS NOT DISTINCT FROM {_with_default(table, name, given)}" for name in same]
        conditions.append("t.deleted_at IS NULL")
        if number:
            conditions.append(f"t.{number} IS NULL")
        if number in given:
            conditions.append(f"s.{number} IS NULL")
        owned = "customer_id" in {column.name for column in TABLES[table].columns} and "customer_id" not in references
        if owned:  # whom nobody knew last month somebody may know now
            conditions.append("(t.customer_id IS NOT DISTINCT FROM s.customer_id OR t.customer_id IS NULL)")
        by_content = f"LEFT JOIN {table} t ON {' AND '.join(conditions)}"
    prefer = "t.customer_id IS NULL, " if same and "customer_id" in {c.name for c in TABLES[table].columns} else ""
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE meeting AS
        SELECT s.key, s.line, coalesce(n.id, t.id) AS id, {by_merge} AS by_merge
        FROM ready_{table} s {by_number} {by_content}
        QUALIFY row_number() OVER (PARTITION BY s.key ORDER BY {prefer}t.id) = 1""")
    batch.execute("""
        CREATE OR REPLACE TEMP TABLE again AS
        SELECT key, line, by_merge FROM meeting WHERE id IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY id ORDER BY by_merge, key) > 1""")
    if references:  # two names of one customer
        by_merge = by_merge.removeprefix("s.")
        batch.execute(f"INSERT INTO again SELECT key, line, {by_merge} FROM ready_{table} "
                      "WHERE key NOT IN (SELECT key FROM again) QUALIFY row_number() OVER "
                      f"(PARTITION BY {', '.join(same)} ORDER BY {by_merge}, key) > 1")
    conflicts = left_out(batch, """
        SELECT NULL AS customer_no, NULL AS name, NULL AS "column", 'twice_in_file' AS reason,
               CAST(NULL AS VARCHAR) AS value, line FROM again WHERE NOT by_merge ORDER BY key""")
    earlier += batch.execute("SELECT count(*) FROM again WHERE by_merge").fetchone()[0]
    batch.execute(f"DELETE FROM ready_{table} WHERE key IN (SELECT key FROM again)")
    batch.execute("DELETE FROM meeting WHERE key IN (SELECT key FROM again)")
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE found_{table} AS
        SELECT key, id IS NULL AS is_new, coalesce(
            id, {batch.next_id(table)} - 1 + row_number() OVER (PARTITION BY id IS NULL ORDER BY key)) AS id
        FROM meeting""")
    batch.execute("DROP TABLE meeting")
    batch.execute("DROP TABLE again")
    return *conflicts, earlier


def _any(conditions: list[str]) -> str:
    return " OR ".join(f"({condition})" for condition in conditions)


def _with_default(table: str, name: str, given: set[str]) -> str:
    default = DEFAULTS[table].get(name)
    if name not in given:
        return f"'{default}'"
    return f"coalesce(s.{name}, '{default}')" if default else f"s.{name}"
