"""What a column of an unknown table is good for: a number, yes or no, a category, or nothing to compare people by."""
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

MOST_CATEGORIES = 12  # more values than this nobody reads as kinds
FEWEST_PER_CATEGORY = 5  # rows a category on the average: fewer is free text, or a name
NUMBERS_SHARE = 0.98  # of the texts in a column must be numbers for it to be one; the rest counts as missing
YES = frozenset("yes true y t 1 ja oui si sí 是 有 on".split())
NO = frozenset("no false n f 0 nein non 否 无 off".split())
_ID = re.compile(r"(^|[_\W])(id|no|nr|number|key|uuid|guid|index|rowid|编号|序号)$|^(id|unnamed.*|index|row)([_\W]|$)", re.IGNORECASE)
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
    told = _told(values)
    known = len(told) / max(len(values), 1)
    if told.empty:
        return Seen("left_out", "empty", known)
    distinct = told.nunique()
    if distinct == 1:
        return Seen("left_out", "constant", known)
    name = str(values.name)
    if pd.api.types.is_numeric_dtype(told):
        return Seen("left_out", "id", known) if _is_id(told, name, distinct) else Seen(
            "yes_no" if distinct == 2 and set(told.unique()) <= {0, 1} else "number", known=known)
    texts = told.astype(str).str.strip()
    spoken = set(texts.str.lower().unique()) if distinct <= 4 else set()
    if spoken and spoken <= YES | NO and spoken & YES and spoken & NO:
        return Seen("yes_no", known=known)
    numbers = pd.to_numeric(texts, errors="coerce")
    if np.isfinite(numbers).mean() >= NUMBERS_SHARE:
        return seen(numbers.rename(values.name).reindex(values.index))
    if texts.str.match(_DATE).mean() > 0.9:
        return Seen("left_out", "date", known)
    counts = texts.value_counts()
    few = len(counts) <= 2 * MOST_CATEGORIES or counts.iloc[:MOST_CATEGORIES].sum() >= 0.8 * len(texts)
    if few and len(texts) >= FEWEST_PER_CATEGORY * min(len(counts), MOST_CATEGORIES):
        return Seen("category", known=known)
    return Seen("left_out", "id" if distinct == len(texts) and _named_id(name) else "text", known)


def as_numbers(values: pd.Series) -> np.ndarray:
    """A column as float64: yes is 1 and no is 0, what is no finite number is missing."""
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        texts = values.astype("string").str.strip().str.lower()
        numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        if np.isfinite(numbers).sum() < NUMBERS_SHARE * (texts.notna() & (texts != "")).sum():
            numbers = np.where(texts.isin(YES).to_numpy(), 1.0, np.where(texts.isin(NO).to_numpy(), 0.0, np.nan))
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _told(values: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(values):
        return values.dropna().astype(float)
    if pd.api.types.is_numeric_dtype(values):
        return values.replace([np.inf, -np.inf], np.nan).dropna()
    told = values.dropna()
    return told[told.astype(str).str.strip() != ""]


def _named_id(name: str) -> bool:
    return bool(_ID.search(name) or _ID_IN_CAMELS.search(name))


def _is_id(told: pd.Series, name: str, distinct: int) -> bool:
    """Whole numbers, each once: by its name, or because they count the rows through."""
    if distinct < len(told) or not (told == np.floor(told)).all():
        return False
    steps = np.diff(told.to_numpy(float))
    counts_through = len(told) > 20 and told.max() - told.min() == len(told) - 1 and bool((steps == 1).all())
    return _named_id(name) or counts_through
