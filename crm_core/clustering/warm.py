"""A grouping anew that begins where the kept one stands, so that groups do not jump without cause.

Next month's customers are grouped by the same choice. From ten random starts K-means may end in another optimum that is
no better, and the proposed number of groups may change by a hair. So the kept groups are one of the starts, and a
fresh answer is taken only where it is really better (docs/decisions/0061).
"""
import numpy as np
import pandas as pd

from crm_core.clustering.algorithms import Fitted

REALLY_BETTER = 0.02  # the share by which a fresh start must lower the squared distances to the centres
SILHOUETTE_GAIN = 0.05  # by how much another number of groups must be better apart than the kept one


def kept_or_proposed(by_k: pd.DataFrame, proposed: int, kept: int) -> int:
    """The kept number of groups, unless the proposed one keeps them really better apart."""
    silhouette = by_k.set_index("k").silhouette
    if kept not in silhouette.index or silhouette[proposed] > silhouette[kept] + SILHOUETTE_GAIN:
        return proposed
    return kept


def from_kept(fresh: Fitted, kept: np.ndarray, matrix: np.ndarray, seed: int) -> Fitted:
    """K-means from the centres of the kept groups; the fresh grouping where it is really better.

    `kept` is the kept model's group of each row of the matrix, 1..k. Where a kept group has nobody left, or there are
    more or fewer of them than the fresh grouping has, the fresh one stands.
    """
    from sklearn.cluster import KMeans

    groups = np.unique(kept[kept > 0])
    if fresh.state.get("kind") != "centres" or len(groups) != len(fresh.state["centres"]):
        return fresh
    centres = np.array([matrix[kept == group].mean(axis=0) for group in groups], dtype=np.float32)
    model = KMeans(len(centres), init=centres, n_init=1, random_state=seed).fit(matrix)
    if inertia(matrix, fresh) < (1 - REALLY_BETTER) * inertia(matrix, model):
        return fresh
    return Fitted(model.labels_, {"kind": "centres", "centres": model.cluster_centers_.tolist()})


def inertia(matrix: np.ndarray, fitted) -> float:
    """The squared distances of all rows to the centre of their group."""
    labels = fitted.labels_ if hasattr(fitted, "labels_") else fitted.labels
    total = 0.0
    for label in np.unique(labels):
        rows = matrix[labels == label]
        total += float(((rows - rows.mean(axis=0)) ** 2).sum())
    return total
