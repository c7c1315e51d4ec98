"""Beside each period what it can be compared with, and series as moving means, running sums or an index.

Days are laid beside days: for each day that is shown the one it compares with, so that a period that is not over yet
is compared with the same part of the earlier one.

    same_weekdays, 2026-11-20 (Friday) → 2025-11-21 (Friday)    spring_festival, 2026-02-17 → 2025-01-29
"""
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core.errors import ComparisonUnknown
from crm_core.time_series import calendar, series
from crm_core.time_series.series import Asked
from crm_core.time_series.spring_festival import spring_festival

COMPARISONS = ("previous", "last_year", "same_weekdays", "spring_festival")
SHAPES = ("values", "moving_mean", "running_sum", "index")
WINDOWS = {"hour": 24, "day": 7, "week": 4, "month": 3, "quarter": 4, "year": 3}  # periods of a moving mean
FESTIVAL_DAYS = 28  # so many days before and after it live by the Spring Festival, the others by the calendar


def possible(interval: str, measure: str) -> tuple[str, ...]:
    """The comparisons that say something at an interval. Days cannot be told apart within own numbers of a month."""
    if interval == "year":
        return ("previous",)
    if series.is_own(measure) and interval in ("month", "quarter"):
        return ("previous", "last_year")
    return COMPARISONS


def checked(how: str, asked: Asked) -> str:
    """The name of a comparison that says something of what is asked. Raises ComparisonUnknown."""
    known = possible(asked.interval, asked.measure)
    if how not in known:
        raise ComparisonUnknown(comparison=how, known=", ".join(known))
    return how


def compared(look, frame: pd.DataFrame, asked: Asked, how: str, as_of: date) -> pd.DataFrame:
    """The frame of series with a column `before`: what each period compares with. Missing where the book does not reach
    back to all of its days."""
    if frame.empty:
        return frame.assign(before=np.nan)
    if series.is_own(asked.measure):
        return _own_compared(look, frame, asked, how)
    told = series.bounds(look, asked.measure, as_of, asked.zone)
    periods = frame.period.drop_duplicates().sort_values()
    pairs = days_beside(periods, asked, how, as_of)
    first = calendar.local(told.first, asked.zone).normalize()
    # A period counts when every one of its days has one to compare with, since the book began.
    known = pairs.groupby("period").day.min() >= first
    pairs = pairs[pairs.period.isin(known.index[known])]
    if pairs.empty:
        return frame.assign(before=np.nan)
    since, until = (calendar.utc(day.date(), asked.zone)
                    for day in (pairs.day.min(), pairs.day.max() + timedelta(days=1)))
    slot, slots = calendar.slots(since, until, "day", asked.zone)
    slots = slots.rename(columns={"period": "day"}).merge(pairs, on="day")[["slot", "period"]]
    found = series.found_in(look, asked, slot, slots, since, until,
                            order=[name for name in frame.series.unique() if name != asked.others])
    beside = frame.merge(found.rename(columns={"value": "before"}), on=["series", "period"], how="left")
    if asked.gaps == "zero" and series.CATALOGUE[asked.measure].over is None:
        beside["before"] = beside.before.where(~beside.period.isin(known.index[known]), beside.before.fillna(0.0))
    return beside


def days_beside(periods: pd.Series, asked: Asked, how: str, as_of: date) -> pd.DataFrame:
    """The earlier days that each period compares with: period, day. Of a period that is not over, or shown in
    part, the same part of the earlier one.

        period 2026-02-01 | day 2025-02-01        # month, last_year; … to 2025-02-28
    """
    since = pd.Timestamp(asked.since or periods.iloc[0])
    end = min(pd.Timestamp(asked.until or as_of) + timedelta(days=1), pd.Timestamp(as_of))
    if how == "previous" or (how == "last_year" and asked.interval in ("month", "quarter", "year")):
        back = len(periods) if how == "previous" else {"month": 12, "quarter": 4, "year": 1}[asked.interval]
        parts = []
        for period in periods:
            earlier = calendar.following(period, asked.interval, -back)
            days = pd.date_range(earlier, calendar.following(earlier, asked.interval), freq="D", inclusive="left")
            gone, left_out = (end - period).days, max((since - period).days, 0)
            if gone < (calendar.following(period, asked.interval) - period).days:
                days = days[:max(gone, 0)]
            parts.append(pd.DataFrame({"period": period, "day": days[left_out:]}))
        pairs = pd.concat(parts, ignore_index=True)
    else:
        shown = pd.date_range(max(periods.iloc[0], since), end, freq="D", inclusive="left")
        pairs = pd.DataFrame({"period": pd.to_datetime(calendar.begins(shown, asked.interval, asked.week)),
                              "day": _earlier(shown, how)})
    return pairs.assign(period=pairs.period.astype("datetime64[us]"), day=pairs.day.astype("datetime64[us]"))


def _earlier(moments: pd.DatetimeIndex, how: str) -> pd.DatetimeIndex:
    """With which moment each one compares."""
    if how == "last_year":  # 29 February with 28
        return moments - pd.DateOffset(years=1)
    earlier = moments - pd.Timedelta(days=364)
    if how == "spring_festival":
        festivals = {year: spring_festival(year) for year in range(moments[0].year - 1, moments[-1].year + 1)}
        moved = earlier.to_series(index=moments)
        for year, festival in festivals.items():
            before = festivals.get(year - 1) or spring_festival(year - 1)
            if festival and before:
                near = np.abs((moments.normalize() - pd.Timestamp(festival)).days) <= FESTIVAL_DAYS
                moved[near] = moments[near] - pd.Timedelta(days=(festival - before).days)
        earlier = pd.DatetimeIndex(moved)
    return earlier


def _own_compared(look, frame: pd.DataFrame, asked: Asked, how: str) -> pd.DataFrame:
    """Own numbers have no days below their periods: period is laid beside period."""
    order = [name for name in frame.series.unique() if name != asked.others]
    whole = series.own_series(look, replace(asked, since=None, until=None), order)
    periods = pd.DatetimeIndex(frame.period.drop_duplicates().sort_values())
    if how == "previous":
        earlier = [calendar.following(period, asked.interval, -len(periods)) for period in periods]
    elif asked.interval in ("month", "quarter", "year"):
        back = {"month": 12, "quarter": 4, "year": 1}[asked.interval]
        earlier = [calendar.following(period, asked.interval, -back) for period in periods]
    elif asked.interval == "week":  # whole weeks, the nearest
        moved = _earlier(periods + pd.Timedelta(days=3), "same_weekdays" if how == "last_year" else how)
        earlier = pd.to_datetime(calendar.begins(moved, "week", asked.week))
    else:
        earlier = _earlier(periods, how)
    beside = pd.DataFrame({"period": periods, "earlier": pd.DatetimeIndex(earlier).astype("datetime64[us]")})
    values = whole.rename(columns={"period": "earlier", "value": "before"})[["series", "earlier", "before"]]
    return frame.merge(beside, on="period", how="left").merge(values, on=["series", "earlier"], how="left").drop(
        columns="earlier")


# --- shapes -----------------------------------------------------------------------------------------------------------


def shaped(frame: pd.DataFrame, how: str, interval: str) -> pd.DataFrame:
    """The values of a frame (and what stands beside them, `before`) told otherwise, series by series.

    moving_mean: of the last WINDOWS periods that are over; running_sum: since the first one; index: the first period
    that is over and not 0 is 100, for both.
    """
    columns = [column for column in ("value", "before") if column in frame]
    if how == "values":
        return frame
    parts = []
    for _, rows in frame.groupby("series", sort=False):
        rows = rows.copy()
        if how == "moving_mean":
            window = WINDOWS[interval]
            for column in columns:
                mean = rows[column].where(rows.whole).rolling(window, min_periods=window).mean()
                rows[column] = mean
        elif how == "running_sum":
            rows[columns] = rows[columns].cumsum()
        else:
            base = rows[rows.whole & (rows.value > 0)].value
            rows[columns] = rows[columns] / (base.iloc[0] if len(base) else np.nan) * 100
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def shapes(measure_adds_up: bool) -> tuple[str, ...]:
    """The shapes that say something of a measure: a running sum of means does not."""
    return SHAPES if measure_adds_up else tuple(shape for shape in SHAPES if shape != "running_sum")


