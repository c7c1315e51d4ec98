"""The newest search of a table as the book has it, and what follows from it and from what people decided."""

import json
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from crm_core.cleaning import queue
from crm_core.cleaning.queue import Judgement
from ui import store
from ui.values import told


@dataclass(frozen=True)
class Run:
    """A search, the decisions on its table, and the judgement that comes of both."""

    table: str
    row: dict  # of queries/match_run.sql
    model: dict
    reviews: pd.DataFrame
    bins: pd.DataFrame
    judgement: Judgement

    @property
    def id(self) -> int:
        return int(self.row["id"])

    @property
    def waiting(self) -> int:
        """The likely pairs that nobody has decided, of records that are both still there."""
        return int(self.bins.open[self.bins.weight >= self.judgement.weight - 1e-9].sum())

    @property
    def settled(self) -> int:
        """The likely pairs that ask for nothing more: decided, or a record of theirs was merged or deleted."""
        return self.judgement.likely - self.waiting


def newest(table: str) -> Run | None:
    """The newest search of a table; None before the first."""
    found = store().frame("match_run", table=table)
    if found.empty:
        return None
    row = found.iloc[0].to_dict()
    asked = {"table": table, "run": int(row["id"])}
    reviews, bins = store().frame("match_reviews", **asked), store().frame("match_weights", **asked)
    return Run(table, row, json.loads(row["model"]), reviews, bins, queue.judge(bins, reviews, float(row["threshold"])))


def pairs(run: Run, at_least: float) -> pd.DataFrame:
    """The pairs of a search from a probability on whose records are both there."""
    return store().frame("match_living_pairs", table=run.table, run=run.id, at_least=float(at_least))


def groups(run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Which of the records that are there now hang together: (id, cluster) and what is to be known of each cluster."""
    return _groups(str(store().path), run.table, run.id, store().revision(), run)


@st.cache_resource(max_entries=8, show_spinner=False)
def _groups(path: str, table: str, run_id: int, revision: int, _run: Run):
    unknown = queue.UNSTATED_BITS if _run.model["method"] == "stated" else queue.UNKNOWN_BITS
    decisions = store().frame("match_living_decisions", table=table)
    return queue.groups(pairs(_run, 0.0), decisions, _run.judgement.threshold, unknown)


def as_texts(table: str, row: dict) -> dict[str, str]:
    """What is compared of a record, as texts by column; its own fields among them."""
    from crm_core.cleaning.matching import NOT_COMPARED
    from crm_core.tables import TABLES

    keys = {column for key in TABLES[table].keys for column in key}
    texts = {column.name: "" if (text := told(table, column.name, row[column.name])) == "–" else text
             for column in TABLES[table].typed
             if column.type != "fields" and (column.name in keys or column.name not in NOT_COMPARED[table])}
    return texts | {name: str(value) for name, value in json.loads(row.get("extra") or "{}").items() if value}
