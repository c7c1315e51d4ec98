"""What customers will spend: the ways of telling it beside the plain mean, the sum, and each customer with a range."""

import streamlit as st

from crm_core import charts
from crm_core.purchase_prediction.spend import predict_spend
from pages.predicting import asking
from ui import carry_away, chart, job, plain, say, table, words
from ui.customers import named

MONEY = ("mae", "rmse")
MOST_LISTED = 1_000


def answer(known, wanted, meanwhile):
    """The amounts, once a state of the data."""
    return job(("spend", *asking.state(wanted)), say("spend.working"),
               lambda progress: predict_spend(known.examples, wanted.choice, progress=progress), meanwhile)


def show(found, wanted, with_ways: bool = True) -> None:
    """The sum, each customer with a range, and the ways of telling it where they do not stand elsewhere."""
    st.subheader(say("spend.title"), anchor=False)
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
        _customers(found, wanted)
    if with_ways:
        ways(found, wanted)


def ways(found, wanted) -> None:
    """Every way of telling amounts beside the plain mean."""
    st.subheader(say("spend.models"), anchor=False)
    tried = found.tried.assign(model=[plain(f"model.{name}") for name in found.tried.model],
                               beats_mean=[plain("spend.yes" if better else "spend.no")
                                           for better in found.tried.beats_mean])
    table(tried, key="spend models", name=f"{plain('spend.models')} {wanted.as_of}",
          labels={name: plain(f"spend.{name}") for name in tried.columns},
          formats={"mae": "%.2f", "rmse": "%.2f", "spearman": "%.3f", "total_error": "percent"})


def _customers(found, wanted) -> None:
    """Everybody with the amount and its range, the highest first."""
    every = found.scores
    if len(every) > MOST_LISTED:
        st.caption(say("movement.listed", shown=MOST_LISTED, count=len(every)))
    rows = named(every.head(MOST_LISTED))
    labels = {name: plain(f"column.customers.{name}") for name in ("customer_no", "name") if rows[name].notna().any()}
    labels |= {name: plain(f"spend.{name}") for name in ("amount", "low", "high")}
    table(rows, key="spend customers", labels=labels, carry=False,
          formats=dict.fromkeys(("amount", "low", "high"), "%.2f"), height=min(38 + 35 * len(rows), 420))
    carry_away(lambda: named(every)[list(labels)].rename(columns=labels), key="spend all",
               name=f"{plain('spend.list')} {wanted.as_of}", rows=len(every))
