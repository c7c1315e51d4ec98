"""By what is predicted: every feature that is known, which ones are proposed for a target, and why not the others.

For a target with a date only what a query reads as of a day may tell of that day. Who a customer is counts where it
does not change (gender, country, where they came from); what is written over when something happens does not: a stage
that turned to "customer" with the first order would tell yesterday's model of tomorrow's purchase.
"""

from dataclasses import dataclass
from datetime import date

from crm_core.features import Feature, known
from crm_core.features.catalogue import OWN, PEOPLE, base, query_of
from crm_core.purchase_prediction.examples import FEATURES
from crm_core.purchase_prediction.target import Target

# Of people, what is the same before and after an order; the others are kept as they are today only.
LASTING = ("age", "gender", "country", "source", "industry", "days_since_joined")
# From dated rows, but by what is kept of them now: an order's cancellation and a product's list price have no day.
AS_OF_TODAY = ("cancelled_share", "discount_share")
MANY_VALUES = ("city",)
MANY_PLACES = ("region",)  # within a country they tell little of when somebody buys, and cost a column each
TIMES = ("buys", "leaves", "spends")  # of which kind an order was says little of when the next one comes
SAID_BY_PURCHASES = ("orders_90_days", "orders_365_days")  # days with a purchase are counted by FEATURES already


@dataclass(frozen=True)
class Offered:
    feature: Feature
    proposed: bool
    why: str = ""  # of what is not proposed. Words: offered.<why>


def offered(ask, target: Target, as_of: date) -> tuple[Offered, ...]:
    """Every feature that something is known of, but the target itself; ids and columns of one value are left out."""
    found = [Offered(Feature(name, "how_they_buy"), True) for name in FEATURES] if target.dated else []
    there = known(ask, as_of)
    for feature in there:
        if feature.name == target.column or (target.dated and feature.name in (*FEATURES, *SAID_BY_PURCHASES)):
            continue
        why = _why_not(feature, target)
        found.append(Offered(feature, not why, why))
    return tuple(found)


def proposed(found: tuple[Offered, ...]) -> tuple[str, ...]:
    return tuple(one.feature.name for one in found if one.proposed)


def _why_not(feature: Feature, target: Target) -> str:
    """Why a feature is not proposed; "" where it is."""
    as_of_a_day = target.dated or target.campaign_id is not None
    if feature.name in MANY_VALUES or (as_of_a_day and feature.name in MANY_PLACES):
        return "many"
    if base(feature.name) in ("category_share", "message_share", "channel_share") and target.kind in TIMES:
        return "of_kinds"
    if not as_of_a_day:
        return ""
    if base(feature.name) == OWN or feature.name in AS_OF_TODAY or (
            query_of(feature.name) == PEOPLE and feature.name not in LASTING):
        return "today"
    return ""
