"""What customers need: classes taught by examples, each answer explained, kept and said of new messages."""

import streamlit as st

from crm_core.text_mining.classes import keeping
from pages.reading import asking, classes_kept, classes_learned, teaching
from ui import errors_in_words, plain, say, store
from ui.forms import remember

STEPS = {"teach": teaching.show, "learned": classes_learned.show, "kept": classes_kept.show}
OTHERS_ASK = ("sentiment",)  # labelled in a part of its own


def show() -> None:
    with errors_in_words():
        reading = asking.reading()
        if reading is None:
            return
        st.caption(say("needs.what"))
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            scheme = _question()
            step = st.segmented_control(
                say("needs.step"), tuple(STEPS), key=remember("needs step", "teach"), required=True, wrap=True,
                format_func={name: plain(f"needs.step_{name}") for name in STEPS}.get)
        STEPS[step](reading, scheme)


def _question() -> str:
    """By which question messages are told apart; a new one is typed in."""
    with store().look() as look:
        there = [scheme for scheme in keeping.schemes(look) if scheme not in OTHERS_ASK]
    key = remember("needs scheme", keeping.NEEDS)
    if not (st.session_state[key] or "").strip():
        st.session_state[key] = keeping.NEEDS
    options = list(dict.fromkeys([keeping.NEEDS, *there, st.session_state[key]]))
    told = {keeping.NEEDS: plain("needs.scheme_needs")}
    return st.selectbox(say("needs.question"), options, key=key, accept_new_options=True, width=260,
                        help=say("needs.question_help"), format_func=lambda name: told.get(name, name)).strip()
