"""A page in parts: which one is shown, kept in the address so that a reload or a link comes back to it."""
from collections.abc import Callable

import streamlit as st

from ui.say import say


def choose_part(page: str, shows: dict[str, Callable[[], None]], words: str) -> str:
    """The chosen part of a page, by its name in `shows`. Words: `<page>.part` for the control, `words` + the name."""
    key, in_address = f"{page} part", f"{page} part in address"
    asked = st.query_params.get("part")
    # A link on this very page names a part; the control has to follow. On a busy computer the browser may send none.
    if st.session_state.get(key) not in shows or (asked in shows and asked != st.session_state.get(in_address)):
        st.session_state[key] = asked if asked in shows else next(iter(shows))
    # Said on every run: of two runs that follow fast the browser may draw only the second.
    st.session_state[key] = st.session_state[key]
    part = st.pills(say(f"{page}.part"), list(shows), key=key, required=True, label_visibility="collapsed", wrap=True,
                    format_func={name: say(f"{words}{name}") for name in shows}.get)
    st.query_params["part"] = st.session_state[in_address] = part
    return part
