"""Groups of any shape, kept as a few of their members: whoever comes belongs where the nearest of them belongs."""
import numpy as np

from crm_core.clustering.fitted import plain

KEPT_POINTS = 3_000  # a quarter of a megabyte of JSON at eight features
BLOCK_ROWS = 50_000
SLACK = 1 + 1e-6  # what lies just as far as allowed is within, whichever way the last digit falls


def kept(rows: np.ndarray, labels: np.ndarray, members: np.ndarray, within: np.ndarray | None) -> dict:
    """A state of as few members as give every row its label again.

    `members` are the row numbers that may be kept (DBSCAN: dense places only; else every row, those in no group
    too), `within` how far from a member of each label a row may lie. From one member a group on, the rows that get
    a wrong label bring their own nearest member, of those with the same nearest kept one the farthest first: after
    the condensed nearest neighbour rule (Hart 1968; Angiulli 2005). It stops at KEPT_POINTS.
    """
    points, of = rows[members], labels[members]
    own = np.arange(len(rows)) if len(members) == len(rows) else nearest(points, rows)[0]
    chosen = []
    for label in np.unique(of):
        places = np.flatnonzero(of == label)
        middle = points[places].mean(axis=0, dtype=float)
        chosen.append(int(places[((points[places] - middle) ** 2).sum(axis=1).argmin()]))
    new = np.array(chosen, dtype=int)
    place, distance = np.zeros(len(rows), dtype=int), np.full(len(rows), np.inf)
    while len(new):
        found, how_far = nearest(points[new], rows)
        nearer = how_far < distance
        place[nearer], distance[nearer] = new[found[nearer]], how_far[nearer]
        wrong = np.flatnonzero(_told(of[place], distance, within) != labels)
        wrong = wrong[np.lexsort((wrong, -distance[wrong], place[wrong]))]
        first = np.unique(place[wrong], return_index=True)[1]  # the farthest wrong row of each kept member
        new = np.setdiff1d(own[wrong[first]], chosen)[:KEPT_POINTS - len(chosen)]
        chosen += new.tolist()
    chosen.sort()
    return {"kind": "neighbours", "points": plain(points[chosen]), "labels": of[chosen].tolist(),
            "within": None if within is None else [float(far) for far in within]}


def assign(state: dict, matrix: np.ndarray) -> np.ndarray:
    """The label of the nearest kept member, −1 where it lies farther than members of its group do."""
    if not state["points"]:
        return np.full(len(matrix), -1)
    points, of = np.asarray(state["points"], dtype=np.float32), np.asarray(state["labels"])
    within = None if state["within"] is None else np.asarray(state["within"])
    labels = np.empty(len(matrix), dtype=int)
    for start in range(0, len(matrix), BLOCK_ROWS):
        place, distance = nearest(points, matrix[start:start + BLOCK_ROWS])
        labels[start:start + BLOCK_ROWS] = _told(of[place], distance, within)
    return labels


def nearest(points: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place of the nearest point of each row, and how far it is."""
    from sklearn.metrics import pairwise_distances_argmin_min

    return pairwise_distances_argmin_min(rows, points)


def _told(labels: np.ndarray, distance: np.ndarray, within: np.ndarray | None) -> np.ndarray:
    if within is None:
        return labels
    reach = np.append(within, np.inf)[labels]  # the last place: label −1, which stays −1 at any distance
    return np.where(distance <= reach * SLACK, labels, -1)
