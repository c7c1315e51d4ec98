"""A form for one record, made from tables.py: labels, choices and rules stand there, errors stand at their field.

A form is no `st.form`: what is typed is answered at once (a customer who looks like one that is there, an order's
total), references are chosen by search. Callers are fragments, so that only the form runs again.
"""

from collections.abc import Callable
from datetime import date

import streamlit as st

from crm_core.errors import Cancelled, CrmError
from crm_core.tables import Column, Table
from ui import words
from ui.say import language, plain, say
from ui.values import hit, reference, told
from ui.workspace import now, store

MOST_HITS = 6
MOST_MONEY = 99_999_999_999_999.0  # what DECIMAL(18,4) holds
MOST_WHOLE = 2**53 - 1  # beyond it a browser's numbers are no longer exact


def fields(
    table: Table, key: str, row: dict | None = None, leave_out: tuple[str, ...] = (),
    beside: tuple[str, Callable[[dict], None]] | None = None,
) -> dict:
    """The fields of a record and what stands in them. Errors of the last try stand at their field.

    `beside` is a column and what is shown below its line of fields, from all that is typed.
    """
    round_number = st.session_state.setdefault(f"{key} round", 0)
    if is_new_form(table, key):  # what was chosen when it was last open is as gone as what was typed
        for name in [str(name) for name in st.session_state]:
            if name.startswith(f"{key} {round_number} ") and name.endswith((" chosen", " now")):
                del st.session_state[name]
    error = st.session_state.get(f"{key} error")
    values: dict = {}
    shown = [column for column in table.typed if column.name not in leave_out and column.type != "fields"]
    short = [column for column in shown if column.rule != "long_text"]
    # A row of columns each time: on a phone, and for the Tab key, the fields then keep their order.
    for first in range(0, len(short), 3):
        for place, column in zip(st.columns(3, gap="medium"), short[first : first + 3], strict=False):
            with place:
                values[column.name] = _field(table, column, row, f"{key} {round_number}", error)
        if beside and beside[0] in [column.name for column in short[first : first + 3]]:
            room = st.container()
    for column in shown:
        if column.rule == "long_text":
            values[column.name] = _field(table, column, row, f"{key} {round_number}", error)
    if error:  # beside the button too: the field may be far above
        st.error(error[1])
    if beside:
        with room:
            beside[1](values)
    return values


def is_new_form(table: Table, key: str) -> bool:
    """Whether the form is opened anew: the fields of one that is left are gone."""
    first = next(column.name for column in table.typed if not column.refers_to and column.type != "fields")
    return f"{key} {st.session_state.get(f'{key} round', 0)} {first}" not in st.session_state


def as_read(table: Table, key: str, row: dict) -> tuple[int, dict]:
    """The revision and the row as they were when this form was filled, not as they are now: what the person saw."""
    round_number = st.session_state.get(f"{key} round", 0)
    if is_new_form(table, key):  # it is filled with what is there now
        for kept in ("as read", "opened"):
            st.session_state.pop(f"{key} {kept} {round_number}", None)
    return st.session_state.setdefault(f"{key} as read {round_number}", (store().revision(), row))


def changed_in_form(key: str, values: dict) -> dict:
    """What the person changed: against what the fields showed when the form was opened.

    Not against the row: a field may show less than the row holds, such as a time without its seconds.
    """
    opened = st.session_state.setdefault(f"{key} opened {st.session_state.get(f'{key} round', 0)}", dict(values))
    return {column: value for column, value in values.items() if value != opened.get(column)}


def pick(name: str, text: str, key: str, current: int | None = None) -> int | None:
    """Choose a row of another table by searching for it; its id, or None. `text` is the label, as markdown."""
    chosen = st.session_state.setdefault(f"{key} chosen", current)
    if chosen is not None:
        st.markdown(f":small[{text}]  \n**{words.markdown_safe(reference(name, chosen))}**")
        st.button(say("form.choose_other"), key=f"{key} other", type="tertiary", icon=":material/close:",
                  on_click=_choose, args=(key, None))
        return chosen
    searched = st.text_input(
        text, key=f"{key} search", icon=":material/search:", live="400ms", placeholder=plain(f"records.pick.{name}"))
    if searched and searched.strip():
        hits = found(name, searched, limit=MOST_HITS)
        if hits.empty:
            st.caption(say("form.no_hit", text=searched.strip()))
        with st.container(gap="xxsmall"):
            for row in hits.to_dict("records"):
                st.button(words.markdown_safe(hit(name, row)), key=f"{key} hit {row['id']}", type="tertiary",
                          icon=":material/add_circle:", on_click=_choose, args=(key, int(row["id"])))
        if len(hits) and hits.found[0] > len(hits):
            st.caption(say("form.more_hits", count=int(hits.found[0]) - len(hits)))
    return None


def found(name: str, text: str, limit: int, offset: int = 0, deleted: bool = False, sort: str = "newest", **filters):
    """Rows of a table that hold a text, by queries/find_<name>.sql; a phone number is found however it is written."""
    text = (text or "").strip()
    # A name with a digit in it is no phone number.
    digits = "".join(sign for sign in text if sign.isdigit())
    if any(not (sign.isdigit() or sign in " ()+./-") for sign in text):
        digits = ""
    empty = dict.fromkeys(("gender", "status", "channel", "direction", "priority", "relation"), "")
    return store().frame(f"find_{name}", text=text, digits=digits, deleted=deleted, sort=sort, limit=limit,
                         offset=offset, **{**empty, **filters})


def settle(key: str, name: str, conflict: dict) -> dict | None:
    """Somebody was first: by field what it was, mine and theirs. What to write once the person has decided, else None.

    `conflict` is column → (was, mine, theirs). Fields for which theirs is taken are left out of the answer.
    """
    st.warning(say("conflict.what"))
    taken = {}
    for column, (was, mine, theirs) in conflict.items():
        with st.container(border=True):
            before = say("conflict.was", value=told(name, column, was))
            st.markdown(f"**{say(f'column.{name}.{column}')}** :gray[· {before}]")
            sides = {"mine": say("conflict.mine", value=told(name, column, mine)),
                     "theirs": say("conflict.theirs", value=told(name, column, theirs))}
            taken[column] = st.radio(
                say(f"column.{name}.{column}"), ("mine", "theirs"), key=f"{key} side {column}", horizontal=True,
                label_visibility="collapsed", format_func=sides.get)
    with st.container(horizontal=True):
        if st.button(say("conflict.write_choice"), key=f"{key} write choice", type="primary"):
            return {column: conflict[column][1] for column, side in taken.items() if side == "mine"}
        if st.button(say("conflict.write_mine"), key=f"{key} write mine"):
            return {column: mine for column, (_, mine, _) in conflict.items()}
        if st.button(say("conflict.keep_theirs"), key=f"{key} keep theirs"):
            return {}
    return None


def remember(key: str, default=None) -> str:
    """Keep what is chosen while its widget is not on the page; the widget's key, to be called for right before it.

    Streamlit's own way keeps the words of a choice and not the choice, so that a change of language loses it.
    """
    kept = st.session_state.setdefault("remembered", {})
    if key in st.session_state:
        kept[key] = st.session_state[key]
    else:
        st.session_state[key] = kept.get(key, default)
    return key


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
        st.toast(message, icon=":material/check_circle:")  # whoever saved far down the page sees it too


def label(table: Table, column: Column) -> str:
    return say(f"column.{table.name}.{column.name}") + (" :red[*]" if column.required else "")


def _choose(key: str, row_id: int | None) -> None:
    st.session_state[f"{key} chosen"] = row_id


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
    if column.refers_to:
        answer = pick(column.refers_to, text, place, current=None if value is None else int(value))
    elif column.type == "choice":
        answer = st.selectbox(
            text,
            column.choices,
            key=place,
            placeholder=say("form.choose"),
            index=column.choices.index(value) if value in column.choices else None,
            format_func={choice: say(f"choice.{column.name}.{choice}") for choice in column.choices}.get,
        )
    elif column.type == "yes_no":
        answer = st.selectbox(
            text,
            (True, False),
            key=place,
            placeholder=say("form.unknown"),
            index=None if value is None else 0 if value else 1,
            format_func={True: say("form.yes"), False: say("form.no")}.get,
        )
    elif column.type == "day":
        answer = st.date_input(
            text, value, key=place, format="YYYY-MM-DD", min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)
        )
    elif column.type == "time":
        if value is None and column.required:  # the time at which the form was opened
            value = st.session_state.setdefault(f"{place} now", now().replace(second=0, microsecond=0))
        answer = st.datetime_input(text, value, key=place, format="YYYY-MM-DD")
    elif column.type in ("whole", "number", "money"):
        most = MOST_WHOLE if column.type == "whole" else MOST_MONEY
        answer = st.number_input(text, -most, most, value, key=place, step=1 if column.type == "whole" else None)
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

