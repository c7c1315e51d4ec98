"""Whether today's customers are still like those that were learned from and those that were judged, and their chances.

By the population stability index (crm_core/drift.py) of each feature, and of the chances. Against those learned from it
tells how far back the learning reaches into other days; against those judged whether what was found on them holds
today: a test on customers who had moved as far already is no worse for it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.drift import LEVELS, held_against, is_number, shares, spread, stability_index


@dataclass(frozen=True, eq=False)
class Shift:
    features: pd.DataFrame  # feature, index, level, median_training, median_today, missing_training, missing_today,
    #                         and index_judged, level_judged: against the judged customers; most moved since these first
    scores_index: float
    scores_level: str  # one of crm_core.drift.LEVELS: today's chances against those of the judged customers
    mean_judged: float  # the mean chance of the judged customers, and of today's
    mean_today: float
    unseen: dict[str, list[str]]  # words of today's customers that nobody had who was learned from, by feature
    rows_training: int
    rows_today: int

    @property
    def level(self) -> str:
        """large where the chances or a feature moved much since the judged days, some where somewhat, else same."""
        return max((self.scores_level, *self.features.level_judged), key=LEVELS.index)

    @property
    def judged_moved_already(self) -> bool:
        """Whether features moved much since the days learned from, and no further since those judged."""
        return self.level == "same" and "large" in set(self.features.level)


def shift(training: pd.DataFrame, judged: pd.DataFrame, today: pd.DataFrame, features: tuple[str, ...],
          judged_chances: np.ndarray, chances: np.ndarray) -> Shift:
    """Three frames with the features (and customer_id), and the chances of the judged and of today's customers."""
    found = _features(training, today, features)
    since = _features(judged, today, features)[["feature", "index", "level"]]
    table = found.merge(since, on="feature", suffixes=("", "_judged"))
    table = table.sort_values(["index_judged", "index"], ascending=False, kind="stable", ignore_index=True)
    then = spread(pd.Series(judged_chances, dtype=float))
    now = shares(pd.Series(chances, dtype=float), then)
    index, level = stability_index(np.array(then["shares"]), now, len(judged_chances), len(chances))
    unseen = {}
    for name in features:
        if not is_number(training[name]):
            new = sorted(set(today[name].dropna().astype(str)) - set(training[name].dropna().astype(str)))
            if new:
                unseen[name] = new
    return Shift(table, index, level, float(np.mean(judged_chances)), float(np.mean(chances)), unseen, len(training),
                 len(today))


def _features(before: pd.DataFrame, today: pd.DataFrame, features: tuple[str, ...]) -> pd.DataFrame:
    # Who was learned from at several cutoffs is one customer, seen several times: chance has as much room as customers.
    return held_against({name: spread(before[name]) for name in features}, before.customer_id.nunique(), today)
