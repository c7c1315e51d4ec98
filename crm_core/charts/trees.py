"""The chart of a decision tree, and its conditions and rules in words.

It takes what purchase_prediction.trees.described gives: a frame of nodes with their conditions.
"""
import heapq

import pandas as pd

from crm_core.charts.chart import Chart, written
from crm_core.charts.feature_words import condition_words, feature_words

MOST_NODES, MOST_LEVELS = 27, 4  # more is no picture any longer; the rules tell the rest


def tree_chart(nodes: pd.DataFrame, name: str, answer: str, as_of, say, locale: str = "en") -> Chart:
    """`nodes`: node, parent, depth, condition, rows, share, leaf. `name` of the way; `answer`: whose share it is."""
    shown = _shown(nodes)
    place = {node: number for number, node in enumerate(shown)}
    below = nodes[~nodes.node.isin(shown)].groupby("parent").size()
    rows = nodes.set_index("node").loc[shown].reset_index()
    words = [say("trees.all") if row.condition is None else condition_words(row.condition, say)
             for row in rows.itertuples()]
    told = [say("trees.told", share=float(row.share), rows=round(row.rows)) for row in rows.itertuples()]
    told = [say("trees.told_more", told=text) if below.get(node, 0) else text
            for node, text in zip(rows.node, told, strict=True)]
    frame = pd.DataFrame({
        "depth": rows.depth, "above": [place.get(parent, -1) for parent in rows.parent], "words": words, "told": told,
        "rows": rows.rows.round().astype(int), "share": rows.share.astype(float)})
    leaves = nodes[nodes.leaf]
    notes = [say("chart.source", as_of=as_of)]
    if len(shown) < len(nodes):
        notes.insert(0, say("trees.part_of", shown=len(shown), nodes=len(nodes)))
    first = nodes[nodes.parent == 0].condition
    return Chart(
        kind="tree", x="depth", y="above", text="words", size="share", frame=frame, hidden_axes=True,
        title=say("trees.title", name=name), subtitle=say("trees.subtitle", answer=answer),
        labels={"words": say("trees.condition"), "rows": say("trees.rows"), "share": answer},
        units={"depth": "number", "above": "number", "words": "name", "rows": "count", "share": "share"},
        alt=say("trees.alt", name=name, leaves=len(leaves), answer=answer,
                first=feature_words(first.iloc[0].feature, say) if len(first) else "–",
                highest=written(float(leaves.share.max()), "share", locale),
                lowest=written(float(leaves.share.min()), "share", locale)),
        notes=tuple(notes))


def _shown(nodes: pd.DataFrame) -> list[int]:
    """The nodes that are drawn, each before its children: the heaviest are opened first."""
    children = nodes[nodes.parent >= 0].groupby("parent").node.apply(list).to_dict()
    weight, depth = dict(zip(nodes.node, nodes.rows, strict=True)), dict(zip(nodes.node, nodes.depth, strict=True))
    taken, waiting = {0}, [(-weight[0], 0)]
    while waiting:
        _, node = heapq.heappop(waiting)
        below = children.get(node, [])
        if depth[node] >= MOST_LEVELS or len(taken) + len(below) > MOST_NODES:
            continue
        taken.update(below)
        for child in below:
            heapq.heappush(waiting, (-weight[child], child))
    order, stack = [], [0]
    while stack:
        node = stack.pop()
        order.append(node)
        stack += [child for child in reversed(children.get(node, [])) if child in taken]
    return order
