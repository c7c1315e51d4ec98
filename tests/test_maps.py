"""Maps: places by their names, own boundaries with every kind of fault, figures by place, and how all of it is drawn."""
import gzip
import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_core.errors import (
    BoundariesAllBroken,
    BoundariesNotInDegrees,
    BoundariesTooMany,
    BoundariesUnreadable,
    BoundariesWithoutNames,
    BoundariesWithoutShapes,
)
from crm_core.reference.places import listed, squares
from crm_core.time_series import maps
from crm_core.time_series.maps.boundaries import crosses
from crm_core.time_series.maps.projection import Projection, projection_of, unwrapped
from crm_core.time_series.maps.simplifying import area, simplified


def square(x: float, y: float, size: float = 1.0) -> list:
    return [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]


def file(*shapes: tuple, kind: str = "Polygon", **properties) -> list[dict]:
    """Features from (name, rings); their code is the name's first letter."""
    return [{"type": "Feature", "properties": {"code": name[:1].upper(), "name": name, **properties},
             "geometry": {"type": kind, "coordinates": rings}} for name, rings in shapes]


def packed(features: list[dict]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def checked(features: list[dict], **how) -> maps.Boundaries:
    return maps.check(features, maps.recognised(features), **how)


def told(boundaries: maps.Boundaries) -> dict[str, int]:
    return {problem.kind: problem.count for problem in boundaries.problems}


def written(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame([{"country": country, "region": region, "city": city, "customers": 1, "orders": 0}
                         for country, region, city in rows])


def codes(on: str, *rows: tuple, **said) -> list[str]:
    return maps.match(written(*rows), maps.built_in(on), said.get("aliases", {}), said.get("countries")).frame.code.tolist()


# --- the maps that come along -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "places"), [("world", 219), ("china", 34)])
def test_every_place_has_a_square_of_its_own(name, places):
    at = squares(name)
    assert len(at) == len(set(at.values())) == len(listed(name)) == places
    on = maps.built_in(name).places
    assert (on.column >= 0).all() and (on.row >= 0).all() and on.latitude.between(-60, 80).all()


def test_no_two_places_of_the_world_or_of_china_answer_to_one_name():
    for name in ("world", "china"):
        doubled = {key: found for key, found in maps.built_in(name).spellings.items() if len(found) > 1}
        assert doubled == {}


def test_squares_lie_as_the_places_do():
    """Most places of the world lie west of a place whose square is to the right, and north of one whose square is below."""
    on = maps.built_in("world").places.query("code not in ('PF', 'TO', 'WS', 'CK')")  # beyond the date line
    east = np.sign(np.subtract.outer(on.column.to_numpy(), on.column.to_numpy()))
    true_east = np.sign(np.subtract.outer(on.longitude.to_numpy(), on.longitude.to_numpy()))
    south = np.sign(np.subtract.outer(on.row.to_numpy(), on.row.to_numpy()))
    true_south = np.sign(np.subtract.outer(-on.latitude.to_numpy(), -on.latitude.to_numpy()))
    assert (east * true_east >= 0).mean() > 0.93 and (south * true_south >= 0).mean() > 0.9


@pytest.mark.parametrize(("text", "code"), [
    ("Germany", "DE"), ("Deutschland", "DE"), ("ALLEMAGNE", "DE"), ("德国", "DE"), ("德國", "DE"), ("DEU", "DE"), ("de", "DE"),
    ("USA", "US"), ("U.S.A.", "US"), ("United States of America", "US"), ("UK", "GB"), ("Great Britain", "GB"),
    ("Côte d’Ivoire", "CI"), ("cote d'ivoire", "CI"), ("Österreich", "AT"), ("Oesterreich", "AT"), ("中华人民共和国", "CN"),
    ("People's Republic of China", "CN"), ("Hong Kong SAR, China", "HK"), ("台湾", "TW"), ("Korea, Republic of", "KR"), ("Korea", None),
    ("Republic of Korea", "KR"), ("the Netherlands", "NL"), ("St. Lucia", "LC"), ("Trinidad & Tobago", "TT"),
    ("Россия", "RU"), ("Congo", None), ("Atlantis", None)])
def test_a_country_is_known_by_the_names_that_people_write(text, code):
    assert codes("world", (text, "", "")) == [code or "~unknown"]


@pytest.mark.parametrize(("text", "code"), [
    ("广东省", "CN-GD"), ("廣東", "CN-GD"), ("Guangdong Province", "CN-GD"), ("GUANGDONG SHENG", "CN-GD"), ("粤", "CN-GD"),
    ("内蒙古自治区", "CN-NM"), ("Inner Mongol", "CN-NM"), ("广西壮族自治区", "CN-GX"), ("上海市", "CN-SH"), ("440000", "CN-GD"),
    ("香港特别行政区", "CN-HK"), ("Shaanxi", "CN-SN"), ("Shanxi", "CN-SX"), ("台湾省", "CN-TW"), ("CN-XZ", "CN-XZ")])
def test_a_province_is_known_by_its_names(text, code):
    assert codes("china", ("中国", text, "")) == [code]


def test_what_lies_elsewhere_is_told_apart_from_what_nobody_knows():
    assert codes("china", ("Germany", "Bayern", ""), ("China", "", ""), ("China", "Nowhere", ""), ("", "四川", ""),
                 ("Hong Kong", "", ""), ("Taiwan", "", "")) == [
        "~elsewhere", "~empty", "~unknown", "CN-SC", "CN-HK", "CN-TW"]


def test_a_city_is_the_one_in_its_country():
    assert codes("cities", ("UK", "", "Birmingham"), ("Germany", "", "Köln"), ("中国", "", "苏州市"),
                 ("Germany", "", "Paris"), ("", "", "Paris")) == [
        "GB-birmingham", "DE-cologne", "CN-suzhou", "~unknown", "FR-paris"]


def test_what_people_said_counts_before_what_is_known():
    assert codes("world", ("Holland-Süd", "", ""), ("HQ", "", ""), ("China", "", ""),
                 aliases={"holland süd": "NL", "HQ": None, "China": "TW", "other": "XX"}) == ["NL", "~aside", "TW"]
    assert codes("china", ("Reich der Mitte", "Sichuan", ""), countries={"Reich der Mitte": "CN"}) == ["CN-SC"]


def test_a_near_spelling_is_proposed_and_never_taken():
    found = maps.match(written(("Germny", "", ""), ("Qwxyz", "", "")), maps.built_in("world"), {})
    assert found.unknown[["written", "likely"]].values.tolist() == [["Germny", "DE"], ["Qwxyz", ""]]


# --- own boundaries ---------------------------------------------------------------------------------------------------


def test_sound_boundaries_are_read_without_a_word():
    found = checked(file(("North", [square(0, 1)]), ("South", [square(0, 0)])))
    assert told(found) == {} and found.points == 10 and list(found.places.code) == ["N", "S"]
    assert found.places.loc["N", ["longitude", "latitude"]].tolist() == [0.5, 1.5]


@pytest.mark.parametrize(("name", "rings", "problem"), [
    ("an open ring", [square(0, 0)[:-1]], "unclosed"),
    ("a bow tie", [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]], "crossing"),
    ("two points", [square(0, 0), [[0, 0], [1, 1], [0, 0]]], "broken"),
    ("a line there and back", [square(0, 0), [[0, 0], [1, 0], [2, 0], [1, 0], [0, 0]]], "broken"),
    ("text for a number", [square(0, 0), [["a", 0], [1, 0], [1, 1], ["a", 0]]], "broken"),
    ("no number", [square(0, 0), [[None, 0], [1, 0], [1, 1], [0, 0]]], "broken")])
def test_a_fault_of_a_ring_is_mended_or_left_out_and_told_with_its_place(name, rings, problem):
    found = checked(file((name, rings), ("fine", [square(5, 5)])))
    assert told(found) == {problem: 1} and found.problems[0].places == (name,)
    assert set(found.shapes) == {name[0].upper(), "F"}
    assert all(np.array_equal(ring[0], ring[-1]) for rings in found.shapes.values() for ring in rings)


def test_a_place_without_a_sound_ring_is_told_and_a_file_of_them_refused():
    broken = file(("Broken", [[[0, 0], [1, 1]]]))
    found = checked(broken + file(("Fine", [square(0, 0)])))
    assert told(found) == {"broken": 1, "empty": 1} and list(found.shapes) == ["F"]
    with pytest.raises(BoundariesAllBroken):
        checked(broken)


def test_latitude_first_is_found_by_the_numbers_or_by_places_that_are_known():
    beijing = file(("Beijing", [[[y, x] for x, y in square(116, 39)]]))  # 116 is no latitude
    assert told(checked(beijing)) == {"swapped": 1}
    assert checked(beijing).places.longitude.iloc[0] == pytest.approx(116.5)
    countries = [feature for name, x, y in (("Germany", 10, 51), ("France", 2, 46), ("Spain", -4, 40))
                 for feature in file((name, [[[b, a] for a, b in square(x, y)]]))]
    for feature, code in zip(countries, ("DE", "FR", "ES"), strict=True):
        feature["properties"]["code"] = code
    assert "swapped" in told(checked(countries)) and "swapped" not in told(checked(countries, turned=False))


def test_a_file_in_metres_is_refused_with_the_point():
    with pytest.raises(BoundariesNotInDegrees) as error:
        checked(file(("Metres", [square(1_200_000, 6_000_000, 1000)])))
    assert error.value.facts == {"x": "1.2e+06", "y": "6e+06"}


def test_a_hole_runs_the_other_way_round_than_its_shell():
    shell, hole = checked(file(("Ring", [square(0, 0, 3)[::-1], square(1, 1)]))).shapes["R"]
    assert area(shell) == 9 and area(hole) == -1


def test_shapes_of_one_code_are_one_place_and_shapes_without_a_name_are_left_out():
    features = file(("Isle", [square(0, 0)]), ("Isle", [square(5, 0)]))
    features += [{"type": "Feature", "properties": {"code": None, "name": ""},
                  "geometry": {"type": "Polygon", "coordinates": [square(9, 9)]}}]
    found = maps.check(features, maps.Fields("code", "name", "", "", ("code", "name")))
    assert told(found) == {"doubled": 1, "nameless": 1} and len(found.shapes["I"]) == 2


@pytest.mark.parametrize(("data", "error"), [
    (b"not json", BoundariesUnreadable), (b'{"type": "Topology"}', BoundariesUnreadable), (b"[1, 2]", BoundariesUnreadable),
    (gzip.compress(b"{}", mtime=0)[:-6], BoundariesUnreadable), (b"PK\x03\x04", BoundariesUnreadable), (b"", BoundariesUnreadable),
    (b"[" * 100_000, BoundariesUnreadable), (packed([]), BoundariesWithoutShapes),
    (packed([{"type": "Feature", "geometry": None, "properties": {}}]), BoundariesWithoutShapes),
    (packed([{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}]), BoundariesWithoutShapes),
    (packed(file(*[("a", [square(0, 0)])] * 5_001)), BoundariesTooMany)])
def test_what_is_no_file_of_boundaries_is_refused(data, error):
    with pytest.raises(error):
        maps.features(data)


def test_boundaries_without_any_field_are_refused():
    features = [{"type": "Feature", "properties": None, "geometry": {"type": "Polygon", "coordinates": [square(0, 0)]}}]
    with pytest.raises(BoundariesWithoutNames):
        checked(features)


def test_packed_and_plain_are_the_same_and_collections_and_single_features_are_read():
    features = file(("North", [square(0, 0)]))
    assert maps.features(gzip.compress(packed(features))) == maps.features(b"\xef\xbb\xbf" + packed(features)) == features
    assert maps.features(json.dumps(features[0]).encode()) == features
    collected = {"type": "Feature", "properties": {"name": "x"}, "geometry": {
        "type": "GeometryCollection", "geometries": [features[0]["geometry"]]}}
    assert list(checked(maps.features(packed([collected]))).shapes) == ["x"]


def test_crossing_sides_are_found_and_touching_ones_are_not():
    assert crosses(np.array([[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]], dtype=float))
    assert not crosses(np.array(square(0, 0), dtype=float))
    assert not crosses(np.array([[0, 0], [2, 0], [1, 1], [2, 2], [0, 2], [1, 1], [0, 0]], dtype=float))


def test_thinned_neighbours_keep_their_common_border():
    """Two places meet along a wavy line: after thinning both still have the very same points on it."""
    random = np.random.default_rng(0)
    wave = np.column_stack([1 + 0.05 * random.standard_normal(200), np.linspace(0, 2, 200)]).round(5)
    left = np.vstack([[[0, 0]], wave, [[0, 2], [0, 0]]])
    right = np.vstack([[[2, 0], [2, 2]], wave[::-1], [[2, 0]]])
    thin = simplified({"left": [left], "right": [right]}, 60)
    points = {name: {tuple(point) for point in rings[0] if 0.5 < point[0] < 1.5} for name, rings in thin.items()}
    assert points["left"] == points["right"] and 10 < len(points["left"]) < 40
    assert abs(area(thin["left"][0])) + abs(area(thin["right"][0])) == pytest.approx(4, abs=1e-9)


def test_small_islands_go_and_the_last_ring_of_a_place_never_does():
    circle = np.column_stack([np.cos(np.linspace(0, 2 * np.pi, 200)), np.sin(np.linspace(0, 2 * np.pi, 200))]).round(5)
    circle[-1] = circle[0]
    thin = simplified({"large": [circle, circle * 0.001 + 3], "small": [circle * 0.001 + 5]}, 40)
    assert [len(rings) for rings in thin.values()] == [1, 1] and len(thin["small"][0]) >= 4


# --- laid flat --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("projection", [Projection(0, 0, True), Projection(10, 50, False)])
def test_areas_stay_true_wherever_they_lie(projection):
    """A degree by a degree at 10° and at 55° north: on a globe the second has cos 55.5° / cos 10.5° of the first."""
    def laid_area(latitude: float) -> float:
        edge = np.vstack([np.linspace(a, b, 50) for a, b in zip(square(12, latitude), square(12, latitude)[1:], strict=False)])
        return abs(area(np.column_stack(projection(edge[:, 0], edge[:, 1]))))

    on_the_globe = [np.sin(np.radians(low + 1)) - np.sin(np.radians(low)) for low in (10, 55)]
    assert laid_area(55) / laid_area(10) == pytest.approx(on_the_globe[1] / on_the_globe[0], rel=1e-4)


def test_places_on_both_sides_of_the_date_line_are_shown_round_it():
    found = projection_of([178, -179, -175], [-17, -13, -21])
    assert not found.worldwide and abs(found.longitude) > 175
    assert projection_of([-120, 0, 120], [0, 0, 0]).worldwide
    ring = unwrapped(np.array([[179.0, 0], [-179, 0], [-179, 1], [179, 0]]))
    assert ring[:, 0].tolist() == [179, 181, 181, 179]


# --- kept, matched, summed --------------------------------------------------------------------------------------------


@pytest.fixture
def shop(store):
    """Six customers in Germany, China and a country that nobody knows, with their orders."""
    with store.batch("import", "x") as batch:
        ids = batch.add("customers", [
            {"name": "A", "country": "Germany", "region": "Bayern", "city": "München"},
            {"name": "B", "country": "Deutschland", "region": "Bayern", "city": "Munich"},
            {"name": "C", "country": "中国", "region": "广东省", "city": "深圳"},
            {"name": "D", "country": "China", "region": "Guangdong", "city": "广州"},
            {"name": "E", "country": "Germny"}, {"name": "F"}])
        days = ("2026-01-31 23:30", "2026-02-01 10:00", "2026-02-02 10:00", "2026-02-03 10:00", "2026-02-04 10:00",
                "2026-02-05 10:00")
        batch.add("orders", [{"order_no": str(number), "customer_id": customer, "ordered_at": day, "amount": 10 * number,
                              "status": "completed"} for number, (customer, day) in enumerate(zip(ids, days, strict=True), 1)])
        batch.add("orders", [
            {"order_no": "7", "customer_id": ids[0], "ordered_at": "2026-02-05 10:00", "amount": 5, "status": "completed",
             "country": "UK"},
            {"order_no": "8", "customer_id": ids[0], "ordered_at": "2026-02-05 10:00", "amount": 999, "status": "cancelled"}])
        batch.add("service_requests", {"customer_id": ids[2], "opened_at": "2026-02-07 10:00", "status": "open"})
        batch.add("communications", {"customer_id": ids[2], "occurred_at": "2026-02-07 10:00", "channel": "email",
                                     "direction": "in", "content": "hello"})
    return store


def figures(store, name: str, every: str = "all", zone: str = "UTC", on=None) -> dict:
    on = on or maps.built_in(name)
    with store.look() as look:
        matched = maps.match(look.frame("places_written", level=on.level), on, maps.kept_aliases(look, name))
        frame = maps.by_place(look, matched, on, every, date(2026, 1, 1), date(2026, 3, 1), zone).frame
    return {(row.code, row.period.strftime("%m")): (row.revenue, row.orders, row.customers, row.on_file)
            for row in frame.itertuples()}


def test_spellings_of_one_place_are_summed_and_a_customer_counts_once(shop):
    assert figures(shop, "world") == {
        ("CN", "01"): (70, 2, 2, 2), ("DE", "01"): (30, 2, 2, 2), ("GB", "01"): (5, 1, 1, 0),
        ("~unknown", "01"): (50, 1, 1, 1), ("~empty", "01"): (60, 1, 1, 1)}
    assert figures(shop, "china")["CN-GD", "01"] == (70, 2, 2, 2)
    assert figures(shop, "china")["~elsewhere", "01"] == (35, 3, 2, 2)  # an order abroad is its customer's place here
    assert figures(shop, "cities")["DE-munich", "01"] == (35, 3, 2, 2)


def test_a_month_is_the_workspaces_own(shop):
    assert figures(shop, "world", "month")["DE", "01"][:2] == (10, 1)
    assert figures(shop, "world", "month", "Asia/Shanghai")["DE", "01"][:2] == (0, 0)  # it was February there


def test_a_place_without_anything_has_nothing_and_one_where_nobody_bought_has_0(shop):
    on = maps.built_in("world")
    with shop.look() as look:
        matched = maps.match(look.frame("places_written", level="country"), on, {})
        found = maps.by_place(look, matched, on, "month", date(2026, 1, 1), date(2026, 3, 1)).frame
    january = maps.every_place(on, found, pd.Timestamp("2026-01-01"), "revenue").set_index("code").value
    assert january.dropna().to_dict() == {"DE": 10.0, "CN": 0.0} and len(january) == 219
    assert maps.cover(found, pd.Timestamp("2026-02-01"), "revenue") == pytest.approx(
        {"": 95 / 205, "~unknown": 50 / 205, "~empty": 60 / 205})


def test_a_rate_of_too_few_is_not_told():
    frame = pd.DataFrame({"revenue": [500.0, 90.0], "orders": [10, 9], "customers": [5, 5], "on_file": [20, 20]})
    assert maps.of_measure(frame, "average_order").tolist() == pytest.approx([50.0, float("nan")], nan_ok=True)
    assert maps.of_measure(frame, "buying_share").tolist() == [0.25, 0.25]


@pytest.mark.parametrize(("values", "limits"), [
    ([], []), ([5, 5, 5], []), ([1, 2], [2]), ([0, 100], [100]), ([-50, 10, 200], [0, 200]),
    ([1, 11, 111, 1111, 11111], [10, 100, 1000, 10000])])
def test_classes_lie_at_round_numbers_between_the_values(values, limits):
    assert maps.classes(pd.Series(values, dtype=float)) == limits


def test_classes_hold_about_as_many_places_each():
    values = pd.Series(np.random.default_rng(0).lognormal(8, 2, 200))
    counts = np.bincount(np.searchsorted(maps.classes(values), values, side="right"))
    assert len(counts) == 5 and counts.min() > 25


def test_other_names_are_remembered_for_their_map_and_taken_back(shop):
    with shop.batch("edit", "x") as batch:
        assert maps.keep_aliases(batch, "world", {"Germny": "DE", "HQ": None}) == 2
    number = batch.number
    with shop.batch("edit", "x") as batch:
        assert maps.keep_aliases(batch, "world", {"germny ": "DE"}) == 0  # it is the same spelling
    assert figures(shop, "world")["DE", "01"] == (80, 3, 3, 3)
    with shop.batch("delete", "x") as batch:
        assert maps.remove_aliases(batch, "world", ["HQ"]) == 1
    shop.undo(batch.number)
    shop.undo(number)
    assert ("~unknown", "01") in figures(shop, "world")


def test_boundaries_are_kept_replaced_and_taken_back(shop):
    first = checked(file(("Bayern", [square(11, 48)]), ("Hessen", [square(9, 50)]), country="Germany"))
    with shop.batch("add", "regions") as batch:
        number = maps.keep_boundaries(batch, " Regions ", first)
    on = maps.kept_boundaries(shop.record("boundaries", number))
    assert (on.name, on.level, on.within, list(on.shapes)) == ("Regions", "region", {"DE"}, ["B", "H"])
    assert figures(shop, "Regions", on=on)["B", "01"] == (35, 3, 2, 2)
    with shop.batch("edit", "regions") as batch:
        assert maps.keep_boundaries(batch, "Regions", checked(file(("Tirol", [square(11, 47)])))) == number
    assert list(maps.kept_boundaries(shop.record("boundaries", number)).shapes) == ["T"]
    shop.undo(batch.number)
    assert list(maps.kept_boundaries(shop.record("boundaries", number)).shapes) == ["B", "H"]


def test_own_numbers_by_place_are_summed_where_they_add_up():
    found = pd.DataFrame({"period": ["2020-01-01", "2020-01-01", "2021-01-01"], "series": ["NSW", "New South Wales", "NSW"],
                          "value": [1.0, 2.0, 4.0]})
    told_codes = {"NSW": "AU-NSW", "New South Wales": "AU-NSW"}
    assert maps.own_by_place(found, told_codes, True, False).value.tolist() == [3.0, 4.0]
    assert maps.own_by_place(found, told_codes, True, True).value.tolist() == [7.0]
    assert maps.own_by_place(found, told_codes, False, True).value.tolist() == [pytest.approx(7 / 3)]


# --- Natural Earth as it is downloaded --------------------------------------------------------------------------------


def test_the_worlds_countries_come_in_with_their_traps(data_set):
    features = maps.features((data_set("natural_earth") / "ne_110m_admin_0_countries.geojson").read_bytes())
    fields = maps.recognised(features)
    assert (fields.code, fields.en, fields.zh) == ("ISO_A2_EH", "NAME", "NAME_ZH")
    found = maps.check(features, fields)
    assert found.level == "country" and len(found.places) == 177 and "swapped" not in told(found)
    on = maps.own_map("ne", found.level, found.places, found.spelled, found.shapes)
    known = maps.match(written(*[(text, "", "") for text in (
        "France", "Norway", "Taiwan", "中国", "Deutschland", "UK", "USA", "Monaco")]), on, {}).frame.code
    assert known.tolist() == ["FR", "NO", "TW", "CN", "DE", "GB", "US", "~elsewhere"]  # Monaco is too small for this file
    assert on.named("CN", "zh") == "中国" and on.named("CN", "en") == "China"
    lies = maps.laid(on)
    assert len(lies.outlines) < 5_000 and set(lies.outlines.place) == set(on.shapes) - {"AQ"}


def test_turned_countries_are_turned_back(data_set):
    features = maps.features((data_set("natural_earth") / "ne_110m_admin_0_countries.geojson").read_bytes())
    europe = [feature for feature in features if feature["properties"]["ISO_A2_EH"] in ("DE", "AT", "PL", "CZ", "HU")]
    upright = checked(europe)
    for feature in europe:
        rings = feature["geometry"]["coordinates"]
        feature["geometry"]["coordinates"] = [[point[::-1] for point in ring] for ring in rings]
    assert "swapped" in told(checked(europe))
    assert checked(europe).places.latitude.tolist() == pytest.approx(upright.places.latitude.tolist())


@pytest.mark.long
def test_the_provinces_come_in_packed(data_set):
    features = maps.features((data_set("natural_earth") / "ne_50m_admin_1_states_provinces.geojson.gz").read_bytes())
    fields = maps.recognised(features)
    assert (fields.code, fields.zh, fields.parent) == ("iso_3166_2", "name_zh", "adm0_a3")
    found = maps.check(features, fields)
    assert found.level == "region" and len(found.places) == 294
    on = maps.own_map("ne", found.level, found.places, found.spelled, found.shapes)
    rows = written(("China", "广东省", ""), ("China", "内蒙古自治区", ""), ("USA", "Washington", ""), ("Australia", "NSW", ""),
                   ("Germany", "Bayern", ""), ("", "Victoria", ""))
    assert maps.match(rows, on, {}).frame.code.tolist() == ["CN-GD", "CN-NM", "US-WA", "AU-NSW", "~elsewhere", "AU-VIC"]
    assert len(maps.laid(on).outlines) < 5_000
