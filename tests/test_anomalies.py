"""What is odd in a series is found, with its kind, its size and its days; and what is not odd is left alone."""

import numpy as np
import pandas as pd
import pytest

from crm_core.errors import NoPlaceboDates, TooFewPeriods
from crm_core.time_series import anomalies, change_points, contributors, placebo


def series(values, interval: str = "D", start: str = "2024-01-01") -> pd.DataFrame:
    periods = pd.date_range(start, periods=len(values), freq=interval)
    return pd.DataFrame({"series": "", "period": periods, "value": np.asarray(values, float), "whole": True})


def days(seed: int = 0, count: int = 730, level: float = 60.0) -> np.ndarray:
    """Orders a day: weekdays, a year's wave, slow growth, and chance."""
    at = np.arange(count)
    week = np.array([1.1, 1.0, 0.95, 0.95, 1.05, 1.1, 0.85])[at % 7]
    mean = level * week * (1 + 0.15 * np.cos(2 * np.pi * at / 365.25)) * np.exp(0.0005 * at)
    return np.random.default_rng(seed).poisson(mean).astype(float)


def surest(values: np.ndarray) -> anomalies.Anomaly:
    return max(anomalies.find(series(values), "day").anomalies, key=lambda odd: abs(odd.sure))


def kinds(found) -> list[tuple[str, str]]:
    return [(odd.kind, f"{odd.begin:%Y-%m-%d}") for odd in found.anomalies]


def test_a_spike_a_dip_a_gap_and_a_shift_are_told_apart_and_dated():
    values = days()
    values[100] *= 3
    values[200:202] *= 0.2
    values[300:303] = 0
    values[500:] *= 1.4
    found = anomalies.find(series(values), "day")
    assert {("spike", "2024-04-10"), ("dip", "2024-07-19"), ("gap", "2024-10-27")} <= set(kinds(found))
    assert len(found.anomalies) <= 5
    (shift,) = (odd for odd in found.anomalies if odd.kind == "shift")
    assert abs((shift.begin - pd.Timestamp("2025-05-15")).days) <= 3 and shift.change == pytest.approx(0.4, abs=0.1)
    assert shift.open


def test_what_is_odd_comes_with_what_was_to_be_expected():
    values = days()
    values[100] = 200
    spike = surest(values)
    assert spike.actual == 200 and spike.low < spike.expected < spike.high < 200
    assert spike.expected == pytest.approx(60, rel=0.25) and spike.change == pytest.approx(200 / spike.expected - 1)


def test_calm_series_raise_less_than_one_alarm_a_year():
    alarms = sum(len(anomalies.find(series(days(seed)), "day").anomalies) for seed in range(20, 23))
    assert alarms / (3 * 2) < 1


def test_a_missing_value_is_a_gap_and_zeros_of_a_shop_that_is_closed_on_sundays_are_none():
    values = days()
    values[np.arange(730) % 7 == 6] = 0
    values[400:403] = np.nan
    found = anomalies.find(series(values), "day")
    assert [odd.kind for odd in found.anomalies] == ["gap"] and np.isnan(found.anomalies[0].actual)
    assert found.anomalies[0].expected > 100


def test_what_comes_back_every_year_is_no_surprise():
    values = days(count=1096)
    for year in range(3):
        values[year * 365 + 340 : year * 365 + 345] *= 2
    found = anomalies.find(series(values), "day")
    assert kinds(found) == [] and found.yearly


def test_months_below_zero_are_looked_at_in_units_and_not_in_shares():
    rng = np.random.default_rng(3)
    values = 5 * np.sin(np.arange(96) * np.pi / 6) + rng.normal(0, 1, 96)
    values[50] -= 12
    found = anomalies.find(series(values, "MS"), "month")
    assert found.power == 0 and ("dip", "2028-03-01") in kinds(found)


def test_a_whole_week_twice_as_high_is_one_spike_of_a_week():
    values = days()
    values[250:257] *= 2
    spike = surest(values)
    assert (spike.kind, spike.periods) == ("spike", 7)


@pytest.mark.parametrize("values", [[5.0], [1.0, 2.0, 3.0], [np.nan] * 30])
def test_too_short_a_series_is_refused_with_facts(values):
    with pytest.raises(TooFewPeriods) as refused:
        anomalies.find(series(values), "day")
    assert refused.value.facts["needed"] == 12


@pytest.mark.parametrize("values", [np.zeros(60), np.full(60, 7.0), np.arange(60.0)])
def test_nothing_but_zeros_or_one_value_or_a_straight_line_has_nothing_odd(values):
    assert anomalies.find(series(values), "day").anomalies == ()


def test_periods_that_are_not_over_are_not_looked_at():
    frame = series(days(count=200))
    frame.loc[199, ["value", "whole"]] = [0.0, False]
    assert kinds(anomalies.find(frame, "day")) == []


# --- who carried it -------------------------------------------------------------------------------------------------


def parts(**values) -> pd.DataFrame:
    return pd.concat([series(given).assign(series=name) for name, given in values.items()], ignore_index=True)


def test_the_part_that_moved_alone_is_named_and_the_parts_add_up():
    web, shop = days(1, 300, 60), days(2, 300, 40)
    web[150] += 200
    spike = surest(web + shop)
    told = contributors.contributions("channel", parts(web=web, shop=shop), spike, "day")
    assert list(told.those.part)[0] == "web" and told.parts.carried[0] > 0.9
    assert told.parts.actual.sum() == web[150] + shop[150]
    assert told.parts.expected.sum() == pytest.approx(spike.expected) and told.parts.usual.sum() == pytest.approx(1)


def test_when_all_parts_move_alike_none_stands_out():
    web, shop = days(1, 300, 600), days(2, 300, 400)
    web[150], shop[150] = web[150] * 3, shop[150] * 3
    spike = surest(web + shop)
    assert contributors.contributions("channel", parts(web=web, shop=shop), spike, "day").those.empty


def test_one_part_alone_tells_nothing():
    values = days(1, 300)
    values[150] *= 4
    spike = surest(values)
    assert contributors.contributions("channel", parts(web=values), spike, "day") is None


def test_what_is_odd_lasts_to_the_last_day_of_its_last_period_and_the_surest_is_what_is_shown_first():
    def odd(begin, end, sure):
        return anomalies.Anomaly("spike", pd.Timestamp(begin), pd.Timestamp(end), 9.0, 5.0, 4.0, 6.0, sure, 1, False)

    january = odd("2026-01-01", "2026-01-01", 5.0)
    assert january.days("month") == (pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-31"))
    assert odd("2026-01-01", "2026-02-01", 5.0).days("month")[1] == pd.Timestamp("2026-02-28")
    assert odd("2026-01-01 22:00", "2026-01-02 01:00", 5.0).days("hour") == (
        pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-02"))

    def surest_of(*sure):
        found = tuple(odd("2026-01-01", "2026-01-01", one) for one in sure)
        return anomalies.Found(found, pd.DataFrame(), 0.0, (), 1.0, None).surest

    assert [surest_of(), surest_of(float("nan")), surest_of(4.0, -6.0, float("nan")), surest_of(6.0, 6.0)] == [None, 0, 1, 1]


# --- when it began to move otherwise --------------------------------------------------------------------------------


def test_growth_that_stops_is_one_change():
    at = np.arange(600)
    mean = 80 * np.exp(0.004 * np.minimum(at, 300))
    values = np.random.default_rng(0).poisson(mean).astype(float)
    first, second = change_points.pieces(anomalies.find(series(values), "day"), "day")
    assert abs((second.begin - pd.Timestamp("2024-10-27")).days) <= 20
    assert first.growth == pytest.approx(np.exp(0.004 * 365.25) - 1, rel=0.2) and abs(second.growth) < 0.2


# --- did it matter --------------------------------------------------------------------------------------------------


def spans(*rows) -> pd.DataFrame:
    return pd.DataFrame([{"starts_on": pd.Timestamp(begin), "ends_on": pd.Timestamp(end)} for begin, end in rows])


def test_a_campaign_that_brought_a_third_more_matters_and_one_that_brought_nothing_does_not():
    values = days()
    values[400:414] *= 1.33
    found = anomalies.find(series(values), "day")
    mattered = placebo.mattered(found, spans(("2025-02-04", "2025-02-17")))
    assert mattered.verdict == "more"
    assert mattered.matters and mattered.low < mattered.effect < mattered.high
    assert mattered.change == pytest.approx(0.33, abs=0.08)
    nothing = placebo.mattered(found, spans(("2024-06-01", "2024-06-14")))
    assert not nothing.matters and nothing.low < 0 < nothing.high


def test_the_placebo_calls_chance_by_its_name_about_as_often_as_it_says():
    found = anomalies.find(series(days(5)), "day")
    called = [
        placebo.mattered(found, spans((day, day + pd.Timedelta(days=4)))).matters
        for day in pd.date_range("2024-02-01", periods=40, freq="15D")
    ]
    assert np.mean(called) <= 0.12


def test_an_event_that_came_three_times_is_judged_as_one():
    values = days(count=1096)
    rows = []
    for year in range(3):
        values[year * 365 + 340 : year * 365 + 345] *= 1.5
        begin = pd.Timestamp("2024-01-01") + pd.Timedelta(days=year * 365 + 340)
        rows.append((begin, begin + pd.Timedelta(days=4)))
    mattered = placebo.mattered(anomalies.find(series(values), "day"), spans(*rows))
    assert mattered.matters and mattered.periods == 15 and mattered.change == pytest.approx(0.5, abs=0.12)


def test_an_event_without_other_dates_is_refused():
    found = anomalies.find(series(days(count=60)), "day")
    with pytest.raises(NoPlaceboDates):
        placebo.mattered(found, spans(("2024-01-05", "2024-02-25")))
    with pytest.raises(NoPlaceboDates):
        placebo.mattered(found, spans(("2030-01-05", "2030-01-06")))
