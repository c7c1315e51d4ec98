"""A stand-in until the real one is merged."""
import streamlit as st


def show(comparison) -> None:
    st.dataframe(comparison[comparison.change != 0].astype(str))
