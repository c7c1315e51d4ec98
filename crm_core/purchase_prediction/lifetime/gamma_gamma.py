"""Gamma-Gamma: what a customer spends a purchase, drawn towards what all spend by how few purchases are known.

Fader and Hardie (2013), The gamma-gamma model of monetary value (note 025). Each purchase of a customer is gamma (p, nu),
and nu is gamma (q, gamma) over customers; a customer with n purchases of mean m has nu ~ gamma (q + p n, gamma + n m).
It takes what is spent to have nothing to do with how often.
"""

from dataclasses import dataclass

import numpy as np

from crm_core.errors import TooFewAmounts
from crm_core.purchase_prediction.lifetime.likelihood import climb_from, covariance_of

FEWEST = 20  # customers with an amount
LEAST_Q = 1.05  # with q of 1 or less the mean over customers has no bound


@dataclass(frozen=True)
class GammaGamma:
    p: float
    q: float
    gamma: float
    log_likelihood: float
    warning: tuple[str, dict] | None = None
    covariance: tuple = ()

    @property
    def parameters(self) -> dict[str, float]:
        return {"p": self.p, "q": self.q, "gamma": self.gamma}

    def expected_spend(self, purchases, mean) -> np.ndarray:
        """What a purchase of each customer is expected to bring; without a known purchase, what all bring."""
        n, mean = np.asarray(purchases, dtype=float), np.asarray(mean, dtype=float)
        known = (n > 0) & (mean > 0)
        spent = np.where(known, n * np.where(known, mean, 0.0), 0.0)
        return self.p * (self.gamma + spent) / (self.p * np.where(known, n, 0.0) + self.q - 1)

    def log_likelihoods(self, purchases, mean) -> np.ndarray:
        """Of each customer's mean; 0 where none is known."""
        from scipy.special import gammaln

        n, mean = np.asarray(purchases, dtype=float), np.asarray(mean, dtype=float)
        known = (n > 0) & (mean > 0)
        n, mean = np.where(known, n, 1.0), np.where(known, mean, 1.0)
        pn = self.p * n
        found = (gammaln(pn + self.q) - gammaln(pn) - gammaln(self.q) + self.q * np.log(self.gamma)
                 + (pn - 1) * np.log(mean) + pn * np.log(n) - (pn + self.q) * np.log(self.gamma + n * mean))
        return np.where(known, found, 0.0)

    def draw_rates(self, rng, purchases, mean) -> np.ndarray:
        """nu of each customer, given what is known: m future purchases together are gamma (p m, nu)."""
        n, mean = np.asarray(purchases, dtype=float), np.asarray(mean, dtype=float)
        known = (n > 0) & (mean > 0)
        shape = self.q + np.where(known, self.p * n, 0.0)
        return rng.gamma(shape) / (self.gamma + np.where(known, n * mean, 0.0))


def fit(purchases, mean, weights=None) -> GammaGamma:
    """Parameters of greatest likelihood, of customers with at least one purchase above nothing.

    Raises TooFewAmounts where fewer than 20 have.
    """
    n, mean = np.asarray(purchases, dtype=float), np.asarray(mean, dtype=float)
    known = (n > 0) & (mean > 0)
    if known.sum() < FEWEST:
        raise TooFewAmounts(needed=FEWEST, found=int(known.sum()))
    n, mean = n[known], mean[known]
    w = np.ones(len(n)) if weights is None else np.asarray(weights, dtype=float)[known]
    scale = float(np.average(mean, weights=w))
    likelihood = Likelihood(n, mean / scale, w)
    top = climb_from(likelihood, [(6.0, 4.0, 0.7), (1.0, 2.0, 1.5), (2.0, 20.0, 10.0)])
    p, q, gamma = (float(value) for value in np.exp(top.logs))
    value, warning = top.value - float(w @ np.log(np.full(len(n), scale))), None
    if q < LEAST_Q:
        warning = ("spend_unbounded", {"q": q})
        # The mean over customers of this q is without bound: the nearest tail that has one, at the same middle.
        gamma, q = gamma * LEAST_Q / q, LEAST_Q
    return GammaGamma(p, q, gamma * scale, value, warning, covariance_of(top.curvature))


class Likelihood:
    """Log-likelihood of (p, q, gamma) with gradient and second derivatives."""

    def __init__(self, n: np.ndarray, mean: np.ndarray, weight: np.ndarray) -> None:
        self.n, self.mean, self.weight = n, mean, weight

    def __call__(self, parameters) -> tuple[float, np.ndarray, np.ndarray]:
        from scipy.special import gammaln, psi, zeta

        p, q, gamma = parameters
        n, mean, w = self.n, self.mean, self.weight
        spent, pn = n * mean, p * n
        whole = gamma + spent
        log_whole, log_spent = np.log(whole), np.log(spent)
        value = w @ (gammaln(pn + q) - gammaln(pn) - gammaln(q) + q * np.log(gamma) - np.log(mean) + pn * log_spent
                     - (pn + q) * log_whole)
        up, bend = psi(pn + q), zeta(2, pn + q)
        gradient = np.array([w @ (n * (up - psi(pn) + log_spent - log_whole)),
                             w @ (up - psi(q) + np.log(gamma) - log_whole), w @ (q / gamma - (pn + q) / whole)])
        second = np.empty((3, 3))
        second[0, 0] = w @ (n**2 * (-zeta(2, pn) + bend))
        second[0, 1] = second[1, 0] = w @ (n * bend)
        second[0, 2] = second[2, 0] = -(w @ (n / whole))
        second[1, 1] = w @ (bend - zeta(2, q))
        second[1, 2] = second[2, 1] = w @ (1 / gamma - 1 / whole)
        second[2, 2] = w @ ((pn + q) / whole**2 - q / gamma**2)
        return float(value), gradient, second
