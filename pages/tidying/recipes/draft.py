"""The recipe that a person is writing: it outlives the page that is left; nothing is written yet."""
from dataclasses import dataclass, field, replace

import streamlit as st

from crm_core.cleaning import Recipe, Step

# Tables that people fill; the others are the workbench's own.
OFFERED = ("customers", "orders", "order_lines", "products", "communications", "service_requests", "opportunities",
           "campaigns", "relationships")


@dataclass
class Placed:
    """A step at its place; the number stays with it when it moves, so that its fields keep what was typed."""

    number: int
    step: Step
    laid_out: int = 0  # how often its fields were laid out anew


@dataclass
class Draft:
    number: int
    table: str
    name: str = ""
    kept: int | None = None  # the id of the kept recipe that it was opened from
    steps: list[Placed] = field(default_factory=list)
    last: int = 0  # the newest step's number
    open: int | None = None  # the step whose settings are open
    adding: bool = False  # the catalogue is open
    wants_consequences: str | None = None  # what they were asked for: the recipe as JSON

    def add(self, step: Step) -> None:
        self.last += 1
        self.steps.append(Placed(self.last, step))

    def at(self, number: int) -> Placed:
        return next(placed for placed in self.steps if placed.number == number)

    def move(self, number: int, by: int) -> None:
        place = self.steps.index(self.at(number))
        to = min(max(place + by, 0), len(self.steps) - 1)
        self.steps.insert(to, self.steps.pop(place))

    def switch(self, number: int) -> None:
        placed = self.at(number)
        placed.step = replace(placed.step, on=not placed.step.on)

    def remove(self, number: int) -> None:
        self.steps.remove(self.at(number))

    def double(self, number: int) -> None:
        placed = self.at(number)
        self.last += 1
        self.steps.insert(self.steps.index(placed) + 1, Placed(self.last, placed.step))

    def recipe(self) -> Recipe:
        return Recipe(self.name, self.table, tuple(placed.step for placed in self.steps))


def drafts() -> dict[int, Draft]:
    """Every recipe that was begun in this session and not thrown away, by number."""
    return st.session_state.setdefault("recipe drafts", {})


def current() -> Draft | None:
    """The draft on the page; None where the person is choosing one."""
    return drafts().get(st.session_state.get("recipe draft"))


def begin(recipe: Recipe, kept: int | None = None) -> Draft:
    """A new draft with the steps of a recipe, to be shown."""
    number = st.session_state["recipe drafts begun"] = st.session_state.get("recipe drafts begun", 0) + 1
    draft = drafts()[number] = Draft(number, recipe.table, recipe.name, kept)
    for step in recipe.steps:
        draft.add(step)
    draft.adding = not recipe.steps
    show(number)
    return draft


def show(number: int | None) -> None:
    st.session_state["recipe draft"] = number


def discard(number: int) -> None:
    drafts().pop(number, None)
