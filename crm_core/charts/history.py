"""How lines over time are drawn: what is not over yet dotted, what to compare with broken, events behind it all."""
from html import escape

import numpy as np
import pandas as pd

FEW = 60  # points of a line: with fewer each one is marked
DAYS, MONTHS = ("%b %-d\n%Y", "%-m月%-d日\n%Y年"), ("%b\n%Y", "%-m月\n%Y年")
TICKS = {"hour": ("%Y-%m-%d\n%H:%M", "%Y-%m-%d\n%H:%M"), "day": DAYS, "week": DAYS, "month": MONTHS, "quarter": MONTHS,
         "year": ("%Y", "%Y年")}
SHADES = {"campaign": 0.16, "holiday": 0.10, "own": 0.22}
MOST_NAMED = 6  # events whose names are written; of more the names are told when one points at them


def history(drawing, colours: dict[str | None, str], ticks) -> None:
    chart, theme = drawing.chart, drawing.theme
    events_behind(drawing)
    # What to compare with lies below.
    for series in sorted(chart.series or [None], key=lambda series: series not in chart.quiet):
        rows = chart.frame[chart.frame[chart.colour] == series] if chart.colour else chart.frame
        quiet = series in chart.quiet
        _line(drawing, rows.reset_index(drop=True), series, theme.muted if quiet else colours[series], quiet)
    values = chart.frame[chart.y]
    drawing.figure.update_layout(height=400, dragmode=False, showlegend=len(chart.series) > 1)
    english, chinese = TICKS[chart.scale[0] if chart.scale else "day"]
    drawing.figure.update_xaxes(type="date", nticks=6, tickangle=0, showgrid=False, fixedrange=True,
                                tickformat=chinese if drawing.locale == "zh" else english)
    from_zero = chart.units[chart.y] in ("count", "money") and values.notna().any()
    how = ticks(drawing, chart.y) if from_zero else {"nticks": 6}
    if chart.units[chart.y] == "share":
        how["tickformat"] = ".0%"
    drawing.figure.update_yaxes(title_text=drawing.axis_words(chart.y), fixedrange=True, **how)


def _line(drawing, rows: pd.DataFrame, series: str | None, colour: str, quiet: bool) -> None:
    chart = drawing.chart
    open_ends = rows[chart.unfinished].to_numpy(bool) if chart.unfinished else np.zeros(len(rows), bool)
    values = rows[chart.y].to_numpy(float)
    over = np.where(open_ends, np.nan, values)
    few = len(rows) <= FEW
    # A point between two gaps has no line to be seen by.
    known = np.isfinite(over)
    alone = known & ~np.r_[False, known[:-1]] & ~np.r_[known[1:], False]
    marked = few and not quiet
    drawing.figure.add_scatter(
        x=rows[chart.x], y=over, mode="lines+markers" if marked else "lines", connectgaps=False,
        name=escape(str(series or ""), quote=False), marker={"color": colour, "size": 5},
        line={"color": colour, "width": 1.5 if quiet else 2.2, "dash": "dash" if quiet else "solid"},
        **drawing.hover(rows, but=(chart.x,)))
    if alone.any() and not marked:
        drawing.figure.add_scatter(x=rows[chart.x][alone], y=over[alone], mode="markers", showlegend=False,
                                   marker={"color": colour, "size": 4}, hoverinfo="skip")
    for place in np.flatnonzero(open_ends & np.isfinite(values)):
        beside = [other for other in (place - 1, place, place + 1)
                  if 0 <= other < len(rows) and np.isfinite(values[other])]
        part = rows.iloc[beside]
        drawing.figure.add_scatter(
            x=part[chart.x], y=part[chart.y], mode="lines+markers", showlegend=False,
            line={"color": colour, "width": 1.5, "dash": "dot"}, opacity=0.75,
            marker={"color": drawing.theme.paper, "size": [8 if other == place else 0.1 for other in beside],
                    "line": {"color": colour, "width": [1.5 if other == place else 0 for other in beside]}},
            **drawing.hover(part, but=(chart.x,)))


def events_behind(drawing, symbol: str = "triangle-down") -> None:
    """Spans behind the lines, with their names above where there is room for them."""
    chart, theme, events = drawing.chart, drawing.theme, drawing.chart.events
    if events is None or not len(events):
        return
    lowest, highest = chart.frame[chart.x].min(), chart.frame[chart.x].max()
    for event in events.itertuples():
        begin, end = pd.Timestamp(event.starts_on), pd.Timestamp(event.ends_on) + pd.Timedelta(days=1)
        drawing.figure.add_shape(
            type="rect", x0=max(begin, lowest), x1=min(end, max(highest, begin)), yref="paper", y0=0, y1=1,
            layer="below", line={"width": 0}, fillcolor=theme.accent if event.kind == "own" else theme.quiet,
            opacity=SHADES.get(event.kind, 0.16))
    middle = [pd.Timestamp(event.starts_on) + (pd.Timestamp(event.ends_on) - pd.Timestamp(event.starts_on)) / 2
              for event in events.itertuples()]
    top = float(np.nanmax(chart.frame[chart.y])) if chart.frame[chart.y].notna().any() else 1.0
    words = [f"{event.name}<br>{pd.Timestamp(event.starts_on):%Y-%m-%d} – {pd.Timestamp(event.ends_on):%Y-%m-%d}"
             for event in events.assign(name=[escape(str(name), quote=False) for name in events.name]).itertuples()]
    drawing.figure.add_scatter(
        x=middle, y=[top] * len(events), mode="markers", showlegend=False, customdata=words,
        hovertemplate="%{customdata}<extra></extra>",
        marker={"symbol": symbol, "size": 9, "color": theme.muted})
    if len(events) <= MOST_NAMED:
        for place, (at_day, name) in enumerate(zip(middle, events.name, strict=True)):
            drawing.figure.add_annotation(
                x=at_day, y=top, yanchor="bottom", yshift=8 + 14 * (place % 2), showarrow=False,
                text=escape(str(name), quote=False), font={"color": theme.muted, "size": 11})


KINDS = {"history": history}
