"""How a forest plot is drawn: a point and its interval a row; on its axis twice and half are equally far from 1."""
from html import escape

import numpy as np

NAME_WIDTH = 30  # Latin letters of a name in a line
NEAR_TICKS, FAR_TICKS = (0.2, 0.5, 1, 2, 5), (0.01, 0.1, 1, 10, 100)
NEAR = 8.0  # times: up to here the finer ticks
WIDER = 1.6  # how far the axis goes beyond the farthest point; intervals may go farther


def forest(drawing, colours: dict[str | None, str]) -> None:
    chart, theme, rows = drawing.chart, drawing.theme, drawing.chart.frame
    names = {name: "<br>".join(drawing.wrapped(name, NAME_WIDTH)) for name in rows[chart.y]}
    for series, colour in colours.items():
        some = rows[rows[chart.colour] == series] if chart.colour else rows
        drawing.figure.add_scatter(
            mode="markers", x=some[chart.x], y=[names[name] for name in some[chart.y]],
            name=escape(str(series), quote=False) if chart.colour else "", cliponaxis=True,
            marker={"color": colour, "size": 10, "symbol": "square"},
            error_x={"type": "data", "symmetric": False, "array": some.high - some[chart.x],
                     "arrayminus": some[chart.x] - some.low, "color": colour, "thickness": 2, "width": 0},
            **drawing.hover(some))
    farthest = max(2.0, float(np.exp(np.abs(np.log(rows[chart.x])).max()))) * WIDER
    edge = float(np.log10(farthest))
    ticks = [tick for tick in (NEAR_TICKS if farthest <= NEAR else FAR_TICKS) if 1 / farthest <= tick <= farthest]
    drawing.figure.add_vline(x=1, line={"color": theme.muted, "width": 1.5})
    lines = max(1 + name.count("<br>") for name in names.values())  # rows are equally high
    drawing.figure.update_layout(
        height=(18 * lines + 6) * len(names) + 90, dragmode=False, showlegend=bool(chart.colour))
    drawing.figure.update_xaxes(
        type="log", range=[-edge, edge], tickvals=ticks, ticktext=[f"{tick:g}×" for tick in ticks], tickangle=0,
        fixedrange=True, zeroline=False,
        title_text=drawing.axis_words(chart.x))
    drawing.figure.update_yaxes(type="category", categoryorder="array", categoryarray=list(names.values())[::-1],
                                showgrid=False, fixedrange=True, tickfont_color=theme.ink)


KINDS = {"forest": forest}
