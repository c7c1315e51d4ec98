"""How a period is called: a day, a week by its first day, a month, a quarter, a year."""
import pandas as pd

from crm_core.charts.chart import written


def period_words(period, interval: str, locale: str) -> str:
    """2026-03-01 month → Mar 2026 | 2026年3月; quarter → Q1 2026 | 2026年第1季度; week and day → 2026-03-02."""
    moment = pd.Timestamp(period)
    if interval == "year":
        return f"{moment.year}年" if locale == "zh" else str(moment.year)
    if interval == "quarter":
        return f"{moment.year}年第{moment.quarter}季度" if locale == "zh" else f"Q{moment.quarter} {moment.year}"
    if interval == "hour":
        return f"{moment:%Y-%m-%d %H:%M}"
    return written(moment, "month" if interval == "month" else "day", locale)
