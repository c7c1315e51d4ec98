"""How bars with their intervals and lines over ranges are drawn.

Each takes what plotly.py draws into (the description, its theme, its figure) and the colour of each series.
"""
from html import escape

from crm_core.charts.chart import written

NAME_WIDTH = 28  # Latin letters of a name in a line
TELEPHONE = 44  # letters that fit beside each other under lines on a telephone
DASHES = ("solid", "dot", "dash", "dashdot")
SYMBOLS = ("circle", "diamond", "square", "cross")


def intervals(drawing, colours: dict[str | None, str]) -> None:
    """A lying bar for each name, and a line from `low` to `high` across its end."""
    chart, theme, rows = drawing.chart, drawing.theme, drawing.chart.frame
    names = ["<br>".join(drawing.wrapped(name, NAME_WIDTH)) for name in rows[chart.y]]
    drawing.figure.add_bar(
        orientation="h", x=rows[chart.x], y=names, marker={"color": colours[None], "line_width": 0, "cornerradius": 3},
        error_x={"type": "data", "symmetric": False, "array": rows.high - rows[chart.x],
                 "arrayminus": rows[chart.x] - rows.low, "color": theme.ink, "thickness": 1.5, "width": 4},
        **drawing.hover(rows))
    # The figures stand in a column of their own: beside a bar they would lie on its interval.
    for name, value in zip(names, rows[chart.x], strict=True):
        drawing.figure.add_annotation(x=1, xref="paper", xanchor="right", y=name, showarrow=False,
                                      text=escape(written(value, chart.units[chart.x], drawing.locale), quote=False),
                                      font={"color": theme.ink, "size": 12})
    low, high = min(0.0, float(rows.low.min())), max(0.0, float(rows.high.max()))
    wide = (high - low) or 1.0
    tallest = 1 + max((name.count("<br>") for name in names), default=0)  # every bar has the same room
    drawing.figure.update_layout(bargap=0.5, height=(16 * tallest + 12) * len(names) + 50, dragmode=False)
    drawing.figure.update_yaxes(type="category", autorange="reversed", showgrid=False, fixedrange=True, ticks="outside",
                                ticklen=6, tickcolor="rgba(0,0,0,0)", tickfont_color=theme.ink)
    drawing.figure.update_xaxes(showgrid=False, zeroline=True, zerolinecolor=theme.muted, fixedrange=True, nticks=4,
                                range=[low - wide * 0.02, high + wide * 0.5], title_text=drawing.axis_words(chart.x))

def ranges(drawing, colours: dict[str | None, str]) -> None:
    """A line for each measure over the names of ranges, in their order; `text` stands below a range's name."""
    chart, theme = drawing.chart, drawing.theme
    first = chart.frame.drop_duplicates(chart.x)
    room = min(9, TELEPHONE // len(first))
    heads = {name: "<br>".join(drawing.wrapped(name, room)) + (
        f'<br><span style="font-size:11px;color:{theme.muted}">{escape(str(words), quote=False)}</span>'
        if chart.text else "") for name, words in zip(first[chart.x], first[chart.text or chart.x], strict=True)}
    for place, (series, colour) in enumerate(colours.items()):
        rows = chart.frame[chart.frame[chart.colour] == series]
        drawing.figure.add_scatter(
            mode="lines+markers", x=[heads[name] for name in rows[chart.x]], y=rows[chart.y],
            name=escape(str(series), quote=False),
            line={"color": colour, "width": 2.5, "dash": DASHES[place % len(DASHES)]},
            marker={"color": colour, "size": 8, "symbol": SYMBOLS[place % len(SYMBOLS)]}, cliponaxis=False,
            **drawing.hover(rows))
    drawing.figure.update_layout(height=340, dragmode=False, showlegend=True)
    drawing.figure.update_xaxes(type="category", categoryorder="array", categoryarray=list(heads.values()),
                                showgrid=False, tickangle=0, fixedrange=True, range=[-0.3, len(heads) - 0.7])
    of_share = {"tickformat": ".0%"} if chart.units[chart.y] == "share" else {}
    drawing.figure.update_yaxes(title_text=drawing.axis_words(chart.y), nticks=6, fixedrange=True, rangemode="tozero",
                                **of_share)


KINDS = {"intervals": intervals, "ranges": ranges}
