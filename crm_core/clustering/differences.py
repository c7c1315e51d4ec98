"""How a group differs from everyone else, feature by feature, in original units.

    monetary of the group 900 | 850, of everyone else 20 | 30 | 25  →  median 875 against 25, effect 1
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.clustering.prepare import sample_rows

COMPARED_ROWS = 50_000  # the group's own figures are of all its customers, everyone else's of so many
KNOWN_CATEGORIES = 12


@dataclass(frozen=True)
class Difference:
    feature: str
    measure: str  # median; mean, where the medians are the same; share, of yes or of a category
    inside: float  # in the group, in the feature's unit; a share 0..1
    others: float  # among everyone else
    effect: float  # Cliff's delta (1993), −1..1: how much likelier one inside has more than one outside, than less
    position: float  # share of all customers below the group's median, ties half, 0..1; of a share: (1 + effect) / 2
    category: str | None = None  # the value whose share is told


def differences(features: pd.DataFrame, group: np.ndarray, seed: int) -> dict[int, list[Difference]]:
    """For each group every feature (of a category: each common value), the largest effect first."""
    rows = sample_rows(len(features), COMPARED_ROWS, seed)
    found: dict[int, list[Difference]] = {int(number): [] for number in np.unique(group)}
    for name in features.columns:
        if name == "customer_id":
            continue
        kind = kind_of(features[name])
        if kind == "number":
            told = _of_number(name, features[name].to_numpy(dtype=float, na_value=np.nan), group, rows)
        elif kind == "yes_no":
            told = _of_share(name, features[name].to_numpy(dtype=float, na_value=np.nan), group, None)
        elif kind == "category":
            told = _of_category(name, features[name], group)
        else:
            continue
        for number, difference in told:
            found[number].append(difference)
    # Of two equal ones, what the group has tells more than what it has not.
    return {number: sorted(told, key=lambda one: (-round(abs(one.effect), 6), one.effect < 0))
            for number, told in found.items()}


def kind_of(values: pd.Series) -> str:
    """number, yes_no (also a column of nothing but 0 and 1), category; other: times."""
    if pd.api.types.is_bool_dtype(values):
        return "yes_no"
    if pd.api.types.is_numeric_dtype(values):
        begin = values.head(1000).dropna()
        if not begin.isin((0, 1)).all():  # most columns of numbers show it at once: no need to look at a million
            return "number"
        known = values.dropna().unique()
        return "yes_no" if len(known) == 2 and set(map(float, known)) == {0.0, 1.0} else "number"
    return "other" if pd.api.types.is_datetime64_any_dtype(values) else "category"


def _of_number(name: str, values: np.ndarray, group: np.ndarray, rows: np.ndarray):
    values = np.where(np.isfinite(values), values, np.nan)
    by_group = pd.Series(values).groupby(group)
    medians, means = by_group.median(), by_group.mean()
    known = ~np.isnan(values[rows])
    sampled, of_sample = values[rows][known], group[rows][known]
    ranks = pd.Series(sampled).rank().to_numpy()
    in_order = np.sort(sampled)
    for number in medians.index:
        inside = of_sample == number
        many, others = int(inside.sum()), int((~inside).sum())
        if not many or not others or np.isnan(medians[number]):
            continue
        effect = 2 * (ranks[inside].mean() - (many + 1) / 2) / others - 1
        median, other_median = float(medians[number]), float(np.median(sampled[~inside]))
        below = np.searchsorted(in_order, median, "left") + np.searchsorted(in_order, median, "right")
        position = below / (2 * len(in_order))
        if median != other_median:
            yield int(number), Difference(name, "median", median, other_median, float(effect), float(position))
        else:  # most have none: who has some is told by the mean
            yield int(number), Difference(name, "mean", float(means[number]), float(sampled[~inside].mean()),
                                          float(effect), float(position))


def _of_share(name: str, values: np.ndarray, group: np.ndarray, category: str | None):
    """Of a yes or no, Cliff's delta is the difference of the shares."""
    known = ~np.isnan(values)
    for number in np.unique(group):
        inside, outside = known & (group == number), known & (group != number)
        if inside.any() and outside.any():
            share, others = float(values[inside].mean()), float(values[outside].mean())
            yield int(number), Difference(name, "share", share, others, share - others, (1 + share - others) / 2,
                                          category)


def _of_category(name: str, values: pd.Series, group: np.ndarray):
    usual = values.value_counts(normalize=True).head(KNOWN_CATEGORIES)
    missing = values.isna().to_numpy()
    for value, share in usual.items():
        if share >= 0.01:
            has = np.where(missing, np.nan, (values == value).to_numpy(dtype=float, na_value=np.nan))
            yield from _of_share(name, has, group, str(value))
