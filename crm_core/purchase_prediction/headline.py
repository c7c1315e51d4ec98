"""The answer in a few numbers: how many are expected, the likeliest, what a model is worth beside the rule."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.gate import Z
from crm_core.purchase_prediction.models.recency_rule import NEEDS
from crm_core.purchase_prediction.predicting import RULE, Prediction

LIKELIEST = 0.1  # share of the customers who are told of by themselves


@dataclass(frozen=True)
class Headline:
    customers: int  # who have a chance
    expected: float  # of them who will, by the sum of their chances
    likeliest: int  # customers in the likeliest tenth
    likeliest_expected: float
    auc: float  # of the chosen model on what it had not seen; NaN where it was not judged
    rule_auc: float
    better: str  # than the rule: better, alike, worse, or unknown. Words: headline.<better>
    lift: float
    rule_lift: float


def headline(prediction: Prediction) -> Headline:
    """Of a prediction of yes or no; of categories, yes is to buy at all."""
    chances = chances_of(prediction)
    most = -np.sort(-chances)
    count = max(1, round(LIKELIEST * len(most))) if len(most) else 0
    tried = prediction.tried.set_index("model")
    told = {name: {measure: float(tried.at[name, measure]) if name in tried.index and measure in tried else np.nan
                   for measure in ("auc", "lift10")} for name in (prediction.chosen, RULE)}
    if prediction.examples.split is None and NEEDS not in prediction.features:
        told[RULE] = dict.fromkeys(told[RULE], np.nan)  # without orders the rule says the same of all
    return Headline(len(chances), float(chances.sum()), count, float(most[:count].sum()),
                    told[prediction.chosen]["auc"], told[RULE]["auc"], _better(prediction),
                    told[prediction.chosen]["lift10"], told[RULE]["lift10"])


def chances_of(prediction: Prediction) -> np.ndarray:
    """The chance of yes of each customer: those who are scored, or where all are known those who were judged."""
    return listed(prediction).score.to_numpy(float)


def listed(prediction: Prediction) -> pd.DataFrame:
    """customer_id, score, rule (and outcome where it is known), the likeliest first.

    Where the answer of everybody is known, as in a table that is complete, the chances are those of models that had
    not seen the row.
    """
    scores = prediction.scores
    if complete(prediction):
        columns = {"score": prediction.chosen, "rule": RULE}
        scores = prediction.judged[["customer_id", "outcome"]].assign(
            **{name: prediction.judged[model] for name, model in columns.items() if model in prediction.judged})
    return scores.sort_values("score", ascending=False, kind="stable", ignore_index=True)


def complete(prediction: Prediction) -> bool:
    """Whether the answer of everybody is known: there is nobody left to score."""
    return not len(prediction.examples.part("score"))


def auc_difference(outcome: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """AUC of one less that of the other on the same rows, and its standard error.

    DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44:837, by midranks as in Sun & Xu (2014).
    """
    from scipy.stats import rankdata

    yes = outcome > 0
    positives, negatives = int(yes.sum()), int((~yes).sum())
    if positives < 2 or negatives < 2:
        return np.nan, np.nan
    of_yes, of_no, aucs = [], [], []
    for scores in (one, other):
        ranks = rankdata(scores)
        of_yes.append((ranks[yes] - rankdata(scores[yes])) / negatives)
        of_no.append(1 - (ranks[~yes] - rankdata(scores[~yes])) / positives)
        aucs.append(float(of_yes[-1].mean()))
    variance = (np.var(of_yes[0] - of_yes[1], ddof=1) / positives + np.var(of_no[0] - of_no[1], ddof=1) / negatives)
    return aucs[0] - aucs[1], sqrt(variance)


def _better(prediction: Prediction) -> str:
    judged = prediction.judged
    if not {prediction.chosen, RULE} <= set(judged) or prediction.chosen == RULE:
        return "alike" if prediction.chosen == RULE else "unknown"
    difference, error = auc_difference(judged.outcome.to_numpy(float), judged[prediction.chosen].to_numpy(float),
                                       judged[RULE].to_numpy(float))
    if error != error:
        return "unknown"
    return "better" if difference > Z * error else "worse" if difference < -Z * error else "alike"
