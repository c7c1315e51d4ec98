"""What acting on the chances earns: value, cost and capacity, how many to contact, and what to expect of them."""

import streamlit as st

from crm_core import charts
from crm_core.purchase_prediction import trust as trusting
from crm_core.purchase_prediction.judging import confusion
from crm_core.purchase_prediction.predicting import RULE
from pages.predicting import verdicts
from ui import chart, plain, say, table
from ui.forms import remember
from ui.values import reference

MADE_UP = trusting.Terms(10.0, 1.0)  # where no order tells what a success is worth
MOST_LISTED = 100


def show(wanted, prediction):
    """The part of the page; what is earned on the judged customers by the terms alone is returned."""
    st.subheader(say("acting.title"), anchor=False)
    st.caption(say("acting.what"))
    today = trusting.scored(prediction)
    terms = _terms(wanted, prediction, len(today))
    judged = prediction.judged
    outcome, chance = (judged[name].to_numpy(dtype=float) for name in ("outcome", prediction.chosen))
    rule = trusting.rule_of(prediction) if prediction.chosen != RULE else None
    of_judged = trusting.of_judged(terms, len(today), len(judged))
    by_terms = trusting.profit(outcome, chance, of_judged, rule)
    proposed = trusting.expected(today.score.to_numpy(dtype=float), terms)
    contacted = st.slider(
        say("acting.how_many"), 0, max(1, len(today)), proposed.contacted, help=say("acting.how_many_help"),
        key=f"acting contacted {asking_key(wanted)} {terms} {len(today)}")
    told = trusting.expected(today.score.to_numpy(dtype=float), terms, contacted)
    share = contacted / max(1, len(today))
    found = by_terms if contacted == proposed.contacted else trusting.profit(
        outcome, chance, of_judged, rule, contacted=round(share * len(judged)))
    _expect(wanted, terms, told, proposed, len(today), found, judged, outcome, chance)
    name, rule_name = verdicts.model(prediction.chosen), verdicts.model(RULE)
    chart(charts.profit_curve(found, found.acted.contacted, name, rule_name if rule is not None else "", wanted.as_of,
                              plain), key="trust profit")
    _who(today, contacted)
    return by_terms


def asking_key(wanted) -> str:
    target = wanted.choice.target
    return f"{target.kind} {target.column} {target.horizon_days} {wanted.as_of}"


def _terms(wanted, prediction, most: int):
    """Value, cost and capacity as typed; at first from the orders, and said so."""
    proposed = trusting.proposed(prediction.examples.part("train", "calibrate", "test"))
    start = proposed or MADE_UP
    key = asking_key(wanted)
    with st.container(horizontal=True, gap="medium"):
        label, hint = ("acting.value_kept", "acting.value_kept_help") if wanted.choice.target.kind == "leaves" else (
            "acting.value", "acting.value_help")
        value = st.number_input(say(label), min_value=0.0, key=remember(f"acting value {key}", start.value),
                                width=220, help=say(hint))
        cost = st.number_input(say("acting.cost"), min_value=0.0, key=remember(f"acting cost {key}", start.cost),
                               width=220)
        capacity = st.number_input(say("acting.capacity"), min_value=0, max_value=max(1, most), step=1, value=None,
                                   key=remember(f"acting capacity {key}"), width=220,
                                   placeholder=plain("acting.no_limit"))
    if (value, cost) == (start.value, start.cost):
        st.caption(say("acting.from_orders") if proposed else say("acting.made_up"))
    return trusting.Terms(value, cost, None if capacity is None else int(capacity))


def _expect(wanted, terms, told, proposed, customers: int, found, judged, outcome, chance) -> None:
    """What is expected of today's, and what as many would have brought on the judged days."""
    if terms.value <= terms.cost:
        st.info(say("acting.never_pays"), icon=":material/info:")
    elif told.contacted == proposed.contacted and told.contacted:
        st.markdown(say("acting.threshold", threshold=terms.threshold))
    if told.contacted:
        st.markdown(say("acting.expected", contacted=told.contacted, customers=customers, lowest=told.lowest_chance,
                        hits=round(told.hits), profit=told.profit))
    else:
        st.markdown(say("acting.expected_nobody"))
    acted = found.acted
    sentences = [say("acting.would_have", contacted=acted.contacted, rows=len(judged), hits=round(acted.hits),
                     profit=acted.profit, low=acted.low, high=acted.high)]
    if found.by_rule is not None:
        sentences.append(say("acting.rule_would_have", profit=found.by_rule.profit))
    sentences.append(say("acting.all_would_have", everybody=found.everybody.profit,
                         contacted=found.everybody.contacted))
    sentences.append(say("acting.best", contacted=found.best.contacted, profit=found.best.profit))
    if found.best_anyhow.contacted > found.best.contacted:
        sentences.append(say("acting.best_anyhow", contacted=found.best_anyhow.contacted,
                             profit=found.best_anyhow.profit))
    st.markdown(verdicts.joined(sentences))
    order = (-chance).argsort(kind="stable")
    taken = chance < 0
    taken[order[:acted.contacted]] = True
    counts = confusion(outcome, taken)
    st.caption(say("acting.confusion", **{name: counts[name] for name in (
        "hits", "in_vain", "misses", "rightly_left")}))
    st.caption(say("acting.not_all_kept" if wanted.choice.target.kind == "leaves" else "acting.not_caused"))


def _who(today, contacted: int) -> None:
    """The likeliest of those who would be contacted."""
    with st.expander(say("acting.who", count=contacted), icon=":material/group:"):
        few = today.head(min(contacted, MOST_LISTED))
        if few.empty:
            st.caption(say("acting.nobody"))
            return
        ids = [int(customer) for customer in few.customer_id]
        shown = few.assign(name=[reference("customers", customer) for customer in ids])
        if contacted > MOST_LISTED:
            st.caption(say("acting.first", shown=MOST_LISTED, count=contacted))
        table(shown, key="acting who", carry=False, formats={"score": "percent", "rule": "percent"},
              labels={"name": plain("column.customers.name"), "score": plain("acting.score"),
                      **({"rule": plain("acting.rule")} if "rule" in shown else {})})
        st.caption(say("acting.to_list"))
