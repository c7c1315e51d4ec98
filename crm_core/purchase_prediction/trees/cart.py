"""CART: splits in two by scikit-learn, cut back by cost and complexity (Breiman, Friedman, Olshen & Stone 1984).

How far it is cut back is chosen on folds of the training rows, by the likelihood of the answers.
"""

import numpy as np

from crm_core.purchase_prediction.trees.table import Table, table_of
from crm_core.purchase_prediction.trees.tree import IS, LEANING, THRESHOLD, Node, Tree, classes_of, laid_out, sample

MOST_ROWS = 20_000
FOLDS = 3
STEPS = 30  # prices of a leaf that are tried, from nothing to the root's
LEAST_SHARE, LEAST_ROWS = 0.002, 5  # of the rows in a leaf


def fit(encoding, rows, outcome: np.ndarray, seed: int = 0) -> Tree:
    """A tree of the rows (of 20,000 drawn where there are more); outcome: 0 and 1, or 0 .. classes − 1."""
    taken = sample(len(rows), MOST_ROWS, seed)
    table = table_of(rows.iloc[taken], encoding.features, encoding.values)
    return grow(table, np.asarray(outcome)[taken], seed, len(taken) if len(taken) < len(rows) else 0)


def grow(table: Table, outcome: np.ndarray, seed: int = 0, sampled: int = 0) -> Tree:
    """The tree of the table, cut back as far as other rows of it say."""
    from sklearn.tree import DecisionTreeClassifier

    outcome, classes = classes_of(outcome)
    matrix, meaning = split_columns(table)
    if not meaning or len(np.unique(outcome)) < 2:
        return laid_out(Node(np.bincount(outcome, minlength=classes).astype(float)), table, sampled=sampled)
    least = max(LEAST_ROWS, int(LEAST_SHARE * len(outcome)))
    grower = DecisionTreeClassifier(min_samples_leaf=least, random_state=seed)
    folds = np.random.default_rng(seed).permutation(len(outcome)) % FOLDS
    grown = grower.fit(matrix, outcome)
    told, ends = grown.classes_, ends_at(grown.tree_)
    tree = grown.tree_
    path = np.unique(ends[np.isfinite(ends)])
    # Between two steps of the path the tree is the same: their middle stands for both (Breiman et al., section 11.5).
    alphas = np.sqrt(np.maximum(path[:-1], 0) * path[1:]) if len(path) > 1 else path / 2
    alphas = np.unique(np.concatenate([[0.0], alphas[np.linspace(0, len(alphas) - 1, min(
        STEPS, len(alphas))).round().astype(int)]])) if len(alphas) else np.zeros(1)
    lost = sum(_log_losses(grower, matrix, outcome, classes, folds == fold, alphas) for fold in range(FOLDS))
    chosen = alphas[int(np.argmin(lost))]
    return laid_out(_node(tree, 0, meaning, told, classes, ends > chosen), table, sampled=sampled)


def ends_at(tree) -> np.ndarray:
    """The price of a leaf at which each node of scikit-learn's tree becomes one itself: its weakest links, one by one.

    Leaves are −inf: they are leaves at any price.
    """
    left, right = tree.children_left, tree.children_right
    as_leaf = tree.impurity * tree.weighted_n_node_samples / tree.weighted_n_node_samples[0]
    ends, inner = np.full(tree.node_count, -np.inf), left >= 0
    parent = np.full(tree.node_count, -1)
    parent[left[inner]] = parent[right[inner]] = np.flatnonzero(inner)
    leaves, below = np.ones(tree.node_count), as_leaf.copy()
    for node in np.flatnonzero(inner)[::-1]:  # children have higher numbers than their parents
        leaves[node] = leaves[left[node]] + leaves[right[node]]
        below[node] = below[left[node]] + below[right[node]]
    while inner[0]:
        places = np.flatnonzero(inner)
        price = (as_leaf[places] - below[places]) / (leaves[places] - 1)
        weakest = places[int(np.argmin(price))]
        waiting = [weakest]
        while waiting:
            node = waiting.pop()
            if inner[node]:
                inner[node], ends[node] = False, price.min()
                waiting += [left[node], right[node]]
        fewer, more = leaves[weakest] - 1, as_leaf[weakest] - below[weakest]
        node = weakest
        while node >= 0:
            leaves[node] -= fewer
            below[node] += more
            node = parent[node]
    return ends


def split_columns(table: Table) -> tuple[np.ndarray, list[tuple[int, int | None]]]:
    """A column a number and one a value of a category; (feature, its code or None) of each."""
    columns, meaning = [], []
    for place, column in enumerate(table.columns):
        if table.numeric(place):
            columns.append(column)
            meaning.append((place, None))
            continue
        for code in range(len(table.values[table.names[place]])):
            columns.append((column == code).astype(float))
            meaning.append((place, code))
    return np.column_stack(columns).astype(np.float32) if columns else np.empty((0, 0)), meaning


def _log_losses(grower, matrix, outcome, classes: int, test: np.ndarray, alphas: np.ndarray) -> np.ndarray:
    """At each price of a leaf: what the rows of a fold make of the tree of the others, its leaves leaning on all."""
    grown = grower.fit(matrix[~test], outcome[~test])
    tree, ends, at = grown.tree_, ends_at(grown.tree_), grown.apply(matrix[test])
    base = (np.bincount(outcome[~test], minlength=classes) + 1) / ((~test).sum() + classes)
    many = tree.weighted_n_node_samples[:, None]
    shares = np.zeros((tree.node_count, classes))
    shares[:, grown.classes_] = tree.value[:, 0]
    logs = np.log((shares * many + LEANING * base) / (many + LEANING))
    lost = []
    for alpha in alphas:
        stop = np.arange(tree.node_count)
        for node in np.flatnonzero(tree.children_left >= 0):  # parents come before their children
            if stop[node] != node or ends[node] <= alpha:
                stop[tree.children_left[node]] = stop[tree.children_right[node]] = stop[node]
        lost.append(-logs[stop[at], outcome[test]].sum())
    return np.array(lost)


def _node(tree, place: int, meaning, told, classes: int, inner: np.ndarray) -> Node:
    counts = np.zeros(classes)
    counts[told] = tree.value[place][0] * tree.weighted_n_node_samples[place]
    node = Node(counts)
    if inner[place]:
        feature, code = meaning[tree.feature[place]]
        node.feature, node.way = feature, THRESHOLD if code is None else IS
        node.threshold = float(tree.threshold[place]) if code is None else float(code)
        # Who lacks a number goes where training sent such; who lacks a category is any other.
        node.missing_to = (0 if tree.missing_go_to_left[place] else 1) if code is None else 0
        node.branches = {side: _node(tree, int(below), meaning, told, classes, inner) for side, below in
                         enumerate((tree.children_left[place], tree.children_right[place]))}
    return node
