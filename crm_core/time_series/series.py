"""From the book to series: a measure by period, split or not.

A frame of series has the columns series (a name; '' where nothing splits it), period (Timestamp, the first day of it),
value (float; NaN is missing) and whole (bool: the period is over). A row for every period from a series' first to the
last one, in order.
"""
from dataclasses import dataclass
from datetime import date

import pandas as pd

MEASURES = {  # measure → its unit, as charts name units
    "revenue": "money", "orders": "count", "customers": "count", "average_order": "money"}
INTERVALS = {"day": "D", "week": "W-MON", "month": "MS", "quarter": "QS", "year": "YS"}  # interval → pandas' name
SEASONS = {"day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1}  # interval → periods after which it repeats
SPLITS = ("", "channel", "country", "region")


@dataclass(frozen=True)
class Asked:
    """Which series."""

    measure: str = "revenue"  # a key of MEASURES
    interval: str = "week"  # a key of INTERVALS
    split: str = ""  # one of SPLITS
    gaps: str = "zero"  # what a period without anything is: zero, missing
    segment: int = 0  # the id of a kept segment, 0: everybody


def read(store, asked: Asked, as_of: date) -> pd.DataFrame:
    """The series of what happened before the end of `as_of`, a frame as told above."""
    found = store.frame("series_orders", interval=asked.interval, split=asked.split, segment=asked.segment,
                        until=as_of + pd.Timedelta(days=1))
    value = found.revenue / found.orders if asked.measure == "average_order" else found[asked.measure]
    found = pd.DataFrame({"series": found.series.fillna(""), "period": pd.to_datetime(found.period), "value": value})
    return filled(found, asked, as_of)


def filled(found: pd.DataFrame, asked: Asked, as_of: date) -> pd.DataFrame:
    """A row for every period, also where nothing was found: series, period, value, whole."""
    if found.empty:
        return found.assign(whole=False)
    last = pd.Timestamp(as_of)
    grid = pd.concat([pd.DataFrame({"series": name, "period": pd.date_range(group.period.min(), last,
                                                                           freq=INTERVALS[asked.interval])})
                      for name, group in found.groupby("series", sort=False)])
    series = grid.merge(found, how="left")
    if asked.gaps == "zero" and asked.measure != "average_order":
        series["value"] = series.value.fillna(0.0)
    ends = series.period + pd.tseries.frequencies.to_offset(INTERVALS[asked.interval])
    series["whole"] = ends <= last + pd.Timedelta(days=1)
    return series
