"""What a period is compared with, other shapes of a series, and what a series says in figures."""
from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_core.errors import ComparisonUnknown
from crm_core.time_series import compare, series, telling
from crm_core.time_series.series import Asked
from crm_core.time_series.spring_festival import spring_festival
from tests.test_series import filled, own

TODAY = date(2026, 3, 11)


def beside(store, asked, how, today=TODAY):
    with store.look() as look:
        frame = series.read_with(look, asked, today)
        return compare.compared(look, frame, asked, how, today).set_index("period")


def one_a_day(store, first, last, amount=lambda day: 1.0):
    days = pd.date_range(first, last)
    return filled(store, [(f"{day:%Y-%m-%d} 12:00", amount(day), 1, "web") for day in days])


def test_a_month_that_is_not_over_compares_with_the_same_part_of_last_years(store):
    found = beside(one_a_day(store, "2025-01-01", "2026-03-10"), Asked("orders", "month"), "last_year")
    assert (found.value["2026-03-01"], found.before["2026-03-01"]) == (10.0, 10.0)  # ten days are over, today is not
    assert (found.value["2026-02-01"], found.before["2026-02-01"]) == (28.0, 28.0)
    assert np.isnan(found.before["2025-03-01"])  # the book does not reach back


def test_a_leap_february_compares_whole_months(store):
    found = beside(one_a_day(store, "2023-01-01", "2025-03-05"), Asked("orders", "month"), "last_year", date(2025, 3, 6))
    assert (found.before["2025-02-01"], found.before["2024-02-01"]) == (29.0, 28.0)


def test_the_same_weekdays_lie_364_days_apart(store):
    shop = one_a_day(store, "2025-01-01", "2026-03-10", lambda day: float(day.dayofweek + 1))
    found = beside(shop, Asked("revenue", "day", since=date(2026, 3, 1)), "same_weekdays")
    whole = found[found.whole]
    assert (whole.value == whole.before).all() and len(whole) == 10


def test_the_time_before_is_as_long_as_what_is_shown(store):
    found = beside(one_a_day(store, "2026-01-01", "2026-03-10", lambda day: float(day.dayofyear)),
                   Asked("revenue", "day", since=date(2026, 3, 1), until=date(2026, 3, 10)), "previous")
    assert (found.value - found.before == 10).all()
    # A week cut by the first day shown compares with the same part of the earlier one.
    found = beside(store, Asked("orders", "week", since=date(2026, 2, 25), until=date(2026, 3, 8)), "previous")
    assert list(found.value) == [5.0, 7.0] and list(found.before) == [5.0, 7.0]


def test_days_round_the_spring_festival_compare_with_those_round_last_years(store):
    planted = {"2025-01-29": 100.0, "2026-02-17": 100.0}
    shop = one_a_day(store, "2024-12-01", "2026-03-10", lambda day: planted.get(f"{day:%Y-%m-%d}", 1.0))
    found = beside(shop, Asked("revenue", "day", since=date(2026, 1, 15)), "spring_festival")
    assert found.before["2026-02-17"] == 100.0 and found.before.drop(pd.Timestamp("2026-02-17")).max() == 1.0
    assert beside(shop, Asked("revenue", "day", since=date(2026, 1, 15)), "last_year").before.max() == 100.0


def test_the_spring_festival_is_where_the_library_of_holidays_has_it():
    from holidays import country_holidays

    found = country_holidays("SG", years=range(2008, 2051))
    assert [year for year in range(2008, 2051) if "Chinese New Year" not in found.get(spring_festival(year), "")] == []
    assert [spring_festival(year) for year in (1990, 2006, 2007)] == [
        date(1990, 1, 27), date(2006, 1, 29), date(2007, 2, 18)]
    assert spring_festival(1969) is None


def test_customers_of_the_others_are_compared_as_the_others(store):
    orders = [(f"{year}-02-0{customer} 12:00", 10, customer, name) for year in (2025, 2026)
              for customer, name in ((1, "a"), (1, "b"), (2, "c"), (2, "d"))]
    found = beside(filled(store, [*orders, ("2025-01-01 12:00", 500, 1, "a"), ("2026-02-02 12:00", 500, 1, "a")]),
                   Asked("customers", "month", "channel", largest=1, others="Others"), "last_year")
    assert list(found.loc["2026-02-01", "before"]) == [1.0, 2.0]


def test_own_months_compare_with_last_years_and_not_with_weekdays(store):
    own(store, [("A", f"{year}-0{month}-01", year - 1980 + month) for year in (1981, 1982) for month in (1, 2, 3)])
    asked = Asked("own:Visits", "month")
    assert list(beside(store, asked, "last_year").before.dropna()) == [2.0, 3.0, 4.0]
    assert compare.possible("month", "own:Visits") == ("previous", "last_year")
    with pytest.raises(ComparisonUnknown):
        compare.checked("same_weekdays", asked)


# --- shapes and figures -----------------------------------------------------------------------------------------------


def frame_of(values, whole=None, before=None, name=""):
    frame = pd.DataFrame({"series": name, "period": pd.date_range("2026-01-01", periods=len(values), freq="MS"),
                          "value": [float(value) for value in values],
                          "whole": whole or [True] * len(values)})
    return frame if before is None else frame.assign(before=[float(value) for value in before])


def test_a_moving_mean_takes_only_periods_that_are_over():
    found = compare.shaped(frame_of([3, 6, 9, 12, 1], [True] * 4 + [False]), "moving_mean", "month").value
    assert list(found.fillna(-1)) == [-1, -1, 6, 9, -1]


def test_a_running_sum_and_an_index_are_told_series_by_series():
    both = pd.concat([frame_of([0, 2, 4], name="a"), frame_of([5, 10, 5], name="b")])
    assert list(compare.shaped(both, "running_sum", "month").value) == [0, 2, 6, 5, 15, 20]
    assert list(compare.shaped(both, "index", "month").value) == [0, 100, 200, 100, 200, 100]
    assert compare.shaped(frame_of([0, 0]), "index", "month").value.isna().all()
    assert "running_sum" not in compare.shapes(False)


def test_figures_tell_the_last_whole_period_and_the_growing_one():
    found = telling.told(frame_of([8, 10, 3], [True, True, False], [4, 5, 2]), adds_up=True)
    assert (found.last.value, found.last.change, found.growing.value, found.growing.change) == (10, 1.0, 3, 0.5)
    assert (found.total, found.before, found.best.value, found.points) == (21, 11, 10, 3)


def test_figures_know_what_is_wrong_with_a_series():
    found = telling.told(frame_of([0, 0]), adds_up=True)
    assert found.all_zero and np.isnan(found.change)
    found = telling.told(frame_of([float("nan"), -3, 5]), adds_up=False)
    assert (found.missing, found.below_zero, found.total) == (1, 1, 1.0)
    assert telling.told(frame_of([7], [False]), adds_up=True).last is None


def test_what_moved_most_comes_first():
    frame = pd.concat([frame_of([9, 5], before=[0, 4], name="a"), frame_of([9, 2], before=[0, 8], name="b")])
    found = telling.movers(frame)
    assert list(zip(found.series, found.moved, found.change, strict=True)) == [("b", -6, -0.75), ("a", 1, 0.25)]
