"""What a deed changes in the book's figures, in plain words: what is different afterwards, and that nothing else is."""
import pandas as pd
import streamlit as st

from crm_core.cleaning.consequences import MONEY
from ui import language, plain, say, store, words


def show(comparison: pd.DataFrame) -> None:
    """The frame of crm_core.cleaning.consequences.compare: changed figures as lines, the others in one sentence."""
    changed = comparison[comparison.change != 0]
    if changed.empty:
        st.success(say("consequences.nothing"), icon=":material/check_circle:")
    else:
        st.markdown("\n".join(f"- {_line(row)}" for row in changed.to_dict("records")))
    same = comparison[(comparison.change == 0) & (comparison.part == "")]
    if len(same) and len(changed):
        with st.expander(say("consequences.same", count=len(comparison) - len(changed))):
            st.markdown("\n".join(
                f"- {words.markdown_safe(_name(row))}: {words.markdown_safe(_number(row['name'], row['after']))}"
                for row in comparison[comparison.change == 0].to_dict("records")))


def _line(row: dict) -> str:
    return say("consequences.line", figure=_name(row), before=_number(row["name"], row["before"]),
               after=_number(row["name"], row["after"]),
               change=("+" if row["change"] > 0 else "−") + _number(row["name"], abs(row["change"])))


def _name(row: dict) -> str:
    name, part = row["name"], row["part"]
    if name == "contactable":
        return plain("consequences.figure.contactable", channel=plain(f"choice.channel.{part}"))
    if part:
        table = {"segment": "segments", "campaign": "campaigns", "frozen_scores": "runs"}[name]
        return plain(f"consequences.figure.{name}", name=store().record(table, int(part))["name"])
    return plain(f"consequences.figure.{name}")


def _number(name: str, value) -> str:
    return words.number(language(), float(value), 2 if name in MONEY else 0)
