"""The RFM grid: recency, frequency and monetary scored 1..5 against all customers, and the trade's names for the cells.

    recency 3 days, 12 orders, 900 spent  →  R 5, F 5, M 5  →  champions
    recency 300 days, 1 order, 20 spent   →  R 1, F 1, M 1  →  lost

Scores by fifths of the customers (Hughes 1994, Strategic Database Marketing). The names stand in a grid of recency by
the mean of frequency and monetary, as the trade's tools have it since Putler's eleven segments; where those overlap,
the grid that RFM tutorials share decides, and the cell of those longest gone who bought least is called lost.
"""
import numpy as np
import pandas as pd

from crm_core.clustering.choice import Choice
from crm_core.clustering.fitted import Fitted, plain
from crm_core.errors import RfmFeaturesNeeded

SCORED = ("recency_days", "frequency", "monetary")
SCORES = 5
NAMES = ("champions", "loyal", "potential_loyalists", "new_customers", "promising", "need_attention",
         "about_to_sleep", "at_risk", "cannot_lose", "hibernating", "lost")
# From recency 1 (longest gone) above to 5 (freshest) below; within a line, (frequency + monetary) / 2 from 1 to 5.
GRID = (
    ("lost", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    ("about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"),
    ("promising", "potential_loyalists", "potential_loyalists", "loyal", "loyal"),
    ("new_customers", "potential_loyalists", "potential_loyalists", "champions", "champions"),
)
CELLS = np.array([[NAMES.index(name) for name in line] for line in GRID])


def refuse_without_features(choice: Choice) -> None:
    missing = tuple(name for name in SCORED if name not in choice.features)
    if missing:
        raise RfmFeaturesNeeded(features=missing)


def rfm(matrix: np.ndarray, choice: Choice) -> Fitted:
    """The grid's cut points of these customers. `choice.features` names the matrix's columns.

    A logarithm or a scale changes no order, so that scaled columns give the scores of the raw ones. A feature that
    is not among the columns is the same for everyone: its score is the middle one.
    """
    columns = {name: choice.features.index(name) for name in SCORED if name in choice.features}
    cuts = {name: _cuts(_directed(name, matrix[:, column])) for name, column in columns.items()}
    state = {"kind": "rfm", "columns": columns, "cuts": cuts,
             "names": {str(label): name for label, name in enumerate(NAMES)}}
    return Fitted(assign(state, matrix), state, len(matrix))


def assign(state: dict, matrix: np.ndarray) -> np.ndarray:
    scored = scores(state, matrix)
    # Halves are rounded up: 2.5 counts as 3.
    both = (scored["frequency"].to_numpy() + scored["monetary"].to_numpy() + 1) // 2
    return CELLS[scored["recency_days"].to_numpy() - 1, both - 1]


def scores(state: dict, matrix: np.ndarray) -> pd.DataFrame:
    """recency_days, frequency, monetary: the score of each row, 1..5, 5 the freshest, the most, the highest."""
    scored = {}
    for name in SCORED:
        if name not in state["columns"]:
            scored[name] = np.full(len(matrix), (SCORES + 1) // 2)
            continue
        values = _directed(name, matrix[:, state["columns"][name]])
        cuts = np.array([np.inf if cut is None else cut for cut in state["cuts"][name]], dtype=np.float32)
        scored[name] = 1 + np.searchsorted(cuts, values, side="right")
    return pd.DataFrame(scored)


def _directed(name: str, values: np.ndarray) -> np.ndarray:
    """So that more is better: few days since the last order are."""
    return -values if name == "recency_days" else values


def _cuts(values: np.ndarray) -> list[float | None]:
    """The lowest value that has a score of 2, 3, 4, 5 (None: there is none).

    A value's place is the share of customers below it among those who differ from it, so that equal values have
    equal scores, the lowest value 1 and the highest 5, and customers who all differ fall into fifths.
    """
    distinct, counts = np.unique(np.asarray(values, dtype=np.float32), return_counts=True)
    below = np.cumsum(counts) - counts
    differ = np.maximum(len(values) - counts, 1)
    score = np.minimum(1 + SCORES * below // differ, SCORES)
    return [plain(distinct[score >= least][:1])[0] if (score >= least).any() else None
            for least in range(2, SCORES + 1)]
