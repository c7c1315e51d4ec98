"""Undated tables: every row is judged by models that have not seen it, fold by fold."""

from collections.abc import Callable

from crm_core.purchase_prediction.choice import Choice
from crm_core.purchase_prediction.examples import Examples
from crm_core.purchase_prediction.predicting import Prediction


def predict(examples: Examples, choice: Choice, seed: int = 0,
            progress: Callable[[float], None] = lambda _share: None) -> Prediction:
    raise NotImplementedError
