"""Who moved between two days, and why: planted movements are found again, and chance is called chance."""
import numpy as np
import pandas as pd
import pytest

from crm_core.clustering import Choice, cluster_customers
from crm_core.clustering.movement import CAUSES, NOWHERE, movement, refit

KINDS = np.array([[5, 12, 900], [20, 3, 100], [300, 1.5, 25]])  # recency_days, frequency, monetary
SPREAD = 0.35  # of the kinds, as a share: they touch each other
JITTER = 0.03  # nobody does the same twice to the cent


def customers_like(kind, random, first_id: int = 1) -> pd.DataFrame:
    values = KINDS[kind] * random.lognormal(0, SPREAD, (len(kind), 3))
    return pd.DataFrame(values, columns=["recency_days", "frequency", "monetary"]).assign(
        customer_id=range(first_id, first_id + len(kind)))


def two_days(seed: int, behaviour: float = 0.0, new: float = 0.0, lost: float = 0.0, customers: int = 900):
    """Features of two days: shares of the customers of day 0 act like another kind, come, or go."""
    random = np.random.default_rng(seed)
    kind = random.integers(0, 3, customers)
    before = customers_like(kind, random)
    changed = random.random(customers) < behaviour
    after = before.copy()
    after[["recency_days", "frequency", "monetary"]] *= random.lognormal(0, JITTER, (customers, 3))
    after.loc[changed, ["recency_days", "frequency", "monetary"]] = customers_like(
        (kind[changed] + random.integers(1, 3, changed.sum())) % 3, random)[
            ["recency_days", "frequency", "monetary"]].to_numpy()
    left = random.random(customers) < lost
    arriving = customers_like(random.integers(0, 3, int(new * customers)), random, first_id=customers + 1)
    after = pd.concat([after[~left], arriving], ignore_index=True)
    everybody = customers + len(arriving)
    planted = {"behaviour": (changed & ~left).sum() / everybody, "new": len(arriving) / everybody,
               "lost": left.sum() / everybody, "boundary": 0.0, "unstable": 0.0}
    return before, after, planted


def followed(before, after, seed: int = 0, k: int = 3, **options):
    model = cluster_customers(before, Choice(k=k), seed=seed).model
    return movement(before, after, model, refit(after, model, seed), seed, **options)


@pytest.mark.parametrize("seed", range(8))
def test_planted_movements_are_found_again_within_five_points(seed):
    before, after, planted = two_days(seed, behaviour=0.12, new=0.1, lost=0.06)
    shares = followed(before, after, seed).shares
    assert {cause: shares[cause] for cause in CAUSES} == pytest.approx(planted, abs=0.05)
    assert sum(shares.values()) == pytest.approx(1)


@pytest.mark.parametrize("seed", range(5))
def test_where_nothing_moves_nothing_is_told(seed):
    before, after, _ = two_days(seed)
    assert set(followed(before, after, seed).customers.cause) == {"stayed"}


def between_two(seed: int, far: float):
    """One feature, two crowds at 20 and `far`, and a tenth of all in a knot at 56: nearer to whom?"""
    random = np.random.default_rng(seed)
    crowds = np.concatenate([random.normal(20, 2, 400), random.normal(far, 2, 400), random.normal(56, 0.5, 90)])
    return pd.DataFrame({"customer_id": range(890), "monetary": crowds})


@pytest.mark.parametrize("seed", range(8))
def test_who_stands_still_while_the_boundary_moves_is_told_so(seed):
    before, after = between_two(seed, far=100), between_two(seed, far=80)
    model = cluster_customers(before, Choice(("monetary",), logged=(), k=2)).model
    found = movement(before, after, model, refit(after, model, seed), seed)
    assert found.shares["boundary"] == pytest.approx(90 / 890, abs=0.05)
    assert found.shares["behaviour"] + found.shares["unstable"] < 0.05
    knot = found.customers[found.customers.customer_id >= 800]
    assert set(zip(knot.before, knot.after, knot.cause, strict=True)) == {(2, 1, "boundary")}


@pytest.mark.parametrize("seed", range(5))
def test_too_many_groups_in_one_cloud_are_told_as_unstable_and_not_as_behaviour(seed):
    random = np.random.default_rng(seed)
    cloud = pd.DataFrame(random.normal(0, 1, (900, 3)), columns=["a", "b", "c"]).assign(customer_id=range(900))
    others = pd.DataFrame(random.normal(0, 1, (300, 3)), columns=["a", "b", "c"]).assign(customer_id=range(900, 1200))
    after = pd.concat([cloud[300:], others], ignore_index=True)
    model = cluster_customers(cloud, Choice(("a", "b", "c"), logged=(), k=8), seed=seed).model
    shares = movement(cloud, after, model, refit(after, model, seed + 1), seed).shares
    assert shares["behaviour"] == 0
    assert shares["unstable"] > 0.05
    assert shares["unstable"] > 5 * shares["boundary"]
