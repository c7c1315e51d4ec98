"""What a group is called: the trade's own names where they fit, else by what sets the group apart."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.clustering.describe import levels
from crm_core.clustering.differences import Difference

# What each name stands for: where among all customers (0..1) the group's median lies in freshness (the reverse of
# recency), frequency and monetary. The trade's own types, as in RFM grids (Hughes 1994 and the tools after him).
ARCHETYPES = {
    "vips": (0.93, 0.98, 0.98),
    "champions": (0.85, 0.88, 0.88),
    "loyal": (0.65, 0.72, 0.70),
    "big_spenders": (0.50, 0.55, 0.85),
    "small_baskets": (0.65, 0.75, 0.45),
    "newcomers": (0.90, 0.20, 0.20),
    "promising": (0.80, 0.45, 0.45),
    "middle": (0.50, 0.50, 0.50),
    "occasional": (0.45, 0.22, 0.25),
    "at_risk": (0.25, 0.70, 0.70),
    "sleeping": (0.20, 0.45, 0.45),
    "lost": (0.12, 0.18, 0.18),
}
FARTHEST_NAME = 0.25  # a name whose place is farther than this (root mean square) would tell something false
FARTHEST_ASIDE = 0.3  # nor may any one of the three be farther: champions who are long gone are no champions
RFM = ("recency_days", "frequency", "monetary")
STRIKING = 0.33  # Cliff's delta from which a difference is worth a name (Romano et al. 2006: medium)
MOST_PARTS = 3
VERY = 0.1  # a group whose middle lies among the lowest or highest tenth of all customers


@dataclass(frozen=True)
class Part:
    """One thing that a group is called by: more or less of a feature, or a value that most of it have."""

    feature: str
    how: str  # very_high, high, low, very_low; mostly, hardly: of yes and of a category
    category: str | None = None


@dataclass(frozen=True)
class Name:
    key: str  # of the words: group_name.<key>; "composed" of its parts, "numbered" where nothing sets the group apart
    parts: tuple[Part, ...] = ()
    number: int | None = None  # where two groups would be called the same


def propose_names(customers: pd.DataFrame, group: np.ndarray, k: int) -> dict[int, str]:
    """The proposed name of each group: every name at most once, all together as near as can be (Kuhn 1955)."""
    from scipy.optimize import linear_sum_assignment

    if not {"recency_days", "frequency", "monetary"} <= set(customers.columns):
        return dict.fromkeys(range(1, k + 1), "numbered")
    known = [name for name in ("recency_days", "frequency", "monetary", "tenure_days") if name in customers.columns]
    place = levels(customers, group, tuple(known)).pivot(index="group", columns="feature", values="position")
    place = place.drop(index=0, errors="ignore")  # who belongs to no group is no kind of customer
    at = np.column_stack([1 - place.recency_days, place.frequency, place.monetary])
    distance = np.sqrt(((at[:, None] - np.array(list(ARCHETYPES.values()))) ** 2).mean(axis=2))
    aside = np.abs(at[:, None] - np.array(list(ARCHETYPES.values()))).max(axis=2)
    newcomers = list(ARCHETYPES).index("newcomers")
    if "tenure_days" in place:  # tells of newcomers better than their last order does
        aside[:, newcomers] = np.where(place.tenure_days < 1 / 3, 0, aside[:, newcomers])
    distance[aside > FARTHEST_ASIDE] = 1
    if "tenure_days" in place:
        # Whoever has been a customer for longer than most is no newcomer; the shortest third most likely are.
        tenure = place.tenure_days.to_numpy()
        distance[:, newcomers] *= np.where(tenure > 1 / 2, 10, np.where(tenure < 1 / 3, 1 / 2, 1))
    # One way out a group: it keeps its number when every name left would tell something false.
    costs = np.column_stack([distance, np.full((k, k), FARTHEST_NAME)])
    names = {int(number): "numbered" for number in place.index}
    for row, column in zip(*linear_sum_assignment(costs), strict=True):
        if column < len(ARCHETYPES):
            names[int(place.index[row])] = list(ARCHETYPES)[column]
    return names


def names(groups, found: dict[int, list[Difference]]) -> dict[int, Name]:
    """The name of every group of an answer, each once; `found` are its differences, the largest first.

    The trade's types where customers were compared by what they mean, and the names of an RFM grid; else composed of
    the strongest differences in what was chosen. Group 0 is called what it is.
    """
    chosen = groups.choice.features
    by_type = groups.choice.algorithm == "rfm" or len(set(RFM) & set(chosen)) >= 2
    called: dict[int, Name] = {}
    for number in sorted(found, key=lambda number: (number == 0, number)):
        key = groups.names.get(number, "numbered")
        if number == 0:
            called[number] = Name("nowhere")
        elif by_type and key != "numbered":
            called[number] = Name(key)
        else:
            called[number] = _composed(number, found[number], chosen, set(called.values()))
    return called


def _composed(number: int, found: list[Difference], chosen: tuple[str, ...], taken: set[Name]) -> Name:
    """One or two striking differences, a third where the name is taken; those in what was chosen come first."""
    striking: dict[str, Part] = {}
    for difference in sorted(found, key=lambda one: one.feature not in chosen):  # stable: the largest first in each
        if abs(difference.effect) >= STRIKING and difference.feature not in striking:
            striking[difference.feature] = Part(difference.feature, _how(difference), difference.category)
    parts = tuple(striking.values())
    if not parts:
        return Name("middle") if Name("middle") not in taken else Name("numbered", number=number)
    for many in range(min(2, len(parts)), min(MOST_PARTS, len(parts)) + 1):
        if Name("composed", parts[:many]) not in taken:
            return Name("composed", parts[:many])
    return Name("composed", parts[:2], number)


def _how(difference: Difference) -> str:
    if difference.measure == "share":
        return "mostly" if difference.effect > 0 else "hardly"
    if difference.effect > 0:
        return "very_high" if difference.position >= 1 - VERY else "high"
    return "very_low" if difference.position <= VERY else "low"
