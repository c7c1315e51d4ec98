"""What a series would have been: trend, seasons and what comes back every year, and a way to ask what stands out of it.

What is counted or paid grows in shares, not in steps, and scatters the more the more there is: a model of the mean on a
logarithmic scale whose variance is spread² × mean^power (quasi-likelihood; McCullagh and Nelder 1989), power 1 for
counts, 2 for rates. What can fall below nothing has a plain linear model. Every question is then the same one: how sure
is a change of this shape at this place, when all else is fitted at the same time? For windows of all places and
lengths the answer is a few running sums (the score test; Chen and Liu 1993 ask so for outliers and level shifts).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

PER_YEAR = {"hour": 8766.0, "day": 365.25, "week": 52.18, "month": 12.0, "quarter": 4.0, "year": 1.0}
KNOTS_PER_YEAR = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)  # how fast the trend may turn; the data choose
LEAST_PER_KNOT = 8  # periods between two knots, at least
WAVES = 1  # a year, where there are two years of hours, days or weeks
LEAST = 12  # known periods
CUT = 3.0  # spreads: what lies farther away pulls no more than what lies there
_USUAL = 0.9865  # mean of min(z², CUT²) of a bell's z
POWERS = (1.0, 1.5, 2.0)


def columns(periods: pd.DatetimeIndex, interval: str, turns: int) -> np.ndarray:
    """What is always in the model: a trend in `turns` straight pieces, weekday (hour, month), a wave a year."""
    count = len(periods)
    at = np.arange(count) / max(1, count - 1)
    years = count / PER_YEAR[interval]
    knots = np.arange(1, turns) / turns
    parts = [
        np.ones(count),
        at - 0.5,
        *(np.maximum(0, at - knot) for knot in knots),
        *_seasons(periods, interval, years),
    ]
    if interval in ("hour", "day", "week") and years >= 1.9:
        turn = 2 * np.pi * (periods.dayofyear.to_numpy() - 1) / 365.25
        parts += [wave(number * turn) for number in range(1, WAVES + 1) for wave in (np.sin, np.cos)]
    return np.column_stack(parts)


def pieces(count: int, interval: str, knots_per_year: float) -> int:
    """Of how many straight pieces a trend is made that may turn so often."""
    return most_pieces(count, round(count / PER_YEAR[interval] * knots_per_year))


def most_pieces(count: int, wanted: int) -> int:
    """As many pieces as wanted, none shorter than LEAST_PER_KNOT periods."""
    return max(1, min(int(wanted), count // LEAST_PER_KNOT))


def _seasons(periods: pd.DatetimeIndex, interval: str, years: float) -> list[np.ndarray]:
    if interval == "hour":
        hour = periods.hour.to_numpy()
        place = hour + 24 * periods.dayofweek.to_numpy() if len(periods) >= 4 * 168 else hour
    elif interval == "day":
        place = periods.dayofweek.to_numpy()
    elif interval in ("month", "quarter") and years >= 2.5:
        place = periods.month.to_numpy() if interval == "month" else periods.quarter.to_numpy()
    else:
        return []
    return [np.where(place == value, 1.0, 0.0) for value in np.unique(place)[1:]]


@dataclass(frozen=True, eq=False)
class Fit:
    """A model fitted to a series. Arrays have a place for every period; what was not fitted has weight 0."""

    power: float  # of the variance; 0: the plain linear model
    values: np.ndarray
    mean: np.ndarray  # what is expected, of every period
    score: np.ndarray  # what a period says for more (above 0) or less than expected
    info: np.ndarray  # how much it says: the variance of its score is spread² times this
    basis: np.ndarray  # (periods, columns): the part of that which the model itself has used up
    solve: np.ndarray  # (columns, columns): with it the columns become the basis
    answer: np.ndarray  # the coefficients, on the model's scale
    columns: np.ndarray
    spread: float

    @property
    def used(self) -> np.ndarray:
        return self.info > 0

    def bic(self, more: int) -> float:
        """Schwarz' criterion; `more` parameters than the columns'."""
        count = int(self.used.sum())
        return count * np.log(max(self.spread**2, 1e-300)) + (self.columns.shape[1] + more) * np.log(count)

    def effect(self, column: int) -> tuple[float, float]:
        """The coefficient of a column on the model's scale, and how many spreads it is from nothing."""
        error = self.spread * float(np.linalg.norm(self.solve[column]))
        return float(self.answer[column]), float(self.answer[column]) / max(error, 1e-12)


def fit(columns: np.ndarray, values: np.ndarray, known: np.ndarray, power: float, start: Fit | None = None) -> Fit:
    """Fitted to the known periods; what lies more than CUT spreads away pulls as what lies there."""
    given = np.nan_to_num(values)
    middle = max(float(given[known].mean()), 1e-12) if power else 0.0
    mean = (
        start.mean.copy()
        if start is not None
        else np.where(known, 0.5 * given + 0.5 * middle, middle)
        if power
        else np.zeros(len(values))
    )
    spread, before = np.inf, np.inf
    for _ in range(40):
        steep = mean if power else np.ones_like(mean)  # how the mean moves with the model's scale
        deviation = np.sqrt(mean**power) if power else np.ones_like(mean)
        away = (given - mean) / deviation
        free = max(1, int(known.sum()) - columns.shape[1])
        spread = _spread(away[known], spread) * np.sqrt(known.sum() / free)
        cut = np.clip(away, -CUT * spread, CUT * spread)
        info = np.where(known, (steep / deviation) ** 2, 0.0)
        root = np.sqrt(info)
        scale = np.log(mean) if power else mean
        basis, triangle = np.linalg.qr(columns[known] * root[known, None])
        diagonal = np.abs(np.diag(triangle))
        if (diagonal <= 1e-9 * max(diagonal.max(), 1e-300)).any():  # columns that say the same twice, or nothing
            diagonal = np.maximum(diagonal, 1e-300)
            ridge = np.eye(columns.shape[1]) * 1e-6 * diagonal.max()
            basis, triangle = np.linalg.qr(np.vstack([columns[known] * root[known, None], ridge]))
            basis = basis[: known.sum()]
        solve = np.linalg.inv(triangle)
        answer = solve @ (basis.T @ ((scale * root + cut)[known]))
        mean = columns @ answer
        if power:
            mean = np.exp(np.clip(mean, np.log(middle) - 14, np.log(middle) + 7))
        if abs(spread - before) < 1e-4 * spread or not np.isfinite(spread) or spread < 1e-12:
            break
        before = spread
    whole = np.zeros_like(columns)
    whole[known] = basis * root[known, None]
    score = np.where(known, (given - mean) * (mean ** (1 - power) if power else 1.0), 0.0)
    return Fit(power, given, mean, score, info, whole, solve, answer, columns, max(spread, 1e-12))


def _spread(away: np.ndarray, before: float) -> float:
    """A standard deviation that a few outliers hardly move: squares are cut off at CUT times itself."""
    if not np.isfinite(before):
        before = max(1.4826 * float(np.median(np.abs(away))), 1e-3 * float(np.std(away)))
    for _ in range(3):
        before = np.sqrt(np.minimum(away**2, (CUT * before) ** 2).mean() / _USUAL)
    return float(before)


def windows(fitted: Fit, length: int) -> np.ndarray:
    """For a window of `length` periods beginning at each place how sure it is that it stands out: spreads, signed."""
    score, info, net = _over([fitted.score, fitted.info, fitted.basis], length)
    (values,) = _over([np.where(fitted.used, fitted.values, 0.0)], length)
    (mean,) = _over([np.where(fitted.used, fitted.mean, 0.0)], length)
    sure, told = _sure(score, info, net, fitted.spread)
    if not fitted.power:
        return sure
    # Had the window not been fitted, its mean were farther away; and sums of what is counted are lopsided.
    without = np.maximum(values - (values - mean) * info / np.where(told, net, 1.0), 0.02 * mean)
    return sure * _evened(values, np.where(told, without, mean), fitted.power, fitted.spread)


def steps(fitted: Fit) -> np.ndarray:
    """For each place how sure it is that the level shifts there and stays so: spreads, signed."""

    def after(values):
        return np.cumsum(values[::-1], axis=0)[::-1]

    along, info = after(fitted.basis), after(fitted.info)
    # Of all that follows a step the trend uses up nearly everything: what it leaves is near the step itself.
    return _sure(after(fitted.score), info, info - np.einsum("ij,ij->i", along, along), fitted.spread, least=1e-4)[0]


def folded(fitted: Fit, slots: np.ndarray, lengths: tuple[int, ...], repeats: int) -> dict[int, np.ndarray]:
    """By length how sure windows are that come back: slots tells each period's place in its year (−1: none).

    A window counts where each of its slots was seen `repeats` times at least.
    """
    used = slots >= 0
    count = int(slots.max()) + 1
    seen = np.bincount(slots[used & fitted.used], minlength=count)

    def fold(values: np.ndarray) -> np.ndarray:
        return np.bincount(slots[used], values[used], minlength=count)

    # A column at a time: to add rows up at their places takes numpy fifty times as long.
    parts = [fold(fitted.score), fold(fitted.info), np.column_stack([fold(column) for column in fitted.basis.T])]
    found = {}
    for length in lengths:
        if length > count:
            break
        score, info, net = _over(parts, length)
        often = np.lib.stride_tricks.sliding_window_view(seen, length).min(axis=1) >= repeats
        found[length] = np.where(often, _sure(score, info, net, fitted.spread)[0], 0.0)
    return found


def shaped(fitted: Fit, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Effect on the model's scale and sureness of shapes of any form: (periods, shapes)."""
    along = fitted.basis.T @ shapes
    score, info = fitted.score @ shapes, fitted.info @ shapes**2
    net = info - np.einsum("ij,ij->j", along, along)
    sure, told = _sure(score, info, net, fitted.spread)
    return np.where(told, score / np.where(told, net, 1.0), 0.0), sure


def left_out(fitted: Fit, begin: int, until: int) -> tuple[float, float, float]:
    """Of periods that were not fitted: what they were together, what was expected, and the latter's deviation."""
    span = slice(begin, until)
    values, mean = float(fitted.values[span].sum()), float(fitted.mean[span].sum())
    steep = fitted.mean[span] if fitted.power else np.ones(until - begin)
    along = fitted.solve.T @ (steep @ fitted.columns[span])
    own = float((fitted.mean[span] ** fitted.power).sum()) if fitted.power else float(until - begin)
    return values, mean, fitted.spread * float(np.sqrt(own + along @ along))


def sureness(fitted: Fit, values: float, mean: float, deviation: float) -> float:
    """How many deviations a sum is from its mean, lopsidedness taken into account."""
    sure = (values - mean) / max(deviation, 1e-12)
    return (
        sure * float(_evened(np.array(values), np.array(mean), fitted.power, fitted.spread)) if fitted.power else sure
    )


def limits(fitted: Fit, mean: np.ndarray, deviation: np.ndarray, sure: float) -> tuple[np.ndarray, np.ndarray]:
    """Between what a sum lies, on the scale on which its scatter is even."""
    if not fitted.power:
        return mean - sure * deviation, mean + sure * deviation
    share = sure * deviation / np.maximum(mean, 1e-300)
    if fitted.power == 2:
        return mean * np.exp(-share), mean * np.exp(share)
    root = 1 - fitted.power / 2
    return tuple(mean * np.maximum(1 + side * root * share, 0.0) ** (1 / root) for side in (-1, 1))


def _over(parts: list[np.ndarray], length: int) -> list[np.ndarray]:
    """Sums over windows; of score, info and basis the third becomes what of the info the model has not used up."""
    found = []
    for values in parts:
        running = np.concatenate([np.zeros_like(values[:1], dtype=float), np.cumsum(values, axis=0, dtype=float)])
        found.append(running[length:] - running[:-length])
    if len(found) == 3:
        found[2] = found[1] - np.einsum("ij,ij->i", found[2], found[2])
    return found


def _sure(score, info, net, spread, least=0.02) -> tuple[np.ndarray, np.ndarray]:
    """Where all else in the model says the same already, nothing can be told."""
    told = net > np.maximum(least * info, 1e-12)
    return np.where(told, score / np.sqrt(np.where(told, net, 1.0)) / spread, 0.0), told


def _evened(values: np.ndarray, mean: np.ndarray, power: float, spread: float) -> np.ndarray:
    """What takes a deviation of means to a scale on which the scatter is even (for counts Anscombe's)."""
    away = np.where(np.abs(values - mean) < 1e-9 * (np.abs(mean) + 1e-300), 1e-9 * np.abs(mean) + 1e-300, values - mean)
    if power == 1:
        few = 0.375 * spread**2
        return 2 * (np.sqrt(values + few) - np.sqrt(mean + few)) * np.sqrt(mean + few) / away
    mean = np.maximum(mean, 1e-300)
    values = np.maximum(values, 0.01 * mean)
    if power == 2:
        return np.log(values / mean) * mean / away
    root = 1 - power / 2
    return (values**root - mean**root) / root * mean ** (power / 2) / away


def power_of(values: np.ndarray, parts: np.ndarray) -> float:
    """How the variance goes with the mean: the power with which the scatter's size goes least with the level."""
    known = np.isfinite(values)
    given = values[known]
    # Shares of the level mean something only where nothing lies below 0.
    if (given < 0).any() or given.max() <= 0:
        return 0.0
    if fit(parts, values, known, 0.0).spread < 1e-6 * given.mean():  # no scatter at all: a straight line is one
        return 0.0
    return min(POWERS, key=lambda power: _unevenness(parts, values, known, power))


def _unevenness(parts: np.ndarray, values: np.ndarray, known: np.ndarray, power: float) -> float:
    found = fit(parts, values, known, power)
    away = np.abs(found.values - found.mean)[known] / np.sqrt(found.mean[known] ** power)
    if len(np.unique(found.mean[known])) < 3 or len(np.unique(away)) < 3:
        return 0.0
    ranks = [pd.Series(side).rank().to_numpy() for side in (away, found.mean[known])]
    return abs(float(np.corrcoef(*ranks)[0, 1]))
