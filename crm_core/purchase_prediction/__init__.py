"""Who will buy, what they will spend, what they are worth, why, and how far to trust it."""

from crm_core.purchase_prediction.choice import MODELS, Choice
from crm_core.purchase_prediction.examples import Examples, examples
from crm_core.purchase_prediction.predicting import Prediction, predict
from crm_core.purchase_prediction.split import Split, Window, split
from crm_core.purchase_prediction.target import Target

__all__ = ["MODELS", "Choice", "Examples", "Prediction", "Split", "Target", "Window", "examples", "predict", "split"]
