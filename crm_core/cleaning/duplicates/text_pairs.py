"""Two files of which each names a thing once, or one that names hardly anything more than twice: who is whose partner,
and how sure that is, without labels.

Every record gets its best partner so that the whole fits best. Then all these pairs are forbidden and everybody gets
the next best one: those are what pairs of different things look like at their best. Where the first pairs are no
better than the second ones, they are no partners either (a knock-out of the truth, as permutation tests knock it
out).
"""

from dataclasses import dataclass

import numpy as np

from crm_core.cleaning.duplicates.text_weights import HEAVIEST, SMOOTHING, log_ratio

ROUNDS = 3
PARTNERS_TRIED = 12  # a record's best so many take part in the search for partners
FARTHEST = 12.0  # bits by which a partner may be better than the next: more says no more
SURE = 0.999
MATCHED_AT_ONCE = 400_000  # pairs among which partners are found exactly; more of them, by the best first
CUTS = (0.1, 0.2, 0.3, 0.4, 0.5)  # shares of the second-best pairs, by which the first ones' hollow part is counted


@dataclass(frozen=True, eq=False)
class Partners:
    weights: dict  # slope, even, levels, prior, curve: see `weigh` and `told`
    base: np.ndarray  # log2 of the odds by the comparisons alone, without the prior, a value a pair
    chance: np.ndarray  # 0..1, a value a pair
    chosen: np.ndarray  # True for the pairs in which each is the other's partner


def find_partners(alike, levels: dict, a, b, rows: int, columns: int, known=None, begin=None, within=False) -> Partners:
    """`known`: by pair 1 (people say the same), 0 (different), NaN (nobody was asked); `begin`: weights of levels to
    begin with; `within`: one file, in which a pair stands once and anybody may be anybody's partner."""
    known = np.full(len(a), np.nan) if known is None else known
    pairs = len(a)
    if within:  # a pair stands twice, as seen by either
        a, b = np.concatenate([a, b]), np.concatenate([b, a])
        alike, known = np.tile(alike, 2), np.tile(known, 2)
        levels = {name: np.tile(level, 2) for name, level in levels.items()}
    weights = {"slope": 20.0, "even": 0.5, "levels": begin or {}}
    for turn in range(ROUNDS):
        base = weigh(weights, alike, levels)
        first = _assigned(base, a, b, rows, columns, known, within)
        second = _assigned(np.where(first, -np.inf, base), a, b, rows, columns, known, within)
        standing, hollow = (
            _standing(base, a, b, rows, columns, first),
            _standing(base, a, b, rows, columns, second, first),
        )
        curve, share = _curve(standing[first], hollow)
        chance = _told(curve, standing)
        if turn < ROUNDS - 1:
            weights = _fit(alike, levels, first, second, chance, known)
    chance = _with_answers(chance, standing, known)
    chance = _beaten(chance, first, a, b, rows, columns)
    chance = np.where(known == 1, SURE, np.where(known == 0, 1 - SURE, chance))
    prior = float(np.round(np.log2(share / (1 - share)), 3))
    return Partners({**weights, "prior": prior, "curve": curve}, base[:pairs], chance[:pairs], first[:pairs])


def weigh(weights: dict, alike, levels: dict) -> np.ndarray:
    weight = weights["slope"] * (alike - weights["even"])
    for name, level in levels.items():
        if name in weights["levels"]:
            weight = weight + np.append(weights["levels"][name], 0.0)[level]
    return weight


def told(weights: dict, base, a, b, rows: int, columns: int) -> np.ndarray:
    """Chances of new pairs by a curve that was learned before: each one's best partner, by how far it is the best."""
    first = _assigned(base, a, b, rows, columns, np.full(len(a), np.nan))
    return _beaten(_told(weights["curve"], _standing(base, a, b, rows, columns, first)), first, a, b, rows, columns)


def _assigned(score, a, b, rows: int, columns: int, known, within: bool = False) -> np.ndarray:
    """True for the pairs of the assignment with the highest sum; what people know goes before."""
    score = np.where(known == 1, np.inf, np.where(known == 0, -np.inf, score))
    possible = np.flatnonzero((score > -np.inf) & _among_the_best(score, a, rows) & _among_the_best(score, b, columns))
    chosen = np.zeros(len(a), bool)
    if not len(possible):
        return chosen
    if within:
        half = len(a) // 2
        possible = possible[possible < half]
        picked = possible[_best_first(-score[possible], a[possible], b[possible], rows)]
        chosen[picked] = chosen[picked + half] = True
        return chosen
    finite = score[possible][np.isfinite(score[possible])]
    highest, lowest = (finite.max(), finite.min()) if len(finite) else (1.0, 0.0)
    cost = 1.0 + np.clip(highest - score[possible], 0, None)
    cost[np.isposinf(score[possible])] = 1e-6
    if len(possible) > MATCHED_AT_ONCE:
        picked = _best_first(cost, a[possible], b[possible], rows, columns)
    else:
        picked = _exactly(cost, a[possible], b[possible], rows, columns, 2.0 + highest - lowest)
    chosen[possible[picked]] = True
    return chosen


def _among_the_best(score, side, count: int) -> np.ndarray:
    order = np.lexsort((-score, side))
    starts = np.searchsorted(side[order], np.arange(count))
    rank = np.empty(len(side), int)
    rank[order] = np.arange(len(side)) - starts[side[order]]
    return rank < PARTNERS_TRIED


def _exactly(cost, a, b, rows: int, columns: int, alone: float) -> np.ndarray:
    """Jonker & Volgenant's assignment on sparse costs; each row may also stay alone, at the highest cost."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    places = np.arange(rows)
    everything = csr_matrix(
        (
            np.concatenate([cost, np.full(rows, alone)]),
            (np.concatenate([a, places]), np.concatenate([b, columns + places])),
        )
    )
    matched_a, matched_b = min_weight_full_bipartite_matching(everything)
    partner = np.full(rows, -1)
    partner[matched_a] = matched_b
    return partner[a] == b


def _best_first(cost, a, b, rows: int, columns: int | None = None) -> np.ndarray:
    """The cheapest first; without `columns` both sides are one file, and who is taken there is taken on both."""
    taken_a, picked = np.zeros(rows, bool), np.zeros(len(cost), bool)
    taken_b = taken_a if columns is None else np.zeros(columns, bool)
    for place in np.argsort(cost, kind="stable"):
        if not taken_a[a[place]] and not taken_b[b[place]]:
            taken_a[a[place]] = taken_b[b[place]] = picked[place] = True
    return picked


def _standing(base, a, b, rows: int, columns: int, chosen, without=None) -> np.ndarray:
    """How good a pair is and by how much better than what else both records could have (its rivals)."""
    seen = base if without is None else np.where(without, -np.inf, base)
    lowest = base.min() if len(base) else 0.0
    rival = (_best_other(seen, a, rows, lowest) + _best_other(seen, b, columns, lowest)) / 2
    standing = base + np.clip(base - rival, -FARTHEST, FARTHEST)
    return standing if without is None else standing[chosen]


def _best_other(score, side, count: int, lowest: float) -> np.ndarray:
    """For each pair the best score of the other pairs of its record."""
    order = np.lexsort((-score, side))
    best, second = np.full(count, lowest), np.full(count, lowest)
    starts = np.searchsorted(side[order], np.arange(count))
    ends = np.searchsorted(side[order], np.arange(count), "right")
    one, two = ends > starts, ends > starts + 1
    best[one] = score[order[starts[one]]]
    second[two] = score[order[starts[two] + 1]]
    winner = np.full(count, -1)
    winner[one] = order[starts[one]]
    return np.maximum(np.where(winner[side] == np.arange(len(side)), second[side], best[side]), lowest)


def _curve(first: np.ndarray, hollow: np.ndarray):
    """From a pair's standing to log2 of the odds, and the share of first pairs that are partners.

    A local false discovery rate (Efron 2004) whose empty part is measured: the second-best pairs, as many of them as
    the first ones have in their lowest part.
    """
    from sklearn.isotonic import IsotonicRegression

    if not len(first):
        return {"at": [0.0], "odds": [0.0]}, 0.5
    if not len(hollow):
        return {"at": [float(first.min())], "odds": [float(np.log2(SURE / (1 - SURE)))]}, 0.9
    cuts = np.quantile(hollow, CUTS)
    empty = float(
        np.clip(
            np.median([np.mean(first <= cut) * len(first) / max(np.sum(hollow <= cut), 1) for cut in cuts]),
            1 / len(hollow),
            1,
        )
    )
    at = np.concatenate([first, hollow])
    kind = np.concatenate([np.ones(len(first)), np.zeros(len(hollow))])
    times = np.concatenate([np.ones(len(first)), np.full(len(hollow), empty)])
    share = IsotonicRegression(y_min=0, y_max=1).fit(at, kind, sample_weight=times).predict(np.sort(first))
    same = np.clip(1 - (1 - share) / np.maximum(share, 1e-9), 1 - SURE, SURE)
    # The middle of each step: between them the odds rise evenly, so that no two standings are alike.
    steps, place = np.unique(same, return_inverse=True)
    middle = np.bincount(place, np.sort(first)) / np.bincount(place)
    return (
        {
            "at": [round(float(one), 4) for one in middle],
            "odds": [round(float(one), 4) for one in np.log2(steps / (1 - steps))],
        },
        float(np.clip(same.mean(), 0.01, 0.99)),
    )


def _told(curve: dict, standing: np.ndarray) -> np.ndarray:
    odds = np.interp(standing, curve["at"], curve["odds"]) + 1e-4 * standing
    return np.clip(1 / (1 + np.exp2(-odds)), 1 - SURE, SURE)


def _fit(alike, levels: dict, first, second, chance, known) -> dict:
    """Weights from the first pairs, as far as they are partners, against the second ones, and from what people said."""
    from sklearn.linear_model import LogisticRegression

    asked = ~np.isnan(known)
    yes = np.where(asked, known * 3, np.where(first, chance, 0))  # an answer counts as three pairs of our own
    no = np.where(asked, (1 - known) * 3, np.where(first, 1 - chance, np.where(second, 1, 0)))
    taught = np.flatnonzero(yes + no)
    both = np.concatenate([alike[taught], alike[taught]])[:, None]
    model = LogisticRegression(C=100.0).fit(
        both, np.repeat([1, 0], len(taught)), sample_weight=np.concatenate([yes[taught], no[taught]])
    )
    slope = max(float(model.coef_[0, 0]) / np.log(2), 1.0)
    even = (
        float(-model.intercept_[0] / np.log(2) / slope)
        + float(np.log2((yes.sum() + SMOOTHING) / (no.sum() + SMOOTHING))) / slope
    )
    weights = {}
    for name, level in levels.items():
        seen = taught[level[taught] >= 0]
        count = int(level.max(initial=0)) + 1
        weights[name] = [
            round(float(one), 3)
            for one in np.clip(
                log_ratio(
                    np.bincount(level[seen], yes[seen], minlength=count),
                    np.bincount(level[seen], no[seen], minlength=count),
                ),
                -HEAVIEST,
                HEAVIEST,
            )
        ]
    return {"slope": round(float(slope), 3), "even": round(float(even), 4), "levels": weights}


def _with_answers(chance, standing, known) -> np.ndarray:
    """The curve moved by what people said where it was asked; without answers it stays as it is."""
    from sklearn.linear_model import LogisticRegression

    asked = np.flatnonzero(~np.isnan(known))
    if len(asked) < 20 or len(set(known[asked])) < 2:
        return chance
    odds = np.log(chance / (1 - chance))
    # Starting at the curve: as many pairs of its own say what it said as people gave answers.
    own = np.linspace(0, len(chance) - 1, min(len(asked), len(chance))).astype(int)
    at = np.concatenate([odds[asked], odds[own], odds[own]])[:, None]
    kind = np.concatenate([known[asked], np.ones(len(own)), np.zeros(len(own))])
    times = np.concatenate([np.ones(len(asked)), chance[own], 1 - chance[own]])
    return LogisticRegression(C=100.0).fit(at, kind, sample_weight=times).predict_proba(odds[:, None])[:, 1]


def _beaten(chance, first, a, b, rows: int, columns: int) -> np.ndarray:
    """Who has a sure partner is nobody else's, and nobody has two: what is left of a rival's chance."""
    best_a, best_b = np.zeros(rows), np.zeros(columns)
    best_a[a[first]], best_b[b[first]] = chance[first], chance[first]
    spare = chance - chance.min(initial=1)  # the curve's lower end says "no": a million rivals must not add up to pairs
    left = np.where(first, 0.0, spare * (1 - best_a[a]) * (1 - best_b[b]))
    all_of_a, all_of_b = np.bincount(a, left, rows), np.bincount(b, left, columns)
    return np.where(first, chance, left / np.maximum(1, np.maximum(all_of_a[a], all_of_b[b])))
