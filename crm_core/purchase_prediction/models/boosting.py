"""Gradient boosting by scikit-learn's HistGradientBoosting: many small trees, each mending the ones before."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Boosting:
    trees: object  # a fitted HistGradientBoostingClassifier

    def margin(self, encoding, rows) -> np.ndarray:
        return self.trees.decision_function(encoding.trees(rows))


def fit(encoding, rows, outcome: np.ndarray, seed: int = 0) -> Boosting:
    from sklearn.ensemble import HistGradientBoostingClassifier

    categorical = [name in encoding.values for name in encoding.features]
    return Boosting(HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=150, max_leaf_nodes=15, min_samples_leaf=20, l2_regularization=1.0,
        categorical_features=categorical, early_stopping=False, random_state=seed).fit(encoding.trees(rows), outcome))
