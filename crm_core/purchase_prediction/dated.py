"""The dated path: learn on the past, calibrate and choose on later days, test on the newest, and score today's customers.

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
from crm_core.purchase_prediction.calibrating import Calibration, calibrate
from crm_core.purchase_prediction.choice import Choice
from crm_core.purchase_prediction.encoding import learn_encoding
from crm_core.purchase_prediction.examples import Examples, yes
from crm_core.purchase_prediction.judging import judge
from crm_core.purchase_prediction.models import Fitted, blend, buys_again, fit
from crm_core.purchase_prediction.predicting import RULE, Prediction
from crm_core.purchase_prediction.split import YEAR_DAYS

ALONE = ("bgnbd", "blend")  # these are not learned from features and outcomes
BLENDED = ("logistic", "poisson", "boosting", "bgnbd")
FOLDS = 3
MOST_ROWS = 200_000  # to learn from; more costs time and tells the models little
FEWEST_YES = 5  # and no: with fewer nothing is learned but the share
DRIFT = 0.08  # between the shares of yes of two windows: more is a season, or a shop that changes
ONCE = 0.95  # of customers with a single order
PLENTY = 0.001  # of log-loss: a single model has to be that much better than the blend, which is steadier


def predict(examples: Examples, choice: Choice, seed: int = 0,
            progress: Callable[[float], None] = lambda _share: None) -> Prediction:
    """Every model of the choice, trained, calibrated and tested on parts of their own; the best one's scores today.

    Raises HistoryTooShort where neither an outcome is known nor anybody has bought twice.
    """
    asked = _Asked(examples, choice, seed)
    rows = {part: asked.rows(part) for part in ("train", "calibrate", "test", "between", "score")}
    train, aside, test = (rows[part] for part in ("train", "calibrate", "test"))
    forward, tested = len(aside) > 0, len(test) > 0
    names = asked.names(train)
    if forward or not len(train):
        models = asked.fit_all(names, train, aside if forward else rows["score"], progress)
        margins = {name: fitted.margin(aside) for name, fitted in models.items()}
    else:  # customers of their own in place of days of their own
        models = asked.fit_all(names, train, train, progress)
        aside, apart = train, asked.out_of_fold(tuple(models), train, progress)
        margins = {name: apart[name] if name in apart else fitted.margin(train) for name, fitted in models.items()}
    outcome = aside.outcome.to_numpy(float)
    models, margins = asked.calibrated(models, margins, outcome, "blend" in names)
    chosen = choice.model if choice.model in models else _best(margins, outcome)
    if forward and tested:
        models = {name: asked.in_season(fitted, train, test.cutoff.iloc[0]) for name, fitted in models.items()}
    judged_rows = test if tested else aside
    judged = judged_rows[["customer_id", "outcome"]].reset_index(drop=True)
    for name, fitted in models.items():
        judged[name] = (fitted.chance(judged_rows) if tested else _chance(margins[name]))
    tried = _tried(judged, tuple(models))
    progress(0.7)

    known = pd.concat([rows[part] for part in ("train", "between", "calibrate", "test")], ignore_index=True)
    now = rows["score"]
    final = asked.final(chosen, models, known, now)
    rule = asked.final(RULE, models, known, now) if RULE in models else final
    progress(0.95)
    scores = pd.DataFrame({"customer_id": now.customer_id.to_numpy(), "score": final.chance(now),
                           "rule": rule.chance(now)}).sort_values("score", ascending=False, ignore_index=True)
    warnings = _warnings(asked, rows, forward, tested, final)
    return Prediction(choice, examples, asked.features, tried, judged, models, chosen, final, rule, scores, warnings,
                      seed)


@dataclass(frozen=True, eq=False)
class _Asked:
    examples: Examples
    choice: Choice
    seed: int

    @property
    def leaves(self) -> bool:
        return self.examples.target.kind == "leaves"

    @property
    def features(self) -> tuple[str, ...]:
        """Those wanted that differ where is learned from; a feature that nobody had yet says nothing."""
        wanted = self.choice.features or self.examples.features
        learned = self.examples.part("train", "calibrate", "test")
        learned = learned if len(learned) else self.examples.rows
        first = learned[learned.part == "train"] if (learned.part == "train").any() else learned
        return tuple(name for name in wanted if name not in self.choice.excluded and first[name].nunique() > 1)

    def rows(self, part: str) -> pd.DataFrame:
        """The rows of a part with outcome 1 and 0, at most MOST_ROWS where they are learned from."""
        found = self.examples.part(part)
        if part != "score":
            found = found.assign(outcome=yes(self.examples.target, found.outcome).astype(float))
        if part in ("train", "between", "calibrate") and len(found) > MOST_ROWS:
            found = found.sample(MOST_ROWS, random_state=self.seed).sort_index()
        return found.reset_index(drop=True)

    def names(self, train: pd.DataFrame) -> tuple[str, ...]:
        """Those models of the choice that the rows can bear."""
        count = train.outcome.sum() if len(train) else 0
        learnable = len(train) > 0 and min(count, len(train) - count) >= FEWEST_YES and self.features
        there = set(self.examples.rows.columns)
        wanted = dict.fromkeys((*((RULE,) if len(train) else ()), *self.choice.models))
        if self.choice.model:
            wanted[self.choice.model] = None
        return tuple(name for name in wanted if (
            set(buys_again.NEEDS) <= there if name == "bgnbd" else learnable if name != RULE else len(train) > 0))

    def fit_all(self, names, train: pd.DataFrame, latest: pd.DataFrame, progress) -> dict[str, Fitted]:
        """Each model but the blend; BG/NBD learns from the histories at the oldest cutoff that it is used at."""
        models = {}
        for place, name in enumerate(name for name in names if name != "blend"):
            progress(0.4 * place / len(names))
            if name == "bgnbd":
                found = self.buys_again(latest[latest.cutoff == latest.cutoff.min()], self.examples.split.outcome_days)
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

    def out_of_fold(self, names, train: pd.DataFrame, progress) -> dict[str, np.ndarray]:
        """Log-odds of each row by models that have seen none of its customer's rows."""
        customers, place = np.unique(train.customer_id.to_numpy(), return_inverse=True)
        fold = (np.random.default_rng(self.seed).permutation(len(customers)) % FOLDS)[place]
        learned = [name for name in names if name not in ALONE]
        found = {name: np.zeros(len(train)) for name in learned}
        for number in range(FOLDS):
            here = fold == number
            for name in learned:
                if here.any():
                    found[name][here] = fit(name, train[~here], self.features, self.seed).margin(train[here])
            progress(0.4 + 0.3 * number / FOLDS)
        return found

    def calibrated(self, models: dict, margins: dict, outcome: np.ndarray, blended: bool) -> tuple[dict, dict]:
        """The models with what was seen on rows of its own, the blend of them last; and their calibrated log-odds."""
        done, lines = {}, {}
        for name, fitted in models.items():
            learned = calibrate(margins[name], outcome) if len(outcome) else None
            done[name] = replace(fitted, calibration=learned)
            lines[name] = margins[name] if learned is None else learned.slope * margins[name] + learned.shift
        parts = [name for name in done if name in BLENDED]
        if blended and len(parts) > 1:
            table = np.column_stack([lines[name] for name in parts])
            shares = blend.weights(table, outcome) if len(outcome) else np.full(len(parts), 1 / len(parts))
            mixed = blend.of([done[name] for name in parts], shares)
            learned = calibrate(table @ shares, outcome) if len(outcome) else None
            done["blend"] = Fitted("blend", done[parts[0]].encoding, mixed, learned)
            lines["blend"] = table @ shares if learned is None else learned.slope * (table @ shares) + learned.shift
        return done, lines

    def final(self, name: str, models: dict[str, Fitted], known: pd.DataFrame, now: pd.DataFrame) -> Fitted:
        """A model learned anew from all whose outcome is known by now, with the calibration that it was given."""
        dates = self.examples.split
        stretch = self._stretch(now) if dates.outcome_days != dates.horizon_days else 1.0
        anew = replace(self._anew(name, models[name], known, now), stretch=stretch, season=0.0)
        return anew if stretch != 1 else self.in_season(anew, known, pd.Timestamp(dates.as_of))

    def in_season(self, fitted: Fitted, known: pd.DataFrame, cutoff: pd.Timestamp) -> Fitted:
        """The model with what the same days of the years before had more, or less, than it says of them.

        Only what is beyond chance counts: three standard errors.
        """
        ago = ((cutoff - known.cutoff).dt.days / YEAR_DAYS).to_numpy()
        seen = known[(ago >= 1) & (ago == np.floor(ago))] if len(known) else known
        said = fitted.chance(seen).mean() if len(seen) else 0.0
        came = seen.outcome.mean() if len(seen) else 0.0
        if not (0 < came < 1 and 0 < said < 1):
            return fitted
        season = np.log(came / (1 - came)) - np.log(said / (1 - said))
        unsure = 1 / np.sqrt(seen.customer_id.nunique() * came * (1 - came))
        return replace(fitted, season=float(season)) if abs(season) > 3 * unsure else fitted

    def _anew(self, name: str, fitted: Fitted, known: pd.DataFrame, now: pd.DataFrame) -> Fitted:
        if name == "blend":
            parts = tuple((weight, self._anew(part.name, part, known, now)) for weight, part in fitted.estimator.parts)
            return replace(fitted, estimator=replace(fitted.estimator, parts=parts))
        if name == "bgnbd":
            again = self.buys_again(now, self.examples.split.outcome_days) or fitted
        else:
            again = fit(name, known, self.features, self.seed)
        return replace(again, calibration=fitted.calibration)

    def _stretch(self, now: pd.DataFrame) -> float:
        """How many shorter horizons there are in the one that is asked for, as BG/NBD sees customers leave meanwhile."""
        dates = self.examples.split
        plain = dates.horizon_days / dates.outcome_days
        short = self.buys_again(now, dates.outcome_days) if set(buys_again.NEEDS) <= set(now.columns) else None
        if short is None or self.leaves:
            return plain
        from scipy.optimize import brentq

        whole = replace(short, estimator=replace(short.estimator, days=dates.horizon_days)).chance(now).mean()
        chance = short.chance(now)
        return float(brentq(lambda times: (1 - (1 - chance) ** times).mean() - whole, 0.5, 2 * plain))


# --- choosing and judging -------------------------------------------------------------------------


def _best(margins: dict[str, np.ndarray], outcome: np.ndarray) -> str:
    """By log-loss on rows of its own; the blend unless another one is clearly better."""
    if not len(outcome):
        return next((name for name in ("blend", "bgnbd") if name in margins), next(iter(margins)))
    loss = {name: float(np.mean(np.logaddexp(0, margin) - outcome * margin)) for name, margin in margins.items()}
    best = min(loss, key=loss.get)
    return "blend" if "blend" in loss and loss["blend"] <= loss[best] + PLENTY else best


def _tried(judged: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    if not len(judged):
        return pd.DataFrame(columns=["model", "auc", "pr_auc", "brier", "ece", "lift10", "log_loss"])
    outcome = judged.outcome.to_numpy()
    tried = pd.DataFrame([{"model": name, **judge(outcome, judged[name].to_numpy())} for name in names])
    return tried.sort_values("log_loss", ignore_index=True)


def _chance(margin: np.ndarray) -> np.ndarray:
    return Calibration(1.0, 0.0).chance(margin)


def _warnings(asked: _Asked, rows: dict, forward: bool, tested: bool, final: Fitted) -> tuple[tuple[str, dict], ...]:
    """What a reader has to know before trusting the chances. Words: prediction_warning.<key>."""
    dates, now, found = asked.examples.split, rows["score"], []
    days = {"horizon_days": dates.horizon_days}
    if not len(rows["train"]):
        found.append(("no_outcome_known", days))
    elif not tested:
        found.append(("not_tested_on_later_days", days))
    elif not forward:
        found.append(("calibrated_on_customers", days))
    if dates.outcome_days != dates.horizon_days:
        found.append(("shorter_horizon", days | {"learned_days": dates.outcome_days}))
    if "tenure_days" in now:
        history_days = int(now.tenure_days.max())
        if history_days < YEAR_DAYS + dates.horizon_days:
            found.append(("season_unseen", days | {"history_days": history_days}))
    shares = pd.concat([rows[part] for part in ("train", "calibrate", "test")]).groupby("cutoff").outcome.agg(
        ["mean", "size"])
    if len(shares) > 1:
        low, high = shares["mean"].min(), shares["mean"].max()
        middle = shares["mean"].mean()
        if high - low > max(DRIFT, 3 * 2 * np.sqrt(middle * (1 - middle) / shares["size"].min())):
            found.append(("base_rate_drifts", {"lowest": float(low), "highest": float(high),
                                               "newest": float(shares["mean"].iloc[-1])}))
    if "frequency" in now and (once := float((now.frequency == 1).mean())) >= ONCE:
        found.append(("one_order_each", {"share": once, "customers": len(now)}))
    parts = [part for _, part in final.estimator.parts] if final.name == "blend" else [final]
    for part in parts:
        if part.name == "bgnbd" and part.estimator.lifetime.warning:
            found.append(part.estimator.lifetime.warning)
    return tuple(found)
