"""The steps of the draft, one below the other: on or off, moved, changed, each with room for what it would do."""
from collections.abc import Callable

import streamlit as st

from crm_core.cleaning import Step
from pages.tidying.recipes import form, said
from pages.tidying.recipes.draft import Draft, Placed
from ui import say, words


def show(draft: Draft, there: Callable[[int], form.There]) -> dict:
    """The list; for each step's number the room in which its result is to be shown.

    `there(place)` is what the step at a place finds.
    """
    rooms = {}
    for place, placed in enumerate(draft.steps):
        with st.container(border=True, gap="xsmall"):
            head = st.container()
            if draft.open == placed.number:
                _settings(draft, placed, there(place))
            with head:  # after the settings: it tells what was typed just now
                _head(draft, placed, place)
            rooms[placed.number] = st.container(gap="xxsmall")
    return rooms


def incomplete(step: Step) -> list:
    """What a step must still be told before it can be tried."""
    kind = said.catalogue().get(step.kind)
    return form.missing(kind, step.settings) if kind else []


def _key(draft: Draft, placed: Placed) -> str:
    return f"recipe {draft.number} step {placed.number}"


def _head(draft: Draft, placed: Placed, place: int) -> None:
    key = _key(draft, placed)
    told = words.markdown_safe(said.sentence(placed.step, draft.table))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.checkbox(f"**{place + 1}** · {told}", placed.step.on, key=f"{key} on", width="stretch", wrap=True,
                    on_change=draft.switch, args=(placed.number,))
        with st.container(horizontal=True, gap="small", width="content"):
            is_open = draft.open == placed.number
            kind = said.catalogue().get(placed.step.kind)
            if kind and kind.settings:
                st.button(say("recipe_page.settings_done" if is_open else "recipe_page.settings"), key=f"{key} edit",
                          type="tertiary", on_click=_open, args=(draft, None if is_open else placed.number))
            st.button(say("recipe_page.up"), key=f"{key} up", type="tertiary", disabled=place == 0,
                      on_click=draft.move, args=(placed.number, -1))
            st.button(say("recipe_page.down"), key=f"{key} down", type="tertiary",
                      disabled=place == len(draft.steps) - 1, on_click=draft.move, args=(placed.number, 1))
            st.button(say("recipe_page.double"), key=f"{key} double", type="tertiary", on_click=draft.double,
                      args=(placed.number,))
            st.button(say("recipe_page.remove"), key=f"{key} remove", type="tertiary", on_click=draft.remove,
                      args=(placed.number,))


def _open(draft: Draft, number: int | None) -> None:
    draft.open = number


def _settings(draft: Draft, placed: Placed, there: form.There) -> None:
    kind = said.catalogue()[placed.step.kind]
    if words.has(f"step_help.{kind.name}"):
        st.caption(say(f"step_help.{kind.name}"))
    def tell(settings: dict) -> None:
        placed.step = Step(placed.step.kind, settings, placed.step.on)
        placed.laid_out += 1

    key = f"{_key(draft, placed)} {placed.laid_out}" if placed.laid_out else _key(draft, placed)
    answers = form.fields(kind, placed.step.settings, there, key, tell)
    if answers != placed.step.settings:
        placed.step = Step(placed.step.kind, answers, placed.step.on)
