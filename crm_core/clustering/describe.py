"""What each group is, in original units and against everybody."""

import numpy as np
import pandas as pd

from crm_core.clustering.differences import kind_of

SHOWN_CATEGORIES = 5  # values of a category told of, the commonest


def profiles(customers: pd.DataFrame, group: np.ndarray, features: tuple[str, ...]) -> pd.DataFrame:
    by_group = customers.groupby(group)
    size = by_group.size()
    profiles = pd.DataFrame({"group": size.index, "customers": size.to_numpy(),
                             "share_of_customers": (size / size.sum()).to_numpy(), "share_of_revenue": np.nan})
    if "monetary" in customers and customers.monetary.sum() > 0:
        profiles["share_of_revenue"] = (by_group.monetary.sum() / customers.monetary.sum()).to_numpy()
    for name in features:
        if kind_of(customers[name]) != "category":  # a category has its shares in the levels
            values = customers[name].astype(float).groupby(group)
            profiles[f"median_{name}"] = values.median().to_numpy()
            profiles[f"mean_{name}"] = values.mean().to_numpy()
    return noise_last(profiles)


def noise_last(rows: pd.DataFrame) -> pd.DataFrame:
    """By group, those of group 0, who are in no group, at the end."""
    return rows.sort_values("group", key=lambda group: group.where(group > 0, group.max() + 1), kind="stable",
                            ignore_index=True)


def levels(customers: pd.DataFrame, group: np.ndarray, features: tuple[str, ...]) -> pd.DataFrame:
    """group, feature, category, median, position, level: a row a group and feature, of a category one a common value.

    `category` is None for a number; else `median` is the share of the group that has the value (of yes: True).
    """
    rows = []
    for name in features:
        kind = kind_of(customers[name])
        if kind == "number":
            rows += _of_number(customers, group, name)
        elif kind == "yes_no":
            rows += _of_share(customers[name].astype(float), group, name, "yes")
        else:
            for value in customers[name].value_counts().index[:SHOWN_CATEGORIES]:
                has = (customers[name] == value).astype(float).where(customers[name].notna().to_numpy())
                rows += _of_share(has, group, name, str(value))
    return noise_last(pd.DataFrame(rows))


def _of_number(customers: pd.DataFrame, group: np.ndarray, name: str):
    values = customers[name].to_numpy(float)
    values = values[~np.isnan(values)]
    for number, median in customers.groupby(group)[name].median().items():
        # Ties count half: where everybody has one order, one order is the middle.
        below = np.count_nonzero(values < median) + np.count_nonzero(values <= median)
        yield _level(number, name, None, median, below / (2 * len(values)))


def _of_share(has: pd.Series, group: np.ndarray, name: str, category: str):
    """A share lies in the middle where it is everyone else's, at the end where all here and nobody else have it."""
    known = has.notna().to_numpy()
    sums, counts = has.groupby(group).sum(), pd.Series(known).groupby(group).sum()
    for number, share in has.groupby(group).mean().items():
        others = (sums.sum() - sums[number]) / max(counts.sum() - counts[number], 1)
        yield _level(number, name, category, share, (1 + share - others) / 2)


def _level(number, name: str, category: str | None, median: float, position: float) -> dict:
    return {"group": number, "feature": name, "category": category, "median": median, "position": position,
            "level": "low" if position < 1 / 3 else "high" if position > 2 / 3 else "middle"}
