"""The kept segments and who is in them."""

import streamlit as st

from ui import plain, say, store, table


def show() -> None:
    st.subheader(say("clustering.segments"), anchor=False)
    segments = store().frame("segments_kept")
    if segments.empty:
        st.caption(say("clustering.no_segments"))
        return
    picked = table(
        segments,
        key="segments",
        name=plain("clustering.segments"),
        on_select="rerun",
        selection_mode="single-row",
        labels={
            "name": plain("column.segments.name"),
            "as_of": plain("column.segments.as_of"),
            "customers": plain("clustering.customers"),
        },
    )
    if picked.selection.rows:
        segment = segments.iloc[picked.selection.rows[0]]
        st.markdown(say("clustering.members_of", name=segment["name"]))
        members = store().frame("segment_customers", segment_id=int(segment.id))
        table(
            members,
            key=f"members of {segment.id}",
            name=segment["name"],
            labels={
                column: plain(f"column.customers.{column}") for column in ("customer_no", "name", "city", "country")
            },
        )
