"""What a reader has to know before trusting chances: the history is short, the season unseen, the shop changes."""

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.examples import Examples
from crm_core.purchase_prediction.models import Fitted
from crm_core.purchase_prediction.split import YEAR_DAYS

DRIFT = 0.05  # between what was said and what came, over all customers
ONCE = 0.95  # of customers with a single order
UNSURE = 3  # standard errors


def warnings_of(examples: Examples, rows: dict[str, pd.DataFrame], tested: pd.DataFrame | None,
                final: Fitted) -> tuple[tuple[str, dict], ...]:
    """(key, facts); words: prediction_warning.<key>. `tested`: outcome and chance of later days than calibrated on."""
    dates, now, found = examples.split, rows["score"], []
    days = {"horizon_days": dates.horizon_days}
    if not len(rows["train"]):
        found.append(("no_outcome_known", days))
    elif not len(rows["test"]):
        found.append(("not_tested_on_later_days", days))
    elif not len(rows["calibrate"]):
        found.append(("calibrated_on_customers", days))
    if dates.outcome_days != dates.horizon_days:
        found.append(("shorter_horizon", days | {"learned_days": dates.outcome_days}))
    if "tenure_days" in now and len(now):
        history_days = int(now.tenure_days.max())
        if history_days < YEAR_DAYS + dates.horizon_days:
            found.append(("season_unseen", days | {"history_days": history_days}))
    if tested is not None and len(tested):
        came, said = tested.iloc[:, 0].mean(), tested.iloc[:, 1].mean()
        unsure = UNSURE * np.sqrt(max(came * (1 - came), 0.01) / len(tested))
        if abs(came - said) > max(DRIFT, unsure):
            found.append(("base_rate_drifts", {"said": float(said), "came": float(came)}))
    if "frequency" in now and len(now) and (once := float((now.frequency == 1).mean())) >= ONCE:
        found.append(("one_order_each", {"share": once, "customers": len(now)}))
    parts = [part for _, part in final.estimator.parts] if final.name == "blend" else [final]
    lifetimes = [part.estimator.lifetime for part in parts if part.name == "bgnbd"]
    return (*found, *((lifetime.warning[0], {"customers": len(now)}) for lifetime in lifetimes if lifetime.warning))
