"""Narrow a page to the customers of a kept segment: chosen once, it holds on every page and stands in the address."""

import streamlit as st

from ui.say import plain, say
from ui.workspace import store


def segment_filter(key: str) -> int | None:
    """The segment to which the pages are narrowed, or None for everybody; shows its name, or offers to choose one.

    `key` tells widgets of several places apart. Where no segment is kept, nothing is shown.
    """
    segments = _segments(str(store().path), store().revision("segments", "segment_members", "customers"))
    asked = st.query_params.get("segment", "")
    # A link with a segment changes what is chosen, once; afterwards the buttons do.
    if asked and asked != st.session_state.get("segment in address"):
        st.session_state["segment"] = int(asked) if asked.isdigit() else None
    chosen = st.session_state.get("segment")
    if chosen not in segments:  # none, or one that is gone
        chosen = st.session_state["segment"] = None
    _stand_in_address(chosen)
    if not segments:
        return None
    if chosen is None:
        st.selectbox(
            say("segment_filter.label"), list(segments), index=None, key=f"{key} segment", width=190,
            label_visibility="collapsed", placeholder=plain("segment_filter.label"), on_change=_choose, args=(key,),
            format_func={segment: f"{name} ({customers:,})" for segment, (name, customers) in segments.items()}.get)
        return None
    name, customers = segments[chosen]
    st.button(say("segment_filter.only", name=name, count=customers), key=f"{key} no segment", on_click=_clear,
              icon=":material/group:", help=say("segment_filter.clear_help"))
    return chosen


def segment_name(segment: int) -> str:
    """What the segment to which a page is narrowed is called."""
    return _segments(str(store().path), store().revision("segments", "segment_members", "customers"))[segment][0]


@st.cache_data(max_entries=10, show_spinner=False)
def _segments(path: str, revision: int) -> dict[int, tuple[str, int]]:
    """Segment → its name and how many customers it has, the newest first."""
    kept = store().frame("segments_kept")
    return {int(row.id): (row.name, int(row.customers)) for row in kept.itertuples()}


def _choose(key: str) -> None:
    st.session_state["segment"] = st.session_state[f"{key} segment"]


def _clear() -> None:
    st.session_state["segment"] = None


def _stand_in_address(chosen: int | None) -> None:
    st.session_state["segment in address"] = str(chosen) if chosen else None
    if chosen:
        st.query_params["segment"] = str(chosen)
    else:
        st.query_params.pop("segment", None)
