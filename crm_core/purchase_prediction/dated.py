"""The dated path: learn on the past, calibrate and choose on later days, test on the newest, score today's customers.

    train ─────▶ models ─▶ calibrate: what they say against what came ─▶ the chosen one ─▶ test: how good it is
    train + calibrate + test, whose outcomes are all known by now ─▶ the chosen one anew ─▶ score

Labels never cross a cutoff: nothing that is learned from ends after the day on which it is used. Where the history is
too short for three parts of time, customers stand in for days: each is foretold by models that have not seen them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.errors import HistoryTooShort
from crm_core.purchase_prediction.calibrating import calibrate
from crm_core.purchase_prediction.choice import Choice
from crm_core.purchase_prediction.dated_warnings import warnings_of
from crm_core.purchase_prediction.encoding import learn_encoding
from crm_core.purchase_prediction.examples import Examples, yes
from crm_core.purchase_prediction.judging import judge
from crm_core.purchase_prediction.models import OF_CLASSES, Fitted, blend, buys_again, fit, places_of
from crm_core.purchase_prediction.models.fitted import chance as chance_of
from crm_core.purchase_prediction.predicting import RULE, Prediction
from crm_core.purchase_prediction.split import YEAR_DAYS
from crm_core.purchase_prediction.target import NOTHING

# Naive Bayes and the SVM say too much from one day to another.
BLENDED = ("logistic", "poisson", "additive", "boosting", "bgnbd")
KNOWN = ("train", "between", "calibrate", "test")
FOLDS = 3
MOST_ROWS = 200_000  # to learn from; more costs time and tells the models little
FEWEST_YES = 5  # and no: with fewer nothing is learned but the share
PLENTY = 0.003  # of log-loss: a single model has to be that much better than the blend, which is steadier
UNSURE = 2  # standard errors: a season within them is chance


def predict(examples: Examples, choice: Choice, seed: int = 0,
            progress: Callable[[float], None] = lambda _share: None) -> Prediction:
    """Every model of the choice, trained, calibrated and tested on parts of their own; the best one's scores today.

    Raises HistoryTooShort where neither an outcome is known nor anybody has bought twice.
    """
    asked = _Asked(examples, choice, seed)
    rows = {part: asked.rows(part) for part in (*KNOWN, "score")}
    train, aside, test, now = rows["train"], rows["calibrate"], rows["test"], rows["score"]
    forward, tested = len(aside) > 0, len(test) > 0
    names = asked.names(train)
    models = asked.fit_all(names, train, aside if forward else train if len(train) else now, progress)
    margins = {name: fitted.margin(aside if forward else train) for name, fitted in models.items()}
    if not forward:  # customers of their own in place of days of their own
        aside = train
        margins |= asked.out_of_fold(models, train, progress)
    came = asked.places(aside)
    models, margins = _calibrated(models, margins, came, "blend" in names, seed)
    chosen = choice.model if choice.model in models else _best(models, margins, came)
    if forward and tested:
        models = {name: asked.in_season(fitted, train, test.cutoff.iloc[0]) for name, fitted in models.items()}
    judged_rows = test if tested else aside
    judged = pd.DataFrame({"customer_id": judged_rows.customer_id.to_numpy(), "outcome": asked.answer(judged_rows)})
    for name, fitted in models.items():
        told = fitted.chance(test) if tested else chance_of(margins[name], fitted.calibration)
        judged[name] = asked.of_yes(told)
    tried = _tried(judged, tuple(models))
    progress(0.7)

    known = pd.concat([rows[part] for part in KNOWN], ignore_index=True)
    final = asked.final(chosen, models, known, now)
    rule = asked.final(RULE, models, known, now) if RULE in models else final
    progress(0.95)
    told = final.chance(now)
    scores = pd.DataFrame({"customer_id": now.customer_id.to_numpy(), "score": asked.of_yes(told),
                           "rule": asked.of_yes(rule.chance(now))})
    by_class = (pd.DataFrame(told, columns=list(final.classes)).assign(customer_id=now.customer_id.to_numpy())
                if final.classes else None)
    return Prediction(choice, examples, asked.features, tried, judged, models, chosen, final, rule,
                      scores.sort_values("score", ascending=False, ignore_index=True),
                      warnings_of(examples, rows, judged[["outcome", chosen]] if forward and tested else None, final),
                      seed, by_class)


def of_all(prediction: Prediction) -> dict[str, np.ndarray]:
    """The chance of yes by each model that was tried, learned anew as the chosen one was: a row a scored customer.

    The order is that of the examples' part `score`.
    """
    asked = _Asked(prediction.examples, prediction.choice, prediction.seed)
    known = pd.concat([asked.rows(part) for part in KNOWN], ignore_index=True)
    now = asked.rows("score")
    return {name: asked.of_yes((prediction.final if name == prediction.chosen else asked.final(
        name, prediction.models, known, now)).chance(now)) for name in prediction.models}


@dataclass(frozen=True, eq=False)
class _Asked:
    examples: Examples
    choice: Choice
    seed: int

    @property
    def leaves(self) -> bool:
        return self.examples.target.kind == "leaves"

    @property
    def classes(self) -> bool:
        return self.examples.target.answer == "category"

    @property
    def features(self) -> tuple[str, ...]:
        """Those wanted that differ where is learned from; a feature that nobody had yet says nothing."""
        learned = self.examples.part("train")
        learned = learned if len(learned) else self.examples.rows
        return tuple(name for name in self.choice.features or self.examples.features
                     if name not in self.choice.excluded and learned[name].nunique() > 1)

    def rows(self, part: str) -> pd.DataFrame:
        """The rows of a part, outcomes as 1 and 0 or names; at most MOST_ROWS where they are learned from."""
        found = self.examples.part(part)
        if not self.classes:
            answer = yes(self.examples.target, found.outcome).astype(float)
            found = found.assign(outcome=np.where(found.outcome.isna(), np.nan, answer))
        if part not in ("test", "score") and len(found) > MOST_ROWS:
            found = found.sample(MOST_ROWS, random_state=self.seed).sort_index()
        return found.reset_index(drop=True)

    def places(self, rows: pd.DataFrame) -> np.ndarray:
        """Outcomes as models learn them: 1 and 0, or the places of classes."""
        if not self.classes:
            return rows.outcome.to_numpy(float)
        return places_of(rows.outcome, tuple(sorted(self.examples.part("train").outcome.astype(str).unique())))[0]

    def answer(self, rows: pd.DataFrame) -> np.ndarray:
        """1 and 0; of classes whether anything was bought."""
        return yes(self.examples.target, rows.outcome).astype(float)

    def of_yes(self, chance: np.ndarray) -> np.ndarray:
        """The chance of yes; of classes that anything is bought."""
        if chance.ndim == 1:
            return chance
        classes = sorted(self.examples.part("train").outcome.astype(str).unique())
        return 1 - chance[:, classes.index(NOTHING)] if NOTHING in classes else np.ones(len(chance))

    def names(self, train: pd.DataFrame) -> tuple[str, ...]:
        """Those models of the choice that the rows can bear; the rule always."""
        if not len(train):
            return tuple(name for name in ("bgnbd",) if self._histories_known and not self.classes)
        counts = train.outcome.value_counts()
        learnable = len(counts) > 1 and counts.iloc[1] >= FEWEST_YES and self.features
        wanted = dict.fromkeys((RULE, *self.choice.models, *([self.choice.model] if self.choice.model else [])))
        return tuple(name for name in wanted if (
            name in OF_CLASSES and learnable if self.classes else
            self._histories_known if name == "bgnbd" else learnable or name == RULE))

    @property
    def _histories_known(self) -> bool:
        return set(buys_again.NEEDS) <= set(self.examples.rows.columns)

    def fit_all(self, names, train: pd.DataFrame, latest: pd.DataFrame, progress) -> dict[str, Fitted]:
        """Each model but the blend; BG/NBD learns from the histories at the oldest cutoff that it is used at."""
        models = {}
        for place, name in enumerate(name for name in names if name != "blend"):
            progress(0.4 * place / len(names))
            if name == "bgnbd":
                found = self.buys_again(latest[latest.cutoff == latest.cutoff.max()], self.examples.split.outcome_days
                                        if len(train) else self.examples.split.horizon_days)
                if found is not None:
                    models[name] = found
            else:
                models[name] = fit(name, train, self.features, self.seed)
        if not models:
            dates = self.examples.split
            raise HistoryTooShort(horizon_days=dates.horizon_days, as_of=dates.as_of)
        return models

    def buys_again(self, rows: pd.DataFrame, days: int) -> Fitted | None:
        found = buys_again.fit(rows, days, self.leaves)
        return found and Fitted("bgnbd", learn_encoding(rows, buys_again.NEEDS), found)

    def out_of_fold(self, models, train: pd.DataFrame, progress) -> dict[str, np.ndarray]:
        """Log-odds of each row by models that have seen none of its customer's rows."""
        customers, place = np.unique(train.customer_id.to_numpy(), return_inverse=True)
        fold = (np.random.default_rng(self.seed).permutation(len(customers)) % FOLDS)[place]
        found = {name: fitted.margin(train) for name, fitted in models.items() if name != "bgnbd" and len(train)}
        for number in range(FOLDS):
            here, rest = train[fold == number], train[fold != number]
            # A fold without all the answers says less than the whole: its rows keep what all rows say.
            if len(here) and rest.outcome.nunique() == train.outcome.nunique():
                for name in found:
                    found[name][fold == number] = fit(name, rest, self.features, self.seed).margin(here)
            progress(0.4 + 0.3 * number / FOLDS)
        return found

    def final(self, name: str, models: dict[str, Fitted], known: pd.DataFrame, now: pd.DataFrame) -> Fitted:
        """A model learned anew from all whose outcome is known by now, with the calibration that it was given."""
        dates = self.examples.split
        anew = replace(self._anew(name, models[name], known, now), season=0.0)
        if dates.outcome_days != dates.horizon_days and len(known) and not self.classes:
            return replace(anew, stretch=self._stretch(now))
        return self.in_season(anew, known, pd.Timestamp(dates.as_of))

    def _anew(self, name: str, fitted: Fitted, known: pd.DataFrame, now: pd.DataFrame) -> Fitted:
        if name == "blend":
            parts = tuple((weight, self._anew(part.name, part, known, now)) for weight, part in fitted.estimator.parts)
            return replace(fitted, estimator=replace(fitted.estimator, parts=parts))
        if name == "bgnbd":
            again = self.buys_again(now, fitted.estimator.days) or fitted
        else:
            again = fit(name, known, self.features, self.seed)
        return replace(again, calibration=fitted.calibration)

    def in_season(self, fitted: Fitted, known: pd.DataFrame, cutoff: pd.Timestamp) -> Fitted:
        """The model with how much oftener, or more rarely, yes came in the same days of the years before than it says.

        Only what is beyond chance counts.
        """
        if self.classes or not len(known):
            return fitted
        ago = ((cutoff - known.cutoff).dt.days / YEAR_DAYS).to_numpy()
        seen = known[(ago >= 1) & (ago == np.floor(ago))]
        said = fitted.chance(seen).mean() if len(seen) else 0.0
        came = seen.outcome.mean() if len(seen) else 0.0
        if not (0 < came < 1 and 0 < said < 1):
            return fitted
        season = np.log(came / (1 - came)) - np.log(said / (1 - said))
        unsure = UNSURE / np.sqrt(seen.customer_id.nunique() * came * (1 - came))
        return replace(fitted, season=float(season)) if abs(season) > unsure else fitted

    def _stretch(self, now: pd.DataFrame) -> float:
        """How many shorter horizons there are in the one asked for, as BG/NBD sees customers leave meanwhile."""
        dates = self.examples.split
        plain = dates.horizon_days / dates.outcome_days
        if self.leaves:  # the chance to stay away all the while is smaller the longer it is
            return 1 / plain
        short = self.buys_again(now, dates.outcome_days) if self._histories_known else None
        if short is None:
            return plain
        from scipy.optimize import brentq

        whole = replace(short, estimator=replace(short.estimator, days=dates.horizon_days)).chance(now).mean()
        chance = short.chance(now)
        return float(brentq(lambda times: (1 - (1 - chance) ** times).mean() - whole, 0.5, 2 * plain))


# --- calibrating, choosing and judging ------------------------------------------------------------


def _calibrated(models: dict[str, Fitted], margins: dict[str, np.ndarray], came: np.ndarray, blended: bool,
                seed: int) -> tuple[dict, dict]:
    """The models with what was seen on rows that they have not learned from, and the blend of them."""
    mixed = {name: margin for name, margin in margins.items() if name in BLENDED}
    weights = blend.weigh(mixed, came) if blended and len(came) else None
    if weights is not None:
        models = models | {"blend": blend.put_together(weights, models)}
        margins = margins | {"blend": weights.margin(margins)}
    return {name: replace(fitted, calibration=calibrate(margins[name], came, seed) if len(came) else None)
            for name, fitted in models.items()}, margins


def _best(models: dict[str, Fitted], margins: dict[str, np.ndarray], came: np.ndarray) -> str:
    """By log-loss on rows of its own; the blend, else the best it would be made of, unless one is clearly better."""
    if not len(came):
        return next(iter(models))
    loss = {}
    for name, fitted in models.items():
        told = chance_of(margins[name], fitted.calibration)
        told = told[np.arange(len(came)), came.astype(int)] if told.ndim == 2 else np.where(came > 0, told, 1 - told)
        loss[name] = -np.log(np.clip(told, 1e-9, 1))

    def least(names) -> str:
        return min(names, key=lambda name: loss[name].mean())

    best, smooth = least(loss), [name for name in BLENDED if name in loss]
    if not smooth:
        return best
    usual = "blend" if "blend" in loss else least(smooth)
    # Of few rows the best of a dozen is often so by chance: it also has to be better beyond that.
    better = loss[usual] - loss[best]
    return best if better.mean() > max(PLENTY, UNSURE * better.std() / np.sqrt(len(better))) else usual


def _tried(judged: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    if not len(judged):
        return pd.DataFrame({"model": list(names)}).reindex(
            columns=["model", "auc", "pr_auc", "brier", "ece", "lift10", "log_loss"])
    outcome = judged.outcome.to_numpy()
    tried = pd.DataFrame([{"model": name, **judge(outcome, judged[name].to_numpy())} for name in names])
    return tried.sort_values("log_loss", ignore_index=True)
