"""Whether a spread of values is still the one it was, by the population stability index: of features, groups, scores.

    monetary then: a tenth of all in each of ten ranges     today: 4 % | 5 % | … | 19 %     →     index .21

How values spread over ranges (tenths of them then), held against how they do today: the sum over the ranges of
(today − then) × ln(today ÷ then). Up to .1 it is customarily taken for no change, from .25 on for a large one (Siddiqi
2006, Credit Risk Scorecards). With few rows chance alone reaches these bounds, so an index also has to be larger than
chance gives in ninety-nine of a hundred cases (Yurdakul & Naranjo 2020, Statistical properties of the population
stability index).
"""
import numpy as np
import pandas as pd

RANGES = 10
SOME, LARGE = 0.1, 0.25
CHANCE = 0.99
LEVELS = ("same", "some", "large")


def spread(values: pd.Series) -> dict:
    """What has to be kept of values to hold later ones against them, as plain data: ranges, shares and median."""
    numbers = finite(values)
    if is_number(values):
        edges = np.unique(np.quantile(numbers, np.linspace(0, 1, RANGES + 1)[1:-1])) if len(numbers) else []
        ranges = {"edges": [float(edge) for edge in edges]}
    else:
        ranges = {"values": sorted(values.dropna().astype(str).value_counts().head(RANGES).index)}
    return {**ranges, "shares": shares(values, ranges).tolist(), "median": median(values)}


def shares(values: pd.Series, ranges: dict) -> np.ndarray:
    """The share of the values in each range, or of each of the words and of any other; last: of those missing."""
    if "edges" in ranges:
        places, count = np.searchsorted(np.array(ranges["edges"]), finite(values), side="right"), len(ranges["edges"])
    else:
        place_of = {value: place for place, value in enumerate(ranges["values"])}
        known = values.dropna().astype(str)
        places, count = known.map(place_of).fillna(len(place_of)).to_numpy(int), len(place_of)
    counts = np.bincount(places, minlength=count + 1)
    return np.append(counts, len(values) - len(places)) / max(len(values), 1)


def stability_index(then: np.ndarray, now: np.ndarray, before: int, today: int) -> tuple[float, str]:
    """The population stability index of two spreads of so many rows, and how large that is (one of LEVELS)."""
    from scipy.stats import chi2

    held = (then > 0) | (now > 0)
    ranges = int(held.sum())
    if ranges < 2 or not before or not today:
        return 0.0, "same"
    # Half a row in every range: an empty one would make the index endless.
    then, now = ((part[held] * rows + 0.5) / (rows + 0.5 * ranges)
                 for part, rows in ((then, before), (now, today)))
    index = float(((now - then) * np.log(now / then)).sum())
    chance = chi2.ppf(CHANCE, ranges - 1) * (1 / before + 1 / today)
    if index < SOME or index <= chance:
        return index, "same"
    return index, "large" if index >= LARGE else "some"


def held_against(kept: dict[str, dict], before: int, today: pd.DataFrame) -> pd.DataFrame:
    """Columns of today against what `spread` kept of each, of `before` rows; the largest index first.

    feature, index, level (one of LEVELS), median_training, median_today, missing_training, missing_today (shares of
    rows without it, 0..1)
    """
    rows = []
    for name, then in kept.items():
        was, now = np.array(then["shares"]), shares(today[name], then)
        index, level = stability_index(was, now, before, len(today))
        rows.append({"feature": name, "index": index, "level": level, "median_training": then["median"],
                     "median_today": median(today[name]), "missing_training": float(was[-1]),
                     "missing_today": float(now[-1])})
    columns = ["feature", "index", "level", "median_training", "median_today", "missing_training", "missing_today"]
    return pd.DataFrame(rows, columns=columns).sort_values("index", ascending=False, kind="stable", ignore_index=True)


def is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def finite(values: pd.Series) -> np.ndarray:
    """The numbers that are there; none of a column of words."""
    numbers = values.to_numpy(dtype=float, na_value=np.nan) if is_number(values) else np.array([])
    return numbers[np.isfinite(numbers)]


def median(values: pd.Series) -> float | None:
    numbers = finite(values)
    return float(np.median(numbers)) if len(numbers) else None
