"""Gamma-Gamma: what a customer spends a purchase, drawn towards what all spend by how few purchases are known.

Fader and Hardie (2013), The gamma-gamma model of monetary value (note 025). Each purchase of a customer is gamma
(p, nu), and nu is gamma (q, gamma) over customers; with n purchases of mean m nu is gamma (q + p n, gamma + n m). It
takes what is spent to have nothing to do with how often.
"""

from dataclasses import dataclass

import numpy as np

from crm_core.errors import TooFewAmounts
from crm_core.purchase_prediction.lifetime.history import totals
from crm_core.purchase_prediction.lifetime.likelihood import climb_from, covariance_of, trigamma

FEWEST = 20  # customers with an amount
MOST_P = 1_000.0  # purchases of a customer within 3 in 100 of each other: no shop sells so
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
    top = climb_from(likelihood, [(4.0, 4.0, 1.0), (2.0, 20.0, 10.0)])
    p, q, gamma = (float(value) for value in np.exp(top.logs))
    value, warning = top.value - float(w @ np.log(np.full(len(n), scale))), None
    if not top.inside or p > MOST_P:
        # Customers' means spread so unevenly that no purchase seems to differ from its customer's others.
        warning = ("spend_ran_away", {"p": p})
    if q < LEAST_Q:
        warning = warning or ("spend_unbounded", {"q": q})
        # The mean over customers of this q is without bound: the nearest tail that has one, at the same middle.
        gamma, q = gamma * LEAST_Q / q, LEAST_Q
    return GammaGamma(p, q, gamma * scale, value, warning, covariance_of(top.curvature))


class Likelihood:
    """Log-likelihood of (p, q, gamma) with gradient and second derivatives."""

    def __init__(self, n: np.ndarray, mean: np.ndarray, weight: np.ndarray) -> None:
        self.n, self.spent, self.weight = n, n * mean, weight
        self.counts, self.count_weights = totals(n, weight)
        self.customers, self.purchases = weight.sum(), weight * n
        self.log_spent, self.log_mean = float(self.purchases @ np.log(self.spent)), float(weight @ np.log(mean))

    def __call__(self, parameters) -> tuple[float, np.ndarray, np.ndarray]:
        from scipy.special import gammaln, psi

        p, q, gamma = parameters
        n, w, many, counts, each = self.purchases, self.weight, self.customers, self.counts, self.count_weights
        whole = gamma + self.spent
        log_whole, inverse = np.log(whole), 1 / whole
        pn = p * counts
        value = (each @ (gammaln(pn + q) - gammaln(pn)) - many * (gammaln(q) - q * np.log(gamma)) - self.log_mean
                 + p * self.log_spent - p * (n @ log_whole) - q * (w @ log_whole))
        up, bend, once = psi(pn + q), trigamma(pn + q), np.array([q])
        gradient = np.array([(each * counts) @ (up - psi(pn)) + self.log_spent - n @ log_whole,
                             each @ up + many * (np.log(gamma) - psi(q)) - w @ log_whole,
                             many * q / gamma - p * (n @ inverse) - q * (w @ inverse)])
        second = np.empty((3, 3))
        second[0, 0] = (each * counts**2) @ (bend - trigamma(pn))
        second[0, 1] = second[1, 0] = (each * counts) @ bend
        second[0, 2] = second[2, 0] = -(n @ inverse)
        second[1, 1] = each @ bend - many * trigamma(once)[0]
        second[1, 2] = second[2, 1] = many / gamma - w @ inverse
        second[2, 2] = p * (n @ inverse**2) + q * (w @ inverse**2) - many * q / gamma**2
        return float(value), gradient, second
