"""Dated examples: what was known of customers at each cutoff, and what they did in the horizon after it.

    examples(look, Target("buys", 90), split(…))
    →   customer_id | cutoff     | part  | bought | purchases | spent | outcome | recency_days | frequency | …
                  7 | 2026-02-28 | train |      1 |         1 |  15.0 |       1 |           58 |         1 | …

`ask` is an open look or batch of the store. Outcomes are missing in rows of the part `score`.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from crm_core import engine
from crm_core.purchase_prediction.split import Split
from crm_core.purchase_prediction.target import Target

ABOUT = ("customer_id", "cutoff", "part")
OUTCOMES = ("bought", "purchases", "spent", "outcome")
FEATURES = (
    "recency_days", "frequency", "orders", "monetary", "net_monetary", "tenure_days", "days_between_orders",
    "longest_gap", "mean_basket", "largest_basket", "purchases_30_days", "purchases_90_days", "purchases_180_days",
    "purchases_365_days", "spent_90_days", "spent_365_days")


@dataclass(frozen=True, eq=False)
class Examples:
    target: Target
    split: Split | None  # None: the target is a column, rows have no date and their part is "train"
    rows: pd.DataFrame  # ABOUT, OUTCOMES (NaN where still to come), and a column a feature
    features: tuple[str, ...]

    def part(self, *parts: str) -> pd.DataFrame:
        return self.rows[self.rows.part.isin(parts)]


def examples(ask, target: Target, dates: Split, features: tuple[str, ...] = FEATURES) -> Examples:
    """Rows of all windows of the split; nothing of the outcome's days is among the features."""
    cutoffs = [window.cutoff for window in dates.windows]
    known = engine.to_frame(ask.execute(
        engine.query_text("purchase_examples"), cutoffs=cutoffs,
        until=max(cutoffs) + timedelta(days=1)).to_arrow_table())
    whole = [window.cutoff for window in dates.windows if window.part != "score"]
    done = engine.to_frame(ask.execute(
        engine.query_text("purchase_outcomes"), cutoffs=whole, horizon_days=dates.horizon_days,
        until=dates.as_of + timedelta(days=1)).to_arrow_table())
    rows = known.merge(done, how="left", on=["customer_id", "cutoff"])
    parts = {pd.Timestamp(window.cutoff): window.part for window in dates.windows}
    rows.insert(2, "part", rows.cutoff.map(parts))
    to_come = rows.part == "score"
    for name in ("purchases", "spent"):
        rows[name] = rows[name].fillna(0.0).where(~to_come)
    rows["bought"] = (rows.purchases > 0).astype(float).where(~to_come)
    rows["outcome"] = {"buys": rows.bought, "leaves": 1 - rows.bought, "spends": rows.spent}[target.kind]
    if target.kind == "leaves" and target.active_days:
        rows = rows[rows.recency_days < target.active_days]
    rows = rows.sort_values(["cutoff", "customer_id"], ignore_index=True)
    return Examples(target, dates, rows[[*ABOUT, *OUTCOMES, *features]].astype(dict.fromkeys(features, float)),
                    tuple(features))


def counts(found: Examples) -> pd.DataFrame:
    """part, examples, positives, base_rate: how many there are to learn from."""
    told = found.rows[found.rows.part != "score"].groupby("part", sort=False).outcome.agg(
        examples="size", positives=lambda values: int(np.sum(values > 0)))
    return told.assign(base_rate=told.positives / told.examples).reset_index()
