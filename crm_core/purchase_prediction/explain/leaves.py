"""Exact Shapley values of trees, from their leaves.

A leaf gives its value to whoever fulfils its conditions, at most one a feature. Of a customer x and a real other one b,
take the features of x in a set S and those of b elsewhere: the leaf counts where x fulfils its conditions inside S and
b those outside. A condition that only x fulfils speaks for the leaf, one that only b fulfils against it, and with u of
the former and w of the latter the Shapley value of each is known in closed form:

    u = 2, w = 1, value 6   →   each of the two +6 · 1! 1! / 3! = +1,  the one −6 · 2! 0! / 3! = −2

(Lundberg et al. 2020, From local explanations to global understanding with explainable AI for trees, "interventional";
sum over b, leaves and trees is exact for that background.) Since only which conditions hold matters, others with the
same pattern at a leaf are counted together, and a table a leaf serves any number of customers.
"""

from dataclasses import dataclass
from functools import cache
from math import factorial

import numpy as np

MOST_IN_TABLE = 9  # conditions of a leaf whose 2^n patterns are tabled; beyond, patterns are met one by one
MOST_CELLS = 4_000_000  # numbers held at a time


@dataclass(frozen=True, eq=False)
class Leaves:
    """Trees that are added up, as the conditions and values of their leaves. Plain data."""

    features: tuple[str, ...]  # what the columns of a matrix are called
    base: np.ndarray  # (outputs,) what is added to the sum of the leaves
    values: np.ndarray  # (leaves, outputs)
    leaf: np.ndarray  # (conditions,) which leaf it belongs to, in order
    column: np.ndarray  # (conditions,) of the matrix: each column at most once a leaf
    low: np.ndarray  # (conditions,) low < x
    high: np.ndarray  # (conditions,) x ≤ high
    missing: np.ndarray  # (conditions,) whether a missing value fulfils it
    among: np.ndarray  # (conditions, codes) of categories: which codes fulfil it
    is_category: np.ndarray  # (conditions,)

    def hold(self, conditions: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        """(rows, conditions) whether each row fulfils each of the conditions."""
        values = matrix[:, self.column[conditions]]
        unknown = np.isnan(values)
        with np.errstate(invalid="ignore"):
            found = (values > self.low[conditions]) & (values <= self.high[conditions])
        of_category = np.flatnonzero(self.is_category[conditions])
        if len(of_category):
            codes = np.where(unknown[:, of_category], 0, values[:, of_category]).astype(int)
            found[:, of_category] = self.among[conditions[of_category], codes]
        return np.where(unknown, self.missing[conditions], found)


class Explained:
    """Shapley values of trees against one background, for any number of rows."""

    def __init__(self, leaves: Leaves, background: np.ndarray):
        self.leaves = leaves
        self.base = leaves.base.astype(float).copy()  # (outputs,) mean over the background
        first = np.searchsorted(leaves.leaf, np.arange(len(leaves.values)))
        depth = np.bincount(leaves.leaf, minlength=len(leaves.values))
        self.base += leaves.values[depth == 0].sum(axis=0)
        self._tabled, self._single = [], []
        for conditions in np.unique(depth[depth > 0]):
            members = np.flatnonzero(depth == conditions)
            places = first[members][:, None] + np.arange(conditions)  # (leaves, conditions)
            patterns = _patterns(leaves, places, background)
            full = (1 << int(conditions)) - 1
            self.base += ((patterns == full).mean(axis=0)[:, None] * leaves.values[members]).sum(axis=0)
            if conditions <= MOST_IN_TABLE:
                self._tabled.append((members, places, _tables(patterns, int(conditions))))
            else:
                self._single += [(member, place, *np.unique(pattern, return_counts=True))
                                 for member, place, pattern in zip(members, places, patterns.T, strict=True)]
        self._rows = len(background)

    def values(self, matrix: np.ndarray) -> np.ndarray:
        """(rows, features, outputs): what each feature adds to `base` for each row."""
        leaves = self.leaves
        found = np.zeros((len(matrix), len(leaves.features), leaves.values.shape[1]))
        for members, places, tables in self._tabled:
            step = max(1, MOST_CELLS // places.size)
            for start in range(0, len(matrix), step):
                part = matrix[start : start + step]
                shares = tables[np.arange(len(members)), _patterns(leaves, places, part)]
                _add(found[start : start + step], shares, leaves.column[places], leaves.values[members])
        for member, places, others, counts in self._single:
            mine, which = np.unique(_patterns(leaves, places[None], matrix)[:, 0], return_inverse=True)
            shares = _shares(mine, others, counts / self._rows, len(places))[which]
            _add(found, shares[:, None], leaves.column[places][None], leaves.values[[member]])
        return found


def _add(found: np.ndarray, shares: np.ndarray, columns: np.ndarray, values: np.ndarray) -> None:
    """Shares (rows, leaves, conditions) of the leaves' values, added up by feature."""
    rows, features, outputs = found.shape
    by_feature = (np.arange(rows)[:, None] * features + columns.reshape(1, -1)).ravel()
    for output in range(outputs):
        used = np.flatnonzero(values[:, output])
        if not len(used):
            continue
        every = len(used) == len(values)
        told = (shares if every else shares[:, used]) * values[used, output][None, :, None]
        where = by_feature if every else (
            np.arange(rows)[:, None] * features + columns[used].reshape(1, -1)).ravel()
        found[:, :, output] += np.bincount(where, told.ravel(), rows * features).reshape(rows, features)


def _patterns(leaves: Leaves, places: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(rows, leaves): which conditions of each leaf hold, as the bits of a whole number."""
    found = np.empty((len(matrix), len(places)), dtype=np.int64)
    bits = 1 << np.arange(places.shape[1], dtype=np.int64)
    step = max(1, MOST_CELLS // places.size)
    for start in range(0, len(matrix), step):
        held = leaves.hold(places.ravel(), matrix[start : start + step])
        found[start : start + step] = held.reshape(len(held), *places.shape) @ bits
    return found


@cache
def _for_and_against(conditions: int) -> tuple[np.ndarray, np.ndarray]:
    """What a feature gets that speaks for (u of those) or against (w of those) a leaf of value 1: [u, w] each."""
    speaks_for, against = (np.zeros((conditions + 1, conditions + 1)) for _ in range(2))
    for u in range(conditions + 1):
        for w in range(conditions + 1 - u):
            if u:
                speaks_for[u, w] = factorial(u - 1) * factorial(w) / factorial(u + w)
            if w:
                against[u, w] = factorial(u) * factorial(w - 1) / factorial(u + w)
    return speaks_for, against


def _tables(patterns: np.ndarray, conditions: int) -> np.ndarray:
    """(leaves, patterns of a row, conditions): the mean share of a leaf of value 1 over the background's patterns."""
    rows, leaves = patterns.shape
    size = 1 << conditions
    counts = np.bincount((patterns + np.arange(leaves) * size).ravel(), minlength=leaves * size)
    every = np.arange(size)
    unmet = conditions - np.bitwise_count(every).astype(int)  # by a pattern
    # above[u, leaf, s]: the share of others who fulfil at least the conditions in s, and all but u of them.
    above = np.zeros((conditions + 1, leaves, size))
    above[unmet, :, every] = counts.reshape(leaves, size).T / rows
    for bit in range(conditions):
        lacking = every[(every >> bit) & 1 == 0]
        above[:, :, lacking] += above[:, :, lacking | (1 << bit)]
    speaks_for, against = _for_and_against(conditions)
    found = np.empty((leaves, size, conditions))
    for bit in range(conditions):
        met = (every >> bit) & 1 == 1
        mine, others = every[met], every[~met]
        lack = (size - 1) ^ mine
        found[:, mine, bit] = np.einsum(
            "up,ulp->lp", speaks_for[:, unmet[mine]], above[:, :, lack] - above[:, :, lack | (1 << bit)])
        found[:, others, bit] = -np.einsum("up,ulp->lp", against[:, unmet[others]], above[:, :, (size - 1) ^ others])
    return found


def _shares(mine: np.ndarray, others: np.ndarray, weights: np.ndarray, conditions: int) -> np.ndarray:
    """(patterns, conditions): as a table of `_tables`, for the patterns that are met and no others."""
    full = (1 << conditions) - 1
    u, w = (conditions - np.bitwise_count(patterns).astype(int) for patterns in (others, mine))
    weight = np.where((mine[:, None] | others) == full, weights, 0.0)
    speaks_for, against = _for_and_against(conditions)
    # Where both together fulfil all, u and w together are at most all conditions.
    place = np.minimum(u[None, :], conditions - w[:, None]), w[:, None]
    gain, loss = weight * speaks_for[place], weight * against[place]
    found = np.empty((len(mine), conditions))
    for bit in range(conditions):
        lacks = (others >> bit) & 1 == 0
        met = (mine >> bit) & 1 == 1
        found[:, bit] = np.where(met, gain[:, lacks].sum(axis=1), -loss.sum(axis=1))
    return found


def of_boosting(trees, features: tuple[str, ...], is_category) -> Leaves:
    """The leaves of a fitted HistGradientBoosting, over the columns of `boosting_matrix`."""
    order = _order(len(features), is_category)
    conditions, values, leaf = [], [], 0
    outputs = trees.n_trees_per_iteration_
    for of_iteration in trees._predictors:
        for output, tree in enumerate(of_iteration):
            for value, path in _paths(tree):
                values.append((output, value))
                conditions += [(leaf, column, *limits) for column, limits in path.items()]
                leaf += 1
    table = np.zeros((len(values), outputs))
    table[np.arange(len(values)), [output for output, _ in values]] = [value for _, value in values]
    return leaves(tuple(features[place] for place in order), np.ravel(trees._baseline_prediction), table, conditions)


def boosting_matrix(trees, matrix: np.ndarray) -> np.ndarray:
    """What the nodes of a HistGradientBoosting look at: its columns of categories come first, coded anew."""
    return trees._preprocess_X(matrix, reset=False)


def leaves(features: tuple[str, ...], base: np.ndarray, values: np.ndarray, conditions: list[tuple]) -> Leaves:
    """Leaves of (leaf, column, low, high, codes or None, missing), in the order of the leaves."""
    codes = 1 + max((max(among) for _, _, _, _, among, _ in conditions if among), default=0)
    among = np.zeros((len(conditions), max(codes, 256 if any(row[4] is not None for row in conditions) else 1)), bool)
    for place, row in enumerate(conditions):
        if row[4]:
            among[place, list(row[4])] = True
    columns = list(zip(*conditions, strict=True)) or [()] * 6
    return Leaves(
        features, np.asarray(base, float), np.asarray(values, float), np.array(columns[0], int),
        np.array(columns[1], int), np.array(columns[2], float), np.array(columns[3], float),
        np.array(columns[5], bool), among, np.array([row[4] is not None for row in conditions], bool))


def _order(features: int, is_category) -> list[int]:
    if not any(is_category):
        return list(range(features))
    return sorted(range(features), key=lambda place: not is_category[place])


def _paths(tree) -> list[tuple[float, dict]]:
    """(value, column → low, high, codes, missing) of each leaf of one tree of a boosting."""
    nodes, found = tree.nodes, []
    waiting = [(0, {})]
    while waiting:
        place, path = waiting.pop()
        node = nodes[place]
        if node["is_leaf"]:
            found.append((float(node["value"]), path))
            continue
        column, missing_left = int(node["feature_idx"]), bool(node["missing_go_to_left"])
        low, high, codes, missing = path.get(column, (-np.inf, np.inf, None, True))
        if node["is_categorical"]:
            bits = tree.raw_left_cat_bitsets[node["bitset_idx"]]
            chosen = {code for code in range(256) if bits[code // 32] >> np.uint32(code % 32) & 1}
            codes = set(range(256)) if codes is None else codes
            left, right = (low, high, codes & chosen), (low, high, codes - chosen)
        else:
            limit = float(node["num_threshold"])
            left, right = (low, min(high, limit), None), (max(low, limit), high, None)
        waiting.append((int(node["left"]), path | {column: (*left, missing and missing_left)}))
        waiting.append((int(node["right"]), path | {column: (*right, missing and not missing_left)}))
    return found
