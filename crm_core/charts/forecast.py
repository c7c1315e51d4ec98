"""The charts of forecasts: what is said to come beside what was, and later what came of it."""
import pandas as pd

from crm_core.charts.chart import Chart, Mark, written
from crm_core.charts.series import period_words

LIMITS = ("low_80", "high_80", "low_95", "high_95")
MOST_HISTORY = 1_500  # periods that are drawn, the newest
SEASONS_SHOWN = 3


def forecast_fan(history: pd.DataFrame, values: pd.DataFrame, words: str, unit: str, interval: str, season: int, as_of,
                 say, locale: str, of: str = "", came: pd.DataFrame | None = None) -> Chart:
    """`history`: period, value; `values`: period, value, LIMITS, rule; `came`: period, value; all of one series.

    Of the history so much is drawn that three seasons, and three times what is said to come, can be seen.
    """
    shown = history.sort_values("period").tail(
        min(MOST_HISTORY, max(SEASONS_SHOWN * season, 3 * len(values), 24)))
    names = {"history": say("chart.forecast.history"), "said": say("chart.forecast.said"),
             "rule": say("chart.forecast.rule"), "came": say("chart.forecast.came")}
    last = shown.tail(1).assign(**{limit: shown.value.iloc[-1] if len(shown) else None for limit in LIMITS})
    # The fan opens at the last thing that is known.
    parts = [shown.assign(what="history"),
             pd.concat([last.assign(rule=last.value), values]).assign(what="said"),
             values.assign(value=values.rule, what="rule")[["period", "value", "what"]]]
    if came is not None and len(came):
        parts.append(came.assign(what="came"))
    frame = pd.concat(parts, ignore_index=True).reindex(columns=["what", "period", "value", *LIMITS])
    frame = frame.assign(what=frame.what.map(names), told=[
        period_words(moment, interval, say) for moment in frame.period]).astype(dict.fromkeys(LIMITS, float))
    end, begin = values.iloc[-1], values.period.iloc[0]
    unit_of = dict.fromkeys(("value", *LIMITS), unit)
    return Chart(
        kind="fan", x="period", y="value", colour="what", frame=frame, emphasis=names["said"], quiet=(names["rule"],),
        order=(names["came"],), title=say("chart.forecast.title", what=words) + (f" · {of}" if of else ""),
        subtitle=say("chart.forecast.subtitle"),
        labels={"what": say("chart.forecast.what"), "told": say("chart.forecast.period"), "value": words,
                **{limit: say(f"column.forecasts.{limit}") for limit in LIMITS}},
        units={"what": "name", "told": "name", "period": "month" if interval in ("month", "quarter", "year") else "day",
               **unit_of},
        marks=(Mark(begin, 0, say("chart.forecast.from_here")),),
        alt=say("chart.forecast.alt", what=words, last=period_words(end.period, interval, say),
                value=written(end.value, unit, locale), low=written(end.low_80, unit, locale),
                high=written(end.high_80, unit, locale)),
        notes=(say("chart.source", as_of=as_of),))


def what_if_differences(periods: pd.DataFrame, words: str, unit: str, interval: str, as_of, say) -> Chart:
    """`periods`: period, planned, changed, difference, low_80, high_80: what other dates of a campaign would change."""
    name = say("what_if.difference")
    frame = periods.assign(what=name, told=[period_words(moment, interval, say) for moment in periods.period])
    most = frame.loc[frame.difference.abs().idxmax()]
    return Chart(
        kind="points", x="period", y="difference", colour="what", frame=frame, emphasis=name, low="low_80",
        high="high_80", title=say("what_if.chart", what=words), subtitle=say("what_if.chart_subtitle"),
        labels={"what": say("chart.forecast.what"), "told": say("chart.forecast.period"),
                "planned": say("what_if.planned"), "changed": say("what_if.changed"), "difference": name,
                "low_80": say("column.forecasts.low_80"), "high_80": say("column.forecasts.high_80")},
        units={"what": "name", "told": "name", "period": "day",
               **dict.fromkeys(("planned", "changed", "difference", "low_80", "high_80"), unit)},
        alt=say("what_if.chart_alt", when=most.told, difference=f"{most.difference:,.0f}"),
        notes=(say("chart.source", as_of=as_of),))
