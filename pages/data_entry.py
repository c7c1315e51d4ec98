"""Customers and communications by hand, files brought in, and every change to take back."""

import streamlit as st

from pages.entry import changes, communications, connect, customers, importing
from ui import say
from ui.forms import show_message

PARTS = {"customers": customers, "communications": communications, "import": importing, "connect": connect,
         "changes": changes}

st.title(say("data_entry.title"), anchor=False)
st.caption(say("data_entry.what"))
asked = st.query_params.get("part")
part = st.segmented_control(
    say("data_entry.part"),
    list(PARTS),
    key="part",
    required=True,
    default=asked if asked in PARTS else "customers",
    label_visibility="collapsed",
    format_func=lambda name: say(f"data_entry.{name}"),
)
st.query_params["part"] = part  # so that a reload or a link comes back here
show_message()
PARTS[part].show()
