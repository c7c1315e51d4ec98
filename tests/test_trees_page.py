"""Trees and leaks on the page: drawn and told in both languages, left out and taken back with one click."""
import re
from dataclasses import replace
from datetime import date
from functools import partial

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from crm_core import charts
from crm_core.charts import plotly
from crm_core.charts.feature_words import condition_words
from crm_core.purchase_prediction.trees import WAYS, Condition, described
from crm_core.purchase_prediction.trees.of_prediction import tree_of
from tests.test_leakage import dated
from tests.test_pages import demo, texts  # noqa: F401 (a fixture)
from ui import words


def trees_alone() -> None:
    from crm_core.purchase_prediction import Choice, Target, predict
    from pages.predicting import asking, trees
    from tests.test_leakage import dated
    wanted = asking.asked()
    choice = Choice(Target("buys", 30), models=("recency_rule",))
    trees.show(predict(dated(), choice), wanted.as_of)


def leaks_alone() -> None:
    from pages.predicting import asking, leaks
    from tests.test_leakage import dated
    wanted = asking.asked()
    leaks.show(dated(extra_total=lambda rows: rows.monetary + rows.spent.fillna(0)), wanted)


def opened(script, store, monkeypatch, language: str) -> AppTest:
    monkeypatch.setenv("CRM_DATABASE", str(store.path))
    monkeypatch.setenv("CRM_DEMO", "0")
    app = AppTest.from_function(script, default_timeout=60)
    app.session_state["language"] = language
    app.run()
    for _ in range(60):
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


@pytest.mark.parametrize(("language", "rule"), [
    ("en", r"\*\* → (buys|does not buy): \d+(\.\d)?% \(.+\) of [\d,]+; among all \d+%"),
    ("zh", r"\*\* → (会购买|不会购买)：[\d,]+ 行中占 \d+(\.\d)?%（.+）；全体为 \d+%")])
def test_a_tree_is_drawn_and_its_rules_are_told(demo, monkeypatch, language, rule):  # noqa: F811
    app = opened(trees_alone, demo, monkeypatch, language)
    assert len(app.get("plotly_chart")) == 1 and len(app.dataframe) == 1
    assert len([text for text in texts(app) if re.search(rule, text)]) >= 2
    before = len(app.dataframe[0].value)
    app.segmented_control[0].set_value("id3").run()
    assert not app.exception and len(app.dataframe[0].value) != before


@pytest.mark.parametrize(("language", "evidence"), [
    ("en", "It is Total spent plus what was spent in the horizon."), ("zh", "它等于累计消费加上预测期内的消费。")])
def test_a_finding_is_left_out_and_taken_back_with_one_click(demo, monkeypatch, language, evidence):  # noqa: F811
    app = opened(leaks_alone, demo, monkeypatch, language)
    assert evidence in texts(app) and not app.success
    app.button(key="exclude extra_total").click().run()
    assert app.session_state["prediction asked"].choice.excluded == ("extra_total",)
    assert evidence not in texts(app) and len(app.success) == 1
    app.button(key="take back extra_total").click().run()
    assert app.session_state["prediction asked"].choice.excluded == () and evidence in texts(app)


def test_every_evidence_has_its_sentence_in_both_languages():
    """Whatever `find_leaks` names as evidence, the sentence knows its blanks."""
    import inspect

    from crm_core.purchase_prediction.leakage import finding
    hows = set(re.findall(r'add\("?\w*"?, "(\w+)", "(\w+)"', inspect.getsource(finding)))
    assert len(hows) > 12
    for kind, how in hows | {("after", "known"), ("id", "order"), ("future", "amount_with")}:
        for language in words.LANGUAGES:
            assert words.has(f"leaks.how.{kind}_{how}"), (kind, how, language)


def test_a_tree_learns_nothing_from_windows_that_reach_into_the_days_it_is_measured_on():
    found = dated()
    between = found.part("test").assign(part="between", outcome=1.0)
    beside = replace(found, rows=pd.concat([found.rows, between], ignore_index=True))
    grown, with_them = (tree_of(one, one.features, "c45") for one in (found, beside))
    assert with_them.learned == len(found.part("train")) and with_them.rules == grown.rules


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", WAYS)
def test_the_chart_of_a_tree_is_drawn_in_both_themes_and_told_to_those_who_cannot_see_it(language, name):
    say, found = partial(words.sentence, language), dated()
    grown = tree_of(found, found.features, name)
    chart = charts.tree_chart(described(grown.tree), name, "yes", date(2026, 3, 31), say, language)
    assert len(chart.frame) <= 27 and chart.frame.depth.max() <= 4
    assert name in chart.alt and "{" not in chart.alt + "".join(chart.frame.words)
    for theme in ("light", "dark"):
        figure = plotly.draw(chart, theme, language)
        assert len(figure.layout.annotations) == 2 * len(chart.frame)


@pytest.mark.parametrize(("condition", "english", "chinese"), [
    (Condition("monetary", ">", 12.5), "Total spent over 12.5", "累计消费大于 12.5"),
    (Condition("extra:Plan", "is_not", ("A", "B")), "Plan: not A or B", "Plan：不是A或B"),
    (Condition("extra:Plan", "other"), "Plan: another value", "Plan：其他取值"),
    (Condition("frequency", ">=", 4, or_missing=True), "at least 4 orders (or not known)", "订单不少于 4 笔（或未知）")])
def test_conditions_of_trees_are_told_in_words(condition, english, chinese):
    told = [condition_words(condition, partial(words.sentence, language))
            for language in ("en", "zh")]
    assert told == [english, chinese]
