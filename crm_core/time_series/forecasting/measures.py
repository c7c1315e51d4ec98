"""How far forecasts were off, by measures that series of any size share.

Rows are series, columns steps of the horizon; what is NaN was not seen and counts nowhere. Every measure but `owa`
gives one number a series, NaN where it has none.
"""
import warnings

import numpy as np

SEASONAL = 1.645  # how many standard errors the season's autocorrelation has to stand out by: 90 %, both sides


def smape(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """200 × |y − f| / (|y| + |f|), per cent; 0 where both are 0 (Makridakis & Hibon 2000)."""
    size = np.abs(actual) + np.abs(predicted)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _mean(np.where(size == 0, 0.0, 200 * np.abs(actual - predicted) / size))


def mase(actual: np.ndarray, predicted: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Mean absolute error in units of `scale` (Hyndman & Koehler 2006); NaN where the scale is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > 0, _mean(np.abs(actual - predicted)) / scale, np.nan)


def scale(history: np.ndarray, season: int) -> float:
    """The mean step from one season to the next in what is known: what MASE divides by; NaN where there is none.

    A history no longer than a season is taken step by step.
    """
    apart = season if len(history) > season else 1
    steps = np.abs(history[apart:] - history[:-apart])
    return float(np.nanmean(steps)) if np.isfinite(steps).any() else float("nan")


def owa(smapes: np.ndarray, mases: np.ndarray, rule_smapes: np.ndarray, rule_mases: np.ndarray) -> float:
    """The mean of both means over those of Naive2: below 1 is better than the rule (M4 competition)."""
    return float((np.nanmean(smapes) / np.nanmean(rule_smapes) + np.nanmean(mases) / np.nanmean(rule_mases)) / 2)


def coverage(actual: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The share of what came that lay between low and high."""
    known = np.isfinite(actual) & np.isfinite(low) & np.isfinite(high)
    return _mean(np.where(known, (actual >= low) & (actual <= high), np.nan))


def seasonal(history: np.ndarray, season: int) -> bool:
    """Whether the season stands out of the autocorrelations, as the M4 competition's Naive2 asks."""
    if season < 2 or len(history) < 3 * season:
        return False
    off = history - history.mean()
    whole = (off**2).sum()
    if whole <= 0:
        return False
    lags = np.array([(off[lag:] * off[:-lag]).sum() for lag in range(1, season + 1)]) / whole
    limit = SEASONAL * np.sqrt((1 + 2 * (lags[:-1] ** 2).sum()) / len(history))
    return bool(abs(lags[-1]) > limit)


def naive2(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """The last value, with the season's factors where there is a season (classical decomposition): M4's yardstick."""
    factors = np.ones(season)
    if seasonal(history, season) and history.min() > 0:
        factors = _factors(history, season)
    last = history[-1] / factors[(len(history) - 1) % season]
    return last * factors[(len(history) + np.arange(horizon)) % season]


# --- inside ---------------------------------------------------------------------------------------


def _factors(history: np.ndarray, season: int) -> np.ndarray:
    weights = np.ones(season) / season if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5] / season
    middle = np.convolve(history, weights, mode="valid")
    start = len(weights) // 2
    ratio = history[start:start + len(middle)] / middle
    place = (start + np.arange(len(middle))) % season
    factors = np.array([ratio[place == k].mean() for k in range(season)])
    return factors / factors.mean()


def _mean(values: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():  # a series of which nothing was seen has no mean: NaN says so
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmean(values, axis=-1)
