"""The dated path: learn on the past, calibrate and test on later days, choose, and score today's customers."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from crm_core.purchase_prediction.calibrating import calibrate
from crm_core.purchase_prediction.choice import Choice
from crm_core.purchase_prediction.examples import Examples
from crm_core.purchase_prediction.judging import judge
from crm_core.purchase_prediction.models import Fitted, blend, fit
from crm_core.purchase_prediction.predicting import RULE, Prediction


def predict(examples: Examples, choice: Choice, seed: int = 0,
            progress: Callable[[float], None] = lambda _share: None) -> Prediction:
    """Every model of the choice, trained, calibrated and tested on parts of their own; the best one's scores today."""
    features = tuple(name for name in choice.features or examples.features if name not in choice.excluded)
    train, aside, test = (examples.part(part) for part in ("train", "calibrate", "test"))
    models, judged, margins = {}, test[["customer_id", "outcome"]].reset_index(drop=True), {}
    came = aside.outcome.to_numpy()
    for place, name in enumerate(choice.models):
        progress(0.8 * place / len(choice.models))
        if name == "blend":
            weights = blend.weigh(margins, came)
            if weights is None:
                continue
            fitted, margins[name] = blend.put_together(weights, models), weights.margin(margins)
        else:
            fitted = fit(name, train, features, seed)
            margins[name] = fitted.margin(aside)
        models[name] = replace(fitted, calibration=calibrate(margins[name], came))
        judged[name] = models[name].chance(test)
    outcome = judged.outcome.to_numpy()
    tried = pd.DataFrame([{"model": name, **judge(outcome, judged[name].to_numpy())} for name in models])
    tried = tried.sort_values("log_loss", ignore_index=True)
    chosen = choice.model or str(tried.model[0])
    known, now = examples.part("train", "calibrate", "test"), examples.part("score")

    def anew(name: str) -> Fitted:
        if name == "blend":
            parts = {part.name: anew(part.name) for _, part in models[name].estimator.parts}
            weights = {part.name: weight for weight, part in models[name].estimator.parts}
            fitted = blend.put_together(blend.Weights(weights, models[name].estimator.shift), parts)
        else:
            fitted = fit(name, known, features, seed)
        return replace(fitted, calibration=models[name].calibration)

    final, rule = anew(chosen), anew(RULE)
    progress(0.95)
    scores = pd.DataFrame({"customer_id": now.customer_id.to_numpy(), "score": final.chance(now),
                           "rule": rule.chance(now)}).sort_values("score", ascending=False, ignore_index=True)
    return Prediction(choice, examples, features, tried, judged, models, chosen, final, rule, scores, (), seed)
