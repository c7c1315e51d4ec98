"""Groups by merging the two nearest again and again, and the tree of these merges."""
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from crm_core.clustering import neighbours
from crm_core.clustering.choice import Choice
from crm_core.clustering.fitted import Fitted
from crm_core.clustering.prepare import sample_rows

TREE_ROWS = 5_000  # the tree holds the distances of all pairs: 200 MB at this many, and four times as much at twice
MOST_LEAVES = 60  # more cannot be told apart on a screen


@dataclass(frozen=True, eq=False)
class Dendrogram:
    merges: pd.DataFrame  # a row a merge: left_x, right_x, left_height, right_height, height (scaled units),
    #                       customers (how many it joins), label (of the group it lies in; −1 above the cut)
    cut: float  # the height at which the tree is cut into the groups
    leaves: int  # as many bundles of customers stand at the bottom
    customers: int  # whom the tree was made of


def agglomerative(matrix: np.ndarray, choice: Choice, k: int, seed: int) -> Fitted:
    """Everyone alone first, then the two nearest groups merged until there are k (Ward 1963 and other linkages).

    Others are placed with their nearest neighbour in the tree: right for any linkage, also where a group is a chain.
    """
    shown = matrix[sample_rows(len(matrix), TREE_ROWS, seed)]
    labels = cut(tree(shown, choice.linkage), k)
    state = neighbours.kept(shown, labels, np.arange(len(shown)), None)
    return Fitted(neighbours.assign(state, matrix), state, len(shown))


def tree(matrix: np.ndarray, linkage: str) -> np.ndarray:
    """Merges as scipy tells them: the two merged, the height, how many rows."""
    return _tree(np.ascontiguousarray(matrix, dtype=float).tobytes(), matrix.shape, linkage)


@lru_cache(maxsize=4)  # the same tree is cut at every number of groups
def _tree(rows: bytes, shape: tuple[int, int], linkage: str) -> np.ndarray:
    from scipy.cluster.hierarchy import linkage as merged

    return merged(np.frombuffer(rows).reshape(shape), method=linkage)


def cut(merges: np.ndarray, k: int) -> np.ndarray:
    """Labels of the rows when all but the last k − 1 merges are made; numbered by their first row."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = len(merges) + 1
    made = rows - k
    if made <= 0:
        return np.arange(rows)
    parents = np.repeat(np.arange(rows, rows + made), 2)
    joined = coo_array((np.ones(2 * made), (merges[:made, :2].astype(int).ravel(), parents)),
                       shape=(rows + made, rows + made))
    labels = connected_components(joined, directed=False)[1][:rows]
    _, first, numbered = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[numbered]


def dendrogram(matrix: np.ndarray, choice: Choice, state: dict, k: int, seed: int) -> Dendrogram:
    """The last merges of the tree behind a grouping into k, the first ones bundled into leaves."""
    from scipy.cluster.hierarchy import dendrogram as drawn

    shown = matrix[sample_rows(len(matrix), TREE_ROWS, seed)]
    merges = tree(shown, choice.linkage)
    leaves = min(MOST_LEAVES, len(shown))
    bundle = cut(merges, leaves)
    top = _top(merges, bundle, leaves)
    place = {leaf: 10.0 * at + 5 for at, leaf in enumerate(drawn(top, no_plot=True)["leaves"])}
    first = np.unique(bundle, return_index=True)[1]
    labels = neighbours.assign(state, shown[first])
    sizes = np.bincount(bundle, minlength=leaves)
    x, height, customers, label = dict(place), dict.fromkeys(range(leaves), 0.0), dict(enumerate(sizes)), {}
    label = dict(enumerate(labels.tolist()))
    told = []
    for number, (one, other, at, _) in enumerate(top, leaves):
        left, right = sorted((int(one), int(other)), key=x.get)
        below = number - leaves < leaves - k  # the last k − 1 merges are not made
        x[number], height[number] = (x[left] + x[right]) / 2, float(at)
        customers[number], label[number] = customers[left] + customers[right], label[left] if below else -1
        told.append({"left_x": x[left], "right_x": x[right], "left_height": height[left],
                     "right_height": height[right], "height": float(at), "customers": int(customers[number]),
                     "label": label[number], "left_label": label[left], "right_label": label[right]})
    heights = np.concatenate([[0.0], merges[:, 2]])
    high = heights[len(heights) - k + 1] if k > 1 else heights[-1] * 1.1
    return Dendrogram(pd.DataFrame(told), float((heights[len(heights) - k] + high) / 2), leaves, len(shown))


def _top(merges: np.ndarray, bundle: np.ndarray, leaves: int) -> np.ndarray:
    """The last leaves − 1 merges, with the bundles as their rows."""
    rows = len(merges) + 1
    of_node = dict(enumerate(bundle.tolist()))
    for place in range(rows - leaves):
        of_node[rows + place] = of_node[int(merges[place, 0])]
    top, sizes = merges[rows - leaves:].copy(), dict.fromkeys(range(leaves), 1)
    for place, merge in enumerate(top):
        one, other = of_node[int(merge[0])], of_node[int(merge[1])]
        of_node[2 * rows - leaves + place] = leaves + place
        sizes[leaves + place] = sizes[one] + sizes[other]
        merge[:2], merge[3] = (one, other), sizes[leaves + place]
    return top
