"""Poisson regression: features shift the logarithm of the rate at which customers come; whoever comes once said yes.

chance = 1 − exp(−rate). Where few say yes it is near logistic regression; where many do, it bends otherwise.
"""

from dataclasses import dataclass

import numpy as np

HIGHEST = 30.0  # of log rates: what lies farther out than anything in training stays a number


@dataclass(frozen=True, eq=False)
class Poisson:
    coefficients: np.ndarray  # a number a column of the encoding
    intercept: float

    def margin(self, encoding, rows) -> np.ndarray:
        logs = np.clip(encoding.matrix(rows) @ self.coefficients + self.intercept, -HIGHEST, HIGHEST)
        rate = np.exp(logs)
        return np.where(rate > HIGHEST, rate, np.log(np.expm1(np.minimum(rate, HIGHEST))))


def fit(encoding, rows, outcome: np.ndarray, seed: int = 0) -> Poisson:
    from sklearn.linear_model import PoissonRegressor

    found = PoissonRegressor(alpha=1e-2, solver="newton-cholesky", max_iter=100).fit(encoding.matrix(rows), outcome)
    return Poisson(found.coef_, float(found.intercept_))
