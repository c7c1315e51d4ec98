"""Classes that were kept: what they said, and the messages that came since."""

import pandas as pd
import streamlit as st

from crm_core.harmless import file_name
from crm_core.text_mining.classes import keeping
from pages.reading.asking import Reading
from ui import errors_in_words, job, plain, say, store, table
from ui.forms import saved


def show(reading: Reading, _scheme: str) -> None:
    with store().look() as look:
        runs = keeping.runs(look)
    if not runs:
        st.info(say("needs.none_kept"), icon=":material/inventory_2:")
        return
    for run in runs:
        with st.container(border=True), errors_in_words():
            _run(reading, run)


def _run(reading: Reading, run: keeping.Run) -> None:
    with store().look() as look:
        said = keeping.said(look, run.id)
    st.markdown(say("needs.run", name=run.name, as_of=run.as_of, count=len(said), right=run.figures["accuracy"],
                    labels=run.figures["labels"]))
    told = reading.chosen.messages
    new = keeping.unanswered(told, said)
    sizes = said.label.fillna(plain("needs.review")).value_counts()
    table(pd.DataFrame({"label": sizes.index, "messages": sizes.to_numpy(),
                        "share": sizes.to_numpy() / max(1, len(said)) * 100}), key=f"needs run {run.id}", name=run.name,
          labels={"label": plain("needs.label"), "messages": plain("chart.messages_by_month.messages"),
                  "share": plain("needs.share_of_all")}, formats={"share": "%.0f %%"})
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(say("needs.apply", count=int(new.sum())), key=f"needs apply {run.id}", icon=":material/play_arrow:",
                  disabled=not new.any(), on_click=_ask, args=(run.id,))
        st.download_button(
            say("needs.model_file"), lambda: _file(run.id), f"{file_name(run.name)}.model", key=f"needs file {run.id}",
            type="tertiary", on_click="ignore", help=say("needs.model_file_help"))
        if st.button(say("needs.remove"), key=f"needs remove {run.id}", type="tertiary", icon=":material/delete:"):
            with store().batch("delete", run.name) as batch:
                keeping.remove(batch, run.id)
            saved("classify", say("needs.removed", name=run.name, number=batch.number))
            st.rerun()
    if st.session_state.get("needs apply") == run.id:
        _apply(reading, run, new)


def _ask(run_id: int) -> None:
    st.session_state["needs apply"] = run_id


def _apply(reading: Reading, run: keeping.Run, new) -> None:
    """What the run's model says of the messages that it has not answered, written as one change."""
    book = store()

    def work(progress):
        with book.look() as look:
            classes = keeping.classes_of(look, run.id)
        some = reading.chosen.where(new)
        return classes.answer(list(some.messages.text), some.tokens, progress)

    revision = book.revision("text_classes", "runs")
    answers = job(("class apply", *reading.state, run.id, revision), say("needs.answering"), work)
    st.session_state.pop("needs apply")
    with book.batch("classify_texts", run.name) as batch:
        count = keeping.apply(batch, run.id, reading.chosen.messages[new], answers)
    saved("classify", say("needs.applied", count=count, name=run.name, review=int((~answers.known).sum())))
    st.rerun()


def _file(run_id: int) -> bytes:
    with store().look() as look:
        return keeping.file_of(look, run_id)
