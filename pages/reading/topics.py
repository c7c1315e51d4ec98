"""What the messages are about: topics found, looked into, edited, kept, refreshed."""

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.text_mining.topics import Topics, by_month, by_value, find, kept, message_map, place, typical
from pages.reading import asking, topic_editing
from pages.reading.asking import Reading, language_words
from pages.reading.showing import card
from ui import chart, errors_in_words, job, plain, say, store, table, today

NUMBERS = (0, *range(2, 41))  # 0: the number is proposed
NOW = 0  # in place of a kept run: found now
TYPICAL = 5
VIEWS = ("map", "time", "by")
BY = ("channel", "language", "source", "segment")


@dataclass(frozen=True, eq=False)
class Base:
    """Where the topics on the page come from: found now, or kept."""

    key: tuple  # what they depend on
    topics: Topics
    run: object | None  # the kept run


def show() -> None:
    with errors_in_words():
        reading = asking.reading()
        if reading is None:
            return
        base = base_of(reading)
        topics = topic_editing.edited(base.key, base.topics)
        _figures(reading, topics)
        topic_editing.keep_bar(reading, base, topics)
        left, right = st.columns(2, gap="large")
        with left:
            chart(charts.topic_sizes(topics, today(), plain), key="topic sizes")
        with right:
            chosen = choose(topics)
            st.markdown(say("topics.its_words", words=plain("cards.comma").join(topics.top(chosen))))
            topic_editing.edit(reading, base, topics, chosen)
            st.page_link("pages/text_mining.py", label=say("topics.summarise"), icon=":material/notes:",
                         query_params={"part": "summary", "of": "topic"})
        _typical(reading, topics, chosen)
        _more(reading, base, topics, chosen)


def base_of(reading: Reading) -> Base:
    """The topics that are asked for, on the chosen messages."""
    with store().look() as look:
        runs = {run.run_id: run for run in kept(look)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run_id = NOW
        if runs:
            _forget_gone(runs)
            run_id = st.selectbox(
                say("topics.from"), (NOW, *runs), key=asking.kept("topics from", NOW), width=340,
                format_func={NOW: plain("topics.found_now"), **{
                    run.run_id: plain("topics.kept_on", name=run.name, as_of=run.as_of)
                    for run in runs.values()}}.get)
        if run_id == NOW:
            number = st.selectbox(
                say("topics.number"), NUMBERS, key=asking.kept("topics number", 0), width=200,
                help=say("topics.number_help"),
                format_func={0: plain("topics.proposed"), **{k: str(k) for k in NUMBERS[1:]}}.get)
    if run_id != NOW:
        run = runs[run_id]
        key = ("topics placed", run_id, topic_editing.told_of(run.topics), *reading.state)
        return Base(key, job(key, say("topics.placing"), lambda progress: place(run.topics, reading.chosen, progress)),
                    run)
    key = ("topics", number, *reading.state)
    found = job(key, say("topics.finding"),
                lambda progress: find(reading.chosen, number or None, progress=progress))
    return Base(key, found, None)


def _forget_gone(runs: dict) -> None:
    """A kept run that was chosen and has been deleted since is chosen no longer."""
    key, values = "topics from", st.session_state.setdefault("text chosen", {})
    if st.session_state.get(f"text {key}", values.get(key, NOW)) not in (NOW, *runs):
        st.session_state.pop(f"text {key}", None)
        values[key] = NOW


def _figures(reading: Reading, topics: Topics) -> None:
    with st.container(horizontal=True):
        st.metric(say("topics.k"), topics.k, border=True, width=170,
                  help=say("topics.k_help") if topics.proposed else None)
        st.metric(say("topics.coverage"), f"{topics.coverage:.0%}", border=True, width=170,
                  help=say("topics.coverage_help", count=int((topics.assigned < 0).sum())))
        stability = "–" if topics.stability != topics.stability else f"{topics.stability:.2f}"
        st.metric(say("topics.stability"), stability, border=True, width=170, help=say("topics.stability_help"))
        st.metric(say("topics.npmi"), f"{topics.npmi:.2f}", border=True, width=170, help=say("topics.npmi_help"))
    st.caption(say("text_mining.chosen", count=len(reading.chosen), all=len(reading.every)))
    if topics.stability < 0.6:
        st.warning(say("topics.unsure"), icon=":material/warning:")


def choose(topics: Topics) -> int:
    """The topic to look into, the same in every part of the page."""
    names = charts.numbered_topics(topics)
    key = asking.kept("topic", 0)
    if st.session_state[key] not in names:
        st.session_state[key] = 0
    return st.selectbox(say("topics.look_at"), list(names), key=key, format_func=names.get)


def _typical(reading: Reading, topics: Topics, chosen: int) -> None:
    told = reading.chosen.messages
    rows = typical(topics, chosen, told.text, TYPICAL)
    with st.expander(say("topics.typical", count=int(topics.sizes[chosen])), expanded=False):
        some = told.iloc[rows]
        for row, text in zip(some.itertuples(), asking.shown(some), strict=True):
            card(row, text)


def _more(reading: Reading, base: Base, topics: Topics, chosen: int) -> None:
    view = st.segmented_control(
        say("topics.view"), VIEWS, key=asking.kept("topics view", VIEWS[0]), required=True, wrap=True,
        label_visibility="collapsed", format_func={name: say(f"topics.view_{name}") for name in VIEWS}.get)
    {"map": _map, "time": _time, "by": _by}[view](reading, base, topics, chosen)
    if len(topics.by_k) > 1:
        with st.expander(say("topics.why_so_many")):
            chart(charts.topic_number(topics, today(), plain), key="topic number")
    _table(reading, topics)


def _map(reading: Reading, base: Base, topics: Topics, chosen: int) -> None:
    # The dots stay where they are while topics are edited: only their colours change.
    drawn = replace(base.topics, names=("",) * base.topics.k)
    told = job(("topic map", topic_editing.told_of(drawn), *reading.state), say("topics.drawing"),
               lambda _progress: message_map(drawn, reading.chosen))
    told = told.assign(topic=topics.assigned[told.row])
    texts = [text if len(text) <= 120 else text[:119] + "…"
             for text in asking.shown(reading.chosen.messages.iloc[told.row])]
    chart(charts.topic_map(topics, told, pd.Series(texts), today(), plain), key="topic map")


def _time(reading: Reading, base: Base, topics: Topics, chosen: int) -> None:
    told = by_month(topics, reading.chosen.messages.occurred_at)
    if told.month.nunique() < 2:
        st.info(say("topics.one_month"))
        return
    chart(charts.topics_by_month(topics, told, chosen, today(), plain), key="topics by month")


def _by(reading: Reading, base: Base, topics: Topics, chosen: int) -> None:
    what = st.segmented_control(
        say("topics.by"), BY, key=asking.kept("topics by", BY[0]), required=True, wrap=True,
        label_visibility="collapsed", format_func={name: say(f"topics.by_{name}") for name in BY}.get)
    told, positions = reading.chosen.messages, None
    if what == "segment":
        members = store().frame("text_segments")
        pairs = pd.DataFrame({"row": range(len(told)), "customer_id": told.customer_id.to_numpy()}).dropna().merge(
            members, on="customer_id")
        positions, values = pairs.row.to_numpy(), pairs.segment_id.to_numpy()
        words = dict(zip(members.segment_id, members.name, strict=True))
    else:
        known = told[what].notna().to_numpy()
        positions, values = known.nonzero()[0], told[what].to_numpy()[known]
        words = {value: language_words(value) if what == "language" else plain(
            f"text_filter.{value}" if what == "source" else f"choice.channel.{value}") for value in set(values)}
    if not len(values):
        st.info(say("topics.no_values"))
        return
    chart(charts.topics_by_value(topics, by_value(topics, positions, values), words, plain(f"topics.by_{what}"),
                                 today(), plain), key="topics by value")


def _table(reading: Reading, topics: Topics) -> None:
    frame = pd.DataFrame({
        "topic": range(1, topics.k + 1), "name": topics.names,
        "words": [", ".join(topics.top(topic)) for topic in range(topics.k)], "messages": topics.sizes,
        "share": topics.sizes / max(1, len(topics.assigned)), "npmi": topics.coherence})
    table(frame, "topics", {
        "topic": plain("topics.column_number"), "name": plain("chart.topics.topic"),
        "words": plain("chart.topics.words"),
        "messages": plain("chart.topics.messages"), "share": plain("chart.topics.share"),
        "npmi": plain("topics.npmi")}, formats={"share": "percent", "npmi": "%.2f"})
