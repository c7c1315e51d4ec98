"""The models beside each other and beside the plain rule, which is used and why, and what logistic regression says."""

import streamlit as st

from crm_core import charts
from crm_core.purchase_prediction import odds_ratios_of
from pages.predicting import asking, wording
from ui import chart, job, plain, say, table

MEASURES = ("auc", "pr_auc", "brier", "ece", "lift10")
RULE = "recency_rule"


def show(prediction, as_of) -> None:
    st.subheader(say("models.title"), anchor=False)
    st.markdown("  \n".join(_why(prediction)))
    told = prediction.tried
    frame = told.assign(
        model=[_name(name, prediction) for name in told.model],
        used=[plain("models.used") if name == prediction.chosen else "" for name in told.model])
    table(frame[["model", "used", *MEASURES]], key="models", name=f"{plain('models.title')} {as_of}",
          labels={"model": plain("models.model"), "used": plain("models.is_used"),
                  **{name: plain(f"measure.{name}") for name in MEASURES}},
          formats=dict.fromkeys(MEASURES, "%.3f"), height=38 + 35 * len(frame))  # the rule, often last, is seen too
    for sentence in _notes(prediction):
        st.caption(sentence)
    if "logistic" in prediction.models and st.toggle(say("models.odds_ratios"), key="odds ratios",
                                                     help=say("models.odds_ratios_help")):
        _odds_ratios(prediction, as_of)


def _why(prediction) -> list[str]:
    """Which model is used, why, and what it gains beside the plain rule."""
    chosen, undated = prediction.chosen, prediction.crossed is not None
    by_person = prediction.choice.model == chosen
    lines = [say("models.by_person" if by_person else "models.by_folds" if undated else "models.by_days",
                 model=plain(f"model.{chosen}"))]
    blend = prediction.final.estimator
    if chosen == "blend" and blend.shares:
        lines.append(say("models.parts", parts=plain("batch.comma").join(
            plain("models.part", model=plain(f"model.{part.name}"), share=share)
            for (_, part), share in zip(blend.parts, blend.shares, strict=True))))
    measured = prediction.tried.set_index("model")
    if chosen != RULE and RULE in measured.index and chosen in measured.index:
        key = "models.gain_without_rule" if undated and measured.auc[RULE] == 0.5 else "models.gain"
        lines.append(say(key, auc=f"{measured.auc[chosen]:.3f}", rule=f"{measured.auc[RULE]:.3f}",
                         lift=f"{measured.lift10[chosen]:.1f}"))
    return lines


def _notes(prediction) -> list[str]:
    told = prediction.crossed
    if told is None:
        return [say("models.later_days", count=len(prediction.judged))]
    lines = [say("models.folds", rows=len(prediction.judged), auc=f"{told.as_chosen['auc']:.3f}")]
    if told.by_time is not None:
        lines.append(say("models.by_time", feature=wording.feature(told.by_time.feature), count=told.by_time.newer,
                         auc=f"{told.by_time.auc:.3f}", random=f"{told.as_chosen['auc']:.3f}"))
    key = "models.tried_all" if told.tried == told.candidates else "models.tried_some"
    return [*lines, say(key, tried=told.tried, candidates=told.candidates)]


def _name(name: str, prediction) -> str:
    no_days = name == RULE and prediction.crossed is not None and not _sorts(prediction, name)
    return plain("models.base_rate") if no_days else plain(f"model.{name}")


def _sorts(prediction, name: str) -> bool:
    return prediction.judged[name].nunique() > len(prediction.crossed.models)


def _odds_ratios(prediction, as_of) -> None:
    wanted = asking.asked()
    found = job(("odds ratios", *asking.state(wanted)), say("models.working_odds"),
                lambda _progress: odds_ratios_of(prediction))
    what = wording.target(prediction.choice.target)
    if "outcome" in found:
        names = list(dict.fromkeys(found.outcome))
        what = st.selectbox(say("models.of_which"), names, key="odds ratios of", format_func=wording.kind)
        found = found[found.outcome == what]
        what = wording.kind(what)
    if found.empty:
        st.info(say("models.no_odds_ratios"))
        return
    chart(charts.odds_ratio_forest(found, plain, what, as_of), key="odds ratios chart")
    frame = found.assign(name=[charts.step_words(row, plain) for row in found.itertuples()])
    labels = {"name": plain("chart.odds_ratios.name"), "odds_ratio": plain("chart.odds_ratios.odds_ratio"),
              "low": plain("chart.odds_ratios.low"), "high": plain("chart.odds_ratios.high"), "p": "p"}
    table(frame, key="odds ratios table", name=f"{plain('chart.odds_ratios.title')} {as_of}", labels=labels,
          formats={**dict.fromkeys(("odds_ratio", "low", "high"), "%.3f"), "p": "%.4f"})
    st.caption(say("models.odds_ratios_read"))
