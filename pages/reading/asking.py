"""Which messages are read, kept from part to part, and their words."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import streamlit as st

from crm_core.text_mining import Corpus, corpus, dictionary, messages
from ui import job, say, store, today
from ui.segment import segment_filter


@dataclass(frozen=True)
class Wanted:
    """Which messages; empty means all."""

    sources: tuple[str, ...] = ()  # communications, service_requests
    directions: tuple[str, ...] = ("in",)
    channels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    segment: int | None = None


@dataclass(frozen=True, eq=False)
class Reading:
    """What a part of the page reads."""

    every: Corpus  # all that was ever written
    rows: np.ndarray  # bool, one a message of `every`: those asked for
    wanted: Wanted
    state: tuple  # what all of it depends on: the key of a job, with a word of its own before it

    @property
    def chosen(self) -> Corpus:
        return self.every.where(self.rows)


def reading() -> Reading | None:
    """The messages that are asked for; shows what narrows them. None, after a word of what to do, without any."""
    book = store()
    state = (str(book.path), today(), book.revision("communications", "service_requests", "text_terms", "products"))

    def work(progress):
        with book.look() as look:
            own, found = dictionary(look), messages(look, today())
        return corpus(found, own, progress) if len(found) else None

    every = job(("texts", *state), say("text_mining.reading"), work)
    if every is None:
        st.info(say("text_mining.nothing_there"), icon=":material/table_view:")
        st.page_link("pages/data_entry.py", label=say("home.import_a_file"), icon=":material/upload_file:",
                     query_params={"part": "import"})
        return None
    wanted = _ask(every)
    return Reading(every, _rows(every, wanted), wanted, (*state, wanted))


def _ask(every: Corpus) -> Wanted:
    wanted = st.session_state.setdefault("text wanted", Wanted())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        segment = segment_filter("text")
    wanted = st.session_state["text wanted"] = replace(wanted, segment=segment)
    return wanted


def _rows(every: Corpus, wanted: Wanted) -> np.ndarray:
    told, rows = every.messages, np.ones(len(every), bool)
    for column, values in (("source", wanted.sources), ("direction", wanted.directions), ("channel", wanted.channels),
                           ("language", wanted.languages)):
        if values:
            rows &= told[column].isin(values).to_numpy()
    return rows
