"""What a series is made of: trend, one season or several, and the rest (STL, Cleveland and others 1990; MSTL, Bandara,
Hyndman and Bergmeir 2021; medians round a robust trend where few cycles are there), with how strong each is.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.errors import TooFewPeriods

SEASONS = {  # periods after which a series repeats, and what of it does
    "hour": ((24, "day"), (168, "week")),
    "day": ((7, "week"), (365, "year")),
    "week": ((52, "year"),),
    "month": ((12, "year"),),
    "quarter": ((4, "year"),),
    "year": (),
}
CYCLES = 2  # that must be there
FEW = 5  # cycles, below which the robust STL holds one of them for the rule and the others for outliers
ROUNDS = 4  # of trend and season in turn
STRONG, CLEAR = 0.64, 0.3  # from which strength on a trend or a season is called so
MOST = 20_000  # periods


@dataclass(frozen=True, eq=False)
class Decomposition:
    """A series taken apart."""

    frame: pd.DataFrame  # period, value, trend, season_<name> …, rest
    seasons: tuple[str, ...]  # day, week, year: what it repeats by
    in_shares: bool  # the parts are multiplied and not added
    strengths: dict[str, float]  # trend and seasons → 0..1 (Wang, Smith and Hyndman 2006)
    filled: int  # periods without a value that were drawn in between their neighbours

    def told(self, part: str) -> str:
        """strong, clear, weak."""
        strength = self.strengths[part]
        return "strong" if strength >= STRONG else "clear" if strength >= CLEAR else "weak"


def decompose(series: pd.DataFrame, interval: str) -> Decomposition:
    """One series (period, value, whole), over its whole periods. Raises TooFewPeriods(found, needed)."""
    rows = series[series.whole.astype(bool)].sort_values("period").tail(MOST).reset_index(drop=True)
    values = rows.value.astype(float)
    known = values.first_valid_index(), values.last_valid_index()
    count = 0 if known[0] is None else known[1] - known[0] + 1
    least = max(CYCLES * SEASONS[interval][0][0] if SEASONS[interval] else 6, 6)
    if count < least:
        raise TooFewPeriods(found=int(count), needed=least)
    rows, values = rows.loc[known[0] : known[1]], values.loc[known[0] : known[1]]
    above = values.dropna() > 0
    in_shares = bool((values.dropna() >= 0).all() and above.mean() >= 0.95)
    given = np.log(values.where(values > 0)) if in_shares else values
    filled = int(given.isna().sum())
    given = given.interpolate(limit_direction="both").to_numpy()
    seasons = tuple((length, name) for length, name in SEASONS[interval] if count >= CYCLES * length)
    trend, parts, rest = _parts(given, seasons)
    back = np.exp if in_shares else (lambda part: part)
    frame = pd.DataFrame(
        {
            "period": rows.period.to_numpy(),
            "value": values.to_numpy(),
            "trend": back(trend),
            **{f"season_{name}": back(part) for (_, name), part in zip(seasons, parts, strict=True)},
            "rest": back(rest),
        }
    )
    strengths = {
        "trend": _strength(trend, rest),
        **{name: _strength(part, rest) for (_, name), part in zip(seasons, parts, strict=True)},
    }
    return Decomposition(frame, tuple(name for _, name in seasons), in_shares, strengths, filled)


def _parts(given: np.ndarray, seasons) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    from statsmodels.tsa.seasonal import MSTL, STL

    if not seasons:
        at = np.arange(len(given))
        wide = max(2, len(given) // 5)
        trend = np.array(
            [
                np.polyval(np.polyfit(near := at[max(0, place - wide) : place + wide + 1], given[near], 1), place)
                for place in at
            ]
        )
        return trend, [], given - trend
    if len(seasons) == 1 and len(given) < FEW * seasons[0][0]:
        trend, season = _of_few(given, seasons[0][0])
        return trend, [season], given - trend - season
    if len(seasons) == 1:
        found = STL(given, period=seasons[0][0], robust=True).fit()
        return found.trend, [found.seasonal], found.resid
    found = MSTL(given, periods=[length for length, _ in seasons]).fit()
    return found.trend, list(found.seasonal.T), found.resid


def _of_few(given: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Trend and season of few cycles: a robust local line, and of each place in the cycle the median beside it.

    A first year in which a shop only begins thus leaves its mark in the rest and not in the season of later years.
    """
    from statsmodels.nonparametric.smoothers_lowess import lowess

    at = np.arange(len(given))
    season, near = np.zeros(len(given)), length / len(given)
    for turn in range(ROUNDS + 1):
        trend = lowess(given - season, at.astype(float), frac=near, it=3, return_sorted=False)
        if turn == ROUNDS:
            break
        course = pd.Series(given - trend).groupby(at % length).median()
        season = (course - course.mean()).to_numpy()[at % length]
    return trend, season


def _strength(part: np.ndarray, rest: np.ndarray) -> float:
    whole = float(np.var(part + rest))
    return max(0.0, 1 - float(np.var(rest)) / whole) if whole > 1e-12 * (1 + float(np.mean(part) ** 2)) else 0.0


def profile(series: pd.DataFrame, by: str) -> pd.DataFrame:
    """How a part of the cycle compares with the mean round it: place (1..), index (1: usual), low, high (middle half).

    by: hour (0..23), weekday (1 is Monday), month (1..12), quarter. Each value is taken against the mean of the whole
    cycle round it, so that growth does not make December strong.
    """
    rows = series[series.whole.astype(bool)].dropna(subset=["value"]).sort_values("period")
    stamps = pd.DatetimeIndex(rows.period)
    place = {"hour": stamps.hour, "weekday": stamps.dayofweek + 1, "month": stamps.month, "quarter": stamps.quarter}[by]
    values = rows.value.to_numpy(float)
    if by in ("hour", "weekday"):
        around = pd.Series(values).rolling(24 if by == "hour" else 7, center=True).mean().to_numpy()
        frame = pd.DataFrame({"place": place, "index": values / np.where(around > 0, around, np.nan)})
    else:
        sums = (
            pd.DataFrame({"year": stamps.year, "place": place, "value": values})
            .groupby(["year", "place"], as_index=False)
            .value.mean()
        )
        around = sums.value.rolling(12 if by == "month" else 4, center=True).mean()
        frame = sums.assign(index=sums.value / around.where(around > 0))
    told = (
        frame.dropna()
        .groupby("place")["index"]
        .agg(index="median", low=lambda part: part.quantile(0.25), high=lambda part: part.quantile(0.75), count="size")
    )
    # Middles of lopsided figures lie below their means: set right so that the cycle's mean is 1 again.
    usual = told["index"].mean()
    told[["index", "low", "high"]] = told[["index", "low", "high"]] / (usual if usual > 0 else 1.0)
    return told.reset_index()
