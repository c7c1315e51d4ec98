"""Bring in a file, step by step: what was understood, what the columns mean, what would happen; then one batch."""

import streamlit as st

from crm_core.errors import CrmError
from pages.entry.importing import arriving, columns, keeping, preview, watched, writing
from pages.entry.importing.said import Said
from ui import errors_in_words, say, store
from ui.work import show_error


def show() -> None:
    if "importing" in st.session_state:
        writing.finish(**st.session_state["importing"])
    round_number = st.session_state.setdefault("import round", 0)
    imported = st.session_state.get("imported")
    if imported and not st.session_state.get(f"file {round_number}"):
        writing.show_imported(imported)
    uploaded = st.file_uploader(
        say("importing.choose"),
        key=f"file {round_number}",
        help=say("importing.choose_help", most=st.get_option("server.maxUploadSize")),
    )
    if uploaded is None:
        st.session_state.pop("import said", None)
        if not imported:
            st.info(say("importing.what"), icon=":material/table_view:")
        watched.show()
        keeping.show_kept()
        return
    st.session_state.pop("imported", None)
    if not _demo_decided():
        return
    said = st.session_state.get("import said")
    if said is None or said.file != uploaded.file_id:
        said = st.session_state["import said"] = Said(uploaded.file_id)
    try:
        reading = arriving.read(uploaded, said)
    except CrmError as error:
        arriving.ask_again(error, said)
        return
    mapping = columns.ask(reading, said)
    if not preview.wanted(reading, mapping, said):
        return
    with errors_in_words():
        checked = preview.check(reading, mapping, said)
        loaded, samples = preview.rehearse(checked)
    preview.show(reading, checked, loaded, samples)
    keeping.ask_to_keep(mapping, said)
    if st.button(
        say("importing.import"),
        type="primary",
        key="import now",
        icon=":material/upload:",
        disabled=loaded.changes_nothing,
    ):
        writing.begin(uploaded.name, checked)


def _demo_decided() -> bool:
    """A person's own file never mixes with the demo shop unasked."""
    demo = store().frame("demo_batch")
    if demo.empty or st.session_state.get("beside demo"):
        return True
    st.warning(say("importing.demo", customers=int(demo.customers[0])), icon=":material/storefront:")
    with st.container(horizontal=True):
        if st.button(say("importing.remove_demo"), type="primary", key="import remove demo"):
            with st.spinner(say("changes.undoing")):
                try:
                    store().withdraw(int(demo.number[0]))
                except CrmError as error:
                    show_error(error)
                    st.stop()
            st.rerun()
        if st.button(say("importing.beside_demo"), key="import beside demo"):
            st.session_state["beside demo"] = True
            st.rerun()
    return False
