"""How customers feel: over time, by what is known of the messages, the words that decide, and the messages."""

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.text_mining import dictionary
from crm_core.text_mining.concordance import holding
from crm_core.text_mining.sentiment import LEAST_LABELS, MOODS, NEGATIVE, POSITIVE, Moods, moods
from crm_core.text_mining.sentiment.labels import keep_label, labels_of
from crm_core.text_mining.sentiment.overview import by_month, deciding_words, ranked, shares
from pages.reading import asking
from pages.reading.asking import Reading, Wanted, language_words
from pages.reading.showing import LONGEST, card
from ui import chart, errors_in_words, job, plain, say, store, today, words

PAGE = 6  # messages at a time
COLOURS = {NEGATIVE: "red", POSITIVE: "green"}  # in the theme as in the charts
BY = ("channel", "language", "source", "category", "segment", "word")


def show() -> None:
    with errors_in_words():
        reading = asking.reading()
        if reading is None:
            return
        found = moods_of(reading)
        _figures(reading, found)
        left, right = st.columns(2, gap="large")
        with left:
            _over_time(found)
        with right:
            _by(found)
        _words(reading, found)
    _messages(found)


def moods_of(reading: Reading) -> Moods:
    """The moods of the messages asked for; learned from all that were written in the same direction."""
    book, alike = store(), Wanted(directions=reading.wanted.directions)
    rows = asking.rows_of(reading, alike)
    base = reading.every.where(rows)

    def work(progress):
        with book.look() as look:
            own, labels = dictionary(look), labels_of(look, base.messages)
        return moods(base, own, labels, progress=progress)

    key = ("moods", *reading.every_state, alike.directions, book.revision("text_labels"))
    found = job(key, say("mood.working"), work)
    return found if reading.rows[rows].all() else found.where(reading.rows[rows])


def _figures(reading: Reading, found: Moods) -> None:
    count = int(found.read.sum())
    with st.container(horizontal=True):
        for mood in MOODS:
            share = float((found.label[found.read] == mood).mean()) if count else 0.0
            st.metric(say(f"mood.{mood}"), plain("mood.share", share=share), border=True, width=170)
        balance = float(found.score[found.read].mean()) if count else 0.0
        st.metric(say("mood.balance"), f"{balance:+.2f}", border=True, width=170, help=say("mood.balance_help"))
    st.caption(say("text_mining.chosen", count=len(found.label), all=len(reading.every)))
    if found.labels:
        st.caption(say("mood.taught", count=found.labels))
    else:
        st.caption(say("mood.untaught", least=LEAST_LABELS))
    if count < len(found.read):
        st.info(say("mood.unread", count=len(found.read) - count))


def _over_time(found: Moods) -> None:
    months = by_month(found)
    if len(months) < 2:
        st.caption(say("mood.no_months"))
        return
    chart(charts.mood_over_time(months, today(), plain), key="mood over time")


def _by(found: Moods) -> None:
    told = found.corpus.messages
    members = store().frame("text_segments")
    there = [name for name in BY if name == "word" or (
        len(members) if name == "segment" else told[name].notna().any())]
    key = asking.kept("mood by", there[0])
    if st.session_state[key] not in there:
        st.session_state[key] = there[0]
    by = st.selectbox(say("mood.by"), there, key=key, width=260,
                      format_func={name: plain(f"mood.by_{name}") for name in there}.get)
    if by == "segment":
        pairs = pd.DataFrame({"row": range(len(told)), "customer_id": told.customer_id.to_numpy()}).dropna().merge(
            members, on="customer_id")
        kinds = shares(found, pairs["name"], pairs.row.to_numpy())
    else:
        values = _values(found, by)
        if values is None:
            return
        kinds = shares(found, values)
    if kinds.empty:
        st.caption(say("mood.too_few"))
    else:
        chart(charts.moods_by(plain(f"mood.by_{by}"), kinds.head(12), today(), plain), key="moods by")


def _values(found: Moods, by: str) -> pd.Series | None:
    told = found.corpus.messages
    if by == "word":
        word = st.text_input(say("mood.word"), key="mood word", placeholder=plain("mood.word_example")).strip()
        if not word:
            return None
        return holding(told.text, word).map(
            {True: plain("mood.with_word", word=word), False: plain("mood.without_word", word=word)})
    said = {"channel": lambda name: plain(f"choice.channel.{name}"), "language": language_words,
            "source": lambda name: plain(f"table.{name}"), "category": str}[by]
    return told[by].map(said, na_action="ignore")


def _words(reading: Reading, found: Moods) -> None:
    decide = job(("mood words", *reading.state, store().revision("text_labels")), say("mood.working"),
                 lambda _progress: deciding_words(found))
    for column, side in zip(st.columns(2, gap="large"), (NEGATIVE, POSITIVE), strict=True):
        with column:
            if (decide.side == side).any():
                chart(charts.mood_words(decide, side, today(), plain), key=f"mood words {side}")


@st.fragment
def _messages(found: Moods) -> None:
    st.subheader(say("mood.messages"), anchor=False)
    side = st.segmented_control(
        say("mood.which"), (NEGATIVE, POSITIVE), key="mood side", default=NEGATIVE, required=True, wrap=True,
        format_func={mood: plain(f"mood.most_{mood}") for mood in (NEGATIVE, POSITIVE)}.get,
        label_visibility="collapsed")
    st.caption(say("mood.messages_what"))
    rows = ranked(found, worst=side == NEGATIVE)
    # What a message asked stands in the request made of it once more: it is shown once.
    told = found.corpus.messages
    rows = rows[~told[["customer_id", "text"]].iloc[rows].duplicated().to_numpy()]
    most = PAGE * st.session_state.setdefault("mood pages", 1)
    some = told.iloc[rows[:most]]
    with store().look() as look:
        labels = labels_of(look, some)
    for row, message, text, label in zip(rows[:most], some.itertuples(), asking.shown(some), labels, strict=True):
        with st.container(gap="xsmall"):
            card(message, text, body=_marked(text, found.deciding(int(row))))
            _correct(message, str(found.label[row]), label)
    if len(rows) > most:
        st.button(say("reading.more"), key="mood more", on_click=_more)


def _more() -> None:
    st.session_state["mood pages"] += 1


def _correct(message, told: str, label: str | None) -> None:
    """What the mood was taken for, and the way to say otherwise."""
    key = f"mood of {message.source} {message.row_id}"
    if key not in st.session_state:
        st.session_state[key] = label
    st.pills(say("mood.told", mood=plain(f"mood.{told}")), MOODS, key=key,
             format_func={mood: plain(f"mood.{mood}") for mood in MOODS}.get, on_change=_keep,
             args=(key, message.source, int(message.row_id)))


def _keep(key: str, source: str, row_id: int) -> None:
    with errors_in_words(), store().batch("mood", plain(f"table.{source}") + f" {row_id}") as batch:
        keep_label(batch, source, row_id, st.session_state[key])
    st.toast(say("mood.kept"), icon=":material/check_circle:")


def _marked(text: str, deciding: list[tuple[int, int, float]]) -> str:
    """The text as markdown that shows it as it is, the deciding words coloured: strong ones on a coloured ground."""
    if len(text) > LONGEST:
        text, deciding = text[:LONGEST] + "…", [word for word in deciding if word[1] <= LONGEST]
    pieces, at = [], 0
    for start, end, weight in deciding:
        if start < at or not text[start:end].strip():
            continue
        colour = COLOURS[POSITIVE if weight > 0 else NEGATIVE]
        ground = f"{colour}-background" if abs(weight) >= 0.35 else colour
        pieces += [words.markdown_safe(text[at:start]), f":{ground}[{words.markdown_safe(text[start:end])}]"]
        at = end
    return "".join([*pieces, words.markdown_safe(text[at:])]).replace("\n", "  \n")
