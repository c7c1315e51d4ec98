"""A chart as a plain description: what is shown, not how it is drawn. Plotly draws it, and so may a slide or a sheet.

All text is plain, in the reader's language already, and holds no markup; whoever draws escapes it.
"""
from dataclasses import dataclass, field

import pandas as pd

KINDS = (
    "columns",  # standing bars: x a month or a name, y a number
    "bars",  # lying bars: y a name, x a number, colour a measure
    "waterfall",  # lying bars that begin where the one above ended: y a name, x a number; the last one is the sum
    "line",  # x a number or a day, y a number
    "scatter",  # x and y numbers, colour a name
    "network",  # points with names, joined by `links`; colour a kind of point
    "parallel",  # a line a group: y the names of lying axes, x a share 0..1, colour a name, `scale` low .. high
    "heatmap",  # x and y names, colour a share 0..1 (low .. high), text the words in the cell
    "curve",  # x and y numbers, many points; a mark is a level
    "dendrogram",  # a row a merge: x, y its height, left_x, right_x, left_height, right_height, label (0: not merged)
    "silhouette",  # x a number −1..1, colour a group; the rows in the order in which they lie below each other
    "forest",  # a row a name: y the name, x how many times, columns low and high; the axis is a ratio's, 1 its middle
    "intervals",  # lying bars with what they lie between: y a name, x a number, columns low and high
    "ranges",  # lines over ranges: x the name of a range, y a number, colour a measure, `text` the words under a range
    "tree",  # a row a node, parents first: x its depth, y its parent's row (−1), text its words, `size` a share 0..1
    "curves",  # x and y numbers, many points, colour a name; `low` and `high` a band round the one that matters
    "points",  # the same with few points, joined; `low` and `high` an upright line at each
    "flow",  # x a name on the left, y a name on the right, `size` how many go from one to the other
    "timeline",  # a lane a span: y its name, x its begin, `until` its end, `known_from`, `gap_from`; text before it
    "triangle",  # y the name of a cohort, x its age, colour a value, `text` its words; unfinished cells are grey
    "fan",  # x a day, y a number, colour a name: a history and a forecast with low_80, high_80, low_95, high_95
    "trend",  # x a day or month, y a number, colour a name; `filled` to the axis; scale: of x (as of the next three)
    "layers",  # areas on each other: x a day or month, y a number, colour a name
    "standing",  # standing bars beside each other: x a time or a name, y a number, colour a name
    "stacked",  # the same on each other
    "boxes",  # lying boxes: y a name, x its middle; columns low, first, third, high
    "grid",  # cells: x and y names, colour a number
    "funnel",  # y a name, x a number, text the words in a bar
    "treemap",  # x a number, colour a name; text a name within it
    "pie",  # x a number, colour a name
    "pareto",  # x a name, y a number, `high` the share of all so far
    "named_points",  # x and y numbers, text a name, colour a kind
    "tiles",  # a map of squares: x the column, y the row, colour a number in classes between `limits`, text in it
    "areas",  # a map of `outlines`: x and y a place's middle, colour a number in classes; `code` names its rings
    "bubbles",  # a map of circles: x and y where a place lies, `size` a number, text its name; `outlines` behind
    "watched",  # x a day, y a number within low .. high; marks are odd points, their series the kind; scale: of x
    "panels",  # x a day, y a number, colour a name: a panel each, one below the other; scale: of x
    "calendar",  # x a day, y a number, text its words: a cell a day; scale: names of weekdays and months
    "history",  # x a day, y a number, colour a name; `unfinished` dotted, `quiet` broken, `events` behind it
    "cloud",  # words, `text`, as large as `size` says; only beside a list with the figures
)
UNITS = ("count", "money", "number", "share", "day", "month", "name")
MOST_POINTS = 5_000  # more is slower to draw than it tells: take a sample before, and say so in a note


@dataclass(frozen=True)
class Mark:
    """A point with a word at it."""

    x: object
    y: object
    words: str
    series: str | None = None  # the value of the chart's colour column that it belongs to
    quiet: bool = False  # drawn in the background: something to compare with


@dataclass(frozen=True, eq=False)
class Chart:
    kind: str  # one of KINDS
    title: str
    alt: str  # what the chart shows, in a sentence or two, for those who cannot see it
    frame: pd.DataFrame  # a row for every bar, point or cell; nothing is drawn that is not in it
    x: str  # a column of the frame, as are y, colour, text and unfinished
    y: str
    labels: dict[str, str]  # column → its words; only columns with words are shown or exported
    units: dict[str, str]  # column → one of UNITS
    subtitle: str = ""
    colour: str | None = None  # the column whose values have a colour each, in the order in which they first appear
    text: str | None = None  # the column with the words in a cell
    size: str | None = None  # a flow's column with how many go from x to y; a tree's with the share in a node
    order: tuple[str, ...] = ()  # names that have the colour of their place here; the others of a flow or map step back
    # A yes/no column: what is still growing (of a waterfall: was given; of bars: is left over) is drawn fainter.
    unfinished: str | None = None
    ordered: bool = False  # the values of the colour column go from low to high: a ramp of colours
    selectable: bool = False  # points can be picked with a box or a lasso
    emphasis: str | None = None  # the value of the colour column that matters: the others step back
    tones: dict[str, str] = field(default_factory=dict)  # values of the colour column that are good or bad news → which
    quiet: tuple[str, ...] = ()  # values of the colour column of curves and points that are there to compare with
    low: str | None = None  # columns with the ends of the interval of y
    high: str | None = None
    filled: bool = False  # down to the axis
    hidden_axes: bool = False  # the axes have no scale that a person could read
    scale: tuple[str, ...] = ()  # what a heatmap's colours mean, from low to high; a map's: what has no number
    marks: tuple[Mark, ...] = ()
    links: pd.DataFrame | None = None  # a network's lines: x0, y0, x1, y1, `words` (what joins), `told` (by a node)
    events: pd.DataFrame | None = None  # behind a history: name, kind (campaign, holiday, own), starts_on, ends_on
    behind: pd.DataFrame | None = None  # behind a timeline: day, count; behind bubbles: x, y, text
    limits: tuple[float, ...] = ()  # between the classes of a map's numbers, from low to high
    outlines: pd.DataFrame | None = None  # a map's rings: place (its code; '' a line behind), x, y; no x: the ring ends
    extent: tuple[float, float, float, float] = (0, 1, 0, 1)  # of a map: the least and the most x, then y
    notes: tuple[str, ...] = field(default=())  # below the chart: where the numbers are from, what is left out

    def __post_init__(self):
        if self.kind not in KINDS or not set(self.units.values()) <= set(UNITS):
            raise ValueError(f"{self.kind} {self.units}")
        if self.kind in ("scatter", "silhouette") and len(self.frame) > MOST_POINTS:
            raise ValueError(f"{len(self.frame)} points: take a sample of {MOST_POINTS}")

    @property
    def series(self) -> list[str]:
        """The values of the colour column, in order."""
        return list(dict.fromkeys(self.frame[self.colour])) if self.colour else []


def written(value, unit: str, locale: str, short: bool = False) -> str:
    """A number as the language writes it: 1234567 money → 1,234,567; short: 1.2M or 123万 | 0.123 share → 12%."""
    if value is None or pd.isna(value):
        return "–"
    if unit == "name":
        return str(value)
    if unit == "day":
        return f"{value:%Y-%m-%d}"
    if unit == "month":
        return f"{value.year}年{value.month}月" if locale == "zh" else f"{value:%b %Y}"
    if unit == "share":
        return f"{value:.0%}" if value == 0 or abs(value) >= 0.0995 else f"{value:.1%}"
    if unit == "number":
        return f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:,.3g}"
    if not short:
        return f"{value:,.2f}" if unit == "money" and abs(value) < 100 else f"{value:,.0f}"
    for size, sign in ((1e8, "亿"), (1e4, "万")) if locale == "zh" else ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:,.3g}{sign}" if abs(value) / size < 1000 else f"{value / size:,.0f}{sign}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
