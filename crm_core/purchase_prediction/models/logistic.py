"""Logistic regression: each column of the encoding shifts the log-odds by its coefficient.

With an encoding of curves it is an additive model (Hastie & Tibshirani 1986, Generalized additive models): the line of
a number may bend at its knots, so that the middle may be likelier than either end.

How hard coefficients are pulled to nothing is chosen on the training rows, by how well each row would be told by the
others: approximate leave-one-out (Rad & Maleki 2020, A scalable estimate of the out-of-sample prediction error via
approximate leave-one-out cross-validation), which needs one fit a strength.
"""

from dataclasses import dataclass

import numpy as np

STRENGTHS = (10.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)  # C of scikit-learn: the smaller, the harder the pull
CHOSEN_ON = 20_000  # rows
MOST_STEPS = 50


@dataclass(frozen=True, eq=False)
class Logistic:
    coefficients: np.ndarray  # a number a column of the encoding; of classes: a row a class
    intercept: float | np.ndarray
    strength: float = 1.0  # the C that was chosen

    def margin(self, encoding, rows) -> np.ndarray:
        return encoding.matrix(rows) @ self.coefficients.T + self.intercept


def fit(encoding, rows, outcome: np.ndarray, seed: int = 0) -> Logistic:
    """Outcomes are 1 and 0, or the places of classes."""
    given = encoding.matrix(rows)
    if outcome.max() > 1:
        return _of_classes(given, outcome, seed)
    some = _sample(len(given), seed)
    strength = min(STRENGTHS, key=lambda one: _left_out_loss(given[some], outcome[some], one))
    coefficients, intercept = solve(given, outcome, strength)
    return Logistic(coefficients, intercept, strength)


def solve(given: np.ndarray, outcome: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    """Coefficients and intercept of greatest likelihood less |coefficients|² / (2 × strength), by Newton's way."""
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=MOST_STEPS).fit(given, outcome)
    return found.coef_[0], float(found.intercept_[0])


# --- inside ---------------------------------------------------------------------------------------


def _sample(count: int, seed: int) -> np.ndarray:
    if count <= CHOSEN_ON:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, CHOSEN_ON, replace=False))


def _left_out_loss(given: np.ndarray, outcome: np.ndarray, strength: float) -> float:
    """Mean log-loss of each row by the fit without it, to first order."""
    coefficients, intercept = solve(given, outcome, strength)
    chance = 1 / (1 + np.exp(-(given @ coefficients + intercept)))
    weight = np.maximum(chance * (1 - chance), 1e-10)
    wide = np.column_stack([given, np.ones(len(given))])
    curve = (wide * weight[:, None]).T @ wide
    curve[np.diag_indices(given.shape[1])] += 1 / strength
    curve[-1, -1] += 1e-8
    pull = np.einsum("ij,ij->i", wide, np.linalg.solve(curve, wide.T).T)
    moved = (outcome - chance) * pull / np.maximum(1 - weight * pull, 1e-3)
    without = wide @ np.append(coefficients, intercept) - moved
    return float(np.logaddexp(0, np.where(outcome > 0, -without, without)).mean())


def _of_classes(given: np.ndarray, outcome: np.ndarray, seed: int) -> Logistic:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    some = _sample(len(given), seed)
    few = np.bincount(outcome.astype(int)[some])
    folds = StratifiedKFold(max(2, min(3, int(few[few > 0].min()))), shuffle=True, random_state=seed)

    def model(strength: float) -> LogisticRegression:
        return LogisticRegression(C=strength, solver="newton-cholesky", max_iter=MOST_STEPS)

    strength = max((1.0, 0.1, 0.01), key=lambda one: cross_val_score(
        model(one), given[some], outcome[some], cv=folds, scoring="neg_log_loss").mean())
    found = model(strength).fit(given, outcome)
    return Logistic(found.coef_, found.intercept_, strength)
