"""The seven steps of a prediction: a card each, and the panel of the one that is open, with its choice to change."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.features.catalogue import FAMILIES
from crm_core.purchase_prediction import proposed
from crm_core.purchase_prediction.examples import yes
from crm_core.purchase_prediction.headline import headline
from pages.predicting import asking, pictures, target, wording
from pages.predicting.asking import Asked, Ready
from ui import chart, language, plain, say, steps, store, table
from ui.forms import remember

NAMES = ("ask", "gather", "check", "split", "learn", "judge", "apply")
KEY = "prediction step"
MOST_GAP_DAYS = 90
GOES_ON = ("trust", "reasons", "value", "apply")  # where the prediction is used, as parts of this page


def open_step() -> str | None:
    return steps.open_step(KEY, NAMES)


def press(name: str) -> None:
    steps.press(KEY, name)


def bar(wanted: Asked, known: Ready | None = None, prediction=None) -> None:
    """The bar as far as the work has come."""
    cards = [{"name": name, "title": plain(f"prediction_steps.name.{name}")} for name in NAMES]
    done = (_known(wanted, known) if known else {}) | (_learned(wanted, prediction) if prediction else {})
    for card in cards:
        if card["name"] in done:
            marks, numbers, choice = done[card["name"]]
            card |= {"marks": marks, "alt": plain(f"prediction_steps.alt.{card['name']}"), "choice": choice,
                     "rows": plain("prediction_steps.rows", rows_in=numbers[0], rows_out=numbers[1])}
    steps.show(cards, plain("prediction_steps.label"), st.session_state[KEY], press, key="prediction bar")


def _known(wanted: Asked, known: Ready) -> dict:
    evidence, found = known.evidence, known.examples
    in_the_book = int(store().frame("freshness").set_index("name").rows["customers"])
    rows = len(found.rows)
    out = [name for name in wanted.choice.excluded if name in found.features]
    by_family = _by_family(known)
    kept = len(found.features) - len(out)
    parts = dict(zip(evidence.parts.part, evidence.parts.examples, strict=True))
    people = found.rows.customer_id.nunique()
    return {
        "ask": (pictures.base_rate(evidence.base_rate), (in_the_book, people), wording.target(wanted.choice.target)),
        "gather": (pictures.families([len(names) for names in by_family.values()]), (people, rows),
                   plain("prediction_steps.features", count=len(found.features), families=len(by_family))),
        "check": (pictures.kept(kept, len(out)), (len(found.features), kept),
                  plain("prediction_steps.taken_out", count=len(out)) if out else plain("prediction_steps.none_out")),
        "split": (pictures.lanes(found.split), (int(parts.get("train", 0)), int(parts.get("test", 0)))
                  if found.split else (int(parts.get("train", 0)),) * 2,
                  plain("prediction_steps.windows", count=len(found.split.windows) - 1) if found.split
                  else plain("prediction_steps.folds")),
    }


def _learned(wanted: Asked, prediction) -> dict:
    if wanted.choice.target.answer == "amount":
        return _amounts(prediction)
    told = headline(prediction)
    return {
        "learn": (pictures.models(prediction), (len(prediction.tried), 1), plain(f"model.{prediction.chosen}")),
        "judge": (pictures.tenths(prediction), (len(prediction.judged), int((prediction.judged.outcome > 0).sum())),
                  plain("prediction_steps.judged", auc=_two(told.auc), rule=_two(told.rule_auc))),
        "apply": (pictures.chances(prediction), (told.customers, round(told.expected)),
                  plain("prediction_steps.expected", count=round(told.expected))),
    }


def _amounts(found) -> dict:
    error = found.tried.set_index("model").mae
    return {
        "learn": (pictures.ways(found), (len(found.tried), 1), plain(f"model.{found.chosen}")),
        "judge": (pictures.amounts(found.judged[found.chosen], found.judged.spent),
                  (len(found.judged), int((found.judged.spent > 0).sum())),
                  plain("prediction_steps.error", error=float(error[found.chosen]), mean=float(error["mean"]))),
        "apply": (pictures.amounts(found.scores.amount, found.scores.amount), (len(found.scores),) * 2,
                  plain("prediction_steps.amount", amount=float(found.scores.amount.sum()))),
    }


def sorts(told) -> str:
    """How well the model sorts customers, beside the rule where that has something to say."""
    if told.rule_auc != told.rule_auc:
        return say("headline.alone", auc=_two(told.auc))
    return say(f"headline.{told.better}", auc=_two(told.auc), rule=_two(told.rule_auc))


def _two(number: float) -> str:
    return f"{number:.2f}" if number == number else "–"


# --- ask ------------------------------------------------------------------------------------------


def ask(step: str | None, wanted: Asked) -> Asked:
    """The widgets of the open step; what is asked for by them."""
    if step is None:
        return wanted
    st.markdown(f"**{say(f'prediction_steps.name.{step}')}** · {say(f'prediction_steps.what.{step}')}")
    return ASKS[step](wanted) if step in ASKS else wanted


def _ask_whom(wanted: Asked) -> Asked:
    segments = store().frame("segments_kept")
    names = {0: say("prediction_steps.everybody")} | {
        int(row.id): say("grouping_steps.segment", name=row.name, as_of=row.as_of)
        for row in segments[["id", "name", "as_of"]].itertuples(index=False)}
    key = remember("prediction segment", wanted.choice.segment_id or 0)
    if st.session_state[key] not in names:  # a segment that has been taken back
        st.session_state[key] = 0
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        segment = st.selectbox(say("grouping_steps.whom"), list(names), format_func=names.get, width=340, key=key,
                               help=say("prediction_steps.whom_help"))
        choice = replace(wanted.choice, segment_id=segment or None)
        if choice.target.kind == "leaves":
            active = st.number_input(
                say("prediction_steps.active"), min_value=0, max_value=3650, step=30, width=240,
                key=remember("active days", choice.target.active_days), help=say("prediction_steps.active_help"))
            choice = replace(choice, target=replace(choice.target, active_days=int(active)))
    return replace(wanted, choice=choice)


def _ask_features(wanted: Asked) -> Asked:
    """Which features are used: by family, a press takes one out; what is not proposed can be added, with the reason."""
    found = asking.features_there(wanted)
    names = {one.feature.name for one in found}
    usual = proposed(found)
    used = [name for name in (wanted.choice.features or usual) if name in names]
    kept: list[str] = []
    for family in FAMILIES:
        of_family = [one.feature.name for one in found if one.feature.family == family and one.feature.name in used]
        if not of_family:
            continue
        words = {name: say("prediction_steps.feature", feature=wording.feature(name)) for name in of_family}
        kept += st.pills(
            say("prediction_steps.family", family=plain(f"features.family_{family}"), count=len(of_family)), of_family,
            selection_mode="multi", format_func=words.get, key=remember(
                _pills_key(family, of_family), [name for name in of_family if name not in wanted.choice.excluded]))
    others = [one for one in found if one.feature.name not in used]
    labels = {one.feature.name: plain("prediction_steps.offered", feature=wording.feature(one.feature.name),
                                      why=plain(f"offered.{one.why or 'out'}")) for one in others}
    if labels:
        more = st.multiselect(say("prediction_steps.add"), list(labels), format_func=labels.get, key="add features",
                              placeholder=plain("features.choose"), help=say("prediction_steps.add_help"))
        if more:
            order = [one.feature.name for one in found]
            st.session_state["add features wanted"] = tuple(sorted((*used, *more), key=order.index))
            st.button(say("prediction_steps.use"), key="use features", type="primary", on_click=_use, args=(wanted,))
    return replace(wanted, choice=replace(
        wanted.choice, excluded=tuple(name for name in used if name not in kept)))


def _pills_key(family: str, names: list[str]) -> str:
    return f"used {family} {hash(tuple(names))}"


def _use(wanted: Asked) -> None:
    features = st.session_state.pop("add features wanted", ())
    st.session_state.pop("add features", None)
    asking.ask(replace(wanted, choice=replace(wanted.choice, features=features)))


def _ask_gap(wanted: Asked) -> Asked:
    if not wanted.choice.target.dated:
        st.caption(say("prediction_steps.folds_what"))
        return wanted
    gap = st.number_input(say("prediction_steps.gap"), min_value=0, max_value=MOST_GAP_DAYS, step=1, width=240,
                          key=remember("gap days", wanted.choice.gap_days), help=say("prediction_steps.gap_help"))
    return replace(wanted, choice=replace(wanted.choice, gap_days=int(gap)))


ASKS = {"ask": _ask_whom, "gather": _ask_features, "split": _ask_gap}


# --- tell -----------------------------------------------------------------------------------------


def tell_known(step: str | None, wanted: Asked, known: Ready) -> None:
    """What the open step found out before any model."""
    if step == "ask":
        target.counted(known)
        if wanted.choice.segment_id:
            st.caption(say("prediction_steps.members_now"))
    elif step == "gather":
        st.caption(say("prediction_steps.dated" if wanted.choice.target.dated else "prediction_steps.undated"))
    elif step == "split" and known.examples.split:
        _timeline(wanted, known)


def tell_learned(step: str | None, wanted: Asked, prediction, panels: dict) -> None:
    """What the open step found out once the models have learned; `panels` are others' parts of it."""
    if step == "judge" and wanted.choice.target.answer != "amount":
        st.markdown(say("prediction_steps.auc"))
    for show in panels.get(step, ()):
        show(prediction, wanted)
    if step in ("judge", "apply"):
        with st.container(horizontal=True, gap="medium"):
            for part in GOES_ON[:2] if step == "judge" else GOES_ON[2:]:
                st.page_link("pages/purchase_prediction.py", label=say(f"purchase_prediction.part_{part}"),
                             query_params={"part": part}, icon=":material/arrow_forward:")


def _by_family(known: Ready) -> dict[str, list[str]]:
    family = {one.feature.name: one.feature.family for one in known.offered}
    found: dict[str, list[str]] = {}
    for name in known.examples.features:
        found.setdefault(family.get(name, "how_they_buy"), []).append(name)
    return found


def _timeline(wanted: Asked, known: Ready) -> None:
    found = known.examples
    did = pd.Series(yes(found.target, found.rows.outcome), found.rows.index).where(found.rows.part != "score")
    counts = found.rows.assign(yes=did.astype(float)).groupby("cutoff").agg(
        examples=("customer_id", "size"), share=("yes", "mean")).reset_index()
    counts = counts[counts.cutoff.isin([pd.Timestamp(window.cutoff) for window in found.split.windows])]
    base = plain(f"split.share_{wanted.choice.target.kind}")
    chart(charts.split_timeline(found.split, counts, known.weeks, known.history.first, base, plain, language()),
          key="split timeline")
    if len(found.split.windows) > 1:
        rows = counts.assign(part=[plain(f"split.{window.part}") for window in found.split.windows])
        with st.expander(say("split.table"), icon=":material/table:"):
            table(rows, key="split table", name=plain("split.title"), formats={"share": "percent"}, labels={
                "part": plain("split.part"), "cutoff": plain("split.cutoff"), "examples": plain("split.examples"),
                "share": base})
