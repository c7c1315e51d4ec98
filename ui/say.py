"""Say it in the person's language."""

import streamlit as st

from ui import words


def language() -> str:
    """The chosen language: from the address, else the browser's own."""
    chosen = st.session_state.get("language") or st.query_params.get("language")
    if chosen in words.LANGUAGES:
        return chosen
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def say(key: str, **blanks) -> str:
    """A sentence for anything that Streamlit reads as markdown: text from data is shown as plain text."""
    safe = {name: words.markdown_safe(value) if isinstance(value, str) else value for name, value in blanks.items()}
    return words.sentence(language(), key, **safe)


def plain(key: str, **blanks) -> str:
    """A sentence for charts, tables and files, where nothing is read as markdown."""
    return words.sentence(language(), key, **blanks)
