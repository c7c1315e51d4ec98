"""What a grouping is asked for: by what customers are compared, by which algorithm, into how many groups."""

import json
from dataclasses import asdict, dataclass

import pandas as pd

from crm_core.clustering.proposals import Proposal, propose_transforms

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
    asinh: tuple[str, ...] = ()  # those compared by asinh((value − median) / deviation): far ones come near
    curbed: tuple[str, ...] = ()  # those whose values beyond the outer fences are pulled to these
    filled: tuple[str, ...] = ()  # those whose gaps are filled by the median; a gap in another leaves the customer out
    categories: tuple[str, ...] = ()  # those that are names: each value is one more yes or no, together as one number
    weights: tuple[tuple[str, float], ...] = ()  # feature and how much it counts; 1 where it is not named
    k: int | None = None  # None: proposed; no meaning where the algorithm finds it
    algorithm: str = "kmeans"  # one of ALGORITHMS
    eps: float | None = None  # DBSCAN: how near neighbours are, in scaled units; None: from the k-distance plot
    min_points: int | None = None  # DBSCAN, HDBSCAN: how many make a dense place; None: proposed
    linkage: str = "ward"  # agglomerative: ward, average, complete, single

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "Choice":
        known = {name: _tuples(value) for name, value in json.loads(text).items()
                 if name in Choice.__dataclass_fields__}  # what older releases kept beside is not part of the choice
        return Choice(**known)


def propose_choice(features: pd.DataFrame, id_column: str = "customer_id", k: int | None = None) -> Choice:
    """A choice for any table with a row a customer, its scales as `propose_transforms` finds them."""
    return choice_of(propose_transforms(features, id_column), k)


def choice_of(proposals: tuple[Proposal, ...], k: int | None = None) -> Choice:
    """What is proposed, as a choice; features that are left out are not in it."""
    used = [one for one in proposals if one.transform != "left_out"]

    def those(transform: str) -> tuple[str, ...]:
        return tuple(one.feature for one in used if one.transform == transform)

    return Choice(
        features=tuple(one.feature for one in used), logged=those("log"), robust=those("robust"), asinh=those("asinh"),
        categories=those("category"), curbed=tuple(one.feature for one in used if one.curbed),
        filled=tuple(one.feature for one in used if one.fill), k=k)


def _tuples(value):
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
