"""The words of the chosen messages, and what they are compared with."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from crm_core.text_mining.keywords import Terms, keyness, terms
from crm_core.text_mining.overview import newest
from pages.reading import asking
from pages.reading.asking import Reading
from ui import job, plain, say, store, today

NEW_DAYS = 30
SURE = 0.05  # the false-discovery rate up to which a word counts as a finding
WITH = ("time", "channel", "source", "segment")


def terms_there(reading: Reading) -> Terms:
    """The words and phrases of all messages, whatever narrows them: a filter then only takes rows."""
    return job(("terms", *reading.every_state), say("reading.counting"), lambda _progress: terms(reading.every))


def against_before(reading: Reading) -> tuple[np.ndarray, np.ndarray, str, str]:
    """The chosen period against all before it; without one, the last thirty days: masks and their words."""
    when = reading.every.messages.occurred_at
    if reading.wanted.since:
        here = reading.rows
        alike = asking.rows_of(reading, replace(reading.wanted, since=None, until=None))
        there = alike & (when < pd.Timestamp(reading.wanted.since)).to_numpy()
        return here, there, plain("reading.this_period"), plain("reading.before_it")
    fresh = newest(when, today(), NEW_DAYS)
    return reading.rows & fresh, reading.rows & ~fresh, plain("text_filter.last", days=NEW_DAYS), plain(
        "reading.before_it")


def compared(reading: Reading, here: np.ndarray, there: np.ndarray, what: tuple) -> pd.DataFrame:
    """Keyness of messages here against those there; `what` tells one comparison of the same messages from another."""
    found = terms_there(reading)
    return job(("keyness", *reading.state, *what), say("reading.comparing"),
               lambda _progress: keyness(found, here, there))


def ask(reading: Reading) -> tuple[np.ndarray, np.ndarray, str, str, tuple] | None:
    """What with what; None, after a word about it, where there is nothing to compare."""
    told, book = reading.every.messages, store()
    segments = book.frame("segments_kept")
    ways = [way for way in WITH if (way != "segment" or len(segments)) and (
        way not in ("channel", "source") or told[way][reading.rows].nunique() > 1)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.selectbox(say("reading.compare"), ways, key=asking.kept("compare", "time"), width=260,
                           format_func={name: plain(f"reading.compare_{name}") for name in ways}.get)
        if way == "time":
            here, there, name, other = against_before(reading)
            chosen = None
        else:
            values = {row.id: row.name for row in segments.itertuples()} if way == "segment" else {
                value: plain(f"choice.channel.{value}" if way == "channel" else f"text_filter.{value}")
                for value in sorted(told[way][reading.rows].dropna().unique())}
            chosen = st.selectbox(say(f"reading.which_{way}"), list(values), key=asking.kept(f"compare {way}", next(
                iter(values))), width=260, format_func=values.get)
            if way == "segment":
                members = book.frame("segment_customers", segment_id=int(chosen)).id
                inside = told.customer_id.isin(members).to_numpy()
            else:
                inside = (told[way] == chosen).to_numpy()
            here, there = reading.rows & inside, reading.rows & ~inside
            name, other = values[chosen], plain("reading.all_others")
    if not here.any() or not there.any():
        st.info(say("reading.nothing_to_compare"))
        return None
    stamp = book.revision("segments", "segment_members", "customers") if way == "segment" else None
    return here, there, name, other, (way, chosen, stamp)
