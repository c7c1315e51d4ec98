"""Tests on the past: a model stands at earlier ends of the history, says what comes, and is held against what came."""
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crm_core.time_series.forecasting import measures, models

FEWEST_KNOWN = 5  # points that a model is given at least


@dataclass(frozen=True)
class Rolled:
    """Forecasts from earlier origins, and what came; NaN where a series is too short for it."""

    origins: np.ndarray  # (series, folds): how many points were known, the newest origin first; 0 where too short
    actual: np.ndarray  # (series, folds, horizon)
    predicted: dict[str, np.ndarray]  # model → (series, folds, horizon)
    scale: np.ndarray  # (series,): what MASE divides by, from the whole history


def rolled(names: tuple[str, ...] | list[str], histories: list[np.ndarray], horizon: int, season: int, folds: int = 3,
           step: int | None = None, progress: Callable[[int, int], None] | None = None) -> Rolled:
    """Forecasts from `folds` origins, `step` periods apart (without: a horizon)."""
    step = step or horizon
    shape = (len(histories), folds, horizon)
    origins, actual = np.zeros(shape[:2], int), np.full(shape, np.nan)
    predicted = {name: np.full(shape, np.nan) for name in names}
    asked = []
    for row, history in enumerate(histories):
        first = _first(history)
        for fold in range(folds):
            origin = len(history) - horizon - fold * step
            if origin - first >= FEWEST_KNOWN:
                origins[row, fold] = origin
                actual[row, fold] = history[origin:origin + horizon]
                asked.append((row, fold, origin))
    found = models.predict(names, [histories[row][:origin] for row, _, origin in asked], horizon, season, progress)
    for place, (row, fold, _) in enumerate(asked):
        for name in names:
            predicted[name][row, fold] = found[name][place]
    return Rolled(origins, actual, predicted,
                  np.array([measures.scale(np.asarray(history, float), season) for history in histories]))


def _first(history: np.ndarray) -> int:
    known = np.flatnonzero(np.isfinite(history))
    return int(known[0]) if len(known) else len(history)
