"""How much tighter the groups are than those of clouds without groups (Tibshirani, Walther & Hastie 2001)."""

import numpy as np

from crm_core.clustering.algorithms import fit
from crm_core.clustering.choice import Choice

ROWS = 1_000  # of the data and of each cloud
CLOUDS = 8


def clouds(sample: np.ndarray, seed: int) -> list[np.ndarray]:
    """Clouds without groups: uniform along the data's principal axes (their reference b), with the data's deviations.

    The paper takes the range; the deviation keeps a single far customer from emptying the cloud.
    """
    random = np.random.default_rng(seed)
    spread = np.linalg.svd(sample - sample.mean(axis=0), compute_uv=False) * np.sqrt(3 / len(sample))
    shape = (len(sample), len(spread))
    return [(random.uniform(-1, 1, shape) * spread).astype(np.float32) for _ in range(CLOUDS)]


def gap(sample: np.ndarray, references: list[np.ndarray], choice: Choice, k: int, seed: int) -> tuple[float, float]:
    """The logarithm of how much wider the groups of the clouds are, and its error (both as in the paper)."""
    widths = [_log_width(cloud, choice, k, seed) for cloud in references]
    error = float(np.std(widths) * np.sqrt(1 + 1 / len(widths)))
    return float(np.mean(widths)) - _log_width(sample, choice, k, seed), error


def _log_width(rows: np.ndarray, choice: Choice, k: int, seed: int) -> float:
    """The logarithm of the squared distances of all rows to the centre of their group."""
    labels = fit(rows, choice, min(k, len(rows) - 1), seed, starts=2).labels
    present = np.unique(labels)
    width = sum(((rows[labels == label] - rows[labels == label].mean(axis=0)) ** 2).sum() for label in present)
    return float(np.log(max(width, np.finfo(float).tiny)))
