"""How maps are drawn: squares, areas and bubbles, in both themes, with what they mean in words and figures."""
import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

from crm_core import charts
from crm_core.charts import places, plotly
from crm_core.time_series import maps
from tests.test_maps import checked, file, square
from ui import words

WORDS = {"revenue": "Revenue", "orders": "Orders"}


def own() -> maps.PlaceMap:
    found = checked(file(("North", [square(10, 50, 3), square(11, 51)[::-1]]), ("South", [square(10, 47, 3)]),
                         ("<b>East</b>", [square(13, 47, 3)])))
    return maps.own_map("own", "region", found.places, found.spelled, found.shapes)


def drawn(kind: str, language: str = "en", on: maps.PlaceMap | None = None, values: dict | None = None):
    on = on or (maps.built_in("world") if kind == "tiles" else own())
    values = values or ({"DE": 120.0, "CN": 2_500_000.0} if kind == "tiles" else {"N": 120.0, "S": 2_500_000.0})
    rows = on.places.reset_index(drop=True).assign(place=lambda frame: frame["en"])
    rows["value"] = rows.code.map(values)
    laid = None if kind == "tiles" else maps.laid(on, list(values) if kind == "bubbles" else None)
    shown = rows[rows.value.notna()] if kind == "bubbles" else rows
    return charts.place_map(shown, laid, kind, "revenue", "money", WORDS, maps.classes(rows.value), "2026", ("note",),
                            partial(words.sentence, language))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["tiles", "areas", "bubbles"])
def test_every_map_is_drawn_in_both_themes_and_languages_and_by_nothing_from_outside(kind, theme, language):
    chart = drawn(kind, language)
    figure = json.loads(plotly.draw(chart, theme, language).to_json())
    assert {trace["type"] for trace in figure["data"]} <= {"scatter", "heatmap"}
    assert not {"geo", "map", "mapbox"} & set(figure["layout"])
    assert "2" in chart.alt and chart.title and plotly.to_csv(chart).count("\r\n") == len(chart.frame) + 1


def test_squares_have_their_class_and_what_has_no_figure_is_grey():
    chart = drawn("tiles")
    heat = plotly.draw(chart).data[0]
    squares = [cell for row in heat.z for cell in row if cell is not None]
    assert len(squares) == 219 and len(set(squares)) == 3
    assert sum(text != "" for row in heat.text for text in row) == 219
    china = maps.built_in("world").places.loc["CN"]
    assert list(heat.customdata[china.row][china.column][:2]) == ["China", "2,500,000"]


def test_the_classes_are_told_in_the_languages_own_numbers():
    def key(language: str) -> list[str]:
        chart = drawn("tiles", language)
        return list(places.class_colours(plotly._Drawing(chart, plotly.THEMES["light"], language, False, None)))

    assert key("en") == ["< 2M", "≥ 2M", "nothing known"] and key("zh") == ["< 200万", "≥ 200万", "无数据"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_more_is_always_further_from_the_paper(theme):
    def lightness(colour: str) -> float:
        return sum(int(colour[place:place + 2], 16) for place in (1, 3, 5))

    theme = plotly.THEMES[theme]
    away = [abs(lightness(colour) - lightness(theme.paper)) for colour in places.ramp(theme, 5)]
    assert away == sorted(away) and min(np.diff(away)) > 40


def test_a_place_is_one_filled_outline_with_its_words_and_text_from_data_stays_text():
    traces = [trace for trace in plotly.draw(drawn("areas")).data if trace.fill == "toself"]
    assert len(traces) == 3 and len({trace.fillcolor for trace in traces}) == 3
    assert sum(value != value for value in traces[0].x) == 2  # the shell and its hole end
    assert "&lt;b&gt;East" in traces[2].text and "<b>East" not in traces[2].text
    assert "<b>120</b>" in traces[0].text


def test_very_many_places_are_drawn_class_by_class():
    found = checked([feature for place in range(700) for feature in file(
        (f"{place:03d}", [square(place % 30, place // 30, 0.9)]), code=f"c{place}")])
    on = maps.own_map("own", "region", found.places, found.spelled, found.shapes)
    figure = plotly.draw(drawn("areas", on=on, values={f"c{place}": float(place) for place in range(700)}))
    assert sum(trace.fill == "toself" for trace in figure.data) == 5
    assert any(trace.mode == "markers" and len(trace.x) == 700 for trace in figure.data)
    assert sum(len(trace.x) for trace in figure.data if trace.fill == "toself") < 5_000


def test_a_bubble_is_as_large_as_its_figure_and_a_negative_one_has_the_other_colour():
    chart = drawn("bubbles", values={"N": 400.0, "S": -100.0})
    bubbles = next(trace for trace in plotly.draw(chart).data if trace.marker.sizemode == "area")
    assert list(bubbles.marker.size) == [400, 100]
    assert len(set(bubbles.marker.color)) == 2


def test_cities_stand_before_the_globes_lines_and_the_short_names_of_countries():
    on = maps.built_in("cities")
    shown = ["DE-berlin", "FR-paris", "GB-london"]
    laid = maps.laid(on, shown)
    assert set(laid.names.text) >= {"DE", "NL", "BE"} and "BR" not in set(laid.names.text)
    assert set(laid.outlines.place) == {""} and laid.at.loc["DE-berlin", "x"] > laid.at.loc["GB-london", "x"]
    alone = maps.laid(on, ["DE-berlin"])
    assert alone.frame[0] < alone.at.x.iloc[0] < alone.frame[1]


def test_outlines_that_were_brought_stand_behind_bubbles_where_they_are_seen():
    behind = own()
    near = maps.laid(maps.built_in("cities"), ["DE-munich", "DE-frankfurt", "AT-salzburg"], behind)
    far = maps.laid(maps.built_in("cities"), ["CN-beijing", "CN-shanghai"], behind)
    assert set(near.outlines.place) == {"N", "S", "<"} and set(far.outlines.place) == {""}


def test_a_place_over_time_tells_its_periods():
    series = pd.DataFrame({"period": pd.to_datetime(["2026-01-01", "2026-02-01"]), "value": [1.0, 3.0]})
    chart = charts.place_over_time(series, "China", "revenue", "money", WORDS, partial(words.sentence, "en"))
    assert chart.title == "Revenue: China" and plotly.draw(chart).data[0].y.tolist() == [1, 3]
