"""Parallel coordinates drawn: lying axes below each other, a line a group, readable on a telephone."""
import html

DASHES = ("solid", "dash", "dot", "dashdot")  # beyond four groups the lines differ in more than colour
NAME_WIDTH = 17  # Latin letters of a feature's name in a line


def draw(drawing, colours: dict, symbols: tuple[str, ...], wrapped) -> None:
    """Traces as plain dicts; `wrapped` breaks a text into lines of a width."""
    chart, theme = drawing.chart, drawing.theme
    heads = {column: wrapped(column, NAME_WIDTH) for column in dict.fromkeys(chart.frame[chart.y])}
    for place, (series, colour) in enumerate(colours.items()):
        rows = chart.frame[chart.frame[chart.colour] == series]
        drawing.figure.add_trace({
            "type": "scatter", "mode": "lines+markers", "name": html.escape(str(series), quote=False),
            "x": [float(value) for value in rows[chart.x]], "y": [heads[column] for column in rows[chart.y]],
            "line": {"color": colour, "width": 2.5, "dash": DASHES[place // 4 % len(DASHES)]},
            "marker": {"color": colour, "size": 10, "symbol": symbols[place % len(symbols)],
                       "line": {"color": theme.paper, "width": 1.5}},
            "cliponaxis": False, **drawing.hover(rows)})
    drawing.figure.update_layout(height=54 * len(heads) + 30, margin_t=24, dragmode=False, showlegend=True)
    # The axes are what is read, a line between two of them stands for nothing: so the axes are drawn, no grid.
    drawing.figure.update_yaxes(type="category", autorange="reversed", categoryorder="array", fixedrange=True,
                                categoryarray=list(heads.values()), showgrid=True, gridwidth=1.5, ticks="",
                                tickfont_color=theme.ink)
    drawing.figure.update_xaxes(side="top", range=[-0.03, 1.03], tickvals=[0, 0.5, 1], showgrid=False, zeroline=False,
                                showline=False, ticks="", tickangle=0, fixedrange=True,
                                ticktext=[html.escape(word, quote=False) for word in chart.scale])
