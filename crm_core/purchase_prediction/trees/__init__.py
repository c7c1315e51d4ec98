"""Decision trees: ID3 and C4.5 of our own, CART by scikit-learn, one description of all three."""

from crm_core.purchase_prediction.trees import c45, cart, id3
from crm_core.purchase_prediction.trees.described import Condition, Rule, conditions_to, described, rules
from crm_core.purchase_prediction.trees.tree import Tree

WAYS = {"id3": id3, "c45": c45, "cart": cart}

__all__ = ["WAYS", "Condition", "Rule", "Tree", "c45", "cart", "conditions_to", "described", "id3", "rules"]
