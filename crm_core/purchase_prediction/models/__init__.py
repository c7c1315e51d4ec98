"""The ways of predicting, each in a file of its own."""

from importlib import import_module

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.encoding import Encoding, learn_encoding
from crm_core.purchase_prediction.models import blend, boosting, logistic, naive_bayes, poisson, recency_rule, svm
from crm_core.purchase_prediction.models.fitted import Fitted

__all__ = ["OF_CLASSES", "Fitted", "blend", "fit", "places_of"]

WAYS = {"logistic": logistic, "additive": logistic, "poisson": poisson, "naive_bayes": naive_bayes, "svm": svm,
        "boosting": boosting}
TREES = ("id3", "c45", "cart")  # drawn and read as rules; in a folder of their own
OF_CLASSES = ("recency_rule", "logistic", "additive", "naive_bayes", "boosting", "blend")  # know more than yes and no


def fit(name: str, rows: pd.DataFrame, features: tuple[str, ...], seed: int = 0,
        setting: dict | None = None, encoding: Encoding | None = None) -> Fitted:
    """The model `name`, learned from the rows' features and their `outcome`: 1 and 0, or the names of classes.

    `setting` is one of those that the way can be set to (boosting.SETTINGS); none: its first. `encoding` is what was
    learned of these very rows before. A blend is put together of fitted models by blend.weigh and blend.put_together.
    """
    outcome, classes = places_of(rows.outcome)
    encoding = encoding or learn_encoding(rows, features)
    if name == "additive":
        encoding = encoding.with_curves(rows)
    if name == "recency_rule":
        return Fitted(name, encoding, recency_rule.fit(rows, outcome), classes=classes)
    way = import_module(f"crm_core.purchase_prediction.trees.{name}") if name in TREES else WAYS[name]
    settings = {"setting": setting} if setting else {}
    return Fitted(name, encoding, way.fit(encoding, rows, outcome, seed, **settings), classes=classes)


def places_of(outcome: pd.Series, classes: tuple[str, ...] = ()) -> tuple[np.ndarray, tuple[str, ...]]:
    """1 and 0 as they are; of names their places among the classes, and the classes (those given, or all there are)."""
    if pd.api.types.is_numeric_dtype(outcome):
        return outcome.to_numpy(dtype=float), ()
    names = outcome.astype(object).astype(str)
    classes = classes or tuple(sorted(names.unique()))
    return pd.Categorical(names, categories=list(classes)).codes.astype(float), classes
