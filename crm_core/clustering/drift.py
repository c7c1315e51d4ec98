"""Whether today's customers are still like those a grouping was made of: by the population stability index.

    monetary at training: a tenth of all in each of ten ranges     today: 4 % | 5 % | … | 19 %     →     index .21

How customers spread over ranges (tenths of them at training), held against how they do today: the sum over the ranges
of (today − training) × ln(today ÷ training). Up to .1 it is customarily taken for no change, from .25 on for a large
one (Siddiqi 2006, Credit Risk Scorecards). With few customers chance alone reaches these bounds, so an index also has
to be larger than chance gives in ninety-nine of a hundred cases (Yurdakul & Naranjo 2020, Statistical properties of
the population stability index).
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.clustering.model import Model

RANGES = 10
SOME, LARGE = 0.1, 0.25
CHANCE = 0.99
LEVELS = ("same", "some", "large")


@dataclass(frozen=True, eq=False)
class Drift:
    features: pd.DataFrame  # feature, index, level (one of LEVELS), median_training, median_today, missing_training,
    #                         missing_today (shares of customers without it, 0..1); the largest index first
    groups: pd.DataFrame  # group (0: in none), share_training, share_today (0..1)
    groups_index: float  # of the groups' shares
    groups_level: str  # one of LEVELS
    customers_training: int
    customers_today: int

    @property
    def refresh(self) -> bool:
        """Whether the grouping should be made anew: a feature or the groups' shares changed much."""
        return self.groups_level == "large" or "large" in set(self.features.level)


def baseline(features: pd.DataFrame, model: Model, group: np.ndarray | None = None) -> dict:
    """What has to be kept of the customers a model is made of, as plain data: ranges, shares and medians.

    `group`: of all that the model can place, where they are placed already.
    """
    placed = model.assign(features).group if group is None else pd.Series(group)
    groups = placed.value_counts(normalize=True)
    kept = {}
    for name in model.choice.features:
        values = _finite(features[name])
        if _is_number(features[name]):
            edges = np.unique(np.quantile(values, np.linspace(0, 1, RANGES + 1)[1:-1])) if len(values) else []
            ranges = {"edges": [float(edge) for edge in edges]}
        else:
            ranges = {"values": sorted(features[name].dropna().astype(str).value_counts().head(RANGES).index)}
        kept[name] = {**ranges, "shares": _shares(features[name], ranges).tolist(), "median": _median(values)}
    return {"customers": len(features), "features": kept,
            "groups": {str(group): float(share) for group, share in sorted(groups.items())}}


def drift(features: pd.DataFrame, model: Model, training: dict | None = None) -> Drift:
    """Today's customers against those the model was made of: `training`, else what the model keeps of them."""
    training = training or model.baseline
    before, today = training["customers"], len(features)
    placed = model.assign(features)
    rows = []
    for name, kept in training["features"].items():
        then, now = np.array(kept["shares"]), _shares(features[name], kept)
        index, level = _index(then, now, before, today)
        rows.append({
            "feature": name, "index": index, "level": level, "median_training": kept["median"],
            "median_today": _median(_finite(features[name])),
            "missing_training": float(then[-1]), "missing_today": float(now[-1])})
    shares = placed.group.value_counts(normalize=True)
    groups = sorted({*map(int, training["groups"]), *map(int, shares.index)})
    table = pd.DataFrame({
        "group": groups, "share_training": [training["groups"].get(str(group), 0.0) for group in groups],
        "share_today": [float(shares.get(group, 0.0)) for group in groups]})
    index, level = _index(table.share_training.to_numpy(), table.share_today.to_numpy(), before, today)
    frame = pd.DataFrame(rows).sort_values("index", ascending=False, kind="stable", ignore_index=True)
    return Drift(frame, table, index, level, before, today)


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _finite(values: pd.Series) -> np.ndarray:
    """The numbers that are there; none of a column of words."""
    numbers = values.to_numpy(dtype=float, na_value=np.nan) if _is_number(values) else np.array([])
    return numbers[np.isfinite(numbers)]


def _median(values: np.ndarray) -> float | None:
    return float(np.median(values)) if len(values) else None


def _shares(values: pd.Series, ranges: dict) -> np.ndarray:
    """The share of the customers in each range, or with each of the values and with any other; last: with none."""
    if "edges" in ranges:
        places, count = np.searchsorted(np.array(ranges["edges"]), _finite(values), side="right"), len(ranges["edges"])
    else:
        place_of = {value: place for place, value in enumerate(ranges["values"])}
        known = values.dropna().astype(str)
        places, count = known.map(place_of).fillna(len(place_of)).to_numpy(int), len(place_of)
    counts = np.bincount(places, minlength=count + 1)
    return np.append(counts, len(values) - len(places)) / max(len(values), 1)


def _index(then: np.ndarray, now: np.ndarray, before: int, today: int) -> tuple[float, str]:
    """The population stability index of two spreads of so many customers, and how large that is."""
    from scipy.stats import chi2

    held = (then > 0) | (now > 0)
    ranges = int(held.sum())
    if ranges < 2 or not before or not today:
        return 0.0, "same"
    # Half a customer in every range: an empty one would make the index endless.
    then, now = ((shares[held] * customers + 0.5) / (customers + 0.5 * ranges)
                 for shares, customers in ((then, before), (now, today)))
    index = float(((now - then) * np.log(now / then)).sum())
    chance = chi2.ppf(CHANCE, ranges - 1) * (1 / before + 1 / today)
    if index < SOME or index <= chance:
        return index, "same"
    return index, "large" if index >= LARGE else "some"
