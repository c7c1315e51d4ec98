"""A measure by place: summed up in the book once each spelling is placed, put into classes worth a colour."""
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

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
SUMS = ("revenue", "orders", "customers", "messages", "requests")


@dataclass(frozen=True, eq=False)
class ByPlace:
    """What happened where."""

    frame: pd.DataFrame  # code, period, revenue, orders, customers, messages, requests, on_file; codes of LEFT_OVER too
    matched: Matched


def by_place(look, matched: Matched, on: PlaceMap, every: str, since: date, until: date, segment: int = 0) -> ByPlace:
    """What happened in each place and each period (`every`: one of PERIODS) from `since` to the day before `until`."""
    written = matched.frame
    look.stage("placed", written[["country", "region", "city", "code"]].drop_duplicates(
        ["country", "region", "city"], ignore_index=True).astype(object))
    found = look.frame("measures_by_place", level=on.level, interval="year" if every == "all" else every,
                       whole=every == "all", since=since, until=until, segment=segment)
    return ByPlace(found.assign(period=pd.to_datetime(found.period)), matched)


def of_measure(frame: pd.DataFrame, measure: str) -> pd.Series:
    """The measure of each row, NaN where there is nothing to divide by or too little for a rate to be more than chance."""
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


def own_by_place(observations: pd.DataFrame, codes: dict[str, str], every: str) -> pd.DataFrame:
    """Own numbers by place and period: place, period, value → code, period, value (summed)."""
    frame = observations.assign(code=observations.place.map(codes))
    if every == "all":
        frame["period"] = frame.period.min()
    else:
        frame["period"] = frame.period.dt.to_period({"year": "Y", "quarter": "Q", "month": "M"}[every]).dt.start_time
    return frame.groupby(["code", "period"], as_index=False).value.sum()


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
