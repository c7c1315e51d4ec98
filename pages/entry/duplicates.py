"""Somebody who looks like the customer being typed in: said while there is still time to open that one instead.

Once duplicates have been looked for, whoever may be meant is weighed by the same model and the same rules.
"""

import json

import streamlit as st

from ui import plain, say, store, words
from ui.alike import in_words
from ui.parts import merging
from ui.values import hit

REASONS = ("same_email", "same_phone", "same_birth_date", "same_company", "same_city")
MOST = 5
SUREST = 0.99  # nobody is told that two are the same for certain
WEIGHED = 50  # of those that a query finds near, so many are weighed


def warn(values: dict, except_id: int = 0) -> None:
    """List the customers that look like the one typed in, surest first, each with why and the way to open it."""
    if not any(values.get(column) for column in ("name", "email", "phone")):
        return
    typed = {column: values.get(column) or "" for column in ("name", "email", "phone", "city", "company")}
    model = _model(str(store().path), store().revision("match_runs"))
    alike = store().frame("looks_like", **typed, birth_date=values.get("birth_date"), except_id=except_id,
                          limit=WEIGHED if model else MOST)
    if alike.empty:
        return
    said = _weighed(model, values, alike) if model else {}
    rows = sorted(alike.to_dict("records"), key=lambda row: -said.get(row["id"], (0.0, ""))[0])[:MOST]
    with st.container(border=True):
        st.warning(say("duplicates.taken" if alike.same_email.any() else "duplicates.what"), icon=":material/group:")
        for row in rows:
            why = said[row["id"]][1] if row["id"] in said else plain("batch.comma").join(_reasons(row))
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{words.markdown_safe(hit('customers', row))}**  \n"
                            f":gray[{words.markdown_safe(why)}]", width="stretch")
                if except_id:
                    st.page_link("pages/cleaning.py", label=say("merging.merge_both"), icon=":material/merge:",
                                 query_params=merging("customers", [except_id, row["id"]]))
                st.page_link("pages/data_entry.py", label=say("duplicates.open"), icon=":material/open_in_new:",
                             query_params={"part": "customers", "open": str(row["id"])})


def _reasons(row: dict) -> list[str]:
    reasons = [plain(f"duplicates.{reason}") for reason in REASONS if row[reason]]
    if row["like_name"] >= 0.8:
        reasons.insert(0, plain("duplicates.same_name" if row["like_name"] == 1 else "duplicates.like_name"))
    return reasons


@st.cache_data(max_entries=4, show_spinner=False)
def _model(path: str, revision: int) -> dict | None:
    """The model of the newest search among customers."""
    found = store().frame("match_run", table="customers")
    return json.loads(found.model[0]) if len(found) else None


def _weighed(model: dict, values: dict, alike) -> dict[int, tuple[float, str]]:
    """Of each that may be meant: how likely it is, and the same with what speaks for it in words."""
    from crm_core.cleaning import matching

    with store().look() as ask:
        pairs = matching.weigh_typed(ask, "customers", model, values, alike.id.tolist())
    said = {}
    for pair in pairs.itertuples():
        parts = sorted(matching.explained("customers", model, pair.levels), key=lambda part: -part.weight)
        why = plain("batch.comma").join(in_words("customers", part) for part in parts[:3] if part.weight > 0)
        said[int(pair.id)] = (float(pair.probability), plain(
            "matching.live_why", probability=min(float(pair.probability), SUREST), why=why))
    return said
