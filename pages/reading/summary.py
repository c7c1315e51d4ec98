"""What was said, in a length of one's own: of the chosen messages, a topic's, a customer's, one or a text put in."""

import pandas as pd
import streamlit as st

from crm_core.text_mining.concordance import holding
from crm_core.text_mining.summary import UNITS, joined, summarise
from pages.reading import asking, topic_editing, topics
from ui import errors_in_words, job, language, plain, say, store, table, words
from ui.forms import pick, remember

OF = ("chosen", "topic", "customer", "message", "text")
LENGTHS = {"sentences": 5, "characters": 400}
LONGEST = 1_000_000
MOST_LISTED = 200  # messages to choose one from
HEAD = 280  # signs of a message in that list


def show() -> None:
    with errors_in_words():
        reading = asking.reading()
        if reading is None:
            return
        st.caption(say("summary.what"))
        of, length, unit = _ask()
        {"chosen": _chosen, "topic": _topic, "customer": _customer, "message": _message, "text": _text}[of](
            reading, length, unit)


def _ask() -> tuple[str, int, str]:
    _from_address()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        of = st.segmented_control(say("summary.of"), OF, key=remember("summary of", OF[0]), required=True, wrap=True,
                                  format_func={name: say(f"summary.of_{name}") for name in OF}.get)
        unit = st.segmented_control(say("summary.unit"), UNITS, key=remember("summary unit", UNITS[0]), required=True,
                                    format_func={name: say(f"summary.unit_{name}") for name in UNITS}.get)
        # No least value: of a length of nothing a sentence tells more than a field that does not move.
        length = st.number_input(say("summary.length"), key=remember(f"summary length {unit}", LENGTHS[unit]),
                                 max_value=LONGEST, step=1 if unit == "sentences" else 50, width=150)
    return of, int(length), unit


def _from_address() -> None:
    """?part=summary&customer=17 leads here from a customer's page, &of=topic from the topics; what is chosen afterwards
    holds."""
    if st.query_params.pop("of", None) == "topic":
        st.session_state["summary of"] = "topic"
    asked = st.query_params.get("customer", "")
    if asked.isdigit() and asked != st.session_state.get("summary address"):
        st.session_state["summary of"], st.session_state["summary customer chosen"] = "customer", int(asked)
    st.session_state["summary address"] = asked


def _chosen(reading, length: int, unit: str) -> None:
    word, messages = _with_word(reading, say("summary.with_word"), "summary word")
    if messages.empty:
        st.info(say("summary.none_chosen"), icon=":material/filter_alt:")
        return
    st.subheader(say("summary.title_chosen", count=len(messages)), anchor=False)
    _show(messages, length, unit, ("chosen", *reading.state, word))


def _with_word(reading, label: str, key: str) -> tuple[str, pd.DataFrame]:
    """What is typed, and the chosen messages that hold it."""
    word = st.text_input(label, key=remember(key, ""), icon=":material/search:", width=320, live="400ms").strip()
    messages = reading.chosen.messages
    return word, messages[holding(messages.text, word)] if word else messages


def _topic(reading, length: int, unit: str) -> None:
    base = topics.base_of(reading)
    found = topic_editing.edited(base.key, base.topics)
    chosen = topics.choose(found)
    messages = reading.chosen.messages[found.assigned == chosen]
    if messages.empty:
        st.info(say("summary.none_chosen"), icon=":material/filter_alt:")
        return
    st.subheader(say("summary.title_topic", name=found.names[chosen], count=len(messages)), anchor=False)
    _show(messages, length, unit, ("topic", *base.key, topic_editing.told_of(found), chosen))


def _customer(reading, length: int, unit: str) -> None:
    customer = pick("customers", say("summary.whose"), "summary customer")
    if customer is None:
        st.query_params.pop("customer", None)
        st.session_state["summary address"] = ""
        return
    st.query_params["customer"] = st.session_state["summary address"] = str(customer)
    every = reading.every.messages
    theirs = (every.customer_id == customer).to_numpy()
    messages = every[theirs & reading.rows]
    if messages.empty:
        st.info(say("summary.none_of_customer", all=int(theirs.sum())), icon=":material/filter_alt:")
        return
    st.subheader(say("summary.title_customer", count=len(messages), first=messages.occurred_at.min(),
                     last=messages.occurred_at.max()), anchor=False)
    _show(messages, length, unit, ("customer", *reading.state, customer))


def _message(reading, length: int, unit: str) -> None:
    word, messages = _with_word(reading, say("summary.find_message"), "summary find")
    if messages.empty:
        st.info(say("summary.none_chosen"), icon=":material/filter_alt:")
        return
    # The longest first: who wants a message shorter has a long one.
    listed = messages.assign(signs=messages.text.str.len()).sort_values(
        ["signs", "occurred_at"], ascending=False, kind="stable").head(MOST_LISTED)
    st.caption(say("summary.choose_message", count=len(listed), all=len(messages)))
    shown = asking.shown(listed)
    picked = table(listed.assign(text=[_head(text) for text in shown]), key=f"summary messages {word}",
                   labels={"occurred_at": plain("column.communications.occurred_at"), "text": plain("summary.message"),
                           "signs": plain("summary.signs")},
                   on_select="rerun", selection_mode="single-row", height=250, carry=False)
    row = listed.iloc[[picked.selection.rows[0] if picked.selection.rows else 0]]
    st.subheader(say("summary.title_message"), anchor=False)
    found = _show(row, length, unit, ("message", *reading.state, row.source.iloc[0], int(row.row_id.iloc[0])))
    _marked(asking.shown(row)[0], found)


def _text(_reading, length: int, unit: str) -> None:
    text = st.text_area(say("summary.text"), key=remember("summary text", ""), height=220, max_chars=200_000)
    if not text.strip():
        st.caption(say("summary.text_help"))
        return
    found = summarise([text], length, unit)
    _said(found, length, unit)
    _copy([sentence.text for sentence in found.sentences])


def _show(messages, length: int, unit: str, key: tuple):
    """The summary of messages, each sentence with its record."""
    texts = list(messages.text)
    found = job(("summary", *key, length, unit, str(store().path)), say("summary.working"),
                lambda progress: summarise(texts, length, unit, progress=progress))
    _said(found, length, unit)
    rows = messages.iloc[[sentence.row for sentence in found.sentences]]
    wholes = asking.shown(rows)
    # What is masked is as long as it was: a sentence stands where it stood.
    said = [whole[sentence.start:sentence.end] if not sentence.cut
            else whole[sentence.start:sentence.start + len(sentence.text) - 1] + "…"
            for whole, sentence in zip(wholes, found.sentences, strict=True)]
    for text, sentence, row in zip(said, found.sentences, rows.itertuples(), strict=True):
        _line(text, row, sentence.stands_for if len(texts) > 1 else None)
    with st.expander(say("summary.as_text"), icon=":material/content_copy:"):
        _copy(said)
    return found


def _line(said: str, message, share: float | None) -> None:
    """A sentence, when and how it was said, how many others it tells, and the way to its record."""
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        told = [words.day(language(), message.occurred_at)]
        if isinstance(message.channel, str):
            told.append(say(f"choice.channel.{message.channel}"))
        if share:
            told.append(say("summary.stands_for", share=share))
        st.markdown(f"{words.markdown_safe(said)}  \n:gray[:small[{' · '.join(told)}]]", width="stretch")
        st.page_link("pages/data_entry.py", label=say("customer.open"), width="content",
                     query_params={"part": message.source, "open": str(int(message.row_id))})


def _head(text: str) -> str:
    one = " ".join(text.split())
    return one if len(one) <= HEAD else one[:HEAD - 1] + "…"


def _said(found, length: int, unit: str) -> None:
    if found.whole:
        st.info(say(f"summary.whole_{unit}", length=length, sentences=found.of_sentences,
                    characters=found.of_characters), icon=":material/notes:")
    elif found.sentences[0].cut:
        st.info(say("summary.cut", length=length), icon=":material/content_cut:")
    st.caption(say("summary.told", sentences=len(found.sentences), all=found.of_sentences, texts=found.texts,
                   characters=len(found.text)) + (" " + say("summary.sampled") if found.sampled else ""))


def _copy(said: list[str]) -> None:
    text = joined(said)
    st.code(text, language=None, wrap_lines=True)
    st.download_button(say("summary.carry"), text.encode("utf-8-sig"), "summary.txt", "text/plain", key="summary carry",
                       type="tertiary", on_click="ignore")


def _marked(text: str, found) -> None:
    """The whole message with the chosen sentences marked."""
    told, at = [], 0
    for sentence in sorted(found.sentences, key=lambda one: one.start):
        marked = text[sentence.start:sentence.end].replace("\n", " ")
        told += [words.markdown_safe(text[at:sentence.start]), f":primary-background[{words.markdown_safe(marked)}]"]
        at = sentence.end
    told.append(words.markdown_safe(text[at:]))
    with st.expander(say("summary.in_text"), expanded=not found.whole):
        st.markdown("".join(told).replace("\n", "  \n"))
