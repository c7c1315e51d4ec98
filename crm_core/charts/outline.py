"""A tree drawn as an outline: a node a line, its children indented below it, readable on a telephone."""
INDENT = 4.0  # of a width of 100, a level
TRACK = 30.0  # how long a bar of 100 % is
LINE, BAR, ROOM = 18, 18, 10  # pixels: a line of words, the bar below them, what is left free
WIDTH = 46  # Latin letters in a line at the root; a level takes three
TRUNK = 1.2


def draw(drawing) -> None:
    """Each node's words, below them a bar as long as its share, and an elbow to its parent."""
    chart, theme, frame = drawing.chart, drawing.theme, drawing.chart.frame
    at, bars, elbows, down = [], [], {"x": [], "y": []}, 0
    for place, row in enumerate(frame.itertuples(index=False)):
        depth, above = int(getattr(row, chart.x)), int(getattr(row, chart.y))
        lines = drawing.wrapped(str(getattr(row, chart.text)), WIDTH - 3 * depth)
        left, middle = INDENT * depth + TRUNK, down + LINE * len(lines) + BAR / 2
        at.append(middle)
        drawing.figure.add_annotation(
            x=left, y=down, xanchor="left", yanchor="top", showarrow=False, align="left", borderpad=0,
            text="<br>".join(f"<b>{line}</b>" if place == 0 else line for line in lines),
            font={"color": theme.ink, "size": 13})
        share = float(getattr(row, chart.size))
        bars.append((left, left + TRACK * share, middle))
        drawing.figure.add_annotation(
            x=left + TRACK + 1, y=middle, xanchor="left", yanchor="middle", showarrow=False, borderpad=0,
            text=drawing.wrapped(str(row.told), WIDTH)[0], font={"color": theme.muted, "size": 12})
        if above >= 0:
            trunk = INDENT * (depth - 1)
            elbows["x"] += [trunk, trunk, left - 0.4, None]
            elbows["y"] += [at[above], down + LINE / 2, down + LINE / 2, None]
        down += LINE * len(lines) + BAR + ROOM
    quiet = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False}
    drawing.figure.add_trace({**quiet, **elbows, "line": {"color": theme.quiet, "width": 1}})
    for (left, right, middle), colour in [*(((left, left + TRACK, middle), theme.grid) for left, _, middle in bars),
                                          *((bar, theme.accent) for bar in bars)]:
        drawing.figure.add_shape(type="rect", x0=left, x1=right, y0=middle - 4, y1=middle + 4, fillcolor=colour,
                                 line={"width": 0})
    drawing.figure.add_trace({
        "type": "scatter", "mode": "markers", "showlegend": False, "x": [left for left, _, _ in bars], "y": at,
        "marker": {"size": 14, "color": theme.accent, "opacity": 0}, **drawing.hover(frame)})
    drawing.figure.update_layout(height=down, dragmode=False)
    drawing.figure.update_xaxes(visible=False, range=[-0.5, 100], fixedrange=True)
    drawing.figure.update_yaxes(visible=False, range=[down, 0], fixedrange=True)
