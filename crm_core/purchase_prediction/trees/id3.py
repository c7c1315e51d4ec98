"""ID3: at each node the feature that tells most of the answer, a branch for each of its values (Quinlan 1986).

Numbers are cut into ranges first. What is missing counts as a value of its own. A feature is taken only where a test
by chi-squared finds that it has to do with the answer, as the paper's section 5 does against noise.
"""

import numpy as np

from crm_core.purchase_prediction.trees.table import Table, table_of
from crm_core.purchase_prediction.trees.tree import RANGES, VALUES, Node, Tree, classes_of, laid_out, ranges, sample

RANGES_OF_NUMBER = 5  # of equal count
MOST_ROWS = 20_000
SURE = 0.01  # of a chi-squared test at each node: so rarely a feature without meaning is taken


def fit(encoding, rows, outcome: np.ndarray, seed: int = 0) -> Tree:
    """A tree of the rows (of 20,000 drawn where there are more); outcome: 0 and 1, or 0 .. classes − 1."""
    taken = sample(len(rows), MOST_ROWS, seed)
    table = table_of(rows.iloc[taken], encoding.features, encoding.values)
    return grow(table, np.asarray(outcome)[taken], sure=SURE, sampled=len(taken) if len(taken) < len(rows) else 0)


def grow(table: Table, outcome: np.ndarray, sure: float | None = None, sampled: int = 0) -> Tree:
    """The tree of the table; `sure` None: without the test, as far as the features tell anything."""
    edges = {name: _edges(table.columns[place]) for place, name in enumerate(table.names) if table.numeric(place)}
    codes = coded(table, edges)
    outcome, classes = classes_of(outcome)
    root = Node(np.bincount(outcome, minlength=classes).astype(float))
    waiting = [(root, np.arange(len(outcome)), tuple(range(len(table.names))))]
    while waiting:
        node, rows, left = waiting.pop()
        if not node.errors or not left:
            continue
        found = tables_of(codes[rows][:, left], outcome[rows], classes)
        gained = [gain(counts) for counts in found]
        open_to = [place for place in range(len(left)) if gained[place] > 1e-12 and (
            sure is None or _chance_alone(found[place]) < sure)]
        if not open_to:
            continue
        best = max(open_to, key=lambda place: (gained[place], -place))
        node.feature = left[best]
        node.way = RANGES if table.numeric(node.feature) else VALUES
        for code in np.flatnonzero(found[best].sum(axis=1)):
            inside = rows[codes[rows, node.feature] == code]
            branch = int(code) - (0 if node.way == RANGES else 1)
            node.branches[branch if branch >= 0 else len(table.values[table.names[node.feature]]) + 1] = below = Node(
                np.bincount(outcome[inside], minlength=classes).astype(float))
            waiting.append((below, inside, tuple(place for place in left if place != node.feature)))
        if node.way == VALUES:  # a value of its own, after the others
            node.missing_to = len(table.values[table.names[node.feature]]) + 1
    return laid_out(root, table, edges, sampled)


def coded(table: Table, edges: dict[str, tuple[float, ...]]) -> np.ndarray:
    """(rows, features): the branch that each would take; of categories 0 is missing."""
    return np.column_stack([ranges(column, edges[name]) if name in edges else column + 1
                            for name, column in zip(table.names, table.columns, strict=True)]).astype(np.int32)


def tables_of(codes: np.ndarray, outcome: np.ndarray, classes: int) -> list[np.ndarray]:
    """Of each column: how many rows of each code have each class."""
    sizes = codes.max(axis=0) + 1
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    flat = np.bincount(((codes + starts) * classes + outcome[:, None]).ravel(), minlength=int(sizes.sum()) * classes)
    counted = flat.reshape(-1, classes)
    return [counted[start:start + size] for start, size in zip(starts, sizes, strict=True)]


def information(counts: np.ndarray) -> np.ndarray:
    """Entropy in bits of each row of counts."""
    all_ = counts.sum(axis=-1, keepdims=True)
    shares = np.divide(counts, all_, out=np.zeros(counts.shape), where=all_ > 0)
    return -np.sum(shares * np.log2(np.where(shares > 0, shares, 1)), axis=-1)


def gain(counts: np.ndarray) -> float:
    """Information gained by asking for a feature, in bits: (values, classes) counts → 0.246."""
    all_ = counts.sum()
    return float(information(counts.sum(axis=0)) - (counts.sum(axis=1) / all_) @ information(counts))


def _chance_alone(counts: np.ndarray) -> float:
    """How likely a feature without meaning differs so much or more (chi-squared)."""
    from scipy.special import chdtrc

    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(counts.shape) < 2:
        return 1.0
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / counts.sum()
    return float(chdtrc((counts.shape[0] - 1) * (counts.shape[1] - 1), ((counts - expected) ** 2 / expected).sum()))


def _edges(values: np.ndarray) -> tuple[float, ...]:
    """Where ranges of equal count end; few different numbers are a range each."""
    known = values[~np.isnan(values)]
    different = np.unique(known)
    if len(different) <= RANGES_OF_NUMBER:
        return tuple(different[:-1].tolist())
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, RANGES_OF_NUMBER + 1)[1:-1], method="lower"))
    return tuple(cuts[cuts < different[-1]].tolist())
