"""The panel below the bar of steps: what the chosen step did, and its choice to change."""
import streamlit as st

from crm_core import charts
from crm_core.clustering import FEATURES
from pages.grouping import asking, bar
from ui import chart, plain, say, store, today
from ui.forms import remember

PARTS_AFTER = ("segments", "runs", "compare")  # where the groups are used, as parts of this page


def open_step() -> str | None:
    """The step whose panel is open: of the address at first, then of the card that was pressed."""
    asked = st.query_params.get("step")
    if "grouping step" not in st.session_state:
        st.session_state["grouping step"] = asked if asked in bar.NAMES else None
    return st.session_state["grouping step"]


def press(name: str) -> None:
    """Open the panel of a card; the open one is closed."""
    st.session_state["grouping step"] = None if st.session_state.get("grouping step") == name else name


def ask(step: str | None) -> None:
    """The widgets of the open step. The choice itself is read from what they keep (asking.asked)."""
    if step in ASKS:
        with st.container(border=True, key="step panel"):
            st.markdown(f"**{say(f'grouping_steps.name.{step}')}** · {say(f'grouping_steps.what.{step}')}")
            ASKS[step]()


def tell(step: str | None, groups, as_of) -> None:
    """What the open step found out, once the groups are there."""
    if step in TELLS:
        TELLS[step](groups, {told.name: told for told in groups.steps}[step], as_of)


# --- ask ------------------------------------------------------------------------------------------


def _ask_collect() -> None:
    segments = store().frame("segments_kept")
    names = {None: say("grouping_steps.everybody")} | {
        int(row.id): say("grouping_steps.segment", name=row.name, as_of=row.as_of)
        for row in segments[["id", "name", "as_of"]].itertuples(index=False)}
    if st.session_state.get("grouping segment") not in names:  # a segment that has been taken back
        st.session_state["grouping segment"] = None
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        st.date_input(say("clustering.as_of"), max_value=today(), format="YYYY-MM-DD", width=180, key="as_of",
                      help=say("clustering.as_of_help"))
        st.selectbox(say("grouping_steps.whom"), list(names), format_func=names.get, width=340,
                     key=remember("grouping segment"), help=say("grouping_steps.whom_help"))


def _ask_clean() -> None:
    st.page_link("pages/cleaning.py", label=say("grouping_steps.to_cleaning"), icon=":material/cleaning_services:")


def _ask_features() -> None:
    st.pills(say("clustering.features"), FEATURES, selection_mode="multi", key="features", wrap=True,
             format_func={name: say(f"feature.{name}") for name in FEATURES}.get, help=say("clustering.features_help"))


def _ask_algorithm() -> None:
    st.markdown(say("grouping_steps.kmeans"))


def _ask_train() -> None:
    counts = (0, *range(2, 11))
    st.selectbox(say("clustering.how_many"), counts, key="k", width=240, help=say("clustering.how_many_help"),
                 format_func={k: say("clustering.k_groups", k=k) if k else say("clustering.choose_k")
                              for k in counts}.get)


def _ask_nothing() -> None:
    pass


# --- tell -----------------------------------------------------------------------------------------


def _tell_collect(groups, step, as_of) -> None:
    st.caption(say("grouping_steps.collected", rows_in=step.rows_in, rows_out=step.rows_out,
                   count=step.notes["not_collected"]))


def _tell_clean(groups, step, as_of) -> None:
    if not step.notes["left_out"]:
        st.caption(say("grouping_steps.nobody_left_out", rows_out=step.rows_out))
        return
    missing = plain("batch.semicolon").join(
        plain("grouping_steps.missing", feature=bar.features_in_words([name]), count=count)
        for name, count in step.notes["missing"].items())
    st.caption(say("clustering.left_out", count=step.notes["left_out"]) + " " + say("grouping_steps.lack", missing=missing))


def _tell_features(groups, step, as_of) -> None:
    if step.choice["logged"]:
        st.caption(say("grouping_steps.logged", features=bar.features_in_words(step.choice["logged"])))
    if step.notes["dropped"]:
        st.caption(say("clustering.dropped", features=bar.features_in_words(step.notes["dropped"])))


def _tell_train(groups, step, as_of) -> None:
    st.caption(say("grouping_steps.trained", algorithm=bar.algorithm_name(groups.choice.algorithm), rows=step.rows_in,
                   k=groups.k, seed=groups.seed))


def _tell_evaluate(groups, step, as_of) -> None:
    st.caption(say("grouping_steps.evaluated", silhouette=f"{groups.silhouette:.2f}",
                   reference=f"{groups.reference:.2f}", stability=f"{groups.stability:.2f}"))
    if groups.choice.k is None and len(groups.by_k) > 1:
        chart(charts.k_choice(groups, as_of, plain), key="k choice")


def _tell_apply(groups, step, as_of) -> None:
    st.caption(say("grouping_steps.apply", k=groups.k))
    with st.container(horizontal=True, gap="medium"):
        for part in PARTS_AFTER:
            st.page_link("pages/clustering.py", label=say(f"clustering.part_{part}"), query_params={"part": part},
                         icon=":material/arrow_forward:")


# One place a panel: where a step has a file of its own, its `show` is called here.
ASKS = {"collect": _ask_collect, "clean": _ask_clean, "features": _ask_features, "algorithm": _ask_algorithm,
        "train": _ask_train, "evaluate": _ask_nothing, "apply": _ask_nothing}
TELLS = {"collect": _tell_collect, "clean": _tell_clean, "features": _tell_features, "train": _tell_train,
         "evaluate": _tell_evaluate, "apply": _tell_apply}
