"""The catalogue of steps: grouped by family, searched, each with a sentence of help."""
import streamlit as st

from crm_core.cleaning import Step
from pages.tidying.recipes import said
from pages.tidying.recipes.draft import Draft
from ui import plain, say, words
from ui.forms import remember


def show(draft: Draft) -> None:
    """A button that opens the catalogue; a step that is chosen there joins the recipe with its settings open."""
    if not draft.adding:
        st.button(say("recipe_page.add_step"), key="add step", icon=":material/add:", on_click=_open,
                  args=(draft, True), type="secondary" if draft.steps else "primary")
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            searched = st.text_input(
                say("recipe_page.search_steps"), key="search steps", icon=":material/search:", live="300ms",
                placeholder=plain("recipe_page.search_example"), label_visibility="collapsed", width="stretch")
            st.button(say("recipe_page.close_catalogue"), key="close catalogue", type="tertiary", on_click=_open,
                      args=(draft, False))
        families = list(dict.fromkeys(kind.family for kind in said.catalogue().values()))
        wanted = (searched or "").strip().casefold()
        chosen = None
        if not wanted:
            chosen = st.pills(
                say("recipe_page.family_label"), families, key=remember("step family", families[0]), required=True,
                label_visibility="collapsed", wrap=True,
                format_func={family: say(f"step_family.{family}") for family in families}.get)
        fitting = [kind for kind in said.catalogue().values()
                   if (wanted and _holds(kind, wanted)) or (not wanted and kind.family == chosen)]
        if not fitting:
            st.caption(say("recipe_page.no_step", text=searched.strip()))
        for first in range(0, len(fitting), 2):
            for place, kind in zip(st.columns(2, gap="medium"), fitting[first:first + 2], strict=False):
                with place, st.container(gap="xxsmall"):
                    st.button(words.markdown_safe(said.kind_name(kind.name)), key=f"add {kind.name}", type="tertiary",
                              icon=":material/add_circle:", on_click=_add, args=(draft, kind.name))
                    if words.has(f"step_help.{kind.name}"):
                        st.caption(say(f"step_help.{kind.name}"))


def _holds(kind, text: str) -> bool:
    """Whether all of the words stand in what is said of a step, in the person's language or by its own name."""
    about = " ".join([kind.name, said.kind_name(kind.name), plain(f"step_family.{kind.family}"),
                      plain(f"step_help.{kind.name}") if words.has(f"step_help.{kind.name}") else ""]).casefold()
    return all(part in about for part in text.split())


def _open(draft: Draft, adding: bool) -> None:
    draft.adding = adding


def _add(draft: Draft, kind: str) -> None:
    defaults = {setting.name: setting.default for setting in said.catalogue()[kind].settings
                if setting.default is not None and setting.needed}
    draft.add(Step(kind, defaults))
    draft.open, draft.adding = draft.last, False
