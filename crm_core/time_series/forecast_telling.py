"""Forecasts and their grades in sentences: for the page, for the shell.

`say` gives the sentence of a key, `when` writes a period as charts do.
"""
from datetime import date

import numpy as np
import pandas as pd

from crm_core.time_series import calendar
from crm_core.time_series.forecasting.forecasts import RULE
from crm_core.time_series.grading import Grade
from crm_core.time_series.outlook import TOTAL, Outlook, compared_with_last_year

CLEAR = 0.03  # share by which a model's error has to be less than the plain guess's before that is called better
SEASONS_NEEDED = 2  # that a history has to hold for its season to be learned
STALE = 2  # periods without data before today after which that is told


def model_words(name: str, say) -> str:
    return say(f"forecast_model.{name or 'automatic'}")


def amount_told(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


def outlook_words(found: Outlook, series: str, unit: str, adds_up: bool, say, when) -> list[str]:
    """What is said to come: the next period, and all of them together or the last one."""
    _, values, _ = found.of(series)
    first, last = values.iloc[0], values.iloc[-1]

    def facts(row) -> dict:
        return {"period": when(row.period), "value": amount_told(row.value, unit),
                "low": amount_told(row.low_80, unit), "high": amount_told(row.high_80, unit)}

    lines = [say("forecast.next", **facts(first))]
    if len(values) < 2:
        return lines
    lines.append(say("forecast.last", **facts(last)))
    compared = compared_with_last_year(found, series)
    if adds_up:
        told = {"count": len(values), "sum": amount_told(values.value.sum(), unit)}
        if compared and compared[1] > 0:
            change = compared[0] / compared[1] - 1
            lines.append(say("forecast.together_more" if change >= 0 else "forecast.together_less", change=abs(change),
                             **told))
        else:
            lines.append(say("forecast.together", **told))
    return lines


def test_words(found: Outlook, series: str, say) -> tuple[str, str]:
    """(better, worse, rule or untested; how the model did on the past beside the plain guess)."""
    _, _, tests = found.of(series)
    name = found.chosen.get(series, "")
    ours = tests[tests.model == name]
    if ours.empty or not np.isfinite(ours.mase.iloc[0]) or not np.isfinite(ours.rule_mase.iloc[0]):
        return "untested", say("forecast.untested")
    row = ours.iloc[0]
    lead = 1 - row.mase / row.rule_mase if row.rule_mase > 0 else 0.0
    facts = {"model": model_words(name, say), "folds": int(row.folds), "mase": f"{row.mase:.2f}",
             "rule": f"{row.rule_mase:.2f}", "lead": abs(float(lead))}
    key = "rule" if name == RULE else "same" if abs(lead) < CLEAR else "better" if lead > 0 else "worse"
    sentence = say(f"forecast.test_{key}", **facts)
    if np.isfinite(row.coverage_80) and np.isfinite(row.coverage_95):
        sentence += " " + say("forecast.test_inside", inside_80=float(row.coverage_80),
                              inside_95=float(row.coverage_95))
    return {"better": "better", "rule": "rule"}.get(key, "worse"), sentence


def caution_words(found: Outlook, series: str, as_of: date, say) -> list[str]:
    """What to beware of."""
    history, values, _ = found.of(series)
    season, known = calendar.SEASONS[found.interval], int(history.value.notna().sum())
    lines = []
    if season > 1 and known < SEASONS_NEEDED * season:
        lines.append(say("forecast.short", known=known, season=season))
    late = calendar.following(values.period.iloc[0], found.interval, STALE)
    if pd.Timestamp(as_of) >= late:
        lines.append(say("forecast.stale", last=history.period.iloc[-1].date()))
    gaps = int(history.value.isna().sum())
    if gaps:
        lines.append(say("forecast.gaps", gaps=gaps))
    if found.left_out:
        lines.append(say("forecast.left_out", count=len(found.left_out), names=", ".join(found.left_out[:5])))
    return lines


# --- grades ---------------------------------------------------------------------------------------


def state_words(found: Grade | None, say) -> str:
    """In a word or two, for lists."""
    if found is None:
        return "–"
    if not found.over:
        return say("forecast_grade.state_waiting")
    told = say(f"forecast_grade.state_{found.verdict}")
    return told if found.done else say("forecast_grade.state_so_far", state=told, over=found.periods_over,
                                       periods=found.periods)


def grade_words(found: Grade, say) -> list[str]:
    """How a frozen forecast did, the most important first."""
    if not found.over:
        first = pd.Timestamp(found.run.figures["first"]).date()
        waiting = say("forecast_grade.waiting", first=first, interval=say(f"time_interval.{found.run.interval}"))
        return [waiting, *_left(found, say)]
    lines = [say(f"forecast_grade.{found.verdict}", over=found.periods_over, periods=found.periods)]
    if found.error is not None and found.rule_error is not None:
        facts = {"error": f"{found.error:.2f}", "rule": f"{found.rule_error:.2f}"}
        lines.append(say("forecast_grade.errors_promised", promised=f"{found.promised:.2f}", **facts)
                     if found.promised is not None else say("forecast_grade.errors", **facts))
    if found.inside[80] is not None:
        lines.append(say("forecast_grade.inside", values=found.over, inside_80=found.inside[80],
                         inside_95=found.inside[95]))
    if found.total_said and (found.run.figures["fits"] or len(found.by_series) == 1):
        lines.append(say("forecast_grade.total", said=f"{found.total_said:,.0f}", came=f"{found.total_came:,.0f}",
                         off=found.total_came / found.total_said - 1))
    if found.beaten:
        lines.append(say("forecast_grade.beaten"))
    return lines + _left(found, say)


def _left(found: Grade, say) -> list[str]:
    lines = []
    if found.gone:
        lines.append(say("forecast_grade.gone", count=len(found.gone), names=", ".join(found.gone[:5])))
    if found.revised is not None:
        lines.append(say("forecast_grade.revised", share=found.revised))
    return lines


def series_words(name: str, say) -> str:
    return say("forecast.total") if name == TOTAL else name
