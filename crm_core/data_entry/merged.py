"""Rows of a file about records that were merged into others since: they mean those, and change nothing in them.

    merges: C-17 → C-4    |    file: C-17, opted out of e-mail; an order of C-17
    →  C-4 is opted out and has the order; C-17 does not come back

An opt-out of anybody whom a record stands for holds against whatever a file says of that record.
"""
from crm_core.tables import TABLES


def lay_merged(batch, table: str) -> bool:
    """The temp table `merged_<table>`: each record merged away, as it was, with the `id` of the one that stands for it.

    False where there is none, so that an import into a book without merges asks nothing more.
    """
    there = batch.execute("SELECT 1 FROM merges WHERE table_name = $name AND deleted_at IS NULL LIMIT 1", name=table)
    if not there.fetchone():
        return False
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE merged_{table} AS
        WITH RECURSIVE way AS (
            SELECT merged_id AS gone, kept_id AS stands FROM merges WHERE table_name = '{table}' AND deleted_at IS NULL
            UNION
            SELECT w.gone, m.kept_id FROM way w JOIN merges m ON m.merged_id = w.stands
            WHERE m.table_name = '{table}' AND m.deleted_at IS NULL)
        SELECT k.id, t.* EXCLUDE (id, deleted_at, changed_in) FROM way w
        JOIN {table} t ON t.id = w.gone AND t.deleted_at IS NOT NULL
        JOIN {table} k ON k.id = w.stands AND k.deleted_at IS NULL""")
    return True


def looked_up(table: str, key: str, among: str = "true") -> str:
    """SQL of key, id: the records that stand for those who had a key, where nobody living has it."""
    return (f"SELECT {key} AS key, min(id) AS id FROM merged_{table} WHERE {key} IS NOT NULL AND {among} "
            f"AND {key} NOT IN (SELECT {key} FROM {table} WHERE deleted_at IS NULL AND {key} IS NOT NULL) "
            "GROUP BY 1 HAVING count(DISTINCT id) = 1")


def leave_out(batch, table: str, number: str) -> int:
    """Take the rows about merged records out of `ready_<table>`: they say what was known before. How many."""
    return batch.execute(f"DELETE FROM ready_{table} WHERE {number} IN "
                         f"(SELECT key FROM ({looked_up(table, number)}))").fetchone()[0]


def hold_opt_outs(batch, given: set[str]) -> list[str]:
    """The columns of consent in `coming_customers`, with the temp tables `opted_out` (by rows about merged records, in
    `meeting`) and `opted_out_before` (by the merged records themselves): id and false for each column."""
    columns = [column.name for column in TABLES["customers"].columns
               if column.name.startswith("consent_") and column.name in given]
    said = "".join(f", CASE WHEN bool_or(NOT s.{name}) THEN false END AS {name}" for name in columns)
    batch.execute(f"CREATE OR REPLACE TEMP TABLE opted_out AS SELECT m.id{said} FROM coming_customers s "
                  "JOIN meeting m ON m.key = s.key WHERE m.by_merge GROUP BY m.id")
    batch.execute(f"CREATE OR REPLACE TEMP TABLE opted_out_before AS SELECT s.id{said} FROM merged_customers s "
                  "GROUP BY s.id")
    return columns


def held(name: str) -> str:
    """SQL of a consent as a file may write it."""
    return (f"CASE WHEN o.{name} = false THEN false WHEN b.{name} = false AND s.{name} THEN NULL ELSE s.{name} END "
            f"AS {name}")
