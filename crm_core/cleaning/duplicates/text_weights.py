"""How much a comparison of two records says, learned without labels: a table of weights, one a level.

    comparison | level | weight (log2 of how much more often the same than different ones show it)
    text       | .35   |  4.1        price | close     | 3.2
    text       | .60   |  9.8        price | different | −2.4        price | missing | 0

Fellegi & Sunter's model, fitted by expectation and maximisation (Winkler 1988) one side at a time, as co-training has
it (Blum & Mitchell 1998): texts that are alike far more often than words dealt by chance would make them teach what
stands beside, and this teaches how far less like texts are the same.
"""

from dataclasses import dataclass, replace

import numpy as np

EDGES = np.array(
    [
        0,
        0.02,
        0.05,
        0.1,
        0.15,
        0.2,
        0.25,
        0.3,
        0.35,
        0.4,
        0.45,
        0.5,
        0.55,
        0.6,
        0.65,
        0.7,
        0.75,
        0.8,
        0.85,
        0.9,
        0.95,
        0.995,
    ]
)  # of how alike two texts are
ROUNDS = 40  # what stands beside the text learns until it moves no more, five to ten times as a rule
SETTLED = 0.01  # bits
MOST_ROUNDS = 1_000  # of the shares; each takes a pass over the pairs
SMALLEST, SUREST = 1e-6, 0.99  # share of the same among pairs that are alike in nothing, in everything
CHANCE_PAIRS = 200_000  # pairs drawn by chance: what different records look like
SMOOTHING = 0.5  # pairs added to each level, so that none is impossible
HEAVIEST = 20.0  # bits that one comparison may say at most
BESIDE = 4.0  # bits that a column beside the text may say at most: the text leads
NEARLY_EQUAL = ((0.7, 0.8, 0.95), (0.5, 0.7, 0.9))  # how alike, and how likely the same before anything was learned


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
        return (
            self.prior
            + self.of_alike(compared.alike)
            + sum(
                (self.of_level(name, level) for name, level in compared.levels.items()), np.zeros(len(compared.alike))
            )
        )


def start_by_chance(alike: np.ndarray, times: np.ndarray, by_chance: np.ndarray) -> np.ndarray:
    """Chances that a pair is the same, to start from: likeness that is at least twice as frequent as chance has it.

    `by_chance`: how often each range of EDGES is found among as many texts whose words were dealt anew. Texts that are
    nearly equal count as likely the same unless chance brings forth as many of them.
    """
    places = np.searchsorted(EDGES, alike, "right") - 1
    seen = np.maximum(np.bincount(places, times, minlength=len(EDGES)), 1e-9)
    above = np.clip(1 - 2 * (by_chance + 1) / seen, 0, 1)
    above[:2] = 0
    plain = np.interp(EDGES, NEARLY_EQUAL[0], NEARLY_EQUAL[1], left=0) * (by_chance < seen / 2)
    return np.maximum.accumulate(np.maximum(above, plain))[places]


def plain_rule(alike: np.ndarray, by_chance: np.ndarray) -> Weights:
    """Nearly equal texts are the same, as far as chance does not make as many: what holds where nothing was learned."""
    seen = np.bincount(np.searchsorted(EDGES, alike, "right") - 1, minlength=len(EDGES))
    likely = np.interp(EDGES, NEARLY_EQUAL[0], NEARLY_EQUAL[1], left=0.02)
    likely = np.minimum(likely, 1 - by_chance / np.maximum(seen, 1))
    likely = np.maximum.accumulate(np.clip(likely, 0.02, NEARLY_EQUAL[1][-1]))
    return Weights(0.0, tuple(float(one) for one in np.log2(likely / (1 - likely))), tuple(EDGES.tolist()), {})


def learn(compared: Compared, same: np.ndarray) -> tuple[Weights, np.ndarray]:
    """Weights of all levels and the chances that go with them, from the chances `same` to start with.

    First what stands beside the text learns from texts that are surely the same; then, held to that, each range of
    likeness learns how many of its pairs are the same. Either has one best answer: nothing hangs on where it began.
    """
    weights = fit(compared, same)
    if not compared.levels:
        return weights, same  # one comparison alone cannot correct what it started from
    for _ in range(ROUNDS):
        before, weights = weights, replace(weights, levels=fit(compared, chance(weights.weigh(compared))).levels)
        if _moved(before, weights) < SETTLED:
            break
    weights = _held_to(compared, weights.levels)
    return weights, chance(weights.weigh(compared))


def _moved(before: Weights, after: Weights) -> float:
    return max(np.abs(np.subtract(after.levels[name], before.levels[name])).max() for name in after.levels)


def _held_to(compared: Compared, levels: dict) -> Weights:
    """The share of the same in each range of likeness that explains best what stands beside its pairs.

    How often the same and different ones show their levels is known by now, so that only the share is unknown: its
    likelihood has one summit, and expectation and maximisation reaches it.
    """
    from sklearn.isotonic import IsotonicRegression

    beside = Weights(0.0, (0.0,), (0.0,), levels)
    ratio = np.exp2(beside.weigh(compared))
    places = np.searchsorted(EDGES, compared.alike, "right") - 1
    size = len(EDGES)
    many = np.maximum(np.bincount(places, compared.times, minlength=size), 1e-9)
    shares = np.full(size, 0.1)
    for _ in range(MOST_ROUNDS):
        odds = (shares / (1 - shares))[places] * ratio
        before, shares = shares, np.bincount(places, compared.times * odds / (1 + odds), minlength=size) / many
        shares = np.clip(shares, SMALLEST, 1 - SMALLEST)
        if np.abs(shares - before).max() < SMALLEST / 10:
            break
    seen = many > 1e-6
    middles = np.bincount(places, compared.alike * compared.times, minlength=size)[seen] / many[seen]
    risen = IsotonicRegression().fit_transform(middles, shares[seen], sample_weight=many[seen])
    risen = np.clip(risen, SMALLEST, SUREST)
    prior = float(np.log2((risen * many[seen]).sum() / ((1 - risen) * many[seen]).sum()))
    return Weights(
        prior,
        tuple(float(one) for one in np.log2(risen / (1 - risen)) - prior),
        tuple(float(one) for one in middles),
        levels,
    )


def fit(compared: Compared, same: np.ndarray) -> Weights:
    yes, no = same * compared.times, (1 - same) * compared.times
    places = np.searchsorted(EDGES, compared.alike, "right") - 1
    alike, middles = _rising_text(places, compared.alike, yes, no)
    levels = {}
    for name, level in compared.levels.items():
        known = level >= 0
        count = int(level.max(initial=0)) + 1
        levels[name] = _rising(
            np.bincount(level[known], yes[known], minlength=count),
            np.bincount(level[known], no[known], minlength=count),
        )
    found = yes.sum()
    left_over = compared.times.sum() - found
    return Weights(
        float(np.log2((found + 1e-6) / (left_over + SMOOTHING))),
        tuple(alike),
        tuple(middles),
        {name: tuple(float(one) for one in values) for name, values in levels.items()},
    )


def chance(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp2(-np.clip(odds, -500, 500)))


def log_ratio(yes: np.ndarray, no: np.ndarray) -> np.ndarray:
    # Half a pair more on either side, spread as all pairs are: what was hardly seen says hardly anything.
    spread = (yes + no + 1e-9) / (yes + no + 1e-9).sum()
    one = (yes + SMOOTHING * spread) / (yes.sum() + SMOOTHING)
    two = (no + SMOOTHING * spread) / (no.sum() + SMOOTHING)
    return np.clip(np.log2(one / two), -HEAVIEST, HEAVIEST)


def _rising(yes: np.ndarray, no: np.ndarray) -> np.ndarray:
    """Weights of levels: nearer never says less, different never speaks for and exact never against."""
    from sklearn.isotonic import IsotonicRegression

    risen = IsotonicRegression().fit_transform(
        np.arange(len(yes)), log_ratio(yes, no), sample_weight=yes + no + SMOOTHING
    )
    risen[0], risen[-1] = min(risen[0], 0), max(risen[-1], 0)
    return np.clip(risen, -BESIDE, BESIDE)


def _rising_text(places, alike, yes, no):
    """The weight of each range of likeness; more alike never weighs less (isotonic regression)."""
    from sklearn.isotonic import IsotonicRegression

    size = len(EDGES)
    many = np.bincount(places, yes + no, minlength=size)
    same, different = np.bincount(places, yes, minlength=size), np.bincount(places, no, minlength=size)
    seen = many > 0
    middles = np.bincount(places, alike * (yes + no), minlength=size)[seen] / many[seen]
    # A range weighs by how well its ratio is known: by the rarer of its two sides.
    risen = IsotonicRegression().fit_transform(
        middles, log_ratio(same, different)[seen], sample_weight=np.minimum(same, different)[seen] + SMOOTHING
    )
    return [float(one) for one in risen], [float(one) for one in middles]
