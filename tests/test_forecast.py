"""Forecasts of a frame of series: what comes, how sure it is, and the test on the past beside the season before."""
import json

import numpy as np
import pandas as pd
import pytest

from benchmarks import forecast as benchmark
from crm_core.errors import ForecastModelUnknown, HorizonUnusable, NothingToForecast
from crm_core.time_series.forecasting import forecast

FACTORS = np.array([0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.2, 1.1, 1.0, 0.9, 0.8])


def months(values, name="shop", first="2020-01-01") -> pd.DataFrame:
    return pd.DataFrame({"series": name, "period": pd.date_range(first, periods=len(values), freq="MS"), "value": values})


def noisy(seed: int, years: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (1000 + 10 * np.arange(12 * years)) * np.tile(FACTORS, years) * np.exp(0.05 * rng.normal(size=12 * years))


def test_a_forecast_goes_on_where_the_last_whole_period_ended():
    frame = pd.concat([months(noisy(0)).assign(whole=True), pd.DataFrame(
        {"series": ["shop"], "period": [pd.Timestamp("2025-01-01")], "value": [3.0], "whole": [False]})])
    found = forecast(frame, "month", 3, ("quick",))
    values = found.values[found.values.model == "quick"]
    assert values.period.tolist() == list(pd.to_datetime(["2025-01-01", "2025-02-01", "2025-03-01"]))
    assert values.value.to_numpy() == pytest.approx(1600 * FACTORS[:3], rel=0.1)
    assert (values.low_95 < values.low_80).all() and (values.low_80 < values.value).all()
    assert (values.value < values.high_80).all() and (values.high_80 < values.high_95).all()
    assert found.chosen == {"shop": "quick"}
    assert set(found.values.model) == {"quick", "seasonal_naive"}


def test_every_model_is_tested_beside_the_season_before():
    found = forecast(pd.concat([months(noisy(1), "a"), months(noisy(2), "b")]), "month", 6, ("quick", "theta"))
    tests = found.tests.set_index(["series", "model"])
    assert len(tests) == 6 and (tests.folds == 4).all()
    assert (tests.mase["a"]["quick"], tests.mase["b"]["quick"]) < (tests.rule_mase["a"]["quick"], 1)
    assert tests.mase["a"]["seasonal_naive"] == tests.rule_mase["a"]["theta"]
    assert ((tests.coverage_80 >= 0) & (tests.coverage_80 <= tests.coverage_95) & (tests.coverage_95 <= 1)).all()
    assert set(found.chosen.values()) <= {"quick", "theta"}


def test_where_the_season_before_is_clearly_better_it_is_believed():
    rng = np.random.default_rng(4)
    shapes = np.tile(rng.integers(0, 100, 12), 8).astype(float)
    shapes[::7] += 0.001  # a season that nothing but itself goes on with
    found = forecast(months(shapes), "month", 6, ("naive", "seasonal_naive"))
    assert found.chosen == {"shop": "seasonal_naive"}


def test_what_one_asks_for_is_believed():
    assert forecast(months(noisy(3)), "month", 6, ("naive",)).chosen == {"shop": "naive"}


def test_series_with_too_little_are_left_out_and_told():
    found = forecast(pd.concat([months(noisy(5)), months([4.0, 5.0], "new"), months([np.nan] * 3, "none")]), "month", 2,
                     ("quick",))
    assert found.left_out.values.tolist() == [["new", 2], ["none", 0]]
    assert set(found.values.series) == {"shop"}


@pytest.mark.parametrize("values, horizon, error, facts", [
    ([5.0], 1, NothingToForecast, {"needed": 3, "found": 1}),
    ([np.nan] * 9, 1, NothingToForecast, {"needed": 3, "found": 0}),
    ([1.0, 2, 3, 4, 5], 9, HorizonUnusable, {"horizon": 9, "known": 5}),
    ([1.0, 2, 3, 4, 5], 0, HorizonUnusable, {"horizon": 0, "known": 5})])
def test_what_cannot_be_forecast_is_refused_with_facts(values, horizon, error, facts):
    with pytest.raises(error) as refused:
        forecast(months(values), "month", horizon)
    assert refused.value.facts == facts
    with pytest.raises(ForecastModelUnknown):
        forecast(months(noisy(0)), "month", 3, ("oracle",))


@pytest.mark.parametrize("values", [[0.0] * 30, [-5.0, 3, -2] * 10, [1.0, np.nan, 3, 4, np.nan, np.nan, 7, 8] * 4,
                                    [1.0, 2, np.inf, 4, 5, 6, 7, 8], [0, 0, 3.0, 0, 0, 0, 1, 0] * 4, [1.0, 2, 4]])
def test_odd_series_have_an_answer(values):
    found = forecast(months(values), "month", 3)
    numbers = found.values[["value", "low_80", "high_80", "low_95", "high_95"]].to_numpy()
    assert np.isfinite(numbers).all()
    assert (numbers >= 0).all() or min(values) < 0


def test_periods_may_be_whole_numbers_and_intervals_go_by_the_calendar():
    count = pd.DataFrame({"series": "x", "period": np.arange(5, 25), "value": np.arange(20.0)})
    assert forecast(count, 1, 2, ("naive",)).believed.period.tolist() == [25, 26]
    for interval, last, following in (("quarter", "2024-10-01", "2025-01-01"), ("year", "2024-01-01", "2025-01-01"),
                                      ("week", "2024-12-30", "2025-01-06"), ("hour", "2024-12-31 23:00", "2025-01-01")):
        step = {"quarter": "QS", "year": "YS", "week": "7D", "hour": "h"}[interval]
        frame = pd.DataFrame({"series": "x", "period": pd.date_range(end=last, periods=30, freq=step),
                              "value": np.arange(30.0)})
        assert forecast(frame, interval, 1, ("naive",)).believed.period.tolist() == [pd.Timestamp(following)]
    unnamed = months(noisy(0)).assign(period=pd.date_range("2020-01-01", periods=60, freq="MS"))
    assert forecast(unnamed, 12, 2, ("naive",)).believed.period.tolist() == list(
        pd.to_datetime(["2025-01-01", "2025-02-01"]))


def test_progress_is_told_to_the_end_and_the_same_answer_comes_twice():
    told = []
    frame = pd.concat([months(noisy(seed, 3), f"s{seed}") for seed in range(5)])
    one = forecast(frame, "month", 3, ("quick",), progress=lambda done, of: told.append((done, of)))
    assert told[-1][0] == told[-1][1] and told == sorted(told)
    pd.testing.assert_frame_equal(one.values, forecast(frame, "month", 3, ("quick",)).values)


def test_many_series_are_forecast_by_the_quick_combination():
    from crm_core.time_series.forecasting import forecasts, models

    assert 4 * 10_000 * models.seconds("combination", 150, 52) > forecasts.PATIENCE_S > 6 * 40 * models.seconds(
        "combination", 120, 12)


def test_the_benchmark_is_a_door_for_any_file(tmp_path, capsys):
    rows = pd.concat([months(noisy(seed), str(seed)) for seed in range(3)]).rename(
        columns={"series": "series_id", "period": "ds", "value": "y"})
    known = rows.ds < "2024-07-01"
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    rows[known].to_csv(train, index=False)
    rows[~known].to_csv(test, index=False)
    assert benchmark.main([str(train), str(test), "--season-length", "12", "--models", "quick"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (answer["series"], answer["horizon"]) == (3, 6)
    rule, ours = answer["models"]["naive2"], answer["models"]["quick"]
    assert rule["owa"] == 1.0 and set(answer["models"]) == {"quick", "seasonal_naive", "naive2"}
    assert answer["owa"] == pytest.approx((ours["smape"] / rule["smape"] + ours["mase"] / rule["mase"]) / 2)
    assert {"smape", "mase", "coverage_80", "coverage_95", "seconds", "peak_mb"} <= set(answer)
    rows[["series_id", "y"]].to_csv(test, index=False)
    assert benchmark.main([str(train), str(test), "--season-length", "12"]) == 2
    assert "no column ds" in capsys.readouterr().err
