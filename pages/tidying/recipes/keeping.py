"""Recipes kept under a name: replayed, renamed, copied, deleted; as a file out and in."""
import json
from dataclasses import replace

import streamlit as st

from crm_core.cleaning import Recipe, fights, from_json, to_json
from crm_core.errors import CrmError, RecipeFileUnreadable, RecipeTableUnknown
from crm_core.harmless import file_name
from pages.tidying.recipes import draft as drafting
from pages.tidying.recipes import said
from ui import language, plain, say, store, words
from ui.forms import saved
from ui.work import show_error

MOST_BYTES = 1_000_000  # of a recipe's file


def kept() -> list[tuple[int, Recipe]]:
    """The kept recipes with their ids, by name."""
    return [(row_id, recipe) for row_id, _, recipe in _rows() if isinstance(recipe, Recipe)]


def _rows() -> list[tuple[int, str, Recipe | CrmError]]:
    """The kept recipes; for one that this release cannot read, why."""
    found = []
    for row in store().frame("kept_recipes").itertuples():
        try:
            recipe = _for_people(replace(from_json(row.steps), name=row.name))
        except CrmError as error:
            recipe = error
        found.append((int(row.id), row.name, recipe))
    return found


def _for_people(recipe: Recipe) -> Recipe:
    """The recipe, for the chosen table where it names none. Raises RecipeTableUnknown for the workbench's own."""
    table = recipe.table or st.session_state.get("recipe table") or drafting.OFFERED[0]
    if table not in drafting.OFFERED:
        raise RecipeTableUnknown(name=table, nearest=drafting.OFFERED[0])
    return replace(recipe, table=table)


def summary(recipe: Recipe) -> str:
    """The steps in a line, for markdown: 'Trim blanks: Name → Standardise e-mail: E-mail'."""
    return words.markdown_safe(" → ".join(
        said.sentence(step, recipe.table) for step in recipe.steps if step.on)) or say("recipe_page.no_steps")


def show_kept() -> None:
    every = _rows()
    if not every:
        return
    st.subheader(say("recipe_page.kept"), anchor=False)
    for row_id, name, recipe in every:
        if isinstance(recipe, CrmError):
            st.warning(f"**{words.markdown_safe(name)}** · "
                       + words.markdown_safe(words.error_sentence(language(), recipe)), icon=":material/block:")
            continue
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{words.markdown_safe(recipe.name)}** · {say(f'table.{recipe.table}')}  \n"
                        f":small[:gray[{summary(recipe)}]]", width="stretch")
            st.button(say("recipe_page.replay"), key=f"replay {row_id}", type="primary", icon=":material/replay:",
                      help=say("recipe_page.replay_help"), on_click=_open, args=(row_id, recipe, True))
            with st.popover(say("recipe_page.more"), key=f"kept {row_id}"):
                _more(row_id, recipe, [known for _, known, _ in every])


def _open(row_id: int | None, recipe: Recipe, consequences: bool = False) -> None:
    opened = drafting.begin(recipe, row_id)
    opened.adding = False
    if consequences:
        opened.wants_consequences = to_json(opened.recipe())


def _more(row_id: int, recipe: Recipe, names: list[str]) -> None:
    st.button(say("recipe_page.edit"), key=f"edit kept {row_id}", icon=":material/edit:", on_click=_open,
              args=(row_id, recipe))
    st.button(say("recipe_page.copy"), key=f"copy kept {row_id}", icon=":material/content_copy:", on_click=_open,
              args=(None, replace(recipe, name=free_name(recipe.name, names))))
    download(recipe, f"export kept {row_id}")
    name = st.text_input(say("recipe_page.name"), recipe.name, key=f"rename kept {row_id}", max_chars=200).strip()
    if st.button(say("recipe_page.rename"), key=f"rename now {row_id}", disabled=not name or name == recipe.name):
        _write(recipe.name, lambda batch: batch.change(
            "recipes", {"id": row_id, "name": name, "steps": to_json(replace(recipe, name=name))}),
            say("form.saved", what=name))
    if st.button(say("form.delete"), key=f"delete kept {row_id}", icon=":material/delete:"):
        _write(recipe.name, lambda batch: batch.remove("recipes", [row_id]), say("form.deleted", what=recipe.name))


def free_name(name: str, taken: list[str]) -> str:
    """'Monthly export 2' where that name is taken."""
    number = 2
    while f"{name} {number}" in taken:
        number += 1
    return f"{name} {number}"


def ask_to_keep(draft: drafting.Draft) -> None:
    """Keep the draft under a name: the kept one is written over only where it was opened from there."""
    every = kept()
    recipe = draft.recipe()
    if any(row_id == draft.kept and one == recipe for row_id, one in every):
        st.caption(":material/bookmark_added: " + say("recipe_page.is_kept", name=recipe.name))
        return
    with st.popover(say("recipe_page.keep"), icon=":material/bookmark_add:", key="keep recipe"):
        name = st.text_input(say("recipe_page.name"), draft.name, key=f"keep name {draft.number}", max_chars=200,
                             placeholder=plain("recipe_page.name_example")).strip()
        same = next(((row_id, one) for row_id, one in every if one.name == name), None)
        if same:
            st.caption(say("recipe_page.replaces", name=name))
        if st.button(say("recipe_page.keep_now"), key=f"keep now {draft.number}", type="primary", disabled=not name):
            row = {"name": name, "table_name": draft.table, "steps": to_json(replace(recipe, name=name))}

            def deed(batch) -> None:
                if same:
                    batch.change("recipes", {"id": same[0], **row})
                    draft.kept = same[0]
                else:
                    draft.kept = batch.add("recipes", row)[0]
                draft.name = name

            _write(name, deed, say("recipe_page.kept_now", name=name))


def _write(name: str, deed, message: str) -> None:
    try:
        with store().batch("recipe", name) as batch:
            deed(batch)
    except CrmError as error:
        show_error(error)
        st.stop()
    saved("recipe", message)


def download(recipe: Recipe, key: str) -> None:
    st.download_button(
        say("recipe_page.export"), to_json(recipe).encode("utf-8"),
        f"{file_name(recipe.name or plain('recipe_page.nameless'))}.json", "application/json", key=key,
        icon=":material/download:", on_click="ignore")


def ask_for_file() -> None:
    """A recipe as a file or pasted; what is wrong with it is said in a sentence."""
    with st.popover(say("recipe_page.import"), icon=":material/upload_file:", key="import recipe"):
        uploaded = st.file_uploader(say("recipe_page.import_file"), type=["json"], key=_round("recipe file"),
                                    max_upload_size=1)
        pasted = st.text_area(say("recipe_page.import_text"), key=_round("recipe text"), height=160,
                              placeholder=plain("recipe_page.import_example"))
        text = uploaded.getvalue() if uploaded else pasted.strip()
        st.button(say("recipe_page.import_now"), key="import recipe now", type="primary", disabled=not text,
                  on_click=_import, args=(text,))
        error = st.session_state.get("recipe import error")
        if error and error[0] == text:
            st.error(words.markdown_safe(words.error_sentence(language(), error[1])))


def show_fights(draft: drafting.Draft) -> None:
    """Kept recipes of the same table that want something else of a column."""
    recipe = draft.recipe()
    for row_id, other in kept():
        if row_id != draft.kept:
            for fight in fights(recipe, other)[:1]:
                st.caption(":material/swap_horiz: " + say(
                    "recipe_page.fights_with", name=other.name, other=str(fight.other_place),
                    why=said.fight(fight, draft.table)))


def _import(text: bytes | str) -> None:
    try:
        recipe = read(text)
    except CrmError as error:
        st.session_state["recipe import error"] = (text, error)
        return
    st.session_state["recipe imports"] = st.session_state.get("recipe imports", 0) + 1
    _open(None, recipe)


def _round(key: str) -> str:
    """What was brought in stands no longer in the fields."""
    return f"{key} {st.session_state.get('recipe imports', 0)}"


def read(text: bytes | str) -> Recipe:
    """A recipe of a file's bytes or a pasted text. Raises RecipeFileUnreadable and what `from_json` raises."""
    if len(text) > MOST_BYTES:
        raise RecipeFileUnreadable(megabytes=MOST_BYTES // 1_000_000)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise RecipeFileUnreadable(megabytes=MOST_BYTES // 1_000_000) from error
    return _for_people(from_json(text))


def read_proposal(proposed: dict) -> Recipe:
    """What another part of the page proposes: {"table": …, "steps": [{"step": …}]}, with or without a name."""
    recipe = _for_people(from_json(json.dumps({"name": "proposed", **proposed})))
    return replace(recipe, name=proposed.get("name", ""))
