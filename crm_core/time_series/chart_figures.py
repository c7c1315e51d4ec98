"""The figures that a chart shows, counted in SQL: the largest names, every period, quartiles, what changed.

    build(store, Choice("bar", "orders", "revenue", by="channel"), as_of, {})    → name web | value 51234.50
"""
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core.errors import NothingToDraw, SharesBelowNothing
from crm_core.time_series import calendar
from crm_core.time_series.charting import (
    INTERVALS,
    KINDS,
    OTHERS,
    OWN,
    UNKNOWN,
    Built,
    Choice,
    Data,
    Measure,
    check,
)

MOST_POINTS = 5_000
MOST_COLOURS = 5  # beside each other in a group of bars
MOST_WITHIN = 30  # of a treemap
FOUR_FIFTHS = 0.8
BEGIN = date(1700, 1, 1)


def build(store, choice: Choice, as_of: date, own_adds_up: dict[str, bool], zone: str = "UTC", week: str = "monday",
          ) -> Built:
    """What the chart shows of the days before the end of `as_of`; of own numbers, before the end of their last day.

    Days, weeks and hours are those of a zone, a week begins on Monday or Sunday; own numbers have their own clock.

    Raises what `check` raises, SharesBelowNothing, NothingToDraw.
    """
    data = check(choice, own_adds_up)
    if choice.split == "period":  # time lies along an axis, names have the colours
        choice = replace(choice, by="period", split=choice.by)
    last, covered = as_of, as_of - timedelta(days=1)
    if choice.data.startswith(OWN):
        known = store.frame("own_measures").set_index("measure")
        own = known.loc[choice.data.removeprefix(OWN)]
        last = min(as_of, own.last_at.date())
        covered = _covered(own.last_at, pd.Timedelta(seconds=own.step_s if pd.notna(own.step_s) else 86_400))
    coarser = False
    while True:
        first = last - timedelta(days=choice.days - 1) if choice.days else BEGIN
        if choice.days and "period" in (choice.by, choice.split):
            first = calendar.begin(first, choice.interval, week).date()
        with store.look() as look:
            found = _asked(look, choice, first, last, zone, week)
        frame, left_out, together = _named(found, choice, data, last, week)
        wider = INTERVALS.index(choice.interval) + 1
        if len(frame) <= MOST_POINTS or "period" not in (choice.by, choice.split) or wider == len(INTERVALS):
            break
        choice, coarser = replace(choice, interval=INTERVALS[wider]), True
    if choice.kind == "waterfall":
        with store.look() as look:
            frame = _change(look, choice, data, frame, (first, last), zone)
    _refuse_what_misleads(frame, choice)
    if len(frame) > MOST_POINTS:
        frame, left_out = frame.head(MOST_POINTS), left_out + len(frame) - MOST_POINTS
    unit = data.spread if choice.kind == "box" else data.measures[choice.measure].unit
    return Built(choice, frame.reset_index(drop=True), unit,
                 data.measures[choice.against].unit if choice.against else "",
                 choice.kind != "box" and data.measures[choice.measure].adds_up,
                 _few(found, choice, data) if choice.kind == "pareto" else None, left_out, together, coarser, covered,
                 first if choice.days and choice.data != "journey" else None, last)


# --- inside ---------------------------------------------------------------------------------------


def _covered(last_at: pd.Timestamp, step: pd.Timedelta) -> date:
    """The last day that own numbers tell of: a number of a year tells of the whole of it."""
    interval = calendar.interval_of(step)
    if interval in ("month", "quarter", "year"):
        ends = calendar.following(calendar.begin(last_at, interval), interval)
    else:
        ends = last_at + max(step, pd.Timedelta(days=1))
    return ends.date() - timedelta(days=1)


def _asked(look, choice: Choice, first: date, last: date, zone: str, week: str = "monday") -> pd.DataFrame:
    own = choice.data.startswith(OWN)
    # Days on which somebody joined and own numbers are told by their own place's clock.
    zone = "UTC" if own or choice.data == "customers" else zone
    sides, asked = {choice.by, choice.split}, {choice.measure, choice.against}
    until = calendar.utc(last + timedelta(days=1), zone)
    since = calendar.utc(first, zone) if first > BEGIN else pd.Timestamp(BEGIN)
    timed = bool(sides & {"period", "weekday", "hour"})
    given = {"measure": choice.data.removeprefix(OWN), "data": "own" if own else choice.data}
    slot = _lay_clock(look, choice, since, until, zone, week, given) if timed else _lay_no_clock(look)
    found = look.frame(
        f"chart_{given['data']}", by=choice.by, split=choice.split, first=since, until=until, segment=choice.segment,
        spread=choice.kind == "box", timed=timed, slot=slot, measure=given["measure"],
        people=bool(asked & {"customers", "orders"}) and choice.kind != "box")
    found = found.rename(columns={"value": "single"})
    if choice.data.startswith(OWN):
        found["value"] = found.total
    for column, side in (("name", choice.by), ("other", choice.split)):
        if side == "period":
            found[column] = found.period
        elif column not in found or not side:
            found[column] = UNKNOWN
        else:
            found[column] = found[column].fillna(UNKNOWN)
    if "period" in (choice.by, choice.split):
        found = found[found.period.notna()]
    return found


def _lay_clock(look, choice: Choice, since, until, zone: str, week: str, given: dict) -> str:
    """The temp table clock: what the clocks of a zone tell at each hour (or minute) in UTC; the unit of its slots."""
    begun = look.frame("chart_bounds", **given).first_at[0]
    since = max(since, begun) if pd.notna(begun) else until - pd.Timedelta(days=1)
    unit, slots = calendar.slots(min(since, until - pd.Timedelta(hours=1)), until, "hour", zone)
    local = slots.period
    clock = pd.DataFrame({"slot": slots.slot, "period": calendar.begins(local, choice.interval, week).astype(
        "datetime64[us]"), "weekday": local.dt.dayofweek.astype(str), "hour": local.dt.hour.astype(str)})
    if "period" not in (choice.by, choice.split):  # or people would be counted once a period
        clock["period"] = pd.Series(pd.NaT, clock.index, "datetime64[us]")
    look.stage("clock", clock)
    return unit


def _lay_no_clock(look) -> str:
    look.execute(
        "CREATE OR REPLACE TEMP TABLE clock AS SELECT CAST(NULL AS TIMESTAMP) AS slot, CAST(NULL AS TIMESTAMP) "
        "AS period, CAST(NULL AS VARCHAR) AS weekday, CAST(NULL AS VARCHAR) AS hour WHERE false"
    )
    return "hour"


def _value(rows: pd.DataFrame, measure: str, data: Data) -> pd.Series:
    of = data.measures[measure]
    if of.parts:
        return rows[of.parts[0]] / rows[of.parts[1]].where(rows[of.parts[1]] > 0)
    return rows[measure].astype(float)


def _named(found: pd.DataFrame, choice: Choice, data: Data, last: date, week: str) -> tuple[pd.DataFrame, int, bool]:
    """A row a mark: the largest names, the others put together where that can be; how many they are."""
    if choice.kind == "box":
        return _boxes(found, choice)
    of = data.measures[choice.measure]
    sums = [column for column in found.columns if column not in ("period", "name", "other", "single")]
    left_out, together = 0, False
    for column, side in (("name", choice.by), ("other", choice.split)):
        if side in ("", "period", "weekday", "hour", "step") or choice.kind == "scatter":
            continue
        size = found.groupby(column)[_weight(choice, data)].sum().sort_values(ascending=False, kind="stable")
        most = choice.most
        if column == "other" and choice.by != "period":
            most = MOST_WITHIN if choice.kind == "treemap" else min(choice.most, MOST_COLOURS)
        if len(size) <= most + (1 if of.adds_up or of.parts else 0):
            continue
        kept = set(size.index[:most])
        left_out += len(size) - len(kept)
        if of.adds_up or of.parts:  # of a quotient both parts add up; of people counted once nothing does
            found, together = found.assign(**{column: found[column].where(found[column].isin(kept), OTHERS)}), True
        else:
            found = found[found[column].isin(kept)]
    frame = found.groupby(["name", "other"], as_index=False, sort=False)[sums].sum(min_count=1)
    out = pd.DataFrame({"name": frame.name, "other": frame.other, "value": _value(frame, choice.measure, data)})
    if choice.against:
        out["against"] = _value(frame, choice.against, data)
        out = out.dropna(subset=["value", "against"])
    if "period" in (choice.by, choice.split):
        out = _every_period(out, choice, of, calendar.begin(last, choice.interval, week), week)
    return _ordered(out, choice), left_out, together


def _few(found: pd.DataFrame, choice: Choice, data: Data) -> tuple[int, int]:
    sizes = found.groupby("name")[choice.measure].sum().sort_values(ascending=False)
    return int((sizes.cumsum() < FOUR_FIFTHS * sizes.sum()).sum()) + 1, len(sizes)


def _weight(choice: Choice, data: Data) -> str:
    """The column by which names are large: what is counted, and of a quotient how many it rests on."""
    of = data.measures[choice.measure]
    return of.parts[1] if of.parts else choice.measure


def _every_period(out: pd.DataFrame, choice: Choice, of: Measure, until: pd.Timestamp, week: str) -> pd.DataFrame:
    """A row for every period of every name, so that a line does not bridge where nothing was."""
    column, side = ("name", "other") if choice.by == "period" else ("other", "name")
    if out.empty:
        return out
    begin, end = out[column].min(), max(out[column].max(), until)  # days on which nothing happened are days too
    grid = pd.MultiIndex.from_product([calendar.periods(begin, end, choice.interval, week), out[side].unique()],
                                      names=[column, side])
    out = out.set_index([column, side]).reindex(grid).reset_index()
    if not of.parts:
        out["value"] = out.value.fillna(0.0)
    return out


def _ordered(out: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    """Names by size, the others and the unknown last; times, weekdays and hours in their own order."""
    for column, side in (("other", choice.split), ("name", choice.by)):
        if not side:
            continue
        if side in ("weekday", "hour"):
            place = out[column].map(lambda name: int(name) if str(name).isdigit() else 99)
        elif side == "period":
            place = out[column]
        elif side == "step":
            place = out[column].map({name: order for order, name in enumerate(out[column])})
        else:
            size = out.groupby(column).value.sum()
            place = -out[column].map(size)
            # Beyond the largest stand those together, and those of whom nothing is told.
            place = place.where(~out[column].isin([OTHERS]), np.inf)
        out = out.assign(place=place).sort_values("place", kind="stable").drop(columns="place")
    return out.reset_index(drop=True)


def _boxes(found: pd.DataFrame, choice: Choice) -> tuple[pd.DataFrame, int, bool]:
    """Quartiles, and the farthest values within one and a half times what lies between them (Tukey's box)."""
    column = {"orders": "orders", "lines": "lines", "requests": "requests"}.get(choice.data, "points")
    found = found.dropna(subset=["single"])
    sizes = found.groupby("name")[column].sum().sort_values(ascending=False, kind="stable")
    kept = sizes.index if choice.by in ("period", "weekday", "hour") else sizes.index[:choice.most]
    rows = []
    for name, group in found[found.name.isin(set(kept))].groupby("name", sort=False):
        group = group.sort_values("single")
        values, upto = group.single.to_numpy(), group[column].cumsum().to_numpy()
        total = int(upto[-1])

        def at(share: float, values=values, upto=upto, total=total) -> float:
            place = (total - 1) * share  # between two values as R's seventh way and everybody's
            low, high = (
                values[np.searchsorted(upto, np.floor(place) + offset, side="right")]
                if np.floor(place) + offset < total
                else values[-1]
                for offset in (0, 1)
            )
            return float(low + (high - low) * (place - np.floor(place)))

        first, middle, third = at(0.25), at(0.5), at(0.75)
        reach = 1.5 * (third - first)
        inside = values[(values >= first - reach) & (values <= third + reach)]
        outside = int(group[column][(group.single < first - reach) | (group.single > third + reach)].sum())
        rows.append(
            {
                "name": name,
                "other": UNKNOWN,
                "value": middle,
                "low": inside[0],
                "first": first,
                "middle": middle,
                "third": third,
                "high": inside[-1],
                "count": total,
                "outside": outside,
            }
        )
    out = pd.DataFrame(rows)
    return (_ordered(out, choice) if len(out) else out), len(sizes) - len(kept), False


def _change(look, choice: Choice, data: Data, now: pd.DataFrame, days: tuple[date, date], zone: str) -> pd.DataFrame:
    """From what it was in as many days before to what it is: name, value (the change), before, after."""
    first, last = days
    before = _asked(look, choice, first - (last - first + timedelta(days=1)), first - timedelta(days=1), zone)
    after = now.set_index("name").value
    named = before.name.where(before.name.isin(set(after.index)), OTHERS)
    was = _value(before.groupby(named)[[choice.measure]].sum().reset_index(), choice.measure, data)
    was.index = sorted(named.unique())
    names = [*after.index, *(name for name in was.index if name not in after.index)]
    frame = pd.DataFrame({"name": names, "other": UNKNOWN, "before": was.reindex(names).fillna(0.0).to_numpy(),
                          "after": after.reindex(names).fillna(0.0).to_numpy()})
    frame["value"] = frame.after - frame.before
    return frame.sort_values("value", ascending=False, kind="stable")


def _refuse_what_misleads(frame: pd.DataFrame, choice: Choice) -> None:
    if frame.empty or not (frame.value.fillna(0) != 0).any():
        raise NothingToDraw()
    if KINDS[choice.kind].whole or (choice.kind == "area" and choice.split):
        below = frame[frame.value < 0]
        if len(below):
            raise SharesBelowNothing(kind=choice.kind, count=len(below),
                                     names=", ".join(map(str, below.name.unique()[:3])))
