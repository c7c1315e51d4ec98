"""Campaigns, holidays and own events as one list; the pattern of a series; both parts of the page in both languages."""

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_core.errors import TooFewPeriods
from crm_core.time_series.decomposing import decompose, profile
from crm_core.time_series.events import code_of, countries_of, events, explaining, holidays
from crm_core.time_series.yearly import alignments, easter, thanksgiving
from tests.test_pages import opened, texts


def test_campaigns_own_events_and_holidays_stand_in_one_list(store):
    with store.batch("test") as batch:
        batch.add(
            "campaigns",
            pd.DataFrame({"name": ["Tea weeks"], "starts_on": [date(2026, 2, 2)], "ends_on": [date(2026, 2, 15)]}),
        )
        batch.add("events", pd.DataFrame({"name": ["Strike"], "starts_on": [date(2026, 2, 20)], "region": ["DE"]}))
        batch.add("customers", pd.DataFrame({"name": ["Ada", "Bo", "Cy"], "country": ["Germany", "中国", "Atlantis"]}))
    with store.look() as look:
        assert countries_of(look) == ("CN", "DE") or countries_of(look) == ("DE", "CN")
        found = events(look, ("CN",), date(2026, 2, 1), date(2026, 2, 28))
    told = {
        (row.name_, row.kind, str(row.starts_on.date()), str(row.ends_on.date()), row.region)
        for row in found.rename(columns={"name": "name_"}).itertuples()
    }
    assert ("Tea weeks", "campaign", "2026-02-02", "2026-02-15", "") in told
    assert ("Strike", "own", "2026-02-20", "2026-02-20", "DE") in told
    assert any(name == "Spring Festival" and kind == "holiday" for name, kind, *_ in told)


def test_without_anything_the_list_is_empty_and_has_its_columns(store):
    with store.look() as look:
        found = events(look, (), date(2026, 6, 1), date(2026, 6, 2))
    assert list(found) == ["name", "kind", "starts_on", "ends_on", "region"] and found.empty


def test_holidays_have_chinese_names_and_one_of_several_countries_is_told_once():
    found = holidays(("CN", "DE", "GB"), date(2025, 12, 20), date(2026, 1, 5), "zh")
    new_year = found[found.name == "元旦"]
    assert len(new_year) >= 1 and "DE" in ", ".join(new_year.region)
    assert not [name for name in found.name if name.isascii() and not name.isdigit()]


@pytest.mark.parametrize(
    ("written", "code"), [
        ("Deutschland", "DE"), ("de", "DE"), ("中国", "CN"), ("USA", "US"), ("England", "GB"), ("Atlantis", None),
        ("Andorra", None)]  # Andorra is a country, but its holidays are not known here
)
def test_countries_are_known_however_they_are_written(written, code):
    assert code_of(written) == code


def test_moving_feasts_fall_on_their_days():
    assert [easter(year) for year in (2024, 2025, 2026)] == [date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5)]
    assert [thanksgiving(year) for year in (2024, 2025)] == [date(2024, 11, 28), date(2025, 11, 27)]


def test_a_day_has_the_same_place_each_year_and_a_feast_its_own():
    found = alignments(pd.date_range("2023-01-01", "2025-12-31"), "day")
    days = pd.date_range("2023-01-01", "2025-12-31")
    christmas = found["date"][(days.month == 12) & (days.day == 24)]
    assert len(set(christmas)) == 1 and len(christmas) == 3
    eve = found["spring_festival"][days.isin(pd.to_datetime(["2023-01-21", "2024-02-09", "2025-01-28"]))]
    assert len(set(eve)) == 1


def test_an_event_explains_what_lies_in_it_and_a_long_one_no_single_day():
    every = pd.DataFrame(
        {
            "name": ["Flash sale", "Winter weeks"],
            "kind": ["own", "campaign"],
            "region": ["", "DE"],
            "starts_on": pd.to_datetime(["2026-01-10", "2026-01-01"]),
            "ends_on": pd.to_datetime(["2026-01-10", "2026-01-31"]),
        }
    )
    day = pd.Timestamp("2026-01-10")
    assert explaining(every, "spike", day, day) == ("Flash sale",)
    assert explaining(every, "spike", day, day + pd.Timedelta(days=12)) == ("Flash sale", "Winter weeks")
    assert explaining(every, "spike", day, day + pd.Timedelta(days=12), region="FR") == ("Flash sale",)
    assert explaining(every, "shift", pd.Timestamp("2026-01-03"), day) == ("Winter weeks",)


# --- what repeats -----------------------------------------------------------------------------------------------------


def series(values, interval: str) -> pd.DataFrame:
    periods = pd.date_range("2022-01-01", periods=len(values), freq=interval)
    return pd.DataFrame({"period": periods, "value": np.asarray(values, float), "whole": True})


def test_two_seasons_are_taken_apart_and_multiply_back_to_the_series():
    at = np.arange(800)
    week = np.array([1.3, 1.0, 0.9, 0.9, 1.0, 1.1, 0.8])[at % 7]
    values = (
        100 * week * (1 + 0.3 * np.sin(2 * np.pi * at / 365)) * np.exp(np.random.default_rng(0).normal(0, 0.02, 800))
    )
    found = decompose(series(values, "D"), "day")
    frame = found.frame
    assert found.seasons == ("week", "year") and found.in_shares
    assert np.allclose(frame.trend * frame.season_week * frame.season_year * frame.rest, frame.value)
    assert found.told("week") == found.told("year") == "strong"
    assert frame.season_week[:7].to_numpy() / frame.season_week[:7].mean() == pytest.approx(
        week[:7] / week.mean(), rel=0.08
    )


@pytest.mark.parametrize(("interval", "length", "name"), [("W-MON", 52, "week"), ("MS", 12, "month")])
def test_a_first_year_in_which_a_shop_only_begins_makes_no_season_of_its_own(interval, length, name):
    at = np.arange(3 * length)
    course = 0.3 * np.sin(2 * np.pi * at / length)
    values = np.exp(5 + 0.3 * at / length + course + np.random.default_rng(2).normal(0, 0.05, len(at)))
    values[: length // 6] *= np.linspace(0.05, 0.9, length // 6)
    found = decompose(series(values, interval), name).frame
    later = found.iloc[length:]
    assert later.rest.between(0.75, 1.33).all()
    assert np.log(later.season_year).to_numpy() == pytest.approx(course[length:], abs=0.2)


def test_noise_has_a_weak_season_and_gaps_are_counted():
    values = np.random.default_rng(1).normal(0, 1, 120)
    values[[5, 60]] = np.nan
    found = decompose(series(values, "MS"), "month")
    assert found.told("year") == "weak" and not found.in_shares and found.filled == 2


def test_too_short_a_series_is_not_taken_apart():
    with pytest.raises(TooFewPeriods):
        decompose(series([1, 2, 3, 4, 5.0], "MS"), "month")


def test_a_profile_is_told_against_the_cycle_round_it_so_that_growth_makes_no_december():
    values = 1.02 ** np.arange(48)
    values[np.arange(48) % 12 == 11] *= 2
    told = profile(series(values, "MS"), "month").set_index("place")["index"]
    assert told[12] == told.max() and told[12] > 1.6
    assert told[6] == pytest.approx(told[2], rel=0.15)


# --- on the page ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(demo_shop):
    return demo_shop(customers=300, orders=6000, messages=200)


@pytest.mark.parametrize(
    ("part", "language", "told"),
    [
        ("unusual", "en", "Did an event matter?"),
        ("unusual", "zh", "事件有没有影响？"),
        ("pattern", "en", "What it is made of"),
        ("pattern", "zh", "序列的构成"),
    ],
)
def test_a_part_opens_in_its_language(part, language, told, shop, monkeypatch):
    said = texts(
        opened("time_series", shop, monkeypatch, language=language, part=part, interval="week", measure="orders")
    )
    assert any(told in text for text in said)
    if language == "zh":  # campaigns of the shop have English names
        own = [text for text in said if "“" not in text and "同期事件" not in text]
        assert [text for text in own if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", text)] == []


def test_an_own_event_is_kept_stands_in_the_list_and_is_undone(shop, monkeypatch):
    with shop.batch("event", "Strike") as batch:
        batch.add("events", {"name": "Strike", "starts_on": "2026-05-04", "ends_on": "2026-05-08"})
        number = batch.number
    app = opened("time_series", shop, monkeypatch, part="unusual", interval="week", measure="orders")
    assert any("Strike" in str(option) for option in app.selectbox(key="time event").options)
    shop.undo(number)
    with shop.look() as look:
        assert look.execute("SELECT count(*) FROM events WHERE deleted_at IS NULL").fetchone() == (0,)
