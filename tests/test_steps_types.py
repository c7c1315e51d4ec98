"""Texts read as numbers, dates and answers."""
from datetime import date

import pytest

from crm_core.errors import StepBlocked


def convert(cleaned, values, to, **settings):
    told, after = cleaned({"x": values}, "convert", column="x", to=to, **settings)
    return after["x"], {note: facts.get("count") for note, facts in told.notes}


@pytest.mark.parametrize(("text", "number"), [
    ("30.5", 30.5), ("¥1,234.50", 1234.5), ("２０", 20), ("n/a", None), ("(12.00)", -12), ("1.5万", 15000), (None, None)])
def test_numbers_are_read_as_they_are_written(cleaned, text, number):
    assert convert(cleaned, [text, "1.25"], "number")[0] == [number, 1.25]


def test_a_comma_may_be_the_decimal_sign(cleaned):
    assert convert(cleaned, ["1.234,50 €", "3,5"], "number") == ([1234.5, 3.5], {})
    assert convert(cleaned, ["1,234", "5,678"], "number")[0] == [1234, 5678]
    assert "decimal_guessed" in convert(cleaned, ["1,234", "5,678"], "number")[1]
    assert convert(cleaned, ["1,234", "5,678"], "number", decimal="comma") == ([1.234, 5.678], {})


def test_whole_numbers_are_rounded_and_that_is_said(cleaned):
    assert convert(cleaned, ["30.5", "40", "n/a"], "whole") == ([31, 40, None], {"rounded": 1})
    assert convert(cleaned, [30.5, 40.0], "whole") == ([31, 40], {"rounded": 1})


def test_what_cannot_be_read_stays_and_with_it_the_text_or_is_emptied(cleaned):
    assert convert(cleaned, ["30", "old"], "whole") == (["30", "old"], {"unreadable": 1})
    assert convert(cleaned, ["30", "old"], "whole", unreadable="empty") == ([30, None], {"emptied": 1})


def test_dates_are_read_in_the_order_that_the_column_tells(cleaned):
    assert convert(cleaned, ["31.12.2025", "03.04.2026", "n/a"], "day")[0] == [date(2025, 12, 31), date(2026, 4, 3), None]
    assert convert(cleaned, ["2026年3月1日", "2026-03-02"], "day")[0] == [date(2026, 3, 1), date(2026, 3, 2)]


def test_dates_that_can_be_read_in_two_ways_ask_for_the_order(cleaned):
    with pytest.raises(StepBlocked) as refused:
        convert(cleaned, ["03/04/2026", "05/06/2026"], "day")
    assert refused.value.facts["why"][0] == "date_order_unclear"
    assert convert(cleaned, ["03/04/2026", "05/06/2026"], "day", date_order="month_first")[0] == [
        date(2026, 3, 4), date(2026, 5, 6)]


def test_answers_are_read_in_both_languages(cleaned):
    assert convert(cleaned, ["yes", "No", "是", "n/a"], "yes_no")[0] == [True, False, True, None]


def test_anything_can_become_text(cleaned):
    assert convert(cleaned, [1.5, 2.0], "text")[0] == ["1.5", "2.0"]


def test_a_column_called_as_the_engines_own_is_read_too(cleaned):
    told, after = cleaned({"value": ["1", "2"], "text": ["a", "b"], "reason": ["3", "x"]}, "convert", column="value",
                          to="whole")
    assert (after["value"], after["reason"], told.state) == ([1, 2], ["3", "x"], "nothing")
