"""Chances that hold what they say: log-odds are mapped by what was seen on data of its own.

Platt (1999), Probabilistic outputs for support vector machines: chance = 1 / (1 + exp(−(slope × log-odds + shift))).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Calibration:
    slope: float
    shift: float

    def chance(self, margin: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-np.clip(self.slope * margin + self.shift, -500, 500)))


def calibrate(margin: np.ndarray, outcome: np.ndarray) -> Calibration | None:
    """Slope and shift of greatest likelihood; None where there is one class only, and nothing to learn."""
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(outcome)) < 2:
        return None
    found = LogisticRegression(C=1e6).fit(margin.reshape(-1, 1), outcome)
    slope = float(found.coef_[0, 0])
    # A slope below nothing would turn the order round: then the margins say nothing, and the base rate is all there is.
    return Calibration(slope, float(found.intercept_[0])) if slope > 0 else Calibration(
        0.0, float(np.log(outcome.mean() / (1 - outcome.mean()))))
