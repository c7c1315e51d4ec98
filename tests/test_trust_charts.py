"""The charts of trust: what they describe, and how they are drawn in both themes and languages."""
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
import pytest

from crm_core import charts
from crm_core.charts import plotly
from crm_core.purchase_prediction import trust as trusting
from crm_core.purchase_prediction.trust.trusting import CURVES
from ui import words

AS_OF = date(2026, 3, 12)
CHOSEN, RULE, OTHER = "Boosting", "Rule", "Logistic"


def every_chart(language: str) -> dict[str, charts.Chart]:
    say, random = partial(words.sentence, language), np.random.default_rng(0)
    true = random.beta(1.5, 3, 900)
    came = (random.random(900) < true).astype(float)
    told = {CHOSEN: true, RULE: np.clip(true + random.normal(0, .2, 900), .01, .99), OTHER: np.clip(true * 1.2, 0, 1)}
    tables = {curve: {name: made(came, chance) for name, chance in told.items()} for curve, made in CURVES.items()}
    areas = pd.DataFrame([{"model": name, **{f"{kind}{end}": value for kind in ("auc", "pr_auc") for end, value in (
        ("", .8), ("_low", .7), ("_high", .9))}} for name in told])
    found = trusting.profit(came, true, trusting.Terms(10, 2, capacity=300), told[RULE])
    amounts = {name: trusting.judge_spend(100 * came * true, 100 * chance).tenths for name, chance in told.items()}
    return {
        "calibration": charts.calibration_curves(tables["calibration"], CHOSEN, RULE, AS_OF, say),
        "gains": charts.gains_curves(tables["gains"], CHOSEN, RULE, AS_OF, say),
        "roc": charts.roc_curves(tables["roc"], areas, CHOSEN, RULE, AS_OF, say),
        "precision and recall": charts.precision_recall_curves(
            tables["precision_recall"], areas, .3, CHOSEN, RULE, AS_OF, say),
        "profit": charts.profit_curve(found, found.acted.contacted, CHOSEN, RULE, AS_OF, say),
        "amounts": charts.amounts_by_tenth(amounts, CHOSEN, "", AS_OF, say)}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_chart_is_described_and_drawn_in_both_themes(language):
    for name, chart in every_chart(language).items():
        assert chart.title and len(chart.alt) > 20 and words.day(language, AS_OF) in chart.notes[-1], name
        for theme in plotly.THEMES:
            figure = plotly.draw(chart, theme=theme, locale=language)
            named = [trace.name for trace in figure.data if trace.name and trace.name.strip("\u200b")]
            assert set(named) == set(chart.series), name
            assert named[-1] == CHOSEN  # it lies on the others


def test_the_chosen_model_is_in_front_and_the_rule_in_the_background():
    lines = {trace.name: trace.line for trace in plotly.draw(every_chart("en")["roc"]).data if trace.name}
    assert lines[CHOSEN].width > lines[OTHER].width and lines[CHOSEN].dash == lines[OTHER].dash == "solid"
    assert {lines[RULE].dash, lines["By lot"].dash} == {"dash", "dot"}
    assert lines[CHOSEN].color != lines[OTHER].color


def test_intervals_are_drawn_as_a_band_or_as_upright_lines():
    bars = next(trace for trace in plotly.draw(every_chart("en")["calibration"]).data if trace.name == CHOSEN)
    assert (np.asarray(bars.error_y.array) > 0).all() and (np.asarray(bars.error_y.arrayminus) >= 0).all()
    band = [trace for trace in plotly.draw(every_chart("en")["profit"]).data if trace.fill == "toself"]
    assert len(band) == 1
    for name in ("profit", "amounts"):
        chart = every_chart("en")[name]
        own = chart.frame[chart.frame.model == CHOSEN]
        assert plotly.draw(chart).layout.yaxis.range[1] > own.high.max(), name  # no interval ends above the chart


def test_the_contacted_are_marked_where_they_end():
    chart = every_chart("en")["profit"]
    [mark] = chart.marks
    assert mark.words == "300 contacted" and mark.x == pytest.approx(1 / 3)
    assert mark.y == pytest.approx(chart.frame[(chart.frame.model == CHOSEN) & (chart.frame.contacted == 300)].profit.iloc[0])


def test_the_rows_behind_a_chart_are_carried_away_in_words():
    head = plotly.to_csv(every_chart("zh")["gains"]).splitlines()[0]
    assert head == "模型,选中客户的占比,发生者中被找到的占比,提升度"
