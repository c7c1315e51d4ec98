"""The panel below the bar of steps: what the chosen step did, and its choice to change."""
from dataclasses import replace

import streamlit as st

from crm_core.clustering.choice import WITHOUT_K, Choice
from crm_core.clustering.choose_k import LARGEST_K
from pages.grouping import algorithm, asking, bar, features, how_many
from ui import plain, say, store, today
from ui import steps as shared
from ui.forms import remember

PARTS_AFTER = ("segments", "moved", "apply", "compare", "runs")  # where the groups are used, as parts of this page


def open_step() -> str | None:
    """The step whose panel is open."""
    return shared.open_step("grouping step", bar.NAMES)


def press(name: str) -> None:
    """Open the panel of a card; the open one is closed."""
    shared.press("grouping step", name)


def ask(step: str | None, asked: asking.Asked) -> asking.Asked:
    """The widgets of the open step; what is asked for by them."""
    if step is None:
        return asked
    st.markdown(f"**{say(f'grouping_steps.name.{step}')}** · {say(f'grouping_steps.what.{step}')}")
    return ASKS[step](asked) if step in ASKS else asked


def tell(step: str | None, groups, as_of, names: dict[int, str]) -> None:
    """What the open step found out, once the groups are there."""
    if step in TELLS:
        TELLS[step](groups, {told.name: told for told in groups.steps}[step], as_of, names)


# --- ask ------------------------------------------------------------------------------------------


def _ask_collect(asked: asking.Asked) -> asking.Asked:
    segments = store().frame("segments_kept")
    names = {0: say("grouping_steps.everybody")} | {
        int(row.id): say("grouping_steps.segment", name=row.name, as_of=row.as_of)
        for row in segments[["id", "name", "as_of"]].itertuples(index=False)}
    key = remember("grouping segment", asked.segment or 0)
    if st.session_state[key] not in names:  # a segment that has been taken back
        st.session_state[key] = 0
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        as_of = st.date_input(
            say("clustering.as_of"), min_value=asking.FIRST_DAY, max_value=today(), format="YYYY-MM-DD", width=180,
            key=remember("as_of", asked.as_of), help=say("clustering.as_of_help"))
        segment = st.selectbox(say("grouping_steps.whom"), list(names), format_func=names.get, width=340, key=key,
                               help=say("grouping_steps.whom_help"))
    return replace(asked, as_of=as_of, segment=segment or None)


def _ask_clean(asked: asking.Asked) -> asking.Asked:
    st.page_link("pages/cleaning.py", label=say("grouping_steps.to_cleaning"), icon=":material/cleaning_services:")
    return asked


def _ask_features(asked: asking.Asked) -> asking.Asked:
    found, kept = features.ask(asked.as_of, asked.segment) or Choice(features=()), asked.choice
    return replace(asked, choice=replace(
        found, k=kept.k, algorithm=kept.algorithm, eps=kept.eps, min_points=kept.min_points, linkage=kept.linkage))


def _ask_algorithm(asked: asking.Asked) -> asking.Asked:
    return replace(asked, choice=algorithm.ask(asked.choice))


def _ask_train(asked: asking.Asked) -> asking.Asked:
    if asked.choice.algorithm in WITHOUT_K:
        st.caption(say("grouping_steps.finds_k", algorithm=bar.algorithm_name(asked.choice.algorithm)))
        return asked
    counts = (0, *range(2, LARGEST_K + 1))
    k = st.selectbox(say("clustering.how_many"), counts, key=remember("k", asked.choice.k or 0), width=240,
                     help=say("clustering.how_many_help"),
                     format_func={k: say("clustering.k_groups", k=k) if k else say("clustering.choose_k")
                                  for k in counts}.get)
    return replace(asked, choice=replace(asked.choice, k=k or None))


# --- tell -----------------------------------------------------------------------------------------


def _tell_collect(groups, step, as_of, names) -> None:
    count = step.notes["not_collected"]
    told = "all_collected" if not count else "of_segment_collected" if step.choice["segment_id"] else "collected"
    st.caption(say(f"grouping_steps.{told}", rows_in=step.rows_in, rows_out=step.rows_out, count=count))


def _tell_clean(groups, step, as_of, names) -> None:
    if not step.notes["left_out"]:
        st.caption(say("grouping_steps.nobody_left_out", rows_out=step.rows_out))
        return
    missing = plain("batch.semicolon").join(
        plain("grouping_steps.missing", feature=bar.features_in_words([name]), count=count)
        for name, count in step.notes["missing"].items())
    st.caption(say("clustering.left_out", count=step.notes["left_out"]) + " "
               + say("grouping_steps.lack", missing=missing))


def _tell_features(groups, step, as_of, names) -> None:
    if step.choice["logged"]:
        st.caption(say("grouping_steps.logged", features=bar.features_in_words(step.choice["logged"])))
    if step.notes["dropped"]:
        st.caption(say("clustering.dropped", features=bar.features_in_words(step.notes["dropped"])))


def _tell_train(groups, step, as_of, names) -> None:
    st.caption(say("grouping_steps.trained", algorithm=bar.algorithm_name(groups.choice.algorithm), rows=step.rows_in,
                   k=groups.k, seed=groups.seed))


def _tell_evaluate(groups, step, as_of, names) -> None:
    how_many.show(groups, as_of)


def _tell_algorithm(groups, step, as_of, names) -> None:
    algorithm.show(groups, names, as_of)


def _tell_apply(groups, step, as_of, names) -> None:
    st.caption(say("grouping_steps.apply", k=groups.k))
    with st.container(horizontal=True, gap="medium"):
        for part in PARTS_AFTER:
            st.page_link("pages/clustering.py", label=say(f"clustering.part_{part}"), query_params={"part": part},
                         icon=":material/arrow_forward:")


# One place a panel: where a step has a file of its own, its `ask` and `show` are called here.
ASKS = {"collect": _ask_collect, "clean": _ask_clean, "features": _ask_features, "algorithm": _ask_algorithm,
        "train": _ask_train}
TELLS = {"collect": _tell_collect, "clean": _tell_clean, "features": _tell_features, "algorithm": _tell_algorithm,
         "train": _tell_train,
         "evaluate": _tell_evaluate, "apply": _tell_apply}
