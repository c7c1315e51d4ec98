"""The plain rule that every model has to beat: who bought last is the likeliest to buy next.

Where nobody knows when customers bought, all that is left of it is the share of yes: the same chance for everybody.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.features.columns import as_numbers

NEEDS = "recency_days"
RANGES = 10


@dataclass(frozen=True)
class RecencyRule:
    """Customers in ten ranges of recency; the chance of each is its share of yes in training, smoothed by one yes."""

    edges: tuple[float, ...]
    log_odds: tuple  # a number a range; of classes: a row a range, a column a class

    def margin(self, _encoding, rows: pd.DataFrame) -> np.ndarray:
        days = _days(rows)
        told = np.asarray(self.log_odds)[np.searchsorted(self.edges, days)]
        # Within a range the later buyer still goes first: a hair's breadth a day, far less than between ranges.
        hair = 1e-6 * np.minimum(days, 1e5)
        return told - hair if told.ndim == 1 else told


def fit(rows: pd.DataFrame, outcome: np.ndarray) -> RecencyRule:
    """Outcomes are 1 and 0, or the places of classes."""
    days = _days(rows)
    known = days[np.isfinite(days)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, RANGES + 1)[1:-1])) if len(known) else np.array([])
    place = np.searchsorted(edges, days)
    count = np.bincount(place, minlength=len(edges) + 1) + 1

    def share(yes: np.ndarray) -> np.ndarray:
        """Of each range, smoothed by one row that is as all are."""
        return np.clip((np.bincount(place, yes, len(edges) + 1) + yes.mean()) / count, 1e-6, 1 - 1e-6)

    if outcome.max() > 1:
        shares = [np.log(share((outcome == number).astype(float))) for number in range(int(outcome.max()) + 1)]
        return RecencyRule(tuple(edges.tolist()), tuple(map(tuple, np.column_stack(shares).tolist())))
    chance = share(outcome)
    return RecencyRule(tuple(edges.tolist()), tuple(np.log(chance / (1 - chance)).tolist()))


def _days(rows: pd.DataFrame) -> np.ndarray:
    if NEEDS not in rows:
        return np.full(len(rows), np.inf)
    days = as_numbers(rows[NEEDS])
    return np.where(np.isnan(days), np.inf, days)
