"""Keep segments: from groups, from a rule or from customers chosen by hand, each with its members as of a day.

    segments           3 | Champions | cluster | as_of 2026-03-01 | run 1       now: the day of its newest snapshot
    segment_snapshots  segment 3 | as_of 2026-02-01 | kept      | 410 customers
                       segment 3 | as_of 2026-03-01 | refreshed | 432 customers
    segment_members    segment 3 | customer 17 | as_of 2026-03-01               a row a customer and snapshot
    runs               1 | choice, model and figures of the first grouping; each refresh adds one (refreshing.py)

Members come as frames and are written by set-based SQL in the caller's open batch, so that all of it can be undone.
"""
import json

import numpy as np
import pandas as pd

from crm_core.clustering import conditions
from crm_core.clustering.grouping import Groups
from crm_core.errors import NobodyInSegment

CONCERN = "clustering"


def keep(batch, groups: Groups, names: dict[int, str], as_of, revision: int, name: str) -> int:
    """Keep each group as a segment under its name, and the run behind them; the run's id.

    The same grouping is kept once: then nothing is written and the id is that of the run that is there.
    """
    if there := kept_run(batch, groups, as_of):
        return there
    numbers = sorted(int(group) for group in groups.profiles.group if group > 0)
    run_id, = batch.add("runs", {
        "concern": CONCERN, "name": name, "as_of": as_of, "revision": revision, "choice": groups.choice.to_json(),
        "model": groups.model.to_json()})
    ids = batch.add("segments", [
        {"name": names[group], "kind": "cluster", "as_of": as_of, "run_id": run_id,
         "definition": json.dumps({"group": group})} for group in numbers])
    segments = dict(zip(numbers, ids, strict=True))
    batch.change("runs", {"id": run_id, "figures": json.dumps(figures_of(groups, segments), ensure_ascii=False)})
    snapshot(batch, in_segments(groups.groups, segments), ids, as_of, "kept", run_id)
    return run_id


def kept_run(ask, groups: Groups, as_of) -> int | None:
    """The run that holds this very grouping, with a segment that is not deleted; None where there is none."""
    found = ask.execute(
        "SELECT r.id FROM runs r WHERE r.concern = $concern AND r.as_of = $as_of AND r.choice = $choice "
        "AND r.model = $model AND r.deleted_at IS NULL AND EXISTS (SELECT 1 FROM segments s "
        "WHERE s.run_id = coalesce(r.first_id, r.id) AND s.deleted_at IS NULL) ORDER BY r.id LIMIT 1",
        concern=CONCERN, as_of=as_of, choice=groups.choice.to_json(), model=groups.model.to_json()).fetchone()
    return found and found[0]


def keep_rule(batch, rule, features: pd.DataFrame, name: str, as_of) -> int:
    """Keep the customers for whom a rule holds as of a day; the segment's id. Raises NobodyInSegment."""
    members = features.customer_id[conditions.holds(rule, features)]
    return _keep_customers(batch, members, name, as_of, "rule", conditions.to_json(rule))


def keep_selection(batch, customers, name: str, as_of, drawn: dict | None = None) -> int:
    """Keep customers chosen by hand, on a map for example: the same ones on every day. Raises NobodyInSegment.

    `drawn`, plain data, tells how they were chosen.
    """
    definition = json.dumps(drawn, ensure_ascii=False) if drawn else None
    return _keep_customers(batch, pd.Series(customers).drop_duplicates(), name, as_of, "selection", definition)


def _keep_customers(batch, customers: pd.Series, name: str, as_of, kind: str, definition: str | None) -> int:
    if customers.empty:
        raise NobodyInSegment(as_of=as_of)
    segment_id, = batch.add("segments", {"name": name, "kind": kind, "as_of": as_of, "definition": definition})
    snapshot(batch, pd.DataFrame({"segment_id": segment_id, "customer_id": customers}), [segment_id], as_of, "kept")
    return segment_id


def snapshot(batch, members: pd.DataFrame, segments: list[int], as_of, how: str, run_id: int | None = None) -> None:
    """Write who is in each of the segments as of a day, and how many they are; what stood for that day goes.

    `members`: segment_id, customer_id; a segment without one gets a snapshot of nobody. The newest snapshot's day is
    the segment's own. Customers who are deleted by now are left out.
    """
    batch.stage("keeping_segments", pd.DataFrame({"segment_id": pd.Series(list(segments), dtype="int64")}))
    batch.stage("keeping_members", members[["segment_id", "customer_id"]].astype("int64"))
    for table in ("segment_members", "segment_snapshots"):
        day = batch.execute(f"SELECT count(*) FROM {table} WHERE as_of = $as_of AND deleted_at IS NULL "
                            "AND segment_id IN (SELECT segment_id FROM keeping_segments)", as_of=as_of).fetchone()[0]
        if day:
            batch.remove(table, f"SELECT id FROM {table} WHERE as_of = DATE '{pd.Timestamp(as_of).date()}' "
                                "AND segment_id IN (SELECT segment_id FROM keeping_segments)")
    batch.insert("segment_members", """
        SELECT m.segment_id, m.customer_id, CAST($as_of AS DATE) AS as_of FROM keeping_members m
        SEMI JOIN (SELECT id AS customer_id FROM customers WHERE deleted_at IS NULL) living USING (customer_id)
        ORDER BY m.segment_id, m.customer_id""", as_of=as_of)
    # What counts as revenue stands in queries/customer_features.sql.
    batch.insert("segment_snapshots", """
        WITH spent AS (
            SELECT customer_id, sum(amount) AS revenue FROM orders
            WHERE deleted_at IS NULL AND status <> 'cancelled' AND amount > 0
                AND ordered_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
            GROUP BY customer_id),
        sizes AS (
            SELECT m.segment_id, count(*) AS customers, CAST(sum(spent.revenue) AS DOUBLE) AS revenue
            FROM segment_members m SEMI JOIN keeping_segments USING (segment_id)
            LEFT JOIN spent ON spent.customer_id = m.customer_id
            WHERE m.as_of = $as_of AND m.deleted_at IS NULL
            GROUP BY m.segment_id)
        SELECT k.segment_id, CAST($as_of AS DATE) AS as_of, CAST($run_id AS BIGINT) AS run_id, $how AS how,
               coalesce(sizes.customers, 0) AS customers, coalesce(sizes.revenue, 0) AS revenue
        FROM keeping_segments k LEFT JOIN sizes USING (segment_id) ORDER BY k.segment_id""",
        as_of=as_of, run_id=run_id, how=how)
    newer = batch.execute("SELECT s.id, CAST($as_of AS DATE) AS as_of FROM segments s JOIN keeping_segments k "
                          "ON k.segment_id = s.id WHERE s.as_of < $as_of", as_of=as_of).df()
    if len(newer):
        batch.change("segments", newer)
    batch.execute("DROP TABLE keeping_segments")
    batch.execute("DROP TABLE keeping_members")


def in_segments(grouping: pd.DataFrame, segments: dict[int, int]) -> pd.DataFrame:
    """customer_id, group → segment_id, customer_id; customers of groups that have no segment are left out."""
    found = pd.DataFrame({"segment_id": grouping.group.map(segments), "customer_id": grouping.customer_id})
    return found.dropna(subset=["segment_id"])


def figures_of(groups: Groups, segments: dict[int, int]) -> dict:
    """What is told of a run, as plain data: how good it is, what each step took in and gave, what the groups are."""
    levels = groups.levels[groups.levels.group > 0]
    return {
        "seed": groups.seed, "k": groups.k, "silhouette": groups.silhouette,
        "stability": groups.stability, "clear": bool(groups.clear), "dropped": list(groups.dropped),
        "left_out": groups.left_out, "steps": [step.to_dict() for step in groups.steps],
        "segments": {str(group): segment_id for group, segment_id in segments.items()},
        "medians": _by_group(levels[levels.category.isna()], "median"), "positions": _by_group(levels, "position")}


def looked_within(figures: dict) -> int | None:
    """The segment whose customers a run looked at; None: all."""
    return next((step["choice"].get("segment_id") for step in figures.get("steps", ())
                 if step["name"] == "collect"), None)


def _by_group(levels: pd.DataFrame, column: str) -> dict[str, dict[str, float]]:
    """Group → what was compared → number: a feature, or one value of a category (country: Germany)."""
    names = levels.feature.where(levels.category.isna(), levels.feature + ": " + levels.category.astype(str))
    told: dict[str, dict[str, float]] = {}
    for group, name, value in zip(levels.group, names, levels[column], strict=True):
        if np.isfinite(value):
            told.setdefault(str(int(group)), {})[name] = float(value)
    return told
