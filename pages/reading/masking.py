"""Messages as they are shown and carried away: with personal data masked, unless the person asks to see it."""

from collections.abc import Sequence

import streamlit as st

from crm_core.text_mining import dictionary
from crm_core.text_mining.entities import Known, known, masked, writers
from ui import job, say, store

SHOW = "text show personal"


def switch() -> None:
    """Lets personal data be seen for as long as one stays on the page; nothing remembers it."""
    st.toggle(say("masking.personal"), key=SHOW, help=say("masking.personal_help"))


def names() -> Known:
    """What this shop's records know by name."""
    book = store()

    def work(_progress):
        with book.look() as look:
            return known(look, dictionary(look))

    revision = book.revision("customers", "orders", "products", "text_terms")
    return job(("names in texts", str(book.path), revision), say("masking.reading"), work)


def shown(texts: Sequence[str], customers: Sequence[int | None] | None = None) -> list[str]:
    """Texts as they may be shown, with every sign at its old place; `customers` are the ids of those they belong to."""
    if st.session_state.get(SHOW):
        return list(texts)
    who = None
    if customers is not None:
        with store().look() as look:
            who = writers(look, list(customers))
    return masked(list(texts), names(), who)
