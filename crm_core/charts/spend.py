"""The charts of what customers will spend."""

import numpy as np

from crm_core.charts.chart import Chart

TENTHS = 10


def spend_by_tenth(scores, as_of, say) -> Chart:
    """What each tenth of customers, those of whom most is expected first, is expected to spend. `scores`: amount."""
    ordered = scores.sort_values("amount", ascending=False, ignore_index=True)
    place = np.arange(len(ordered)) * TENTHS // max(1, len(ordered))
    frame = ordered.groupby(place).amount.agg(amount="sum", customers="size").reset_index(names="place")
    frame["tenth"] = [f"{100 * number // TENTHS}–{100 * (number + 1) // TENTHS}%" for number in frame.place]
    whole = frame.amount.sum()
    return Chart(
        kind="columns", x="tenth", y="amount", frame=frame, title=say("spend.chart"),
        labels={"tenth": say("spend.tenth"), "amount": say("spend.money"), "customers": say("spend.customers")},
        units={"tenth": "name", "amount": "money", "customers": "count"},
        alt=say("spend.chart_alt", share=frame.amount[0] / whole if whole else 0.0),
        notes=(say("chart.source", as_of=as_of),))
