"""Customers in groups: who is put together, what is told of it, and when it says that there are no groups."""
import json
import subprocess
import sys
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from crm_core.clustering import Choice, cluster_customers, propose_choice
from crm_core.clustering.names import ARCHETYPES
from crm_core.errors import (
    FeatureMissing,
    FeatureNotNumeric,
    KTooLarge,
    NoOrdersYet,
    NothingToTellApart,
    TooFewCustomers,
)
from tests.conftest import PROJECT

SIX = pd.DataFrame({
    "customer_id": [1, 2, 3, 4, 5, 6],
    "recency_days": [5, 9, 7, 300, 280, 310],
    "frequency": [12, 10, 11, 1, 2, 1],
    "monetary": [900.0, 850.0, 870.0, 20.0, 30.0, 25.0],
})


def blobs(rows: int, centres, seed: int = 0, spread: float = 1.0):
    """Round groups about known centres: the features and the true group of each row."""
    random = np.random.default_rng(seed)
    centres = np.asarray(centres, float)
    truth = random.integers(0, len(centres), rows)
    values = centres[truth] + random.normal(0, spread, (rows, centres.shape[1]))
    frame = pd.DataFrame(values, columns=[f"f{place}" for place in range(centres.shape[1])])
    frame.insert(0, "customer_id", range(rows))
    return frame, truth


def agreement(one, other) -> float:
    from sklearn.metrics import adjusted_rand_score

    return adjusted_rand_score(one, other)


# --- features -----------------------------------------------------------------------------------------------


def test_orders_become_one_row_for_each_customer(store):
    orders = pd.DataFrame([
        # customer, at, status, amount
        (1, datetime(2026, 1, 1, 9, 0), "completed", 30),
        (1, datetime(2026, 3, 3, 23, 59), "open", 20),
        (1, datetime(2026, 3, 31, 23, 59, 59), "cancelled", 99),  # cancelled: does not count
        (1, datetime(2026, 4, 1, 0, 0), "completed", 99),  # after the day
        (2, datetime(2026, 3, 31, 23, 59, 59), "completed", 5),  # the day itself counts to its end
        (2, datetime(2026, 1, 5), "completed", -5),  # given back
        (3, datetime(2026, 2, 1), "cancelled", 10),  # has no order that counts
        (4, datetime(2026, 2, 1), "completed", 10),  # deleted below
        (None, datetime(2026, 2, 1), "completed", 10),  # nobody's
    ], columns=["customer_id", "ordered_at", "status", "amount"])
    orders["customer_id"] = orders.customer_id.astype("Int64")
    with store.batch("import") as batch:
        batch.add("customers", pd.DataFrame({"customer_no": ["a", "b", "c", "d"]}))
        batch.add("orders", orders.assign(order_no=[f"o{place}" for place in range(len(orders))]))
    with store.cursor() as cursor:
        cursor.execute("UPDATE customers SET deleted_at = TIMESTAMP '2026-02-02' WHERE id = 4")
    features = store.frame("customer_features", as_of=date(2026, 3, 31)).sort_values("customer_id")
    assert features[["customer_id", "recency_days", "frequency", "monetary", "tenure_days"]].to_dict("records") == [
        {"customer_id": 1, "recency_days": 28, "frequency": 2, "monetary": 50.0, "tenure_days": 89},
        {"customer_id": 2, "recency_days": 0, "frequency": 1, "monetary": 5.0, "tenure_days": 0}]
    assert len(store.frame("customer_features", as_of=date(2025, 12, 31))) == 0


# --- groups -------------------------------------------------------------------------------------------------


def test_customers_who_buy_alike_share_a_group():
    groups = cluster_customers(SIX)
    assert groups.groups.group.tolist() == [1, 1, 1, 2, 2, 2]
    assert groups.groups.customer_id.tolist() == [1, 2, 3, 4, 5, 6]


def test_group_one_spends_most_whatever_the_ids():
    poor_first = SIX.assign(customer_id=[6, 5, 4, 3, 2, 1])
    assert cluster_customers(poor_first).groups.group.tolist() == [2, 2, 2, 1, 1, 1]


def test_profiles_are_in_original_units():
    profiles = cluster_customers(SIX).profiles.set_index("group")
    assert profiles.customers.tolist() == [3, 3]
    assert profiles.share_of_customers.tolist() == [0.5, 0.5]
    assert profiles.share_of_revenue.tolist() == [pytest.approx(2620 / 2695), pytest.approx(75 / 2695)]
    assert profiles.loc[1, ["median_recency_days", "median_frequency", "median_monetary"]].tolist() == [7, 11, 870]
    assert profiles.loc[2, "mean_frequency"] == pytest.approx(4 / 3)


def test_levels_compare_a_group_with_everybody():
    levels = cluster_customers(SIX).levels.set_index(["group", "feature"])
    assert levels.loc[1, "level"].to_dict() == {"recency_days": "low", "frequency": "high", "monetary": "high"}
    assert levels.loc[2, "level"].to_dict() == {"recency_days": "high", "frequency": "low", "monetary": "low"}


def test_planted_groups_are_found_and_counted():
    frame, truth = blobs(900, [(0, 0, 0), (9, 0, 0), (0, 9, 0), (0, 0, 9)])
    groups = cluster_customers(frame, propose_choice(frame))
    assert groups.k == 4
    assert agreement(truth, groups.groups.group) > 0.99
    assert groups.clear
    assert groups.stability > 0.99


def test_the_silhouette_is_scikit_learns_own():
    from sklearn.metrics import silhouette_score

    frame, _ = blobs(400, [(0, 0), (6, 0), (0, 6)])
    groups = cluster_customers(frame, propose_choice(frame))
    scaled = (frame[["f0", "f1"]] - frame[["f0", "f1"]].mean()) / frame[["f0", "f1"]].std(ddof=0)
    assert groups.silhouette == pytest.approx(silhouette_score(scaled, groups.groups.group), abs=1e-5)
    assert groups.by_k.set_index("k").silhouette[groups.k] == groups.silhouette


def test_neither_the_order_of_rows_nor_a_second_run_changes_the_answer():
    frame, _ = blobs(500, [(0, 0), (3, 1)], seed=4)
    shuffled = frame.sample(frac=1, random_state=1)
    one, other = (cluster_customers(rows, propose_choice(frame), seed=7) for rows in (frame, shuffled))
    pd.testing.assert_frame_equal(one.groups, other.groups)
    pd.testing.assert_frame_equal(one.map, other.map)
    assert (one.silhouette, one.stability, one.clear, one.why_k) == (other.silhouette, other.stability, other.clear,
                                                                     other.why_k)
    pd.testing.assert_frame_equal(one.by_k, other.by_k)
    pd.testing.assert_frame_equal(one.cuts, other.cuts)


def test_the_chosen_number_of_groups_is_kept():
    frame, _ = blobs(300, [(0, 0), (9, 9)])
    groups = cluster_customers(frame, Choice(("f0", "f1"), logged=(), k=5))
    assert groups.k == 5
    assert sorted(groups.groups.group.unique()) == [1, 2, 3, 4, 5]
    assert groups.by_k.k.tolist() == [5]


def test_one_giant_order_does_not_make_a_group_of_one():
    frame, truth = blobs(400, [(0, 0), (7, 7)])
    frame.loc[0, ["f0", "f1"]] = 1e6
    groups = cluster_customers(frame, Choice(("f0", "f1"), logged=("f0", "f1")))
    assert groups.profiles.customers.min() > 4


def test_many_customers_are_grouped_by_a_sample_as_well_as_by_all():
    from sklearn.cluster import KMeans

    frame, truth = blobs(40_000, [(0, 0, 0), (5, 0, 0), (0, 5, 0)], seed=2)
    groups = cluster_customers(frame, Choice(("f0", "f1", "f2"), logged=(), k=3))
    scaled = ((frame.iloc[:, 1:] - frame.iloc[:, 1:].mean()) / frame.iloc[:, 1:].std(ddof=0)).to_numpy()
    centres = pd.DataFrame(scaled).groupby(groups.groups.group.to_numpy()).transform("mean")
    ours = float(((scaled - centres.to_numpy()) ** 2).sum())
    assert ours <= KMeans(3, n_init=10, random_state=0).fit(scaled).inertia_ * 1.0001
    assert len(groups.groups) == 40_000
    assert len(groups.map) == 3_000


# --- what a group is called ---------------------------------------------------------------------------------


def test_names_say_what_the_trade_would_say():
    random = np.random.default_rng(0)
    kinds = pd.DataFrame({"recency_days": [8, 300, 6, 60], "frequency": [15, 1.2, 1.2, 5],
                          "monetary": [2000, 40, 45, 400], "tenure_days": [600, 500, 20, 400]})
    kind = np.repeat([0, 1, 2, 3], 100)
    frame = kinds.loc[kind].reset_index(drop=True) * random.lognormal(0, 0.15, (400, 4))
    frame["customer_id"] = range(400)
    groups = cluster_customers(frame, Choice(k=4))
    by_kind = pd.Series(groups.groups.group.to_numpy()).groupby(kind).agg(lambda group: group.mode()[0])
    assert [groups.names[by_kind[place]] for place in range(3)] == ["champions", "lost", "newcomers"]


def test_every_name_is_given_once():
    frame = pd.DataFrame(np.random.default_rng(3).lognormal(2, 1, (3000, 3)),
                         columns=["recency_days", "frequency", "monetary"]).assign(customer_id=range(3000))
    names = [name for name in cluster_customers(frame, Choice(k=10)).names.values() if name != "numbered"]
    assert len(names) == len(set(names))
    assert set(names) <= set(ARCHETYPES)


def test_a_table_of_other_features_gets_numbers_for_names():
    frame, _ = blobs(100, [(0, 0), (9, 9)])
    assert set(cluster_customers(frame, propose_choice(frame)).names.values()) == {"numbered"}


# --- the map ------------------------------------------------------------------------------------------------


def test_the_map_shows_the_principal_components():
    from sklearn.decomposition import PCA

    frame, _ = blobs(300, [(0, 0, 0), (4, 2, 0)])
    groups = cluster_customers(frame, propose_choice(frame))
    scaled = (frame.iloc[:, 1:] - frame.iloc[:, 1:].mean()) / frame.iloc[:, 1:].std(ddof=0)
    components = PCA(2).fit(scaled)
    assert groups.map_shares == pytest.approx(components.explained_variance_ratio_, abs=1e-5)
    assert np.abs(groups.map[["x", "y"]]).to_numpy() == pytest.approx(np.abs(components.transform(scaled)), abs=1e-4)


def test_more_money_lies_to_the_right():
    groups = cluster_customers(SIX)
    assert groups.directions.set_index("feature").x["monetary"] > 0
    assert groups.map.set_index("customer_id").x[1] > groups.map.set_index("customer_id").x[4]


# --- what is left out, and what is refused ------------------------------------------------------------------


def test_a_feature_that_is_the_same_for_all_is_dropped_and_told():
    groups = cluster_customers(SIX.assign(frequency=1))
    assert groups.dropped == ("frequency",)
    assert groups.groups.group.tolist() == [1, 1, 1, 2, 2, 2]


def test_missing_and_infinite_values_are_left_out_and_counted():
    more = pd.concat([SIX, pd.DataFrame({"customer_id": [7, 8], "recency_days": [1, 1], "frequency": [np.nan, 3],
                                         "monetary": [5.0, np.inf]})], ignore_index=True)
    groups = cluster_customers(more)
    assert groups.left_out == 2
    assert groups.groups.customer_id.tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(("frame", "choice", "error", "facts"), [
    (SIX.iloc[:0], Choice(), NoOrdersYet, {"as_of": date(2026, 1, 1)}),
    (SIX.iloc[:3], Choice(), TooFewCustomers, {"needed": 6, "found": 3}),
    (SIX.assign(frequency=np.nan), Choice(), TooFewCustomers, {"needed": 6, "found": 0}),
    (SIX.assign(recency_days=1, frequency=1, monetary=1.0), Choice(), NothingToTellApart, {"customers": 6}),
    (SIX, Choice(k=6), KTooLarge, {"k": 6, "customers": 6, "largest": 5}),
    (SIX, Choice(("age",)), FeatureMissing, {"feature": "age"}),
    (SIX.assign(age="old"), Choice(("age",)), FeatureNotNumeric, {"feature": "age"}),
], ids=lambda value: value.__name__ if isinstance(value, type) else None)
def test_what_cannot_be_grouped_is_refused_with_facts(frame, choice, error, facts):
    with pytest.raises(error) as refused:
        cluster_customers(frame, choice, as_of=date(2026, 1, 1))
    assert refused.value.facts == facts


def test_skewed_columns_are_proposed_with_their_logarithm():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"customer_id": range(500), "spent": random.lognormal(3, 1, 500),
                          "age": random.normal(40, 9, 500), "city": "Leeds"})
    assert propose_choice(frame) == Choice(features=("spent", "age"), logged=("spent",))


# --- the benchmark ------------------------------------------------------------------------------------------


def benchmark(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, PROJECT / "benchmarks" / "clustering.py", *map(str, arguments)],
                          capture_output=True, text=True, cwd=PROJECT)


def test_the_benchmark_reads_a_table_of_customers_and_one_of_orders(tmp_path):
    frame, truth = blobs(200, [(0, 0), (9, 9)])
    frame.assign(true=truth).to_csv(tmp_path / "table.csv", index=False)
    ran = benchmark(tmp_path / "table.csv", "--labels", "true")
    answer = json.loads(ran.stdout.splitlines()[-1])
    assert (answer["k"], answer["ari"], answer["clear"], answer["algorithm"]) == (2, 1.0, True, "kmeans")
    assert {"silhouette", "stability", "ami", "by_k", "seconds", "peak_mb"} <= set(answer)
    assert {"silhouette", "stability"} <= set(answer["by_k"]["2"])

    often = [{"kunde": f"o{who}", "ordered_at": f"2026-0{month}-11", "amount": 100 + who} for who in range(6)
             for month in (1, 2, 3)]
    rarely = [{"kunde": f"r{who}", "ordered_at": "2025-02-11", "amount": 5 + who} for who in range(6)]
    pd.DataFrame(often + rarely).to_csv(tmp_path / "orders.csv", index=False)
    ran = benchmark(tmp_path / "orders.csv", "--map", "kunde=customer_id")
    answer = json.loads(ran.stdout.splitlines()[-1])
    assert (answer["given"], answer["customers"], answer["k"], answer["sizes"]) == ("orders", 12, 2, [6, 6])


def test_the_benchmark_refuses_in_one_sentence(tmp_path):
    (tmp_path / "words.csv").write_text("a,b\nx,y\nu,v\n")
    ran = benchmark(tmp_path / "words.csv")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == ("words.csv cannot be used: it has no column of numbers, kinds or yes and no in which "
                          "customers differ.\n")
