"""The charts of measures over time."""
import pandas as pd

from crm_core.charts.chart import MOST_POINTS, Chart, written


def period_words(period: pd.Timestamp, interval: str, say) -> str:
    """2026-07-01, quarter → Q3 2026."""
    if interval == "month":
        return say("series_chart.month", year=str(period.year), month=f"{period.month:02d}")
    if interval == "quarter":
        return say("series_chart.quarter", year=str(period.year), quarter=str((period.month + 2) // 3))
    if interval == "week":
        return say("series_chart.week", day=f"{period:%Y-%m-%d}")
    return format(period, {"year": "%Y", "hour": "%Y-%m-%d %H:%M"}.get(interval, "%Y-%m-%d"))


def series_lines(frame: pd.DataFrame, measure: str, unit: str, interval: str, say, title: str = "", subtitle: str = "",
                 before: str = "", others: str = "", events: pd.DataFrame | None = None, notes: tuple[str, ...] = (),
                 ) -> Chart:
    """Lines over time, one a series; `frame` has series, period, value, whole and, with words for it, `before`: a
    broken line beside one series. More points than a chart can have: only the newest periods are drawn."""
    lines = max(1, frame.series.nunique()) * (2 if before else 1)
    periods = frame.period.drop_duplicates().sort_values()
    if len(periods) * lines > MOST_POINTS:
        periods = periods.iloc[-(MOST_POINTS // lines):]
        frame = frame[frame.period >= periods.iloc[0]]
        notes = (*notes, say("series_chart.newest", count=len(periods)))
    rows = frame.assign(growing=~frame.whole.astype(bool))
    split = lines > (2 if before else 1)
    now = say("series_chart.now")
    if before:
        rows = pd.concat([rows.assign(series=now),
                          rows.assign(series=before, value=rows.before, growing=False)], ignore_index=True)
    rows = rows.assign(when=[period_words(period, interval, say) for period in rows.period])
    told = rows[(rows.series == now) | (not before)]
    known = told.dropna(subset=["value"])
    locale = say("series_chart.locale")
    if len(known):
        last, highest = known.iloc[-1], known.loc[known.value.idxmax()]
        alt = say("series_chart.alt", measure=measure, first=known.when.iloc[0], last=last.when,
                  high=written(highest.value, unit, locale), when=highest.when)
    else:
        alt = say("series_chart.alt_nothing", measure=measure)
    if told.growing.any():
        notes = (say("series_chart.growing"), *notes)
    return Chart(
        kind="history", x="period", y="value", frame=rows, unfinished="growing", scale=(interval,),
        order=tuple(name for name in frame.series.unique() if name != others) if split else (),
        colour="series" if split or before else None, quiet=(before,) if before else (), events=events,
        title=title or measure, subtitle=subtitle, alt=alt, notes=notes,
        labels={**({"series": say("series_chart.series")} if split or before else {}),
                "when": say("series_chart.when"), "period": say("series_chart.period"), "value": measure},
        units={"period": "day", "value": unit, "when": "name", "series": "name"})
