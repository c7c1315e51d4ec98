"""Records that are there twice: look for them, decide pair by pair, see groups, merge the sure ones at once."""

import streamlit as st

from crm_core import charts
from crm_core.cleaning.matching import TABLES
from pages.tidying.matching import asking, at_once, kept, searching, together
from ui import chart, plain, say, words
from ui.forms import remember
from ui.work import show_error

VIEWS = ("pairs", "groups", "sure", "weights")


def show() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        table = st.segmented_control(
            say("matching.table"), TABLES, key=remember("matching table", TABLES[0]), required=True, width="content",
            label_visibility="collapsed", format_func={name: say(f"table.{name}") for name in TABLES}.get)
        buttons = st.container(horizontal=True, vertical_alignment="center", gap="small", width="content")
    searching.running()
    run = kept.newest(table)
    searching.show(table, run, buttons)
    if run is None:
        return
    if "decision error" in st.session_state:
        show_error(st.session_state.pop("decision error"))
    if not len(run.bins) and not len(run.reviews):
        st.success(say("matching.none_found"), icon=":material/check_circle:")
        return
    summary(run)
    # A control that was off the page while a search ran comes back empty: each search has its own.
    view = st.segmented_control(
        say("matching.view"), VIEWS, key=remember(f"matching view {table} {run.id}", VIEWS[0]), required=True,
        label_visibility="collapsed", format_func={name: say(f"matching.views.{name}") for name in VIEWS}.get)
    if view == "pairs":
        asking.show(table)
    elif view == "groups":
        together.show(run)
    elif view == "sure":
        at_once.show(run)
    elif len(run.bins):
        chart(charts.match_weights(run.bins, run.judgement.weight, run.judgement.threshold,
                                   plain(f"table.{table}"), plain), key=f"match weights {table}")


def summary(run: kept.Run) -> None:
    """What the search found, from where on pairs count as the same, and why."""
    judgement = run.judgement
    found = say("matching.found", records=int(run.row["records"]), pairs=int(run.row["pairs_compared"]),
                when=run.row["made_at"], likely=judgement.likely)
    if run.settled:
        found += " " + say("matching.settled", count=run.settled)
    st.markdown(found)
    by_rules = run.model.get("method") == "stated"
    why = say("matching.threshold_of_rules" if by_rules else "matching.threshold",
              threshold=min(judgement.threshold, 0.99), precision=round(judgement.precision * 100),
              recall=round(judgement.recall * 100))
    if judgement.decided >= 5:
        why += " " + say("matching.learned", count=judgement.decided, before=float(run.row["threshold"]))
    st.caption(why)
    for key, facts in run.model.get("notes", []):
        if words.has(key):
            facts |= {"rule": plain(f"matching.rule.{facts['rule']}")} if "rule" in facts else {}
            st.caption(say(key, **facts))
