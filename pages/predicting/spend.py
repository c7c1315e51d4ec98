"""What customers will spend: the ways of telling it beside the plain mean, the sum, and each customer with a range."""

import streamlit as st

from crm_core import charts
from crm_core.purchase_prediction.spend import predict_spend
from pages.predicting import asking
from ui import chart, errors_in_words, job, plain, say, table, words
from ui.customers import named

MONEY = ("mae", "rmse")
MOST_LISTED = 1_000


def show(wanted) -> None:
    st.subheader(say("spend.title"), anchor=False)
    examples = asking.ready(wanted).examples
    with errors_in_words():
        found = job(("spend", *asking.state(wanted)), say("spend.working"),
                    lambda progress: predict_spend(examples, wanted.choice, progress=progress))
        _tell(found, wanted)


def _tell(found, wanted) -> None:
    by_way = found.tried.set_index("model")
    own = by_way.loc[found.chosen]
    st.info(say("spend.found", model=plain(f"model.{found.chosen}"), mae=own.mae, mean=by_way.mae["mean"],
                total=own.total_error), icon=":material/payments:")
    for key, facts in found.warnings:
        if words.has(f"prediction_warning.{key}"):
            st.warning(say(f"prediction_warning.{key}", **facts), icon=":material/warning:")
    if len(found.scores):
        if found.examples.split:
            st.markdown(say("spend.all_expected", customers=len(found.scores), amount=found.scores.amount.sum(),
                            days=wanted.choice.target.horizon_days))
        chart(charts.spend_by_tenth(found.scores, wanted.as_of, plain), key="spend")
        st.caption(say("spend.range", covered=found.covered))
        rows = named(found.scores.head(MOST_LISTED)).sort_values("amount", ascending=False, ignore_index=True)
        table(rows[["name", "amount", "low", "high"]], key="spend customers",
              name=f"{plain('spend.list')} {wanted.as_of}",
              labels={name: plain(f"spend.{name}") for name in ("name", "amount", "low", "high")},
              formats=dict.fromkeys(("amount", "low", "high"), "%.2f"))
    st.subheader(say("spend.models"), anchor=False)
    tried = found.tried.assign(model=[plain(f"model.{name}") for name in found.tried.model],
                               beats_mean=[plain("spend.yes" if better else "spend.no")
                                           for better in found.tried.beats_mean])
    table(tried, key="spend models", name=f"{plain('spend.models')} {wanted.as_of}",
          labels={name: plain(f"spend.{name}") for name in tried.columns},
          formats={"mae": "%.2f", "rmse": "%.2f", "spearman": "%.3f", "total_error": "percent"})
