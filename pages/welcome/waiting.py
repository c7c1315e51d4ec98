"""What waits to be done."""

from datetime import date

import streamlit as st

from crm_core import news
from ui import say, store, today

DAYS = 14


@st.cache_data(max_entries=20, show_spinner=False)
def what_waits(path: str, today: date, revision: int) -> list[news.Waiting]:
    return news.waiting(store().frame("waiting", today=today, days=DAYS), today)


def show_waiting() -> None:
    """Each kind of work with how much of it there is, and the oldest as a way to begin."""
    st.subheader(say("home_waiting.title"), anchor=False)
    found = what_waits(str(store().path), today(), store().revision())
    if not found:
        st.markdown(say("home_waiting.none", days=DAYS))
    for one in found:
        with st.container(gap=None):
            said = say(f"home_waiting.{one.kind}", count=one.count, days=DAYS, worth=one.worth)
            if one.pressing:
                said += say("home_waiting.pressing", count=one.pressing)
            st.markdown(said)
            name = one.name if len(one.name) <= 60 else f"{one.name[:58]} …"
            oldest = say(f"home_waiting.first.{one.kind}", name=name, day=one.day, days=one.days)
            if one.table == "campaigns":
                st.caption(oldest)
            else:
                st.page_link("pages/data_entry.py", label=oldest, query_params={"part": one.table, "open": str(one.id)},
                             icon=":material/arrow_forward:")
