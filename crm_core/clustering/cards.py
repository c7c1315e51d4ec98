"""A card for each group: how large it is, how it differs, a short rule, who is typical, how far it is to be trusted.

Everything is in the customers' own units and against everyone else, so that a person sees what is in the group.
"""
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.clustering import names
from crm_core.clustering.algorithms import fit
from crm_core.clustering.choice import WITHOUT_K
from crm_core.clustering.differences import Difference, differences
from crm_core.clustering.prepare import sample_rows
from crm_core.clustering.rules import Rule, short_rules

SHOWN_DIFFERENCES = 4
MATTERS = 0.33  # Cliff's delta from which a difference is a medium one (Romano et al. 2006)
TYPICAL_MEMBERS = 4
MEMBERS_COMPARED = 800  # of a group, each with each, to find the one in the middle
RESAMPLES = 25
RESAMPLED_ROWS = 2_000
READINGS = ((0.85, "very_stable"), (0.75, "stable"), (0.6, "pattern"))
FEWEST_RESAMPLED = 5  # members; of fewer it cannot be told whether they come together again


@dataclass(frozen=True)
class Card:
    group: int  # 0: those who belong to no group
    customers: int
    share_of_customers: float  # 0..1
    share_of_revenue: float | None  # 0..1; None where no revenue is known
    differences: tuple[Difference, ...]  # the few that matter, the largest first
    rule: Rule | None  # None: no short rule describes the group
    typical: tuple[int, ...]  # customer_ids of those in the middle of it, the most typical first
    stability: float | None  # 0..1: how much of it comes together again in resamples; None: too small to tell
    name: names.Name

    @property
    def reading(self) -> str:
        """How its stability is to be read (Hennig 2007): very_stable, stable, pattern, shaky; unknown."""
        if self.stability is None:
            return "unknown"
        return next((word for least, word in READINGS if self.stability >= least), "shaky")


def cards(groups, features: pd.DataFrame, seed: int = 0,
          progress: Callable[[float], None] = lambda share: None) -> tuple[Card, ...]:
    """A card for each group, 1..k and then 0 where somebody belongs to no group.

    `features` has a row a customer: customer_id, the chosen features, and whatever else is known: numbers, yes and no,
    categories. The order of its rows does not matter.
    """
    group = groups.groups.group.to_numpy()
    ids = groups.groups.customer_id.to_numpy()
    frame = features.drop_duplicates("customer_id").set_index("customer_id").reindex(ids).reset_index(drop=True)
    found = differences(frame, group, seed)
    progress(0.3)
    rules = short_rules(frame, group, seed)
    progress(0.6)
    matrix, taken = groups.model.preparation.matrix(frame)
    stable = stabilities(groups, matrix, group[taken], seed)
    typical = _typical(matrix, group[taken], ids[taken], seed)
    called = names.names(groups, found)
    progress(1.0)
    size = pd.Series(group).value_counts()
    revenue = None
    if "monetary" in frame and frame.monetary.sum() > 0:
        revenue = frame.monetary.groupby(group).sum() / frame.monetary.sum()
    return tuple(
        Card(number, int(size[number]), float(size[number] / len(group)),
             None if revenue is None else float(revenue[number]), _that_matter(found[number]), rules.get(number),
             typical[number] if number else (), stable.get(number), called[number])
        for number in sorted(size.index, key=lambda number: (number == 0, number)))


def _that_matter(found: list[Difference]) -> tuple[Difference, ...]:
    """The few largest; where none is even of medium size, the largest alone. Of a category each feature once."""
    seen, shown = set(), []
    for difference in found:
        if difference.feature not in seen:
            seen.add(difference.feature)
            shown.append(difference)
    return tuple([one for one in shown if abs(one.effect) >= MATTERS][:SHOWN_DIFFERENCES] or shown[:1])


def stabilities(groups, matrix: np.ndarray, group: np.ndarray, seed: int) -> dict[int, float | None]:
    """How much of each group comes together again when customers are drawn anew: the mean Jaccard index of it and
    of what is most like it in a bootstrap resample (Hennig 2007, Cluster-wise assessment of cluster stability).

    He reads it so: from .85 very stable, from .75 stable, from .6 a pattern, below not to be trusted.
    """
    rows = sample_rows(len(matrix), RESAMPLED_ROWS, seed)
    sample, of_sample = matrix[rows], group[rows]
    random = np.random.default_rng(seed)
    choice = groups.model.preparation.by_columns(groups.choice)
    numbers = [number for number in np.unique(group) if number > 0]
    likeness: dict[int, list[float]] = {number: [] for number in numbers}
    for _ in range(RESAMPLES):
        drawn = random.integers(0, len(sample), len(sample))
        k = None if groups.choice.algorithm in WITHOUT_K else min(groups.k, len(np.unique(sample[drawn], axis=0)))
        labels = fit(sample[drawn], choice, k, int(random.integers(2**31)), starts=3).labels
        _, once = np.unique(drawn, return_index=True)  # who was drawn twice counts once
        labels, ours = np.asarray(labels)[once], of_sample[drawn[once]]
        found = [labels == label for label in np.unique(labels) if label >= 0]
        for number in numbers:
            inside = ours == number
            if inside.sum() >= FEWEST_RESAMPLED:
                likeness[number].append(max(
                    ((inside & other).sum() / (inside | other).sum() for other in found), default=0.0))
    return {int(number): float(np.mean(values)) if values else None for number, values in likeness.items()}


def _typical(matrix: np.ndarray, group: np.ndarray, ids: np.ndarray, seed: int) -> dict[int, tuple[int, ...]]:
    """Those nearest to each group's medoid, the member with the least distance to all others; itself first."""
    typical = {}
    for number in np.unique(group):
        members = np.flatnonzero(group == number)
        compared = members[sample_rows(len(members), MEMBERS_COMPARED, seed)]
        points = matrix[compared].astype(float)
        squares = (points**2).sum(axis=1)
        apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * points @ points.T, 0)).sum(axis=1)
        medoid = compared[int(apart.argmin())]
        far = ((matrix[members] - matrix[medoid]) ** 2).sum(axis=1)
        far[members == medoid] = -1
        nearest = members[np.argsort(far, kind="stable")[:TYPICAL_MEMBERS]]
        typical[int(number)] = tuple(int(ids[place]) for place in nearest)
    return typical
