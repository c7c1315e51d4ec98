"""Customers' histories in three numbers, and how many share each: all that models of buying need to know.

    x (repeat purchase days) | t_x (when the last one was) | T (how long they are watched), counted from the first one
    customer 7 bought on day 0, 14 and 21, and is watched until day 70 →  x 2 | t_x 3.0 | T 10.0 weeks
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

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


def arrays(*values) -> list[np.ndarray]:
    """Numbers and lists as float64 of one length."""
    return [np.array(value) for value in np.broadcast_arrays(*(np.atleast_1d(np.asarray(value, dtype=float))
                                                              for value in values))]


def histories_of(rows: pd.DataFrame) -> pd.DataFrame:
    """From rows of examples: customer_id, x, t_x, T (weeks), n (purchase days) and mean (what one of them brought).

        recency_days 70 | tenure_days 91 | frequency 2 | mean_basket 15.0   →   x 1 | t_x 3.0 | T 13.0 | n 2 | mean 15.0
    """
    number = {name: rows[name].to_numpy(dtype=float)
              for name in ("frequency", "recency_days", "tenure_days", "mean_basket")}
    x = np.maximum(number["frequency"] - 1, 0)
    watched = number["tenure_days"] / 7
    return pd.DataFrame({
        "customer_id": rows.customer_id.to_numpy(), "x": x,
        "t_x": np.where(x > 0, np.maximum(number["tenure_days"] - number["recency_days"], 0) / 7, 0.0), "T": watched,
        "n": number["frequency"], "mean": np.nan_to_num(number["mean_basket"])})
