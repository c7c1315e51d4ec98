"""The places of days and weeks in their year: by date and by moving feasts (Spring Festival, Easter, Thanksgiving)."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core.time_series.spring_festival import spring_festival

BEFORE, AFTER = 42, 28  # days round a moving feast in which what comes back with it is looked for


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def thanksgiving(year: int) -> date:
    """The fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 21)


MOVING = {"spring_festival": spring_festival, "easter": easter, "thanksgiving": thanksgiving}


def alignments(periods: pd.DatetimeIndex, interval: str) -> dict[str, np.ndarray]:
    """By name the place of each period in its year, −1 where it has none. Only days and weeks have alignments."""
    if interval not in ("day", "week"):
        return {}
    if interval == "day":
        # 29 February shares the place of the 28th: all other days keep theirs.
        by_date = (
            np.where(
                (periods.month == 2) & (periods.day == 29),
                59,
                periods.dayofyear - (periods.is_leap_year & (periods.month > 2)),
            ).astype(int)
            - 1
        )
    else:
        by_date = np.minimum(periods.isocalendar().week.to_numpy().astype(int), 52) - 1
    found = {"date": by_date}
    step = 1 if interval == "day" else 7
    for name, feast in MOVING.items():
        slots = np.full(len(periods), -1)
        for year in range(periods[0].year - 1, periods[-1].year + 2):
            day = feast(year)
            if day is None:
                continue
            # Weeks: the week in which the feast lies has the middle place.
            away = np.floor((periods - pd.Timestamp(day)).days.to_numpy() / step + (6 / 7 if step == 7 else 0)).astype(
                int
            )
            near = (away >= -BEFORE // step) & (away <= AFTER // step)
            slots[near] = away[near] + BEFORE // step
        found[name] = slots
    return found
