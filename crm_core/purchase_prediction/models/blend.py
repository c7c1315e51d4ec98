"""A blend: the margins of the best models, each with a weight, together.

The weights are those by which outcomes that none of the parts has learned from are likeliest, none below nothing
(stacking, Wolpert 1992; Breiman 1996), drawn a little towards equal say, so that few rows do not decide alone.
"""

from dataclasses import dataclass

import numpy as np

from crm_core.purchase_prediction.models.fitted import Fitted

# Ways whose margins are smooth enough to be averaged.
PARTS = ("logistic", "poisson", "additive", "boosting", "svm", "bgnbd")
MOST_PARTS = 5
SMALLEST_SHARE = 0.05  # of the say; a part with less is left out
# What counts equal say, as a share of the rows and in rows: weights of one season mislead in the next.
PULL, MOST_PULL = 0.03, 300.0


@dataclass(frozen=True, eq=False)
class Blend:
    parts: tuple[tuple[float, Fitted], ...]  # what each part's margin is multiplied by
    shift: float = 0.0  # what is added to the sum: log-odds
    shares: tuple[float, ...] = ()  # of each part: which share (0..1) of the movement of the sum comes from it

    def margin(self, _encoding, rows) -> np.ndarray:
        return sum(weight * part.margin(rows) for weight, part in self.parts) + self.shift


@dataclass(frozen=True)
class Weights:
    """How margins are put together."""

    parts: dict[str, float]  # model → what its margin is multiplied by; the largest say first
    shift: float = 0.0
    shares: tuple[float, ...] = ()  # of each part in the same order: its share (0..1) of the movement of the sum

    def margin(self, margins: dict[str, np.ndarray]) -> np.ndarray:
        return sum(weight * margins[name] for name, weight in self.parts.items()) + self.shift


def weigh(margins: dict[str, np.ndarray], outcome: np.ndarray) -> Weights | None:
    """The weights of the best few, by margins of rows that they have not learned from.

    Margins are (n,) or (n, classes), outcomes 1 and 0 or the places of classes. None where no two say anything.
    """
    usable = {name: margins[name] for name in PARTS if name in margins and _knows(margins[name], outcome)}
    found = _likeliest(usable, outcome)
    while found is not None:
        say = _say(found, usable)
        least = min(say, key=say.get)
        if say[least] >= SMALLEST_SHARE and len(say) <= MOST_PARTS:
            ranked = sorted(found.parts, key=say.get, reverse=True)
            return Weights({name: found.parts[name] for name in ranked}, found.shift,
                           tuple(say[name] for name in ranked))
        usable = {name: margin for name, margin in usable.items() if name != least}
        found = _likeliest(usable, outcome)
    return None


def put_together(weights: Weights, models: dict[str, Fitted]) -> Fitted:
    """The blend of fitted models, by weights that were learned elsewhere."""
    parts = tuple((weight, models[name]) for name, weight in weights.parts.items())
    # The encoding without curves where there is one: others look up by it what features there are.
    first = min((part for _, part in parts), key=lambda part: len(part.encoding.knots))
    return Fitted("blend", first.encoding, Blend(parts, weights.shift, weights.shares), classes=first.classes)


# --- inside ---------------------------------------------------------------------------------------


def _knows(margin: np.ndarray, outcome: np.ndarray) -> bool:
    """Whether the margin is larger where yes came; of classes, that of the class that came than of the others."""
    if margin.ndim == 1:
        return bool(margin[outcome > 0].mean() > margin[outcome <= 0].mean())
    own = margin[np.arange(len(margin)), outcome.astype(int)].mean()
    return bool(own > margin.mean())


def _say(weights: Weights, margins: dict[str, np.ndarray]) -> dict[str, float]:
    """Which share of the movement of the sum comes from each part."""
    moved = {name: weight * float(margins[name].std()) for name, weight in weights.parts.items()}
    return {name: value / (sum(moved.values()) or 1.0) for name, value in moved.items()}


def _likeliest(margins: dict[str, np.ndarray], outcome: np.ndarray) -> Weights | None:
    """Weights not below nothing, of greatest likelihood."""
    from scipy.optimize import minimize
    from scipy.special import expit

    if len(margins) < 2:
        return None
    names, spreads = list(margins), np.array([margins[name].std() for name in margins])
    given = np.stack([margins[name] / spread for name, spread in zip(names, spreads, strict=True)], axis=-1)
    of_classes, rows = given.ndim == 3, len(outcome)
    places, pull = outcome.astype(int), min(PULL * rows, MOST_PULL)

    def cost(values):
        weights, shift = values[:-1], values[-1]
        margin = given @ weights + shift
        if of_classes:
            top = margin.max(axis=1, keepdims=True)
            odds = np.exp(margin - top)
            chances = odds / odds.sum(axis=1, keepdims=True)
            loss = -np.log(np.maximum(chances[np.arange(rows), places], 1e-300)).sum()
            chances[np.arange(rows), places] -= 1
            slope = np.append(np.tensordot(chances, given, axes=2), 0.0)  # the same shift of all changes nothing
        else:
            loss = np.logaddexp(0, np.where(places > 0, -margin, margin)).sum()
            missed = expit(margin) - places
            slope = np.append(missed @ given, missed.sum())
        uneven = weights - weights.mean()
        slope[:-1] += pull * uneven
        return (loss + pull * (uneven**2).sum() / 2) / rows, slope / rows

    start = np.append(np.full(len(names), 1 / len(names)) * spreads, 0.0)
    best = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(names) + [(None, None)])
    weights = best.x[:-1] / spreads
    if not weights.any():
        return None
    return Weights(dict(zip(names, weights.tolist(), strict=True)), float(best.x[-1]))
