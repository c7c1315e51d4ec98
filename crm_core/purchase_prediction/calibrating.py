"""Chances that hold what they say: margins are mapped by what was seen on data of its own.

Three maps for yes and no, the more pliant the more rows there are, chosen by how likely they make outcomes that they
were not learned from: Platt (1999), a line; beta (Kull, Silva Filho & Flach 2017), a line that may bend differently at
either end; isotonic (Zadrozny & Elkan 2002), any rising steps, here joined by lines so that no two customers change
places. For classes: one temperature (Guo et al. 2017).
"""

from dataclasses import dataclass

import numpy as np

from crm_core.purchase_prediction.models.logistic import solve

BETA_ROWS = 500  # with fewer rows of the rarer outcome than a tenth of this, only Platt's line is tried
ISOTONIC_ROWS = 5_000
FOLDS = 5
BETTER = 0.0005  # log-loss a row by which a more pliant map has to be better
FREE = 1e6  # strength of a fit that nothing pulls back
LARGEST = 30.0  # log-odds: no chance is nearer to 0 or 1 than this


@dataclass(frozen=True)
class Calibration:
    """Platt's: chance = 1 / (1 + exp(−(slope × margin + shift)))."""

    slope: float
    shift: float

    def chance(self, margin: np.ndarray) -> np.ndarray:
        return _sigmoid(self.slope * margin + self.shift)


@dataclass(frozen=True)
class Beta:
    """Log-odds = rise × ln p − fall × ln(1 − p) + shift, with p what the margin says as it is."""

    rise: float
    fall: float
    shift: float

    def chance(self, margin: np.ndarray) -> np.ndarray:
        # ln p and ln(1 − p) from the margin itself, so that nothing is lost near 0 and 1.
        return _sigmoid(-self.rise * np.logaddexp(0, -margin) + self.fall * np.logaddexp(0, margin) + self.shift)


@dataclass(frozen=True)
class Isotonic:
    """Steps that only rise, joined by lines."""

    margins: tuple[float, ...]  # middles of the steps
    chances: tuple[float, ...]

    def chance(self, margin: np.ndarray) -> np.ndarray:
        told = np.interp(margin, self.margins, self.chances)
        # Beyond the ends and on level ground the larger margin still goes first, by a hair's breadth.
        return np.clip(told + 1e-6 * (_sigmoid(margin) - 0.5), 1e-9, 1 - 1e-9)


@dataclass(frozen=True)
class Temperature:
    """Of classes: how much margins are to be believed; below 1 they are drawn together."""

    factor: float

    def chance(self, margin: np.ndarray) -> np.ndarray:
        odds = np.exp(self.factor * (margin - margin.max(axis=1, keepdims=True)))
        return odds / odds.sum(axis=1, keepdims=True)


Map = Calibration | Beta | Isotonic | Temperature


def calibrate(margin: np.ndarray, outcome: np.ndarray, seed: int = 0) -> Map | None:
    """The map that suits best; None where there is one class only, and nothing to learn.

    Margins are of rows that the model has not learned from: (n,) with outcomes 1 and 0, or (n, classes) with the places
    of the classes.
    """
    if len(np.unique(outcome)) < 2:
        return None
    if margin.ndim == 2:
        return _temperature(margin, outcome.astype(int))
    best, least = platt, None
    for way in _ways(outcome)[1:]:
        least = _loss_left_out(platt, margin, outcome, seed) if least is None else least
        loss = _loss_left_out(way, margin, outcome, seed)
        if loss < least - BETTER:
            best, least = way, loss
    return best(margin, outcome)


def platt(margin: np.ndarray, outcome: np.ndarray) -> Calibration:
    """The line of greatest likelihood: how much of a margin is to be believed, and where its middle lies."""
    (slope,), shift = solve(margin.reshape(-1, 1), outcome, FREE)
    # A slope below nothing would turn the order round: then the margins say nothing, and the base rate is all there is.
    return Calibration(float(slope), shift) if slope > 0 else Calibration(
        0.0, float(np.log(outcome.mean() / (1 - outcome.mean()))))


# --- inside ---------------------------------------------------------------------------------------


def _ways(outcome: np.ndarray) -> tuple:
    rarer = min(outcome.sum(), len(outcome) - outcome.sum())
    if len(outcome) < BETA_ROWS or rarer < BETA_ROWS / 10:
        return (platt,)
    many = len(outcome) >= ISOTONIC_ROWS and rarer >= ISOTONIC_ROWS / 10
    return (platt, _beta, _isotonic) if many else (platt, _beta)


def _loss_left_out(way, margin: np.ndarray, outcome: np.ndarray, seed: int) -> float:
    from sklearn.model_selection import StratifiedKFold

    loss = 0.0
    for learn, look in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(margin, outcome):
        chance = np.clip(way(margin[learn], outcome[learn]).chance(margin[look]), 1e-6, 1 - 1e-6)
        loss -= np.log(np.where(outcome[look] > 0, chance, 1 - chance)).sum()
    return loss / len(outcome)


def _beta(margin: np.ndarray, outcome: np.ndarray) -> Calibration | Beta:
    given = np.column_stack([-np.logaddexp(0, -margin), np.logaddexp(0, margin)])
    (rise, fall), shift = solve(given, outcome, FREE)
    if rise < 0 or fall < 0 or rise + fall == 0:  # it would turn the order round at one end
        return platt(margin, outcome)
    return Beta(float(rise), float(fall), shift)


def _isotonic(margin: np.ndarray, outcome: np.ndarray) -> Isotonic:
    from sklearn.isotonic import IsotonicRegression

    order = np.argsort(margin, kind="stable")
    steps = IsotonicRegression(y_min=0.0, y_max=1.0).fit(margin, outcome).predict(margin[order])
    starts = np.flatnonzero(np.r_[True, np.diff(steps) > 0])
    count = np.diff(np.r_[starts, len(steps)])
    middles = np.add.reduceat(margin[order], starts) / count
    # A step of few rows is drawn to the base rate, as if one more row were there: no chance is 0 or 1 by luck.
    chances = (steps[starts] * count + outcome.mean()) / (count + 1)
    return Isotonic(tuple(middles.tolist()), tuple(np.maximum.accumulate(chances).tolist()))


def _temperature(margin: np.ndarray, places: np.ndarray) -> Temperature:
    from scipy.optimize import minimize_scalar

    top = margin - margin.max(axis=1, keepdims=True)
    own = top[np.arange(len(top)), places]

    def loss(factor: float) -> float:
        return float((np.log(np.exp(factor * top).sum(axis=1)) - factor * own).mean())

    return Temperature(float(minimize_scalar(loss, bounds=(0.01, 10.0), method="bounded").x))


def _sigmoid(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(log_odds, -LARGEST, LARGEST)))
