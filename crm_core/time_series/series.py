"""From the book to series: a measure by period, split or not.

A frame of series has the columns series (a name; '' where nothing splits it), period (Timestamp, its local begin),
value (float; NaN is missing) and whole (bool: the period is over, and is told from its begin on). A row for every
period from a series' first to the last one, in order; the largest series come first, the others together last.
"""
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core.errors import IntervalTooFine, IntervalUnknown, MeasureUnknown, SplitImpossible
from crm_core.time_series import calendar
from crm_core.time_series.calendar import HOURS, INTERVALS, SEASONS, WEEKS

__all__ = ["Asked", "Bounds", "HOURS", "INTERVALS", "MEASURES", "SEASONS", "SPLITS", "WEEKS", "adds_up", "bounds",
           "filled", "interval_of", "is_own", "measures_kept", "overlaps", "read", "splits", "taken", "unit"]

OWN = "own:"  # before the name of a measure of own numbers


@dataclass(frozen=True)
class Measure:
    """How a measure is worked out: a column of a query, over another one where it is a mean or a share."""

    unit: str  # as charts name units
    source: str  # whose bounds hold: orders, messages, requests
    query: str  # queries/series_<query>.sql
    column: str
    over: str | None = None  # the measure is column / over; a period without any is missing and not 0
    splits: tuple[str, ...] = ()
    distinct: bool = False  # a customer counts once a period: series cannot be added up


_OF_CUSTOMERS = ("segment", "region", "city", "home", "source", "industry", "stage")
_OF_ORDERS = ("channel", "country", "campaign", *_OF_CUSTOMERS)
_OF_LINES = ("category", "product", "channel", "country", *_OF_CUSTOMERS)
_OF_MESSAGES = ("channel", "campaign", *_OF_CUSTOMERS)
_OF_REQUESTS = ("channel", "request", "priority", *_OF_CUSTOMERS)

CATALOGUE = {
    "revenue": Measure("money", "orders", "orders", "revenue", splits=("category", "product", *_OF_ORDERS)),
    "orders": Measure("count", "orders", "orders", "orders", splits=_OF_ORDERS),
    "customers": Measure("count", "orders", "customers", "customers", splits=_OF_ORDERS, distinct=True),
    "new_customers": Measure("count", "orders", "new_customers", "customers",
                             splits=("channel", "country", *_OF_CUSTOMERS)),
    "average_order": Measure("money", "orders", "orders", "revenue", "orders", _OF_ORDERS),
    "items": Measure("count", "orders", "lines", "items", splits=_OF_LINES),
    "returned": Measure("money", "orders", "returns", "returned", splits=_OF_ORDERS),
    "returned_share": Measure("share", "orders", "returns", "returned", "sold", _OF_ORDERS),
    "messages_in": Measure("count", "messages", "messages", "messages_in", splits=_OF_MESSAGES),
    "messages_out": Measure("count", "messages", "messages", "messages_out", splits=_OF_MESSAGES),
    "requests": Measure("count", "requests", "requests", "opened", splits=_OF_REQUESTS),
    "hours_to_close": Measure("number", "requests", "requests", "hours", "closed", _OF_REQUESTS),
    "satisfaction": Measure("number", "requests", "requests", "satisfaction", "rated", _OF_REQUESTS),
}
STAMPS = {  # source → tables, the columns with their times, and which of their rows count
    "orders": (("orders", "ordered_at", "deleted_at IS NULL AND status <> 'cancelled'"),),
    "messages": (("communications", "occurred_at", "deleted_at IS NULL"),),
    "requests": (("service_requests", "opened_at", "deleted_at IS NULL"),
                 ("service_requests", "closed_at", "deleted_at IS NULL"))}
MEASURES = {name: measure.unit for name, measure in CATALOGUE.items()}  # measure → its unit; own numbers come beside
SPLITS = ("", "segment", "category", "channel", "country", "region", "product", "campaign", "city", "home", "source",
          "industry", "stage", "request", "priority", "series", "place")
TABLES = ("orders", "order_lines", "products", "customers", "campaigns", "communications", "service_requests",
          "segments", "segment_members", "observations")  # what series are read from


@dataclass(frozen=True)
class Asked:
    """Which series."""

    measure: str = "revenue"  # a key of MEASURES, or own: and the name of own numbers
    interval: str = "week"  # a key of INTERVALS
    split: str = ""  # one of splits(measure)
    gaps: str = "zero"  # what a period without anything is: zero, missing
    segment: int = 0  # the id of a kept segment, 0: everybody
    week: str = "monday"  # the first day of a week, one of WEEKS
    zone: str = "UTC"  # whose days are told; own numbers are told as they were brought
    since: date | None = None  # the first and the last local day, both looked at; None: as far as there is anything
    until: date | None = None
    largest: int = 8  # how many series of a split stay; the others are told together
    others: str = "…"  # what these are called
    unknown: str = "–"  # what those are called for whom nothing is known
    names: tuple[tuple[str, str], ...] = ()  # how values of the book are called: value, its words


@dataclass(frozen=True)
class Bounds:
    """From when to when there is anything, in UTC (own numbers: as brought)."""

    first: pd.Timestamp | None
    last: pd.Timestamp | None  # up to which rows reach before the end of the day that it is
    coming: int  # rows that lie after it: wrong dates, most often
    coming_until: pd.Timestamp | None


def is_own(measure: str) -> bool:
    return measure.startswith(OWN)


def unit(measure: str) -> str:
    """The unit of a measure, as charts name units."""
    return "number" if is_own(measure) else MEASURES[measure]


def splits(measure: str) -> tuple[str, ...]:
    """The ways in which a measure can be split, '' (not at all) first."""
    if is_own(measure):
        return ("", "series", "place")
    return tuple(split for split in SPLITS if split in ("", *CATALOGUE[measure].splits))


def adds_up(measure: str) -> bool:
    """Whether the series of a split sum to the whole: not so for means, shares, and customers who buy in two of them.
    Of own numbers `taken` knows."""
    return CATALOGUE[measure].over is None and not CATALOGUE[measure].distinct


def overlaps(look, split: str) -> bool:
    """Whether series of a split tell something twice, so that they make no whole: kept segments share customers."""
    return split == "segment" and bool(look.frame("segments_shared").shared.iloc[0])


def can_be_zero(measure: str) -> bool:
    """Whether a period without anything can be told as 0: not where the measure is a mean or a share."""
    return is_own(measure) or CATALOGUE[measure].over is None


def check(asked: Asked) -> None:
    """Raises MeasureUnknown, SplitImpossible, IntervalUnknown, ZoneUnknown."""
    if not is_own(asked.measure) and asked.measure not in CATALOGUE:
        raise MeasureUnknown(measure=asked.measure, known=", ".join(CATALOGUE))
    if asked.split not in splits(asked.measure):
        raise SplitImpossible(split=asked.split, known=", ".join(splits(asked.measure)[1:]))
    if asked.interval not in INTERVALS:
        raise IntervalUnknown(interval=asked.interval, known=", ".join(INTERVALS))
    calendar.zone(asked.zone)


def bounds(look, measure: str, as_of: date, zone: str = "UTC") -> Bounds:
    """From when to when a measure is told, and what of it lies after the day that it is."""
    until = calendar.utc(as_of + timedelta(days=1), zone)
    if is_own(measure):
        told = taken(look, measure)
        return Bounds(told.first, told.last, 0, None)
    first, last, coming, coming_until = None, None, 0, None
    for table, stamp, living in STAMPS[CATALOGUE[measure].source]:
        # The file knows both ends of a column by heart; only where rows lie after today they have to be looked at.
        ends = look.execute(f"SELECT min({stamp}), max({stamp}) FROM {table}").fetchone()
        if ends[0] is None:
            continue
        begun = _first_found(look, f"SELECT min({stamp}) FROM {table} WHERE {living} AND {stamp} < $until", until,
                             f" AND {stamp} < $near", ends[0] + timedelta(days=2))
        ended = ends[1] if ends[1] < until else look.execute(
            f"SELECT max({stamp}) FROM {table} WHERE {living} AND {stamp} < $until", until=until).fetchone()[0]
        first, last = min(filter(None, (first, begun)), default=None), max(filter(None, (last, ended)), default=None)
        count, latest = look.execute(f"SELECT count(*), max({stamp}) FROM {table} WHERE {living} AND {stamp} >= $until",
                                     until=until).fetchone()
        coming, coming_until = coming + count, max(filter(None, (coming_until, latest)), default=None)
    return Bounds(*(pd.Timestamp(moment) if moment else None for moment in (first, last)), coming, coming_until)


def _first_found(look, sql: str, until, more: str, near):
    """What a query finds near an end, else anywhere."""
    found, = look.execute(sql + more, until=until, near=near).fetchone()
    return found or look.execute(sql, until=until).fetchone()[0]


def read(store, asked: Asked, as_of: date) -> pd.DataFrame:
    """The series of what happened up to now, a frame as told above; `as_of` is the local day that it is, not yet over.

    Raises MeasureUnknown, SplitImpossible, IntervalUnknown, IntervalTooFine, ZoneUnknown.
    """
    with store.look() as look:
        return read_with(look, asked, as_of)


def read_with(look, asked: Asked, as_of: date) -> pd.DataFrame:
    """The same of a look at the book, or of an open batch."""
    check(asked)
    if is_own(asked.measure):
        return own_series(look, asked)
    told = bounds(look, asked.measure, as_of, asked.zone)
    if told.first is None:
        return filled(_nothing(), asked, as_of)
    since, until = window(told, asked, as_of)
    found = found_in(look, asked, *calendar.slots(since, until, asked.interval, asked.zone, asked.week), since, until)
    # The book may begin in the midst of a period; where something happened on that period's first day it did not.
    began = calendar.local(told.first, asked.zone)
    first = calendar.begin(began, asked.interval, asked.week)
    return filled(found, asked, as_of, begun_in=first if began.normalize() > first else None)


def window(told: Bounds, asked: Asked, as_of: date) -> tuple[pd.Timestamp, pd.Timestamp]:
    """From when to before when (UTC) there is anything that is asked for."""
    since = max(told.first, calendar.utc(asked.since, asked.zone)) if asked.since else told.first
    until = calendar.utc(min(asked.until or as_of, as_of) + timedelta(days=1), asked.zone)
    return since, min(told.last + pd.Timedelta(seconds=1), until)


def found_in(look, asked: Asked, slot: str, slots: pd.DataFrame, since, until, order: list[str] | None = None,
             ) -> pd.DataFrame:
    """What the book has in slots of time, by the periods that these are said to belong to: series, period, value.

    `order` names the series that stay, in words; without it the largest do.
    """
    measure = CATALOGUE[asked.measure]
    look.stage("calendar", slots)
    query = "lines" if asked.split in ("category", "product") else measure.query
    if query == "orders" and (asked.segment or asked.split not in ("", "channel", "country", "campaign")):
        query = "orders_of_customers"
    if query == "new_customers" and asked.split in ("channel", "country"):
        query = "new_customers_by_order"
    given = {"slot": slot, "split": asked.split, "segment": asked.segment, "since": since, "until": until,
             "others": asked.others, "money": "revenue" in (measure.column, measure.over),
             "counted": "orders" in (measure.column, measure.over)}

    def rows(kept: list[str] | None) -> pd.DataFrame:
        found = look.frame(f"series_{query}", kept=kept, **given)
        return pd.DataFrame({"series": found.series, "period": pd.to_datetime(found.period),
                             "value": found[measure.column], "over": found[measure.over] if measure.over else 1.0})

    found = rows(None)
    if measure.distinct and asked.split:
        in_words = _named(found.series, asked)
        stays = in_words.isin(order if order is not None else _order(in_words, found.value, asked))
        if not stays.all():  # whoever bought in two of the others counts once
            found = rows(list(found.series[stays].fillna("").unique()))
    return gathered(found, asked, bool(measure.over), order)


def filled(found: pd.DataFrame, asked: Asked, as_of: date, begun_in: pd.Timestamp | None = None) -> pd.DataFrame:
    """A row for every period, also where nothing was found: series, period, value, whole.

    `begun_in` is a period in whose midst the book begins. One series at least has a row then.
    """
    if found.empty:
        return _nothing().assign(whole=False)
    now, last = pd.Timestamp(as_of), pd.Timestamp(min(asked.until or as_of, as_of))
    final = calendar.begin(last, asked.interval, asked.week)
    if asked.interval == "hour":
        final = max(final, found.period.max())
    grid = _grid(found, asked, dict.fromkeys(found.series.unique(), final))
    series = grid.merge(found, how="left")
    if asked.gaps == "zero" and asked.measure in CATALOGUE and can_be_zero(asked.measure):
        series["value"] = series.value.fillna(0.0)
    series["whole"] = _ends(series.period, asked) <= min(now, last + pd.Timedelta(days=1))
    if begun_in is not None:
        series.loc[series.period == begun_in, "whole"] = False
    if asked.since and pd.Timestamp(asked.since) > calendar.begin(asked.since, asked.interval, asked.week):
        series.loc[series.period == calendar.begin(asked.since, asked.interval, asked.week), "whole"] = False
    return series


# --- own numbers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """How own numbers were taken."""

    interval: str  # the shortest one in which they can be told
    first: pd.Timestamp
    last: pd.Timestamp
    adds_up: bool  # a takings does, a temperature does not


def measures_kept(look) -> list[str]:
    """The names of the own numbers that there are."""
    return [name for (name,) in look.execute(
        "SELECT DISTINCT measure FROM observations WHERE deleted_at IS NULL ORDER BY measure").fetchall()]


def taken(look, measure: str) -> Taken:
    """Raises MeasureUnknown."""
    name = measure.removeprefix(OWN)
    stamps = look.execute("SELECT DISTINCT period FROM observations WHERE deleted_at IS NULL AND measure = $measure "
                          "ORDER BY period", measure=name).df().period
    if not len(stamps):
        kept = [OWN + name for name in measures_kept(look)]
        raise MeasureUnknown(measure=measure, known=", ".join([*CATALOGUE, *kept]))
    adds_up, = look.execute("SELECT bool_and(coalesce(adds_up, true)) FROM observations "
                            "WHERE deleted_at IS NULL AND measure = $measure", measure=name).fetchone()
    return Taken(interval_of(stamps), stamps.iloc[0], stamps.iloc[-1], bool(adds_up))


def interval_of(stamps) -> str:
    """In what periods numbers were taken, by the middle distance of their moments: 1982-04-01, 1982-05-01 → month."""
    moments = np.unique(np.asarray(stamps, "datetime64[s]"))
    if len(moments) < 2:
        return "day"
    return calendar.interval_of(pd.Timedelta(seconds=np.median(np.diff(moments).astype("int64"))))


def own_series(look, asked: Asked, order: list[str] | None = None) -> pd.DataFrame:
    """Own numbers by period: what adds up is summed, a level averaged. `order` as in found_in."""
    told = taken(look, asked.measure)
    if HOURS[asked.interval] < HOURS[told.interval]:
        raise IntervalTooFine(interval=asked.interval, taken=told.interval)
    until = asked.until or told.last.date()
    found = look.frame("series_own", measure=asked.measure.removeprefix(OWN), split=asked.split,
                       interval="hour" if asked.interval == "hour" else "day", until=until + pd.Timedelta(days=1))
    found = found[pd.to_datetime(found.period) >= pd.Timestamp(asked.since)] if asked.since else found
    if found.empty:
        return _nothing().assign(whole=False)
    periods = pd.to_datetime(calendar.begins(found.period, asked.interval, asked.week)).astype("datetime64[us]")
    weight = 1.0 if told.adds_up else found.points
    found = found.assign(period=periods, value=found.value * weight, over=found.points)
    found = gathered(found, asked, not told.adds_up, order)
    grid = _grid(found, asked, found.groupby("series").period.max())
    series = grid.merge(found, how="left")
    if asked.gaps == "zero" and told.adds_up:
        series["value"] = series.value.fillna(0.0)
    # A longer period is over when the numbers reach to its end, and told from its begin on when they reach back to it.
    first = max(told.first, pd.Timestamp(asked.since or told.first))
    last = min(told.last, pd.Timestamp(until) + pd.Timedelta(days=1, seconds=-1))
    ends = calendar.following(calendar.begin(last, told.interval, asked.week), told.interval)
    series["whole"] = (_ends(series.period, asked) <= ends) & (
        series.period >= calendar.begin(first, told.interval, asked.week)) if asked.interval != told.interval else True
    return series


# --- inside ----------------------------------------------------------------------------------------------------------


def _nothing() -> pd.DataFrame:
    return pd.DataFrame({"series": pd.Series(dtype=object), "period": pd.Series(dtype="datetime64[us]"),
                         "value": pd.Series(dtype=float)})


def _ends(periods: pd.Series, asked: Asked) -> pd.Series:
    return periods.map({period: calendar.following(period, asked.interval) for period in periods.unique()})


def _grid(found: pd.DataFrame, asked: Asked, finals) -> pd.DataFrame:
    """Every period of every series from its first one found to its final one."""
    last = max(finals.values() if isinstance(finals, dict) else finals)
    every = calendar.periods(found.period.min(), last, asked.interval, asked.week).astype("datetime64[us]")
    firsts = found.groupby("series", sort=False).period.min()
    parts = [pd.DataFrame({"series": name, "period": every[(every >= first) & (every <= finals[name])]})
             for name, first in firsts.items()]
    return pd.concat(parts, ignore_index=True)


def _named(names: pd.Series, asked: Asked) -> pd.Series:
    """What series are called: '' where nothing splits them."""
    if not asked.split:
        return pd.Series("", index=names.index)
    return names.replace(dict(asked.names)).replace("", None).fillna(asked.unknown)


def _order(names: pd.Series, weights: pd.Series, asked: Asked) -> list[str]:
    """The names that stay, the largest first. One alone is told by its name, not as the others."""
    sums = weights.abs().groupby(names).sum().drop(asked.others, errors="ignore")
    order = list(sums.sort_values(ascending=False, kind="stable").index)
    return order if len(order) <= asked.largest + 1 else order[:asked.largest]


def gathered(found: pd.DataFrame, asked: Asked, is_mean: bool, order: list[str] | None = None) -> pd.DataFrame:
    """Names in words, the largest series first and the others together: series, period, value of series, period, value,
    over."""
    names = _named(found.series, asked)
    order = _order(names, found.over if is_mean else found.value, asked) if order is None else order
    named = found.assign(series=names.where(names.isin(order), asked.others))
    summed = named.groupby(["series", "period"], as_index=False)[["value", "over"]].sum()
    summed["value"] = (summed.value / summed.over).where(summed.over != 0) if is_mean else summed.value
    place = {name: place for place, name in enumerate(order)}
    by = summed.series.map(lambda name: place.get(name, len(order)))
    return summed.assign(by=by).sort_values(["by", "period"], kind="stable")[["series", "period", "value"]]
