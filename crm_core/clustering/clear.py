"""Whether there are groups at all, or only slices of one cloud."""

import numpy as np

from crm_core.clustering.algorithms import fit
from crm_core.clustering.choice import Choice
from crm_core.clustering.choose_k import silhouette

REFERENCES = 10  # clouds without groups
REFERENCE_ROWS = 2_000
CLEAR_MARGIN = 0.07  # docs/decisions/0041: what skewed data without groups was seen to reach above a plain cloud


def reference_silhouette(sample: np.ndarray, k: int, seed: int) -> float:
    """The mean silhouette at k of clouds without groups: uniform along the data's principal axes, as wide as the data.

    After the reference of the gap statistic (Tibshirani, Walther & Hastie 2001), with the data's deviations in the
    place of its range, so that a single far customer does not empty the cloud.
    """
    random = np.random.default_rng(seed)
    rows = min(len(sample), REFERENCE_ROWS)
    spread = np.linalg.svd(sample - sample.mean(axis=0), compute_uv=False) / np.sqrt(len(sample))
    clouds = random.uniform(-1, 1, size=(REFERENCES, rows, len(spread))) * spread
    return float(np.mean([silhouette(cloud, fit(cloud, Choice(), k, seed, starts=3).labels) for cloud in clouds]))


def is_clear(found: float, reference: float) -> bool:
    return found >= reference + CLEAR_MARGIN
