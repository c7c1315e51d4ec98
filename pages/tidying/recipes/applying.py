"""Consequences first, then one batch; afterwards what it did, and its undo at hand."""
from dataclasses import replace

import streamlit as st

from crm_core.cleaning import Recipe, apply, to_json
from crm_core.cleaning.consequences import around, compare
from crm_core.errors import Cancelled, CrmError, PreviewOutdated
from crm_core.tables import TABLES
from pages.tidying import consequences
from pages.tidying.recipes import trying
from pages.tidying.recipes.draft import Draft
from ui import errors_in_words, job, plain, say, store, today, words
from ui.batches import counted
from ui.work import forget, show_error, start

# What consequences are read from: everything but the recipes, so that keeping one makes no preview old.
READ = tuple(name for name in TABLES if name != "recipes")


def show(draft: Draft, recipe: Recipe) -> None:
    """The consequences on demand, then the button that writes."""
    asked = to_json(recipe)
    if draft.wants_consequences != asked:
        st.button(say("recipe_page.see_consequences"), key="see consequences", type="primary",
                  icon=":material/balance:", on_click=_want, args=(draft, asked))
        st.caption(say("recipe_page.nothing_written"))
        return
    seen = store().revision(*READ)
    with errors_in_words():
        _consequences(recipe, seen)
    st.button(say("recipe_page.apply"), key="apply recipe", type="primary", icon=":material/done_all:",
              on_click=_begin, args=(draft, recipe, seen))
    st.caption(say("recipe_page.apply_help"))


def _consequences(recipe: Recipe, seen: int) -> None:
    """What would be otherwise afterwards: the recipe is written, compared with what was before, and given up."""
    book, day = store(), today()
    key = ("consequences", str(book.path), to_json(replace(recipe, name="")), seen, day, trying.session())

    def work(progress):
        with book.rehearsal("clean") as batch:
            progress.on_cancel(lambda: book.interrupt(batch))
            before, after = around(batch, lambda batch: apply(batch, recipe, as_of=day))
        return batch.rows, compare(before, after)

    rows, comparison = job(key, say("recipe_page.reckoning"), work)
    st.markdown(f"**{say('recipe_page.consequences')}** · {words.markdown_safe(counted(rows))}")
    consequences.show(comparison)


def _want(draft: Draft, asked: str) -> None:
    draft.wants_consequences = asked


def _begin(draft: Draft, recipe: Recipe, seen: int) -> None:
    """Write the batch: what is written is what was shown when the person pressed the button."""
    book = store()
    name, day = recipe.name or plain("recipe_page.nameless"), today()
    key = ("clean", str(book.path), to_json(recipe), seen, trying.session())

    def work(progress):
        with book.batch("clean", name) as batch:
            progress.on_cancel(lambda: book.interrupt(batch))
            if book.revision(*READ) != seen:  # nobody else writes while this batch is open
                raise PreviewOutdated()
            apply(batch, recipe, as_of=day)
        return (batch.number if batch.rows else None), batch.rows

    draft.open = None  # while the batch is written the page draws no fields
    _read()
    start(key, work)
    st.session_state["recipe running"] = (key, name, draft.number)


def finish() -> None:
    """The running batch, wherever the person was meanwhile; what it did is told once it is done."""
    running = st.session_state.get("recipe running")
    if not running:
        return
    key, name, number = running
    try:
        written, rows = job(key, say("recipe_page.writing", name=name))
    except CrmError as error:
        st.session_state.pop("recipe running")
        st.session_state["recipe applied"] = (None, name, error)
        return
    forget(key)
    st.session_state.pop("recipe running")
    st.session_state["recipe applied"] = (written, name, rows)


def show_applied() -> None:
    """What became of the last recipe, with its undo; it stays until it is read: a dry run may draw the page again."""
    applied = st.session_state.get("recipe applied")
    if not applied:
        return
    number, name, rows = applied
    if isinstance(rows, Cancelled):
        st.info(say("job.cancelled"))
    elif isinstance(rows, CrmError):
        show_error(rows)
    elif number is None:
        st.info(say("recipe_page.nothing_to_do", name=name), icon=":material/done_all:")
    elif rows is None:
        st.success(say("changes.done", what=plain("batch.clean", subject=name)), icon=":material/undo:")
    else:
        st.success(say("recipe_page.applied", name=name, number=str(number), what=counted(rows)),
                   icon=":material/check_circle:")
    with st.container(horizontal=True, vertical_alignment="center"):
        if number is not None and rows is not None and st.button(
                say("changes.undo"), icon=":material/undo:", key="undo recipe"):
            with st.spinner(say("changes.undoing")), errors_in_words():
                store().undo(number)
            st.session_state["recipe applied"] = (number, name, None)
            st.rerun()
        st.button(say("recipe_page.fine"), key="recipe fine", type="tertiary", on_click=_read)


def _read() -> None:
    st.session_state.pop("recipe applied", None)
