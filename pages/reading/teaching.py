"""Teach classes: the queue asks a few messages at a time, the most useful first."""

import pandas as pd
import streamlit as st

from crm_core.text_mining.classes import keeping, prepare
from pages.reading import asking
from pages.reading.asking import Reading
from ui import job, plain, say, store, words
from ui.forms import saved

AT_ONCE = 5
LONGEST = 600  # signs of a message that are shown


def show(reading: Reading, scheme: str) -> None:
    told = reading.chosen.messages
    with store().look() as look:
        given = keeping.labels(look, scheme)
    labels = keeping.labelled(told, given)
    counts = given.label.value_counts()
    st.caption(say("needs.labelled", labels=len(given), classes=len(counts)) if len(given) else say("needs.begin"))
    if len(counts):
        st.markdown(" ".join(f":gray-badge[{words.markdown_safe(name)} · {count}]" for name, count in counts.items()))
    _take_categories(reading, scheme, given)
    asked = _asked(reading, scheme, labels)
    if asked.empty:
        st.success(say("needs.all_asked"), icon=":material/check_circle:")
    else:
        _form(told, asked, scheme, list(counts.index))
    if len(counts):
        with st.expander(say("needs.rename"), icon=":material/edit:"):
            _rename(scheme, list(counts.index))


def _asked(reading: Reading, scheme: str, labels: pd.Series) -> pd.DataFrame:
    told = reading.chosen.messages
    queue = job(("class queue", *reading.state), say("needs.preparing"),
                lambda progress: prepare(list(told.text), reading.chosen.tokens, progress=progress))
    skipped = _skipped(scheme)
    known = {row: label for row, label in enumerate(labels) if label is not None}
    known |= {row: None for row, one in enumerate(zip(told.source, told.row_id, strict=True)) if one in skipped
              and row not in known}
    return job(("class queue asks", *reading.state, scheme, store().revision("text_labels"), frozenset(skipped)),
               say("needs.choosing"), lambda _progress: queue.ask(known, AT_ONCE))


def _form(told: pd.DataFrame, asked: pd.DataFrame, scheme: str, names: list[str]) -> None:
    some = told.iloc[asked.row.astype(int)]
    with st.form("needs labels", border=False):
        for (row, text), why in zip(zip(some.itertuples(), asking.shown(some), strict=True), asked.itertuples(),
                                    strict=True):
            with st.container(border=True, gap="xsmall"):
                st.caption(say(f"needs.why_{why.why}", first=str(why.first), second=str(why.second)))
                st.markdown(words.markdown_safe(text[:LONGEST]).replace("\n", "  \n"))
                st.selectbox(say("column.text_labels.label"), names, index=None, key=_key(scheme, row),
                             accept_new_options=True, placeholder=plain("needs.choose_or_type"),
                             label_visibility="collapsed", width=340)
        st.caption(say("needs.leave_empty"))
        st.form_submit_button(say("needs.save"), type="primary", icon=":material/save:", on_click=_save,
                              args=(scheme, [(row.source, int(row.row_id), _key(scheme, row))
                                             for row in some.itertuples()]))


def _save(scheme: str, asked: list[tuple[str, int, str]]) -> None:
    """Write what was chosen as one change; what was left empty is not asked again in this visit."""
    chosen = [(source, row, st.session_state.get(key)) for source, row, key in asked]
    _skipped(scheme).update((source, row) for source, row, label in chosen if not (label or "").strip())
    given = pd.DataFrame([one for one in chosen if (one[2] or "").strip()], columns=["source", "row_id", "label"])
    if given.empty:
        return
    with store().batch("label_texts", scheme) as batch:
        count = keeping.give(batch, scheme, given)
    saved("label", say("needs.saved", count=count, number=batch.number))


def _take_categories(reading: Reading, scheme: str, given: pd.DataFrame) -> None:
    """Service requests that somebody has sorted already are examples as they stand."""
    every = reading.every.messages
    sorted_ones = every[every.category.notna() & keeping.unanswered(every, given)]
    if sorted_ones.category.nunique() < 2:
        return
    if st.button(say("needs.take_categories", count=len(sorted_ones), classes=int(sorted_ones.category.nunique())),
                 key="needs take categories", icon=":material/label:", help=say("needs.take_categories_help")):
        with store().batch("label_texts", scheme) as batch:
            count = keeping.give(batch, scheme, sorted_ones.assign(label=sorted_ones.category.astype(str)))
        saved("label", say("needs.saved", count=count, number=batch.number))
        st.rerun()


def _rename(scheme: str, names: list[str]) -> None:
    st.caption(say("needs.rename_what"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        old = st.selectbox(say("column.text_labels.label"), names, key="needs old name", width=260)
        new = st.text_input(say("needs.new_name"), key="needs new name", max_chars=80, width=260).strip()
        if st.button(say("needs.rename_now"), key="needs rename", disabled=not new or new == old):
            with store().batch("label_texts", scheme) as batch:
                keeping.rename(batch, scheme, old, new)
            saved("label", say("needs.renamed", old=old, new=new))
            st.rerun()


def _skipped(scheme: str) -> set:
    return st.session_state.setdefault("needs skipped", {}).setdefault(scheme, set())


def _key(scheme: str, row) -> str:
    return f"needs label {scheme} {row.source} {int(row.row_id)}"
