"""How far off a forecast may be: intervals from the errors that the same model made on the past, not from a formula.

Conformal prediction (Vovk, Gammerman & Shafer 2005; for series Stankevičiūtė, Alaa & van der Schaar 2021): errors of
the rolling-origin test, in units of their series, stand for the errors to come. The series of a run lend each other
what each lacks: how errors grow with the step, how rough a series is beside its scale, how far the tail reaches. Where
there is hardly an error to learn from, what is known of series in general stands in for it.

    two series, one step, errors 1 −2 1 −2 and 10 −20 10 −20
    →  an interval ten times as wide for the second, though both are told by the same eight errors
"""
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

LEVELS = (80, 95)  # per cent
FOLDS = 5  # origins that errors are learned from, half a horizon apart
FEWEST_ERRORS = 12  # a short horizon takes so many origins that there are about as many errors
GROWTH = 0.5  # errors grow as the seasons ahead to the power of this where nothing else is known: a random walk
GROWTH_FOLDS = 10  # folds of all series that this knowledge weighs as much as
LEVEL = 0.75  # errors of what grows grow with it: nearly in proportion, since they are told while the growth is young
SEASONS = 2  # that an origin has to know, for its errors to be those of a model that knows the season
LARGEST_RATIO = 3.0  # of a level now to one then, or the other way round
OWN_FOLDS = 2.0  # folds after which the roughness of a series itself counts as much as that of all of them
TAIL_FREEDOM = 5  # degrees of freedom of Student's t, whose tail is expected where there are few errors
TAIL_FOLDS = 20  # folds of all series that this expectation weighs as much as
STEP_ERRORS = 200  # errors at one step after which its own tail counts as much as that of all steps


@dataclass(frozen=True)
class Spread:
    """What the errors of a rolling test say about the errors to come."""

    growth: np.ndarray  # (horizon,): how errors grow with the step; 1 on average, never falling
    rough: np.ndarray  # (series,): the mean error, in units of the series' scale
    tail: dict[float, np.ndarray]  # level → (horizon,): by how many mean errors an interval reaches out


def folds_of(horizon: int) -> int:
    """From how many origins errors are learned."""
    return max(FOLDS, -(-FEWEST_ERRORS // horizon))


def looked_back(names: tuple[str, ...] | list[str], histories: list[np.ndarray], horizon: int, season: int,
           progress: Callable[[int, int], None] | None = None, folds: int | None = None):
    """A rolling-origin test to learn intervals from: origins half a horizon apart, the newest half a horizon ago.

    What the newest origins say beyond the end of a history is not known and counts nowhere, but their first steps are
    the newest errors that there are, and for a short history nearly the only ones.
    """
    from crm_core.time_series.forecasting import measures, rolling

    step = (horizon + 1) // 2
    histories = [np.asarray(history, float) for history in histories]
    beyond = np.full(horizon - step, np.nan)
    test = rolling.rolled(names, [np.r_[history, beyond] for history in histories], horizon, season,
                          folds=folds or folds_of(horizon), step=step, progress=progress)
    return replace(test, scale=np.array([measures.scale(history, season) for history in histories]))


def conformal(rolled, name: str, point: np.ndarray, levels: tuple = LEVELS, lowest: np.ndarray | None = None,
              season: int = 1) -> dict[float, tuple[np.ndarray, np.ndarray]]:
    """Intervals round what a model says of what comes: level (80 is 80 %) → (low, high), both (series, steps).

    rolled: the model's rolling-origin test on the same series: actual and predicted[name] (series, folds, horizon), NaN
    where there is none, and scale (series,), the mean step from one season to the next. point (series, steps): what it
    says; it may go beyond the steps tested. lowest (series,): what a value cannot fall below, as 0 of orders. No
    interval narrows with the step.
    """
    predicted = rolled.predicted[name]
    errors = (rolled.actual - predicted) * _risen(rolled.actual, predicted, point)[:, :, None]
    # From an origin at which no season could be known a model speaks otherwise than now, unless that is still so.
    seasoned = rolled.origins >= SEASONS * season
    errors = np.where((seasoned | ~seasoned.any(axis=1)[:, None])[:, :, None], errors, np.nan)
    spread = spread_of(errors, rolled.scale, levels, season)
    own = _mean(np.abs(errors))
    # What never moved, and was never said to, has an interval of no width; where steps cannot be told, a value may be
    # off by as much as it is.
    own = np.where(np.isfinite(own), own, np.where(np.isfinite(rolled.scale), 0.0, np.abs(_mean(point, 1))))
    unit = spread.rough * np.where(_moves(rolled.scale), rolled.scale, own)
    told = {}
    for level in levels:
        reach = np.maximum.accumulate(spread.growth * spread.tail[level])
        width = unit[:, None] * _longer(reach, point.shape[1])
        low = point - width
        if lowest is not None:
            low = np.maximum(low, np.minimum(np.asarray(lowest, float)[:, None], point))
        told[level] = (low, point + width)
    return told


def spread_of(errors: np.ndarray, scale: np.ndarray, levels: tuple = LEVELS, season: int = 1) -> Spread:
    """What errors (series, folds, horizon), NaN where there is none, say about the errors to come."""
    sizes = np.abs(errors) / np.where(_moves(scale), scale, np.nan)[:, None, None]  # the others learn nothing from it
    known = np.ceil(np.arange(1, sizes.shape[2] + 1) / max(season, 1)) ** GROWTH
    growth = _growth(sizes, known / known.mean())
    own = _mean(sizes / growth, axis=2)
    rough, otherwise = _roughness(own, known.mean())
    with np.errstate(invalid="ignore", divide="ignore"):
        judged = np.where(otherwise[:, :, None] > 0, sizes / growth / otherwise[:, :, None], np.nan)
    return Spread(growth, rough, {level: _tail(judged, level) for level in levels})


# --- inside ---------------------------------------------------------------------------------------


def _moves(scale: np.ndarray) -> np.ndarray:
    return np.isfinite(scale) & (scale > 0)


def _mean(sizes: np.ndarray, axis: int | tuple[int, ...] = (1, 2)) -> np.ndarray:
    with warnings.catch_warnings():  # where there is no error there is no mean: NaN says so
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmean(sizes, axis=axis)


def _risen(actual: np.ndarray, predicted: np.ndarray, point: np.ndarray) -> np.ndarray:
    """(series, folds): what makes an old error one of today, where a series stays above nothing; else 1."""
    there = np.isfinite(actual) & np.isfinite(predicted)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        then = np.nanmean(np.where(there, predicted, np.nan), axis=2)
        now = np.nanmean(point, axis=1)[:, None]
        ratio = np.clip(now / then, 1 / LARGEST_RATIO, LARGEST_RATIO) ** LEVEL
    above = np.where(there, np.minimum(actual, predicted), np.inf).min(axis=(1, 2), initial=np.inf) > 0
    return np.where(above[:, None] & np.isfinite(ratio), ratio, 1.0)


def _growth(sizes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """How errors grow with the step; every series counts alike, however rough it is."""
    from scipy.optimize import isotonic_regression

    there = np.isfinite(sizes)
    counts = there.sum(axis=(0, 1))
    filled = np.where(there, sizes, 0.0)
    growth = known
    for _ in range(3):  # in turns: a series whose far steps nobody saw must not look smooth for it
        level = filled.sum(axis=(1, 2)) / np.maximum((there * growth).sum(axis=(1, 2)), 1e-12)
        unit = np.where(level > 0, level, 1.0)[:, None, None]
        each = np.where(level[:, None, None] > 0, filled / unit, there * growth)
        growth = (each.sum(axis=(0, 1)) + GROWTH_FOLDS * known) / (counts + GROWTH_FOLDS)
        growth = isotonic_regression(growth, weights=counts + GROWTH_FOLDS).x
        growth = growth / growth.mean()
    return growth


def _roughness(own: np.ndarray, expected: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean errors (series, folds) → the roughness of each series, and for each fold the one that all others tell of it.

    A fold is told by the others alone so that the tail is judged as it will be met: by errors that nobody has seen.
    """
    there = np.isfinite(own)
    filled = np.where(there, own, 0.0)
    folds, total = there.sum(axis=1), filled.sum(axis=1)
    # One fold with the error of a random walk is always there: so much is known of a series before any test.
    mean = (total.sum() + expected) / (folds.sum() + 1)
    mean_without = (total.sum() - filled + expected) / (folds.sum() - there + 1)
    rough = (total + OWN_FOLDS * mean) / (folds + OWN_FOLDS)
    otherwise = (total[:, None] - filled + OWN_FOLDS * mean_without) / (folds[:, None] - there + OWN_FOLDS)
    return rough, otherwise


def _tail(judged: np.ndarray, level: float) -> np.ndarray:
    """(horizon,): how many mean errors an interval of this level has to reach out."""
    from scipy.special import beta, stdtrit

    mean_error = 2 * TAIL_FREEDOM**0.5 / ((TAIL_FREEDOM - 1) * beta(TAIL_FREEDOM / 2, 0.5))  # of Student's t itself
    known = stdtrit(TAIL_FREEDOM, 0.5 + level / 200) / mean_error
    folds = np.isfinite(judged).any(axis=2).sum()
    if not folds:
        return np.full(judged.shape[2], known)
    anywhere = (folds * _quantile(judged, level) + TAIL_FOLDS * known) / (folds + TAIL_FOLDS)
    tail = np.full(judged.shape[2], anywhere)
    for step, errors in enumerate(np.isfinite(judged).sum(axis=(0, 1))):
        if errors:
            here = _quantile(judged[:, :, step], level)
            tail[step] = (errors * here + STEP_ERRORS * anywhere) / (errors + STEP_ERRORS)
    return tail


def _quantile(values: np.ndarray, level: float) -> float:
    """What the next value of the same kind stays under with this chance: an order statistic, the next value counted."""
    values = np.sort(values[np.isfinite(values)])
    return float(np.interp(level / 100 * (len(values) + 1) - 1, np.arange(len(values)), values))


def _longer(reach: np.ndarray, steps: int) -> np.ndarray:
    """Steps beyond those tested go on as the errors of a random walk do."""
    beyond = np.arange(len(reach) + 1, steps + 1) / len(reach)
    return np.r_[reach, reach[-1] * beyond ** GROWTH][:steps]
