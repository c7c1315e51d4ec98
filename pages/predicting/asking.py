"""What is asked for on this page, kept from part to part, and the prediction that answers it."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st

from crm_core.purchase_prediction import Choice, Prediction, examples, predict, split
from ui import job, say, store, today

READ = ("customers", "orders", "order_lines", "products", "communications", "service_requests")


@dataclass(frozen=True)
class Asked:
    """As of when, and what."""

    as_of: date
    choice: Choice


def asked() -> Asked | None:
    """What was asked for last; at first who buys in the next 90 days. None where there is nobody to look at."""
    if "prediction asked" not in st.session_state:
        newest = newest_day()
        if newest is None:
            return None
        ask(Asked(newest, Choice()))
    return st.session_state["prediction asked"]


def ask(wanted: Asked) -> None:
    """This is asked for from now on."""
    st.session_state["prediction asked"] = wanted


def newest_day() -> date | None:
    """The day of the newest order, today at the latest or without orders; None where there is nobody at all."""
    there = store().frame("freshness").set_index("name")
    newest = there.newest["orders"]
    if pd.isna(newest):
        return today() if there.rows["customers"] else None
    return min(newest.date(), today())


def nobody_there() -> None:
    """There is nobody to look at yet: say so, and lead to the import."""
    st.info(say("purchase_prediction.nobody_there"), icon=":material/table_view:")
    st.page_link("pages/data_entry.py", label=say("home.import_a_file"), icon=":material/upload_file:",
                 query_params={"part": "import"})


def answer(wanted: Asked) -> Prediction:
    """The prediction, computed once a state of the data."""
    book = store()

    def work(progress):
        with book.look() as look:
            first = look.execute(
                "SELECT CAST(min(ordered_at) AS DATE) FROM orders WHERE deleted_at IS NULL").fetchone()[0]
            target = wanted.choice.target
            found = examples(look, target, split(first, wanted.as_of, target.horizon_days, wanted.choice.gap_days))
        return predict(found, wanted.choice, progress=progress)

    return job(("predict", *state(wanted)), say("purchase_prediction.working"), work)


def state(wanted: Asked) -> tuple:
    """What every answer on this page depends on: the key of its job, with a word of its own before it."""
    book = store()
    tables = (*READ, *(("segments", "segment_members") if wanted.choice.segment_id else ()))
    return str(book.path), wanted, book.revision(*tables)
