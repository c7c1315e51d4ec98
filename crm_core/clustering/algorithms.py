"""The ways of putting comparable numbers into groups. Each gives a label a row and what is needed to place others.

Labels are 0, 1, 2, …; −1 is a row that belongs to no group. A state is plain data, so that it can be kept as JSON.
The labels are always those that the state gives: whoever is placed later is placed as these were.
"""
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from crm_core.clustering import centres, density, hierarchy, mixture, neighbours, rfm
from crm_core.clustering.choice import WITHOUT_K, Choice
from crm_core.clustering.fitted import Fitted
from crm_core.clustering.prepare import sample_rows
from crm_core.errors import KTooLarge

__all__ = ["FIT_ROWS", "STARTS", "Fitted", "assign", "fit", "settle"]

STARTS = 10  # K-means from this many starting points; the best is kept
FIT_ROWS = 10_000  # groups are learned from this many: some ways cost the square of it, for the others it is enough
PLACED_AT_ONCE = 100_000  # rows between two words about the progress

ASSIGN = {"centres": centres.assign, "splits": centres.assign_by_splits, "neighbours": neighbours.assign,
          "mixture": mixture.assign, "rfm": rfm.assign}


def fit(matrix: np.ndarray, choice: Choice, k: int | None, seed: int, starts: int = STARTS,
        progress: Callable[[float], None] = lambda share: None) -> Fitted:
    """Group the rows by `choice.algorithm` into k groups (k is None where the algorithm finds it).

    Beyond FIT_ROWS the groups are learned from a seeded sample and the other rows are placed by what it gave:
    `Fitted.fitted_on` says how many they were learned from. `choice.features` names the columns.
    Raises KTooLarge where fewer than k rows differ, ValueError where k is no number of groups.
    """
    matrix = np.ascontiguousarray(matrix, dtype=np.float32)
    if choice.algorithm not in WITHOUT_K:
        _refuse(matrix, k)
    if choice.algorithm == "rfm":  # its cut points are quick to find among all
        return rfm.rfm(matrix, choice)
    sample = matrix[sample_rows(len(matrix), FIT_ROWS, seed)]
    fitted = _LEARN[choice.algorithm](sample, choice, k, seed, starts)
    return settle(fitted, matrix, choice, seed, progress)


def assign(state: dict, matrix: np.ndarray, progress: Callable[[float], None] = lambda share: None) -> np.ndarray:
    """The label of each row by a kept state."""
    matrix = np.ascontiguousarray(matrix, dtype=np.float32)
    place = ASSIGN[state["kind"]]
    labels = np.empty(len(matrix), dtype=int)
    for start in range(0, len(matrix), PLACED_AT_ONCE):
        progress(start / len(matrix))
        labels[start:start + PLACED_AT_ONCE] = place(state, matrix[start:start + PLACED_AT_ONCE])
    return labels


def settle(fitted: Fitted, matrix: np.ndarray, choice: Choice, seed: int,
           progress: Callable[[float], None] = lambda share: None) -> Fitted:
    """From a grouping of a sample to one of all rows: centres move a few rounds more, others place the rest."""
    if len(fitted.labels) == len(matrix):
        return fitted
    if choice.algorithm == "rfm":
        return rfm.rfm(matrix, choice)
    state, learned_from, placed = fitted.state, fitted.fitted_on, progress
    if state["kind"] == "centres":
        state, learned_from = centres.settled(state, matrix, choice.algorithm, seed), len(matrix)

        def placed(share: float) -> None:
            progress(0.5 + share / 2)
    return replace(fitted, state=state, fitted_on=learned_from, labels=assign(state, matrix, placed))


_LEARN = {
    "kmeans": lambda rows, choice, k, seed, starts: centres.kmeans(rows, k, seed, starts),
    "minibatch": lambda rows, choice, k, seed, starts: centres.minibatch(rows, k, seed, starts),
    "bisecting": lambda rows, choice, k, seed, starts: centres.bisecting(rows, k, seed, starts),
    "agglomerative": lambda rows, choice, k, seed, starts: hierarchy.agglomerative(rows, choice, k, seed),
    "mixture": lambda rows, choice, k, seed, starts: mixture.mixture(rows, k, seed, starts),
    "dbscan": lambda rows, choice, k, seed, starts: density.dbscan(rows, choice),
    "hdbscan": lambda rows, choice, k, seed, starts: density.hdbscan(rows, choice),
}


def _refuse(matrix: np.ndarray, k: int | None) -> None:
    if k is None or k < 1:
        raise ValueError(k)
    few = matrix[:FIT_ROWS]
    if k > len(few) or len(np.unique(few, axis=0)) < k:
        distinct = len(np.unique(matrix, axis=0))
        if distinct < k:
            raise KTooLarge(k=k, customers=len(matrix), largest=distinct)
