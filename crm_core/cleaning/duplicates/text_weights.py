"""How much a comparison of two records says, learned without labels: a table of weights, one a level.

    comparison | level | weight (log2 of how much more often the same than different ones show it)
    text       | .35   |  4.1        price | close     | 3.2
    text       | .60   |  9.8        price | different | −2.4        price | missing | 0

Fellegi & Sunter's model, fitted by expectation and maximisation (Winkler 1988). What it starts from is either who is whose
best partner in the other file, or by how much more pairs are alike than the falling-off of chance would have it.
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

EDGES = np.array([0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8,
                  0.85, 0.9, 0.95, 0.995])  # of how alike two texts are
ROUNDS = 30
CHANCE_PAIRS = 200_000  # pairs drawn by chance: what different records look like
SMOOTHING = 0.5  # pairs added to each level, so that none is impossible
HEAVIEST = 20.0  # bits that one comparison may say at most


@dataclass(frozen=True, eq=False)
class Compared:
    """Pairs with how alike their texts are, and by comparison the number of their level (−1 where one is missing)."""

    alike: np.ndarray
    levels: dict[str, np.ndarray]
    times: np.ndarray  # how many pairs this one stands for


@dataclass(frozen=True)
class Weights:
    """What `weigh` needs; JSON-ready through `as_json`."""

    prior: float  # log2 of the odds that two records drawn by chance are the same
    alike: tuple[float, ...]  # weight at the middle of each range of EDGES
    middles: tuple[float, ...]
    levels: dict[str, tuple[float, ...]]

    def of_alike(self, alike: np.ndarray) -> np.ndarray:
        return np.interp(alike, self.middles, self.alike)

    def of_level(self, comparison: str, level: np.ndarray) -> np.ndarray:
        return np.append(self.levels[comparison], 0.0)[level]  # −1, missing, is the last: it says nothing

    def weigh(self, compared: Compared) -> np.ndarray:
        """Log2 of the odds that a pair is the same."""
        return self.prior + self.of_alike(compared.alike) + sum(
            (self.of_level(name, level) for name, level in compared.levels.items()), np.zeros(len(compared.alike)))


def start_by_shape(alike: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Chances that a pair is the same from how alike its texts are, by the shape of the whole alone.

    Different records are the less frequent the more they are alike, at an even rate; what lies above
    that falling line at its end is taken for the same ones (a local false discovery rate, Efron 2004).
    """
    places = np.searchsorted(EDGES, alike, "right") - 1
    counted = np.bincount(places, times, minlength=len(EDGES))
    width = np.diff(np.append(EDGES, 1.0 + 1e-3))
    middle = EDGES + width / 2
    density = counted / width
    bulk = int(np.argmax(counted[1:-1])) + 1
    share = np.cumsum(counted[::-1])[::-1] / counted.sum()
    until = bulk + 3
    while until < len(EDGES) - 1 and share[until] > 0.001 and density[until] < density[until - 1]:
        until += 1
    fitted = np.arange(bulk, until)[counted[bulk:until] > 0]
    if len(fitted) < 2:
        return (alike > 0.5).astype(float)
    slope, height = np.polyfit(middle[fitted], np.log(density[fitted]), 1, w=np.sqrt(counted[fitted]))
    expected = np.exp(height + min(slope, 0) * middle) * width
    same = np.clip(1 - expected / np.maximum(counted, 1e-9), 0, 1)
    same[:bulk + 1] = 0
    return np.maximum.accumulate(same)[places]


def learn(compared: Compared, same: np.ndarray, free=None, sharpen=None, rounds: int = ROUNDS):
    """Weights of all levels and the chances that go with them, from the chances `same` to start with.

    Where a record can have one partner only, `sharpen` turns odds (log2) into chances, and `free` tells how many pairs
    could still be made when so many are.
    """
    weights = None
    for _ in range(rounds):
        weights = fit(compared, same, free)
        odds = weights.weigh(compared)
        new = sharpen(odds) if sharpen else chance(odds)
        if np.max(np.abs(new - same), initial=0) < 1e-4:
            break
        same = new
    return weights, same


def fit(compared: Compared, same: np.ndarray, free=None) -> Weights:
    yes, no = same * compared.times, (1 - same) * compared.times
    places = np.searchsorted(EDGES, compared.alike, "right") - 1
    alike, middles = _falling_nowhere(places, compared.alike, yes, no)
    levels = {}
    for name, level in compared.levels.items():
        known = level >= 0
        count = int(level.max(initial=0)) + 1
        levels[name] = _log_ratio(np.bincount(level[known], yes[known], minlength=count),
                                  np.bincount(level[known], no[known], minlength=count))
    found = yes.sum()
    left_over = free(found) if free else compared.times.sum() - found
    return Weights(float(np.log2((found + 1e-6) / (left_over + SMOOTHING))), tuple(alike), tuple(middles),
                   {name: tuple(float(one) for one in values) for name, values in levels.items()})


def chance(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp2(-np.clip(odds, -500, 500)))


def _log_ratio(yes: np.ndarray, no: np.ndarray) -> np.ndarray:
    # Half a pair more on either side, spread as all pairs are: what was hardly seen says hardly anything.
    spread = (yes + no + 1e-9) / (yes + no + 1e-9).sum()
    one = (yes + SMOOTHING * spread) / (yes.sum() + SMOOTHING)
    two = (no + SMOOTHING * spread) / (no.sum() + SMOOTHING)
    return np.clip(np.log2(one / two), -HEAVIEST, HEAVIEST)


def _falling_nowhere(places, alike, yes, no):
    """The weight of each range of likeness; more alike never weighs less (isotonic regression)."""
    from sklearn.isotonic import IsotonicRegression

    size = len(EDGES)
    many = np.bincount(places, yes + no, minlength=size)
    ratio = _log_ratio(np.bincount(places, yes, minlength=size), np.bincount(places, no, minlength=size))
    seen = many > 0
    middles = np.bincount(places, alike * (yes + no), minlength=size)[seen] / many[seen]
    # A range weighs by how well its ratio is known: by the rarer of its two sides.
    known = np.minimum(np.bincount(places, yes, minlength=size), np.bincount(places, no, minlength=size))[seen] + SMOOTHING
    risen = IsotonicRegression().fit_transform(middles, ratio[seen], sample_weight=known)
    return [float(one) for one in risen], [float(one) for one in middles]


def one_partner(a: np.ndarray, b: np.ndarray, rows: int, columns: int, left: bool = True, right: bool = True,
                rounds: int = 30):
    """A function from odds (log2) to chances when a row (`left`) or a column (`right`) has one partner or none.

    Each pair hears from both its records how free they are but for it, until it no longer changes: belief propagation
    for matchings (Bayati, Shah & Sharma 2008).
    """
    def sharpen(odds: np.ndarray) -> np.ndarray:
        weight = np.exp2(np.clip(odds, -60, 60))
        free_a, free_b = np.ones(len(a)), np.ones(len(b))
        for _ in range(rounds):
            if left:
                offered = weight * free_b
                free_a = 1 / (1 + np.maximum(np.bincount(a, offered, minlength=rows)[a] - offered, 0))
            if right:
                offered = weight * free_a
                free_b = 1 / (1 + np.maximum(np.bincount(b, offered, minlength=columns)[b] - offered, 0))
        both = weight * free_a * free_b
        return both / (1 + both)

    return sharpen


def best_partners(alike: np.ndarray, a: np.ndarray, b: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """True for pairs in which each is the other's most alike."""
    best_a, best_b = np.full(rows, -1.0), np.full(columns, -1.0)
    np.maximum.at(best_a, a, alike)
    np.maximum.at(best_b, b, alike)
    return (alike > 0) & (alike >= best_a[a]) & (alike >= best_b[b])


