"""Labels that people gave, and what taught classes said of messages, kept in the book.

    text_labels    "needs" | communication 5 | label "delivery"
    runs           9 | text_mining | "Needs, March" | choice {"classes": "needs"} | the signed model file
    text_classes   run 9 | communication 5 | label "delivery" | confidence .93       no label: it does not know

`batch` and `ask` are an open batch or look of the store; messages are frames with source and row_id.
"""

import base64
import json
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from crm_core import saved
from crm_core.errors import ModelNotKept, RecordGone
from crm_core.text_mining.classes.learning import Classes

CONCERN = "text_mining"
NEEDS = "needs"  # the scheme that is there before anybody names one
COLUMNS = {"communications": "communication_id", "service_requests": "request_id"}


@dataclass(frozen=True)
class Run:
    id: int
    name: str
    as_of: date
    scheme: str
    figures: dict


def schemes(ask) -> dict[str, int]:
    """Every question that messages were labelled by, with how many labels it has."""
    return dict(ask.execute("SELECT scheme, count(*) FROM text_labels WHERE deleted_at IS NULL GROUP BY scheme "
                            "ORDER BY scheme").fetchall())


def labels(ask, scheme: str) -> pd.DataFrame:
    """source, row_id, label of every labelled message."""
    return ask.execute(
        "SELECT CASE WHEN communication_id IS NULL THEN 'service_requests' ELSE 'communications' END AS source, "
        "coalesce(communication_id, request_id) AS row_id, label FROM text_labels "
        "WHERE scheme = $scheme AND deleted_at IS NULL ORDER BY id", scheme=scheme).df()


def labelled(messages: pd.DataFrame, given: pd.DataFrame) -> pd.Series:
    """The label of each message, none where nobody gave one."""
    known = {(source, int(row)): label for source, row, label in given.itertuples(index=False)}
    return pd.Series([known.get((source, int(row))) for source, row in zip(messages.source, messages.row_id,
                                                                          strict=True)], messages.index, dtype=object)


def give(batch, scheme: str, given: pd.DataFrame) -> int:
    """Write labels of messages (source, row_id, label; none takes the label away); how many were written.

    A message has one label a scheme: another one replaces it.
    """
    before = {(source, int(row)): number for number, source, row in batch.execute(
        "SELECT id, CASE WHEN communication_id IS NULL THEN 'service_requests' ELSE 'communications' END, "
        "coalesce(communication_id, request_id) FROM text_labels WHERE scheme = $scheme AND deleted_at IS NULL",
        scheme=scheme).fetchall()}
    new, changed, gone = [], [], []
    for source, row, label in given[["source", "row_id", "label"]].itertuples(index=False):
        number = before.get((source, int(row)))
        label = label.strip() if isinstance(label, str) else None
        if not label:
            gone += [number] if number else []
        elif number:
            changed.append({"id": number, "label": label})
        else:
            new.append({"scheme": scheme, COLUMNS[source]: int(row), "label": label})
    for source in COLUMNS.values():
        if rows := [one for one in new if source in one]:
            batch.add("text_labels", rows)
    if changed:
        batch.change("text_labels", changed)
    if gone:
        batch.remove("text_labels", gone)
    return len(new) + len(changed) + len(gone)


def rename(batch, scheme: str, old: str, new: str) -> None:
    """Another name for a class; the name of one that is there merges the two."""
    ids = [row for (row,) in batch.execute(
        "SELECT id FROM text_labels WHERE scheme = $scheme AND label = $old AND deleted_at IS NULL ORDER BY id",
        scheme=scheme, old=old).fetchall()]
    batch.change("text_labels", [{"id": row, "label": new.strip()} for row in ids])


def keep(batch, classes: Classes, scheme: str, name: str, as_of: date, revision: int, messages: pd.DataFrame,
         answers: pd.DataFrame) -> int:
    """Keep taught classes under a name with what they say of messages; the run's id."""
    figures = {"accuracy": classes.accuracy, "way": classes.way, "confident": classes.confident,
               "familiar": classes.familiar, "labels": int(classes.texts.sum()),
               "classes": {str(label): int(count) for label, count in zip(classes.classes, classes.texts, strict=True)}}
    about = {"name": name, "as_of": str(as_of), "choice": json.dumps({"classes": scheme}), "figures": figures}
    file = saved.pack({"model": classes}, about, saved.secret_of(batch))
    run_id, = batch.add("runs", {
        "concern": CONCERN, "name": name, "as_of": as_of, "revision": revision, "choice": about["choice"],
        "model": base64.b64encode(file).decode(), "figures": json.dumps(figures, ensure_ascii=False)})
    _write(batch, run_id, messages, answers)
    return run_id


def apply(batch, run_id: int, messages: pd.DataFrame, answers: pd.DataFrame) -> int:
    """Add what a run's classes say of messages that it has not answered; what it said before stays. How many."""
    return _write(batch, run_id, messages, answers)


def runs(ask) -> list[Run]:
    """The kept runs, the newest first."""
    found = ask.execute(
        "SELECT id, name, as_of, choice, figures FROM runs WHERE concern = $concern AND deleted_at IS NULL "
        "AND json_extract_string(choice, '$.classes') IS NOT NULL ORDER BY as_of DESC, id DESC",
        concern=CONCERN).fetchall()
    return [Run(number, name, as_of, json.loads(choice)["classes"], json.loads(figures))
            for number, name, as_of, choice, figures in found]


def said(ask, run_id: int) -> pd.DataFrame:
    """source, row_id, label (none: it does not know), confidence of every message that a run answered."""
    return ask.execute(
        "SELECT CASE WHEN communication_id IS NULL THEN 'service_requests' ELSE 'communications' END AS source, "
        "coalesce(communication_id, request_id) AS row_id, label, confidence FROM text_classes "
        "WHERE run_id = $id AND deleted_at IS NULL ORDER BY id", id=int(run_id)).df()


def unanswered(messages: pd.DataFrame, answered: pd.DataFrame) -> np.ndarray:
    """bool, one a message: a run has not said anything of it."""
    known = set(zip(answered.source, answered.row_id.astype(int), strict=True))
    return np.array([(source, int(row)) not in known for source, row in zip(messages.source, messages.row_id,
                                                                           strict=True)], bool)


def file_of(ask, run_id: int) -> bytes:
    """The signed model file of a run. Raises RecordGone, ModelNotKept."""
    found = ask.execute("SELECT name, model FROM runs WHERE id = $id AND concern = $concern AND deleted_at IS NULL",
                        id=int(run_id), concern=CONCERN).fetchone()
    if not found:
        raise RecordGone(table="runs", id=int(run_id))
    if not found[1]:
        raise ModelNotKept(name=found[0])
    return base64.b64decode(found[1])


def classes_of(ask, run_id: int) -> Classes:
    """The classes of a run, checked like a file from anywhere. Raises as `file_of` and saved.unpack do."""
    return saved.unpack(file_of(ask, run_id), saved.secret_of(ask)).parts["model"]


def remove(batch, run_id: int) -> None:
    """Mark a run and what it said as deleted."""
    batch.remove("text_classes", f"SELECT id FROM text_classes WHERE run_id = {int(run_id)} AND deleted_at IS NULL")
    batch.remove("runs", [int(run_id)])


def _write(batch, run_id: int, messages: pd.DataFrame, answers: pd.DataFrame) -> int:
    batch.stage("classifying", pd.DataFrame({
        "source": messages.source.astype(str).to_numpy(), "row_id": messages.row_id.astype("int64").to_numpy(),
        "label": answers.label.where(answers.known, None).to_numpy(),
        "confidence": answers.confidence.astype("float64").to_numpy()}).astype({"label": "string"}))
    for source, column in COLUMNS.items():
        batch.insert("text_classes", f"""
            SELECT CAST($run_id AS BIGINT) AS run_id, row_id AS {column}, label, least(1.0, confidence) AS confidence
            FROM classifying c WHERE source = '{source}'
            AND NOT EXISTS (SELECT 1 FROM text_classes t WHERE t.run_id = $run_id AND t.{column} = c.row_id
                            AND t.deleted_at IS NULL)
            AND EXISTS (SELECT 1 FROM {source} m WHERE m.id = c.row_id AND m.deleted_at IS NULL)
            ORDER BY row_id""", run_id=int(run_id))
    written = batch.execute("SELECT count(*) FROM text_classes WHERE run_id = $run_id AND changed_in = $number",
                            run_id=int(run_id), number=batch.number).fetchone()[0]
    batch.execute("DROP TABLE classifying")
    return written
