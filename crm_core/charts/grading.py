"""The chart of grades over time: what was promised and what came, freeze by freeze, beside the plain rule."""

import pandas as pd

from crm_core.charts.chart import Chart


def grades_over_time(grades: pd.DataFrame, measure: str, words: str, as_of, say) -> Chart:
    """`grades`: as_of, promised, came, rule (of a measure) a graded run; `words` are the measure's."""
    series = {"came": say("chart.grades.came"), "promised": say("chart.grades.promised"),
              "rule": say("chart.grades.rule")}
    frame = grades.sort_values("as_of").melt("as_of", list(series), "by", "value").dropna(subset=["value"])
    frame = frame.assign(by=frame.by.map(series), as_of=pd.to_datetime(frame.as_of))
    alt = [say("chart.grades.alt_row", day=row.as_of.date(), came=f"{row.value:.3f}")
           for row in frame[frame.by == series["came"]].itertuples()]
    return Chart(
        kind="points", x="as_of", y="value", colour="by", frame=frame.reset_index(drop=True), emphasis=series["came"],
        quiet=(series["promised"], series["rule"]), title=say("chart.grades.title", measure=words),
        subtitle=say("chart.grades.subtitle"),
        labels={"as_of": say("chart.grades.day"), "by": say("chart.grades.by"), "value": words},
        units={"as_of": "day", "by": "name", "value": "number"},
        alt=" ".join([say("chart.grades.alt", measure=words), *alt]), notes=(say("chart.source", as_of=as_of),))
