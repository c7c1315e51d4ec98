"""The part 'dictionaries' of the page on texts."""

import streamlit as st

from pages.reading import asking
from ui import errors_in_words, say


def show() -> None:
    with errors_in_words():
        reading = asking.reading()
    if reading is None:
        return
    st.caption(say("text_mining.chosen", count=int(reading.rows.sum()), all=len(reading.every)))
