"""The season taken out of a history, and what it does in the periods to come.

Short seasons that stand out are taken out by STL (Cleveland et al. 1990). A week of hours or a year of days or weeks
comes round too seldom for that: what STL finds is evened out with its neighbours, the less the oftener it was seen.
Hours have days and weeks, days weeks and years: both are taken out in turns (Bandara, Hyndman & Bergmeir 2021).
"""
from dataclasses import dataclass

import numpy as np

from crm_core.time_series.forecasting import measures

SLOWER = {7: 365, 24: 168, 48: 336, 96: 672}  # days, hours, halves and quarters of hours: the season round the season
LONG = 24  # a longer season comes round seldom: neighbours are asked
TWICE = 2  # a long season seen as often is its places' own by half, else its neighbours'; seen more often, by more
ONCE = 0.7  # of a season that was seen once only, so much is believed
NEIGHBOURS = 35  # so many neighbourhoods has a long season
ROUNDS = 2  # through several seasons


@dataclass(frozen=True)
class Adjusted:
    """A history without its seasons."""

    values: np.ndarray  # (n,)
    ahead: np.ndarray  # (horizon,): what the seasons add, or the logarithm of their factor
    times: bool  # factors, not sums

    def put_back(self, told: np.ndarray) -> np.ndarray:
        return told * np.exp(self.ahead) if self.times else told + self.ahead


def periods(count: int, season: int) -> list[int]:
    """The seasons that a history of so many values can show, the shorter first."""
    return [length for length in (season, SLOWER.get(season, 0)) if length > 1 and count >= 2 * length + 1]


def adjusted(history: np.ndarray, season: int, horizon: int) -> Adjusted:
    """The history, without gaps, as it would be without seasons; sums where a value is 0 or less, else factors."""
    times = bool(history.min() > 0)
    known = np.log(history) if times else history
    found = [length for length in periods(len(history), season) if _stands_out(history, known, length)]
    parts = {length: np.zeros(len(history)) for length in found}
    for _ in range(1 if len(found) < 2 else ROUNDS):
        for length in found:
            others = sum((part for other, part in parts.items() if other != length), np.zeros(len(history)))
            parts[length] = _part(known - others, length)
    once = season > LONG and season + season // 4 <= len(history) <= 2 * season
    if once and _stands_out(history, known, season):
        found, parts = [season], {season: ONCE * _seen_once(known, season)}
    whole = sum(parts.values(), np.zeros(len(history)))
    ahead = sum((parts[length][len(history) - length + np.arange(horizon) % length] for length in found),
                np.zeros(horizon))
    return Adjusted(np.exp(known - whole) if times else known - whole, ahead, times)


# --- inside ---------------------------------------------------------------------------------------


def _stands_out(history: np.ndarray, known: np.ndarray, season: int) -> bool:
    if season <= LONG:
        return measures.seasonal(history, season)
    # What is left beside a season's moving mean has to look like itself one season before.
    width = season // 2
    sums = np.cumsum(np.r_[0.0, known])
    at = np.arange(len(known))
    first, last = np.maximum(at - width, 0), np.minimum(at + width + 1, len(known))
    off = known - (sums[last] - sums[first]) / (last - first)
    before, after = off[:-season], off[season:]
    size = np.sqrt((before**2).sum() * (after**2).sum())
    return bool(size > 0 and (before * after).sum() / size > measures.SEASONAL / np.sqrt(len(after)))


def _part(known: np.ndarray, season: int) -> np.ndarray:
    from statsmodels.tsa.seasonal import STL

    if season <= LONG:
        return STL(known, period=season, seasonal=13, seasonal_deg=0).fit().seasonal
    # What is smooth is worked out at every tenth place and joined by lines, as R does.
    apart = max(1, season // 10)
    part = STL(known, period=season, seasonal=7, seasonal_deg=0, trend_jump=apart, low_pass_jump=apart).fit().seasonal
    last = part[-season:]
    pattern = _evened(last, len(known) / season)
    return pattern[(np.arange(len(known)) - len(known)) % season]


def _evened(last: np.ndarray, seen: float) -> np.ndarray:
    width = max(3, len(last) // NEIGHBOURS | 1)
    round_it = np.r_[last[-width:], last, last[:width]]
    neighbours = np.convolve(round_it, np.ones(width) / width, mode="same")[width:-width]
    pattern = (seen * last + TWICE * neighbours) / (seen + TWICE)
    return pattern - pattern.mean()


def _seen_once(known: np.ndarray, season: int) -> np.ndarray:
    """What stands beside a straight line, place by place of the season."""
    at = np.arange(len(known))
    place = (at - len(known)) % season
    off = known - np.polyval(np.polyfit(at, known, 1), at)
    pattern = _evened(np.bincount(place, off, season) / np.bincount(place, minlength=season), 1.0)
    return pattern[place]
