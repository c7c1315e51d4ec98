"""A message as a card, and a word where it stands: with the way to the record."""

import re
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from crm_core.text_mining.concordance import Context
from pages.reading.asking import language_words, shown
from ui import carry_away, plain, say, words

LONGEST = 600  # signs of a message on a card


def card(row, text: str, marked: re.Pattern | None = None, body: str | None = None) -> None:
    """One message: when, how and in which language, its text, the ways to its record and its customer.

    `row` is a row of the corpus' messages, `text` what may be shown of it; what `marked` finds is marked, or
    `body` is the text as markdown already.
    """
    with st.container(border=True, gap="xsmall"):
        told = [f"{row.occurred_at:%Y-%m-%d %H:%M}", *(
            plain(f"choice.{column}.{getattr(row, column)}") for column in ("channel", "direction")
            if isinstance(getattr(row, column), str)), language_words(row.language)]
        st.caption(words.markdown_safe(" · ".join(told)))
        st.markdown(body or _marked(text[:LONGEST] + ("…" if len(text) > LONGEST else ""), marked))
        with st.container(horizontal=True):
            st.page_link("pages/data_entry.py", label=say(f"reading.open_{row.source}"), icon=":material/open_in_new:",
                         query_params={"part": row.source, "open": str(int(row.row_id))})
            if pd.notna(row.customer_id):
                st.page_link("pages/data_entry.py", label=say("reading.open_customer"), icon=":material/person:",
                             query_params={"part": "customers", "open": str(int(row.customer_id))})


def concordance(told: pd.DataFrame, found: Sequence[Context], marked: re.Pattern, key: str) -> None:
    """Contexts in some messages as lines with the word in the middle; the one that is picked is shown as a whole."""
    told = told.iloc[[context.row for context in found]]
    frame = pd.DataFrame({
        "before": [context.before for context in found], "word": [context.word for context in found],
        "after": [context.after for context in found], "when": told.occurred_at.to_numpy(),
        "channel": [plain(f"choice.channel.{name}") if isinstance(name, str) else "" for name in told.channel]})
    column = st.column_config
    answer = st.dataframe(
        frame, hide_index=True, key=key, on_select="rerun", selection_mode="single-row", column_config={
            "before": column.Column(plain("reading.before"), alignment="right", width=330),
            "word": column.Column(plain("reading.word"), alignment="center", width=100),
            "after": column.Column(plain("reading.after"), width=330),
            "when": column.DateColumn(plain("reading.when"), format="YYYY-MM-DD", width="small"),
            "channel": column.Column(plain("column.communications.channel"), width="small")})
    labels = {name: plain(f"reading.{name}") for name in ("before", "word", "after", "when")}
    carry_away(lambda: frame.rename(columns={**labels, "channel": plain("column.communications.channel")}), key=key,
               name=key, rows=len(frame))
    picked = answer.selection.rows
    if picked and picked[0] < len(found):
        one = told.iloc[[picked[0]]]
        card(next(one.itertuples()), shown(one)[0], marked)


def _marked(text: str, marked: re.Pattern | None) -> str:
    """The text as markdown that shows it as it is, what is found on a coloured ground."""
    pieces, at = [], 0
    for hit in marked.finditer(text) if marked else ():
        if hit.end() > hit.start():
            pieces += [words.markdown_safe(text[at:hit.start()]),
                       f":orange-background[{words.markdown_safe(hit.group())}]"]
            at = hit.end()
    return "".join([*pieces, words.markdown_safe(text[at:])]).replace("\n", "  \n")
