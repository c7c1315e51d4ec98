"""BG/NBD: customers buy at a rate of their own and may leave, for good, after each repeat purchase.

Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2), 275-284. Rates are gamma
distributed over customers (r, alpha), the chances to leave beta distributed (a, b). Given that a customer is still
there, the rate is gamma (r + x, alpha + T) and the chance to leave beta (a, b + x); all that is expected of them is a
mean over these two, and never the difference of two great numbers: the usual formula gave 1e20 on a shop whose
customers hardly leave.

One unit of time throughout: weeks (days / 7) wherever the workbench calls it.
"""

from dataclasses import dataclass

import numpy as np

from crm_core.purchase_prediction.lifetime import nbd
from crm_core.purchase_prediction.lifetime.history import Histories, arrays, gathered, totals
from crm_core.purchase_prediction.lifetime.leaving import beta_nodes
from crm_core.purchase_prediction.lifetime.likelihood import climb_from, covariance_of, trigamma

LEAST_GAIN = 0.1  # in log-likelihood over the NBD: with less, leaving cannot be told from staying
LEAST_LEAVING = 1e-3  # mean chance to leave, where parameters have run away: a -> 0, b -> infinity
CLEARLY = 0.05  # mean chance to leave from which on it need not be asked whether anybody leaves
NODES = 40


@dataclass(frozen=True)
class BGNBD:
    r: float
    alpha: float
    a: float  # 0: nobody leaves (the NBD), and b says nothing
    b: float
    log_likelihood: float
    warning: tuple[str, dict] | None = None  # key of a sentence and its facts
    covariance: tuple = ()  # of the logarithms of the parameters, (4, 4); where nobody leaves of r and alpha, (2, 2)

    name = "bgnbd"
    at_first = 0  # chances to leave before the first repeat purchase

    @property
    def parameters(self) -> dict[str, float]:
        return {"r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}

    @property
    def leaves(self) -> bool:
        return self.a > 0

    def log_likelihoods(self, x, t_x, T) -> np.ndarray:
        """Of each history."""
        from scipy.special import gammaln

        x, t_x, T = arrays(x, t_x, T)
        stayed = 0.0
        if self.leaves:
            b, k = self.b, x + self.at_first
            stayed = gammaln(b + k) - gammaln(b) - gammaln(self.a + b + k) + gammaln(self.a + b)
        return (gammaln(self.r + x) - gammaln(self.r) + self.r * np.log(self.alpha) + stayed
                - (self.r + x) * np.log(self.alpha + T) + np.logaddexp(0.0, self._log_odds(x, t_x, T)))

    def chance_alive(self, x, t_x, T) -> np.ndarray:
        """The chance that a customer has not left by T."""
        return 1 / (1 + np.exp(np.minimum(self._log_odds(*arrays(x, t_x, T)), 700)))

    def _log_odds(self, x, t_x, T) -> np.ndarray:
        """Of having left, as a logarithm: of who bought a hundred times and fell silent no float holds the odds."""
        chances = x + self.at_first
        if not self.leaves:
            return np.full(len(x), -np.inf)
        odds = (np.log(self.a) - np.log(np.maximum(self.b + chances - 1, 1e-300))
                + (self.r + x) * np.log((self.alpha + T) / (self.alpha + np.where(x > 0, t_x, 0.0))))
        return np.where(chances > 0, odds, -np.inf)

    def expected_purchases(self, t, x, t_x, T) -> np.ndarray:
        """Purchases expected within t after T. Never more than those of a customer who cannot leave."""
        x, t_x, T = arrays(x, t_x, T)
        t = np.broadcast_to(np.asarray(t, dtype=float), x.shape)
        return self.chance_alive(x, t_x, T) * self._expected_alive(t, x, T)

    def chance_of_purchase(self, t, x, t_x, T) -> np.ndarray:
        """The chance of at least one purchase within t after T: who is there leaves after a purchase only."""
        x, t_x, T = arrays(x, t_x, T)
        next_one = -np.expm1(-(self.r + x) * np.log1p(np.asarray(t, dtype=float) / (self.alpha + T)))
        return self.chance_alive(x, t_x, T) * next_one

    def draw_ways(self, rng, x, T):
        """Of customers who are there: rate of purchases, hazard of leaving, and 1 (they leave with a purchase)."""
        rate = rng.gamma(self.r + x) / (self.alpha + T)
        leave = rng.beta(self.a, self.b + x + self.at_first) if self.leaves else np.zeros(len(x))
        return rate * (1 - leave), rate * leave, 1.0

    def _expected_alive(self, t, x, T) -> np.ndarray:
        """E[(1 - (1 + p t / (alpha + T))^-(r + x)) / p] over p, the chance to leave, by the beta's own quadrature."""
        scaled = t / (self.alpha + T)
        if not self.leaves:
            return (self.r + x) * scaled
        found = np.empty(len(x))
        for value in np.unique(x):
            here = np.flatnonzero(x == value)
            p, weight = beta_nodes(self.a, self.b + value + self.at_first, NODES)
            for part in np.array_split(here, max(1, len(here) // 20_000)):  # keeps what is laid out small
                found[part] = (-np.expm1(-(self.r + value) * np.log1p(np.outer(scaled[part], p))) / p) @ weight
        return found


def fit(frequency, recency, T, weights=None) -> BGNBD:
    """Parameters of greatest likelihood; the NBD, with a warning, where nobody can be told to leave."""
    return fit_histories(gathered(frequency, recency, T, weights))


def fit_histories(histories: Histories, kind: type[BGNBD] = BGNBD) -> BGNBD:
    likelihood = Likelihood(histories, kind.at_first)
    mean = float(histories.weight @ histories.x / max(histories.weight @ histories.T, 1e-12))
    top = climb_from(likelihood, [(0.5, 0.3 / mean, 1.0, 3.0), (1.0, 1.0 / mean, 1.0, 30.0)])
    r, alpha, a, b = np.exp(top.logs)
    if top.inside and a / (a + b) > CLEARLY:
        return kind(float(r), float(alpha), float(a), float(b), float(top.value), None, covariance_of(top.curvature))
    still = nbd.fit_histories(histories)
    ran_away = not top.inside and a / (a + b) < LEAST_LEAVING
    if ran_away or top.value - still.log_likelihood < LEAST_GAIN:
        return kind(still.r, still.alpha, 0.0, 1.0, still.log_likelihood,
                    ("nobody_leaves", {"customers": int(round(histories.customers)),
                                       "gain": max(0.0, float(top.value - still.log_likelihood))}), still.covariance)
    return kind(float(r), float(alpha), float(a), float(b), float(top.value), None,
                covariance_of(top.curvature))


class Likelihood:
    """Log-likelihood of (r, alpha, a, b) with gradient and second derivatives, over distinct histories."""

    def __init__(self, histories: Histories, at_first: int = 0) -> None:
        self.counts, self.count_weights = totals(histories.x, histories.weight)
        self.shifts = np.array([self.counts, self.counts + at_first, self.counts + at_first])
        self.customers = histories.customers
        asked = histories.x + at_first > 0  # had a chance to leave
        self.x, self.t_x, self.T = histories.x[asked], histories.t_x[asked], histories.T[asked]
        self.weight, self.chances_asked = histories.weight[asked], self.x + at_first
        self.quiet_T, self.quiet_weight = totals(histories.T[~asked], histories.weight[~asked])

    def __call__(self, parameters) -> tuple[float, np.ndarray, np.ndarray]:
        from scipy.special import gammaln, psi

        r, alpha, a, b = parameters
        n, many = self.count_weights, self.customers
        # Gamma functions of r + x, b + k and a + b + k, all at once: less those of r, b and a + b of every customer.
        bare = np.array([[r], [b], [a + b]])
        at = bare + self.shifts
        (buy, stay, both), (buy_1, stay_1, both_1), (buy_2, stay_2, both_2) = (
            of(at) @ n - many * of(bare)[:, 0] for of in (gammaln, psi, trigamma))
        value = buy + stay - both + many * r * np.log(alpha)
        gradient = np.array([buy_1 + many * np.log(alpha), many * r / alpha, -both_1, stay_1 - both_1])
        second = np.zeros((4, 4))
        second[0, 0] = buy_2
        second[0, 1] = many / alpha
        second[1, 1] = -many * r / alpha**2
        second[2, 2] = second[2, 3] = -both_2
        second[3, 3] = stay_2 - both_2

        # Who had no chance to leave yet.
        waited = alpha + self.quiet_T
        value -= r * (self.quiet_weight @ np.log(waited))
        gradient[0] -= self.quiet_weight @ np.log(waited)
        inverse = self.quiet_weight @ (1 / waited)
        gradient[1] -= r * inverse
        second[0, 1] -= inverse
        second[1, 1] += r * (self.quiet_weight @ waited**-2)

        # The others: still there (until T), or left with their last purchase (at t_x).
        w, rx = self.weight, r + self.x
        there, gone = alpha + self.T, alpha + self.t_x
        log_there, log_gone = np.log(there), np.log(gone)
        stays = b + self.chances_asked - 1
        odds = np.log(a) - np.log(stays) + rx * (log_there - log_gone)
        value += w @ (np.logaddexp(0, odds) - rx * log_there)
        left = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
        mixed = w * left * (1 - left)
        w_left, w_there = w * left, w - w * left
        there, gone, stays = 1 / there, 1 / gone, 1 / stays
        gradient += [-(w_there @ log_there) - w_left @ log_gone, -(w_there @ (rx * there)) - w_left @ (rx * gone),
                     w_left.sum() / a, -(w_left @ stays)]
        apart = [log_there - log_gone, rx * (there - gone), np.full(len(w), 1 / a), -stays]
        for i in range(4):
            leaning = mixed * apart[i]
            for j in range(i, 4):
                second[i, j] += leaning @ apart[j]
        second[0, 1] -= w_there @ there + w_left @ gone
        second[1, 1] += w_there @ (rx * there**2) + w_left @ (rx * gone**2)
        second[2, 2] -= w_left.sum() / a**2
        second[3, 3] += w_left @ stays**2
        return float(value), gradient, np.triu(second) + np.triu(second, 1).T

