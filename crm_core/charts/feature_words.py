"""Features, their values and conditions on them in words: one way for cards, charts and tables.

`say` is ui.plain, or what says a sentence of a language. A column of somebody's own table is called as it is there.
"""
from dataclasses import replace

from crm_core.features.catalogue import FIXED, SHARES, base, label
from crm_core.sentences import has

# How each unit of the catalogue is written: one of chart.UNITS.
WRITTEN = {"count": "count", "money": "money", "days": "count", "share": "share", "years": "count", "number": "number"}
OPERATIONS = {">=": "at_least", "<=": "at_most", "=": "is", "in": "one_of"}
OF_TREES = {">": "more_than", "is_not": "is_not", "other": "other"}  # words: tree_condition.<word>


def unit_of(feature: str) -> str:
    """What it is counted in: days, money, share, years, count, number or name."""
    if feature in FIXED:
        return FIXED[feature].unit
    return "share" if base(feature) in SHARES and label(feature) else "number"


def feature_unit(feature: str) -> str:
    """How its values are written: one of chart.UNITS."""
    return WRITTEN.get(unit_of(feature), "name")


def feature_words(feature: str, say) -> str:
    """recency_days → Days since last order | category_share:Tea → Share of Tea | extra:Income → Income"""
    if feature in FIXED or has(f"feature.{feature}"):
        return say(f"feature.{feature}")
    if base(feature) == "message_share":
        return say("feature.message_share", label=say(f"choice.channel.{label(feature)}"))
    if base(feature) in SHARES and label(feature):
        return say(f"feature.{base(feature)}", label=label(feature))
    return label(feature) if base(feature) == "extra" and label(feature) else feature


def column_words(row, say) -> str:
    """How a row of levels is headed: Total spent | Newsletter: yes | Country: Germany"""
    words = feature_words(row.feature, say)
    if not isinstance(row.category, str):
        return words
    return say("cards.condition.yes" if row.category == "yes" else "cards.condition.is", feature=words,
               value=row.category)


def cell_words(row, say, bare: bool = False) -> str:
    """What stands in a cell of levels: 28 days | 62%"""
    if isinstance(row.category, str):
        return say("cards.value.share", value=float(row.median))
    return value_words(row.feature, row.median, say, bare)


def inside_sentence(feature: str, say) -> str:
    """The same, its first letter small where the words are ours: … of days since last order"""
    words = feature_words(feature, say)
    ours = (feature in FIXED or base(feature) in SHARES) and not words[1:2].isupper()
    return words[:1].lower() + words[1:] if ours else words


def value_words(feature: str, value: float, say, bare: bool = False) -> str:
    """28 days | 1,250 | 12%; `bare` leaves the unit out where the feature's words say it."""
    own, unit = f"chart.value.{feature}", unit_of(feature)
    if unit in ("days", "count", "years"):
        value = round(float(value), 1)  # the middle of two whole numbers is 8.5
    if not bare and has(own):
        return say(own, value=float(value))
    if unit == "share":
        return say("cards.value.share", value=float(value))
    if not bare and unit in ("days", "years"):
        return say(f"cards.value.{unit}", value=float(value))
    return say("cards.value.number", value=float(value))


def condition_words(condition, say) -> str:
    """at least 4 orders | last order 90 or more days ago | Income ≥ 50,000 | Country: Germany or Austria"""
    if getattr(condition, "or_missing", False):
        return say("tree_condition.or_missing", condition=condition_words(replace(condition, or_missing=False), say))
    feature, op, value = condition.feature, condition.op, condition.value

    def told(part) -> str:
        return part if isinstance(part, str) else value_words(feature, part, say, bare=True)

    name = feature_words(feature, say)
    if op in ("is_missing", "is_known"):
        return say(f"cards.condition.{op}", feature=name)
    if op == "in":
        return say("cards.condition.is", feature=name, value=say("cards.or").join(told(part) for part in value))
    if op in OF_TREES:
        of = value if isinstance(value, tuple) else (value,)
        return say(f"tree_condition.{OF_TREES[op]}", feature=name,
                   value=say("cards.or").join(told(part) for part in of if part is not None))
    if isinstance(value, bool):
        return say("cards.condition.yes" if value else "cards.condition.no", feature=name)
    word = "between" if op == "between" else OPERATIONS[op]
    low, high = value if op == "between" else (value, value)
    own = f"cards.condition.{feature}_{word}"
    return say(own if has(own) else f"cards.condition.{word}", feature=name, low=told(low), high=told(high),
               value=told(low), count=low if isinstance(low, (int, float)) else 0)


def rule_words(conditions, say) -> str:
    """at least 4 orders and last order at most 90 days ago"""
    return say("cards.and").join(condition_words(condition, say) for condition in conditions)


def name_words(name, say) -> str:
    """A proposed name: Champions | High income, few orders | Group 3"""
    if name.key == "composed":
        parts = [_part_words(part, say) for part in name.parts]
        told = say("cards.comma").join(parts)
        told = told[:1].upper() + told[1:]
        return say("cards.name.again", name=told, number=name.number) if name.number else told
    if name.key == "numbered":
        return say("cards.name.numbered", number=name.number or "")
    return say("cards.name.nowhere") if name.key == "nowhere" else say(f"group_name.{name.key}")


def _part_words(part, say) -> str:
    own = f"cards.part.{part.feature}_{part.how.removeprefix('very_')}"
    if has(own):
        very = f"cards.part.{part.feature}_{part.how}"
        return say(very if has(very) else own)
    if part.category is not None:
        return say(f"cards.part.{part.how}", what=part.category)
    return say(f"cards.part.{part.how}", what=inside_sentence(part.feature, say))
