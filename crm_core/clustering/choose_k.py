"""How many groups: as many as lie apart, else by the silhouette; and what the other measures say of each k."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from crm_core.clustering.algorithms import STARTS, assign, fit
from crm_core.clustering.choice import WITHOUT_K, Choice
from crm_core.clustering.clear import HANDFUL, QUICK, SLOW_SHARE, clearness
from crm_core.clustering.gap import ROWS as GAP_ROWS
from crm_core.clustering.gap import clouds, gap
from crm_core.clustering.prepare import prepare, sample_rows
from crm_core.clustering.silhouettes import silhouettes, silhouettes_of
from crm_core.errors import KTooLarge

LARGEST_K = 12  # more groups than this nobody keeps apart in a campaign
SAMPLE_ROWS = 10_000  # k is chosen on this many customers: silhouettes cost the square of it
RESAMPLES = 6  # groupings of resamples behind the stability: 15 pairs
RESAMPLE_ROWS = 3_000  # in each resample, at most
HALVES = 3  # times that the sample is cut in halves to see whether the groups of a k lie apart
BY_K = ["k", "silhouette", "davies_bouldin", "gap", "gap_error", "stability", "apart", "inertia", "smallest_share"]


def ks_to_try(sample: np.ndarray, choice: Choice) -> list[int]:
    """The numbers of groups to try: the chosen one, or 2..12 as far as three customers a group allow."""
    distinct = len(np.unique(sample, axis=0))
    largest = min(distinct, len(sample) - 1)
    if choice.k is None:
        return list(range(2, max(2, min(LARGEST_K, distinct, len(sample) // 3)) + 1))
    if choice.k < 2:
        raise ValueError(choice.k)
    if choice.k > largest:
        raise KTooLarge(k=choice.k, customers=len(sample), largest=largest)
    return [choice.k]


def try_ks(sample: np.ndarray, choice: Choice, seed: int, progress=lambda share: None) -> tuple[dict, pd.DataFrame]:
    """A grouping for each k, and a row for each with the columns of BY_K.

    silhouette (Rousseeuw 1987), davies_bouldin (1979; the lower the better), gap and gap_error (Tibshirani, Walther
    & Hastie 2001), stability (Fang & Wang 2012), apart: whether a valley lies between all neighbours.
    """
    ks = ks_to_try(sample, choice)
    few = sample[sample_rows(len(sample), _fewer(GAP_ROWS, choice), seed)]
    references = clouds(few, seed)
    models = {}
    for done, k in enumerate(ks):
        progress(0.2 * done / len(ks))
        models[k] = fit(sample, choice, k, seed, STARTS)
    found = silhouettes_of(sample, [fitted.labels for fitted in models.values()], part(progress, 0.2, 0.4))
    apart, rows = [_mean(one) for one in found], []
    for done, (k, fitted) in enumerate(models.items()):
        told = part(progress, 0.4 + 0.6 * done / len(ks), 0.4 + 0.6 * (done + 1) / len(ks))
        told(0)
        height, error = gap(few, references, choice, k, seed)
        told(0.2)
        rows.append({
            "k": k, "silhouette": apart[done],
            "davies_bouldin": davies_bouldin(sample, fitted.labels), "gap": height, "gap_error": error,
            "stability": stability(sample, choice, k, seed, part(told, 0.2, 0.6)),
            "apart": clearness(sample, fitted.labels, choice, k, seed, HALVES, part(told, 0.6, 1)).apart,
            "inertia": _inertia(sample, fitted.labels),
            "smallest_share": np.bincount(fitted.labels, minlength=k).min() / len(sample)})
    progress(1)
    return models, pd.DataFrame(rows, columns=BY_K)


def propose_k(by_k: pd.DataFrame) -> int:
    """The largest k whose groups all lie apart: fewer would hide a valley, more would cut a group in two.

    A larger one is taken where silhouette, stability and gap all speak for it: a small group shows no valley of its
    own among few customers. Where no k has groups that all lie apart, the one with the highest silhouette. A k with a
    group of a handful is passed over.
    """
    eligible = _eligible(by_k)
    apart = eligible[eligible.apart]
    if apart.empty:
        return int(eligible.loc[eligible.silhouette.idxmax(), "k"])
    found = apart.loc[apart.k.idxmax()]
    finer = eligible[(eligible.k > found.k) & (eligible.silhouette > found.silhouette)
                     & (eligible.stability > found.stability) & (eligible.gap > found.gap + found.gap_error)]
    return int(found.k if finer.empty else finer.loc[finer.silhouette.idxmax(), "k"])


def why_k(by_k: pd.DataFrame, k: int, choice: Choice) -> dict:
    """Why so many groups, in facts: the reason, and the k that each measure would take by itself.

    The reason is found (by the algorithm), chosen (by the person), apart, finer or silhouette (see propose_k).
    """
    if choice.algorithm in WITHOUT_K:
        return {"reason": "found", "k": k}
    if choice.k is not None:
        return {"reason": "chosen", "k": k}
    eligible, row = _eligible(by_k), by_k.set_index("k").loc[k]
    return {
        "reason": "apart" if row.apart else "finer" if eligible.apart.any() else "silhouette", "k": k,
        "silhouette": float(row.silhouette), "stability": float(row.stability),
        "silhouette_k": int(eligible.loc[eligible.silhouette.idxmax(), "k"]),
        "davies_bouldin_k": int(eligible.loc[eligible.davies_bouldin.idxmin(), "k"]), "gap_k": _gap_k(by_k),
        "stability_k": int(eligible.loc[eligible.stability.idxmax(), "k"]),
        "smallest_k": int(by_k.k.min()), "largest_k": int(by_k.k.max())}


def _eligible(by_k: pd.DataFrame) -> pd.DataFrame:
    """Without those that only split off a handful of odd customers, where others are left."""
    eligible = by_k[by_k.smallest_share >= HANDFUL]
    return by_k if eligible.empty else eligible


def _gap_k(by_k: pd.DataFrame) -> int:
    """The smallest k whose gap the next one does not exceed by more than its error (Tibshirani et al. 2001)."""
    for row, following in zip(by_k.itertuples(), by_k.iloc[1:].itertuples(), strict=False):
        if row.gap >= following.gap - following.gap_error:
            return int(row.k)
    return int(by_k.k.iloc[-1])


def silhouette(matrix: np.ndarray, labels: np.ndarray, progress=lambda share: None) -> float:
    """Mean silhouette (Rousseeuw 1987) of the rows that are in a group, −1..1; 0 where there is one group only."""
    return _mean(silhouettes(matrix, labels, progress))


def _mean(found: np.ndarray) -> float:
    return 0.0 if np.isnan(found).all() else float(np.nanmean(found))


def davies_bouldin(matrix: np.ndarray, labels: np.ndarray) -> float:
    """How wide the groups are against how far apart (Davies & Bouldin 1979): 0 is perfect; NaN for one group."""
    from sklearn.metrics import davies_bouldin_score

    return float(davies_bouldin_score(matrix, labels)) if len(np.unique(labels)) > 1 else float("nan")


def stability(sample: np.ndarray, choice: Choice, k: int | None, seed: int, progress=lambda share: None) -> float:
    """Mean adjusted Rand index of the groupings that bootstrap resamples give all customers, over all pairs of them.

    Fang & Wang (2012), Selection of the number of clusters via the bootstrap method; the index of Hubert &
    Arabie (1985): 1 the same groups, 0 no more alike than by chance.
    """
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(seed)
    seen = sample[sample_rows(len(sample), _fewer(RESAMPLE_ROWS, choice), seed)]
    k = None if choice.algorithm in WITHOUT_K else k

    def grouping(done: int) -> np.ndarray:
        progress(done / RESAMPLES)
        resample = seen[random.integers(0, len(seen), len(seen))]
        fitted = k and min(k, len(np.unique(resample, axis=0)))
        return assign(fit(resample, choice, fitted, int(random.integers(2**31)), starts=3).state, seen)

    groupings = [grouping(done) for done in range(RESAMPLES)]
    return float(np.mean([adjusted_rand_score(groupings[one], groupings[other])
                          for one in range(RESAMPLES) for other in range(one)]))


def stability_by_k(features: pd.DataFrame, choice: Choice, ks, seed: int = 0) -> dict[int, float]:
    """How alike the groupings of resamples are at each k (0..1)."""
    matrix = prepare(features, choice).matrix
    sample = matrix[sample_rows(len(matrix), SAMPLE_ROWS, seed)]
    return {int(k): stability(sample, choice, int(k), seed) for k in ks}


def part(progress: Callable[[float], None], begin: float, end: float) -> Callable[[float], None]:
    """The progress of a part of the work as that of the whole."""
    return lambda share: progress(begin + (end - begin) * share)


def _fewer(rows: int, choice: Choice) -> int:
    return rows if choice.algorithm in QUICK else rows // SLOW_SHARE


def _inertia(matrix: np.ndarray, labels: np.ndarray) -> float:
    """The mean squared distance to the centre of the own group."""
    centres = np.array([matrix[labels == label].mean(axis=0) for label in np.unique(labels)])
    return float(((matrix - centres[np.unique(labels, return_inverse=True)[1]]) ** 2).sum() / len(matrix))
