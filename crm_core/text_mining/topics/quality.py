"""How good topics are: whether their words belong together, and whether other messages would give the same ones."""

from collections.abc import Callable

import numpy as np

TOP = 10  # words of a topic that are compared
SUBSAMPLES = 8
SHARE = 0.9  # of the messages in a subsample


def top_words(weights: np.ndarray, most: int = TOP) -> list[np.ndarray]:
    """The heaviest words of each topic, as columns; without those of no weight."""
    orders = np.argsort(-weights, axis=1, kind="stable")[:, :most]
    return [order[row[order] > 0] for row, order in zip(weights, orders, strict=True)]


def npmi(present, tops: list[np.ndarray]) -> np.ndarray:
    """A number a topic, −1 … 1: normalised pointwise mutual information, the mean over the pairs of its ten words.

    `present`: messages × words, 1 where the message has the word; a message is the window (Bouma 2009). Two words that
    never meet count −1. A topic of one word counts 0.
    """
    messages = present.shape[0]
    columns = present.tocsc()
    return np.array([_npmi(columns[:, top], messages) if len(top) > 1 else 0.0 for top in tops])


def _npmi(columns, messages: int) -> float:
    together = (columns.T @ columns).toarray().astype(float) / messages
    alone = np.diag(together)
    first, second = np.triu_indices(len(alone), 1)
    both = together[first, second]
    with np.errstate(divide="ignore", invalid="ignore"):
        told = np.log(both / (alone[first] * alone[second])) / -np.log(both)
    return float(np.where(both <= 0, -1.0, np.where(both >= 1, 1.0, told)).mean())


def agreement(ours: list[np.ndarray], others: list[np.ndarray]) -> np.ndarray:
    """A number a topic of ours, 0 … 1: the Jaccard index of its words with those of its counterpart.

    Topics are paired one to one so that the indices together are highest; without a counterpart it is 0.
    """
    from scipy.optimize import linear_sum_assignment

    shared = (_in_rows(ours, -1)[:, None, :, None] == _in_rows(others, -2)[None, :, None, :]).sum(axis=(2, 3))
    both = np.add.outer([len(top) for top in ours], [len(top) for top in others])
    index = shared / np.maximum(both - shared, 1)
    rows, columns = linear_sum_assignment(-index)
    found = np.zeros(len(ours))
    found[rows] = index[rows, columns]
    return found


def _in_rows(tops: list[np.ndarray], nothing: int) -> np.ndarray:
    """Words as topics × TOP, filled up with `nothing`."""
    rows = np.full((len(tops), max(map(len, tops), default=0)), nothing)
    for row, top in zip(rows, tops, strict=True):
        row[:len(top)] = top
    return rows


def subsamples(messages: int, seed: int) -> list[np.ndarray]:
    """Several times nine tenths of the messages, drawn without putting back; positions in order."""
    draw = np.random.default_rng(seed)
    return [np.sort(draw.choice(messages, round(messages * SHARE), replace=False)) for _ in range(SUBSAMPLES)]


def stability(fits: list[list[np.ndarray]]) -> float:
    """Of fits on several subsamples: how alike the topics of two of them are, the mean over all pairs of fits."""
    pairs = [(a, b) for a in range(len(fits)) for b in range(a)]
    return float(np.mean([agreement(fits[a], fits[b]).mean() for a, b in pairs]))


def stability_of(fit: Callable[[np.ndarray], list[np.ndarray]], messages: int, seed: int) -> float:
    """The stability of any method: `fit(positions)` gives the ten words of each topic found on some messages."""
    return stability([fit(rows) for rows in subsamples(messages, seed)])
