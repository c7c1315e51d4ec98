"""Intervals from the errors of a rolling-origin test: as wide as what comes is uncertain, for one series or many."""
from dataclasses import replace

import numpy as np
import pytest

from crm_core.time_series.forecasting.intervals import conformal, looked_back, spread_of
from crm_core.time_series.forecasting.rolling import Rolled


def told(errors, scale=None, level=100.0):
    """A rolling test whose model always says `level` and is off by these errors (series, folds, horizon)."""
    errors = np.asarray(errors, float)
    predicted = np.full(errors.shape, level)
    scale = np.ones(len(errors)) if scale is None else np.asarray(scale, float)
    return Rolled(np.zeros(errors.shape[:2], int), predicted + errors, {"naive": predicted}, scale)


def test_a_series_with_ten_times_the_errors_has_an_interval_ten_times_as_wide():
    rolled = told([[[1], [-2], [1], [-2]], [[10], [-20], [10], [-20]]], scale=[1, 10])
    low, high = conformal(rolled, "naive", np.full((2, 1), 100.0), (80,))[80]
    assert (high - low)[1, 0] == pytest.approx(10 * (high - low)[0, 0])
    assert (high + low) / 2 == pytest.approx(100.0)
    assert 1 < high[0, 0] - 100 < 4


def test_no_interval_narrows_with_the_step_and_95_holds_80():
    rng = np.random.default_rng(0)
    rolled = told(rng.normal(size=(3, 5, 8)) * np.r_[3.0, np.ones(7)])  # the first step was by chance the worst
    found = conformal(rolled, "naive", np.full((3, 12), 100.0))
    widths = {level: high - low for level, (low, high) in found.items()}
    assert widths[80].shape == (3, 12)
    for width in widths.values():
        assert (np.diff(width, axis=1) >= 0).all()
    assert (widths[95] > widths[80]).all()


@pytest.mark.parametrize("together", [1, 200])
def test_intervals_hold_what_they_say_for_one_series_as_for_two_hundred(together):
    rng = np.random.default_rng(1)
    inside = {80: [], 95: []}
    for _ in range(-(-200 // together)):
        walks = [100 + np.cumsum(rng.normal(size=60 + 6)) for _ in range(together)]
        rolled = looked_back(["naive"], [walk[:60] for walk in walks], 6, 1)
        point = np.array([np.full(6, walk[59]) for walk in walks])
        for level, (low, high) in conformal(rolled, "naive", point).items():
            came = np.array([walk[60:] for walk in walks])
            inside[level].append(((came >= low) & (came <= high)).mean())
    assert 0.76 < np.mean(inside[80]) < 0.84
    assert 0.92 < np.mean(inside[95]) < 0.985


def test_without_a_single_error_the_scale_of_the_series_says_how_far():
    nothing = np.full((1, 3, 4), np.nan)
    rolled = Rolled(np.zeros((1, 3), int), nothing, {"naive": nothing}, np.array([2.0]))
    low, high = conformal(rolled, "naive", np.full((1, 4), 10.0))[80]
    assert np.isfinite(low).all() and (high - low > 2 * 2).all()


def test_a_series_that_never_moved_is_told_exactly_and_lends_no_one_its_calm():
    errors = [[[5, -5], [-5, 5], [5, 5], [-5, -5]]]
    alone = conformal(told(errors, scale=[5]), "naive", np.full((1, 2), 100.0), (80,))[80]
    both = conformal(told([np.zeros((4, 2)), errors[0]], scale=[0, 5]), "naive", np.full((2, 2), 100.0), (80,))[80]
    assert (both[0][0] == 100).all() and (both[1][0] == 100).all()
    assert both[1][1] == pytest.approx(alone[1][0])


def test_a_season_that_never_changed_still_has_the_errors_of_a_model_that_does_not_see_it():
    low, high = conformal(told([[[4.0, 4], [-4, 4]]], scale=[0]), "naive", np.full((1, 2), 100.0))[95]
    assert (high - low > 2 * 4).all()


def test_origins_that_could_not_know_the_season_do_not_widen_the_intervals_of_those_that_can():
    errors = np.full((1, 4, 1), 1.0)
    errors[0, 2:] = 50
    rolled = replace(told(errors), origins=np.array([[48, 36, 20, 12]]))
    low, high = conformal(rolled, "naive", np.array([[100.0]]), season=12)[80]
    assert (high - low)[0, 0] < 10
    # While nothing else is known, they are all there is.
    rolled = replace(rolled, origins=np.array([[20, 18, 14, 12]]))
    low, high = conformal(rolled, "naive", np.array([[100.0]]), season=12)[80]
    assert (high - low)[0, 0] > 40


def test_what_cannot_fall_below_nothing_has_an_interval_that_does_not():
    rolled = told([[[8], [-8], [8], [-8]]], scale=[8])
    low, high = conformal(rolled, "naive", np.array([[3.0]]), lowest=np.array([0.0]))[95]
    assert low[0, 0] == 0 and high[0, 0] > 11
    # A forecast that is below it all the same stays inside its own interval.
    low, high = conformal(rolled, "naive", np.array([[-1.0]]), lowest=np.array([0.0]))[95]
    assert low[0, 0] == -1


def test_old_errors_of_a_series_that_has_doubled_count_for_more():
    errors = [[[5], [-5], [5], [-5]]]
    then = conformal(told(errors), "naive", np.array([[100.0]]), (80,))[80]
    now = conformal(told(errors), "naive", np.array([[200.0]]), (80,))[80]
    assert (now[1] - now[0])[0, 0] > 1.4 * (then[1] - then[0])[0, 0]


def test_errors_growing_with_the_step_are_seen_to_grow():
    rng = np.random.default_rng(2)
    growing = rng.normal(size=(300, 4, 6)).cumsum(axis=2)
    flat = rng.normal(size=(300, 4, 6))
    assert spread_of(growing, np.ones(300)).growth[[0, -1]] == pytest.approx([0.55, 1.36], abs=0.05)
    assert np.ptp(spread_of(flat, np.ones(300)).growth) < 0.1


def test_the_test_for_intervals_looks_to_the_very_end_of_a_history():
    rolled = looked_back(["naive"], [np.arange(40.0)], 6, 1)
    assert rolled.origins[0].tolist() == [37, 34, 31, 28, 25]
    assert rolled.scale == 1
    assert looked_back(["naive"], [np.arange(6.0)], 6, 7).scale == 1  # taken step by step while shorter than a season
    assert np.isnan(rolled.actual[0, 0, 3:]).all() and rolled.actual[0, 0, :3].tolist() == [37, 38, 39]


@pytest.mark.long
@pytest.mark.parametrize(("period", "season", "horizon"), [("YEARLY", 1, 6), ("QUARTERLY", 4, 8), ("MONTHLY", 12, 18)])
def test_intervals_hold_in_the_m3_competition(data_set, period, season, horizon):
    import pandas as pd

    from crm_core.time_series.forecasting import models

    meta = pd.read_csv(data_set("m3") / "m3_meta.csv")
    names = meta[meta.period == period].series.iloc[::5]
    values = pd.read_parquet(data_set("m3") / "m3_long.parquet")
    values = {(name, split): group.value.to_numpy(float)
              for (name, split), group in values.sort_values("t").groupby(["series", "split"])}
    histories = [values[name, "train"] for name in names]
    came = np.array([values[name, "test"] for name in names])
    rolled = looked_back(["theta"], histories, horizon, season)
    point = models.predict(["theta"], histories, horizon, season)["theta"]
    for level, (low, high) in conformal(rolled, "theta", point, season=season).items():
        assert abs(100 * ((came >= low) & (came <= high)).mean() - level) < (6 if level == 80 else 4)
