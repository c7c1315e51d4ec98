"""Which record of several to keep, and whose value for each field, with the reason.

proposed(ask, "customers", [4, 17])     → keep 4, it has the most orders; name of 17: it is the longest; phone of 4 …

The same rules by SQL for tens of thousands of clusters at once (`pairs_of`, `propose`), for store.merging.merge_many.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_core.errors import MergedWithItself, RecordGone
from crm_core.tables import TABLES, Table

if TYPE_CHECKING:
    import pandas as pd

# What counts in a field beside how many agree and who was changed last.
LONGEST = ("name", "company", "job_title", "note")
BY_ORDERS = ("customer_no", "product_no", "company_no", "household_no", "referrer_no")
# One place: the street of one and the town of the other would be an address that nobody has.
PLACE = ("address", "postal_code", "city", "region", "country")
ORDERS = {"customers": ("orders", "customer_id"), "products": ("order_lines", "product_id")}


@dataclass(frozen=True)
class Choice:
    """Whose value a field gets, and why."""

    id: int | None  # of the record; None where none has a value
    reason: str  # a word under merging.reason: only, same, agreed, longest, international, orders, place, earliest,
    # latest, kept, joined (own fields), opted_out, opted_in, none
    count: int = 0  # of the records that agree


@dataclass(frozen=True)
class Proposal:
    """A merge as it would be without anybody's say."""

    kept_id: int
    reason: str  # merging.keep_reason: orders, filled, oldest
    fields: dict[str, Choice]


def free_columns(table: Table) -> list[str]:
    """The columns of which a person chooses the value; consent is locked, own fields are joined."""
    return [column.name for column in table.typed
            if column.type != "fields" and not column.name.startswith("consent_")]


def pairs_of(ask, table: str, clusters: pd.DataFrame) -> int:
    """The temp table `merging_pairs` (kept_id, merged_id) from a frame of cluster, id; how many pairs.

    Kept is who has the most orders, then the most fields filled, then the oldest. Records that are gone are left out.
    """
    ask.stage("merging_clusters", clusters[["cluster", "id"]])
    filled = " + ".join(f"CAST({name} IS NOT NULL AS INTEGER)" for name in free_columns(TABLES[table]))
    ask.execute(f"""
        CREATE OR REPLACE TEMP TABLE merging_pairs AS
        WITH members AS (
            SELECT DISTINCT c.cluster, t.id, {filled} AS filled
            FROM merging_clusters c JOIN {table} t ON t.id = c.id AND t.deleted_at IS NULL),
        ordered AS ({_orders(table, "members")})
        SELECT kept_id, id AS merged_id FROM (
            SELECT id, first_value(id) OVER (
                PARTITION BY cluster ORDER BY orders DESC, filled DESC, id) AS kept_id
            FROM (SELECT m.*, coalesce(o.orders, 0) AS orders FROM members m LEFT JOIN ordered o USING (id)))
        WHERE id <> kept_id""")
    return ask.execute("SELECT count(*) FROM merging_pairs").fetchone()[0]


def propose(ask, table: str, pairs: str = "merging_pairs") -> str:
    """The temp table `merging_proposed`: kept_id, column_name, id, reason, agree. Returns its name."""
    described = TABLES[table]
    columns = free_columns(described)
    filled = " + ".join(f"CAST(t.{name} IS NOT NULL AS INTEGER)" for name in columns)
    place = [name for name in PLACE if name in columns]
    place_filled = " + ".join(f"CAST(t.{name} IS NOT NULL AS INTEGER)" for name in place) or "0"
    values = ", ".join(f"CAST(t.{name} AS VARCHAR) AS {name}" for name in columns)
    members = f"SELECT kept_id, merged_id AS id FROM {pairs} UNION SELECT kept_id, kept_id FROM {pairs}"
    ask.execute(f"""
        CREATE OR REPLACE TEMP TABLE merging_proposed AS
        WITH members AS ({members}),
        ordered AS ({_orders(table, "members")}),
        records AS (
            SELECT m.kept_id, t.id, t.changed_in, {filled} AS filled, {place_filled} AS place_filled,
                   coalesce(o.orders, 0) AS orders, count(*) OVER (PARTITION BY m.kept_id) AS records, {values}
            FROM members m JOIN {table} t ON t.id = m.id LEFT JOIN ordered o ON o.id = t.id),
        cells AS (UNPIVOT records ON {', '.join(columns)} INTO NAME column_name VALUE value),
        weighed AS (
            SELECT *, CASE WHEN column_name IN {_listed((*BY_ORDERS, *place, "joined_on"))} THEN 1
                      ELSE count(*) OVER (PARTITION BY kept_id, column_name, lower(value)) END AS agree,
                   CASE WHEN column_name IN {_listed(LONGEST)} THEN length(value)
                        WHEN column_name = 'phone' THEN CAST(value LIKE '+%' AS INTEGER)
                        WHEN column_name IN {_listed(BY_ORDERS)} THEN orders
                        WHEN column_name IN {_listed(place)} THEN place_filled
                        WHEN column_name = 'joined_on' THEN -epoch(TRY_CAST(value AS DATE)) ELSE 0 END AS weight,
                   count(*) OVER (PARTITION BY kept_id, column_name) AS given,
                   min(lower(value)) OVER (PARTITION BY kept_id, column_name)
                   = max(lower(value)) OVER (PARTITION BY kept_id, column_name) AS alike,
                   CAST(value <> upper(value) AND value <> lower(value) AS INTEGER) AS cased,
                   CASE WHEN column_name IN {_listed(BY_ORDERS)} THEN CAST(id = kept_id AS INTEGER) END AS own
            FROM cells),
        ranked AS (
            SELECT *, row_number() OVER best AS nth, lead(agree) OVER best AS next_agree,
                   lead(weight) OVER best AS next_weight, lead(changed_in) OVER best AS next_changed
            FROM weighed WINDOW best AS (PARTITION BY kept_id, column_name
                                         ORDER BY CASE WHEN alike THEN cased END DESC, agree DESC, weight DESC,
                                                  own DESC, changed_in DESC, id <> kept_id, id))
        SELECT kept_id, column_name, id, agree,
               CASE WHEN given = 1 AND records > 1 THEN 'only' WHEN alike THEN 'same' WHEN agree > 1 THEN 'agreed'
                    WHEN weight > next_weight THEN CASE
                        WHEN column_name IN {_listed(LONGEST)} THEN 'longest'
                        WHEN column_name = 'phone' THEN 'international'
                        WHEN column_name IN {_listed(BY_ORDERS)} THEN 'orders'
                        WHEN column_name = 'joined_on' THEN 'earliest'
                        ELSE 'place' END
                    WHEN own IS NULL AND changed_in > next_changed THEN 'latest' ELSE 'kept' END AS reason
        FROM ranked WHERE nth = 1""")
    return "merging_proposed"


def proposed(ask, table: str, ids, kept_id: int | None = None) -> Proposal:
    """What to keep of a few records, and why. Raises MergedWithItself for fewer than two, RecordGone."""
    import pandas as pd

    ids = list(dict.fromkeys(int(row_id) for row_id in ids))
    if len(ids) < 2:
        raise MergedWithItself(table=table)
    living = {row_id for (row_id,) in ask.execute(
        f"SELECT id FROM {table} WHERE deleted_at IS NULL AND id IN (SELECT unnest($ids))", ids=ids).fetchall()}
    for row_id in ids:
        if row_id not in living:
            raise RecordGone(table=table, id=row_id)
    pairs_of(ask, table, pd.DataFrame({"cluster": 1, "id": ids}))
    best = ask.execute("SELECT kept_id FROM merging_pairs LIMIT 1").fetchone()[0]
    reason = _why_kept(ask, table, ids, best)
    if kept_id is not None and int(kept_id) in living:
        best, reason = int(kept_id), reason if int(kept_id) == best else "chosen"
        ask.execute("CREATE OR REPLACE TEMP TABLE merging_pairs AS SELECT CAST($kept AS BIGINT) AS kept_id, "
                    "unnest($others::BIGINT[]) AS merged_id", kept=best, others=[one for one in ids if one != best])
    propose(ask, table)
    fields = {column: Choice(row_id, why, agree) for column, row_id, why, agree in ask.execute(
        "SELECT column_name, id, reason, agree FROM merging_proposed").fetchall()}
    described = TABLES[table]
    for column in described.typed:
        if column.type == "fields":
            fields[column.name] = Choice(best, "joined")
        elif column.name.startswith("consent_"):
            said = ask.execute(f"SELECT arg_min(id, {column.name}), min({column.name}) FROM {table} "
                               f"WHERE id IN (SELECT unnest($ids))", ids=ids).fetchone()
            fields[column.name] = Choice(said[0], {None: "none", False: "opted_out", True: "opted_in"}[said[1]])
    return Proposal(best, reason, {
        column.name: fields.get(column.name, Choice(None, "none")) for column in described.typed})


# --- inside ---------------------------------------------------------------------------------------


def _orders(table: str, members: str) -> str:
    """SQL: how many orders hang on each member."""
    if table not in ORDERS:
        return f"SELECT id, 0 AS orders FROM {members}"
    child, column = ORDERS[table]
    return (f"SELECT {column} AS id, count(*) AS orders FROM {child} SEMI JOIN {members} ON {members}.id = {column} "
            "WHERE deleted_at IS NULL GROUP BY 1")


def _why_kept(ask, table: str, ids: list[int], kept_id: int) -> str:
    filled = " + ".join(f"CAST({name} IS NOT NULL AS INTEGER)" for name in free_columns(TABLES[table]))
    rows = {row_id: facts for row_id, *facts in ask.execute(f"""
        WITH members AS (SELECT unnest($ids) AS id), ordered AS ({_orders(table, "members")})
        SELECT t.id, coalesce(o.orders, 0), {filled} FROM {table} t SEMI JOIN members USING (id)
        LEFT JOIN ordered o ON o.id = t.id""", ids=ids).fetchall()}
    mine = rows.pop(kept_id)
    for place, reason in enumerate(("orders", "filled")):
        if mine[place] > max(facts[place] for facts in rows.values()):
            return reason
        rows = {row_id: facts for row_id, facts in rows.items() if facts[place] == mine[place]}
        if not rows:
            return reason
    return "oldest"


def _listed(names) -> str:
    return "(" + ", ".join(f"'{name}'" for name in names or ("",)) + ")"
