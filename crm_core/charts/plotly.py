"""A chart's description drawn with Plotly: on the page, as a picture, as one HTML file that works offline."""
import html
import io
import unicodedata
from dataclasses import dataclass
from math import floor, log10

import numpy as np
import pandas as pd

from crm_core.charts import breakdowns, cloud, curves, fan, outline, parallel, places, shapes, timeline, triangle
from crm_core.charts.chart import Chart, written
from crm_core.charts.history import KINDS as HISTORY
from crm_core.charts.sankey import sankey
from crm_core.charts.watched import KINDS as WATCHED
from crm_core.harmless import file_name, no_formula

# Latin first for its figures; every system's own Chinese after it.
FONT = ("'Source Sans', 'Source Sans 3', 'Segoe UI', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', "
        "'Noto Sans CJK SC', sans-serif")
NARROW = 52  # Latin letters of 13 px that fit a telephone's width: Plotly does not wrap lines by itself
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "star", "triangle-down", "hexagon", "x", "pentagon")


@dataclass(frozen=True)
class Theme:
    """Colours for one background. Series differ in lightness as well as hue, so that they stay apart for people who
    see red and green alike; each has a contrast of 3 or more against the paper (tests/test_charts.py measures)."""

    paper: str
    ink: str
    muted: str  # words of second rank
    grid: str
    accent: str
    quiet: str  # what steps back
    bad: str  # bad news; good news has the accent
    series: tuple[str, ...]
    low_middle_high: tuple[str, str, str]  # cells of a heatmap, with ink on them


THEMES = {
    "light": Theme(
        paper="#ffffff", ink="#18242b", muted="#57656e", grid="#e4eaed", accent="#0b7a75", quiet="#8795a0",
        bad="#d64550",
        series=("#0b7a75", "#d9731a", "#4338ca", "#6b1d33", "#978dbd",
                "#86198f", "#c2410c", "#4a9d7c", "#1e3a5f", "#8b6fc7"),
        low_middle_high=("#f5cfa6", "#eaeff1", "#9fd3cf")),
    "dark": Theme(
        paper="#0e1420", ink="#e6edf0", muted="#9fafb8", grid="#233043", accent="#3db8af", quiet="#6f7f8f",
        bad="#f0625f",
        series=("#3db8af", "#f0a04b", "#7c6af2", "#a8456b", "#d8cff2",
                "#4a67b0", "#e5484d", "#b69cf0", "#f5d76e", "#4f8fd6"),
        low_middle_high=("#74451a", "#222e42", "#11615d")),
}

# Plotly fetches its locales from outside when they are named only; this one is passed along.
CHINESE = {
    "moduleType": "locale", "name": "zh",
    "dictionary": {
        "Autoscale": "自动缩放", "Reset axes": "重置坐标轴", "Reset": "重置", "Reset view": "重置视图", "Pan": "平移",
        "Zoom": "缩放", "Zoom in": "放大", "Zoom out": "缩小", "Box Select": "框选", "Lasso Select": "套索选择",
        "Download plot": "下载图表", "Download plot as a PNG": "下载 PNG 图片",
        "Download plot as a SVG": "下载 SVG 图片", "Double-click to zoom back out": "双击返回原图",
        "Double-click on legend to isolate one trace": "双击图例只看一项",
        "Taking snapshot - this may take a few seconds": "正在生成图片，请稍候", "Snapshot succeeded": "图片已生成",
        "Sorry, there was a problem downloading your snapshot!": "抱歉，图片下载出错",
        "Show closest data on hover": "显示最近的数据", "Compare data on hover": "比较数据",
        "Toggle show closest data on hover": "切换显示最近的数据", "Toggle Spike Lines": "切换辅助线"},
    "format": {
        "days": ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
        "shortDays": ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
        "months": [f"{name}月" for name in (*"一二三四五六七八九十", "十一", "十二")],
        "shortMonths": [f"{number}月" for number in range(1, 13)],
        "date": "%Y-%m-%d", "year": "%Y年", "month": "%Y年%-m月", "dayMonth": "%-m月%-d日",
        "dayMonthYear": "%Y年%-m月%-d日"},
}


def draw(chart: Chart, theme: str = "light", locale: str = "en", solid: bool = False):
    """The chart as a Plotly figure; `solid`, for pictures, puts the theme's paper behind it.

    Points are drawn as SVG and never as WebGL: Plotly's WebGL compiles code in the browser, which the server's
    Content-Security-Policy refuses, and for the few thousand points that a chart may have it is no faster.
    """
    import plotly.graph_objects as go

    colours = THEMES[theme]
    drawing = _Drawing(chart, colours, locale, solid, go.Figure())
    kinds = {"columns": _columns, "bars": _bars, "waterfall": _waterfall, "line": _line, "scatter": _scatter,
             "network": _network, "heatmap": _heatmap, "parallel": _parallel, "tree": outline.draw, "flow": _flow,
             "timeline": _timeline, "cloud": cloud.draw, **places.KINDS}
    if chart.kind in kinds:
        kinds[chart.kind](drawing)
    else:
        family, given = next((family, given) for family, given in FAMILIES if chart.kind in family)
        family[chart.kind](drawing, _colours(drawing), *given)
    _frame(drawing)
    return drawing.figure


def config(chart: Chart, locale: str = "en", camera: str | None = None) -> dict:
    """What goes to Plotly beside the figure: language and buttons.

    `camera`, png or svg, adds the button that saves the picture as it stands: for a figure with solid paper, since on
    none the words of a light theme vanish in a dark viewer.
    """
    unwanted = ["zoomIn2d", "zoomOut2d", "autoScale2d", *([] if chart.selectable else ["select2d", "lasso2d"]),
                *([] if camera else ["toImage"])]
    return {
        "displaylogo": False, "responsive": True,
        # Plotly 7 shows a button that sends the chart, data and all, to its maker's cloud unless told not to.
        "showSendToCloud": False, "plotlyServerURL": "",
        "locale": locale, "locales": {"zh": CHINESE} if locale == "zh" else {},
        "modeBarButtonsToRemove": unwanted,
        "toImageButtonOptions": {"format": camera or "png", "filename": file_name(chart.title),
                                 "scale": 1 if camera == "svg" else 3}}


def to_html(chart: Chart, theme: str = "light", locale: str = "en") -> str:
    """One page that holds the chart, its words and Plotly itself: it opens without a network and asks for nothing."""
    import plotly.io as pio

    figure = draw(chart, theme, locale, solid=True)
    colours = THEMES[theme]
    plot = pio.to_html(figure, config=config(chart, locale, camera="png"), include_plotlyjs=True, full_html=False,
                       default_width="100%", div_id="chart")
    return f"""<!doctype html>
<html lang="{'zh-CN' if locale == 'zh' else 'en'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data: blob:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(chart.title)}</title>
<style>
body {{ margin: 0 auto; max-width: 1100px; padding: 1rem .5rem; background: {colours.paper}; }}
figure {{ margin: 0; }}
</style>
</head>
<body>
<figure role="img" aria-label="{html.escape(f'{chart.title}. {chart.alt}')}">{plot}</figure>
</body>
</html>
"""


def to_csv(chart: Chart) -> str:
    """The rows behind the chart, columns named in words. No text in it is run as a formula by a spreadsheet."""
    shown = [column for column in chart.labels if column in chart.frame.columns]
    # Two features may have the same words; their columns both stay.
    frame = chart.frame[shown].set_axis([no_formula(chart.labels[column]) for column in shown], axis="columns")
    buffer = io.StringIO()
    frame.map(no_formula).to_csv(buffer, index=False, lineterminator="\r\n")
    return buffer.getvalue()


# --- one kind of chart each -----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Drawing:
    chart: Chart
    theme: Theme
    locale: str
    solid: bool
    figure: object

    def written(self, value, column: str, short: bool = False) -> str:
        return _safe(written(value, self.chart.units.get(column, "name"), self.locale, short))

    def hover(self, frame: pd.DataFrame, but: tuple[str, ...] = ()) -> dict:
        """What each row says when it is pointed at: every column that has words."""
        columns = [column for column in self.chart.labels if column in frame.columns and column not in but]
        template = "<br>".join(f"{_safe(self.chart.labels[column])}  <b>%{{customdata[{place}]}}</b>"
                               for place, column in enumerate(columns))
        told = [[self.written(value, column) for value in frame[column]] for column in columns]
        return {"customdata": list(zip(*told, strict=True)), "hovertemplate": template + "<extra></extra>"}

    def wrapped(self, text: str, width: int) -> list[str]:
        return [_safe(line) for line in _lines(text, width)]

    def axis_words(self, column: str) -> str:
        return "<br>".join(_safe(line) for line in _lines(self.chart.labels.get(column, ""), NARROW - 6))


AWAY = {"ticks": "outside", "ticklen": 6, "tickcolor": "rgba(0,0,0,0)"}  # names stand a little off what they name


def _columns(drawing: _Drawing) -> None:
    chart, theme = drawing.chart, drawing.theme
    growing = chart.frame[chart.unfinished].to_numpy(bool) if chart.unfinished else np.zeros(len(chart.frame), bool)
    drawing.figure.add_bar(
        x=chart.frame[chart.x], y=chart.frame[chart.y], **drawing.hover(chart.frame),
        marker={"color": [theme.quiet if grows else theme.accent for grows in growing],
                "pattern": {"shape": ["/" if grows else "" for grows in growing], "size": 6, "solidity": 0.35},
                "line_width": 0, "cornerradius": 3})
    drawing.figure.update_layout(bargap=0.22, height=360)
    if chart.units[chart.x] == "month":
        drawing.figure.update_xaxes(type="date", tickformat="%-m月\n%Y年" if drawing.locale == "zh" else "%b\n%Y",
                                    nticks=7, tickangle=0)
    else:  # a name stays one where it looks like a number
        drawing.figure.update_xaxes(type="category", nticks=9, tickangle=0)
    drawing.figure.update_yaxes(rangemode="tozero", **_ticks(drawing, chart.y))
    drawing.figure.update_layout(xaxis_fixedrange=True, yaxis_fixedrange=True, xaxis_showgrid=False)


def _bars(drawing: _Drawing) -> None:
    chart, theme = drawing.chart, drawing.theme
    for series, colour in _colours(drawing).items():
        rows = chart.frame[chart.frame[chart.colour] == series] if chart.colour else chart.frame
        drawing.figure.add_bar(
            orientation="h", x=rows[chart.x], y=[_safe(name) for name in rows[chart.y]], name=_safe(series),
            marker={"color": [theme.quiet if over else colour for over in rows[chart.unfinished]]
                    if chart.unfinished else colour, "line_width": 0, "cornerradius": 3}, **drawing.hover(rows),
            text=[drawing.written(value, chart.x) for value in rows[chart.x]], textposition="outside",
            textfont={"color": theme.ink, "size": 12}, constraintext="none", cliponaxis=False)
    bars = chart.frame[chart.y].nunique() * max(1, len(chart.series))
    drawing.figure.update_layout(barmode="group", bargap=0.34, bargroupgap=0.06, height=24 * bars + 40)
    # Lying bars are drawn from the bottom up: turned, the first group stands on top, its first measure uppermost.
    drawing.figure.update_yaxes(type="category", autorange="reversed", showgrid=False, fixedrange=True,
                                tickfont_color=theme.ink, **AWAY)
    # Less than nothing is drawn to the left of it. The figure beside the longest bar has room on a telephone too.
    least, most = min(0.0, float(chart.frame[chart.x].min())), max(0.0, float(chart.frame[chart.x].max()))
    within = [least * 1.14, most * 1.14] if most > least else [0, 1]
    drawing.figure.update_xaxes(visible=False, fixedrange=True, range=within)
    told = max((len(drawing.written(value, chart.x)) for value in chart.frame[chart.x]), default=0)
    drawing.figure.update_layout(margin_r=max(16, 5 * told))


def _waterfall(drawing: _Drawing) -> None:
    chart, theme = drawing.chart, drawing.theme
    values = chart.frame[chart.x].astype(float).to_numpy()
    begins = np.concatenate([[0.0], values[:-1].cumsum()])
    begins[-1] = 0.0
    ends = begins + values
    told = ([_safe(words) for words in chart.frame[chart.text]] if chart.text else
            [f"{'+' if value > 0 else ''}{drawing.written(value, chart.x)}" for value in values])
    given = chart.frame[chart.unfinished].to_numpy(bool) if chart.unfinished else np.zeros(len(values), bool)
    names = [_wrapped(name, NARROW // 2) for name in chart.frame[chart.y]]
    drawing.figure.add_bar(
        orientation="h", base=begins, x=values, y=names,
        marker={"color": [*(theme.quiet if before else theme.accent if value >= 0 else theme.series[1]
                            for value, before in zip(values[:-1], given, strict=False)), theme.muted],
                "line_width": 0, "cornerradius": 3}, **drawing.hover(chart.frame))
    # The figures stand on the right of their bars, whichever way these go: none then lies on a bar.
    for name, value, begin, end in zip(names, told, begins, ends, strict=True):
        drawing.figure.add_annotation(x=max(begin, end), y=name, text=value, showarrow=False, xanchor="left",
                                      xshift=4, font={"color": theme.ink, "size": 12})
    low, high = min(0.0, begins.min(), ends.min()), max(0.0, begins.max(), ends.max())
    tall = 36 if any("<br>" in name for name in names) else 30
    drawing.figure.update_layout(barmode="overlay", bargap=0.34, height=tall * len(values) + 60)
    drawing.figure.update_yaxes(type="category", autorange="reversed", showgrid=False, fixedrange=True,
                                categoryorder="array", categoryarray=names,
                                tickfont_color=theme.ink, **AWAY)
    wide = high - low
    room = 0.03 * max(map(_width, told)) if chart.text else 0.14
    drawing.figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=True, zerolinecolor=theme.muted,
                                ticks="", fixedrange=True, range=[low - wide * 0.02, high + wide * room])


def _line(drawing: _Drawing) -> None:
    chart, theme = drawing.chart, drawing.theme
    drawing.figure.add_scatter(
        x=chart.frame[chart.x], y=chart.frame[chart.y], mode="lines+markers",
        line={"color": theme.accent, "width": 2.5}, marker={"color": theme.accent, "size": 7},
        **drawing.hover(chart.frame))
    highest = max((mark.y for mark in chart.marks), default=0)
    for mark in chart.marks:
        colour = theme.muted if mark.quiet else theme.accent
        drawing.figure.add_scatter(
            x=[mark.x], y=[mark.y], mode="markers", hoverinfo="skip",
            marker={"symbol": "diamond-open", "size": 11, "color": colour, "line_width": 2} if mark.quiet else
            {"symbol": "circle", "size": 14, "color": colour})
        # Words stand above the highest mark, below a quiet one, and beside the line that falls away from a loud one.
        beside = mark.y < highest and not mark.quiet
        first = mark.x == chart.frame[chart.x].min()
        drawing.figure.add_annotation(
            x=mark.x, y=mark.y, showarrow=False,
            text=_safe(mark.words) if mark.quiet else f"<b>{_safe(mark.words)}</b>",
            yshift=3 if beside else 17 if mark.y == highest else -17, xshift=14 if beside else -8 if first else 0,
            xanchor="left" if beside or first else "center", font_color=theme.muted if mark.quiet else theme.ink)
    every = [*chart.frame[chart.y], *(mark.y for mark in chart.marks)]
    room = max((max(every) - min(every)) * 0.2, 0.02)
    drawing.figure.update_layout(height=340, xaxis_fixedrange=True, yaxis_fixedrange=True)
    if chart.units[chart.x] == "day":
        drawing.figure.update_xaxes(type="date", tickformat="%Y-%m-%d", nticks=4, tickangle=0, showgrid=False)
    else:
        drawing.figure.update_xaxes(title_text=drawing.axis_words(chart.x), showgrid=False, dtick=1)
    drawing.figure.update_yaxes(title_text=drawing.axis_words(chart.y), nticks=6,
                                range=[min(every) - room, max(every) + room])


def _scatter(drawing: _Drawing) -> None:
    chart, theme = drawing.chart, drawing.theme
    size = 5 if len(chart.frame) > 2000 else 7 if len(chart.frame) > 300 else 9
    for place, (series, colour) in enumerate(_colours(drawing).items()):
        rows = chart.frame[chart.frame[chart.colour] == series] if chart.colour else chart.frame
        drawing.figure.add_scatter(
            mode="markers", x=rows[chart.x].round(4), y=rows[chart.y].round(4), name=_safe(series),
            marker={"size": size, "color": colour, "opacity": 0.75, "symbol": SYMBOLS[place % len(SYMBOLS)]},
            **drawing.hover(rows, but=(chart.x, chart.y) if chart.hidden_axes else ()))
    for mark in chart.marks:
        colour = _colours(drawing).get(mark.series, theme.ink)
        drawing.figure.add_annotation(
            x=mark.x, y=mark.y, text=f"<b>{_safe(mark.words)}</b>", showarrow=False, bgcolor=colour, borderpad=3,
            bordercolor=theme.paper, borderwidth=1.5, font={"color": _readable_on(colour), "size": 13})
    # A finger that drags moves the page, not the chart, unless it is to pick points; the buttons above turn zooming on.
    drawing.figure.update_layout(height=480 + 12 * max(0, len(chart.series) - 4),
                                 dragmode="lasso" if chart.selectable else False, showlegend=bool(chart.colour))
    for axis, column in (("xaxis", chart.x), ("yaxis", chart.y)):
        drawing.figure.update_layout({axis: {
            "title_text": drawing.axis_words(column), "showticklabels": not chart.hidden_axes, "ticks": "",
            "showgrid": not chart.hidden_axes, "zeroline": chart.hidden_axes, "zerolinecolor": theme.grid}})


def _network(drawing: _Drawing) -> None:
    """Points with their names outside the ring, lines in the colour of what joins them; few lines say it in words."""
    chart, theme = drawing.chart, drawing.theme
    for place, (words, links) in enumerate(chart.links.groupby("words", sort=False)):
        colour = theme.series[place % len(theme.series)]
        nothing = [None] * len(links)
        drawing.figure.add_scatter(
            mode="lines", x=np.ravel(np.column_stack([links.x0, links.x1, nothing])),
            y=np.ravel(np.column_stack([links.y0, links.y1, nothing])), name=_safe(words), hoverinfo="skip",
            # Two ties of the same two lie on each other: broken lines let the one below be seen.
            line={"color": colour, "width": 2, "dash": "solid" if links.told.all() else ("dash", "dot")[place % 2]},
            opacity=0.85)
    # Words stand at two thirds of the way outward, where there is room; a line to a square needs none.
    untold = chart.links[~chart.links.told.astype(bool)]
    if len(untold) <= 12:
        for (x0, y0, x1, y1), links in untold.groupby(["x0", "y0", "x1", "y1"], sort=False):
            share = 0.7 if x1 * x1 + y1 * y1 >= x0 * x0 + y0 * y0 else 0.3
            drawing.figure.add_annotation(
                x=x0 + (x1 - x0) * share, y=y0 + (y1 - y0) * share, showarrow=False, bgcolor=theme.paper, borderpad=1,
                text="<br>".join(_safe(words) for words in links.words), font={"color": theme.muted, "size": 11})
    for series in chart.series:
        rows = chart.frame[chart.frame[chart.colour] == series]
        shared, centre = bool(rows.shared.iloc[0]), bool((rows[chart.x] == 0).all() and (rows[chart.y] == 0).all())
        drawing.figure.add_scatter(
            mode="markers+text", x=rows[chart.x], y=rows[chart.y], showlegend=False, cliponaxis=False,
            text=[f"<b>{_safe(name)}</b>" if shared or centre else _safe(name) for name in rows[chart.text]],
            textposition=["top center" if shared else "bottom center" if centre else
                          "middle right" if x >= 0 else "middle left" for x in rows[chart.x]],
            textfont={"color": theme.ink, "size": 13 if centre else 12},
            marker={"symbol": "square" if shared else "circle", "size": 18 if centre else 12,
                    "color": theme.accent if centre else theme.paper if shared else theme.quiet,
                    "line": {"color": theme.muted if shared else theme.paper, "width": 2}},
            **drawing.hover(rows, but=(chart.x, chart.y)))
    drawing.figure.update_layout(height=max(320, 14 * len(chart.frame) + 140), dragmode=False, showlegend=True)
    drawing.figure.update_xaxes(visible=False, range=[-1.9, 1.9], fixedrange=True)
    drawing.figure.update_yaxes(visible=False, range=[-1.25, 1.25], fixedrange=True)


def _parallel(drawing: _Drawing) -> None:
    parallel.draw(drawing, _colours(drawing), SYMBOLS, _wrapped)


def _timeline(drawing: _Drawing) -> None:
    timeline.draw(drawing, _colours(drawing))


def _heatmap(drawing: _Drawing) -> None:
    chart, theme = drawing.chart, drawing.theme
    names, features = list(dict.fromkeys(chart.frame[chart.y])), list(dict.fromkeys(chart.frame[chart.x]))
    cells = chart.frame.set_index([chart.y, chart.x])

    def matrix(column: str) -> list[list]:
        return [[cells.at[(name, feature), column] for feature in features] for name in names]

    heads = [_wrapped(feature, max(8, 40 // len(features))) for feature in features]
    hover = drawing.hover(chart.frame)
    told = dict(zip(cells.index, hover["customdata"], strict=True))
    drawing.figure.add_heatmap(
        z=matrix(chart.colour), zmin=0, zmax=1, showscale=False, xgap=4, ygap=4,
        x=heads, y=[_wrapped(name, 16) for name in names],
        text=[[_safe(words) for words in row] for row in matrix(chart.text)], texttemplate="%{text}",
        textfont={"color": theme.ink, "size": 14}, hovertemplate=hover["hovertemplate"],
        customdata=[[told[(name, feature)] for feature in features] for name in names],
        colorscale=list(zip((0, 0.5, 1), theme.low_middle_high, strict=True)))
    head_lines = 1 + max(head.count("<br>") for head in heads)
    drawing.figure.update_layout(height=48 * len(names) + 40, margin_t=16 * head_lines + 6)
    # Names are categories even where a column is called 2024.
    drawing.figure.update_xaxes(type="category", side="top", showgrid=False, showline=False, ticks="", tickangle=0,
                                tickfont_color=theme.ink, fixedrange=True)
    drawing.figure.update_yaxes(type="category", autorange="reversed", showgrid=False, tickfont_color=theme.ink,
                                fixedrange=True, **AWAY)


def _flow(drawing: _Drawing) -> None:
    trace, height = sankey(drawing)
    drawing.figure.add_trace(trace)
    drawing.figure.update_layout(height=height)
    drawing.figure.update_xaxes(visible=False, fixedrange=True)  # of the empty entry that carries the notes
    drawing.figure.update_yaxes(visible=False, fixedrange=True)


# --- what all have in common ----------------------------------------------------------------------


def _frame(drawing: _Drawing) -> None:
    """Paper, words above and below, axes, legend."""
    chart, theme, figure = drawing.chart, drawing.theme, drawing.figure
    title = [f"<b>{_safe(line)}</b>" for line in _lines(chart.title, NARROW - 10)]
    below_title = [_safe(line) for line in _lines(chart.subtitle, NARROW)] + _key(drawing)
    notes = "<br>".join(_safe(line) for note in chart.notes for line in _lines(note, NARROW + 4))
    words = "<br>".join(title) + "".join(
        f'<br><span style="font-size:13px;color:{theme.muted}">{line}</span>' for line in below_title)
    header = figure.layout.margin.t or 0  # what the drawing itself needs above the plot
    top = 22 + 21 * len(title) + 18 * len(below_title) + 8 + header
    paper = theme.paper if drawing.solid else "rgba(0,0,0,0)"
    figure.update_layout(
        template="none", autosize=True, height=figure.layout.height + top + 15 * (notes.count("<br>") + 1),
        paper_bgcolor=paper, plot_bgcolor=paper, font={"family": FONT, "size": 13, "color": theme.ink},
        title={"text": words, "x": 0, "xref": "container", "xanchor": "left", "y": 1, "yref": "container",
               "yanchor": "top", "pad": {"l": 6, "t": 18}, "font": {"size": 16, "color": theme.ink}},
        margin={"l": 12, "r": figure.layout.margin.r or 16, "t": top, "b": 12},
        hoverlabel={"bgcolor": theme.paper, "bordercolor": theme.grid, "font": {"color": theme.ink, "family": FONT},
                    "align": "left"},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.accent})
    figure.update_xaxes(automargin=True, linecolor=theme.grid, gridcolor=theme.grid, tickcolor=theme.grid,
                        title_font_color=theme.muted, title_font_size=12)
    figure.update_yaxes(automargin=True, linecolor=theme.grid, gridcolor=theme.grid, showline=False, zeroline=False,
                        title_font_color=theme.muted, title_font_size=12)
    if chart.kind not in ("heatmap", "bars"):
        figure.update_xaxes(tickfont_color=theme.muted)
        figure.update_yaxes(tickfont_color=theme.muted)
    _below(drawing, notes)


def _below(drawing: _Drawing, notes: str) -> None:
    """The notes and, where a chart has one, the legend. Plotly makes room for a legend however it wraps, and for
    nothing else below a chart; so the notes are the legend's heading, above an empty entry where there is no other."""
    figure, has_legend = drawing.figure, bool(drawing.figure.layout.showlegend)
    if not has_legend:
        figure.for_each_trace(lambda trace: trace.update(showlegend=False) if "showlegend" in trace else None)
        figure.add_scatter(x=[None], y=[None], mode="markers", marker={"color": "rgba(0,0,0,0)"}, name="\u200b",
                           hoverinfo="skip", showlegend=True)
    figure.update_layout(showlegend=bool(notes) or has_legend, legend={
        "orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom",
        "xref": "container", "x": 0, "xanchor": "left",
        "itemsizing": "constant", "font_size": 13, "bgcolor": "rgba(0,0,0,0)",
        "itemclick": "toggle" if has_legend else False, "itemdoubleclick": "toggleothers" if has_legend else False,
        "title": {"text": f'<span style="font-size:12px;color:{drawing.theme.muted}">{notes}</span>', "side": "top"}})


def _key(drawing: _Drawing) -> list[str]:
    """What the colours mean, as a line of coloured words: nearer to the eye than a legend, and as wide as it needs."""
    chart, theme = drawing.chart, drawing.theme
    if chart.kind == "heatmap":
        colours = dict(zip(chart.scale, theme.low_middle_high, strict=True))
    elif chart.kind == "bars" and len(chart.series) > 1:
        colours = _colours(drawing)
    elif chart.kind in places.KINDS:
        colours = places.class_colours(drawing)
    else:
        return []
    entries = [(name, f'<span style="color:{colour}">■</span> {_safe(name)}') for name, colour in colours.items()]
    lines, used = [[]], 0
    for name, entry in entries:
        if lines[-1] and used + _width(name) + 5 > NARROW:
            lines.append([])
            used = 0
        lines[-1].append(entry)
        used += _width(name) + 5
    return ["   ".join(line) for line in lines]


def _colours(drawing: _Drawing) -> dict[str | None, str]:
    chart, theme = drawing.chart, drawing.theme
    if not chart.colour or chart.kind == "triangle":
        return {None: theme.accent}
    if chart.tones:
        of_tone = {"good": theme.accent, "bad": theme.bad}
        return {series: of_tone.get(chart.tones.get(series), theme.quiet) for series in chart.series}
    if chart.emphasis:
        return {series: theme.accent if series == chart.emphasis else theme.quiet for series in chart.series}
    if chart.order:
        return {series: theme.series[chart.order.index(series) % len(theme.series)] if series in chart.order
                else theme.quiet for series in chart.series}
    if chart.ordered:
        return dict(zip(chart.series, _ramp(theme, len(chart.series)), strict=True))
    return {series: theme.series[place % len(theme.series)] for place, series in enumerate(chart.series)}


def _ramp(theme: Theme, steps: int) -> list[str]:
    """Colours from low to high: the second of the series over grey to the first, as in a heatmap but strong enough
    for points."""
    stops = np.array([[int(colour[place:place + 2], 16) for place in (1, 3, 5)]
                      for colour in (theme.series[1], theme.quiet, theme.series[0])])
    at = np.linspace(0, 2, steps) if steps > 1 else [2.0]
    return ["#" + "".join(f"{round(np.interp(place, (0, 1, 2), stops[:, part])):02x}" for part in range(3))
            for place in at]


def _ticks(drawing: _Drawing, column: str) -> dict:
    """Ticks in the language's own large numbers (1.2M, 120万), which Plotly's formats do not know."""
    # A month in which more was given back than sold reaches below nothing.
    smallest = min(0.0, float(drawing.chart.frame[column].min()))
    return _ticks_between(drawing, column, smallest, float(drawing.chart.frame[column].max()))


def _ticks_between(drawing: _Drawing, column: str, smallest: float, largest: float) -> dict:
    if not np.isfinite(largest) or largest <= 0:
        return {}
    step = 10 ** floor(log10((largest - smallest) / 4))
    step = next(step * factor for factor in (1, 2, 2.5, 5, 10) if (largest - smallest) / (step * factor) <= 5)
    ticks = np.arange(floor(smallest / step), floor(largest / step) + 1) * step
    return {"tickvals": ticks, "ticktext": [drawing.written(tick, column, short=True) for tick in ticks],
            "range": [smallest * 1.05, largest * 1.05]}


def _safe(text) -> str:
    """Text from data as text: Plotly reads <a href> and other markup."""
    return html.escape(str(text), quote=False)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _lines(text: str, width: int) -> list[str]:
    """Text in lines of at most `width` Latin letters, as few and as even as can be; a Chinese sign counts as two."""
    lines = _filled(text, width)
    while width > 1 and len(even := _filled(text, width - 1)) == len(lines):
        lines, width = even, width - 1
    return lines


def _filled(text: str, width: int) -> list[str]:
    lines, line = [], ""
    for piece in _pieces(text):
        if line and _width((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return lines + [line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> list[str]:
    """Where a line may end: after a blank, and between Chinese signs but before no closing mark."""
    pieces = []
    for sign in text:
        wide = unicodedata.east_asian_width(sign) in "WF"
        closes = sign in "，。、；：？！）」』》”’%,.;:?!)"
        starts_anew = not pieces or pieces[-1].endswith(" ") or (
            not closes and (wide or unicodedata.east_asian_width(pieces[-1][-1]) in "WF") and sign != " ")
        if starts_anew:
            pieces.append(sign)
        else:
            pieces[-1] += sign
    return pieces


def _wrapped(text: str, width: int) -> str:
    return "<br>".join(_safe(line) for line in _lines(text, width))


def _readable_on(colour: str) -> str:
    """White or near-black, whichever reads better on the colour (relative luminance, WCAG 2)."""
    parts = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return "#ffffff" if 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] < 0.18 else "#10171f"


# The kinds that stand in files of their own, and what those are given beside the drawing and its colours.
FAMILIES = ((shapes.KINDS, ()), (triangle.KINDS, ()), (curves.KINDS, (_ticks,)), (fan.KINDS, (_ticks,)),
            (HISTORY, (_ticks,)), (WATCHED, (_ticks,)), (breakdowns.KINDS, (_ticks_between,)))
