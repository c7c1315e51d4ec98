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


@pytest.mark.parametrize("seed", range(6))
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


def two_days_of_two(seed: int):
    """All at once: the knot stands still while the boundary moves past it, others change sides, come and go."""
    random = np.random.default_rng(seed)
    before, after = between_two(seed, far=100), between_two(seed, far=80)
    changed = np.flatnonzero(random.random(800) < 0.1)
    after.loc[changed, "monetary"] = np.where(changed < 400, random.normal(80, 2, len(changed)),
                                              random.normal(20, 2, len(changed)))
    left = random.random(890) < 0.06
    arriving = pd.DataFrame({"customer_id": range(890, 960), "monetary": random.normal(20, 2, 70)})
    stand_still = ~left & (np.arange(890) >= 800)
    planted = {"behaviour": (~left[changed]).sum() / 960, "new": 70 / 960, "lost": left.sum() / 960,
               "boundary": stand_still.sum() / 960, "unstable": 0.0}
    return before, pd.concat([after[~left], arriving], ignore_index=True), planted


@pytest.mark.parametrize("seed", range(8))
def test_all_causes_at_once_are_found_again_within_five_points(seed):
    before, after, planted = two_days_of_two(seed)
    model = cluster_customers(before, Choice(("monetary",), logged=(), k=2)).model
    shares = movement(before, after, model, refit(after, model, seed), seed).shares
    assert {cause: shares[cause] for cause in CAUSES} == pytest.approx(planted, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
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


# --- what is told of it -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told():
    before, after, _ = two_days(1, behaviour=0.12, new=0.1, lost=0.06)
    return before, after, followed(before, after)


def test_every_segment_adds_up(told):
    before, after, found = told
    table = found.segments
    came, went = (table.filter(like=way).sum(axis=1) for way in ("_in", "_out"))
    assert (table.before + came - went == table.after).all()
    assert (table.before.sum(), table.after.sum()) == (len(before), len(after))
    assert found.flows.customers.sum() == len(found.customers) == len(set(before.customer_id) | set(after.customer_id))


def test_every_customer_has_one_row_and_one_cause(told):
    _, _, found = told
    rows = found.customers
    assert rows.customer_id.is_unique and set(rows.cause) <= {"stayed", *CAUSES}
    assert ((rows.before == rows.after) == (rows.cause == "stayed")).all()
    assert ((rows.before == NOWHERE) == (rows.cause == "new")).all()
    assert ((rows.after == NOWHERE) == (rows.cause == "lost")).all()


def test_why_they_moved_is_told_in_original_units(told):
    before, after, found = told
    lost_interest = found.why[(found.why.before == 1) & (found.why.after == 3)]
    moved = found.customers[(found.customers.before == 1) & (found.customers.after == 3)].customer_id
    recency = lost_interest.set_index("feature").loc["recency_days"]
    assert recency.median_before == before[before.customer_id.isin(moved)].recency_days.median() < 10
    assert recency.median_after == after[after.customer_id.isin(moved)].recency_days.median() > 200
    assert lost_interest.change.abs().is_monotonic_decreasing


def test_the_order_of_the_rows_does_not_matter(told):
    before, after, found = told
    shuffled = followed(before, after.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(shuffled.customers, found.customers)


def test_a_deleted_customer_of_a_snapshot_is_lost():
    before, after, _ = two_days(2)
    model = cluster_customers(before, Choice(k=3)).model
    gone = pd.DataFrame({"customer_id": [1, 5001], "group": [2, 3]})  # 1 is still there
    found = movement(before, after, model, gone=gone)
    assert found.customers[found.customers.cause != "stayed"].values.tolist() == [[5001, 3, NOWHERE, "lost"]]


def test_without_a_refit_there_is_no_boundary_that_could_move():
    before, after, planted = two_days(3, behaviour=0.2)
    found = movement(before, after, cluster_customers(before, Choice(k=3)).model)
    assert found.shares["boundary"] == found.shares["unstable"] == 0
    assert found.shares["behaviour"] == pytest.approx(planted["behaviour"], abs=0.05)


def test_who_lacks_a_feature_on_a_day_is_not_there_on_it():
    before, after, _ = two_days(4)
    after.loc[0, "monetary"] = np.nan
    found = movement(before, after, cluster_customers(before, Choice(k=3)).model)
    assert found.customers.cause[found.customers.customer_id == 1].tolist() == ["lost"]


def test_on_a_day_before_the_first_order_everybody_is_new():
    before, after, _ = two_days(6)
    found = movement(before.head(0), after, cluster_customers(before, Choice(k=3)).model)
    assert set(found.customers.cause) == {"new"} and found.segments.before.sum() == 0


def test_a_refit_keeps_the_numbers_of_its_groups():
    before, after, _ = two_days(5, behaviour=0.05)
    model = cluster_customers(before, Choice(k=3)).model
    again = refit(after, model, seed=7)
    both = model.assign(after).merge(again.assign(after), on="customer_id")
    assert (both.group_x == both.group_y).mean() > 0.95
