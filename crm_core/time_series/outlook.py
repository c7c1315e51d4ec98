"""What comes next of one series or of many: forecasts with their test, the plain guess beside them, and a total that fits.

    frame of series (web, shop), a month each   →   values   series | period  | value | low_80 … high_95 | rule
                                                             ''     | 2026-12 |  5100 | 4700 …      5900 | 4950
                                                             web    | 2026-12 |  3100 | …
                                                             shop   | 2026-12 |  2000 | …

The total of a split, '', is forecast too where its series sum up; all are then made to fit (reconciling.py).
"""
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.errors import NothingToForecast
from crm_core.time_series import calendar
from crm_core.time_series.forecasting import intervals, measures, models, reconciling
from crm_core.time_series.forecasting.rolling import Rolled

TOTAL = ""  # the series of everything
RULE = "seasonal_naive"
USUAL = "combination"  # the model where none is asked for
OFFERED = ("combination", "ets", "theta", "ces", "arima", "regression", "seasonal_naive", "naive")
COMPARED = ("combination", "ets", "theta", "ces", "regression", "naive")  # what is tested in passing
FEW_SERIES = 1  # up to so many all models are tested
LEVELS = (80, 95)
LIMITS = ("low_80", "high_80", "low_95", "high_95")
HORIZONS = {"hour": 48, "day": 28, "week": 13, "month": 12, "quarter": 4, "year": 3}  # what is proposed
MOST_HORIZON = {"hour": 336, "day": 366, "week": 104, "month": 60, "quarter": 20, "year": 20}


@dataclass(frozen=True, eq=False)
class Outlook:
    """Forecasts of some series."""

    history: pd.DataFrame  # series, period, value: periods that are over
    values: pd.DataFrame  # series, period, value, LIMITS, rule (what the same period a season ago was)
    tests: pd.DataFrame  # series, model, smape, mase, rule_mase, coverage_80, coverage_95, folds: on the past
    chosen: dict[str, str]  # series → model
    interval: str
    horizon: int
    fits: bool  # whether the series sum to the total

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(self.values.series))

    def of(self, series: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """History, values and tests of one series."""
        return tuple(frame[frame.series == series] for frame in (self.history, self.values, self.tests))


def outlook(frame: pd.DataFrame, interval: str, horizon: int, model: str = "", adds_up: bool = True,
            progress: Callable[[int, int], None] | None = None) -> Outlook:
    """The outlook of a frame of series over the periods after the last that is over.

    `model`: its name, or '' for the usual one. `adds_up`: whether the series sum to a whole. Raises NothingToForecast.
    """
    over = frame[frame.whole][["series", "period", "value"]]
    over = over[over.series.isin(over[over.value.notna()].series)]
    if over.empty:
        raise NothingToForecast(found=0)
    over = _to_the_same_end(over, interval)
    season, fits = calendar.SEASONS[interval], over.series.nunique() > 1 and adds_up
    if fits:
        return _summing(over, interval, horizon, season, model or USUAL, progress)
    histories = {name: group.value.to_numpy(float) for name, group in over.groupby("series", sort=False)}
    names = _tested(model, len(histories))
    rolled = intervals.looked_back(names, list(histories.values()), horizon, season, progress)
    tests = tests_of(rolled, names, list(histories), season)
    chosen = model or USUAL
    told = models.predict((chosen, RULE), list(histories.values()), horizon, season)
    lowest = np.array([0.0 if np.nanmin(history) >= 0 else -np.inf for history in histories.values()])
    limits = intervals.conformal(rolled, chosen, told[chosen], LEVELS, lowest, season)
    return Outlook(over, _values(over, list(histories), interval, told[chosen], limits, told[RULE]), tests,
                   dict.fromkeys(histories, chosen), interval, horizon, False)


def _to_the_same_end(over: pd.DataFrame, interval: str) -> pd.DataFrame:
    """A series that ended before the others has nothing since: missing, up to the last period of all."""
    last = over.period.max()
    parts = []
    for name, group in over.groupby("series", sort=False):
        end, more = group.period.max(), []
        while end < last:
            end = calendar.following(end, interval)
            more.append({"series": name, "period": end, "value": np.nan})
        parts += [group, pd.DataFrame(more)] if more else [group]
    return pd.concat(parts, ignore_index=True)


def _tested(model: str, series: int) -> tuple[str, ...]:
    """Which models are held against the past: those that take no time where there are few series; the plain guess always."""
    every = COMPARED if series <= FEW_SERIES else ()
    return tuple(dict.fromkeys((model or USUAL, *every, RULE)))


def _summing(over: pd.DataFrame, interval: str, horizon: int, season: int, model: str, progress) -> Outlook:
    parts, names, periods = reconciling.parts_of(over)
    tree = reconciling.hierarchy(pd.DataFrame({"all": ""}, index=names))
    found = reconciling.together(model, parts, tree, horizon, season, LEVELS, progress)
    every = [TOTAL, *names]
    known = tree.summing @ parts
    rule = models.predict((RULE,), list(known), horizon, season)[RULE]
    plain = intervals.looked_back((RULE,), list(known), horizon, season)
    tested = replace(found.rolled, predicted={model: found.rolled.predicted["reconciled"], RULE: plain.predicted[RULE]})
    total = pd.DataFrame({"series": TOTAL, "period": periods, "value": known[0]})
    history = pd.concat([total, over], ignore_index=True)
    return Outlook(history, _values(history, every, interval, found.point, found.intervals, rule),
                   tests_of(tested, (model, RULE), every, season), dict.fromkeys(every, model), interval, horizon, True)


def _values(over: pd.DataFrame, names: list[str], interval: str, point: np.ndarray, limits: dict, rule: np.ndarray,
            ) -> pd.DataFrame:
    last = over.period.max()
    periods = [calendar.following(last, interval, step + 1) for step in range(point.shape[1])]
    return pd.DataFrame({
        "series": np.repeat(names, len(periods)), "period": np.tile(np.array(periods, "datetime64[us]"), len(names)),
        "value": point.ravel(), **{f"{end}_{level}": limits[level][place].ravel()
                                   for level in LEVELS for place, end in enumerate(("low", "high"))},
        "rule": rule.ravel()})


def tests_of(rolled: Rolled, names: tuple[str, ...], series: list[str], season: int) -> pd.DataFrame:
    """How each model did from the earlier origins of a rolling test, beside the plain guess on the same periods.

    Whether intervals held is told fold by fold, with intervals learned from the other folds alone.
    """
    rows = []
    for name in names:
        inside = {level: _held(rolled, name, level, season) for level in LEVELS}
        for place, one in enumerate(series):
            there = np.isfinite(rolled.actual[place]) & np.isfinite(rolled.predicted[name][place])
            if not there.any():
                continue
            actual, scale = rolled.actual[place][there][None, :], rolled.scale[place:place + 1]
            off = [measures.mase(actual, rolled.predicted[which][place][there][None, :], scale)[0]
                   for which in (name, RULE)]
            rows.append({
                "series": one, "model": name, "mase": off[0], "rule_mase": off[1],
                "smape": measures.smape(actual, rolled.predicted[name][place][there][None, :])[0],
                **{f"coverage_{level}": inside[level][place] for level in LEVELS},
                "folds": int(there.any(axis=1).sum())})
    return pd.DataFrame(rows, columns=["series", "model", "smape", "mase", "rule_mase", "coverage_80", "coverage_95",
                                       "folds"])


def _held(rolled: Rolled, name: str, level: int, season: int) -> np.ndarray:
    """(series,): the share of values of the test within intervals learned from the other folds."""
    folds = rolled.actual.shape[1]
    inside = np.full(rolled.actual.shape, np.nan)
    for fold in range(folds):
        others = np.arange(folds) != fold
        without = Rolled(rolled.origins[:, others], rolled.actual[:, others],
                         {name: rolled.predicted[name][:, others]}, rolled.scale)
        if not np.isfinite(without.actual).any():
            continue
        point = rolled.predicted[name][:, fold]
        low, high = intervals.conformal(without, name, np.nan_to_num(point), (level,), season=season)[level]
        actual = rolled.actual[:, fold]
        inside[:, fold] = np.where(np.isfinite(actual) & np.isfinite(point), (actual >= low) & (actual <= high), np.nan)
    seen = np.isfinite(inside)
    with np.errstate(invalid="ignore"):
        return np.where(seen, inside, 0.0).sum(axis=(1, 2)) / seen.sum(axis=(1, 2))


def compared_with_last_year(found: Outlook, series: str) -> tuple[float, float] | None:
    """What is said to come over the horizon, and what the same periods a season before were; None without them."""
    history, values, _ = found.of(series)
    season = calendar.SEASONS[found.interval]
    if len(values) > season or len(history) < season:
        return None
    before = history.value.to_numpy(float)[-season:][:len(values)]
    return (float(values.value.sum()), float(np.nansum(before))) if season > 1 or len(values) == 1 else None
