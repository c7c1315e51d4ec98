"""How far to trust chances and amounts: sorting, holding what they say, earning, weak places, what has shifted."""

from crm_core.purchase_prediction.trust.amounts import Amounts, judge_spend
from crm_core.purchase_prediction.trust.curves import gains
from crm_core.purchase_prediction.trust.parts import parts
from crm_core.purchase_prediction.trust.profit import Profit, Terms, expected, of_judged, profit, proposed
from crm_core.purchase_prediction.trust.reliability import Reliability, reliability
from crm_core.purchase_prediction.trust.shift import Shift
from crm_core.purchase_prediction.trust.slices import Slices, of_columns, of_rows, of_words, slices
from crm_core.purchase_prediction.trust.trusting import (
    ClassTrust,
    Trust,
    judged_rows,
    rule_of,
    scored,
    trust,
    trust_classes,
)

__all__ = [
    "Amounts", "ClassTrust", "Profit", "Reliability", "Shift", "Slices", "Terms", "Trust", "expected",
    "gains", "judge_spend", "judged_rows", "of_columns", "of_judged", "of_rows", "of_words", "parts",
    "profit", "proposed", "reliability", "rule_of", "scored", "slices", "trust", "trust_classes"]
