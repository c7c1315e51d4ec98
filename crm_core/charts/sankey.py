"""A flow as Plotly draws it: names on both sides, and between them a band for every flow, as wide as it is large.

A Sankey diagram. What stays under its name steps back, so that those who move are seen.
"""
GAP = 22  # pixels between names
WIDTH = 18  # Latin letters of a name in a line: two names and their bands then fit a telephone


def sankey(drawing) -> tuple[dict, int]:
    """The trace, and how many pixels high it is to be; names stand in their `order` on both sides."""
    chart, theme = drawing.chart, drawing.theme
    known = {name: place for place, name in enumerate(chart.order)}
    flows = chart.frame[chart.frame[chart.size] > 0]
    totals = {column: flows.groupby(column, sort=False)[chart.size].sum() for column in (chart.x, chart.y)}
    most = max(len(total) for total in totals.values())
    height = max(280, 66 * most)
    gap = GAP / height
    places, words, colours, centres = {}, [], [], []
    for column, total in totals.items():
        top = 0.0
        for name in sorted(total.index, key=lambda name: known.get(name, len(known))):
            share = float(total[name] / total.sum()) * (1 - gap * (most - 1))
            places[column, name] = len(places)
            words.append("<br>".join([*drawing.wrapped(str(name), WIDTH),
                                      f"<b>{drawing.written(total[name], chart.size)}</b>"]))
            colours.append(theme.series[known[name] % len(theme.series)] if name in known else theme.quiet)
            centres.append(min(max(top + share / 2, 0.001), 0.999))  # Plotly takes 0 for not given
            top += share + gap
    sources = [places[chart.x, name] for name in flows[chart.x]]
    stay = [before == after for before, after in zip(flows[chart.x], flows[chart.y], strict=True)]
    return {
        "type": "sankey", "arrangement": "snap", "domain": {"y": [0.04, 1]},
        "textfont": {"color": theme.ink, "size": 12, "shadow": "none"},
        "node": {"label": words, "color": colours, "pad": GAP, "thickness": 14, "line": {"width": 0},
                 "hoverinfo": "skip", "x": [0.001 if column == chart.x else 0.999 for column, _ in places],
                 "y": centres},
        "link": {"source": sources, "target": [places[chart.y, name] for name in flows[chart.y]],
                 "value": flows[chart.size].tolist(),
                 "color": [_faint(colours[place], 0.2 if same else 0.5)
                           for place, same in zip(sources, stay, strict=True)],
                 "hovercolor": [_faint(colours[place], 0.7) for place in sources], **drawing.hover(flows)},
    }, height


def _faint(colour: str, share: float) -> str:
    """#0b7a75, .5 → rgba(11,122,117,0.5)"""
    return f"rgba({','.join(str(int(colour[place:place + 2], 16)) for place in (1, 3, 5))},{share})"
