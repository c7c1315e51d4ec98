"""Logistic regression: each column of the encoding shifts the log-odds by its coefficient."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Logistic:
    coefficients: np.ndarray  # a number a column of the encoding
    intercept: float

    def margin(self, encoding, rows) -> np.ndarray:
        return encoding.matrix(rows) @ self.coefficients + self.intercept


def fit(encoding, rows, outcome: np.ndarray, seed: int = 0) -> Logistic:
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=200).fit(encoding.matrix(rows), outcome)
    return Logistic(found.coef_[0], float(found.intercept_[0]))
