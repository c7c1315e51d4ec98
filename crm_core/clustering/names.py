"""What a group is called: the trade's own names where they fit."""

import numpy as np
import pandas as pd

from crm_core.clustering.describe import levels

# What each name stands for: where among all customers (0..1) the group's median lies in freshness (the reverse of
# recency), frequency and monetary. The trade's own types, as in RFM grids (Hughes 1994 and the tools after him).
ARCHETYPES = {
    "vips": (0.93, 0.98, 0.98),
    "champions": (0.85, 0.88, 0.88),
    "loyal": (0.65, 0.72, 0.70),
    "big_spenders": (0.50, 0.55, 0.85),
    "small_baskets": (0.65, 0.75, 0.45),
    "newcomers": (0.90, 0.20, 0.20),
    "promising": (0.80, 0.45, 0.45),
    "middle": (0.50, 0.50, 0.50),
    "occasional": (0.45, 0.22, 0.25),
    "at_risk": (0.25, 0.70, 0.70),
    "sleeping": (0.20, 0.45, 0.45),
    "lost": (0.12, 0.18, 0.18),
}
FARTHEST_NAME = 0.25  # a name whose place is farther than this (root mean square) would tell something false


def propose_names(customers: pd.DataFrame, group: np.ndarray, k: int) -> dict[int, str]:
    """The proposed name of each group: every name at most once, all together as near as can be (Kuhn 1955)."""
    from scipy.optimize import linear_sum_assignment

    if not {"recency_days", "frequency", "monetary"} <= set(customers.columns):
        return dict.fromkeys(range(1, k + 1), "numbered")
    known = [name for name in ("recency_days", "frequency", "monetary", "tenure_days") if name in customers.columns]
    place = levels(customers, group, tuple(known)).pivot(index="group", columns="feature", values="position")
    place = place.drop(index=0, errors="ignore")  # who belongs to no group is no kind of customer
    at = np.column_stack([1 - place.recency_days, place.frequency, place.monetary])
    distance = np.sqrt(((at[:, None] - np.array(list(ARCHETYPES.values()))) ** 2).mean(axis=2))
    if "tenure_days" in place:
        # Whoever has been a customer for longer than most is no newcomer; the shortest third most likely are.
        newcomers, tenure = list(ARCHETYPES).index("newcomers"), place.tenure_days.to_numpy()
        distance[:, newcomers] *= np.where(tenure > 1 / 2, 10, np.where(tenure < 1 / 3, 1 / 2, 1))
    # One way out a group: it keeps its number when every name left would tell something false.
    costs = np.column_stack([distance, np.full((k, k), FARTHEST_NAME)])
    names = {int(number): "numbered" for number in place.index}
    for row, column in zip(*linear_sum_assignment(costs), strict=True):
        if column < len(ARCHETYPES):
            names[int(place.index[row])] = list(ARCHETYPES)[column]
    return names
