"""Missing values dropped, flagged and filled, each on a table in sight."""
import pandas as pd
import pytest

from crm_core.errors import StepBlocked

AGES = {"city": ["Bern", "Bern", "Basel", "Basel", None], "age": [20.0, None, 40.0, None, None]}


def test_rows_with_any_or_all_missing_leave(cleaned):
    assert cleaned(AGES, "drop_missing", columns=["city", "age"])[1]["id"] == [1, 3]
    assert cleaned(AGES, "drop_missing", columns=["city", "age"], when="all")[1]["id"] == [1, 2, 3, 4]


def test_a_flag_says_where_a_value_is_missing(cleaned):
    assert cleaned(AGES, "flag_missing", columns=["city"])[1]["city (missing)"] == [None, None, None, None, "true"]


@pytest.mark.parametrize(("kind", "settings", "ages"), [
    ("fill_constant", {"value": 0}, [20, 0, 40, 0, 0]),
    ("fill_median", {}, [20, 30, 40, 30, 30]),
    ("fill_mode", {}, [20, 20, 40, 20, 20]),
    ("fill_group_median", {"by": "city"}, [20, 20, 40, 40, 30]),
])
def test_gaps_are_filled(cleaned, kind, settings, ages):
    told, after = cleaned(AGES, kind, column="age", **settings)
    assert (after["age"], told.cells) == (ages, {"age": 3})


@pytest.mark.parametrize("kind", ["fill_median", "fill_mode", "fill_group_median", "fill_model"])
def test_a_column_without_any_value_is_skipped_with_its_reason(cleaned, kind):
    nothing = {"age": pd.array([None, None], dtype="Float64"), "city": ["a", "b"]}
    settings = {"by": "city"} if kind == "fill_group_median" else {}
    told, _ = cleaned(nothing, kind, column="age", **settings)
    assert (told.state, told.reason) == ("skipped", ("all_missing", {"column": "age"}))


def test_a_constant_of_another_type_blocks(cleaned):
    with pytest.raises(StepBlocked) as refused:
        cleaned(AGES, "fill_constant", column="age", value="old")
    assert refused.value.facts["why"][0] == "value_of_other_type"


def test_a_model_fills_numbers_from_the_other_columns(cleaned):
    told, after = cleaned({"x": [float(n % 40) for n in range(400)],
                           "y": [None if n % 10 == 0 else 2.0 * (n % 40) for n in range(400)]}, "fill_model", column="y")
    assert all(abs(y - 2 * x) < 6 for x, y in zip(after["x"], after["y"], strict=True))
    assert told.cells == {"y": 40}
    assert told.notes[0][0] == "model_better" and told.notes[0][1]["share"] > 0.8


def test_a_model_fills_words_and_says_guesses_nothing_where_it_is_no_better_than_the_plain_fill(cleaned):
    told, after = cleaned({"size": ["big" if n % 2 else "small" for n in range(200)],
                           "kind": [None if n % 9 == 0 else "A" if n % 2 else "B" for n in range(200)]},
                          "fill_model", column="kind")
    assert after["kind"] == ["A" if n % 2 else "B" for n in range(200)]
    told, after = cleaned({"noise": [(n * 7919) % 101 for n in range(300)],
                       "y": [None if n % 9 == 0 else float((n * 104729) % 97) for n in range(300)]}, "fill_model", column="y")
    assert (told.state, told.reason[0]) == ("skipped", "model_no_better") and after["y"][0] is None


def test_a_column_that_is_empty_wherever_the_target_is_known_teaches_nothing(cleaned):
    told, _ = cleaned({"age": [float(n % 40) if n % 2 else None for n in range(400)],
                       "year": [None if n % 2 else 1980.0 for n in range(400)]}, "fill_model", column="age")
    assert (told.state, told.reason[0]) == ("skipped", "nothing_to_learn_from")


def test_a_model_needs_enough_rows(cleaned):
    told, _ = cleaned(AGES, "fill_model", column="age")
    assert told.reason == ("too_few_known", {"column": "age", "needed": 50, "found": 2})


def test_a_model_guesses_the_same_with_the_same_seed(cleaned):
    table = {"x": [float(n % 37) for n in range(300)], "y": [None if n % 7 == 0 else (n % 37) ** 1.5 for n in range(300)]}
    assert cleaned(table, "fill_model", column="y")[1] == cleaned(table, "fill_model", column="y")[1]
