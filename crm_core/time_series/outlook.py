"""What comes next of one series or of many: forecasts with their test, the plain guess beside them, a total that fits.

    frame of series (web, shop), a month each   →   values   series | period  | value | low_80 … high_95 | rule
                                                             ''     | 2026-12 |  5100 | 4700 …      5900 | 4950
                                                             web    | 2026-12 |  3100 | …
                                                             shop   | 2026-12 |  2000 | …

The total of a split, '', is forecast too where its series sum up; all are then made to fit (reconciling.py).
"""
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from crm_core.errors import HorizonUnusable
from crm_core.time_series import calendar
from crm_core.time_series.forecasting import intervals, models, reconciling
from crm_core.time_series.forecasting.forecasts import RULE, forecast, tests_of

TOTAL = ""  # the series of everything
OFFERED = ("combination", "ets", "theta", "ces", "arima", "regression", "seasonal_naive", "naive")
LIMITS = ("low_80", "high_80", "low_95", "high_95")
HORIZONS = {"hour": 48, "day": 28, "week": 13, "month": 12, "quarter": 4, "year": 3}  # what is proposed
MOST_HORIZON = {"hour": 336, "day": 366, "week": 104, "month": 60, "quarter": 20, "year": 20}
LATE_DAYS = 7  # without anything before today after which newer data are missing, rather than nothing having happened
CLOSED_DAYS = 2  # at the end of a week or month in which a shop may be closed
MOST_OF_COMBINATION = 40  # series that are made to sum by the combination; with more, the quick one takes a tenth


@dataclass(frozen=True, eq=False)
class Outlook:
    """Forecasts of some series."""

    history: pd.DataFrame  # series, period, value: periods that are over
    values: pd.DataFrame  # series, period, value, LIMITS, rule (what the same period a season ago was)
    tests: pd.DataFrame  # series, model, smape, mase, rule_mase, coverage_80, coverage_95, folds: on the past
    chosen: dict[str, str]  # series → model
    left_out: tuple[str, ...]  # series of which too little is known
    interval: str
    horizon: int
    fits: bool  # whether the series sum to the total

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(self.values.series))

    def of(self, series: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """History, values and tests of one series."""
        return tuple(frame[frame.series == series] for frame in (self.history, self.values, self.tests))


def known(frame: pd.DataFrame, interval: str, last: pd.Timestamp | None, as_of: date) -> pd.DataFrame:
    """The frame up to where the data end: what is empty because nothing newer was brought is no zero.

    `last`: the local moment of the newest row of the book. Where it lies more than a few days back, later periods are
    left out, and the one in which it lies is over only when hardly a day of it is missing.
    """
    if last is None or frame.empty or pd.Timestamp(as_of) - last <= pd.Timedelta(days=LATE_DAYS):
        return frame
    day = last.normalize() + pd.Timedelta(days=1)
    missing = pd.Timedelta(days=0 if interval in ("hour", "day") else CLOSED_DAYS)
    told = frame[frame.period <= last].copy()
    ends = told.period.map({period: calendar.following(period, interval) for period in told.period.unique()})
    told["whole"] &= ends <= day + missing
    return told


def told_until(last: pd.Timestamp | None, interval: str, week: str, as_of: date) -> date | None:
    """The last day that a book of which nothing newer was brought tells; None for one that reaches up to now.

    `last`: the local moment of its newest row. Days at the end of its period in which a shop may be closed are told.
    """
    if last is None or pd.Timestamp(as_of) - last <= pd.Timedelta(days=LATE_DAYS):
        return None
    day = last.normalize()
    if interval in ("hour", "day"):
        return day.date()
    over = calendar.following(calendar.begin(day, interval, week), interval) - pd.Timedelta(days=1)
    return min(day + pd.Timedelta(days=CLOSED_DAYS), over).date()


def proposed(frame: pd.DataFrame, interval: str) -> int:
    """How far to look ahead: as is usual, and no further than a third of what is known."""
    points = frame[frame.whole & frame.value.notna()].groupby("series").size()
    return max(1, min(HORIZONS[interval], int(points.max()) // 3)) if len(points) else 1


def outlook(frame: pd.DataFrame, interval: str, horizon: int, model: str = "", adds_up: bool = True,
            progress: Callable[[int, int], None] | None = None, events: pd.DataFrame | None = None,
            countries: tuple[str, ...] = ()) -> Outlook:
    """The outlook of a frame of series over the periods after the last that is over.

    `model`: its name, or '' for the one that is proposed. `adds_up`: whether the series sum to a whole.
    `events`, `countries`: campaigns, own events and whose holidays the regression knows. Raises NothingToForecast,
    HorizonUnusable.
    """
    over = frame[frame.whole][["series", "period", "value"]].reset_index(drop=True)
    points = over[over.value.notna()].groupby("series", sort=False).size()
    if adds_up and len(points) > 1:
        return _summing(over[over.series.isin(points.index)], interval, horizon, model, progress, events,
                        countries)
    found = forecast(over, interval, horizon, (model,) if model else None, progress=progress, events=events,
                     countries=countries)
    rule = found.values[found.values.model == RULE].set_index(["series", "period"]).value.rename("rule")
    values = found.believed.join(rule, on=["series", "period"])
    order = {name: place for place, name in enumerate(points.index)}
    values = values.sort_values("series", key=lambda names: names.map(order), kind="stable", ignore_index=True)
    return Outlook(over, values[["series", "period", "value", *LIMITS, "rule"]], found.tests, found.chosen,
                   tuple(found.left_out.series), interval, horizon, False)


def _summing(over: pd.DataFrame, interval: str, horizon: int, model: str, progress, events, countries) -> Outlook:
    """The series of a split and their total, made to fit; tested as they are told, made to fit."""
    season = calendar.SEASONS[interval]
    parts, names, periods = reconciling.parts_of(over)
    if not 1 <= horizon <= parts.shape[1]:
        raise HorizonUnusable(horizon=horizon, known=parts.shape[1])
    model = model or ("combination" if len(names) <= MOST_OF_COMBINATION else "quick")
    tree = reconciling.hierarchy(pd.DataFrame({"all": ""}, index=names))
    found = reconciling.together(model, parts, tree, horizon, season, progress=progress,
                                 known_days=(periods, interval, events, countries))
    order = [TOTAL, *[name for name in dict.fromkeys(over.series) if name in names]]
    every = [TOTAL, *names]
    known = tree.summing @ parts
    rule = models.predict((RULE,), list(known), horizon, season)[RULE]
    guessed = intervals.looked_back((RULE,), list(known), horizon, season).predicted[RULE]
    tested = replace(found.rolled, predicted={model: found.rolled.predicted["reconciled"], RULE: guessed})
    history = pd.concat([pd.DataFrame({"series": TOTAL, "period": periods, "value": known[0]}), over],
                        ignore_index=True)
    ahead = [calendar.following(periods[-1], interval, step + 1) for step in range(horizon)]
    values = pd.DataFrame({
        "series": np.repeat(every, horizon), "period": np.tile(np.array(ahead, "datetime64[us]"), len(every)),
        "value": found.point.ravel(),
        **{f"{end}_{level}": limits[place].ravel() for level, limits in found.intervals.items()
           for place, end in enumerate(("low", "high"))}, "rule": rule.ravel()})
    values = pd.concat([values[values.series == name] for name in order], ignore_index=True)
    return Outlook(history, values[["series", "period", "value", *LIMITS, "rule"]],
                   tests_of(tested, (model, RULE), list(known), every, intervals.LEVELS, season),
                   dict.fromkeys(order, model), (), interval, horizon, True)


def compared_with_last_year(found: Outlook, series: str) -> tuple[float, float] | None:
    """What is said to come over the horizon, and what the same periods a season before were; None without them."""
    history, values, _ = found.of(series)
    season = calendar.SEASONS[found.interval]
    if len(values) > season or len(history) < season:
        return None
    before = history.value.to_numpy(float)[-season:][:len(values)]
    return (float(values.value.sum()), float(np.nansum(before))) if season > 1 or len(values) == 1 else None
