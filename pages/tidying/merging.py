"""Make one record of several: a choice a field with its default and reason, what follows, what it would change."""
import streamlit as st

from ui import say


def link(table: str, ids) -> dict[str, str]:
    """The address of the form for these records, as `query_params`: ?part=merged&merge=customers:17,4"""
    return {"part": "merged", "merge": f"{table}:{','.join(str(int(row_id)) for row_id in ids)}"}


def show(table: str, ids) -> None:
    st.subheader(say(f"table.{table}"), anchor=False)
