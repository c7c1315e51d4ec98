"""Learn on the past, calibrate and test on later days, choose, and score today's customers."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from crm_core.purchase_prediction.calibrating import calibrate
from crm_core.purchase_prediction.choice import Choice
from crm_core.purchase_prediction.examples import Examples
from crm_core.purchase_prediction.judging import judge
from crm_core.purchase_prediction.models import Fitted, fit

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
    """Every model of the choice, trained, calibrated and tested on parts of their own; the best one's scores today."""
    features = tuple(name for name in choice.features or examples.features if name not in choice.excluded)
    train, aside, test = (examples.part(part) for part in ("train", "calibrate", "test"))
    models, judged = {}, test[["customer_id", "outcome"]].reset_index(drop=True)
    for place, name in enumerate(choice.models):
        progress(0.8 * place / len(choice.models))
        fitted = fit(name, train, features, seed)
        models[name] = replace(fitted, calibration=calibrate(fitted.margin(aside), aside.outcome.to_numpy()))
        judged[name] = models[name].chance(test)
    outcome = judged.outcome.to_numpy()
    tried = pd.DataFrame([{"model": name, **judge(outcome, judged[name].to_numpy())} for name in models])
    tried = tried.sort_values("log_loss", ignore_index=True)
    chosen = choice.model or str(tried.model[0])
    known, now = examples.part("train", "calibrate", "test"), examples.part("score")
    final, rule = (replace(fit(name, known, features, seed), calibration=models[name].calibration)
                   for name in (chosen, RULE))
    progress(0.95)
    scores = pd.DataFrame({"customer_id": now.customer_id.to_numpy(), "score": final.chance(now),
                           "rule": rule.chance(now)}).sort_values("score", ascending=False, ignore_index=True)
    return Prediction(choice, examples, features, tried, judged, models, chosen, final, rule, scores, (), seed)
