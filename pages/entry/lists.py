"""A searched, narrowed, ordered, paged list of records of which one can be chosen."""

import streamlit as st

from ui import plain, say, store, table
from ui.forms import found, remember
from ui.parts import Part
from ui.segment import segment_filter

PAGE_SIZES = (50, 25, 100)
OF_CUSTOMERS = ("customers", "communications", "orders", "service_requests", "opportunities")  # as segments are


@st.cache_data(max_entries=200, show_spinner=False)
def _page(path: str, name: str, revision: int, text: str, limit: int, offset: int, deleted: bool, sort: str,
          segment: int, **filters):
    return found(name, text, limit=limit, offset=offset, deleted=deleted, sort=sort, segment=segment,
                 **filters)


def chosen_row(part: Part, deleted: bool = False):
    """Ask for a text and filters, list what holds them, and return the chosen row (None until one is chosen)."""
    page, offset = page_of(part, f"{part.name} {'deleted' if deleted else 'list'}", deleted)
    if page is None:
        return None
    picked = table(
        in_words(part, page),
        key=f"{part.name} {deleted} rows {offset} {store().revision()}",
        labels={column: part.label(column, plain) for column in part.listed},
        formats=dict.fromkeys(("amount", "price", "cost"), "%.2f"),
        carry=False,
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 + 35 * len(page), 633),
    )
    turn_pages(f"{part.name} {'deleted' if deleted else 'list'}", int(page.found.iloc[0]))
    rows = picked.selection.rows
    return page.iloc[rows[0]] if rows and rows[0] < len(page) else None


def page_of(
    part: Part, key: str, deleted: bool = False, sizes: tuple[int, ...] = PAGE_SIZES, hint: str = "lists.choose"
):
    """The search box and its filters; the page of rows that is asked for (None where there is none) and its offset."""
    text = st.text_input(
        say("records.search"),
        key=f"{key} text",
        placeholder=plain(f"records.search_example.{part.name}"),
        icon=":material/search:",
        live="400ms",
        persist_state="session",
        label_visibility="collapsed",
    )
    filters: dict[str, str] = {}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for column, choices in part.filters.items():
            filters[column] = st.selectbox(
                say(f"column.{part.name}.{column}"), choices, index=None, key=remember(f"{key} filter {column}"),
                width=170, placeholder=say("records.any"),
                format_func={choice: say(f"choice.{column}.{choice}") for choice in choices}.get) or ""
        sort = st.selectbox(
            say("records.sort"), part.sorts, key=remember(f"{key} sort", part.sorts[0]), width=170,
            format_func={sort: say(f"records.sorted.{sort}") for sort in part.sorts}.get)
        size = sizes[0]
        if len(sizes) > 1:
            size = st.selectbox(
                say("records.page_size"), sorted(sizes), key=remember(f"{key} size", sizes[0]), width=110)
        segment = (segment_filter(key) if part.name in OF_CUSTOMERS and not deleted else None) or 0
    # Another question starts at its first page.
    asked = (text, tuple(filters.values()), sort, size, segment)
    offset = st.session_state.get(f"{key} offset", 0) if st.session_state.get(f"{key} asked") == asked else 0
    st.session_state[f"{key} asked"], st.session_state[f"{key} offset"] = asked, offset
    st.session_state[f"{key} size now"] = size
    page = _page(str(store().path), part.name, store().revision(), (text or "").strip(), size, offset, deleted, sort,
                 segment, **filters)
    if page.empty and offset:  # what stood on the last page is gone
        st.session_state[f"{key} offset"] = 0
        st.rerun()
    if page.empty:
        narrowed = bool((text or "").strip() or any(filters.values()) or segment)
        st.info(say("records.none_deleted" if deleted and not narrowed else "records.none_found" if narrowed
                    else "records.none_yet"))
        return None, 0
    total = int(page.found.iloc[0])
    st.caption(say("lists.shown", first=offset + 1, last=offset + len(page), total=total) + " " + say(hint))
    return page, offset


def turn_pages(key: str, total: int) -> None:
    """The buttons to the page before and after, where there is more than one."""
    size, offset = st.session_state[f"{key} size now"], st.session_state[f"{key} offset"]
    if total <= size:
        return
    with st.container(horizontal=True, horizontal_alignment="right"):
        for step, to, allowed in (("back", offset - size, offset > 0), ("on", offset + size, offset + size < total)):
            st.button(say(f"lists.{step}"), key=f"{key} {step}", disabled=not allowed, type="tertiary",
                      on_click=st.session_state.__setitem__, args=(f"{key} offset", to))


def in_words(part: Part, page):
    """Rows with their choices as the language says them."""
    return page.assign(**{
        column: [value if value is None or value != value else plain(f"choice.{column}.{value}") if value in choices
                 else value for value in page[column]]
        for column, choices in part.filters.items() if column in page.columns})
