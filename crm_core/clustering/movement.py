"""Who moved between two days, and why: their own doing, coming and going, the boundary, or the method's chance.

    customer | day 0 | day 1 | re-fit          customer | before | after | cause
           1 |     1 |     1 |      1                 1 |      1 |     1 | stayed
           2 |     1 |     2 |      2       →         2 |      1 |     2 | behaviour: by the same model in another group
           3 |     2 |     2 |      1                 3 |      2 |     1 | boundary: only the re-fitted model moves it …
           4 |     – |     1 |      1                 4 |     −1 |     1 | new
           5 |     2 |     – |      –                 5 |      2 |    −1 | lost

… and where resampled re-fits do not agree upon such a move, it is told as unstable: another sample of the same
customers would have put them elsewhere.
"""
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.clustering.algorithms import assign, fit, settle
from crm_core.clustering.choice import WITHOUT_K
from crm_core.clustering.choose_k import SAMPLE_ROWS
from crm_core.clustering.model import Model
from crm_core.clustering.prepare import prepare, sample_rows

NOWHERE = -1  # the group of who is not there on a day
CAUSES = ("behaviour", "new", "lost", "boundary", "unstable")
REFITS = 20  # resampled re-fits of each day
# Of the re-fits, how many have to agree: what Hennig (2007), Cluster-wise assessment of cluster stability, asks of a
# stable cluster under the bootstrap.
AGREED = 0.75


@dataclass(frozen=True, eq=False)
class Movement:
    customers: pd.DataFrame  # customer_id, before, after (a group, 0: in no group, −1: not there), cause ("stayed" or
    #                          one of CAUSES), in the order of customer_id
    flows: pd.DataFrame  # before, after, cause, customers: how many went that way, and why
    segments: pd.DataFrame  # group, before, <cause>_in, <cause>_out, after: before + all in − all out = after
    why: pd.DataFrame  # of the flows by behaviour: before, after, customers, feature, median_before, median_after,
    #                    change (of the median's place among all customers of day 0, −1..1), the largest first
    shares: dict[str, float]  # "stayed" and each cause → share of everybody who was there on either day, 0..1


def movement(before: pd.DataFrame, after: pd.DataFrame, model: Model, refitted: Model | None = None, seed: int = 0,
             gone: pd.DataFrame | None = None, progress: Callable[[float], None] = lambda share: None) -> Movement:
    """Follow customers from the groups of `model` on day 0 to those of `refitted` (else of `model`) on day 1.

    `before` and `after` are features as of the two days. Who has no row there, or misses a feature, is not there on
    that day: never bought yet, deleted, or outside of the customers that are looked at. `gone` (customer_id, group)
    names those whose group on day 0 is known by a snapshot only, since they were deleted meanwhile.
    The numbers of `refitted` are the groups of `model`, as `refit` gives them. Of a customer whose own doing and the
    boundary both moved, the own doing is told: without the boundary they would have left too. Back in the old group
    at the end is no movement.
    A move of the boundary counts where resampled re-fits of day 1 agree upon the new group, and those of day 0 upon
    the old one: the bootstrap of Fang & Wang (2012), read customer by customer.
    """
    started, fixed = model.assign(before), model.assign(after)
    ended = refitted.assign(after) if refitted else fixed
    if gone is not None:
        started = pd.concat([started, gone[~gone.customer_id.isin(started.customer_id)
                                           & ~gone.customer_id.isin(ended.customer_id)]], ignore_index=True)
    progress(0.1)
    rows = started.rename(columns={"group": "before"}).merge(
        ended.rename(columns={"group": "after"}), on="customer_id", how="outer", sort=True)
    rows = rows.fillna(NOWHERE).astype({"before": int, "after": int})
    by_model = rows.customer_id.map(fixed.set_index("customer_id").group)
    moved = rows.before != rows.after
    rows["cause"] = np.select(
        [~moved, rows.before == NOWHERE, rows.after == NOWHERE, rows.before != by_model],
        ["stayed", "new", "lost", "behaviour"], "boundary")
    if refitted and (rows.cause == "boundary").any():
        doubted = rows.customer_id[rows.cause == "boundary"]
        points = after[after.customer_id.isin(doubted)]
        agreed_new = agreement(refitted, after, points, seed, lambda share: progress(0.1 + 0.45 * share))
        agreed_old = agreement(model, before, points, seed + 1, lambda share: progress(0.55 + 0.4 * share))
        sure = agreed_new.index[(agreed_new >= AGREED) & (agreed_old.reindex(agreed_new.index) >= AGREED)]
        rows.loc[(rows.cause == "boundary") & ~rows.customer_id.isin(sure), "cause"] = "unstable"
    flows = rows.groupby(["before", "after", "cause"]).size().rename("customers").reset_index()
    shares = rows.cause.value_counts(normalize=True)
    return Movement(rows, flows, _segments(flows), _why(rows, before, after, model),
                    {cause: float(shares.get(cause, 0.0)) for cause in ("stayed", *CAUSES)})


def refit(features: pd.DataFrame, model: Model, seed: int = 0) -> Model:
    """The same choice fitted on another day's customers; its groups bear the numbers of those they overlap most.

    A group that is like none before gets a number that the model has not used.
    """
    groups = sorted(set(model.numbers.values()))
    choice = replace(model.choice, k=None if model.choice.algorithm in WITHOUT_K else len(groups))
    prepared = prepare(features, choice)
    sample = prepared.matrix[sample_rows(len(prepared.matrix), SAMPLE_ROWS, seed)]
    used = prepared.preparation.by_columns(choice)
    fitted = settle(fit(sample, used, choice.k, seed), prepared.matrix, used, seed)
    earlier = model.assign(prepared.customers)
    # Scales of the model may leave out a customer that the new ones take, and the reverse.
    labels = pd.Series(fitted.labels, index=prepared.customers.customer_id).reindex(earlier.customer_id).to_numpy()
    numbers = _matched(labels, earlier.group.to_numpy())
    for label in np.unique(fitted.labels[fitted.labels >= 0]):
        numbers.setdefault(int(label), max([0, *groups, *numbers.values()]) + 1)
    return Model(choice, prepared.preparation, fitted.state, numbers)


def agreement(model: Model, features: pd.DataFrame, points: pd.DataFrame, seed: int = 0,
              progress: Callable[[float], None] = lambda share: None) -> pd.Series:
    """The share of resampled re-fits on `features` that put each of `points` where the model does; by customer_id."""
    random = np.random.default_rng(seed)
    matrix, _ = model.preparation.matrix(features.sort_values("customer_id", kind="stable"))
    sample = matrix[sample_rows(len(matrix), SAMPLE_ROWS, seed)]
    asked, taken = model.preparation.matrix(points)
    own = model.group_of(assign(model.state, sample))
    wanted = model.group_of(assign(model.state, asked))
    k = None if model.choice.algorithm in WITHOUT_K else len(set(model.numbers.values()))
    used, agreed = model.preparation.by_columns(model.choice), np.zeros(len(asked))
    for place in range(REFITS):
        resample = sample[random.integers(0, len(sample), len(sample))]
        state = fit(resample, used, k and min(k, len(np.unique(resample, axis=0))),
                    int(random.integers(2**31)), starts=3).state
        numbers = _matched(assign(state, sample), own)
        found = pd.Series(assign(state, asked))
        agreed += found.map(numbers).fillna(found.lt(0).map({True: 0, False: NOWHERE})).to_numpy() == wanted
        progress((place + 1) / REFITS)
    return pd.Series(agreed / REFITS, index=points.customer_id.to_numpy()[taken])


def _matched(labels: np.ndarray, groups: np.ndarray) -> dict[int, int]:
    """Label → the group it shares most customers with, each group once, all together as many as can be (Kuhn 1955)."""
    from scipy.optimize import linear_sum_assignment

    both = (labels >= 0) & (groups > 0)
    shared = pd.crosstab(labels[both], groups[both])
    pairs = zip(*linear_sum_assignment(shared.to_numpy(), maximize=True), strict=True)
    return {int(shared.index[row]): int(shared.columns[column]) for row, column in pairs
            if shared.iat[row, column] > 0}


def _segments(flows: pd.DataFrame) -> pd.DataFrame:
    groups = sorted((set(flows.before) | set(flows.after)) - {NOWHERE})
    moves = flows[flows.cause != "stayed"]
    table = pd.DataFrame({"group": groups})
    for side in ("before", "after"):
        table[side] = table.group.map(flows.groupby(side).customers.sum())
    for cause in CAUSES:
        for side, way in (("after", "in"), ("before", "out")):
            table[f"{cause}_{way}"] = table.group.map(moves[moves.cause == cause].groupby(side).customers.sum())
    table = table.fillna(0).astype(int)
    return table[["group", "before", *(f"{cause}_{way}" for cause in CAUSES for way in ("in", "out")
                                       if (cause, way) not in (("new", "out"), ("lost", "in"))), "after"]]


def _why(rows: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, model: Model) -> pd.DataFrame:
    moved = rows[rows.cause == "behaviour"]
    then, now = (frame.set_index("customer_id").loc[moved.customer_id] for frame in (before, after))
    features = [name for name in model.choice.features if pd.api.types.is_numeric_dtype(before[name])
                and not pd.api.types.is_bool_dtype(before[name])]
    sorted_values = {name: np.sort(before[name].dropna().to_numpy(float)) for name in features}
    told = []
    for (left, arrived), customers in moved.groupby(["before", "after"]).groups.items():
        at = moved.index.get_indexer(customers)
        for name in features:
            medians = [float(frame[name].iloc[at].median()) for frame in (then, now)]
            told.append((left, arrived, len(at), name, *medians,
                         _place(sorted_values[name], medians[1]) - _place(sorted_values[name], medians[0])))
    frame = pd.DataFrame(told, columns=["before", "after", "customers", "feature", "median_before", "median_after",
                                        "change"])
    order = frame.assign(size=frame.change.abs()).sort_values(
        ["customers", "before", "after", "size"], ascending=[False, True, True, False], kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _place(values: np.ndarray, value: float) -> float:
    """The share of the sorted values below, 0..1; ties count half."""
    return float(np.searchsorted(values, value, "left") + np.searchsorted(values, value, "right")) / (2 * len(values))
