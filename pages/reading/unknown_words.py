"""Chinese words that the segmenter does not know, proposed from the messages; one click keeps them."""

import pandas as pd
import streamlit as st

from crm_core.text_mining import dictionary
from crm_core.text_mining.dictionary import keep_terms
from crm_core.text_mining.new_words import new_words
from pages.reading.asking import Reading
from pages.reading.masking import shown
from pages.reading.own_words import wrote
from ui import job, plain, say, store

MOST = 100  # words that are proposed


def show(reading: Reading) -> None:
    st.caption(say("unknown_words.what"))
    if not st.toggle(say("unknown_words.look"), key="unknown words look"):
        return
    book = store()

    def work(progress):
        with book.look() as look:
            own = dictionary(look)
        told = reading.every.messages
        return new_words(told.text[told.language == "zh"], own, progress=progress)[:MOST]

    found = job(("unknown words", *reading.state[:3]), say("unknown_words.looking"), work)
    if not found:
        st.info(say("unknown_words.none"))
        return
    texts = reading.every.messages.text
    frame = pd.DataFrame({
        "word": [new.word for new in found], "count": [new.count for new in found],
        "cohesion": [new.cohesion for new in found], "freedom": [new.freedom for new in found],
        "example": shown([_example(texts, new.word) for new in found])})
    column = st.column_config
    picked = st.dataframe(
        frame, hide_index=True, key="unknown words", on_select="rerun", selection_mode="multi-row", height=320,
        column_config={
            "word": column.Column(plain("column.text_terms.term")),
            "count": column.NumberColumn(plain("unknown_words.count"), format="localized"),
            "cohesion": column.NumberColumn(plain("unknown_words.cohesion"), format="%.1f",
                                            help=plain("unknown_words.cohesion_help")),
            "freedom": column.NumberColumn(plain("unknown_words.freedom"), format="%.1f",
                                           help=plain("unknown_words.freedom_help")),
            "example": column.Column(plain("unknown_words.example"), width="large")}).selection.rows
    rows = [found[place].word for place in picked if place < len(found)]
    if st.button(say("unknown_words.keep", count=len(rows)), key="unknown words keep", type="primary",
                 icon=":material/add:", disabled=not rows):
        with book.batch("add", plain("table.text_terms")) as batch:
            keep_terms(batch, [{"kind": "keep", "language": "zh", "term": word} for word in rows])
        wrote(batch.number, say("unknown_words.kept", count=len(rows), number=batch.number))


def _example(texts: pd.Series, word: str, beside: int = 18) -> str:
    """The first message that has the word, cut round it."""
    text = texts[texts.str.contains(word, regex=False)].iloc[0].replace("\n", " ")
    place = text.index(word)
    first, last = max(0, place - beside), place + len(word) + beside
    return ("…" if first else "") + text[first:last] + ("…" if last < len(text) else "")
