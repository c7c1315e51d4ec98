"""How lines beside each other are drawn: one that matters with its interval, others thin, what to compare with broken.

`curves` have many points and a band; `points` few, joined, with the interval of each as an upright line.
"""
from html import escape

BROKEN = ("dash", "dot")


def curves(drawing, colours: dict[str | None, str], ticks) -> None:
    _lines(drawing, colours, "lines")
    chart, theme = drawing.chart, drawing.theme
    for mark in chart.marks:
        drawing.figure.add_shape(type="line", x0=mark.x, x1=mark.x, yref="paper", y0=0, y1=1,
                                 line={"color": theme.muted if mark.quiet else theme.ink, "width": 1.5, "dash": "dot"})
        drawing.figure.add_scatter(x=[mark.x], y=[mark.y], mode="markers", hoverinfo="skip", showlegend=False,
                                   marker={"size": 11, "color": theme.muted if mark.quiet else theme.accent})
        left = float(mark.x) > float(chart.frame[chart.x].max()) / 2
        drawing.figure.add_annotation(
            x=mark.x, y=0.02, yref="paper", yanchor="bottom", xanchor="right" if left else "left",
            xshift=-6 if left else 6, showarrow=False, text=escape(mark.words, quote=False), bgcolor=theme.paper,
            font={"color": theme.muted if mark.quiet else theme.ink, "size": 12})
    _axes(drawing, ticks)


def points(drawing, colours: dict[str | None, str], ticks) -> None:
    _lines(drawing, colours, "lines+markers")
    _axes(drawing, ticks)


def _lines(drawing, colours: dict[str | None, str], mode: str) -> None:
    chart, theme = drawing.chart, drawing.theme
    plain = [series for series in chart.series if series != chart.emphasis and series not in chart.quiet]
    # The one that matters is drawn last: it lies on the others.
    for series in sorted(chart.series, key=lambda series: (series == chart.emphasis, series not in chart.quiet)):
        rows = chart.frame[chart.frame[chart.colour] == series]
        quiet, main = series in chart.quiet, series == chart.emphasis
        colour = colours[series] if chart.tones else theme.accent if main else theme.muted if quiet else theme.series[
            1 + plain.index(series) % (len(theme.series) - 1)]
        if main and chart.low and mode == "lines":
            drawing.figure.add_scatter(
                x=[*rows[chart.x], *rows[chart.x][::-1]], y=[*rows[chart.high], *rows[chart.low][::-1]], mode="lines",
                fill="toself", fillcolor=faint(theme.accent), line={"width": 0}, hoverinfo="skip", showlegend=False)
        spread = {"error_y": {
            "type": "data", "symmetric": False, "array": rows[chart.high] - rows[chart.y],
            "arrayminus": rows[chart.y] - rows[chart.low], "color": colour, "thickness": 1.5, "width": 4,
        }} if main and chart.low and mode != "lines" else {}
        drawing.figure.add_scatter(
            x=rows[chart.x], y=rows[chart.y], mode="lines" if quiet and len(rows) == 2 else mode,
            name=escape(str(series), quote=False), **spread, **drawing.hover(rows),
            line={"color": colour, "width": 3 if main else 1.5,
                  "dash": BROKEN[chart.quiet.index(series) % 2] if quiet else "solid"},
            marker={"size": 8 if main else 5, "color": colour})


def _axes(drawing, ticks) -> None:
    chart = drawing.chart
    drawing.figure.update_layout(height=400, dragmode=False, showlegend=True, xaxis_fixedrange=True,
                                 yaxis_fixedrange=True)
    for update, column in ((drawing.figure.update_xaxes, chart.x), (drawing.figure.update_yaxes, chart.y)):
        if chart.units[column] == "day":
            how = {"type": "date", "tickformat": "%Y-%m-%d", "nticks": 4, "tickangle": 0}
        elif chart.units[column] == "share":
            how = {"tickformat": ".0%", "nticks": 6, "rangemode": "tozero"}
        else:  # over days it matters how something moves, not how far it is from nothing
            how = {"nticks": 6} if chart.units[chart.x] == "day" else ticks(drawing, column)
        update(title_text=drawing.axis_words(column), **how)
    if chart.high and chart.units[chart.y] != "share" and drawing.figure.layout.yaxis.range:
        low, high = drawing.figure.layout.yaxis.range
        drawing.figure.update_yaxes(range=[low, max(high, float(chart.frame[chart.high].max()) * 1.03)])
    drawing.figure.update_xaxes(showgrid=False, zeroline=False)


def faint(colour: str, strength: float = 0.16) -> str:
    """A colour that lets what lies behind it through."""
    red, green, blue = (int(colour[place:place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{strength})"


KINDS = {"curves": curves, "points": points}
