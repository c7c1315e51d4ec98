"""How good chances are, by numbers that the field uses: on rows that no model has learned from."""

import numpy as np

BINS = 10


def judge(outcome: np.ndarray, chance: np.ndarray) -> dict[str, float]:
    """auc, pr_auc, brier, ece, lift10, log_loss of chances (0..1) against what came (1 and 0)."""
    from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

    both = 0 < outcome.mean() < 1
    return {"auc": float(roc_auc_score(outcome, chance)) if both else np.nan,
            "pr_auc": float(average_precision_score(outcome, chance)) if both else np.nan,
            "brier": float(brier_score_loss(outcome, chance)),
            "ece": calibration_error(outcome, chance),
            "lift10": lift(outcome, chance, 0.1),
            "log_loss": float(log_loss(outcome, np.clip(chance, 1e-9, 1 - 1e-9), labels=[0, 1]))}


def calibration_error(outcome: np.ndarray, chance: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error over bins of equal count: mean distance of what was said and what came (0..1)."""
    order = np.argsort(chance, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return float(sum(len(part) * abs(chance[part].mean() - outcome[part].mean()) for part in parts) / len(outcome))


def lift(outcome: np.ndarray, chance: np.ndarray, share: float) -> float:
    """How many times as often yes comes among the likeliest `share` as among all."""
    first = np.argsort(-chance, kind="stable")[: max(1, round(share * len(chance)))]
    return float(outcome[first].mean() / outcome.mean()) if outcome.mean() else np.nan
