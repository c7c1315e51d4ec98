"""From what a person chose to what a chart shows: data, measure, names, and whether the type of chart suits them.

    Choice("pie", "orders", "revenue", by="channel")     → checked; a frame: name web | value 51234.50
    Choice("pie", "orders", "average_order", …)          → SharesNeedSums: averages make no whole
"""
import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import date

import pandas as pd

from crm_core.errors import ChartNeeds, ChartUnknown, ChartWithout, SharesNeedSums
from crm_core.time_series.series import OWN

MOST_SLICES = 6  # of a pie; beyond, nobody compares angles
MOST_NAMES = 10  # of bars and colours, the rest is one more
INTERVALS = ("day", "week", "month", "quarter", "year")


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
        {
            "revenue": Measure("money"),
            "orders": Measure("count"),
            "customers": Measure("count", adds_up=False),
            "average_order": Measure("money", False, ("revenue", "orders")),
        },
        ("period", "channel", "country", "region", "city", "source", "campaign", "segment", "weekday", "hour"),
        "money",
    ),
    "lines": Data(
        {
            "revenue": Measure("money"),
            "quantity": Measure("count"),
            "orders": Measure("count", adds_up=False),
            "average_price": Measure("money", False, ("revenue", "quantity")),
        },
        ("period", "category", "product", "channel", "country", "weekday"),
        "money",
    ),
    "customers": Data(
        {"customers": Measure("count")},
        ("period", "country", "region", "city", "source", "stage", "gender", "industry", "segment"),
    ),
    "messages": Data(
        {"messages": Measure("count"), "customers": Measure("count", adds_up=False)},
        ("period", "channel", "direction", "campaign", "weekday", "hour"),
    ),
    "requests": Data(
        {
            "requests": Measure("count"),
            "satisfaction": Measure("number", False, ("rating", "rated")),
            "hours_to_close": Measure("number", False, ("hours", "closed")),
        },
        ("period", "category", "channel", "priority", "status", "weekday"),
        "number",
    ),
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
    covered: date  # the last day of which there is everything
    first: date | None  # the first day; None: all there are
    last: date


OTHERS = "\x00others"  # the name of all that are put together; words for it stand elsewhere
UNKNOWN = ""  # nothing is told


def data_of(choice: Choice, own_adds_up: dict[str, bool]) -> Data:
    """What the chosen data can tell; `own_adds_up`: own measures, and whether they add up. Raises ChartWithout."""
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
