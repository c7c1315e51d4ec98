"""A column as the tripwire looks at it, and what one way of sorting rows by it tells of the answer."""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from crm_core.features.columns import as_numbers

MOST_BINS, FEWEST_IN_BIN = 50, 15
FOLDS = 3
MOST_CODES = 200  # values of a category; the rest are one more
_DATE = re.compile(r"^\s*\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}")


@dataclass(frozen=True, eq=False)
class Column:
    name: str
    kind: str  # number, date, category, or text: nearly every row has a value of its own
    numbers: np.ndarray | None  # of numbers and dates (days since 1970), missing NaN
    codes: np.ndarray  # the place of each value among the different ones, in order; missing −1
    values: np.ndarray  # the different ones, in order
    texts: pd.Series | None = None  # of categories and texts

    @property
    def missing(self) -> np.ndarray:
        return self.codes < 0

    @property
    def unique(self) -> float:
        """Different values a row that has one."""
        known = int((self.codes >= 0).sum())
        return len(self.values) / known if known else 0.0

    @property
    def whole(self) -> bool:
        return self.kind == "number" and bool(len(self.values)) and bool((self.values == np.floor(self.values)).all())

    @cached_property
    def bins(self) -> np.ndarray:
        """Rows in bins of about equal count by the value (categories: by the value itself); missing ones last."""
        return _bins(self)


def column(values: pd.Series, name: str) -> Column:
    """The column as it is looked at."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return _numbers(name, "date", _days(values))
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return _numbers(name, "number", as_numbers(values))
    texts = values.astype("string").str.strip()
    texts = texts.mask(texts == "")
    known = texts.dropna()
    head = known.head(200)
    if len(head) and head.str.match(_DATE).mean() > 0.9:
        return _numbers(name, "date", _days(pd.to_datetime(texts, errors="coerce", format="mixed")))
    numbers = pd.to_numeric(known, errors="coerce") if len(head) and pd.to_numeric(
        head, errors="coerce").notna().mean() >= 0.9 else None
    if numbers is not None and numbers.notna().mean() >= 0.98:
        return _numbers(name, "number", as_numbers(texts))
    codes, different = pd.factorize(texts, sort=True)
    kind = "text" if len(different) > 50 and len(different) >= 0.8 * len(known) else "category"
    return Column(name, kind, None, codes, np.asarray(different, dtype=object), texts)


def auc_of_cells(score: np.ndarray, yes: np.ndarray, no: np.ndarray) -> float:
    """Chance that a yes scores above a no, ties counting half; counts of both a score."""
    order = np.argsort(score, kind="stable")
    score, yes, no = score[order], yes[order], no[order]
    first = np.flatnonzero(np.r_[True, score[1:] != score[:-1]]) if len(score) else np.zeros(0, int)
    yes, no = np.add.reduceat(yes, first), np.add.reduceat(no, first)
    both = yes.sum() * no.sum()
    return float((yes * (np.cumsum(no) - no / 2)).sum() / both) if both else 0.5


def sorted_by(cells: np.ndarray, yes: np.ndarray, fold: np.ndarray) -> float:
    """AUC out of fold of a column of cells (0 ..): each cell scores the share of yes it has in the other folds."""
    many = int(cells.max()) + 1
    all_, won = (np.bincount(fold * many + cells, weights, FOLDS * many).reshape(FOLDS, many)
                 for weights in (None, yes.astype(float)))
    base, found = yes.mean(), []
    for part in range(FOLDS):
        others, others_won = all_.sum(axis=0) - all_[part], won.sum(axis=0) - won[part]
        if won[part].sum() and (all_[part] - won[part]).sum():
            found.append(auc_of_cells((others_won + base) / (others + 1), won[part], all_[part] - won[part]))
    return float(np.mean(found)) if found else 0.5


def _numbers(name: str, kind: str, numbers: np.ndarray) -> Column:
    there = ~np.isnan(numbers)
    different, places = np.unique(numbers[there], return_inverse=True)
    codes = np.full(len(numbers), -1)
    codes[there] = places
    return Column(name, kind, numbers, codes, different)


def _days(values: pd.Series) -> np.ndarray:
    values = values.dt.tz_localize(None) if values.dt.tz is not None else values
    return ((values - pd.Timestamp(0)) / pd.Timedelta(days=1)).to_numpy(dtype=float, na_value=np.nan)


def _bins(seen: Column) -> np.ndarray:
    codes, many = seen.codes, len(seen.values)
    if seen.kind in ("category", "text"):
        if many <= MOST_CODES:
            return np.where(codes < 0, many, codes)
        counts = np.bincount(codes[codes >= 0], minlength=many)
        places = np.full(many, MOST_CODES)
        places[np.argsort(-counts, kind="stable")[:MOST_CODES]] = np.arange(MOST_CODES)
        return np.where(codes < 0, MOST_CODES + 1, places[codes])
    bins = max(2, min(MOST_BINS, len(codes) // FEWEST_IN_BIN))
    if many <= bins:
        return np.where(codes < 0, many, codes)
    counts = np.bincount(codes[codes >= 0], minlength=many)
    middle = np.cumsum(counts) - counts / 2
    of_value = np.minimum((middle / counts.sum() * bins).astype(int), bins - 1)
    return np.where(codes < 0, bins, of_value[codes])
