"""The plain formula of lifetime value: profit a period ÷ churn rate a period, with what it takes for granted.

    profit 40 a customer and year, of 200 customers there a year ago 50 have not bought since  →  40 ÷ 25 % = 160

It takes everybody to be worth the same, to leave at the same pace for ever, and money to keep its worth.
"""

from dataclasses import dataclass

import pandas as pd

UNLIKE = 0.25  # share of customers who were not there at the start of the period: profit and churn are of other people


@dataclass(frozen=True)
class SegmentValue:
    customers: int  # who were there when the period began
    left: int  # of them, those without a purchase in it
    profit: float  # of each of them in the period, margin taken
    churn: float  # left ÷ customers
    value: float | None  # of one customer; None where the formula has none
    warnings: tuple[tuple[str, dict], ...]


def segment_value(profit: float, churn: float, profit_days: int, churn_days: int) -> float | None:
    """Profit a period ÷ churn rate a period, both brought to one period; None without churn, or with a loss."""
    if churn <= 0 or profit <= 0 or profit_days <= 0 or churn_days <= 0:
        return None
    staying = (1 - min(churn, 1.0)) ** (profit_days / churn_days)
    return profit / (1 - staying)


def from_period(rows: pd.DataFrame, margin: float, days: int, newcomers: int = 0) -> SegmentValue:
    """Of a segment's customers as they were when a period of so many days began, with what they did in it.

    `rows`: purchases, spent; `newcomers` joined within the period and are in neither number.
    """
    customers, left = len(rows), int((rows.purchases == 0).sum())
    profit = float(rows.spent.sum() * margin / customers) if customers else 0.0
    churn = left / customers if customers else 0.0
    warnings = []
    if churn == 0:
        warnings.append(("nobody_left", {"customers": customers}))
    if profit < 0 or margin <= 0:
        warnings.append(("no_profit", {"profit": profit}))
    if 0 < customers < 30:
        warnings.append(("few_customers", {"customers": customers}))
    if newcomers > UNLIKE * max(customers, 1):
        warnings.append(("newcomers_left_out", {"newcomers": newcomers, "customers": customers}))
    return SegmentValue(customers, left, profit, churn, segment_value(profit, churn, days, days), tuple(warnings))
