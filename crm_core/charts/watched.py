"""How a watched series, its parts and a calendar of its days are drawn.

`watched`: the line within the band that was to be expected, what is odd as signs on it. `panels`: lines under each
other over one time axis. `calendar`: a cell a day, a row a weekday, a strip a year.
"""

from html import escape
from math import ceil, floor, log10

import numpy as np
import pandas as pd

from crm_core.charts.chart import written
from crm_core.charts.curves import faint
from crm_core.charts.history import TICKS, events_behind

SIGNS = {"spike": "triangle-up", "dip": "triangle-down", "gap": "x", "shift": "diamond"}
PANEL = 125  # pixels of a panel
STRIP = 118  # pixels of a year


def watched(drawing, colours: dict[str | None, str], ticks) -> None:
    chart, theme, figure = drawing.chart, drawing.theme, drawing.figure
    rows = chart.frame
    events_behind(drawing, "square")  # a triangle is a dip here
    figure.add_scatter(
        x=[*rows[chart.x], *rows[chart.x][::-1]],
        y=[*rows[chart.high], *rows[chart.low][::-1]],
        mode="lines",
        fill="toself",
        fillcolor=faint(theme.quiet, 0.28),
        line={"width": 0},
        hoverinfo="skip",
        name=escape(chart.scale[1]),
        showlegend=True,
    )
    figure.add_scatter(
        x=rows[chart.x],
        y=rows[chart.y],
        mode="lines+markers" if len(rows) <= 60 else "lines",
        connectgaps=False,
        name=escape(chart.labels[chart.y]),
        line={"color": theme.accent, "width": 1.6},
        marker={"size": 5, "color": theme.accent},
        **drawing.hover(rows, but=(chart.x,)),
    )
    for kind in dict.fromkeys(mark.series for mark in chart.marks):
        marks = [mark for mark in chart.marks if mark.series == kind]
        colour = theme.bad if kind in ("dip", "gap") else theme.series[1]
        if kind == "shift":
            for mark in marks:
                figure.add_shape(
                    type="line",
                    x0=mark.x,
                    x1=mark.x,
                    yref="paper",
                    y0=0,
                    y1=1,
                    line={"color": theme.ink, "width": 1.5, "dash": "dash"},
                )
        # Whatever an event explains already is drawn hollow.
        figure.add_scatter(
            x=[mark.x for mark in marks],
            y=[mark.y for mark in marks],
            mode="markers",
            name=escape(kind_words(chart, kind)),
            customdata=[escape(mark.words, quote=False) for mark in marks],
            hovertemplate="%{customdata}<extra></extra>",
            marker={
                "symbol": SIGNS[kind]
                if kind == "gap"
                else [SIGNS[kind] + ("-open" if mark.quiet else "") for mark in marks],
                "size": 13,
                "color": theme.ink if kind == "shift" else colour,
                "line": {"width": 2, "color": theme.ink if kind == "shift" else colour},
            },
        )
    figure.update_layout(height=420, dragmode=False, showlegend=True)
    _time_axis(drawing, figure.update_xaxes)
    own = {"nticks": 6, **_large(drawing, chart.frame[chart.y])}
    how = ticks(drawing, chart.y) if chart.units[chart.y] in ("count", "money") else own
    figure.update_yaxes(title_text=drawing.axis_words(chart.y), fixedrange=True, **how)


def kind_words(chart, kind: str) -> str:
    """What a kind of oddity is called: from the third word of the scale on, in the order of SIGNS."""
    return chart.scale[2 + list(SIGNS).index(kind)]


def panels(drawing, colours: dict[str | None, str], ticks) -> None:
    chart, theme, figure = drawing.chart, drawing.theme, drawing.figure
    count = len(chart.series)
    for place, series in enumerate(chart.series):
        rows = chart.frame[chart.frame[chart.colour] == series]
        top = 1 - place / count
        axis = f"y{place + 1 if place else ''}"
        figure.add_scatter(
            x=rows[chart.x],
            y=rows[chart.y],
            mode="lines",
            yaxis=axis,
            name=escape(str(series), quote=False),
            connectgaps=False,
            line={"color": theme.accent if place == 0 else theme.series[1 + (place - 1) % 6], "width": 1.4},
            **drawing.hover(rows, but=(chart.x,)),
        )
        figure.update_layout(
            {
                f"yaxis{place + 1 if place else ''}": {
                    "domain": [top - 1 / count + 0.02, top - 0.06],
                    "fixedrange": True,
                    "nticks": 4,
                    "gridcolor": theme.grid,
                    "tickfont": {"color": theme.muted},
                    "zeroline": False,
                    "automargin": True,
                    **_large(drawing, rows[chart.y]),
                }
            }
        )
        figure.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=top,
            yref="paper",
            yanchor="top",
            showarrow=False,
            text=f"<b>{escape(str(series), quote=False)}</b>",
            font={"color": theme.ink, "size": 12},
        )
    figure.update_layout(
        height=PANEL * count + 20, dragmode=False, showlegend=False, xaxis_anchor=f"y{count}" if count > 1 else "y"
    )
    _time_axis(drawing, figure.update_xaxes)


def _large(drawing, values) -> dict:
    """Ticks of large numbers as the language writes them; factors and small numbers Plotly writes well by itself."""
    low, high = float(values.min()), float(values.max())
    if not high > low or max(high, -low) < 1e4:
        return {}
    step = 10 ** floor(log10((high - low) / 2))
    step = next(step * factor for factor in (1, 2, 2.5, 5, 10) if (high - low) / (step * factor) <= 3)
    marks = [step * count for count in range(ceil(low / step), floor(high / step) + 1)]
    return {"tickvals": marks, "ticktext": [written(mark, "count", drawing.locale, short=True) for mark in marks]}


def calendar(drawing, colours: dict[str | None, str], ticks) -> None:
    chart, theme, figure = drawing.chart, drawing.theme, drawing.figure
    years = sorted(chart.frame[chart.x].dt.year.unique(), reverse=True)
    values = chart.frame[chart.y].astype(float)
    # One day far above all others must not take the colour from the rest.
    low, high = np.nanquantile(values, (0.02, 0.98)) if values.notna().any() else (0.0, 1.0)
    scale = [[0.0, theme.grid], [1.0, theme.accent]]
    for place, year in enumerate(years):
        rows = chart.frame[chart.frame[chart.x].dt.year == year]
        first = pd.Timestamp(year, 1, 1)
        week = ((rows[chart.x] - first).dt.days + first.dayofweek) // 7
        grid, told = np.full((7, 54), np.nan), np.full((7, 54), "", dtype=object)
        grid[rows[chart.x].dt.dayofweek, week] = rows[chart.y].astype(float)
        told[rows[chart.x].dt.dayofweek, week] = [
            f"{escape(words, quote=False)}<br><b>{drawing.written(value, chart.y)}</b>"
            for words, value in zip(rows[chart.text], rows[chart.y], strict=True)
        ]
        number = place + 1 if place else ""
        top = 1 - place / len(years)
        months = [((pd.Timestamp(year, month, 1) - first).days + first.dayofweek) // 7 for month in range(1, 13)]
        figure.add_heatmap(
            z=grid,
            customdata=told,
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            xgap=1.5,
            ygap=1.5,
            zmin=low,
            zmax=high if high > low else low + 1,
            colorscale=scale,
            showscale=False,
            xaxis=f"x{number}",
            yaxis=f"y{number}",
        )
        figure.update_layout(
            {
                f"xaxis{number}": {
                    "anchor": f"y{number}",
                    "tickvals": months,
                    "range": [-0.7, 53.2],
                    "fixedrange": True,
                    "ticktext": list(chart.scale[7:19]),
                    "showgrid": False,
                    "zeroline": False,
                    "ticks": "",
                },
                f"yaxis{number}": {
                    "anchor": f"x{number}",
                    "domain": [top - 0.84 / len(years), top - 0.17 / len(years)],
                    "tickvals": [0, 2, 4, 6],
                    "ticktext": [chart.scale[day] for day in (0, 2, 4, 6)],
                    "autorange": "reversed",
                    "fixedrange": True,
                    "showgrid": False,
                    "zeroline": False,
                    "ticks": "",
                },
            }
        )
        figure.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=top - 0.15 / len(years),
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            text=f"<b>{year}</b>",
            font={"color": theme.ink, "size": 13},
        )
    figure.update_layout(height=STRIP * len(years) + 36 * len(years), dragmode=False, showlegend=False)


def _time_axis(drawing, update) -> None:
    interval = drawing.chart.scale[0]
    english, chinese = TICKS[interval]
    update(
        type="date",
        nticks=4 if interval in ("hour", "day", "week") else 6,  # whole dates would lie over each other on a telephone
        tickangle=0,
        showgrid=False,
        fixedrange=True,
        tickformat=chinese if drawing.locale == "zh" else english,
    )


KINDS = {"watched": watched, "panels": panels, "calendar": calendar}
