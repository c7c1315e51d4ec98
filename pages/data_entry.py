"""Every table by hand, files brought in, and every change to take back."""

from functools import partial

import streamlit as st

from pages.entry import changes, connect, importing, table
from ui import say
from ui.forms import show_message
from ui.parts import BY_HAND, PARTS

SHOWS = {**{name: partial(table.show, PARTS[name]) for name in BY_HAND},
         "import": importing.show, "connect": connect.show, "changes": changes.show}


def to_another_part() -> None:
    st.query_params.pop("open", None)


st.title(say("data_entry.title"), anchor=False)
st.caption(say("data_entry.what"))
asked = st.query_params.get("part")
if asked and asked not in SHOWS:  # an old or mistyped link: what it wanted to open is not a customer
    st.query_params.pop("open", None)
# A link on this very page (to a customer who looks alike, to an order) names a part; the control has to follow.
if "part" not in st.session_state or (asked in SHOWS and asked != st.session_state.get("part in address")):
    st.session_state["part"] = asked if asked in SHOWS else "customers"
part = st.pills(
    say("data_entry.part"),
    list(SHOWS),
    key="part",
    required=True,
    label_visibility="collapsed",
    on_change=to_another_part,
    wrap=True,
    format_func={name: say(f"table.{name}" if name in PARTS else f"data_entry.{name}") for name in SHOWS}.get,
)
st.query_params["part"] = st.session_state["part in address"] = part  # so that a reload or a link comes back here
show_message()
SHOWS[part]()
