"""What the pictures of an algorithm show: how well each customer sits, and what its settings rest on."""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.clustering import density, hierarchy, mixture, rfm
from crm_core.clustering.algorithms import FIT_ROWS, Fitted
from crm_core.clustering.choice import Choice
from crm_core.clustering.model import Model
from crm_core.clustering.prepare import Prepared, sample_rows
from crm_core.clustering.silhouettes import silhouettes

SHOWN_ROWS = 5_000  # more cannot be drawn apart, and silhouettes cost the square of it


@dataclass(frozen=True, eq=False)
class Evidence:
    silhouettes: pd.DataFrame  # customer_id, group, silhouette (−1..1) of at most SHOWN_ROWS customers in a group,
    #                            by group, within it from the best placed down; empty where there are no two groups
    sure: pd.DataFrame | None = None  # mixture: group, customers, sure (share with a probability above .8)
    k_distances: density.KDistances | None = None  # DBSCAN
    dendrogram: hierarchy.Dendrogram | None = None  # agglomerative; `label` is the group, 0 above the cut
    grid: pd.DataFrame | None = None  # RFM: score (5..1), and the value at which each feature has it: recency_days at
    #                                   most, frequency and monetary at least; NaN where nobody has that score


def evidence(prepared: Prepared, group: np.ndarray, fitted: Fitted, choice: Choice, model: Model, seed: int):
    """The Evidence of groups; `choice.features` names the columns of the matrix."""
    matrix, k = prepared.matrix, int(group.max())
    shown = sample_rows(len(matrix), SHOWN_ROWS, seed)
    shown = shown[group[shown] > 0]
    found = pd.DataFrame({"customer_id": prepared.customers.customer_id.to_numpy()[shown], "group": group[shown],
                          "silhouette": silhouettes(matrix[shown], group[shown]) if k > 1 else np.nan})
    found = found[found.silhouette.notna()].sort_values(
        ["group", "silhouette"], ascending=[True, False], kind="stable", ignore_index=True)
    learned = matrix[sample_rows(len(matrix), FIT_ROWS, seed)]
    tree = hierarchy.dendrogram(learned, choice, fitted.state, k, seed) if choice.algorithm == "agglomerative" else None
    if tree is not None:
        labels = [column for column in tree.merges if column.endswith("label")]
        tree.merges[labels] = tree.merges[labels].apply(lambda told: model.group_of(told.to_numpy()))
    return Evidence(
        found,
        sure=_sure(matrix, group, fitted) if choice.algorithm == "mixture" else None,
        k_distances=density.curve(learned, choice) if choice.algorithm == "dbscan" else None,
        dendrogram=tree,
        grid=_grid(prepared, fitted) if choice.algorithm == "rfm" else None)


def _grid(prepared: Prepared, fitted: Fitted) -> pd.DataFrame:
    scores = rfm.scores(fitted.state, prepared.matrix)
    begins = {name: prepared.customers[name].groupby(scores[name].to_numpy()) for name in rfm.SCORED}
    begins = {name: values.max() if name == "recency_days" else values.min() for name, values in begins.items()}
    return pd.DataFrame(begins).reindex(range(rfm.SCORES, 0, -1)).rename_axis("score").reset_index()


def _sure(matrix: np.ndarray, group: np.ndarray, fitted: Fitted) -> pd.DataFrame:
    sure = pd.Series(mixture.sureness(fitted.state, matrix) > mixture.SURE).groupby(group)
    return pd.DataFrame({"group": sure.size().index, "customers": sure.size().to_numpy(),
                         "sure": sure.mean().to_numpy()})
