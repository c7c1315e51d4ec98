"""C4.5: gain ratio, numbers by threshold, missing values in fractions, cut back by pessimistic errors (Quinlan 1993).

As in the book and in release 8 of its program: the best ratio among splits of at least average gain; a threshold costs
log2(thresholds tried) / cases (Quinlan 1996); a leaf, a subtree or the subtree's heaviest branch stays, whichever
expects the fewest errors by the upper limit of the binomial at CF = .25.
"""

import numpy as np

from crm_core.purchase_prediction.trees.id3 import information
from crm_core.purchase_prediction.trees.table import Table, table_of
from crm_core.purchase_prediction.trees.tree import LEAF, THRESHOLD, VALUES, Node, Tree, classes_of, laid_out, sample

CF = 0.25
LEAST = 2  # cases on two branches at least
MOST_ROWS = 20_000
SMALLEST_SHARE = 0.002  # of the rows, on two branches at least: beyond a thousand rows smaller ones tell little
NEARLY = 1e-3  # as in the program: gains that differ by less are alike
ROOM = 0.1  # errors by which a simpler tree may expect more


def fit(encoding, rows, outcome: np.ndarray, seed: int = 0) -> Tree:
    """A tree of the rows (of 20,000 drawn where there are more); outcome: 0 and 1, or 0 .. classes − 1.

    Of two classes both weigh alike while it grows and is cut back, as if as many of the commoner had been drawn as
    there are of the rarer: else a tenth of yes would be cut back to one leaf that says no. Shares count all rows.
    """
    taken = sample(len(rows), MOST_ROWS, seed)
    table = table_of(rows.iloc[taken], encoding.features, encoding.values)
    codes, classes = classes_of(np.asarray(outcome)[taken])
    weights = np.ones(len(codes))
    many = np.bincount(codes, minlength=classes)
    if classes == 2 and many.min():
        weights = (many.min() / many)[codes]
    root = grow(table, codes, weights, least=max(LEAST, SMALLEST_SHARE * weights.sum()), classes=classes)
    root = prune(root, table, codes, weights)
    recount(root, table, codes, np.arange(len(codes)), np.ones(len(codes)))
    return laid_out(root, table, sampled=len(taken) if len(taken) < len(rows) else 0)


def grow(table: Table, outcome: np.ndarray, weights: np.ndarray | None = None, least: float = LEAST, mdl: bool = True,
         classes: int | None = None) -> Node:
    """The whole tree, not yet cut back."""
    outcome, found = classes_of(outcome)
    classes = classes or found
    weights = np.ones(len(outcome)) if weights is None else weights
    grown = _Growing(table, outcome, classes, least, mdl)
    root = grown.node(np.arange(len(outcome)), weights)
    waiting = [(root, np.arange(len(outcome)), weights, frozenset())]
    while waiting:
        node, rows, weight, used = waiting.pop()
        if node.errors <= 1e-9 or node.weight < 2 * least:
            continue
        best = grown.best_split(rows, weight, used)
        if best is None:
            continue
        node.feature, node.way, node.threshold = best
        if node.way == VALUES:
            used = used | {node.feature}
        for branch, inside, share in apart(node, table, rows, weight):
            node.branches[branch] = below = grown.node(inside, share)
            waiting.append((below, inside, share, used))
    return root


def apart(node: Node, table: Table, rows: np.ndarray, weights: np.ndarray) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """(branch, rows, weights) below a node: rows that lack what is asked go down every branch, in fractions."""
    values = table.columns[node.feature][rows]
    if node.way == THRESHOLD:
        branch = np.where(np.isnan(values), -1, values > node.threshold).astype(int)
    else:
        branch = values
    branches = sorted(node.branches) or np.unique(branch[branch >= 0]).tolist()
    known = np.isin(branch, branches)
    all_ = weights[known].sum()
    found = []
    for place in branches:
        mine = branch == place
        part = weights[mine].sum() / all_ if all_ else 1 / len(branches)
        taken = mine | ~known if part > 0 else mine
        found.append((place, rows[taken], np.where(mine, weights, weights * part)[taken]))
    return found


# --- where to split ---------------------------------------------------------------------------------------


class _Growing:
    def __init__(self, table: Table, outcome: np.ndarray, classes: int, least: float, mdl: bool):
        self.table, self.outcome, self.classes, self.least, self.mdl = table, outcome, classes, least, mdl
        self.numbers = [place for place in range(len(table.names)) if table.numeric(place)]
        self.categories = [place for place in range(len(table.names)) if not table.numeric(place)]
        self.sorted = {place: np.unique(column[~np.isnan(column)]) for place, column in enumerate(table.columns)
                       if table.numeric(place)}

    def node(self, rows: np.ndarray, weights: np.ndarray) -> Node:
        return Node(np.bincount(self.outcome[rows], weights, self.classes))

    def best_split(self, rows, weights, used) -> tuple[int, int, float] | None:
        """(feature, way, threshold) of the best gain ratio among those of at least average gain."""
        open_to: list[tuple] = []  # feature, way, threshold, gain, ratio
        open_to += [(place, VALUES, np.nan, *found) for place in self.categories
                    if place not in used and (found := self._by_values(place, rows, weights))]
        open_to += [(place, THRESHOLD, *found) for place in self.numbers
                    if (found := self._by_threshold(place, rows, weights))]
        if not open_to:
            return None
        # Features of very many values would lift the average beyond the others' reach.
        many = [found[3] for found in open_to
                if found[1] == THRESHOLD or len(self.table.values[self.table.names[found[0]]]) < 0.3 * len(self.table)]
        average = np.mean(many) if many else np.inf
        good = [found for found in open_to if found[3] >= average - NEARLY]
        return max(good, key=lambda found: found[4])[:3] if good else None

    def _by_values(self, place: int, rows, weights) -> tuple[float, float] | None:
        codes = self.table.columns[place][rows] + 1
        counts = np.bincount(codes * self.classes + self.outcome[rows], weights,
                             (codes.max() + 1) * self.classes).reshape(-1, self.classes)
        unknown, known = counts[0], counts[1:]
        if (known.sum(axis=1) >= self.least).sum() < 2:
            return None
        return _worth(known, float(unknown.sum()))

    def _by_threshold(self, place: int, rows, weights) -> tuple[float, float, float] | None:
        values = self.table.columns[place][rows]
        there = ~np.isnan(values)
        order = np.flatnonzero(there)[np.argsort(values[there], kind="stable")]
        if len(order) < 2:
            return None
        values, weight = values[order], weights[order]
        cuts = np.flatnonzero(values[:-1] < values[1:])
        total = weights.sum()
        known = weight.sum()
        below = np.column_stack([np.cumsum(np.where(self.outcome[rows[order]] == one, weight, 0.0))
                                 for one in range(self.classes)])
        all_ = below[-1]
        below = below[cuts]
        above = all_ - below
        fewest = min(max(0.1 * known / self.classes, self.least), max(25.0, self.least))
        cuttable = (below.sum(axis=1) >= fewest - 1e-9) & (above.sum(axis=1) >= fewest - 1e-9)
        cuts, below, above = cuts[cuttable], below[cuttable], above[cuttable]
        if not len(cuts):
            return None
        rest = (below.sum(axis=1) * information(below) + above.sum(axis=1) * information(above)) / known
        best = int(np.argmin(rest))
        gained = known / total * (information(all_) - rest[best])
        if self.mdl:
            gained -= np.log2(len(cuts)) / total
        if gained <= NEARLY / 10:
            return None
        middle = (values[cuts[best]] + values[cuts[best] + 1]) / 2
        # A number that somebody has, as the book gives it: the largest that does not pass the middle.
        threshold = self.sorted[place][np.searchsorted(self.sorted[place], middle, side="right") - 1]
        parts = np.array([below[best].sum(), above[best].sum(), total - known])
        return float(threshold), float(gained), float(gained / information(parts))


def _worth(known: np.ndarray, unknown: float) -> tuple[float, float] | None:
    """Gain and gain ratio of a split: counts (branches, classes) of the known cases, and the weight of the others."""
    gained, told = gain_and_split(known, unknown)
    return (gained, gained / told) if gained > NEARLY / 10 and told > NEARLY else None


def gain_and_split(known: np.ndarray, unknown: float = 0.0) -> tuple[float, float]:
    """Bits gained, times the share of cases that are known, and the bits of the split itself, unknown ones a part."""
    many = known.sum(axis=1)
    all_ = many.sum()
    gained = all_ / (all_ + unknown) * (information(known.sum(axis=0)) - (many / all_) @ information(known))
    return float(gained), float(information(np.append(many, unknown)))


# --- cutting back -----------------------------------------------------------------------------------------


# Deviations of the normal distribution, between which the program takes a line.
_LEVELS = (0, 0.001, 0.005, 0.01, 0.05, 0.10, 0.20, 0.40, 1.00)
_DEVIATIONS = (4.0, 3.09, 2.58, 2.33, 1.65, 1.28, 0.84, 0.25, 0.00)


def most_errors(errors: float, cases: float, cf: float = CF) -> float:
    """U_CF(E, N): the rate of errors that is passed with probability `cf` only: U25(0, 6) = .206, U25(1, 16) = .157.

    Exact for no error, else the program's normal approximation, which the book's figures are of.
    """
    if cases <= 0:
        return 0.0
    none = 1 - cf ** (1 / cases)
    if errors < 1e-6:
        return none
    if errors < 0.9999:
        return none + errors * (most_errors(1.0, cases, cf) - none)
    if errors + 0.5 >= cases:
        return (errors + 0.67 * (cases - errors)) / cases
    square = float(np.interp(cf, _LEVELS, _DEVIATIONS)) ** 2
    more = errors + 0.5
    return (more + square / 2 + np.sqrt(square * (more * (1 - more / cases) + square / 4))) / (cases + square)


def expected_errors(node: Node, cf: float = CF) -> float:
    """Errors that a tree expects on as many cases: those of its leaves."""
    if node.way == LEAF:
        return node.weight * most_errors(node.errors, node.weight, cf) if node.weight > 0 else 0.0
    return sum(expected_errors(below, cf) for below in node.branches.values())


def prune(root: Node, table: Table, outcome: np.ndarray, weights: np.ndarray | None = None, cf: float = CF) -> Node:
    """The tree cut back, from the leaves up: a leaf or the heaviest branch takes a subtree's place."""
    weights = np.ones(len(outcome)) if weights is None else weights
    return _pruned(root, table, outcome, np.arange(len(outcome)), weights, cf)


def _pruned(node: Node, table: Table, outcome, rows, weights, cf: float) -> Node:
    if node.way == LEAF:
        return node
    for branch, inside, share in apart(node, table, rows, weights):
        node.branches[branch] = _pruned(node.branches[branch], table, outcome, inside, share, cf)
    as_tree = expected_errors(node, cf)
    as_leaf = node.weight * most_errors(node.errors, node.weight, cf)
    heaviest = max(node.branches.values(), key=lambda below: below.weight)
    as_branch = np.inf
    if heaviest.way != LEAF:
        raised = _copy(heaviest)
        recount(raised, table, outcome, rows, weights)
        as_branch = expected_errors(raised, cf)
    if as_leaf <= as_branch + ROOM and as_leaf <= as_tree + ROOM:
        return Node(node.counts)
    if as_branch <= as_tree + ROOM:
        return _pruned(raised, table, outcome, rows, weights, cf)
    return node


def recount(node: Node, table: Table, outcome, rows, weights) -> None:
    """The tree's counts by these rows."""
    node.counts = np.bincount(outcome[rows], weights, len(node.counts))
    if node.way != LEAF:
        for branch, inside, share in apart(node, table, rows, weights):
            recount(node.branches[branch], table, outcome, inside, share)


def _copy(node: Node) -> Node:
    return Node(node.counts, node.way, node.feature, node.threshold, node.missing_to,
                {branch: _copy(below) for branch, below in node.branches.items()})
