"""Any table as examples: one column is the answer, the others are what it may be told by, as far as they are any good.

    examples_of(customerID, tenure, joined, Churn; "Churn")
    →   customer_id | outcome | tenure | joined      (customerID is an id: left out)
                  1 |       0 |   34.0 | 2012-09-04
"""

import numpy as np
import pandas as pd

from crm_core.errors import NotYesOrNo
from crm_core.features.columns import FEWEST_PER_CATEGORY, NO, YES, as_numbers, seen
from crm_core.purchase_prediction.examples import OUTCOMES, Examples
from crm_core.purchase_prediction.target import Target

DAYS_SHARE = 0.9  # of the texts of a column must be days for it to be one


def examples_of(table: pd.DataFrame, column: str, excluded: tuple[str, ...] = (),
                kept: tuple[str, ...] = ()) -> tuple[Examples, dict[str, str]]:
    """Examples, a row a row of the table in its order, and why each column that is left out is (id, text, constant …).

    Columns hold numbers, days or texts; `kept` are features whatever they look like. Rows without an answer are the
    ones to score. Raises NotYesOrNo.
    """
    outcome = answers(table[column])
    told, left_out = {}, {}
    for name in table.columns:
        if name == column or name in excluded:
            continue
        what = seen(table[name])
        repeated = what.why == "text" and table[name].nunique() * FEWEST_PER_CATEGORY <= len(table)
        if what.why == "date":
            told[name] = _days(table[name])
        elif what.kind in ("number", "yes_no") or (name in kept and pd.api.types.is_numeric_dtype(table[name])):
            told[name] = as_numbers(table[name])
        elif what.kind == "category" or repeated or name in kept:
            told[name] = table[name].astype(object)
        else:
            left_out[name] = what.why
    features = tuple(told)
    about = {"customer_id": np.arange(1, len(table) + 1), "cutoff": pd.NaT,
             "part": np.where(np.isnan(outcome), "score", "train"), **dict.fromkeys(OUTCOMES, np.nan),
             "outcome": outcome}
    # A column of the table may be called as one of ours.
    named = {name: f"{name} " if name in about else name for name in features}
    rows = pd.DataFrame(about | {named[name]: np.asarray(values) for name, values in told.items()})
    return Examples(Target("column", column=column), None, rows, tuple(named.values())), left_out


def answers(values: pd.Series) -> np.ndarray:
    """1 for yes, 0 for no, missing where nothing is said. Of two others the larger number or the rarer text is yes."""
    told = values.dropna()
    texts = told.astype(str).str.strip().str.lower()
    known = texts[texts != ""].value_counts()
    if len(known) and set(known.index) <= YES | NO:
        yes = [text for text in known.index if text in YES]
    elif len(known) == 2:
        numbers = pd.to_numeric(pd.Series(known.index), errors="coerce")
        yes = [known.index[int(numbers.argmax()) if numbers.notna().all() else int(known.argmin())]]
    else:
        raise NotYesOrNo(column=str(values.name), values=len(known))
    found = np.full(len(values), np.nan)
    given = texts[texts != ""]
    found[values.index.get_indexer(given.index)] = given.isin(yes).to_numpy(dtype=float)
    return found


# --- inside ---------------------------------------------------------------------------------------


def _days(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    for order in ({"dayfirst": False}, {"dayfirst": True}):
        days = pd.to_datetime(values.astype("string"), errors="coerce", format="mixed", **order)
        if days.notna().sum() >= DAYS_SHARE * values.notna().sum():
            return days
    return days
