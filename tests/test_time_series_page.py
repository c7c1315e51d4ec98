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


def test_a_book_that_ended_long_ago_is_shown_up_to_its_end(store, monkeypatch):
    with store.batch("import", "old.csv") as batch:
        batch.add("orders", [{"order_no": str(day), "ordered_at": f"2011-{1 + day // 28:02}-{1 + day % 28:02} 12:00",
                              "status": "completed", "amount": 10.0} for day in range(112)])
    app = opened("time_series", store, monkeypatch, interval="month", compare="previous", shape="running_sum")
    assert not app.exception
    # 28 days of April: the month counts as over, and nothing is told of the years since.
    assert any("28 Apr 2011" in text for text in texts(app))
    assert [one.value for one in app.metric][0] == "280" and app.metric[0].label.endswith("04")
    # A link carries the comparison and the shape too.
    assert (app.selectbox(key="time compare").value, app.query_params["shape"]) == ("previous", "running_sum")


def test_where_a_book_ends_decides_what_is_told():
    from datetime import date

    import pandas as pd

    from crm_core.time_series.outlook import told_until

    friday, today = pd.Timestamp("2011-12-09 12:50"), date(2026, 11, 22)
    assert told_until(friday, "day", "monday", today) == date(2011, 12, 9)
    assert told_until(friday, "week", "monday", today) == date(2011, 12, 11)  # closed at the weekend: the week is over
    assert told_until(friday, "week", "sunday", today) == date(2011, 12, 10)
    assert told_until(pd.Timestamp("2026-11-16"), "week", "monday", today) is None and told_until(None, "day", "monday", today) is None
