"""What is asked for on this page, kept while its panel is closed, and the groups that answer it."""
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd
import streamlit as st

from crm_core.clustering import Choice, Groups, cluster_customers, collected, places
from crm_core.clustering.cards import Card
from crm_core.clustering.cards import cards as cards_of
from crm_core.features import catalogue, gather
from ui import job, say, store, today

READ = ("customers", "orders", "order_lines", "products", "communications", "service_requests")
FIRST_DAY = date(1900, 1, 1)  # Streamlit would go back ten years only


@dataclass(frozen=True)
class Asked:
    """As of when, whom, by what and how."""

    as_of: date
    segment: int | None  # the kept segment whose customers are looked at; None: everybody with an order
    choice: Choice


@dataclass(frozen=True, eq=False)
class Answer:
    groups: Groups
    cards: tuple[Card, ...]


def fresh() -> pd.DataFrame:
    """How many rows each table holds and how far it reaches, by the table's name."""
    return store().frame("freshness").set_index("name")


def asked(newest: date, propose) -> Asked:
    """What was asked for last: the widgets of a step are there only while its panel is open.

    At first it is recency, frequency and monetary; without orders what `propose(as_of)` finds.
    """
    if "grouping asked" not in st.session_state:
        choice = Choice() if fresh().rows["orders"] else propose(newest) or Choice(features=())
        ask(Asked(as_of=newest, segment=None, choice=choice))
    return st.session_state["grouping asked"]


def ask(wanted: Asked) -> None:
    """This is asked for from now on."""
    st.session_state["grouping asked"] = wanted


def newest_day() -> date | None:
    """The day of the newest order, today at the latest or without orders; None where there is nobody at all."""
    there = fresh()
    newest = there.newest["orders"]
    if pd.isna(newest):
        return today() if there.rows["customers"] else None
    return min(newest.date(), today())


def nobody_there() -> None:
    """There is nobody to look at yet: say so, and lead to the import."""
    st.info(say("grouping_steps.nobody_there"), icon=":material/table_view:")
    st.page_link("pages/data_entry.py", label=say("home.import_a_file"), icon=":material/upload_file:",
                 query_params={"part": "import"})


def read(book, wanted: Asked, more: tuple[str, ...] = ()) -> pd.DataFrame:
    """The features of the customers who are looked at, a row each."""
    with book.look() as look:
        return gather(look, (*wanted.choice.features, *more), wanted.as_of, segment_id=wanted.segment)


def answer(wanted: Asked, meanwhile=lambda: None) -> Answer:
    """The groups, with all seven steps, and their cards, computed once a state of the data."""
    book = store()

    def work(progress):
        progress(0.05)
        features = read(book, wanted, catalogue.told_beside(wanted.choice.features))
        in_the_book = int(book.frame("freshness").set_index("name").rows["customers"])
        progress(0.2)
        groups = cluster_customers(features, wanted.choice, as_of=wanted.as_of,
                                   progress=lambda share: progress(0.2 + 0.5 * share))
        first = collected(features, wanted.as_of, in_the_book, segment_name(wanted.segment), wanted.segment)
        groups = replace(groups, steps=(first, *groups.steps[1:]))
        return Answer(groups, cards_of(groups, features, groups.seed, lambda share: progress(0.7 + 0.3 * share)))

    return job(("cluster", *_state(book, wanted)), say("clustering.working"), work, meanwhile)


def naming(wanted: Asked, k: int) -> str:
    """Of which grouping a name is that was typed on a card."""
    return f"{wanted.choice.to_json()} {wanted.segment} {k}"


def everybody(wanted: Asked, groups) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The features of all who are looked at, and where each lies on the map of their groups."""
    book = store()

    def work(progress):
        features = read(book, wanted)
        progress(0.5)
        return features, places(groups, features)

    return job(("places", *_state(book, wanted)), say("grouping_look.placing"), work)


def segment_name(segment: int | None) -> str | None:
    if not segment:
        return None
    kept = store().frame("segments_kept").set_index("id")
    return str(kept.name[segment]) if segment in kept.index else None


def _state(book, wanted: Asked) -> tuple:
    tables = (*catalogue.tables_of(wanted.choice.features),
              *(("segments", "segment_members") if wanted.segment else ()))
    return str(book.path), wanted, book.revision(*tables)
