"""What a column of an unknown table is good for: a number, yes or no, a category, or nothing to compare people by."""
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

MOST_CATEGORIES = 12  # more values than this nobody reads as kinds
FEWEST_PER_CATEGORY = 5  # rows a category on the average: fewer is free text, or a name
NUMBERS_SHARE = 0.98  # of the texts in a column must be numbers for it to be one; the rest counts as missing
YES = frozenset(["yes", "true", "y", "t", "1", "ja", "oui", "si", "sí", "是", "有", "on"])
NO = frozenset(["no", "false", "n", "f", "0", "nein", "non", "否", "无", "off"])
_ID = re.compile(r"(^|[_\W])(id|no|nr|number|key|uuid|guid|index|rowid|编号|序号)$|^(id|unnamed.*|index|row)([_\W]|$)",
                 re.IGNORECASE)
_ID_IN_CAMELS = re.compile(r"[a-z](ID|Id|No)$")
_DATE = re.compile(r"^\s*(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})")


@dataclass(frozen=True)
class Seen:
    """What was seen in a column."""

    kind: str  # number, yes_no, category, or left_out
    why: str = ""  # of what is left out: empty, constant, id, date, text
    known: float = 1.0  # share of rows with a value


def seen(values: pd.Series) -> Seen:
    """What the column is, by its values and, for ids only, its name."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return Seen("left_out", "date")
    if pd.api.types.is_numeric_dtype(values):
        return _seen_numbers(values.to_numpy(dtype=float, na_value=np.nan), str(values.name))
    counts = values.value_counts()  # each text is looked at once, however often it stands there
    counts = pd.Series(counts.to_numpy(), pd.Index([str(value).strip() for value in counts.index], dtype=object))
    counts = counts[(counts.index != "") & (counts > 0)].groupby(level=0).sum().sort_values(ascending=False)
    rows = int(counts.sum())
    known = rows / max(len(values), 1)
    if len(counts) < 2:
        return Seen("left_out", "constant" if rows else "empty", known)
    spoken = {value.lower() for value in counts.index} if len(counts) <= 4 else set()
    if spoken and spoken <= YES | NO and spoken & YES and spoken & NO:
        return Seen("yes_no", known=known)
    numbers = pd.to_numeric(pd.Series(counts.index), errors="coerce").to_numpy(float)
    if counts.to_numpy()[~np.isnan(numbers)].sum() >= NUMBERS_SHARE * rows:
        return _seen_numbers(as_numbers(values), str(values.name))
    if counts[counts.index.str.match(_DATE)].sum() > 0.9 * rows:
        return Seen("left_out", "date", known)
    few = len(counts) <= 2 * MOST_CATEGORIES or counts.iloc[:MOST_CATEGORIES].sum() >= 0.8 * rows
    if few and rows >= FEWEST_PER_CATEGORY * min(len(counts), MOST_CATEGORIES):
        return Seen("category", known=known)
    return Seen("left_out", "id" if len(counts) == rows and _named_id(str(values.name)) else "text", known)


def as_numbers(values: pd.Series) -> np.ndarray:
    """A column as float64: yes is 1 and no is 0, what is no finite number is missing."""
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        texts = values.astype("string").str.strip().str.lower()
        numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        if (~np.isnan(numbers)).sum() < NUMBERS_SHARE * (texts.notna() & (texts != "")).sum():
            numbers = np.where(texts.isin(YES).to_numpy(), 1.0, np.where(texts.isin(NO).to_numpy(), 0.0, np.nan))
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _seen_numbers(values: np.ndarray, name: str) -> Seen:
    told = values[np.isfinite(values)]
    known = len(told) / max(len(values), 1)
    if not len(told) or told.min() == told.max():
        return Seen("left_out", "constant" if len(told) else "empty", known)
    if _is_id(told, name):
        return Seen("left_out", "id", known)
    return Seen("yes_no" if bool(((told == 0) | (told == 1)).all()) else "number", known=known)


def _named_id(name: str) -> bool:
    return bool(_ID.search(name) or _ID_IN_CAMELS.search(name))


def _is_id(told: np.ndarray, name: str) -> bool:
    """Whole numbers, each once: by its name, or because they count the rows through."""
    if not (told == np.floor(told)).all():
        return False
    counts_through = len(told) > 20 and told.max() - told.min() == len(told) - 1
    return (counts_through or _named_id(name)) and len(np.unique(told)) == len(told)
