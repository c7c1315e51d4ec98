"""Pareto/NBD: customers buy at a rate of their own until they leave, at any moment, after a time of their own.

Schmittlein, Morrison and Colombo (1987), Counting your customers, Management Science 33(1), 1-24. Rates are gamma
distributed over customers (r, alpha), and so are the hazards of leaving (s, beta). Whoever left did so at a moment y
between the last purchase and T; the likelihood is an integral over y

    s β^s ∫ (α + y)^-(r + x) (β + y)^-(s + 1) dy    from t_x to T

laid out on points of Gauss and Legendre, where the usual form takes differences of hypergeometric functions. It gives
gradient and second derivatives as a mixture does, so that Newton's way takes a few steps.
"""

from dataclasses import dataclass

import numpy as np

from crm_core.purchase_prediction.lifetime import nbd
from crm_core.purchase_prediction.lifetime.bgnbd import LEAST_GAIN
from crm_core.purchase_prediction.lifetime.history import Histories, arrays, gathered, totals
from crm_core.purchase_prediction.lifetime.likelihood import climb_from, covariance_of, trigamma

NODES = 24
LEAST_LEAVING = 1e-3  # share that leaves while the middle customer is watched, where parameters have run away


@dataclass(frozen=True)
class ParetoNBD:
    r: float
    alpha: float
    s: float  # 0: nobody leaves (the NBD), and beta says nothing
    beta: float
    log_likelihood: float
    warning: tuple[str, dict] | None = None
    covariance: tuple = ()  # of the logarithms of the parameters

    name = "pareto_nbd"

    @property
    def parameters(self) -> dict[str, float]:
        return {"r": self.r, "alpha": self.alpha, "s": self.s, "beta": self.beta}

    @property
    def leaves(self) -> bool:
        return self.s > 0

    def log_likelihoods(self, x, t_x, T) -> np.ndarray:
        """Of each history."""
        from scipy.special import gammaln

        x, t_x, T = arrays(x, t_x, T)
        return (gammaln(self.r + x) - gammaln(self.r) + self.r * np.log(self.alpha)
                + self._log_there(x, T) + np.logaddexp(0.0, self._log_odds(x, t_x, T)))

    def chance_alive(self, x, t_x, T) -> np.ndarray:
        x, t_x, T = arrays(x, t_x, T)
        return 1 / (1 + np.exp(np.minimum(self._log_odds(x, t_x, T), 700)))

    def expected_purchases(self, t, x, t_x, T) -> np.ndarray:
        """Purchases expected within t after T."""
        x, t_x, T = arrays(x, t_x, T)
        t = np.asarray(t, dtype=float)
        stays = self.beta + T
        if not self.leaves:
            return (self.r + x) / (self.alpha + T) * t
        # The time that a customer stays of t: ∫ (stays / (stays + y))^s dy; where s is 1, a logarithm.
        grown = np.log1p(t / stays)
        power = 1 - self.s
        time = stays * (np.expm1(power * grown) / power if abs(power) > 1e-9 else grown)
        return self.chance_alive(x, t_x, T) * (self.r + x) / (self.alpha + T) * time

    def chance_of_purchase(self, t, x, t_x, T) -> np.ndarray:
        """The chance of at least one purchase within t after T: the next one comes before the customer leaves."""
        x, t_x, T = arrays(x, t_x, T)
        t, rx = np.asarray(t, dtype=float), self.r + x
        if not self.leaves:
            return -np.expm1(-rx * np.log1p(t / (self.alpha + T)))
        points, weight = np.polynomial.legendre.leggauss(32)
        # With v = P(no purchase yet of who cannot leave) the integral is over (1 + y / (beta + T))^-s alone.
        last = -np.expm1(-rx * np.log1p(t / (self.alpha + T)))
        v = 1 - np.multiply.outer(last, (1 + points) / 2)
        y = (self.alpha + T)[:, None] * np.expm1(-np.log(v) / rx[:, None])
        staying = np.exp(-self.s * np.log1p(y / (self.beta + T)[:, None]))
        return self.chance_alive(x, t_x, T) * last * (staying @ (weight / 2))

    def draw_ways(self, rng, x, T):
        """Of customers who are there: rate of purchases, hazard of leaving, and 0 (they leave between purchases)."""
        rate = rng.gamma(self.r + x) / (self.alpha + T)
        return rate, rng.gamma(self.s, size=len(x)) / (self.beta + T) if self.leaves else np.zeros(len(x)), 0.0

    def _log_there(self, x, T):
        leaving = self.s * np.log1p(T / self.beta) if self.leaves else 0.0
        return -(self.r + x) * np.log(self.alpha + T) - leaving

    def _log_odds(self, x, t_x, T):
        if not self.leaves:
            return np.full(len(x), -np.inf)
        points, log_weight = moments(self.r, self.alpha, self.s, self.beta, x, t_x, T)
        terms = log_weight - (self.r + x)[:, None] * np.log(self.alpha + points) - (self.s + 1) * np.log(
            self.beta + points)
        top = np.maximum(terms.max(axis=1), -1e300)
        with np.errstate(divide="ignore"):  # who bought on the last day had no time to leave
            gone = np.log(np.exp(terms - top[:, None]).sum(axis=1)) + top
        return gone + np.log(self.s) + self.s * np.log(self.beta) - self._log_there(x, T)


def moments(r, alpha, s, beta, x, t_x, T) -> tuple[np.ndarray, np.ndarray]:
    """Points in (t_x, T) and the logarithms of their weights: dense where the integrand is great."""
    points, weight = np.polynomial.legendre.leggauss(NODES)
    # v = ((c + t_x) / (c + y))^n falls as the integrand does, and is laid out evenly.
    c, n = max(alpha, beta) if r + s > 1 else alpha, (r + s + x)[:, None]
    first, span = np.log(c + t_x)[:, None], (np.log(c + T) - np.log(c + t_x))[:, None]
    whole = -np.expm1(-n * span)
    v = 1 - whole * (1 + points) / 2
    y = np.exp(first - np.log(v) / n) - c
    with np.errstate(divide="ignore"):
        log_weight = np.log(whole * weight / 2) + np.log(c + y) - np.log(n) - np.log(v)
    return np.minimum(np.maximum(y, t_x[:, None]), T[:, None]), log_weight


def fit(frequency, recency, T, weights=None) -> ParetoNBD:
    """Parameters of greatest likelihood; the NBD, with a warning, where nobody can be told to leave."""
    return fit_histories(gathered(frequency, recency, T, weights))


def fit_histories(histories: Histories) -> ParetoNBD:
    still = nbd.fit_histories(histories)
    middle = float(np.median(histories.T)) or 1.0
    top = climb_from(Likelihood(histories), [(still.r, still.alpha, 0.6, middle / 3),
                                             (1.0, still.alpha / still.r, 1.0, middle)])
    r, alpha, s, beta = (float(value) for value in np.exp(top.logs))
    ran_away = not top.inside and -np.expm1(-s * np.log1p(middle / beta)) < LEAST_LEAVING
    if ran_away or top.value - still.log_likelihood < LEAST_GAIN:
        return ParetoNBD(still.r, still.alpha, 0.0, 1.0, still.log_likelihood,
                         ("nobody_leaves", {"customers": int(round(histories.customers)),
                                            "gain": max(0.0, float(top.value - still.log_likelihood))}),
                         still.covariance)
    return ParetoNBD(r, alpha, s, beta, float(top.value), None, covariance_of(top.curvature))


class Likelihood:
    """Log-likelihood of (r, alpha, s, beta) with gradient and second derivatives, over distinct histories."""

    def __init__(self, histories: Histories) -> None:
        self.counts, self.count_weights = totals(histories.x, histories.weight)
        self.x, self.t_x, self.T, self.weight = histories.x, histories.t_x, histories.T, histories.weight

    def __call__(self, parameters) -> tuple[float, np.ndarray, np.ndarray]:
        from scipy.special import gammaln, psi

        r, alpha, s, beta = parameters
        many, n, counts = self.weight.sum(), self.count_weights, self.counts
        rx = (r + self.x)[:, None]
        y, log_weight = moments(r, alpha, s, beta, self.x, self.t_x, self.T)
        # The mixture: left at one of the moments y, or (last column) still there at T.
        y = np.column_stack([y, self.T])
        log_a, log_b = np.log(alpha + y), np.log(beta + y)
        left = np.ones(y.shape[1])
        left[-1] = 0.0
        terms = -rx * log_a - (s + left) * log_b
        terms[:, :-1] += log_weight + np.log(s)
        top = terms.max(axis=1)
        share = np.exp(terms - top[:, None])
        whole = share.sum(axis=1)
        share /= whole[:, None]
        w = self.weight
        value = (w @ (top + np.log(whole)) + n @ gammaln(r + counts)
                 + many * (r * np.log(alpha) - gammaln(r) + s * np.log(beta)))
        inverse_a, inverse_b = 1 / (alpha + y), 1 / (beta + y)
        slopes = [-log_a, -rx * inverse_a, left / s - log_b, -(s + left) * inverse_b]
        means = [(share * slope).sum(axis=1) for slope in slopes]
        gradient = np.array([w @ mean for mean in means]) + [
            n @ psi(r + counts) + many * (np.log(alpha) - psi(r)), many * r / alpha, many * np.log(beta),
            many * s / beta]
        second = np.empty((4, 4))
        for i in range(4):
            leaning = share * slopes[i]
            for j in range(i, 4):
                second[i, j] = second[j, i] = w @ ((leaning * slopes[j]).sum(axis=1) - means[i] * means[j])
        gone = share @ left

        def add(i, j, amount):
            second[i, j] += amount
            if i != j:
                second[j, i] += amount

        add(0, 0, n @ trigamma(r + counts) - many * trigamma(r))
        add(0, 1, many / alpha - w @ (share * inverse_a).sum(axis=1))
        add(1, 1, w @ (share * rx * inverse_a**2).sum(axis=1) - many * r / alpha**2)
        add(2, 2, -(w @ gone) / s**2)
        add(2, 3, many / beta - w @ (share * inverse_b).sum(axis=1))
        add(3, 3, w @ (share * (s + left) * inverse_b**2).sum(axis=1) - many * s / beta**2)
        return float(value), gradient, second
