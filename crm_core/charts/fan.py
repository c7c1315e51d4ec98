"""How a forecast is drawn: the history, what is said to come in its two intervals, the plain guess, and what came.

It takes what plotly.py draws into (the description, its theme, its figure). The emphasised series has its bands from
the columns low_80, high_80 and low_95, high_95; series in `quiet` are broken lines; a mark is an upright line at its x.
"""
from html import escape

from crm_core.charts.curves import faint

BANDS = (("low_95", "high_95"), ("low_80", "high_80"))
FLAT = 0.5  # where the lowest is more than this share of the highest, the axis need not begin at nothing


def fan(drawing, colours: dict[str | None, str], ticks) -> None:
    chart, theme, figure = drawing.chart, drawing.theme, drawing.figure
    said = chart.frame[chart.frame[chart.colour] == chart.emphasis]
    for low, high in BANDS:
        rows = said[said[low].notna() & said[high].notna()]
        if len(rows):
            figure.add_scatter(
                x=[*rows[chart.x], *rows[chart.x][::-1]], y=[*rows[high], *rows[low][::-1]], mode="lines",
                fill="toself", fillcolor=faint(theme.accent), line={"width": 0}, hoverinfo="skip", showlegend=False)
    for series in chart.series:
        rows = chart.frame[chart.frame[chart.colour] == series]
        main, quiet, came = series == chart.emphasis, series in chart.quiet, series in chart.order
        colour = theme.accent if main else theme.muted if quiet else theme.series[1] if came else theme.ink
        figure.add_scatter(
            x=rows[chart.x], y=rows[chart.y], mode="lines+markers" if came or len(rows) < 3 else "lines",
            name=escape(str(series), quote=False), connectgaps=False,
            line={"color": colour, "width": 3 if main else 1.5 if quiet else 2, "dash": "dash" if quiet else "solid"},
            marker={"size": 7, "color": colour}, **drawing.hover(rows))
    for mark in chart.marks:
        figure.add_shape(type="line", x0=mark.x, x1=mark.x, yref="paper", y0=0, y1=1,
                         line={"color": theme.muted, "width": 1.5, "dash": "dot"})
        figure.add_annotation(x=mark.x, y=1, yref="paper", yanchor="bottom", showarrow=False, font_color=theme.muted,
                              xanchor="center", text=escape(mark.words, quote=False), font_size=12)
    figure.update_layout(height=400, dragmode=False, showlegend=True, margin_t=18 if chart.marks else 0)
    chinese = drawing.locale == "zh"
    formats = {"month": "%-m月\n%Y年" if chinese else "%b\n%Y", "day": "%-m月%-d日\n%Y年" if chinese else "%b %-d\n%Y"}
    figure.update_xaxes(type="date", tickformat=formats[chart.units[chart.x]], nticks=6, tickangle=0, showgrid=False,
                        fixedrange=True)
    lowest = float(chart.frame[[chart.y, "low_95"]].min(axis=None))
    highest = float(chart.frame[[chart.y, "high_95"]].max(axis=None))
    figure.update_yaxes(title_text=drawing.axis_words(chart.y), fixedrange=True)
    if lowest > FLAT * highest:
        room = (highest - lowest) * 0.06 or 1.0
        figure.update_yaxes(nticks=6, range=[lowest - room, highest + room])
    else:
        widest = max((chart.y, "high_95"), key=lambda column: chart.frame[column].max())
        figure.update_yaxes(rangemode="tozero", **ticks(drawing, widest))
        low, high = figure.layout.yaxis.range or (0.0, highest)
        figure.update_yaxes(range=[min(low, lowest * 1.05 if lowest < 0 else 0.0), max(high, highest * 1.05)])


KINDS = {"fan": fan}
