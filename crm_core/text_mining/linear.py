"""Linear models of texts: a coefficient a column and class, and chances that mean what they say.

Two kinds learn alike: a linear support vector machine, one class against the rest (Fan et al. 2008, LIBLINEAR), and
logistic regression, all classes at once. Margins become chances by one temperature, and a shift a class where there are
few classes, both learned from margins of rows that the model had not seen (Guo et al. 2017, On calibration of modern
neural networks). All that is kept are plain arrays.
"""

from dataclasses import dataclass

import numpy as np

SVM, LOGISTIC = "svm", "logistic"
FOLDS = 5
STRENGTHS = {SVM: 0.5, LOGISTIC: 10.0}  # C of scikit-learn, good for rows of about length 1
SHIFTED_UP_TO = 5  # classes
MOST_STEPS = 300


@dataclass(frozen=True, eq=False)
class Calibration:
    temperature: float  # chances are softmax(margins × temperature + shift)
    shift: np.ndarray  # a number a class


@dataclass(frozen=True, eq=False)
class Linear:
    kind: str
    classes: np.ndarray  # text, sorted
    coefficients: np.ndarray  # float32, classes × columns
    intercept: np.ndarray  # float64, a number a class
    calibration: Calibration
    unseen: np.ndarray  # float32, learned rows × classes: what each row was given by a model that had not seen it

    def margins(self, matrix) -> np.ndarray:
        """How far each row is on each class's side: rows × classes."""
        return np.asarray(matrix @ self.coefficients.T, np.float64) + self.intercept

    def chances(self, matrix) -> np.ndarray:
        """Rows × classes; each row adds up to 1."""
        return chances(self.margins(matrix), self.calibration)


def fit(matrix, labels, seed: int = 0, kind: str = SVM, strength: float | None = None, folds: int = FOLDS) -> Linear:
    """A model of a row's label; `labels` has at least two different ones. A class of one example is learned too."""
    classes, outcome = np.unique(np.asarray(labels).astype(str), return_inverse=True)
    strength = strength or STRENGTHS[kind]
    coefficients, intercept = _solved(matrix, outcome, len(classes), kind, strength, seed)
    margins = held_out(matrix, outcome, len(classes), kind, strength, seed, folds)
    calibration = calibrate(margins, outcome)
    return Linear(kind, classes.astype(object), coefficients.astype(np.float32), intercept, calibration,
                  chances(margins, calibration).astype(np.float32))


def held_out(matrix, outcome: np.ndarray, classes: int, kind: str, strength: float, seed: int,
             folds: int = FOLDS) -> np.ndarray:
    """Margins of each row by a model of the other folds: rows × classes."""
    of = folds_of(outcome, folds, seed)
    margins = np.zeros((len(outcome), classes))
    for fold in range(folds):
        there, away = of == fold, of != fold
        if there.any():
            found = np.unique(outcome[away])
            if len(found) < 2:
                continue
            learned = matrix[np.flatnonzero(away)]
            coefficients, intercept = _solved(learned, outcome[away], classes, kind, strength, seed)
            margins[there] = matrix[np.flatnonzero(there)] @ coefficients.T + intercept
    return margins


def folds_of(outcome: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Each row's fold, every class spread evenly over them."""
    rng = np.random.default_rng(seed)
    of = np.zeros(len(outcome), int)
    start = 0
    for one in np.unique(outcome):
        rows = rng.permutation(np.flatnonzero(outcome == one))
        of[rows] = (start + np.arange(len(rows))) % folds
        start += len(rows)
    return of


def chances(margins: np.ndarray, calibration: Calibration) -> np.ndarray:
    told = margins * calibration.temperature + calibration.shift
    told = np.exp(told - told.max(axis=1, keepdims=True))
    return told / told.sum(axis=1, keepdims=True)


def calibrate(margins: np.ndarray, outcome: np.ndarray) -> Calibration:
    """The temperature, and for few classes the shifts, by which what happened was likeliest."""
    from scipy.optimize import minimize

    classes = margins.shape[1]
    rows = np.arange(len(outcome))
    shifts = classes if classes <= SHIFTED_UP_TO else 0

    def loss(given):
        shift = np.concatenate([given[1:], np.zeros(classes - shifts)])
        told = margins * np.exp(given[0]) + shift
        top = told.max(axis=1, keepdims=True)
        soft = np.exp(told - top)
        total = soft.sum(axis=1, keepdims=True)
        soft /= total
        value = (np.log(total[:, 0]) + top[:, 0] - told[rows, outcome]).mean()
        soft[rows, outcome] -= 1
        slope = [(soft * margins).sum() * np.exp(given[0]) / len(rows), *soft.mean(axis=0)[:shifts]]
        return value + 1e-4 * (given ** 2).sum(), np.array(slope) + 2e-4 * given

    found = minimize(loss, np.concatenate([[np.log(2.0)], np.zeros(shifts)]), jac=True, method="L-BFGS-B").x
    return Calibration(float(np.exp(found[0])), np.concatenate([found[1:], np.zeros(classes - shifts)]))


def _solved(matrix, outcome, classes: int, kind: str, strength: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A row of coefficients and an intercept a class; a class without a row here gets the lowest margin."""
    found = np.unique(outcome)
    coefficients, intercept = np.zeros((classes, matrix.shape[1])), np.full(classes, -2.0)
    if kind == SVM:
        from sklearn.svm import LinearSVC

        model = LinearSVC(C=strength, random_state=seed, max_iter=MOST_STEPS * 10)
    else:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=strength, max_iter=MOST_STEPS)
    model.fit(matrix, outcome)
    if len(found) == 2:  # scikit-learn gives one row then, of the second class
        coefficients[found] = np.vstack([-model.coef_, model.coef_]) / 2
        intercept[found] = np.concatenate([-model.intercept_, model.intercept_]) / 2
    else:
        coefficients[found], intercept[found] = model.coef_, model.intercept_
    return coefficients, intercept
