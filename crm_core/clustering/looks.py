"""What features look like before anybody is grouped by them: how they lie, on which scale, which go together."""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.clustering.proposals import Proposal, bend, correlation, fences, middle_and_unit, propose_transforms
from crm_core.features.columns import as_numbers

BARS = 16
BENT = ("plain", "log", "asinh")
CLOSE = 0.8  # correlation (absolute) from which two features say much the same


@dataclass(frozen=True, eq=False)
class Looks:
    """Small enough to keep: no row a customer."""

    customers: int
    proposals: tuple[Proposal, ...]  # one a feature
    bars: pd.DataFrame  # feature, scale (plain, log, asinh, curbed; value: of a category), low, high, value, customers
    correlation: pd.DataFrame  # of the numbers on their proposed scales; a row and a column a feature

    def proposal(self, feature: str) -> Proposal:
        return next(one for one in self.proposals if one.feature == feature)

    def heights(self, feature: str, scale: str) -> list[int]:
        """How many customers each bar holds, from low to high; of a category the commonest first."""
        rows = self.bars[(self.bars.feature == feature) & self.bars.scale.isin((scale, "value"))]
        return [int(count) for count in rows.customers]

    @property
    def close(self) -> list[tuple[str, str, float]]:
        """Pairs that go together, closest first: feature, feature, correlation."""
        r = self.correlation
        pairs = [(one, other, float(r.loc[one, other])) for place, one in enumerate(r.columns)
                 for other in r.columns[place + 1:] if abs(r.loc[one, other]) > CLOSE]
        return sorted(pairs, key=lambda pair: -abs(pair[2]))


def looks(features: pd.DataFrame, id_column: str = "customer_id") -> Looks:
    """What is proposed for every column but the id, and what it is proposed from."""
    proposals = propose_transforms(features, id_column)
    bars, numbers = [], {}
    for one in proposals:
        if one.transform == "left_out" and one.reason != "twin":
            continue
        values = features[one.feature]
        if one.transform == "category":
            counts = values.value_counts()
            bars += [{"feature": one.feature, "scale": "value", "value": str(value), "customers": int(count)}
                     for value, count in counts[counts > 0].head(BARS).items()]
            continue
        values = as_numbers(values)
        known = values[np.isfinite(values)]
        middle, unit = middle_and_unit(known)
        for scale in BENT:
            bars += _bars(one.feature, scale, bend(known, scale, middle, unit), middle, unit)
        if one.curbed:
            held = bend(known, one.transform, middle, unit)
            held = np.clip(held, *fences(held, one.transform))
            bars += [bar | {"scale": "curbed"} for bar in _bars(one.feature, one.transform, held, middle, unit)]
        if one.transform != "left_out":
            numbers[one.feature] = bend(values, one.transform, middle, unit)
    columns = ["feature", "scale", "low", "high", "value", "customers"]
    return Looks(len(features), proposals, pd.DataFrame(bars, columns=columns), correlation(numbers))


def _bars(feature: str, scale: str, bent: np.ndarray, middle: float, unit: float) -> list[dict]:
    """Bars of equal width on a scale, from values on it; their edges in the feature's own unit."""
    counts, edges = np.histogram(bent, bins=BARS)
    if scale == "log":
        edges = np.sign(edges) * np.expm1(np.abs(edges))
    elif scale == "asinh":
        edges = np.sinh(edges) * unit + middle
    return [{"feature": feature, "scale": scale, "low": float(low), "high": float(high), "customers": int(count)}
            for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)]
