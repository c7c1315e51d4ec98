"""The charts of kept segments."""
import pandas as pd

from crm_core.charts.chart import Chart


def segment_sizes(sizes: pd.DataFrame, name: str, say) -> Chart:
    """How many customers a segment had on the days of its snapshots: as_of, how, customers, revenue."""
    frame = sizes.assign(as_of=pd.to_datetime(sizes.as_of), told=[say(f"choice.how.{how}") for how in sizes.how])
    first, last = frame.iloc[0], frame.iloc[-1]
    return Chart(
        kind="line", x="as_of", y="customers", frame=frame, title=say("chart.segment_sizes.title", name=name),
        labels={"as_of": say("chart.segment_sizes.as_of"), "customers": say("chart.customers"),
                "revenue": say("chart.segment_sizes.revenue"), "told": say("chart.segment_sizes.how")},
        units={"as_of": "day", "customers": "count", "revenue": "money", "told": "name"},
        alt=say("chart.segment_sizes.alt", name=name, days=len(frame), first=first.as_of.date(), last=last.as_of.date(),
                before=int(first.customers), now=int(last.customers)),
        notes=(say("chart.segment_sizes.note"),) if (frame.how == "backfilled").any() else ())
