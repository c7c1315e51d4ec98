"""Score the customers of another day with a kept model, and say what has changed since it learned.

    model of 2026-03-01, customers of 2026-06-01
    →   customer 17 | .58 …; channel has a value that the model never saw (tiktok, 12 customers); monetary spreads
        quite differently (index .31)
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core import drift
from crm_core.errors import FeatureMissing, ModelFeaturesMissing
from crm_core.purchase_prediction.choice import Choice
from crm_core.purchase_prediction.examples import FEATURES, examples
from crm_core.purchase_prediction.ledger import Scored, encoding_of, spread_of
from crm_core.purchase_prediction.split import Split, Window
from crm_core.saved import SavedModel


@dataclass(frozen=True, eq=False)
class ScoredAnew:
    scored: Scored
    unseen: pd.DataFrame  # feature, value, customers: values of categories that the model never saw
    drifted: pd.DataFrame  # as drift.held_against tells: today's customers against those of the model's day


def score_again(ask, kept: SavedModel, as_of: date) -> ScoredAnew:
    """Scores as of a day by a kept model. Raises ModelFeaturesMissing and what examples() raises."""
    figures = kept.about["figures"]
    choice = Choice.from_json(kept.about["choice"])
    model, rule = kept.parts["model"], kept.parts.get("rule")
    # The plain rule and models of histories ask for what every dated example knows, chosen as a feature or not.
    names = dict.fromkeys((*figures["features"], *(FEATURES if choice.target.dated else ())))
    rows = features_on(ask, choice, tuple(names), as_of)
    scores = pd.DataFrame({"customer_id": rows.customer_id.to_numpy(), **_said(model, rows, figures.get("longer", 1.0)),
                           "rule": rule.chance(rows) if rule is not None else figures["mean"]})
    scores = scores.sort_values(["score", "customer_id"], ascending=[False, True], ignore_index=True)
    spread = {name: then for name, then in figures.get("spread", {}).items() if name in rows}
    drifted = drift.held_against(spread, figures["customers"], rows)
    anew = Scored(choice, as_of, figures["horizon_days"], scores,
                  figures | {"customers": len(scores), "spread": spread_of(rows, figures["features"])}, kept.parts)
    return ScoredAnew(anew, _unseen(model, rows), drifted)


def features_on(ask, choice: Choice, names: tuple[str, ...], as_of: date) -> pd.DataFrame:
    """The rows to score as of a day: customer_id and the features. Raises ModelFeaturesMissing."""
    within = {"segment_id": choice.segment_id} if choice.segment_id else {}
    try:
        if not choice.target.dated:
            return examples(ask, choice.target, None, names, as_of=as_of, **within).part("score")
        horizon_days = choice.target.horizon_days
        only = Window("score", as_of, as_of + timedelta(days=horizon_days))
        dates = Split(as_of, horizon_days, choice.gap_days, (only,))
        found = examples(ask, choice.target, dates, names, **within)
    except FeatureMissing as error:
        raise ModelFeaturesMissing(columns=(error.facts["feature"],)) from error
    return found.part("score")


def _said(model, rows: pd.DataFrame, longer: float) -> dict[str, np.ndarray]:
    """The chance, or the amount with its ends, stretched where the model learned from fewer days than are asked for."""
    if not hasattr(model, "amount"):
        return {"score": model.chance(rows)}
    amount = model.amount(rows)
    low, high = model.range(amount)
    return {"score": amount * longer, "low": low * longer, "high": high * longer}


def _unseen(model, rows: pd.DataFrame) -> pd.DataFrame:
    blended = getattr(getattr(model, "estimator", None), "parts", None)
    parts = [part for _, part in blended] if blended else [model]
    encodings = [encoding_of(part) for part in parts]
    found = []
    for name, values in {name: values for encoding in encodings
                         for name, values in encoding.unseen(rows).items()}.items():
        counts = rows[name].astype("string").value_counts()
        found += [{"feature": name, "value": value, "customers": int(counts[value])} for value in values]
    return pd.DataFrame(found, columns=["feature", "value", "customers"])
