"""How far the data can be trusted, steps that mend them, and records that are there twice."""

import streamlit as st

from pages.tidying import duplicates, merged, overview, recipe
from ui import say
from ui.forms import show_message
from ui.part import choose_part

SHOWS = {"overview": overview.show, "recipe": recipe.show, "duplicates": duplicates.show, "merged": merged.show}

st.title(say("cleaning.title"), anchor=False)
st.caption(say("cleaning.what"))
part = choose_part("cleaning", SHOWS, "cleaning.")
show_message()
SHOWS[part]()
