"""A recipe: an ordered list of steps that clean a table, each tried at once, written as one batch."""
from dataclasses import replace

import streamlit as st

from crm_core.cleaning import fights, to_json
from crm_core.cleaning.caution import changes_anything
from crm_core.errors import CrmError
from pages.tidying.recipes import applying, catalogue, keeping, outcome, said, starting, steps, trying
from pages.tidying.recipes import draft as drafting
from ui import say, words
from ui.work import show_error


def show() -> None:
    starting.take_proposal()
    applying.finish()
    applying.show_applied()
    draft = drafting.current()
    if draft:
        _write(draft)
    else:
        starting.show()


def _write(draft: drafting.Draft) -> None:
    """The draft: everything that can be clicked is drawn before its dry run is asked for, which may take a while."""
    _head(draft)
    if not draft.steps:
        st.caption(say("recipe_page.first_step"))
    open_ones = {}
    rooms = steps.show(draft, lambda place: trying.there(draft, place))
    for placed in draft.steps:
        asked = steps.incomplete(placed.step)
        if asked and placed.step.on:
            open_ones[placed.number] = asked
    catalogue.show(draft)
    if not draft.steps:
        return
    result = st.container()
    _foot(draft)
    # What is not told to its end yet is tried as if it were off.
    recipe = draft.recipe()
    tried = replace(recipe, steps=tuple(
        replace(placed.step, on=placed.step.on and placed.number not in open_ones) for placed in draft.steps))
    with result:
        try:
            run = trying.ask(tried)
        except CrmError as error:
            show_error(error)
            return
        st.markdown(f"### {outcome.funnel(run)}")
    disputes = fights(recipe)
    for place, (placed, told) in enumerate(zip(draft.steps, run.steps, strict=True), start=1):
        with rooms[placed.number]:
            for fight in disputes:
                if place == fight.other_place:
                    why = words.markdown_safe(said.fight(fight, draft.table))
                    st.markdown(f":small[:orange[:material/swap_vert: {why}]]")
            if placed.number in open_ones:
                outcome.show_incomplete(open_ones[placed.number])
            else:
                outcome.show(told, draft.table, f"recipe {draft.number} step {placed.number}")
    with result:
        if open_ones:
            st.info(say("recipe_page.finish_first", count=len(open_ones)), icon=":material/edit:")
        elif not run.may_run:
            st.warning(say("recipe_page.may_not_run"), icon=":material/block:")
        elif not changes_anything(run):
            st.info(say("recipe_page.changes_nothing"), icon=":material/done_all:")
        else:
            applying.show(draft, recipe)


def _head(draft: drafting.Draft) -> None:
    name = words.markdown_safe(draft.name) if draft.name else say("recipe_page.nameless")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{name} :gray[· {say(f'table.{draft.table}')}]", anchor=False, width="stretch")
        st.button(say("recipe_page.all_recipes"), key="all recipes", icon=":material/arrow_back:", type="tertiary",
                  on_click=drafting.show, args=(None,))


def _foot(draft: drafting.Draft) -> None:
    """Keep it, carry it away, read it as JSON."""
    recipe = draft.recipe()
    with st.container(horizontal=True, vertical_alignment="center"):
        keeping.ask_to_keep(draft)
        keeping.download(recipe, f"export {draft.number}")
    keeping.show_fights(draft)
    with st.expander(say("recipe_page.as_json"), icon=":material/data_object:"):
        st.code(to_json(recipe), language="json")
