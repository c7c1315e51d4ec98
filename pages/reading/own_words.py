"""What was written to the own words last, and the way back."""

import streamlit as st

from ui import errors_in_words, say, store
from ui.forms import saved
from ui.grid import discard

KEY = "own words"


def wrote(number: int, message: str) -> None:
    """Own words were written: lay the sheet out anew, say so on the next run, and offer to take it back there."""
    discard(KEY)
    st.session_state[f"{KEY} written"] = number
    saved(KEY, message)


def undo() -> None:
    """A button that takes the last change back, until it is used or another page is opened."""
    number = st.session_state.get(f"{KEY} written")
    if number is not None and st.button(say("dictionaries.undo", number=number), key=f"{KEY} undo",
                                        icon=":material/undo:"):
        with errors_in_words():
            store().undo(number)
        del st.session_state[f"{KEY} written"]
        discard(KEY)
        saved(KEY, say("dictionaries.undone", number=number))
