"""The ways of putting comparable numbers into groups. Each gives a label a row and what is needed to place others.

Labels are 0, 1, 2, …; −1 is a row that belongs to no group. A state is plain data, so that it can be kept as JSON.
"""
from dataclasses import dataclass

import numpy as np

from crm_core.clustering.choice import Choice

STARTS = 10  # K-means from this many starting points; the best is kept


@dataclass(frozen=True, eq=False)
class Fitted:
    labels: np.ndarray  # whole numbers, a row each
    state: dict  # {"kind": "centres", "centres": [[…], …]}: what `assign` needs; holds no arrays


def fit(matrix: np.ndarray, choice: Choice, k: int | None, seed: int, starts: int = STARTS) -> Fitted:
    """Group the rows by `choice.algorithm` into k groups (k is None where the algorithm finds it)."""
    from sklearn.cluster import KMeans

    if choice.algorithm != "kmeans":
        raise ValueError(choice.algorithm)
    model = KMeans(k, n_init=starts, random_state=seed).fit(matrix)
    return Fitted(model.labels_, {"kind": "centres", "centres": model.cluster_centers_.tolist()})


def assign(state: dict, matrix: np.ndarray) -> np.ndarray:
    """The label of each row by a kept state."""
    centres = np.asarray(state["centres"], dtype=np.float32)
    distance = (centres**2).sum(axis=1) - 2 * matrix @ centres.T  # without what is the same for all centres
    return distance.argmin(axis=1)


def settle(fitted: Fitted, matrix: np.ndarray, choice: Choice, seed: int) -> Fitted:
    """From a grouping of a sample to one of all rows: a few more rounds from the centres found."""
    from sklearn.cluster import KMeans

    if len(fitted.labels) == len(matrix):
        return fitted
    centres = np.asarray(fitted.state["centres"], dtype=np.float32)
    model = KMeans(len(centres), init=centres, n_init=1, random_state=seed).fit(matrix)
    return Fitted(model.labels_, {"kind": "centres", "centres": model.cluster_centers_.tolist()})
