"""A form for one record, made from tables.py: labels, choices and rules stand there, errors stand at their field."""

from datetime import date

import streamlit as st

from crm_core.errors import Cancelled, CrmError
from crm_core.tables import Column, Table
from ui import words
from ui.say import language, plain, say


def record_form(
    table: Table, key: str, row: dict | None = None, leave_out: tuple[str, ...] = (), submit: str = "form.save"
) -> dict | None:
    """Ask for a record's columns; the values when the person submits, else None. `row` fills the fields."""
    round_number = st.session_state.setdefault(f"{key} round", 0)
    error = st.session_state.get(f"{key} error")
    values = {}
    with st.form(f"{key} form {round_number}", border=False):
        fields = [column for column in table.typed
                  if column.name not in leave_out and not column.refers_to and column.type != "fields"]
        short = [column for column in fields if column.rule != "long_text"]
        # A row of columns each time: on a phone, and for the Tab key, the fields then keep their order.
        for first in range(0, len(short), 3):
            for place, column in zip(st.columns(3, gap="medium"), short[first : first + 3], strict=False):
                with place:
                    values[column.name] = _field(table, column, row, f"{key} {round_number}", error)
        for column in fields:
            if column.rule == "long_text":
                values[column.name] = _field(table, column, row, f"{key} {round_number}", error)
        if error and error[0] not in values:
            st.error(error[1])
        if st.form_submit_button(say(submit), type="primary", key=f"{key} submit"):
            return values
    return None


def saved(key: str, message: str) -> None:
    """The record is kept: clear the form and say so on the next run."""
    st.session_state.pop(f"{key} error", None)
    st.session_state[f"{key} round"] = st.session_state.get(f"{key} round", 0) + 1
    st.session_state["form message"] = message
    st.rerun()


def refused(key: str, error: CrmError) -> None:
    """The record was not kept: say why at the field that it is about; what was typed stays."""
    if isinstance(error, Cancelled):
        raise error
    column = error.facts.get("column")
    column = "email" if column == "email_key" else column
    st.session_state[f"{key} error"] = (column, words.markdown_safe(words.error_sentence(language(), error)))
    st.rerun()


def has_error(key: str) -> bool:
    """Whether the form of a key was refused and is not mended yet."""
    return bool(st.session_state.get(f"{key} error"))


def show_message() -> None:
    """What the last save said, once."""
    message = st.session_state.pop("form message", None)
    if message:
        st.success(message, icon=":material/check_circle:")


def label(table: Table, column: Column) -> str:
    return say(f"column.{table.name}.{column.name}") + (" :red[*]" if column.required else "")


def _hint(table: Table, column: Column) -> str | None:
    """The rule of a field in words, shown beside its label."""
    if column.rule in ("short_text", "long_text", "time", "day") or not column.rule:
        return None
    return words.markdown_safe(plain(f"hint.{column.rule}"))


def _field(table: Table, column: Column, row: dict | None, key: str, error):
    value = present(row.get(column.name)) if row else None
    hint = _hint(table, column)
    text = label(table, column) + (f" :gray[:small[· {hint}]]" if hint else "")
    place = f"{key} {column.name}"
    if column.type == "choice":
        answer = st.selectbox(
            text,
            column.choices,
            key=place,
            placeholder=say("form.choose"),
            index=column.choices.index(value) if value in column.choices else None,
            format_func=lambda choice: say(f"choice.{column.name}.{choice}"),
        )
    elif column.type == "yes_no":
        answer = st.selectbox(
            text,
            (True, False),
            key=place,
            placeholder=say("form.unknown"),
            index=None if value is None else 0 if value else 1,
            format_func=lambda choice: say("form.yes" if choice else "form.no"),
        )
    elif column.type == "day":
        answer = st.date_input(
            text, value, key=place, format="YYYY-MM-DD", min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)
        )
    elif column.type == "time":
        answer = st.datetime_input(text, value or "now", key=place, format="YYYY-MM-DD")
    elif column.type in ("whole", "number", "money"):
        answer = st.number_input(text, value=value, key=place, step=1 if column.type == "whole" else None)
    elif column.rule == "long_text":
        answer = st.text_area(text, value or "", key=place, height=110)
    else:
        answer = st.text_input(text, value or "", key=place)
    if error and error[0] == column.name:
        st.error(error[1])
    if isinstance(answer, str):
        answer = answer.strip() or None
    return answer


def present(value):
    """A value of a frame as a widget takes it: nothing for every kind of missing."""
    import pandas as pd

    if pd.isna(value):
        return None
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
