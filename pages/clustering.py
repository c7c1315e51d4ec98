"""Groups of customers who are alike, and the segments kept of them."""

import streamlit as st

from pages.grouping import apply, compare, groups, moved, runs, segments
from ui import say
from ui.forms import show_message

SHOWS = {"groups": groups.show, "compare": compare.show, "segments": segments.show, "moved": moved.show,
         "apply": apply.show, "runs": runs.show}

st.title(say("clustering.title"), anchor=False)
st.caption(say("clustering.what"))
asked = st.query_params.get("part")
# A link on this very page names a part; the control has to follow.
if "clustering part" not in st.session_state or (
        asked in SHOWS and asked != st.session_state.get("clustering part in address")):
    st.session_state["clustering part"] = asked if asked in SHOWS else "groups"
part = st.pills(
    say("clustering.part"), list(SHOWS), key="clustering part", required=True, label_visibility="collapsed", wrap=True,
    format_func={name: say(f"clustering.part_{name}") for name in SHOWS}.get)
st.query_params["part"] = st.session_state["clustering part in address"] = part  # so that a reload comes back here
show_message()
SHOWS[part]()
