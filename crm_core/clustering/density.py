"""Groups as dense places of any shape, parted by thin ones; who lies in a thin place belongs to no group.

DBSCAN (Ester, Kriegel, Sander & Xu 1996) and HDBSCAN (Campello, Moulavi & Sander 2013).
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.clustering import neighbours
from crm_core.clustering.choice import Choice
from crm_core.clustering.fitted import Fitted

FEWEST_POINTS, MOST_POINTS = 4, 24
SMALLEST_SHARE = 0.01  # HDBSCAN: a group of fewer than this share of the customers is none
FEWEST_IN_GROUP = 10  # nor is one of fewer than these, where there are so many
UNUSUAL_SHARE = 0.01  # the loneliest customers do not bend the k-distance curve
CURVE_POINTS = 300
EDGE_ROWS = 500  # whose neighbours are looked up at once


@dataclass(frozen=True, eq=False)
class KDistances:
    """How far each customer's min_points-th nearest is (himself the first), and the distance proposed from it."""

    curve: pd.DataFrame  # share (of customers who have theirs nearer, 0..1), distance; at most CURVE_POINTS
    min_points: int
    proposed: float  # where the curve bends
    eps: float  # the distance that was used


def propose_min_points(rows: int, columns: int) -> int:
    """Twice as many as there are features (Sander, Ester, Kriegel & Xu 1998), more where there are many customers
    (their logarithm: Birant & Kut 2007), within bounds."""
    return max(2, min(max(FEWEST_POINTS, 2 * columns, round(np.log(rows))), MOST_POINTS, rows // 3))


def propose_smallest_group(rows: int, columns: int) -> int:
    return max(propose_min_points(rows, columns), min(FEWEST_IN_GROUP, rows // 3), round(rows * SMALLEST_SHARE))


def k_distances(matrix: np.ndarray, min_points: int) -> np.ndarray:
    """The distance of each row to its min_points-th nearest, itself the first."""
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=min(min_points, len(matrix))).fit(matrix)
    return near.kneighbors(matrix)[0][:, -1]


def propose_eps(distances: np.ndarray) -> float:
    """How near neighbours are: as near as is usual for customers before the bend of the k-distance curve.

    The bend is where the sorted curve lies farthest below the line between its ends (Satopaa, Albrecht, Irwin &
    Raghavan 2011, Finding a "Kneedle" in a Haystack), without its last hundredth, so that one customer far from all
    others does not decide. Where hardly anybody is alone the curve bends too early and would break groups to pieces:
    so eps reaches to the outer fence (Tukey 1977) of the distances before the bend.
    """
    curve = np.sort(distances)
    curve = curve[:max(2, len(curve) - max(1, int(len(curve) * UNUSUAL_SHARE)))]
    if curve[-1] == 0:  # nearly all are the same as their neighbours: the smallest step that there is, else any
        above = distances[distances > 0]
        return float(above.min()) if len(above) else 1.0
    if curve[-1] == curve[0]:
        return float(curve[0])
    along, height = np.linspace(0, 1, len(curve)), (curve - curve[0]) / (curve[-1] - curve[0])
    bend = (along - height).argmax()
    low, high = np.quantile(curve[:bend + 1], (0.25, 0.75))
    return float(max(curve[bend], high + 3 * (high - low))) or float(curve[curve > 0][0])


def settings(matrix: np.ndarray, choice: Choice) -> tuple[int, float, np.ndarray]:
    """min_points and eps as chosen or proposed, and the k-distances behind."""
    min_points = choice.min_points or propose_min_points(*matrix.shape)
    distances = k_distances(matrix, min_points)
    return min_points, choice.eps or propose_eps(distances), distances


def curve(matrix: np.ndarray, choice: Choice) -> KDistances:
    min_points, eps, distances = settings(matrix, choice)
    ordered = np.sort(distances)
    places = np.unique(np.linspace(0, len(ordered) - 1, CURVE_POINTS).round().astype(int))
    return KDistances(pd.DataFrame({"share": (places + 1) / len(ordered), "distance": ordered[places]}),
                      min_points, propose_eps(distances), eps)


def dbscan(matrix: np.ndarray, choice: Choice) -> Fitted:
    """Dense places (at least min_points within eps, oneself counted) that are chained by steps of at most eps.

    Who has a dense place within eps belongs to the nearest one: to the first one found, as it is told otherwise,
    would depend on the order of the rows.
    """
    min_points, eps, distances = settings(matrix, choice)
    # With fewer rows than that the distances are those to the farthest, and nobody has enough neighbours.
    dense = np.flatnonzero((distances <= eps * neighbours.SLACK) & (len(matrix) >= min_points))
    told = {"eps": float(eps), "min_points": int(min_points)}
    labels = np.full(len(matrix), -1)
    if not len(dense):
        return Fitted(labels, {"kind": "neighbours", "points": [], "labels": [], "within": None, **told}, len(matrix))
    of = _chained(matrix[dense], eps)
    place, distance = neighbours.nearest(matrix[dense], matrix)
    labels = np.where(distance <= eps * neighbours.SLACK, of[place], -1)
    labels[dense] = of
    state = neighbours.kept(matrix, labels, dense, np.full(of.max() + 1, float(eps)))
    return Fitted(neighbours.assign(state, matrix), {**state, **told}, len(matrix))


def hdbscan(matrix: np.ndarray, choice: Choice) -> Fitted:
    """Dense places at the density at which each lasts longest.

    Others are placed with their nearest neighbour, in a group or in none, and in none where that neighbour is
    farther than any member of its group is from the next member.
    """
    from sklearn.cluster import HDBSCAN

    smallest = min(choice.min_points or propose_smallest_group(*matrix.shape), len(matrix))
    told = {"min_points": int(smallest)}
    model = HDBSCAN(min_cluster_size=max(2, smallest), copy=True,
                    min_samples=max(1, min(propose_min_points(*matrix.shape), smallest)))
    labels = model.fit_predict(matrix.astype(float))
    # Customers who are the same belong together, whatever the ties among their distances.
    same = np.unique(matrix, axis=0, return_inverse=True)[1].ravel()
    highest = np.full(same.max() + 1, -1)
    np.maximum.at(highest, same, labels)
    labels = highest[same]
    if labels.max() < 0:
        return Fitted(labels, {"kind": "neighbours", "points": [], "labels": [], "within": None, **told}, len(matrix))
    within = [max(1e-6, k_distances(matrix[labels == label], 2).max()) for label in range(labels.max() + 1)]
    state = neighbours.kept(matrix, labels, np.arange(len(matrix)), np.array(within))
    return Fitted(neighbours.assign(state, matrix), {**state, **told}, len(matrix))


def _chained(points: np.ndarray, eps: float) -> np.ndarray:
    """Labels 0, 1, … of points that steps of at most eps join; never holds the table of all pairs."""
    from scipy.spatial import cKDTree

    tree, labels, found = cKDTree(points), np.full(len(points), -1), 0
    for start in range(len(points)):
        if labels[start] >= 0:
            continue
        labels[start] = found
        edge = np.array([start])
        while len(edge):
            reached = []
            for begin in range(0, len(edge), EDGE_ROWS):
                near = tree.query_ball_point(points[edge[begin:begin + EDGE_ROWS]], eps * neighbours.SLACK)
                near = np.unique(np.concatenate(near).astype(int))
                near = near[labels[near] < 0]
                labels[near] = found
                reached.append(near)
            edge = np.concatenate(reached)
        found += 1
    return labels
