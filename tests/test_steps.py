"""The seven steps of a grouping: customers in and out, and what was chosen."""
import json

import numpy as np
import pandas as pd

from crm_core.clustering import Choice, Step, cluster_customers, collected
from crm_core.clustering.steps import NAMES

EIGHT = pd.DataFrame({
    "customer_id": range(1, 9), "recency_days": [5, 9, 7, 300, 310, 305, 8, 400], "frequency": [12, 10, 11, 1, 2, 1, 9, 1],
    "monetary": [900, 850, 870, 20, 30, 25, None, np.inf], "tenure_days": 500})
CHOICE = Choice(features=("recency_days", "frequency", "monetary", "tenure_days"), k=2)


def seven() -> dict[str, Step]:
    groups = cluster_customers(EIGHT, CHOICE, as_of="2026-03-01")
    return {step.name: step for step in (collected(EIGHT, "2026-03-01", 20), *groups.steps[1:])}


def test_each_step_takes_what_the_one_before_gave():
    assert list(seven()) == list(NAMES)
    assert [(step.rows_in, step.rows_out) for step in seven().values()] == [
        (20, 8), (8, 6), (6, 6), (6, 6), (6, 6), (6, 6), (6, 6)]


def test_a_grouping_alone_knows_of_its_own_customers_only():
    first = cluster_customers(EIGHT, CHOICE).steps[0]
    assert (first.name, first.rows_in, first.rows_out, first.choice["as_of"]) == ("collect", 8, 8, None)


def test_who_was_left_out_is_told_by_feature():
    assert seven()["clean"].notes == {"left_out": 2, "missing": {"monetary": 2}}
    assert seven()["collect"].notes == {"not_collected": 12}


def test_what_is_the_same_for_everyone_is_told_as_dropped():
    step = seven()["features"]
    assert step.choice["features"] == ["recency_days", "frequency", "monetary"]
    assert step.notes == {"dropped": ["tenure_days"]}
    assert [sum(counts) for counts in step.shape["counts"]] == [6, 6, 6]


def test_the_pictures_hold_what_happened():
    steps = seven()
    # Months of 30 days, the oldest first: four bought in this one, four ten months ago and before.
    assert steps["collect"].shape == {"by_month": [1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4]}
    assert steps["clean"].shape == {"taken": [6, 2]}
    assert steps["apply"].shape == {"sizes": [3, 3]}
    assert [len(group) for group in steps["evaluate"].shape["silhouettes"]] == [3, 3]
    assert min(steps["evaluate"].shape["silhouettes"][0]) > 0.5


def test_steps_are_plain_data_that_can_be_kept():
    for step in seven().values():
        assert Step.from_dict(json.loads(json.dumps(step.to_dict(), allow_nan=False))) == step
