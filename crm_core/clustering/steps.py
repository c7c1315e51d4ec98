"""What happened on the way from the book to the groups, step by step: customers in, customers out, and the choice.

    collect   5,000 → 4,412 | as of 2026-03-01                 588 without an order
    clean     4,412 → 4,400 | 12 left out: a value is missing
    features  4,400 → 4,400 | recency, frequency, monetary     tenure is the same for everyone
    … algorithm → train → evaluate → apply
"""
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd

NAMES = ("collect", "clean", "features", "algorithm", "train", "evaluate", "apply")
MONTHS = 12  # of the picture of collecting
BINS = 8  # of each feature in its picture
PICTURED = 4  # features in their picture
PICTURED_CUSTOMERS = 240  # a silhouette each


@dataclass(frozen=True)
class Step:
    """One of the seven steps. All of it is plain data, so that a run can be kept as JSON and shown again."""

    name: str  # one of NAMES
    rows_in: int  # customers
    rows_out: int
    choice: dict = field(default_factory=dict)  # what was chosen: facts by name
    notes: dict = field(default_factory=dict)  # what came of it that a person should know: facts by name
    shape: dict = field(default_factory=dict)  # the numbers of its small picture: lists by name

    def to_dict(self) -> dict:
        return asdict(self)

    @staticmethod
    def from_dict(kept: dict) -> "Step":
        return Step(**{name: kept[name] for name in Step.__dataclass_fields__ if name in kept})


def collected(features: pd.DataFrame, as_of, in_the_book: int, segment: str | None = None,
              segment_id: int | None = None) -> Step:
    """The first step, of which the grouping itself sees the end only: who of all customers is looked at.

    `features` holds those who are; `recency_days`, where it is there, gives the picture: customers by the month (of
    30 days) of their last order, the oldest first, the last twelve.
    """
    shape = {}
    if "recency_days" in features:
        months = (features.recency_days.to_numpy(float) // 30).clip(0, MONTHS - 1)
        shape = {"by_month": np.bincount(months[np.isfinite(months)].astype(int), minlength=MONTHS)[::-1].tolist()}
    choice = {"as_of": as_of and str(as_of), "segment": segment, "segment_id": segment_id}
    return Step("collect", in_the_book, len(features), choice, {"not_collected": in_the_book - len(features)}, shape)


def steps_of(groups, features: pd.DataFrame, as_of=None) -> tuple[Step, ...]:
    """The seven steps of a grouping of `features`, the frame that it was made from; all in it count as the book."""
    choice, seen = groups.choice, len(features)
    taken, grouped = len(groups.groups), int((groups.groups.group > 0).sum())
    used = [name for name in choice.features if name not in groups.dropped]
    inertia, silhouettes = groups.by_k.get("inertia"), groups.by_k.get("silhouette")
    return (
        collected(features, as_of, seen),
        Step("clean", seen, taken, {}, {"left_out": groups.left_out, "missing": missing(features, choice.features)},
             {"taken": [taken, seen - taken]}),
        Step("features", taken, taken,
             {"features": list(used), "logged": [name for name in used if name in choice.logged]},
             {"dropped": list(groups.dropped)}, {"counts": [_counts(groups.map, name) for name in used[:PICTURED]]}),
        Step("algorithm", taken, taken, {"algorithm": choice.algorithm, "k": choice.k}),
        Step("train", taken, taken, {"k": groups.k, "tried": _numbers(groups.by_k.k), "seed": groups.seed}, {},
             {"inertia": _numbers(inertia), "tried": _numbers(groups.by_k.k), "k": [groups.k]}),
        Step("evaluate", taken, taken, {"silhouette": float(groups.silhouette), "stability": float(groups.stability)},
             {"clear": bool(groups.clear)},
             {"silhouettes": _silhouettes(groups), "by_k": _numbers(silhouettes)}),
        Step("apply", taken, grouped, {"groups": groups.k}, {"in_no_group": taken - grouped},
             {"sizes": [int(size) for size in groups.profiles.customers[groups.profiles.group > 0]]}),
    )


def missing(features: pd.DataFrame, names) -> dict[str, int]:
    """Customers by the feature that they lack, those that nobody lacks left out; one may lack several."""
    lacking = {name: int((~np.isfinite(features[name].to_numpy(dtype=float, na_value=np.nan))).sum()
                         if pd.api.types.is_numeric_dtype(features[name]) else features[name].isna().sum())
               for name in names if name in features}
    return {name: count for name, count in lacking.items() if count}


def _numbers(values) -> list[float]:
    """Plain numbers; what is missing or endless is None, for JSON knows neither."""
    return [] if values is None else [
        None if not np.isfinite(value) else int(value) if float(value).is_integer() else float(value)
        for value in np.asarray(values, dtype=float)]


def _counts(customers: pd.DataFrame, name: str) -> list[int]:
    """How many of the customers on the map lie in each eighth of a feature's range, in the scale that shows most."""
    if name not in customers:
        return []
    values = customers[name]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return values.value_counts().head(BINS).tolist()
    values = values.to_numpy(dtype=float, na_value=np.nan)
    values = values[np.isfinite(values)]
    if len(values) and values.min() >= 0 and np.median(values) < values.max() / 10:
        values = np.log1p(values)  # else all customers stand in the first bar
    return np.histogram(values, bins=BINS)[0].tolist() if len(values) else []


def _silhouettes(groups) -> list[list[float]]:
    """The silhouettes of a few customers of the map, a list a group, the highest first."""
    from sklearn.metrics import silhouette_samples

    matrix, taken = groups.model.preparation.matrix(groups.map)
    of = groups.map.group.to_numpy()[taken]
    rows = np.linspace(0, len(of) - 1, min(len(of), PICTURED_CUSTOMERS)).astype(int)
    rows = rows[of[rows] > 0]
    shown = of[rows]
    if not 2 <= len(np.unique(shown)) < len(shown):
        return []
    values = silhouette_samples(matrix[rows], shown)
    return [[round(float(value), 3) for value in np.sort(values[shown == group])[::-1]] for group in np.unique(shown)]
