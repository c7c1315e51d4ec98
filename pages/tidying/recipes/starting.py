"""Where a recipe begins: one that is kept, an example, a file, or an empty one; and the drafts that were left."""
import streamlit as st

from crm_core.cleaning import Recipe
from crm_core.errors import CrmError
from pages.tidying.recipes import draft as drafting
from pages.tidying.recipes import keeping, said
from pages.tidying.recipes.draft import OFFERED
from pages.tidying.recipes.examples import EXAMPLES, steps_for
from ui import plain, say, words
from ui.forms import remember
from ui.work import show_error


def show() -> None:
    st.markdown(say("recipe_page.what"))
    _drafts()
    keeping.show_kept()
    st.subheader(say("recipe_page.new"), anchor=False)
    table = st.selectbox(
        say("recipe_page.table"), OFFERED, key=remember("recipe table", "customers"), width=320,
        format_func={name: say(f"table.{name}") for name in OFFERED}.get)
    fitting = {name: steps for name in EXAMPLES if (steps := steps_for(name, table))}
    places = st.columns(max(len(fitting), 1), gap="medium")
    for place, (name, steps) in zip(places, fitting.items(), strict=False):
        with place, st.container(border=True, gap="small"):
            told = say(f"recipe_page.example_what.{name}")
            st.markdown(f"**{say(f'recipe_page.example.{name}')}**  \n:small[{told}]")
            st.caption("  \n".join(
                f"{number}. {words.markdown_safe(said.kind_name(step.kind))}" for number, step in enumerate(steps, 1)))
            st.button(say("recipe_page.open_example"), key=f"example {name}", on_click=_begin_example,
                      args=(name, table, steps))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(say("recipe_page.begin_empty"), key="begin empty", icon=":material/add:",
                  on_click=drafting.begin, args=(Recipe("", table),))
        keeping.ask_for_file()


def take_proposal() -> None:
    """What another part of the page proposed becomes a draft."""
    proposed = st.session_state.pop("recipe proposal", None)
    if proposed:
        try:
            drafting.begin(keeping.read_proposal(proposed))
        except CrmError as error:
            show_error(error)


def _begin_example(name: str, table: str, steps) -> None:
    drafting.begin(Recipe(plain(f"recipe_page.example.{name}"), table, steps))


def _drafts() -> None:
    """Recipes that were begun and left in this session."""
    left = [draft for draft in drafting.drafts().values() if draft.steps]
    if not left:
        return
    st.subheader(say("recipe_page.drafts"), anchor=False)
    for draft in left:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            name = words.markdown_safe(draft.name) if draft.name else say("recipe_page.nameless")
            st.markdown(f"**{name}** · {say(f'table.{draft.table}')}  \n"
                        f":small[:gray[{keeping.summary(draft.recipe())}]]", width="stretch")
            st.button(say("recipe_page.go_on"), key=f"go on {draft.number}", on_click=drafting.show,
                      args=(draft.number,))
            st.button(say("recipe_page.throw_away"), key=f"throw away {draft.number}", type="tertiary",
                      on_click=drafting.discard, args=(draft.number,))


