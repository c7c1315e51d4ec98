"""The chance of at least one purchase by BG/NBD: of how often, how lately and for how long a customer has bought.

Never the chance to be there still: that is 1 for everybody with a single order, however long ago.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.errors import NobodyBoughtAgain
from crm_core.purchase_prediction.lifetime import bgnbd

NEEDS = ("recency_days", "frequency", "tenure_days")
WEEK_DAYS = 7
NEAREST = 1e-6  # to no and to yes: a model of four numbers is never surer


@dataclass(frozen=True, eq=False)
class BuysAgain:
    lifetime: bgnbd.BGNBD  # in weeks
    days: int  # of the horizon
    leaves: bool = False  # the question is who does not buy

    def margin(self, _encoding, rows: pd.DataFrame) -> np.ndarray:
        chance = self.lifetime.chance_of_purchase(self.days / WEEK_DAYS, *histories(rows))
        chance = np.clip(chance, NEAREST, 1 - NEAREST)
        return np.log(chance / (1 - chance)) * (-1 if self.leaves else 1)

    def expected_purchases(self, rows: pd.DataFrame) -> np.ndarray:
        return self.lifetime.expected_purchases(self.days / WEEK_DAYS, *histories(rows))


def histories(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Repeat purchases, weeks from the first to the last, and weeks since the first, of each row."""
    known_for = rows.tenure_days.to_numpy(float) / WEEK_DAYS
    # Where reasons mix values of two customers, a last purchase may seem to lie before the first.
    until_last = np.maximum(known_for - rows.recency_days.to_numpy(float) / WEEK_DAYS, 0)
    return rows.frequency.to_numpy(float) - 1, until_last, known_for


def fit(rows: pd.DataFrame, days: int, leaves: bool = False) -> BuysAgain | None:
    """Learned from the histories of one cutoff, without any outcome; None where nobody has bought twice."""
    try:
        return BuysAgain(bgnbd.fit(*histories(rows)), days, leaves)
    except NobodyBoughtAgain:
        return None
