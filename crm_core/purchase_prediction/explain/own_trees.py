"""The leaves of a tree of our own (crm_core.purchase_prediction.trees), for its exact Shapley values.

A tree asks each feature only in which of a few cells its value lies: between two thresholds, one of the values,
missing. So every row becomes a row of cells, and a node a list of which branch each cell takes. Who lacks what a node
asks may be shared out among its branches: then all of these go on together, and a leaf is made of each way they end.
"""

import numpy as np

from crm_core.purchase_prediction.explain.leaves import Leaves, leaves

MOST_LEAVES = 3_000


class TooManyLeaves(Exception):
    """The ways in which rows can be shared out are too many to be told apart."""


def tree_matrix(tree, rows) -> np.ndarray:
    """(rows, features) float64: in which cell of each feature a row lies."""
    from crm_core.purchase_prediction.trees.table import table_of

    table = table_of(rows, tree.features, tree.values)
    return np.column_stack([_cell(tree, place, column) for place, column in enumerate(table.columns)])


def of_tree(tree, met: np.ndarray) -> Leaves:
    """The leaves of one tree; `met` are cells of all rows that will be asked about. Raises TooManyLeaves."""
    cells = [np.unique(column).astype(int) for column in met.T]
    branches = {node: tree._branches(node, _representatives(tree, tree.feature[node], cells[tree.feature[node]]))
                for node in np.flatnonzero(tree.way)}
    shares, found = tree.shares(), []
    waiting = [((((0, 1.0),)), {})]  # (nodes that are walked together, each with its weight), feature → cells so far
    while waiting:
        state, path = waiting.pop()
        asks = next((node for node, _ in state if tree.way[node]), None)
        if asks is None:
            chance = sum(weight * shares[leaf] for leaf, weight in state)
            found.append((path, np.log(chance[1:] / chance[:1]) if len(chance) == 2 else np.log(chance)))
            if len(found) > MOST_LEAVES:
                raise TooManyLeaves()
            continue
        feature = int(tree.feature[asks])
        left = path.get(feature, frozenset(range(len(cells[feature]))))
        after: dict[tuple, set] = {}
        for cell in left:
            after.setdefault(_stepped(tree, branches, state, feature, cell), set()).add(cell)
        waiting += [(state, path | {feature: frozenset(chosen)}) for state, chosen in after.items()]
    conditions = []
    for place, (path, _) in enumerate(found):
        for feature, chosen in path.items():
            codes = {int(cells[feature][cell]) for cell in chosen}
            if len(codes) < len(cells[feature]):
                conditions.append((place, feature, -np.inf, np.inf, codes, False))
    values = np.array([value for _, value in found])
    return leaves(tree.features, np.zeros(values.shape[1]), values, conditions)


def _stepped(tree, branches, state, feature: int, cell: int) -> tuple:
    """Where the nodes that ask this feature send the cell; the others stay."""
    after: dict[int, float] = {}
    for node, weight in state:
        if not tree.way[node] or tree.feature[node] != feature:
            after[node] = after.get(node, 0.0) + weight
            continue
        branch = branches[node][cell]
        branch = tree.missing_to[node] if branch < 0 else branch
        child = tree.children[node][branch] if branch >= 0 else -1
        there = [child] if child >= 0 else tree.children[node][tree.children[node] >= 0]
        heavy = tree.counts[there].sum(axis=1)
        for below, part in zip(there, heavy / heavy.sum(), strict=True):
            after[int(below)] = after.get(int(below), 0.0) + weight * part
    return tuple(sorted(after.items()))


def _edges(tree, feature: int) -> np.ndarray:
    """Where one cell of a number ends and the next begins: each threshold belongs to the cell below it."""
    asks = (tree.feature == feature) & (tree.way > 0)
    return np.unique(np.concatenate([tree.threshold[asks & ~np.isnan(tree.threshold)],
                                     np.asarray(tree.edges.get(tree.features[feature], ()), dtype=float)]))


def _cell(tree, feature: int, values: np.ndarray) -> np.ndarray:
    if tree.features[feature] in tree.values:
        return values.astype(float) + 1  # what is missing is −1
    edges = _edges(tree, feature)
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values)).astype(float)


def _representatives(tree, feature: int, cells: np.ndarray) -> np.ndarray:
    """A value that lies in each of the cells."""
    if tree.features[feature] in tree.values:
        return cells - 1
    edges = _edges(tree, feature)
    inside = np.append(edges, edges[-1] + 1 if len(edges) else 0.0)
    return np.where(cells > len(edges), np.nan, inside[np.minimum(cells, len(edges))])
