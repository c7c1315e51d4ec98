"""The features that the book knows of: what each is called, measures, and by which query it comes."""
from dataclasses import dataclass

FAMILIES = ("how_they_buy", "when_they_buy", "what_they_buy", "how_they_speak", "what_they_ask", "who_they_are",
            "own_fields")


@dataclass(frozen=True)
class Feature:
    name: str  # the column of the frame; words: feature.<name>, or feature.<what stands before the colon>
    family: str  # one of FAMILIES
    kind: str = "number"  # number, yes_no (1 and 0), category
    unit: str = "count"  # count, money, days, share, years, number; of a category: name
    label: str = ""  # the product category, the channel or the own field's header that the words name


def _features(family: str, **units: str) -> tuple[Feature, ...]:
    kinds = {"yes_no": ("yes_no", "number"), "name": ("category", "name")}
    return tuple(Feature(name, family, *kinds.get(unit, ("number", unit))) for name, unit in units.items())


ORDERS, RETURNS, LINES = "customer_features", "customer_features_returns", "customer_features_lines"
MESSAGES, REQUESTS, PEOPLE = "customer_features_messages", "customer_features_requests", "customer_features_people"

BY_QUERY: dict[str, tuple[Feature, ...]] = {
    ORDERS: (
        *_features("how_they_buy", recency_days="days", frequency="count", monetary="money", tenure_days="days",
                   days_between_orders="days", mean_basket="money", largest_basket="money", orders_90_days="count",
                   orders_365_days="count", spent_365_days="money"),
        *_features("when_they_buy", evening_share="share", weekend_share="share")),
    RETURNS: _features("how_they_buy", returned_share="share", cancelled_share="share"),
    LINES: _features("what_they_buy", items_per_order="number", distinct_products="count", distinct_categories="count",
                     discount_share="share"),
    MESSAGES: _features("how_they_speak", messages_in="count", messages_out="count", messages_in_90_days="count",
                        days_since_message="days"),
    REQUESTS: _features("what_they_ask", requests="count", open_requests="count", satisfaction="number",
                        complaint_share="share", hours_to_close="number"),
    PEOPLE: _features("who_they_are", age="years", gender="name", country="name", region="name", city="name",
                      source="name", stage="name", industry="name", has_company="yes_no", days_since_joined="days",
                      consents="count", consent_email="yes_no", consent_sms="yes_no", consent_phone="yes_no"),
}
FIXED = {feature.name: feature for features in BY_QUERY.values() for feature in features}
QUERY_OF = {feature.name: query for query, features in BY_QUERY.items() for feature in features}

# A share for each label: of what, by which query, in which family.
SHARES = {
    "category_share": ("customer_features_categories", "what_they_buy"),
    "channel_share": ("customer_features_channels", "when_they_buy"),
    "message_share": ("customer_features_message_channels", "how_they_speak"),
}
OWN = "extra"  # extra:<header>: an own field of customers
READS = {  # the tables that a query reads
    ORDERS: ("customers", "orders"), RETURNS: ("customers", "orders"),
    LINES: ("customers", "orders", "order_lines", "products"),
    "customer_features_categories": ("customers", "orders", "order_lines", "products"),
    "customer_features_channels": ("customers", "orders"),
    MESSAGES: ("customers", "communications"), "customer_features_message_channels": ("customers", "communications"),
    REQUESTS: ("customers", "service_requests"), PEOPLE: ("customers",)}
ABOUT_ORDERS = {ORDERS, RETURNS, LINES, "customer_features_categories", "customer_features_channels"}

# Without a row, these are 0: who wrote nothing has written 0 messages. What is not among them is missing then.
NONE_IS_ZERO = {
    "frequency", "monetary", "orders_90_days", "orders_365_days", "spent_365_days", "returned_share", "cancelled_share",
    "distinct_products", "distinct_categories", "messages_in", "messages_out", "messages_in_90_days", "requests",
    "open_requests", "complaint_share", "consents"}


def base(name: str) -> str:
    """category_share:Tea → category_share: what the words are kept under."""
    return name.partition(":")[0]


def label(name: str) -> str:
    return name.partition(":")[2]


def query_of(name: str) -> str:
    """The query that tells of a feature; an own field comes with the people."""
    return QUERY_OF.get(name) or (SHARES[base(name)][0] if base(name) in SHARES else PEOPLE)


def about_orders(names) -> bool:
    """Whether one of the features needs an order: then customers without one are not among those who are compared."""
    return any(query_of(name) in ABOUT_ORDERS for name in names)


def tables_of(names) -> tuple[str, ...]:
    """The tables whose rows decide about the features."""
    return tuple(dict.fromkeys(table for name in names for table in READS[query_of(name)]))


def told_beside(names) -> tuple[str, ...]:
    """Features that say more of groups made by `names`: those that come from the same orders."""
    return tuple(feature.name for feature in BY_QUERY[ORDERS]) if about_orders(names) else ()


# What is usually compared together: by these names, each with the features that are known.
PRESETS = {
    "how_they_buy": lambda feature: feature.name in ("recency_days", "frequency", "monetary"),
    "what_they_buy": lambda feature: feature.family == "what_they_buy" and feature.name != "distinct_products",
    "how_they_speak": lambda feature: feature.name in (
        "messages_in", "messages_out", "days_since_message", "requests", "satisfaction", "complaint_share"),
    "who_they_are": lambda feature: feature.name in (
        "age", "gender", "country", "source", "industry", "has_company", "days_since_joined"),
    "own_fields": lambda feature: feature.family == "own_fields",
}


def presets(known: tuple[Feature, ...]) -> dict[str, tuple[str, ...]]:
    """Those presets of which something is known; own fields before people where there is nothing bought."""
    found = {name: tuple(feature.name for feature in known if belongs(feature)) for name, belongs in PRESETS.items()}
    found = {name: features for name, features in found.items() if features}
    if "how_they_buy" not in found and "own_fields" in found:
        found = {"own_fields": found.pop("own_fields"), **found}
    return found
