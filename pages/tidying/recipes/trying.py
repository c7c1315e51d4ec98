"""What the draft would do: asked beside the page, once for a recipe and a state of the data."""
import secrets
from dataclasses import replace

import streamlit as st

from crm_core.cleaning import DryRun, Recipe, dry_run, to_json
from crm_core.cleaning.recipe import filled
from crm_core.cleaning.sheet import sheet_of
from pages.tidying.recipes import form, said
from pages.tidying.recipes.draft import Draft
from ui import job, say, store
from ui.workspace import today


def session() -> str:
    """A token of this session: what one person stops is not stopped for another."""
    return st.session_state.setdefault("recipe session", secrets.token_hex(8))


def there(draft: Draft, place: int) -> form.There:
    """What the step at a place finds: the table's columns, and those that steps before it make."""
    book = store()
    known, locked = _sheet(str(book.path), draft.table, book.revision(draft.table))
    columns = dict(known)
    for placed in draft.steps[:place]:
        kind = said.catalogue().get(placed.step.kind)
        if kind and placed.step.on and not form.missing(kind, placed.step.settings):
            made = kind.makes(filled(kind, placed.step.settings))
            columns |= {name: form.ANY for name in made if name not in columns}
    return form.There(draft.table, columns, locked)


@st.cache_data(max_entries=50, show_spinner=False)
def _sheet(path: str, table: str, revision: int) -> tuple[dict[str, str], set[str]]:
    with store().look() as look:
        sheet = sheet_of(look, table)
    return sheet.columns, {column for column in sheet.columns if sheet.locked(column)}


def ask(recipe: Recipe) -> DryRun:
    book = store()
    steps = to_json(replace(recipe, name=""))
    key = ("dry run", str(book.path), steps, book.revision(recipe.table), today(), session())

    def work(progress):
        with book.look() as look:
            progress.on_cancel(look.cursor.interrupt)
            return dry_run(look, recipe, as_of=today())

    return job(key, say("recipe_page.trying"), work)
