"""What a prediction is, and who makes it: of dated examples the dated path, of a table without days the crossed one."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from crm_core.purchase_prediction.choice import Choice
from crm_core.purchase_prediction.examples import Examples
from crm_core.purchase_prediction.models import Fitted

RULE = "recency_rule"


@dataclass(frozen=True, eq=False)
class Prediction:
    choice: Choice
    examples: Examples
    features: tuple[str, ...]  # those that were learned from
    tried: pd.DataFrame  # model, auc, pr_auc, brier, ece, lift10, log_loss on the test part; the best first
    judged: pd.DataFrame  # the rows of the test part: customer_id, outcome, and a column of chances a model
    models: dict[str, Fitted]  # as judged: they know nothing of the test part
    chosen: str  # name of the model that is used
    final: Fitted  # the chosen one, learned anew from all whose outcome is known
    rule: Fitted  # the plain rule, learned from the same rows, to hold the scores against later
    scores: pd.DataFrame  # customer_id, score (chance, 0..1), rule (chance by the plain rule): as of the split's as_of
    warnings: tuple[tuple[str, dict], ...]  # key of a sentence and its facts
    seed: int


def predict(examples: Examples, choice: Choice, seed: int = 0,
            progress: Callable[[float], None] = lambda _share: None) -> Prediction:
    """Every model of the choice, learned, calibrated and judged on rows of their own; the best one's scores."""
    from crm_core.purchase_prediction import crossed, dated

    way = crossed if examples.split is None else dated
    return way.predict(examples, choice, seed, progress)
