"""How far the data can be trusted, steps that mend them, and records that are there twice."""

import streamlit as st

from pages.tidying import duplicates, merged, overview, recipe
from ui import say
from ui.forms import show_message

SHOWS = {"overview": overview.show, "recipe": recipe.show, "duplicates": duplicates.show, "merged": merged.show}

st.title(say("cleaning.title"), anchor=False)
st.caption(say("cleaning.what"))
asked = st.query_params.get("part")
# A link on this very page names a part; the control has to follow.
if "cleaning part" not in st.session_state or (
        asked in SHOWS and asked != st.session_state.get("cleaning part in address")):
    st.session_state["cleaning part"] = asked if asked in SHOWS else "overview"
part = st.pills(
    say("cleaning.part"), list(SHOWS), key="cleaning part", required=True, label_visibility="collapsed", wrap=True,
    format_func={name: say(f"cleaning.{name}") for name in SHOWS}.get)
st.query_params["part"] = st.session_state["cleaning part in address"] = part  # so that a reload comes back here
show_message()
SHOWS[part]()
