"""Real cases like this one: the most similar examples of other customers whose outcome is known, and what they did.

Similar is who lies near in what the model looks at: the columns of its encoding (z-scores, and 1 or 0 for values), each
weighed by how much its feature moves what the model says of people.

    customer 12: recency 20, frequency 3   →   of the 50 most similar past cases 31 bought (62 %, 48–74 %)
                                               customer 7 (as of 2026-02-28, bought): recency 24 instead of 20
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.features.columns import as_numbers

COUNTED = 50  # of whom it is told how many did
SHOWN = 5
DIFFERENCES = 3  # features that are named for each
WORTH_NAMING = 0.25  # standard deviations; less is no difference
USUAL = 0.99  # of the rows have somebody within the usual distance
MOST_MEASURED = 400  # rows from which the usual distance is taken


@dataclass(frozen=True, eq=False)
class Neighbours:
    cases: pd.DataFrame  # customer_id, cutoff, outcome, distance, differs: ((feature, own, theirs), …); nearest first
    counted: int  # nearest customers of whom the outcome was counted
    mean: float  # of their outcomes: a share of yes, or an amount
    low: float  # between what the mean lies at 95 %
    high: float
    alone: bool  # nobody is as near as people usually have somebody near: these cases say little


def neighbours(encoding, known: pd.DataFrame, row: pd.DataFrame, weights: dict[str, float] | None = None,
               of: str | None = None, counted: int = COUNTED) -> Neighbours:
    """The examples in `known` that are nearest to the one row, a customer once. `of`: the class whose share is told."""
    others = known[known.customer_id != row.customer_id.iloc[0]].reset_index(drop=True)
    scale = scale_of(encoding, weights)
    own, table = encoding.matrix(row)[0] * scale, encoding.matrix(others) * scale
    distance = np.sqrt(((table - own) ** 2).sum(axis=1))
    order = np.argsort(distance, kind="stable")
    order = order[~others.customer_id.iloc[order].duplicated().to_numpy()][:counted]
    outcome = others.outcome.iloc[order]
    told = (outcome.astype(str) == of).to_numpy(float) if of is not None else outcome.to_numpy(float)
    shown = order[:SHOWN]
    cases = others.iloc[shown][["customer_id", "cutoff"]].reset_index(drop=True).assign(
        outcome=others.outcome.to_numpy()[shown], distance=distance[shown],
        differs=[_differs(encoding, row.iloc[0], others.iloc[place], weights) for place in shown])
    newest = ~others.customer_id.duplicated(keep="last").to_numpy()
    alone = len(shown) == 0 or distance[shown[0]] > usual_distance(table[newest])
    return Neighbours(cases, len(order), *_mean(told, of is not None or _yes_no(known.outcome)), bool(alone))


def scale_of(encoding, weights: dict[str, float] | None = None) -> np.ndarray:
    """What each column of the encoding is multiplied with: its feature's weight as a share of the mean weight."""
    if not weights:
        return np.ones(len(encoding.columns))
    mean = float(np.mean([weights.get(name, 0) for name in encoding.features])) or 1.0
    return np.array([weights.get(name, 0) / mean for name, _ in encoding.columns])


def usual_distance(table: np.ndarray) -> float:
    """The distance within which nearly every row has its nearest other one."""
    if len(table) < 2:
        return np.inf
    places = np.arange(0, len(table), max(1, len(table) // MOST_MEASURED))
    squares = (table**2).sum(axis=1)
    apart = squares[places][:, None] + squares[None, :] - 2 * table[places] @ table.T
    apart[np.arange(len(places)), places] = np.inf
    return float(np.sqrt(max(0.0, np.quantile(apart.min(axis=1), USUAL))))


def _yes_no(outcome: pd.Series) -> bool:
    return bool(outcome.dropna().isin([0, 1]).all())


def _mean(values: np.ndarray, share: bool) -> tuple[float, float, float]:
    """Mean and 95 % interval: of a share by Wilson (1927), of amounts by Student's t."""
    n = len(values)
    if not n:
        return np.nan, np.nan, np.nan
    mean = float(values.mean())
    if share:
        z = 1.959964
        middle, reach = (mean + z * z / (2 * n)), z * np.sqrt(mean * (1 - mean) / n + z * z / (4 * n * n))
        return mean, (middle - reach) / (1 + z * z / n), (middle + reach) / (1 + z * z / n)
    from scipy.stats import t

    reach = t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    return mean, mean - reach, mean + reach


def _differs(encoding, own: pd.Series, theirs: pd.Series, weights: dict[str, float] | None) -> tuple[tuple, ...]:
    """The features in which two rows lie furthest apart, as the model weighs them: (feature, own value, theirs)."""
    found = []
    both = pd.DataFrame([own, theirs]).infer_objects()
    table = np.abs(np.diff(encoding.matrix(both), axis=0)[0])
    for name in encoding.features:
        apart = max(table[place] for place, (feature, _) in enumerate(encoding.columns) if feature == name)
        if apart >= WORTH_NAMING:
            found.append((apart * (weights or {}).get(name, 1.0), name, _plain(encoding, own, name),
                          _plain(encoding, theirs, name)))
    return tuple((name, mine, other) for _, name, mine, other in sorted(found, key=lambda one: -one[0])[:DIFFERENCES])


def _plain(encoding, row: pd.Series, name: str):
    """A value as a number or a text; None where it is missing."""
    if name in encoding.values:
        return None if pd.isna(row[name]) else str(row[name])
    number = as_numbers(pd.Series([row[name]], dtype=float))[0]
    return None if np.isnan(number) else float(number)
