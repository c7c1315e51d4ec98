"""From what a person chose to what a chart shows: data, measure, names, and whether the type of chart suits them.

    Choice("pie", "orders", "revenue", by="channel")     → checked; a frame: name web | value 51234.50
    Choice("pie", "orders", "average_order", …)          → SharesNeedSums: averages make no whole
"""
import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core.errors import ChartNeeds, ChartUnknown, ChartWithout, NothingToDraw, SharesBelowNothing, SharesNeedSums
from crm_core.time_series import calendar

MOST_POINTS = 5_000
MOST_SLICES = 6  # of a pie; beyond, nobody compares angles
MOST_NAMES = 10  # of bars and colours, the rest is one more
INTERVALS = ("day", "week", "month", "quarter", "year")
MOST_COLOURS = 5  # beside each other in a group of bars
MOST_WITHIN = 30  # of a treemap
FOUR_FIFTHS = 0.8
BEGIN = date(1700, 1, 1)
OWN = "own:"  # before the name of an own measure


@dataclass(frozen=True)
class Measure:
    unit: str  # as charts name units
    adds_up: bool = True
    parts: tuple[str, ...] = ()  # the columns whose quotient it is


@dataclass(frozen=True)
class Data:
    """What charts can be made of."""

    measures: dict[str, Measure]
    names: tuple[str, ...]  # by which it can be told apart, `period` too
    spread: str = ""  # the unit of single values, of which a box is made


DATA = {
    "orders": Data(
        {"revenue": Measure("money"), "orders": Measure("count"), "customers": Measure("count", adds_up=False),
         "average_order": Measure("money", False, ("revenue", "orders"))},
        ("period", "channel", "country", "region", "city", "source", "campaign", "segment", "weekday", "hour"), "money"),
    "lines": Data(
        {"revenue": Measure("money"), "quantity": Measure("count"), "orders": Measure("count", adds_up=False),
         "average_price": Measure("money", False, ("revenue", "quantity"))},
        ("period", "category", "product", "channel", "country", "weekday"), "money"),
    "customers": Data(
        {"customers": Measure("count")},
        ("period", "country", "region", "city", "source", "stage", "gender", "industry", "segment")),
    "messages": Data(
        {"messages": Measure("count"), "customers": Measure("count", adds_up=False)},
        ("period", "channel", "direction", "campaign", "weekday", "hour")),
    "requests": Data(
        {"requests": Measure("count"), "satisfaction": Measure("number", False, ("rating", "rated")),
         "hours_to_close": Measure("number", False, ("hours", "closed"))},
        ("period", "category", "channel", "priority", "status", "weekday"), "number"),
    "journey": Data({"customers": Measure("count")}, ("step",)),
}


@dataclass(frozen=True)
class Kind:
    """What a type of chart asks for."""

    by: str = "any"  # any, period, name
    split: str = "may"  # may, must, no
    whole: bool = False  # it divides a whole: parts must add up and none be below nothing
    against: bool = False  # it asks for a second measure


KINDS = {
    "bar": Kind(), "line": Kind(by="period"), "area": Kind(by="period"), "stacked": Kind(split="must", whole=True),
    "scatter": Kind(by="name", against=True), "box": Kind(split="no"), "heatmap": Kind(split="must"),
    "funnel": Kind(by="name", split="no", whole=True), "treemap": Kind(by="name", whole=True),
    "pie": Kind(by="name", split="no", whole=True), "pareto": Kind(by="name", split="no", whole=True),
    "waterfall": Kind(by="name", split="no"),
}


@dataclass(frozen=True)
class Choice:
    """A chart as it was put together; all of it stands in its link."""

    kind: str = "bar"  # a key of KINDS
    data: str = "orders"  # a key of DATA, or own: and the name of an own measure
    measure: str = "revenue"  # a measure of the data
    by: str = "channel"  # one of the data's names
    split: str = ""  # another one
    against: str = ""  # a second measure
    interval: str = "month"  # one of INTERVALS
    days: int = 365  # so many last days; 0: all there are
    most: int = MOST_NAMES  # names; the others are put together
    segment: int = 0  # a kept segment; 0: everybody

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Choice":
        """A choice as it was kept; what is not told is as it comes. Raises ChartUnknown where it is none at all."""
        try:
            told = json.loads(text)
            known = {field.name: type(field.default) for field in fields(cls)}
            return cls(**{name: known[name](value) for name, value in told.items() if name in known})
        except (ValueError, TypeError, AttributeError):
            raise ChartUnknown(kind=str(text)[:60], known=tuple(KINDS)) from None


@dataclass(frozen=True, eq=False)
class Built:
    """What a chart shows."""

    choice: Choice  # with the interval that was taken
    frame: pd.DataFrame  # name, other, value (a box: low, first, middle, third, high, count, outside; against; whole)
    unit: str
    against_unit: str
    adds_up: bool  # the values of several names make a sum
    few: tuple[int, int] | None  # of a Pareto: so many of so many names make four fifths of all
    left_out: int  # names that are not shown, or stand together as the others
    together: bool  # they stand together as the others
    coarser: bool  # the interval is longer than asked for, so that not too many points are drawn
    first: date | None  # the first day; None: all there are
    last: date


OTHERS = "\x00others"  # the name of all that are put together; words for it stand elsewhere
UNKNOWN = ""  # nothing is told


def data_of(choice: Choice, own_adds_up: dict[str, bool]) -> Data:
    """What the chosen data can tell; `own_adds_up` are the own measures, and whether they add up. Raises ChartWithout."""
    if choice.data.startswith(OWN) and choice.data.removeprefix(OWN) in own_adds_up:
        own = choice.data.removeprefix(OWN)
        measure = Measure("number") if own_adds_up[own] else Measure("number", False, ("total", "points"))
        return Data({"value": measure}, ("period", "series", "place", "weekday"), "number")
    if choice.data not in DATA:
        raise ChartWithout(name=choice.data, known=(*DATA, *(OWN + name for name in own_adds_up)))
    return DATA[choice.data]


def check(choice: Choice, own_adds_up: dict[str, bool]) -> Data:
    """Raises ChartUnknown, ChartWithout, ChartNeeds, SharesNeedSums where the chart cannot be as it is chosen."""
    if choice.kind not in KINDS:
        raise ChartUnknown(kind=choice.kind, known=tuple(KINDS))
    kind, data = KINDS[choice.kind], data_of(choice, own_adds_up)
    for name, known in ((choice.measure, tuple(data.measures)), (choice.by, data.names), (choice.interval, INTERVALS),
                        (choice.split, ("", *data.names)), (choice.against, ("", *data.measures))):
        if name not in known:
            raise ChartWithout(name=name, known=tuple(one for one in known if one))
    if kind.by == "period" and choice.by != "period":
        raise ChartNeeds(kind=choice.kind, need="period" if "period" in data.names else "other_data")
    if kind.by == "name" and choice.by == "period":
        raise ChartNeeds(kind=choice.kind, need="name")
    if kind.split == "must" and not choice.split:
        raise ChartNeeds(kind=choice.kind, need="split" if len(data.names) > 1 else "other_data")
    if choice.split and choice.split == choice.by:
        raise ChartNeeds(kind=choice.kind, need="two_names")
    if kind.against and (not choice.against or choice.against == choice.measure):
        raise ChartNeeds(kind=choice.kind, need="against" if len(data.measures) > 1 else "other_data")
    if choice.kind == "box" and not data.spread:
        raise ChartNeeds(kind=choice.kind, need="spread")
    if choice.kind == "waterfall" and (not choice.days or choice.by == "step"):
        raise ChartNeeds(kind=choice.kind, need="days" if not choice.days else "other_data")
    apart = choice.kind == "area" and choice.split
    if (kind.whole or apart or choice.kind == "waterfall") and not data.measures[choice.measure].adds_up:
        raise SharesNeedSums(kind=choice.kind, measure=choice.measure)
    return data


def fitting(choice: Choice, data: Data) -> Choice:
    """The choice with what its type asks for and only one answer can be, so that a change of type asks for little."""
    kind = KINDS.get(choice.kind)
    if kind is None:
        return choice
    said: dict = {}
    if choice.measure not in data.measures:
        said["measure"] = next(iter(data.measures))
    by = choice.by if choice.by in data.names else next((name for name in data.names if name != "period"), "period")
    if kind.by == "period" and "period" in data.names:
        by = "period"
    if kind.by == "name" and by == "period":
        by = next((name for name in data.names if name != "period"), by)
    split = choice.split if choice.split in data.names and choice.split != by and kind.split != "no" else ""
    if kind.split == "must" and not split:
        split = next((name for name in data.names if name != by and name != "period"), "")
    measure = said.get("measure", choice.measure)
    against = choice.against if choice.against in data.measures and choice.against != measure and kind.against else ""
    if kind.against and not against:
        against = next((name for name in data.measures if name != measure), "")
    return replace(choice, by=by, split=split, against=against, **said)


def build(store, choice: Choice, as_of: date, own_adds_up: dict[str, bool], zone: str = "UTC", week: str = "monday",
          ) -> Built:
    """What the chart shows of the days before the end of `as_of`; of own numbers, before the end of their last day.

    Days, weeks and hours are those of a zone, a week begins on Monday or Sunday; own numbers have their own clock.

    Raises what `check` raises, SharesBelowNothing, NothingToDraw.
    """
    data = check(choice, own_adds_up)
    if choice.split == "period":  # time lies along an axis, names have the colours
        choice = replace(choice, by="period", split=choice.by)
    last = as_of
    if choice.data.startswith(OWN):
        known = store.frame("own_measures").set_index("measure")
        last = min(as_of, known.loc[choice.data.removeprefix(OWN), "last_at"].date())
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
                 _few(found, choice, data) if choice.kind == "pareto" else None, left_out, together, coarser,
                 first if choice.days and choice.data != "journey" else None, last)


# --- inside ---------------------------------------------------------------------------------------


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
    look.execute("CREATE OR REPLACE TEMP TABLE clock AS SELECT CAST(NULL AS TIMESTAMP) AS slot, CAST(NULL AS TIMESTAMP) "
                 "AS period, CAST(NULL AS VARCHAR) AS weekday, CAST(NULL AS VARCHAR) AS hour WHERE false")
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
            low, high = (values[np.searchsorted(upto, np.floor(place) + offset, side="right")] if np.floor(place) + offset < total
                         else values[-1] for offset in (0, 1))
            return float(low + (high - low) * (place - np.floor(place)))

        first, middle, third = at(0.25), at(0.5), at(0.75)
        reach = 1.5 * (third - first)
        inside = values[(values >= first - reach) & (values <= third + reach)]
        outside = int(group[column][(group.single < first - reach) | (group.single > third + reach)].sum())
        rows.append({"name": name, "other": UNKNOWN, "value": middle, "low": inside[0], "first": first, "middle": middle,
                     "third": third, "high": inside[-1], "count": total, "outside": outside})
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
