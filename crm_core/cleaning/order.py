"""What steps want of each other: columns that another one makes, and steps that fight.

    1 median of "age (capped)"     2 cap "age" as "age (capped)"      →  step 1 needs what step 2 makes
    1 case: upper, on city         2 case: lower, on city             →  step 2 undoes step 1
"""
from dataclasses import dataclass

from crm_core.cleaning.recipe import Recipe, Step, filled, nearest
from crm_core.cleaning.sheet import Sheet
from crm_core.cleaning.steps import Kind, kinds

FILLS = "fill_"  # kinds that put something where nothing is


@dataclass(frozen=True)
class Concern:
    """What a step of a recipe will meet where it stands."""

    place: int
    reason: str  # step_skipped.<reason>
    facts: dict


@dataclass(frozen=True)
class Fight:
    """Two steps of which the order decides what comes out."""

    place: int  # in the recipe
    other_place: int  # in the other recipe, or later in the same one
    column: str
    reason: str  # settings_differ, both_fill, drops_and_fills, replaced_back: recipe_fight.<reason>


def columns_used(kind: Kind, settings: dict) -> list[str]:
    """The columns that a step is about."""
    told = filled(kind, settings)
    used: list[str] = []
    for setting in kind.settings:
        value = told[setting.name]
        if value and setting.kind == "column":
            used.append(value)
        elif value and setting.kind == "columns":
            used += value
    return list(dict.fromkeys(used))


def check(recipe: Recipe, sheet: Sheet) -> list[Concern]:
    """The steps that need a column which is not there when they come, without looking at a row."""
    there, concerns = set(sheet.columns), []
    for place, step in enumerate(recipe.steps, 1):
        kind = kinds().get(step.kind)
        if kind is None or not step.on:
            continue
        concerns += [Concern(place, *missing_because(recipe, place, column, there))
                     for column in columns_used(kind, step.settings) if column not in there]
        there |= set(kind.makes(filled(kind, step.settings)))
    return concerns


def missing_because(recipe: Recipe, place: int, column: str, there) -> tuple[str, dict]:
    """Why a column is not there at a step: made later, made by a step that is off, called otherwise, unknown."""
    for other, step in enumerate(recipe.steps, 1):
        kind = kinds().get(step.kind)
        if kind is not None and other != place and column in kind.makes(filled(kind, step.settings)):
            if not step.on:
                return "made_by_off", {"column": column, "place": other}
            return ("made_later" if other > place else "made_by_skipped"), {"column": column, "place": other}
    if found := nearest(column, there):
        return "column_missing", {"column": column, "nearest": found}
    return "column_unknown", {"column": column}


def fights(recipe: Recipe, other: Recipe | None = None) -> list[Fight]:
    """Steps that undo each other: within a recipe, or between two of the same table."""
    first = list(enumerate(recipe.steps, 1))
    if other is None:
        pairs = [(a, b) for a in first for b in first if a[0] < b[0]]
    elif other.table != recipe.table:
        return []
    else:
        pairs = [(a, b) for a in first for b in enumerate(other.steps, 1)]
    found = []
    for (place, one), (other_place, two) in pairs:
        if one.on and two.on and one.kind in kinds() and two.kind in kinds():
            found += [Fight(place, other_place, column, reason)
                      for column, reason in _fight(one, two, within=other is None)]
    return found


def _fight(one: Step, two: Step, within: bool) -> list[tuple[str, str]]:
    kind, other = kinds()[one.kind], kinds()[two.kind]
    shared = [name for name in columns_used(kind, one.settings) if name in columns_used(other, two.settings)]
    if one.kind == two.kind == "replace":
        find, by = one.settings.get("find"), one.settings.get("by")
        back = by and (by, find) == (two.settings.get("find"), two.settings.get("by"))
        return [(name, "replaced_back") for name in shared] if back else []
    if one.kind.startswith(FILLS) and two.kind.startswith(FILLS):
        target, its = one.settings.get("column"), two.settings.get("column")
        same = one.kind == two.kind and _apart_from_columns(kind, one) == _apart_from_columns(other, two)
        # Within a recipe the second finds nothing to fill, and its dry run says so.
        return [(target, "both_fill")] if target and target == its and not same and not within else []
    drops = {one.kind, two.kind} & {"drop_missing"}
    if drops and (one.kind.startswith(FILLS) or two.kind.startswith(FILLS)):
        target = (one if one.kind.startswith(FILLS) else two).settings.get("column")
        first_drops = one.kind == "drop_missing"
        return [(target, "drops_and_fills")] if target in shared and (not within or first_drops) else []
    if one.kind != two.kind or kind.repeats or _apart_from_columns(kind, one) == _apart_from_columns(other, two):
        return []
    return [(name, "settings_differ") for name in shared]


def _apart_from_columns(kind: Kind, step: Step) -> dict:
    told = filled(kind, step.settings)
    return {setting.name: told[setting.name] for setting in kind.settings
            if setting.kind not in ("column", "columns")}
