"""The curves by which an order of customers is judged: ROC, precision and recall, gains and lift.

Each has a row for every place where the order can be cut (equal chances stay together), thinned to what can be drawn.
"""

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.trust.intervals import SURE

MOST_PLACES = 200


def cuts(outcome: np.ndarray, chance: np.ndarray) -> pd.DataFrame:
    """chance (the lowest of those taken), taken, hits: from the likeliest on, a row a different chance, first none."""
    order = np.argsort(-chance, kind="stable")
    sorted_ = chance[order]
    last = np.append(np.flatnonzero(np.diff(sorted_)), len(sorted_) - 1)
    found = pd.DataFrame({"chance": sorted_[last], "taken": last + 1, "hits": outcome[order].cumsum()[last]})
    return pd.concat([pd.DataFrame({"chance": [np.inf], "taken": [0], "hits": [0.0]}), found], ignore_index=True)


def roc(outcome: np.ndarray, chance: np.ndarray) -> pd.DataFrame:
    """false_alarms (share of no that are taken), found (share of yes that are taken), chance."""
    made = cuts(outcome, chance)
    yes = outcome.sum()
    return _thinned(pd.DataFrame({"false_alarms": (made.taken - made.hits) / (len(outcome) - yes),
                                  "found": made.hits / yes, "chance": made.chance}))


def precision_recall(outcome: np.ndarray, chance: np.ndarray) -> pd.DataFrame:
    """found (share of yes that are taken), right (share of the taken that are yes), chance."""
    made = cuts(outcome, chance).iloc[1:]
    return _thinned(pd.DataFrame({"found": made.hits / outcome.sum(), "right": made.hits / made.taken,
                                  "chance": made.chance}))


def gains(outcome: np.ndarray, chance: np.ndarray) -> pd.DataFrame:
    """taken (share of the customers), found (share of yes among them), lift (against taking as many at random)."""
    made = cuts(outcome, chance)
    taken, found = made.taken / len(outcome), made.hits / outcome.sum()
    return _thinned(pd.DataFrame({"taken": taken, "found": found, "lift": (found / taken.where(taken > 0))}))


def average_precision_interval(average: float, positives: int) -> tuple[float, float]:
    """Low and high of the area under precision and recall: on its log-odds (Boyd, Eng & Page 2013)."""
    inside = min(max(average, 1e-6), 1 - 1e-6)
    odds, wide = np.log(inside / (1 - inside)), SURE / np.sqrt(positives * inside * (1 - inside))
    low, high = 1 / (1 + np.exp(-np.clip([odds - wide, odds + wide], -700, 700)))
    return float(low), float(high)


def _thinned(frame: pd.DataFrame) -> pd.DataFrame:
    """Places spread evenly over the rows, the first and the last among them."""
    if len(frame) <= MOST_PLACES:
        return frame.reset_index(drop=True)
    # The likeliest few are what is acted on: half of the places lie in the first fifth.
    dense, sparse = np.linspace(0, 0.2, MOST_PLACES // 2), np.linspace(0.2, 1, MOST_PLACES // 2)
    places = np.unique(np.round(np.concatenate([dense, sparse]) * (len(frame) - 1)).astype(int))
    return frame.iloc[places].reset_index(drop=True)
