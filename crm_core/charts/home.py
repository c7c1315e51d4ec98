"""The charts of the first page."""
import pandas as pd

from crm_core.charts.chart import Chart


def revenue_by_month(months: pd.DataFrame, as_of, say) -> Chart:
    """Revenue of each month; the last one is drawn fainter while it is not over.

    `months` has month (its first day), revenue and orders; months without orders are shown as nothing sold.
    """
    frame = months[["month", "revenue", "orders"]].assign(month=pd.to_datetime(months.month)).sort_values("month")
    every = pd.DataFrame({"month": pd.date_range(frame.month.min(), frame.month.max(), freq="MS")})
    frame = every.merge(frame, on="month", how="left").fillna({"revenue": 0.0, "orders": 0})
    as_of = pd.Timestamp(as_of).normalize()
    frame["unfinished"] = frame.month + pd.offsets.MonthEnd(0) > as_of
    best, last = frame.loc[frame.revenue.idxmax()], frame.iloc[-1]
    return Chart(
        kind="columns", x="month", y="revenue", frame=frame, unfinished="unfinished",
        title=say("chart.revenue_by_month.title"),
        subtitle=say("chart.revenue_by_month.unfinished", as_of=as_of.date()) if last.unfinished else "",
        labels={"month": say("chart.month"), "revenue": say("chart.revenue"), "orders": say("chart.orders")},
        units={"month": "month", "revenue": "money", "orders": "count"},
        alt=say("chart.revenue_by_month.alt", months=len(frame), first=frame.month.iloc[0].date(),
                best=best.month.date(), revenue=float(best.revenue)),
        notes=(say("chart.source", as_of=as_of.date()),))
