"""How much each level of each comparison weighs, learned from the records themselves without labels.

Fellegi and Sunter (1969) with expectation-maximisation: m, how often a level is seen in pairs of the same, is learned
from the pairs that share a key; u, how often it is seen in pairs of different ones, from pairs drawn at random, less
what the same ones among them bring. A third kind of pair, people of one household (or branches of one company), has
in common what households share and nothing else: without it two sisters would be one person.
"""
from dataclasses import dataclass

import numpy as np

ROUNDS = 60
PRIOR = 6.0  # so many pairs of the same are taken to have been seen at the usual levels before any were
LIGHTEST_HOUSEHOLD = 1e-12


@dataclass(frozen=True)
class Seen:
    """How often each combination of levels was seen."""

    levels: np.ndarray  # patterns × comparisons: place of the level from 0 (the same), −1 missing
    candidates: np.ndarray  # pairs with this pattern among those that share a key
    random: np.ndarray  # the same among pairs drawn at random


@dataclass(frozen=True)
class Weights:
    m: list[np.ndarray]  # a comparison: the probability of each level in pairs of the same
    u: list[np.ndarray]  # the same in pairs of different ones
    shared: np.ndarray  # a comparison: whether households have it in common
    same: float  # share of all pairs that are the same
    household: float  # share of all pairs that are two of one household
    learned: bool  # False: too little to learn from, the usual levels stand

    def bits(self, levels: np.ndarray) -> np.ndarray:
        """patterns × comparisons: log2(m / u), 0 where missing."""
        return np.column_stack([log_of(np.log2(m / u), column)
                                for m, u, column in zip(self.m, self.u, levels.T, strict=True)])

    def household_bits(self, levels: np.ndarray) -> np.ndarray:
        """What speaks against the same because two of one household would look like this too: 0 or less."""
        like = np.zeros(len(levels))
        for m, u, column, shared in zip(self.m, self.u, levels.T, self.shared, strict=True):
            if shared:
                like += log_of(np.log2(m / u), column)
        ratio = np.log2(max(self.household, LIGHTEST_HOUSEHOLD)) + like
        return -np.logaddexp2(0, ratio)

    @property
    def prior_bits(self) -> float:
        return float(np.log2(self.same) - np.log2(1 - self.same))


def log_of(values: np.ndarray, column: np.ndarray) -> np.ndarray:
    return np.where(column >= 0, values[np.maximum(column, 0)], 0.0)


def learn(seen: Seen, usual: list[np.ndarray], shared: np.ndarray, all_pairs: float, rows: int) -> Weights:
    """`usual`: a comparison, its levels in pairs of the same before anything is learned. `all_pairs`: looked at or not."""
    levels = seen.levels
    usual = [part / part.sum() for part in usual]
    m = [part.copy() for part in usual]
    random_pairs = seen.random.sum()
    u = [frequencies(column, seen.random, len(part), .5 * part.size * typical(part)) for column, part in
         zip(levels.T, m, strict=True)]
    same = min(.2, max(2.0, .1 * rows) / all_pairs)
    household = same / 2
    for number in range(ROUNDS):
        log_m = sum_logs(m, levels)
        log_u = sum_logs(u, levels)
        log_h = sum_logs([m_part if both else u_part for m_part, u_part, both in zip(m, u, shared, strict=True)], levels)
        parts = np.stack([np.log(same) + log_m, np.log(max(household, 1e-300)) + log_h,
                          np.log(max(1 - same - household, 1e-9)) + log_u])
        total = np.logaddexp.reduce(parts)
        is_same, is_household, is_other = np.exp(parts - total)
        same_before = same
        same = min(.5, max(1.0, float((seen.candidates * is_same).sum())) / all_pairs)
        household = float((seen.candidates * is_household).sum()) / all_pairs if shared.any() and not shared.all() else 0.0
        if number >= 4:  # the usual levels first find the pairs, then the pairs change the levels
            m = [frequencies(column, seen.candidates * is_same, len(part), PRIOR * prior)
                 for column, part, prior in zip(levels.T, m, usual, strict=True)]
        if random_pairs:
            u = [frequencies(column, seen.random * is_other, len(part), .5 * part.size * typical(part))
                 for column, part in zip(levels.T, u, strict=True)]
        if number > 10 and abs(np.log(same / same_before)) < 1e-5:
            break
    weights = Weights(m, u, shared, same, household, True)
    if sane(weights):
        return weights
    return Weights(usual, u, shared, min(.2, max(1.0, .05 * rows) / all_pairs), same / 2, False)


def typical(part: np.ndarray) -> np.ndarray:
    """Half a pair at each level: what was never seen is rare, not impossible."""
    return np.full(part.size, 1 / part.size)


def frequencies(column: np.ndarray, counts: np.ndarray, levels: int, before: np.ndarray) -> np.ndarray:
    known = column >= 0
    found = np.bincount(column[known], weights=counts[known], minlength=levels)[:levels] + before
    return found / found.sum()


def sum_logs(tables: list[np.ndarray], levels: np.ndarray) -> np.ndarray:
    total = np.zeros(len(levels))
    for table, column in zip(tables, levels.T, strict=True):
        total += log_of(np.log(table), column)
    return total


def sane(weights: Weights) -> bool:
    """Learning went astray where being the same speaks against the same, or where everything is one."""
    against = sum(m[0] < u[0] for m, u in zip(weights.m, weights.u, strict=True))
    return weights.same < .45 and against <= len(weights.m) / 3


def best_threshold(probabilities: np.ndarray) -> float:
    """The probability from which on pairs are taken so that the expected F1 is highest.

    Of the k most probable pairs p1 ≥ p2 ≥ … the expected F1 is 2·(p1 + … + pk) / (k + all p).
    """
    ordered = np.sort(np.asarray(probabilities, float))[::-1]
    if not len(ordered):
        return .5
    scores = 2 * np.cumsum(ordered) / (np.arange(1, len(ordered) + 1) + ordered.sum())
    # Ties stand or fall together: only the last of equal probabilities may be the end.
    last = np.append(ordered[:-1] > ordered[1:], True)
    end = int(np.flatnonzero(last)[np.argmax(scores[last])])
    # Half way to the next one below, in bits: the pairs taken are the same, and none lies on the edge.
    below = bits(ordered[end + 1]) if end + 1 < len(ordered) else bits(ordered[end]) - 1
    return float(1 / (1 + np.exp2(-(bits(ordered[end]) + below) / 2)))


def bits(share: float) -> float:
    share = min(max(share, 1e-12), 1 - 1e-12)
    return float(np.log2(share / (1 - share)))
