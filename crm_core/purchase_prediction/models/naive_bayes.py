"""Naive Bayes: each feature speaks for itself, by how often its value goes with each outcome.

    yes 40 of 60 with plan = monthly, of all 100 of 400   →   + log(40 / 20) − log(100 / 300) to the log-odds

Numbers are put into ranges of equal count. What is missing, or was not there in training, has a range of its own.
Features that say the same are counted twice, so margins lie too far out: calibration draws them in.
"""

from dataclasses import dataclass

import numpy as np

RANGES = 10
SMOOTHING = 5.0  # rows as all are that are added to each range, so that few rows of it say little


@dataclass(frozen=True, eq=False)
class NaiveBayes:
    prior: np.ndarray  # log of the share of each class
    edges: dict[str, np.ndarray]  # of numbers: where a range ends and the next begins
    evidence: dict[str, np.ndarray]  # log of (share of each class in a range / its share of all), (ranges + 1, classes)

    def margin(self, encoding, rows) -> np.ndarray:
        given, total = encoding.trees(rows), np.tile(self.prior, (len(rows), 1))
        for place, name in enumerate(encoding.features):
            total += self.evidence[name][_range(given[:, place], self.edges.get(name), len(self.evidence[name]) - 1)]
        return total[:, 1] - total[:, 0] if total.shape[1] == 2 else total


def fit(encoding, rows, outcome: np.ndarray, seed: int = 0) -> NaiveBayes:
    """Outcomes are 1 and 0, or the places of classes."""
    given, classes = encoding.trees(rows), max(2, int(outcome.max()) + 1)
    each = np.eye(classes)[outcome.astype(int)]
    prior = np.maximum(each.mean(axis=0), 1e-9)
    edges, evidence = {}, {}
    for place, name in enumerate(encoding.features):
        if name in encoding.values:
            ranges = len(encoding.values[name])
        else:
            known = given[~np.isnan(given[:, place]), place]
            edges[name] = np.unique(np.quantile(known, np.linspace(0, 1, RANGES + 1)[1:-1])) if len(known) else known
            ranges = len(edges[name]) + 1
        held = _range(given[:, place], edges.get(name), ranges)
        seen = np.stack([np.bincount(held, each[:, number], ranges + 1) for number in range(classes)], axis=1)
        within = (seen + SMOOTHING * prior) / (seen.sum(axis=1, keepdims=True) + SMOOTHING)
        evidence[name] = np.log(within / prior)  # of a range that nobody was in: nothing
    return NaiveBayes(np.log(prior), edges, evidence)


def _range(numbers: np.ndarray, edges: np.ndarray | None, missing: int) -> np.ndarray:
    """In which range each number lies; of categories their place. Missing is the last one."""
    held = np.searchsorted(edges, numbers, side="left") if edges is not None else np.nan_to_num(numbers)
    return np.where(np.isnan(numbers), missing, held).astype(int)
