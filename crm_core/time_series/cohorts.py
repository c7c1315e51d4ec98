"""Customers by the period of their first order: how many come back, how much they order and spend, and how soon.

    customer 1: 3 January, 8 February, 1 March     →    cohort | age | size | active | orders | revenue | whole
    customer 2: 9 January, 2 March                      2026-01 |   0 |    2 |      2 |      2 |   50.00 | True
                                                        2026-01 |   1 |    2 |      1 |      1 |   20.00 | True
                                                        2026-01 |   2 |    2 |      2 |      2 |   45.00 | False

An age is the number of periods since the cohort's own. A period that is not over (here March) counts nowhere but in the
cells, where it is marked: whoever did not come in it may still come.
"""
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core.time_series import calendar

INTERVALS = ("week", "month", "quarter", "year")
MEASURES = {"customers": "share", "orders": "number", "revenue": "money", "cumulative": "money"}  # measure → its unit
SPLITS = ("", "channel", "country", "region", "segment")
OTHERS = "\0others"  # the series of all that are not among the largest
MOST_STEPS = 8  # orders of the funnel
SURE = 1.959964  # standard errors of a 95 % interval
FEW = 30  # customers of a cohort below which a share tells little


@dataclass(frozen=True)
class Asked:
    """Which cohorts."""

    interval: str = "month"  # one of INTERVALS
    measure: str = "customers"  # a key of MEASURES
    split: str = ""  # one of SPLITS
    segment: int = 0  # the id of a kept segment, 0: everybody
    week: str = "monday"  # the first day of a week
    zone: str = "UTC"  # whose days are told


@dataclass(frozen=True)
class Change:
    """The newest cohorts against those before them, by the share that ordered again one period after the first."""

    recent: float  # share
    recent_customers: int
    recent_cohorts: int
    before: float
    before_customers: int
    before_cohorts: int
    p: float  # that a difference so large comes by chance, as unlike as cohorts are among themselves


def newest_day(ask, today: date, zone: str = "UTC") -> date | None:
    """The newest local day before today with an order that counts; None without one. Today is not over."""
    newest = ask.execute("SELECT max(ordered_at) FROM orders WHERE deleted_at IS NULL AND amount > 0 AND "
                         "status <> 'cancelled' AND customer_id IS NOT NULL AND ordered_at < CAST($until AS TIMESTAMP)",
                         until=calendar.utc(today, zone)).fetchone()[0]
    return calendar.today_in(newest, zone) if newest else None


def read(look, asked: Asked, as_of: date, most_series: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells of the cohorts up to the end of a local day, and the steps from order to order."""
    return cells(look, asked, as_of, most_series), taken_steps(look, asked, as_of, most_series)


def cells(look, asked: Asked, as_of: date, most_series: int) -> pd.DataFrame:
    """The cells of the cohorts, as `cohorts` tells them; all but the largest series together."""
    found = _asked_of(look, "cohorts", asked, asked.interval, as_of)
    return cohorts(together(found, most_series), asked.interval, as_of, asked.week)


def taken_steps(look, asked: Asked, as_of: date, most_series: int) -> pd.DataFrame:
    """The answer of queries/cohorts_steps.sql; all but the largest series together."""
    return together(_asked_of(look, "cohorts_steps", asked, "day", as_of, most=MOST_STEPS, last=as_of), most_series)


def _asked_of(look, query: str, asked: Asked, interval: str, as_of: date, **more) -> pd.DataFrame:
    first, = look.execute("SELECT min(ordered_at) FROM orders WHERE deleted_at IS NULL").fetchone()
    until = calendar.utc(as_of + timedelta(days=1), asked.zone)
    slot, slots = calendar.slots(pd.Timestamp(first) if first else until, until, interval, asked.zone, asked.week)
    look.stage("calendar", slots)
    return look.frame(query, slot=slot, until=until, split=asked.split, segment=asked.segment, **more)


def cohorts(found: pd.DataFrame, interval: str, as_of: date, week: str = "monday") -> pd.DataFrame:
    """The answer of queries/cohorts.sql with a row for every cohort and age up to the period of `as_of`.

    Columns: series, cohort (Timestamp), age, size (customers of the cohort), active (those who ordered), orders,
    revenue, whole (the period is over, and so is the cohort's own: it takes in nobody else).
    """
    columns = ["series", "cohort", "age", "size", "active", "orders", "revenue", "whole"]
    if found.empty:
        return pd.DataFrame(columns=columns)
    found = found.assign(cohort=pd.to_datetime(found.cohort), period=pd.to_datetime(found.period))
    ordinal = {moment: place for place, moment in enumerate(
        calendar.periods(found.cohort.min(), as_of, interval, week))}
    found["age"] = found.period.map(ordinal) - found.cohort.map(ordinal)
    sizes = found[found.age == 0].set_index(["series", "cohort"]).customers
    ages = len(ordinal) - np.array([ordinal[moment] for _, moment in sizes.index])
    grid = pd.DataFrame({
        "series": np.repeat(sizes.index.get_level_values("series"), ages),
        "cohort": np.repeat(sizes.index.get_level_values("cohort"), ages),
        "age": np.concatenate([np.arange(many) for many in ages]), "size": np.repeat(sizes.to_numpy(), ages),
        "left": np.repeat(ages, ages)})
    cells = grid.merge(found.rename(columns={"customers": "active"})[
        ["series", "cohort", "age", "active", "orders", "revenue"]], how="left", on=["series", "cohort", "age"])
    cells[["active", "orders"]] = cells[["active", "orders"]].fillna(0).astype("int64")
    cells["revenue"] = cells.revenue.fillna(0.0)
    # The newest period is over when its last day is there.
    over = calendar.following(max(ordinal), interval) <= pd.Timestamp(as_of) + timedelta(days=1)
    cells["whole"] = (cells.age < cells.left - 1) | over
    return cells[columns]


def measured(cells: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The cells with `value`: the share of the cohort's customers who ordered, or orders or money a customer of it."""
    return cells.assign(value=_of(cells, measure) / cells["size"])


def pooled(cells: pd.DataFrame, measure: str) -> pd.DataFrame:
    """All cohorts of a series together, age by age, each age over the cohorts that have it whole.

    Columns: series, age, value, low, high (Wilson's 95 % interval of a share; else NaN), customers (of these cohorts),
    cohorts. Money that adds up is added from age to age, so that it never falls because a cohort drops out.
    """
    whole = cells[cells.whole].assign(amount=_of(cells[cells.whole], "revenue" if measure == "cumulative" else measure))
    found = whole.groupby(["series", "age"], as_index=False, sort=False).agg(
        amount=("amount", "sum"), customers=("size", "sum"), cohorts=("cohort", "nunique"))
    found = found.sort_values(["series", "age"])
    found["value"] = found.amount / found.customers
    if measure == "cumulative":
        found["value"] = found.groupby("series", sort=False).value.cumsum()
    found["low"], found["high"] = wilson(found.amount, found.customers) if measure == "customers" else (np.nan, np.nan)
    return found.drop(columns="amount").reset_index(drop=True)


def wilson(yes, among) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of a share (Wilson 1927)."""
    yes, among = np.asarray(yes, float), np.asarray(among, float)
    share, z = yes / among, SURE
    middle = (share + z * z / (2 * among)) / (1 + z * z / among)
    half = z * np.sqrt(share * (1 - share) / among + z * z / (4 * among * among)) / (1 + z * z / among)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def change(cells: pd.DataFrame) -> Change | None:
    """Whether the newest cohorts come back more or less than those before them; None where there are too few to tell.

    The newest are a quarter of all, three at most. Cohorts differ among themselves by season, too: the test allows for
    it by the spread of the earlier ones about their mean (quasi-binomial; McCullagh & Nelder 1989, 4.5).
    """
    from scipy.stats import t

    rows = cells[(cells.age == 1) & cells.whole].groupby("cohort", as_index=False)[["size", "active"]].sum()
    rows = rows.sort_values("cohort")
    newest = min(3, len(rows) // 4)
    if newest < 1:
        return None
    before, recent = rows.iloc[:-newest], rows.iloc[-newest:]
    among, others = int(recent["size"].sum()), int(before["size"].sum())
    one, other = recent.active.sum() / among, before.active.sum() / others
    if not 0 < other < 1:
        return None
    residual = (before.active - before["size"] * other) ** 2 / (before["size"] * other * (1 - other))
    spread = max(1.0, float(residual.sum()) / (len(before) - 1))
    both = (recent.active.sum() + before.active.sum()) / (among + others)
    error = np.sqrt(spread * both * (1 - both) * (1 / among + 1 / others))
    p = float(2 * t.sf(abs(one - other) / error, len(before) - 1)) if error > 0 else 1.0
    return Change(float(one), among, newest, float(other), others, len(before), p)


def together(found: pd.DataFrame, most: int) -> pd.DataFrame:
    """An answer of queries/cohorts.sql or cohorts_steps.sql with all but the `most` largest series as OTHERS."""
    where = found.step == 1 if "step" in found else pd.to_datetime(found.cohort) == pd.to_datetime(found.period)
    sizes = found[where].groupby("series").customers.sum().sort_values(ascending=False, kind="stable")
    if len(sizes) <= most:
        return found
    some = found.assign(series=found.series.where(found.series.isin(sizes.index[:most]), OTHERS))
    counted = [name for name in ("customers", "orders", "revenue") if name in some]
    return some.groupby([name for name in some if name not in counted], as_index=False)[counted].sum()


def largest_first(cells: pd.DataFrame) -> list[str]:
    """The series by the customers of their cohorts, the largest first; OTHERS last."""
    sizes = cells[cells.age == 0].groupby("series")["size"].sum().sort_values(ascending=False, kind="stable")
    return sorted(sizes.index, key=lambda name: name == OTHERS)


# --- from order to order --------------------------------------------------------------------------


def steps(found: pd.DataFrame, within_days: int) -> pd.DataFrame:
    """The funnel from order to order of an answer of queries/cohorts_steps.sql.

    Columns: series, step (1: the first order), customers (who placed it), share_of_first, went_on (to the next one),
    share (of customers), quarter_days, median_days, three_quarter_days (between the two, of those who went on),
    within (the share that goes on within so many days, those who still wait reckoned in; NaN where nobody was seen so
    long).
    """
    rows = []
    for series, ours in found.groupby("series", sort=False):
        first = int(ours[ours.step == 1].customers.sum())
        for step, group in ours.groupby("step"):
            gone = group[group.went_on]
            customers, went_on = int(group.customers.sum()), int(gone.customers.sum())
            seen = int(group.days.max()) >= within_days
            rows.append({
                "series": series, "step": int(step), "customers": customers, "share_of_first": customers / first,
                "went_on": went_on, "share": went_on / customers,
                **dict(zip(("quarter_days", "median_days", "three_quarter_days"), _quartiles(gone), strict=True)),
                "within": _at(waiting(group), within_days) if seen else np.nan})
    return pd.DataFrame(rows)


def waiting(group: pd.DataFrame) -> pd.DataFrame:
    """How the share of those who went on grows with the days (Kaplan & Meier 1958): days, share, customers (at risk).

    `group`: went_on, days, customers. Who has not gone on yet is among those who may, for as many days as they were
    seen.
    """
    by_day = group.groupby(["days", "went_on"]).customers.sum().unstack(fill_value=0).reindex(
        columns=[False, True], fill_value=0)
    at_risk = by_day.sum(axis=1)[::-1].cumsum()[::-1]
    share = 1 - (1 - by_day[True] / at_risk).cumprod()
    return pd.DataFrame({"days": by_day.index.astype("int64"), "share": share.to_numpy(float),
                         "customers": at_risk.to_numpy("int64")})


def _at(curve: pd.DataFrame, days: int) -> float:
    reached = curve[curve.days <= days]
    return float(reached.share.iloc[-1]) if len(reached) else 0.0


def _quartiles(gone: pd.DataFrame) -> list[float]:
    """The days after which a quarter, half and three quarters of those who went on had done so."""
    if gone.empty:
        return [np.nan] * 3
    by_day = gone.groupby("days").customers.sum()
    reached = by_day.cumsum() / by_day.sum()
    return [float(reached.index[np.searchsorted(reached.to_numpy(), part - 1e-12)]) for part in (0.25, 0.5, 0.75)]


def _of(cells: pd.DataFrame, measure: str) -> pd.Series:
    if measure == "cumulative":
        return cells.groupby(["series", "cohort"], sort=False).revenue.cumsum()
    return cells[{"customers": "active"}.get(measure, measure)]
