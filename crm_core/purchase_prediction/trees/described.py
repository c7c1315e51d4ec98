"""Any of the trees in plain terms: its nodes, the conditions that lead to them, and rules from its leaves.

    node | parent | condition        | rows | share
       0 |     −1 | –                |   14 |   .64
       1 |      0 | plan = monthly   |    5 |   .20
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.trees.table import table_of
from crm_core.purchase_prediction.trees.tree import IS, LEAF, RANGES, VALUES, Tree

SURE = 1.96  # an interval holds the truth 95 times in 100


@dataclass(frozen=True)
class Condition:
    """Of one feature, in its own units."""

    feature: str
    op: str  # ">=", "<=", ">", "between", "=", "is_missing", "is_not" (a tuple of values), "other" (none of the known)
    value: object = None
    or_missing: bool = False  # rows that lack the feature come here too


@dataclass(frozen=True)
class Rule:
    """The way to a leaf, and how it did on rows that the tree has not learned from."""

    node: int
    conditions: tuple[Condition, ...]  # all must hold; of each feature one
    answer: int  # the class that it speaks for: of yes and no 1 where yes is commoner than among all, else 0
    learned: float  # training rows in the leaf
    learned_share: float  # of them the share of `answer`
    held: float  # rows not learned from that the conditions lead to
    precision: float  # of those the share of `answer`; NaN without any
    between: tuple[float, float]  # where that lies 95 times in 100 (Wilson 1927)
    base: float  # the share of `answer` among all rows not learned from
    support: float  # of all rows not learned from, the share that the conditions lead to


def described(tree: Tree, answer: int = 1) -> pd.DataFrame:
    """node, parent, depth, condition (None at the root), rows, share (of the class `answer`), leaf; parents first."""
    depth = np.zeros(len(tree.way), dtype=int)
    for node in range(1, len(depth)):
        depth[node] = depth[tree.parent[node]] + 1
    rows = tree.counts.sum(axis=1)
    return pd.DataFrame({
        "node": np.arange(len(depth)), "parent": tree.parent, "depth": depth,
        "condition": [None] + [condition_to(tree, node) for node in range(1, len(depth))],
        "rows": rows, "share": np.divide(tree.counts[:, answer], rows, out=np.zeros(len(rows)), where=rows > 0),
        "leaf": tree.way == LEAF})


def condition_to(tree: Tree, node: int) -> Condition:
    """What leads from a node's parent to it."""
    parent, branch = tree.parent[node], int(tree.branch[node])
    name, way, threshold = tree.features[tree.feature[parent]], tree.way[parent], tree.threshold[parent]
    gone = name in tree.gaps and tree.missing_to[parent] == branch
    if way in (VALUES, IS):
        values = tree.values[name]
        if way == IS:
            return Condition(name, "=", values[int(threshold)]) if branch else Condition(
                name, "is_not", (values[int(threshold)],), gone)
        if branch < len(values):
            return Condition(name, "=", values[branch])
        return Condition(name, "other" if branch == len(values) else "is_missing")
    if way == RANGES:
        edges = tree.edges[name]
        if branch > len(edges):
            return Condition(name, "is_missing")
        low = edges[branch - 1] if branch else -np.inf
        return _between(tree, name, low, edges[branch] if branch < len(edges) else np.inf, False)
    return _between(tree, name, threshold if branch else -np.inf, np.inf if branch else threshold, gone)


def conditions_to(tree: Tree, node: int) -> tuple[Condition, ...]:
    """The whole way to a node, what is asked of one feature several times put into one."""
    found: dict[str, list[Condition]] = {}
    while node:
        found.setdefault(condition_to(tree, node).feature, []).append(condition_to(tree, node))
        node = int(tree.parent[node])
    return tuple(_together(tree, parts) for parts in reversed(found.values()))


def rules(tree: Tree, rows: pd.DataFrame, outcome: np.ndarray) -> tuple[Rule, ...]:
    """A rule a leaf, measured on `rows` that the tree has not learned from; those that move the answer most first."""
    outcome, classes = np.asarray(outcome).astype(int), tree.counts.shape[1]
    base = np.bincount(outcome, minlength=classes) / max(len(outcome), 1)
    held = {leaf: np.zeros(classes) for leaf in np.flatnonzero(tree.way == LEAF)}
    for leaf, reached, weights in tree.reached(table_of(rows, tree.features, tree.values)):
        held[leaf] += np.bincount(outcome[reached], weights, classes)
    all_ = tree.counts[0] / tree.counts[0].sum()
    found = []
    for leaf, came in held.items():
        counts = tree.counts[leaf]
        shares = counts / counts.sum() if counts.sum() else all_
        answer = int(shares[1] >= all_[1]) if classes == 2 else int(np.argmax(shares))
        many = float(came.sum())
        precision = float(came[answer] / many) if many >= 0.5 else np.nan
        found.append(Rule(int(leaf), conditions_to(tree, int(leaf)), answer, float(counts.sum()), float(shares[answer]),
                          many, precision, _wilson(precision, many), float(base[answer]),
                          many / max(len(outcome), 1)))
    return tuple(sorted(found, key=lambda rule: -abs(rule.learned_share - all_[rule.answer]) * rule.learned))


def _between(tree: Tree, name: str, low: float, high: float, gone: bool) -> Condition:
    """More than `low`, at most `high`, as somebody would say it."""
    if name in tree.yes_no:
        return Condition(name, "=", bool(high == np.inf), gone)
    if name in tree.whole:
        low = np.floor(low) + 1 if np.isfinite(low) else low
        high = np.floor(high) if np.isfinite(high) else high
        if low == high:
            return Condition(name, "=", int(low), gone)
        op, value = (("<=", int(high)) if low == -np.inf else (">=", int(low)) if high == np.inf
                     else ("between", (int(low), int(high))))
        return Condition(name, op, value, gone)
    if low == -np.inf:
        return Condition(name, "<=", float(high), gone)
    return Condition(name, ">", float(low), gone) if high == np.inf else Condition(
        name, "between", (float(low), float(high)), gone)


def _together(tree: Tree, parts: list[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    name, gone = parts[0].feature, all(part.or_missing for part in parts)
    for part in parts:
        if part.op in ("=", "is_missing", "other"):  # says all that the others say
            return part
    if parts[0].op == "is_not":
        return Condition(name, "is_not", tuple(sorted({value for part in parts for value in part.value})), gone)
    low, high = -np.inf, np.inf
    for part in parts:
        bounds = part.value if part.op == "between" else (part.value, part.value)
        low = max(low, bounds[0]) if part.op in (">=", ">", "between") else low
        high = min(high, bounds[1]) if part.op in ("<=", "between") else high
    if name in tree.whole and np.isfinite(low):
        low -= 1  # these say "at least"
    return _between(tree, name, low, high, gone)


def _wilson(share: float, of: float) -> tuple[float, float]:
    if np.isnan(share) or of <= 0:
        return 0.0, 1.0
    square = SURE**2 / of
    middle, half = share + square / 2, SURE * np.sqrt(share * (1 - share) / of + square / (4 * of))
    return max(0.0, float((middle - half) / (1 + square))), min(1.0, float((middle + half) / (1 + square)))
