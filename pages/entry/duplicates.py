"""Somebody who looks like the customer being typed in: said while there is still time to open that one instead."""

import streamlit as st

from ui import plain, say, store, words
from ui.parts import merging
from ui.values import hit

REASONS = ("same_email", "same_phone", "same_birth_date", "same_company", "same_city")
MOST = 5


def warn(values: dict, except_id: int = 0) -> None:
    """List the customers that look like the one typed in, surest first, each with why and the way to open it."""
    if not any(values.get(column) for column in ("name", "email", "phone")):
        return
    typed = {column: values.get(column) or "" for column in ("name", "email", "phone", "city", "company")}
    alike = store().frame("looks_like", **typed, birth_date=values.get("birth_date"), except_id=except_id, limit=MOST)
    if alike.empty:
        return
    with st.container(border=True):
        st.warning(say("duplicates.taken" if alike.same_email.any() else "duplicates.what"), icon=":material/group:")
        for row in alike.to_dict("records"):
            reasons = [plain(f"duplicates.{reason}") for reason in REASONS if row[reason]]
            if row["like_name"] >= 0.8:
                reasons.insert(0, plain("duplicates.same_name" if row["like_name"] == 1 else "duplicates.like_name"))
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{words.markdown_safe(hit('customers', row))}**  \n"
                            f":gray[{words.markdown_safe(plain('batch.comma').join(reasons))}]", width="stretch")
                if except_id:
                    st.page_link("pages/cleaning.py", label=say("merging.merge_both"), icon=":material/merge:",
                                 query_params=merging("customers", [except_id, row["id"]]))
                st.page_link("pages/data_entry.py", label=say("duplicates.open"), icon=":material/open_in_new:",
                             query_params={"part": "customers", "open": str(row["id"])})
