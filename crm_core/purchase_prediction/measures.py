"""Measures with what chance alone does to them, so that a promise and what came of it can be held against each other.

    auc .81, error .012   and later   auc .76, error .010   →   the difference, −.05, is beyond chance (±.031)

The error of an AUC is DeLong's (1988, Comparing the areas under two or more correlated ROC curves), of a mean that of
means, of a rank correlation Fieller's on Fisher's scale.
"""

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.judging import judge

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
        found, by_rule = amounts(outcome, said), amounts(outcome, rule)
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
            errors["auc"], lead, lead_error = _delong(outcome, said, rule)
    return {"rows": len(outcome), "model": found, "errors": {name: _number(error) for name, error in errors.items()},
            "rule": by_rule, "rule_lead": _number(lead), "rule_lead_error": _number(lead_error)}


def amounts(outcome: np.ndarray, said: np.ndarray) -> dict:
    """mae, rmse (money a customer), spearman (−1..1), total_error (share of what came: .1 is a tenth too much)."""
    apart, total = said - outcome, float(outcome.sum())
    ranks = pd.DataFrame({"said": said, "came": outcome}).rank()
    varies = ranks.std(ddof=0).min() > 0
    return {"mae": float(np.abs(apart).mean()), "rmse": float(np.sqrt((apart**2).mean())),
            "spearman": float(np.corrcoef(ranks.said, ranks.came)[0, 1]) if varies else None,
            "total_error": float(said.sum() / total - 1) if total else None}


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


def _delong(outcome: np.ndarray, said: np.ndarray, rule: np.ndarray) -> tuple[float | None, float, float | None]:
    """The error of the AUC; by how much the rule's is larger, and the error of that difference."""
    yes = outcome > 0
    model_yes, model_no = _placements(said, yes)
    rule_yes, rule_no = _placements(rule, yes)

    def error(of_yes, of_no) -> float | None:
        if len(of_yes) < 2 or len(of_no) < 2:
            return None
        return float(np.sqrt(of_yes.var(ddof=1) / len(of_yes) + of_no.var(ddof=1) / len(of_no)))

    return (error(model_yes, model_no), float(rule_yes.mean() - model_yes.mean()),
            error(rule_yes - model_yes, rule_no - model_no))


def _placements(said: np.ndarray, yes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each yes the share of the noes below it, of each no the share of the yeses above it; equals count half."""
    ranks = pd.Series(said).rank().to_numpy()
    among_yes, among_no = pd.Series(said[yes]).rank().to_numpy(), pd.Series(said[~yes]).rank().to_numpy()
    return (ranks[yes] - among_yes) / (~yes).sum(), 1 - (ranks[~yes] - among_no) / yes.sum()


def _number(value) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _plain(found: dict) -> dict:
    return {name: _number(value) for name, value in found.items()}
