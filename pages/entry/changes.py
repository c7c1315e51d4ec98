"""The newest changes, each of which can be taken back."""

import json

import streamlit as st

from ui import errors_in_words, say, store
from ui.batches import purpose, told, touched
from ui.forms import saved

SHOWN = 20


def show() -> None:
    st.caption(say("changes.what"))
    batches = store().frame("recent_batches", limit=SHOWN)
    if batches.empty:
        st.info(say("changes.none"))
    for batch in batches.itertuples():
        batch = batch._replace(touched=json.loads(batch.touched))
        undone = batch.undone_by == batch.undone_by and batch.undone_by is not None
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"{batch.number} · {told(batch)}", width="stretch")
            if undone:
                st.caption(say("changes.undone", by=int(batch.undone_by)), width="content")
            elif st.button(
                say("changes.undo"),
                key=f"undo {batch.number}",
                icon=":material/undo:",
                help=say("changes.undo_help", what=touched(batch)),
            ):
                with st.spinner(say("changes.undoing")), errors_in_words():
                    store().undo(int(batch.number))
                saved("changes", say("changes.done", what=purpose(batch)))
