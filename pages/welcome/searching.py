"""One box that looks through everything, each answer a way to its record."""

import pandas as pd
import streamlit as st

from crm_core.searching import GROUPS, query_for, quoted, understood
from ui import errors_in_words, language, plain, say, store, words

SHOWN, MORE = 5, 50
IN_THEIR_WORDS = ("communications", "service_requests")
WITHOUT_A_PLACE = ("campaigns",)  # data entry has no tab for them yet


@st.cache_data(max_entries=200, show_spinner=False)
def found_in(path: str, query: str, parameters: tuple, limit: int, revision: int) -> pd.DataFrame:
    return store().frame(query, limit=limit, **dict(parameters))


@st.fragment
def search() -> None:
    """The box, and under it what was found: the groups one after another, so that the first stand there at once."""
    typed = st.text_input(
        say("home_search.label"), key="q", bind="query-params", type="search", icon=":material/search:",
        placeholder=plain("home_search.placeholder"), label_visibility="collapsed", max_chars=200,
        persist_state="session")
    if not typed or not typed.strip():
        return
    sought = understood(typed)
    if sought is None:
        st.caption(say("home_search.too_short"))
        return
    with errors_in_words(), st.container(border=True, gap="xsmall", key="found"):
        summary = st.empty()
        counts = []
        for group in GROUPS:
            query = query_for(group, sought)
            if query is None:
                continue
            limit = MORE if st.session_state.get(f"more {group}") == typed else SHOWN
            rows = found_in(str(store().path), query, tuple(sought.parameters.items()), limit, store().revision())
            if len(rows):
                counts.append(plain(f"home_search.count.{group}", count=int(rows.found[0])))
                _show(group, rows, sought, typed)
                summary.markdown(f"**{words.markdown_safe(plain('batch.comma').join(counts))}**")
        if not counts:
            st.markdown(say("home_search.nothing", text=typed.strip()))


def _show(group: str, rows: pd.DataFrame, sought, typed: str) -> None:
    st.caption(say(f"table.{group}"))
    for row in rows.to_dict("records"):
        title, rest = _told(group, {name: None if pd.isna(value) else value for name, value in row.items()}, sought)
        title = words.markdown_safe(title)
        label = title if group in IN_THEIR_WORDS else f"**{title}**"
        label += f" :gray[{words.markdown_safe(rest)}]" if rest else ""
        if group in WITHOUT_A_PLACE:
            st.markdown(label)
        else:
            st.page_link("pages/data_entry.py", label=label, query_params={"part": group, "open": str(row["id"])})
    if rows.found[0] > len(rows) and len(rows) < MORE:
        st.button(say("home_search.more", count=min(int(rows.found[0]), MORE)), key=f"more of {group}", type="tertiary",
                  on_click=lambda: st.session_state.update({f"more {group}": typed}))


def _told(group: str, row: dict, sought) -> tuple[str, str]:
    """A row as its name and what else tells it from others."""
    def choice(column: str) -> str:
        return plain(f"choice.{column}.{row[column]}") if row[column] else ""

    if group == "customers":
        title = row["name"] or row["customer_no"] or row["email"] or row["phone"]
        rest = [row["customer_no"], row["email"], row["phone"], row["company"], row["city"]]
    elif group == "orders":
        title = row["order_no"]
        rest = [words.day(language(), row["ordered_at"]), words.number(language(), row["amount"], 2), choice("status"),
                row["customer"]]
    elif group == "products":
        title, rest = row["name"] or row["product_no"], [row["product_no"], row["category"]]
    elif group == "opportunities":
        title = row["name"]
        amount = "" if row["amount"] is None else words.number(language(), row["amount"], 0)
        rest = [row["opportunity_no"], choice("status"), amount]
    elif group == "service_requests":
        title = row["subject"] or quoted(row["content"] or "", sought)
        rest = [row["request_no"], words.day(language(), row["opened_at"]), choice("status")]
        title = title or row["request_no"] or plain("table.service_requests")
    elif group == "campaigns":
        title, rest = row["name"], [row["campaign_no"], choice("channel")]
    else:
        title = quoted(f"{row['subject'] or ''} {row['content']}", sought)
        rest = [words.day(language(), row["occurred_at"]), choice("channel"), row["customer"]]
    return str(title), " · ".join(str(part) for part in rest if part and part != title)
