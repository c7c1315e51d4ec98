"""What is asked for on this page, kept from part to part, and the prediction that answers it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from time import monotonic

import pandas as pd
import streamlit as st

from crm_core.errors import CutoffOutsideData, NobodyBought, NotAChance, TooLittleEvidence
from crm_core.purchase_prediction import (
    Choice,
    Evidence,
    Examples,
    History,
    Offered,
    Prediction,
    Target,
    answerable,
    examples,
    gate,
    history,
    longest_horizon,
    offered,
    predict,
    propose,
    proposed,
    split,
)
from crm_core.purchase_prediction.searching import Budget
from crm_core.purchase_prediction.target import KINDS, USUALLY_ACTIVE_DAYS
from ui import job, say, store, today

READ = ("customers", "orders", "order_lines", "products", "communications", "service_requests", "campaigns",
        "campaign_members")
USUAL_HORIZON = 90
LONGEST_SEARCH_S = 120  # over the folds of a table without days; the rule and logistic regression are always tried


@dataclass(frozen=True)
class Asked:
    """As of when, and what."""

    as_of: date
    choice: Choice


@dataclass(frozen=True, eq=False)
class Ready:
    """What there is to learn from, before any model."""

    examples: Examples
    offered: tuple[Offered, ...]
    history: History
    weeks: pd.DataFrame  # week, orders
    evidence: Evidence


def asked() -> Asked | None:
    """What was asked for last, at first what the address names, else who buys in the next 90 days.

    Without orders it is the column that is most likely meant. None where there is nobody to look at.
    """
    if "prediction asked" not in st.session_state:
        newest = newest_day()
        if newest is None:
            return None
        ask(Asked(_day_in_address() or newest, Choice(_in_address() or _at_first(newest))))
    return st.session_state["prediction asked"]


def ask(wanted: Asked) -> None:
    """This is asked for from now on; the address says it too."""
    st.session_state["prediction asked"] = wanted


def stand_in_address(wanted: Asked) -> None:
    """A reload or a link comes back to the same question."""
    target = wanted.choice.target
    told = {"kind": target.kind, "as_of": str(wanted.as_of)}
    told |= {"horizon": str(target.horizon_days)} if target.dated else {"column": target.column, "value": target.value,
                                                                        "answer": target.column_kind}
    for name in ("kind", "as_of", "horizon", "column", "value", "answer"):
        if told.get(name):
            st.query_params[name] = told[name]
        else:
            st.query_params.pop(name, None)


def newest_day() -> date | None:
    """The day of the newest purchase, today at the latest or without orders; None where there is nobody at all."""
    newest = orders_there().newest
    if newest is None:
        return today() if store().frame("freshness").set_index("name").rows["customers"] else None
    return newest


def orders_there() -> History:
    """What orders there are up to today."""
    book, last = store(), today()

    def work(_progress):
        with book.look() as look:
            return history(look, last)

    return job(("history", str(book.path), last, book.revision("orders", "customers")),
               say("purchase_prediction.counting"), work)


def answers_there(as_of: date):
    """The columns and campaigns that can be predicted."""
    book = store()

    def work(_progress):
        with book.look() as look:
            return answerable(look, as_of)

    return job(("answerable", str(book.path), as_of, book.revision(*READ)), say("purchase_prediction.counting"), work)


def nobody_there() -> None:
    """There is nobody to look at yet: say so, and lead to the import."""
    st.info(say("purchase_prediction.nobody_there"), icon=":material/table_view:")
    st.page_link("pages/data_entry.py", label=say("home.import_a_file"), icon=":material/upload_file:",
                 query_params={"part": "import"})


def features_there(wanted: Asked, meanwhile: Callable[[], None] = lambda: None) -> tuple[Offered, ...]:
    """Every feature that something is known of, and whether it is proposed."""
    book, target, as_of = store(), wanted.choice.target, wanted.as_of

    def work(_progress):
        with book.look() as look:
            return offered(look, target, as_of)

    return job(("offered", str(book.path), target, as_of, book.revision(*READ)), say("features.looking"), work,
               meanwhile)


def ready(wanted: Asked, meanwhile: Callable[[], None] = lambda: None) -> Ready:
    """The examples and their evidence. Raises CutoffOutsideData, NobodyBought and what examples raise."""
    book, choice, there = store(), wanted.choice, orders_there()
    target = choice.target
    if target.dated and there.first is None:
        raise NobodyBought()
    if target.dated and wanted.as_of < there.first:
        raise CutoffOutsideData(as_of=wanted.as_of, first=there.first)
    found = features_there(wanted, meanwhile)
    names = choice.features or proposed(found)

    def work(progress):
        with book.look() as look:
            dates = split(there.first, wanted.as_of, target.horizon_days, choice.gap_days) if target.dated else None
            told = examples(look, target, dates, names, as_of=wanted.as_of, segment_id=choice.segment_id,
                            progress=progress)
            weeks = look.frame("purchases_by_week", until=wanted.as_of)
        return told, weeks

    # What is taken out, and which models are tried, changes nothing of the examples.
    key = replace(wanted, choice=Choice(target, names, gap_days=choice.gap_days, segment_id=choice.segment_id))
    told, weeks = job(("examples", *state(key)), say("purchase_prediction.gathering"), work, meanwhile)
    learned_from = tuple(name for name in told.features if name not in choice.excluded)
    return Ready(told, found, there, weeks, gate(told, learned_from, there.first))


def answer(wanted: Asked, meanwhile: Callable[[], None] = lambda: None) -> Prediction:
    """The prediction, once a state of the data. Raises TooLittleEvidence, NotAChance and what `ready` raises."""
    if wanted.choice.target.answer == "amount":
        raise NotAChance()
    known = ready(wanted, meanwhile)
    if known.evidence.verdict == "too_little":
        raise TooLittleEvidence()
    choice = replace(wanted.choice, models=known.evidence.models(wanted.choice.models))
    return job(("predict", *state(wanted)), say("purchase_prediction.working"),
               lambda progress: predict(known.examples, choice, progress=progress,
                                        budget=Budget(LONGEST_SEARCH_S, monotonic)), meanwhile)


def state(wanted: Asked) -> tuple:
    """What every answer on this page depends on: the key of its job, with a word of its own before it."""
    book = store()
    tables = (*READ, *(("segments", "segment_members") if wanted.choice.segment_id else ()))
    return str(book.path), wanted, book.revision(*tables)


# --- at first -------------------------------------------------------------------------------------


def _at_first(newest: date) -> Target:
    """Who buys, within the longest usual horizon that the history bears; without orders a column."""
    there, book = orders_there(), store()
    if there.first is not None:
        return Target("buys", longest_horizon(there.first, newest) or USUAL_HORIZON)
    with book.look() as look:
        return propose(look, newest) or Target()


def _in_address() -> Target | None:
    told = st.query_params
    if told.get("kind") not in KINDS:
        return None
    if told["kind"] == "column":
        return Target("column", column=told["column"], value=told.get("value", ""), column_kind=(
            "number" if told.get("answer") == "number" else "yes_no")) if told.get("column") else None
    days = told.get("horizon", "")
    return Target(told["kind"], min(max(int(days), 1), 730) if days.isdigit() else USUAL_HORIZON,
                  active_days=USUALLY_ACTIVE_DAYS if told["kind"] == "leaves" else 0)


def _day_in_address() -> date | None:
    try:
        return date.fromisoformat(st.query_params.get("as_of", ""))
    except ValueError:
        return None
