"""Features as trees take them: numbers with gaps, categories as codes.

    plan: yearly, monthly, missing; income: 30000, missing, 1
    →   plan 1, 0, −1 (values: monthly, yearly) | income 30000, NaN, 1
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.features.columns import as_numbers


@dataclass(frozen=True, eq=False)
class Table:
    names: tuple[str, ...]
    columns: tuple[np.ndarray, ...]  # numbers, missing NaN; categories: codes, missing −1, len(values): any other
    values: dict[str, tuple[str, ...]]  # of the features that are categories: what a code stands for

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def numeric(self, place: int) -> bool:
        return self.names[place] not in self.values


def table_of(rows: pd.DataFrame, features: tuple[str, ...], values: dict[str, tuple[str, ...]]) -> Table:
    """The features of the rows; what is no number is coded by its `values`, and by one more code for any other."""
    columns = [_codes(rows[name], values[name]) if name in values else as_numbers(rows[name]) for name in features]
    return Table(tuple(features), tuple(columns), {name: values[name] for name in features if name in values})


def values_of(rows: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Every value of the columns that are no numbers, in order."""
    return {name: tuple(sorted(rows[name].dropna().astype(str).unique())) for name in rows.columns
            if not pd.api.types.is_numeric_dtype(rows[name])}


def _codes(values: pd.Series, known: tuple[str, ...]) -> np.ndarray:
    places = {value: place for place, value in enumerate(known)}
    texts = values.astype("string")
    codes = texts.map(places).to_numpy(dtype=float, na_value=len(known))
    return np.where(texts.isna().to_numpy(), -1, codes).astype(np.int32)
