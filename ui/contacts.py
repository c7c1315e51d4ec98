"""A list of people to contact, by a channel and with their consent; whoever is left out is counted."""

from collections.abc import Callable, Hashable

import streamlit as st

from crm_core.contacts import contact_list
from crm_core.tables import CHANNELS
from ui import carry_away, errors_in_words, plain, say, store
from ui.forms import remember

COLUMNS = ("customer_no", "name", "address")


@st.cache_data(max_entries=20, show_spinner=False)
def _list(path: str, revision: int, channel: str, whose: Hashable, _customer_ids: Callable):
    with store().look() as look:
        return contact_list(look, channel, customer_ids=_customer_ids())


def contacts(key: str, name: str, whose: Hashable, customer_ids: Callable) -> None:
    """Ask for a channel, say who of some customers can be contacted by it and who not, and offer the list.

    `customer_ids` gives the customers; `whose` is all that they depend on, for they may be a million.
    """
    st.markdown(f"**{say('contacts.title')}**")
    st.caption(say("contacts.what"))
    channel = st.selectbox(
        say("contacts.channel"), CHANNELS, index=None, key=remember(f"{key} channel"), width=220,
        placeholder=plain("contacts.choose"),
        format_func={channel: plain(f"choice.channel.{channel}") for channel in CHANNELS}.get)
    if not channel:
        return
    with errors_in_words():
        found = _list(str(store().path), store().revision(), channel, whose, customer_ids)
    st.markdown(say("contacts.found", count=len(found.people), asked=found.asked,
                    channel=plain(f"choice.channel.{channel}")))
    for reason, count in found.left_out.items():
        if count:
            st.caption("– " + say(f"contacts.left_out.{reason}", count=count))
    if len(found.people):
        labels = {column: plain(f"contacts.column.{column}") for column in COLUMNS}
        carry_away(lambda: found.people[list(COLUMNS)].rename(columns=labels), key=f"{key} contacts {channel}",
                   name=f"{name} {plain(f'choice.channel.{channel}')}", rows=len(found.people))
