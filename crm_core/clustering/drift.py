"""Whether today's customers are still like those a grouping was made of: their features, and how many are in each group.

Both by the population stability index (crm_core/drift.py).
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.clustering.model import Model
from crm_core.drift import held_against, spread, stability_index


@dataclass(frozen=True, eq=False)
class Drift:
    features: pd.DataFrame  # feature, index, level (one of LEVELS), median_training, median_today, missing_training,
    #                         missing_today (shares of customers without it, 0..1); the largest index first
    groups: pd.DataFrame  # group (0: in none), share_training, share_today (0..1)
    groups_index: float  # of the groups' shares
    groups_level: str  # one of crm_core.drift.LEVELS
    customers_training: int
    customers_today: int

    @property
    def refresh(self) -> bool:
        """Whether the grouping should be made anew: a feature or the groups' shares changed much."""
        return self.groups_level == "large" or "large" in set(self.features.level)


def baseline(features: pd.DataFrame, model: Model, group: np.ndarray | None = None) -> dict:
    """What has to be kept of the customers a model is made of, as plain data: ranges, shares and medians.

    `group`: of all that the model can place, where they are placed already.
    """
    placed = model.assign(features).group if group is None else pd.Series(group)
    groups = placed.value_counts(normalize=True)
    return {"customers": len(features), "features": {name: spread(features[name]) for name in model.choice.features},
            "groups": {str(group): float(share) for group, share in sorted(groups.items())}}


def drift(features: pd.DataFrame, model: Model, training: dict | None = None) -> Drift:
    """Today's customers against those the model was made of: `training`, else what the model keeps of them."""
    training = training or model.baseline
    before, today = training["customers"], len(features)
    shares = model.assign(features).group.value_counts(normalize=True)
    groups = sorted({*map(int, training["groups"]), *map(int, shares.index)})
    table = pd.DataFrame({
        "group": groups, "share_training": [training["groups"].get(str(group), 0.0) for group in groups],
        "share_today": [float(shares.get(group, 0.0)) for group in groups]})
    index, level = stability_index(table.share_training.to_numpy(), table.share_today.to_numpy(), before, today)
    return Drift(held_against(training["features"], before, features), table, index, level, before, today)
