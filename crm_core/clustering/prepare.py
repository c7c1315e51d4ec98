"""From features in their own units to comparable numbers, by scales that are kept so that others can go the same way.

    monetary 0 | 20 | 900   →  its logarithm, mean 0 and deviation 1:  −1.3 | .2 | 1.1
"""
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from crm_core.clustering.choice import Choice
from crm_core.errors import FeatureMissing, FeatureNotNumeric, NoOrdersYet, NothingToTellApart, TooFewCustomers

FEWEST_CUSTOMERS = 6  # two groups of three


@dataclass(frozen=True)
class Scale:
    """How one feature becomes comparable: (value or its logarithm − centre) / spread."""

    feature: str
    logged: bool
    centre: float
    spread: float


@dataclass(frozen=True, eq=False)
class Preparation:
    """The scales of the features that tell customers apart. Fitted on some customers, it serves others too."""

    scales: tuple[Scale, ...]
    dropped: tuple[str, ...]  # features left out because every customer has the same value

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(scale.feature for scale in self.scales)

    def matrix(self, features: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Comparable numbers (float32, a column a scale) of the rows that have all features, and which these are."""
        values = _numbers(features, self.features)
        for place, scale in enumerate(self.scales):
            if scale.logged:
                values[:, place] = np.sign(values[:, place]) * np.log1p(np.abs(values[:, place]))
        taken = np.isfinite(values).all(axis=1)
        centres, spreads = (np.array([getattr(scale, what) for scale in self.scales]) for what in ("centre", "spread"))
        return ((values[taken] - centres) / spreads).astype(np.float32), taken

    def to_dict(self) -> dict:
        return asdict(self)

    @staticmethod
    def from_dict(kept: dict) -> "Preparation":
        return Preparation(tuple(Scale(**scale) for scale in kept["scales"]), tuple(kept["dropped"]))


@dataclass(frozen=True, eq=False)
class Prepared:
    preparation: Preparation
    customers: pd.DataFrame  # the rows that take part, in the order of customer_id
    matrix: np.ndarray  # float32, a row a customer, a column a scale
    left_out: int  # customers left out because a feature is missing or infinite


def prepare(features: pd.DataFrame, choice: Choice, as_of=None) -> Prepared:
    """Fit the scales of a choice on customers; the order of the rows does not matter.

    Raises NoOrdersYet, TooFewCustomers, NothingToTellApart, FeatureMissing, FeatureNotNumeric.
    """
    _numbers(features.head(0), choice.features)  # refuse before any work
    if features.empty:
        raise NoOrdersYet(as_of=as_of)
    # Sorted by the values too, so that even repeated ids give one order.
    ordered = features.sort_values(["customer_id", *choice.features], kind="stable", ignore_index=True)
    values = _numbers(ordered, choice.features)
    for place, name in enumerate(choice.features):
        if name in choice.logged:
            values[:, place] = np.sign(values[:, place]) * np.log1p(np.abs(values[:, place]))
    finite = np.isfinite(values).all(axis=1)
    values, left_out = values[finite], int((~finite).sum())
    if len(values) < FEWEST_CUSTOMERS:
        raise TooFewCustomers(needed=FEWEST_CUSTOMERS, found=len(values))
    scales = tuple(
        Scale(name, name in choice.logged, *_centre_and_spread(values[:, place], name in choice.robust))
        for place, name in enumerate(choice.features) if np.ptp(values[:, place]) > 0)
    if not scales:
        raise NothingToTellApart(customers=len(values))
    used = [scale.feature for scale in scales]
    preparation = Preparation(scales, tuple(name for name in choice.features if name not in used))
    matrix, _ = preparation.matrix(ordered[finite])
    return Prepared(preparation, ordered[finite].reset_index(drop=True), matrix, left_out)


def _numbers(features: pd.DataFrame, names) -> np.ndarray:
    for name in names:
        if name not in features.columns:
            raise FeatureMissing(feature=name)
        if not pd.api.types.is_numeric_dtype(features[name]):
            raise FeatureNotNumeric(feature=name)
    return features[list(names)].to_numpy(dtype=float, na_value=np.nan)


def _centre_and_spread(values: np.ndarray, robust: bool) -> tuple[float, float]:
    if robust:
        low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
        if high > low:
            return float(middle), float((high - low) / 1.349)  # of a normal cloud: its deviation
    return float(values.mean()), float(values.std())


def sample_rows(rows: int, at_most: int, seed: int) -> np.ndarray:
    """Row numbers of a seeded sample, in their order; all rows where they are few."""
    if rows <= at_most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, at_most, replace=False))
