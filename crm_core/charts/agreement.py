"""The charts of two groupings of the same customers: each on the same map, and who goes from which group to which."""
import pandas as pd

from crm_core.charts.chart import MOST_POINTS, Chart, Mark
from crm_core.charts.clustering import _axis, _numbered


def numbered(names: dict[int, str]) -> list[str]:
    """The groups' names as the charts show them, the numbered groups first."""
    told = _numbered(names)
    return [told[group] for group in sorted(told, key=lambda group: (group == 0, group))]


def side_map(groups, assigned: pd.DataFrame, names: dict[int, str], title: str, order: tuple[str, ...], as_of,
             say) -> Chart:
    """The customers of a grouping's map, coloured by another grouping `assigned` (customer_id, group).

    Whoever is not in the other one steps back, so that the axes are the same whatever the colours. A group's colour is
    that of its place in `order`.
    """
    points = groups.map.head(MOST_POINTS)[["customer_id", "x", "y"]].merge(assigned, on="customer_id", how="left")
    points = points.assign(name=points.group.map(_numbered(names))).sort_values("group", kind="stable")
    middles = points.groupby("name", sort=False)[["x", "y"]].median()
    points["name"] = points.name.fillna(say("chart.side_map.nowhere"))
    sizes = assigned.group.value_counts()
    return Chart(
        kind="scatter", x="x", y="y", colour="name", frame=points, hidden_axes=True, title=title, order=order,
        subtitle=say("chart.side_map.subtitle"),
        labels={"customer_id": say("chart.customer"), "name": say("chart.group"),
                "x": _axis(groups, "x", groups.map_shares[0], say), "y": _axis(groups, "y", groups.map_shares[1], say)},
        units={"customer_id": "name", "name": "name", "x": "number", "y": "number"},
        marks=tuple(Mark(place.x, place.y, words=name.split(" ")[0], series=name)
                    for name, place in middles.iterrows()),
        alt=say("chart.side_map.alt", title=title, groups=", ".join(
            say("chart.side_map.alt_group", group=name, count=int(sizes[group]))
            for group, name in _numbered(names).items() if group in sizes)),
        notes=(say("chart.side_map.shown", shown=len(points)), say("chart.source", as_of=as_of)))


def crossings_flow(crossings: pd.DataFrame, one: dict[int, str], other: dict[int, str], order: tuple[str, ...],
                   as_of, say) -> Chart:
    """Who goes from which group of one grouping to which of the other; `crossings` as of clustering.agreement."""
    left, right = _numbered(one), _numbered(other)
    frame = crossings.assign(one=crossings.one.map(left), other=crossings.other.map(right))
    strongest = frame.sort_values("customers", ascending=False).head(3)
    return Chart(
        kind="flow", x="one", y="other", size="customers", frame=frame,
        order=order, title=say("chart.crossings.title"), subtitle=say("chart.crossings.subtitle"),
        labels={"one": say("chart.crossings.one"), "other": say("chart.crossings.other"),
                "customers": say("chart.customers"), "share": say("chart.crossings.share")},
        units={"one": "name", "other": "name", "customers": "count", "share": "share"},
        alt=" ".join(say("chart.crossings.alt_row", one=row.one, other=row.other, count=int(row.customers))
                     for row in strongest.itertuples()),
        notes=(say("chart.source", as_of=as_of),))
