"""Customers placed in the groups of a kept model, and how sure that is.

    customer | group | next_group | sure
          17 |     1 |          2 |  .71     much nearer to group 1 than to any other
          18 |     2 |          1 |  .04     on the edge between two
"""
import numpy as np
import pandas as pd

from crm_core.clustering.model import Model

CLEARLY, HARDLY = 0.5, 0.2  # from here on one group is half as far as the next; below, it could as well be the other


def place(features: pd.DataFrame, model: Model) -> pd.DataFrame:
    """customer_id, group (0: in none), next_group and sure of the customers who have all features, as the rows lie.

    sure is 1 − the distance to the own group's middle over that to the nearest other one's (the simplified
    silhouette, Hruschka, de Castro & Campello 2004), below 0 where another middle is nearer; NaN in no group or
    where there is one group only. Middles are the model's own, or the means of those placed where it has none.
    """
    placed = model.assign(features)
    matrix, _ = model.preparation.matrix(features)
    groups, middles = _middles(model, matrix, placed.group.to_numpy())
    if len(groups) < 2:
        return placed.assign(next_group=0, sure=np.nan)
    far = np.sqrt(np.maximum((matrix**2).sum(axis=1)[:, None] - 2 * matrix @ middles.T + (middles**2).sum(axis=1), 0))
    own = placed.group.to_numpy()[:, None] == np.array(groups)
    others = np.where(own, np.inf, far)
    nearest = others.argmin(axis=1)
    own_far, next_far = np.where(own, far, 0).sum(axis=1), others[np.arange(len(far)), nearest]
    with np.errstate(divide="ignore", invalid="ignore"):
        sure = (next_far - own_far) / np.maximum(next_far, own_far)
    return placed.assign(next_group=np.array(groups)[nearest], sure=np.where(own.any(axis=1), sure, np.nan))


def _middles(model: Model, matrix: np.ndarray, group: np.ndarray) -> tuple[list[int], np.ndarray]:
    if model.state.get("kind") == "centres":
        pairs = sorted((number, label) for label, number in model.numbers.items())
        return [number for number, _ in pairs], np.array([model.state["centres"][label] for _, label in pairs])
    groups = sorted(set(group.tolist()) - {0})
    return groups, np.array([matrix[group == number].mean(axis=0) for number in groups])
