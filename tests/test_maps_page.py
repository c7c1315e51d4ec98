"""The part of the page on time series that shows where: maps, own boundaries, names that match nothing."""
import json

import pytest

from tests.test_maps import file, packed, square
from tests.test_pages import opened, settled, texts
from tests.test_records_pages import typed


@pytest.fixture
def shop(store):
    """Customers of three countries, one of them written as nobody writes it, with two orders each."""
    with store.batch("import", "x") as batch:
        ids = batch.add("customers", [
            {"name": f"{place} {number}", "country": country, "region": region, "city": place}
            for country, region, place in (("Germany", "Bayern", "München"), ("China", "广东省", "深圳"),
                                           ("Germny", "Hessen", "Kassel")) for number in range(4)])
        batch.add("orders", [
            {"order_no": f"{customer}-{number}", "customer_id": customer, "ordered_at": f"2026-0{number}-10 10:00",
             "amount": 10 * customer, "status": "completed"} for customer in ids for number in (1, 2)])
    return store


def part(store, monkeypatch, language="en", **query):
    return opened("time_series", store, monkeypatch, language=language, part="maps", **query)


def said(app) -> str:
    return " ".join(texts(app))


@pytest.mark.parametrize(("language", "cover", "unknown"), [
    ("en", "of “Revenue” is on this map", "1 spelling matches no place"), ("zh", "落在这张地图上", "1 个写法对不上任何地方")])
def test_the_world_shows_what_is_on_it_and_what_is_not(language, cover, unknown, shop, monkeypatch):
    app = part(shop, monkeypatch, language)
    assert cover in said(app) and unknown in said(app)
    places = app.dataframe[0].value
    assert places.place.tolist() == ([{"en": "China", "zh": "中国"}[language], {"en": "Germany", "zh": "德国"}[language]])
    assert places.value.tolist() == [520, 200]


def test_a_spelling_is_told_once_and_holds_until_it_is_taken_back(shop, monkeypatch):
    app = part(shop, monkeypatch)
    editor = next(grid.key for grid in app.data_editor)
    typed(app, editor, edited_rows={0: {"means": "Germany · DE"}})
    app.button(key="map names keep").click().run()
    settled(app)
    assert app.dataframe[0].value.value.tolist() == [1040, 520] and "spelling matches" not in said(app)
    assert "1 name is remembered" in said(app)
    app.button(key="map undo").click().run()
    settled(app)
    assert "1 spelling matches no place" in said(app) and not app.exception


def test_a_guess_is_taken_by_one_click(shop, monkeypatch):
    app = part(shop, monkeypatch)
    app.button(key="map names likely").click().run()
    settled(app)
    assert app.dataframe[0].value.value.tolist() == [1040, 520]


def test_the_address_names_map_measure_and_period(shop, monkeypatch):
    app = part(shop, monkeypatch, map="china", figure="orders", by="month", drawn="bubbles")
    assert app.selectbox(key="map").value == "china" and app.selectbox(key="map measure").value == "orders"
    assert app.dataframe[0].value.values.tolist()[0][:2] == ["Guangdong", 4]  # of February, the last month with any
    assert "".join(app.query_params["map"]) == "china"


def test_an_address_that_names_nothing_shows_the_world(shop, monkeypatch):
    app = part(shop, monkeypatch, map="own:99", figure="nothing", by="day", drawn="upside down")
    assert app.selectbox(key="map").value == "world" and len(app.dataframe[0].value) == 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_own_boundaries_are_read_kept_looked_at_replaced_and_removed(language, shop, monkeypatch):
    app = part(shop, monkeypatch, language)
    features = file(("Bayern", [square(11, 48)]), ("Hessen", [square(9, 50)[:-1]]))
    app.file_uploader[0].upload("regions.geojson", packed(features), "application/json").run()
    settled(app)
    assert {"en": "1 ring was not closed", "zh": "1 个环没有闭合"}[language] in said(app)
    app.button(key="map keep").click().run()
    settled(app)
    assert not app.exception and app.selectbox(key="map").value.startswith("own:")
    assert app.dataframe[0].value.place.tolist() == ["Hessen", "Bayern"]
    with shop.look() as look:
        (kept,) = look.execute("SELECT choice FROM boundaries WHERE deleted_at IS NULL").fetchall()
    assert json.loads(kept[0]) == {"level": "region", "points": 9, "places": 2}
    app.button(key=f"map remove {app.selectbox(key='map').value}").click().run()
    settled(app)
    assert not app.exception and app.selectbox(key="map").value == "world"


@pytest.mark.parametrize(("data", "sentence"), [
    (b"nothing", "could not be read as GeoJSON"), (packed([]), "No shape in this file has an area"),
    (packed(file(("Metres", [square(1e6, 6e6, 1e3)]))), "is no longitude and latitude")])
def test_a_file_that_is_none_is_refused_in_words(data, sentence, shop, monkeypatch):
    app = part(shop, monkeypatch)
    app.file_uploader[0].upload("x.geojson", data, "application/json").run()
    settled(app)
    assert sentence in said(app) and not app.exception


def test_own_numbers_stand_on_own_boundaries(shop, monkeypatch):
    with shop.batch("import", "x") as batch:
        batch.add("observations", [{"measure": "Turnover", "series": place, "place": place, "period": f"{year}-01-01",
                                    "value": value, "adds_up": True}
                                   for place, value in (("Germany", 5.0), ("中国", 7.0), ("Narnia", 1.0))
                                   for year in (2020, 2021)])
    app = part(shop, monkeypatch, figure="own:Turnover")
    assert dict(app.dataframe[0].value[["place", "value"]].values.tolist()) == {"China": 14.0, "Germany": 10.0}
    assert "1 spelling matches no place" in said(app)


def test_an_empty_book_says_what_to_do(store, monkeypatch):
    assert "Nothing is on this map" in said(part(store, monkeypatch))
