"""The page on time series: the bar of choices that all its parts share, and its first part."""
import re

import pytest

from tests.test_pages import opened, texts


@pytest.fixture(scope="module")
def shop(demo_shop):
    return demo_shop(customers=150, orders=1500, messages=300)


def test_the_address_chooses_the_series_and_keeps_it(shop, monkeypatch):
    app = opened("time_series", shop, monkeypatch, measure="requests", interval="month", split="priority", period="365")
    assert app.selectbox(key="time measure").value == "requests"
    assert (app.selectbox(key="time split").value, app.query_params["interval"]) == ("priority", "month")
    app.selectbox(key="time measure").set_value("items").run()
    # A priority splits no lines of orders: the way of splitting gives way, the period stays.
    assert (app.selectbox(key="time split").value, app.selectbox(key="time period").value) == ("", "365")
    assert app.query_params["measure"] == "items" and "split" not in app.query_params


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_first_part_opens_without_the_other_languages_sentences(language, shop, monkeypatch):
    said = texts(opened("time_series", shop, monkeypatch, language=language))
    if language == "zh":
        assert [text for text in said if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", text)] == []
    assert len(said) > 5


def test_a_series_is_compared_and_told_in_figures(shop, monkeypatch):
    app = opened("time_series", shop, monkeypatch, interval="month")
    app.selectbox(key="time compare").set_value("last_year").run()
    assert not app.exception
    assert len(app.metric) == 4 and "%" in app.metric[0].delta
    app.selectbox(key="time split").set_value("channel").run()
    assert not app.exception and not app.metric
    assert any("What moved" in text for text in texts(app))


def test_the_zone_of_the_workspace_is_told_in_the_bar(shop, monkeypatch):
    from crm_core.time_series.settings import Settings, keep

    with shop.batch("settings", "Asia/Shanghai") as batch:
        keep(batch, Settings("Asia/Shanghai", "sunday"))
    app = opened("time_series", shop, monkeypatch)
    assert app.button(key="time zone change").label == "Asia/Shanghai" and "Sunday" in app.button(
        key="time zone change").help
    shop.undo(shop.revision())


def test_an_empty_workbench_says_what_to_do(store, monkeypatch):
    assert any("Import some" in text for text in texts(opened("time_series", store, monkeypatch)))


def test_the_mood_of_messages_is_a_series_too(shop, monkeypatch):
    app = opened("time_series", shop, monkeypatch, measure="mood", interval="month", split="language")
    assert app.selectbox(key="time measure").value == "mood"
    app.selectbox(key="time compare").set_value("last_year").run()
    assert not app.exception
