"""Into which parts the judged customers fall: by how they bought, where they live, how they came, kept segments."""

import pandas as pd

from crm_core import engine
from crm_core.features import gather
from crm_core.purchase_prediction.trust.slices import Slices, of_columns, of_rows, of_words
from crm_core.purchase_prediction.trust.trusting import judged_rows

ABOUT_PEOPLE = ("country", "source")
MOST_SEGMENTS = 12


def parts(ask, prediction, as_of) -> Slices:
    """`ask` is an open look; `as_of` the day of the question. Of dated customers nothing after their cutoff is read."""
    rows = judged_rows(prediction)
    dated = prediction.examples.split is not None
    found = of_rows(rows) if dated else of_columns(rows, prediction.features)
    day = rows.cutoff.min().date() if dated and len(rows) else as_of
    people = rows[["customer_id"]].merge(gather(ask, ABOUT_PEOPLE, as_of), how="left", on="customer_id")
    for name in ABOUT_PEOPLE:
        if dated or name not in prediction.features:
            found += of_words(name, people[name])
    members = engine.to_frame(ask.execute(engine.query_text("segments_as_of"), as_of=day).to_arrow_table())
    largest = members.name.value_counts().index[:MOST_SEGMENTS]
    return found + [("segment", str(name), _within(rows, members, name)) for name in largest]


def _within(rows: pd.DataFrame, members: pd.DataFrame, name: str):
    return rows.customer_id.isin(members.customer_id[members.name == name]).to_numpy()
