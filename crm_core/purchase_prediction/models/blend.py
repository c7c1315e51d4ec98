"""A blend: the weighted mean of other models' calibrated log-odds, with weights learned on rows that none has seen."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

TOWARDS_EQUAL = 0.01  # how much a weight apart from the others must gain: few rows say little of weights


@dataclass(frozen=True, eq=False)
class Blend:
    parts: tuple  # (weight, Fitted): the weight times the slope of the part's calibration
    shift: float = 0.0

    def margin(self, _encoding, rows: pd.DataFrame) -> np.ndarray:
        return np.sum([weight * fitted.margin(rows) for weight, fitted in self.parts], axis=0) + self.shift


def of(parts: list, shares: np.ndarray) -> Blend:
    """Calibrated models mixed by shares (0..1, sum 1); who has no share is left out."""
    lines = [(fitted.calibration.slope, fitted.calibration.shift) if fitted.calibration else (1.0, 0.0)
             for fitted in parts]
    return Blend(tuple((float(share * slope), fitted)
                       for share, (slope, _), fitted in zip(shares, lines, parts, strict=True) if share),
                 float(sum(share * shift for share, (_, shift) in zip(shares, lines, strict=True))))


def weights(margins: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Weights (0..1, sum 1) of columns of log-odds by which their mean foretells the outcome best."""
    from scipy.optimize import minimize

    count = margins.shape[1]
    equal = np.full(count, 1 / count)
    clipped = np.clip(margins, -30, 30)

    def loss(given: np.ndarray):
        margin = clipped @ given
        chance = 1 / (1 + np.exp(-margin))
        apart = given - equal
        value = np.mean(np.logaddexp(0, margin) - outcome * margin) + TOWARDS_EQUAL * (apart @ apart)
        return value, clipped.T @ (chance - outcome) / len(outcome) + 2 * TOWARDS_EQUAL * apart

    found = minimize(loss, equal, jac=True, method="SLSQP", bounds=[(0, 1)] * count,
                     constraints={"type": "eq", "fun": lambda given: given.sum() - 1,
                                  "jac": lambda given: np.ones(count)})
    given = np.where(found.x > 0.02, found.x, 0.0) if found.success else equal
    return given / given.sum()
