"""How charts that people put together are drawn: over time, stacked, as shares of a whole, by size, as spread.

Each takes what plotly.py draws into, the colour of each series, and the ticks between two values of a column.
"""
from html import escape

import numpy as np

from crm_core.charts.curves import faint

NAME_WIDTH = 18  # Latin letters of a name in a line
MOST_WORDS = 150  # cells of a grid that still have room for words
NAMED_POINTS = 12  # of a scatter, the largest


def _safe(text) -> str:
    return escape(str(text), quote=False)


def _blended(colour: str, paper: str, strength: float) -> str:
    """A colour on paper as one colour, so that words on it can be given the ink that reads."""
    mixed = (
        round(int(colour[at : at + 2], 16) * strength + int(paper[at : at + 2], 16) * (1 - strength))
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _ink_on(colour: str) -> str:
    red, green, blue = (int(colour[at:at + 2], 16) for at in (1, 3, 5))
    return "#ffffff" if 0.299 * red + 0.587 * green + 0.114 * blue < 140 else "#10171f"


def _over_time(drawing, lowest: float, highest: float, ticks) -> None:
    """A time axis below, the values' axis with ticks in the language's own large numbers, from nothing on."""
    chart = drawing.chart
    months = "%-m月\n%Y年" if drawing.locale == "zh" else "%b\n%Y"
    formats = {"year": "%Y年" if drawing.locale == "zh" else "%Y", "quarter": months, "month": months}
    how = {"tickformat": formats.get(chart.scale[0], "%Y-%m-%d")}
    drawing.figure.update_xaxes(type="date", nticks=6, tickangle=0, showgrid=False, fixedrange=True, **how)
    drawing.figure.update_yaxes(fixedrange=True, title_text=drawing.axis_words(chart.y),
                                **ticks(drawing, chart.y, min(0.0, lowest), highest))


def trend(drawing, colours: dict, ticks) -> None:
    """A line for each series; the period that is not over is joined by dots."""
    chart = drawing.chart
    for series, colour in colours.items():
        rows = chart.frame[chart.frame[chart.colour] == series] if chart.colour else chart.frame
        growing = rows[chart.unfinished].to_numpy(bool) if chart.unfinished else np.zeros(len(rows), bool)
        over = rows[~growing]
        name = _safe(series if series is not None else "")
        drawing.figure.add_scatter(
            x=over[chart.x],
            y=over[chart.y],
            name=name,
            mode="lines+markers" if len(over) < 60 and len(colours) < 4 else "lines",
            line={"color": colour, "width": 2.5 if len(colours) < 4 else 2},
            marker={"color": colour, "size": 5},
            fill="tozeroy" if chart.filled else None,
            fillcolor=faint(colour, 0.18) if chart.filled else None,
            connectgaps=False,
            **drawing.hover(over),
        )
        if growing.any() and len(over):
            tail = rows.iloc[len(over) - 1:]
            drawing.figure.add_scatter(
                x=tail[chart.x], y=tail[chart.y], mode="lines+markers", showlegend=False, name=name,
                line={"color": colour, "width": 1.5, "dash": "dot"},
                marker={"color": drawing.theme.paper, "size": 7, "line": {"color": colour, "width": 1.5}},
                **drawing.hover(tail))
    drawing.figure.update_layout(height=400, dragmode=False, showlegend=len(colours) > 1)
    _over_time(drawing, float(chart.frame[chart.y].min()), float(chart.frame[chart.y].max()), ticks)


def layers(drawing, colours: dict, ticks) -> None:
    """Areas on each other: the upper edge is the sum."""
    chart = drawing.chart
    for series, colour in colours.items():
        rows = chart.frame[chart.frame[chart.colour] == series]
        drawing.figure.add_scatter(x=rows[chart.x], y=rows[chart.y].fillna(0), name=_safe(series), mode="lines",
                                   stackgroup="all", line={"color": colour, "width": 1}, fillcolor=faint(colour, 0.75),
                                   **drawing.hover(rows))
    highest = float(chart.frame.groupby(chart.x)[chart.y].sum().max())
    drawing.figure.update_layout(height=400, dragmode=False, showlegend=True)
    _over_time(drawing, 0.0, highest, ticks)


def standing(drawing, colours: dict, ticks) -> None:
    """Standing bars: on each other where the chart is stacked, else beside each other; what is not over is hatched."""
    chart, theme = drawing.chart, drawing.theme
    stacked, over_time = chart.kind == "stacked", chart.units[chart.x] in ("day", "month")
    for series, colour in colours.items():
        rows = chart.frame[chart.frame[chart.colour] == series] if chart.colour else chart.frame
        growing = rows[chart.unfinished].to_numpy(bool) if chart.unfinished else np.zeros(len(rows), bool)
        drawing.figure.add_bar(
            x=rows[chart.x] if over_time else [_cut(name) for name in rows[chart.x]], y=rows[chart.y],
            name=_safe(series if series is not None else ""), **drawing.hover(rows),
            marker={"color": [faint(colour, 0.55) if grows else colour for grows in growing],
                    "pattern": {"shape": ["/" if grows else "" for grows in growing], "size": 6, "solidity": 0.3},
                    "line": {"color": theme.paper, "width": 0.5 if stacked else 0}})
    highest = chart.frame.groupby(chart.x, sort=False)[chart.y].sum().max() if stacked else chart.frame[chart.y].max()
    drawing.figure.update_layout(barmode="stack" if stacked else "group", bargap=0.22, height=400, dragmode=False,
                                 showlegend=len(colours) > 1)
    if over_time:
        _over_time(drawing, float(chart.frame[chart.y].min()), float(highest), ticks)
        return
    drawing.figure.update_xaxes(type="category", showgrid=False, fixedrange=True, tickfont_color=theme.ink)
    drawing.figure.update_yaxes(fixedrange=True, title_text=drawing.axis_words(chart.y),
                                **ticks(drawing, chart.y, min(0.0, float(chart.frame[chart.y].min())), float(highest)))


def _cut(name, most: int = 22) -> str:
    return _safe(name if len(str(name)) <= most else str(name)[:most - 1] + "…")


def boxes(drawing, colours: dict, ticks) -> None:
    """A lying box for each name: the middle half, its middle, and how far the rest reaches."""
    chart, theme = drawing.chart, drawing.theme
    rows = chart.frame
    names = ["<br>".join(drawing.wrapped(name, NAME_WIDTH)) for name in rows[chart.y]]
    drawing.figure.add_trace(
        {
            "type": "box",
            "orientation": "h",
            "y": names,
            "q1": list(rows["first"]),
            "median": list(rows[chart.x]),
            "q3": list(rows["third"]),
            "lowerfence": list(rows["low"]),
            "upperfence": list(rows["high"]),
            "hoverinfo": "skip",
            "line": {"color": theme.accent, "width": 1.5},
            "fillcolor": faint(theme.accent, 0.25),
            "width": 0.55,
        }
    )
    # A box tells at its edges only; what it holds is told by a mark at its middle.
    drawing.figure.add_scatter(x=rows[chart.x], y=names, mode="markers", **drawing.hover(rows),
                               marker={"color": theme.accent, "size": 9, "symbol": "line-ns-open", "line_width": 3})
    low, high = min(0.0, float(rows["low"].min())), float(rows["high"].max())
    axis = ticks(drawing, chart.x, low, high)
    drawing.figure.update_layout(height=38 * len(rows) + 60, dragmode=False, showlegend=False)
    drawing.figure.update_yaxes(type="category", autorange="reversed", categoryorder="array", categoryarray=names,
                                showgrid=False, fixedrange=True, tickfont_color=theme.ink, ticks="outside", ticklen=6,
                                tickcolor="rgba(0,0,0,0)")
    drawing.figure.update_xaxes(fixedrange=True, zeroline=False, title_text=_safe(chart.scale[0]), **axis)


def grid(drawing, colours: dict, ticks) -> None:
    """A cell for each two names, the stronger the more; words in the cells where there is room."""
    chart, theme = drawing.chart, drawing.theme
    across, down = list(dict.fromkeys(chart.frame[chart.x])), list(dict.fromkeys(chart.frame[chart.y]))
    cells = chart.frame.drop_duplicates([chart.x, chart.y]).set_index([chart.y, chart.x])
    told = dict(zip(cells.index, drawing.hover(cells.reset_index())["customdata"], strict=True))
    empty = [""] * len(next(iter(told.values())))
    values = cells[chart.colour].to_dict()
    wordy = len(across) * len(down) <= MOST_WORDS and len(across) <= 8
    drawing.figure.add_heatmap(
        z=[[values.get((row, column)) for column in across] for row in down],
        x=["<br>".join(drawing.wrapped(name, 10)) for name in across] if wordy else [_safe(name) for name in across],
        y=["<br>".join(drawing.wrapped(name, NAME_WIDTH)) for name in down],
        xgap=2,
        ygap=2,
        hoverongaps=False,
        zmin=min(0.0, float(chart.frame[chart.colour].min())),
        colorscale=[[0, _blended(theme.accent, theme.paper, 0.06)], [1, theme.accent]],
        showscale=not wordy,
        colorbar={"thickness": 10, "outlinewidth": 0, "tickfont": {"color": theme.muted}, "nticks": 4, "len": 0.9},
        text=[
            [drawing.written(values.get((row, column)), chart.colour, short=True) if wordy else "" for column in across]
            for row in down
        ],
        texttemplate="%{text}",
        customdata=[[told.get((row, column), empty) for column in across] for row in down],
        hovertemplate=drawing.hover(cells.reset_index())["hovertemplate"],
    )
    drawing.figure.update_layout(height=max(26, 40 - len(down)) * len(down) + 90, dragmode=False)
    drawing.figure.update_xaxes(
        type="category",
        showgrid=False,
        ticks="",
        fixedrange=True,
        tickangle=0 if wordy or len(across) > 8 else None,
        nticks=len(across) if wordy or len(across) <= 8 else 6,
    )
    drawing.figure.update_yaxes(type="category", autorange="reversed", showgrid=False, fixedrange=True,
                                tickfont_color=theme.ink, ticks="outside", ticklen=6, tickcolor="rgba(0,0,0,0)")


def funnel(drawing, colours: dict, ticks) -> None:
    """Lying bars about one middle, the largest on top, each with its share of the first."""
    chart, theme = drawing.chart, drawing.theme
    rows = chart.frame
    names = ["<br>".join(drawing.wrapped(name, NAME_WIDTH)) for name in rows[chart.y]]
    largest = float(rows[chart.x].max())
    half = rows[chart.x].astype(float) / 2
    shades = [
        _blended(theme.accent, theme.paper, 1 - 0.5 * place / max(1, len(rows) - 1)) for place in range(len(rows))
    ]
    drawing.figure.add_bar(
        orientation="h", base=list(-half), x=list(rows[chart.x].astype(float)), y=names,
        marker={"color": shades, "line_width": 0, "cornerradius": 3}, **drawing.hover(rows))
    for name, words, value, shade in zip(names, rows[chart.text], rows[chart.x], shades, strict=True):
        inside = value > 0.45 * largest
        drawing.figure.add_annotation(
            x=0 if inside else float(value) / 2, y=name, text=_safe(words), showarrow=False,
            xanchor="center" if inside else "left", xshift=0 if inside else 6,
            font={"color": _ink_on(shade) if inside else theme.ink, "size": 13})
    drawing.figure.update_layout(height=44 * len(rows) + 30, bargap=0.16, dragmode=False)
    drawing.figure.update_xaxes(visible=False, fixedrange=True, range=[-largest * 0.52, largest * 0.52])
    drawing.figure.update_yaxes(type="category", autorange="reversed", categoryorder="array", categoryarray=names,
                                showgrid=False, fixedrange=True, tickfont_color=theme.ink, ticks="outside", ticklen=6,
                                tickcolor="rgba(0,0,0,0)")


def treemap(drawing, colours: dict, ticks) -> None:
    """Rectangles as large as their values; of two names the first holds the second."""
    chart, theme = drawing.chart, drawing.theme
    rows = chart.frame[chart.frame[chart.x] > 0]
    hover = drawing.hover(rows)
    if chart.text:  # within each value of the colour column, the names of `text`
        heads = rows.groupby(chart.colour, sort=False)[chart.x].sum()
        ids = [*(f"head {name}" for name in heads.index), *(f"leaf {row}" for row in range(len(rows)))]
        labels = [*map(_safe, heads.index), *map(_safe, rows[chart.text])]
        parents = [*("" for _ in heads), *(f"head {name}" for name in rows[chart.colour])]
        values = [*map(float, heads), *map(float, rows[chart.x])]
        shades = [*(colours[name] for name in heads.index), *(colours[name] for name in rows[chart.colour])]
        width = len(hover["customdata"][0])
        told = [
            *(
                [_safe(name), drawing.written(value, chart.x)] + [""] * max(0, width - 2)
                for name, value in heads.items()
            ),
            *hover["customdata"],
        ]
        template = ["<b>%{label}</b><br>%{customdata[1]}<extra></extra>"] * len(heads) + [hover["hovertemplate"]] * len(
            rows
        )
    else:
        ids, labels, parents = (
            [f"leaf {row}" for row in range(len(rows))],
            list(map(_safe, rows[chart.colour])),
            [""] * len(rows),
        )
        values, shades = list(map(float, rows[chart.x])), [colours[name] for name in rows[chart.colour]]
        told, template = hover["customdata"], hover["hovertemplate"]
    shares = dict.fromkeys(ids, "")
    total = float(rows[chart.x].sum())
    for label, value in zip(ids, values, strict=True):
        shares[label] = f"{value / total:.0%}"
    drawing.figure.add_trace(
        {
            "type": "treemap",
            "ids": ids,
            "labels": labels,
            "parents": parents,
            "values": values,
            "branchvalues": "total",
            "text": [shares[label] for label in ids],
            "textinfo": "label+text",
            "customdata": told,
            "hovertemplate": template,
            "marker": {"colors": shades, "line": {"color": theme.paper, "width": 2}},
            "pathbar": {"visible": False},
            "tiling": {"pad": 2},
            "textfont": {"size": 14},
            "sort": True,
        }
    )
    drawing.figure.update_layout(height=430, dragmode=False)
    _no_axes(drawing)


def pie(drawing, colours: dict, ticks) -> None:
    """Slices clockwise from the largest; each says its name and share, so that no legend is needed."""
    chart, theme = drawing.chart, drawing.theme
    rows = chart.frame[chart.frame[chart.x] > 0]
    drawing.figure.add_trace(
        {
            "type": "pie",
            "labels": [_cut(name) for name in rows[chart.colour]],
            "values": list(map(float, rows[chart.x])),
            "sort": False,
            "direction": "clockwise",
            "hole": 0.45,
            "texttemplate": "%{label}<br>%{percent:.0%}",
            "textposition": "outside",
            "automargin": True,
            "marker": {
                "colors": [colours[name] for name in rows[chart.colour]],
                "line": {"color": theme.paper, "width": 2},
            },
            "showlegend": False,
            "outsidetextfont": {"color": theme.ink},
            **drawing.hover(rows),
        }
    )
    drawing.figure.update_layout(height=400, dragmode=False)
    _no_axes(drawing)


def _no_axes(drawing) -> None:
    drawing.figure.update_xaxes(visible=False, fixedrange=True)  # of the empty entry that carries the notes
    drawing.figure.update_yaxes(visible=False, fixedrange=True)


def pareto(drawing, colours: dict, ticks) -> None:
    """Standing bars from the largest on, and above them the share of all that they make together."""
    chart, theme = drawing.chart, drawing.theme
    rows, names = chart.frame, [_cut(name) for name in chart.frame[chart.x]]
    drawing.figure.add_bar(x=names, y=rows[chart.y], name=_safe(chart.labels[chart.y]), marker_color=theme.accent,
                           **drawing.hover(rows))
    drawing.figure.add_scatter(
        x=names,
        y=rows[chart.high],
        yaxis="y2",
        name=_safe(chart.labels[chart.high]),
        mode="lines+markers",
        line={"color": theme.series[1], "width": 2.5},
        marker={"size": 7, "color": theme.series[1]},
        **drawing.hover(rows),
    )
    drawing.figure.update_layout(
        height=420,
        bargap=0.12,
        dragmode=False,
        showlegend=True,
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "range": [0, 1.08],
            "tickformat": ".0%",
            "showgrid": False,
            "fixedrange": True,
            "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1],
        },
    )
    drawing.figure.update_xaxes(type="category", showgrid=False, fixedrange=True, tickfont_color=theme.ink)
    drawing.figure.update_layout(yaxis={"fixedrange": True, **ticks(drawing, chart.y, 0.0, float(rows[chart.y].max()))})


def named_points(drawing, colours: dict, ticks) -> None:
    """A point for each name; the largest say theirs."""
    chart, theme = drawing.chart, drawing.theme
    largest = _apart(chart)
    many = len(chart.frame) > 300
    for series, colour in colours.items():
        rows = chart.frame[chart.frame[chart.colour] == series] if chart.colour else chart.frame
        drawing.figure.add_scatter(
            mode="markers+text", x=rows[chart.x], y=rows[chart.y], name=_safe(series if series is not None else ""),
            text=[_cut(name, 16) if name in largest else "" for name in rows[chart.text]], textposition="top center",
            textfont={"color": theme.muted, "size": 11}, cliponaxis=False,
            marker={"size": 6 if many else 10, "color": colour, "opacity": 0.75,
                    "line": {"color": theme.paper, "width": 0.5}}, **drawing.hover(rows))
    drawing.figure.update_layout(height=460, dragmode=False, showlegend=bool(chart.colour))
    for update, column in ((drawing.figure.update_xaxes, chart.x), (drawing.figure.update_yaxes, chart.y)):
        low, high = float(chart.frame[column].min()), float(chart.frame[column].max())
        # A point at the edge has room for its name.
        axis = ticks(drawing, column, min(0.0, low), high + 0.06 * (high - min(0.0, low)))
        update(title_text=drawing.axis_words(column), fixedrange=True, zeroline=False, **axis)


def _apart(chart) -> set:
    """The names of the largest points on either axis, but for those that would be written over each other."""
    frame = chart.frame
    width, height = (float(frame[column].max() - min(0.0, frame[column].min())) or 1.0 for column in (chart.x, chart.y))
    taken: list[tuple[float, float]] = []
    named = set()
    largest = [*frame.nlargest(NAMED_POINTS, chart.y).index, *frame.nlargest(NAMED_POINTS // 2, chart.x).index]
    for row in dict.fromkeys(largest):
        x, y = float(frame.at[row, chart.x]) / width, float(frame.at[row, chart.y]) / height
        if all(abs(x - there) > 0.22 or abs(y - high) > 0.06 for there, high in taken):
            taken.append((x, y))
            named.add(frame.at[row, chart.text])
    return named


KINDS = {"trend": trend, "layers": layers, "standing": standing, "stacked": standing, "boxes": boxes, "grid": grid,
         "funnel": funnel, "treemap": treemap, "pie": pie, "pareto": pareto, "named_points": named_points}
