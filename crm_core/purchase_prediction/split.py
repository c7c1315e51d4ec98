"""The dated split: from which cutoffs is learned, on which is calibrated and tested. It only ever looks forward.

    orders from 2026-01-01 to 2026-12-31, horizon 90 days, as of 2026-12-31
    part       cutoff       outcome until
    train      2026-03-06   2026-06-04      (and earlier ones, as far as there is history)
    calibrate  2026-04-05   2026-07-04      its outcomes end where …
    …
"""

from dataclasses import dataclass
from datetime import date, timedelta

PARTS = ("train", "calibrate", "test", "score")
MOST_TRAINING_WINDOWS = 6
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

    Parts are missing where the history from `first_day` on is too short for them.
    """
    horizon, apart = timedelta(days=horizon_days), timedelta(days=horizon_days + gap_days)
    step = max(timedelta(days=7), horizon / 3)
    earliest = first_day + timedelta(days=LEAST_HISTORY_DAYS)
    found = [Window("score", as_of, as_of + horizon)]
    cutoff = as_of - horizon
    for part in ("test", "calibrate"):
        if cutoff >= earliest:
            found.append(Window(part, cutoff, cutoff + horizon))
        cutoff -= apart
    for _ in range(MOST_TRAINING_WINDOWS):
        if cutoff >= earliest:
            found.append(Window("train", cutoff, cutoff + horizon))
        cutoff -= timedelta(days=step.days)
    return Split(as_of, horizon_days, gap_days, tuple(reversed(found)))
