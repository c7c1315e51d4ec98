"""Models by name, for many series at once: histories in, a row of the horizon for each out.

`combination` is the median of its members (Petropoulos & Svetunkov 2020): none of them leads everywhere, and a median
lets none of them lead astray.
"""
from collections.abc import Callable

import numpy as np

from crm_core.errors import NothingToForecast
from crm_core.time_series.forecasting import methods

MEMBERS = ("ets", "theta", "ces")  # of the combination
NAMES = ("combination", *MEMBERS, "arima", "regression", "seasonal_naive", "naive")
FEWEST = 4  # points: below that there is nothing but the last value
WAYS = {"ets": methods.ets, "theta": methods.theta, "ces": methods.ces, "arima": methods.arima,
        "regression": methods.regression, "seasonal_naive": methods.seasonal_naive, "naive": methods.naive}


def predict(names: tuple[str, ...] | list[str], histories: list[np.ndarray], horizon: int, season: int,
            progress: Callable[[int, int], None] | None = None) -> dict[str, np.ndarray]:
    """What each model says: name → (series, horizon), always finite; a model that cannot says what the season did before.

    Histories may have gaps (NaN). `progress` is told how many series are done, of how many.
    """
    needed = [name for name in WAYS if name in names or (name in MEMBERS and "combination" in names)]
    found = {name: np.empty((len(histories), horizon)) for name in needed}
    for row, history in enumerate(histories):
        known = without_gaps(np.asarray(history, float), season)
        for name in needed:
            found[name][row] = one(name, known, horizon, season)
        if progress:
            progress(row + 1, len(histories))
    if "combination" in names:
        found["combination"] = np.median([found[name] for name in MEMBERS], axis=0)
    return {name: found[name] for name in names}


def one(name: str, history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """What a model says of one history without gaps."""
    safe = methods.seasonal_naive(history, horizon, season)
    if len(history) < FEWEST or np.ptp(history) == 0:
        return safe
    try:
        told = np.asarray(WAYS[name](history, horizon, season), float)
    except Exception:  # statsforecast raises plain Exceptions on histories that it cannot fit
        return safe
    # What never was below nothing, like money taken or orders, will not be; nor does anything leave what was seen by miles.
    low, high = history.min(), history.max()
    reach = 10 * (high - low)
    told = np.clip(told, max(low - reach, 0.0) if low >= 0 else low - reach, high + reach)
    return told if np.isfinite(told).all() else safe


def without_gaps(history: np.ndarray, season: int) -> np.ndarray:
    """The history from its first value to its last, gaps filled on a line between those beside them."""
    known = np.flatnonzero(np.isfinite(history))
    if len(known) == 0:
        raise NothingToForecast(found=0)
    history = history[known[0]:]
    return np.interp(np.arange(len(history)), known - known[0], history[known - known[0]])
