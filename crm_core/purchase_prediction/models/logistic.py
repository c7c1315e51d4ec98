"""Logistic regression: each column of the encoding shifts the log-odds by its coefficient.

With an encoding of curves it is an additive model (Hastie & Tibshirani 1986, Generalized additive models): the line of
a number may bend at its knots, so that the middle may be likelier than either end.

How hard coefficients are pulled to nothing is chosen on the training rows, by how well each row would be told by the
others: approximate leave-one-out (Rad & Maleki 2020, A scalable estimate of the out-of-sample prediction error via
approximate leave-one-out cross-validation), which needs one fit a strength. Strengths are tried from the hardest pull
to the weakest, each fit starting where the one before ended.
"""

from dataclasses import dataclass

import numpy as np

STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0)  # C of scikit-learn: the smaller, the harder the pull
OF_CLASSES = (0.01, 0.1, 1.0)
CHOSEN_ON = 10_000  # rows
MOST_STEPS = 50
MOST_STEPS_OF_CLASSES = 200
NEAR = 1e-9  # of the loss: what falls by less has arrived
ROUGHLY = 1e-5  # the same where strengths are but compared
HALVINGS = 20


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
    strength, start = _chosen(_wide(given[some]), outcome[some])
    found = _newton(_wide(given), outcome, strength, start)
    return Logistic(found[:-1], float(found[-1]), strength)


def solve(given: np.ndarray, outcome: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    """Coefficients and intercept of greatest likelihood less |coefficients|² / (2 × strength), by Newton's way."""
    found = _newton(_wide(given), outcome, strength)
    return found[:-1], float(found[-1])


# --- inside ---------------------------------------------------------------------------------------


def _sample(count: int, seed: int) -> np.ndarray:
    if count <= CHOSEN_ON:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, CHOSEN_ON, replace=False))


def _wide(given: np.ndarray) -> np.ndarray:
    """With a last column of ones, whose coefficient is the intercept."""
    return np.column_stack([given, np.ones(len(given))])


def _chosen(wide: np.ndarray, outcome: np.ndarray) -> tuple[float, np.ndarray]:
    """The strength by which left-out rows are told best, and the fit with it."""
    best, least, held, found = STRENGTHS[0], np.inf, None, None
    for strength in STRENGTHS:
        found = _newton(wide, outcome, strength, found, ROUGHLY)
        loss = _left_out_loss(wide, outcome, strength, found)
        if loss < least:
            best, least, held = strength, loss, found
    return best, held


def _newton(wide: np.ndarray, outcome: np.ndarray, strength: float, start: np.ndarray | None = None,
            near: float = NEAR) -> np.ndarray:
    """Coefficients, the intercept last; each step is the whole one unless the loss would rise."""
    found = np.zeros(wide.shape[1]) if start is None else start
    margin = wide @ found
    loss = _loss(margin, outcome, found, strength)
    for _ in range(MOST_STEPS):
        chance = _chance(margin)
        slope = wide.T @ (chance - outcome)
        slope[:-1] += found[:-1] / strength
        step = np.linalg.solve(_curve(wide, chance, strength), slope)
        along, share = wide @ step, 1.0
        for _ in range(HALVINGS):
            new = _loss(margin - share * along, outcome, found - share * step, strength)
            if new <= loss:
                break
            share /= 2
        else:
            break
        found, margin = found - share * step, margin - share * along
        if loss - new <= near * loss:
            break
        loss = new
    return found


def _chance(margin: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(margin, -500, 500)))


def _loss(margin: np.ndarray, outcome: np.ndarray, found: np.ndarray, strength: float) -> float:
    told = np.logaddexp(0, np.where(outcome > 0, -margin, margin)).sum()
    return float(told + (found[:-1] ** 2).sum() / (2 * strength))


def _curve(wide: np.ndarray, chance: np.ndarray, strength: float) -> np.ndarray:
    """The second derivatives of the loss."""
    root = wide * np.sqrt(np.maximum(chance * (1 - chance), 1e-10))[:, None]
    curve = root.T @ root
    curve[np.diag_indices(len(curve) - 1)] += 1 / strength
    curve[-1, -1] += 1e-8
    return curve


def _left_out_loss(wide: np.ndarray, outcome: np.ndarray, strength: float, found: np.ndarray) -> float:
    """Mean log-loss of each row by the fit without it, to first order."""
    margin = wide @ found
    chance = _chance(margin)
    weight = np.maximum(chance * (1 - chance), 1e-10)
    pull = np.einsum("ij,ij->i", wide @ np.linalg.inv(_curve(wide, chance, strength)), wide)
    moved = (outcome - chance) * pull / np.maximum(1 - weight * pull, 1e-3)
    without = margin - moved
    return float(np.logaddexp(0, np.where(outcome > 0, -without, without)).mean())


def _of_classes(given: np.ndarray, outcome: np.ndarray, seed: int) -> Logistic:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    some = _sample(len(given), seed)
    few = np.bincount(outcome.astype(int)[some])
    folds = StratifiedKFold(max(2, min(3, int(few[few > 0].min()))), shuffle=True, random_state=seed)

    def model(strength: float) -> LogisticRegression:
        # Not by Newton's way: its curve grows with the square of the classes too.
        return LogisticRegression(C=strength, max_iter=MOST_STEPS_OF_CLASSES)

    strength = max(OF_CLASSES, key=lambda one: cross_val_score(
        model(one), given[some], outcome[some], cv=folds, scoring="neg_log_loss").mean())
    found = model(strength).fit(given, outcome)
    return Logistic(found.coef_, found.intercept_, strength)
