"""Put customers who buy alike into groups, say what each group is, and how far the grouping is to be trusted.

    customer | recency_days | frequency | monetary           customer | group
           1 |            5 |        12 |      900                  1 |     1   ← group 1 spends most
           2 |            9 |        10 |      850       →          2 |     1
           3 |          300 |         1 |       20                  3 |     2
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.errors import (
    FeatureMissing,
    FeatureNotNumeric,
    KTooLarge,
    NoOrdersYet,
    NothingToTellApart,
    TooFewCustomers,
)

FEATURES = ("recency_days", "frequency", "monetary", "tenure_days")  # what queries/customer_features.sql gives
LOGGED = ("recency_days", "frequency", "monetary")  # counts and sums are skewed: their logarithm compares ratios
LARGEST_K = 10  # more groups than this nobody keeps apart in a campaign
FEWEST_CUSTOMERS = 6  # two groups of three
SAMPLE_ROWS = 10_000  # k is chosen on this many customers: silhouettes cost the square of it
MAP_POINTS = 3_000  # more takes longer to draw and shows no more
STARTS = 10  # K-means from this many starting points; the best is kept
RESAMPLED_PAIRS = 10  # pairs of resamples behind the stability
REFERENCES = 10  # clouds without groups behind `clear`
REFERENCE_ROWS = 2_000
CLEAR_MARGIN = 0.07  # docs/decisions/0041: what skewed data without groups was seen to reach above a plain cloud
SMALLEST_SHARE = 0.01  # a k that only splits off a handful of odd customers is not proposed


@dataclass(frozen=True)
class Choice:
    """What customers are compared by, and into how many groups they are put."""

    features: tuple[str, ...] = FEATURES[:3]
    logged: tuple[str, ...] = LOGGED  # those of the features that are compared by their logarithm
    k: int | None = None  # None: the best among 2..10 by silhouette
    algorithm: str = "kmeans"


@dataclass(frozen=True, eq=False)
class Groups:
    """Customers in k groups; group 1 has the highest mean monetary, group k the lowest."""

    choice: Choice
    seed: int
    k: int
    groups: pd.DataFrame  # customer_id, group (1..k), in the order of customer_id
    profiles: pd.DataFrame  # one row a group: group, customers, share_of_customers, share_of_revenue (0..1; NaN
    #                         where no revenue is known), median_<feature> and mean_<feature> in original units
    levels: pd.DataFrame  # group, feature, median, position (share of all customers below the median, 0..1),
    #                       level (low, middle, high: the third of all customers in which the median lies)
    names: dict[int, str]  # group → key of its proposed name, each once; "numbered" where no name fits
    by_k: pd.DataFrame  # k, silhouette, inertia (mean squared distance to the centre), smallest_share (of customers)
    silhouette: float  # −1..1: how much nearer customers are to their own group than to the next
    reference: float  # the silhouette that a cloud of the same spread without groups reaches at this k
    stability: float  # 0..1: how alike the groupings of two resamples are (adjusted Rand index)
    clear: bool  # the silhouette lies clearly above the reference: there are groups, not only slices of one cloud
    map: pd.DataFrame  # at most 3,000 customers: customer_id, group, x, y, and the features in original units
    map_shares: tuple[float, float]  # the share of all differences that x and y show, each 0..1
    directions: pd.DataFrame  # feature, x, y: where on the map the feature grows
    dropped: tuple[str, ...]  # features left out because every customer has the same value
    left_out: int  # customers left out because a feature is missing or infinite


def cluster_customers(features: pd.DataFrame, choice: Choice | None = None, seed: int = 0, as_of=None) -> Groups:
    """Groups of customers who are alike in the chosen features; the order of the rows does not matter.

    `features` has one row a customer: customer_id and the chosen columns; a column `monetary`, chosen or not,
    orders the groups and gives their share of revenue. `as_of` is only told back when there are no rows.
    K-means on standardised features (Lloyd 1982, k-means++ starts); k by the silhouette (Rousseeuw 1987).

    Raises NoOrdersYet, TooFewCustomers, NothingToTellApart, KTooLarge, FeatureMissing, FeatureNotNumeric.
    """
    choice = choice or Choice()
    if choice.algorithm != "kmeans":
        raise ValueError(choice.algorithm)
    prepared = _prepared(features, choice, as_of)
    matrix, customers = prepared.matrix, prepared.customers
    sample = _sample_rows(len(matrix), SAMPLE_ROWS, seed)
    models, by_k = _models(matrix[sample], _ks(matrix[sample], choice), seed)
    k = _best_k(by_k)
    labels = _assigned(matrix, models[k], seed)
    # What is told of the chosen k is told of the final groups.
    silhouette = _silhouette(matrix[sample], labels[sample])
    by_k.loc[by_k.k == k, "silhouette"] = silhouette
    group = _numbered(customers, matrix, labels, k)
    levels = _levels(customers, group, choice.features)
    reference = _reference_silhouette(matrix[sample], k, seed)
    map_, map_shares, directions = _map(prepared, group, choice.features, seed)
    return Groups(
        choice=choice, seed=seed, k=k,
        groups=pd.DataFrame({"customer_id": customers.customer_id, "group": group}),
        profiles=_profiles(customers, group, choice.features),
        levels=levels, names=_names(customers, group, k),
        by_k=by_k, silhouette=silhouette, reference=reference,
        stability=_stability(matrix[sample], k, seed), clear=silhouette >= reference + CLEAR_MARGIN,
        map=map_, map_shares=map_shares, directions=directions,
        dropped=prepared.dropped, left_out=prepared.left_out)


def stability_by_k(features: pd.DataFrame, choice: Choice, ks, seed: int = 0) -> dict[int, float]:
    """How alike the groupings of two resamples are at each k (0..1); at 10,000 customers about a second each."""
    matrix = _prepared(features, choice, None).matrix
    sample = matrix[_sample_rows(len(matrix), SAMPLE_ROWS, seed)]
    return {int(k): _stability(sample, int(k), seed) for k in ks}


def propose_choice(features: pd.DataFrame, id_column: str = "customer_id", k: int | None = None) -> Choice:
    """A choice for any table with a row a customer: every number column, its logarithm where that takes skew away.

    A column is compared by its logarithm when nothing in it is negative, its skewness is above 1, and the
    skewness of the logarithm is smaller.
    """
    numbers = [name for name in features.columns if name != id_column
               and pd.api.types.is_numeric_dtype(features[name]) and not pd.api.types.is_bool_dtype(features[name])]
    logged = []
    for name in numbers:
        values = features[name].replace([np.inf, -np.inf], np.nan).dropna().astype(float)
        if values.nunique() > 2 and values.min() >= 0 and values.skew() > max(1, abs(np.log1p(values).skew())):
            logged.append(name)
    return Choice(features=tuple(numbers), logged=tuple(logged), k=k)


# --- from a table to comparable numbers -----------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Prepared:
    customers: pd.DataFrame  # the rows that take part, in the order of customer_id
    matrix: np.ndarray  # float32, each column with mean 0 and deviation 1
    used: tuple[str, ...]  # the features behind the matrix's columns
    dropped: tuple[str, ...]
    left_out: int


def _prepared(features: pd.DataFrame, choice: Choice, as_of) -> _Prepared:
    for name in choice.features:
        if name not in features.columns:
            raise FeatureMissing(feature=name)
        if not pd.api.types.is_numeric_dtype(features[name]):
            raise FeatureNotNumeric(feature=name)
    if features.empty:
        raise NoOrdersYet(as_of=as_of)
    # Sorted by the values too, so that even repeated ids give one order.
    ordered = features.sort_values(["customer_id", *choice.features], kind="stable", ignore_index=True)
    values = ordered[list(choice.features)].to_numpy(dtype=float, na_value=np.nan)
    for place, name in enumerate(choice.features):
        if name in choice.logged:
            values[:, place] = np.sign(values[:, place]) * np.log1p(np.abs(values[:, place]))
    finite = np.isfinite(values).all(axis=1)
    values, left_out = values[finite], int((~finite).sum())
    if len(values) < FEWEST_CUSTOMERS:
        raise TooFewCustomers(needed=FEWEST_CUSTOMERS, found=len(values))
    varies = np.ptp(values, axis=0) > 0
    if not varies.any():
        raise NothingToTellApart(customers=len(values))
    values = values[:, varies]
    matrix = ((values - values.mean(axis=0)) / values.std(axis=0)).astype(np.float32)
    return _Prepared(
        customers=ordered[finite].reset_index(drop=True), matrix=matrix,
        used=tuple(name for name, does in zip(choice.features, varies, strict=True) if does),
        dropped=tuple(name for name, does in zip(choice.features, varies, strict=True) if not does),
        left_out=left_out)


def _sample_rows(rows: int, at_most: int, seed: int) -> np.ndarray:
    """Row numbers of a seeded sample, in their order; all rows where they are few."""
    if rows <= at_most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, at_most, replace=False))


# --- grouping -------------------------------------------------------------------------------------


def _ks(sample: np.ndarray, choice: Choice) -> list[int]:
    """The numbers of groups to try: the chosen one, or 2..10 as far as three customers a group allow."""
    distinct = len(np.unique(sample, axis=0))
    largest = min(distinct, len(sample) - 1)
    if choice.k is None:
        return list(range(2, max(2, min(LARGEST_K, distinct, len(sample) // 3)) + 1))
    if choice.k < 2:
        raise ValueError(choice.k)
    if choice.k > largest:
        raise KTooLarge(k=choice.k, customers=len(sample), largest=largest)
    return [choice.k]


def _fit(matrix: np.ndarray, k: int, seed: int, starts: int):
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=starts, random_state=seed).fit(matrix)


def _models(sample: np.ndarray, ks: list[int], seed: int):
    models = {k: _fit(sample, k, seed, STARTS) for k in ks}
    by_k = pd.DataFrame([{
        "k": k, "silhouette": _silhouette(sample, model.labels_), "inertia": model.inertia_ / len(sample),
        "smallest_share": np.bincount(model.labels_, minlength=k).min() / len(sample)} for k, model in models.items()])
    return models, by_k


def _silhouette(matrix: np.ndarray, labels: np.ndarray) -> float:
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(matrix, labels)) if len(np.unique(labels)) > 1 else 0.0


def _best_k(by_k: pd.DataFrame) -> int:
    """The k of the highest silhouette among those whose groups are all worth having; of equals the smallest k."""
    worth = by_k[by_k.smallest_share >= SMALLEST_SHARE]
    candidates = worth if len(worth) else by_k
    return int(candidates.loc[candidates.silhouette.idxmax(), "k"])


def _assigned(matrix: np.ndarray, model, seed: int) -> np.ndarray:
    """Everybody's group: the model as it is, or, fitted on a sample, settled once more on all customers."""
    from sklearn.cluster import KMeans

    if len(model.labels_) == len(matrix):
        return model.labels_
    return KMeans(model.n_clusters, init=model.cluster_centers_, n_init=1, random_state=seed).fit(matrix).labels_


def _numbered(customers: pd.DataFrame, matrix: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Labels as 1..k, the group with the highest mean monetary first (without monetary: of the first feature)."""
    worth = customers["monetary"].to_numpy(float) if "monetary" in customers else matrix[:, 0].astype(float)
    means = pd.Series(worth).groupby(labels).mean()
    number = {label: place for place, label in enumerate(means.sort_values(ascending=False, kind="stable").index, 1)}
    return np.array([number[label] for label in range(k)])[labels]


# --- how far to trust it --------------------------------------------------------------------------


def _stability(sample: np.ndarray, k: int, seed: int) -> float:
    """Mean adjusted Rand index of the groupings that two bootstrap resamples give all customers.

    Fang & Wang (2012), Selection of the number of clusters via the bootstrap method; the index of Hubert &
    Arabie (1985): 1 the same groups, 0 no more alike than by chance.
    """
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(seed)

    def grouping() -> np.ndarray:
        resample = sample[random.integers(0, len(sample), len(sample))]
        fitted = min(k, len(np.unique(resample, axis=0)))
        return _fit(resample, fitted, int(random.integers(2**31)), starts=3).predict(sample)

    return float(np.mean([adjusted_rand_score(grouping(), grouping()) for _ in range(RESAMPLED_PAIRS)]))


def _reference_silhouette(sample: np.ndarray, k: int, seed: int) -> float:
    """The mean silhouette at k of clouds without groups: uniform along the data's principal axes, as wide as the data.

    After the reference of the gap statistic (Tibshirani, Walther & Hastie 2001), with the data's deviations in the
    place of its range, so that a single far customer does not empty the cloud.
    """
    random = np.random.default_rng(seed)
    rows = min(len(sample), REFERENCE_ROWS)
    spread = np.linalg.svd(sample - sample.mean(axis=0), compute_uv=False) / np.sqrt(len(sample))
    clouds = random.uniform(-1, 1, size=(REFERENCES, rows, len(spread))) * spread
    return float(np.mean([_silhouette(cloud, _fit(cloud, k, seed, starts=3).labels_) for cloud in clouds]))


# --- saying what a group is -----------------------------------------------------------------------


def _profiles(customers: pd.DataFrame, group: np.ndarray, features: tuple[str, ...]) -> pd.DataFrame:
    by_group = customers.groupby(group)
    size = by_group.size()
    profiles = pd.DataFrame({"group": size.index, "customers": size.to_numpy(),
                             "share_of_customers": (size / size.sum()).to_numpy(), "share_of_revenue": np.nan})
    if "monetary" in customers and customers.monetary.sum() > 0:
        profiles["share_of_revenue"] = (by_group.monetary.sum() / customers.monetary.sum()).to_numpy()
    for name in features:
        profiles[f"median_{name}"] = by_group[name].median().to_numpy()
        profiles[f"mean_{name}"] = by_group[name].mean().to_numpy()
    return profiles


def _levels(customers: pd.DataFrame, group: np.ndarray, features: tuple[str, ...]) -> pd.DataFrame:
    rows = []
    for name in features:
        values = np.sort(customers[name].to_numpy(float))
        for number, median in customers.groupby(group)[name].median().items():
            # Ties count half: where everybody has one order, one order is the middle.
            below = np.searchsorted(values, median, "left") + np.searchsorted(values, median, "right")
            position = below / (2 * len(values))
            rows.append({"group": number, "feature": name, "median": median, "position": position,
                         "level": "low" if position < 1 / 3 else "high" if position > 2 / 3 else "middle"})
    return pd.DataFrame(rows).sort_values("group", kind="stable", ignore_index=True)


# What each name stands for: where among all customers (0..1) the group's median lies in freshness (the reverse of
# recency), frequency and monetary. The trade's own types, as in RFM grids (Hughes 1994 and the tools after him).
ARCHETYPES = {
    "vips": (0.93, 0.98, 0.98),
    "champions": (0.85, 0.88, 0.88),
    "loyal": (0.65, 0.72, 0.70),
    "big_spenders": (0.50, 0.55, 0.85),
    "small_baskets": (0.65, 0.75, 0.45),
    "newcomers": (0.90, 0.20, 0.20),
    "promising": (0.80, 0.45, 0.45),
    "middle": (0.50, 0.50, 0.50),
    "occasional": (0.45, 0.22, 0.25),
    "at_risk": (0.25, 0.70, 0.70),
    "sleeping": (0.20, 0.45, 0.45),
    "lost": (0.12, 0.18, 0.18),
}
FARTHEST_NAME = 0.25  # a name whose place is farther than this (root mean square) would tell something false


def _names(customers: pd.DataFrame, group: np.ndarray, k: int) -> dict[int, str]:
    """The proposed name of each group: every name at most once, all together as near as can be (Kuhn 1955)."""
    from scipy.optimize import linear_sum_assignment

    if not {"recency_days", "frequency", "monetary"} <= set(customers.columns):
        return dict.fromkeys(range(1, k + 1), "numbered")
    known = [name for name in FEATURES if name in customers.columns]
    place = _levels(customers, group, tuple(known)).pivot(index="group", columns="feature", values="position")
    at = np.column_stack([1 - place.recency_days, place.frequency, place.monetary])
    distance = np.sqrt(((at[:, None] - np.array(list(ARCHETYPES.values()))) ** 2).mean(axis=2))
    if "tenure_days" in place:
        # Whoever has been a customer for longer than most is no newcomer; the shortest third most likely are.
        newcomers, tenure = list(ARCHETYPES).index("newcomers"), place.tenure_days.to_numpy()
        distance[:, newcomers] *= np.where(tenure > 1 / 2, 10, np.where(tenure < 1 / 3, 1 / 2, 1))
    # One way out a group: it keeps its number when every name left would tell something false.
    costs = np.column_stack([distance, np.full((k, k), FARTHEST_NAME)])
    names = {int(number): "numbered" for number in place.index}
    for row, column in zip(*linear_sum_assignment(costs), strict=True):
        if column < len(ARCHETYPES):
            names[int(place.index[row])] = list(ARCHETYPES)[column]
    return names


# --- the map --------------------------------------------------------------------------------------


def _map(prepared: _Prepared, group: np.ndarray, features: tuple[str, ...], seed: int):
    """The two directions in which customers differ most (principal components, Pearson 1901)."""
    matrix = prepared.matrix.astype(float)
    values, vectors = np.linalg.eigh(matrix.T @ matrix / len(matrix))
    values, vectors = values[::-1], vectors[:, ::-1]
    # A component has no sign of its own: more money lies to the right, the strongest other feature grows upwards.
    right = prepared.used.index("monetary") if "monetary" in prepared.used else int(np.abs(vectors[:, 0]).argmax())
    anchors = [right, int(np.abs(vectors[:, 1]).argmax()) if vectors.shape[1] > 1 else 0]
    axes = np.zeros((matrix.shape[1], 2))
    for axis in range(min(2, vectors.shape[1])):
        axes[:, axis] = vectors[:, axis] * (-1 if vectors[anchors[axis], axis] < 0 else 1)
    shown = _sample_rows(len(matrix), MAP_POINTS, seed)
    points = prepared.customers.loc[shown, ["customer_id", *features]].reset_index(drop=True)
    x, y = (matrix[shown] @ axes).T
    points = points.assign(group=group[shown], x=x, y=y)
    shares = tuple(float(share) for share in (np.append(values, 0.0) / values.sum())[:2])
    return points, shares, pd.DataFrame({"feature": prepared.used, "x": axes[:, 0], "y": axes[:, 1]})
