"""How much nearer each row is to its own group than to the next one (Rousseeuw 1987): −1..1."""
import numpy as np

BLOCK_ROWS = 512


def silhouettes(matrix: np.ndarray, labels: np.ndarray, progress=lambda share: None) -> np.ndarray:
    """The silhouette of each row; NaN for label −1, 0 where a group has one row or there is one group only."""
    return silhouettes_of(matrix, [labels], progress)[0]


def silhouettes_of(matrix: np.ndarray, labelings: list[np.ndarray], progress=lambda share: None) -> list[np.ndarray]:
    """The silhouettes of the same rows under several groupings, their distances worked out once."""
    rows = np.asarray(matrix, dtype=float)
    rows = rows - rows.mean(axis=0)  # nearer to 0, where the digits are
    member, spans = [], []
    for labels in labelings:
        known = np.unique(labels[labels >= 0])
        spans.append((sum(part.shape[1] for part in member), known))
        member.append((labels[:, None] == known[None, :]).astype(np.float32))
    members = np.hstack(member)
    sizes = members.sum(axis=0, dtype=float)
    told = [np.full(len(rows), np.nan) for _ in labelings]
    squares = (rows**2).sum(axis=1)
    for start in range(0, len(rows), BLOCK_ROWS):
        progress(start / len(rows))
        block = slice(start, start + BLOCK_ROWS)
        squared = rows[block] @ rows.T
        squared *= -2
        squared += squares
        squared += squares[block, None]
        np.maximum(squared, 0, out=squared)
        squared[np.arange(len(squared)), np.arange(start, start + len(squared))] = 0
        sums = np.sqrt(squared, out=squared).astype(np.float32) @ members
        for place, (labels, (first, known)) in enumerate(zip(labelings, spans, strict=True)):
            told[place][block] = _of_block(sums[:, first:first + len(known)].astype(float), labels[block], known,
                                           sizes[first:first + len(known)])
    return told


def _of_block(sums: np.ndarray, labels: np.ndarray, known: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    told = np.full(len(labels), np.nan)
    grouped = np.flatnonzero(labels >= 0)
    if len(known) < 2:
        told[grouped] = 0
        return told
    own = np.searchsorted(known, labels[grouped])
    at = np.arange(len(grouped))
    sums = sums[grouped]
    within = sums[at, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[at, own] = np.inf
    next_one = means.min(axis=1)
    wider = np.maximum(within, next_one)
    told[grouped] = np.where((sizes[own] > 1) & (wider > 0), (next_one - within) / np.where(wider > 0, wider, 1), 0)
    return told
