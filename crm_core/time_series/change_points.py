"""When a series began to move otherwise: straight pieces of growth, cut where a new piece says enough more.

PELT (Killick, Fearnhead and Eckley 2012) finds the best cuts exactly; a piece is a straight line on the model's scale:
steady growth needs no cut. Seasons, what comes back every year and single odd periods are taken out before.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.time_series import baseline
from crm_core.time_series.anomalies import Found
from crm_core.time_series.change_search import LASTING

DEARER = 2.0  # times Schwarz' price of a piece: neighbours in time say partly the same
MOST = 4_000  # periods


@dataclass(frozen=True)
class Piece:
    """A stretch in which a series moved evenly."""

    begin: pd.Timestamp
    end: pd.Timestamp  # its last period
    level: float  # what was expected in its middle, seasons taken out
    growth: float  # a year: as a share where the model counts in shares, else in units
    jump: float  # from the end of the piece before, as growth; NaN for the first


def pieces(found: Found, interval: str) -> tuple[Piece, ...]:
    """The stretches of a series, by time."""
    search = found.search
    level, weight = _level(search)
    periods = search.model.periods
    if len(level) > MOST:
        level, weight, periods = level[-MOST:], weight[-MOST:], periods[-MOST:]
    least = LASTING[interval]
    cuts = _pelt(level, weight, least, DEARER * 4 * np.log(max(2, int((weight > 0).sum()))) * _alike(search))
    shares = bool(search.model.power)
    told, ends = [], None
    for start, stop in zip([0, *cuts], [*cuts, len(level)], strict=True):
        at = np.arange(start, stop)
        slope, middle = _line(at, level[start:stop], weight[start:stop])
        first, last = middle + slope * (start - at.mean()), middle + slope * (stop - 1 - at.mean())
        growth, jump = slope * baseline.PER_YEAR[interval], float("nan") if ends is None else first - ends
        told.append(
            Piece(
                periods[start],
                periods[stop - 1],
                float(np.exp(middle)) if shares else float(middle),
                float(np.expm1(growth)) if shares else float(growth),
                float(np.expm1(jump)) if shares else float(jump),
            )
        )
        ends = last
    return tuple(told)


def _level(search) -> tuple[np.ndarray, np.ndarray]:
    """Each period on the model's scale without its season, and how much it says (in spreads squared)."""
    fitted, model = search.fit, search.model
    trend = search.turns + 1
    lasting = [
        search.columns.shape[1] + place
        for place, change in enumerate([change for change in search.changes if change.kind != "window"])
        if change.kind == "step"
    ]
    kept = [*range(trend), *lasting]
    # The seasons' mean belongs to the level.
    others = [column for column in range(fitted.columns.shape[1]) if column not in kept]
    season = fitted.columns[:, others] @ fitted.answer[others] if others else np.zeros(len(model.periods))
    info = np.where(fitted.used, fitted.info, 0.0)
    mean = np.average(season, weights=info) if info.sum() else 0.0
    rest = np.divide(fitted.score, info, out=np.zeros_like(info), where=info > 0)
    far = 3 * fitted.spread / np.sqrt(np.where(info > 0, info, 1.0))
    level = fitted.columns[:, kept] @ fitted.answer[kept] + mean + np.clip(rest, -far, far)
    return level, info / fitted.spread**2


def _alike(search) -> float:
    """How much more spans of neighbours wander together than single periods: 1 or more."""
    wander = baseline.windows(search.fit, min(7, max(1, len(search.model.periods) // 20)))
    return float(np.clip(np.median(np.abs(wander)) * 1.4826, 1.0, 3.0)) ** 2


def _pelt(values: np.ndarray, weight: np.ndarray, least: int, price: float) -> list[int]:
    """Where the pieces after the first begin."""
    at = (np.arange(len(values)) - len(values) / 2) / len(values)
    values = values - np.average(values, weights=weight) if weight.sum() else values
    sums = np.array(
        [
            np.concatenate([[0.0], np.cumsum(weight * part)])
            for part in (np.ones_like(at), at, at * at, values, at * values, values * values)
        ]
    )

    def costs(starts: np.ndarray, stop: int) -> np.ndarray:
        n, t, tt, y, ty, yy = sums[:, stop, None] - sums[:, starts]
        n = np.maximum(n, 1e-12)
        spread, along, around = tt - t * t / n, ty - t * y / n, yy - y * y / n
        return around - np.where(spread > 1e-9, along * along / np.maximum(spread, 1e-12), 0.0)

    best = np.full(len(values) + 1, np.inf)
    best[0], came = -price, np.zeros(len(values) + 1, int)
    starts = np.array([0])
    for stop in range(least, len(values) + 1):
        ready = starts[starts <= stop - least]
        tried = best[ready] + costs(ready, stop) + price
        choice = int(np.argmin(tried))
        best[stop], came[stop] = tried[choice], ready[choice]
        kept = ready[tried - price <= best[stop]]
        starts = np.concatenate([kept, starts[starts > stop - least], [stop]])
    cuts, stop = [], len(values)
    while stop > 0:
        stop = int(came[stop])
        if stop:
            cuts.append(stop)
    return cuts[::-1]


def _line(at: np.ndarray, values: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Slope a period and height in the middle of a piece."""
    weight = weight if weight.sum() > 0 else np.ones_like(weight)
    middle, mean = np.average(at, weights=weight), np.average(values, weights=weight)
    spread = (weight * (at - middle) ** 2).sum()
    slope = (weight * (at - middle) * (values - mean)).sum() / spread if spread > 0 else 0.0
    return float(slope), float(mean + slope * (at.mean() - middle))
