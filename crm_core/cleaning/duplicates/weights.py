"""How much each level of each comparison weighs, learned from the records themselves without labels.

Fellegi and Sunter (1969) with expectation-maximisation: m, how often a level is seen in pairs of the same, is learned
from the pairs that share a key; u, how often it is seen in pairs of different ones, from pairs drawn at random, less
what the same ones among them bring. Two more kinds of pairs are neither: people of one household (or businesses in one
house) have in common what households share and nothing else, namesakes (or branches of a chain) the name alone.
Without them two sisters would be one person, and so would be all Emma Smiths.
"""

from dataclasses import dataclass

import numpy as np

ROUNDS = 60
PRIOR = 6.0  # so many pairs of the same are taken to have been seen at the usual levels before any were
ANCHOR = 0.05  # and so many more for each pair that is found
RAREST_LOOKALIKE = 1e-12


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
    alike: dict[str, np.ndarray]  # household, namesake → a comparison: whether they have it in common
    same: float  # share of all pairs that are the same
    lookalikes: dict[str, float]  # household, namesake → share of all pairs
    learned: bool  # False: too little to learn from, the usual levels stand

    def bits(self, levels: np.ndarray) -> np.ndarray:
        """patterns × comparisons: log2(m / u), 0 where missing."""
        return np.column_stack(
            [log_of(np.log2(m / u), column) for m, u, column in zip(self.m, self.u, levels.T, strict=True)]
        )

    def lookalike_bits(self, bits: np.ndarray) -> np.ndarray:
        """What speaks against the same because two of one household, or namesakes, would look like this too: ≤ 0."""
        return against(bits, self.alike, self.lookalikes)[0]

    @classmethod
    def from_model(cls, model: dict) -> "Weights":
        """As they were kept with what they were learned from."""
        told = model["comparisons"]
        return cls(
            [np.array([level["m"] for level in comparison["levels"]]) for comparison in told],
            [np.array([level["u"] for level in comparison["levels"]]) for comparison in told],
            {kind: np.array([kind in comparison["alike"] for comparison in told]) for kind in model["lookalikes"]},
            model["same"],
            model["lookalikes"],
            model["method"] == "fields",
        )

    @property
    def prior_bits(self) -> float:
        return float(np.log2(self.same) - np.log2(1 - self.same))


def against(
    bits: np.ndarray, alike: dict[str, np.ndarray], shares: dict[str, float]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """(−log2 of one and all that lookalikes add, each kind's log2 of what it adds)."""
    ratios = [
        np.log2(max(shares[kind], RAREST_LOOKALIKE)) + bits[:, flags].sum(axis=1) for kind, flags in alike.items()
    ]
    return -np.logaddexp2.reduce([np.zeros(len(bits)), *ratios]), ratios


def log_of(values: np.ndarray, column: np.ndarray) -> np.ndarray:
    return np.where(column >= 0, values[np.maximum(column, 0)], 0.0)


def learn(seen: Seen, comparisons, all_pairs: float, rows: int, most: float | None = None) -> Weights:
    """`all_pairs`: how many there are, looked at or not; `comparisons` say what is usual before anything is learned;
    `most`: pairs of the same that there can be at the most."""
    levels = seen.levels
    usual = [np.array([level.usual for level in comparison.levels]) for comparison in comparisons]
    usual = [part / part.sum() for part in usual]
    alike = {
        kind: np.array([kind in comparison.alike for comparison in comparisons]) for kind in ("household", "namesake")
    }
    # A kind that has everything in common, or nothing, cannot be told from the same or from the different.
    informed = np.array([(column >= 0).any() for column in levels.T])
    alike = {kind: flags for kind, flags in alike.items() if (flags & informed).any() and (~flags & informed).any()}
    m = [part.copy() for part in usual]
    random_pairs = seen.random.sum()
    u = [
        frequencies(column, seen.random, len(part), 0.5 * np.ones(len(part)))
        for column, part in zip(levels.T, m, strict=True)
    ]
    same = min(0.2, max(2.0, 0.1 * rows) / all_pairs)
    shares = dict.fromkeys(alike, same / 2)
    for number in range(ROUNDS):
        log_m = np.column_stack([log_of(np.log(part), column) for part, column in zip(m, levels.T, strict=True)])
        log_u = np.column_stack([log_of(np.log(part), column) for part, column in zip(u, levels.T, strict=True)])
        parts = [
            np.log(same) + log_m.sum(axis=1),
            np.log(max(1 - same - sum(shares.values()), 1e-9)) + log_u.sum(axis=1),
        ]
        parts += [
            np.log(max(shares[kind], 1e-300)) + np.where(flags, log_m, log_u).sum(axis=1)
            for kind, flags in alike.items()
        ]
        belongs = np.exp(np.stack(parts) - np.logaddexp.reduce(parts))
        before = same
        found = float((seen.candidates * belongs[0]).sum())
        same = min(0.5, min(max(1.0, found), most or found + 1) / all_pairs)
        shares = {
            kind: float((seen.candidates * belongs[place]).sum()) / all_pairs for place, kind in enumerate(alike, 2)
        }
        if number >= 4:  # the usual levels first find the pairs, then the pairs change the levels
            found = same * all_pairs
            m = [
                bounded(
                    frequencies(column, seen.candidates * belongs[0], len(part), (PRIOR + ANCHOR * found) * prior),
                    comparison.most_different,
                )
                for column, part, prior, comparison in zip(levels.T, m, usual, comparisons, strict=True)
            ]
        if random_pairs:
            u = [
                frequencies(column, seen.random * belongs[1], len(part), 0.5 * np.ones(len(part)))
                for column, part in zip(levels.T, u, strict=True)
            ]
        if number > 10 and abs(np.log(same / before)) < 1e-5:
            break
    weights = Weights(m, u, alike, same, shares, True)
    if sane(weights):
        return weights
    same = min(0.2, max(1.0, 0.05 * rows) / all_pairs)
    return Weights(usual, u, alike, same, dict.fromkeys(alike, same), False)


def bounded(part: np.ndarray, most_different: float) -> np.ndarray:
    """Learning may not call those the same who mostly differ."""
    if part[-1] <= most_different:
        return part
    rest = part[:-1] / part[:-1].sum() * (1 - most_different)
    return np.append(rest, most_different)


def frequencies(column: np.ndarray, counts: np.ndarray, levels: int, before: np.ndarray) -> np.ndarray:
    known = column >= 0
    found = np.bincount(column[known], weights=counts[known], minlength=levels)[:levels] + before
    return found / found.sum()


def sane(weights: Weights) -> bool:
    """Learning went astray where being the same speaks against the same, or where everything is one."""
    against = sum(m[0] < u[0] for m, u in zip(weights.m, weights.u, strict=True))
    return weights.same < 0.45 and against <= len(weights.m) / 3


def best_threshold(probabilities: np.ndarray) -> float:
    """The probability from which on pairs are taken so that the expected F1 is highest.

    Of the k most probable pairs p1 ≥ p2 ≥ … the expected F1 is 2·(p1 + … + pk) / (k + all p); of none it is 1 if there
    are none, so the probability of that.
    """
    ordered = np.sort(np.asarray(probabilities, float))[::-1]
    if not len(ordered):
        return 0.5
    scores = 2 * np.cumsum(ordered) / (np.arange(1, len(ordered) + 1) + ordered.sum())
    # Ties stand or fall together: only the last of equal probabilities may be the end.
    last = np.append(ordered[:-1] > ordered[1:], True)
    end = int(np.flatnonzero(last)[np.argmax(scores[last])])
    if np.exp(np.log1p(-np.minimum(ordered, 1 - 1e-12)).sum()) > scores[end]:
        return max(0.5, (1 + ordered[0]) / 2)
    # Half way to the next one below, in bits: the pairs taken are the same, and none lies on the edge.
    below = bits_of(ordered[end + 1]) if end + 1 < len(ordered) else bits_of(ordered[end]) - 1
    return float(1 / (1 + np.exp2(-(bits_of(ordered[end]) + below) / 2)))


def bits_of(share: float) -> float:
    share = min(max(share, 1e-12), 1 - 1e-12)
    return float(np.log2(share / (1 - share)))


def probability(bits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp2(-np.clip(bits, -500, 500)))
