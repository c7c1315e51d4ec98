"""What a grouping is asked for: by what customers are compared, by which algorithm, into how many groups."""

import json
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

FEATURES = ("recency_days", "frequency", "monetary", "tenure_days")
LOGGED = ("recency_days", "frequency", "monetary")  # counts and sums are skewed: their logarithm compares ratios
ALGORITHMS = ("kmeans", "minibatch", "bisecting", "rfm", "mixture", "agglomerative", "dbscan", "hdbscan")
WITHOUT_K = ("rfm", "dbscan", "hdbscan")  # these find the number of groups themselves


@dataclass(frozen=True)
class Choice:
    """What customers are compared by, and into how many groups they are put."""

    features: tuple[str, ...] = FEATURES[:3]
    logged: tuple[str, ...] = LOGGED  # those of the features that are compared by their logarithm
    robust: tuple[str, ...] = ()  # those scaled by median and quartiles instead of mean and deviation
    k: int | None = None  # None: proposed; no meaning where the algorithm finds it
    algorithm: str = "kmeans"  # one of ALGORITHMS
    eps: float | None = None  # DBSCAN: how near neighbours are, in scaled units; None: from the k-distance plot
    min_points: int | None = None  # DBSCAN, HDBSCAN: how many make a dense place; None: proposed
    linkage: str = "ward"  # agglomerative: ward, average, complete, single

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "Choice":
        known = {name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(text).items()
                 if name in Choice.__dataclass_fields__}  # what older releases kept beside is not part of the choice
        return Choice(**known)


def propose_choice(features: pd.DataFrame, id_column: str = "customer_id", k: int | None = None) -> Choice:
    """A choice for any table with a row a customer: every number column, its logarithm where that takes skew away.

    A column is compared by its logarithm when nothing in it is negative, its skewness is above 1, and the
    skewness of the logarithm is smaller.
    """
    numbers = [name for name in features.columns if name != id_column
               and pd.api.types.is_numeric_dtype(features[name]) and not pd.api.types.is_bool_dtype(features[name])]
    logged = []
    for name in numbers:
        values = features[name].replace([np.inf, -np.inf], np.nan).dropna().astype(float)
        if values.nunique() > 2 and values.min() >= 0 and values.skew() > max(1, abs(np.log1p(values).skew())):
            logged.append(name)
    return Choice(features=tuple(numbers), logged=tuple(logged), k=k)
