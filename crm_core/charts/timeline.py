"""How a time line is drawn: a lane a span, what was known before it, and how much happened when behind it all."""

from html import escape

import pandas as pd

LANE = 30  # pixels


def draw(drawing, colours: dict[str | None, str]) -> None:
    """A bar from x to `until` in each lane, a thin line of what is known from `known_from` on, words before the bar."""
    chart, theme, figure = drawing.chart, drawing.theme, drawing.figure
    rows = chart.frame.reset_index(drop=True)
    lanes = len(rows)
    if chart.behind is not None and len(chart.behind):
        behind = chart.behind
        # As high as the lanes together, so that it stands behind them and takes no room.
        tall = behind["count"] / max(1, behind["count"].max()) * lanes
        figure.add_scatter(x=behind.day, y=lanes - 0.5 - tall, mode="lines", line={"width": 0, "shape": "hv"},
                           fill=None, hoverinfo="skip")
        figure.add_scatter(x=behind.day, y=[lanes - 0.5] * len(behind), mode="lines", line={"width": 0},
                           fill="tonexty", fillcolor=theme.grid, hoverinfo="skip")
    for lane, row in rows.iterrows():
        begin, end = row[chart.x], row.until
        figure.add_scatter(x=[row.known_from, begin], y=[lane, lane], mode="lines", hoverinfo="skip",
                           line={"color": theme.muted, "width": 2})
        if row.gap_from < begin:
            figure.add_shape(type="rect", x0=row.gap_from, x1=begin, y0=lane - 0.32, y1=lane + 0.32, layer="above",
                             fillcolor=theme.paper, line={"color": theme.muted, "width": 1.5, "dash": "dot"})
        to_come = bool(row[chart.unfinished]) if chart.unfinished else False
        figure.add_bar(
            orientation="h", base=[begin], x=[(end - begin) / pd.Timedelta(milliseconds=1)], y=[lane], width=0.64,
            marker={"color": colours[row[chart.colour]], "line_width": 0, "cornerradius": 3,
                    "pattern": {"shape": "/" if to_come else "", "size": 6, "solidity": 0.4}},
            **drawing.hover(rows.iloc[[lane]]))
        if chart.text and row[chart.text]:
            figure.add_annotation(x=min(begin, row.gap_from), y=lane, text=escape(str(row[chart.text]), quote=False),
                                  xanchor="right", xshift=-4, showarrow=False, bgcolor=theme.paper, borderpad=1,
                                  font={"color": theme.ink, "size": 12})
    for mark in chart.marks:
        figure.add_shape(type="line", x0=mark.x, x1=mark.x, yref="paper", y0=0, y1=1,
                         line={"color": theme.ink, "width": 1.5, "dash": "dot"})
        figure.add_annotation(x=mark.x, y=1, yref="paper", yanchor="bottom", showarrow=False, xanchor="right",
                              text=escape(mark.words, quote=False), font={"color": theme.ink, "size": 12})
    figure.update_layout(height=LANE * lanes + 60, barmode="overlay", dragmode=False, margin_t=18)
    # A part's name stands once, at its first lane.
    firsts = rows[~rows[chart.y].duplicated()]
    figure.update_yaxes(tickvals=list(firsts.index),
                        ticktext=[escape(str(name), quote=False) for name in firsts[chart.y]],
                        range=[lanes - 0.4, -0.6], showgrid=False, fixedrange=True, tickfont_color=theme.ink)
    figure.update_xaxes(type="date", tickformat="%-m月\n%Y年" if drawing.locale == "zh" else "%b\n%Y", nticks=6,
                        tickangle=0, fixedrange=True, showgrid=False,
                        range=[rows.known_from.min(), rows.until.max() + pd.Timedelta(days=3)])
