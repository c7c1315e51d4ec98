"""A grouping as it is kept: enough to place other customers, and this month's, into the same groups."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.clustering.algorithms import assign
from crm_core.clustering.choice import Choice
from crm_core.clustering.prepare import Preparation


@dataclass(frozen=True, eq=False)
class Model:
    choice: Choice
    preparation: Preparation
    state: dict  # what algorithms.assign needs
    numbers: dict[int, int]  # label → group (1..k); a label that is not in it belongs to no group

    def assign(self, features: pd.DataFrame) -> pd.DataFrame:
        """customer_id, group (1..k; 0: in no group) of the customers who have all features, as the rows lie."""
        matrix, taken = self.preparation.matrix(features)
        group = self.group_of(assign(self.state, matrix))
        return pd.DataFrame({"customer_id": features.customer_id.to_numpy()[taken], "group": group})

    def group_in(self, features: pd.DataFrame) -> np.ndarray:
        """The group of each row, 0 also for a customer who lacks a feature."""
        matrix, taken = self.preparation.matrix(features)
        groups = np.zeros(len(features), dtype=int)
        groups[taken] = self.group_of(assign(self.state, matrix))
        return groups

    def group_of(self, labels: np.ndarray) -> np.ndarray:
        table = np.zeros(max([*self.numbers, 0]) + 2, dtype=int)  # the last place: label −1
        for label, number in self.numbers.items():
            table[label] = number
        return table[labels]

    def to_json(self) -> str:
        return json.dumps({"choice": json.loads(self.choice.to_json()), "preparation": self.preparation.to_dict(),
                           "state": self.state, "numbers": self.numbers}, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "Model":
        kept = json.loads(text)
        return Model(Choice.from_json(json.dumps(kept["choice"])), Preparation.from_dict(kept["preparation"]),
                     kept["state"], {int(label): number for label, number in kept["numbers"].items()})
