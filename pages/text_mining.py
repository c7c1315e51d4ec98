"""What customers say: what it is about, how they feel, what they need, and what it goes with."""

import streamlit as st

from pages.reading import dictionaries, keywords, money, mood, needs, overview, summary, topics
from ui import say
from ui.forms import show_message
from ui.part import choose_part

SHOWS = {"overview": overview.show, "keywords": keywords.show, "topics": topics.show, "mood": mood.show,
         "needs": needs.show, "summary": summary.show, "money": money.show, "dictionaries": dictionaries.show}

st.title(say("text_mining.title"), anchor=False)
st.caption(say("text_mining.what"))
part = choose_part("text_mining", SHOWS, "text_mining.part_")
show_message()
SHOWS[part]()
