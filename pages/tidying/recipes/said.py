"""A step, its settings and what it says of itself in words."""
from functools import cache

from crm_core.cleaning import Step, kinds
from crm_core.cleaning.steps import Kind, Setting
from ui import language, plain, words

NAMING = ("column", "columns")  # settings that say where a step works
LONGEST = 40
MOST_NAMED = 5  # columns in a sentence


@cache
def catalogue() -> dict[str, Kind]:
    return kinds()


def column_name(table: str, column: str) -> str:
    """A column as plain text: as the language calls it; an own field by its header."""
    key = f"column.{table}.{column}"
    return plain(key) if words.has(key) else column


def kind_name(kind: str) -> str:
    return plain(f"step.{kind}") if words.has(f"step.{kind}") else kind


def setting_name(setting: Setting) -> str:
    return plain(f"setting.{setting.name}") if words.has(f"setting.{setting.name}") else setting.name


def choice_name(setting: Setting, choice: str) -> str:
    key = f"setting_choice.{setting.name}.{choice}"
    return plain(key) if words.has(key) else choice


def sentence(step: Step, table: str) -> str:
    """'Trim blanks: Name, City' or 'Fill with a value: Country (value: DE)', as plain text."""
    kind = catalogue().get(step.kind)
    if not kind:
        return step.kind
    where = [setting for setting in kind.settings if setting.kind in NAMING][:1]
    places = plain("recipe_page.list").join(_value(setting, step.settings.get(setting.name), table)
                                            for setting in where if step.settings.get(setting.name))
    others = plain("recipe_page.also").join(
        plain("recipe_page.setting_is", setting=setting_name(setting),
              value=_value(setting, step.settings[setting.name], table))
        for setting in kind.settings
        if setting not in where and step.settings.get(setting.name) not in (None, "", [], {}, setting.default))
    told = kind_name(step.kind)
    if places:
        told = plain("recipe_page.step_at", step=told, columns=places)
    return plain("recipe_page.step_with", step=told, settings=others) if others else told


def _value(setting: Setting, value, table: str) -> str:
    if setting.kind == "columns" and isinstance(value, (list, tuple)):
        names = [column_name(table, str(column)) for column in value]
        told = plain("recipe_page.list").join(names[:MOST_NAMED])
        rest = len(names) - MOST_NAMED
        return plain("recipe_page.and_more", columns=told, count=rest) if rest > 0 else told
    if setting.kind == "texts" and isinstance(value, (list, tuple)):
        return plain("recipe_page.list").join(map(str, value))[:LONGEST]
    if setting.kind == "column":
        return column_name(table, str(value))
    if setting.kind == "choice":
        return choice_name(setting, str(value))
    if isinstance(value, bool):
        return plain("form.yes" if value else "form.no")
    if setting.kind == "values" and isinstance(value, dict):
        return plain("recipe_page.values_count", count=len(value))
    if setting.kind == "share" and isinstance(value, (int, float)):
        return plain("recipe_page.share", share=value)
    text = str(value)
    return text if len(text) <= LONGEST else text[:LONGEST - 1] + "…"


def reason(told: tuple[str, dict], table: str) -> str:
    """What a step says of itself, as plain text."""
    return words.step_sentence(language(), told, table)


def fight(found, table: str) -> str:
    """Why two steps do not get on with each other, as plain text."""
    return plain(f"recipe_fight.{found.reason}", column=column_name(table, found.column), place=str(found.place),
                 other=str(found.other_place))
