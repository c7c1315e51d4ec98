"""Which new group is which old one: by common customers, and by where they lie where these are too few.

    customer | old | new           old | new | both | of_old | of_new | jaccard
           1 |   1 |   2             1 |   2 |    2 |    1.0 |    1.0 |     1.0    carried: 1 → 2
           2 |   1 |   2     →       2 |   1 |    2 |     .5 |    1.0 |      .5    carried: 2 → 1; split: 2 → 1 and 3
           3 |   2 |   1             2 |   3 |    2 |     .5 |    1.0 |      .5
           …

Overlap after Jaccard (1901); one to one as good as can be by Kuhn (1955), The Hungarian method for the assignment
problem; what counts as survived, split and absorbed after Spiliopoulou et al. (2006), MONIC: modeling and monitoring
cluster transitions; that groups which share less than half dissolved after Hennig (2007), Cluster-wise assessment of
cluster stability.
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

SURVIVES = 0.5  # of the old group's customers, or of the new one's, must be in both for it to be the same group
LEAST_JACCARD = 0.25  # and so many of all in either: a crumb of a large group is not that group
PART = 0.25  # a part smaller than this makes no split and no merger
FEWEST_IN_COMMON = 10  # with fewer customers of an old group left, where it lies tells more than who is in it
FARTHEST_CENTRE = 0.15  # root mean square of places among all customers (0..1); a third of all is "low" or "high"


@dataclass(frozen=True, eq=False)
class Matching:
    """Groups are numbers from 1; group 0, who belongs nowhere, is matched with nothing."""

    overlaps: pd.DataFrame  # old, new, both (customers), of_old, of_new, jaccard (0..1), a row for each pair with
    #                         customers in common; the largest overlap first
    carried: dict[int, int]  # old → new: the same group
    by_centres: tuple[int, ...]  # the old ones of `carried` that were told by where they lie
    split: dict[int, tuple[int, ...]]  # old → the new groups into which it fell, the largest part first
    merged: dict[int, tuple[int, ...]]  # new → the old groups of which it was made, the largest part first
    new: tuple[int, ...]  # new groups that no old one became, nor a part of one
    gone: tuple[int, ...]  # old groups that became no new one, nor a part of one
    customers: int  # in both groupings, group 0 too

    @property
    def unchanged(self) -> float:
        """The share of the customers in both whose group is carried into the group where they are, 0..1."""
        stayed = [row.both for row in self.overlaps.itertuples() if self.carried.get(row.old) == row.new]
        return sum(stayed) / self.customers if self.customers else 0.0

    def overlap(self, old: int, new: int) -> float:
        """The Jaccard index of two groups, 0..1."""
        found = self.overlaps[(self.overlaps.old == old) & (self.overlaps.new == new)]
        return float(found.jaccard.iloc[0]) if len(found) else 0.0


def match(old: pd.DataFrame, new: pd.DataFrame, old_centres: pd.DataFrame | None = None,
          new_centres: pd.DataFrame | None = None) -> Matching:
    """Match two groupings. `old` and `new`: customer_id, group; customers in one of them only tell nothing.

    The centres, a row a group (the index) and a column a feature in units that may be compared, decide about groups
    with fewer than FEWEST_IN_COMMON customers in common, and tell of old groups in which nobody is left.
    """
    both = old[["customer_id", "group"]].merge(new[["customer_id", "group"]], on="customer_id",
                                               suffixes=("_old", "_new"))
    counts = pd.crosstab(both.group_old, both.group_new).drop(index=0, errors="ignore").drop(columns=0, errors="ignore")
    olds = _groups(old, old_centres)
    news = _groups(new, new_centres)
    counts = counts.reindex(index=olds, columns=news, fill_value=0)
    common = counts.to_numpy(float).reshape(len(olds), len(news))
    # Sizes among those in both, group 0 counted too: who fell out of every group is not in common either.
    of = [both[name].value_counts().reindex(groups, fill_value=0).to_numpy(float)
          for name, groups in (("group_old", olds), ("group_new", news))]
    of_old, of_new = _share(common, of[0][:, None]), _share(common, of[1][None, :])
    jaccard = _share(common, of[0][:, None] + of[1][None, :] - common)

    same = (np.maximum(of_old, of_new) >= SURVIVES) & (jaccard >= LEAST_JACCARD)
    known = (of[0][:, None] >= FEWEST_IN_COMMON) & (of[1][None, :] >= FEWEST_IN_COMMON)
    near = _nearness(olds, news, old_centres, new_centres)
    by_members = _assigned(jaccard, same & (known | ~np.isfinite(near)))
    taken_new = set(by_members.values())
    # What members leave open, and only where one of the two has too few of them to say anything.
    free = np.array([[place not in by_members and column not in taken_new for column in range(len(news))]
                     for place in range(len(olds))], dtype=bool).reshape(common.shape)
    by_centres = _assigned(np.where(np.isfinite(near), 1 + near, 0), free & ~known & (near >= -FARTHEST_CENTRE))
    carried = {olds[row]: news[column] for row, column in sorted((by_members | by_centres).items())}

    part_of_old = (of_old >= PART) & (of_new >= SURVIVES)
    part_of_new = (of_new >= PART) & (of_old >= SURVIVES)
    split = {olds[row]: _largest(news, part_of_old[row], common[row]) for row in range(len(olds))
             if part_of_old[row].sum() > 1}
    merged = {news[column]: _largest(olds, part_of_new[:, column], common[:, column]) for column in range(len(news))
              if part_of_new[:, column].sum() > 1}
    parts = {group for groups in split.values() for group in groups}
    absorbed = {group for groups in merged.values() for group in groups}
    rows, columns = np.nonzero(common)
    overlaps = pd.DataFrame({
        "old": [olds[row] for row in rows], "new": [news[column] for column in columns],
        "both": common[rows, columns].astype(int), "of_old": of_old[rows, columns], "of_new": of_new[rows, columns],
        "jaccard": jaccard[rows, columns]})
    return Matching(
        overlaps=overlaps.sort_values(["jaccard", "old", "new"], ascending=[False, True, True], ignore_index=True),
        carried=carried, by_centres=tuple(olds[row] for row in sorted(by_centres)), split=split, merged=merged,
        new=tuple(group for group in news if group not in carried.values() and group not in parts),
        gone=tuple(group for group in olds if group not in carried and group not in absorbed),
        customers=len(both))


def _groups(grouping: pd.DataFrame, centres: pd.DataFrame | None) -> list[int]:
    """The groups of a grouping, those that only the centres know too."""
    found = {int(group) for group in grouping.group.unique()} | (
        set() if centres is None else {int(group) for group in centres.index})
    return sorted(found - {0})


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(part.shape), where=np.broadcast_to(whole, part.shape) > 0)


def _nearness(olds, news, old_centres, new_centres) -> np.ndarray:
    """Minus the root mean square difference of two centres; −inf where one is not known."""
    near = np.full((len(olds), len(news)), -np.inf)
    if old_centres is None or new_centres is None:
        return near
    features = [name for name in old_centres.columns if name in new_centres.columns]
    if features:
        one = old_centres.reindex(olds)[features].to_numpy(float)
        other = new_centres.reindex(news)[features].to_numpy(float)
        apart = np.sqrt(((one[:, None] - other[None, :]) ** 2).mean(axis=2))
        near = np.where(np.isfinite(apart), -apart, -np.inf)
    return near


def _assigned(worth: np.ndarray, allowed: np.ndarray) -> dict[int, int]:
    """Row → column, each once, with the largest sum of worth among what is allowed."""
    from scipy.optimize import linear_sum_assignment

    worth = np.where(allowed, worth, 0.0)
    return {int(row): int(column) for row, column in zip(*linear_sum_assignment(worth, maximize=True), strict=True)
            if allowed[row, column]}


def _largest(groups: list[int], chosen: np.ndarray, customers: np.ndarray) -> tuple[int, ...]:
    return tuple(groups[place] for place in np.argsort(-customers, kind="stable") if chosen[place])
