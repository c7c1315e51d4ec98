"""The parts of the page on time series for own numbers and for charts that people put together, in both languages."""
import json
import re

import pytest

from crm_core.time_series.charting import Choice
from tests.test_charting import fill
from tests.test_pages import opened, settled, texts

VISITS = "date,shop,visits\n" + "".join(
    f"2026-01-{day:02d},{shop},{day * 10 + len(shop)}\n" for shop in ("north", "upper") for day in range(1, 31) if day != 9)


@pytest.fixture
def shop(store):
    fill(store)
    return store


def at(app, key):
    """The one button of a key."""
    return next(button for button in app.button if button.key == key)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_table_of_series_is_brought_checked_kept_taken_back_and_taken_away(language, store, monkeypatch):
    app = opened("time_series", store, monkeypatch, language=language, part="own")
    settled(app.file_uploader[0].set_value(("visits.csv", VISITS.encode(), "text/csv")).run())
    said = " ".join(texts(app))
    assert {"en": "58 numbers in 2 series", "zh": "共 58 个数值、2 条序列"}[language] in said
    assert {"en": "2 periods are missing in 2 series", "zh": "2 条序列共缺 2 个时段"}[language] in said
    assert app.multiselect[0].value == ["date"] and app.multiselect[2].value == ["shop"]
    english = [text for text in texts(app) if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", text)]
    assert language == "en" or english == []
    settled(at(app, "own keep").click().run())
    assert store.frame("own_measures").points.tolist() == [58]

    # The same file once more: nothing to keep. Half of it: what becomes of the rest is asked.
    settled(app.file_uploader[0].set_value(("visits.csv", VISITS.encode(), "text/csv")).run())
    assert not [button for button in app.button if button.key == "own keep"]
    half = VISITS[:VISITS.index("2026-01-20,upper")].replace("2026-01-02,north,25", "2026-01-02,north,1")
    settled(app.file_uploader[0].set_value(("half.csv", half.encode(), "text/csv")).run())
    assert not [button for button in app.button if button.key == "own keep"]
    app.radio(key="own how half.csv").set_value("replace").run()
    settled(at(app, "own keep").click().run())
    assert store.frame("own_measures").points.tolist() == [47]
    settled(at(app, "own undo").click().run())
    assert store.frame("own_measures").points.tolist() == [58]
    settled(at(app, "own remove").click().run())
    assert store.frame("own_measures").empty


def test_what_the_file_does_not_tell_is_asked(store, monkeypatch):
    app = opened("time_series", store, monkeypatch, part="own")
    settled(app.file_uploader[0].set_value(("a.csv", b"date,sales\n03-04-2024,1\n04-04-2024,2\n05-04-2024,9\n", "text/csv")).run())
    order = next(radio for radio in app.radio if radio.key.startswith("own order"))
    settled(order.set_value("month first").run())
    assert any("4 Mar 2024" in text for text in texts(app)) and at(app, "own keep")
    settled(app.file_uploader[0].set_value(("b.csv", b"t,value\n1,5\n2,6\n3,9\n3,1\n", "text/csv")).run())
    assert any("running numbers" in text for text in texts(app)) and any("more than once" in text for text in texts(app))
    interval = next(box for box in app.selectbox if box.key.startswith("own interval"))
    settled(interval.set_value("quarter").run())
    assert any("to 1 Jul 2000, by quarter" in text for text in texts(app))
    settled(app.file_uploader[0].set_value(("c.csv", b"name,age\nanna,5\nbert,6\n", "text/csv")).run())
    assert any("says when" in error.value for error in app.error)
    assert not [button for button in app.button if button.key == "own keep"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_chart_is_put_together_kept_linked_renamed_and_taken_away(language, shop, monkeypatch):
    app = opened("time_series", shop, monkeypatch, language=language, part="builder",
                 chart=json.dumps({"days": 0, "by": "country"}))
    assert app.selectbox(key="builder by").value == "country"
    app = settled(app.button_group(key="builder kind").set_value("pie").run())
    assert json.loads(app.query_params["chart"]) == {"days": 0, "by": "country", "kind": "pie"}
    english = [text for text in texts(app) if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", re.sub(r":material/\w+:", "", text))]
    assert language == "en" or english == []
    app.text_input(key="builder name 0").set_value("By country").run()
    settled(at(app, "builder keep").click().run())
    kept = shop.frame("charts_kept")
    assert (kept.name[0], Choice.from_json(kept.choice[0])) == ("By country", Choice("pie", by="country", days=0))
    assert app.query_params["saved"] == str(kept.id[0]) and "chart" not in app.query_params

    link = opened("time_series", shop, monkeypatch, language=language, part="builder", saved=str(kept.id[0]))
    assert link.selectbox(key="builder by").value == "country" and not link.exception
    link.text_input(key=f"chart name {kept.id[0]} By country").set_value("Countries").run()
    settled(at(link, f"rename chart {kept.id[0]}").click().run())
    assert shop.frame("charts_kept").name.tolist() == ["Countries"]
    settled(at(link, f"remove chart {kept.id[0]}").click().run())
    assert shop.frame("charts_kept").empty
    settled(at(link, "builder undo").click().run())
    assert shop.frame("charts_kept").name.tolist() == ["Countries"]


@pytest.mark.parametrize(("language", "unknown", "shares"), [
    ("en", "There is no chart of the type donut", "does not add up"), ("zh", "没有“donut”这种图表", "没有意义")])
def test_what_cannot_be_drawn_is_said_on_the_page(language, unknown, shares, shop, monkeypatch):
    app = opened("time_series", shop, monkeypatch, language=language, part="builder", chart='{"kind": "donut", "days": 0}')
    assert any(unknown in error.value for error in app.error)
    pie = json.dumps({"kind": "pie", "measure": "average_order", "days": 0})
    app = opened("time_series", shop, monkeypatch, language=language, part="builder", chart=pie)
    assert any(shares in error.value for error in app.error)
    gone = opened("time_series", shop, monkeypatch, language=language, part="builder", saved="77")
    assert gone.warning and not gone.exception
    empty = opened("time_series", shop, monkeypatch, language=language, part="builder", chart="nonsense")
    assert empty.error and not empty.exception
