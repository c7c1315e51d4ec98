"""The ways of grouping: against scikit-learn's own answers, on shapes whose groups are known, and on bad input."""
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from crm_core.clustering import Choice, Model, cluster_customers
from crm_core.clustering import algorithms as ways
from crm_core.clustering.choice import ALGORITHMS, WITHOUT_K
from crm_core.clustering.density import k_distances, propose_eps, propose_min_points
from crm_core.clustering.hierarchy import TREE_ROWS, cut, tree
from crm_core.clustering.neighbours import KEPT_POINTS, SLACK
from crm_core.clustering.rfm import GRID, NAMES, rfm, scores
from crm_core.clustering.silhouettes import silhouettes, silhouettes_of
from crm_core.errors import KTooLarge, NothingToTellApart, RfmFeaturesNeeded, TooFewCustomers

RFM = ("recency_days", "frequency", "monetary")
LEARNED = tuple(name for name in ALGORITHMS if name != "rfm")  # these look for groups


def agreement(one, other) -> float:
    from sklearn.metrics import adjusted_rand_score

    return adjusted_rand_score(one, other)


@cache
def blobs(rows: int = 600, k: int = 4, width: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import make_blobs

    matrix, truth = make_blobs(rows, width, centers=k, cluster_std=0.6, center_box=(-9, 9), random_state=seed)
    return matrix.astype(np.float32), truth


@cache
def moons(rows: int = 800) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import make_moons

    matrix, truth = make_moons(rows, noise=0.05, random_state=1)
    return matrix.astype(np.float32), truth


@cache
def shop(rows: int = 800) -> pd.DataFrame:
    random = np.random.default_rng(0)
    kinds = np.array([[5, 12, 900], [300, 1.5, 25], [20, 3, 100], [90, 6, 300]])[random.integers(0, 4, rows)]
    values = (kinds * random.lognormal(0, 0.35, (rows, 3))).round()
    return pd.DataFrame(values, columns=RFM).assign(customer_id=range(1, rows + 1))


def choice(algorithm: str, width: int = 3, **settings) -> Choice:
    features = RFM if algorithm == "rfm" else tuple(f"f{place}" for place in range(width))
    return Choice(features=features, logged=(), algorithm=algorithm, **settings)


def table(matrix: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame(matrix.astype(float), columns=[f"f{place}" for place in range(matrix.shape[1])])
    return frame.assign(customer_id=range(len(frame)))


# --- what holds for all -------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_is_kept_gives_the_same_groups_again(algorithm):
    matrix, _ = blobs()
    fitted = ways.fit(matrix, choice(algorithm), None if algorithm in WITHOUT_K else 4, seed=0)
    kept = json.loads(json.dumps(fitted.state, allow_nan=False))
    assert ways.assign(kept, matrix).tolist() == fitted.labels.tolist()
    assert (len(fitted.labels), fitted.fitted_on) == (600, 600)


@pytest.mark.parametrize("algorithm", LEARNED)
def test_groups_that_lie_apart_are_found_by_every_way(algorithm):
    matrix, truth = blobs()
    fitted = ways.fit(matrix, choice(algorithm), None if algorithm in WITHOUT_K else 4, seed=0)
    grouped = fitted.labels >= 0
    assert agreement(truth[grouped], fitted.labels[grouped]) > 0.99
    assert grouped.mean() > 0.85


def of_four(algorithm: str) -> Choice:
    """Four groups where the number is asked for; K-means proposes it too."""
    return Choice(algorithm=algorithm, k=None if algorithm in ("kmeans", *WITHOUT_K) else 4)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_order_of_rows_does_not_matter_and_a_second_run_gives_the_same(algorithm):
    frame, choice = shop(), of_four(algorithm)
    groups, again, shuffled = (cluster_customers(rows, choice, seed=3)
                               for rows in (frame, frame, frame.sample(frac=1, random_state=2)))
    assert groups.model.to_json() == again.model.to_json() == shuffled.model.to_json()
    pd.testing.assert_frame_equal(groups.groups, shuffled.groups)
    pd.testing.assert_frame_equal(groups.evidence.silhouettes, shuffled.evidence.silhouettes)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_answer_counts_everybody_and_its_model_places_them_there_again(algorithm):
    frame = shop()
    groups = cluster_customers(frame, of_four(algorithm))
    assert groups.profiles.customers.sum() == len(groups.groups) == len(frame)
    noise = int((groups.groups.group == 0).sum())
    assert groups.noise == noise
    assert groups.profiles.group.tolist() == [*range(1, groups.k + 1), *([0] if noise else [])]
    assert set(groups.profiles.group) <= set(groups.names)
    placed = Model.from_json(groups.model.to_json()).assign(frame)
    assert placed.group.tolist() == groups.groups.group.tolist()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_many_rows_are_learned_from_a_sample_and_the_others_are_placed(algorithm):
    matrix, truth = blobs(25_000, k=3)
    fitted = ways.fit(matrix, choice(algorithm), None if algorithm in WITHOUT_K else 3, seed=0)
    assert fitted.labels.tolist() == ways.assign(fitted.state, matrix).tolist()
    assert fitted.fitted_on == {"kmeans": 25_000, "minibatch": 25_000, "rfm": 25_000,
                                "agglomerative": TREE_ROWS}.get(algorithm, ways.FIT_ROWS)
    assert len(json.dumps(fitted.state)) < 300_000
    if algorithm != "rfm":
        grouped = fitted.labels >= 0
        assert agreement(truth[grouped], fitted.labels[grouped]) > 0.99
        assert grouped.mean() > 0.85


@pytest.mark.parametrize("algorithm", LEARNED)
def test_customers_who_are_the_same_are_in_the_same_group(algorithm):
    matrix = np.repeat(blobs(60)[0], 5, axis=0)
    labels = ways.fit(matrix, choice(algorithm), None if algorithm in WITHOUT_K else 4, seed=0).labels.reshape(-1, 5)
    assert (labels == labels[:, :1]).all()


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name not in WITHOUT_K])
def test_more_groups_than_there_are_different_rows_are_refused(algorithm):
    matrix = np.repeat(np.arange(3, dtype=np.float32), 10)[:, None]
    with pytest.raises(KTooLarge) as refused:
        ways.fit(matrix, choice(algorithm, 1), 4, seed=0)
    assert refused.value.facts == {"k": 4, "customers": 30, "largest": 3}
    assert agreement(np.repeat(range(3), 10), ways.fit(matrix, choice(algorithm, 1), 3, seed=0).labels) == 1
    with pytest.raises(KTooLarge):
        cluster_customers(shop().head(6), Choice(algorithm=algorithm, k=7))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_few_constant_and_far_customers_are_an_answer_or_a_refusal(algorithm):
    frame = shop(60)
    with pytest.raises(TooFewCustomers):
        cluster_customers(frame.head(3), Choice(algorithm=algorithm))
    with pytest.raises(NothingToTellApart):
        cluster_customers(frame.assign(recency_days=1, frequency=1, monetary=1.0), Choice(algorithm=algorithm))
    six = cluster_customers(frame.head(6), Choice(algorithm=algorithm))
    assert len(six.groups) == 6
    one_constant = cluster_customers(frame.assign(frequency=1), Choice(algorithm=algorithm))
    assert one_constant.dropped == ("frequency",)
    giant = frame.copy()
    giant.loc[7, "monetary"] = 1e12
    assert cluster_customers(giant, Choice(algorithm=algorithm)).profiles.customers.sum() == 60


def test_work_tells_its_progress_and_can_be_stopped():
    class Stopped(Exception):
        pass

    def stop(share: float) -> None:
        told.append(share)
        if share > 0.3:
            raise Stopped()

    for algorithm in ALGORITHMS:
        told: list[float] = []
        with pytest.raises(Stopped):
            cluster_customers(shop(), Choice(algorithm=algorithm), progress=stop)
        assert told == sorted(told)


# --- by centres ---------------------------------------------------------------------------------------------


def test_k_means_is_scikit_learns_own():
    from sklearn.cluster import KMeans

    matrix, _ = blobs(k=5)
    ours = ways.fit(matrix, choice("kmeans"), 5, seed=4)
    theirs = KMeans(5, n_init=ways.STARTS, random_state=4).fit(matrix)
    assert ours.labels.tolist() == theirs.labels_.tolist()
    assert np.allclose(ours.state["centres"], theirs.cluster_centers_)


def test_k_means_of_a_sample_is_as_near_to_its_centres_as_that_of_all_rows():
    from sklearn.cluster import KMeans

    matrix = np.random.default_rng(0).normal(size=(60_000, 4)).astype(np.float32)
    labels = ways.fit(matrix, choice("kmeans", 4), 5, seed=0).labels
    ours = sum(((matrix[labels == label] - matrix[labels == label].mean(axis=0)) ** 2).sum() for label in range(5))
    assert ours <= KMeans(5, n_init=1, random_state=0).fit(matrix).inertia_ * 1.01


def test_bisecting_halves_one_group_to_get_the_next():
    matrix, _ = blobs(k=6)
    three, four = (ways.fit(matrix, choice("bisecting"), k, seed=0).labels for k in (3, 4))
    together = pd.crosstab(four, three)
    assert (together > 0).sum(axis=1).tolist() == [1, 1, 1, 1]
    assert sorted((together > 0).sum(axis=0)) == [1, 1, 2]


def test_bisecting_finds_what_scikit_learns_finds():
    from sklearn.cluster import BisectingKMeans

    matrix, _ = blobs(k=4, seed=2)
    theirs = BisectingKMeans(4, n_init=10, random_state=0, bisecting_strategy="biggest_inertia").fit(matrix)
    assert agreement(theirs.labels_, ways.fit(matrix, choice("bisecting"), 4, seed=0).labels) > 0.99


# --- dense places -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [moons, blobs], ids=["moons", "blobs"])
def test_dbscan_has_scikit_learns_dense_places_and_nobody_more_in_no_group(make):
    from sklearn.cluster import DBSCAN

    matrix, _ = make()
    ours = ways.fit(matrix, choice("dbscan", matrix.shape[1], eps=0.2, min_points=6), None, seed=0).labels
    theirs = DBSCAN(eps=0.2 * SLACK, min_samples=6).fit(matrix)
    dense = theirs.core_sample_indices_
    assert agreement(theirs.labels_[dense], ours[dense]) == 1
    assert (ours == -1).tolist() == (theirs.labels_ == -1).tolist()


def test_a_customer_between_two_groups_goes_with_the_nearer_one():
    line = np.array([0, 0.1, 0.2, 0.3, 0.72, 1.2, 1.3, 1.4, 1.5], dtype=np.float32)[:, None]
    labels = ways.fit(line, choice("dbscan", 1, eps=0.5, min_points=4), None, seed=0).labels
    assert labels.tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1]  # .72 is .42 from the first group and .48 from the second
    backwards = ways.fit(line[::-1], choice("dbscan", 1, eps=0.5, min_points=4), None, seed=0).labels
    assert backwards.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("algorithm", ["dbscan", "hdbscan"])
def test_moons_and_rings_are_found_whole(algorithm):
    from sklearn.datasets import make_circles

    for matrix, truth in (moons(), make_circles(800, factor=0.4, noise=0.04, random_state=0)):
        groups = cluster_customers(table(matrix), choice(algorithm, 2, min_points=8))
        assert groups.k == 2
        found = groups.groups.group.to_numpy()
        assert agreement(truth[found > 0], found[found > 0]) > 0.99
        assert (found > 0).mean() > 0.9


def test_hdbscan_is_scikit_learns_own():
    from sklearn.cluster import HDBSCAN

    matrix, _ = blobs(k=5, width=2)
    ours = ways.fit(matrix, choice("hdbscan", 2, min_points=20), None, seed=0)
    theirs = HDBSCAN(min_cluster_size=20, min_samples=propose_min_points(*matrix.shape), copy=True).fit(matrix.astype(float))
    assert agreement(theirs.labels_, ours.labels) == 1
    assert (theirs.labels_ == -1).tolist() == (ours.labels == -1).tolist()


@pytest.mark.parametrize("algorithm", ["dbscan", "hdbscan"])
def test_scattered_customers_are_counted_and_not_hidden(algorithm):
    random = np.random.default_rng(0)
    together = np.repeat([[0, 0], [8, 0], [0, 8]], 140, axis=0) + random.normal(0, 0.6, (420, 2))
    groups = cluster_customers(table(np.vstack([together, random.uniform(-6, 14, (60, 2))])), choice(algorithm, 2))
    assert groups.k == 3
    assert 30 <= groups.noise <= 80
    last = groups.profiles.iloc[-1]
    assert (last.group, last.customers) == (0, groups.noise)
    assert groups.names[0] == "nowhere"
    far = groups.model.assign(pd.DataFrame({"customer_id": [1], "f0": [500.0], "f1": [-500.0]}))
    assert far.group.tolist() == [0]


@pytest.mark.parametrize("algorithm", ["dbscan", "hdbscan"])
def test_everybody_in_no_group_is_an_answer(algorithm):
    matrix = np.random.default_rng(0).uniform(0, 1, (60, 3))
    settings = {"eps": 1e-4} if algorithm == "dbscan" else {"min_points": 40}
    groups = cluster_customers(table(matrix), choice(algorithm, **settings))
    assert (groups.k, groups.noise, groups.clear) == (0, 60, False)
    assert groups.profiles.group.tolist() == [0]
    assert groups.model.assign(table(matrix)).group.tolist() == [0] * 60


def test_everybody_in_one_group_is_an_answer():
    groups = cluster_customers(table(blobs()[0]), choice("dbscan", eps=50.0))
    assert (groups.k, groups.noise, groups.silhouette, groups.clear) == (1, 0, 0.0, False)


def test_the_proposed_eps_is_where_the_curve_bends():
    lonely = np.concatenate([np.linspace(0.1, 0.2, 700), np.linspace(0.2, 5, 300)])
    # Before the bend at .2 half of the customers are within .125 and .175: usual is up to .175 + 3 × .05.
    assert propose_eps(lonely) == pytest.approx(0.325, abs=0.01)
    assert propose_eps(np.append(lonely, 1e9)) == pytest.approx(0.325, abs=0.01)  # one giant does not decide
    assert propose_eps(np.zeros(50)) > 0
    assert propose_eps(np.full(50, 0.3)) == pytest.approx(0.3)


def test_the_k_distance_counts_oneself_first():
    assert k_distances(np.array([[0.0], [1.0], [3.0]], dtype=np.float32), 2).tolist() == [1, 1, 2]


@pytest.mark.parametrize(("rows", "columns", "points"), [(10_000, 8, 16), (10_000, 2, 9), (50, 1, 4), (10_000, 40, 24), (9, 3, 3), (6, 3, 2)])
def test_a_dense_place_has_twice_as_many_customers_as_there_are_features_within_bounds(rows, columns, points):
    assert propose_min_points(rows, columns) == points


def test_of_many_dense_places_only_those_are_kept_that_are_needed():
    matrix, _ = blobs(9_000, k=3, width=2)
    state = ways.fit(matrix, choice("dbscan", 2, eps=0.3), None, seed=0).state
    assert 0 < len(state["points"]) < 900 < KEPT_POINTS


# --- trees --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("linkage", ["ward", "average", "complete", "single"])
def test_agglomerative_is_scikit_learns_own(linkage):
    from sklearn.cluster import AgglomerativeClustering

    matrix, _ = blobs(300, k=5)
    ours = ways.fit(matrix, choice("agglomerative", linkage=linkage), 6, seed=0).labels
    theirs = AgglomerativeClustering(6, linkage=linkage).fit(matrix.astype(float))
    assert agreement(theirs.labels_, ours) == 1


def test_single_linkage_follows_moons():
    matrix, truth = moons()
    assert agreement(truth, ways.fit(matrix, choice("agglomerative", 2, linkage="single"), 2, seed=0).labels) > 0.99


def test_a_tree_is_cut_into_just_as_many_even_where_heights_are_equal():
    ties = tree(np.arange(8, dtype=float)[:, None], "single")  # seven merges at the same height
    for k in range(1, 9):
        assert len(set(cut(ties, k).tolist())) == k


def test_the_dendrogram_shows_the_last_merges_and_where_it_is_cut():
    groups = cluster_customers(table(blobs()[0]), choice("agglomerative", k=4))
    tree = groups.evidence.dendrogram
    assert (tree.leaves, tree.customers, len(tree.merges)) == (60, 600, 59)
    assert tree.merges.customers.max() == 600
    assert (tree.merges.height > tree.cut).sum() == 3  # three merges more and all would be one
    assert (tree.merges.label == 0).tolist() == (tree.merges.height > tree.cut).tolist()
    assert set(tree.merges.label) == {0, 1, 2, 3, 4}
    largest = tree.merges[tree.merges.label > 0].groupby("label").customers.max()
    assert largest.tolist() == groups.profiles.customers.tolist()


def test_few_customers_have_a_small_tree():
    tree = cluster_customers(shop(8), Choice(algorithm="agglomerative", k=2)).evidence.dendrogram
    assert (tree.leaves, len(tree.merges)) == (8, 7)


# --- mixtures -----------------------------------------------------------------------------------------------


def test_a_mixture_parts_clouds_of_unlike_spread_which_k_means_cuts():
    random = np.random.default_rng(0)
    flat = random.normal(0, 1, (400, 2)) * [6, 0.3]
    matrix = np.vstack([flat, flat + [0, 3]]).astype(np.float32)
    truth = np.repeat([0, 1], 400)
    assert agreement(truth, ways.fit(matrix, choice("mixture", 2), 2, seed=0).labels) > 0.99
    assert agreement(truth, ways.fit(matrix, choice("kmeans", 2), 2, seed=0).labels) < 0.5


def test_a_mixture_is_scikit_learns_own():
    from sklearn.mixture import GaussianMixture

    from crm_core.clustering.mixture import NARROWEST, sureness

    matrix, _ = blobs(500, k=3)
    fitted = ways.fit(matrix, choice("mixture"), 3, seed=0, starts=1)
    theirs = GaussianMixture(3, reg_covar=NARROWEST, random_state=0).fit(matrix.astype(float))
    assert fitted.labels.tolist() == theirs.predict(matrix.astype(float)).tolist()
    assert sureness(fitted.state, matrix) == pytest.approx(theirs.predict_proba(matrix.astype(float)).max(axis=1), abs=1e-6)
    assert fitted.state["bic"] == pytest.approx(theirs.bic(matrix.astype(float)))


def test_the_answer_tells_how_sure_a_mixture_is_and_its_bic():
    groups = cluster_customers(table(blobs()[0]), choice("mixture"))
    assert groups.k == 4
    assert groups.by_k.bic.notna().all()
    assert groups.evidence.sure.customers.sum() == 600
    assert groups.evidence.sure.sure.min() > 0.9


def test_the_bic_falls_for_ever_on_counts(data_set):
    lines = pd.read_parquet(data_set("online_retail_2010_2011") / "online_retail.parquet")
    lines = lines[lines.CustomerID.notna() & ~lines.InvoiceNo.str.startswith("C")]
    lines["amount"] = lines.Quantity * lines.UnitPrice
    by_customer = lines.groupby("CustomerID")
    frame = pd.DataFrame({"recency_days": (pd.Timestamp("2011-12-10") - by_customer.InvoiceDate.max()).dt.days,
                          "frequency": by_customer.InvoiceNo.nunique(), "monetary": by_customer.amount.sum()})
    groups = cluster_customers(frame.rename_axis("customer_id").reset_index(), Choice(algorithm="mixture"))
    assert groups.by_k.loc[groups.by_k.bic.idxmin(), "k"] == groups.by_k.k.max()


# --- the RFM grid -------------------------------------------------------------------------------------------

# Fifteen customers as textbooks work the scores out by hand: three to each fifth, equal ones in the same.
TEXTBOOK = pd.DataFrame([
    # days, orders, spent → R, F, M
    (4, 6, 540, 5, 4, 4), (6, 11, 940, 4, 5, 4), (46, 1, 35, 1, 1, 1), (21, 2, 65, 2, 2, 2), (15, 3, 179, 3, 3, 3),
    (32, 2, 56, 2, 2, 2), (7, 3, 140, 4, 3, 3), (50, 1, 950, 1, 1, 5), (34, 15, 2630, 1, 5, 5), (10, 5, 191, 3, 4, 3),
    (3, 8, 845, 5, 4, 4), (1, 10, 1510, 5, 5, 5), (27, 3, 54, 2, 3, 2), (18, 2, 40, 3, 2, 1), (5, 1, 25, 4, 1, 1)],
    columns=[*RFM, "r", "f", "m"])


def test_fifths_of_the_textbook_are_scored_as_by_hand():
    matrix = TEXTBOOK[list(RFM)].to_numpy(np.float32)
    scored = scores(rfm(matrix, choice("rfm")).state, matrix)
    assert scored.to_numpy().tolist() == TEXTBOOK[["r", "f", "m"]].to_numpy().tolist()


def test_the_grid_names_its_groups_and_keeps_its_limits_for_next_month():
    groups = cluster_customers(TEXTBOOK.assign(customer_id=range(1, 16)), Choice(algorithm="rfm"))
    called = groups.groups.set_index("customer_id").group.map(groups.names)
    assert called[[12, 3, 9, 8, 11]].tolist() == ["champions", "lost", "cannot_lose", "at_risk", "champions"]
    next_month = pd.DataFrame({"customer_id": [1, 2, 3], "recency_days": [2, 49, 1], "frequency": [12, 1, 1],
                               "monetary": [2000.0, 10.0, 20.0]})
    placed = Model.from_json(groups.model.to_json()).assign(next_month)
    # Nobody was a new customer then; the name is there for whoever is one now.
    assert [groups.names[group] for group in placed.group] == ["champions", "lost", "new_customers"]
    assert placed.group.min() > 0


def test_equal_values_have_equal_scores_and_the_lowest_is_one():
    frequency = np.array([1] * 12 + [2] * 5 + [9] * 3, dtype=np.float32)
    matrix = np.column_stack([np.arange(20), frequency, np.arange(20)]).astype(np.float32)
    scored = scores(rfm(matrix, choice("rfm")).state, matrix)
    assert pd.Series(scored.frequency.to_numpy()).groupby(frequency).nunique().tolist() == [1, 1, 1]
    assert scored.frequency.iloc[[0, 12, 19]].tolist() == [1, 5, 5]
    assert scored.recency_days.iloc[[0, 19]].tolist() == [5, 1]


def test_where_everybody_has_one_order_that_is_the_middle():
    frame = shop().assign(frequency=1)
    groups = cluster_customers(frame, Choice(algorithm="rfm"))
    matrix, _ = groups.model.preparation.matrix(frame)
    assert set(scores(groups.model.state, matrix).frequency) == {3}
    assert groups.evidence.grid.frequency.notna().sum() == 1


def test_the_grid_tells_where_its_scores_begin_in_days_orders_and_money():
    grid = cluster_customers(shop(1000), Choice(algorithm="rfm")).evidence.grid.set_index("score")
    assert grid.index.tolist() == [5, 4, 3, 2, 1]
    assert grid.recency_days.is_monotonic_increasing
    assert grid.monetary.is_monotonic_decreasing
    fifths = shop(1000).monetary.quantile([0.8, 0.6, 0.4, 0.2])
    assert grid.monetary[[5, 4, 3, 2]].tolist() == pytest.approx(fifths.tolist(), rel=0.05)


def test_scales_do_not_change_the_grid():
    plain, scaled = (cluster_customers(shop(), Choice(algorithm="rfm", logged=logged, robust=robust)).groups
                     for logged, robust in (((), ()), (RFM, RFM)))
    pd.testing.assert_frame_equal(plain, scaled)


def test_every_cell_of_the_grid_has_a_name_and_every_name_a_cell():
    assert [len(line) for line in GRID] == [5] * 5
    assert {name for line in GRID for name in line} == set(NAMES)


def test_without_recency_frequency_and_monetary_the_grid_is_refused():
    with pytest.raises(RfmFeaturesNeeded) as refused:
        cluster_customers(shop(), Choice(features=("recency_days", "frequency"), algorithm="rfm"))
    assert refused.value.facts == {"features": ("monetary",)}


def test_the_grid_heeds_only_its_three_features():
    more = shop().assign(tenure_days=np.random.default_rng(0).integers(1, 900, 800))
    wide = cluster_customers(more, Choice(features=("tenure_days", *RFM), algorithm="rfm"))
    assert wide.groups.group.tolist() == cluster_customers(shop(), Choice(algorithm="rfm")).groups.group.tolist()


# --- silhouettes --------------------------------------------------------------------------------------------


def test_silhouettes_are_scikit_learns_own():
    from sklearn.metrics import silhouette_samples

    matrix, truth = blobs(700)
    other = np.arange(700) % 5
    ours = silhouettes_of(matrix, [truth, other])
    assert ours[0] == pytest.approx(silhouette_samples(matrix, truth), abs=1e-4)
    assert ours[1] == pytest.approx(silhouette_samples(matrix, other), abs=1e-4)


def test_who_is_in_no_group_or_alone_in_one_has_no_silhouette_to_speak_of():
    told = silhouettes(np.array([[0.0], [0.1], [5.0], [9.0]]), np.array([0, 0, 1, -1]))
    assert told[:2] == pytest.approx([1 - 0.1 / 5, 1 - 0.1 / 4.9], abs=1e-4)
    assert told[2] == 0
    assert np.isnan(told[3])
    assert silhouettes(np.array([[0.0], [1.0]]), np.array([0, 0])).tolist() == [0, 0]


def test_the_picture_of_silhouettes_holds_no_more_than_can_be_drawn():
    shown = cluster_customers(table(blobs(12_000)[0]), choice("kmeans", k=4)).evidence.silhouettes
    assert len(shown) == 5_000
    assert shown.group.is_monotonic_increasing
    assert all(rows.silhouette.is_monotonic_decreasing for _, rows in shown.groupby("group"))


def test_settings_are_kept_with_the_choice():
    wanted = replace(choice("dbscan"), eps=0.3, min_points=7)
    assert Choice.from_json(wanted.to_json()) == wanted
