"""The question: what is predicted, as of when, and whether there is enough to learn from."""

from dataclasses import replace
from datetime import date

import pandas as pd
import streamlit as st

from crm_core.purchase_prediction import rule_ranges, target_of
from crm_core.purchase_prediction.target import KINDS, USUALLY_ACTIVE_DAYS, Target
from pages.predicting import asking, wording
from pages.predicting.asking import Asked, Ready
from ui import plain, say, table, today
from ui.forms import remember

HORIZONS = (7, 14, 30, 60, 90, 180, 365)
ICONS = {"enough": ":material/check_circle:", "few": ":material/info:", "too_little": ":material/data_alert:"}
FIRST_DAY = date(1900, 1, 1)


def ask(wanted: Asked) -> Asked:
    """What is asked for by the widgets: the kind of target, its horizon or column, and the day."""
    target, offered = wanted.choice.target, asking.answers_there(wanted.as_of)
    has_orders = asking.orders_there().first is not None
    kinds = [kind for kind in KINDS if (kind == "column" and offered) or (kind != "column" and has_orders)] or ["buys"]
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        kind = st.selectbox(
            say("target.what"), kinds, key=_kept("target kind", target.kind, kinds), width=300,
            format_func={kind: say(f"target.kind_{kind}") for kind in kinds}.get)
        if kind == "column":
            target = _ask_column(target, offered)
        else:
            days = sorted({*HORIZONS, target.horizon_days})
            horizon = st.selectbox(
                say("target.horizon"), days, key=_kept("target horizon", target.horizon_days, days), width=170,
                format_func={count: say("target.days", days=count) for count in days}.get)
            active = target.active_days if target.kind == "leaves" else USUALLY_ACTIVE_DAYS
            target = Target(kind, horizon, active_days=active if kind == "leaves" else 0)
        as_of = st.date_input(
            say("clustering.as_of"), key=remember("target as of", wanted.as_of), min_value=FIRST_DAY, max_value=today(),
            format="YYYY-MM-DD", width=160, help=say("target.as_of_help"))
    if target != wanted.choice.target:  # features and what was taken out belong to the question
        return Asked(as_of or wanted.as_of, replace(wanted.choice, target=target, features=(), excluded=()))
    return replace(wanted, as_of=as_of or wanted.as_of)


def _ask_column(target: Target, offered) -> Target:
    by_column = {one.column: one for one in offered}
    names = {one.column: _called(one) for one in offered}
    likely = next((one.column for one in offered if one.likely), offered[0].column)
    column = st.selectbox(say("target.column"), list(names), format_func=names.get, width=300, key=_kept(
        "target column", target.column if target.column in names else likely, names))
    one = by_column[column]
    found = target_of(one)
    if not one.values:
        return found
    values = {value: plain("target.value_count", value=value, count=count) for value, count in one.values}
    at_first = target.value if target.column == column and target.value in values else found.value
    value = st.selectbox(say("target.yes_is"), list(values), format_func=values.get, width=240,
                         key=_kept(f"target value {column}", at_first, values))
    return replace(found, value=value)


def _called(one) -> str:
    if one.column.startswith("campaign:"):
        return plain("target.answers_to", campaign=one.label)
    return one.label or wording.feature(one.column)


def _kept(key: str, default, options) -> str:
    """Remember a choice; one that is no longer offered gives way."""
    kept = st.session_state.get(key, st.session_state.get("remembered", {}).get(key))
    if kept is not None and kept not in options:
        st.session_state.pop(key, None)
        st.session_state.get("remembered", {}).pop(key, None)
    return remember(key, default if default in options else next(iter(options)))


# --- tell -----------------------------------------------------------------------------------------


def tell(known: Ready, wanted: Asked) -> None:
    """The question in a sentence, how often the answer is yes, and whether there is enough to learn from."""
    evidence, target = known.evidence, wanted.choice.target
    facts = {"customers": evidence.customers, "what": wording.target(target), "as_of": wanted.as_of}
    if target.kind == "column":
        told = say("target.asked_column", **facts, known=int(evidence.parts.examples.sum()))
    elif target.answer == "amount":
        told = say("target.asked_amount", **facts, until=known.examples.split.windows[-1].until)
    else:
        told = say("target.asked", **facts, until=known.examples.split.windows[-1].until)
    st.markdown(f"**{told}**" + (" " + _base_rate(known, target) if evidence.base_rate == evidence.base_rate else ""))
    gate(known, wanted)


def _base_rate(known: Ready, target: Target) -> str:
    last = known.evidence.parts.iloc[-1]
    if target.answer == "amount" and target.kind == "column":
        rows = known.examples.part("train").outcome
        return say("target.mean", mean=float(rows.mean()), low=float(rows.min()), high=float(rows.max()))
    if target.answer == "amount":
        return say("target.base_rate_amount", share=float(last.base_rate), positives=int(last.positives),
                   examples=int(last.examples))
    return say("target.base_rate_dated" if target.dated else "target.base_rate", share=float(last.base_rate),
               positives=int(last.positives), examples=int(last.examples))


def gate(known: Ready, wanted: Asked) -> None:
    """The verdict with its reasons and what would be needed."""
    evidence = known.evidence
    of_amounts = evidence.verdict == "few" and wanted.choice.target.answer == "amount"
    lines = [say("gate.few_amount" if of_amounts else f"gate.{evidence.verdict}"),
             *(say(f"gate.why_{key}", **facts) for key, facts in evidence.reasons)]
    lines += [say(f"gate.need_{key}", **facts) for key, facts in evidence.needs]
    if len(lines) == 1:
        st.caption(lines[0])
        return
    show = st.warning if evidence.verdict == "too_little" else st.info
    show("  \n".join(lines), icon=ICONS[evidence.verdict])
    if evidence.horizon_that_fits:
        st.button(say("gate.take_horizon", days=evidence.horizon_that_fits), key="take horizon",
                  icon=":material/schedule:", on_click=_take_horizon, args=(wanted, evidence.horizon_that_fits))


def _take_horizon(wanted: Asked, days: int) -> None:
    asking.ask(replace(wanted, choice=replace(wanted.choice, target=replace(wanted.choice.target, horizon_days=days))))
    for kept in (st.session_state, st.session_state.get("remembered", {})):
        kept.pop("target horizon", None)


def counted(known: Ready) -> None:
    """How many examples each part has; what is odd about the orders, and how it counts."""
    parts = known.evidence.parts
    if len(parts):
        names = [plain(f"split.{part}" if known.examples.split else "split.known") for part in parts.part]
        table(parts.assign(part=names), key="evidence", name=plain("gate.table"), formats={"base_rate": "percent"},
              labels={"part": plain("split.part"), "examples": plain("split.examples"),
                      "positives": plain("gate.positives"), "base_rate": plain("gate.base_rate")})
    if not known.examples.target.dated:
        if known.examples.known_on:
            st.caption(say("target.known_on", day=known.examples.known_on))
        return
    there = known.history
    odd = {"once": there.once, "free": there.free, "refunds": there.refunds, "cancelled": there.cancelled,
           "nameless": there.nameless, "future": there.future}
    lines = [say("order_history.orders", orders=there.orders, customers=there.customers, first=there.first,
                 newest=there.newest)]
    lines += [say(f"order_history.{name}", count=count, customers=there.customers)
              for name, count in odd.items() if count]
    st.caption("  \n".join(lines))


def rule(known: Ready, wanted: Asked) -> None:
    """The plain rule with its ranges, where there is too little for a model."""
    found = rule_ranges(known.examples)
    st.subheader(say("plain_rule.title"), anchor=False)
    dated = wanted.choice.target.dated
    st.caption(say("plain_rule.what" if dated else "plain_rule.what_column"))
    shown = found.assign(
        days=[plain("plain_rule.range", low=int(row.from_days), high=int(row.to_days)) if dated
              else plain("plain_rule.all") for row in found.itertuples()],
        between=["–" if pd.isna(row.share) else plain("plain_rule.between", low=float(row.low), high=float(row.high))
                 for row in found.itertuples()])
    table(shown, key="rule", name=plain("plain_rule.title"), formats={"share": "percent"},
          labels={"days": plain("feature.recency_days") if dated else plain("plain_rule.whom"),
                  "then": plain("split.examples"), "yes": plain("gate.positives"), "share": plain("gate.base_rate"),
                  "between": plain("plain_rule.interval"), "customers": plain("plain_rule.customers")})
