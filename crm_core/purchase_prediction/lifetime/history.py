"""Customers' histories in three numbers, and how many share each: all that models of buying need to know.

    x (repeat purchase days) | t_x (when the last one was) | T (how long they are watched), counted from the first one
    customer 7 bought on day 0, 14 and 21, and is watched until day 70 →  x 2 | t_x 3.0 | T 10.0 weeks
"""

from dataclasses import dataclass

import numpy as np

from crm_core.errors import NobodyBoughtAgain


@dataclass(frozen=True, eq=False)
class Histories:
    """Each distinct history once, with the number of customers (or the weight) that share it."""

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    weight: np.ndarray

    @property
    def customers(self) -> float:
        return float(self.weight.sum())


def gathered(frequency, recency, T, weights=None) -> Histories:
    """Distinct histories. Raises NobodyBoughtAgain where no customer has a second purchase: rates cannot be told."""
    x, t_x, T = (np.ascontiguousarray(values, dtype=float) for values in (frequency, recency, T))
    if not len(x) or x.max() < 1:
        raise NobodyBoughtAgain(customers=len(x))
    if (x < 0).any() or (t_x < 0).any() or (t_x > T + 1e-9).any():
        raise ValueError("a history needs 0 <= x and 0 <= t_x <= T")
    t_x = np.where(x > 0, t_x, 0.0)
    order = np.lexsort((T, t_x, x))
    x, t_x, T = x[order], t_x[order], T[order]
    weights = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)[order]
    new = np.empty(len(x), dtype=bool)
    new[0] = True
    new[1:] = (x[1:] != x[:-1]) | (t_x[1:] != t_x[:-1]) | (T[1:] != T[:-1])
    first = np.flatnonzero(new)
    return Histories(x[first], t_x[first], T[first], np.add.reduceat(weights, first))


def totals(values: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct values and the weight of each."""
    found, place = np.unique(values, return_inverse=True)
    return found, np.bincount(place, weight)
