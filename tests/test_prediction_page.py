"""The page purchase prediction, its first part: question, evidence, steps and answer, in both languages."""
from datetime import date, timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.test_clustering_page import answered
from tests.test_pages import demo, opened

__all__ = ["demo"]

STEPS = {
    "ask": (" count, from ", "个订单，从"), "gather": ("read as of each cutoff", "按每个截止日读取"),
    "split": ("on which days is learned", "用哪些日子学习"), "learn": ("which models are tried", "尝试了哪些模型"),
    "judge": ("sorts customers", "对客户的排序"), "apply": ("what to do with the chances", "这些概率怎么用")}
EXPECTED = {"en": "are expected to", "zh": "预计约有"}


def page(store, monkeypatch, **query) -> AppTest:
    return opened("purchase_prediction", store, monkeypatch, **query)


def remembered(app: AppTest):
    return app.session_state["prediction asked"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_step_opens_with_the_answer_below(demo, monkeypatch, language):
    app = page(demo, monkeypatch, language=language)
    for step, told in STEPS.items():
        app.session_state["prediction step"] = step
        said = answered(app.run())
        assert told[language == "zh"] in said, step
        assert EXPECTED[language] in said, step
    frame = app.dataframe[-1].value
    assert frame.iloc[:, 2].between(0, 1).all() and frame.iloc[:, 2].is_monotonic_decreasing


def test_the_question_stands_first_with_the_base_rate_and_stays_on_the_other_parts(demo, monkeypatch):
    app = page(demo, monkeypatch)
    assert "buys in the next 90 days, counted from" in answered(app)
    app.selectbox(key="target horizon").select(30).run()
    said = answered(app)
    assert "buys in the next 30 days" in said and "On the newest days that are over" in said
    app.pills(key="purchase_prediction part").set_value("apply").run()
    app.pills(key="purchase_prediction part").set_value("who").run()
    answered(app)
    assert app.selectbox(key="target horizon").value == 30 and remembered(app).choice.target.horizon_days == 30


def test_a_link_names_the_question(demo, monkeypatch):
    app = page(demo, monkeypatch, kind="leaves", horizon="60", step="ask")
    assert "leaves: no order in the next 60 days" in answered(app)
    assert app.query_params["kind"] == "leaves" and app.query_params["horizon"] == "60"
    assert app.number_input(key="active days").value == 365


def test_one_press_takes_a_feature_out_and_it_stays_out_when_the_panel_closes(demo, monkeypatch):
    app = page(demo, monkeypatch, step="gather")
    answered(app)
    pills = next(group for group in app.pills if str(group.key).startswith("used who_they_are"))
    pills.set_value([name for name in pills.value if name != "country"]).run()
    answered(app)
    assert remembered(app).choice.excluded == ("country",)
    app.session_state["prediction step"] = None
    answered(app.run())
    assert remembered(app).choice.excluded == ("country",)


def test_a_day_before_the_first_order_is_a_sentence_with_the_question_still_there(demo, monkeypatch):
    app = page(demo, monkeypatch)
    answered(app)
    app.date_input(key="target as of").set_value(date(2015, 1, 1)).run()
    assert "nothing was known" in answered(app)
    assert app.selectbox(key="target kind").value == "buys"


@pytest.mark.parametrize(("language", "told"), [("en", "What came until"), ("zh", "实际：")])
def test_of_a_day_in_the_past_it_is_told_what_came(demo, monkeypatch, language, told):
    newest = demo.frame("freshness").set_index("name").newest["orders"].date()
    app = page(demo, monkeypatch, language=language, as_of=str(newest - timedelta(days=100)))
    assert told in answered(app)


def few_orders(store, customers: int = 40, days: int = 120) -> None:
    first = date(2025, 10, 1)
    with store.batch("add", "small shop") as batch:
        batch.add("customers", pd.DataFrame({"customer_no": [f"C{number}" for number in range(1, customers + 1)]}))
        batch.add("orders", pd.DataFrame([{
            "order_no": f"O{number}-{turn}", "customer_id": number, "amount": 10.0, "status": "completed",
            "ordered_at": pd.Timestamp(first + timedelta(days=number % 30 + 30 * turn))}
            for number in range(1, customers + 1) for turn in range(days // 30 if number <= 12 else 1)]))


@pytest.mark.parametrize(("language", "too_little", "needed", "rule"), [
    ("en", "There is too little to learn from", "more with the rarer answer", "Who bought last is the likeliest"),
    ("zh", "可供学习的数据太少", "大约还需要", "最近买过的人最可能再买")])
def test_a_small_shop_gets_the_plain_rule_and_what_would_be_needed(
        store, monkeypatch, language, too_little, needed, rule):
    few_orders(store)
    app = page(store, monkeypatch, language=language)
    said = answered(app)
    assert too_little in said and needed in said and rule in said
    assert app.dataframe[-1].value.iloc[:, -1].sum() == 40  # every customer is in a range


def test_a_short_history_offers_a_horizon_that_fits(store, monkeypatch):
    few_orders(store, days=90)
    app = page(store, monkeypatch, kind="buys", horizon="90")
    assert "The history is too short for 90 days" in answered(app)
    app.button(key="take horizon").click().run()
    answered(app)
    assert remembered(app).choice.target.horizon_days in (7, 14)
    assert app.selectbox(key="target horizon").value == remembered(app).choice.target.horizon_days


@pytest.mark.parametrize(("language", "asked"), [
    ("en", "Churn: Yes? The answer is known for 50 customers and asked for 10 more"), ("zh", "已知 50 位客户的答案")])
def test_a_table_without_orders_is_asked_for_its_likeliest_column(store, monkeypatch, language, asked):
    with store.batch("add", "table") as batch:
        batch.add("customers", pd.DataFrame({
            "customer_no": [f"C{number}" for number in range(60)], "extra": [
                f'{{"Plan": "{"ab"[number % 2]}"' + (
                    f', "Churn": "{"Yes" if number % 3 == 0 else "No"}"' if number < 50 else "") + "}"
                for number in range(60)]}))
    app = page(store, monkeypatch, language=language, step="gather")
    said = answered(app)
    assert asked in said
    assert app.selectbox(key="target kind").options and app.selectbox(key="target column").value == "extra:Churn"


def test_a_shop_where_nobody_bought_says_so(store, monkeypatch):
    with store.batch("add", "Ada") as batch:
        batch.add("customers", {"name": "Ada"})
    assert "No customer has an order yet" in answered(page(store, monkeypatch))


def test_one_customer_is_no_reason_to_fall(store, monkeypatch):
    few_orders(store, customers=1, days=30)
    said = answered(page(store, monkeypatch))
    assert "Who of 1 customer buys" in said and "too little to learn from" in said
