"""A decision tree as plain arrays: what each node asks, who came to it, and what it makes of others.

    node | parent | asks             | branch of its parent | yes of all
       0 |     −1 | plan             |                      |  9 of 14
       1 |      0 | –                | plan = monthly       |  1 of  5
       2 |      0 | income ≤ 30,000? | plan = yearly        |  8 of  9
"""

from dataclasses import dataclass, field

import numpy as np

from crm_core.purchase_prediction.trees.table import Table, table_of

LEAF, RANGES, VALUES, THRESHOLD, IS = range(5)  # how a node asks
# A leaf's share leans on its parent's as if so many more cases had come from there: three of three are not certain
# (the m-estimate down the branch: Ferri, Flach & Hernández-Orallo 2003).
LEANING = 4.0


@dataclass
class Node:
    """A node while a tree grows."""

    counts: np.ndarray  # weight of the cases by class
    way: int = LEAF
    feature: int = -1
    threshold: float = np.nan
    missing_to: int = -1
    branches: dict[int, "Node"] = field(default_factory=dict)

    @property
    def weight(self) -> float:
        return float(self.counts.sum())

    @property
    def errors(self) -> float:
        return float(self.counts.sum() - self.counts.max())


@dataclass(frozen=True, eq=False)
class Tree:
    """A grown tree; parents come before their children. Plain data."""

    features: tuple[str, ...]
    values: dict[str, tuple[str, ...]]  # of categories: what a branch of VALUES or the code of IS stands for
    edges: dict[str, tuple[float, ...]]  # of numbers that were cut into ranges first: each range ends at its edge
    whole: tuple[str, ...]  # numbers that were whole numbers in every row: > 75 is told as ≥ 76
    yes_no: tuple[str, ...]  # numbers that were 1 and 0 only
    gaps: tuple[str, ...]  # features that were missing in some row
    way: np.ndarray  # LEAF, RANGES, VALUES, THRESHOLD (branch 0: ≤, 1: >) or IS (branch 0: any other, 1: it is)
    feature: np.ndarray  # the place among features, −1 of leaves
    threshold: np.ndarray  # of THRESHOLD its number, of IS its code
    missing_to: np.ndarray  # the branch of what is not known; −1: shared out among the branches by their weight
    parent: np.ndarray
    branch: np.ndarray  # the branch of the parent that leads here
    children: np.ndarray  # (nodes, branches): −1 where training had nobody
    counts: np.ndarray  # (nodes, classes): weight of the training cases
    sampled: int = 0  # rows that it was grown from, where not all were taken

    def margin(self, _encoding, rows) -> np.ndarray:
        """Log-odds of yes, a row an example; with more classes the logarithm of each one's chance, a column a class."""
        chances = self.chances(table_of(rows, self.features, self.values))
        if chances.shape[1] == 2:
            return np.log(chances[:, 1]) - np.log(chances[:, 0])
        return np.log(chances)

    def chances(self, table: Table, leaning: float = LEANING) -> np.ndarray:
        """(rows, classes): each row's chances; `leaning` 0 takes the leaves' shares as they are."""
        shares = self.shares(leaning)
        found = np.zeros((len(table), self.counts.shape[1]))
        for leaf, rows, weights in self.reached(table):
            found[rows] += weights[:, None] * shares[leaf]
        return found

    def reached(self, table: Table):
        """(leaf, rows that come to it, with which weight): a row that lacks what is asked may come to several."""
        waiting = [(0, np.arange(len(table)), np.ones(len(table)))]
        while waiting:
            node, rows, weights = waiting.pop()
            if self.way[node] == LEAF:
                yield node, rows, weights
                continue
            branch = self._branches(node, table.columns[self.feature[node]][rows])
            branch = np.where(branch < 0, self.missing_to[node], branch)
            branches = self.children.shape[1]  # a value that nobody in training had may have none
            known = (branch >= 0) & (branch < branches)
            child = np.where(known, self.children[node][np.clip(branch, 0, branches - 1)], -1)
            lost = child < 0
            there = self.children[node][self.children[node] >= 0]
            heavy = self.counts[there].sum(axis=1)
            for place, part in zip(there, heavy / heavy.sum(), strict=True):
                mine = child == place
                taken = mine | lost
                if taken.any():
                    waiting.append((int(place), rows[taken], np.where(mine, weights, weights * part)[taken]))

    def shares(self, leaning: float = LEANING) -> np.ndarray:
        """(nodes, classes): the share of each class at a node, leaning on its parent's."""
        classes = self.counts.shape[1]
        found = np.empty(self.counts.shape)
        for node, counts in enumerate(self.counts):
            above = found[self.parent[node]] if node else np.full(classes, 1 / classes)
            found[node] = (counts + leaning * above) / (counts.sum() + leaning)
        return found

    def _branches(self, node: int, values: np.ndarray) -> np.ndarray:
        """The branch that each value takes; −1 where it is missing, or where no branch is for it."""
        way, threshold, name = self.way[node], self.threshold[node], self.features[self.feature[node]]
        if way == THRESHOLD:
            return np.where(np.isnan(values), -1, values > threshold)
        if way == IS:
            return np.where(values < 0, self.missing_to[node], values == threshold).astype(int)
        codes = ranges(values, self.edges[name]) if way == RANGES else values
        return np.where(codes < self.children.shape[1], codes, -1).astype(int)


def ranges(values: np.ndarray, edges: tuple[float, ...]) -> np.ndarray:
    """The range of each number, 0 .. len(edges); missing is one more."""
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values))


def laid_out(root: Node, table: Table, edges: dict[str, tuple[float, ...]] | None = None, sampled: int = 0) -> Tree:
    """The grown nodes as arrays."""
    nodes, parents, branches = [], [], []
    waiting = [(root, -1, -1)]
    for node, parent, branch in waiting:  # grows while it is walked: level by level
        waiting += [(below, len(nodes), place) for place, below in sorted(node.branches.items())]
        nodes.append(node)
        parents.append(parent)
        branches.append(branch)
    children = np.full((len(nodes), 1 + max(branches + [0])), -1, dtype=np.int32)
    for place, (parent, branch) in enumerate(zip(parents, branches, strict=True)):
        if parent >= 0:
            children[parent, branch] = place
    numbers = {name: column[~np.isnan(column)] for place, (name, column) in enumerate(
        zip(table.names, table.columns, strict=True)) if table.numeric(place)}
    return Tree(
        table.names, dict(table.values), dict(edges or {}),
        tuple(name for name, known in numbers.items() if len(known) and (known == np.floor(known)).all()),
        tuple(name for name, known in numbers.items() if len(known) and np.isin(known, (0, 1)).all()),
        tuple(name for name, column in zip(table.names, table.columns, strict=True)
              if (np.isnan(column) if name in numbers else column < 0).any()),
        np.array([node.way for node in nodes], dtype=np.int8),
        np.array([node.feature for node in nodes], dtype=np.int32),
        np.array([node.threshold for node in nodes], dtype=float),
        np.array([node.missing_to for node in nodes], dtype=np.int32), np.array(parents, dtype=np.int32),
        np.array(branches, dtype=np.int32), children, np.array([node.counts for node in nodes], dtype=float), sampled)


def sample(rows: int, most: int, seed: int) -> np.ndarray:
    """Row numbers to grow from: all, or so many drawn."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def classes_of(outcome: np.ndarray) -> tuple[np.ndarray, int]:
    """Outcomes as whole numbers from 0, and how many classes there are, two at least."""
    codes = np.asarray(outcome).astype(int)
    return codes, max(2, int(codes.max(initial=0)) + 1)

