"""Ways of going on with a series: measures by hand, models on series whose going on is known, nothing seen too early."""
import numpy as np
import pandas as pd
import pytest

from crm_core.errors import NothingToForecast
from crm_core.time_series.forecasting import measures, methods, models, rolling, seasons, smoothing

FACTORS = np.array([0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.2, 1.1, 1.0, 0.9, 0.8])
QUICK = ("quick", "theta", "damped", "regression", "seasonal_naive", "naive")


def test_smape_and_mase_as_worked_out_by_hand():
    actual, told = np.array([[100.0, 200.0, 0.0, np.nan]]), np.array([[110.0, 180.0, 0.0, 5.0]])
    assert measures.smape(actual, told) == pytest.approx([(200 * 10 / 210 + 200 * 20 / 380 + 0) / 3])
    assert measures.mase(actual, told, np.array([4.0])) == pytest.approx([(10 + 20 + 0) / 3 / 4])
    assert measures.scale(np.array([1.0, 5, 2, 7]), 2) == pytest.approx((1 + 2) / 2)
    assert measures.scale(np.array([1.0, 5, 2]), 12) == pytest.approx((4 + 3) / 2)  # too short for its season
    assert np.isnan(measures.mase(actual, told, np.array([0.0]))[0])


def test_owa_of_naive2_itself_is_one_and_of_half_its_errors_a_half():
    smapes, mases = np.array([10.0, 20.0]), np.array([1.0, 3.0])
    assert measures.owa(smapes, mases, smapes, mases) == 1.0
    assert measures.owa(smapes / 2, mases / 2, smapes, mases) == 0.5


def test_coverage_is_the_share_that_lay_between():
    assert measures.coverage(np.array([[1.0, 5.0, 9.0, np.nan]]), np.zeros((1, 4)), np.full((1, 4), 5.0)) == pytest.approx(
        [2 / 3])


def test_naive2_goes_on_with_the_last_level_and_the_factors_of_the_season():
    history = 100 * np.tile(FACTORS, 5)[:57]
    assert measures.naive2(history, 6, 12) == pytest.approx(100 * np.r_[FACTORS[9:], FACTORS[:3]])
    assert measures.naive2(np.array([3.0, 9.0, 4.0]), 2, 12) == pytest.approx([4.0, 4.0])


def test_naive2_is_as_far_off_on_m3_as_the_one_that_was_published(data_set):
    series = pd.read_parquet(data_set("m3") / "m3_long.parquet")
    about = pd.read_csv(data_set("m3") / "m3_meta.csv").set_index("series")
    published = {"QUARTERLY": (4, 9.95), "YEARLY": (1, 17.88)}
    for kind, (season, smape) in published.items():
        rows = series[series.series.isin(about.index[about.period == kind])]
        off = [measures.smape(came[None], measures.naive2(known, len(came), season)[None])[0]
               for known, came in ((group.value[group.split == "train"].to_numpy(), group.value[
                   group.split == "test"].to_numpy()) for _, group in rows.groupby("series"))]
        assert np.mean(off) == pytest.approx(smape, abs=0.1)


@pytest.mark.parametrize("name", ["theta", "damped", "ets", "ces", "arima", "regression"])
def test_a_straight_line_goes_on(name):
    told = models.predict((name,), [100 + 5.0 * np.arange(40)], 3, 1)[name][0]
    assert told == pytest.approx([300, 305, 310], rel=0.03)


@pytest.mark.parametrize("name", ["theta", "damped", "ets", "ces", "regression", "combination", "quick"])
def test_a_season_goes_on(name):
    told = models.predict((name,), [1000 * np.tile(FACTORS, 6)], 12, 12)[name][0]
    assert told == pytest.approx(1000 * FACTORS, rel=0.03)


def test_the_dynamic_line_is_the_one_of_least_squares():
    values = np.array([3.0, 5, 4, 8, 9, 7])
    mean, slope = values[:1], np.zeros(1)
    for age in range(1, 6):
        mean, slope = smoothing._line(values[age:age + 1], mean, slope, np.array([float(age)]), np.array([True]))
    assert (slope[0], mean[0]) == pytest.approx((np.polyfit(range(6), values, 1)[0], values.mean()))


def test_theta_is_as_good_as_the_one_of_statsforecast(data_set):
    from statsforecast.theta import auto_theta, forecast_theta

    series = pd.read_parquet(data_set("m3") / "m3_long.parquet")
    rows = series[series.series.isin([f"N{number:04}" for number in range(1, 646, 8)])]
    known = [group.value[group.split == "train"].to_numpy() for _, group in rows.groupby("series")]
    came = np.array([group.value[group.split == "test"].to_numpy() for _, group in rows.groupby("series")])
    ours = models.predict(("theta",), known, 6, 1)["theta"]
    theirs = np.array([forecast_theta(auto_theta(history, m=1, model="DOTM"), 6)["mean"] for history in known])
    assert measures.smape(came, ours).mean() < 1.05 * measures.smape(came, theirs).mean()


def test_series_of_different_lengths_are_told_together_what_each_is_told_alone():
    rng = np.random.default_rng(0)
    histories = [50 + rng.normal(size=count).cumsum() for count in (6, 9, 30, 70, 31)]
    together = models.predict(QUICK, histories, 4, 4)
    for row, history in enumerate(histories):
        for name, told in models.predict(QUICK, [history], 4, 4).items():
            assert told[0] == pytest.approx(together[name][row])


def test_a_season_is_taken_out_and_put_back():
    history = 500 * np.tile(FACTORS, 5)
    bare = seasons.adjusted(history, 12, 14)
    assert bare.times
    assert bare.values == pytest.approx(np.full(60, bare.values[0]), rel=1e-3)
    assert bare.put_back(np.full(14, bare.values[-1])) == pytest.approx(500 * np.r_[FACTORS, FACTORS[:2]], rel=1e-3)


def test_noise_has_no_season_and_hours_have_a_day_and_a_week():
    rng = np.random.default_rng(1)
    assert seasons.adjusted(rng.normal(size=120), 12, 12).ahead == pytest.approx(np.zeros(12))
    assert seasons.adjusted(rng.normal(size=160), 52, 8).ahead == pytest.approx(np.zeros(8))
    hour = np.arange(24 * 7 * 5)
    values = 10 * np.sin(2 * np.pi * hour / 24) - 15 * (hour // 24 % 7 >= 5)
    told = models.predict(("damped",), [values[:-168]], 168, 24)["damped"][0]
    assert np.abs(told - values[-168:]).mean() < 0.15 * np.abs(values[-168:] - values[-168:].mean()).mean()


def test_a_season_that_was_seen_once_is_believed_in_part():
    weeks = np.arange(75)
    history = 100 + 20 * np.sin(2 * np.pi * weeks / 52) + 10 * (weeks == 30)
    told = models.predict(("damped", "seasonal_naive", "naive"), [history], 8, 52)
    came = 100 + 20 * np.sin(2 * np.pi * np.arange(75, 83) / 52)
    assert np.abs(told["damped"][0] - came).mean() < np.abs(told["naive"][0] - came).mean()


@pytest.mark.parametrize("history, told", [
    ([7.0], [7, 7, 7]), ([0.0] * 30, [0, 0, 0]), ([4.0] * 30, [4, 4, 4]), ([1.0, 2.0, 3.0], [3, 3, 3]),
    ([np.nan, 5.0, np.nan, 5.0, 5.0, np.nan], [5, 5, 5])])
def test_what_never_moved_stays(history, told):
    for name, values in models.predict(models.NAMES, [np.array(history)], 3, 12).items():
        assert values[0] == pytest.approx(told), name


def test_every_model_gives_numbers_for_odd_series_and_nothing_below_nothing():
    rng = np.random.default_rng(2)
    rare = (rng.random(48) < 0.15) * rng.integers(1, 4, 48).astype(float)
    odd = [rare, rng.normal(size=48), -100 - rng.random(48), np.r_[np.zeros(40), 1e6 * np.ones(8)], 1e9 * rng.random(20),
           np.r_[100 * np.exp(-np.arange(40) / 3), 0.0], np.array([1.0, 2, 1, 2, 1])]
    for name, told in models.predict(models.NAMES, odd, 12, 12).items():
        assert np.isfinite(told).all(), name
        assert (told[0] >= 0).all() and (told[5] >= 0).all(), name


def test_nothing_known_cannot_be_gone_on_with():
    with pytest.raises(NothingToForecast):
        models.predict(("naive",), [np.array([np.nan, np.nan])], 2, 1)


def test_a_test_on_the_past_sees_nothing_of_what_came():
    rng = np.random.default_rng(3)
    history = 100 + rng.normal(size=40).cumsum()
    changed = history.copy()
    changed[34:] += 1000
    one, other = (rolling.rolled(("quick",), [values], 3, 1, folds=3) for values in (history, changed))
    assert one.origins.tolist() == [[37, 34, 31]]
    assert one.predicted["quick"][0, 1:] == pytest.approx(other.predicted["quick"][0, 1:])
    assert (one.predicted["quick"][0, 0] != other.predicted["quick"][0, 0]).all()
    assert one.actual[0, 0] == pytest.approx(history[37:40])


def test_a_short_series_has_no_test_where_too_little_is_known():
    found = rolling.rolled(("naive",), [np.arange(9.0), np.arange(20.0)], 4, 1, folds=2)
    assert found.origins.tolist() == [[5, 0], [16, 12]]
    assert np.isnan(found.predicted["naive"][0, 1]).all()


def test_the_combination_beats_the_season_before_on_the_airline_passengers(data_set):
    values = pd.read_csv(data_set("classic_series") / "airline-passengers.csv").iloc[:, 1].to_numpy(float)
    told = models.predict(("combination", "seasonal_naive"), [values[:-12]], 12, 12)
    off = {name: measures.smape(values[None, -12:], told[name])[0] for name in told}
    assert off["combination"] < 5 < off["seasonal_naive"]


@pytest.mark.parametrize(("name", "history"), [
    ("ets", [1.0, 2, 3, 5]), ("ces", [1.0, 2, 4, 3]), ("arima", [1e300, 2e300, 1e300, 3e300, 2e300])])
def test_where_no_model_fits_the_season_speaks_but_a_fault_is_told(name, history):
    with pytest.raises(methods.NotFitted):
        getattr(methods, name)(np.array(history), 2, 1)
    assert models.predict((name,), [np.array(history)], 2, 1)[name].tolist() == [[history[-1]] * 2]
    with pytest.raises((TypeError, AttributeError)):
        getattr(methods, name)(None, 2, 1)
