"""Exponential smoothing and theta without seasons, of thousands of series at once.

Series stand right-aligned in one array, so that all of them end together; each tries the same grid of parameters and
keeps those of the least error. Ten thousand series take seconds this way.
"""
from dataclasses import dataclass

import numpy as np

LEVELS = np.array([0.05, 0.15, 0.3, 0.5, 0.7, 0.9, 0.99])
TRENDS = np.array([0.02, 0.06, 0.12, 0.25, 0.5])  # shares of the level's own speed
DAMPING = np.array([0.8, 0.9, 0.95, 1.0])  # 1: it does not die away (Holt 1957)
AHEAD = 3  # steps that a trend is judged by
QUICKNESS = np.array([0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99])  # of theta's level
THETAS = np.array([1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, np.inf])
WARM = 3  # values before errors count: the line has to be found first
CHUNK = 2_000_000  # numbers that are held at once: series × parameters


@dataclass(frozen=True)
class Aligned:
    """Series of different lengths in one array, right-aligned."""

    values: np.ndarray  # (series, longest), 0 before a series starts
    starts: np.ndarray  # (series,): the column of its first value

    @property
    def lengths(self) -> np.ndarray:
        return self.values.shape[1] - self.starts


def aligned(histories: list[np.ndarray]) -> Aligned:
    longest = max(len(history) for history in histories)
    values = np.zeros((len(histories), longest))
    for row, history in enumerate(histories):
        values[row, longest - len(history):] = history
    return Aligned(values, np.array([longest - len(history) for history in histories]))


def damped(series: Aligned, horizon: int) -> np.ndarray:
    """A level and a trend that dies away (Gardner & McKenzie 1985); judged by its errors to three steps ahead.

    Those of one step hardly tell a trend from none, and their squares let one odd value decide.
    """
    grid = [(alpha, alpha * beta, phi) for alpha in LEVELS for beta in TRENDS for phi in DAMPING]
    alpha, beta, phi = (np.array(column)[None] for column in zip(*grid, strict=True))
    reaches = np.cumsum(phi ** np.arange(1, AHEAD + 1)[:, None], axis=0)  # of the trend, so many steps ahead
    told = np.empty((len(series.values), horizon))
    for rows in _chunks(len(told), len(grid)):
        values, starts = series.values[rows], series.starts[rows]
        at, longest = np.arange(len(values)), values.shape[1]
        level = np.repeat(values[at, starts][:, None], len(grid), axis=1)
        trend, loss = np.zeros_like(level), np.zeros_like(level)
        for t in range(longest):
            live = t >= starts[:, None]
            ahead = level + phi * trend
            off = np.where(live, values[:, t:t + 1] - ahead, 0.0)
            level = np.where(live, ahead + alpha * off, level)
            trend = np.where(live, phi * trend + beta * off, trend)
            for step in range(1, min(AHEAD, longest - 1 - t) + 1):
                ahead = level + reaches[step - 1] * trend
                loss += np.where(live, np.abs(values[:, t + step:t + step + 1] - ahead), 0.0)
        best = loss.argmin(axis=1)
        fade = phi[0, best][:, None] ** np.arange(1, horizon + 1)
        told[rows] = level[at, best][:, None] + trend[at, best][:, None] * np.cumsum(fade, axis=1)
    return told


def theta(series: Aligned, horizon: int) -> np.ndarray:
    """Dynamic optimised theta: a level with a share of the slope of the straight line so far (Fiorucci et al. 2016)."""
    grid = [(alpha, 1 - 1 / theta, start) for alpha in QUICKNESS for theta in THETAS for start in (0.0, 1.0)]
    alpha, share, start = (np.array(column)[None] for column in zip(*grid, strict=True))
    intercept, _ = _lines(series)
    told = np.empty((len(series.values), horizon))
    for rows in _chunks(len(told), len(grid)):
        values, starts = series.values[rows], series.starts[rows]
        at, longest = np.arange(len(values)), values.shape[1]
        first = values[at, starts][:, None]
        level = (1 - start) * first + start * (intercept[rows, None] + alpha * (first - intercept[rows, None]))
        mean, slope = values[at, starts], np.zeros(len(values))  # of the values so far
        kept = np.ones_like(level)  # (1 − α) to the power of how many values are known
        loss = np.zeros_like(level)
        for t in range(1, longest):
            age = (t - starts).astype(float)  # values known before this one
            live = age > 0
            kept = np.where(live[:, None], kept * (1 - alpha), kept)
            off = values[:, t:t + 1] - _ahead(level, slope, mean, age, alpha, share, kept)
            loss += np.where((age >= WARM)[:, None], off**2, 0.0)
            level = np.where(live[:, None], level + alpha * (values[:, t:t + 1] - level), level)
            mean, slope = _line(values[:, t], mean, slope, age, live)
        best = loss.argmin(axis=1)
        alphas, shares = alpha[0, best][:, None], share[0, best][:, None]
        level, kept, live = level[at, best][:, None], kept[at, best][:, None], np.ones(len(values), bool)
        for step in range(horizon):  # what is told is taken as if it had come
            age = (longest + step - starts).astype(float)
            kept = kept * (1 - alphas)
            ahead = _ahead(level, slope, mean, age, alphas, shares, kept)
            level = level + alphas * (ahead - level)
            mean, slope = _line(ahead[:, 0], mean, slope, age, live)
            told[rows, step] = ahead[:, 0]
    return told


# --- inside ---------------------------------------------------------------------------------------


def _ahead(level, slope, mean, age, alpha, share, kept):
    """The value after `age` known ones: the level, and the share of the line that the level has not caught up with."""
    age, slope, mean = age[:, None], slope[:, None], mean[:, None]
    intercept = mean - (age + 1) / 2 * slope
    return level + share * (kept * intercept + (1 - kept * (1 - alpha)) / alpha * slope)


def _line(value, mean, slope, age, live):
    """Mean and slope of the straight line through one value more than `age`."""
    n = np.where(live, age + 1, 2.0)
    slope_now = ((n - 2) * slope + 6 / n * (value - mean)) / (n + 1)
    return np.where(live, mean + (value - mean) / n, mean), np.where(live, slope_now, slope)


def _lines(series: Aligned) -> tuple[np.ndarray, np.ndarray]:
    """Intercept (at the first value) and slope of the straight line through each series."""
    place = np.arange(series.values.shape[1])[None] - series.starts[:, None]
    live = place >= 0
    n = series.lengths.astype(float)
    middle = (n - 1) / 2
    mean = series.values.sum(axis=1) / n
    spread = np.where(n > 1, n * (n**2 - 1) / 12, 1.0)
    slope = np.where(live, (place - middle[:, None]) * series.values, 0.0).sum(axis=1) / spread
    return mean - slope * middle, slope


def _chunks(rows: int, columns: int):
    size = max(1, CHUNK // columns)
    return [slice(start, start + size) for start in range(0, rows, size)]
