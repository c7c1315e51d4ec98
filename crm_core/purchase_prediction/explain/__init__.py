"""Why: what a model lives on, what speaks for and against one customer, who is like them, and what would change it."""

from crm_core.purchase_prediction.explain.changes import FROM_ORDERS, LEAST_GAIN, Change, Changes, changes, proposed
from crm_core.purchase_prediction.explain.neighbours import Neighbours, neighbours
from crm_core.purchase_prediction.explain.permutation import (
    Importance,
    features_of,
    held_out,
    importance,
    permuted,
    together,
)
from crm_core.purchase_prediction.explain.response import Response, response
from crm_core.purchase_prediction.explain.shapley import Contributions, Explainer, contributions
from crm_core.purchase_prediction.explain.spending import Spender, as_prediction

__all__ = [
    "FROM_ORDERS", "LEAST_GAIN", "Change", "Changes", "Contributions", "Explainer", "Importance", "Neighbours",
    "Response", "Spender", "as_prediction", "changes", "contributions", "features_of", "held_out", "importance",
    "neighbours", "permuted", "proposed", "response", "together"]
