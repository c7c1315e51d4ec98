"""How what is said moves along a feature: in ranges of its real values, and with everything else left as it is.

    recency_days | rows | said | came | alone
         0 .. 13 |  410 | 91 % | 93 % |  84 %    said: the mean of what is said of the rows in this range
        14 .. 40 |  402 | 77 % | 74 % |  71 %    alone: of some rows, were all of them moved into this range
                                                 (partial dependence, Friedman 2001)
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.features.columns import as_numbers

RANGES = 8
MOST_VALUES = 10  # of a category, the commonest
FEWEST = 5  # rows of a range
MOST_MOVED = 500  # rows that are moved through the ranges
STRAIGHT = 0.1  # of the whole way, by which what goes up may go down in between


@dataclass(frozen=True, eq=False)
class Response:
    feature: str
    ranges: pd.DataFrame  # low, high (NaN: missing, or a category), value (of a category), rows, said, came, alone
    direction: str  # up, down, both (now up, now down), none (of a category, or nothing moves)


def response(say, rows: pd.DataFrame, feature: str, outcome: np.ndarray | None = None, seed: int = 0) -> Response:
    """How `say(rows)` moves along a feature. `came` is the mean outcome of the rows, where it is known."""
    said = np.asarray(say(rows))
    parts = _parts(rows[feature])
    some = rows.sample(min(MOST_MOVED, len(rows)), random_state=seed)
    found = []
    for low, high, value, inside, at in parts:
        moved = some.assign(**{feature: _filled(rows[feature], at, len(some))})
        found.append({"low": low, "high": high, "value": value, "rows": int(inside.sum()),
                      "said": float(said[inside].mean()),
                      "came": float(outcome[inside].mean()) if outcome is not None else np.nan,
                      "alone": float(np.mean(say(moved)))})
    frame = pd.DataFrame(found, columns=["low", "high", "value", "rows", "said", "came", "alone"])
    return Response(feature, frame, _direction(frame.alone[frame.low.notna()].to_numpy()))


def _filled(column: pd.Series, at, rows: int):
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return np.full(rows, at, dtype=float)
    return pd.Series([at] * rows, dtype=object).array


def _parts(column: pd.Series):
    """(low, high, value, which rows, the value that stands for them) of each range."""
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
        texts = column.astype("string")
        common = texts.value_counts()
        return [(np.nan, np.nan, str(value), (texts == value).fillna(False).to_numpy(bool), str(value))
                for value in common[common >= FEWEST].head(MOST_VALUES).index]
    numbers = as_numbers(column)
    known = np.sort(numbers[~np.isnan(numbers)])
    found = []
    if len(known):
        distinct = np.unique(known)
        edges = distinct if len(distinct) <= RANGES else np.unique(
            np.quantile(known, np.linspace(0, 1, RANGES + 1)[1:], method="inverted_cdf"))
        low = -np.inf
        for edge in edges:
            inside = (numbers > low) & (numbers <= edge)
            low = edge
            if inside.any():
                values = numbers[inside]
                found.append((float(values.min()), float(values.max()), None, inside, float(np.median(values))))
    if np.isnan(numbers).sum() >= FEWEST:
        found.append((np.nan, np.nan, None, np.isnan(numbers), np.nan))
    return found


def _direction(alone: np.ndarray) -> str:
    if len(alone) < 2 or np.ptp(alone) < 1e-9:
        return "none"
    steps, way = np.diff(alone), np.ptp(alone)
    if -steps[steps < 0].sum() <= STRAIGHT * way:
        return "up"
    return "down" if steps[steps > 0].sum() <= STRAIGHT * way else "both"
