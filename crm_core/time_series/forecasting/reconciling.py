"""Many series and their totals: forecasts that sum, each made better by what the others say.

Every series and every total is forecast by itself; then all are moved as little as it takes for the sums to hold, those
that were often wrong more than those that were not (MinT with a shrunk covariance: Wickramasuriya, Athanasopoulos &
Hyndman 2019; the shrinking: Schäfer & Strimmer 2005). Only what can be added up may be asked for: revenue, orders; not
customers, who buy in two channels.

    total 10, web 4, shop 4, each as often wrong as the others  →  total 9.33, web 4.67, shop 4.67
"""
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.errors import NothingToSumUp
from crm_core.time_series.forecasting import effects, intervals, models
from crm_core.time_series.forecasting.rolling import Rolled

CENTS = 2  # decimals to which sums hold
FEWEST_ERRORS = 4  # shared by all series; with fewer, it is only known how much a total sums up


@dataclass(frozen=True)
class Hierarchy:
    """Which series are the sum of which."""

    names: pd.DataFrame  # level ('' of the whole, the name of a split, 'series'), series: a row each, totals first
    totals: np.ndarray  # (totals, parts): 1 where a total holds a part; the parts follow the totals in `names`

    @property
    def summing(self) -> np.ndarray:
        """(series, parts): from the parts to every series."""
        return np.vstack([self.totals, np.eye(self.totals.shape[1])])


@dataclass(frozen=True)
class Together:
    """Forecasts that sum, in the order of the hierarchy's names."""

    point: np.ndarray  # (series, horizon)
    intervals: dict[int, tuple[np.ndarray, np.ndarray]]  # level → low, high as `point`
    rolled: Rolled  # the test: predicted[name] as each series says by itself, predicted['reconciled'] made to sum


def hierarchy(keys: pd.DataFrame) -> Hierarchy:
    """The whole, and where there are two splits or more the total of every value of each, over the parts.

    keys: a row a part, in the order in which parts come; its index their names, its columns the splits.
    web DE, web FR, shop DE  →  '' 1 1 1 | channel shop 0 0 1 | channel web 1 1 0 | country DE 1 0 1 | country FR 0 1 0
    """
    if keys.empty:
        raise NothingToSumUp()
    names, rows = [("", "")], [np.ones(len(keys))]
    for split in keys.columns if keys.shape[1] > 1 else ():
        for value in sorted(keys[split].unique()):
            names.append((split, value))
            rows.append((keys[split] == value).to_numpy(float))
    names += [("series", name) for name in keys.index]
    return Hierarchy(pd.DataFrame(names, columns=["level", "series"]), np.array(rows))


def parts_of(frame: pd.DataFrame) -> tuple[np.ndarray, list[str], pd.DatetimeIndex]:
    """A frame of series (series, period, value) → values (parts, periods), their names, the periods.

    Before its first period a series was not there and adds nothing; a gap later on is missing in the totals too.
    """
    wide = frame.pivot(index="series", columns="period", values="value").sort_index(axis=1)
    started = frame.groupby("series").period.min().reindex(wide.index)
    before = wide.columns.to_numpy()[None, :] < started.to_numpy()[:, None]
    return np.where(before, 0.0, wide.to_numpy(float)), list(wide.index), pd.DatetimeIndex(wide.columns)


def together(name: str, parts: np.ndarray, tree: Hierarchy, horizon: int, season: int, levels: tuple = intervals.LEVELS,
             progress: Callable[[int, int], None] | None = None, known_days: tuple | None = None) -> Together:
    """What a model (of models.NAMES) says of the parts (parts, periods) and their totals, made to sum to the cent.

    known_days: periods, interval, events and countries for the regression, as effects.fit takes them.
    """
    known = tree.summing @ parts
    histories = list(known)
    folds = intervals.folds_of(horizon)
    whole = len(histories) * (folds + 1)
    tell = (lambda before: lambda done, _: progress(before + done, whole)) if progress else lambda before: None
    rolled = intervals.looked_back([name], histories, horizon, season, tell(0))
    point = models.predict([name], histories, horizon, season, tell(len(histories) * folds))[name]
    if name == "regression" and known_days:
        periods, interval, events, countries = known_days
        rolled, points = effects.on_the_calendar(rolled, {name: point}, [(periods, row) for row in histories], interval,
                                                 events, countries)
        point = points[name]
    never_below = (np.nanmin(known, axis=1) >= 0).all()
    lowest = np.zeros(len(known)) if never_below else None
    tested = reconciled_test(rolled, name, tree, never_below)
    point = reconciled(point, _errors(rolled, name), tree, never_below)
    found = intervals.conformal(tested, "reconciled", point, levels, lowest, season)
    return Together(point, {level: within(low, high, point, tree) for level, (low, high) in found.items()}, tested)


def reconciled(points: np.ndarray, errors: np.ndarray | None, tree: Hierarchy, never_below: bool = False) -> np.ndarray:
    """Points (series, horizon) that do not sum → those nearest to them that do, to the cent.

    errors (series, observations): how far off each was before, NaN where unknown; None: the parts are believed and the
    totals are their sums (bottom-up). never_below: no part can be less than nothing.
    """
    totals = len(tree.totals)
    parts = points[totals:]
    if errors is not None:
        weight = covariance(errors, tree)
        off = np.hstack([np.eye(totals), -tree.totals])  # times points: by how much each sum does not hold
        moved = weight @ off.T
        parts = (points - moved @ np.linalg.lstsq(off @ moved, off @ points, rcond=None)[0])[totals:]
    if never_below:
        parts = np.maximum(parts, 0.0)
    parts = np.round(parts, CENTS)
    return np.vstack([np.round(tree.totals @ parts, CENTS), parts])


def reconciled_test(rolled: Rolled, name: str, tree: Hierarchy, never_below: bool = False) -> Rolled:
    """The rolling test with its forecasts made to sum, as 'reconciled'; a fold by what the others tell alone."""
    predicted = rolled.predicted[name]
    fitted = np.full_like(predicted, np.nan)
    for fold in range(predicted.shape[1]):
        if np.isnan(predicted[:, fold]).any():
            fitted[:, fold] = predicted[:, fold]  # a series was not there yet: nothing can be made to sum
            continue
        others = np.arange(predicted.shape[1]) != fold
        fitted[:, fold] = reconciled(predicted[:, fold], _errors(rolled, name, others), tree, never_below)
    return Rolled(rolled.origins, rolled.actual, {name: predicted, "reconciled": fitted}, rolled.scale)


def covariance(errors: np.ndarray, tree: Hierarchy) -> np.ndarray:
    """(series, series): how far off forecasts were, and how often together; correlations shrunk towards none.

    Where the series share too few errors, a series counts as as uncertain as it has parts.
    """
    shared = errors[:, np.isfinite(errors).all(axis=0)]
    count = shared.shape[1]
    if count < FEWEST_ERRORS:
        return np.diag(tree.summing.sum(axis=1))
    size = np.sqrt((shared**2).mean(axis=1))
    usual = size[size > 0].mean() if (size > 0).any() else 1.0
    size = np.maximum(size, usual * 1e-3)  # a series that was never wrong is moved a little all the same
    apart = shared / size[:, None]
    alike = apart @ apart.T / count
    squares = (apart**2) @ (apart**2).T / count
    uncertain = (squares - alike**2) / (count - 1)
    beside = ~np.eye(len(alike), dtype=bool)
    known = (alike[beside] ** 2).sum()
    shrunk = float(np.clip(uncertain[beside].sum() / known, 0, 1)) if known > 0 else 1.0
    alike = np.where(beside, (1 - shrunk) * alike, 1.0)
    return alike * size[:, None] * size[None, :]


def within(low: np.ndarray, high: np.ndarray, point: np.ndarray, tree: Hierarchy) -> tuple[np.ndarray, np.ndarray]:
    """Intervals to the cent, none of a total wider than those of its parts together: more than all cannot go wrong."""
    totals = len(tree.totals)
    low, high = np.round(low, CENTS), np.round(high, CENTS)
    low[:totals] = np.maximum(low[:totals], np.round(tree.totals @ low[totals:], CENTS))
    high[:totals] = np.minimum(high[:totals], np.round(tree.totals @ high[totals:], CENTS))
    return np.minimum(low, point), np.maximum(high, point)


# --- inside ---------------------------------------------------------------------------------------


def _errors(rolled: Rolled, name: str, folds=slice(None)) -> np.ndarray:
    """(series, observations): errors of a test, those far ahead brought to the size of the near ones."""
    errors = (rolled.actual - rolled.predicted[name])[:, folds]
    growth = intervals.spread_of(errors, rolled.scale, ()).growth
    return (errors / growth).reshape(len(errors), -1)
