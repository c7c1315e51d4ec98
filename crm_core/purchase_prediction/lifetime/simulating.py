"""Futures of customers, drawn: what they may be worth, each and together.

Each draw takes other parameters that the data allow (the same for all customers), then for each customer a kind,
whether the customer is still there, a rate and a hazard of leaving, purchases and what they bring. So an interval of a
sum holds both what is not known of the model and what chance does to each customer.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.lifetime.kinds import Kinds

AT_ONCE = 20_000  # customers that are laid out together


def futures(model: Kinds, histories: pd.DataFrame, t: float, rate: float, draws: int, seed: int,
            widening: float = 0.0, groups: np.ndarray | None = None, quantiles: tuple[float, ...] = (),
            progress: Callable[[float], None] = lambda _share: None) -> tuple[np.ndarray, np.ndarray]:
    """Totals of each group (draws, groups), and quantiles of each customer (customers, quantiles).

    `widening` is the deviation of the logarithm of a factor that all customers share in a draw: what past windows
    missed beyond chance.
    """
    rng = np.random.default_rng(seed)
    models = [model.drawn(rng) for _ in range(draws)]
    shared = np.exp(widening * rng.standard_normal(draws) - widening**2 / 2)
    groups = np.zeros(len(histories), dtype=int) if groups is None else groups
    shares = model.belongs(histories).cumsum(axis=1)[:, :-1]
    totals = np.zeros((draws, int(groups.max()) + 1 if len(groups) else 1))
    ranges = np.empty((len(histories), len(quantiles)))
    for start in range(0, len(histories), AT_ONCE):
        part, of = histories.iloc[start:start + AT_ONCE], groups[start:start + AT_ONCE]
        drawn = np.empty((draws, len(part)), dtype=np.float32)
        for number, one in enumerate(models):
            worth = future(one, part, shares[start:start + AT_ONCE], t, rate, rng) * shared[number]
            totals[number] += np.bincount(of, worth, totals.shape[1])
            drawn[number] = worth
        if quantiles:
            ranges[start:start + AT_ONCE] = np.quantile(drawn, quantiles, axis=0).T
        progress(min(1.0, (start + AT_ONCE) / len(histories)))
    return totals, ranges


def future(model: Kinds, histories: pd.DataFrame, shares: np.ndarray, t: float, rate: float,
           rng: np.random.Generator) -> np.ndarray:
    """One future of each customer: what purchases within t bring, discounted.

    `shares` are the chances to be of the first kind, of the first two, and so on, without the last.
    """
    kind_of = (rng.random(len(histories))[:, None] > shares).sum(axis=1)
    x, t_x, T, n, mean = (histories[name].to_numpy() for name in ("x", "t_x", "T", "n", "mean"))
    worth = np.zeros(len(histories))
    for place, kind in enumerate(model.kinds):
        here = np.flatnonzero(kind_of == place)
        alive = kind.buying.chance_alive(x[here], t_x[here], T[here])
        here = here[rng.random(len(here)) < alive]
        if not len(here):
            continue
        rates, hazard, last = kind.buying.draw_ways(rng, x[here], T[here])
        with np.errstate(divide="ignore", over="ignore"):
            leaves_at = rng.exponential(size=len(here)) / hazard
        until = np.minimum(leaves_at, t)
        count = rng.poisson(rates * until)
        leaves = last * (leaves_at < t)
        # Purchases come at even moments until then; what they bring is discounted by the mean over these moments.
        even = -np.expm1(-rate * until) / np.maximum(rate * until, 1e-300) if rate else 1.0
        at_last = np.exp(-rate * until)
        nu = kind.spending.draw_rates(rng, n[here], mean[here])
        p = kind.spending.p
        spent = rng.gamma(p * count) / nu * np.where(rate * until > 1e-12, even, 1.0)
        worth[here] = spent + np.where(leaves > 0, rng.gamma(p, size=len(here)) / nu * at_last, 0.0)
    return worth
