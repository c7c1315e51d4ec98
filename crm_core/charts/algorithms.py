"""The charts of an algorithm: how well customers sit in their groups, and what its settings rest on.

Each takes the answer of clustering.cluster_customers, a name for each group, the day and `say`.
"""
import numpy as np

from crm_core.charts.chart import MOST_POINTS, Chart, Mark
from crm_core.charts.clustering import _numbered as numbered_names


def silhouettes(groups, names: dict[int, str], as_of, say) -> Chart:
    """How much nearer each customer is to the own group than to the next, group by group."""
    shown = groups.evidence.silhouettes.head(MOST_POINTS)
    frame = shown.assign(name=shown.group.map(numbered_names(names)))
    means, mean = frame.groupby("name", sort=False).silhouette.mean(), float(frame.silhouette.mean())
    doubtful = float((frame.silhouette < 0).mean())
    notes = [say("chart.source", as_of=as_of)]
    grouped = int(groups.profiles.customers[groups.profiles.group > 0].sum())
    if len(frame) < grouped:
        notes.insert(0, say("chart.silhouettes.sample", shown=len(frame), customers=grouped))
    if groups.noise:
        notes.insert(0, say("chart.silhouettes.noise", count=groups.noise))
    return Chart(
        kind="silhouette", x="silhouette", y="customer_id", colour="name", frame=frame,
        title=say("chart.silhouettes.title"), subtitle=say("chart.silhouettes.subtitle"),
        labels={"customer_id": say("chart.customer"), "name": say("chart.group"),
                "silhouette": say("chart.silhouette")},
        units={"customer_id": "name", "name": "name", "silhouette": "number"},
        marks=(Mark(mean, 0, say("chart.silhouettes.mean", mean=f"{mean:.2f}")),),
        alt=say("chart.silhouettes.alt", mean=f"{mean:.2f}", share=doubtful,
                groups=", ".join(f"{name} {value:.2f}" for name, value in means.items())),
        notes=tuple(notes))


def k_distance_curve(groups, as_of, say) -> Chart:
    """How far each customer's neighbours are, and from which distance on a customer counts as alone."""
    found = groups.evidence.k_distances
    frame = found.curve

    def crossing(distance: float) -> float:
        return float(np.interp(distance, frame.distance, frame.share))

    marks = [Mark(crossing(found.eps), found.eps, say("chart.k_distance.used", eps=f"{found.eps:.2f}"))]
    if not np.isclose(found.eps, found.proposed, rtol=0.01):
        marks.insert(0, Mark(crossing(found.proposed), found.proposed,
                             say("chart.k_distance.proposed", eps=f"{found.proposed:.2f}"), quiet=True))
    return Chart(
        kind="curve", x="share", y="distance", frame=frame,
        title=say("chart.k_distance.title"), subtitle=say("chart.k_distance.subtitle", min_points=found.min_points),
        labels={"share": say("chart.k_distance.share"),
                "distance": say("chart.k_distance.distance", min_points=found.min_points)},
        units={"share": "share", "distance": "number"}, marks=tuple(marks),
        alt=say("chart.k_distance.alt", min_points=found.min_points, eps=f"{found.eps:.2f}",
                proposed=f"{found.proposed:.2f}", share=crossing(found.eps)),
        notes=(say("chart.k_distance.note"), say("chart.source", as_of=as_of)))


def dendrogram(groups, names: dict[int, str], as_of, say) -> Chart:
    """Which customers are merged at which difference, and where the tree is cut into groups."""
    found, numbered = groups.evidence.dendrogram, numbered_names(names)
    above = say("chart.dendrogram.above")
    rows = found.merges.assign(x=(found.merges.left_x + found.merges.right_x) / 2)
    rows = rows.assign(name=[numbered[label] if label else above for label in rows.label])
    # Groups in their own order, so that they have the colours of the other charts; what joins them last.
    rows = rows.sort_values("label", key=lambda label: label.where(label > 0, label.max() + 1), kind="stable")
    return Chart(
        kind="dendrogram", x="x", y="height", colour="name", frame=rows.reset_index(drop=True),
        title=say("chart.dendrogram.title"), subtitle=say("chart.dendrogram.subtitle"),
        labels={"x": "", "name": say("chart.group"), "customers": say("chart.customers"),
                "height": say("chart.dendrogram.height")},
        units={"x": "number", "name": "name", "customers": "count", "height": "number"},
        marks=(Mark(0, found.cut, say("chart.dendrogram.cut", k=groups.k)),),
        alt=say("chart.dendrogram.alt", leaves=found.leaves, customers=found.customers, k=groups.k,
                cut=f"{found.cut:.2f}", top=f"{rows.height.max():.2f}"),
        notes=(say("chart.dendrogram.note", leaves=found.leaves, customers=found.customers),
               say("chart.source", as_of=as_of)))


def sure_groups(groups, names: dict[int, str], as_of, say) -> Chart:
    """The share of each group's customers who belong to it with a probability of more than .8."""
    frame = groups.evidence.sure
    frame = frame.assign(name=frame.group.map(numbered_names(names)))
    return Chart(
        kind="bars", x="sure", y="name", frame=frame,
        title=say("chart.sure_groups.title"), subtitle=say("chart.sure_groups.subtitle"),
        labels={"name": say("chart.group"), "sure": say("chart.sure_groups.sure"), "customers": say("chart.customers")},
        units={"name": "name", "sure": "share", "customers": "count"},
        alt=" ".join(say("chart.sure_groups.alt_row", group=row.name, share=float(row.sure))
                     for row in frame[["name", "sure"]].itertuples(index=False)),
        notes=(say("chart.source", as_of=as_of),))
