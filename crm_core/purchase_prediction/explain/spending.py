"""Amounts explained as chances are: what a way of telling them says is an amount, and adds up in its own unit."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.purchase_prediction import amounts
from crm_core.purchase_prediction.models.buys_again import NEEDS
from crm_core.purchase_prediction.predicting import Prediction

LEARNED = ("train", "calibrate")


@dataclass(frozen=True, eq=False)
class Spender:
    """A way of telling amounts, asked as models of chances are."""

    spending: object  # spend.Spending
    factor: float = 1.0  # from the days that it learned from to those that are asked about

    estimator = None
    calibration = None
    classes = ()

    @property
    def name(self) -> str:
        return self.spending.way.kind

    @property
    def encoding(self):
        return self.spending.way.encoding

    @property
    def needs(self) -> tuple[str, ...]:
        """The features that it looks at."""
        ways = {"mean": (), "gamma_gamma": (*NEEDS, "monetary")}
        return ways.get(self.name, self.encoding.features)

    def chance(self, rows: pd.DataFrame) -> np.ndarray:
        """The amount, a row an example."""
        return self.spending.amount(rows) * self.factor

    margin = chance

    def anew(self, rows: pd.DataFrame, seed: int) -> "Spender":
        """The same way, learned from other rows."""
        way = self.spending.way
        again = amounts.fit(way.kind, rows.assign(spent=rows.outcome.astype(float)), way.encoding.features, way.days,
                            seed)
        return replace(self, spending=replace(self.spending, way=again or way), factor=1.0)


def as_prediction(spend, seed: int = 0) -> Prediction:
    """An answer about amounts in the shape of one about chances: `score` is the amount."""
    final = Spender(spend.final, spend.horizon_factor)
    scores = spend.scores.rename(columns={"amount": "score"}).assign(rule=np.nan)
    return Prediction(spend.choice, spend.examples, final.needs, spend.tried, spend.judged, {}, spend.chosen, final,
                      final, scores, spend.warnings, seed)
