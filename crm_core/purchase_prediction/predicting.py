"""What a prediction is, and who makes it: of dated examples the dated path, of a table without days the crossed one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.choice import Choice
from crm_core.purchase_prediction.examples import Examples
from crm_core.purchase_prediction.models import Fitted
from crm_core.purchase_prediction.searching import Budget

RULE = "recency_rule"


@dataclass(frozen=True)
class ByTime:
    """How the chosen way did where the older rows foretell the newer ones, as it will be in use."""

    feature: str  # the day by which rows are older or newer
    newer: int  # rows that were judged
    auc: float


@dataclass(frozen=True, eq=False)
class Crossed:
    """How a table without days was judged: in folds, each by models that know nothing of it."""

    fold_of: np.ndarray  # of each row of `judged`: in which fold it is
    models: tuple[dict[str, Fitted], ...]  # a fold's models, learned from the other folds
    chosen: tuple[str, ...]  # which of them the other folds chose
    as_chosen: dict[str, float]  # the measures of these: what choosing by itself leads to, unseen
    by_time: ByTime | None  # None: no row has a day, or too few of one answer are on either side
    tried: int  # models that were tried, of the candidates; fewer where the time for searching was short
    candidates: int


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
    class_scores: pd.DataFrame | None = None  # of a target with classes: customer_id and a column of chances a class
    crossed: Crossed | None = None  # of a table without days


def predict(examples: Examples, choice: Choice, seed: int = 0,
            progress: Callable[[float], None] = lambda _share: None, budget: Budget | None = None) -> Prediction:
    """Every model of the choice, learned, calibrated and judged on rows of their own; the best one's scores."""
    from crm_core.purchase_prediction import crossed, dated

    if examples.split is None:
        return crossed.predict(examples, choice, seed, progress, budget)
    return dated.predict(examples, choice, seed, progress)
