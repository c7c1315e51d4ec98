"""Charts: what they describe, how they are drawn in both themes and languages, and what leaves the house in a file."""
import json
from dataclasses import replace
from datetime import date
from functools import cache, partial
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from crm_core import charts
from crm_core.charts import plotly
from crm_core.charts.chart import Chart, written
from crm_core.clustering import Choice, cluster_customers
from crm_core.purchase_prediction import split
from ui import words

AS_OF = date(2026, 3, 12)
MONTHS = pd.DataFrame({
    "month": pd.to_datetime(["2025-12-01", "2026-02-01", "2026-03-01"]),  # nothing was sold in January
    "revenue": [1_250_000.0, 980_000.0, 310_000.0],
    "orders": [800, 650, 200],
})


@cache
def answer(k: int | None = None, algorithm: str = "kmeans"):
    random = np.random.default_rng(0)
    kinds = np.repeat([[5, 12, 900], [300, 1.5, 25], [20, 3, 100]], 40, axis=0)
    values = (kinds * random.lognormal(0, 0.2, kinds.shape)).round()
    frame = pd.DataFrame(values, columns=["recency_days", "frequency", "monetary"])
    return cluster_customers(frame.assign(customer_id=range(1, 121)), Choice(k=k, algorithm=algorithm))


def names(groups) -> dict[int, str]:
    return {group: f"Name {group}" for group in groups.names}


def every_chart(language: str) -> dict[str, Chart]:
    say, groups = partial(words.sentence, language), answer()
    return {
        "map": charts.group_map(groups, names(groups), AS_OF, say),
        "profiles": charts.group_profiles(groups, names(groups), AS_OF, say),
        "sizes": charts.group_sizes(groups, names(groups), AS_OF, say),
        "k": charts.k_choice(groups, AS_OF, say),
        "months": charts.revenue_by_month(MONTHS, AS_OF, say),
        "silhouettes": charts.silhouettes(groups, names(groups), AS_OF, say),
        "k distances": charts.k_distance_curve(answer(algorithm="dbscan"), AS_OF, say),
        "dendrogram": charts.dendrogram(answer(3, "agglomerative"), names(answer(3, "agglomerative")), AS_OF, say),
        "sure": charts.sure_groups(answer(3, "mixture"), names(answer(3, "mixture")), AS_OF, say),
        "flow": flow(language),
        "timeline": timeline(say, language),
        "chances": charts.chance_distribution([0.02, 0.5, 0.97], AS_OF, "buys", say),
        **text_charts(say), **class_charts(say), **mood_charts(say),
        "spend": charts.spend_by_tenth(pd.DataFrame({"amount": np.arange(20.0)}), AS_OF, say),
    }



def mood_charts(say) -> dict[str, Chart]:
    months = pd.DataFrame({"name": pd.to_datetime(["2026-01-01", "2026-02-01"]), "messages": [40, 30],
                           "negative": [0.5, 0.25], "neutral": [0.2, 0.25], "positive": [0.3, 0.5]})
    kinds = months.assign(name=["E-mail", "Chat"])
    decide = pd.DataFrame({"term": ["broken", "坏了", "on time"], "side": ["negative", "negative", "positive"],
                           "denied": [False, False, False],
                           "messages": [12, 9, 7], "weight": [-30.0, -20.0, 14.0]})
    return {"mood over time": charts.mood_over_time(months, AS_OF, say),
            "moods by channel": charts.moods_by("Channel" if say("mood.negative") == "Negative" else "渠道", kinds, AS_OF, say),
            "mood words": charts.mood_words(decide, "negative", AS_OF, say)}


KEYWORDS = pd.DataFrame({"term": ["parcel", "退款", "late delivery"], "messages": [40, 25, 12], "count": [50, 25, 12],
                         "share": [0.4, 0.25, 0.12]})


def text_charts(say) -> dict[str, Chart]:
    when = pd.Series(pd.to_datetime(["2025-12-30", "2026-02-01", "2026-02-20"]))
    differ = pd.DataFrame({"term": ["moths", "teapot"], "here": [12, 3], "there": [0, 90], "share_here": [0.1, 0.02],
                           "share_there": [0.0, 0.08]})
    months = pd.DataFrame({"month": pd.to_datetime(["2026-01-01", "2026-02-01"]), "messages": [0, 9], "having": [0, 3],
                           "share": [np.nan, 1 / 3]})
    return {
        "messages": charts.messages_by_month(when, AS_OF, say),
        "channels": charts.messages_by("channel", {"E-mail": 7, "Chat": 2}, AS_OF, say),
        "keywords": charts.keyword_bars(KEYWORDS, AS_OF, say),
        "cloud": charts.keyword_cloud(KEYWORDS, AS_OF, say),
        "keyness": charts.keyness_bars(differ, say("reading.this_period"), say("reading.before_it"), AS_OF, say),
        "term": charts.term_by_month("moths", months, AS_OF, say),
    }


def class_charts(say) -> dict[str, Chart]:
    names = ["delivery", "退款", "invoice and payment", "invoice and refund", "taste", "advice"]
    confusion = pd.DataFrame(np.eye(6, dtype=int) * 8 + np.eye(6, k=1, dtype=int), names, names)
    return {"classes": charts.class_sizes({"delivery": 40, "退款": 12}, 9, AS_OF, say),
            "confusion": charts.class_confusion(confusion, AS_OF, say)}


def timeline(say, language: str) -> Chart:
    dates = split(date(2024, 1, 1), AS_OF, 60, gap_days=7)
    table = pd.DataFrame({"cutoff": [pd.Timestamp(window.cutoff) for window in dates.windows], "examples": 100,
                          "share": [0.31] * (len(dates.windows) - 1) + [np.nan]})
    weeks = pd.DataFrame({"week": pd.date_range("2024-01-01", AS_OF, freq="7D"), "orders": 7})
    return charts.split_timeline(dates, table, weeks, date(2024, 1, 1), say("split.share_buys"), say, language)


# --- numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "unit", "short", "english", "chinese"), [
    (1_234_567, "money", False, "1,234,567", "1,234,567"),
    (1_234_567, "money", True, "1.23M", "123万"),
    (250_000_000, "money", True, "250M", "2.5亿"),
    (50_000, "count", True, "50k", "5万"),
    (1_500, "count", True, "1.5k", "1,500"),
    (0, "count", True, "0", "0"),
    (12.5, "money", False, "12.50", "12.50"),
    (0.123, "share", False, "12%", "12%"),
    (0.034, "share", False, "3.4%", "3.4%"),
    (0.4342, "number", False, "0.434", "0.434"),
    (date(2026, 3, 1), "month", False, "Mar 2026", "2026年3月"),
    (float("nan"), "money", False, "–", "–"),
])
def test_numbers_are_written_as_the_language_writes_them(value, unit, short, english, chinese):
    assert (written(value, unit, "en", short), written(value, unit, "zh", short)) == (english, chinese)


# --- what a chart says --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_chart_has_a_title_a_source_and_words_for_those_who_cannot_see_it(language):
    for name, chart in every_chart(language).items():
        assert chart.title, name
        assert len(chart.alt) > 20, name
        assert words.day(language, AS_OF) in chart.notes[-1], name


def test_the_map_names_its_groups_and_its_directions():
    chart = every_chart("en")["map"]
    assert chart.series == ["1 Name 1", "2 Name 2", "3 Name 3"]
    assert [mark.words for mark in chart.marks] == ["1", "2", "3"]
    assert "Total spent\u00a0↑" in chart.labels["x"]
    assert len(chart.notes) == 1  # nobody is left out


def test_the_map_of_a_large_shop_says_how_many_are_drawn():
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.lognormal(3, 1, (8000, 3)), columns=["recency_days", "frequency", "monetary"])
    groups = cluster_customers(frame.assign(customer_id=range(8000)), Choice(k=2))
    chart = charts.group_map(groups, names(groups), AS_OF, partial(words.sentence, "en"))
    assert chart.notes[0] == "3,000 of 8,000 customers are drawn, picked at random."


def test_profiles_are_told_in_days_orders_and_money():
    frame = every_chart("en")["profiles"].frame.set_index(["group", "feature"]).words
    assert frame[1, "Days since last order"].endswith(" days")
    assert frame[1, "Orders"].endswith(" orders")
    assert float(frame[1, "Total spent"]) > 700


def test_sizes_stand_beside_each_other():
    chart = every_chart("en")["sizes"]
    told = chart.frame[["group", "measure", "share"]]
    assert told.measure.tolist() == ["Share of customers", "Share of revenue"] * 3
    assert told.groupby("measure").share.sum().tolist() == pytest.approx([1, 1])


def test_without_revenue_only_customers_are_shown():
    frame = pd.DataFrame({"customer_id": range(40), "years": [20] * 20 + [70] * 20, "visits": [1, 2] * 20})
    groups = cluster_customers(frame, Choice(("years", "visits"), logged=(), k=2))
    chart = charts.group_sizes(groups, names(groups), AS_OF, partial(words.sentence, "en"))
    assert chart.frame.measure.unique().tolist() == ["Share of customers"]
    assert plotly.draw(chart).data
    profiles = charts.group_profiles(groups, names(groups), AS_OF, partial(words.sentence, "en"))
    assert set(profiles.frame.feature) == {"years", "visits"}  # columns of one's own are called as they are


@pytest.mark.parametrize("measure", ["silhouette", "davies_bouldin", "gap", "stability"])
def test_the_chosen_number_of_groups_is_marked_on_every_measure(measure):
    chart = charts.k_choice(answer(), AS_OF, partial(words.sentence, "en"), measure)
    (chosen,) = chart.marks
    assert (chosen.x, chosen.words) == (3, "3 groups")
    assert chosen.y == answer().by_k.set_index("k")[measure][3]
    assert chart.frame.columns.tolist() == ["k", measure]
    assert plotly.draw(chart).data


def test_silhouettes_stand_by_group_from_the_best_placed_down_with_their_mean():
    chart = every_chart("en")["silhouettes"]
    assert chart.series == ["1 Name 1", "2 Name 2", "3 Name 3"]
    assert len(chart.frame) == 120
    assert chart.marks[0].x == pytest.approx(answer().silhouette, abs=1e-4)
    blades = [trace for trace in plotly.draw(chart).data if trace.fill == "toself"]
    assert [trace.name for trace in blades] == chart.series
    assert sum((len(trace.x) - 2) // 2 for trace in blades) == 120  # everyone is drawn


def test_the_chosen_eps_is_marked_and_the_proposed_one_beside_it_where_they_differ():
    found = answer(algorithm="dbscan")
    (used,) = every_chart("en")["k distances"].marks
    assert used.y == found.evidence.k_distances.proposed
    own = replace(found, evidence=replace(found.evidence, k_distances=replace(found.evidence.k_distances, eps=2.0)))
    proposed, used = charts.k_distance_curve(own, AS_OF, partial(words.sentence, "en")).marks
    assert (proposed.quiet, used.words) == (True, "eps 2.00")


def test_the_tree_is_cut_between_the_merges_of_its_groups():
    chart = every_chart("en")["dendrogram"]
    (mark,) = chart.marks
    assert mark.words == "cut: 3 groups"
    assert (chart.frame.height > mark.y).sum() == 2
    assert chart.series == ["1 Name 1", "2 Name 2", "3 Name 3", "Above the cut"]


def test_a_month_without_orders_is_a_gap_and_a_month_that_runs_is_marked():
    frame = every_chart("en")["months"].frame
    assert frame.revenue.tolist() == [1_250_000, 0, 980_000, 310_000]
    assert frame.unfinished.tolist() == [False, False, False, True]
    whole = charts.revenue_by_month(MONTHS, date(2026, 3, 31), partial(words.sentence, "en"))
    assert not whole.frame.unfinished.any()
    assert whole.subtitle == ""


def test_a_chart_takes_no_more_points_than_can_be_read():
    dots = pd.DataFrame({"x": range(5001), "y": 0})
    with pytest.raises(ValueError, match="5001 points"):
        Chart("scatter", "Dots", "Dots", dots, "x", "y", labels={}, units={})


# --- how it is drawn ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("theme", plotly.THEMES)
def test_every_chart_is_drawn_in_both_themes_and_languages(theme, language):
    for name, chart in every_chart(language).items():
        figure = plotly.draw(chart, theme, language)
        assert figure.to_json(), name
        assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
        assert plotly.draw(chart, theme, language, solid=True).layout.paper_bgcolor == plotly.THEMES[theme].paper
        assert chart.title in figure.layout.title.text


def test_nothing_is_drawn_by_webgl():
    """It compiles code in the browser, which the server's policy refuses: the chart would be empty."""
    for name, chart in every_chart("en").items():
        assert all(not trace.type.endswith("gl") for trace in plotly.draw(chart).data), name


def test_large_sums_have_the_languages_own_signs_at_the_axis():
    ticks = {language: plotly.draw(every_chart(language)["months"], locale=language).layout.yaxis.ticktext
             for language in words.LANGUAGES}
    assert ticks["en"] == ("0", "250k", "500k", "750k", "1M", "1.25M")
    assert ticks["zh"] == ("0", "25万", "50万", "75万", "100万", "125万")


def test_a_month_in_which_more_was_given_back_than_sold_is_drawn():
    chart = charts.revenue_by_month(MONTHS.assign(revenue=[-300.0, 900.0, 100.0]), AS_OF, partial(words.sentence, "en"))
    assert plotly.draw(chart).layout.yaxis.range[0] < -300


def test_chinese_menus_need_nothing_from_outside():
    config = plotly.config(every_chart("zh")["map"], "zh")
    assert config["locales"]["zh"]["dictionary"]["Pan"] == "平移"
    assert len(config["locales"]["zh"]["format"]["months"]) == 12
    assert config["displaylogo"] is False
    assert json.dumps(config)


def test_no_button_sends_the_chart_to_somebody_elses_cloud():
    config = plotly.config(every_chart("en")["map"])
    assert (config["showSendToCloud"], config["plotlyServerURL"]) == (False, "")


def test_each_class_has_a_column_of_its_own_and_what_is_wrong_stands_on_the_other_side():
    frame = every_chart("en")["confusion"].frame
    assert frame.said.nunique() == frame.truth.nunique() == 6
    assert (frame.place[frame.messages == 8] > 0.5).all() and (frame.place[frame.messages == 1] < 0.5).all()
    assert (frame.place[frame.messages == 0] == 0.5).all()


def test_text_from_data_stays_text():
    groups = answer()
    nasty = dict.fromkeys(groups.names, '<a href="http://evil.example">x</a><img src=x onerror=alert(1)> & co')
    for make in (charts.group_map, charts.group_profiles, charts.group_sizes):
        chart = make(groups, nasty, AS_OF, partial(words.sentence, "en"))
        drawn = json.dumps(plotly.draw(chart).to_plotly_json(), default=str)
        assert "<a " not in drawn
        assert "<img" not in drawn
        assert "&lt;" in drawn
        page = plotly.to_html(chart)
        head, figure = page.split("</head>")
        assert "<a href" not in head
        assert 'onerror=alert(1)">' not in figure
        assert "<img src=x" not in figure.split("<script")[0]


@pytest.mark.parametrize(("text", "lines"), [
    ("Each dot is a customer", ["Each dot is", "a customer"]),
    ("购买习惯越相近，位置越靠近。", ["购买习惯越", "相近，位置", "越靠近。"]),
    ("short", ["short"]),
    ("", []),
])
def test_lines_end_between_words_and_not_before_a_comma(text, lines):
    assert plotly._lines(text, 14) == lines
    assert "".join(plotly._lines(text, 14)).replace(" ", "") == text.replace(" ", "")


# --- colours ------------------------------------------------------------------------------------------------

# What eyes without red, green or blue cones see (Machado, Oliveira & Fernandes 2009, severity 1).
EYES = {
    "usual": np.eye(3),
    "no green": np.array([[.367322, .860646, -.227968], [.280085, .672501, .047413], [-.011820, .042940, .968881]]),
    "no red": np.array([[.152286, 1.052583, -.204868], [.114503, .786281, .099216], [-.003882, -.048116, 1.051998]]),
    "no blue": np.array([[1.255528, -.076749, -.178779], [-.078411, .930809, .147602], [.004733, .691367, .303900]]),
}


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[place:place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2: 1 the same, 21 black on white."""
    light, dark = sorted((float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def seen(colour: str, eyes: str) -> np.ndarray:
    """In Oklab (Ottosson 2020), where distances are what people call differences."""
    sight = np.clip(EYES[eyes] @ linear(colour), 0, 1)
    cones = np.array([[.4122214708, .5363325363, .0514459929], [.2119034982, .6806995451, .1073969566],
                      [.0883024619, .2817188376, .6299787005]]) @ sight
    return np.array([[.2104542553, .7936177850, -.0040720468], [1.9779984951, -2.4285922050, .4505937099],
                     [.0259040371, .7827717662, -.8086757660]]) @ np.cbrt(cones)


@pytest.mark.parametrize("theme", plotly.THEMES.values(), ids=plotly.THEMES)
def test_colours_stand_out_from_the_paper(theme):
    for colour in (*theme.series, theme.accent, theme.quiet, theme.bad):
        assert contrast(colour, theme.paper) >= 3, colour
    for colour in (theme.ink, theme.muted):
        assert contrast(colour, theme.paper) >= 4.5, colour
    for colour in theme.low_middle_high:
        assert contrast(theme.ink, colour) >= 4.5, colour


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("theme", plotly.THEMES.values(), ids=plotly.THEMES)
def test_groups_stay_apart_for_all_eyes(theme, eyes):
    def nearest(colours) -> float:
        pairs = combinations([seen(colour, eyes) for colour in colours], 2)
        return min(float(np.linalg.norm(one - other)) for one, other in pairs)

    assert nearest(theme.series[:6]) > 0.08
    assert nearest(theme.series) > 0.06  # beyond six the shapes help
    assert len(set(plotly.SYMBOLS)) >= len(theme.series)


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_page_to_carry_away_holds_all_it_needs(language):
    chart = every_chart(language)["sizes"]
    page = plotly.to_html(chart, locale=language)
    frame = page[:page.index("<script")] + page[page.rindex("</script>"):]
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in frame
    assert f"<title>{chart.title}</title>" in frame
    assert chart.alt in frame
    assert "default-src 'none'" in frame
    assert "src=\"http" not in page
    assert "<link" not in frame
    assert len(page) > 1_000_000  # Plotly itself


def test_the_rows_behind_a_chart_are_named_in_words():
    lines = plotly.to_csv(every_chart("en")["months"]).splitlines()
    assert lines[0] == "Month,Revenue,Orders"
    assert lines[1].startswith("2025-12-01,1250000.0,800")


def test_no_cell_of_a_file_is_a_formula():
    chart = every_chart("en")["months"]
    frame = pd.DataFrame({"month": ["=1+1", "@x"], "revenue": [-5.0, 1.0], "orders": [1, 1]})
    rows = plotly.to_csv(replace(chart, frame=frame, unfinished=None)).splitlines()
    assert rows[1:] == ["'=1+1,-5.0,1", "'@x,1.0,1"]


# --- duplicates ---------------------------------------------------------------------------------------------

PARTS = [("E-mail: the same", 9.0), ("Town: different", -4.0)]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_waterfall_begins_each_bar_where_the_one_above_ended_and_ends_with_the_sum(language):
    chart = charts.match_waterfall(PARTS, "Ada · Wong", -5.0, 0.03, partial(words.sentence, language))
    bar = plotly.draw(chart, locale=language).data[0]
    assert (list(bar.base), list(bar.x)) == ([0, -10, -1, 0], [-10, 9, -4, -5])
    assert "E-mail: the same: +9.0" in chart.alt.replace("：", ": ")


def test_two_comparisons_of_the_same_words_have_a_bar_each():
    chart = charts.match_waterfall([PARTS[0], PARTS[0]], "Ada · Wong", 18.0, 0.99, partial(words.sentence, "en"))
    assert list(chart.frame.what) == ["E-mail: the same", "E-mail: the same (2)", "Together"]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_weights_below_the_threshold_are_drawn_fainter(language):
    bins = pd.DataFrame({"weight": [-3.0, -2.75, 0.25, 2.0], "pairs": [4, 1, 2, 7]})
    chart = charts.match_weights(bins, 0.25, 0.54, "Customers", partial(words.sentence, language))
    assert chart.frame[["weight", "pairs", "below"]].values.tolist() == [
        [-3, 5, True], [-2, 0, True], [-1, 0, True], [0, 2, False], [1, 0, False], [2, 7, False]]
    assert "54%" in chart.subtitle and plotly.draw(chart, locale=language).data


# --- who goes where -----------------------------------------------------------------------------------------


FLOWS = pd.DataFrame([(1, 1, "stayed", 30), (1, 2, "behaviour", 6), (1, 2, "boundary", 1), (2, 2, "stayed", 50),
                      (-1, 2, "new", 9), (2, -1, "lost", 4)], columns=["before", "after", "cause", "customers"])


def flow(language: str = "en") -> Chart:
    return charts.movement_flow(FLOWS, {1: "Champions", 2: "Lost"}, (date(2026, 2, 1), AS_OF),
                                partial(words.sentence, language))


def test_a_flow_has_a_band_for_every_way_and_says_the_largest():
    chart = flow()
    assert chart.frame[["from", "to", "customers"]].values.tolist() == [
        ["Not there yet", "2 Lost", 9], ["1 Champions", "1 Champions", 30], ["1 Champions", "2 Lost", 7],
        ["2 Lost", "No longer there", 4], ["2 Lost", "2 Lost", 50]]
    assert chart.alt.startswith("20 of 100 customers") and "9 went from Not there yet to 2 Lost" in chart.alt


@pytest.mark.parametrize("theme", plotly.THEMES)
def test_the_groups_of_a_flow_have_the_colours_of_the_map_on_both_sides(theme):
    node = plotly.draw(flow(), theme).data[0].node
    colours = plotly.THEMES[theme].series
    named = {words.split("<br>")[0]: (colour, x) for words, colour, x in zip(node.label, node.color, node.x, strict=True)}
    assert named["1 Champions"][0] == colours[0] and named["2 Lost"][0] == colours[1]
    assert [colour for words, colour in zip(node.label, node.color, strict=True) if "Lost" in words] == [colours[1]] * 2
    assert named["Not there yet"][0] == named["No longer there"][0] == plotly.THEMES[theme].quiet
    left = [words for words, x in zip(node.label, node.x, strict=True) if x < 0.5]
    assert [words.split("<br>")[0] for words in left] == ["1 Champions", "2 Lost", "Not there yet"]  # as on the map


def test_names_from_data_do_no_harm_in_a_flow():
    chart = charts.movement_flow(FLOWS, {1: "<b>x</b>", 2: "=1+1"}, (date(2026, 2, 1), AS_OF),
                                 partial(words.sentence, "en"))
    assert not any("<b>x" in label for label in plotly.draw(chart).data[0].node.label)
    assert plotly.to_html(chart).startswith("<!doctype html>")


def test_a_groups_size_is_told_cause_by_cause():
    row = {"before": 40, "behaviour_in": 3, "behaviour_out": 6, "new_in": 2, "after": 39}
    chart = charts.movement_causes(row, "Champions", ("behaviour", "new", "lost"), (date(2026, 2, 1), AS_OF),
                                   partial(words.sentence, "en"))
    assert chart.frame.customers.tolist() == [40, 3, -6, 2, 39]
    assert "Champions went from 40 to 39 customers" in chart.alt


# --- words ------------------------------------------------------------------------------------------------------------


def test_no_word_of_a_cloud_lies_on_another_and_the_largest_stands_in_the_middle():
    from crm_core.charts.cloud import TALL, WIDE, layout

    names = [f"word {number}" for number in range(30)] + ["退款", "物流速度"]
    placed = layout(names, [100 / (1 + place) for place in range(32)])
    boxes = [(x - size * 0.29 * len(name), y - size * 0.6, x + size * 0.29 * len(name), y + size * 0.6)
             for name, x, y, size in placed]
    assert placed[0][0] == "word 0" and abs(placed[0][1]) < 5 and abs(placed[0][2]) < 5 and len(placed) == 32
    assert all(abs(left) <= WIDE / 2 and abs(low) <= TALL / 2 for left, low, _, _ in boxes)
    assert not any(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
                   for place, a in enumerate(boxes) for b in boxes[:place])
    assert layout(names, [1.0] * 32) == layout(names, [1.0] * 32) and layout([], []) == []


def test_what_is_said_more_and_less_stands_beside_each_other():
    chart = every_chart("en")["keyness"]
    assert list(chart.frame.term) == ["moths", "moths", "teapot", "teapot"]
    assert list(chart.frame.share) == [0.1, 0.0, 0.02, 0.08] and "10% against 0%" in chart.alt


def test_bars_below_nothing_stand_left_of_it_and_long_figures_have_room():
    frame = pd.DataFrame({"name": ["sold", "given back"], "value": [1_525_187, -20_000]})
    chart = Chart(kind="bars", x="value", y="name", frame=frame, title="t", alt="a",
                  labels={"name": "name", "value": "value"}, units={"name": "name", "value": "count"})
    figure = plotly.draw(chart)
    low, high = figure.layout.xaxis.range
    assert low < -20_000 and high > 1_525_187 and figure.layout.margin.r > 16
    only_below = plotly.draw(replace(chart, frame=frame[frame.value < 0])).layout.xaxis.range
    assert only_below[0] < -20_000 and only_below[1] == 0


@pytest.mark.parametrize(("locale", "sign"), [("en", "k"), ("zh", "万")])
def test_the_panels_of_a_series_are_ticked_in_the_languages_own_large_numbers(locale, sign):
    periods = pd.Series(pd.date_range("2024-01-01", periods=24, freq="MS"))
    parts = {"value": pd.Series(np.linspace(10_000, 80_000, 24)), "rest": pd.Series(np.linspace(0.9, 1.1, 24))}
    chart = charts.parts_of_series(parts, periods, True, "m", "count", "month", lambda key, **_: key)
    figure = plotly.draw(chart, locale=locale)
    assert all(text.endswith(sign) for text in figure.layout.yaxis.ticktext)
    assert figure.layout.yaxis2.ticktext is None
