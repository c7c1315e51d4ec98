"""The top of a likelihood: Newton's way with damped steps, on the logarithms of parameters that are above nothing.

A likelihood gives its value, gradient and second derivatives at once; models of buying have four parameters at most,
so each step costs no more than one look at the customers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FURTHEST = 12.0  # of a logarithm: past e^12 (or under e^-12) a parameter has run away
MOST_STEPS = 60
LONGEST_STEP = 2.0  # of a logarithm
STEPS_UP = np.arange(6.0)


@dataclass(frozen=True, eq=False)
class Top:
    logs: np.ndarray  # where the likelihood is greatest
    value: float
    curvature: np.ndarray  # second derivatives there, by the logarithms

    @property
    def inside(self) -> bool:
        """Whether no parameter has run away."""
        return bool(np.all(np.abs(self.logs) < FURTHEST - 0.5))


def climb(likelihood: Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]], start: np.ndarray,
          most_steps: int = MOST_STEPS, ridge: float = 0.0, middle: np.ndarray | float = 0.0) -> Top:
    """From a start to the next top. `likelihood` takes parameters and gives value, gradient, second derivatives.

    `ridge` takes ridge / 2 × (log - middle)² off for each parameter: where little is known, none runs away.
    """
    logs = np.clip(np.asarray(start, dtype=float), -FURTHEST, FURTHEST)
    value, gradient, second = by_logs(likelihood, logs, ridge, middle)
    for _ in range(most_steps):
        # Where the surface bends upward, the step still goes uphill: by the size of the bend.
        bends, axes = np.linalg.eigh(second)
        step = axes @ ((axes.T @ gradient) / np.maximum(np.abs(bends), 1e-8 * max(1.0, np.abs(bends).max())))
        if np.abs(gradient @ step) < 1e-9 * (1 + 1e-4 * abs(value)):
            break
        step *= min(1.0, LONGEST_STEP / np.abs(step).max())
        for _ in range(30):
            ahead = np.clip(logs + step, -FURTHEST, FURTHEST)
            found = by_logs(likelihood, ahead, ridge, middle)
            if found[0] > value:
                break
            step /= 3
        else:
            break
        logs, (value, gradient, second) = ahead, found
    return Top(logs, value, second)


def by_logs(likelihood, logs: np.ndarray, ridge: float = 0.0,
            middle: np.ndarray | float = 0.0) -> tuple[float, np.ndarray, np.ndarray]:
    """The same by the logarithms of the parameters: d/d ln p = p d/dp."""
    parameters = np.exp(logs)
    value, gradient, second = likelihood(parameters)
    uphill = parameters * gradient
    bends = second * np.outer(parameters, parameters) + np.diag(uphill)
    away = logs - middle
    return value - ridge / 2 * float(away @ away), uphill - ridge * away, bends - ridge * np.eye(len(logs))


def climb_from(likelihood, starts: list) -> Top:
    """The highest top found: from the first start, and from the next one where that one ran away."""
    found = None
    for start in starts[:2]:
        top = climb(likelihood, np.log(start))
        found = top if found is None or top.value > found.value + 1e-6 else found
        if top.inside:
            break
    return found


def covariance_of(curvature: np.ndarray) -> tuple[tuple[float, ...], ...]:
    """The inverse of the information; directions of which the data say little get one unit of a logarithm."""
    bends, axes = np.linalg.eigh(-curvature)
    return tuple(map(tuple, ((axes / np.maximum(bends, 1.0)) @ axes.T).tolist()))


def trigamma(z: np.ndarray) -> np.ndarray:
    """The second derivative of the logarithm of the gamma function, for z above 0; ten times as quick as scipy's zeta.

    Abramowitz and Stegun (1964), 6.4.6 and 6.4.12: six steps up, and the series from there.
    """
    z = np.asarray(z, dtype=float)
    below = ((z[..., None] + STEPS_UP) ** -2).sum(axis=-1)
    inverse = 1 / (z + len(STEPS_UP))
    square = inverse * inverse
    return below + inverse * (1 + inverse / 2 + square * (1 / 6 - square * (1 / 30 - square * (1 / 42 - square / 30))))
