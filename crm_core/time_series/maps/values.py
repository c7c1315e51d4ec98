"""A measure by place: summed up in the book once each spelling is placed, put into classes worth a colour."""
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from crm_core.time_series.calendar import slots, utc
from crm_core.time_series.maps.matching import LEFT_OVER, Matched
from crm_core.time_series.maps.places import PlaceMap

MEASURES = {  # measure → its unit, as charts name units
    "revenue": "money", "orders": "count", "customers": "count", "average_order": "money",
    "revenue_per_customer": "money", "orders_per_customer": "number", "buying_share": "share",
    "on_file": "count", "messages": "count", "requests": "count", "requests_per_hundred": "number"}
RATES = {  # a measure that is a fraction → what stands below its line
    "average_order": "orders", "revenue_per_customer": "customers", "orders_per_customer": "customers",
    "buying_share": "on_file", "requests_per_hundred": "orders"}
LEAST_BASE = 10  # below so many a rate is chance, and is not shaded
MOST_CLASSES = 5
PERIODS = ("all", "year", "quarter", "month")


@dataclass(frozen=True, eq=False)
class ByPlace:
    """What happened where."""

    frame: pd.DataFrame  # code, period, revenue, orders, customers, messages, requests, on_file; codes of LEFT_OVER too
    matched: Matched


def by_place(look, matched: Matched, on: PlaceMap, every: str, since: date, until: date, zone: str = "UTC",
             segment: int = 0) -> ByPlace:
    """What happened in each place and each period (`every`: one of PERIODS) from the day `since` to before `until`."""
    begin, end = utc(since, zone), utc(until, zone)
    slot, calendar = slots(begin, end, "year" if every == "all" else every, zone)
    calendar = calendar[(calendar.slot >= begin) & (calendar.slot < end)].reset_index(drop=True)
    if every == "all":
        calendar["period"] = pd.Timestamp(since)
    look.stage("calendar", calendar)
    look.stage("placed", matched.frame[["country", "region", "city", "code"]].astype(object))
    found = look.frame("measures_by_place", level=on.level, slot=slot, since=begin, until=end, segment=segment)
    return ByPlace(found.assign(period=pd.to_datetime(found.period)), matched)


def of_measure(frame: pd.DataFrame, measure: str) -> pd.Series:
    """The measure of each row; NaN where a rate would be of too few to be more than chance."""
    if measure not in RATES:
        return frame[measure].astype(float)
    above, factor = {"average_order": ("revenue", 1), "revenue_per_customer": ("revenue", 1),
                     "orders_per_customer": ("orders", 1), "buying_share": ("customers", 1),
                     "requests_per_hundred": ("requests", 100)}[measure]
    below = frame[RATES[measure]].astype(float)
    return factor * frame[above].astype(float) / below.where(below >= LEAST_BASE)


def placed(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that stand on the map."""
    return frame[~frame.code.isin(LEFT_OVER)]


def own_by_place(found: pd.DataFrame, codes: dict[str, str], adds_up: bool, whole: bool) -> pd.DataFrame:
    """Own numbers by place: period, series (the place as written) and value → code, period, value; summed where they
    add up, else their mean. `whole`: all periods as one."""
    frame = found.assign(code=found.series.map(codes), period=pd.to_datetime(found.period))
    if whole and len(frame):
        frame["period"] = frame.period.min()
    return frame.groupby(["code", "period"], as_index=False).value.agg("sum" if adds_up else "mean")


def every_place(on: PlaceMap, frame: pd.DataFrame, period: pd.Timestamp, measure: str) -> pd.DataFrame:
    """A row for every place of a map in a period: its columns, those of `frame`, and `value`.

    A place where somebody lives and nothing happened has 0; NaN where nothing is known.
    """
    rows = frame[frame.period == period].set_index("code").drop(columns="period")
    if "on_file" in frame.columns:
        living = frame[frame.on_file > 0].groupby("code").on_file.max()
        rows = rows.reindex(rows.index.union(living.index)).fillna(0)
        rows["on_file"] = living.reindex(rows.index).fillna(0)
        rows["value"] = of_measure(rows, measure)
    return on.places.join(rows).reset_index(drop=True)


def cover(frame: pd.DataFrame, period: pd.Timestamp, measure: str) -> dict[str, float]:
    """The share of what is measured that stands on the map ('') and that was left over, by why."""
    rows = frame if measure == "on_file" else frame[frame.period == period]
    column = RATES.get(measure, measure)
    sums = (rows.groupby("code").on_file.max() if column == "on_file" else rows.groupby("code")[column].sum()).abs()
    total = sums.sum()
    kinds = sums.groupby([code if code in LEFT_OVER else "" for code in sums.index]).sum()
    return {kind: float(value / total) for kind, value in kinds.items()} if total else {}


def classes(values: pd.Series, most: int = MOST_CLASSES) -> list[float]:
    """The limits between classes with about as many places each, at round numbers; none where all are alike.

    1, 2, 3, 40, 500 → 1.5 or so, 2.5, 20, 300: values below the first limit are in class 0.
    """
    known = np.sort(values.dropna().unique())
    if len(known) < 2:
        return []
    wanted = min(most, len(known))
    limits: list[float] = []
    for share in np.arange(1, wanted) / wanted:
        place = min(max(int(np.ceil(share * len(known))), 1), len(known) - 1)
        limit = _round_between(float(known[place - 1]), float(known[place]))
        if not limits or limit > limits[-1]:
            limits.append(limit)
    return limits


def _round_between(low: float, high: float) -> float:
    """The roundest number above `low` and not above `high`."""
    for digits in range(int(np.floor(np.log10(max(abs(low), abs(high))))), -12, -1):
        for step in (5.0 * 10**digits, 2.0 * 10**digits, 1.0 * 10**digits):
            limit = np.floor(high / step + 1e-9) * step
            if low < limit <= high + 1e-12:
                return float(round(limit, max(0, -digits)))
    return high
