"""The area under the ROC curve, how sure it is, and whether one model's is larger than another's on the same rows.

DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, 837–845; by midranks (Sun & Xu 2014), so that a million rows
take a second. The interval of one area is made on its log-odds and stays between 0 and 1 (Pepe 2003).
"""

from dataclasses import dataclass

import numpy as np

from crm_core.purchase_prediction.trust.intervals import SURE, wilson


@dataclass(frozen=True)
class Area:
    auc: float
    low: float  # of the 95 % interval
    high: float
    error: float  # standard error


@dataclass(frozen=True)
class Difference:
    """One area less the other; with a p-value for "there is none"."""

    difference: float
    low: float
    high: float
    error: float
    p: float


def area(outcome: np.ndarray, chance: np.ndarray) -> Area:
    """Of rows with both yes (1) and no (0)."""
    auc, of_yes, of_no = _components(outcome, chance)
    variance = sum(part.var(ddof=1) / len(part) if len(part) > 1 else 0.25 for part in (of_yes, of_no))
    error = float(np.sqrt(variance))
    if error == 0:  # all in order: so few rows say no more than so many tosses that all fell on one side
        return Area(auc, *wilson(auc * min(len(of_yes), len(of_no)), min(len(of_yes), len(of_no))), error)
    inside = min(max(auc, 1e-6), 1 - 1e-6)
    odds, wide = np.log(inside / (1 - inside)), SURE * error / (inside * (1 - inside))
    low, high = 1 / (1 + np.exp(-np.clip([odds - wide, odds + wide], -700, 700)))
    return Area(auc, float(low), float(high), error)


def difference(outcome: np.ndarray, one: np.ndarray, other: np.ndarray) -> Difference:
    """The areas of two models on the same rows: they share the customers, and so much of their luck."""
    from scipy.stats import norm

    auc_one, yes_one, no_one = _components(outcome, one)
    auc_other, yes_other, no_other = _components(outcome, other)
    variance = sum((a - b).var(ddof=1) / len(a) if len(a) > 1 else 0.25
                   for a, b in ((yes_one, yes_other), (no_one, no_other)))
    apart, error = auc_one - auc_other, float(np.sqrt(variance))
    p = float(2 * norm.sf(abs(apart) / error)) if error else float(apart == 0)
    return Difference(apart, apart - SURE * error, apart + SURE * error, error, p)


def _components(outcome: np.ndarray, chance: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The area, for each yes the share of no below it, for each no the share of yes above it; ties count half."""
    yes, no = chance[outcome > 0], chance[outcome <= 0]
    together = _midranks(np.concatenate([yes, no]))
    of_yes = (together[:len(yes)] - _midranks(yes)) / len(no)
    of_no = 1 - (together[len(yes):] - _midranks(no)) / len(yes)
    return float(of_yes.mean()), of_yes, of_no


def _midranks(values: np.ndarray) -> np.ndarray:
    """3, 1, 3 → 2.5, 1, 2.5"""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (counts.cumsum() - (counts - 1) / 2)[place]
