"""Why a model says what it says of one customer: Shapley values of its features, in log-odds.

The game is the same for every model. Of the features in S the customer's own values are known, the others are taken
from real examples, one after the other; v(S) is the mean of what the model says of these mixtures. A feature's Shapley
value is the mean of what knowing it adds, over all orders in which features may become known (Shapley 1953; Lundberg &
Lee 2017, A unified approach to interpreting model predictions; "interventional", Janzing et al. 2020).

    base (mean of the examples) −1.2 | recency_days 12: +0.9 | frequency 7: +0.6 | …   →   sum = the customer's log-odds

It is exact for linear models, trees, blends of these, models that add up feature by feature (naive Bayes) and models of
few features; for others orders are drawn, and each value has its standard error. A calibration is carried through:
values are of the log-odds that it makes of the model's. Where it is no line, each row's values are drawn out alike, by
the slope from the base to the row, so that they still add up.
"""

from dataclasses import dataclass, replace
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from crm_core.features.columns import as_numbers
from crm_core.purchase_prediction.explain.leaves import Explained, boosting_matrix, of_boosting
from crm_core.purchase_prediction.explain.own_trees import TooManyLeaves, of_tree, tree_matrix

MOST_BACKGROUND = 1_000  # examples that stand for all
MOST_ENUMERATED = 4  # features of which every subset is looked at
DRAWN_BACKGROUND = 100  # examples where orders are drawn: one order and its reverse for each
MOST_MIXTURES = 200_000  # rows that a model is asked about at a time
CLOSE = 1e-6
HALF_STEP = 1e-4  # of margins, for the slope of a calibration at a point
# Models that look at these features, whatever others were chosen.
NEEDS = {"recency_rule": ("recency_days",), "bgnbd": ("frequency", "recency_days", "tenure_days")}


@dataclass(frozen=True, eq=False)
class Contributions:
    """What each feature adds to what the model says of each row."""

    features: tuple[str, ...]
    values: np.ndarray  # (rows, features, outputs): log-odds; of amounts, in their unit. Outputs: 1, or one a class
    base: np.ndarray  # (outputs,): the mean over the background
    way: str  # linear, trees, additive, enumeration, drawn; of a blend, the least exact of its parts
    errors: np.ndarray | None = None  # as values: the standard error, where orders were drawn
    classes: tuple[str, ...] = ()
    amount: bool = False  # what is said is an amount, not log-odds

    @property
    def exact(self) -> bool:
        return self.errors is None

    def frame(self, of: str | None = None) -> pd.DataFrame:
        """A row an example, a column a feature. Of a class: against the mean of all classes."""
        return pd.DataFrame(self.values @ self._towards(of), columns=list(self.features))

    def start(self, of: str | None = None) -> float:
        """Where the contributions begin: what is said of nobody in particular, in their unit."""
        return float(self.base @ self._towards(of))

    def said(self, margin: np.ndarray, of: str | None = None) -> np.ndarray:
        """What a margin (…, outputs) comes to: the chance, of a class where there are such; or the amount."""
        if self.amount:
            return margin[..., 0]
        if not self.classes:
            return 1 / (1 + np.exp(-np.clip(margin[..., 0], -500, 500)))
        odds = np.exp(margin - margin.max(axis=-1, keepdims=True))
        return odds[..., self.classes.index(of)] / odds.sum(axis=-1)

    def told(self, row: int, of: str | None = None, groups: list[tuple[str, ...]] | None = None) -> pd.DataFrame:
        """features, contribution, error, before, after: the strongest first, each on top of those above it.

        `before` of the first is what is said of nobody in particular, `after` of the last what is said of the row.
        With `groups`, features that go together are told as one, by the sum of their values: of two that say the same,
        one may speak loudly for and the other against.
        """
        groups = self._whole(groups)
        together = np.zeros((len(groups), len(self.features)))
        for place, group in enumerate(groups):
            together[place, [self.features.index(name) for name in group]] = 1
        values, towards = together @ self.values[row], self._towards(of)
        strength = values @ towards
        order = np.argsort(-np.abs(strength), kind="stable")
        margin = self.base + np.vstack([np.zeros(len(self.base)), values[order].cumsum(axis=0)])
        said = self.said(margin, of)
        error = np.full(len(order), np.nan)
        if self.errors is not None:  # of a class, at the most; as if what is drawn of each were drawn by itself
            error = np.sqrt(together @ (np.abs(self.errors[row]) @ np.abs(towards)) ** 2)
        alone = self.values[row] @ towards
        return pd.DataFrame({
            "features": [tuple(sorted(groups[place], key=lambda name: -abs(alone[self.features.index(name)])))
                         for place in order],
            "contribution": strength[order], "error": error[order], "before": said[:-1], "after": said[1:]})

    def _whole(self, groups: list[tuple[str, ...]] | None) -> list[tuple[str, ...]]:
        """The groups, and each feature that is in none by itself."""
        kept = [tuple(name for name in group if name in self.features) for group in groups or ()]
        inside = {name for group in kept for name in group}
        return [group for group in kept if group] + [(name,) for name in self.features if name not in inside]

    def _towards(self, of: str | None) -> np.ndarray:
        if not self.classes:
            return np.ones(1)
        return np.eye(len(self.classes))[self.classes.index(of)] - 1 / len(self.classes)


class Explainer:
    """A model made ready to explain any number of rows against one background."""

    def __init__(self, fitted, background: pd.DataFrame, seed: int = 0, amount: bool = False):
        """`background`: rows of examples that stand for all; at most MOST_BACKGROUND of them are drawn."""
        if len(background) > MOST_BACKGROUND:
            background = background.sample(MOST_BACKGROUND, random_state=seed)
        self.background = background.reset_index(drop=True)
        self.fitted, self.amount = fitted, amount
        self.way, self._work, self.features = _way_of(fitted, self.background, seed)

    @property
    def exact(self) -> bool:
        """Whether no order has to be drawn."""
        return self.way != "drawn"

    def of(self, rows: pd.DataFrame) -> Contributions:
        """The contributions to what the model says, its calibration carried through."""
        rows = rows.reset_index(drop=True)
        values, base, errors, way = self._work(rows)
        slope, base = (1.0, base) if self.amount else _carried(self.fitted, values, base)
        return Contributions(self.features, values * slope, base, way, None if errors is None else errors * slope,
                             tuple(self.fitted.classes), self.amount)


class _Said:
    """An estimator that says what stands in the rows: a model's margins are led through all that comes after it."""

    def margin(self, _encoding, rows: pd.DataFrame) -> np.ndarray:
        return rows.margin.to_numpy()


def _carried(fitted, values: np.ndarray, base: np.ndarray) -> tuple[np.ndarray | float, np.ndarray]:
    """(what a row's values are multiplied with, what the base becomes) by the calibration and the season."""
    if fitted.classes:
        factor = getattr(fitted.calibration, "factor", 1.0)
        return factor, base * factor
    after = replace(fitted, estimator=_Said())

    def log_odds(margin: np.ndarray) -> np.ndarray:
        chance = np.clip(after.chance(pd.DataFrame({"margin": margin})), 1e-15, 1 - 1e-15)
        return np.log(chance / (1 - chance))

    begins, ends = np.full(len(values), base[0]), base[0] + values[:, :, 0].sum(axis=1)
    near = np.abs(ends - begins) < HALF_STEP
    begins, ends = np.where(near, begins - HALF_STEP, begins), np.where(near, begins + HALF_STEP, ends)
    slope = (log_odds(ends) - log_odds(begins)) / (ends - begins)
    return slope[:, None, None], log_odds(base)


def contributions(fitted, rows: pd.DataFrame, background: pd.DataFrame, seed: int = 0) -> Contributions:
    """What each feature adds to the log-odds that `fitted` gives to each of `rows`, against the background's mean."""
    return Explainer(fitted, background, seed).of(rows)


def _way_of(fitted, background: pd.DataFrame, seed: int):
    """(way, rows → (values, base, errors, way), features) by what the estimator is."""
    estimator, encoding = fitted.estimator, fitted.encoding
    if hasattr(estimator, "parts"):
        return _blend(estimator, background, seed)
    if _is_linear(estimator, encoding, background):
        return "linear", _linear(estimator, encoding, background), encoding.features
    if hasattr(getattr(estimator, "trees", None), "_predictors"):
        return "trees", _boosting(fitted, background), encoding.features
    if hasattr(estimator, "reached"):
        return "trees", _own_tree(fitted, background, seed), encoding.features
    features = getattr(fitted, "needs", None)
    features = NEEDS.get(fitted.name, encoding.features) if features is None else features
    model = _Mixing(fitted, features, background)
    if len(features) <= MOST_ENUMERATED:
        return "enumeration", model.enumerated, features
    if model.adds_up():
        return "additive", model.added, features
    return "drawn", lambda rows: model.drawn(rows, seed), features


def _blend(estimator, background: pd.DataFrame, seed: int):
    """The weighted sum of the parts' margins, which are not calibrated each by itself."""
    weights = [weight for weight, _ in estimator.parts]
    explainers = [Explainer(replace(fitted, calibration=None), background, seed) for _, fitted in estimator.parts]
    shift = getattr(estimator, "shift", 0.0)
    features = tuple(dict.fromkeys(name for one in explainers for name in one.features))

    def work(rows):
        told = [one.of(rows) for one in explainers]
        values = np.zeros((len(rows), len(features), told[0].values.shape[2]))
        squares = np.zeros_like(values)
        for weight, one in zip(weights, told, strict=True):
            places = [features.index(name) for name in one.features]
            values[:, places] += weight * one.values
            if one.errors is not None:
                squares[:, places] += (weight * one.errors) ** 2
        drawn = any(not one.exact for one in told)
        return (values, sum(weight * one.base for weight, one in zip(weights, told, strict=True)) + shift,
                np.sqrt(squares) if drawn else None, "drawn" if drawn else "blend")

    return "blend" if all(one.exact for one in explainers) else "drawn", work, features


def _is_linear(estimator, encoding, background: pd.DataFrame) -> bool:
    """Whether the coefficients make the margin as they are; of a rate they make its logarithm first."""
    if len(getattr(estimator, "coefficients", ())) != len(encoding.columns):
        return False
    some = background.iloc[:50]
    return bool(np.allclose(encoding.matrix(some) @ estimator.coefficients + estimator.intercept,
                            estimator.margin(encoding, some), atol=CLOSE))


def _linear(estimator, encoding, background: pd.DataFrame):
    """Coefficient × (own value − the background's mean), a column of the encoding each, added up by feature."""
    coefficients = np.atleast_2d(np.asarray(estimator.coefficients, dtype=float).T)  # (outputs, columns)
    means = encoding.matrix(background).mean(axis=0)
    base = coefficients @ means + np.atleast_1d(estimator.intercept)
    of_feature = np.zeros((len(means), len(encoding.features)))
    for place, (feature, _) in enumerate(encoding.columns):
        of_feature[place, encoding.features.index(feature)] = 1

    def work(rows):
        from_mean = encoding.matrix(rows) - means
        values = np.stack([(from_mean * one) @ of_feature for one in coefficients], axis=2)
        return values, base, None, "linear"

    return work


def _boosting(fitted, background: pd.DataFrame):
    trees, encoding = fitted.estimator.trees, fitted.encoding
    found = of_boosting(trees, encoding.features, [name in encoding.values for name in encoding.features])

    def matrix(rows):
        return boosting_matrix(trees, encoding.trees(rows))

    explained = Explained(found, matrix(background))
    places = [found.features.index(name) for name in encoding.features]

    def work(rows):
        return explained.values(matrix(rows))[:, places], explained.base, None, "trees"

    return work


def _own_tree(fitted, background: pd.DataFrame, seed: int):
    """A tree of our own. Who lacks what it asks is shared out among branches: leaves are made for what is missing."""
    tree, encoding = fitted.estimator, fitted.encoding
    order = [tree.features.index(name) for name in encoding.features]
    table = tree_matrix(tree, background)

    def work(rows):
        codes = tree_matrix(tree, rows)
        try:
            explained = Explained(of_tree(tree, np.concatenate([table, codes])), table)
        except TooManyLeaves:
            return _Mixing(fitted, encoding.features, background).drawn(rows, seed)
        return explained.values(codes)[:, order], explained.base, None, "trees"

    return work


class _Mixing:
    """A model that is only asked what it says: of a row's values in some features, and of others' in the rest."""

    def __init__(self, fitted, features: tuple[str, ...], background: pd.DataFrame):
        self.fitted, self.features = fitted, tuple(features)
        self.background = self._columns(background)

    def _columns(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Numbers as float64, categories as texts: so that two rows can be mixed."""
        return pd.DataFrame({
            name: rows[name].astype(object) if name in self.fitted.encoding.values else as_numbers(rows[name])
            for name in self.features}, index=rows.index).reset_index(drop=True)

    def margin(self, rows: pd.DataFrame) -> np.ndarray:
        """(rows, outputs)"""
        found = [np.asarray(self.fitted.margin(rows.iloc[start : start + MOST_MIXTURES]), float)
                 for start in range(0, len(rows), MOST_MIXTURES)]
        margin = np.concatenate(found)
        return margin[:, None] if margin.ndim == 1 else margin

    def enumerated(self, rows: pd.DataFrame):
        """Every subset of the features, by the definition."""
        rows, others = self._columns(rows), self.background
        n, m, p = len(rows), len(others), len(self.features)
        worth = {}
        for size in range(p + 1):
            for subset in combinations(range(p), size):
                mixed = others.loc[np.tile(np.arange(m), n)].reset_index(drop=True)
                for place in subset:
                    name = self.features[place]
                    mixed[name] = rows[name].to_numpy()[np.repeat(np.arange(n), m)]
                worth[subset] = self.margin(mixed).reshape(n, m, -1).mean(axis=1)
        values = np.zeros((n, p, worth[()].shape[1]))
        for subset, known in worth.items():
            weight = factorial(len(subset)) * factorial(p - len(subset) - 1) / factorial(p) if len(subset) < p else 0
            for place in set(range(p)) - set(subset):
                values[:, place] += weight * (worth[tuple(sorted((*subset, place)))] - known)
        return values, worth[()].mean(axis=0), None, "enumeration"

    def adds_up(self) -> bool:
        """Whether what the model says is a sum of what it says feature by feature: seen in some of the background."""
        some = self.background.iloc[:50]
        steps, first = self._steps(some)
        whole = self.margin(some)
        return bool(np.allclose(first + steps.sum(axis=1), whole, atol=CLOSE, rtol=CLOSE))

    def added(self, rows: pd.DataFrame):
        """Of a sum of features: what each adds, less what it adds on the average."""
        values = self._steps(self._columns(rows))[0] - self._steps(self.background)[0].mean(axis=0)
        return values, self.margin(self.background).mean(axis=0), None, "additive"

    def _steps(self, rows: pd.DataFrame):
        """(rows, features, outputs): how the margin of the background's first row moves with each feature alone."""
        first = self.background.iloc[[0] * len(rows)].reset_index(drop=True)
        start = self.margin(first.iloc[:1])
        steps = [self.margin(first.assign(**{name: rows[name].to_numpy()})) - start for name in self.features]
        return np.stack(steps, axis=1), start

    def drawn(self, rows: pd.DataFrame, seed: int):
        """Orders are drawn: for each of some of the background one order and its reverse (Štrumbelj & Kononenko 2014;
        antithetic: Mitchell et al. 2022)."""
        rows, rng, p = self._columns(rows), np.random.default_rng(seed), len(self.features)
        others = self.background.iloc[:DRAWN_BACKGROUND]
        orders = [rng.permutation(p) for _ in range(len(others))]
        values, errors = [], []
        for place in range(len(rows)):
            gains = self._gains(rows.iloc[place], others, orders)
            values.append(gains.mean(axis=0))
            errors.append(gains.std(axis=0, ddof=1) / np.sqrt(len(gains)))
        return np.stack(values), self.margin(others).mean(axis=0), np.stack(errors), "drawn"

    def _gains(self, row: pd.Series, others: pd.DataFrame, orders: list[np.ndarray]) -> np.ndarray:
        """(background, features, outputs): what each feature adds along an order and its reverse, averaged."""
        p = len(self.features)
        # known[b, way, step, feature]: whether the feature's own value is known after that many steps.
        known = np.zeros((len(others), 2, p + 1, p), dtype=bool)
        for place, order in enumerate(orders):
            for way, along in enumerate((order, order[::-1])):
                known[place, way, np.argsort(along)[None, :] < np.arange(p + 1)[:, None]] = True
        flat = known.reshape(-1, p)
        mixed = others.loc[np.repeat(np.arange(len(others)), 2 * (p + 1))].reset_index(drop=True)
        for feature, name in enumerate(self.features):
            mixed.loc[flat[:, feature], name] = row[name]
        margin = self.margin(mixed).reshape(len(others), 2, p + 1, -1)
        steps = np.diff(margin, axis=2)
        gains = np.zeros((len(others), p, margin.shape[-1]))
        for place, order in enumerate(orders):
            for way, along in enumerate((order, order[::-1])):
                gains[place, along] += steps[place, way] / 2
        return gains
