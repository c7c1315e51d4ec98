"""Outliers capped and flagged, and scales beside the original."""
import pytest

from crm_core.cleaning.steps.outliers import MAD_SCALE

PAID = [10.0, 11, 12, 13, 14, 1000]


@pytest.mark.parametrize(("method", "factor", "high"), [
    ("iqr", 1.5, 13.75 + 1.5 * 2.5), ("mad", 3.5, 12.5 + 3.5 * 1.5 * MAD_SCALE), ("percentiles", 0.2, 14)])
def test_values_beyond_the_bound_become_the_bound(cleaned, method, factor, high):
    told, after = cleaned({"paid": PAID}, "cap_outliers", columns=["paid"], method=method, factor=factor)
    assert after["paid"][-1] == pytest.approx(high)
    assert told.notes[0][1]["high"] == pytest.approx(high)


def test_standard_deviations_are_blind_where_one_value_is_all_of_the_spread(cleaned):
    assert cleaned({"paid": PAID}, "cap_outliers", columns=["paid"], method="z")[0].state == "nothing"
    assert cleaned({"paid": [1.0] * 30 + [99.0]}, "cap_outliers", columns=["paid"], method="z")[0].rows_changed == 1


def test_whole_numbers_are_capped_inside_the_bounds(cleaned):
    assert cleaned({"n": [10, 11, 12, 13, 14, 1000]}, "cap_outliers", columns=["n"])[1]["n"] == [10, 11, 12, 13, 14, 17]


def test_a_flag_leaves_the_value_as_it_is(cleaned):
    _, after = cleaned({"paid": PAID}, "flag_outliers", columns=["paid"])
    assert (after["paid"], after["paid (outlier)"]) == (PAID, [None] * 5 + ["true"])


def test_where_most_values_are_one_nothing_is_capped(cleaned):
    told, _ = cleaned({"n": [1, 1, 1, 1, 1, 2]}, "cap_outliers", columns=["n"])
    assert (told.state, told.reason[0]) == ("skipped", "no_spread")


def test_a_bound_that_is_none_is_told(cleaned):
    told, _ = cleaned({"paid": PAID}, "cap_outliers", columns=["paid"], method="percentiles", factor=0.5)
    assert told.reason == ("factor_wrong", {"value": 0.5})


@pytest.mark.parametrize(("kind", "name", "values"), [
    ("scale_min_max", "age (min–max)", [0, 0.25, 1]), ("scale_z", "age (z)", [-0.800641, -0.320256, 1.120897]),
    ("scale_log", "age (log)", [3.044522, 3.433987, 4.110874])])
def test_scaled_values_stand_beside_the_original(cleaned, kind, name, values):
    _, after = cleaned({"age": [20, 30, 60]}, kind, columns=["age"])
    assert (after["age"], after[name]) == ([20, 30, 60], values)


def test_a_constant_column_cannot_be_scaled_and_the_others_are(cleaned):
    told, _ = cleaned({"n": [5, 5]}, "scale_min_max", columns=["n"])
    assert (told.state, told.reason) == ("skipped", ("constant", {"column": "n", "value": 5.0}))
    told, after = cleaned({"n": [5, 5], "m": [1, 2]}, "scale_min_max", columns=["n", "m"])
    assert after["m (min–max)"] == [0, 1] and told.notes[0] == ("constant", {"column": "n", "value": 5.0})


def test_a_negative_value_has_no_logarithm_and_that_is_said(cleaned):
    told, after = cleaned({"n": [-5, 0]}, "scale_log", columns=["n"])
    assert after["n (log)"] == [None, 0] and ("negative", {"count": 1}) in told.notes
