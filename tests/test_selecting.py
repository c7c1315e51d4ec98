"""Who lies in a shape drawn on the map, and how two groupings agree."""
import numpy as np
import pandas as pd
import pytest

from crm_core.clustering import Choice, Shape, against_the_others, agreement, cluster_customers, inside, places


def test_a_box_holds_what_lies_between_its_corners():
    box = Shape(x=(2.0, 0.0), y=(0.0, 1.0))  # drawn from right to left
    assert inside([box], [0.5, 2.5, 1.9, 1.0], [0.5, 0.5, 0.9, 1.5]).tolist() == [True, False, True, False]


def test_a_lasso_may_have_a_bay():
    #   ┌─┐ ┌─┐
    #   │ └─┘ │   the point in the bay lies outside
    #   └─────┘
    lasso = Shape(x=(0, 3, 3, 2, 2, 1, 1, 0), y=(0, 0, 2, 2, 1, 1, 2, 2))
    assert inside([lasso], [0.5, 1.5, 2.5, 1.5], [1.5, 1.5, 1.5, 0.5]).tolist() == [True, False, True, True]


def test_two_shapes_hold_what_lies_in_either():
    assert inside([Shape((0, 1), (0, 1)), Shape((5, 6), (5, 6))], [0.5, 5.5, 3], [0.5, 5.5, 3]).tolist() == [
        True, True, False]
    assert inside([], [1.0], [1.0]).tolist() == [False]


def test_a_round_lasso_holds_the_points_of_its_circle():
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    points = np.random.default_rng(0).uniform(-2, 2, (20_000, 2))
    found = inside([Shape(tuple(np.cos(angle)), tuple(np.sin(angle)))], points[:, 0], points[:, 1])
    radius = np.hypot(*points.T)
    sure = np.abs(radius - 1) > 0.001  # corners of a line lie on the circle, its sides a little within
    assert (found[sure] == (radius < 1)[sure]).all()


def some_customers(rows: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(3)
    good = np.arange(rows) < rows // 2
    return pd.DataFrame({"customer_id": np.arange(1, rows + 1), "recency_days": np.where(good, 5, 200) + random.integers(0, 20, rows),
                         "frequency": np.where(good, 10, 1) + random.integers(0, 3, rows),
                         "monetary": np.where(good, 900.0, 30.0) + random.uniform(0, 20, rows)})


def test_everybody_has_the_place_at_which_the_map_shows_them():
    customers = some_customers()
    groups = cluster_customers(customers, Choice(k=2))
    found = places(groups, customers.sample(frac=1, random_state=1)).set_index("customer_id").loc[groups.map.customer_id]
    assert np.allclose(found[["x", "y"]], groups.map[["x", "y"]], atol=1e-4)
    # Also those of whom the grouping knew nothing.
    new = customers.head(1).assign(customer_id=999)
    assert places(groups, new)[["x", "y"]].to_numpy() == pytest.approx(found.loc[[1], ["x", "y"]].to_numpy(), abs=1e-4)
    assert places(groups, new.assign(monetary=np.nan)).empty


def test_a_selection_is_held_against_the_others():
    frame = pd.DataFrame({"customer_id": [1, 2, 3, 4, 5], "frequency": [2, 2, 2, 2, 2], "monetary": [90.0, 80, 10, 20, 85],
                          "city": list("abcde")})
    told = against_the_others(frame, ["frequency", "monetary", "city"], {1, 2})
    assert told.to_dict("records") == [
        {"feature": "monetary", "median": 85.0, "median_others": 20.0, "below": pytest.approx(2.5 / 3), "level": "high"},
        {"feature": "frequency", "median": 2.0, "median_others": 2.0, "below": 0.5, "level": "middle"}]
    assert against_the_others(frame, ["monetary"], {1, 2, 3, 4, 5}).empty


# --- two groupings ----------------------------------------------------------------------------------------


def grouped(groups, first: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": range(first, first + len(groups)), "group": groups})


def test_the_same_groups_under_other_numbers_agree_wholly():
    found = agreement(grouped([1, 1, 2, 2, 3, 3]), grouped([3, 3, 1, 1, 2, 2]))
    assert (found.ari, found.in_words) == (1.0, "same") and found.ami == pytest.approx(1)
    assert found.crossings.to_dict("records") == [{"one": 1, "other": 3, "customers": 2, "share": 1.0},
                                                  {"one": 2, "other": 1, "customers": 2, "share": 1.0},
                                                  {"one": 3, "other": 2, "customers": 2, "share": 1.0}]


def test_customers_in_one_grouping_only_are_counted_and_left_out():
    found = agreement(grouped([1, 1, 2, 2, 2]), grouped([1, 1, 2, 2, 1, 1, 1], first=2))
    assert (found.customers, found.only_one, found.only_other) == (4, 1, 3)


@pytest.mark.parametrize(("one", "other"), [
    ([1, 1, 1, 1], [1, 1, 1, 1]), ([1, 1, 1, 1], [1, 2, 3, 4]), ([1, 2, 3, 4], [1, 2, 3, 4]), ([1, 1, 2, 2], [1, 2, 1, 2]),
    ([0, 1, 1, 2, 2, 2], [1, 1, 1, 2, 0, 2])])
def test_small_tables_agree_with_scikit_learn(one, other):
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    found = agreement(grouped(one), grouped(other))
    assert found.ari == pytest.approx(adjusted_rand_score(one, other), abs=1e-9)
    assert found.ami == pytest.approx(adjusted_mutual_info_score(one, other), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_large_tables_agree_with_scikit_learn(seed):
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    random = np.random.default_rng(seed)
    one = random.integers(1, 6, 3000)
    other = np.where(random.random(3000) < 0.2 * seed, random.integers(0, 8, 3000), one)
    found = agreement(grouped(one), grouped(other))
    assert found.ari == pytest.approx(adjusted_rand_score(one, other), abs=1e-9)
    assert found.ami == pytest.approx(adjusted_mutual_info_score(one, other), abs=1e-9)


def test_chance_is_told_as_unlike():
    random = np.random.default_rng(0)
    found = agreement(grouped(random.integers(1, 5, 2000)), grouped(random.integers(1, 5, 2000)))
    assert found.in_words == "unlike" and abs(found.ari) < 0.01 and abs(found.ami) < 0.01
