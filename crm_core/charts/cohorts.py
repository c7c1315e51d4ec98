"""The charts of cohorts: who comes back, age by age, and how customers go from order to order."""
import numpy as np
import pandas as pd

from crm_core.charts.chart import Chart, written
from crm_core.charts.series import period_words

UNITS = {"customers": "share", "orders": "number", "revenue": "money", "cumulative": "money"}
MOST_COHORTS = 24  # rows of the triangle: the newest
MOST_AGES = 25  # its columns
MOST_POINTS = 400  # days of a waiting curve


def cohort_triangle(cells: pd.DataFrame, measure: str, interval: str, as_of, say, locale: str, of: str = "") -> Chart:
    """`cells`: cohort, age, size, active, orders, revenue, whole, value; of one series, whose name is `of`."""
    newest = sorted(cells.cohort.unique())[-MOST_COHORTS:]
    shown = cells[cells.cohort.isin(newest) & (cells.age < MOST_AGES)].sort_values(["cohort", "age"])
    unit = UNITS[measure]
    frame = pd.DataFrame({
        "cohort": [period_words(moment, interval, say) for moment in shown.cohort],
        "age": shown.age, "size": shown["size"], "active": shown.active, "orders": shown.orders,
        "revenue": shown.revenue, "value": shown.value, "whole": shown.whole, "growing": ~shown.whole})
    frame["row"] = [f"{name}  ·  {size:,}" for name, size in zip(frame.cohort, frame["size"], strict=True)]
    frame["words"] = [_cell(value, unit, locale) for value in shown.value]
    frame["state"] = [say("chart.cohorts.over" if whole else "chart.cohorts.not_over") for whole in frame.whole]
    notes = [say("chart.cohorts.rows"), say("chart.source", as_of=as_of)]
    many = cells.cohort.nunique()
    if many > len(newest):
        notes.insert(0, say("chart.cohorts.newest", shown=len(newest), cohorts=many))
    return Chart(
        kind="triangle", x="age", y="row", colour="value", text="words", unfinished="growing",
        frame=frame.reset_index(drop=True),
        title=say(f"chart.cohorts.title_{measure}") + (f" · {of}" if of else ""),
        subtitle=say("chart.cohorts.subtitle"),
        labels={"cohort": say(f"chart.cohorts.cohort_{interval}"), "age": say(f"chart.cohorts.age_{interval}"),
                "value": say(f"cohort_measure.{measure}"), "size": say("chart.cohorts.size"),
                "active": say("chart.cohorts.active"), "orders": say("chart.cohorts.orders"),
                "revenue": say("chart.cohorts.revenue"), "state": say("chart.cohorts.state")},
        units={"cohort": "name", "age": "count", "value": unit, "size": "count", "active": "count", "orders": "count",
               "revenue": "money", "state": "name"},
        alt=say("chart.cohorts.alt", cohorts=len(newest), measure=say(f"cohort_measure.{measure}")),
        notes=tuple(notes))


def cohort_curves(pooled: pd.DataFrame, names: dict[str, str], measure: str, interval: str, as_of, say) -> Chart:
    """`pooled`: series, age, value, low, high, customers, cohorts; `names`: series → its words, in order.

    With one series it has its interval; several are told apart by colour.
    """
    frame = pooled[pooled.series.isin(names)].assign(name=lambda rows: rows.series.map(names))
    frame = frame.sort_values("age").sort_values(
        "series", key=lambda column: column.map({name: place for place, name in enumerate(names)}), kind="stable")
    alone = len(names) == 1
    # In the period of the first order all ordered, whoever they are: the curve begins after it.
    if measure == "customers":
        frame = frame[frame.age > 0]
    last = frame.groupby("name", sort=False).tail(1)
    unit = UNITS[measure]
    band = alone and bool(frame.low.notna().any())
    labels = {"name": say("chart.cohorts.series"), "age": say(f"chart.cohorts.age_{interval}"),
              "value": say(f"cohort_measure.{measure}"), "customers": say("chart.cohorts.customers"),
              "cohorts": say("chart.cohorts.cohorts")}
    if band:
        labels |= {"low": say("chart.cohorts.low"), "high": say("chart.cohorts.high")}
    return Chart(
        kind="curves", x="age", y="value", colour="name", frame=frame.reset_index(drop=True),
        emphasis=next(iter(names.values())) if alone else None,
        **({"low": "low", "high": "high"} if band else {}),
        title=say(f"chart.cohorts.curve_{measure}"),
        subtitle=say("chart.cohorts.curve_subtitle"), labels=labels,
        units={"name": "name", "age": "count", "value": unit, "customers": "count", "cohorts": "count", "low": unit,
               "high": unit},
        alt=" ".join([say("chart.cohorts.curve_alt"), *(
            say("chart.cohorts.curve_alt_row", name=row.name, age=int(row.age), customers=int(row.customers),
                value=written(row.value, unit, "en")) for row in last.itertuples(index=False))]),
        notes=((say("chart.cohorts.with_interval"),) if band else ()) + (say("chart.source", as_of=as_of),))


def repeat_funnel(steps: pd.DataFrame, within_days: int, as_of, say) -> Chart:
    """`steps`: step, customers, share_of_first, went_on, share, median_days, within; of one series."""
    frame = steps.assign(name=[say("chart.funnel.step", step=int(step)) for step in steps.step])
    return Chart(
        kind="bars", x="customers", y="name", frame=frame, title=say("chart.funnel.title"),
        subtitle=say("chart.funnel.subtitle"),
        labels={"name": say("chart.funnel.order"), "customers": say("chart.customers"),
                "share_of_first": say("chart.funnel.share_of_first"), "share": say("chart.funnel.share"),
                "median_days": say("chart.funnel.median_days"), "within": say("chart.funnel.within", days=within_days)},
        units={"name": "name", "customers": "count", "share_of_first": "share", "share": "share",
               "median_days": "number", "within": "share"},
        alt=" ".join(say("chart.funnel.alt", step=int(row.step), customers=int(row.customers), share=float(row.share))
                     for row in frame.itertuples()),
        notes=(say("chart.source", as_of=as_of),))


def waiting_curves(curves: dict[str, pd.DataFrame], most_days: int, as_of, say) -> Chart:
    """`curves`: a name → days, share, customers (who were waiting on that day): how soon the next order comes."""
    parts = []
    for name, curve in curves.items():
        shown = curve[curve.days <= most_days]
        if len(shown) > MOST_POINTS:
            shown = shown.iloc[np.unique(np.linspace(0, len(shown) - 1, MOST_POINTS).astype(int))]
        parts.append(shown.assign(name=name))
    frame = pd.concat(parts, ignore_index=True)
    ends = frame.groupby("name", sort=False).tail(1)
    return Chart(
        kind="curves", x="days", y="share", colour="name", frame=frame, title=say("chart.waiting.title"),
        subtitle=say("chart.waiting.subtitle"),
        labels={"name": say("chart.waiting.after"), "days": say("chart.waiting.days"),
                "share": say("chart.waiting.share"), "customers": say("chart.waiting.customers")},
        units={"name": "name", "days": "count", "share": "share", "customers": "count"},
        alt=" ".join([say("chart.waiting.alt"), *(
            say("chart.waiting.alt_row", name=row.name, days=int(row.days), share=float(row.share))
            for row in ends.itertuples(index=False))]),
        notes=(say("chart.waiting.note"), say("chart.source", as_of=as_of)))


def _cell(value: float, unit: str, locale: str) -> str:
    if unit == "share":
        return f"{value:.0%}"
    if unit == "money":
        return written(value, unit, locale, short=True) if abs(value) >= 100 else f"{value:.0f}"
    return f"{value:.2f}"
