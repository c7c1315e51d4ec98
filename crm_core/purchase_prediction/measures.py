"""Measures with what chance alone does to them, so that a promise and what came of it can be held against each other.

    auc .81, error .012   and later   auc .76, error .010   →   the difference, −.05, is beyond chance (±.031)

The error of an AUC is DeLong's (trust/delong.py), of a mean that of means, of a rank correlation Fieller's (1957).
"""

import numpy as np

from crm_core.purchase_prediction.judging import judge, judge_amounts
from crm_core.purchase_prediction.trust import delong

SURE = 1.96  # errors: beyond these chance brings one difference in twenty
FOR_YES_NO = ("auc", "pr_auc", "brier", "ece", "lift10")
FOR_AMOUNTS = ("mae", "rmse", "spearman", "total_error")
SMALLER_IS_BETTER = frozenset({"brier", "ece", "mae", "rmse"})


def measured(kind: str, outcome: np.ndarray, said: np.ndarray, rule: np.ndarray) -> dict:
    """What was said of each against what came: measures, their errors where known, the rule's, all plain numbers.

    {"rows", "model": {measure: number}, "errors": {measure: one standard error}, "rule": {measure: number},
     "rule_lead": by how much the rule sorts better than the model (negative: worse), "rule_lead_error"}
    """
    if not len(outcome):
        return {"rows": 0, "model": {}, "errors": {}, "rule": {}, "rule_lead": None, "rule_lead_error": None}
    if kind == "amount":
        found, by_rule = _plain(judge_amounts(outcome, said)), _plain(judge_amounts(outcome, rule))
        apart = np.abs(said - outcome)
        errors = {"mae": _of_mean(apart)}
        if found["spearman"] is not None and len(outcome) > 4:
            errors["spearman"] = float((1 - found["spearman"] ** 2) * np.sqrt(1.06 / (len(outcome) - 3)))
        # The rule leads where it is nearer: by so much money a customer.
        nearer = apart - np.abs(rule - outcome)
        lead, lead_error = float(nearer.mean()), _of_mean(nearer)
    else:
        found, by_rule = _plain(judge(outcome, said)), _plain(judge(outcome, rule))
        errors = {"brier": _of_mean((said - outcome) ** 2)}
        lead = lead_error = None
        if 0 < outcome.mean() < 1:
            errors["auc"] = delong.area(outcome, said).error
            ahead = delong.difference(outcome, rule, said)
            lead, lead_error = ahead.difference, ahead.error
    return {"rows": len(outcome), "model": found, "errors": {name: _number(error) for name, error in errors.items()},
            "rule": by_rule, "rule_lead": _number(lead), "rule_lead_error": _number(lead_error)}


def differs(name: str, before: dict, now: dict) -> str | None:
    """better, worse or same, as far as chance can tell; None where the error of a measure is not known."""
    if name not in before["errors"] or name not in now["errors"]:
        return None
    change = now["model"][name] - before["model"][name]
    if abs(change) <= SURE * np.hypot(before["errors"][name], now["errors"][name]):
        return "same"
    return "worse" if (change > 0) == (name in SMALLER_IS_BETTER) else "better"


def _of_mean(values: np.ndarray) -> float | None:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None


def _number(value) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _plain(found: dict) -> dict:
    return {name: _number(value) for name, value in found.items()}
