"""How many groups: by the silhouette among those that are no handful of odd customers, and how far each k is stable."""

import numpy as np
import pandas as pd

from crm_core.clustering.algorithms import STARTS, Fitted, assign, fit
from crm_core.clustering.choice import Choice
from crm_core.clustering.prepare import prepare, sample_rows
from crm_core.clustering.silhouettes import silhouettes
from crm_core.errors import KTooLarge

LARGEST_K = 12  # more groups than this nobody keeps apart in a campaign
SAMPLE_ROWS = 10_000  # k is chosen on this many customers: silhouettes cost the square of it
RESAMPLED_PAIRS = 10  # pairs of resamples behind the stability
SMALLEST_SHARE = 0.01  # a k that only splits off a handful of odd customers is not proposed


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


def try_ks(sample: np.ndarray, choice: Choice, seed: int,
           progress=lambda share: None) -> tuple[dict[int, Fitted], pd.DataFrame]:
    """A grouping for each k, and a row for each: k, silhouette, inertia, smallest_share."""
    ks, models, rows = ks_to_try(sample, choice), {}, []
    for done, k in enumerate(ks, 1):
        fitted = models[k] = fit(sample, choice, k, seed, STARTS)
        rows.append({
            "k": k, "silhouette": silhouette(sample, fitted.labels), "inertia": _inertia(sample, fitted.labels),
            "smallest_share": np.bincount(fitted.labels, minlength=k).min() / len(sample)})
        progress(done / len(ks))
    return models, pd.DataFrame(rows)


def propose_k(by_k: pd.DataFrame) -> int:
    """The k with the highest silhouette whose smallest group is no handful."""
    eligible = by_k[by_k.smallest_share >= SMALLEST_SHARE]
    if eligible.empty:
        eligible = by_k
    return int(eligible.loc[eligible.silhouette.idxmax(), "k"])


def silhouette(matrix: np.ndarray, labels: np.ndarray) -> float:
    """Mean silhouette (Rousseeuw 1987) of the rows that are in a group, −1..1; 0 where there is one group only."""
    found = silhouettes(matrix, labels)
    return float(np.nanmean(found)) if (labels >= 0).any() else 0.0


def stability(sample: np.ndarray, choice: Choice, k: int, seed: int) -> float:
    """Mean adjusted Rand index of the groupings that two bootstrap resamples give all customers.

    Fang & Wang (2012), Selection of the number of clusters via the bootstrap method; the index of Hubert &
    Arabie (1985): 1 the same groups, 0 no more alike than by chance.
    """
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(seed)

    def grouping() -> np.ndarray:
        resample = sample[random.integers(0, len(sample), len(sample))]
        fitted = min(k, len(np.unique(resample, axis=0)))
        return assign(fit(resample, choice, fitted, int(random.integers(2**31)), starts=3).state, sample)

    return float(np.mean([adjusted_rand_score(grouping(), grouping()) for _ in range(RESAMPLED_PAIRS)]))


def stability_by_k(features: pd.DataFrame, choice: Choice, ks, seed: int = 0) -> dict[int, float]:
    """How alike the groupings of two resamples are at each k (0..1); at 10,000 customers about a second each."""
    matrix = prepare(features, choice).matrix
    sample = matrix[sample_rows(len(matrix), SAMPLE_ROWS, seed)]
    return {int(k): stability(sample, choice, int(k), seed) for k in ks}


def _inertia(matrix: np.ndarray, labels: np.ndarray) -> float:
    """The mean squared distance to the centre of the own group."""
    centres = np.array([matrix[labels == label].mean(axis=0) for label in np.unique(labels)])
    return float(((matrix - centres[np.unique(labels, return_inverse=True)[1]]) ** 2).sum() / len(matrix))
