"""The charts of a table's profile: how a column's values lie, and how the quality went."""
import pandas as pd

from crm_core.charts.chart import Chart, written


def column_histogram(column, name: str, as_of, say, locale: str) -> Chart:
    """How many rows hold what; of texts how long they are. `column` is one of a cleaning profile, `name` its words."""
    is_length = column.type in ("text", "choice")
    frame = pd.DataFrame({
        "value": [_edge(one.low, locale) for one in column.histogram],
        "range": [say("chart.column_histogram.range", low=_edge(one.low, locale), high=_edge(one.high, locale))
                  for one in column.histogram],
        "rows": [one.rows for one in column.histogram]})
    notes = [say("chart.source", as_of=as_of)]
    if is_length and column.is_sampled:
        notes.insert(0, say("chart.column_histogram.sampled", count=column.looked_at))
    if column.outliers and column.outliers.rows:
        notes.insert(0, say("chart.column_histogram.ends"))
    most = frame.loc[frame.rows.idxmax()]
    title = "chart.column_histogram.lengths" if is_length else "chart.column_histogram.title"
    return Chart(
        kind="columns", x="value", y="rows", frame=frame, title=say(title, column=name),
        labels={"range": say("chart.column_histogram.signs") if is_length else name,
                "rows": say("chart.column_histogram.rows")},
        units={"value": "name", "range": "name", "rows": "count"},
        alt=say("chart.column_histogram.alt", column=name, range=most.range, rows=int(most.rows)), notes=tuple(notes))


def quality_history(points: pd.DataFrame, table: str, say) -> Chart:
    """The score after each of the last changes: score, made_at and change (its words), oldest first."""
    frame = points.assign(place=range(1, len(points) + 1))
    return Chart(
        kind="line", x="place", y="score", frame=frame, title=say("chart.quality_history.title", table=table),
        labels={"place": say("chart.quality_history.place"), "change": say("chart.quality_history.change"),
                "made_at": say("chart.quality_history.made_at"), "score": say("chart.quality_history.score")},
        units={"place": "count", "score": "number", "change": "name", "made_at": "name"},
        alt=say("chart.quality_history.alt", table=table, changes=len(frame),
                first=round(float(frame.score.iloc[0]), 1), last=round(float(frame.score.iloc[-1]), 1)),
        notes=(say("chart.quality_history.note"),))


def _edge(value, locale: str) -> str:
    """A bar's edge: a day, or a number as the language writes it."""
    if hasattr(value, "year"):
        return f"{value:%Y-%m-%d}"
    return written(value, "number", locale)
