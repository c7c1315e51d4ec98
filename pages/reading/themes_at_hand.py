"""Of what messages speak, as the other parts of the page tell it: words, topics, moods, classes, categories."""

from collections.abc import Callable

import streamlit as st

from crm_core.text_mining.classes import keeping
from crm_core.text_mining.sentiment import MOODS
from crm_core.text_mining.themes import Themes, themes_of, words_as_themes
from pages.reading import asking, mood, topic_editing, topics
from ui import language, plain, say, store


def kinds(reading) -> list[str]:
    """The ways that there are for these messages."""
    with store().look() as look:
        taught = bool(keeping.runs(look))
    return ["words", "topics", "moods", *(["classes"] if taught else []),
            *(["categories"] if reading.chosen.messages.category.notna().any() else [])]


def themes(reading, kind: str) -> tuple[tuple, Callable[[], Themes]]:
    """What the themes of a kind depend on, beside the messages, and a function that gives them."""
    return {"words": _words, "topics": _topics, "moods": _moods, "classes": _classes, "categories": _categories}[kind](
        reading)


def _words(reading):
    return ("words",), lambda: words_as_themes(reading.chosen)


def _topics(reading):
    base = topics.base_of(reading)
    found = topic_editing.edited(base.key, base.topics)
    return ("topics", base.key, topic_editing.told_of(found)), lambda: themes_of(
        {name: found.assigned == place for place, name in enumerate(found.names)})


def _moods(reading):
    found = mood.moods_of(reading)
    names = {one: plain(f"mood.{one}") for one in MOODS}
    return ("moods", language(), store().revision("text_labels")), lambda: themes_of(
        {names[one]: found.label == one for one in MOODS})


def _classes(reading):
    with store().look() as look:
        runs = {run.id: run for run in keeping.runs(look)}
        chosen = st.selectbox(say("money.classes_from"), list(runs), key=asking.kept("money classes", next(iter(runs))),
                              width=320, format_func={run.id: run.name for run in runs.values()}.get)
        said = keeping.said(look, chosen)
    messages = reading.chosen.messages
    labels = messages[["source", "row_id"]].merge(said, on=["source", "row_id"], how="left").label
    return ("classes", chosen, store().revision("text_classes")), lambda: themes_of(
        {str(label): (labels == label).to_numpy() for label in sorted(labels.dropna().unique())})


def _categories(reading):
    category = reading.chosen.messages.category
    return ("categories",), lambda: themes_of(
        {str(name): (category == name).to_numpy() for name in sorted(category.dropna().unique())})
