"""How numbers, days and times lie: their quartiles, a histogram, and what lies far from the rest.

    1 2 2 3 3 3 4 4 5 900  →  median 3 | fences −4 and 10 | 1 outlier, 900
"""
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import exp, floor, log, log10

from crm_core.cleaning.sheet import quoted

BINS = 20
FENCE = 3.0  # interquartile ranges beyond the quartiles: Tukey's outer fences
MULTIPLE = 3.0  # the third quartile over the first from which on numbers are compared by how many times larger
EXTREMES = 5
_START = date(1970, 1, 1)
_DAY_STEPS = (1, 7, 30, 91, 365, 1826, 3653, 36525)


@dataclass(frozen=True)
class Bin:
    low: object  # from here …
    high: object  # … up to before here; of whole numbers and lengths up to and with it
    rows: int


@dataclass(frozen=True)
class Outliers:
    """What lies outside Tukey's outer fences, three interquartile ranges from the quartiles."""

    low: object  # the fences
    high: object
    below: int
    above: int
    lowest: tuple[tuple[int, object], ...]  # (id, value) of the furthest, the furthest first
    highest: tuple[tuple[int, object], ...]
    scale: str  # plain, or log where the quartiles differ by multiples

    @property
    def rows(self) -> int:
        return self.below + self.above


def spread(ask, relation: str, id: str, columns: dict[str, str]) -> dict[str, dict]:
    """What a profile tells of columns of numbers, days and times (name → type); each has a value."""
    if not columns:
        return {}
    number = {name: _number(name, type) for name, type in columns.items()}
    asked = ", ".join(
        f"min({sql}), max({sql}), avg({sql}), quantile_cont({sql}, [0.25, 0.5, 0.75])" for sql in number.values())
    read = iter(ask.execute(f"SELECT {asked} FROM {relation}").fetchone())
    told, fences, first_quartile = {}, {}, {}
    for name, type in columns.items():
        low, high, mean, quartiles = next(read), next(read), next(read), next(read)
        if low is None:  # nothing finite
            continue
        told[name] = {"smallest": _back(low, type), "largest": _back(high, type), "median": _back(quartiles[1], type),
                      "mean": mean if type in ("whole", "number", "money") else None}
        fences[name] = (_fences(low, quartiles, type), low, high)
        first_quartile[name] = quartiles[0]
    outside = [name for name, (fence, low, high) in fences.items() if fence and (low < fence[0] or high > fence[1])]
    for name, (fence, _, _) in fences.items():
        if fence:
            told[name]["outliers"] = Outliers(_back(fence[0], columns[name]), _back(fence[1], columns[name]), 0, 0, (),
                                              (), fence[2])
    for name in outside:
        told[name]["outliers"] = _outliers(ask, relation, id, number[name], columns[name], fences[name][0])
    for name, (fence, low, high) in fences.items():
        # What lies outside would press everything else into one bar: the first and the last bar hold it.
        shown = (max(low, fence[0]), min(high, fence[1])) if fence else (low, high)
        by_multiples = fence and fence[2] == "log"
        told[name]["histogram"] = (
            _by_multiples(ask, relation, number[name], columns[name], low, shown[1], first_quartile[name])
            if by_multiples else _histogram(ask, relation, number[name], columns[name], *shown))
    return told


def _number(name: str, type: str) -> str:
    """A value as a number: days since 1970, seconds since 1970."""
    column = quoted(name)
    if type == "day":
        return f"CAST(CAST({column} AS DATE) - DATE '{_START}' AS DOUBLE)"
    if type == "time":
        return f"CAST(epoch(CAST({column} AS TIMESTAMP)) AS DOUBLE)"
    value = f"CAST({column} AS DOUBLE)"
    return f"CASE WHEN isfinite({value}) THEN {value} END" if type == "number" else value


def _back(value: float, type: str):
    if type == "day":
        return _moved(_START, timedelta(days=floor(value)))
    if type == "time":
        return _moved(datetime(1970, 1, 1), timedelta(seconds=floor(value)))
    return value


def _moved(start, by: timedelta):
    """A fence may lie before the first year or after the last one."""
    try:
        return start + by
    except OverflowError:
        return type(start).max if by > timedelta(0) else type(start).min


def _fences(low: float, quartiles: list[float], type: str) -> tuple[float, float, str] | None:
    """Tukey's outer fences; where the quartiles differ by multiples (amounts, revenues) those of the logarithms."""
    first, _, third = quartiles
    if third <= first:
        return None
    if type in ("day", "time") or first <= 0 or third < MULTIPLE * first:
        reach = FENCE * (third - first)
        return first - reach, third + reach, "plain"
    reach = FENCE * (log(third) - log(first))
    highest = exp(min(log(third) + reach, 700))
    # Below nothing there are no logarithms: what is taken back may be as much as what was given.
    return (-highest if low <= 0 else exp(max(log(first) - reach, -700))), highest, "log"


def _outliers(ask, relation: str, id: str, number: str, type: str, fence: tuple[float, float, str]) -> Outliers:
    low, high, scale = fence
    pair = f"{{'value': value, 'id': {quoted(id)}}}"
    below, above, lowest, highest = ask.execute(
        f"SELECT count(*) FILTER (value < {low!r}), count(*) FILTER (value > {high!r}), "
        f"min({pair}, {EXTREMES}) FILTER (value < {low!r}), max({pair}, {EXTREMES}) FILTER (value > {high!r}) "
        f"FROM (SELECT {quoted(id)}, {number} AS value FROM {relation}) WHERE value IS NOT NULL").fetchone()

    def told(pairs) -> tuple:
        return tuple((one["id"], _back(one["value"], type)) for one in pairs or ())

    return Outliers(_back(low, type), _back(high, type), below, above, told(lowest), told(highest), scale)


def _histogram(ask, relation: str, number: str, type: str, low: float, high: float) -> tuple[Bin, ...]:
    step, unit = _step(low, high, type), 86_400 if type == "time" else 1
    first = floor(low / step) * step if type not in ("day", "time") else floor(low / unit) * unit
    bins = max(1, min(BINS * 2, floor((high - first) / step) + 1))
    counted = dict(ask.execute(
        f"SELECT CAST(least(greatest(floor((value - {first!r}) / {step!r}), 0), {bins - 1}) AS INTEGER) AS bin, "
        f"count(*) FROM (SELECT {number} AS value FROM {relation}) WHERE value IS NOT NULL GROUP BY 1").fetchall())
    last = 1 if type == "whole" else 0
    return tuple(Bin(_back(first + place * step, type), _back(first + (place + 1) * step - last, type),
                     counted.get(place, 0)) for place in range(bins))


def _by_multiples(ask, relation: str, number: str, type: str, low: float, high: float, first: float
                  ) -> tuple[Bin, ...]:
    """Bars at 1, 2, 5, 10, 20 …: the first also holds what is smaller, the last what is larger."""
    start = max(low, first / 100) if low > 0 else first / 100
    edges = [factor * 10.0 ** power for power in range(floor(log10(start)), floor(log10(high)) + 2)
             for factor in (1, 2, 5)]
    edges = ([edge for edge in edges if edge <= start][-1:] + [edge for edge in edges if start < edge < high])
    edges.append(next((edge for edge in (2 * edges[-1], 2.5 * edges[-1]) if edge >= high), high))
    between = ", ".join(
        f"count(*) FILTER ({' AND '.join(told) or 'true'})" for told in (
            ([f"value >= {one!r}"] if place else []) + ([f"value < {other!r}"] if place < len(edges) - 2 else [])
            for place, (one, other) in enumerate(zip(edges, edges[1:], strict=False))))
    counts = ask.execute(f"SELECT {between} FROM (SELECT {number} AS value FROM {relation}) WHERE value IS NOT NULL"
                         ).fetchone()
    return tuple(Bin(_back(one, type), _back(other, type), rows)
                 for one, other, rows in zip(edges, edges[1:], counts, strict=False))


def _step(low: float, high: float, type: str) -> float:
    """A round width for some twenty bars: 1, 2 or 5 of something; of days a day, a week, a month, a quarter, a year."""
    span = high - low
    if type in ("day", "time"):
        unit = 86_400 if type == "time" else 1
        return next((step * unit for step in _DAY_STEPS if span / (step * unit) < BINS), _DAY_STEPS[-1] * unit)
    if span <= 0:
        return 1.0
    rough = span / BINS
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    return max(1.0, step) if type == "whole" else step
