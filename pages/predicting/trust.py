"""How far to trust the chances: how well they sort, whether they hold what they say, what acting on them earns."""

import streamlit as st

from crm_core import charts
from crm_core.purchase_prediction import trust as trusting
from crm_core.purchase_prediction.predicting import RULE
from pages.predicting import acting, amounts, asking, verdicts, wording
from ui import chart, errors_in_words, job, plain, say, store, table, words

BESIDE = 2  # models drawn beside the chosen one and the rule, at first

MEASURES = ("auc", "pr_auc", "brier", "skill", "ece", "reliability", "resolution", "uncertainty", "lift10")
OF_CLASSES = ("accuracy", "commonest", "top3", "auc", "log_loss", "brier", "ece")


def show() -> None:
    wanted = asking.asked()
    if wanted is None:
        asking.nobody_there()
        return
    wording.tell_question(wanted)
    st.subheader(say("trust.title"), anchor=False)
    with errors_in_words():
        if wanted.choice.target.answer == "amount":
            amounts.show(wanted)
            return
        prediction = asking.answer(wanted)
        show_warnings(prediction.warnings)
        judged_on(prediction)
        if wanted.choice.target.answer == "category":
            _classes(wanted, prediction)
        _yes_no(wanted, prediction)


def show_warnings(warnings) -> None:
    """What has to be known before any figure."""
    for key, facts in warnings:
        if words.has(f"prediction_warning.{key}"):
            st.warning(wording.warning(key, facts), icon=":material/warning:")


def judged_on(prediction) -> None:
    """Of whom the figures are."""
    rows = trusting.judged_rows(prediction)
    dates = prediction.examples.split
    windows = [window for window in dates.windows if window.part == "test"] if dates else []
    if windows and len(rows) and (rows.part == "test").all():
        st.caption(say("trust.judged_dated", rows=len(rows), start=windows[0].cutoff, end=windows[-1].until))
    elif len(rows):
        st.caption(say("trust.judged_undated", rows=len(rows)))


def _yes_no(wanted, prediction) -> None:
    book = store()

    def work(_progress):
        with book.look() as look:
            return trusting.trust(prediction, trusting.parts(look, prediction, wanted.as_of))

    # The parts are read from segments too, which the prediction does not depend on.
    revision = book.revision("segments", "segment_members", "segment_snapshots")
    found = job(("trust", *asking.state(wanted), revision), say("trust.working"), work)
    for key, facts in found.lacks:
        st.warning(say(f"trust.lacks.{key}", **facts), icon=":material/warning:")
    kind = wanted.choice.target.kind
    if found.area is None:
        if found.shift:
            st.markdown(verdicts.shifted(found.shift))
            _drift(found.shift)
        return
    room = st.container(border=True)
    earned = acting.show(wanted, prediction)
    with room:
        for sentence in (verdicts.sorting(found, kind), verdicts.holds(found.reliability), verdicts.earns(earned),
                         verdicts.weak(found.slices), verdicts.shifted(found.shift) if found.shift else ""):
            if sentence:
                st.markdown(sentence)
    _curves(wanted, prediction, found)
    _slices(found)
    if found.shift:
        _drift(found.shift)
    _measures(found.models)


def _curves(wanted, prediction, found) -> None:
    """The models over each other, the chosen one in front, the plain rule in the background."""
    st.subheader(say("trust.curves"), anchor=False)
    names = {name: verdicts.model(name) for name in found.models.model}
    chosen, rule, as_of = names[prediction.chosen], names.get(RULE, ""), wanted.as_of
    areas = found.models.assign(model=found.models.model.map(names))
    base_rate = found.yes / found.rows
    others = [name for name in names if name not in (prediction.chosen, RULE)]
    beside = st.pills(say("trust.beside"), others, selection_mode="multi", key="trust beside", wrap=True,
                      default=others[:BESIDE], format_func=names.get) if others else []
    shown = {prediction.chosen, RULE, *beside}  # a dozen lines over each other tell nothing
    drawn = {
        "calibration": lambda rows: charts.calibration_curves(rows, chosen, rule, as_of, plain),
        "gains": lambda rows: charts.gains_curves(rows, chosen, rule, as_of, plain),
        "roc": lambda rows: charts.roc_curves(rows, areas[areas.model.isin(rows)], chosen, rule, as_of, plain),
        "precision_recall": lambda rows: charts.precision_recall_curves(
            rows, areas[areas.model.isin(rows)], base_rate, chosen, rule, as_of, plain)}
    for pair in (("calibration", "gains"), ("roc", "precision_recall")):
        for column, name in zip(st.columns(2, gap="large"), pair, strict=True):
            with column:
                chart(drawn[name]({names[model]: rows for model, rows in found.curves[name].items() if model in shown}),
                      key=f"trust {name}")


def _slices(found) -> None:
    st.subheader(say("trust.slices"), anchor=False, help=say("trust.slices_help"))
    if found.slices.empty:
        st.caption(say("trust.no_slices"))
        return
    shown = found.slices.assign(
        part=[verdicts.part(row.by, row.label) for row in found.slices.itertuples()],
        range=[f"{row.auc_low:.2f}–{row.auc_high:.2f}" if row.auc == row.auc else "–"
               for row in found.slices.itertuples()],
        told=[verdicts.of_slice(row) for row in found.slices.itertuples()])
    columns = ("part", "rows", "base_rate", "said", "gap", "auc", "range", "p", "told")
    table(shown, key="trust slices", name=plain("trust.slices"),
          labels={name: plain(f"trust.column.{name}") for name in columns},
          formats={"base_rate": "percent", "said": "percent", "gap": "percent", "auc": "%.2f", "p": "%.3f"})


def _drift(shift) -> None:
    st.subheader(say("trust.drift"), anchor=False, help=say("trust.drift_help"))
    st.caption(say("trust.scores_shifted", index=f"{shift.scores_index:.2f}", judged=shift.mean_judged,
                   today=shift.mean_today))
    for name, values in shift.unseen.items():
        st.warning(say("trust.unseen", feature=verdicts.feature(name), values=", ".join(values[:8])),
                   icon=":material/new_label:")
    shown = shift.features.assign(
        feature=shift.features.feature.map(verdicts.feature),
        **{name: [plain(f"apply.shift.{level}") for level in shift.features[name]]
           for name in ("level", "level_judged")})
    columns = ("feature", "index_judged", "level_judged", "index", "level", "median_training", "median_today",
               "missing_training", "missing_today")
    table(shown, key="trust drift", name=plain("trust.drift"),
          labels={name: plain(f"trust.column.{name}") for name in columns},
          formats={"index": "%.2f", "index_judged": "%.2f", "missing_training": "percent", "missing_today": "percent"})


def _measures(models) -> None:
    with st.expander(say("trust.measures"), icon=":material/table:"):
        st.caption(say("trust.measures_help"))
        shown = models.assign(
            model=[verdicts.model(name) for name in models.model],
            **{f"{name}_range": [f"{low:.3f}–{high:.3f}" for low, high in
                                 zip(models[f"{name}_low"], models[f"{name}_high"], strict=True)]
               for name in ("auc", "pr_auc")})
        columns = ("model", "auc", "auc_range", "pr_auc", "pr_auc_range", *MEASURES[2:])
        table(shown, key="trust measures", name=plain("trust.measures"),
              labels={name: plain(f"trust.measure.{name}") for name in columns},
              formats=dict.fromkeys(MEASURES, "%.3f"))


def _classes(wanted, prediction) -> None:
    """Of one of several classes: named rightly, each against the rest, and whether the chances hold."""
    found = job(("trust classes", *asking.state(wanted)), say("trust.working"),
                lambda _progress: trusting.trust_classes(prediction))
    if found is None:
        return
    with st.container(border=True):
        st.markdown(verdicts.naming(found))
        st.markdown(verdicts.holds(found.sure))
    left, right = st.columns(2, gap="large")
    with left:
        name = verdicts.model(prediction.chosen)
        chart(charts.calibration_curves({name: found.sure.bins}, name, "", wanted.as_of, plain), key="trust named")
    with right:
        st.markdown(f"**{say('trust.each_class')}**", help=say("trust.each_class_help"))
        columns = ("class", "rows", "base_rate", "said", "auc", "precision", "recall", "lift10")
        shown = found.each.assign(**{"class": found.each["class"].map(verdicts.class_name)})
        table(shown, key="trust classes", name=plain("trust.each_class"),
              labels={name: plain(f"trust.column.{name}") for name in columns},
              formats={"base_rate": "percent", "said": "percent", "auc": "%.3f", "precision": "percent",
                       "recall": "percent", "lift10": "%.2f"})
    with st.expander(say("trust.class_measures"), icon=":material/table:"):
        shown = found.by_model.assign(model=[verdicts.model(name) for name in found.by_model.model])
        table(shown, key="trust class measures", name=plain("trust.class_measures"),
              labels={name: plain(f"trust.measure.{name}") for name in ("model", *OF_CLASSES)},
              formats=dict.fromkeys(OF_CLASSES, "%.3f"))
    st.subheader(say("trust.anything"), anchor=False)
