"""From features in their own units to comparable numbers, by scales that are kept so that others can go the same way.

    monetary 0 | 20 | 900   →  its logarithm, mean 0 and deviation 1:  −1.3 | .2 | 1.1
    gender female | male    →  a column a value, together as wide as one number
"""
from dataclasses import asdict, dataclass, fields, replace

import numpy as np
import pandas as pd

from crm_core.clustering.choice import Choice
from crm_core.clustering.proposals import bend, fences, middle_and_unit
from crm_core.errors import (
    FeatureMissing,
    FeatureNotNumeric,
    NoCustomersYet,
    NoOrdersYet,
    NothingToTellApart,
    TooFewCustomers,
)
from crm_core.features.columns import MOST_CATEGORIES, as_numbers, seen

FEWEST_CUSTOMERS = 6  # two groups of three
RAREST = 0.01  # a value that fewer have is one of the rest
WEIGHED_AS = 0.05  # rarer ones weigh as if so many had them: else a rare yes would be a group by itself


@dataclass(frozen=True)
class Scale:
    """How one feature becomes comparable: (value, bent and held to the fences, − centre) / spread · weight."""

    feature: str
    logged: bool
    centre: float
    spread: float
    asinh: bool = False
    middle: float = 0.0  # of the asinh: asinh((value − middle) / unit)
    unit: float = 1.0
    low: float | None = None  # the fences, on the bent scale
    high: float | None = None
    fill: float | None = None  # for a gap; None: a gap leaves the customer out
    weight: float = 1.0

    @property
    def transform(self) -> str:
        return "log" if self.logged else "asinh" if self.asinh else "plain"


@dataclass(frozen=True)
class Levels:
    """How a category becomes comparable: a column a value, as in factor analysis of mixed data (Pagès 2004).

    A column is (1 or 0 − share) / √share, all divided by √(values − 1), so that the feature's variance is that of one
    number. What is neither among the values nor can be the rest lies in the middle of all.
    """

    feature: str
    values: tuple[str, ...]  # the commonest first
    shares: tuple[float, ...]  # of each; one more for the rest where there is one
    weight: float = 1.0

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(f"{self.feature}: {value}" for value in (*self.values, "…")[: len(self.shares)])

    def matrix(self, names: pd.Series) -> np.ndarray:
        share = np.array(self.shares)
        floored = np.maximum(share, WEIGHED_AS)
        table = (np.eye(len(share)) - share) / np.sqrt(floored) / np.sqrt(max(len(share) - 1, 1)) * self.weight
        # Who has none of the values: one of the rest, or in the middle.
        table = np.vstack([table, table[-1] if len(share) > len(self.values) else np.zeros(len(share))])
        return table[_codes(names, self.values)].astype(np.float32)


@dataclass(frozen=True, eq=False)
class Preparation:
    """The scales of the features that tell customers apart. Fitted on some customers, it serves others too."""

    scales: tuple[Scale, ...]
    dropped: tuple[str, ...]  # features left out because every customer has the same value
    levels: tuple[Levels, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(one.feature for one in (*self.scales, *self.levels))

    @property
    def columns(self) -> tuple[str, ...]:
        """What each column of the matrix is: a number, or one value of a category (gender: female)."""
        return (*(scale.feature for scale in self.scales), *(name for one in self.levels for name in one.columns))

    def by_columns(self, choice: Choice) -> Choice:
        """The choice as algorithms need it beside a matrix: its features are the matrix's columns."""
        return replace(choice, features=self.columns)

    def matrix(self, features: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Comparable numbers (float32, a column a name of `columns`) of the rows that have all, and which these are."""
        for one in self.levels:
            if one.feature not in features.columns:
                raise FeatureMissing(feature=one.feature)
        values = _numbers(features, [scale.feature for scale in self.scales])
        for place, scale in enumerate(self.scales):
            column = _gaps_filled(values[:, place], scale.fill)
            column = bend(column, scale.transform, scale.middle, scale.unit)
            if scale.low is not None:
                column = np.clip(column, scale.low, scale.high)
            values[:, place] = (column - scale.centre) / scale.spread * scale.weight
        taken = np.isfinite(values).all(axis=1)
        parts = [values[taken].astype(np.float32)]
        parts += [one.matrix(features[one.feature][taken]) for one in self.levels]
        return (np.hstack(parts) if self.levels else parts[0]), taken

    def to_dict(self) -> dict:
        return asdict(self)

    @staticmethod
    def from_dict(kept: dict) -> "Preparation":
        known = {one.name for one in fields(Scale)}
        return Preparation(
            tuple(Scale(**{name: value for name, value in scale.items() if name in known}) for scale in kept["scales"]),
            tuple(kept["dropped"]),
            tuple(Levels(one["feature"], tuple(one["values"]), tuple(one["shares"]), one["weight"])
                  for one in kept.get("levels", ())))


@dataclass(frozen=True, eq=False)
class Prepared:
    preparation: Preparation
    customers: pd.DataFrame  # the rows that take part, in the order of customer_id
    matrix: np.ndarray  # float32, a row a customer, a column a column of the preparation
    left_out: int  # customers left out because a feature is missing or infinite
    filled: dict[str, int]  # feature → customers whose gap was filled by the median


def prepare(features: pd.DataFrame, choice: Choice, as_of=None, progress=lambda share: None) -> Prepared:
    """Fit the scales of a choice on customers; the order of the rows does not matter.

    Raises NoOrdersYet, NoCustomersYet, TooFewCustomers, NothingToTellApart, FeatureMissing, FeatureNotNumeric.
    """
    names = [name for name in choice.features if is_category(features, name, choice)]
    numeric = tuple(name for name in choice.features if name not in names)
    if features.empty:
        raise NoOrdersYet(as_of=as_of) if "monetary" in features.columns else NoCustomersYet(as_of=as_of)
    ordered = _in_order(_with_numbers(features, numeric), choice.features)
    progress(0.3)
    weights = dict(choice.weights)
    values = _numbers(ordered, numeric)
    fills, filled = {}, {}
    for place, name in enumerate(numeric):
        missing = ~np.isfinite(values[:, place])
        if name in choice.filled and not missing.all():
            fills[name] = float(np.median(values[~missing, place]))
            values[missing, place] = fills[name]
            filled |= {name: int(missing.sum())} if missing.any() else {}
    finite = np.isfinite(values).all(axis=1)
    values, left_out = values[finite], int((~finite).sum())
    if len(values) < FEWEST_CUSTOMERS:
        raise TooFewCustomers(needed=FEWEST_CUSTOMERS, found=len(values))
    scales = tuple(_scale(name, values[:, place], choice, fills.get(name), weights.get(name, 1.0))
                   for place, name in enumerate(numeric) if np.ptp(values[:, place]) > 0)
    progress(0.6)
    customers = ordered[finite].reset_index(drop=True) if left_out else ordered
    levels = tuple(found for found in (_levels(customers[name], weights.get(name, 1.0)) for name in names)
                   if len(found.shares) > 1)
    if not scales and not levels:
        raise NothingToTellApart(customers=len(values))
    used = {one.feature for one in (*scales, *levels)}
    preparation = Preparation(scales, tuple(name for name in choice.features if name not in used), levels)
    matrix, _ = preparation.matrix(customers)
    return Prepared(preparation, customers, matrix, left_out, filled)


def is_category(features: pd.DataFrame, name: str, choice: Choice) -> bool:
    """Whether a feature is compared as a category: it was chosen as one, or comes as one."""
    if name not in features.columns:
        raise FeatureMissing(feature=name)
    return name in choice.categories or isinstance(features[name].dtype, pd.CategoricalDtype)


def _in_order(features: pd.DataFrame, names) -> pd.DataFrame:
    """By customer_id; by the values too where ids repeat, so that even then there is one order."""
    ids = features.customer_id
    if ids.is_monotonic_increasing and ids.is_unique:
        return features.reset_index(drop=True)
    keys = ["customer_id"] if ids.is_unique else ["customer_id", *names]
    return features.sort_values(keys, kind="stable", ignore_index=True)


def _scale(name: str, values: np.ndarray, choice: Choice, fill: float | None, weight: float) -> Scale:
    transform = "log" if name in choice.logged else "asinh" if name in choice.asinh else "plain"
    middle, unit = middle_and_unit(values) if transform == "asinh" else (0.0, 1.0)
    bent = bend(values, transform, middle, unit)
    low = high = None
    if name in choice.curbed:
        low, high = fences(bent, transform)
        if low < high:
            bent = np.clip(bent, low, high)
        else:
            low = high = None
    centre, spread = _centre_and_spread(bent, name in choice.robust)
    if set(np.unique(values[:1000])) <= {0.0, 1.0} and set(np.unique(values)) == {0.0, 1.0}:
        spread = max(spread, float(np.sqrt(WEIGHED_AS * (1 - WEIGHED_AS))))
    return Scale(name, transform == "log", centre, spread, transform == "asinh", middle, unit, low, high, fill, weight)


def _levels(names: pd.Series, weight: float) -> Levels:
    shares = names.astype(str).where(names.notna()).value_counts() / max(len(names), 1) \
        if not isinstance(names.dtype, pd.CategoricalDtype) else names.value_counts() / max(len(names), 1)
    shares = shares[shares > 0]
    # Equal shares in the order of their names: the order of the rows does not matter.
    shares = pd.Series(shares.to_numpy(), [str(value) for value in shares.index])
    shares = shares.sort_index().sort_values(ascending=False, kind="stable")
    kept = shares[shares >= RAREST].iloc[:MOST_CATEGORIES]
    rest = 1 - float(kept.sum())
    return Levels(str(names.name), tuple(kept.index), (*map(float, kept), *([rest] if rest >= RAREST else ())), weight)


def _codes(names: pd.Series, values: tuple[str, ...]) -> np.ndarray:
    """The place of each name among the values; one past the end where it is none of them."""
    place = {value: number for number, value in enumerate(values)}
    if isinstance(names.dtype, pd.CategoricalDtype):
        of_code = np.array([*(place.get(str(value), len(values)) for value in names.cat.categories), len(values)])
        return of_code[names.cat.codes.to_numpy()]  # −1, a gap, is the last
    return names.astype(str).where(names.notna()).map(place).fillna(len(values)).to_numpy(dtype=int)


def _gaps_filled(values: np.ndarray, fill: float | None) -> np.ndarray:
    return values if fill is None else np.where(np.isfinite(values), values, fill)


def _with_numbers(features: pd.DataFrame, names) -> pd.DataFrame:
    """Texts that say numbers, or yes and no, as numbers. Raises FeatureNotNumeric."""
    texts = [name for name in names if features[name].dtype.kind not in "iuf"]
    for name in texts:
        if not pd.api.types.is_numeric_dtype(features[name]) and seen(features[name]).kind not in ("number", "yes_no"):
            raise FeatureNotNumeric(feature=name)
    return features.assign(**{name: as_numbers(features[name]) for name in texts}) if texts else features


def _numbers(features: pd.DataFrame, names) -> np.ndarray:
    for name in names:
        if name not in features.columns:
            raise FeatureMissing(feature=name)
    if all(pd.api.types.is_numeric_dtype(features[name]) for name in names):
        return features[list(names)].to_numpy(dtype=float, na_value=np.nan)
    return np.column_stack([as_numbers(features[name]) for name in names])


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
