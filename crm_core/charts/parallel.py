"""Parallel coordinates drawn: upright axes beside each other, a line a group from axis to axis."""
import html

DASHES = ("solid", "dash", "dot", "dashdot")  # beyond four groups the lines differ in more than colour


def draw(drawing, colours: dict, symbols: tuple[str, ...], wrapped) -> None:
    """Traces as plain dicts; `wrapped` breaks a text into lines of a width."""
    chart, theme = drawing.chart, drawing.theme
    columns = list(dict.fromkeys(chart.frame[chart.x]))
    heads = {column: wrapped(column, max(9, 56 // len(columns))) for column in columns}
    for place, (series, colour) in enumerate(colours.items()):
        rows = chart.frame[chart.frame[chart.colour] == series]
        drawing.figure.add_trace({
            "type": "scatter", "mode": "lines+markers", "name": html.escape(str(series), quote=False),
            "x": [heads[column] for column in rows[chart.x]], "y": [float(value) for value in rows[chart.y]],
            "line": {"color": colour, "width": 2.5, "dash": DASHES[place // 4 % len(DASHES)]},
            "marker": {"color": colour, "size": 9, "symbol": symbols[place % len(symbols)],
                       "line": {"color": theme.paper, "width": 1.5}},
            "cliponaxis": False, **drawing.hover(rows)})
    lines = 1 + max(head.count("<br>") for head in heads.values())
    drawing.figure.update_layout(height=340, margin_t=17 * lines + 10, dragmode=False, showlegend=True)
    # A line is straight between axes: the axes are what is read, so they stand out and the lines across do not.
    drawing.figure.update_xaxes(type="category", side="top", categoryorder="array", categoryarray=list(heads.values()),
                                showgrid=True, gridwidth=1.5, tickangle=0, fixedrange=True, showline=False, ticks="",
                                range=[-0.3, len(columns) - 0.7])
    drawing.figure.update_yaxes(range=[-0.04, 1.04], tickvals=[0.02, 0.5, 0.98], showgrid=False, zeroline=False,
                                ticktext=[html.escape(word, quote=False) for word in chart.scale], fixedrange=True)
