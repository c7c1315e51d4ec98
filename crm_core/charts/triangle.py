"""How cohorts are drawn: a row a cohort, a column an age, a cell the deeper the more; what is not over yet is grey.

It takes what plotly.py draws into (the description, its theme, its figure).
"""
import numpy as np

ROW = 26  # pixels
DEEPEST = 0.98  # quantile of the values at which the colour is deepest: one lucky cell leaves the others their colours


def triangle(drawing, colours: dict[str | None, str]) -> None:
    """x: the age, a whole number; y: the name of a row, in order; colour: the value; text: its words."""
    chart, theme, rows = drawing.chart, drawing.theme, drawing.chart.frame
    names = list(dict.fromkeys(rows[chart.y]))
    ages = np.arange(int(rows[chart.x].min()), int(rows[chart.x].max()) + 1)
    place = rows[chart.y].map({name: number for number, name in enumerate(names)}).to_numpy()
    across = rows[chart.x].to_numpy() - ages[0]
    hover = drawing.hover(rows)
    told = np.empty((len(names), len(ages)), dtype=object)
    for row, column, words in zip(place, across, hover["customdata"], strict=True):
        told[row, column] = words
    growing = rows[chart.unfinished].to_numpy(bool)
    # What every cohort has by its nature, all of it in its own period, would take the colours from the rest.
    whole = rows[~growing & (rows[chart.x] > 0)][chart.colour]
    deepest = float(whole.quantile(DEEPEST)) if len(whole) else 1.0
    for here, scale, ink in ((~growing, theme.low_middle_high[1:], theme.ink),
                             (growing, (theme.grid, theme.grid), theme.muted)):
        if not here.any():
            continue
        values = np.full(told.shape, np.nan)
        words = np.full(told.shape, "", dtype=object)
        values[place[here], across[here]] = rows[chart.colour].to_numpy(float)[here]
        words[place[here], across[here]] = rows[chart.text].to_numpy()[here]
        drawing.figure.add_heatmap(
            z=values, x=ages, y=list(range(len(names))), zmin=0, zmax=deepest or 1.0, showscale=False, xgap=2, ygap=2,
            text=words, texttemplate="%{text}", textfont_color=ink, hoverongaps=False, customdata=told,
            colorscale=list(zip((0, 1), scale, strict=True)), hovertemplate=hover["hovertemplate"])
    drawing.figure.update_layout(height=ROW * len(names) + 60, dragmode=False)
    drawing.figure.update_xaxes(title_text=drawing.axis_words(chart.x), side="bottom", showgrid=False, showline=False,
                                ticks="", tickangle=0, nticks=13, fixedrange=True, zeroline=False)
    drawing.figure.update_yaxes(tickvals=list(range(len(names))), autorange="reversed",
                                ticktext=[drawing.wrapped(name, 40)[0] for name in names],
                                showgrid=False, fixedrange=True, zeroline=False,
                                tickfont_color=theme.ink, ticks="")


KINDS = {"triangle": triangle}
