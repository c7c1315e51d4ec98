"""A recipe: steps in order, tried beforehand, written as one batch, kept as JSON that a person can read.

    {"name": "Monthly export", "table": "customers", "steps": [
        {"step": "trim", "columns": ["name", "city"]},
        {"step": "fill_constant", "column": "country", "value": "DE", "on": false}]}
"""
import json
from dataclasses import dataclass, field

import pandas as pd


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
    reason: tuple[str, dict] | None = None  # (key of a word, facts) of skipped, warned, stopped and blocked
    notes: tuple[tuple[str, dict], ...] = ()
    examples: pd.DataFrame | None = None  # id, column, before, after (texts; after None: the row leaves)


@dataclass(frozen=True)
class DryRun:
    """What a recipe would do, step by step; nothing is written."""

    rows_before: int
    rows_after: int
    steps: tuple[Tried, ...]

    @property
    def may_run(self) -> bool:
        return all(step.state not in ("blocked", "stopped") for step in self.steps)


def to_json(recipe: Recipe) -> str:
    steps = [{"step": step.kind, **step.settings, **({} if step.on else {"on": False})} for step in recipe.steps]
    return json.dumps({"name": recipe.name, "table": recipe.table, "steps": steps}, ensure_ascii=False, indent=2)
