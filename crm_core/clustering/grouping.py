"""Put customers who are alike into groups, say what each group is, and how far the grouping is to be trusted.

    customer | recency_days | frequency | monetary           customer | group
           1 |            5 |        12 |      900                  1 |     1   ← group 1 spends most
           2 |            9 |        10 |      850       →          2 |     1
           3 |          300 |         1 |       20                  3 |     2
"""
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.clustering import choose_k, clear, describe, names, warm
from crm_core.clustering.algorithms import settle
from crm_core.clustering.choice import Choice
from crm_core.clustering.maps import principal_map
from crm_core.clustering.model import Model
from crm_core.clustering.prepare import prepare, sample_rows
from crm_core.clustering.steps import Step, steps_of


@dataclass(frozen=True, eq=False)
class Groups:
    """Customers in k groups; group 1 has the highest mean monetary, group k the lowest; group 0 belongs nowhere."""

    choice: Choice
    seed: int
    k: int  # groups, without group 0
    groups: pd.DataFrame  # customer_id, group (1..k, 0 for noise), in the order of customer_id
    model: Model  # to place others in the same groups, and to be kept
    profiles: pd.DataFrame  # one row a group: group, customers, share_of_customers, share_of_revenue (0..1; NaN
    #                         where no revenue is known), median_<feature> and mean_<feature> in original units
    levels: pd.DataFrame  # group, feature, median, position (share of all customers below the median, 0..1),
    #                       level (low, middle, high: the third of all customers in which the median lies)
    names: dict[int, str]  # group → key of its proposed name, each once; "numbered" where no name fits
    by_k: pd.DataFrame  # k, silhouette, inertia (mean squared distance to the centre), smallest_share (of customers)
    silhouette: float  # −1..1: how much nearer customers are to their own group than to the next
    reference: float  # the silhouette that a cloud of the same spread without groups reaches at this k
    stability: float  # 0..1: how alike the groupings of two resamples are (adjusted Rand index)
    clear: bool  # the silhouette lies clearly above the reference: there are groups, not only slices of one cloud
    map: pd.DataFrame  # at most 3,000 customers: customer_id, group, x, y, and the features in original units
    map_shares: tuple[float, float]  # the share of all differences that x and y show, each 0..1
    directions: pd.DataFrame  # feature, x, y: where on the map the feature grows
    dropped: tuple[str, ...]  # features left out because every customer has the same value
    left_out: int  # customers left out because a feature is missing or infinite
    steps: tuple[Step, ...] = ()  # the seven steps: customers in and out, the choice, what came of it


def cluster_customers(features: pd.DataFrame, choice: Choice | None = None, seed: int = 0, as_of=None,
                      progress: Callable[[float], None] = lambda share: None, kept: Model | None = None) -> Groups:
    """Groups of customers who are alike in the chosen features; the order of the rows does not matter.

    `features` has one row a customer: customer_id and the chosen columns; a column `monetary`, chosen or not,
    orders the groups and gives their share of revenue. `as_of` is only told back when there are no rows.
    `progress` is told the share that is done, 0..1, and may raise to end the work.
    `kept`, the model of an earlier time, is where it starts from: groups do not jump without cause (warm.py).
    K-means on standardised features (Lloyd 1982, k-means++ starts); k by the silhouette (Rousseeuw 1987).

    Raises NoOrdersYet, TooFewCustomers, NothingToTellApart, KTooLarge, FeatureMissing, FeatureNotNumeric.
    """
    choice = choice or Choice()
    prepared = prepare(features, choice, as_of)
    matrix, customers = prepared.matrix, prepared.customers
    progress(0.1)
    rows = sample_rows(len(matrix), choose_k.SAMPLE_ROWS, seed)
    sample = matrix[rows]
    fits, by_k = choose_k.try_ks(sample, choice, seed)
    progress(0.5)
    k = choose_k.propose_k(by_k)
    if kept:
        k = warm.kept_or_proposed(by_k, k, len(kept.numbers))
    fitted = settle(fits[k], matrix, choice, seed)
    if kept and choice.algorithm == "kmeans":
        fitted = warm.from_kept(fitted, kept.group_in(customers), matrix, seed)
    model = Model(choice, prepared.preparation, fitted.state, _numbers(customers, matrix, fitted.labels))
    group = model.group_of(fitted.labels)
    # What is told of the chosen k is told of the final groups.
    silhouette = choose_k.silhouette(sample, fitted.labels[rows])
    by_k.loc[by_k.k == k, "silhouette"] = silhouette
    reference = clear.reference_silhouette(sample, k, seed)
    progress(0.7)
    stability = choose_k.stability(sample, choice, k, seed)
    progress(0.95)
    map_, map_shares, directions = principal_map(prepared, group, choice.features, seed)
    groups = Groups(
        choice=choice, seed=seed, k=k,
        groups=pd.DataFrame({"customer_id": customers.customer_id, "group": group}), model=model,
        profiles=describe.profiles(customers, group, choice.features),
        levels=describe.levels(customers, group, choice.features),
        names=names.propose_names(customers, group, k),
        by_k=by_k, silhouette=silhouette, reference=reference,
        stability=stability, clear=clear.is_clear(silhouette, reference),
        map=map_, map_shares=map_shares, directions=directions,
        dropped=prepared.preparation.dropped, left_out=prepared.left_out)
    return replace(groups, steps=steps_of(groups, features, as_of))


def _numbers(customers: pd.DataFrame, matrix: np.ndarray, labels: np.ndarray) -> dict[int, int]:
    """Labels as 1..k, the group with the highest mean monetary first (without monetary: of the first feature)."""
    worth = customers["monetary"].to_numpy(float) if "monetary" in customers else matrix[:, 0].astype(float)
    means = pd.Series(worth).groupby(labels).mean()
    ordered = means[means.index >= 0].sort_values(ascending=False, kind="stable").index
    return {int(label): place for place, label in enumerate(ordered, 1)}
