"""Records as they are given: their ids, and the texts of the columns that are compared."""

import numpy as np
import pandas as pd

from crm_core.cleaning.duplicates.preparing import texts_of
from crm_core.errors import IdsNotUnique, NoIdColumn, TooFewRecords


def names_of(frame) -> list[str]:
    return list(frame.columns) if isinstance(frame, pd.DataFrame) else frame.column_names


def ids_of(records, other, fewest: int = 2) -> np.ndarray:
    """All ids, those of the second file behind those of the first."""
    every = []
    for frame in (records, other):
        if frame is None:
            continue
        names = names_of(frame)
        if "id" not in names:
            raise NoIdColumn(columns=len(names))
        values = frame["id"].to_numpy() if isinstance(frame, pd.DataFrame) else frame.column("id").to_numpy()
        if pd.isna(values).any() or pd.Series(values).duplicated().any():
            raise IdsNotUnique(rows=int(pd.isna(values).sum() + pd.Series(values).dropna().duplicated().sum()))
        every.append(values)
    if len(every[0]) < (fewest if other is None else 1) or any(not len(values) for values in every[1:]):
        raise TooFewRecords(found=min(len(values) for values in every))
    return np.concatenate(every) if len(every) > 1 else every[0]


def with_columns(frame, sources):
    """Texts of the columns; one that the second file does not have is empty there."""
    names = names_of(frame)
    lacking = [column for column in sources if column not in names]
    if lacking:
        frame = (frame if isinstance(frame, pd.DataFrame) else frame.to_pandas()).assign(**dict.fromkeys(lacking))
    return texts_of(frame, sources)
