"""From a frame of series to their forecasts: each model is tested on the past first, beside what the season did before.

    shop | 2026-01 … 2026-12 | 100 … 120, a horizon of 2
    →  shop | 2027-01 | combination | 121 | low_80 117 | high_80 125 | …  and its test: MASE 0.7, seasonal naive 1.1
"""
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.errors import ForecastModelUnknown, HorizonUnusable, NothingToForecast
from crm_core.time_series.forecasting import calendars, effects, intervals, measures, models

RULE = "seasonal_naive"  # what every model is held against
SEASONS = {"hour": 24, "day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1}
FEWEST = 3  # known values of a series: below, nothing can be said of it
FEW = 50  # with more series, each needs fewer origins: they lend each other their errors
FOLDS_OF_MANY = 3
PATIENCE_S = 600  # a combination that would take longer gives way to the quick one
CLEARLY = 0.8  # the rule is taken where it makes less than this share of the errors: it is a plain guess, after all
BORROWED = 8  # folds of its own after which a series counts as much as all series of the run for which model is best


@dataclass(frozen=True)
class Forecast:
    """What comes, how sure that is, and how well the same way did on the past."""

    values: pd.DataFrame  # series, period, model, value, low_80, high_80, low_95, high_95
    chosen: dict[str, str]  # series → the model that is believed
    tests: pd.DataFrame  # series, model, smape, mase, rule_mase, coverage_80, coverage_95, folds (0: too short to test)
    left_out: pd.DataFrame  # series, known: those with too few known values

    @property
    def believed(self) -> pd.DataFrame:
        """Of the values those of each series' chosen model."""
        return self.values[self.values.model == self.values.series.map(self.chosen)].reset_index(drop=True)


def forecast(frame: pd.DataFrame, interval: str | int, horizon: int, asked: tuple[str, ...] | list[str] | None = None,
             levels: tuple[int, ...] = intervals.LEVELS, progress: Callable[[int, int], None] | None = None,
             events: pd.DataFrame | None = None, countries: tuple[str, ...] = ()) -> Forecast:
    """The next `horizon` periods of every series.

    frame: series, period (Timestamp or whole number), value (NaN is missing), and whole where a period may be
    unfinished: such periods are left out. interval: a name of SEASONS, or after how many periods it repeats. asked:
    names of models; without, the combination, or the quick one where there is too much for it. `progress` is told
    (done, of how many). events, countries: campaigns, own events and whose holidays the regression knows (effects.py).

    Raises NothingToForecast, HorizonUnusable, ForecastModelUnknown.
    """
    names = _names(asked)
    if "whole" in frame:
        frame = frame[frame.whole.astype(bool)]
    series, left_out = _histories(frame)
    histories = [values for _, values in series.values()]
    longest = max((int(np.isfinite(values).sum()) for values in histories), default=0)
    if not series:
        raise NothingToForecast(needed=FEWEST, found=int(left_out.known.max()) if len(left_out) else 0)
    if not 1 <= horizon <= longest:
        raise HorizonUnusable(horizon=horizon, known=longest)
    season = SEASONS[interval] if isinstance(interval, str) else max(int(interval), 1)
    folds = FOLDS_OF_MANY if len(histories) > FEW else None
    if not names:
        fits = (folds or intervals.FOLDS) + 1
        cost = fits * sum(models.seconds("combination", len(values), season) for values in histories)
        names = ("combination" if cost <= PATIENCE_S else "quick",)
    tested = tuple(dict.fromkeys((*names, RULE)))
    counted = _Counted(progress)
    past = intervals.looked_back(tested, histories, horizon, season, counted.of(len(histories)), folds=folds)
    points = models.predict(tested, histories, horizon, season, counted.last)
    if "regression" in tested and interval in calendars.LENGTHS:
        past, points = effects.on_the_calendar(past, points, list(series.values()), interval, events, countries)
    tests = tests_of(past, tested, histories, list(series), levels, season)
    values = _values(series, points, past, tested, interval, levels, season)
    return Forecast(values, _chosen(tests, names if asked else tested), tests, left_out)


def tests_of(past, names, histories, series: list[str], levels, season: int) -> pd.DataFrame:
    """How models did on the past, as Forecast.tests: a row a series and model."""
    horizon = past.actual.shape[2]
    lengths = np.array([len(values) for values in histories])[:, None]
    whole = (past.origins > 0) & (past.origins + horizon <= lengths)
    # An origin from which the whole horizon is known tells more; a short history has only the others.
    used = np.where(whole.any(axis=1)[:, None], whole, past.origins > 0)
    actual = np.where(used[:, :, None], past.actual, np.nan)
    flat = actual.reshape(len(series), -1)
    rule = measures.mase(flat, past.predicted[RULE].reshape(flat.shape), past.scale)
    parts = []
    for name in names:
        told = past.predicted[name].reshape(flat.shape)
        inside = _covered(past, name, used, levels, season)
        parts.append(pd.DataFrame({
            "series": series, "model": name, "smape": measures.smape(flat, told),
            "mase": measures.mase(flat, told, past.scale), "rule_mase": rule,
            **{f"coverage_{level}": inside[level] for level in levels}, "folds": used.sum(axis=1)}))
    return pd.concat(parts, ignore_index=True)


# --- inside ---------------------------------------------------------------------------------------


class _Counted:
    """Progress over tests and forecasts together: a forecast is as much work as a test from one origin."""

    def __init__(self, told: Callable[[int, int], None] | None):
        self.told, self.series, self.before = told, 0, 0

    def of(self, series: int):
        self.series = series
        return self._test if self.told else None

    @property
    def last(self):
        return self._last if self.told else None

    def _test(self, done: int, of: int) -> None:
        self.before = of
        self.told(done, of + self.series)

    def _last(self, done: int, of: int) -> None:
        self.told(self.before + done, self.before + of)


def _names(asked) -> tuple[str, ...]:
    for name in asked or ():
        if name not in models.NAMES:
            raise ForecastModelUnknown(name=name, known=", ".join(models.NAMES))
    return tuple(dict.fromkeys(asked or ()))


def _histories(frame: pd.DataFrame) -> tuple[dict, pd.DataFrame]:
    """Series → (its periods, its values up to the last one that is known); and those with too few."""
    series, short = {}, []
    for name, rows in frame.sort_values(["series", "period"], kind="stable").groupby("series", sort=True):
        values = rows.value.to_numpy(float)
        known = np.flatnonzero(np.isfinite(values))
        if len(known) < FEWEST:
            short.append((name, len(known)))
            continue
        series[name] = (rows.period.iloc[known[0]:known[-1] + 1], np.where(np.isfinite(values), values, np.nan)[
            known[0]:known[-1] + 1])
    return series, pd.DataFrame(short, columns=["series", "known"])


def _values(series: dict, points: dict, past, names, interval, levels, season: int) -> pd.DataFrame:
    histories = [values for _, values in series.values()]
    lowest = np.array([0.0 if np.nanmin(values) >= 0 else -np.inf for values in histories])
    horizon = points[RULE].shape[1]
    ahead = [_ahead(periods, interval, horizon) for periods, _ in series.values()]
    parts = []
    for name in names:
        bands = intervals.conformal(past, name, points[name], levels, lowest=lowest, season=season)
        part = {"series": np.repeat(np.array(list(series), dtype=object), horizon),
                "period": [period for periods in ahead for period in periods],
                "model": name, "value": points[name].ravel()}
        for level, (low, high) in bands.items():
            part |= {f"low_{level}": low.ravel(), f"high_{level}": high.ravel()}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def _ahead(periods: pd.Series, interval: str | int, horizon: int) -> list:
    last = periods.iloc[-1]
    if isinstance(interval, str):
        return [last + calendars.LENGTHS[interval] * step for step in range(1, horizon + 1)]
    if not isinstance(last, pd.Timestamp):
        return [last + step for step in range(1, horizon + 1)]
    apart = (periods - periods.shift()).median()
    months = round(apart.days / 30.44)  # a month, a quarter or a year is not always as long
    step = pd.DateOffset(months=months) if apart.days >= 28 else apart
    return [last + step * ahead for ahead in range(1, horizon + 1)]


def _covered(past, name: str, used: np.ndarray, levels, season: int) -> dict[int, np.ndarray]:
    """Level → (series,): the share of what came that lay inside intervals learned from windows that do not touch it."""
    horizon = past.actual.shape[2]
    shares = {level: np.full(used.shape, np.nan) for level in levels}
    for fold in range(used.shape[1]):
        apart = [other for other in range(used.shape[1])
                 if other != fold and _apart(past.origins, fold, other) >= horizon]
        if not apart:
            continue
        others = replace(past, origins=past.origins[:, apart], actual=past.actual[:, apart],
                         predicted={name: past.predicted[name][:, apart]})
        bands = intervals.conformal(others, name, np.nan_to_num(past.predicted[name][:, fold]), levels, season=season)
        actual = np.where(used[:, fold, None], past.actual[:, fold], np.nan)
        for level, (low, high) in bands.items():
            shares[level][:, fold] = measures.coverage(actual, low, high)
    with warnings.catch_warnings():  # a series without a test has no share: NaN says so
        warnings.simplefilter("ignore", RuntimeWarning)
        return {level: np.nanmean(share, axis=1) for level, share in shares.items()}


def _apart(origins: np.ndarray, one: int, other: int) -> int:
    both = (origins[:, one] > 0) & (origins[:, other] > 0)
    return int(np.abs(origins[both, one] - origins[both, other]).min()) if both.any() else 0


def _chosen(tests: pd.DataFrame, names: tuple[str, ...]) -> dict[str, str]:
    """The model of the least error; a few origins tell little of one series, so what all series tell counts too."""
    errors = tests.pivot(index="series", columns="model", values="mase")[list(names)]
    folds = tests.groupby("series").folds.max().to_numpy()[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        own = errors.div(errors.mean(axis=1), axis=0)
    told = (folds * own.fillna(1.0) + BORROWED * own.mean().fillna(1.0)) / (folds + BORROWED)
    if len(names) > 1 and RULE in names:
        told[RULE] /= CLEARLY
    return told.idxmin(axis=1).to_dict()
