"""The charts of movement between two days: who went from which group to which, and how a group's size came about."""
import pandas as pd

from crm_core.charts.chart import Chart

NOWHERE = -1


def movement_flow(flows: pd.DataFrame, names: dict[int, str], days: tuple, say) -> Chart:
    """Customers from their group on the first day to that on the second.

    `flows`: before, after (a group; −1: not there), cause, customers, as clustering.movement tells them; `names` of
    the groups in their order on the map, group 0 too where there is one.
    """
    called = {group: f"{group} {name}" if group else name for group, name in names.items()}
    frame = flows.groupby(["before", "after"], sort=True).customers.sum().reset_index()
    frame["from"] = frame.before.map(called | {NOWHERE: say("chart.movement_flow.not_yet")})
    frame["to"] = frame.after.map(called | {NOWHERE: say("chart.movement_flow.no_longer")})
    moved = frame[frame.before != frame.after]
    largest = moved.sort_values("customers", ascending=False, kind="stable").head(3)
    told = [say("chart.movement_flow.alt", moved=int(moved.customers.sum()), customers=int(frame.customers.sum()))]
    told += [say("chart.movement_flow.alt_row", count=int(row["customers"]), before=row["from"], after=row["to"])
             for row in largest.to_dict("records")]
    return Chart(
        kind="flow", x="from", y="to", size="customers", frame=frame, order=tuple(called.values()),
        title=say("chart.movement_flow.title"),
        subtitle=say("chart.movement_flow.subtitle", start=days[0], end=days[1]),
        labels={"from": say("chart.movement_flow.from"), "to": say("chart.movement_flow.to"),
                "customers": say("chart.customers")},
        units={"from": "name", "to": "name", "customers": "count"},
        alt=" ".join(told), notes=(say("chart.source", as_of=days[1]),))


def movement_causes(segment, name: str, causes: tuple[str, ...], days: tuple, say) -> Chart:
    """From a group's size on the first day to that on the second, a bar for each cause; `segment` is its row."""
    rows = [(say("chart.movement_causes.before", day=days[0]), int(segment["before"]))]
    for cause in causes:
        for way, sign in (("in", 1), ("out", -1)):
            if customers := int(segment.get(f"{cause}_{way}", 0)):
                rows.append((say(f"movement.cause_{way}.{cause}"), sign * customers))
    told = " ".join(say("chart.movement_causes.alt_row", what=what, count=f"{count:+,}") for what, count in rows[1:])
    rows.append((say("chart.movement_causes.after", day=days[1]), int(segment["after"])))
    return Chart(
        kind="waterfall", x="customers", y="what", frame=pd.DataFrame(rows, columns=["what", "customers"]),
        title=say("chart.movement_causes.title", name=name),
        labels={"what": say("chart.movement_causes.what"), "customers": say("chart.customers")},
        units={"what": "name", "customers": "count"},
        alt=" ".join([say("chart.movement_causes.alt", name=name, before=rows[0][1], after=rows[-1][1]), told]).strip(),
        notes=(say("chart.source", as_of=days[1]),))
