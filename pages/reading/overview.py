"""How many messages there are, what is new among them, and the newest of them."""

import numpy as np
import streamlit as st

from crm_core import charts
from crm_core.text_mining.concordance import as_typed
from crm_core.text_mining.overview import figures
from pages.reading import asking, comparing
from pages.reading.asking import Reading, language_words
from pages.reading.showing import card
from ui import chart, errors_in_words, job, plain, say, today

NEWS = 8
PAGE = 8  # messages at a time


def show() -> None:
    with errors_in_words():
        reading = asking.reading()
        if reading is None:
            return
        _figures(reading)
    told = reading.chosen.messages
    left, right = st.columns(2, gap="large")
    with left, errors_in_words():
        _news(reading)
    with right:
        chart(charts.messages_by_month(told.occurred_at, today(), plain), key="messages by month")
    counts = {"channel": {plain(f"choice.channel.{name}"): int(count)
                          for name, count in told.channel.value_counts().items() if count},
              "language": {language_words(code): int(count)
                           for code, count in told.language.value_counts().items() if count}}
    for column, (what, by) in zip(st.columns(2, gap="large"), counts.items(), strict=True):
        if by:
            with column:
                chart(charts.messages_by(what, by, today(), plain), key=f"messages by {what}")
    _newest(reading)


def _figures(reading: Reading) -> None:
    found = job(("text figures", *reading.state), say("reading.counting"), lambda _progress: figures(reading.chosen))
    with st.container(horizontal=True):
        for name in ("messages", "customers", "requests", "repeated"):
            st.metric(say(f"reading.{name}"), f"{getattr(found, name):,}", border=True, width=170,
                      help=say(f"reading.{name}_help"))
    st.caption(say("text_mining.chosen", count=found.messages, all=len(reading.every)))
    if found.unread:
        others = [f"{language_words(code)} {count:,}" for code, count in found.languages.items()
                  if code not in ("en", "zh", "none")]
        st.info(say("reading.unread", count=found.unread, languages=plain("cards.comma").join(others[:6])))
    if found.wordless:
        st.caption(say("reading.wordless", count=found.wordless))


def _news(reading: Reading) -> None:
    """What is said more often than before, in a line."""
    here, there, name, _ = comparing.against_before(reading)
    if not here.any() or not there.any():
        return
    told = comparing.compared(reading, here, there, ("time",))
    news = told[(told.q <= comparing.SURE) & (told.log_ratio > 0)].head(NEWS)
    with st.container(border=True):
        st.markdown(f"**{say('reading.news', period=name)}**")
        if not len(news):
            st.caption(say("reading.no_news"))
        st.markdown("\n".join("- " + say(
            "reading.news_line" if row.there else "reading.news_first", term=row.term, here=int(row.here),
            share=float(row.share_here), before=float(row.share_there)) for row in news.itertuples()))
        st.page_link("pages/text_mining.py", label=say("reading.more_words"), icon=":material/arrow_forward:",
                     query_params={"part": "keywords"})


@st.fragment
def _newest(reading: Reading) -> None:
    st.subheader(say("reading.newest"), anchor=False)
    searched = st.text_input(say("reading.search"), key="text search", icon=":material/search:", live="400ms",
                             placeholder=plain("reading.search_example"), label_visibility="collapsed")
    # What a message asked stands in the request made of it once more: it is shown once.
    told = reading.chosen.messages.drop_duplicates(["customer_id", "text"], keep="last")
    wanted = as_typed(searched) if searched and searched.strip() else None
    rows = np.arange(len(told))[::-1]
    if wanted:
        rows = np.array([row for row, text in enumerate(told.text) if wanted.search(text)], int)[::-1]
        st.caption(say("reading.found", count=len(rows)))
    most = PAGE * st.session_state.setdefault("text pages", 1)
    some = told.iloc[rows[:most]]
    for row, text in zip(some.itertuples(), asking.shown(some), strict=True):
        card(row, text, wanted)
    if len(rows) > most:
        st.button(say("reading.more"), key="text more", on_click=_more)


def _more() -> None:
    st.session_state["text pages"] += 1
