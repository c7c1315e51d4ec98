"""The kept runs: what was asked for and found, step by step, and whether it comes out the same today."""
import json

import streamlit as st

from crm_core.clustering import Choice, Step
from crm_core.clustering.refreshing import repeat
from pages.grouping import bar
from ui import errors_in_words, job, plain, say, store, table


def show() -> None:
    runs = store().frame("runs_kept", concern="clustering")
    if runs.empty:
        st.caption(say("grouping_runs.none"))
        return
    choices = [Choice.from_json(text) for text in runs.choice]
    figures = [json.loads(text) if text else {} for text in runs.figures]
    told = runs.assign(
        algorithm=[bar.algorithm_name(choice.algorithm) for choice in choices],
        features=[bar.features_in_words(choice.features) for choice in choices],
        k=[found.get("k") for found in figures], silhouette=[found.get("silhouette") for found in figures],
        stability=[found.get("stability") for found in figures])
    st.caption(say("grouping_runs.what"))
    picked = table(
        told, key="runs", name=plain("clustering.part_runs"), on_select="rerun", selection_mode="single-row",
        formats={"silhouette": "%.2f", "stability": "%.2f"},
        labels={"name": plain("column.runs.name"), "as_of": plain("clustering.as_of"),
                "k": plain("grouping_runs.groups"),
                "algorithm": plain("grouping_steps.name.algorithm"), "features": plain("grouping_steps.name.features"),
                "silhouette": plain("grouping_runs.silhouette"), "stability": plain("grouping_runs.stability")})
    if picked.selection.rows:
        place = picked.selection.rows[0]
        _one(runs.iloc[place], figures[place])


def _one(run, found: dict) -> None:
    st.subheader(say("grouping_runs.one", name=run["name"]), anchor=False)
    steps = [Step.from_dict(kept) for kept in found.get("steps", ()) if "shape" in kept]
    bar.show(steps, None, None, key=f"steps of run {run.id}")
    st.button(say("grouping_runs.repeat"), icon=":material/replay:", key=f"repeat {run.id}", on_click=_ask_again,
              args=(int(run.id),), help=say("grouping_runs.repeat_help"))
    if st.session_state.get("run to repeat") == run.id:
        _repeated(int(run.id))


def _ask_again(run_id: int) -> None:
    st.session_state["run to repeat"] = run_id


def _repeated(run_id: int) -> None:
    book = store()

    def work(progress):
        with book.look() as look:
            return repeat(look, run_id, progress)

    with errors_in_words():
        found = job(("repeat", str(book.path), run_id, book.revision()), say("clustering.working"), work)
    if found.is_same:
        st.success(say("grouping_runs.same", count=found.same, changes=found.changes), icon=":material/check_circle:")
    else:
        st.warning(say("grouping_runs.other", same=found.same, elsewhere=found.elsewhere, come=found.come,
                       gone=found.gone, changes=found.changes), icon=":material/info:")
