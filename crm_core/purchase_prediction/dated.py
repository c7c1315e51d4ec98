"""The dated path: learn on the past, calibrate and test on later days, choose, and score today's customers."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from crm_core.purchase_prediction.calibrating import calibrate
from crm_core.purchase_prediction.choice import Choice
from crm_core.purchase_prediction.examples import Examples
from crm_core.purchase_prediction.judging import judge
from crm_core.purchase_prediction.models import fit
from crm_core.purchase_prediction.predicting import RULE, Prediction


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
