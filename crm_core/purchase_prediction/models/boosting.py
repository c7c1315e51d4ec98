"""Gradient boosting by scikit-learn's HistGradientBoosting: many small trees, each mending the ones before."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

# Small steps, and as a rule a third of the features at each split: trees that differ are worth more together. How large
# they are and how many is what tables differ in; the first is taken where nobody searches.
SETTINGS = (
    {"max_leaf_nodes": 6, "learning_rate": 0.05, "max_iter": 200, "max_features": 0.3},
    {"max_leaf_nodes": 15, "learning_rate": 0.05, "max_iter": 200, "max_features": 0.3},
    {"max_leaf_nodes": 6, "learning_rate": 0.1, "max_iter": 200, "max_features": 1.0},
    {"max_leaf_nodes": 3, "learning_rate": 0.1, "max_iter": 300, "max_features": 0.3},
)
FIXED = {"min_samples_leaf": 20, "l2_regularization": 5.0, "early_stopping": False}
FEWEST_FEATURES = 4  # so many are looked at for each split at the least
STEP = 25  # trees: after each so many it is looked whether more help
ALONE_ROWS = 50_000  # up to here threads cost more than they bring, on a busy machine a hundred times as much
CHUNK = 20_000  # rows that fit the processor's cache while tree after tree looks at them


@dataclass(frozen=True, eq=False)
class Boosting:
    trees: object  # a fitted HistGradientBoostingClassifier

    def margin(self, encoding, rows) -> np.ndarray:
        return _in_chunks(self.trees.decision_function, encoding.trees(rows))


def fit(encoding, rows, outcome: np.ndarray, seed: int = 0, setting: dict | None = None) -> Boosting:
    from sklearn.ensemble import HistGradientBoostingClassifier

    setting = dict(setting or SETTINGS[0])
    setting["max_features"] = min(1.0, max(setting["max_features"], FEWEST_FEATURES / max(len(encoding.features), 1)))
    model = HistGradientBoostingClassifier(
        **FIXED, **setting,
        categorical_features=[name in encoding.values for name in encoding.features], random_state=seed)
    with _threads(len(rows)):
        return Boosting(model.fit(encoding.trees(rows), outcome))


def settings_by_trees(setting: dict) -> list[dict]:
    """The setting with fewer trees, up to all of them: all can be judged by one fit."""
    return [setting | {"max_iter": count} for count in range(STEP, setting["max_iter"] + 1, STEP)]


def margins_by_trees(fitted: Boosting, encoding, rows) -> list[np.ndarray]:
    """The margins after each STEP trees, as `settings_by_trees` orders them."""
    model, given = fitted.trees, encoding.trees(rows)
    found = []
    with _threads(len(given)):
        for count, chances in enumerate(model.staged_predict_proba(given), 1):
            if count % STEP == 0:
                odds = np.log(np.clip(chances, 1e-15, 1.0))
                found.append(odds if odds.shape[1] > 2 else odds[:, 1] - odds[:, 0])
    return found


# --- inside ---------------------------------------------------------------------------------------


def _in_chunks(function, given: np.ndarray) -> np.ndarray:
    """A processor a chunk: within a chunk threads would wait for each other after every tree."""
    def of_chunk(start: int) -> np.ndarray:
        with _threads(CHUNK):
            return function(given[start:start + CHUNK])

    starts = range(0, max(len(given), 1), CHUNK)
    if len(starts) == 1:
        return of_chunk(0)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return np.concatenate(list(pool.map(of_chunk, starts)))


@contextmanager
def _threads(count: int):
    """Small tables on one thread: threads that wait for each other on a busy machine cost more than the work."""
    if count > ALONE_ROWS:
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="openmp"):
        yield
