"""A recipe: steps in order, tried beforehand, written as one batch, kept as JSON that a person can read.

    {"name": "Monthly export", "table": "customers", "steps": [
        {"step": "trim", "columns": ["name", "city"]},
        {"step": "fill_constant", "column": "country", "value": "DE", "on": false}]}
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from crm_core.cleaning.steps import Kind, Setting, kinds
from crm_core.errors import (
    RecipeFieldMissing,
    RecipeNotJson,
    RecipeTableUnknown,
    SettingMissing,
    SettingUnknown,
    SettingWrong,
    StepUnknown,
    TooManySteps,
)

if TYPE_CHECKING:
    import pandas as pd

MOST_STEPS = 100
# What people and files fill. What the workbench keeps for itself (mappings, links to other programs) no recipe cleans.
CLEANED_TABLES = ("customers", "products", "campaigns", "orders", "order_lines", "stock_moves", "communications",
                  "service_requests", "opportunities", "relationships")


@dataclass(frozen=True)
class Step:
    kind: str  # a key of the catalogue
    settings: dict  # setting → value
    on: bool = True


@dataclass(frozen=True)
class Recipe:
    name: str
    table: str  # a table of the book; of a file: ""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Tried:
    """What one step does, or why it does nothing."""

    state: str  # done, nothing (no row differs), off, skipped, warned, stopped, blocked, not_reached
    rows_before: int  # that came to this step
    rows_after: int
    rows_changed: int  # exact, however few were looked at for the examples
    cells: dict[str, int] = field(default_factory=dict)  # column → cells that differ afterwards
    reason: tuple[str, dict] | None = None  # (step_skipped.<key>, facts) of skipped, warned, stopped and blocked
    notes: tuple[tuple[str, dict], ...] = ()
    examples: pd.DataFrame | None = None  # id, column, before, after (texts; "": empty; after None: the row leaves)


@dataclass(frozen=True)
class DryRun:
    """What a recipe would do, step by step; nothing is written."""

    rows_before: int
    rows_after: int
    steps: tuple[Tried, ...]

    @property
    def may_run(self) -> bool:
        return all(step.state not in ("blocked", "stopped") for step in self.steps)


# --- as JSON ------------------------------------------------------------------------------------


def to_json(recipe: Recipe) -> str:
    steps = [{"step": step.kind, **step.settings, **({} if step.on else {"on": False})} for step in recipe.steps]
    return json.dumps({"name": recipe.name, "table": recipe.table, "steps": steps}, ensure_ascii=False, indent=2)


def from_json(text: str) -> Recipe:
    """A recipe that a person may have written or changed. Raises an error that says where and what is wrong:

    RecipeNotJson, RecipeFieldMissing, RecipeTableUnknown, TooManySteps, StepUnknown, SettingMissing, SettingUnknown,
    SettingWrong.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise RecipeNotJson(line=error.lineno, sign=error.colno) from error
    except RecursionError as error:
        raise RecipeNotJson(line=1, sign=1) from error
    if not isinstance(found, dict) or not isinstance(found.get("steps"), list):
        raise RecipeFieldMissing(field="steps")
    name, table = found.get("name"), found.get("table", "")
    if not isinstance(name, str) or not name.strip():
        raise RecipeFieldMissing(field="name")
    if table and (not isinstance(table, str) or table not in CLEANED_TABLES):
        raise RecipeTableUnknown(name=str(table), nearest=nearest(str(table), CLEANED_TABLES) or "customers")
    if len(found["steps"]) > MOST_STEPS:
        raise TooManySteps(steps=len(found["steps"]), most=MOST_STEPS)
    return Recipe(name.strip(), table, tuple(
        _step(place, described) for place, described in enumerate(found["steps"], 1)))


def _step(place: int, described) -> Step:
    if not isinstance(described, dict) or not isinstance(described.get("step"), str):
        raise StepUnknown(place=place, step=_shown(described), nearest="trim")
    name = described["step"]
    kind = kinds().get(name)
    if kind is None:
        raise StepUnknown(place=place, step=name, nearest=nearest(name, kinds(), at_least=0) or "trim")
    on = described.get("on", True)
    if not isinstance(on, bool):
        raise SettingWrong(place=place, step=name, setting="on", value=_shown(on), expected="yes_no")
    settings = {key: value for key, value in described.items() if key not in ("step", "on")}
    check_settings(kind, settings, place)
    return Step(name, settings, on)


def check_settings(kind: Kind, settings: dict, place: int = 1) -> None:
    """Raises SettingUnknown, SettingMissing, SettingWrong."""
    known = {setting.name: setting for setting in kind.settings}
    for name in settings:
        if name not in known:
            raise SettingUnknown(place=place, step=kind.name, setting=str(name), known=", ".join(known))
    for name, setting in known.items():
        value = settings.get(name, setting.default)
        if value is None or value == "" or value == [] or value == {}:
            if setting.needed:
                raise SettingMissing(place=place, step=kind.name, setting=name)
        elif not fits(setting, value):
            raise SettingWrong(place=place, step=kind.name, setting=name, value=_shown(value), expected=setting.kind,
                               choices=", ".join(setting.choices))


def fits(setting: Setting, value) -> bool:
    """Whether a value is of the kind that a setting asks for."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value \
        and abs(value) != float("inf")
    if setting.kind in ("columns", "texts"):
        return isinstance(value, (list, tuple)) and all(isinstance(each, str) and each for each in value)
    if setting.kind == "values":
        return isinstance(value, dict) and all(isinstance(each, str) for each in (*value, *value.values()))
    if setting.kind == "choice":
        return value in setting.choices
    if setting.kind == "yes_no":
        return isinstance(value, bool)
    if setting.kind == "whole":
        return number and float(value).is_integer()
    if setting.kind == "share":
        return number and 0 <= value <= 1
    if setting.kind == "text":
        return isinstance(value, str) or number
    return number if setting.kind == "number" else isinstance(value, str)


def filled(kind: Kind, settings: dict) -> dict:
    """Every setting of a kind: as told, else as it is by default."""
    return {setting.name: settings.get(setting.name, setting.default) for setting in kind.settings}


def nearest(name: str, known, at_least: float = 0.6) -> str | None:
    """The name that was probably meant."""
    lowered = {each.lower(): each for each in known}
    found = get_close_matches(name.lower().strip(), list(lowered), n=1, cutoff=at_least)
    return lowered[found[0]] if found else None


def _shown(value) -> str:
    return json.dumps(value, ensure_ascii=False)[:80]
