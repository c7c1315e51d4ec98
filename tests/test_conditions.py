"""Rules of plain conditions on small tables."""

import numpy as np
import pandas as pd
import pytest

from crm_core.clustering.conditions import Condition, features_of, from_json, holds, to_json
from crm_core.errors import FeatureMissing, FeatureNotNumeric

CUSTOMERS = pd.DataFrame({"customer_id": [1, 2, 3, 4], "frequency": [5, 1, 4, 9], "monetary": [200.0, 1500, np.nan, 90],
                          "channel": ["web", "shop", None, "phone"], "subscribed": [True, False, True, False]})


@pytest.mark.parametrize(("condition", "expected"), [
    (Condition("frequency", ">=", 5), [True, False, False, True]),
    (Condition("frequency", "<=", 4), [False, True, True, False]),
    (Condition("frequency", "between", (4, 5)), [True, False, True, False]),
    (Condition("monetary", ">=", 0), [True, True, False, True]),
    (Condition("monetary", "is_missing"), [False, False, True, False]),
    (Condition("monetary", "is_known"), [True, True, False, True]),
    (Condition("channel", "=", "web"), [True, False, False, False]),
    (Condition("channel", "in", ("shop", "phone")), [False, True, False, True]),
    (Condition("subscribed", "=", True), [True, False, True, False])])
def test_a_condition_holds_for_those_who_meet_it(condition, expected):
    assert holds((condition,), CUSTOMERS).tolist() == expected


def test_a_rule_holds_where_all_conditions_of_any_group_do():
    rule = ((Condition("frequency", ">=", 4), Condition("channel", "=", "web")), (Condition("monetary", ">=", 1000),))
    assert holds(rule, CUSTOMERS).tolist() == [True, True, False, False]
    assert features_of(rule) == ("frequency", "channel", "monetary")


def test_nobody_fulfils_a_rule_without_conditions():
    assert not holds((), CUSTOMERS).any()
    assert not holds(((),), CUSTOMERS).any()


def test_a_rule_comes_back_from_json_as_it_was():
    rule = ((Condition("frequency", "between", (np.int64(2), 4)), Condition("channel", "in", ("网店", "web"))),
            (Condition("monetary", "is_missing"),))
    back = from_json(to_json(rule))
    assert back == rule
    assert holds(back, CUSTOMERS).tolist() == holds(rule, CUSTOMERS).tolist()


def test_a_feature_that_is_not_there_and_a_size_of_a_text_are_refused():
    with pytest.raises(FeatureMissing):
        holds((Condition("basket", ">=", 1),), CUSTOMERS)
    with pytest.raises(FeatureNotNumeric):
        holds((Condition("channel", ">=", 1),), CUSTOMERS)
