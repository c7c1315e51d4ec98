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
SHORTEST_HORIZON_DAYS = 7
YEAR_DAYS = 365
SEASONS_BACK = 2


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
    # Windows that overlap with the one to test on: learned from only once that is known too. Their part is "between".
    between: tuple[Window, ...] = ()
    learned_days: int = 0  # of the outcomes that are learned from; 0: the horizon itself

    @property
    def outcome_days(self) -> int:
        """How many days the outcomes of the windows are of: fewer than the horizon where the history is too short."""
        return self.learned_days or self.horizon_days

    def of(self, part: str) -> tuple[Window, ...]:
        return tuple(window for window in self.windows if window.part == part)


def split(first_day: date, as_of: date, horizon_days: int, gap_days: int = 0) -> Split:
    """Test on the newest whole horizon, calibrate on the one before it, train on those that ended before that.

    Training also takes the days of the horizon in the years before, where they were seen. Where the history from
    `first_day` on holds two horizons only, the older one trains and nothing is calibrated; where it holds fewer, a
    shorter horizon is learned from. Raises CutoffOutsideData.
    """
    if as_of < first_day:
        raise CutoffOutsideData(as_of=as_of, first=first_day)
    history = (as_of - first_day).days - LEAST_HISTORY_DAYS - gap_days
    learned_days = horizon_days
    if history < 2 * horizon_days:
        # A third: one to test on, and two of days on which customers have been known for a while.
        learned_days = min(horizon_days, max(SHORTEST_HORIZON_DAYS, history // 3))
    horizon, apart = timedelta(days=learned_days), timedelta(days=learned_days + gap_days)
    step = max(timedelta(days=7), timedelta(days=learned_days // 3))
    earliest = first_day + timedelta(days=LEAST_HISTORY_DAYS)
    newest = [cutoff for cutoff in (as_of - horizon, as_of - horizon - apart) if cutoff >= earliest]
    # Of customers who were known for less than a horizon little is learned: one such window, if there is no other.
    well_known = max(earliest, first_day + horizon)
    train = _back(as_of - horizon - 2 * apart, step, earliest)
    train = [day for day in train if day >= well_known] or train[:1]
    if train and learned_days == horizon_days:
        parts = ("test", "calibrate")
    else:
        parts, train = {2: ("test", "train"), 1: ("train",), 0: ()}[len(newest)], []
        if len(newest) == 2:
            train = _back(newest[1] - step, step, well_known)[: MOST_TRAINING_WINDOWS - 1]
    train += [day for day in _seasons(as_of, newest, horizon, earliest) if day not in train
              and day + apart <= newest[-1]]
    found = [("score", as_of), *zip(parts, newest, strict=True), *(("train", cutoff) for cutoff in train)]
    between = [day for day in _back(as_of - horizon, step, earliest) if newest and day > newest[-1]
               and day not in newest] if len(newest) == 2 else []
    return Split(as_of, horizon_days, gap_days, tuple(
        Window(part, cutoff, cutoff + (timedelta(days=horizon_days) if part == "score" else horizon))
        for part, cutoff in sorted(found, key=lambda window: window[1])),
        tuple(Window("between", cutoff, cutoff + horizon) for cutoff in reversed(between)),
        0 if learned_days == horizon_days else learned_days)


def longest_horizon(first_day: date, as_of: date, gap_days: int = 0) -> int | None:
    """The longest of the usual horizons for which there is a part to train, one to calibrate and one to test."""
    for days in USUAL_HORIZONS:
        if first_day <= as_of and len({window.part for window in split(first_day, as_of, days, gap_days).windows}) == 4:
            return days
    return None


def enough_from(first_day: date, horizon_days: int, gap_days: int = 0) -> date:
    """The first day as of which the history has a part to train, one to calibrate and one to test."""
    return first_day + timedelta(days=LEAST_HISTORY_DAYS + 3 * horizon_days + 2 * gap_days)


# --- inside ---------------------------------------------------------------------------------------


def _back(newest: date, step: timedelta, earliest: date) -> list[date]:
    """Up to MOST_TRAINING_WINDOWS days, a step apart, the newest first."""
    days = [newest - place * step for place in range(MOST_TRAINING_WINDOWS)]
    return [day for day in days if day >= earliest]


def _seasons(as_of: date, newest: list[date], horizon: timedelta, earliest: date) -> list[date]:
    """The same days in the years before, of what is scored and of what is tested on."""
    days = [day - timedelta(days=YEAR_DAYS * years) for day in (as_of, *newest[:1])
            for years in range(1, SEASONS_BACK + 1)]
    return sorted({day for day in days if day >= earliest}, reverse=True)
