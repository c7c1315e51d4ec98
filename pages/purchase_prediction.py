"""Who will buy, what they will spend and are worth, why, and how far to trust it."""

import streamlit as st

from pages.predicting import apply, reasons, trust, value, who
from ui import say
from ui.forms import show_message
from ui.part import choose_part

SHOWS = {"who": who.show, "trust": trust.show, "reasons": reasons.show, "value": value.show, "apply": apply.show}

st.title(say("purchase_prediction.title"), anchor=False)
st.caption(say("purchase_prediction.what"))
part = choose_part("purchase_prediction", SHOWS, "purchase_prediction.part_")
show_message()
SHOWS[part]()
