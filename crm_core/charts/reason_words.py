"""Reasons in words: what is so of a customer, as a sentence's beginning says it, in the feature's own words and unit.

`say` is ui.plain, or what says a sentence of a language.
"""
from crm_core.charts.feature_words import feature_words, unit_of, value_words
from crm_core.sentences import has


def fact_words(feature: str, value, say, yes_no: bool = False) -> str:
    """Last order 12 days ago | Country: Germany | Income: not known | Consents to e-mail: yes"""
    name = feature_words(feature, say)
    if value is None or value != value:
        return say("reason_fact.unknown", feature=name)
    if isinstance(value, str):
        return say("reason_fact.is", feature=name, value=value)
    if yes_no and value in (0, 1):
        return say("reason_fact.is", feature=name, value=say("form.yes" if value else "form.no"))
    own, number = f"reason_fact.{feature}", _rounded(feature, value)
    if has(own):
        return say(own, value=number)
    return say("reason_fact.is", feature=name, value=value_words(feature, value, say, bare=True))


def facts_words(features, values: dict, say, yes_no: frozenset[str] = frozenset(), most: int = 2) -> str:
    """The facts of features that go together, the strongest first: Spent 300 in all, 3 orders in all and 2 more"""
    named = say("reasons.comma").join(
        fact_words(name, values[name], say, name in yes_no) for name in features[:most])
    more = len(features) - most
    return say("reasons.and_more", named=named, count=more) if more > 0 else named


def told_value(feature: str, value, say, yes_no: bool = False) -> str:
    """Only the value, as a table or a half sentence says it: 12 days | Germany | not known | yes"""
    if value is None or value != value:
        return say("reason_fact.nothing")
    if isinstance(value, str):
        return value
    return say("form.yes" if value else "form.no") if yes_no and value in (0, 1) else value_words(feature, value, say)


def range_words(row, feature: str, say, yes_no: bool = False) -> str:
    """How a range of a feature is called: 0 – 13 | Germany | not known"""
    if isinstance(row.value, str):
        return row.value
    if row.low != row.low:
        return say("reason_fact.nothing")
    if yes_no:
        return told_value(feature, row.low, say, yes_no)
    low, high = (value_words(feature, value, say, bare=True) for value in (row.low, row.high))
    return low if low == high else say("reason_fact.range", low=low, high=high)


def _rounded(feature: str, value) -> float:
    """Whole where it is counted; the middle of two counts keeps its half."""
    number = float(value)
    return round(number, 0 if unit_of(feature) == "days" or abs(number) >= 20 else 1)
