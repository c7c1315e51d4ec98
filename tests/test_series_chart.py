"""The lines of series: described in both languages, drawn in both themes, never more points than a chart can have."""
from functools import partial

import numpy as np
import pandas as pd
import pytest

from crm_core import charts
from crm_core.charts import plotly
from crm_core.charts.chart import MOST_POINTS
from ui import words


def lines(count=30, names=("",), interval="MS", growing=True):
    periods = pd.date_range("2024-01-01", periods=count, freq=interval)
    return pd.concat([pd.DataFrame({"series": name, "period": periods, "value": np.arange(count) + 10.0 * place,
                                    "whole": [True] * (count - 1) + [not growing]})
                      for place, name in enumerate(names)], ignore_index=True)


EVENTS = pd.DataFrame({"name": ["Sale <b>", "Fest"], "kind": ["campaign", "own"], "starts_on": ["2024-03-01", "2025-01-05"],
                       "ends_on": ["2024-03-20", "2025-01-05"]})


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_series_are_described_and_drawn_in_both_themes(language):
    say = partial(words.sentence, language)
    for chart in (charts.series_lines(lines(), "Revenue", "money", "month", say, events=EVENTS),
                  charts.series_lines(lines(names=("web", "shop", "…")), "Orders", "count", "month", say, others="…"),
                  charts.series_lines(lines(1), "Share", "share", "quarter", say),
                  charts.series_lines(lines().assign(value=np.nan), "Orders", "count", "week", say),
                  charts.series_lines(lines().assign(value=0.0), "Orders", "count", "hour", say),
                  charts.series_lines(lines().assign(value=-1.0), "Revenue", "money", "year", say),
                  charts.series_lines(lines().assign(before=3.0), "Orders", "count", "day", say, before="B <i>")):
        assert chart.alt and "{" not in chart.alt
        for theme in plotly.THEMES:
            drawn = plotly.draw(chart, theme, language)
            assert "<b>" not in str([trace.name for trace in drawn.data]) and len(drawn.data)
        plotly.to_csv(chart)


def test_what_is_not_over_is_dotted_and_lies_beside_the_line():
    drawn = plotly.draw(charts.series_lines(lines(5), "Orders", "count", "month", partial(words.sentence, "en")))
    line, tail = drawn.data[:2]
    assert np.isnan(line.y[-1]) and list(tail.y) == [3.0, 4.0] and tail.line.dash == "dot"


def test_a_long_history_is_cut_to_what_can_be_drawn_and_says_so():
    frame = lines(4000, ("a", "b", "c"), "h")
    chart = charts.series_lines(frame, "Visits", "number", "hour", partial(words.sentence, "en"))
    assert len(chart.frame) <= MOST_POINTS and chart.frame.period.max() == frame.period.max()
    assert any("newest" in note for note in chart.notes)


@pytest.mark.parametrize(("language", "interval", "said"), [
    ("en", "quarter", "Q3 2026"), ("zh", "quarter", "2026年第3季度"), ("en", "week", "Week of 2026-08-01"),
    ("zh", "month", "2026年08月"), ("en", "hour", "2026-08-01 00:00"), ("en", "year", "2026")])
def test_periods_have_names(language, interval, said):
    assert charts.period_words(pd.Timestamp("2026-08-01"), interval, partial(words.sentence, language)) == said
