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

from crm_core.clustering import choose_k, clear, describe, drift, names, rfm, warm
from crm_core.clustering.algorithms import Fitted, fit, settle
from crm_core.clustering.choice import WITHOUT_K, Choice
from crm_core.clustering.choose_k import part
from crm_core.clustering.evidence import Evidence, evidence
from crm_core.clustering.maps import principal_map
from crm_core.clustering.model import Model
from crm_core.clustering.prepare import prepare, sample_rows
from crm_core.clustering.steps import Step, steps_of
from crm_core.errors import KTooLarge


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
    levels: pd.DataFrame  # group, feature, category (None of a number), median, position (share of all customers below
    #                       the median, 0..1), level (low, middle, high: the third of all in which the median lies)
    names: dict[int, str]  # group → key of its proposed name, each once; "numbered" where no name fits, "nowhere"
    #                        for group 0; of an RFM grid also the names of cells that nobody is in yet
    by_k: pd.DataFrame  # k and what the measures say of it: the columns of choose_k.BY_K, a row a k that was tried;
    #                     of a mixture also its bic
    why_k: dict  # the reason (apart, finer, silhouette, chosen, found) and its numbers: see choose_k.why_k
    silhouette: float  # −1..1: how much nearer customers are to their own group than to the next
    stability: float  # 0..1: how alike the groupings of resamples are (adjusted Rand index)
    clear: bool  # valleys part the groups into islands: there are groups, not only slices of one cloud
    cuts: pd.DataFrame  # group, neighbour, p_value (how often one cloud would look so), valley (they lie apart)
    map: pd.DataFrame  # at most 3,000 customers: customer_id, group, x, y, and the features in original units
    map_shares: tuple[float, float]  # the share of all differences that x and y show, each 0..1
    directions: pd.DataFrame  # feature, x, y: where on the map the feature grows
    dropped: tuple[str, ...]  # features left out because every customer has the same value
    left_out: int  # customers left out because a feature is missing or infinite
    filled: dict[str, int]  # feature → customers whose gap was filled by the median
    noise: int  # customers in group 0: what sets them apart from everybody is no group
    fitted_on: int  # customers the groups were learned from; the others were placed in them
    evidence: Evidence  # what the pictures of the algorithm show
    steps: tuple[Step, ...] = ()  # the seven steps: customers in and out, the choice, what came of it


def cluster_customers(features: pd.DataFrame, choice: Choice | None = None, seed: int = 0, as_of=None,
                      progress: Callable[[float], None] = lambda share: None, kept: Model | None = None) -> Groups:
    """Groups of customers who are alike in the chosen features; the order of the rows does not matter.

    `features` has one row a customer: customer_id and the chosen columns; a column `monetary`, chosen or not,
    orders the groups and gives their share of revenue. `as_of` is only told back when there are no rows.
    `progress` is told the share that is done, 0..1, and may raise to end the work.
    `kept`, the model of an earlier time, is where it starts from: groups do not jump without cause (warm.py).
    By `choice.algorithm` on comparable features; for k see choose_k.propose_k. Where everybody is in no group, k is 0.

    Raises NoOrdersYet, TooFewCustomers, NothingToTellApart, KTooLarge, FeatureMissing, FeatureNotNumeric,
    RfmFeaturesNeeded.
    """
    choice = choice or Choice()
    if choice.algorithm == "rfm":
        rfm.refuse_without_features(choice)
    prepared = prepare(features, choice, as_of, part(progress, 0, 0.1))
    matrix, customers = prepared.matrix, prepared.customers
    progress(0.1)
    rows = sample_rows(len(matrix), choose_k.SAMPLE_ROWS, seed)
    sample = matrix[rows]
    used = prepared.preparation.by_columns(choice)
    fitted, by_k = _fitted(matrix, sample, used, seed, part(progress, 0.1, 0.8), len(kept.numbers) if kept else None)
    if kept and choice.algorithm == "kmeans":
        fitted = warm.from_kept(fitted, kept.group_in(customers), matrix, seed)
    numbers = _numbers(customers, matrix, fitted)
    model = Model(choice, prepared.preparation, fitted.state, numbers)
    group = model.group_of(fitted.labels)
    model = replace(model, baseline=drift.baseline(features, model, group))
    progress(0.82)
    k, noise = int(group.max()), int((group == 0).sum())
    # What is told of the chosen k is told of the final groups.
    silhouette = choose_k.silhouette(sample, fitted.labels[rows], part(progress, 0.82, 0.84))
    by_k.loc[by_k.k == k, "silhouette"] = silhouette
    found = clear.clearness(sample, group[rows] - 1, used, k, seed, progress=part(progress, 0.84, 0.9))
    map_, map_shares, directions = principal_map(prepared, group, choice.features, seed)
    progress(0.91)
    shown = evidence(prepared, group, fitted, used, model, seed)
    progress(0.93)
    profiles = describe.profiles(customers, group, choice.features)
    progress(0.96)
    levels = describe.levels(customers, group, choice.features)
    progress(0.98)
    groups = Groups(
        choice=choice, seed=seed, k=k,
        groups=pd.DataFrame({"customer_id": customers.customer_id, "group": group}), model=model,
        profiles=profiles, levels=levels,
        names=(model.names or names.propose_names(customers, group, k)) | ({0: "nowhere"} if noise else {}),
        by_k=by_k, why_k=choose_k.why_k(by_k, k, choice), silhouette=silhouette,
        stability=float(by_k.loc[by_k.k == k, "stability"].iloc[0]), clear=found.clear, cuts=_cuts(found),
        map=map_, map_shares=map_shares, directions=directions,
        dropped=prepared.preparation.dropped, left_out=prepared.left_out, filled=prepared.filled, noise=noise,
        fitted_on=fitted.fitted_on, evidence=shown)
    return replace(groups, steps=steps_of(groups, features, as_of))


def _fitted(matrix: np.ndarray, sample: np.ndarray, choice: Choice, seed: int, progress,
            kept_k: int | None) -> tuple[Fitted, pd.DataFrame]:
    """The groups of all rows, and what was found at each k that was tried; `kept_k` is that of an earlier time."""
    if choice.algorithm in WITHOUT_K:
        fitted = fit(matrix, choice, None, seed, progress=progress)
        k = len(set(fitted.labels.tolist()) - {-1})
        stable = choose_k.stability(sample, choice, k, seed) if k else 0.0
        return fitted, pd.DataFrame([{"k": k, "stability": stable}], columns=choose_k.BY_K)
    fits, by_k = choose_k.try_ks(sample, choice, seed, part(progress, 0, 0.8))
    if choice.algorithm == "mixture":
        by_k["bic"] = [fits[k].state["bic"] for k in by_k.k]
    k = choose_k.propose_k(by_k)
    if kept_k:
        k = warm.kept_or_proposed(by_k, k, kept_k)
    fitted = settle(fits[k], matrix, choice, seed, part(progress, 0.8, 1))
    found = len(np.unique(fitted.labels))
    if found < k:  # some of the k clouds of a mixture are nobody's most probable one
        raise KTooLarge(k=k, customers=len(matrix), largest=found)
    return fitted, by_k


def _numbers(customers: pd.DataFrame, matrix: np.ndarray, fitted: Fitted) -> dict[int, int]:
    """Labels as 1..k, the group with the highest mean monetary first (without monetary: of the first feature).

    After them the labels that have a name and nobody in them yet.
    """
    worth = customers["monetary"].to_numpy(float) if "monetary" in customers else matrix[:, 0].astype(float)
    means = pd.Series(worth).groupby(fitted.labels).mean()
    ordered = means[means.index >= 0].sort_values(ascending=False, kind="stable").index.tolist()
    empty = [int(label) for label in fitted.state.get("names", {}) if int(label) not in ordered]
    return {int(label): place for place, label in enumerate([*ordered, *empty], 1)}


def _cuts(found: clear.Clearness) -> pd.DataFrame:
    cuts = found.cuts.rename(columns={"one_label": "group", "other_label": "neighbour"})
    return cuts.assign(group=cuts.group + 1, neighbour=cuts.neighbour + 1)
