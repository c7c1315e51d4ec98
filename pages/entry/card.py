"""One record on a page of its own: what is known, what it was before, and for a customer the view from all sides."""

import streamlit as st

from crm_core.store.merging import merged_into
from pages.entry import customer, records
from ui import plain, say, store, words
from ui.parts import MERGEABLE, Part, merging
from ui.values import called, reference


def show(part: Part, row: dict, first: str | None = None) -> None:
    """A record with its ways: `first` is the one that stands open, else the customer's overview or the details."""
    row_id, is_customer, deleted = int(row["id"]), part.name == "customers", row["deleted_at"] is not None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(words.markdown_safe(called(part.name, row)), width="stretch", anchor=False)
        if not deleted:
            if part.name in MERGEABLE:
                st.page_link("pages/cleaning.py", label=say("merging.with_another"), icon=":material/merge:",
                             width="content", query_params=merging(part.name, [row_id]))
            records.delete(part.name, part.name, row)
    with st.container(horizontal=True):
        for column in part.table.columns:
            if column.refers_to == "customers" and row[column.name] is not None:
                st.page_link("pages/data_entry.py", icon=":material/person:", query_params={
                    "part": "customers", "open": str(row[column.name])}, label=plain("records.points_at",
                    column=plain(f"column.{part.name}.{column.name}"),
                    name=words.markdown_safe(reference("customers", row[column.name]))))
    if deleted:
        with store().look() as look:
            merged = merged_into(look, part.name, row_id)
        if not merged:
            st.warning(say("records.is_deleted"))
        records.restore(part.name, part.name, row)
        records.history(part.name, row)
        return
    ways = [*(["overview", *customer.LISTS, "related"] if is_customer else []), "details", "history"]
    way = st.segmented_control(
        say("records.way"), ways, default=first or ways[0], required=True, key=f"{part.name} card {row_id} {first}",
        label_visibility="collapsed", format_func={way: say(f"records.card.{way}") for way in ways}.get)
    if way == "details":
        records.edit(part.name, f"edit {part.name}", row)
    elif way == "history":
        records.history(part.name, row)
    else:
        customer.show(row, way)
