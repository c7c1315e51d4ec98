"""The charts of lifetime value: from whom it comes, and one customer's chance to be still there."""

import numpy as np
import pandas as pd

from crm_core.charts.chart import Chart, Mark

FIRST = 0.1  # of the customers, the most valuable
MOST_MARKS = 400


def value_concentration(curve: pd.DataFrame, as_of, say) -> Chart:
    """Which share of the customers brings which share of the value; `curve` as lifetime_value.concentration gives."""
    brings = float(np.interp(FIRST, curve.customers, curve.value))
    return Chart(
        kind="curve", x="customers", y="value", frame=curve,
        title=say("chart.value_concentration.title"), subtitle=say("chart.value_concentration.subtitle"),
        labels={"customers": say("chart.value_concentration.customers"),
                "value": say("chart.value_concentration.value")},
        units={"customers": "share", "value": "share"},
        marks=(Mark(FIRST, brings, say("chart.value_concentration.mark", first=FIRST, brings=brings)),),
        alt=say("chart.value_concentration.alt", first=FIRST, brings=brings),
        notes=(say("chart.source", as_of=as_of),))


def alive_curve(curve: pd.DataFrame, days: list, name: str, as_of, say) -> Chart:
    """A customer's chance to be still there, day by day, a point at each purchase; `curve`: day, alive."""
    at = curve.set_index("day").alive
    shown = days[-MOST_MARKS:]
    return Chart(
        kind="curve", x="day", y="alive", frame=curve,
        title=say("chart.alive_curve.title", name=name), subtitle=say("chart.alive_curve.subtitle"),
        labels={"day": say("chart.alive_curve.day"), "alive": say("chart.alive_curve.alive")},
        units={"day": "day", "alive": "share"},
        marks=tuple(Mark(pd.Timestamp(day), float(at[pd.Timestamp(day)]), "") for day in shown),
        alt=say("chart.alive_curve.alt", name=name, purchases=len(days), alive=float(curve.alive.iloc[-1]),
                as_of=as_of),
        notes=(say("chart.source", as_of=as_of),))
