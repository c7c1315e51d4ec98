"""What a step would do, beneath it: rows, cells, who leaves, why not, and examples with the difference marked."""
import streamlit as st

from crm_core.cleaning import DryRun, Tried
from crm_core.cleaning.caution import loses_many, share_leaving
from crm_core.cleaning.difference import difference
from pages.tidying.recipes import said
from ui import plain, say, words

SHOWN = 3  # examples that stand beneath a step; the others are a click away
COLOURS = {"done": "green", "met": "green", "nothing": "gray", "off": "gray", "skipped": "orange", "warned": "orange",
           "stopped": "red", "blocked": "red", "not_reached": "gray"}
ICONS = {"done": "edit", "met": "check", "nothing": "remove", "off": "pause", "skipped": "skip_next",
         "warned": "warning", "stopped": "block", "blocked": "block", "not_reached": "more_horiz"}


def badge(tried: Tried) -> str:
    # An expectation that is met is done, and changes nothing.
    met = tried.state == "done" and not tried.rows_changed and tried.rows_after == tried.rows_before
    state = "met" if met else tried.state
    return f":{COLOURS[state]}-badge[:material/{ICONS[state]}: {say(f'recipe_page.state.{state}')}]"


def show_incomplete(settings) -> None:
    """What the step must still be told."""
    named = plain("recipe_page.list").join(said.setting_name(setting) for setting in settings)
    st.markdown(f":orange-badge[:material/edit: {say('recipe_page.state.incomplete')}] "
                f":small[{say('recipe_page.tell', settings=named)}]")


def show(tried: Tried, table: str, key: str) -> None:
    """The result of one step."""
    st.markdown(f"{badge(tried)} :small[{_counts(tried, table)}]")
    if tried.reason:
        text = words.markdown_safe(said.reason(tried.reason, table))
        if tried.state in ("blocked", "stopped"):
            st.error(text, icon=":material/block:")
        else:
            st.markdown(f":small[:orange[{text}]]")
    if loses_many(tried):
        st.markdown(f":small[:orange[:material/warning: {say('recipe_page.many_leave')}]]")
    for note in tried.notes:
        st.markdown(f":small[:orange[:material/warning: {words.markdown_safe(said.reason(note, table))}]]")
    if tried.examples is not None and len(tried.examples):
        _examples(tried, table, key)


def _counts(tried: Tried, table: str) -> str:
    """'1,204 rows change: Name 900, City 410 · 20 rows leave'"""
    parts = []
    if tried.rows_changed:
        cells = plain("recipe_page.list").join(
            plain("recipe_page.cells", column=said.column_name(table, column), count=count)
            for column, count in tried.cells.items() if count)
        parts.append(say("recipe_page.rows_change", count=tried.rows_changed)
                     + (say("recipe_page.in_cells", cells=cells) if cells else ""))
    if tried.rows_after < tried.rows_before:
        parts.append(say("recipe_page.rows_leave", count=tried.rows_before - tried.rows_after,
                         share=share_leaving(tried)))
    return " · ".join(parts)


def _examples(tried: Tried, table: str, key: str) -> None:
    rows = tried.examples.to_dict("records")
    st.markdown("  \n".join(_example(row, table) for row in rows[:SHOWN]))
    if len(rows) > SHOWN:
        with st.popover(say("recipe_page.more_examples", count=len(rows) - SHOWN), key=f"{key} examples",
                        type="tertiary"):
            st.markdown("  \n".join(_example(row, table) for row in rows[SHOWN:]))


def _example(row: dict, table: str) -> str:
    """'#17 Name ␣Ada → Ada', the difference coloured; of a row that leaves, by what it is known."""
    before, after = _text(row["before"]), _text(row["after"])
    where = words.markdown_safe(f"#{row['id']} ")
    if row.get("column"):
        where += words.markdown_safe(said.column_name(table, str(row["column"])))
    if after is None:
        return f":small[:orange[{say('recipe_page.leaves')}] :gray[{where}] {words.markdown_safe(before or '–')}]"
    left, right = difference(before or "", after or "")
    return f":small[:gray[{where}] {_marked(left, 'red')} → {_marked(right, 'green')}]"


def _text(value) -> str | None:
    return None if value is None or value != value else str(value)


def _marked(pieces, colour: str) -> str:
    """The pieces as markdown; an empty text is a word of its own."""
    if not pieces:
        return f":gray[{say('recipe_page.empty')}]"
    return "".join(
        f":{colour}-background[{words.markdown_safe(piece.text)}]" if piece.differs else words.markdown_safe(piece.text)
        for piece in pieces)


def funnel(run: DryRun) -> str:
    """How many rows come in and how many are left: '5,000 rows → 4,980 rows', with the steps at which rows leave."""
    if run.rows_after == run.rows_before:
        return say("recipe_page.rows_stay", count=run.rows_before)
    lost = " ".join(
        f":orange-badge[{say('recipe_page.at_step', step=str(place), count=tried.rows_before - tried.rows_after)}]"
        for place, tried in enumerate(run.steps, start=1) if tried.rows_after < tried.rows_before)
    return (f"{say('recipe_page.rows', count=run.rows_before)} → {say('recipe_page.rows', count=run.rows_after)} "
            f":small[{lost}]")
