"""What each group is, in original units and against everybody."""

import numpy as np
import pandas as pd


def profiles(customers: pd.DataFrame, group: np.ndarray, features: tuple[str, ...]) -> pd.DataFrame:
    by_group = customers.groupby(group)
    size = by_group.size()
    profiles = pd.DataFrame({"group": size.index, "customers": size.to_numpy(),
                             "share_of_customers": (size / size.sum()).to_numpy(), "share_of_revenue": np.nan})
    if "monetary" in customers and customers.monetary.sum() > 0:
        profiles["share_of_revenue"] = (by_group.monetary.sum() / customers.monetary.sum()).to_numpy()
    for name in features:
        profiles[f"median_{name}"] = by_group[name].median().to_numpy()
        profiles[f"mean_{name}"] = by_group[name].mean().to_numpy()
    return noise_last(profiles)


def noise_last(rows: pd.DataFrame) -> pd.DataFrame:
    """By group, those of group 0, who are in no group, at the end."""
    return rows.sort_values("group", key=lambda group: group.where(group > 0, group.max() + 1), kind="stable",
                            ignore_index=True)


def levels(customers: pd.DataFrame, group: np.ndarray, features: tuple[str, ...]) -> pd.DataFrame:
    rows = []
    for name in features:
        values = np.sort(customers[name].to_numpy(float))
        for number, median in customers.groupby(group)[name].median().items():
            # Ties count half: where everybody has one order, one order is the middle.
            below = np.searchsorted(values, median, "left") + np.searchsorted(values, median, "right")
            position = below / (2 * len(values))
            rows.append({"group": number, "feature": name, "median": median, "position": position,
                         "level": "low" if position < 1 / 3 else "high" if position > 2 / 3 else "middle"})
    return noise_last(pd.DataFrame(rows))
