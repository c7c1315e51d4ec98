"""A regression on calendar and campaigns: what they do, what other dates would change, and nothing known too early."""
import numpy as np
import pandas as pd
import pytest

from crm_core.errors import NoCampaignSeen, TooFewForEffects
from crm_core.time_series.forecasting import calendars, effects, models
from crm_core.time_series.forecasting.intervals import conformal, looked_back
from crm_core.time_series.forecasting.reconciling import hierarchy, together


def campaigns(*rows, kind="campaign"):
    return pd.DataFrame([(name, kind, pd.Timestamp(first), pd.Timestamp(last)) for name, first, last in rows],
                        columns=["name", "kind", "starts_on", "ends_on"])


def shop(seed=0, days=730, ahead=40, effect=0.25, noise=0.1):
    """Orders by day in which every campaign brings a quarter more, and Saturdays half of the others."""
    rng = np.random.default_rng(seed)
    periods = pd.date_range("2024-01-01", periods=days + ahead, freq="D")
    events = campaigns(("Spring sale", "2024-04-10", "2024-04-21"), ("Tea weeks", "2024-09-02", "2024-09-13"),
                       ("Spring sale 2025", "2025-04-10", "2025-04-21"), ("Harvest", "2025-10-01", "2025-10-10"),
                       ("New Year", periods[days + 5], periods[days + 14]))
    values = np.log(200) + np.where(periods.weekday == 5, np.log(0.5), 0) + rng.normal(0, noise, len(periods))
    for row in events.itertuples():
        values[(periods >= row.starts_on) & (periods <= row.ends_on)] += np.log(1 + effect)
    return periods[:days], np.exp(values[:days]), events, periods[days:], np.exp(values[days:])


def test_a_week_says_which_share_of_its_days_a_feast_and_a_campaign_hold():
    events = campaigns(("New tea", "2026-02-19", "2026-02-28"))
    week = calendars.design(pd.DatetimeIndex(["2026-02-16"]), "week", events, ("CN",)).iloc[0]
    assert week["holiday", "Spring Festival"] == pytest.approx(7 / 7)  # from the eve, 16 February, eight days
    assert week["campaign", "any"] == week["one_campaign", "new tea"] == pytest.approx(4 / 7)
    after = calendars.design(pd.DatetimeIndex(["2026-03-02"]), "week", events).iloc[0]
    assert after["after", "any"] == pytest.approx(6 / 7)


def test_a_month_knows_how_many_saturdays_it_has():
    may = calendars.design(pd.DatetimeIndex(["2026-05-01"]), "month").iloc[0]
    assert may["weekday", "5"] == pytest.approx(5 / 31 - 1 / 7)


def test_the_same_campaign_of_another_year_is_one():
    assert calendars.same("Black Friday 2025") == calendars.same("Black Friday 2026") == "black friday"
    assert calendars.same("中秋促销 2025") == "中秋促销"
    assert calendars.same("2025") == "2025"


def test_what_a_campaign_did_is_found_with_its_interval():
    periods, values, events, _, _ = shop()
    found = effects.effects(effects.fit(periods, values, "day", events)).set_index(["group", "name"])
    assert set(found.index.get_level_values("name")) == {"spring sale", "tea weeks", "harvest", "any"}
    each = found.loc["one_campaign"]
    assert each.effect.mean() == pytest.approx(0.25, abs=0.05)
    assert ((each.low_95 < 0.25) & (each.high_95 > 0.25)).all()
    assert (each.low_80 > 0).all() and (each.high_95 > each.high_80).all()


def test_in_a_series_that_touches_nothing_effects_are_sums():
    periods, values, events, _, _ = shop()
    values = np.where(np.arange(len(values)) == 3, 0.0, values)
    found = effects.effects(effects.fit(periods, values, "day", events)).set_index(["group", "name"])
    assert found.loc["one_campaign", "harvest"].effect == pytest.approx(0.25 * values.mean(), rel=0.35)


def test_the_regression_says_weekdays_and_campaigns_to_come():
    periods, values, events, after, came = shop()
    fitted = effects.fit(periods, values, "day", events[:4])
    told = effects.predicted(fitted, after, "day", events)
    season = values[-7:][np.arange(len(after)) % 7]
    assert np.abs(told - came).mean() < 0.8 * np.abs(season - came).mean()
    assert told[5:15].mean() > 1.15 * told[15:25].mean()


def test_taking_a_campaign_away_takes_its_gain_and_the_interval_holds_it():
    gained, inside = [], []
    for seed in range(6):
        periods, values, events, after, _ = shop(seed)
        found = effects.what_if(periods, values, "day", len(after), events, events[:4])
        quiet = 200 * np.where(after.weekday == 5, 0.5, 1.0)[5:15].sum() * np.exp(0.1**2 / 2)
        gained.append(-found.total["difference"] / (0.25 * quiet))
        inside.append(found.total["low_95"] < -0.25 * quiet < found.total["high_95"])
        assert found.periods.difference[:5].abs().max() == 0  # before it would begin nothing is different
        assert found.seen == 3
    assert np.mean(gained) == pytest.approx(1, abs=0.2)
    assert sum(inside) >= 5


def test_moving_a_campaign_moves_what_it_brings_and_changes_little_in_all():
    periods, values, events, after, _ = shop()
    moved = pd.concat([events[:4], campaigns(("New Year", after[19], after[28]))])
    found = effects.what_if(periods, values, "day", len(after), events, moved)
    assert found.periods.difference[5:15].sum() < -200 and found.periods.difference[19:29].sum() > 200
    assert abs(found.total["difference"]) < 0.3 * abs(found.periods.difference[5:15].sum())
    assert found.total["difference"] == pytest.approx(found.periods.difference.sum())
    assert found.total["changed"] - found.total["planned"] == pytest.approx(found.total["difference"])


def test_the_same_question_has_the_same_answer():
    periods, values, events, _, _ = shop(days=400)
    first, second = (effects.what_if(periods, values, "day", 20, events, events[:2]) for _ in range(2))
    assert first.total == second.total


def test_without_a_campaign_behind_it_nobody_knows_what_one_does():
    periods, values, events, _, _ = shop()
    with pytest.raises(NoCampaignSeen):
        effects.what_if(periods, values, "day", 40, events[4:], events[:0])
    with pytest.raises(TooFewForEffects) as told:
        effects.fit(periods[:5], values[:5], "day")
    assert told.value.facts == {"found": 5, "needed": 8}


def test_a_test_on_the_past_knows_no_campaign_that_was_not_planned_yet():
    periods, values, events, _, _ = shop(days=800)
    origins = np.array([periods.get_loc(pd.Timestamp("2025-09-28"))])  # three days before the harvest
    blind = effects.rolled(periods, values, "day", origins, 14, events)
    none = effects.rolled(periods, values, "day", origins, 14, events[events.name != "Harvest"])
    assert blind == pytest.approx(none)
    planned = events.assign(known_on=events.starts_on - pd.Timedelta(days=30))
    assert (effects.rolled(periods, values, "day", origins, 14, planned)[0, 4:12] > 1.1 * none[0, 4:12]).all()


def test_what_comes_after_an_origin_changes_nothing_that_was_said_there():
    periods, values, events, _, _ = shop()
    origins = np.array([500, 600])
    later = values.copy()
    later[600:] *= 5
    assert effects.rolled(periods, values, "day", origins, 14, events) == pytest.approx(
        effects.rolled(periods, later, "day", origins, 14, events))


def test_a_series_without_a_start_or_with_holes_is_read_where_it_is_known():
    periods, values, events, after, _ = shop(days=400)
    values[:100] = np.nan
    values[200:210] = np.nan
    told = effects.predicted(effects.fit(periods, values, "day", events), after[:7], "day", events)
    assert np.isfinite(told).all()


def test_among_other_models_the_regression_stands_beside_them_and_a_short_series_keeps_what_was_said():
    periods, values, events, _, _ = shop(days=400)
    short = np.where(np.arange(400) < 394, np.nan, values)
    test = looked_back(["regression", "seasonal_naive"], [values, short[394:]], 7, 7)
    points = models.predict(["regression", "seasonal_naive"], [values, short[394:]], 7, 7)
    both, told = effects.on_the_calendar(test, points, [(periods, values), (periods[394:], short[394:])], "day", events)
    came, before = both.predicted["regression"], test.predicted["regression"]
    assert (np.isfinite(came) == np.isfinite(before)).all() and (came[0, -1] != before[0, -1]).all()
    np.testing.assert_equal(came[1], before[1])
    assert (told["regression"][1] == points["regression"][1]).all()
    assert (told["seasonal_naive"] == points["seasonal_naive"]).all()
    low, high = conformal(both, "regression", told["regression"], season=7)[95]
    assert ((low < told["regression"]) & (told["regression"] < high)).all()


@pytest.mark.parametrize("value", [0.0, 7.0, -3.0])
def test_a_series_that_never_moves_goes_on_as_it_is(value):
    periods = pd.date_range("2025-01-01", periods=30, freq="MS")
    fitted = effects.fit(periods, np.full(30, value), "month")
    ahead = calendars.ahead(periods[-1], "month", 3)
    assert list(ahead) == list(pd.date_range("2027-07-01", periods=3, freq="MS"))
    assert effects.predicted(fitted, ahead, "month") == pytest.approx(np.full(3, value), abs=0.01 * max(abs(value), 1))


def test_a_spike_that_nothing_explains_hardly_moves_the_rest():
    periods, values, events, after, _ = shop()
    spiked = values.copy()
    spiked[[300, 301]] *= 8
    plain, told = (effects.predicted(effects.fit(periods, row, "day", events[:4]), after, "day") for row in (values, spiked))
    assert told == pytest.approx(plain, rel=0.03)


def test_parts_and_their_total_know_the_campaigns_to_come_and_still_sum():
    periods, values, events, after, came = shop()
    tree = hierarchy(pd.DataFrame({"channel": ["web", "shop"]}, index=["web", "shop"]))
    planned = events.assign(known_on=events.starts_on - pd.Timedelta(days=60))
    parts = np.array([values * 0.6, values * 0.4])
    blind, seen = (together("regression", parts, tree, 20, 7, known_days=(periods, "day", given, ()))
                   for given in (None, planned))
    assert np.round(seen.point[0] - seen.point[1:].sum(axis=0), 6) == pytest.approx(0)
    assert np.abs(seen.point[0] - came[:20]).mean() < np.abs(blind.point[0] - came[:20]).mean()
    assert (seen.point[0, 5:15] > 1.1 * blind.point[0, 5:15]).all()
