"""The chart builder: what a choice shows, what it refuses and why, how it is kept, and that every type is drawn."""
import json
from dataclasses import replace
from datetime import date, datetime
from functools import partial

import numpy as np
import pandas as pd
import pytest

from crm_core.charts import plotly
from crm_core.charts.built import built
from crm_core.errors import ChartNeeds, ChartUnknown, ChartWithout, NothingToDraw, SharesBelowNothing, SharesNeedSums
from crm_core.store import open_store
from crm_core.time_series import chart_figures, charting, own_keeping
from crm_core.time_series.chart_figures import build
from crm_core.time_series.charting import KINDS, OTHERS, Choice
from ui import words

AS_OF = date(2026, 3, 1)
SHOP = (  # customer, day, channel, country, amount, status
    (1, "2026-01-05", "web", "DE", 10, "completed"), (1, "2026-01-12", "web", "DE", 20, "completed"),
    (2, "2026-01-20", "shop", "FR", 5, "completed"), (2, "2026-02-03", "web", "FR", 40, "completed"),
    (3, "2026-02-14", "shop", "DE", 15, "completed"), (3, "2026-02-20", "shop", "DE", 900, "cancelled"),
    (3, "2025-12-01", "shop", "DE", 7, "completed"), (4, "2026-03-01", None, "DE", 1, "open"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A small shop, to read only."""
    store = open_store(tmp_path_factory.mktemp("shop") / "shop.duckdb", clock=lambda: datetime(2026, 3, 1, 9))
    fill(store)
    yield store
    store.close()


def fill(store) -> None:
    with store.batch("add") as batch:
        batch.add("customers", [{"name": f"Customer {number}", "city": f"City {number}"} for number in range(1, 6)])
        batch.add("products", [{"product_no": "A", "name": "Tea", "category": "drinks"},
                               {"product_no": "B", "name": "Pot", "category": "kitchen"}])
        orders = [{"order_no": str(number), "customer_id": customer, "ordered_at": datetime.fromisoformat(day), "channel": channel,
                   "country": country, "amount": amount, "status": status}
                  for number, (customer, day, channel, country, amount, status) in enumerate(SHOP)]
        ids = batch.add("orders", orders)
        batch.add("order_lines", [{"order_id": order, "line_no": 1, "product_id": 1 + number % 2, "quantity": 2,
                                   "unit_price": row["amount"] / 2, "amount": row["amount"]}
                                  for number, (order, row) in enumerate(zip(ids, orders, strict=True))])
        batch.add("communications", [{"occurred_at": datetime(2026, 2, 2, 9), "channel": "email", "direction": "in", "content": "?"},
                                     {"occurred_at": datetime(2026, 2, 3, 9), "channel": "email", "direction": "out", "content": "!"}])
        batch.add("service_requests", [
            {"opened_at": datetime(2026, 2, 2, 9), "closed_at": datetime(2026, 2, 2, 15), "status": "closed", "category": "late",
             "satisfaction": 4}, {"opened_at": datetime(2026, 2, 3), "status": "open", "category": "late"}])


def values(built_chart) -> dict:
    return dict(zip(built_chart.frame.name, built_chart.frame.value, strict=True))


def test_bars_compare_names_from_the_largest_and_those_without_a_name_are_shown(shop):
    assert values(build(shop, Choice(days=0), AS_OF, {})) == {"web": 70, "shop": 27, "": 1}
    assert values(build(shop, Choice(days=0, measure="orders"), AS_OF, {})) == {"web": 3, "shop": 3, "": 1}
    assert values(build(shop, Choice(days=0, measure="customers"), AS_OF, {})) == {"web": 2, "shop": 2, "": 1}
    assert values(build(shop, Choice(days=0, measure="average_order"), AS_OF, {})) == {
        "web": pytest.approx(70 / 3), "shop": 9, "": 1}


def test_the_last_days_count_back_from_today_and_today_is_among_them(shop):
    month = build(shop, Choice(days=30), AS_OF, {})
    assert (month.first, month.last) == (date(2026, 1, 31), AS_OF)
    assert values(month) == {"web": 40, "shop": 15, "": 1}


def test_a_line_has_every_period_and_begins_with_a_whole_one(shop):
    line = build(shop, Choice("line", by="period", days=80), AS_OF, {})
    assert line.first == date(2025, 12, 1)
    assert list(line.frame.name) == list(pd.to_datetime(["2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01"]))
    assert list(line.frame.value) == [7, 35, 55, 1]
    split = build(shop, Choice("line", by="period", split="channel", days=80), AS_OF, {}).frame
    assert list(split[split.other == "web"].value) == [0, 30, 40, 0]
    mean = build(shop, Choice("line", by="period", split="channel", days=80, measure="average_order"), AS_OF, {}).frame
    assert mean[mean.other == "web"].value.isna().tolist() == [True, False, False, True]  # no order has no mean


def test_days_weekdays_and_hours_are_those_of_the_zone_and_weeks_begin_as_they_do_there(store):
    with store.batch("add") as batch:  # Saturday evening in UTC is Sunday morning in Shanghai
        batch.add("orders", [{"order_no": "1", "ordered_at": datetime(2026, 2, 7, 22), "amount": 5, "status": "completed"}])
    hours = Choice("heatmap", measure="orders", by="weekday", split="hour")
    for zone, told in (("UTC", ("5", "22")), ("Asia/Shanghai", ("6", "6")), ("Asia/Kolkata", ("6", "3"))):
        frame = build(store, hours, AS_OF, {}, zone).frame
        assert (frame.name[0], frame.other[0]) == told
    weeks = Choice("line", by="period", interval="week")
    for zone, week, begin in (("UTC", "monday", "2026-02-02"), ("UTC", "sunday", "2026-02-01"),
                              ("Asia/Shanghai", "monday", "2026-02-02"), ("Asia/Shanghai", "sunday", "2026-02-08")):
        lines = build(store, weeks, AS_OF, {}, zone, week).frame
        assert lines.name[lines.value.idxmax()] == lines.name[0] == pd.Timestamp(begin) and len(lines) >= 4


def test_too_many_points_are_drawn_by_longer_periods(shop, monkeypatch):
    monkeypatch.setattr(chart_figures, "MOST_POINTS", 60)
    line = build(shop, Choice("line", by="period", split="channel", interval="day", days=80), AS_OF, {})
    assert line.coarser and line.choice.interval == "week" and len(line.frame) <= 60
    assert line.frame.value.sum() == 91  # a week that begins before the days that are asked for is whole


def test_small_names_stand_together_where_they_add_up_and_are_left_out_where_not(shop):
    cities = Choice(by="city", most=2, days=0)
    together = build(shop, cities, AS_OF, {})
    assert values(together) == {"City 2": 45, "City 1": 30, OTHERS: 23} and (together.left_out, together.together) == (2, True)
    people = build(shop, replace(cities, measure="customers"), AS_OF, {})
    assert len(people.frame) == 2 and people.left_out == 2 and not people.together
    means = values(build(shop, replace(cities, measure="average_order"), AS_OF, {}))
    assert sum(value is not None for value in means.values()) == 3
    assert means[OTHERS] in (pytest.approx(23 / 3), pytest.approx(46 / 3))


def test_time_lies_below_whichever_way_round_it_is_asked(shop):
    either = build(shop, Choice("stacked", by="channel", split="period", days=80), AS_OF, {})
    assert (either.choice.by, either.choice.split) == ("period", "channel")


def test_a_box_tells_the_quartiles_that_numpy_tells(store):
    random = np.random.default_rng(3)
    amounts = {"web": np.round(random.lognormal(3, 1, 301), 2), "shop": np.array([1.0, 2, 3, 4, 1000])}
    with store.batch("add") as batch:
        batch.add("orders", [{"order_no": f"{channel}{number}", "ordered_at": datetime(2026, 2, 1), "channel": channel,
                              "amount": amount, "status": "completed"}
                             for channel, many in amounts.items() for number, amount in enumerate(many)])
    boxes = build(store, Choice("box"), AS_OF, {}).frame.set_index("name")
    for channel, many in amounts.items():
        first, middle, third = np.percentile(many, [25, 50, 75])
        row = boxes.loc[channel]
        assert (row["first"], row.middle, row.third) == pytest.approx((first, middle, third))
        inside = many[(many >= first - 1.5 * (third - first)) & (many <= third + 1.5 * (third - first))]
        assert (row.low, row.high, row["count"], row.outside) == (inside.min(), inside.max(), len(many), len(many) - len(inside))


def test_a_waterfall_tells_what_changed_against_as_many_days_before(shop):
    change = build(shop, Choice("waterfall", by="channel", days=31), AS_OF, {})
    assert (change.first, change.last) == (date(2026, 1, 30), AS_OF)
    rows = change.frame.set_index("name")
    assert rows.before.to_dict() == {"web": 30, "": 0, "shop": 5} and rows.after.to_dict() == {"web": 40, "": 1, "shop": 15}
    assert rows.value.to_dict() == {"web": 10, "": 1, "shop": 10}


def test_products_messages_requests_and_the_way_of_customers_can_be_drawn(shop):
    assert values(build(shop, Choice(data="lines", by="category", measure="quantity", days=0), AS_OF, {})) == {
        "drinks": 8, "kitchen": 6}
    assert values(build(shop, Choice(data="messages", measure="messages", by="direction"), AS_OF, {})) == {"in": 1, "out": 1}
    assert values(build(shop, Choice(data="requests", measure="hours_to_close", by="category"), AS_OF, {})) == {"late": 6}
    assert values(build(shop, Choice(data="requests", measure="satisfaction", by="category"), AS_OF, {})) == {"late": 4}
    assert values(build(shop, Choice("funnel", "journey", "customers", "step"), AS_OF, {})) == {
        "known": 5, "bought_1": 4, "bought_2": 3, "bought_3": 0, "bought_5": 0, "bought_10": 0}
    assert values(build(shop, Choice(data="customers", measure="customers", by="city", days=0, most=9), AS_OF, {})) == dict.fromkeys(
        [f"City {number}" for number in range(1, 6)], 1)


def test_own_numbers_are_drawn_up_to_their_own_last_day_and_levels_are_means(store):
    rows = pd.DataFrame({"measure": "degrees", "series": ["a", "b", "a"], "place": "", "value": [1.0, 5.0, 3.0], "adds_up": False,
                         "period": pd.to_datetime(["2012-10-25", "2012-10-26", "2012-10-26"])})
    with store.batch("own_numbers") as batch:
        own_keeping.keep(batch, rows)
    own = Choice(data="own:degrees", measure="value", by="series", days=30)
    shown = build(store, own, AS_OF, {"degrees": False})
    assert shown.last == date(2012, 10, 26) and values(shown) == {"b": 5, "a": 2}
    with pytest.raises(SharesNeedSums):
        build(store, replace(own, kind="pie"), AS_OF, {"degrees": False})
    with pytest.raises(ChartWithout):
        build(store, own, AS_OF, {})


@pytest.mark.parametrize(("choice", "error"), [
    (Choice("donut"), ChartUnknown), (Choice(data="weather"), ChartWithout), (Choice(measure="mood"), ChartWithout),
    (Choice(by="planet"), ChartWithout), (Choice(interval="minute"), ChartWithout),
    (Choice("line"), ChartNeeds), (Choice("pie", by="period"), ChartNeeds), (Choice("stacked"), ChartNeeds),
    (Choice(split="channel"), ChartNeeds), (Choice("scatter"), ChartNeeds),
    (Choice("box", "messages", "messages"), ChartNeeds), (Choice("waterfall", days=0), ChartNeeds),
    (Choice("pie", measure="average_order"), SharesNeedSums), (Choice("treemap", measure="customers"), SharesNeedSums),
    (Choice("area", by="period", split="channel", measure="average_order"), SharesNeedSums)])
def test_what_cannot_be_drawn_is_refused_in_words(choice, error, shop):
    with pytest.raises(error) as raised:
        build(shop, choice, AS_OF, {})
    for language in words.LANGUAGES:
        sentence = words.error_sentence(language, raised.value)
        assert "{" not in sentence and (language == "en" or not any(name in sentence for name in ("bar", "line", "period")))


@pytest.mark.parametrize(("periods", "interval", "growing"), [
    (["2009-01-01", "2010-01-01"], "year", [False, False]), (["2010-05-01", "2010-06-01", "2010-07-01"], "quarter", [False, True]),
    (["2010-08-27", "2010-09-03", "2010-09-10"], "month", [False, True])])
def test_the_last_number_of_a_year_tells_of_the_whole_of_it(periods, interval, growing, store):
    with store.batch("own_numbers") as batch:
        own_keeping.keep(batch, pd.DataFrame({"measure": "m", "series": "", "place": "", "value": 1.0, "adds_up": True,
                                              "period": pd.to_datetime(periods)}))
    shown = build(store, Choice("line", "own:m", "value", "period", interval=interval, days=0), AS_OF, {"m": True})
    assert list(built(shown, "", partial(words.sentence, "en"), "en").frame.growing) == growing


def test_a_whole_with_a_part_below_nothing_and_a_chart_of_nothing_are_refused(store):
    fill(store)
    with store.batch("add") as batch:
        batch.add("orders", [{"order_no": "R", "ordered_at": datetime(2026, 2, 1), "channel": "returns", "amount": -50,
                              "status": "completed"}])
    with pytest.raises(SharesBelowNothing):
        build(store, Choice("pie"), AS_OF, {})
    assert values(build(store, Choice(), AS_OF, {}))["returns"] == -50
    with pytest.raises(NothingToDraw):
        build(store, Choice(), date(2020, 1, 1), {})


def test_whatever_data_are_chosen_a_type_is_fitted_to_them_or_says_what_it_lacks(shop):
    refused = set()
    for kind in KINDS:
        for name, data in charting.DATA.items():
            try:
                charting.check(charting.fitting(Choice(kind, name, "revenue", "channel"), data), {})
            except (ChartNeeds, SharesNeedSums):
                refused.add((kind, name))
    one_measure, one_name = {"customers", "journey"}, {"journey"}
    assert refused == {*(("scatter", name) for name in one_measure), *((kind, name) for name in one_name for kind in (
        "line", "area", "stacked", "heatmap", "waterfall")), *(("box", name) for name in ("customers", "messages", "journey"))}


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_is_described_and_drawn_in_both_languages_and_themes(kind, shop):
    choice = charting.fitting(Choice(kind, days=80), charting.DATA["orders"])
    shown = build(shop, choice, AS_OF, {})
    for language, theme in (("en", "light"), ("zh", "dark")):
        description = built(shown, "", partial(words.sentence, language), language)
        figure = plotly.draw(description, theme, language)
        assert figure.data and "u0000" not in figure.to_json()
        assert description.alt and len(plotly.to_csv(description).splitlines()) > 1
        assert "Revenue" not in description.title or language == "en"


def test_names_from_data_are_no_markup(store):
    fill(store)
    with store.batch("add") as batch:
        batch.add("orders", [{"order_no": "X", "ordered_at": datetime(2026, 2, 1), "channel": "<a href='x'>y</a>", "amount": 50,
                              "status": "completed"}])
    for kind in ("bar", "pie", "treemap", "pareto", "waterfall", "box", "scatter"):
        shown = build(store, charting.fitting(Choice(kind, days=30), charting.DATA["orders"]), AS_OF, {})
        drawn = plotly.draw(built(shown, "", partial(words.sentence, "en"), "en")).to_json()
        assert "<a href" not in drawn and "u003ca" not in drawn


def test_a_choice_is_kept_as_json_and_nonsense_is_no_choice():
    choice = Choice("pie", "own:Umsatz 销售", "value", by="series", days=0)
    assert Choice.from_json(choice.as_json()) == choice
    assert Choice.from_json('{"kind": "line", "unknown": 1}') == Choice("line")
    for text in ("", "[1]", '{"days": "many"}', "null"):
        with pytest.raises(ChartUnknown):
            Choice.from_json(text)


def test_kept_charts_are_listed_renamed_taken_away_and_brought_back(store):
    with store.batch("chart") as batch:
        number, = batch.add("saved_charts", {"name": "Revenue", "choice": Choice().as_json()})
    with store.batch("chart") as batch:
        batch.change("saved_charts", {"id": number, "name": "Revenue by channel"})
    with store.batch("chart_removed") as batch:
        batch.remove("saved_charts", [number])
    assert store.frame("charts_kept").empty
    store.undo(store.revision())
    assert store.frame("charts_kept").name.tolist() == ["Revenue by channel"]
    assert json.loads(store.frame("charts_kept").choice[0])["kind"] == "bar"
