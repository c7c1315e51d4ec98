"""Rows filtered, and expectations that stop or warn."""
import pytest

from crm_core.errors import StepBlocked

PEOPLE = {"name": ["Ada", "Bo", "Cy", None], "age": [20, 30, 40, 50], "email": ["a@x.ch", " A@x.ch", "c@x.ch", None]}


@pytest.mark.parametrize(("column", "condition", "more", "ids"), [
    ("name", "equals", {"value": "Bo"}, [2]), ("name", "not_equals", {"value": "Bo"}, [1, 3, 4]),
    ("age", "less", {"value": 30}, [1]), ("age", "at_most", {"value": "30"}, [1, 2]),
    ("age", "more", {"value": 30}, [3, 4]), ("age", "at_least", {"value": 30}, [2, 3, 4]),
    ("name", "contains", {"value": "d"}, [1]), ("name", "starts_with", {"value": "C"}, [3]),
    ("name", "matches", {"value": "^[AB]"}, [1, 2]), ("name", "among", {"among": ["Ada", "Cy"]}, [1, 3]),
    ("age", "among", {"among": ["20", "50"]}, [1, 4]), ("name", "missing", {}, [4]), ("name", "present", {}, [1, 2, 3])])
def test_rows_stay_for_which_the_condition_is_true_or_leave(cleaned, column, condition, more, ids):
    assert cleaned(PEOPLE, "filter", column=column, condition=condition, **more)[1]["id"] == ids
    left = cleaned(PEOPLE, "filter", column=column, condition=condition, rows="drop", **more)[1]["id"]
    assert left == [row for row in (1, 2, 3, 4) if row not in ids]


@pytest.mark.parametrize(("settings", "reason"), [
    ({"column": "age", "condition": "more", "value": "old"}, "value_of_other_type"),
    ({"column": "age", "condition": "more"}, "value_missing"), ({"column": "age", "condition": "among"}, "value_missing"),
    ({"column": "name", "condition": "matches", "value": "("}, "pattern_wrong"),
    ({"column": "name", "condition": "equals", "value": "Zoe"}, "no_rows_left")])
def test_a_filter_that_cannot_be_is_blocked(cleaned, settings, reason):
    with pytest.raises(StepBlocked) as refused:
        cleaned(PEOPLE, "filter", **settings)
    assert refused.value.facts["why"][0] == reason


@pytest.mark.parametrize(("kind", "settings", "reason", "count"), [
    ("expect_unique", {"column": "email"}, "expected_unique", 2),
    ("expect_present", {"column": "name"}, "expected_present", 1),
    ("expect_between", {"column": "age", "low": "25", "high": "45"}, "expected_between", 2),
    ("expect_between", {"column": "age", "high": "45"}, "expected_between", 1),
    ("expect_among", {"column": "name", "among": ["Ada", "Bo"]}, "expected_among", 1),
    ("expect_matches", {"column": "email", "pattern": "[a-z]@x[.]ch"}, "expected_matches", 1)])
def test_an_expectation_stops_or_warns_or_holds(cleaned, kind, settings, reason, count):
    with pytest.raises(StepBlocked) as refused:
        cleaned(PEOPLE, kind, **settings)
    told = refused.value.facts["why"]
    assert (told[0], told[1]["count"], told[1]["share"]) == (reason, count, count / 4)
    warned, after = cleaned(PEOPLE, kind, otherwise="warn", **settings)
    assert (warned.state, after["id"]) == ("warned", [1, 2, 3, 4])
    assert cleaned(PEOPLE, kind, allowed=0.5, **settings)[0].state == "done"
