"""The mood of messages as a series: how much more often customers were content than discontent.

Moods are read from texts elsewhere and come as a frame of messages: moment (UTC), customer_id, channel, language and
mood (−1 discontent, 0 neither, 1 content). The value of a period is their mean, −1 to 1; without messages it has none.
"""
from datetime import date

import numpy as np
import pandas as pd

from crm_core.time_series import calendar, compare, series
from crm_core.time_series.series import Asked

MOOD = "mood"  # what the measure is called
SPLITS = ("", "channel", "language")
SOURCE = "messages_in"  # the measure whose bounds hold


def read(messages: pd.DataFrame, asked: Asked, as_of: date) -> pd.DataFrame:
    """A frame of series, as series.read gives it."""
    told = _local(messages, asked, as_of)
    if told.empty:
        return told[["series", "period", "mood"]].rename(columns={"mood": "value"}).assign(whole=False)
    began = _clock(messages.moment, asked.zone).min()
    first = calendar.begin(began, asked.interval, asked.week)
    return series.filled(_means(told, asked), asked, as_of, begun_in=first if began.normalize() > first else None)


def compared(messages: pd.DataFrame, frame: pd.DataFrame, asked: Asked, how: str, as_of: date) -> pd.DataFrame:
    """The frame with a column `before`, as compare.compared gives it."""
    pairs = compare.days_beside(frame.period.drop_duplicates().sort_values(), asked, how, as_of)
    clock = _clock(messages.moment, asked.zone)
    whole = pairs.groupby("period").day.transform("min") >= clock.min().normalize()
    told = messages.assign(day=clock.dt.normalize().astype("datetime64[us]"), series=messages[asked.split or "channel"])
    told = told.merge(pairs[whole], on="day")
    if told.empty:
        return frame.assign(before=np.nan)
    found = _means(told, asked, [name for name in frame.series.unique() if name != asked.others])
    return frame.merge(found.rename(columns={"value": "before"}), on=["series", "period"], how="left")


def _local(messages: pd.DataFrame, asked: Asked, as_of: date) -> pd.DataFrame:
    """The messages of the days asked for, each with its series and period."""
    clock = _clock(messages.moment, asked.zone)
    day = clock.dt.normalize()
    keep = day <= pd.Timestamp(min(asked.until or as_of, as_of))
    if asked.since:
        keep &= day >= pd.Timestamp(asked.since)
    periods = pd.to_datetime(calendar.begins(clock, asked.interval, asked.week)).astype("datetime64[us]")
    return messages.assign(period=periods, series=messages[asked.split or "channel"])[keep]


def _clock(moments: pd.Series, zone: str) -> pd.Series:
    return moments.dt.tz_localize("UTC").dt.tz_convert(calendar.zone(zone)).dt.tz_localize(None)


def _means(told: pd.DataFrame, asked: Asked, order: list[str] | None = None) -> pd.DataFrame:
    found = told.groupby(["series", "period"], dropna=False, as_index=False).agg(
        value=("mood", "sum"), over=("mood", "size"))
    return series.gathered(found.assign(value=found.value.astype(float)), asked, True, order)
