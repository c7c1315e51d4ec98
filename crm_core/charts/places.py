"""How maps are drawn: places as squares, as outlines that are filled, as bubbles where they lie.

All of it is filled lines in a plane, laid flat before; nothing is fetched, and a picture of it holds vectors.
"""
from html import escape

import numpy as np

from crm_core.charts.chart import written

WIDE = 660  # pixels that a map is taken to have, to find how tall it is
TALLEST, LOWEST = 560, 240
MOST_OUTLINES = 600  # drawn each by itself, to be pointed at; beyond it the places of a class are one
LARGEST, LARGEST_OF_MANY = 46, 30  # pixels across the largest bubble
MANY = 40
MOST_NAMES = 8
APART = 0.05  # two names closer than this share of the map's width would lie on each other


def class_colours(drawing) -> dict[str, str]:
    """What the shades mean, from low to high, and what has none."""
    chart, theme = drawing.chart, drawing.theme
    if chart.kind == "bubbles":
        return {}
    values = chart.frame[chart.colour]
    unit, limits = chart.units[chart.colour], chart.limits
    ends = [written(limit, unit, drawing.locale, short=True) for limit in limits]
    if ends:
        between = [f"{low} – {high}" for low, high in zip(ends, ends[1:], strict=False)]
        names = [f"< {ends[0]}", *between, f"≥ {ends[-1]}"]
    else:
        names = [written(values.max(), unit, drawing.locale, short=True)] if values.notna().any() else []
    colours = dict(zip(names, ramp(theme, len(limits) + 1), strict=False))
    if values.isna().any() and chart.scale:
        colours[chart.scale[0]] = theme.grid
    return colours


def ramp(theme, steps: int) -> list[str]:
    """Colours from little to much: from near the paper through the accent towards ink."""
    paper, accent, ink = (_parts(colour) for colour in (theme.paper, theme.accent, theme.ink))
    stops = np.array([0.78 * paper + 0.22 * accent, 0.3 * paper + 0.7 * accent, 0.55 * accent + 0.45 * ink])
    at = np.linspace(0, 2, steps) if steps > 1 else [1.0]
    return ["#" + "".join(f"{round(np.interp(place, (0, 1, 2), stops[:, part])):02x}" for part in range(3))
            for place in at]


def _parts(colour: str) -> np.ndarray:
    return np.array([int(colour[place:place + 2], 16) for place in (1, 3, 5)], dtype=float)


def _shades(drawing) -> list[str]:
    """The colour of each row."""
    chart = drawing.chart
    colours = ramp(drawing.theme, len(chart.limits) + 1)
    classes = np.searchsorted(chart.limits, chart.frame[chart.colour], side="right")
    return [drawing.theme.grid if missing else colours[min(place, len(colours) - 1)]
            for place, missing in zip(classes, chart.frame[chart.colour].isna(), strict=True)]


def tiles(drawing) -> None:
    """A square a place, with its short name; the letters are as large as the square lets them be."""
    chart = drawing.chart
    frame, shades = chart.frame, _shades(drawing)
    colours = list(dict.fromkeys(shades))
    columns, rows = int(frame[chart.x].max()) + 1, int(frame[chart.y].max()) + 1
    z, text, told = (np.full((rows, columns), empty, dtype=object) for empty in (None, "", None))
    hover = drawing.hover(frame, but=(chart.x, chart.y, chart.text))
    for place, (x, y) in enumerate(zip(frame[chart.x].astype(int), frame[chart.y].astype(int), strict=True)):
        z[y, x] = colours.index(shades[place])
        text[y, x] = escape(str(frame[chart.text].iat[place]), quote=False)
        told[y, x] = hover["customdata"][place]
    blank = [""] * len(next(iter(hover["customdata"])))
    drawing.figure.add_heatmap(
        z=z.tolist(), zmin=-0.5, zmax=len(colours) - 0.5, showscale=False, xgap=2, ygap=2, hoverongaps=False,
        colorscale=[[(place + side) / len(colours), colour] for place, colour in enumerate(colours)
                    for side in (0, 1)],
        text=text.tolist(), texttemplate="%{text}", customdata=[[cell or blank for cell in row] for row in told],
        hovertemplate=hover["hovertemplate"])
    drawing.figure.update_layout(height=min(TALLEST, max(LOWEST, round(WIDE * rows / columns))), dragmode=False)
    drawing.figure.update_xaxes(visible=False, fixedrange=True, range=[-0.5, columns - 0.5], constrain="domain")
    drawing.figure.update_yaxes(visible=False, fixedrange=True, range=[rows - 0.5, -0.5], scaleanchor="x",
                                constrain="domain", constraintoward="top")


def areas(drawing) -> None:
    """Each place's outline, filled; a hole in it runs the other way round and stays free."""
    chart, theme = drawing.chart, drawing.theme
    rings = dict(list(chart.outlines.groupby("place", sort=False)))
    hover = drawing.hover(chart.frame, but=(chart.x, chart.y))
    told = _hover_words(drawing, hover)
    shades = _shades(drawing)
    codes = list(chart.frame["code"])
    if len(codes) <= MOST_OUTLINES:
        groups = [([code], shade, words) for code, shade, words in zip(codes, shades, told, strict=True)]
    else:
        groups = [([code for code, of in zip(codes, shades, strict=True) if of == shade], shade, "")
                  for shade in dict.fromkeys(shades)]
    for members, shade, words in groups:
        x = np.concatenate([rings[code].x.round(4) for code in members if code in rings] or [[]])
        y = np.concatenate([rings[code].y.round(4) for code in members if code in rings] or [[]])
        drawing.figure.add_scatter(
            mode="lines", x=x, y=y, fill="toself", fillcolor=shade, line={"color": theme.paper, "width": 0.7},
            hoveron="fills", text=words, hoverinfo="text" if words else "skip", showlegend=False)
    if len(codes) > MOST_OUTLINES:
        drawing.figure.add_scatter(mode="markers", x=chart.frame[chart.x], y=chart.frame[chart.y], showlegend=False,
                                   marker={"size": 8, "color": "rgba(0,0,0,0)"}, **hover)
    _plane(drawing)


def bubbles(drawing) -> None:
    """A circle a place, its area the figure; below nothing it has the other colour. The largest have their names."""
    chart, theme = drawing.chart, drawing.theme
    quiet = {"hoverinfo": "skip", "showlegend": False}
    for place, rows in chart.outlines.groupby("place", sort=False):
        filled = {"line": {"color": theme.grid, "width": 1}}
        if place:
            filled = {"fill": "toself", "fillcolor": theme.grid, "line": {"color": theme.paper, "width": 0.7}}
        drawing.figure.add_scatter(mode="lines", x=rows.x.round(4), y=rows.y.round(4), **filled, **quiet)
    if chart.behind is not None:
        names = _orienting(chart)
        drawing.figure.add_scatter(
            mode="text", x=[x for x, _, _ in names], y=[y for _, y, _ in names],
            text=[escape(text) for *_, text in names], textfont={"size": 11, "color": theme.quiet}, **quiet)
    frame = chart.frame[chart.frame[chart.size].fillna(0) != 0].sort_values(chart.size, key=abs, ascending=False)
    values, largest = frame[chart.size], LARGEST_OF_MANY if len(frame) > MANY else LARGEST
    drawing.figure.add_scatter(
        mode="markers", x=frame[chart.x], y=frame[chart.y], showlegend=False,
        marker={"size": values.abs(), "sizemode": "area", "sizemin": 3, "opacity": 0.72,
                "sizeref": 2 * float(values.abs().max()) / largest**2 if len(values) else 1,
                "color": [theme.accent if value > 0 else theme.bad for value in values],
                "line": {"color": theme.paper, "width": 1}},
        **drawing.hover(frame, but=(chart.x, chart.y)))
    for x, y, name, radius in _spaced(chart, frame, largest):
        drawing.figure.add_annotation(x=x, y=y, text=escape(name, quote=False), showarrow=False, yshift=radius + 8,
                                      font={"color": theme.ink, "size": 12})
    _plane(drawing)


def _spaced(chart, frame, largest: int):
    """The names of the largest bubbles, as far as they do not lie on each other, and how far above them they stand."""
    wide = chart.extent[1] - chart.extent[0]
    taken = []
    for row in frame.to_dict("records"):
        x, y = row[chart.x], row[chart.y]
        apart = all(abs(x - a) > 2.4 * APART * wide or abs(y - b) > APART * wide for a, b in taken)
        if len(taken) < MOST_NAMES and apart:
            taken.append((x, y))
            share = abs(row[chart.size]) / max(abs(frame[chart.size]).max(), 1e-9)
            yield x, y, str(row[chart.text]), largest / 2 * share**0.5


def _orienting(chart) -> list[tuple[float, float, str]]:
    """The names behind bubbles, as many as do not lie on each other."""
    wide = chart.extent[1] - chart.extent[0]
    free: list[tuple[float, float, str]] = []
    for x, y, text in zip(chart.behind.x, chart.behind.y, chart.behind.text, strict=True):
        if all(abs(x - a) > APART * wide or abs(y - b) > 0.7 * APART * wide for a, b, _ in free):
            free.append((float(x), float(y), text))
    return free


def _hover_words(drawing, hover: dict) -> list[str]:
    """What each row says, as one text: a filled outline knows no table of its own."""
    chart = drawing.chart
    heads = [escape(chart.labels[column], quote=False) for column in chart.labels
             if column in chart.frame.columns and column not in (chart.x, chart.y)]
    return ["<br>".join(f"{head}  <b>{value}</b>" for head, value in zip(heads, row, strict=True))
            for row in hover["customdata"]]


def _plane(drawing) -> None:
    left, right, low, high = drawing.chart.extent
    drawing.figure.update_layout(height=min(TALLEST, max(LOWEST, round(WIDE * (high - low) / (right - left)))),
                                 dragmode=False, hovermode="closest")
    drawing.figure.update_xaxes(visible=False, range=[left, right], constrain="domain")
    drawing.figure.update_yaxes(visible=False, range=[low, high], scaleanchor="x", constrain="domain",
                                constraintoward="top")


KINDS = {"tiles": tiles, "areas": areas, "bubbles": bubbles}
