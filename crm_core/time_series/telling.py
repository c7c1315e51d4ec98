"""What a series says in figures: the last period, the one that is not over, how it went, and what is wrong with it."""
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Compared:
    """A period, and what it compares with."""

    period: pd.Timestamp
    value: float
    before: float  # NaN where nothing is there to compare with
    change: float  # as a share of `before`; NaN where that is 0 or less, or not there


@dataclass(frozen=True)
class Told:
    last: Compared | None  # the last period that is over and has a value
    growing: Compared | None  # the one that is not over, beside the same part of the earlier one
    total: float  # of the periods shown; of a measure that does not add up the mean of the periods that are over
    before: float  # the same of what these compare with; NaN where not all of them do
    change: float
    best: Compared | None  # the period with the highest value among those that are over
    points: int  # periods with a value
    missing: int  # periods without
    below_zero: int
    all_zero: bool


def told(frame: pd.DataFrame, adds_up: bool) -> Told:
    """The figures of one series, a frame with period, value, whole and, where it is compared, before."""
    rows = frame if "before" in frame else frame.assign(before=np.nan)
    over = rows[rows.whole & rows.value.notna()]
    rest = rows[~rows.whole & rows.value.notna()]
    growing = rest[rest.period > (over.period.max() if len(over) else rows.period.min())]
    known = rows.value.dropna()
    shown = rows if adds_up else over
    total = float(shown.value.sum() if adds_up else shown.value.mean()) if len(shown) else float("nan")
    beside = shown[shown.value.notna()]
    if len(beside) and adds_up:  # today has nothing beside it, nor much in it
        beside = beside[beside.before.notna() | beside.whole]
    complete = len(beside) and beside.before.notna().all()
    before = float(beside.before.sum() if adds_up else beside.before.mean()) if complete else float("nan")
    best = _compared(over, int(np.argmax(over.value)) if len(over) else 0)
    return Told(_compared(over, -1), _compared(growing, -1), total, before, change_of(total, before), best, len(known),
                int(rows.value.isna().sum()), int((known < 0).sum()), bool(len(known) and (known == 0).all()))


def change_of(value: float, before: float) -> float:
    """1.2 where 5.5 compares with 2.5; NaN where it compares with nothing or less than nothing."""
    return value / before - 1 if np.isfinite(before) and before > 0 and np.isfinite(value) else float("nan")


def movers(frame: pd.DataFrame) -> pd.DataFrame:
    """By series the last period that is over and what it compares with: series, value, before, moved, change. The one
    that moved most comes first."""
    over = frame[frame.whole]
    last = over[over.period == over.period.max()].dropna(subset=["before"])
    moved = last.value - last.before
    answer = pd.DataFrame({"series": last.series, "value": last.value, "before": last.before, "moved": moved,
                           "change": [change_of(*pair) for pair in zip(last.value, last.before, strict=True)]})
    return answer.sort_values("moved", key=abs, ascending=False, kind="stable").reset_index(drop=True)


def _compared(rows: pd.DataFrame, place: int) -> Compared | None:
    if rows.empty:
        return None
    row = rows.iloc[place]
    return Compared(row.period, float(row.value), float(row.before), change_of(row.value, row.before))
