"""Whether there are groups at all, or only slices of one cloud: does a valley lie between each group and the next?

    one cloud, cut in two      ▁▃▅█│█▅▃▁       no valley at the cut: the groups flow into one another
    two groups                 ▃█▆▂│▂▆█▃       a valley: they lie apart

Every algorithm puts its cut where the rows look most apart, so a cut is not judged by the rows it was found on. Half of
the rows are grouped; the other half is laid on the line between two neighbouring groups and asked by the dip test
(Hartigan & Hartigan 1985) whether it forms one hill or more. In a cloud without groups (any log-concave density:
normal, uniform, exponential …) each such line shows one hill, also within a convex region (Prékopa 1973).
"""
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from crm_core.clustering.algorithms import fit
from crm_core.clustering.choice import WITHOUT_K, Choice
from crm_core.clustering.dip import p_value

HALVES = 5  # times that the rows are cut in halves; each half is grouped once and asked once
HALF_ROWS = 2_000  # more show valleys too shallow to matter
QUICK = ("kmeans", "minibatch", "bisecting", "rfm")  # the others take much longer on many rows:
SLOW_SHARE = 4  # they get this part of the rows wherever something is grouped again and again
CERTAIN = 0.05  # groups lie apart where one hill would show such a valley less often than this
FEW_CUSTOMERS = 200  # of fewer, only deep valleys can be told from chance
FEWEST_ROWS = 4  # a group with fewer rows in a half shows neither hill nor valley
HANDFUL = 0.01  # a share of the rows: odd customers by themselves are no group, and do not hide that the others are


@dataclass(frozen=True, eq=False)
class Clearness:
    clear: bool  # a valley parts the groups into at least two islands
    p_value: float  # how often a cloud without groups would show islands so far apart, 0..1
    apart: bool  # a valley lies between all neighbouring groups: each is an island of its own
    cuts: pd.DataFrame  # one_label, other_label of neighbours, p_value, valley (yes or no)


def clearness(sample: np.ndarray, labels: np.ndarray, choice: Choice, k: int | None, seed: int,
              halves: int = HALVES, progress: Callable[[float], None] = lambda share: None) -> Clearness:
    """What lies between the groups of `labels`, judged by groupings of halves of the sample that are made alike."""
    random = np.random.default_rng(seed)
    spread = spread_ties(sample, random)
    k = None if choice.algorithm in WITHOUT_K else k
    half_rows = HALF_ROWS // (1 if choice.algorithm in QUICK else SLOW_SHARE)
    whole, together, found = [], [], {}
    for done in range(halves):
        progress(done / halves)
        rows = random.permutation(len(sample))[:2 * half_rows]
        half = len(rows) // 2
        for grouped, asked in ((rows[:half], rows[half:]), (rows[half:], rows[:half])):
            fitted = fit(spread[grouped].astype(np.float32), choice, k, int(random.integers(2**31)), starts=3)
            cuts = _cuts(spread[grouped], fitted.labels, spread[asked])
            # The more neighbours, the more valleys by chance: each counts as often as there are cuts (Bonferroni).
            whole.append(min(1.0, _between_islands(cuts) * max(1, len(cuts))))
            sizes = np.bincount(fitted.labels[fitted.labels >= 0])
            too_small = (sizes < FEWEST_ROWS) & (sizes >= HANDFUL * half) & (sizes > 0)
            together.append(1.0 if too_small.any() else max(cuts.values(), default=1.0))
            called = _called(fitted.labels, labels[grouped])
            for (one, other), p in cuts.items():
                if one in called and other in called:
                    found.setdefault(tuple(sorted((called[one], called[other]))), []).append(p)
    cuts = pd.DataFrame([(*pair, float(np.median(ps))) for pair, ps in sorted(found.items()) if len(ps) >= halves],
                        columns=["one_label", "other_label", "p_value"])
    cuts["valley"] = cuts.p_value < CERTAIN
    p = float(np.median(whole))
    return Clearness(clear=p < CERTAIN, p_value=p, apart=float(np.median(together)) < CERTAIN, cuts=cuts)


def spread_ties(matrix: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Values that occur several times, spread evenly up to half-way to the next ones.

    Counts (one order, two orders …) and answers of yes or no leave gaps that are no valleys between groups.
    """
    spread = matrix.astype(float)
    categories = _categories(spread)
    for columns in categories:
        spread[:, columns] = _spread_category(spread[:, columns], random)
    together = {column for columns in categories for column in columns}
    for number, column in enumerate(spread.T):
        values, place, times = np.unique(column, return_inverse=True, return_counts=True)
        if number in together or len(values) < 2 or len(values) == len(column):
            continue
        half = np.diff(values) / 2
        below, above = np.append(half[0], half)[place], np.append(half, half[-1])[place]
        column += np.where(times[place] > 1, random.uniform(size=len(column)) * (below + above) - below, 0)
    return spread


def _categories(matrix: np.ndarray) -> list[list[int]]:
    """Neighbouring columns that are one category, a column a value: exactly one of them is high in each row."""
    high = [column > column.min() if len(np.unique(column)) == 2 else None for column in matrix.T]
    categories, start = [], 0
    while start < len(high):
        many, end = np.zeros(len(matrix), dtype=int), start
        while end < len(high) and high[end] is not None and many.max() <= 1 and not (many == 1).all():
            many = many + high[end]
            end += 1
        if end > start + 1 and (many == 1).all():
            categories.append(list(range(start, end)))
            start = end
        else:
            start += 1
    return categories


def _spread_category(columns: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Each row anywhere in the simplex of the values where its own is the nearest: equal shares fill it evenly."""
    own, rows = columns.argmax(axis=1), np.arange(len(columns))
    values = np.array([columns[own == value][0] for value in range(columns.shape[1])])
    weights = random.dirichlet(np.ones(len(values)), len(columns))
    largest = weights.argmax(axis=1)
    weights[rows, largest], weights[rows, own] = weights[rows, own], weights[rows, largest]
    return weights @ values


def neighbours(centres: np.ndarray) -> list[tuple[int, int]]:
    """Pairs with no third centre in the ball between them (Gabriel & Sokal 1969): they join all centres."""
    distance = ((centres[:, None] - centres) ** 2).sum(axis=2)
    return [(one, other) for one, other in combinations(range(len(centres)), 2)
            if all(distance[one, third] + distance[other, third] > distance[one, other]
                   for third in range(len(centres)) if third not in (one, other))]


def _cuts(grouped: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> dict[tuple[int, int], float]:
    """For each two neighbouring groups how often one hill would show such a valley between them."""
    present = [label for label in np.unique(labels) if label >= 0 and (labels == label).sum() >= FEWEST_ROWS]
    if len(present) < 2:
        return {}
    members = [grouped[labels == label] for label in present]
    centres = np.array([rows.mean(axis=0) for rows in members])
    within = np.concatenate([rows - centre for rows, centre in zip(members, centres, strict=True)])
    scatter, width = within.T @ within / len(within), within.shape[1]
    # Drawn towards a ball, the more so the fewer rows there are.
    scatter += np.eye(width) * np.trace(scatter) / width * (0.02 + width / len(within))
    return {(int(present[one]), int(present[other])): _cut(one, other, centres, members, asked, scatter)
            for one, other in neighbours(centres)}


def _cut(one: int, other: int, centres: np.ndarray, members: list[np.ndarray], asked: np.ndarray,
         scatter: np.ndarray) -> float:
    """The rows nearer to the line between two centres than to a third, on the line that parts the two best.

    That line is Fisher's (1936): the direction in which the groups are narrow counts more. A convex region, so that a
    cloud without groups still shows one hill in it.
    """
    between = centres[other] - centres[one]
    left, right = members[one], members[other]
    for third in range(len(centres)):
        if third in (one, other):
            continue
        share = np.clip((centres[third] - centres[one]) @ between / (between @ between), 0, 1)
        nearest = centres[one] + share * between
        normal, limit = centres[third] - nearest, (centres[third] @ centres[third] - nearest @ nearest) / 2
        left, right, asked = (rows[rows @ normal <= limit] for rows in (left, right, asked))
    if min(len(left), len(right)) < FEWEST_ROWS:
        return 1.0
    line = np.linalg.solve(scatter, between)
    left, right, asked = np.sort(left @ line), np.sort(right @ line), asked @ line
    p = p_value(asked)
    # A small group beside a large one is lost in the whole: look again at as many rows of either side of the cut.
    if len(left) > 1.5 * len(right):
        return min(1.0, 2 * min(p, p_value(asked[asked >= left[-len(right)]])))
    if len(right) > 1.5 * len(left):
        return min(1.0, 2 * min(p, p_value(asked[asked <= right[len(left) - 1]])))
    return p


def _between_islands(cuts: dict[tuple[int, int], float]) -> float:
    """The p-value at which groups without a valley between them, joined, still leave two islands; 1 where none is.

    The last link of the tree that joins the groups by their shallowest valleys first (Kruskal 1956).
    """
    island = {label: label for pair in cuts for label in pair}
    last = 1.0
    for (one, other), p in sorted(cuts.items(), key=lambda cut: -cut[1]):
        if island[one] != island[other]:
            gone, last = island[one], p
            island = {label: island[other] if at == gone else at for label, at in island.items()}
    return last


def _called(labels: np.ndarray, final: np.ndarray) -> dict[int, int]:
    """Which of the final groups each group of a half is: as many rows as possible agree (Kuhn 1955)."""
    from scipy.optimize import linear_sum_assignment

    both = (labels >= 0) & (final >= 0)
    own, row = np.unique(labels[both], return_inverse=True)
    others, column = np.unique(final[both], return_inverse=True)
    table = np.bincount(row * len(others) + column, minlength=len(own) * len(others)).reshape(len(own), len(others))
    return {int(own[row]): int(others[column]) for row, column in zip(*linear_sum_assignment(-table), strict=True)}
