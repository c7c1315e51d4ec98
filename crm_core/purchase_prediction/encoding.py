"""From features to the numbers that models take, as learned from the training rows and never from others.

    plan: yearly, monthly; income: 30000, missing   →   plan = monthly | income | income is missing
                                                                     1 |   −0.4 |                0
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.features.columns import as_numbers

MOST_VALUES = 30  # of a category, the commonest; the others count as any other
FEWEST_OF_VALUE = 5  # rows of a value to have a column of its own


@dataclass(frozen=True)
class Encoding:
    """How each feature becomes columns. Plain data."""

    features: tuple[str, ...]
    medians: dict[str, float]  # of the features that are numbers: what stands where a value is missing
    means: dict[str, float]  # of the columns of numbers, after the bend
    deviations: dict[str, float]
    logged: tuple[str, ...]  # numbers without a negative one that lie far to one side: log(1 + x)
    gaps: tuple[str, ...]  # numbers that are missing for some: one more column says so
    values: dict[str, tuple[str, ...]]  # of the features that are categories: those with a column of their own

    @property
    def columns(self) -> tuple[tuple[str, str | None], ...]:
        """(feature, None: its number, "": that it is missing, else its value) of each column of `matrix`."""
        found = [(name, None) for name in self.medians]
        found += [(name, "") for name in self.gaps]
        return tuple(found + [(name, value) for name, values in self.values.items() for value in values])

    def matrix(self, rows: pd.DataFrame) -> np.ndarray:
        """float64, a column for each of `columns`: numbers as z-scores, the others 1 or 0. No value is missing."""
        parts = []
        for name, median in self.medians.items():
            numbers = as_numbers(rows[name])
            parts.append((self._bent(name, np.where(np.isnan(numbers), median, numbers)) - self.means[name])
                         / self.deviations[name])
        parts += [np.isnan(as_numbers(rows[name])).astype(float) for name in self.gaps]
        for name, values in self.values.items():
            texts = rows[name].astype("string").fillna("")
            parts += [(texts == value).to_numpy(dtype=float) for value in values]
        return np.column_stack(parts) if parts else np.empty((len(rows), 0))

    def trees(self, rows: pd.DataFrame) -> np.ndarray:
        """float64, a column a feature, for trees: numbers as they are, missing NaN; categories by their place."""
        parts = []
        for name in self.features:
            if name in self.medians:
                parts.append(as_numbers(rows[name]))
            else:
                places = {value: place for place, value in enumerate(self.values[name])}
                parts.append(rows[name].astype("string").map(places).to_numpy(dtype=float, na_value=np.nan))
        return np.column_stack(parts) if parts else np.empty((len(rows), 0))

    def unseen(self, rows: pd.DataFrame) -> dict[str, list[str]]:
        """Values of categories that no training row had, by feature."""
        found = {name: sorted(set(rows[name].dropna().astype(str)) - set(values))
                 for name, values in self.values.items()}
        return {name: values for name, values in found.items() if values}

    def _bent(self, name: str, numbers: np.ndarray) -> np.ndarray:
        return np.log1p(np.maximum(numbers, 0)) if name in self.logged else numbers


def learn_encoding(rows: pd.DataFrame, features: tuple[str, ...]) -> Encoding:
    """What the training rows say of each feature: its scale, its gaps, its values."""
    medians, means, deviations, logged, gaps, values = {}, {}, {}, [], [], {}
    for name in features:
        numeric = pd.api.types.is_numeric_dtype(rows[name]) or pd.api.types.is_bool_dtype(rows[name])
        if not numeric:
            common = rows[name].dropna().astype(str).value_counts()
            common = common[common >= FEWEST_OF_VALUE].head(MOST_VALUES)
            values[name] = tuple(sorted(common.index))
            continue
        numbers = as_numbers(rows[name])
        known = numbers[~np.isnan(numbers)]
        medians[name] = float(np.median(known)) if len(known) else 0.0
        if len(known) < len(numbers):
            gaps.append(name)
        if len(known) and known.min() >= 0 and known.max() > 1 and _skew(known) > 1:
            logged.append(name)
        filled = np.where(np.isnan(numbers), medians[name], numbers)
        bent = np.log1p(np.maximum(filled, 0)) if name in logged else filled
        means[name], deviations[name] = float(bent.mean()), float(bent.std()) or 1.0
    return Encoding(tuple(features), medians, means, deviations, tuple(logged), tuple(gaps), values)


def _skew(numbers: np.ndarray) -> float:
    deviation = numbers.std()
    return float(((numbers - numbers.mean()) ** 3).mean() / deviation**3) if deviation else 0.0
