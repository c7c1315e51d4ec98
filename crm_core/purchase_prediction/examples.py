"""Examples: what was known of customers at each cutoff, and what they did in the horizon after it.

    examples(look, Target("buys", 90), split(…))
    →   customer_id | cutoff     | part  | bought | purchases | spent | outcome | recency_days | frequency | …
                  7 | 2026-02-28 | train |      1 |         1 |  15.0 |       1 |           58 |         1 | …

`ask` is an open look or batch of the store. Outcomes are missing in rows of the part `score`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core import engine
from crm_core.errors import NobodyToPredict
from crm_core.features import gather
from crm_core.purchase_prediction.split import YEAR_DAYS, Split
from crm_core.purchase_prediction.target import ANOTHER, NOTHING, Target

ABOUT = ("customer_id", "cutoff", "part")
OUTCOMES = ("bought", "purchases", "spent", "outcome")
FEATURES = (
    "recency_days", "frequency", "orders", "monetary", "net_monetary", "refunded_share", "tenure_days",
    "days_between_orders", "gap_deviation", "longest_gap", "last_gap", "overdue", "mean_basket", "largest_basket",
    "last_basket", "purchases_30_days", "purchases_90_days", "purchases_180_days", "purchases_365_days",
    "season_purchases", "season_share", "spent_90_days", "spent_365_days")
MOST_LEARNED_FROM = 100_000  # customers; everybody is scored
MOST_CATEGORIES = 6  # of buys_category; what is rarer counts as another
FEWEST_OF_CATEGORY = 20  # next purchases of a category in training: of fewer nothing is learned


@dataclass(frozen=True, eq=False)
class Examples:
    target: Target
    split: Split | None  # None: the target is a column, rows have no date and their part is "train" or "score"
    rows: pd.DataFrame  # ABOUT, OUTCOMES (NaN where still to come or unknown), and a column a feature
    features: tuple[str, ...]
    classes: tuple[str, ...] = ()  # of buys_category: the commonest categories, then ANOTHER and NOTHING
    known_on: date | None = None  # of a campaign: the day before it, up to which features of its members are read

    def part(self, *parts: str) -> pd.DataFrame:
        return self.rows[self.rows.part.isin(parts)]


def examples(ask, target: Target, dates: Split | None, features: tuple[str, ...] = FEATURES, *,
             as_of: date | None = None, segment_id: int | None = None,
             progress: Callable[[float], None] = lambda _share: None) -> Examples:
    """Rows of all windows of the split; nothing of the outcome's days is among the features.

    A column as a target has no split: rows are of all living customers as of `as_of`. `segment_id` takes the present
    members of a kept segment only. Raises NobodyToPredict, FeatureMissing, TargetUnknown.
    """
    if not target.dated:
        from crm_core.purchase_prediction import undated

        rows, kept, known_on = undated.rows(ask, target, as_of, features, segment_id)
        if not len(rows):
            raise NobodyToPredict(as_of=as_of)
        progress(1.0)
        return Examples(target, None, rows, kept, known_on=known_on)
    of_purchases = tuple(name for name in features if name in FEATURES)
    beside = tuple(name for name in features if name not in FEATURES)
    windows = (*dates.windows, *dates.between)
    cutoffs = sorted({window.cutoff for window in windows})
    rows = engine.to_frame(ask.execute(
        engine.query_text("purchase_examples"), cutoffs=cutoffs,
        horizon_days=min(dates.outcome_days, YEAR_DAYS),
        everybody_at=dates.as_of, every=1 if segment_id is not None else _one_of(ask),
        until=max(cutoffs) + timedelta(days=1)).to_arrow_table())
    progress(0.3)
    whole = [window.cutoff for window in windows if window.part != "score"]
    rows = _with_outcomes(ask, rows, whole, dates.outcome_days, dates.as_of)
    rows.insert(2, "part", rows.cutoff.map({pd.Timestamp(window.cutoff): window.part for window in windows}))
    rows, classes = _with_outcome(ask, rows, target, whole, dates)
    progress(0.5)
    if target.kind == "leaves" and target.active_days:
        rows = rows[rows.recency_days < target.active_days]
    if segment_id is not None:
        rows = rows[rows.customer_id.isin(members(ask, segment_id))]
    if not (rows.part == "score").any():
        raise NobodyToPredict(as_of=dates.as_of)
    rows = rows.astype(dict.fromkeys(of_purchases, float))
    if beside:
        rows = _with_features(ask, rows, beside, cutoffs, lambda share: progress(0.5 + 0.5 * share))
    rows = rows.sort_values(["cutoff", "customer_id"], ignore_index=True)
    return Examples(target, dates, rows[[*ABOUT, *OUTCOMES, *features]], tuple(features), classes)


def came(ask, found: Examples, newest: date) -> pd.DataFrame:
    """What the scored customers did since: customer_id and outcome up to the newest day, where that lies after as_of.

    The outcome is whole once `newest` has reached the end of the horizon.
    """
    dates = found.split
    rows = found.part("score")[["customer_id", "cutoff"]]
    rows = _with_outcomes(ask, rows, [dates.as_of], dates.horizon_days, min(
        newest, dates.as_of + timedelta(days=dates.horizon_days)))
    rows, _ = _with_outcome(ask, rows.assign(part="test"), found.target, [dates.as_of], dates, found.classes, newest)
    return rows[["customer_id", "outcome"]].reset_index(drop=True)


def counts(found: Examples) -> pd.DataFrame:
    """part, examples, positives, base_rate: how many there are to learn from."""
    told = found.part("train", "calibrate", "test")
    told = told.assign(yes=yes(found.target, told.outcome)).groupby("part", sort=False).yes.agg(
        examples="size", positives="sum")
    told["positives"] = told.positives.astype(int)
    return told.assign(base_rate=told.positives / told.examples).reset_index()


def yes(target: Target, outcome: pd.Series) -> np.ndarray:
    """Which outcomes count as yes: who buys, spends more than nothing, or has yes in the column."""
    if target.answer == "category":
        return (outcome != NOTHING).to_numpy()
    return outcome.to_numpy(float) > 0


def members(ask, segment_id: int) -> np.ndarray:
    """The ids of the customers who are in a kept segment now."""
    told = ask.execute(
        "SELECT segment_members.customer_id FROM segment_members "
        "JOIN segments ON segments.id = segment_members.segment_id AND segments.as_of = segment_members.as_of "
        "WHERE segments.id = $segment_id AND segment_members.deleted_at IS NULL", segment_id=segment_id)
    return told.to_arrow_table().column(0).to_numpy()


def as_texts(rows: pd.DataFrame) -> pd.DataFrame:
    """Categories of several cutoffs as one category a column, whichever values each cutoff had."""
    return rows.assign(**{name: pd.Categorical(rows[name].astype("object").where(rows[name].notna()))
                          for name in rows.columns
                          if not (pd.api.types.is_numeric_dtype(rows[name]) or name in (*ABOUT, *OUTCOMES))})


# --- inside ---------------------------------------------------------------------------------------


def _one_of(ask) -> int:
    """One customer of how many is learned from: more than MOST_LEARNED_FROM say little more, and cost as much again."""
    customers = ask.execute("SELECT count(*) FROM customers WHERE deleted_at IS NULL").fetchone()[0]
    return max(1, customers // MOST_LEARNED_FROM)


def _with_outcomes(ask, rows: pd.DataFrame, whole: list[date], horizon_days: int, until: date) -> pd.DataFrame:
    """bought, purchases and spent of the horizon after each cutoff of `whole`; missing after the others."""
    done = engine.to_frame(ask.execute(
        engine.query_text("purchase_outcomes"), cutoffs=whole, horizon_days=horizon_days,
        until=until + timedelta(days=1)).to_arrow_table())
    rows = rows.merge(done, how="left", on=["customer_id", "cutoff"])
    to_come = ~rows.cutoff.isin([pd.Timestamp(cutoff) for cutoff in whole])
    for name in ("purchases", "spent"):
        rows[name] = rows[name].astype(float).fillna(0.0).where(~to_come)
    rows["bought"] = (rows.purchases > 0).astype(float).where(~to_come)
    return rows


def _with_outcome(ask, rows: pd.DataFrame, target: Target, whole: list[date], dates: Split,
                  classes: tuple[str, ...] = (), until: date | None = None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if target.kind != "buys_category":
        return rows.assign(outcome={
            "buys": rows.bought, "leaves": 1 - rows.bought, "spends": rows.spent}[target.kind]), ()
    following = engine.to_frame(ask.execute(
        engine.query_text("purchase_next_category"), cutoffs=whole,
        horizon_days=dates.horizon_days if until else dates.outcome_days,
        until=(until or dates.as_of) + timedelta(days=1)).to_arrow_table())
    rows = rows.merge(following, how="left", on=["customer_id", "cutoff"])
    if not classes:  # by what training saw: the days that are tested on decide about nothing
        common = rows[rows.part == "train"].category.value_counts()
        common = common[common >= FEWEST_OF_CATEGORY].head(MOST_CATEGORIES)
        classes = (*common.index, ANOTHER, NOTHING)
    named = rows.category.where(rows.category.isin(classes), ANOTHER).astype("object")
    outcome = named.where(rows.bought == 1, NOTHING).where(rows.bought.notna())
    return rows.drop(columns="category").assign(outcome=outcome), tuple(classes)


def _with_features(ask, rows: pd.DataFrame, names: tuple[str, ...], cutoffs: list[date], progress) -> pd.DataFrame:
    """What else was known of each customer at each cutoff: each asked for as of that day."""
    parts = []
    for place, cutoff in enumerate(cutoffs):
        found = gather(ask, names, cutoff)[["customer_id", *names]].assign(cutoff=pd.Timestamp(cutoff))
        parts.append(rows[rows.cutoff == pd.Timestamp(cutoff)].merge(found, how="left", on=["customer_id", "cutoff"]))
        progress((place + 1) / len(cutoffs))
    return as_texts(pd.concat([part for part in parts if len(part)], ignore_index=True))
