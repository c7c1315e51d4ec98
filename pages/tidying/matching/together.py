"""Groups of three and more records as a whole, each with the link by which it hangs together."""

import pandas as pd
import streamlit as st

from pages.tidying.matching import deciding, kept
from ui import plain, say, store, table
from ui.parts import merging
from ui.values import called

SUREST = 0.99  # nobody is told that two are the same for certain
SHOWN = 20  # groups on the page
COLUMNS = {"customers": ("id", "customer_no", "name", "email", "phone", "birth_date", "address", "city", "company"),
           "products": ("id", "product_no", "name", "category", "price")}


def show(run: kept.Run) -> None:
    whole, known = kept.groups(run)
    large = known[known.records >= 3]
    if large.empty:
        st.info(say("matching.no_groups"), icon=":material/group:")
        return
    st.caption(say("matching.groups_what", count=len(large), shown=min(SHOWN, len(large))))
    for group in large.head(SHOWN).to_dict("records"):
        ids = sorted(whole.id[whole.cluster == group["cluster"]].astype(int))
        with st.container(border=True):
            _group(run, group, ids)


def _group(run: kept.Run, group: dict, ids: list[int]) -> None:
    rows = store().records(run.table, ids)
    names = {row["id"]: called(run.table, row, 30) for row in rows}
    st.markdown(f"**{say('matching.group', count=len(ids), name=names[ids[0]])}**")
    shown = pd.DataFrame(rows)
    shown = shown[[name for name in COLUMNS[run.table] if shown[name].notna().any()]]
    table(shown, key=f"group {run.table} {ids[0]}", carry=False, formats={"id": "%d"}, labels={
        name: "#" if name == "id" else plain(f"column.{run.table}.{name}") for name in shown})
    weak = (int(group["weak_a"]), int(group["weak_b"]))
    if group["weakest"] < 1:
        st.caption(say("matching.weak_link", first=names[weak[0]], second=names[weak[1]],
                       probability=min(group["weakest"], SUREST)))
    for kind in ("contradicted", "thin"):
        if group[kind]:
            st.warning(say(f"matching.{kind}"), icon=":material/link_off:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link("pages/cleaning.py", label=say("matching.merge_group", count=len(ids)), icon=":material/merge:",
                     query_params=merging(run.table, ids))
        if group["weakest"] < 1:
            st.button(say("matching.cut"), key=f"cut {run.table} {weak}", icon=":material/link_off:",
                      on_click=deciding.decide, args=(run.table, *weak, float(group["weakest"]), "different"))
