"""Shops whose customers buy by known processes: to see that predictions hold where nobody has tuned them.

Each function gives orders (customer_id, ordered_at, amount) from `FIRST` on, with the cutoff and the horizon.
"""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

FIRST = date(2020, 1, 1)


@dataclass(frozen=True, eq=False)
class Shop:
    orders: pd.DataFrame
    cutoff: date
    horizon_days: int


def _shop(customer, day, amount, days: int, horizon_days: int) -> Shop:
    """Orders of whole days 0 .. days + horizon; the cutoff is the day `days`."""
    day = np.floor(day).astype(int)
    kept = (day >= 0) & (day <= days + horizon_days)
    orders = pd.DataFrame({"customer_id": np.asarray(customer)[kept] + 1, "ordered_at": pd.Timestamp(FIRST)
                           + pd.to_timedelta(day[kept], unit="D"), "amount": np.round(np.asarray(amount)[kept], 2)})
    return Shop(orders.sort_values(["ordered_at", "customer_id"], ignore_index=True),
                FIRST + timedelta(days=days), horizon_days)


def _walk(draw, born, gap, leave, days: int, most: int, rng):
    """Orders one after the other: `gap(customers)` days apart, each the last one with the customer's chance `leave`."""
    customer, when = [], []
    there, now = np.arange(len(born)), born.astype(float)
    for _ in range(most):
        customer.append(there)
        when.append(now)
        stays = (rng.random(len(there)) >= leave[there]) & (now < days)
        there, now = there[stays], now[stays]
        if not len(there):
            break
        now = now + gap(there)
    return np.concatenate(customer), np.concatenate(when)


def random_buyers(seed: int, customers: int = 4000, days: int = 700, horizon_days: int = 90) -> Shop:
    """BG/NBD's own world: each buys at random at a rate of their own and leaves after an order by chance."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.6, 1 / 25, customers) + 1e-4
    who, when = _walk(rng, rng.uniform(0, days, customers), lambda c: rng.exponential(1 / rate[c]),
                      rng.beta(0.8, 2.5, customers), days + horizon_days, 400, rng)
    basket = rng.lognormal(3.5, 0.6, customers)
    return _shop(who, when, basket[who] * rng.lognormal(0, 0.4, len(who)), days, horizon_days)


def weekly_grocery(seed: int, customers: int = 2000, days: int = 420, horizon_days: int = 21) -> Shop:
    """Regular buyers: every one, two or four weeks with little scatter, who stop from one week to the other."""
    rng = np.random.default_rng(seed)
    usual = rng.choice([7.0, 14.0, 28.0], customers, p=[0.4, 0.35, 0.25]) * rng.lognormal(0, 0.1, customers)
    who, when = _walk(rng, rng.uniform(0, days * 0.8, customers), lambda c: usual[c] * rng.gamma(12, 1 / 12, len(c)),
                      rng.beta(1, 20, customers), days + horizon_days, 200, rng)
    return _shop(who, when, (20 + usual[who] * 2) * rng.lognormal(0, 0.3, len(who)), days, horizon_days)


def yearly_donors(seed: int, customers: int = 3000, days: int = 1765, horizon_days: int = 90) -> Shop:
    """One gift a year round a month of one's own, mostly December, in round amounts; some leave a year out or stop."""
    rng = np.random.default_rng(seed)
    month = np.where(rng.random(customers) < 0.55, 11.5, rng.uniform(0, 12, customers))
    start, leave, skip = rng.integers(0, 5, customers), rng.beta(1, 3, customers), rng.beta(1, 4, customers)
    usual = rng.choice([20, 25, 50, 100, 250], customers, p=[0.3, 0.25, 0.25, 0.15, 0.05])
    who, when = [], []
    there = np.ones(customers, dtype=bool)
    for year in range(6):
        gives = np.flatnonzero(there & (start <= year) & ((start == year) | (rng.random(customers) > skip)))
        who.append(gives)
        when.append(365.25 * year + month[gives] * 30.4 + rng.normal(0, 12, len(gives)))
        there[gives[rng.random(len(gives)) < leave[gives]]] = False
    who, when = np.concatenate(who), np.concatenate(when)
    return _shop(who, when, usual[who] * rng.choice([1, 1, 1, 1, 2], len(who)), days, horizon_days)


def subscription_boxes(seed: int, customers: int = 2500, days: int = 600, horizon_days: int = 60) -> Shop:
    """A box every month at a price by plan until it is ended, which is likeliest in the first months."""
    rng = np.random.default_rng(seed)
    plan = rng.choice([30.0, 61.0, 91.0], customers, p=[0.7, 0.2, 0.1])
    who, when = _walk(rng, rng.uniform(0, days, customers), lambda c: plan[c] + rng.choice([-1, 0, 0, 1], len(c)),
                      rng.beta(0.8, 6, customers), days + horizon_days, 60, rng)
    return _shop(who, when, np.where(plan == 30, 19.9, np.where(plan == 61, 34.9, 49.0))[who], days, horizon_days)


def tiny_shop(seed: int) -> Shop:
    """Two hundred customers."""
    return random_buyers(seed, customers=200, days=500, horizon_days=60)


def once_only(seed: int, customers: int = 2000, days: int = 400, horizon_days: int = 60) -> Shop:
    """Nearly everybody buys once; one in forty comes again."""
    rng = np.random.default_rng(seed)
    born = rng.uniform(0, days + horizon_days, customers)
    again = np.flatnonzero(rng.random(customers) < 0.025)
    who = np.concatenate([np.arange(customers), again])
    when = np.concatenate([born, born[again] + rng.exponential(60, len(again))])
    return _shop(who, when, rng.lognormal(3, 0.7, len(who)), days, horizon_days)


def ten_years(seed: int) -> Shop:
    """A long history, in which habits are mostly old."""
    return random_buyers(seed, customers=3000, days=3650, horizon_days=180)


def short_history(seed: int) -> Shop:
    """Known for less than twice the horizon."""
    return random_buyers(seed, customers=3000, days=170, horizon_days=90)


def gifts(seed: int, customers: int = 5000, days: int = 1030, horizon_days: int = 60) -> Shop:
    """Random buyers who come four times as often in the last two months of a year, with refunds and a growing shop."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.7, 1 / 20, customers) + 1e-4
    born = (days + horizon_days) * np.sqrt(rng.random(customers))
    who, when = _walk(rng, born, lambda c: rng.exponential(1 / rate[c]), rng.beta(0.7, 5, customers),
                      days + horizon_days, 400, rng)
    busy = (when % 365.25) > 305
    first = when == born[who]
    kept = first | busy | (rng.random(len(who)) < 0.25)
    who, when = who[kept], when[kept]
    amount = rng.lognormal(3.5, 0.7, customers)[who] * rng.lognormal(0, 0.5, len(who))
    back = np.flatnonzero(rng.random(len(who)) < 0.06)
    return _shop(np.concatenate([who, who[back]]), np.concatenate([when, when[back] + 5]),
                 np.concatenate([amount, -amount[back]]), days, horizon_days)


SHOPS: dict[str, Callable[[int], Shop]] = {
    shop.__name__: shop for shop in (random_buyers, weekly_grocery, yearly_donors, subscription_boxes, tiny_shop,
                                     once_only, ten_years, short_history, gifts)}
