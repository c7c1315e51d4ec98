"""Groups by their centres: K-means, in batches, and by halving the widest group again and again."""
import numpy as np

from crm_core.clustering.fitted import Fitted, plain

ROUNDS = 10  # of all rows, from the centres of a sample: they hardly move any more
BATCH_ROWS = 10_000
BLOCK_ROWS = 65_536  # as many rows at once as fit a processor's cache


def kmeans(matrix: np.ndarray, k: int, seed: int, starts: int) -> Fitted:
    """K-means (Lloyd 1982, k-means++ starts): the best of so many starts."""
    from sklearn.cluster import KMeans

    return _by(KMeans(k, n_init=starts, random_state=seed).fit(matrix).cluster_centers_, matrix)


def minibatch(matrix: np.ndarray, k: int, seed: int, starts: int) -> Fitted:
    """K-means that sees a few rows at a time (Sculley 2010)."""
    from sklearn.cluster import MiniBatchKMeans

    model = MiniBatchKMeans(k, n_init=starts, batch_size=min(1024, len(matrix)), random_state=seed).fit(matrix)
    return _by(model.cluster_centers_, matrix)


def bisecting(matrix: np.ndarray, k: int, seed: int, starts: int) -> Fitted:
    """Halve the group with the largest inertia until there are k (Steinbach, Karypis & Kumar 2000).

    Each half is settled within its own group, so that four groups are three of which one is halved.
    """
    from sklearn.cluster import KMeans

    labels = np.zeros(len(matrix), dtype=int)
    splits, inertia = [], {0: _inertia(matrix)}
    while len(inertia) < k:
        widest = max(inertia, key=inertia.get)
        if inertia[widest] == 0:  # only customers who are the same are left together
            break
        members = matrix[labels == widest]
        halves = KMeans(2, n_init=starts, random_state=seed).fit(members).cluster_centers_
        splits.append({"label": int(widest), "centres": plain(halves)})
        labels = _split(matrix, labels, len(splits), splits[-1])
        inertia |= {half: _inertia(matrix[labels == half]) for half in (widest, len(splits))}
    return Fitted(labels, {"kind": "splits", "splits": splits}, len(matrix))


def settled(state: dict, matrix: np.ndarray, algorithm: str, seed: int) -> dict:
    """The centres of a sample, moved a few rounds more among all rows."""
    from sklearn.cluster import KMeans, MiniBatchKMeans

    centres = np.asarray(state["centres"], dtype=np.float32)
    if algorithm == "minibatch":
        model = MiniBatchKMeans(len(centres), init=centres, n_init=1, batch_size=min(BATCH_ROWS, len(matrix)),
                                max_iter=1, random_state=seed)
    else:
        model = KMeans(len(centres), init=centres, n_init=1, max_iter=ROUNDS, random_state=seed)
    return {**state, "centres": plain(model.fit(matrix).cluster_centers_)}


def assign(state: dict, matrix: np.ndarray) -> np.ndarray:
    return nearest(np.asarray(state["centres"], dtype=np.float32), matrix)


def assign_by_splits(state: dict, matrix: np.ndarray) -> np.ndarray:
    labels = np.zeros(len(matrix), dtype=int)
    for place, split in enumerate(state["splits"], 1):
        labels = _split(matrix, labels, place, split)
    return labels


def nearest(centres: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The place of the nearest centre of each row."""
    labels = np.empty(len(matrix), dtype=int)
    half = (centres**2).sum(axis=1) / 2  # half the squared distance without what is the same for all centres
    for start in range(0, len(matrix), BLOCK_ROWS):
        block = matrix[start:start + BLOCK_ROWS]
        np.argmin(half - block @ centres.T, axis=1, out=labels[start:start + BLOCK_ROWS])
    return labels


def _by(centres: np.ndarray, matrix: np.ndarray) -> Fitted:
    state = {"kind": "centres", "centres": plain(centres)}
    return Fitted(assign(state, matrix), state, len(matrix))


def _split(matrix: np.ndarray, labels: np.ndarray, new: int, split: dict) -> np.ndarray:
    members = np.flatnonzero(labels == split["label"])
    second = nearest(np.asarray(split["centres"], dtype=np.float32), matrix[members]) == 1
    labels = labels.copy()
    labels[members[second]] = new
    return labels


def _inertia(matrix: np.ndarray) -> float:
    return float(matrix.var(axis=0, dtype=float).sum() * len(matrix)) if len(matrix) else 0.0
