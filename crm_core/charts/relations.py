"""The chart of who is tied to one customer."""
from math import cos, pi, sin

import pandas as pd

from crm_core.charts.chart import Chart

LONGEST_NAME = 18  # signs: on a telephone a name may have a third of the width


def related_customers(relations, as_of, say) -> Chart:
    """The customer in the middle, others on a ring round it, what several share between the two.

    `relations` is the answer of relations.relations_around. Those of one group stand side by side.
    """
    nodes, ties = relations.nodes, relations.ties
    shared = ~nodes.kind.isin(["self", "customer"])
    hubs = set(nodes[shared].node)
    by_tie = {node: min((tie.kind for tie in ties.itertuples() if node in (tie.a, tie.b)), default="")
              for node in nodes.node}
    ring = sorted(nodes[nodes.kind == "customer"].itertuples(),
                  key=lambda node: (node.group, by_tie[node.node], node.id))
    angles = {node.node: pi / 2 - 2 * pi * (place + 0.5) / len(ring) for place, node in enumerate(ring)}
    places = {node: (cos(angle), sin(angle)) for node, angle in angles.items()}
    places |= dict.fromkeys(nodes[nodes.kind == "self"].node, (0.0, 0.0))
    for node in nodes[shared].node:
        members = [other for tie in ties.itertuples() if node in (tie.a, tie.b) for other in (tie.a, tie.b)
                   if other in angles]
        x, y = sum(cos(angles[m]) for m in members), sum(sin(angles[m]) for m in members)
        length = (x * x + y * y) ** 0.5
        # Members all round the ring have no common direction: their node then stands off the middle, one each way.
        aside = pi / 2 + pi * 2 * sorted(hubs).index(node) / len(hubs)
        places[node] = (0.52 * x / length, 0.52 * y / length) if length > 0.35 * len(members) else (
            0.45 * cos(aside), 0.45 * sin(aside))
    frame = nodes.assign(
        x=[places[node][0] for node in nodes.node], y=[places[node][1] for node in nodes.node], shared=shared,
        told=[name if len(str(name)) <= LONGEST_NAME else str(name)[:LONGEST_NAME - 1] + "…" for name in nodes.name],
        what=[say(f"relations.node.{kind}") for kind in nodes.kind])
    links = pd.DataFrame(
        [(*places[tie.a], *places[tie.b], say(f"relations.kind.{tie.kind}"), bool({tie.a, tie.b} & hubs))
         for tie in ties.itertuples()], columns=["x0", "y0", "x1", "y1", "words", "told"])
    others = int((nodes.kind == "customer").sum())
    centre = nodes[nodes.kind == "self"].name.iloc[0]
    notes = [say("chart.related_customers.hidden", count=count, kind=say(f"relations.kind.{kind}"))
             for kind, count in relations.hidden.items()] + [say("chart.source", as_of=as_of)]
    return Chart(
        kind="network", x="x", y="y", colour="what", text="told", frame=frame, links=links, hidden_axes=True,
        title=say("chart.related_customers.title", name=str(centre)),
        subtitle=say("chart.related_customers.subtitle", others=others, groups=relations.groups),
        labels={"name": say("chart.customer"), "what": say("chart.related_customers.what"),
                "degree": say("chart.related_customers.degree"), "group": say("chart.group")},
        units={"name": "name", "what": "name", "degree": "count", "group": "count", "x": "number", "y": "number"},
        alt=say("chart.related_customers.alt", name=str(centre), others=others, groups=relations.groups),
        notes=tuple(notes))
