"""How curves, trees and silhouettes are drawn: the kinds of chart that algorithms of clustering bring.

Each takes what plotly.py draws into (the description, its theme, its figure) and the colour of each series.
"""
from html import escape

import numpy as np

from crm_core.charts import forest, intervals

GAP = 0.015  # between two groups of a silhouette, as a share of all rows


def curve(drawing, colours: dict[str | None, str]) -> None:
    """A line of many points; a mark is a point of it with a level line through it and its words above that on the left.

    Where the line rises through an early mark they stand below it on the right, out of the line's way.

    A mark without words is a point alone.
    """
    chart, theme = drawing.chart, drawing.theme
    drawing.figure.add_scatter(x=chart.frame[chart.x], y=chart.frame[chart.y], mode="lines",
                               line={"color": theme.accent, "width": 2.5}, **drawing.hover(chart.frame))
    points = [mark for mark in chart.marks if not mark.words]
    drawing.figure.add_scatter(x=[mark.x for mark in points], y=[mark.y for mark in points], mode="markers",
                               hoverinfo="skip", marker={"size": 7, "color": theme.ink, "opacity": 0.7})
    for mark in chart.marks:
        if not mark.words:
            continue
        colour = theme.muted if mark.quiet else theme.ink
        drawing.figure.add_shape(type="line", xref="paper", x0=0, x1=1, y0=mark.y, y1=mark.y,
                                 line={"color": colour, "width": 1.5, "dash": "dot"})
        drawing.figure.add_scatter(x=[mark.x], y=[mark.y], mode="markers", hoverinfo="skip",
                                   marker={"size": 12, "color": theme.muted if mark.quiet else theme.accent})
        early = 2 * mark.x < chart.frame[chart.x].max() and chart.frame[chart.y].iloc[-1] > mark.y
        place = {"x": 1, "xanchor": "right", "yanchor": "top"} if early else {
            "x": 0, "xanchor": "left", "yanchor": "bottom"}
        drawing.figure.add_annotation(**place, xref="paper", y=mark.y, showarrow=False,
                                      text=escape(mark.words, quote=False), font={"color": colour, "size": 12})
    top = max([*chart.frame[chart.y], *(mark.y for mark in chart.marks)])
    drawing.figure.update_layout(height=340, xaxis_fixedrange=True, yaxis_fixedrange=True)
    formats = {"share": {"tickformat": ".0%"}, "day": {"tickformat": "%Y-%m-%d", "nticks": 4, "tickangle": 0}}
    drawing.figure.update_xaxes(**{"title_text": drawing.axis_words(chart.x), "showgrid": False, "nticks": 6}
                                | formats.get(chart.units.get(chart.x), {}))
    drawing.figure.update_yaxes(**{"title_text": drawing.axis_words(chart.y), "nticks": 6,
                                   "range": [0, top * 1.12 or 1]}
                                | ({"tickformat": ".0%"} if chart.units.get(chart.y) == "share" else {}))


def dendrogram(drawing, colours: dict[str | None, str]) -> None:
    """A bracket for each merge: down to both that it joins, across at its height. The mark is the level of the cut."""
    chart, theme = drawing.chart, drawing.theme
    for series in chart.series:
        rows = chart.frame[chart.frame[chart.colour] == series]
        above = not rows.label.any()  # label 0: what joins the groups
        colour, nothing = theme.quiet if above else colours[series], [None] * len(rows)
        x = [rows.left_x, rows.left_x, rows.right_x, rows.right_x, nothing]
        y = [rows.left_height, rows[chart.y], rows[chart.y], rows.right_height, nothing]
        drawing.figure.add_scatter(
            mode="lines", x=np.ravel(np.column_stack(x)), y=np.ravel(np.column_stack(y)), hoverinfo="skip",
            name=escape(str(series), quote=False), line={"color": colour, "width": 1.5 if above else 2})
        drawing.figure.add_scatter(
            mode="markers", x=rows[chart.x], y=rows[chart.y], showlegend=False,
            marker={"size": 5, "color": colour}, **drawing.hover(rows, but=(chart.x,)))
    for mark in chart.marks:
        drawing.figure.add_shape(type="line", xref="paper", x0=0, x1=1, y0=mark.y, y1=mark.y,
                                 line={"color": theme.ink, "width": 1.5, "dash": "dot"})
        drawing.figure.add_annotation(x=1, xref="paper", xanchor="right", y=mark.y, yanchor="bottom", showarrow=False,
                                      text=f"<b>{escape(mark.words, quote=False)}</b>",
                                      bgcolor=theme.paper, font={"color": theme.ink, "size": 12})
    drawing.figure.update_layout(height=380, dragmode=False, showlegend=True)
    drawing.figure.update_xaxes(visible=False, fixedrange=True)
    drawing.figure.update_yaxes(title_text=drawing.axis_words(chart.y), nticks=6, fixedrange=True, rangemode="tozero")


def silhouette(drawing, colours: dict[str | None, str]) -> None:
    """A blade for each series: its rows one below the other, each as long as its value. The mark is the mean."""
    chart, theme = drawing.chart, drawing.theme
    gap, at = max(1.0, len(chart.frame) * GAP), 0.0
    for series in chart.series:
        rows = chart.frame[chart.frame[chart.colour] == series]
        places = at + np.arange(len(rows)) + 0.5
        # A blade has its full width even where a group has one row.
        x = np.repeat(rows[chart.x].round(4).to_numpy(), 2)
        y = np.column_stack([places - 0.5, places + 0.5]).ravel()
        drawing.figure.add_scatter(
            mode="lines", x=[0, *x, 0], y=[y[0], *y, y[-1]], fill="toself", hoverinfo="skip",
            name=escape(str(series), quote=False), line={"width": 0.5, "color": colours[series]},
            fillcolor=colours[series])
        drawing.figure.add_scatter(
            mode="markers", x=rows[chart.x].round(4), y=places, showlegend=False,
            marker={"size": 4, "color": colours[series], "opacity": 0}, **drawing.hover(rows))
        # Its number at the edge: more groups than colours stay apart, and so they do without colours.
        drawing.figure.add_annotation(x=1, xref="paper", xanchor="right", y=at + len(rows) / 2, showarrow=False,
                                      text=f"<b>{escape(str(series).split(' ')[0], quote=False)}</b>",
                                      font={"color": theme.muted, "size": 12})
        at += len(rows) + gap
    for mark in chart.marks:
        drawing.figure.add_shape(type="line", x0=mark.x, x1=mark.x, yref="paper", y0=0, y1=1,
                                 line={"color": theme.ink, "width": 1.5, "dash": "dot"})
        drawing.figure.add_annotation(x=mark.x, y=1, yref="paper", yanchor="bottom", showarrow=False,
                                      text=escape(mark.words, quote=False), font={"color": theme.ink, "size": 12})
    lowest = min(0.0, float(chart.frame[chart.x].min()))
    drawing.figure.update_layout(height=max(320, 40 * len(chart.series) + 80), dragmode=False, showlegend=True,
                                 margin_t=18)
    drawing.figure.update_xaxes(title_text=drawing.axis_words(chart.x), fixedrange=True, zeroline=True,
                                zerolinecolor=theme.muted, range=[lowest * 1.05 - 0.02, 1.02], nticks=6)
    drawing.figure.update_yaxes(visible=False, fixedrange=True, range=[at - gap, 0])


KINDS = {"curve": curve, "dendrogram": dendrogram, "silhouette": silhouette, **intervals.KINDS, **forest.KINDS}
