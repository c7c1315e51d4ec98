"""The ways of predicting, each in a file of its own."""

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.encoding import learn_encoding
from crm_core.purchase_prediction.models import boosting, logistic, recency_rule
from crm_core.purchase_prediction.models.fitted import Fitted
from crm_core.purchase_prediction.trees import WAYS as TREES

__all__ = ["Fitted", "fit"]


def fit(name: str, rows: pd.DataFrame, features: tuple[str, ...], seed: int = 0) -> Fitted:
    """The model `name`, learned from the rows' features and their `outcome` (1 and 0)."""
    outcome = rows.outcome.to_numpy(dtype=float)
    encoding = learn_encoding(rows, features)
    if name == "recency_rule":
        return Fitted(name, encoding, recency_rule.fit(rows, outcome))
    way = {"logistic": logistic, "boosting": boosting, **TREES}[name]
    return Fitted(name, encoding, way.fit(encoding, rows, np.asarray(outcome), seed))
