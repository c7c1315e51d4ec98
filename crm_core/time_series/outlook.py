"""What comes next of one series or of many: forecasts with their test, the plain guess beside them, and a total that fits.

    frame of series (web, shop), a month each   →   values   series | period  | value | low_80 … high_95 | rule
                                                             ''     | 2026-12 |  5100 | 4700 …      5900 | 4950
                                                             web    | 2026-12 |  3100 | …
                                                             shop   | 2026-12 |  2000 | …

The total of a split, '', is forecast too where its series sum up; all are then made to fit (reconciling.py).
"""
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.errors import NothingToForecast
from crm_core.time_series import calendar, forecasting
from crm_core.time_series.forecasting import models

TOTAL = ""  # the series of everything
RULE = "seasonal_naive"
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


def outlook(frame: pd.DataFrame, interval: str, horizon: int, chosen: str = "", adds_up: bool = True,
            progress: Callable[[float], None] | None = None) -> Outlook:
    """The outlook of a frame of series over the periods after the last that is over.

    `chosen`: the name of a model, or '' to leave the choice to the test. `adds_up`: whether the series sum to a whole.
    Raises NothingToForecast and what forecasting raises.
    """
    over = frame[frame.whole][["series", "period", "value"]].reset_index(drop=True)
    over = over[over.series.isin(over[over.value.notna()].series)]
    if over.empty:
        raise NothingToForecast(found=0)
    split = over.series.nunique() > 1
    if split and adds_up:
        total = over.groupby("period", as_index=False).value.sum(min_count=1).assign(series=TOTAL)
        over = pd.concat([total[["series", "period", "value"]], over], ignore_index=True)
    found = forecasting.forecast(over, interval, horizon, models=(chosen,) if chosen else None, progress=progress)
    values = found.values.reset_index(drop=True)
    histories = [group.value.to_numpy(float) for _, group in over.groupby("series", sort=False)]
    rule = models.predict((RULE,), histories, horizon, calendar.SEASONS[interval])[RULE]
    names = list(dict.fromkeys(over.series))
    values["rule"] = np.concatenate([rule[names.index(name)] for name in dict.fromkeys(values.series)])
    return Outlook(over, values[["series", "period", "value", *LIMITS, "rule"]], found.tests, dict(found.chosen), interval,
                   horizon, split and adds_up)


def compared_with_last_year(found: Outlook, series: str) -> tuple[float, float] | None:
    """What is said to come over the horizon, and what the same periods a season before were; None without them."""
    history, values, _ = found.of(series)
    season = calendar.SEASONS[found.interval]
    if len(values) > season or len(history) < season:
        return None
    before = history.value.to_numpy(float)[-season:][:len(values)]
    return (float(values.value.sum()), float(np.nansum(before))) if season > 1 or len(values) == 1 else None
