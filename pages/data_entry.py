"""Customers and communications by hand, files brought in, and every change to take back."""
import streamlit as st

from pages.entry import changes, communications, customers, importing
from ui import say
from ui.forms import show_message

PARTS = {"customers": customers, "communications": communications, "import": importing, "changes": changes}

st.title(say("data_entry.title"))
st.caption(say("data_entry.what"))
part = st.segmented_control(say("data_entry.part"), list(PARTS), key="part", bind="query-params", default="customers",
                            required=True, label_visibility="collapsed",
                            format_func=lambda name: say(f"data_entry.{name}"))
show_message()
PARTS[part].show()
