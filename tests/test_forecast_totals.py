"""Many series and their totals: sums that hold to the cent, and no worse forecasts for it."""
import numpy as np
import pandas as pd
import pytest

from crm_core.errors import NothingToSumUp
from crm_core.time_series.forecasting.reconciling import (
    covariance,
    hierarchy,
    parts_of,
    reconciled,
    together,
    within,
)

TWO = hierarchy(pd.DataFrame({"channel": ["web", "shop"]}, index=["web", "shop"]))
CROSSED = hierarchy(pd.DataFrame({"channel": ["web", "web", "shop"], "country": ["DE", "FR", "DE"]},
                                 index=["web DE", "web FR", "shop DE"]))


def errors_of(*rough, seed=0, count=100_000):
    """Errors of so many series that know nothing of each other, as rough as told."""
    return np.random.default_rng(seed).normal(size=(len(rough), count)) * np.array(rough)[:, None]


def test_two_crossed_splits_have_the_whole_and_a_total_of_each_value():
    assert CROSSED.names.agg(" ".join, axis=1).tolist() == [
        " ", "channel shop", "channel web", "country DE", "country FR", "series web DE", "series web FR", "series shop DE"]
    assert CROSSED.totals.tolist() == [[1, 1, 1], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 0]]


def test_one_split_has_no_totals_but_the_whole():
    assert TWO.totals.tolist() == [[1, 1]]
    with pytest.raises(NothingToSumUp):
        hierarchy(pd.DataFrame())


def test_a_gap_of_two_is_shared_by_those_who_were_equally_wrong():
    # By hand: each gives a third of the 2 by which 10 is more than 4 + 4.
    assert reconciled(np.array([[10.0], [4], [4]]), errors_of(1, 1, 1), TWO)[:, 0] == pytest.approx([9.33, 4.67, 4.67], abs=0.011)


def test_who_was_more_often_wrong_gives_way_more():
    # By hand: variances 4, 1 and 1 give 4/6, 1/6 and 1/6 of the 2.
    assert reconciled(np.array([[10.0], [4], [4]]), errors_of(2, 1, 1), TWO)[:, 0] == pytest.approx([8.66, 4.33, 4.33], abs=0.011)


def test_without_errors_the_parts_are_believed():
    assert reconciled(np.array([[10.0], [4], [4]]), None, TWO)[:, 0].tolist() == [8, 4, 4]


def test_few_errors_count_a_total_as_uncertain_as_its_parts_together():
    # By hand: variances 2, 1 and 1 give a half and two quarters of the 2.
    few = errors_of(5, 1, 1, count=3)
    assert reconciled(np.array([[10.0], [4], [4]]), few, TWO)[:, 0].tolist() == [9, 4.5, 4.5]


def test_sums_hold_to_the_cent_over_two_crossed_splits():
    rng = np.random.default_rng(3)
    points = rng.gamma(2, 1000, size=(8, 12))
    told = reconciled(points, errors_of(9, 5, 6, 7, 3, 4, 2, 5), CROSSED)
    assert np.round(told * 100) == pytest.approx(told * 100, abs=1e-6)
    assert np.round(CROSSED.totals @ told[5:] - told[:5], 6) == pytest.approx(0)


def test_what_cannot_be_less_than_nothing_is_not_made_less():
    points = np.array([[10.0], [30], [0.5]])
    assert reconciled(points, errors_of(1, 1, 1), TWO).min() < 0
    told = reconciled(points, errors_of(1, 1, 1), TWO, never_below=True)
    assert told.min() == 0 and told[0] == told[1] + told[2]


def test_errors_that_come_by_chance_together_are_shrunk_apart():
    few, many = errors_of(1, 1, 1, count=8), errors_of(1, 1, 1)
    assert abs(covariance(few, TWO)[0, 1]) < abs(few[0] @ few[1] / 8)
    one = errors_of(1)
    assert covariance(np.vstack([one * 2, one, one]), TWO)[0, 1] == pytest.approx(2, rel=0.05)
    assert covariance(many, TWO)[0, 0] == pytest.approx(1, rel=0.05)


def test_a_total_is_not_less_certain_than_all_its_parts_together():
    point = np.array([[20.0], [10], [10]])
    low, high = within(point - [[9], [2], [3]], point + [[9], [2], [3]], point, TWO)
    assert low[:, 0].tolist() == [15, 8, 7] and high[:, 0].tolist() == [25, 12, 13]


def test_a_series_that_began_later_adds_nothing_before_and_a_gap_is_missing():
    days = pd.date_range("2026-01-01", periods=3)
    frame = pd.DataFrame({"series": ["web"] * 3 + ["shop"] * 2, "period": [*days, *days[1:]],
                          "value": [1.0, 2, 3, np.nan, 5]})
    parts, names, periods = parts_of(frame)
    assert names == ["shop", "web"] and list(periods) == list(days)
    np.testing.assert_equal(parts, [[0, np.nan, 5], [1, 2, 3]])


def test_forecasts_of_parts_and_totals_come_together():
    rng = np.random.default_rng(4)
    season = 100 + 30 * np.sin(2 * np.pi * np.arange(84) / 12)
    parts = np.maximum(season * rng.uniform(0.5, 2, size=(3, 1)) + rng.normal(0, 10, size=(3, 84)), 0)
    done = []
    found = together("seasonal_naive", parts[:, :72], CROSSED, 12, 12, progress=lambda now, whole: done.append((now, whole)))
    assert found.point.shape == (8, 12)
    assert np.round(CROSSED.totals @ found.point[5:] - found.point[:5], 6) == pytest.approx(0)
    for low, high in found.intervals.values():
        assert (low <= found.point).all() and (high >= found.point).all()
        assert (low >= 0).all() and low == pytest.approx(np.round(low, 2))
    came = CROSSED.summing @ parts[:, 72:]
    low, high = found.intervals[95]
    assert ((came >= low) & (came <= high)).mean() > 0.85
    assert done[-1] == (48, 48) and [now for now, _ in done] == sorted(now for now, _ in done)
