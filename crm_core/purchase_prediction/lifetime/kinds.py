"""Kinds of customers who buy and spend alike: each kind has a way of buying and one of spending.

One kind is the model as the books have it. Several (a latent class model, fitted by EM: Dempster, Laird and Rubin 1977)
are for shops where those who spend much buy seldom, or where a group came once and left: a single Gamma-Gamma takes
spend to have nothing to do with frequency, and a single BG/NBD one bell of rates. When they first bought tells of the
kind as well. How many kinds there are is told by BIC.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.lifetime import bgnbd, gamma_gamma, mbgnbd, pareto_nbd
from crm_core.purchase_prediction.lifetime.bgnbd import BGNBD
from crm_core.purchase_prediction.lifetime.gamma_gamma import GammaGamma
from crm_core.purchase_prediction.lifetime.history import Histories
from crm_core.purchase_prediction.lifetime.likelihood import Top, climb, covariance_of

SINGLE = {"bgnbd": bgnbd, "mbgnbd": mbgnbd, "pareto_nbd": pareto_nbd}
MODELS = (*SINGLE, "kinds")
MOST_KINDS = 6
MOST_ROUNDS = 60
STARTS = 3
LEAST_STEP = 2e-5  # of the log-likelihood a customer: with less, a round is the last
COUNTED_ON = 2_000  # customers, drawn where there are more: that many show how many kinds there are
LEARNED_FROM = 6_000  # and that many how each of them is
TIMES = 8  # ranges of T of equal count, of which each kind has a share
FEWEST_OF_KIND = 50
# Of kinds only: a wide bell (deviation 3) about usual parameters, by logarithms. Who bought once or twice tells little of
# leaving: then 1 in 20 leaves after a purchase, as in most shops' middle, and no parameter runs away.
RIDGE = 0.1
BUYS = np.log([2.0, 10.0, 1.0, 19.0])  # r, alpha, a, b
SPENDS = np.log([4.0, 10.0, 2.0])  # p, q, gamma of amounts in units of their middle


@dataclass(frozen=True)
class Kind:
    share: float  # of all customers
    buying: object  # BGNBD, MBGNBD or ParetoNBD
    spending: GammaGamma
    times: tuple[float, ...] = (1.0,)  # share of each range of T


@dataclass(frozen=True)
class Kinds:
    """A fitted model of lifetime value. Histories are frames of x, t_x, T, n, mean."""

    name: str  # one of MODELS
    kinds: tuple[Kind, ...]
    log_likelihood: float  # of the histories it was learned from, spend included
    customers: int  # that it was learned from
    warnings: tuple[tuple[str, dict], ...] = ()
    edges: tuple[float, ...] = ()  # between the ranges of T

    def belongs(self, histories: pd.DataFrame) -> np.ndarray:
        """The chance of each customer to be of each kind, (customers, kinds)."""
        logs = self._logs(histories)
        odds = np.exp(logs - logs.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def chance_alive(self, histories: pd.DataFrame) -> np.ndarray:
        return self._mean(histories, lambda kind, known: kind.buying.chance_alive(*known))

    def expected_purchases(self, t, histories: pd.DataFrame) -> np.ndarray:
        return self._mean(histories, lambda kind, known: kind.buying.expected_purchases(t, *known))

    def chance_of_purchase(self, t, histories: pd.DataFrame) -> np.ndarray:
        return self._mean(histories, lambda kind, known: kind.buying.chance_of_purchase(t, *known))

    def expected_spend(self, histories: pd.DataFrame) -> np.ndarray:
        n, mean = histories.n.to_numpy(), histories["mean"].to_numpy()
        return self._mean(histories, lambda kind, _known: kind.spending.expected_spend(n, mean))

    def expected_value(self, t: float, rate: float, histories: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Purchases within t after T, each discounted at `rate` a unit of time, and what they bring."""
        n, mean = histories.n.to_numpy(), histories["mean"].to_numpy()
        known = [histories[name].to_numpy() for name in ("x", "t_x", "T")]
        shares = self.belongs(histories)
        purchases, value = np.zeros(len(histories)), np.zeros(len(histories))
        for place, kind in enumerate(self.kinds):
            here = shares[:, place] * discounted(kind.buying, t, rate, *known)
            purchases += here
            value += here * kind.spending.expected_spend(n, mean)
        return purchases, value

    def log_scores(self, before: pd.DataFrame, after: pd.DataFrame) -> np.ndarray:
        """How likely the purchases between two days were, known until the first: a logarithm a customer.

        What a history says until the second day over what it says until the first is the chance of what lies between.
        """
        shares = self.belongs(before)
        logs = np.column_stack([
            kind.buying.log_likelihoods(after.x, after.t_x, after["T"])
            - kind.buying.log_likelihoods(before.x, before.t_x, before["T"]) for kind in self.kinds])
        top = logs.max(axis=1)
        return top + np.log(np.maximum((shares * np.exp(logs - top[:, None])).sum(axis=1), 1e-300))

    def drawn(self, rng: np.random.Generator) -> "Kinds":
        """The same model with other parameters that the data allow as well."""
        shares = rng.dirichlet([max(kind.share * self.customers, 1.0) for kind in self.kinds])
        return replace(self, kinds=tuple(
            Kind(float(share), _shaken(kind.buying, rng), _shaken(kind.spending, rng), kind.times)
            for share, kind in zip(shares, self.kinds, strict=True)))

    def _logs(self, histories: pd.DataFrame) -> np.ndarray:
        known = [histories[name].to_numpy() for name in ("x", "t_x", "T")]
        n, mean = histories.n.to_numpy(), histories["mean"].to_numpy()
        time = np.searchsorted(self.edges, known[2])
        return np.column_stack([
            np.log(max(kind.share, 1e-300)) + np.log(kind.times)[time] + kind.buying.log_likelihoods(*known)
            + kind.spending.log_likelihoods(n, mean) for kind in self.kinds])

    def _mean(self, histories: pd.DataFrame, of) -> np.ndarray:
        known = [histories[name].to_numpy() for name in ("x", "t_x", "T")]
        if len(self.kinds) == 1:
            return of(self.kinds[0], known)
        shares = self.belongs(histories)
        return sum(shares[:, place] * of(kind, known) for place, kind in enumerate(self.kinds))


def discounted(buying, t: float, rate: float, x, t_x, T) -> np.ndarray:
    """Purchases expected within t after T, each worth exp(-rate × its time): by parts, on six points of Gauss."""
    whole = buying.expected_purchases(t, x, t_x, T)
    if not rate or not t:
        return whole
    points, weight = np.polynomial.legendre.leggauss(6)
    found = np.exp(-rate * t) * whole
    for point, share in zip((1 + points) / 2 * t, weight / 2 * t, strict=True):
        found = found + rate * share * np.exp(-rate * point) * buying.expected_purchases(point, x, t_x, T)
    return found


def fit_single(name: str, histories: pd.DataFrame) -> Kinds:
    """One kind of customers: `name` with a Gamma-Gamma beside it."""
    from crm_core.purchase_prediction.lifetime.history import gathered

    buying = SINGLE[name].fit_histories(gathered(histories.x, histories.t_x, histories["T"]))
    spending = gamma_gamma.fit(histories.n, histories["mean"])
    warnings = tuple(warning for warning in (buying.warning, spending.warning) if warning)
    return Kinds(name, (Kind(1.0, buying, spending),), buying.log_likelihood + spending.log_likelihood,
                 len(histories), warnings)


def fit_kinds(histories: pd.DataFrame, seed: int = 0, progress: Callable[[float], None] = lambda _share: None) -> Kinds:
    """As many kinds as BIC finds worth their parameters. Learned from 6,000 customers where there are more."""
    few = histories.sample(COUNTED_ON, random_state=seed) if len(histories) > COUNTED_ON else histories
    best, worth = None, -np.inf
    for many in range(1, MOST_KINDS + 1):
        if many > 1 and many * FEWEST_OF_KIND > len(few):
            break
        # EM climbs to the next top, and not to the highest: from several places.
        for start in range(STARTS if many > 1 else 1):
            found = _expect_and_maximise(few, _first_shares(few, many, seed + start))
            bic = found.log_likelihood - 0.5 * ((8 + TIMES - 1) * many - 1) * np.log(len(few))
            if bic > worth:
                best, worth = found, bic
        progress(many / (MOST_KINDS + 1))
    if len(histories) == len(few):
        return best
    more = histories.sample(LEARNED_FROM, random_state=seed) if len(histories) > LEARNED_FROM else histories
    return _expect_and_maximise(more, best.belongs(more))


def _expect_and_maximise(histories: pd.DataFrame, shares: np.ndarray) -> Kinds:
    """EM from the shares of each customer in each kind; Newton's way takes a step or two a round."""
    many = shares.shape[1]
    edges = np.unique(np.quantile(histories["T"], np.arange(1, TIMES) / TIMES))
    time = np.eye(len(edges) + 1)[np.searchsorted(edges, histories["T"])]
    ways, value, model = [None] * many, -np.inf, None
    for _ in range(MOST_ROUNDS if many > 1 else 1):
        ways = [_maximise(histories, shares[:, place], ways[place]) for place in range(many)]
        weight = shares.sum(axis=0)
        times = (shares.T @ time + 1 / time.shape[1]) / (weight[:, None] + 1)
        model = Kinds("kinds", tuple(_kind(histories, weight[place] / len(histories), times[place], *way)
                                     for place, way in enumerate(ways)), 0.0, len(histories), (), tuple(edges.tolist()))
        logs = model._logs(histories)
        top = logs.max(axis=1)
        each = np.exp(logs - top[:, None])
        whole = each.sum(axis=1)
        shares = each / whole[:, None]
        before, value = value, float((top + np.log(whole)).sum())
        if value - before < LEAST_STEP * len(histories):
            break
    return replace(model, log_likelihood=value)


def _first_shares(histories: pd.DataFrame, many: int, seed: int) -> np.ndarray:
    """Customers who look alike by rate, spend and silence, as a place to begin."""
    if many == 1:
        return np.ones((len(histories), 1))
    from scipy.cluster.vq import kmeans2

    watched = np.maximum(histories["T"].to_numpy(), 1.0)
    looks = np.column_stack([np.log((histories.x + 0.5) / np.maximum(histories.t_x, watched / 10)),
                             np.log(np.maximum(histories["mean"], 1e-6)), (watched - histories.t_x) / watched])
    looks = (looks - looks.mean(axis=0)) / np.maximum(looks.std(axis=0), 1e-9)
    _, labels = kmeans2(looks, many, minit="++", iter=30, rng=np.random.default_rng(seed))
    return np.eye(many)[labels] * 0.9 + 0.1 / many


def _maximise(histories: pd.DataFrame, weight: np.ndarray, before: tuple[Top, Top] | None) -> tuple[Top, Top]:
    buys = bgnbd.Likelihood(Histories(*(histories[name].to_numpy() for name in ("x", "t_x", "T")), weight))
    n, mean = histories.n.to_numpy(), histories["mean"].to_numpy()
    known = (n > 0) & (mean > 0)
    scale = _scale(histories)
    spends = gamma_gamma.Likelihood(n[known], mean[known] / scale, weight[known])
    if before is None:
        rate = max(weight @ histories.x / max(weight @ np.maximum(histories.t_x, histories["T"] / 10), 1e-9), 1e-4)
        level = float(np.average(mean[known], weights=weight[known])) / scale
        return (climb(buys, np.log([1.5, 1.5 / rate, 1.0, 5.0]), ridge=RIDGE, middle=BUYS),
                climb(spends, np.log([4.0, 8.0, level * 2]), ridge=RIDGE, middle=SPENDS))
    return (climb(buys, before[0].logs, 2, RIDGE, BUYS), climb(spends, before[1].logs, 2, RIDGE, SPENDS))


def _kind(histories: pd.DataFrame, share: float, times: np.ndarray, buys: Top, spends: Top) -> Kind:
    r, alpha, a, b = (float(value) for value in np.exp(buys.logs))
    p, q, gamma = (float(value) for value in np.exp(spends.logs))
    return Kind(float(share), BGNBD(r, alpha, a, b, buys.value, None, covariance_of(buys.curvature)),
                GammaGamma(p, max(q, gamma_gamma.LEAST_Q), gamma * _scale(histories), spends.value, None,
                           covariance_of(spends.curvature)), tuple(times.tolist()))


def _scale(histories: pd.DataFrame) -> float:
    mean = histories["mean"].to_numpy()
    return float(np.exp(np.log(mean[mean > 0]).mean()))


def _shaken(model, rng: np.random.Generator):
    """A model with parameters drawn about its own, as wide as they are known."""
    names = list(model.parameters)[: len(model.covariance)]
    covariance = np.asarray(model.covariance)
    logs = np.log([getattr(model, name) for name in names])
    if "r" in names:
        # Mean rates (r / alpha) and mean chances to leave (a / b, s / beta) stay, over all draws, what they are.
        for place in range(0, len(names), 2):
            apart = covariance[place:place + 2, place:place + 2]
            logs[place] -= (apart[0, 0] + apart[1, 1] - 2 * apart[0, 1]) / 2
    drawn = np.exp(rng.multivariate_normal(logs, covariance, method="eigh"))
    changed = dict(zip(names, drawn.tolist(), strict=True))
    if "q" in changed:
        changed["q"] = max(changed["q"], gamma_gamma.LEAST_Q)
    return replace(model, **changed)
