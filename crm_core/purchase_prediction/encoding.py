"""From features to the numbers that models take, as learned from the training rows and never from others.

    plan: yearly, monthly; income: 30000, missing; pdays: 3, 999
    →   plan = monthly | income | income is missing | pdays | pdays is 999
                     1 |   −0.4 |                 0 |   0.2 |            0
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from crm_core.features.columns import as_numbers

MOST_VALUES = 30  # of a category, the commonest; the others count as any other
FEWEST_OF_VALUE = 5  # rows of a value to have a column of its own
MOST_REMEMBERED = 1_000  # values of a category without a column that are known to have been there
CODE_SHARE = 0.05  # of the rows, for a number far from all others to be a code (999: never) and no amount
KNOTS = 5  # of a curve, at values between which as many rows lie
FEWEST_VALUES = 5  # of a number, for its line to bend
FAR_OUT = 4  # standard deviations from the mean of training: farther out a number says no more to a line


@dataclass(frozen=True)
class Encoding:
    """How each feature becomes columns. Plain data."""

    features: tuple[str, ...]
    medians: dict[str, float]  # of the features that are numbers: what stands where a value is missing
    means: dict[str, float]  # of the columns of numbers, after the bend
    deviations: dict[str, float]
    logged: tuple[str, ...]  # numbers without a negative one that lie far to one side: log(1 + x)
    gaps: tuple[str, ...]  # numbers that are missing for some: one more column says so
    values: dict[str, tuple[str, ...]]  # of the categories: those with a column of their own; "": none is given
    codes: dict[str, float] = field(default_factory=dict)  # the number that stands for something else, as 999 for never
    rare: dict[str, tuple[str, ...]] = field(default_factory=dict)  # values that were there, without a column
    bounded: tuple[str, ...] = ()  # numbers with more than two values: FAR_OUT holds for them
    knots: dict[str, tuple[float, ...]] = field(default_factory=dict)  # of curves, as z-scores: where a line may bend

    @property
    def columns(self) -> tuple[tuple[str, str | None], ...]:
        """(feature, None: its number, "": that it is missing, else its value) of each column of `matrix`.

        A feature with a curve has more columns of its number: how far it lies above each knot.
        """
        found = [(name, None) for name in self.medians]
        found += [(name, "") for name in self.gaps]
        found += [(name, f"{code:g}") for name, code in self.codes.items()]
        found += [(name, value) for name, values in self.values.items() for value in values]
        return tuple(found + [(name, None) for name, knots in self.knots.items() for _ in knots])

    def matrix(self, rows: pd.DataFrame) -> np.ndarray:
        """float64, a column for each of `columns`: numbers as z-scores, the others 1 or 0. No value is missing."""
        found = np.empty((len(rows), len(self.columns)))
        numbers = {name: _numbers(rows[name]) for name in self.medians}
        place = 0
        for name in self.medians:
            found[:, place] = self._scaled(name, numbers[name])
            place += 1
        for name in self.gaps:
            found[:, place] = np.isnan(numbers[name])
            place += 1
        for name, code in self.codes.items():
            found[:, place] = numbers[name] == code
            place += 1
        for name, values in self.values.items():
            held = _places(rows[name], values)
            for number in range(len(values)):
                found[:, place] = held == number
                place += 1
        for name, knots in self.knots.items():
            scaled = self._scaled(name, numbers[name])
            for knot in knots:
                found[:, place] = np.maximum(scaled - knot, 0)
                place += 1
        return found

    def with_curves(self, rows: pd.DataFrame) -> "Encoding":
        """The same with knots at which the line of a number may bend, by the values of the training rows."""
        knots = {}
        for name in self.medians:
            scaled = self._scaled(name, _numbers(rows[name]))
            if len(np.unique(scaled)) >= FEWEST_VALUES:
                at = np.unique(np.quantile(scaled, np.linspace(0, 1, KNOTS + 2)[1:-1]))
                knots[name] = tuple(at[(at > scaled.min()) & (at < scaled.max())].tolist())
        return replace(self, knots={name: at for name, at in knots.items() if at})

    def trees(self, rows: pd.DataFrame) -> np.ndarray:
        """float64, a column a feature, for trees: numbers as they are, missing NaN; categories by their place."""
        found = np.empty((len(rows), len(self.features)))
        for place, name in enumerate(self.features):
            if name in self.medians:
                found[:, place] = _numbers(rows[name])
            else:
                held = _places(rows[name], self.values[name]).astype(float)
                found[:, place] = np.where(held < 0, np.nan, held)
        return found

    def unseen(self, rows: pd.DataFrame) -> dict[str, list[str]]:
        """Values of categories that no training row had, by feature; not of those with too many to remember."""
        found = {name: sorted(set(rows[name].dropna().astype(str)) - set(values) - set(self.rare.get(name, ())))
                 for name, values in self.values.items() if len(self.rare.get(name, ())) < MOST_REMEMBERED}
        return {name: values for name, values in found.items() if values}

    def _scaled(self, name: str, numbers: np.ndarray) -> np.ndarray:
        aside = np.isnan(numbers)
        if name in self.codes:
            aside |= numbers == self.codes[name]
        bent = self._bent(name, np.where(aside, self.medians[name], numbers))
        scaled = (bent - self.means[name]) / self.deviations[name]
        return np.clip(scaled, -FAR_OUT, FAR_OUT) if name in self.bounded else scaled

    def _bent(self, name: str, numbers: np.ndarray) -> np.ndarray:
        return np.log1p(np.maximum(numbers, 0)) if name in self.logged else numbers


def learn_encoding(rows: pd.DataFrame, features: tuple[str, ...]) -> Encoding:
    """What the training rows say of each feature: its scale, its gaps, its codes, its values."""
    medians, means, deviations, values, codes, rare = {}, {}, {}, {}, {}, {}
    logged, gaps, bounded = [], [], []
    for name in features:
        if not is_number(rows[name]):
            values[name], rare[name] = _common_values(rows[name])
            continue
        numbers = _numbers(rows[name])
        known = numbers[~np.isnan(numbers)]
        code = _code(known)
        if code is not None:
            codes[name] = code
            known = known[known != code]
        medians[name] = float(np.median(known)) if len(known) else 0.0
        if len(np.unique(known)) > 2:
            bounded.append(name)
        if np.isnan(numbers).any():
            gaps.append(name)
        if len(known) and known.min() >= 0 and known.max() > 1 and _skew(known) > 1:
            logged.append(name)
        aside = np.isnan(numbers) | (numbers == code if code is not None else False)
        filled = np.where(aside, medians[name], numbers)
        bent = np.log1p(np.maximum(filled, 0)) if name in logged else filled
        means[name], deviations[name] = float(bent.mean()), float(bent.std()) or 1.0
    return Encoding(tuple(features), medians, means, deviations, tuple(logged), tuple(gaps), values, codes, rare,
                    tuple(bounded))


def is_number(values: pd.Series) -> bool:
    """Whether a feature is a number (yes and no and days are); else it is a category."""
    return (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)
            or pd.api.types.is_datetime64_any_dtype(values))


# --- inside ---------------------------------------------------------------------------------------


def _numbers(values: pd.Series) -> np.ndarray:
    """A day is the number of days since 1970: only differences between days tell a model anything."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return ((values - pd.Timestamp(0, tz=values.dt.tz)) / pd.Timedelta(days=1)).to_numpy(float, na_value=np.nan)
    return as_numbers(values)


def _places(values: pd.Series, known: tuple[str, ...]) -> np.ndarray:
    """The place of each value among the known ones, −1 for any other. Each distinct text is looked at once."""
    codes, texts = pd.factorize(values, use_na_sentinel=True)
    places = {value: place for place, value in enumerate(known)}
    of_text = np.array([*(places.get(str(text), -1) for text in texts), places.get("", -1)])  # the last: missing, −1
    return of_text[codes]


def _common_values(values: pd.Series) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The values with a column of their own, and the others that were there."""
    counts = values.astype(object).where(values.notna(), "").astype(str).value_counts()
    ranked = sorted(((-count, value) for value, count in counts.items() if count > 0))
    common = [value for count, value in ranked if -count >= FEWEST_OF_VALUE][:MOST_VALUES]
    others = [value for _, value in ranked if value not in set(common) and value != ""]
    return tuple(sorted(common)), tuple(sorted(others[:MOST_REMEMBERED]))


def _code(known: np.ndarray) -> float | None:
    """A number at the edge that many rows have and that lies apart: below nothing, or farther out than all else."""
    if not len(known):
        return None
    low, high = known.min(), known.max()
    for code in (high, low):
        others = known[known != code]
        if len(known) - len(others) < CODE_SHARE * len(known) or len(np.unique(others)) < 2:
            continue
        apart = min(abs(code - others.min()), abs(code - others.max()))
        if apart > others.max() - others.min() or (code < 0 <= others.min()):
            return float(code)
    return None


def _skew(numbers: np.ndarray) -> float:
    deviation = numbers.std()
    return float(((numbers - numbers.mean()) ** 3).mean() / deviation**3) if deviation else 0.0
