"""Linear models of texts: a coefficient a column and class, and chances that mean what they say.

Three kinds learn alike: a linear support vector machine, one class against the rest (Fan et al. 2008, LIBLINEAR);
logistic regression, all classes at once; and the first together with complement naive Bayes, whose margins are linear
too (Rennie et al. 2003, Tackling the poor assumptions of naive Bayes text classifiers), each beside how far its own
margins spread. Margins become chances by one temperature, and a shift a class where there are
few classes, both learned from margins of rows that the model had not seen (Guo et al. 2017, On calibration of modern
neural networks). All that is kept are plain arrays.

Where few rows have a label and many have none, the model may teach itself: it labels the others, and learns again from
all, what it said itself having a fifth of the weight (Nigam et al. 2000, Text classification from labeled and unlabeled
documents).
"""

from dataclasses import dataclass

import numpy as np

SVM, LOGISTIC, BLEND = "svm", "logistic", "blend"
FOLDS = 5
STRENGTHS = {SVM: 0.7, LOGISTIC: 10.0, BLEND: 0.7}  # C of scikit-learn, good for rows of about length 1
SHIFTED_UP_TO = 5  # classes
MOST_STEPS = 100
NEAR = 1e-2  # nearer changes no answer, and takes twice the time
BAYES_SMOOTHING = 0.1
BAYES_WEIGHT = 0.5  # of naive Bayes in a blend, beside 1 of the support vector machine
OWN_WEIGHT = 0.2  # of a row that the model labelled itself, beside 1 of a row that a person did


@dataclass(frozen=True, eq=False)
class Calibration:
    temperature: float  # chances are softmax(margins × temperature + shift)
    shift: np.ndarray  # a number a class


@dataclass(frozen=True, eq=False)
class Linear:
    kind: str
    classes: np.ndarray  # text of fixed width, sorted
    coefficients: np.ndarray  # float32, classes × columns
    intercept: np.ndarray  # float64, a number a class
    calibration: Calibration
    unseen_margins: np.ndarray  # float32, learned rows × classes: by a model of the other folds

    @property
    def unseen(self) -> np.ndarray:
        """The chances that each learned row was given by a model that had not seen it."""
        return chances(self.unseen_margins, self.calibration)

    def margins(self, matrix) -> np.ndarray:
        """How far each row is on each class's side: rows × classes."""
        return np.asarray(matrix @ self.coefficients.T, np.float64) + self.intercept

    def chances(self, matrix) -> np.ndarray:
        """Rows × classes; each row adds up to 1."""
        return chances(self.margins(matrix), self.calibration)


def fit(matrix, labels, seed: int = 0, kind: str = SVM, strength: float | None = None, folds: int = FOLDS,
        others=None) -> Linear:
    """A model of a row's label; `labels` has at least two different ones. A class of one example is learned too.

    `others`: rows without a label, by which it teaches itself.
    """
    classes, outcome = np.unique(np.asarray(labels).astype(str), return_inverse=True)
    strength = strength or STRENGTHS[kind]
    coefficients, intercept = solved(matrix, outcome, len(classes), kind, strength, seed, others)
    margins = held_out(matrix, outcome, len(classes), kind, strength, seed, folds, others)
    calibration = calibrate(margins, outcome)
    return Linear(kind, classes, coefficients.astype(np.float32), intercept, calibration,
                  margins.astype(np.float32))


def held_out(matrix, outcome: np.ndarray, classes: int, kind: str, strength: float, seed: int,
             folds: int = FOLDS, others=None) -> np.ndarray:
    """Margins of each row by a model of the other folds: rows × classes."""
    of = folds_of(outcome, folds, seed)
    margins = np.zeros((len(outcome), classes))
    for fold in range(folds):
        there, away = of == fold, of != fold
        if there.any():
            if len(np.unique(outcome[away])) < 2:
                continue
            learned = matrix[np.flatnonzero(away)]
            coefficients, intercept = solved(learned, outcome[away], classes, kind, strength, seed, others)
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


def solved(matrix, outcome, classes: int, kind: str = SVM, strength: float = STRENGTHS[SVM], seed: int = 0,
           others=None) -> tuple[np.ndarray, np.ndarray]:
    """A row of coefficients and an intercept a class; a class without a row here gets the lowest margin."""
    model = _learned(matrix, outcome, kind, strength, seed)
    if others is not None and others.shape[0]:
        from scipy import sparse

        weight = np.concatenate([np.ones(len(outcome)), np.full(others.shape[0], OWN_WEIGHT)])
        model = _learned(sparse.vstack([matrix, others], format="csr"),
                         np.concatenate([outcome, model.predict(others)]), kind, strength, seed, weight)
    found = np.unique(outcome)
    coefficients, intercept = np.zeros((classes, matrix.shape[1])), np.full(classes, -2.0)
    if len(found) == 2:  # scikit-learn gives one row then, of the second class
        coefficients[found] = np.vstack([-model.coef_, model.coef_]) / 2
        intercept[found] = np.concatenate([-model.intercept_, model.intercept_]) / 2
    else:
        coefficients[found], intercept[found] = model.coef_, model.intercept_
    if kind == BLEND:
        bayes = _complement(matrix, outcome, classes)
        scale = np.asarray(matrix @ coefficients[found].T).std() or 1.0
        coefficients += bayes * (BAYES_WEIGHT * scale / (np.asarray(matrix @ bayes[found].T).std() or 1.0))
    return coefficients, intercept


def _complement(matrix, outcome, classes: int) -> np.ndarray:
    """Complement naive Bayes: how much rarer each column is in all other classes than in the mean class."""
    from scipy import sparse

    found, place = np.unique(outcome, return_inverse=True)
    member = sparse.csr_matrix((np.ones(len(place), np.float32), (place, np.arange(len(place)))),
                               (len(found), len(place)))
    weight = np.asarray((member @ matrix).todense(), np.float64)
    rest = weight.sum(axis=0) - weight + BAYES_SMOOTHING
    told = -np.log(rest / rest.sum(axis=1, keepdims=True))
    coefficients = np.zeros((classes, matrix.shape[1]))
    coefficients[found] = told - told.mean(axis=0)
    return coefficients


def _learned(matrix, outcome, kind: str, strength: float, seed: int, weight=None):
    """A fitted model of scikit-learn, which has a coefficient a column."""
    if kind == LOGISTIC:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=strength, max_iter=MOST_STEPS)
    else:
        from sklearn.svm import LinearSVC

        model = LinearSVC(C=strength, random_state=seed, tol=NEAR, max_iter=MOST_STEPS * 10)
    return model.fit(matrix, outcome, weight)
