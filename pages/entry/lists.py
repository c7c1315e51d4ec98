"""A searched, paged list of records of which one can be chosen."""

import re

import streamlit as st

from ui import plain, say, store, table

PAGE_ROWS = 50


@st.cache_data(max_entries=200, show_spinner=False)
def _page(path: str, query: str, text: str, deleted: bool, offset: int, revision: int):
    # A phone number is found however it is written; a name with a digit in it is not a phone number.
    digits = re.sub(r"\D", "", text) if re.fullmatch(r"[\d\s()+./-]+", text) else ""
    return store().frame(query, text=text, digits=digits, deleted=deleted, limit=PAGE_ROWS, offset=offset)


def chosen_row(query: str, name: str, labels: dict[str, str], deleted: bool = False, in_words=lambda found: found):
    """Ask for a text, list what holds it, and return the chosen row (None until one is chosen)."""
    key = f"{name} {'deleted' if deleted else 'list'}"
    text = st.text_input(
        say(f"{name}.search"),
        key=f"{key} text",
        placeholder=plain(f"{name}.search_example"),
        icon=":material/search:",
        live="400ms",
        persist_state="session",
    )
    offset = st.session_state.get(f"{key} offset", 0) if st.session_state.get(f"{key} for") == text else 0
    st.session_state[f"{key} for"] = text
    found = _page(str(store().path), query, (text or "").strip(), deleted, offset, store().revision())
    if found.empty:
        st.info(say(f"{name}.none_deleted" if deleted else f"{name}.none_found" if text else f"{name}.none_yet"))
        return None
    total = int(found.found[0])
    st.caption(say("lists.shown", first=offset + 1, last=offset + len(found), total=total) + " " + say("lists.choose"))
    picked = table(
        in_words(found),
        key=f"{key} rows {text} {offset}",
        labels=labels,
        carry=False,
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 + 35 * len(found), 400),
    )
    if total > PAGE_ROWS:
        with st.container(horizontal=True, horizontal_alignment="right"):
            for step, allowed in (("back", offset > 0), ("on", offset + PAGE_ROWS < total)):
                if st.button(say(f"lists.{step}"), key=f"{key} {step}", disabled=not allowed, type="tertiary"):
                    st.session_state[f"{key} offset"] = offset + (PAGE_ROWS if step == "on" else -PAGE_ROWS)
                    st.rerun()
    rows = picked.selection.rows
    return found.iloc[rows[0]] if rows and rows[0] < len(found) else None


def in_words(found):
    """Communications with their channel and direction as the language says them."""
    return found.assign(
        channel=[plain(f"choice.channel.{channel}") for channel in found.channel],
        direction=[plain(f"choice.direction.{direction}") for direction in found.direction],
    )


def show_conflict(key: str, table_name: str, write) -> None:
    """Somebody was first: both versions side by side, and the person decides."""
    conflict = st.session_state.get(f"{key} conflict")
    if not conflict:
        return
    st.warning(say("conflict.what"))
    rows = [
        {
            "field": plain(f"column.{table_name}.{column}"),
            "mine": _text(conflict["mine"][column]),
            "theirs": _text(conflict["theirs"][column]),
        }
        for column in conflict["mine"]
        if conflict["mine"][column] != conflict["theirs"][column]
    ]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={name: plain(f"conflict.{name}") for name in ("field", "mine", "theirs")},
        key=f"{key} conflict rows",
    )
    with st.container(horizontal=True):
        if st.button(say("conflict.write_mine"), key=f"{key} write mine"):
            st.session_state.pop(f"{key} conflict")
            write(conflict["mine"], at=conflict["revision"])
        if st.button(say("conflict.keep_theirs"), key=f"{key} keep theirs", type="primary"):
            st.session_state.pop(f"{key} conflict")
            st.session_state[f"{key} round"] = st.session_state.get(f"{key} round", 0) + 1
            st.rerun()


def _text(value) -> str:
    return "" if value is None else str(value)
