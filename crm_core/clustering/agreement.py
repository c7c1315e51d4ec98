"""How far two groupings of the same customers agree.

    customer | one | other          one | other | customers
           1 |   1 |     2            1 |     2 |         2
           2 |   1 |     2     →      2 |     1 |         1       the same groups under other numbers: ARI 1, AMI 1
           3 |   2 |     1
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

# Where words change: below .5 of the adjusted Rand index a third of the pairs and more are taken apart.
SAME, ALIKE = 0.9, 0.5


@dataclass(frozen=True, eq=False)
class Agreement:
    """Group 0, customers in no group, counts as a group of its own."""

    ari: float  # adjusted Rand index (Hubert & Arabie 1985): 1 the same groups, 0 no more alike than by chance
    ami: float  # adjusted mutual information (Vinh, Epps & Bailey 2010): the same scale; small groups weigh more
    in_words: str  # same, alike or unlike, by the adjusted Rand index
    customers: int  # who are in both groupings
    only_one: int  # customers in the first grouping only
    only_other: int
    crossings: pd.DataFrame  # one, other, customers, share (of those in `one` who are in both, 0..1)


def agreement(one: pd.DataFrame, other: pd.DataFrame) -> Agreement:
    """Compare two groupings (customer_id, group), on the customers whom both have."""
    both = one[["customer_id", "group"]].merge(other[["customer_id", "group"]], on="customer_id",
                                               suffixes=("_one", "_other"))
    crossings = both.groupby(["group_one", "group_other"]).size().rename("customers").reset_index()
    crossings = crossings.rename(columns={"group_one": "one", "group_other": "other"})
    crossings["share"] = crossings.customers / crossings.groupby("one").customers.transform("sum")
    counts = crossings.pivot(index="one", columns="other", values="customers").fillna(0).to_numpy(dtype=np.int64)
    ari = adjusted_rand(counts)
    return Agreement(
        ari=ari, ami=adjusted_mutual_information(counts),
        in_words="same" if ari >= SAME else "alike" if ari >= ALIKE else "unlike",
        customers=len(both), only_one=len(one) - len(both), only_other=len(other) - len(both), crossings=crossings)


def adjusted_rand(counts: np.ndarray) -> float:
    """Of a table of crossings: the share of pairs on which two groupings agree, beyond what chance gives."""
    total = int(counts.sum())
    together, rows, columns = (_pairs(part) for part in (counts, counts.sum(axis=1), counts.sum(axis=0)))
    if total < 2 or rows == columns == together:
        return 1.0
    by_chance = rows * columns / (total * (total - 1) / 2)
    return float((together - by_chance) / ((rows + columns) / 2 - by_chance))


def adjusted_mutual_information(counts: np.ndarray) -> float:
    """Of a table of crossings: what one grouping tells of the other, beyond what chance gives, over their mean entropy.

    The expectation is over all tables with the same sums (the hypergeometric model), by logarithms of factorials.
    """
    from scipy.special import gammaln

    total, rows, columns = int(counts.sum()), counts.sum(axis=1), counts.sum(axis=0)
    if np.count_nonzero(counts) == len(rows) == len(columns):  # the same groups, or nobody
        return 1.0
    told = _entropy(rows, total) + _entropy(columns, total) - _entropy(counts[counts > 0], total)
    expected = 0.0
    for row in rows:
        for column in columns:
            n = np.arange(max(1, row + column - total), min(row, column) + 1)
            log_chance = (gammaln(row + 1) + gammaln(column + 1) + gammaln(total - row + 1)
                          + gammaln(total - column + 1) - gammaln(total + 1)
                          - gammaln(n + 1) - gammaln(row - n + 1) - gammaln(column - n + 1)
                          - gammaln(total - row - column + n + 1))
            expected += float((n / total * np.log(total * n / (row * column)) * np.exp(log_chance)).sum())
    room = (_entropy(rows, total) + _entropy(columns, total)) / 2 - expected
    # With one group against all singletons there is no room between chance and the best.
    return float((told - expected) / (room if abs(room) > 1e-12 else 1e-12 if room >= 0 else -1e-12))


def _pairs(counts: np.ndarray) -> int:
    counts = counts.astype(object) if counts.max(initial=0) > 2**31 else counts.astype(np.int64)
    return int((counts * (counts - 1) // 2).sum())


def _entropy(counts: np.ndarray, total: int) -> float:
    share = counts[counts > 0] / total
    return float(-(share * np.log(share)).sum())
