"""A model that has learned: features in, chances out."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.encoding import Encoding


class Estimator(Protocol):
    """What each way of predicting gives: log-odds of yes, a row an example (of classes: a column a class)."""

    def margin(self, encoding: Encoding, rows: pd.DataFrame) -> np.ndarray: ...


class Calibration(Protocol):
    """From margins to chances; see calibrating.py."""

    def chance(self, margin: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Fitted:
    name: str  # one of choice.MODELS
    encoding: Encoding
    estimator: Estimator
    calibration: Calibration | None = None  # learned on rows that the estimator has not seen
    classes: tuple[str, ...] = ()  # of a target with more than yes and no

    def margin(self, rows: pd.DataFrame) -> np.ndarray:
        """Log-odds before calibration."""
        return self.estimator.margin(self.encoding, rows)

    def chance(self, rows: pd.DataFrame) -> np.ndarray:
        """The chance (0..1) of yes, a row an example; with classes a column a class, each row summing to 1."""
        return chance(self.margin(rows), self.calibration)


def chance(margin: np.ndarray, calibration: Calibration | None = None) -> np.ndarray:
    """What margins say, calibrated where there is a calibration."""
    if calibration is not None:
        return calibration.chance(margin)
    if margin.ndim == 2:
        odds = np.exp(margin - margin.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)
    return 1 / (1 + np.exp(-np.clip(margin, -500, 500)))
