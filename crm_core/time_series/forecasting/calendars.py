"""What is known of days before they come: weekdays, the season, holidays, campaigns; as columns beside a series.

A column says for which share of a period's days something holds, so that days, weeks and months are told alike:

    week from 2026-02-16 | holiday 'CN Spring Festival' 6/7 | campaign (from Thursday on) 4/7
"""
import re
from functools import lru_cache

import numpy as np
import pandas as pd

from crm_core.time_series.spring_festival import spring_festival
from crm_core.time_series.yearly import easter, thanksgiving

LENGTHS = {"hour": pd.DateOffset(hours=1), "day": pd.DateOffset(days=1), "week": pd.DateOffset(days=7),
           "month": pd.DateOffset(months=1), "quarter": pd.DateOffset(months=3), "year": pd.DateOffset(years=1)}
YEAR = {"hour": 8766.0, "day": 365.25, "week": 52.18, "month": 12.0, "quarter": 4.0, "year": 1.0}  # periods in a year
WAVES = {"hour": 3, "day": 8, "week": 8, "month": 6, "quarter": 2, "year": 0}  # of the season of the year
LUNAR = ("CN", "HK", "MO", "MY", "SG", "TW")  # countries that keep the Spring Festival
CHRISTMAS = ("AT", "AU", "BE", "CA", "CH", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "NL", "NO", "PL", "PT", "SE",
             "US")  # and those that buy for Christmas
RUN_UP = 14  # days before a feast in which people buy for it, and after it in which they come back to buying
AFTER = 7  # days after a campaign in which what was bought early is missing


def ahead(last: pd.Timestamp, interval: str, horizon: int) -> pd.DatetimeIndex:
    """The periods that come after one."""
    return pd.DatetimeIndex([last + step * LENGTHS[interval] for step in range(1, horizon + 1)])


def design(periods: pd.DatetimeIndex, interval: str, events: pd.DataFrame | None = None,
           countries: tuple[str, ...] = (), season: bool = True) -> pd.DataFrame:
    """A row a period, a column for whatever may move it; the columns are (group, name).

    Groups: hour, weekday, season, holiday, campaign (how much of the period any campaign ran), one_campaign (each by
    its name), after (the week behind a campaign), own. events: name, kind (campaign or own; others are left out, for
    holidays are those of `countries`, codes like CN), starts_on, ends_on (none: one day). season: with waves.
    """
    ends = periods + LENGTHS[interval]
    days = pd.date_range(periods.min().normalize(), ends.max().normalize() + pd.Timedelta(days=1), freq="D")
    first = (periods.normalize() - days[0]).days.to_numpy()
    last = np.maximum((ends.normalize() - days[0]).days.to_numpy(), first + 1)

    def share(held: np.ndarray) -> np.ndarray:
        whole = np.r_[0, np.cumsum(held)]
        return (whole[last] - whole[first]) / (last - first)

    columns = {}
    if interval == "hour":
        columns |= {("hour", str(hour)): (periods.hour == hour) - 1 / 24 for hour in range(1, 24)}
    if interval != "year":
        columns |= {("weekday", str(day)): share(days.weekday == day) - 1 / 7 for day in range(1, 7)}
    if season:
        columns |= _season(days, first, last, interval)
    for name, held in _holidays(days, tuple(countries)).items():
        columns["holiday", name] = share(held)
    columns |= {key: share(held) for key, held in _events(days, events).items()}
    found = pd.DataFrame(columns, index=periods)
    found.columns = pd.MultiIndex.from_tuples(found.columns, names=["group", "name"])
    return found


def same(name: str) -> str:
    """A campaign that comes again is called alike but for its year or number: 'Black Friday 2025' → 'black friday'."""
    return re.sub(r"[\W\d_]+", " ", name.casefold()).strip() or name


# --- inside ---------------------------------------------------------------------------------------


def _season(days: pd.DatetimeIndex, first: np.ndarray, last: np.ndarray, interval: str) -> dict:
    """Waves over the year, the quicker the smaller: a season is even unless the data say otherwise."""
    middle = days[0].dayofyear - 1 + (first + last) / 2  # days since the first day's New Year; leap days are let slip
    found = {}
    for wave in range(1, WAVES[interval] + 1):
        turn = 2 * np.pi * wave * middle / 365.25
        found["season", f"cos {wave}"] = np.cos(turn) / wave
        if 2 * wave < YEAR[interval]:  # the quickest wave of months and quarters has no second half
            found["season", f"sin {wave}"] = np.sin(turn) / wave
    return found


def _holidays(days: pd.DatetimeIndex, countries: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Days off by name, and the times round feasts in which people buy otherwise."""
    years = tuple(range(days[0].year - 1, days[-1].year + 2))
    found = {}
    for country in countries:
        for name, dates in _days_off(country, years).items():
            held = days.isin(dates)
            # The same days under another name, or in another country, are one thing to a series.
            if not any((held == other).all() for other in found.values()):
                found[f"{country} {name}"] = held
    windows = {}
    for year in years:
        if set(countries) & set(LUNAR) and spring_festival(year):
            start = pd.Timestamp(spring_festival(year))
            windows.setdefault("before the Spring Festival", []).append((start - pd.Timedelta(days=RUN_UP), RUN_UP))
            windows.setdefault("Spring Festival", []).append((start - pd.Timedelta(days=1), 8))
            windows.setdefault("after the Spring Festival", []).append((start + pd.Timedelta(days=7), RUN_UP))
        if "CN" in countries:
            windows.setdefault("Singles' Day", []).append((pd.Timestamp(year, 11, 11), 1))
            windows.setdefault("before Singles' Day", []).append((pd.Timestamp(year, 11, 1), 10))
            windows.setdefault("18 June", []).append((pd.Timestamp(year, 6, 16), 3))
        if set(countries) & set(CHRISTMAS):
            friday = pd.Timestamp(thanksgiving(year)) + pd.Timedelta(days=1)
            windows.setdefault("Black Friday", []).append((friday, 4))
            windows.setdefault("before Christmas", []).append((pd.Timestamp(year, 12, 24 - RUN_UP + 1), RUN_UP))
            windows.setdefault("after Christmas", []).append((pd.Timestamp(year, 12, 27), 5))
            windows.setdefault("before Easter", []).append((pd.Timestamp(easter(year)) - pd.Timedelta(days=8), 7))
    for name, spans in windows.items():
        held = np.zeros(len(days), bool)
        for start, count in spans:
            held |= (days >= start) & (days < start + pd.Timedelta(days=count))
        found[name] = held
    return {name: held for name, held in found.items() if held.any()}


def _events(days: pd.DatetimeIndex, events: pd.DataFrame | None) -> dict[tuple[str, str], np.ndarray]:
    found = {}
    if events is None:
        return found
    for row in events.itertuples():
        if row.kind not in ("campaign", "own") or pd.isna(row.starts_on):
            continue
        start = pd.Timestamp(row.starts_on)
        end = start if pd.isna(row.ends_on) else pd.Timestamp(row.ends_on)
        held = ((days >= start) & (days <= end)).astype(float)
        if row.kind == "own":
            keys = {("own", same(row.name)): held}
        else:
            later = ((days > end) & (days <= end + pd.Timedelta(days=AFTER))).astype(float)
            keys = {("campaign", "any"): held, ("one_campaign", same(row.name)): held, ("after", "any"): later}
        for key, values in keys.items():
            found[key] = np.maximum(found.get(key, 0.0), values)
    return found


@lru_cache(maxsize=64)
def _days_off(country: str, years: tuple[int, ...]) -> dict[str, list[pd.Timestamp]]:
    """Public holidays by name; one kept on another day, or a day swapped for it, is the same holiday's."""
    import holidays

    found: dict[str, list[pd.Timestamp]] = {}
    try:
        kept = holidays.country_holidays(country, years=years, language="en_US")
    except NotImplementedError:  # the package does not know the country
        return found
    for day, names in sorted(kept.items()):
        for name in names.split("; "):
            plain = re.sub(r"\s*\(.*?\)", "", name).strip()
            found.setdefault(plain, []).append(pd.Timestamp(day))
    return found
