"""Merge all sure ones at once: how many, what would change, one batch that can be undone."""

import streamlit as st

from crm_core.cleaning import queue
from pages.tidying.matching import kept
from ui import say
from ui.forms import remember


def show(run: kept.Run) -> None:
    st.caption(say("matching.sure_what"))
