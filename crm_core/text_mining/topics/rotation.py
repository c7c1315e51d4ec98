"""From associations of words to topics: the strongest directions, turned until each is a few words."""

import numpy as np

TURNS = 300


def directions(associations: np.ndarray, most: int) -> np.ndarray:
    """words × most: the eigenvectors of the largest eigenvalues, the strongest first, each as long as the root of its
    eigenvalue: a weak one, of which other messages might show another, then turns the rest little."""
    from scipy.linalg import eigh
    from scipy.sparse.linalg import eigsh

    words = len(associations)
    if words <= 4 * most:
        values, vectors = eigh(associations)
    else:
        values, vectors = eigsh(associations, k=most, which="LA", v0=np.ones(words))
    order = np.argsort(-values, kind="stable")[:most]
    return vectors[:, order] * np.sqrt(np.maximum(values[order], 0))


def topics_of(found: np.ndarray, k: int) -> np.ndarray:
    """k × words: the first k directions turned by varimax, so that each weighs a few words much; none below 0.

    Nothing is drawn and there is one answer: other messages of the same kind lead to the same topics, where methods
    that go uphill from a start end in another place (Rohe & Zeng 2023 on varimax as a model of topics).
    """
    turned = _varimax(found[:, :k])
    # An eigenvector's sign is arbitrary: the side with the few heavy words is the topic.
    turned = turned * np.where((turned**3).sum(axis=0) < 0, -1.0, 1.0)
    return np.maximum(turned.T, 0)


def _varimax(loadings: np.ndarray) -> np.ndarray:
    turn, before = np.eye(loadings.shape[1]), 0.0
    for _ in range(TURNS):
        now = loadings @ turn
        squared = now * now  # a power of 3 takes numpy ten times as long
        left, values, right = np.linalg.svd(loadings.T @ (now * (squared - squared.mean(axis=0))))
        turn = left @ right
        if values.sum() < before * (1 + 1e-6):
            break
        before = values.sum()
    return loadings @ turn
