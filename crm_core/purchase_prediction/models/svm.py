"""A support vector machine: how alike (RBF) a customer is to telling ones with yes, and to telling ones with no.

Its margin is a distance and no log-odds; calibration makes chances of it (Platt 1999). The work grows with the square
of the rows, so it learns from a sample.
"""

from dataclasses import dataclass

import numpy as np

MOST_ROWS = 3_000
SOFTNESS = 1.0  # C: what a customer on the wrong side costs
WIDTH = 0.25  # of scikit-learn's gamma = "scale": with many features the usual kernel is too narrow
CHUNK = 5_000


@dataclass(frozen=True, eq=False)
class Svm:
    support: np.ndarray  # rows of the encoding's matrix that speak
    weights: np.ndarray  # how loud each speaks, yes above nothing
    shift: float
    gamma: float  # how fast likeness falls with squared distance

    def margin(self, encoding, rows) -> np.ndarray:
        given = encoding.matrix(rows)
        length = (self.support**2).sum(axis=1)
        found = np.empty(len(given))
        for start in range(0, len(given), CHUNK):
            some = given[start:start + CHUNK]
            apart = (some**2).sum(axis=1)[:, None] + length - 2 * some @ self.support.T
            found[start:start + CHUNK] = np.exp(-self.gamma * apart) @ self.weights + self.shift
        return found


def fit(encoding, rows, outcome: np.ndarray, seed: int = 0) -> Svm:
    from sklearn.svm import SVC

    given = encoding.matrix(rows)
    some = _sample(outcome, seed)
    spread = float(given[some].var()) or 1.0
    gamma = WIDTH / (max(given.shape[1], 1) * spread)
    found = SVC(C=SOFTNESS, gamma=gamma).fit(given[some], outcome[some])
    return Svm(found.support_vectors_, found.dual_coef_[0], float(found.intercept_[0]), gamma)


def _sample(outcome: np.ndarray, seed: int) -> np.ndarray:
    """As many rows as can be afforded, with yes and no in their shares."""
    if len(outcome) <= MOST_ROWS:
        return np.arange(len(outcome))
    draw = np.random.default_rng(seed)
    parts = [np.flatnonzero(outcome == one) for one in (0, 1)]
    return np.sort(np.concatenate([
        draw.choice(part, max(1, round(MOST_ROWS * len(part) / len(outcome))), replace=False) for part in parts]))
