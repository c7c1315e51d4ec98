"""Values of a column that are probably one, to tick and to name: what a person chooses becomes the step's table."""
import pandas as pd
import streamlit as st

from crm_core.cleaning.sheet import sheet_of
from crm_core.cleaning.value_clusters import METHODS, MOST_VALUES, cluster_values, facet
from ui import job, plain, say, store

BY_HAND = "by_hand"
SHOWN = 200  # clusters, those with most rows first
NAMED = 6  # values of a cluster that are written out


def ask(settings: dict, table: str, place: str, by_hand) -> dict[str, str]:
    """From → to: the clusters that are found, each ticked or not, its new value typed over; or a table by hand."""
    names = {method: say(f"setting_choice.cluster_method.{method}") for method in METHODS}
    method = st.segmented_control(
        say("recipe_page.find_alike"), [*METHODS, BY_HAND], default=METHODS[0], required=True, key=f"{place} method",
        format_func=(names | {BY_HAND: say("recipe_page.by_hand")}).get)
    if method == BY_HAND:
        return by_hand()
    known = dict(settings.get("values") or {})
    if not settings.get("column"):
        st.caption(say("recipe_page.column_first"))
        return known
    found = _found(table, settings["column"], method)
    if found.empty:
        st.caption(say("recipe_page.none_alike"))
        return known
    clusters = [group for _, group in found.groupby("cluster", sort=True)][:SHOWN]
    editor = f"{place} {settings['column']} {method}"
    if editor not in st.session_state:  # opened anew: what the step knows is laid out
        st.session_state[f"{editor} laid out"] = pd.DataFrame([_row(group, known) for group in clusters])
    typed = st.data_editor(
        st.session_state[f"{editor} laid out"], key=editor, hide_index=True, disabled=("values", "rows"),
        height=min(38 + 35 * len(clusters), 320),
        column_config={
            "take": st.column_config.CheckboxColumn(plain("recipe_page.cluster_take"), width="small"),
            "becomes": st.column_config.TextColumn(plain("recipe_page.cluster_becomes"), required=True),
            "values": st.column_config.TextColumn(plain("recipe_page.cluster_values"), width="large"),
            "rows": st.column_config.NumberColumn(plain("recipe_page.cluster_rows"), format="localized"),
        })
    st.caption(say("recipe_page.clusters_found", count=int(found["cluster"].nunique()), shown=len(clusters)))
    members = {value for group in clusters for value in group["value"]}
    chosen = {before: after for before, after in known.items() if before not in members}
    for group, row in zip(clusters, typed.to_dict("records"), strict=True):
        if row["take"] and row["becomes"]:
            chosen |= {value: row["becomes"] for value in group["value"] if value != row["becomes"]}
    return chosen


def _row(group: pd.DataFrame, known: dict[str, str]) -> dict:
    """A cluster as a line: ticked where the step replaces one of its values already."""
    told = [known[value] for value in group["value"] if value in known]
    listed = [plain("recipe_page.cluster_value", value=value, count=int(count))
              for value, count in zip(group["value"][:NAMED], group["count"], strict=False)]
    return {"take": bool(told), "becomes": told[0] if told else group["proposed"].iloc[0],
            "values": " · ".join([*listed, *(["…"] if len(group) > NAMED else [])]), "rows": int(group["count"].sum())}


def _found(table: str, column: str, method: str) -> pd.DataFrame:
    """The clusters of a column as the table is now."""
    book = store()

    def work(progress):
        with book.look() as look:
            progress.on_cancel(look.cursor.interrupt)
            sheet = sheet_of(look, table)
            if column not in sheet.columns:  # a step before makes it
                return pd.DataFrame(columns=["cluster", "value", "count", "proposed"])
            values = facet(look, sheet.relation, column, limit=MOST_VALUES)
        return cluster_values(values, method)

    return job(("clusters", str(book.path), table, column, method, book.revision(table)),
               say("recipe_page.finding_alike"), work)
