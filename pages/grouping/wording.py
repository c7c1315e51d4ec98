"""Features, conditions and rules in words."""
from crm_core.charts.feature_words import feature_words
from crm_core.clustering.conditions import Condition, Rule, groups_of
from ui import language, plain, words


def feature(name: str) -> str:
    """What a feature is called."""
    return feature_words(name, plain)


def condition(told: Condition) -> str:
    """'Orders at least 4', as plain text."""
    value, facts = told.value, {"feature": feature(told.feature)}
    if told.op == "between":
        facts |= {"low": _value(value[0]), "high": _value(value[1])}
    elif told.op == "in":
        facts["value"] = plain("segments.comma").join(_value(part) for part in value)
    elif value is not None:
        facts["value"] = _value(value)
    return plain(f"condition.{OPERATIONS[told.op]}", **facts)


def rule(told: Rule) -> str:
    """'Orders at least 4 and Days since last order at most 90; or Total spent at least 1,000', as plain text."""
    groups = [plain("segments.and").join(condition(part) for part in group) for group in groups_of(told)]
    return plain("segments.or").join(groups)


# As keys of words, in the order in which they are offered.
OPERATIONS = {">=": "at_least", "<=": "at_most", "between": "between", "=": "is", "in": "one_of",
              "is_known": "is_known", "is_missing": "is_missing"}


def _value(value) -> str:
    return value if isinstance(value, str) else words.number(language(), float(value))
