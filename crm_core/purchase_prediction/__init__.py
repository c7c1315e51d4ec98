"""Who will buy, what they will spend, what they are worth, why, and how far to trust it."""

from crm_core.purchase_prediction.choice import MODELS, Choice
from crm_core.purchase_prediction.examples import Examples, came, examples
from crm_core.purchase_prediction.gate import Evidence, gate, rule_ranges
from crm_core.purchase_prediction.history import History, history
from crm_core.purchase_prediction.models.odds_ratios import odds_ratios_of
from crm_core.purchase_prediction.predicting import Prediction, predict
from crm_core.purchase_prediction.proposing import Offered, offered, proposed
from crm_core.purchase_prediction.split import Split, Window, longest_horizon, split
from crm_core.purchase_prediction.target import Target
from crm_core.purchase_prediction.undated import Answerable, answerable, propose, target_of

__all__ = [
    "MODELS", "Answerable", "Choice", "Evidence", "Examples", "History", "Offered", "Prediction", "Split", "Target",
    "Window", "answerable", "came", "examples", "gate", "history", "longest_horizon", "odds_ratios_of", "offered",
    "predict", "propose", "proposed", "rule_ranges", "split", "target_of"]
