"""What customers are worth: models of buying and leaving, of spend, intervals, and the plain formula beside them."""

from crm_core.purchase_prediction.lifetime.formula import SegmentValue, from_period, segment_value
from crm_core.purchase_prediction.lifetime.history import histories_of
from crm_core.purchase_prediction.lifetime.kinds import MODELS, Kinds
from crm_core.purchase_prediction.lifetime.value import (
    LifetimeValue,
    ValueChoice,
    alive_over_time,
    beside_formula,
    concentration,
    fit,
    lifetime_value,
    value_split,
)

__all__ = ["MODELS", "Kinds", "LifetimeValue", "SegmentValue", "ValueChoice", "alive_over_time", "beside_formula",
           "concentration", "fit", "from_period", "histories_of", "lifetime_value", "segment_value", "value_split"]
