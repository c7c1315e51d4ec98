"""The catalogue: what a step of a recipe can do, and what it must be told.

A kind of step plans an Edit for a sheet; it never writes. The engine (running.py) counts, shows and applies Edits, so
a new kind is one function and one line of the catalogue, with the words `step.<name>` and `setting.<name>`.
"""
from collections.abc import Callable
from dataclasses import dataclass, field

from crm_core.cleaning.sheet import Sheet


@dataclass(frozen=True)
class Setting:
    """One thing that a step must be told; a page makes a field of it."""

    name: str  # its words: setting.<name>
    kind: str  # column, columns, choice, text, texts, pattern, number, whole, share, yes_no, values (text → text)
    choices: tuple[str, ...] = ()  # their words: setting_choice.<name>.<choice>
    default: object = None
    types: tuple[str, ...] = ()  # of a column: the types of tables.py that fit; none: every one
    needed: bool = True


@dataclass(frozen=True)
class Edit:
    """What a step does to the rows of a sheet."""

    sets: dict[str, str] = field(default_factory=dict)  # column → SQL of its new value, over the sheet's columns
    types: dict[str, str] = field(default_factory=dict)  # of columns that are new or change theirs
    keep: str | None = None  # SQL: rows for which it is not true leave
    maps: tuple["ByValue", ...] = ()  # what is worked out in Python, a distinct value at a time
    notes: tuple[tuple[str, dict], ...] = ()  # (step_note.<key>, facts): what a person should know beforehand
    counted: dict[str, str] = field(default_factory=dict)  # note → SQL: told with `count`, the rows where it is true
    joins: tuple[str, ...] = ()  # LEFT JOINs to `layer`, the rows: at most one for each; their columns: looked_…
    expects: "Expectation | None" = None


@dataclass(frozen=True)
class ByValue:
    """A column's new value where it depends on the old one alone: `change` is called once a distinct value."""

    column: str
    change: Callable[[object], object]  # of a value that is there; None empties the cell
    where: str = "true"  # SQL: the only values that it can change; the others are not looked at


@dataclass(frozen=True)
class Expectation:
    """What should hold; where it does not the recipe stops, or goes on and says so."""

    broken: str  # SQL: true where a row is not as expected
    reason: str  # step_skipped.<reason>, told with `count` (rows) and `share`
    facts: dict
    stops: bool
    allowed: float = 0.0  # the share of rows that may be otherwise


@dataclass(frozen=True)
class Kind:
    """A kind of step."""

    name: str  # its words: step.<name>, step_help.<name>
    family: str  # missing, types, texts, standards, values, outliers, scales, rows, expectations
    settings: tuple[Setting, ...]
    plan: Callable[[Sheet, dict], Edit]  # settings by name → Edit; raises CrmError, or StepSkipped with a reason
    makes: Callable[[dict], tuple[str, ...]] = lambda settings: ()  # the columns that it adds
    reads_all: bool = False  # the plan looks at columns that no setting names
    repeats: bool = False  # two of them on one column get on with each other, however they are set


class StepSkipped(Exception):
    """The step has nothing it could do here: (step_skipped.<reason>, facts)."""

    def __init__(self, reason: str, **facts):
        self.reason, self.facts = reason, facts
        super().__init__(reason)


class StepRefused(StepSkipped):
    """The step cannot be done as it is told, and without it the recipe should not be written."""


def kinds() -> dict[str, Kind]:
    """The catalogue, in the order in which a page offers it."""
    from crm_core.cleaning.steps import (
        clusters,
        expectations,
        missing,
        outliers,
        rows,
        scales,
        standards,
        texts,
        types,
        values,
    )

    families = (texts, standards, missing, types, values, clusters, outliers, scales, rows, expectations)
    return {kind.name: kind for family in families for kind in family.KINDS}
