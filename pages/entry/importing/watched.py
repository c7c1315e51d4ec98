"""What became of the newest files of the watched folder."""

import os
from pathlib import Path

import streamlit as st

from crm_core.data_entry.watching import last_results
from crm_core.sentences import told_of_result
from ui import language, say, words

SIGNS = {
    "imported": ":green[:material/check_circle:]",
    "nothing_new": ":gray[:material/done_all:]",
    "refused": ":red[:material/error:]",
    "waiting": ":orange[:material/hourglass_top:]",
    "failed": ":red[:material/bug_report:]",
}


def show() -> None:
    folder = os.environ.get("CRM_WATCH")
    if not folder:
        return
    with st.container(border=True):
        st.markdown(f":material/folder_eye: **{say('watching.title')}** :small[:gray[{words.markdown_safe(folder)}]]")
        if not Path(folder).is_dir():
            st.error(say("error.FolderNotFound", path=folder))
            return
        results = last_results(Path(folder))
        if not results:
            st.caption(say("watching.none"))
        for result in results:
            told = words.markdown_safe(told_of_result(language(), result))
            when = words.markdown_safe(words.moment(language(), result.at))
            st.markdown(f"{SIGNS[result.outcome]} {told}  \n:small[:gray[{when}]]")
