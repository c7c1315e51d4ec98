"""Models by name, for many series at once: histories in, a row of the horizon for each out.

`combination` lies halfway between the median and the mean of its members (after Petropoulos & Svetunkov 2020): none of
them leads everywhere, those in the middle count most, and none leads astray. `quick` is the same of members that take
a tenth of the time.
"""
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from crm_core.errors import NothingToForecast
from crm_core.time_series.forecasting import methods, seasons, smoothing

MEMBERS = {"combination": ("ets", "theta", "ces", "damped"), "quick": ("theta", "damped", "quick_ces")}
ALONE = {"ets": methods.ets, "ces": methods.ces, "arima": methods.arima,
         "regression": methods.regression, "seasonal_naive": methods.seasonal_naive, "naive": methods.naive}
TOGETHER = {"damped": smoothing.damped, "theta": smoothing.theta}  # without seasons, many series at once
NAMES = ("combination", "quick", "ets", "theta", "ces", "damped", "arima", "regression", "seasonal_naive", "naive")
FEWEST = 4  # values: below that there is nothing but the last one
STATES = 12  # with longer seasons than these, or more values, a model is given the history without its seasons
VALUES = 400
SEASONAL = ("ets", "ces", "arima")  # models that carry a season themselves
NEWEST = 2_000  # values that are learned from: a year of hours takes ten times as long and tells no more
AT_ONCE = 64  # series between two tellings of progress
REACH = 10  # times what was seen: no forecast lies further away


def predict(names: tuple[str, ...] | list[str], histories: list[np.ndarray], horizon: int, season: int,
            progress: Callable[[int, int], None] | None = None) -> dict[str, np.ndarray]:
    """What each model says: name → (series, horizon), always finite.

    A model that cannot be fitted to a series says what the season did before. Histories may have gaps (NaN). `progress`
    is told how many series are done, of how many.
    """
    needed = list(dict.fromkeys(part for name in names for part in MEMBERS.get(name, (name,))))
    found = {name: np.empty((len(histories), horizon)) for name in needed}
    for start in range(0, len(histories), AT_ONCE):
        known = [without_gaps(np.asarray(history, float))[-NEWEST:] for history in histories[start:start + AT_ONCE]]
        with np.errstate(all="ignore"):  # statsforecast divides by nothing where a history is short
            for name, told in _told(needed, known, horizon, season).items():
                found[name][start:start + AT_ONCE] = told
        if progress:
            progress(min(start + AT_ONCE, len(histories)), len(histories))
    for name in set(names) & set(MEMBERS):
        members = np.array([found[member] for member in MEMBERS[name]])
        found[name] = (np.median(members, axis=0) + members.mean(axis=0)) / 2
    return {name: found[name] for name in names}


def seconds(name: str, count: int, season: int) -> float:
    """About how long a model takes for one series of so many values: to choose by, whatever the computer."""
    if name not in ("combination", "ets"):
        return 0.005
    return 0.008 * season if 1 < season <= STATES and 2 * season <= count <= VALUES else 0.02


def without_gaps(history: np.ndarray) -> np.ndarray:
    """The history from its first value to its last, gaps filled on a line between those beside them."""
    known = np.flatnonzero(np.isfinite(history))
    if len(known) == 0:
        raise NothingToForecast(needed=FEWEST, found=0)
    return np.interp(np.arange(known[0], len(history)), known, history[known])


# --- inside ---------------------------------------------------------------------------------------


def _told(names: list[str], histories: list[np.ndarray], horizon: int, season: int) -> dict[str, np.ndarray]:
    safe = np.array([methods.seasonal_naive(history, horizon, season) for history in histories])
    told = {name: safe.copy() for name in names}
    rows = [row for row, history in enumerate(histories) if len(history) >= FEWEST and np.ptp(history) > 0]
    if not rows:
        return told
    bare = {}  # row → the history without its seasons, where a model asks for it

    def without_seasons(row: int) -> seasons.Adjusted:
        if row not in bare:
            bare[row] = seasons.adjusted(histories[row], season, horizon)
        return bare[row]

    for name in names:
        if name in TOGETHER:
            together = TOGETHER[name](smoothing.aligned([without_seasons(row).values for row in rows]), horizon)
            for row, values in zip(rows, together, strict=True):
                told[name][row] = without_seasons(row).put_back(values)
            continue
        for row in rows:
            history = histories[row]
            with suppress(methods.NotFitted):  # the season speaks then
                bare_asked = name in SEASONAL and (season > STATES or len(history) > VALUES)
                if bare_asked or name == "quick_ces":
                    alone = ALONE[name.removeprefix("quick_")](without_seasons(row).values, horizon, 1)
                    told[name][row] = without_seasons(row).put_back(alone)
                else:
                    told[name][row] = ALONE[name](history, horizon, season)
    for name in names:
        for row in rows:
            told[name][row] = _bounded(told[name][row], histories[row], safe[row])
    return told


def _bounded(told: np.ndarray, history: np.ndarray, safe: np.ndarray) -> np.ndarray:
    """What never was below nothing, like orders, will not be; and nothing leaves what was seen by miles."""
    if not np.isfinite(told).all():
        return safe
    low, high = history.min(), history.max()
    reach = REACH * (high - low)
    return np.clip(told, max(low - reach, 0.0) if low >= 0 else low - reach, high + reach)
