"""Which words and phrases tell, where they differ, which belong together, and where they stand."""

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.text_mining.concordance import as_typed, contexts, pattern
from crm_core.text_mining.keywords import Terms, keywords, over_time
from crm_core.text_mining.phrases import MEASURES, collocations
from pages.reading import asking, comparing
from pages.reading.asking import Reading
from pages.reading.showing import concordance
from ui import chart, errors_in_words, job, plain, say, table, today

VIEWS = ("telling", "compared", "together")
MOST = 200
MOST_CONTEXTS = 60
BARS = 10  # of a comparison, each way


def show() -> None:
    with errors_in_words():
        reading = asking.reading()
        if reading is None:
            return
        st.caption(say("text_mining.chosen", count=int(reading.rows.sum()), all=len(reading.every)))
        found = comparing.terms_there(reading)
        view = st.segmented_control(
            say("reading.view"), VIEWS, key=asking.kept("words view", VIEWS[0]), required=True, wrap=True,
            label_visibility="collapsed", format_func={name: say(f"reading.view_{name}") for name in VIEWS}.get)
        st.caption(say(f"reading.view_{view}_what"))
        picked = {"telling": _telling, "compared": _compared, "together": _together}[view](reading, found)
        _look_up(reading, found, picked)


def _telling(reading: Reading, found: Terms) -> str | None:
    told = job(("keywords", *reading.state), say("reading.counting"),
               lambda _progress: keywords(found.where(reading.rows), MOST))
    if not len(told):
        st.info(say("reading.no_words"))
        return None
    left, right = st.columns(2, gap="large")
    with left:
        chart(charts.keyword_bars(told, today(), plain), key="keyword bars")
    with right:
        chart(charts.keyword_cloud(told, today(), plain), key="keyword cloud")
    return _listed(told, {
        "term": plain("chart.keyword_bars.term"), "messages": plain("chart.messages_by_month.messages"),
        "share": plain("chart.keyword_bars.share"), "count": plain("chart.keyword_bars.count"),
        "weight": plain("reading.weight")}, "keywords")


def _compared(reading: Reading, found: Terms) -> str | None:
    asked = comparing.ask(reading)
    if asked is None:
        return None
    here, there, name, other, what = asked
    told = comparing.compared(reading, here, there, what)
    sure = told[told.q <= comparing.SURE]
    st.markdown(say("reading.compared", here=int(here.sum()), there=int(there.sum()), name=name, other=other,
                    tested=len(told), sure=len(sure)))
    more, less = sure[sure.log_ratio > 0].head(BARS), sure[sure.log_ratio < 0].head(BARS)
    if len(more) + len(less):
        chart(charts.keyness_bars(pd.concat([more, less]), name, other, today(), plain), key="keyness bars")
    labels = {name: plain(f"reading.key_{name}") for name in (
        "here", "there", "share_here", "share_there", "log_ratio", "likelihood", "q")}
    return _listed(told.head(MOST), {"term": plain("chart.keyword_bars.term"), **labels}, "keyness")


def _together(reading: Reading, found: Terms) -> str | None:
    measure = st.selectbox(
        say("reading.measure"), MEASURES, key=asking.kept("measure", MEASURES[0]), width=300,
        format_func={name: plain(f"reading.measure_{name}") for name in MEASURES}.get,
        help=say("reading.measure_help"))
    told = job(("collocations", measure, *reading.state), say("reading.counting"),
               lambda _progress: collocations(reading.chosen, measure, most=MOST))
    if not len(told):
        st.info(say("reading.no_phrases"))
        return None
    return _listed(told.rename(columns={"phrase": "term"}), {
        "term": plain("reading.phrase"), "messages": plain("chart.messages_by_month.messages"),
        "count": plain("chart.keyword_bars.count"), "score": plain(f"reading.measure_{measure}")}, "collocations")


def _listed(told: pd.DataFrame, labels: dict[str, str], name: str) -> str | None:
    """The list; the word of the line that is picked."""
    answer = table(told, key=f"{name} list", labels=labels, name=plain(f"reading.file_{name}"),
                   formats={"share": "percent", "share_here": "percent", "share_there": "percent", "weight": "%.1f",
                            "score": "%.3g", "log_ratio": "%+.2f", "likelihood": "%.1f", "q": "%.2g"},
                   on_select="rerun", selection_mode="single-row", height=320)
    rows = answer.selection.rows
    return str(told.term.iloc[rows[0]]) if rows and rows[0] < len(told) else None


# --- one word ---------------------------------------------------------------------------------------------------------


def _look_up(reading: Reading, found: Terms, picked: str | None) -> None:
    """A word's months and the places where it stands."""
    st.subheader(say("reading.look_up"), anchor=False)
    st.caption(say("reading.look_up_what"))
    if picked and picked != st.session_state.get("text picked"):
        st.session_state["text word"] = picked
    st.session_state["text picked"] = picked
    typed = st.text_input(say("reading.look_up"), key=asking.kept("word", ""), icon=":material/search:",
                          placeholder=plain("reading.search_example"), label_visibility="collapsed")
    if not typed or not typed.strip():
        return
    word = typed.strip()
    known = {name: place for place, name in enumerate(found.names)}.get(word.lower())
    wanted = as_typed(word) if known is None else pattern(found.forms[known])
    texts = reading.chosen.messages.text
    having = job(("having", word, *reading.state), say("reading.counting"), lambda _progress: texts.map(
        lambda text: wanted.search(text) is not None).to_numpy(bool))
    if not having.any():
        st.info(say("reading.not_there", word=word))
        return
    st.markdown(say("reading.stands_in", word=word, count=int(having.sum()), share=float(having.mean())))
    months = over_time(having, reading.chosen.messages.occurred_at)
    if len(months) > 1:
        chart(charts.term_by_month(word, months, today(), plain), key="term by month")
    rows = having.nonzero()[0][::-1]  # the newest first
    told = reading.chosen.messages.iloc[rows[:MOST_CONTEXTS]]
    places = contexts(list(told.text), wanted, MOST_CONTEXTS, shown=asking.shown(told))
    st.caption(say("reading.contexts", shown=len(places), count=int(having.sum())))
    concordance(told, places, wanted, key="contexts")
