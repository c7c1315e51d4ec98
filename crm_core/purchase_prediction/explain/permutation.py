"""What a model lives on: how much worse it gets on rows that it has not seen when a feature says nothing any more.

Breiman (2001), Random forests; Fisher, Rudin & Dominici (2019). A feature's values are dealt out anew among the rows,
so that it keeps its spread and loses its meaning. Features that go together are dealt out together: of two that say the
same, each alone seems to matter little.

    group: recency_days   →   AUC .95 − .83 = .12 (.11 .. .14)
    group: frequency, orders, purchases_365_days   →   AUC .95 − .93 = .02 (.01 .. .03)
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.features.columns import as_numbers
from crm_core.purchase_prediction.models import fit

TOGETHER = 0.8  # rank correlation from which on two features count as saying much the same
REPEATS = 10
MOST_ROWS = 3_000
HELD_OUT = 0.25  # of a table without days, where the judged models are not at hand
MOST_CORRELATED_VALUES = 12
MEASURES = {"yes_no": ("auc", "log_loss"), "category": ("accuracy", "log_loss"), "amount": ("spearman", "mae")}
HIGHER_IS_BETTER = ("auc", "accuracy", "spearman")


@dataclass(frozen=True, eq=False)
class Importance:
    """What is lost without each group of features."""

    groups: pd.DataFrame  # features (a tuple), lost, low, high, lost_other, low_other, high_other; what matters first
    measures: tuple[str, str]  # what `lost` and `lost_other` are measured by
    whole: tuple[float, float]  # the measures with all features
    rows: int  # on which it was measured
    repeats: int  # of each deal; the rows are drawn anew each time, so that low .. high (95 %) tells of chance too
    model: str
    refit: bool  # the model was learned anew without these rows: those that were judged are not at hand


def importance(prediction, seed: int = 0, progress: Callable[[float], None] = lambda _share: None) -> Importance:
    """Permutation importance of the chosen model, on rows that it has not learned from."""
    fitted, rows, refit = held_out(prediction, seed)
    kind = prediction.examples.target.answer
    outcome = rows.outcome.to_numpy()
    features = features_of(fitted)
    return permuted(fitted.chance, rows, outcome, features, kind, seed, progress, fitted.name, refit,
                    tuple(fitted.classes))


def held_out(prediction, seed: int = 0):
    """(model, rows that it has not seen, whether it was learned anew for that).

    Of a table without days, each row is asked of the model of its own fold, if folds are at hand.
    """
    chosen, examples = prediction.chosen, prediction.examples
    tested = examples.part("test")
    if examples.split is not None and len(tested) and chosen in prediction.models:
        return prediction.models[chosen], tested.reset_index(drop=True), False
    if getattr(prediction, "crossed", None) and all(chosen in models for models in prediction.crossed.models):
        rows = prediction.judged[["customer_id"]].merge(examples.part("train"), how="left", on="customer_id")
        models = tuple(models[chosen] for models in prediction.crossed.models)
        return OutOfFold(models), rows.assign(fold=prediction.crossed.fold_of), False
    known = examples.rows[examples.rows.outcome.notna() & (examples.rows.part != "score")]
    if hasattr(prediction.final, "anew") and len(tested):
        return prediction.final.anew(examples.part("train", "calibrate"), seed), tested.reset_index(drop=True), False
    aside = known.sample(frac=HELD_OUT, random_state=seed)
    fitted = _anew(prediction.final, known.drop(aside.index), prediction.features, seed)
    return fitted, aside.reset_index(drop=True), True


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """The models of the folds as one: each row of a fold is told by the model that knows nothing of it."""

    models: tuple  # a fold each, in the order of the rows' `fold`

    @property
    def name(self) -> str:
        return self.models[0].name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.models[0].classes

    def chance(self, rows: pd.DataFrame) -> np.ndarray:
        folds, found = rows.fold.to_numpy(), None
        for place, fitted in enumerate(self.models):
            here = folds == place
            if here.any():
                told = fitted.chance(rows[here])
                found = np.empty((len(rows), *told.shape[1:])) if found is None else found
                found[here] = told
        return found


def _anew(fitted, rows: pd.DataFrame, features: tuple[str, ...], seed: int):
    """The same model, learned from other rows."""
    if hasattr(fitted, "anew"):
        return fitted.anew(rows, seed)
    if hasattr(fitted.estimator, "parts"):
        parts = tuple((weight, _anew(part, rows, features, seed)) for weight, part in fitted.estimator.parts)
        return replace(fitted, estimator=replace(fitted.estimator, parts=parts))
    if fitted.name == "bgnbd":  # it learns from no outcome
        return fitted
    return replace(fit(fitted.name, rows, features, seed), calibration=fitted.calibration)


def features_of(fitted) -> tuple[str, ...]:
    """The features that a model looks at."""
    if isinstance(fitted, OutOfFold):
        return tuple(dict.fromkeys(name for one in fitted.models for name in features_of(one)))
    from crm_core.purchase_prediction.explain.shapley import NEEDS

    if hasattr(fitted, "needs"):
        return fitted.needs
    if hasattr(fitted.estimator, "parts"):
        return tuple(dict.fromkeys(name for _, part in fitted.estimator.parts for name in features_of(part)))
    return NEEDS.get(fitted.name, fitted.encoding.features)


def permuted(say, rows: pd.DataFrame, outcome: np.ndarray, features: tuple[str, ...], kind: str, seed: int = 0,
             progress: Callable[[float], None] = lambda _share: None, model: str = "", refit: bool = False,
             classes: tuple[str, ...] = ()) -> Importance:
    """What is lost of what `say(rows)` says of the outcome, group by group. `kind` is one of MEASURES."""
    rng = np.random.default_rng(seed)
    if kind == "amount":
        outcome = outcome.astype(float)
    if len(rows) > MOST_ROWS:
        some = np.sort(rng.choice(len(rows), MOST_ROWS, replace=False))
        rows, outcome = rows.iloc[some].reset_index(drop=True), outcome[some]
    measures, whole = MEASURES[kind], np.asarray(say(rows))
    groups = together(rows, features)
    found = []
    for place, group in enumerate(groups):
        lost = []
        for _ in range(REPEATS):
            dealt = rng.permutation(len(rows))
            changed = say(rows.assign(**{name: rows[name].array[dealt] for name in group}))
            drawn = rng.integers(0, len(rows), len(rows))
            lost.append([_lost(measure, outcome[drawn], whole[drawn], changed[drawn], classes) for measure in measures])
        found.append((group, *_between(np.array(lost)[:, 0]), *_between(np.array(lost)[:, 1])))
        progress((place + 1) / len(groups))
    frame = pd.DataFrame(found, columns=["features", "lost", "low", "high", "lost_other", "low_other", "high_other"])
    return Importance(
        frame.sort_values(["lost", "lost_other"], ascending=False, ignore_index=True), measures,
        tuple(_measured(measure, outcome, whole, classes) for measure in measures), len(rows), REPEATS, model, refit)


def together(rows: pd.DataFrame, features: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Features in groups of which every two go together (complete linkage on rank correlation)."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(features) < 2:
        return [(name,) for name in features]
    columns, owner = [], []
    for place, name in enumerate(features):
        parts = _ranked(rows[name])
        columns += parts
        owner += [place] * len(parts)
    table = np.column_stack(columns)
    spread = table.std(axis=0)
    table = (table - table.mean(axis=0)) / np.where(spread > 0, spread, 1)
    related = np.abs(table.T @ table) / len(table)
    between = np.zeros((len(features), len(features)))
    np.maximum.at(between, (np.array(owner)[:, None], np.array(owner)[None, :]), related)
    apart = 1 - np.clip(between, 0, 1)
    np.fill_diagonal(apart, 0)
    label = fcluster(linkage(squareform((apart + apart.T) / 2, checks=False), "complete"), 1 - TOGETHER, "distance")
    return [tuple(name for name, own in zip(features, label, strict=True) if own == one)
            for one in dict.fromkeys(label)]


def _ranked(values: pd.Series) -> list[np.ndarray]:
    """A number as its ranks, what is missing in the middle; a category as one column for each common value."""
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        ranks = pd.Series(as_numbers(values)).rank()
        return [ranks.fillna(ranks.median() if ranks.notna().any() else 0).to_numpy()]
    texts = values.astype("string").fillna("")
    common = texts.value_counts().head(MOST_CORRELATED_VALUES).index
    return [(texts == value).to_numpy(dtype=float) for value in common] or [np.zeros(len(values))]


def _between(values: np.ndarray) -> tuple[float, float, float]:
    """Mean, and between what it lies at 95 %: a repeat each draws the rows anew, so their spread is that of chance."""
    from scipy.stats import t

    values = values[~np.isnan(values)]
    if len(values) < 2:
        return np.nan, np.nan, np.nan
    reach = t.ppf(0.975, len(values) - 1) * values.std(ddof=1)
    return float(values.mean()), float(values.mean() - reach), float(values.mean() + reach)


def _lost(measure: str, outcome: np.ndarray, whole: np.ndarray, changed: np.ndarray, classes) -> float:
    before, after = (_measured(measure, outcome, said, classes) for said in (whole, changed))
    return before - after if measure in HIGHER_IS_BETTER else after - before


def _measured(measure: str, outcome: np.ndarray, said: np.ndarray, classes: tuple[str, ...]) -> float:
    from scipy.stats import rankdata

    if measure == "auc":
        yes = outcome > 0
        positives, negatives = int(yes.sum()), int((~yes).sum())
        if not positives or not negatives:
            return np.nan
        return float((rankdata(said)[yes].sum() - positives * (positives + 1) / 2) / (positives * negatives))
    if measure == "mae":
        return float(np.abs(said - outcome).mean())
    if measure == "spearman":
        return float(np.corrcoef(rankdata(said), rankdata(outcome))[0, 1]) if np.ptp(said) and np.ptp(outcome) else 0.0
    if not classes:
        chance = np.clip(said, 1e-9, 1 - 1e-9)
        return float(-np.where(outcome > 0, np.log(chance), np.log(1 - chance)).mean())
    place = pd.Index(classes).get_indexer(outcome.astype(str))
    if measure == "accuracy":
        return float((said.argmax(axis=1) == place).mean())
    # A kind that no training row had got no chance at all.
    of_own = np.where(place >= 0, said[np.arange(len(said)), np.maximum(place, 0)], 0)
    return float(-np.log(np.clip(of_own, 1e-9, 1)).mean())
