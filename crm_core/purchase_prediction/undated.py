"""A column as the target: rows of all living customers, to learn from where it is known, to score where it is not.

    rows(look, Target("column", column="extra:Churn"), as_of, ("extra:tenure", "extra:Contract"))
    →   customer_id | part  | outcome | extra:tenure | extra:Contract
                  7 | train |       1 |         12.0 | Month-to-month
                  8 | score |         |          3.0 | One year
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core import engine
from crm_core.errors import TargetUnknown
from crm_core.features import gather, known, own_fields
from crm_core.features.catalogue import OWN, PEOPLE, base, label, query_of
from crm_core.purchase_prediction.examples import as_texts
from crm_core.purchase_prediction.target import CAMPAIGN, Target

# By these names, in whatever case, exports call what they want to be predicted.
_ANSWERS = re.compile(r"churn|respon[ds]|attrit|exited|convert|conversion|subscri|target|outcome|^y$|^label$|deposit|"
                      r"accept|donat|purchased?$|bought|renew|流失|响应|回应|转化|购买|续费|捐", re.IGNORECASE)
MOST_VALUES = 12


@dataclass(frozen=True)
class Answerable:
    """A column that can be a target."""

    column: str  # as Target.column
    kind: str  # yes_no, number or category
    label: str  # the own field's header or the campaign's name; "": words are kept under the column's name
    values: tuple[tuple[str, int], ...] = ()  # of a category: each value and how many customers have it, rarest first
    likely: bool = False  # its name says that it is an answer


def answerable(ask, as_of: date) -> tuple[Answerable, ...]:
    """What can be predicted beside orders: own fields, what is known of people, and the answers to campaigns."""
    found = []
    for header, what in own_fields(ask).items():
        if what.kind == "left_out":
            continue
        column = f"{OWN}:{header}"
        values = _values(ask, column, as_of) if what.kind == "category" else ()
        if what.kind != "category" or 2 <= len(values) <= MOST_VALUES:
            found.append(Answerable(column, what.kind, header, values, bool(_ANSWERS.search(header))))
    for number, name in ask.execute(
            "SELECT campaigns.id, campaigns.name FROM campaigns JOIN campaign_members ON campaign_id = campaigns.id "
            "WHERE campaigns.deleted_at IS NULL AND campaign_members.deleted_at IS NULL GROUP BY campaigns.id, "
            "campaigns.name HAVING count(responded_at) > 0 ORDER BY max(coalesce(starts_on, sent_at)) DESC NULLS LAST, "
            "campaigns.id").fetchall():
        found.append(Answerable(f"{CAMPAIGN}:{number}", "yes_no", name, likely=True))
    found += [Answerable(feature.name, feature.kind, "") for feature in known(ask, as_of) if (
        query_of(feature.name) == PEOPLE and base(feature.name) != OWN and feature.kind in ("yes_no", "number"))]
    return tuple(found)


def propose(ask, as_of: date) -> Target | None:
    """The column that is most likely meant to be predicted: by its name, else the last yes or no; None without any."""
    found = [one for one in answerable(ask, as_of) if base(one.column) in (OWN, CAMPAIGN)]
    # A table's answer stands last as a rule, and a yes or no is asked for more often than an amount.
    found = sorted(enumerate(found), key=lambda placed: (
        placed[1].likely, placed[1].kind == "yes_no", placed[1].kind == "category", placed[0]))
    return target_of(found[-1][1]) if found else None


def target_of(one: Answerable) -> Target:
    """The target that a column makes; of a category its rarest value is the yes, as a rule what one looks for."""
    return Target("column", column=one.column, column_kind="number" if one.kind == "number" else "yes_no",
                  value=one.values[0][0] if one.values else "")


def rows(ask, target: Target, as_of: date, features: tuple[str, ...],
         segment_id: int | None = None) -> tuple[pd.DataFrame, tuple[str, ...], date | None]:
    """Rows as in Examples; the features that are kept; and up to which day those of a campaign's members are read."""
    features = tuple(name for name in features if name != target.column)
    known_on = None
    if target.campaign_id is not None:
        outcome, known_on = _responded(ask, target)
        found = gather(ask, features, as_of, everybody=True, segment_id=segment_id)
        if known_on is not None:
            before = gather(ask, features, min(known_on, as_of), everybody=True, segment_id=segment_id)
            reached = outcome.index
            found = pd.concat([before[before.customer_id.isin(reached)], found[~found.customer_id.isin(reached)]])
    else:
        outcome = _outcome(ask, target, as_of)
        found = gather(ask, features, as_of, everybody=True, segment_id=segment_id)
    found = found[["customer_id", *features]].sort_values("customer_id", ignore_index=True)
    told = found.customer_id.map(outcome).astype(float)
    about = pd.DataFrame({
        "customer_id": found.customer_id, "cutoff": pd.NaT, "part": np.where(told.notna(), "train", "score"),
        "bought": np.nan, "purchases": np.nan, "spent": np.nan, "outcome": told})
    return as_texts(pd.concat([about, found[list(features)]], axis=1)), features, known_on


# --- inside ---------------------------------------------------------------------------------------


def _outcome(ask, target: Target, as_of: date) -> pd.Series:
    """1 and 0, or the number, by customer; missing where the column says nothing."""
    header = label(target.column)
    if base(target.column) == OWN and own_fields(ask).get(header) is None:
        raise TargetUnknown(column=header)
    values = gather(ask, (target.column,), as_of, everybody=True).set_index("customer_id")[target.column]
    if target.value:
        return (values.astype("object") == target.value).astype(float).where(values.notna())
    if not pd.api.types.is_numeric_dtype(values):
        raise TargetUnknown(column=header or target.column)
    return values.astype(float)


def _responded(ask, target: Target) -> tuple[pd.Series, date | None]:
    """1 and 0 by customer who was reached; and the day before the campaign, by its start or the first that was sent."""
    members = engine.to_frame(ask.execute(
        "SELECT customer_id, CAST(CASE WHEN responded_at IS NULL THEN 0 ELSE 1 END AS DOUBLE) AS responded "
        "FROM campaign_members WHERE deleted_at IS NULL AND campaign_id = $campaign_id AND variant <> 'control'",
        campaign_id=target.campaign_id).to_arrow_table())
    if members.empty:
        raise TargetUnknown(column=target.column)
    started = ask.execute(
        "SELECT coalesce(max(starts_on), CAST(min(sent_at) AS DATE)) FROM campaigns JOIN campaign_members "
        "ON campaign_id = campaigns.id WHERE campaigns.id = $campaign_id AND campaign_members.deleted_at IS NULL",
        campaign_id=target.campaign_id).fetchone()[0]
    return members.set_index("customer_id").responded, started - timedelta(days=1) if started else None


def _values(ask, column: str, as_of: date) -> tuple[tuple[str, int], ...]:
    told = gather(ask, (column,), as_of, everybody=True)[column].value_counts()
    return tuple((str(value), int(count)) for value, count in told[::-1].items() if count)
