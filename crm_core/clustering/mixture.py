"""Groups as overlapping clouds, each wide and long in its own way: everyone belongs to each with a probability."""
import numpy as np

from crm_core.clustering.fitted import Fitted

MOST_STARTS = 3  # one from K-means, which cuts long clouds across, the others from customers picked at random
NARROWEST = 1e-3  # added to each variance, of 1 over all: a cloud of customers who are the same has no width
SURE = 0.8  # from this probability on a customer's group is called sure
BLOCK_ROWS = 65_536


def mixture(matrix: np.ndarray, k: int, seed: int, starts: int) -> Fitted:
    """A mixture of k normal distributions by expectation and maximisation (Dempster, Laird & Rubin 1977).

    The state tells the BIC (Schwarz 1978; lower is better). It is no guide where values are counts or repeat
    themselves: ever more, ever narrower clouds round the repeated values go on lowering it.
    """
    from sklearn.mixture import GaussianMixture

    rows = matrix.astype(float)
    models = [GaussianMixture(k, n_init=times, init_params=begin, reg_covar=NARROWEST, random_state=seed).fit(rows)
              for begin, times in (("kmeans", 1), ("random_from_data", min(starts, MOST_STARTS) - 1)) if times]
    model = max(models, key=lambda model: model.lower_bound_)
    state = {"kind": "mixture", "weights": model.weights_.tolist(), "means": model.means_.tolist(),
             "precisions": model.precisions_cholesky_.tolist(), "bic": float(model.bic(rows))}
    return Fitted(assign(state, matrix), state, len(matrix))


def assign(state: dict, matrix: np.ndarray) -> np.ndarray:
    """The cloud to which each row most probably belongs."""
    return _by_block(state, matrix, lambda logs: logs.argmax(axis=1), int)


def sureness(state: dict, matrix: np.ndarray) -> np.ndarray:
    """The probability of each row to belong to its own group, 1/k..1."""
    return _by_block(state, matrix, lambda logs: 1 / np.exp(logs - logs.max(axis=1, keepdims=True)).sum(axis=1), float)


def _by_block(state: dict, matrix: np.ndarray, answer, kind) -> np.ndarray:
    weights, means, precisions = (np.asarray(state[part]) for part in ("weights", "means", "precisions"))
    level = np.log(weights) + np.log(np.diagonal(precisions, axis1=1, axis2=2)).sum(axis=1)
    told = np.empty(len(matrix), dtype=kind)
    for start in range(0, len(matrix), BLOCK_ROWS):
        block = matrix[start:start + BLOCK_ROWS].astype(float)
        logs = np.empty((len(block), len(means)))
        for place, (mean, precision) in enumerate(zip(means, precisions, strict=True)):
            logs[:, place] = level[place] - (((block - mean) @ precision) ** 2).sum(axis=1) / 2
        told[start:start + BLOCK_ROWS] = answer(logs)
    return told
