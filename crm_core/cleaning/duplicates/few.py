"""One record held against a few others with a model that was kept: what data entry asks while somebody types."""
import numpy as np
import pandas as pd

from crm_core.cleaning.duplicates.answers import checked_form
from crm_core.cleaning.duplicates.comparing import Desk, workbench
from crm_core.cleaning.duplicates.comparisons import comparisons
from crm_core.cleaning.duplicates.preparing import Plan, prepare
from crm_core.cleaning.duplicates.records import with_columns
from crm_core.cleaning.duplicates.weights import Weights, probability


def weigh_first(model: dict, records: pd.DataFrame, least: float) -> pd.DataFrame:
    """The first record against each of the others: id, weight, probability, levels; from a probability on.

    So few rows say nothing of how rare a value is: each agreement counts as it does on average. Raises
    ModelOfAnotherRelease.
    """
    plan = Plan.from_json(checked_form(model)["plan"])
    api = workbench()
    try:
        # For a few rows several threads, and thinking long about the way, cost more than they bring: 0.1 s, not 0.4.
        api.duckdb_con.execute("SET threads = 1")
        api.duckdb_con.execute("PRAGMA disable_optimizer")
        prepare(api.duckdb_con, plan, with_columns(records, plan.sources), "few")
        desk = Desk(api, "few", comparisons(plan), False)
        others = np.arange(1, len(records), dtype=np.int64)
        desk.given(np.zeros(len(others), np.int64), others, "asked")
        floor = float(np.log2(least / (1 - least))) - model["shift"]
        pairs = desk.scored("asked", Weights.from_model(model), {}, floor)
    finally:
        api.duckdb_con.close()
    weight = pairs.weight.to_numpy() + model["shift"]
    return pd.DataFrame({"id": records["id"].to_numpy()[pairs.r.to_numpy()], "weight": weight,
                         "probability": probability(weight), "levels": pairs.levels.to_numpy()})
