"""Groups of customers who are alike, and the segments kept of them."""

import streamlit as st

from pages.grouping import apply, compare, groups, moved, runs, segments
from ui import say
from ui.forms import show_message
from ui.part import choose_part

SHOWS = {"groups": groups.show, "compare": compare.show, "segments": segments.show, "moved": moved.show,
         "apply": apply.show, "runs": runs.show}

st.title(say("clustering.title"), anchor=False)
st.caption(say("clustering.what"))
part = choose_part("clustering", SHOWS, "clustering.part_")
show_message()
SHOWS[part]()
