"""NBD: customers buy at gamma distributed rates for ever (Ehrenberg 1959): what is left where nobody leaves."""

from dataclasses import dataclass

import numpy as np

from crm_core.purchase_prediction.lifetime.history import Histories, totals
from crm_core.purchase_prediction.lifetime.likelihood import climb_from, covariance_of, trigamma


@dataclass(frozen=True)
class NBD:
    r: float
    alpha: float
    log_likelihood: float
    covariance: tuple = ()  # of the logarithms of r and alpha


def fit_histories(histories: Histories) -> NBD:
    """Rates of greatest likelihood of the counts alone."""
    from scipy.special import gammaln, psi

    counts, n = totals(histories.x, histories.weight)
    x, T, weight, many = histories.x, histories.T, histories.weight, histories.customers

    def likelihood(parameters):
        r, alpha = parameters
        watched, rx = alpha + T, r + x
        each = weight / watched
        value = (n @ gammaln(r + counts) - many * gammaln(r) + many * r * np.log(alpha)
                 - weight @ (rx * np.log(watched)))
        gradient = np.array([n @ psi(r + counts) - many * psi(r) + many * np.log(alpha) - weight @ np.log(watched),
                             many * r / alpha - each @ rx])
        cross = many / alpha - each.sum()
        second = np.array([[n @ trigamma(r + counts) - many * trigamma(r), cross],
                           [cross, -many * r / alpha**2 + (each / watched) @ rx]])
        return float(value), gradient, second

    rate = weight @ x / max(weight @ T, 1e-12)
    top = climb_from(likelihood, [(0.5, 0.5 / rate), (5.0, 5.0 / rate)])
    r, alpha = np.exp(top.logs)
    return NBD(float(r), float(alpha), top.value, covariance_of(top.curvature))
