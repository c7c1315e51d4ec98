"""Who moved a figure: the parts of a split, what each was and what it would have been had all moved alike.

Explanatory power and surprise of a part are those of Adtributor (Bhagwan and others 2014): how much of the change it
carries, and how far its share of the whole is from what it usually is.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.time_series.anomalies import Anomaly
from crm_core.time_series.change_search import LASTING

AROUND = {
    "hour": 24 * 7 * 4,
    "day": 56,
    "week": 12,
    "month": 12,
    "quarter": 8,
    "year": 5,
}  # periods that tell what is usual
STANDS_OUT = 3.0  # spreads of a part's usual share
WORTH = 0.10  # of the whole change: a part that carries less of it beyond its usual share is not named


@dataclass(frozen=True, eq=False)
class Contributions:
    """The parts of one split, the one that moved most first."""

    split: str
    # part, actual, expected, change, carried (share of the change), usual (share of the whole), surprise, stands_out
    parts: pd.DataFrame
    surprise: float  # of all parts together: the higher, the more this split explains

    @property
    def those(self) -> pd.DataFrame:
        """The parts that moved otherwise than the rest."""
        return self.parts[self.parts.stands_out]


def contributions(split: str, parts: pd.DataFrame, anomaly: Anomaly, interval: str) -> Contributions | None:
    """Who carried an anomaly; `parts` (series, period, value) add up to the series that it was found in.

    None where a single part is there, or nothing to compare with.
    """
    table = (
        parts.pivot_table(index="period", columns="series", values="value", aggfunc="sum", sort=False)
        .fillna(0.0)
        .sort_index()
    )
    if table.shape[1] < 2:
        return None
    begin, end = anomaly.begin, anomaly.end
    places = np.arange(len(table))
    inside = np.asarray((table.index >= begin) & (table.index <= end))
    if not inside.any():
        return None
    first, last = places[inside][[0, -1]]
    if anomaly.kind == "shift":  # the first periods of the new level against those right before
        last = min(last, first + LASTING[interval] - 1)
        inside = (places >= first) & (places <= last)
        usual = (places < first) & (places >= first - LASTING[interval])
    else:
        reach = AROUND[interval]
        usual = ~inside & (places >= first - reach) & (places <= last + reach)
        if interval == "day":  # the same weekdays, where there are enough of them
            same = usual & np.isin(table.index.dayofweek, table.index[inside].dayofweek.unique())
            usual = same if same.sum() >= 4 else usual
    before = table[usual]
    if len(before) < 2 or before.to_numpy().sum() <= 0:
        return None
    share = before.sum() / before.to_numpy().sum()
    actual = table[inside].sum()
    expected = share * (anomaly.expected * inside.sum() if anomaly.kind == "shift" else anomaly.expected)
    change = actual - expected
    whole = float(change.sum())
    now = actual / actual.sum() if actual.sum() > 0 else share
    # How a part's share moves from span to span of this length when nothing is odd.
    spread = _spread(before, int(inside.sum()), share)
    away = (now - share).abs() / spread
    carried = change / whole if whole else change * 0.0
    told = pd.DataFrame(
        {
            "part": table.columns,
            "actual": actual.to_numpy(),
            "expected": expected.to_numpy(),
            "change": change.to_numpy(),
            "carried": carried.to_numpy(),
            "usual": share.to_numpy(),
            "surprise": _surprise(now, share).to_numpy(),
            "stands_out": ((away >= STANDS_OUT) & ((carried - share).abs() >= WORTH)).to_numpy(),
        }
    )
    told = told.sort_values("change", key=np.abs, ascending=False, kind="stable", ignore_index=True)
    return Contributions(split, told, float(told.surprise.sum()))


def _spread(before: pd.DataFrame, length: int, share: pd.Series) -> pd.Series:
    """The standard deviation of each part's share over spans of a length, never below what chance among few leaves."""
    length = max(1, min(length, len(before) // 4))
    spans = before.groupby(np.arange(len(before)) // length).sum()
    spans = spans[spans.sum(axis=1) > 0]
    shares = spans.div(spans.sum(axis=1), axis=0)
    return np.sqrt(((shares - share) ** 2).mean()).clip(lower=0.01)


def _surprise(now: pd.Series, usual: pd.Series) -> pd.Series:
    """Each part's piece of the Jensen-Shannon divergence, in bits."""
    middle = (now + usual) / 2

    def piece(side):
        return side * np.log2((side / middle.where(middle > 0, 1.0)).where(side > 0, 1.0))

    return (piece(now) + piece(usual)) / 2
