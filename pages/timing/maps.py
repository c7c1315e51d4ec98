"""maps: to be written by its owner."""
import streamlit as st

from pages.timing import asking


def show() -> None:
    looking = asking.looking()
    if looking is not None:
        st.line_chart(looking.frame, x="period", y="value", color="series")
