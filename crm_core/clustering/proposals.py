"""How each feature should be compared, and why; which are not worth comparing by, and why.

No label is ever looked at: a scale is proposed by how the values of its column lie.
"""
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm_core.features.columns import as_numbers, seen

POINTS = 400  # order statistics of a column that stand for all of it: the order of rows does not matter
DISCRETE = 25  # fewer distinct values are counts or marks, in whose spikes no bell is to be found
MOST_BELLS = 6
BETTER_BY = 0.02  # of log-likelihood a customer by which another scale must be better than the plain one
FAR_SHARES = 0.01  # more than this share beyond the fences is no slip but a kind of customer
SAME = 0.999  # correlation (absolute) from which two features tell the same
LEAST_KNOWN = 0.5  # share of customers of whom a feature must be known
COUNTS_AND_SUMS = ("recency_days", "frequency", "monetary")  # compared by ratios, as the trade does
TRANSFORMS = ("plain", "log", "asinh", "robust")


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a feature. Words: why.<reason> with the facts for blanks."""

    feature: str
    transform: str  # one of TRANSFORMS, "yes_no", "category" or "left_out"
    reason: str  # a key of words
    facts: dict = field(default_factory=dict)  # skewness, as (of the logarithm), known, twin …
    fill: bool = False  # gaps are filled by the median
    curbed: bool = False  # a few values far out are pulled to the fences


def propose_transforms(features: pd.DataFrame, id_column: str = "customer_id") -> tuple[Proposal, ...]:
    """One proposal a column of any table with a row a customer, in the order of the columns.

    A column of many numbers is compared on the scale (plain, logarithm, inverse hyperbolic sine) on which it looks most
    like a few bells: the Bayesian criterion (Schwarz 1978) of one-dimensional mixtures, densities brought back to the
    original unit. So lognormal money is logged, and two bells apart, which are skewed too, are not. Counts and marks
    go by skewness. Far values by the outer fences (Tukey 1977).
    """
    proposals, numbers = [], {}
    for name in features.columns:
        if name == id_column:
            continue
        what = seen(features[name])
        if what.kind == "left_out":
            proposals.append(Proposal(name, "left_out", what.why, {"known": what.known}))
        elif what.known < LEAST_KNOWN:
            proposals.append(Proposal(name, "left_out", "mostly_missing", {"known": what.known}))
        elif what.kind == "category":
            proposals.append(Proposal(name, "category", "category", {"values": int(features[name].nunique())}))
        else:
            numbers[name] = as_numbers(features[name])
            proposals.append(_of_number(name, what, numbers[name]))
    twins = duplicates(numbers)
    return tuple(Proposal(one.feature, "left_out", "twin", {"twin": twins[one.feature][0], "r": twins[one.feature][1]})
                 if one.feature in twins else one for one in proposals)


def duplicates(numbers: dict[str, np.ndarray]) -> dict[str, tuple[str, float]]:
    """Features that tell what an earlier one tells already: name → (the earlier one, their correlation)."""
    r = correlation(numbers)
    twins: dict[str, tuple[str, float]] = {}
    for place, name in enumerate(r.columns):
        for earlier in r.columns[:place]:
            if earlier not in twins and abs(r.loc[name, earlier]) > SAME and _in_step(numbers[name], numbers[earlier]):
                twins[name] = (earlier, float(r.loc[name, earlier]))
                break
    return twins


def correlation(numbers: dict[str, np.ndarray]) -> pd.DataFrame:
    """Pearson's r of each two, over the rows where all are known, gaps filled by the median; 0 for what is constant."""
    names = list(numbers)
    if not names:
        return pd.DataFrame()
    matrix = np.column_stack([_filled(numbers[name]) for name in names])
    matrix = matrix - matrix.mean(axis=0)
    spread = np.sqrt((matrix**2).mean(axis=0))
    matrix = matrix / np.where(spread > 0, spread, 1)
    return pd.DataFrame(matrix.T @ matrix / max(len(matrix), 1), index=names, columns=names)


def fences(values: np.ndarray, transform: str = "plain") -> tuple[float, float]:
    """The outer fences (Tukey 1977): three times the middle half beyond the quartiles.

    A logarithm of what is not negative needs none below: it begins at 0.
    """
    low, high = _fences(values)
    return (min(low, 0.0), high) if transform == "log" and values.min() >= 0 else (low, high)


def _fences(values: np.ndarray) -> tuple[float, float]:
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    reach = high - low
    if reach == 0:  # more than half are the same: the spread of those that are not
        others = np.abs(values[values != middle] - middle)
        reach = 1.349 * float(np.median(others)) if len(others) else 0.0
        return float(middle - 6 * reach), float(middle + 6 * reach)
    return float(low - 3 * reach), float(high + 3 * reach)


def bend(values: np.ndarray, transform: str, middle: float = 0.0, unit: float = 1.0) -> np.ndarray:
    """Values on the scale of a transform. The logarithm is that of 1 + the value; below zero it is mirrored."""
    if transform == "log":
        return np.sign(values) * np.log1p(np.abs(values))
    if transform == "asinh":
        return np.arcsinh((values - middle) / unit)
    return values


def middle_and_unit(values: np.ndarray) -> tuple[float, float]:
    """The median and the deviation that a bell with the same quartiles would have."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    unit = (high - low) / 1.349 or float(values.std()) or 1.0
    return float(middle), float(unit)


# --- inside ---------------------------------------------------------------------------------------


def _of_number(name: str, what, values: np.ndarray) -> Proposal:
    gaps = bool(np.isnan(values).any())
    values = np.sort(values[np.isfinite(values)])
    if what.kind == "yes_no":
        return Proposal(name, "yes_no", "yes_no", {"known": what.known, "share": float(values.mean())}, fill=gaps)
    middle, unit = middle_and_unit(values)
    low, high = fences(values)
    near = values[(values >= low) & (values <= high)]  # a slip of the pen is no long tail
    near = near if len(near) >= (1 - FAR_SHARES) * len(values) else values
    transform, reason, facts = _scale(name, near, middle, unit)
    bent = bend(values, transform, middle, unit)
    low, high = fences(bent, transform)
    outside = int(((bent < low) | (bent > high)).sum())
    wild = max(low - bent[0], bent[-1] - high) > (high - np.median(bent)) if transform != "asinh" else outside > 0
    curbed = bool(wild) and 0 < outside <= FAR_SHARES * len(values)
    if curbed:
        facts = facts | {"far": outside}
    return Proposal(name, transform, reason, facts | {"known": what.known}, fill=gaps, curbed=curbed)


def _scale(name: str, values: np.ndarray, middle: float, unit: float) -> tuple[str, str, dict]:
    plain = _skewness(values)
    facts = {"skewness": plain}
    logged = _skewness(np.log1p(values)) if values[0] >= 0 else None
    if logged is not None:
        facts["logged"] = logged
    if name in COUNTS_AND_SUMS and values[0] >= 0:
        return "log", "ratios", facts
    points = values[np.linspace(0, len(values) - 1, min(POINTS, len(values))).astype(int)]
    distinct = len(np.unique(points))
    if distinct < DISCRETE:
        is_skewed = distinct > 2 and logged is not None and plain > max(1, abs(logged))
        return ("log", "skewed", facts) if is_skewed else ("plain", "even", facts)
    fit = {"plain": _bells(points, np.zeros(len(points)))}
    if logged is not None and plain > 0.5:
        fit["log"] = _bells(np.log1p(points), -np.log1p(points))
    scaled = (points - middle) / unit
    fit["asinh"] = _bells(np.arcsinh(scaled), -0.5 * np.log1p(scaled**2) - np.log(unit))
    if "log" in fit and fit["log"] >= fit["asinh"] - BETTER_BY:
        del fit["asinh"]  # the plainer word
    best = max(fit, key=fit.get)
    if best == "plain" or fit[best] < fit["plain"] + BETTER_BY:
        return "plain", "even" if abs(plain) <= 1 else "bells", facts
    return best, "skewed" if best == "log" else "long_tails", facts


def _skewness(values: np.ndarray) -> float:
    deviations = values - values.mean()
    spread = float(np.sqrt((deviations**2).mean()))
    return float((deviations**3).mean() / spread**3) if spread > 0 else 0.0


def _bells(points: np.ndarray, stretch: np.ndarray) -> float:
    """The best Bayesian criterion of one to six bells, a customer: mean log-likelihood less what the bells cost.

    `stretch` is the logarithm of how far the scale stretches at each point: densities in the original unit compare.
    """
    count = len(points)
    smallest = 0.03 * (points.std() or 1.0)  # a bell on a single value would be infinitely high
    best = -np.inf
    for bells in range(1, MOST_BELLS + 1):
        means = np.quantile(points, (np.arange(bells) + 0.5) / bells)
        deviations, shares = np.full(bells, max(points.std() / bells, smallest)), np.full(bells, 1 / bells)
        for _ in range(60):
            density = shares * np.exp(-0.5 * ((points[:, None] - means) / deviations) ** 2) / deviations
            total = density.sum(axis=1, keepdims=True) + 1e-300
            held = density / total
            weight = held.sum(axis=0) + 1e-12
            shares, means = weight / count, held.T @ points / weight
            deviations = np.sqrt((held * (points[:, None] - means) ** 2).sum(axis=0) / weight + smallest**2)
        likelihood = float(np.log(total[:, 0] / np.sqrt(2 * np.pi)).mean() + stretch.mean())
        best = max(best, likelihood - (3 * bells - 1) / 2 * np.log(count) / count)
    return best


def _in_step(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether ranks agree too: a single giant in both makes a correlation of 1 of anything."""
    ranks = pd.DataFrame({"one": _filled(one), "other": _filled(other)}).rank().corr()
    return abs(float(ranks.iloc[0, 1])) > 0.99


def _filled(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    return values if known.all() else np.where(known, values, np.median(values[known]) if known.any() else 0.0)
