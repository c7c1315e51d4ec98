"""What stands beside the text: prices, years, lists, brands, numbers. How near two records are in each, as a level.

price 399 | 399.00 → exact    99 | 104 → close    99 | 250 → different    99 | (empty) → missing
class A61N**G01N | G01N → similar
"""

import re

import numpy as np
import pandas as pd

from crm_core.cleaning.duplicates.names import normal_text, simplified
from crm_core.cleaning.duplicates.text_vectors import BODIES, TITLES

NUMBERS = ("number", "price", "amount", "year")
SETS = ("set", "list")
MISSING = -1
LEVELS = ("different", "similar", "close", "exact")  # level 0, 1, 2, 3
CHANCE_PAIRS = 20_000
SMALLEST_SHARE = 0.02  # filled in fewer records than this, a column says nothing about the rest

_SEPARATORS = re.compile(r"\*\*|[,;|、，；\n]")
_NUMBER = re.compile(r"-?\d[\d.,]*")


def is_text(meaning: str) -> bool:
    return meaning in TITLES or meaning in BODIES


class Column:
    """One column of all records, ready to be compared row with row."""

    def __init__(self, name: str, meaning: str, values: pd.Series):
        self.name, self.meaning = name, meaning
        self.kind = "number" if meaning in NUMBERS else "code" if meaning == "identifier" else "words"
        if self.kind == "number":
            self.values = _numbers(values)
            self.known = ~np.isnan(self.values)
            self.cuts = self._cuts()
        else:
            texts = values.map(lambda value: simplified(normal_text(value))).to_numpy(object)
            self.values = np.array([" ".join(re.findall(r"[^\W_]+", text)) for text in texts], dtype=object)
            self.known = self.values != ""
            self.matrix = _vectors(texts, meaning) if self.kind == "words" and self.known.any() else None
            if self.kind == "code":
                self.values = np.array([value.replace(" ", "") for value in self.values], dtype=object)

    @property
    def useful(self) -> bool:
        """Filled somewhere, and not alike everywhere."""
        known = self.values[self.known]
        return len(known) >= max(2, SMALLEST_SHARE * len(self.values)) and len(pd.unique(known)) > 1

    def _cuts(self) -> tuple[float, float]:
        """How near is close and how near is similar: nearer than 2 % and than 15 % of pairs drawn by chance."""
        known = self.values[self.known]
        if not len(known):
            return (0.0, 0.0)
        generator = np.random.default_rng(0)
        one, two = generator.choice(known, (2, CHANCE_PAIRS))
        return tuple(float(cut) for cut in np.quantile(np.abs(one - two), [0.02, 0.15]))

    def levels(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The level of each pair of rows: 0 different, 1 similar, 2 close, 3 exact, −1 missing."""
        if self.kind == "number":
            with np.errstate(invalid="ignore"):
                apart = np.abs(self.values[a] - self.values[b])
                level = (apart <= self.cuts[1]).astype(int) + (apart <= self.cuts[0]) + (apart < 1e-9)
            # Equal numbers are exact even where so many are equal that the cuts are nought.
        elif self.kind == "code":
            level = np.where(self.values[a] == self.values[b], 3, 0)
        else:
            level = (
                np.digitize(_cosines(self.matrix, a, b), [0.05, 0.3])
                if self.matrix is not None
                else np.zeros(len(a), int)
            )
            level = np.where(self.values[a] == self.values[b], 3, level)
        return np.where(self.known[a] & self.known[b], level, MISSING)


def _numbers(values: pd.Series) -> np.ndarray:
    """As numbers; by their logarithm where they span sizes (prices)."""
    numbers = read_numbers(values)
    known = numbers[~np.isnan(numbers)]
    if len(known) and known.min() > 0 and np.quantile(known, 0.95) > 5 * np.quantile(known, 0.05):
        numbers = np.log(numbers)
    return numbers


def read_numbers(values: pd.Series) -> np.ndarray:
    """As numbers, however they were written; nought is missing where it is commonest (places at 0.0, 0.0)."""
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(float, na_value=np.nan)
    else:
        numbers = np.array([_number(value) for value in values], float)
    known = numbers[~np.isnan(numbers)]
    if len(known):
        distinct, count = np.unique(known, return_counts=True)
        if distinct[np.argmax(count)] == 0:
            numbers = np.where(numbers == 0, np.nan, numbers)
    return numbers


def _number(value) -> float:
    """`$1,234.50`, `1.234,50 €`, `1994` as a number; anything else is missing."""
    found = _NUMBER.search(normal_text(value))
    if not found:
        return np.nan
    digits = found.group().rstrip(".,")
    last = max(digits.rfind("."), digits.rfind(","))
    if last >= 0:
        whole, rest = re.sub("[.,]", "", digits[:last]), digits[last + 1 :]
        # One comma or point before three digits parts thousands: nobody prices to a tenth of a cent.
        several = len(re.findall("[.,]", digits)) > 1 and len(set(re.findall("[.,]", digits))) > 1
        digits = whole + rest if len(rest) == 3 and not several else f"{whole}.{rest}"
    return float(digits)


def _vectors(texts: np.ndarray, meaning: str):
    from sklearn.feature_extraction.text import TfidfVectorizer

    from crm_core.cleaning.duplicates.text_vectors import letters

    def members(text: str) -> set[str]:
        return {" ".join(part.split()) for part in _SEPARATORS.split(text)} - {""}

    distinct, place = np.unique(texts.astype(str), return_inverse=True)
    try:
        counted = TfidfVectorizer(analyzer=members if meaning in SETS else letters, dtype=np.float32).fit(texts)
    except ValueError:
        return None
    return counted.transform(distinct)[place]


def _cosines(matrix, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    from crm_core.cleaning.duplicates.text_vectors import similarity

    return similarity(matrix, matrix, a, b)
