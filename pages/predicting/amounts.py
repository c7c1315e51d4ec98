"""How far to trust predicted amounts: against the mean, whether their sum holds, tenth by tenth."""

import streamlit as st

from crm_core import charts
from crm_core.purchase_prediction import trust as trusting
from crm_core.purchase_prediction.spend import predict_spend
from pages.predicting import asking, verdicts
from ui import chart, job, plain, say, table, words

MEAN = "mean"
MEASURES = ("mae", "rmse", "spearman", "total_error")


def show(wanted) -> None:
    """What was said of customers that no model had learned from, against what they spent."""
    examples = asking.ready(wanted).examples
    spend = job(("spend", *asking.state(wanted)), say("purchase_prediction.working"),
                lambda progress: predict_spend(examples, wanted.choice, progress=progress))
    for key, facts in spend.warnings:
        if words.has(f"prediction_warning.{key}"):
            st.warning(say(f"prediction_warning.{key}", **facts), icon=":material/warning:")
    judged, as_of = spend.judged, wanted.as_of
    st.caption(say("trust.judged_amounts", rows=len(judged)))
    if not len(judged):
        st.warning(say("trust.lacks.nothing_judged"), icon=":material/warning:")
        return
    outcome = judged.spent.to_numpy(dtype=float)
    models = [name for name in judged.columns if name in set(spend.tried.model)]
    found = {name: trusting.judge_spend(outcome, judged[name].to_numpy(dtype=float)) for name in models}
    own = found[spend.chosen]
    with st.container(border=True):
        st.markdown(verdicts.amounts(own, found.get(MEAN)))
    names = {name: verdicts.model(name) for name in models}
    chart(charts.amounts_by_tenth({names[name]: one.tenths for name, one in found.items()}, names[spend.chosen],
                                  names.get(MEAN, ""), as_of, plain), key="trust amounts")
    st.subheader(say("trust.tenths"), anchor=False)
    columns = ("predicted", "came", "low", "high", "error", "rows")
    table(own.tenths.iloc[::-1], key="trust tenths", name=plain("trust.tenths"),
          labels={name: plain(f"trust.tenth.{name}") for name in columns},
          formats=dict.fromkeys(("predicted", "came", "low", "high", "error"), "%.2f"))
    with st.expander(say("trust.measures"), icon=":material/table:"):
        import pandas as pd

        rows = [{"model": names[name], **one.measures} for name, one in found.items()]
        table(pd.DataFrame(rows).sort_values("mae", ignore_index=True), key="trust measures",
              name=plain("trust.measures"),
              labels={name: plain(f"trust.measure.{name}") for name in ("model", *MEASURES)},
              formats={"mae": "%.2f", "rmse": "%.2f", "spearman": "%.3f", "total_error": "percent"})
