"""The places of days and weeks in their year: by date, and by feasts that move (Spring Festival, Easter, Thanksgiving)."""
from datetime import date, timedelta

import numpy as np
import pandas as pd

# The first day of the lunar year: the second new moon after the winter solstice, as China's calendar has it.
SPRING_FESTIVALS = tuple(date.fromisoformat(day) for day in (
    "1990-01-27 1991-02-15 1992-02-04 1993-01-23 1994-02-10 1995-01-31 1996-02-19 1997-02-07 1998-01-28 1999-02-16 "
    "2000-02-05 2001-01-24 2002-02-12 2003-02-01 2004-01-22 2005-02-09 2006-01-29 2007-02-18 2008-02-07 2009-01-26 "
    "2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 "
    "2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 "
    "2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08 2036-01-28 2037-02-15 2038-02-04 2039-01-24 "
    "2040-02-12 2041-02-01 2042-01-22 2043-02-10 2044-01-30 2045-02-17 2046-02-06 2047-01-26 2048-02-14 2049-02-02 "
    "2050-01-23").split())
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


def spring_festival(year: int) -> date | None:
    return next((day for day in SPRING_FESTIVALS if day.year == year), None)


MOVING = {"spring_festival": spring_festival, "easter": easter, "thanksgiving": thanksgiving}


def alignments(periods: pd.DatetimeIndex, interval: str) -> dict[str, np.ndarray]:
    """By name the place of each period in its year, −1 where it has none. Only days and weeks have alignments."""
    if interval not in ("day", "week"):
        return {}
    if interval == "day":
        # 29 February shares the place of the 28th: all other days keep theirs.
        by_date = np.where((periods.month == 2) & (periods.day == 29), 59, periods.dayofyear - (
            periods.is_leap_year & (periods.month > 2))).astype(int) - 1
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
            away = np.floor((periods - pd.Timestamp(day)).days.to_numpy() / step + (6 / 7 if step == 7 else 0)).astype(int)
            near = (away >= -BEFORE // step) & (away <= AFTER // step)
            slots[near] = away[near] + BEFORE // step
        found[name] = slots
    return found
