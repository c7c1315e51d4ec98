"""A piece of a message as a line: what is said, by whom and when, and the way to the record."""

import streamlit as st

from ui import language, say, words

LONGEST = 280  # signs of a message in a line


def line(said: str, message, share: float | None = None) -> None:
    """`said` is plain text of `message`, a row of a corpus; `share` of all sentences are told by it."""
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        when = words.day(language(), message.occurred_at)
        way = say(f"choice.channel.{message.channel}") if isinstance(message.channel, str) else ""
        told = " · ".join(part for part in (when, way, say("summary.stands_for", share=share) if share else "") if part)
        st.markdown(f"{words.markdown_safe(said)}  \n:gray[:small[{told}]]", width="stretch")
        st.page_link("pages/data_entry.py", label=say("customer.open"), width="content",
                     query_params={"part": message.source, "open": str(int(message.row_id))})


def shortened(text: str) -> str:
    one = " ".join(text.split())
    return one if len(one) <= LONGEST else one[:LONGEST - 1] + "…"
