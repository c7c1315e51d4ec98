"""From moments in UTC to periods of a place: which hour belongs to which local day, week, month, quarter or year.

    2026-03-28 23:30 UTC, Europe/Berlin, day → 2026-03-29    2026-03-29 is 23 hours long there: at two it is three
"""
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pandas as pd

from crm_core.errors import ZoneUnknown

INTERVALS = {"hour": "h", "day": "D", "week": "W-MON", "month": "MS", "quarter": "QS", "year": "YS"}  # → pandas' name
SEASONS = {"hour": 24, "day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1}  # → periods after which it repeats
WEEKS = ("monday", "sunday")  # the first day of a week: ISO 8601's, or the one of North America
HOURS = {"hour": 1, "day": 24, "week": 168, "month": 730, "quarter": 2190, "year": 8766}  # how long about


def zone(name: str) -> ZoneInfo:
    """A time zone by its name in the database of zones (Europe/Berlin). Raises ZoneUnknown."""
    if name not in available_timezones():
        raise ZoneUnknown(zone=name)
    return ZoneInfo(name)


def today_in(now: datetime, name: str) -> date:
    """Which day it is in a zone; `now` is UTC without a zone."""
    return pd.Timestamp(now).tz_localize("UTC").tz_convert(zone(name)).date()


def utc(day: date, name: str) -> pd.Timestamp:
    """When a local day begins, in UTC without a zone; where the clock jumps over midnight, right after the jump."""
    begin = pd.Timestamp(day).tz_localize(zone(name), ambiguous=True, nonexistent="shift_forward")
    return begin.tz_convert("UTC").tz_localize(None)


def local(moment: pd.Timestamp, name: str) -> pd.Timestamp:
    """A moment in UTC as the clocks of a zone tell it."""
    return moment.tz_localize("UTC").tz_convert(zone(name)).tz_localize(None)


def frequency(interval: str, week: str = "monday") -> str:
    """What pandas calls the periods of an interval by their first days."""
    return "W-SUN" if interval == "week" and week == "sunday" else INTERVALS[interval]


def begins(stamps, interval: str, week: str = "monday") -> np.ndarray:
    """The begin of the period in which each local moment lies, datetime64[s]."""
    stamps = np.asarray(stamps, "datetime64[s]")
    days = stamps.astype("datetime64[D]")
    if interval == "hour":
        return stamps.astype("datetime64[h]").astype("datetime64[s]")
    if interval == "week":  # 1970-01-01 was a Thursday
        days = days - (days.astype("int64") + (4 if week == "sunday" else 3)) % 7
    elif interval == "quarter":
        months = days.astype("datetime64[M]")
        days = (months - months.astype("int64") % 3).astype("datetime64[D]")
    elif interval != "day":
        days = days.astype("datetime64[M]" if interval == "month" else "datetime64[Y]").astype("datetime64[D]")
    return days.astype("datetime64[s]")


def begin(moment, interval: str, week: str = "monday") -> pd.Timestamp:
    """The begin of the period in which a local moment or day lies."""
    return pd.Timestamp(begins([pd.Timestamp(moment).to_datetime64()], interval, week)[0])


def periods(first, last, interval: str, week: str = "monday") -> pd.DatetimeIndex:
    """The begins of all periods from the one that holds `first` to the one that holds `last`."""
    return pd.date_range(begin(first, interval, week), begin(last, interval, week), freq=frequency(interval, week))


def interval_of(step: pd.Timedelta) -> str:
    """In what periods numbers were taken whose times lie so far apart: 30 days → month.

    Between two intervals, the shorter: numbers of every ten days are shown by week, not thrown together by month.
    """
    hours = step / pd.Timedelta(hours=1)
    return next((name for name, length in reversed(HOURS.items()) if hours >= length * 0.9), "hour")


def following(period: pd.Timestamp, interval: str, count: int = 1) -> pd.Timestamp:
    """The begin of the period that many periods after one."""
    period = pd.Timestamp(period)
    if interval in ("hour", "day", "week"):
        return period + count * timedelta(hours=HOURS[interval])
    return period + pd.DateOffset(months=count * {"month": 1, "quarter": 3, "year": 12}[interval])


def last_day(period: pd.Timestamp, interval: str) -> pd.Timestamp:
    """The last local day that a period touches: February 2026 → 2026-02-28."""
    return (following(period, interval) - timedelta(seconds=1)).normalize()


def slots(first: pd.Timestamp, until: pd.Timestamp, interval: str, zone_name: str, week: str = "monday",
          ) -> tuple[str, pd.DataFrame]:
    """Which day, hour or minute in UTC from `first` to before `until` is in which local period: the unit of the slots,
    and a frame of slot and period. The longest unit of which none lies in two local days.

        hour | slot 2026-01-04 23:00 | period 2026-01-05        # Berlin, week
    """
    first, until = pd.Timestamp(first), pd.Timestamp(until)
    moments = pd.date_range(first.floor("D"), until.ceil("D"), freq="h", inclusive="left")
    offsets, unit = _offsets(moments, zone_name), "hour"
    if not offsets.any() and interval != "hour":
        moments, offsets, unit = moments[::24], offsets[::24], "day"
    elif (offsets % 3600).any():
        # The clocks of a zone change at most at a full quarter of an hour in UTC since 1970.
        moments, unit = pd.date_range(moments[0], periods=len(moments) * 60, freq="min"), "minute"
        offsets = np.repeat(_offsets(moments[::15], zone_name), 15)
    local = moments.to_numpy("datetime64[s]") + offsets.astype("timedelta64[s]")
    return unit, pd.DataFrame({"slot": moments.to_numpy("datetime64[us]"),
                               "period": begins(local, interval, week).astype("datetime64[us]")})


def _offsets(moments: pd.DatetimeIndex, zone_name: str) -> np.ndarray:
    """By how many seconds a zone's clocks are ahead of UTC at each moment."""
    local = moments.tz_localize("UTC").tz_convert(zone(zone_name)).tz_localize(None)
    return ((local - moments) // pd.Timedelta(seconds=1)).to_numpy("int64")
