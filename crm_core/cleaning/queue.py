"""Which pair to ask a person next, what the answers teach, and which records hang together after all of it.

pairs    id_a | id_b | weight (log2 of the odds) | probability
reviews  id_a | id_b | decision (same, different, unsure) | weight (as the search saw it; missing where it did not)
"""
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

ORDERS = ("doubtful", "sure", "big")  # near the threshold first; surest first; most revenue first
DOUBTFUL_BITS = 4.3  # so near to the threshold, nineteen to one on either side, a pair is doubtful
FEWEST_DECIDED = 5  # decisions from which on they are heeded
# What decisions have to overcome: the model's weights are taken to be right up to two bits and a third of their scale.
SHIFT_BITS, SCALE = 2.0, 0.35
UNKNOWN_BITS = -4.0  # what a pair speaks that the model did not find worth comparing
UNSTATED_BITS = 0.0  # … or that meets no rule: whoever states rules takes one after the other for the same
THIN = 0.5  # a group of whose pairs fewer than this share are likely hangs by a thread


@dataclass(frozen=True)
class Judgement:
    """From where on pairs are taken to be the same, and how good that is expected to be."""

    threshold: float  # probability, as the search gave it
    weight: float  # the same as log2 of the odds
    precision: float  # expected share of right ones among the pairs from the threshold on
    recall: float  # expected share of all same ones that lie there
    likely: int  # pairs from the threshold on
    decided: int  # decisions that were heeded
    shift: float  # log2 by which the decisions moved the weights …
    scale: float  # … after they were stretched by this


def judge(bins: pd.DataFrame, reviews: pd.DataFrame, threshold: float) -> Judgement:
    """The threshold after what people decided.

    bins: weight, pairs: how many undecided pairs the search found of about this weight, whether or not their records
    were merged since: how good a search is does not change because people act on it. The decisions correct the weights
    (a logistic regression of "same" on the weight, held to the model by a prior: Platt 1999), and the threshold moves
    by as much as the point of the best expected F1 moves.
    """
    labelled = reviews[reviews.decision.isin(["same", "different"]) & reviews.weight.notna()]
    weights, same = labelled.weight.to_numpy(float), (labelled.decision == "same").to_numpy(float)
    at, pairs = bins.weight.to_numpy(float), bins.pairs.to_numpy(float)
    shift, scale, cut = 0.0, 1.0, _bits(threshold)
    if len(labelled) >= FEWEST_DECIDED:
        shift, scale = _calibrated(weights, same)
        before = _best_cut(at, pairs, at, weights, same)
        cut += _best_cut(at, pairs, scale * at + shift, weights, same) - before
    # Decided pairs are known; the others count by what is believed of them now.
    believed = np.concatenate([_share(scale * at + shift), same])
    weights, pairs = np.concatenate([at, weights]), np.concatenate([pairs, np.ones(len(same))])
    above = weights >= cut - 1e-9
    right, of_all, taken = (believed * pairs)[above].sum(), (believed * pairs).sum(), pairs[above].sum()
    return Judgement(
        threshold=float(_share(cut)), weight=float(cut), precision=float(right / taken) if taken else 1.0,
        recall=float(right / of_all) if of_all else 1.0, likely=int(taken), decided=len(labelled),
        shift=float(shift), scale=float(scale))


def groups(pairs: pd.DataFrame, reviews: pd.DataFrame, threshold: float,
           unknown: float = UNKNOWN_BITS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records that hang together: (id, cluster) and, a row a cluster, what is to be known of it.

    Whole groups are weighed against each other, unlikely pairs too and pairs that nobody compared as `unknown` bits, so
    that a weak bridge joins nothing (duplicates.clusters). In what is left links are drawn from the strongest down;
    what people called the same is always drawn, and no link joins records that they called different, however many
    steps lie between. Of each cluster: records, weakest (the probability of
    the link without which it falls apart), weak_a, weak_b (its ends), contradicted (a likely link was not drawn because
    of a decision, or somebody was not sure), thin (fewer than half of its pairs are likely by themselves).
    """
    likely = _held(pairs, threshold, unknown)
    same, different, unsure = (_as_pairs(reviews, decision) for decision in ("same", "different", "unsure"))
    likely = likely.sort_values("probability", ascending=False, kind="stable")
    links = [(a, b, 1.0) for a, b in sorted(same)]
    links += [(int(a), int(b), float(p)) for a, b, p in likely.itertuples(index=False)
              if (a, b) not in same and (a, b) not in different]
    cluster: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    apart: dict[int, set[int]] = {}  # record → the records that it is not
    for a, b in different:
        apart.setdefault(a, set()).add(b)
        apart.setdefault(b, set()).add(a)
    weakest: dict[int, tuple[float, int, int]] = {}
    refused: set[int] = set()
    inside: dict[int, int] = {}  # cluster → its likely pairs
    for a, b, probability in links:
        for row_id in (a, b):
            if row_id not in cluster:
                cluster[row_id], members[row_id], inside[row_id] = row_id, [row_id], 0
        first, second = cluster[a], cluster[b]
        if first == second:
            inside[first] += 1
            continue
        fewer, more = sorted((first, second), key=lambda name: len(members[name]))
        if any(not apart[row_id].isdisjoint(members[more]) for row_id in members[fewer] if row_id in apart):
            refused |= {a, b}
            continue
        for row_id in members[fewer]:
            cluster[row_id] = more
        members[more] += members.pop(fewer)
        inside[more] += inside.pop(fewer) + 1
        weakest.pop(fewer, None)
        weakest[more] = (probability, min(a, b), max(a, b))
    doubted = refused | {row_id for pair in unsure for row_id in pair if cluster.get(pair[0]) == cluster.get(pair[1])}
    rows = []
    for name, ids in members.items():
        if len(ids) < 2:
            continue
        probability, a, b = weakest[name]
        most = len(ids) * (len(ids) - 1) / 2
        rows.append((min(ids), len(ids), probability, a, b, not doubted.isdisjoint(ids), inside[name] / most < THIN))
    told = pd.DataFrame(rows, columns=["cluster", "records", "weakest", "weak_a", "weak_b", "contradicted", "thin"])
    told = told.sort_values(["records", "cluster"], ascending=[False, True], ignore_index=True)
    smallest = {name: min(ids) for name, ids in members.items() if len(ids) > 1}
    whole = pd.DataFrame([(row_id, smallest[name]) for row_id, name in cluster.items() if name in smallest],
                         columns=["id", "cluster"]).astype("int64")
    return whole.sort_values(["cluster", "id"], ignore_index=True), told


def sure_groups(whole: pd.DataFrame, told: pd.DataFrame, at_least: float) -> list[list[int]]:
    """The clusters that may be merged together: every link at least so likely, nothing against it; ids ascending."""
    names = told.loc[(told.weakest >= at_least) & ~told.contradicted & ~told.thin, "cluster"]
    chosen = whole[whole.cluster.isin(names)]
    return [sorted(map(int, ids)) for _, ids in chosen.groupby("cluster").id]


def _held(pairs: pd.DataFrame, threshold: float, unknown: float) -> pd.DataFrame:
    """The likely pairs whose records stay in one group once whole groups were weighed against each other."""
    from crm_core.cleaning.duplicates.clusters import close

    if not len(pairs):
        return pairs[["id_a", "id_b", "probability"]]
    ids, nodes = np.unique(pairs[["id_a", "id_b"]].to_numpy(np.int64), return_inverse=True)
    first, second = nodes.reshape(-1, 2).T
    over = np.array([_bits(share) for share in pairs.probability]) - _bits(threshold)
    cluster, _ = close(first, second, over, len(ids), unknown)
    held = (over >= -1e-9) & (cluster[first] == cluster[second])
    return pairs.loc[held, ["id_a", "id_b", "probability"]]


def _as_pairs(reviews: pd.DataFrame, decision: str) -> set[tuple[int, int]]:
    chosen = reviews[reviews.decision == decision]
    return set(zip(chosen.id_a.astype(int), chosen.id_b.astype(int), strict=True))


def _bits(probability: float) -> float:
    probability = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log2(probability / (1 - probability))


def _share(bits):
    return 1 / (1 + np.exp2(-np.clip(bits, -60, 60)))


def _calibrated(weights: np.ndarray, same: np.ndarray) -> tuple[float, float]:
    """(shift, scale) of the weights under which the decisions and the prior are likeliest: Newton's steps."""
    x = np.column_stack([np.ones_like(weights), np.clip(weights, -30, 30)])
    prior, middle = np.diag([1 / SHIFT_BITS**2, 1 / SCALE**2]), np.array([0.0, 1.0])
    beta, ln2 = middle.copy(), math.log(2)
    for _ in range(50):
        p = _share(x @ beta)
        gradient = ln2 * x.T @ (same - p) - prior @ (beta - middle)
        curvature = ln2**2 * (x * (p * (1 - p))[:, None]).T @ x + prior
        step = np.linalg.solve(curvature, gradient)
        beta += step * min(1.0, 1.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < 1e-6:
            break
    return float(beta[0]), float(max(beta[1], 0.1))


def _best_cut(at, pairs, bits, weights, same) -> float:
    """The weight from which on the expected F1 is best, when the undecided pairs have these odds."""
    cuts = np.concatenate([at, weights])
    believed = np.concatenate([_share(bits) * pairs, same])
    counted = np.concatenate([pairs, np.ones(len(same))])
    order = np.argsort(-cuts, kind="stable")
    right, taken = believed[order].cumsum(), counted[order].cumsum()
    expected = 2 * right / np.maximum(taken + believed.sum(), 1e-9)
    return float(cuts[order][int(np.argmax(expected))])
