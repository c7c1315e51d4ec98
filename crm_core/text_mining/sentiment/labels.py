"""The moods that the team gave to messages by hand: scheme 'sentiment' of `text_labels`."""

import numpy as np
import pandas as pd

SCHEME = "sentiment"
_REFERENCE = {"communications": "communication_id", "service_requests": "request_id"}


def labels_of(ask, messages: pd.DataFrame) -> np.ndarray:
    """The label of each message, or None. `ask` is an open look or batch; `messages` as a corpus has them."""
    kept = ask.execute(
        "SELECT CASE WHEN communication_id IS NULL THEN 'service_requests' ELSE 'communications' END,"
        " coalesce(communication_id, request_id), label FROM text_labels WHERE scheme = $scheme AND deleted_at IS NULL",
        scheme=SCHEME).fetchall()
    said = {(source, row): label for source, row, label in kept}
    rows = zip(messages.source, messages.row_id, strict=True)
    return np.array([said.get((source, int(row))) for source, row in rows], dtype=object)


def keep_label(batch, source: str, row_id: int, label: str | None) -> None:
    """What the team says of a message from now on; None takes it back."""
    column = _REFERENCE[source]
    there = batch.execute(
        f"SELECT id FROM text_labels WHERE scheme = $scheme AND {column} = $row AND deleted_at IS NULL",
        scheme=SCHEME, row=row_id).fetchone()
    if there and label is None:
        batch.remove("text_labels", [there[0]])
    elif there:
        batch.change("text_labels", {"id": there[0], "label": label})
    elif label is not None:
        batch.add("text_labels", {"scheme": SCHEME, column: row_id, "label": label})
