"""Undated tables: shuffled folds in place of days. Each row is judged by models that have not seen it.

    for each fold: learn on the others, with settings, calibration, weights and choice by folds within them ─▶ judge it
    from all rows: the chosen model anew, with what the folds say of settings, weights and calibration ─▶ score

Nothing that is decided for a fold has looked at the fold (nested cross-validation; Varma & Simon 2006, BMC
Bioinformatics 7:91).
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from crm_core.errors import NothingToLearnFrom, TargetAmongFeatures, TooFewOfOneAnswer
from crm_core.purchase_prediction.calibrating import calibrate, platt
from crm_core.purchase_prediction.choice import Choice
from crm_core.purchase_prediction.encoding import learn_encoding
from crm_core.purchase_prediction.examples import Examples
from crm_core.purchase_prediction.judging import judge
from crm_core.purchase_prediction.models import Fitted, blend, fit
from crm_core.purchase_prediction.predicting import RULE, ByTime, Crossed, Prediction
from crm_core.purchase_prediction.searching import Budget, Fold, Searched, folds_of, log_loss, search, settings_of

FOLDS = 5
FEWEST = 10  # of the rarer answer: fewer are not in every fold of a fold
OF_PURCHASES = ("bgnbd", "poisson")  # they tell when somebody buys again, and nothing of other answers
SINCE = ("days_since_joined", "tenure_days")  # of features that count days back: by these rows have a day
OLDER = 0.7  # of the rows, where the older ones foretell the newer ones
FIRST = (RULE, "logistic")  # are tried whatever the budget


@dataclass(eq=False)
class _Outer:
    """A fold that is judged, and all that is learned without it."""

    fold: Fold
    inner: list[Fold]
    searched: dict[str, Searched] = field(default_factory=dict)
    models: dict[str, Fitted] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)  # of calibrated margins, on the folds within

    @property
    def outcome(self) -> np.ndarray:
        return self.fold.learn.outcome.to_numpy(dtype=float)

    def learn(self, name: str, features: tuple[str, ...], seed: int) -> None:
        """A model: its setting and calibration by the folds within, then from all rows but the fold's."""
        found = search(name, self.fold.learn, features, self.inner, seed)
        self.searched[name] = found
        self.models[name] = fit(name, self.fold.learn, features, seed, found.best, self.fold.encoding)
        self._calibrate(name, found.margin, seed)

    def blend(self, weights: blend.Weights, seed: int) -> None:
        self.models["blend"] = blend.put_together(weights, self.models)
        self._calibrate("blend", weights.margin(self.margins), seed)
        # Its weights were fitted to the very rows that judge it: each is paid for as Akaike (1974) does; not their
        # scale, to which the line of a single model is fitted as well.
        self.losses["blend"] += (len(weights.parts) - 1) / len(self.outcome)

    @property
    def margins(self) -> dict[str, np.ndarray]:
        return {name: found.margin for name, found in self.searched.items()}

    @property
    def best(self) -> str:
        return min(self.losses, key=self.losses.get)

    def _calibrate(self, name: str, margin: np.ndarray, seed: int) -> None:
        line = platt(margin, self.outcome)
        self.losses[name] = log_loss(line.slope * margin + line.shift, self.outcome)
        self.models[name] = replace(self.models[name], calibration=calibrate(margin, self.outcome, seed))


def predict(examples: Examples, choice: Choice, seed: int = 0,
            progress: Callable[[float], None] = lambda _share: None, budget: Budget | None = None) -> Prediction:
    """Every model of the choice, judged out of fold; the best one's scores of the rows without an answer.

    Raises TargetAmongFeatures, NothingToLearnFrom, TooFewOfOneAnswer.
    """
    rows = examples.part("train").sort_values("customer_id", ignore_index=True)
    features = _usable(examples, choice, rows)
    outcome = rows.outcome.to_numpy(dtype=float)
    names = [name for name in dict.fromkeys((RULE, *choice.models)) if name not in ("blend", *OF_PURCHASES)]
    outer = _learn(names, rows, features, seed, progress, budget)
    learned = list(outer[0].models)
    fold_of = _joined(outer, lambda one: np.full(len(one.fold.look), outer.index(one)))
    margins = {name: _joined(outer, lambda one, name=name: one.models[name].margin(one.fold.looked))
               for name in learned if name != "blend"}
    chances = {name: _joined(outer, lambda one, name=name: one.models[name].chance(one.fold.looked))
               for name in learned}
    wanted = choice.model if choice.model in learned else None
    chosen = wanted or min(learned, key=lambda name: sum(one.losses[name] for one in outer))
    each = tuple(wanted or one.best for one in outer)
    as_chosen = np.select([fold_of == number for number in range(FOLDS)], [chances[name] for name in each])
    progress(0.92)
    models = _anew(learned, outer, rows, features, margins, seed)
    judged = rows[["customer_id", "outcome"]].assign(**chances)
    tried = pd.DataFrame([{"model": name, **_judge(outcome, chances[name], fold_of)} for name in learned])
    now = examples.part("score")
    scores = pd.DataFrame(
        {"customer_id": now.customer_id.to_numpy(), **{
            column: models[name].chance(now) if len(now) else [] for column, name in (
                ("score", chosen), ("rule", RULE))}})
    candidates = len(names) + ("blend" in choice.models)
    cut = len(names) - len(outer[0].searched)
    return Prediction(
        choice, examples, features, tried.sort_values("log_loss", ignore_index=True), judged, models, chosen,
        models[chosen], models[RULE],
        scores.sort_values(["score", "customer_id"], ascending=[False, True], ignore_index=True),
        _warnings(models[chosen], now, cut, candidates), seed,
        crossed=Crossed(fold_of, tuple(one.models for one in outer), each, _judge(outcome, as_chosen, fold_of),
                _by_time(models[chosen], rows, features, seed), candidates - cut, candidates))


# --- inside ---------------------------------------------------------------------------------------


def _usable(examples: Examples, choice: Choice, rows: pd.DataFrame) -> tuple[str, ...]:
    """The features that differ among the rows with an answer. Raises where there is nothing to learn, or it is told."""
    wanted = choice.features or examples.features
    if examples.target.column in wanted:
        raise TargetAmongFeatures(feature=examples.target.column)
    yes = int((rows.outcome > 0).sum())
    if min(yes, len(rows) - yes) < FEWEST:
        raise TooFewOfOneAnswer(needed=FEWEST, found=min(yes, len(rows) - yes), rows=len(rows))
    usable = tuple(name for name in wanted if name not in choice.excluded and rows[name].nunique(dropna=False) > 1)
    if not usable:
        raise NothingToLearnFrom(features=len(wanted))
    return usable


def _learn(names: list[str], rows: pd.DataFrame, features, seed: int, progress, budget: Budget | None) -> list[_Outer]:
    """Every model without each fold in turn, in the order of the names, until the budget is spent."""
    is_over = budget.started() if budget else lambda: False
    outer = [_Outer(fold, folds_of(fold.learn, features, seed)) for fold in folds_of(rows, features, seed, FOLDS)]
    with ThreadPoolExecutor(max_workers=min(FOLDS, os.cpu_count() or 1)) as pool:
        for place, name in enumerate(names):
            if name not in FIRST and is_over():
                break
            done = pool.map(lambda one, name=name: one.learn(name, features, seed), outer)
            for number, _ in enumerate(done):
                progress(0.9 * (place + (number + 1) / FOLDS) / len(names))
    weights = [blend.weigh(one.margins, one.outcome) for one in outer]
    if all(weights):
        for one, found in zip(outer, weights, strict=True):
            one.blend(found, seed)
    return outer


def _anew(learned: list[str], outer: list[_Outer], rows, features, margins: dict, seed: int) -> dict[str, Fitted]:
    """Each model learned from all rows, with what the folds say of settings, weights and calibration."""
    outcome, models = rows.outcome.to_numpy(dtype=float), {}
    for name in learned:
        if name == "blend":
            weights = blend.weigh(margins, outcome)
            if weights is None:  # though the folds had some: then no two say anything of all rows together
                continue
            fitted, margin = blend.put_together(weights, models), weights.margin(margins)
        else:
            losses = np.sum([one.searched[name].losses for one in outer], axis=0)
            fitted = fit(name, rows, features, seed, settings_of(name)[int(np.argmin(losses))])
            margin = margins[name]
        models[name] = replace(fitted, calibration=calibrate(margin, outcome, seed))
    return models


def _by_time(chosen: Fitted, rows: pd.DataFrame, features: tuple[str, ...], seed: int) -> ByTime | None:
    """The chosen way learned anew from the older rows, and judged on the newer ones."""
    feature = next((name for name in features if pd.api.types.is_datetime64_any_dtype(rows[name])), None) or next(
        (name for name in SINCE if name in features), None)
    if feature is None:
        return None
    days = rows[feature].rank(method="max", ascending=feature not in SINCE, pct=True)
    older, newer = rows[days <= OLDER], rows[days > OLDER]
    if any(min(part.outcome.sum(), (1 - part.outcome).sum()) < FEWEST for part in (older, newer)):
        return None
    one = _Outer(Fold(older, np.flatnonzero(days > OLDER), newer, learn_encoding(older, features)),
                 folds_of(older, features, seed))
    parts = [part.name for _, part in chosen.estimator.parts] if chosen.name == "blend" else [chosen.name]
    for name in parts:
        one.learn(name, features, seed)
    weights = blend.weigh(one.margins, one.outcome) if len(parts) > 1 else None
    if weights is not None:
        one.blend(weights, seed)
    said = one.models["blend" if weights else one.best].chance(newer)
    return ByTime(feature, len(newer), judge(newer.outcome.to_numpy(float), said)["auc"])


def _joined(outer: list[_Outer], values) -> np.ndarray:
    """What each fold says of its own rows, in the order of all rows."""
    parts = [values(one) for one in outer]
    found = np.empty(sum(map(len, parts)), dtype=parts[0].dtype)
    for one, part in zip(outer, parts, strict=True):
        found[one.fold.look] = part
    return found


def _judge(outcome: np.ndarray, said: np.ndarray, fold_of: np.ndarray) -> dict[str, float]:
    """As judging.judge; what depends on the order of rows is the mean over folds, as the field reports it."""
    by_fold = [judge(outcome[fold_of == number], said[fold_of == number]) for number in range(FOLDS)]
    means = {name: float(np.mean([one[name] for one in by_fold])) for name in ("auc", "pr_auc", "lift10")}
    return judge(outcome, said) | means


def _warnings(final: Fitted, now: pd.DataFrame, cut: int, candidates: int) -> tuple[tuple[str, dict], ...]:
    """What a reader has to know before trusting the chances. Words: prediction_warning.<key>."""
    found = [("search_cut", {"tried": candidates - cut, "candidates": candidates})] if cut else []
    for feature, values in final.encoding.unseen(now).items():
        held = now[feature].astype(object).astype(str).isin(values)
        found.append(("unseen_values", {"feature": feature, "count": len(values), "rows": int(held.sum()),
                                        "value": values[0]}))
    return tuple(found)
