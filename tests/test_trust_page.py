"""How far to trust the chances, on the page, in both languages, on the demo shop."""
import re

import pytest

from tests.test_pages import opened, said_on


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo shop with a segment kept half a year ago, and one kept today."""
    from datetime import timedelta

    from crm_core.store import open_store
    from data.demo_shop import fill
    from ui.workspace import now

    store, today = open_store(tmp_path_factory.mktemp("demo") / "shop.duckdb", clock=now), now().date()
    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=today, customers=600, orders=6000, messages=900)
    with store.batch("segment", "two segments") as batch:
        for name, as_of in (("Old friends", today - timedelta(days=180)), ("Just now", today)):
            [segment] = batch.add("segments", [{"name": name, "kind": "cluster", "as_of": as_of}])
            batch.add("segment_snapshots", [{"segment_id": segment, "as_of": as_of, "how": "kept", "customers": 300}])
            batch.add("segment_members", [{"segment_id": segment, "as_of": as_of, "customer_id": customer}
                                          for customer in range(1, 301)])
    yield store
    store.close()


def waited(app):
    for _ in range(120):
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def trust_page(demo, monkeypatch, language: str = "en"):
    return waited(opened("purchase_prediction", demo, monkeypatch, language=language, part="trust"))


def numbers(text: str, pattern: str) -> list[int]:
    return [int(found.replace(",", "")) for found in re.search(pattern, text).groups()]


@pytest.mark.parametrize(("language", "top", "holds", "contact"), [
    ("en", r"Of the (\d+) likeliest, (\d+) bought; in the order of the recency rule it is (\d+)", "The chances",
     r"contact \*\*([\d,]+) of ([\d,]+)\*\*"),
    ("zh", r"在最可能的 (\d+) 位客户中，有 (\d+) 位购买了；按最近购买规则排序是 (\d+) 位", "概率", r"在 ([\d,]+) 位中联系 \*\*([\d,]+)\*\* 位")])
def test_the_verdicts_come_first_in_both_languages(demo, monkeypatch, language, top, holds, contact):
    app = trust_page(demo, monkeypatch, language)
    said = said_on(app)
    count, found, by_rule = numbers(said, top)
    assert 0 < by_rule <= count and found <= count
    assert holds in said and len(numbers(said, contact)) == 2
    assert "[" not in re.sub(r":[a-z]+\[[^\]]*\]", "", said)  # no key without its words
    assert len(app.get("plotly_chart")) == 5


def frame_with(app, *columns):
    return next(frame.value for frame in app.dataframe if set(columns) <= set(frame.value.columns))


def test_parts_are_those_known_at_the_cutoff(demo, monkeypatch):
    parts = frame_with(trust_page(demo, monkeypatch), "part", "told")
    assert parts.part.str.startswith("Country: ").sum() > 1
    assert "Segment: Old friends" in parts.part.tolist()
    assert "Segment: Just now" not in parts.part.tolist()  # it knows who bought since


def test_value_cost_and_capacity_say_whom_to_contact(demo, monkeypatch):
    app = trust_page(demo, monkeypatch)
    assert "the mean order at a guessed margin of 30 %" in said_on(app)
    value, cost, capacity = app.number_input
    value.set_value(10.0)
    cost.set_value(4.0)
    capacity.set_value(25)
    said = said_on(waited(app.run()))
    assert "from a chance of **40%** on" in said
    contacted, customers = numbers(said, r"contact \*\*([\d,]+) of ([\d,]+)\*\*")
    assert contacted == 25 < customers
    assert "Without the limit it would be" in said
    listed = frame_with(app, "name", "score")
    assert len(listed) == 25 and listed.score.is_monotonic_decreasing and listed.score.min() >= 0.4


def test_the_slider_contacts_as_many_as_are_asked_for(demo, monkeypatch):
    app = trust_page(demo, monkeypatch)
    [slider] = app.slider
    slider.set_value(10)
    said = said_on(waited(app.run()))
    assert numbers(said, r"contact \*\*([\d,]+) of")[0] == 10
    assert len(frame_with(app, "name", "score")) == 10


def test_a_contact_that_costs_more_than_it_brings_pays_for_nobody(demo, monkeypatch):
    app = trust_page(demo, monkeypatch)
    value, cost, _ = app.number_input
    value.set_value(1.0)
    cost.set_value(2.0)
    said = said_on(waited(app.run()))
    assert "it pays for nobody" in said and "Contacting nobody is best" in said and "contact nobody, and earn 0" in said


def test_without_customers_it_says_what_to_do(store, monkeypatch):
    assert "There are no customers yet" in said_on(opened("purchase_prediction", store, monkeypatch, part="trust"))


def test_of_categories_it_is_told_how_often_the_right_one_is_named(demo, monkeypatch):
    from crm_core.purchase_prediction import Choice, Target
    from pages.predicting.asking import Asked
    from ui.workspace import now

    app = opened("home", demo, monkeypatch)
    app.session_state["prediction asked"] = Asked(now().date(), Choice(
        Target("buys_category"), models=("recency_rule", "logistic")))
    app.query_params["part"] = "trust"
    app.switch_page("pages/purchase_prediction.py")
    said = said_on(waited(app.run()))
    named, commonest = (int(found) for found in re.search(
        r"right (?:category|one) for (\d+)%.*?commonest (?:would reach|for) (\d+)%", said).groups())
    assert 0 < commonest <= 100 and 0 < named <= 100
    assert {"tea", "coffee"} <= set(frame_with(app, "class", "recall")["class"])
    assert re.search(r"Of the \d+ likeliest, \d+ bought something", said)  # whether anything is bought at all
