"""The dated split: from which cutoffs is learned, on which is calibrated and tested. It only ever looks forward.

    orders from 2026-01-01 on, as of 2026-12-31, horizon 90 days, no gap
    part       cutoff       outcome until
    train      2026-03-06   2026-06-04      (and earlier ones, as far as there is history)
    train      2026-04-05   2026-07-04
    calibrate  2026-07-04   2026-10-02      what it learns from ended before its cutoff
    test       2026-10-02   2026-12-31
    score      2026-12-31   2027-03-31      still to come
"""

from dataclasses import dataclass
from datetime import date, timedelta

from crm_core.errors import CutoffOutsideData

PARTS = ("train", "calibrate", "test", "score")
MOST_TRAINING_WINDOWS = 6
USUAL_HORIZONS = (90, 60, 30, 14, 7)
LEAST_HISTORY_DAYS = 28  # before a cutoff: less tells nothing of a customer


@dataclass(frozen=True)
class Window:
    part: str  # one of PARTS; score: the outcome is still to come
    cutoff: date  # features know the days up to and with this one
    until: date  # outcomes are of the days after the cutoff up to and with this one


@dataclass(frozen=True)
class Split:
    as_of: date  # the newest day that is known; the cutoff of what is scored
    horizon_days: int
    gap_days: int  # days left out between the end of one part's outcomes and the cutoff of the next part
    windows: tuple[Window, ...]  # oldest first; the last one is the one to score

    def of(self, part: str) -> tuple[Window, ...]:
        return tuple(window for window in self.windows if window.part == part)


def split(first_day: date, as_of: date, horizon_days: int, gap_days: int = 0) -> Split:
    """Test on the newest whole horizon, calibrate on the one before it, train on those that ended before that.

    Where the history from `first_day` on holds two horizons only, the older one trains and nothing is calibrated;
    where it holds one, nothing is left to test on. Raises CutoffOutsideData.
    """
    if as_of < first_day:
        raise CutoffOutsideData(as_of=as_of, first=first_day)
    horizon, apart = timedelta(days=horizon_days), timedelta(days=horizon_days + gap_days)
    step = max(timedelta(days=7), timedelta(days=horizon_days // 3))
    earliest = first_day + timedelta(days=LEAST_HISTORY_DAYS)
    newest = [cutoff for cutoff in (as_of - horizon, as_of - horizon - apart) if cutoff >= earliest]
    cutoff, train = as_of - horizon - 2 * apart, []
    while cutoff >= earliest and len(train) < MOST_TRAINING_WINDOWS:
        train.append(cutoff)
        cutoff -= step
    parts = ("test", "calibrate") if train else {2: ("test", "train"), 1: ("train",), 0: ()}[len(newest)]
    found = [("score", as_of), *zip(parts, newest, strict=True), *(("train", cutoff) for cutoff in train)]
    return Split(as_of, horizon_days, gap_days, tuple(
        Window(part, cutoff, cutoff + horizon) for part, cutoff in reversed(found)))


def longest_horizon(first_day: date, as_of: date, gap_days: int = 0) -> int | None:
    """The longest of the usual horizons for which there is a part to train, one to calibrate and one to test."""
    for days in USUAL_HORIZONS:
        if first_day <= as_of and len({window.part for window in split(first_day, as_of, days, gap_days).windows}) == 4:
            return days
    return None


def enough_from(first_day: date, horizon_days: int, gap_days: int = 0) -> date:
    """The first day as of which the history has a part to train, one to calibrate and one to test."""
    return first_day + timedelta(days=LEAST_HISTORY_DAYS + 3 * horizon_days + 2 * gap_days)
