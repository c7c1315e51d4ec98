"""What customers will spend within the horizon: ways of telling it beside the plain mean, a range for each customer.

As with chances: learned on earlier windows, put right in total and chosen on later ones, tested on the newest.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.errors import HistoryTooShort
from crm_core.purchase_prediction import amounts
from crm_core.purchase_prediction.amounts import AMOUNT_MODELS, FEWEST_BUYERS, Amounts
from crm_core.purchase_prediction.choice import Choice
from crm_core.purchase_prediction.examples import Examples
from crm_core.purchase_prediction.models import buys_again
from crm_core.purchase_prediction.split import YEAR_DAYS

COVERED = 0.8  # of customers whose spending lies in their range
RANGES = 10  # of amounts, each with ranges of its own
FOLDS = 3
MOST_ROWS = 100_000
MOST_PUT_RIGHT = 3.0  # how far a total is put right, up or down
HALFWAY = 0.5  # how much of a drift between two windows is taken to go on: often it is but the season
MEASURES = ("mae", "rmse", "spearman", "total_error")


@dataclass(frozen=True, eq=False)
class Spending:
    """A way with what was seen on rows that it has not learned from."""

    way: Amounts
    factor: float  # by which its amounts are put right: later days were better, or worse, than those it learned from
    edges: np.ndarray  # of amounts, between the ranges
    low: np.ndarray  # what was spent at the least and at the most by 80 of 100, as a share of the amount, a range each
    high: np.ndarray

    def amount(self, rows: pd.DataFrame) -> np.ndarray:
        return self.way.amount(rows) * self.factor

    def range(self, amount: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        place = np.searchsorted(self.edges, amount)
        ends = np.sort([self.low[place] * amount, self.high[place] * amount], axis=0)
        return np.minimum(ends[0], amount), np.maximum(ends[1], amount)


@dataclass(frozen=True, eq=False)
class Spend:
    choice: Choice
    examples: Examples
    tried: pd.DataFrame  # model, mae, rmse, spearman, total_error, beats_mean on the test part; the best first
    judged: pd.DataFrame  # rows of the test part: customer_id, spent, a column of amounts a model; low, high: chosen
    chosen: str
    final: Spending
    scores: pd.DataFrame  # customer_id, amount, low, high (80 of 100 lie between): as of the split's as_of
    warnings: tuple[tuple[str, dict], ...]
    covered: float  # share of the judged whose spending lay in their range
    horizon_factor: float  # amounts of the horizon for one of the days that were learned from


def predict_spend(examples: Examples, choice: Choice, seed: int = 0,
                  progress: Callable[[float], None] = lambda _share: None) -> Spend:
    """Every way learned, put right, chosen and tested on parts of their own; the best one's amounts of today.

    Raises HistoryTooShort where no outcome is known.
    """
    dates = examples.split
    rows = {part: _sampled(_with_amount(examples, part), part, seed) for part in (
        "train", "between", "calibrate", "test", "score")}
    train, aside, test, now = rows["train"], rows["calibrate"], rows["test"], rows["score"]
    if not len(train):
        raise HistoryTooShort(horizon_days=examples.target.horizon_days, as_of=dates and dates.as_of)
    days = dates.outcome_days if dates else examples.target.horizon_days
    features = tuple(name for name in examples.features if name not in choice.excluded and train[name].nunique() > 1)
    ways, said = {}, {}
    for place, kind in enumerate(AMOUNT_MODELS):
        progress(0.7 * place / len(AMOUNT_MODELS))
        way = amounts.fit(kind, train, features, days, seed)
        if way is not None:
            ways[kind] = way
            said[kind] = way.amount(aside) if len(aside) else _out_of_fold(kind, way, train, features, seed)
    came = (aside if len(aside) else train).spent.to_numpy(float)
    known = {kind: _put_right(way, said[kind], came) for kind, way in ways.items()}
    chosen = _best({kind: said[kind] * known[kind].factor for kind in ways}, came)
    judged_rows = test if len(test) else aside if len(aside) else train
    judged = judged_rows[["customer_id", "spent"]].reset_index(drop=True)
    for kind, found in known.items():
        judged[kind] = (_in_season(found, train, test).amount(test) if len(test) else said[kind] * found.factor)
    judged["low"], judged["high"] = known[chosen].range(judged[chosen].to_numpy())
    tried = _tried(judged, tuple(known))
    progress(0.8)

    everything = pd.concat([rows[part] for part in ("train", "between", "calibrate", "test")], ignore_index=True)
    anew = amounts.fit(chosen, now.assign(spent=0.0) if chosen == "gamma_gamma" else everything, features,
                       days, seed) or ways[chosen]
    longer = _longer(now, dates) if dates and len(now) else 1.0
    final = known[chosen]
    final = _in_season(replace(final, way=anew), everything, now)
    amount = final.amount(now)
    low, high = final.range(amount)
    scores = pd.DataFrame({"customer_id": now.customer_id.to_numpy(), "amount": amount * longer, "low": low * longer,
                           "high": high * longer}).sort_values("amount", ascending=False, ignore_index=True)
    covered = float(((judged.spent >= judged.low - 1e-9) & (judged.spent <= judged.high + 1e-9)).mean())
    return Spend(choice, examples, tried, judged, chosen, final, scores, _warnings(tried, chosen, rows, dates), covered,
                 longer)


def judge_amounts(came: np.ndarray, amount: np.ndarray) -> dict[str, float]:
    """mae, rmse (money), spearman (−1..1), total_error (share by which all together were over- or underestimated)."""
    from scipy.stats import spearmanr

    differ = len(np.unique(amount)) > 1 and len(np.unique(came)) > 1
    return {"mae": float(np.abs(came - amount).mean()), "rmse": float(np.sqrt(((came - amount) ** 2).mean())),
            "spearman": float(spearmanr(came, amount).statistic) if differ else 0.0,
            "total_error": float(amount.sum() / came.sum() - 1) if came.sum() else np.nan}


# --- inside ---------------------------------------------------------------------------------------


def _with_amount(examples: Examples, part: str) -> pd.DataFrame:
    """The rows of a part; of a column its number stands as what is spent."""
    rows = examples.part(part)
    return rows if examples.split else rows.assign(spent=rows.outcome.astype(float))


def _sampled(rows: pd.DataFrame, part: str, seed: int) -> pd.DataFrame:
    if part != "score" and len(rows) > MOST_ROWS:
        rows = rows.sample(MOST_ROWS, random_state=seed).sort_index()
    return rows.reset_index(drop=True)


def _out_of_fold(kind: str, way: Amounts, train: pd.DataFrame, features, seed: int) -> np.ndarray:
    """What is said of each row by ways that have seen none of its customer's rows."""
    if kind == "gamma_gamma":
        return way.amount(train)  # it has learned from no outcome
    customers, place = np.unique(train.customer_id.to_numpy(), return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(customers)) % FOLDS)[place]
    said = way.amount(train)
    for number in range(FOLDS):
        here = fold == number
        apart = amounts.fit(kind, train[~here], features, way.days, seed) if here.any() and not here.all() else None
        if apart is not None:
            said[here] = apart.amount(train[here])
    return said


def _put_right(way: Amounts, said: np.ndarray, came: np.ndarray) -> Spending:
    total = said.sum()
    factor = 1.0
    if total > 0 and came.sum() > 0 and not way.signed:
        factor = float(np.clip(came.sum() / total, 1 / MOST_PUT_RIGHT, MOST_PUT_RIGHT) ** HALFWAY)
    amount = said * factor
    edges = np.unique(np.quantile(amount, np.linspace(0, 1, RANGES + 1)[1:-1]))
    place = np.searchsorted(edges, amount)
    low, high = np.zeros(len(edges) + 1), np.zeros(len(edges) + 1)
    shares = came / np.where(np.abs(amount) < 1e-9, 1e-9, amount)
    for number in range(len(edges) + 1):
        here = place == number
        if here.any():
            low[number], high[number] = np.quantile(shares[here], [(1 - COVERED) / 2, (1 + COVERED) / 2])
    return Spending(way, factor, edges, low, high)


def _in_season(found: Spending, known: pd.DataFrame, now: pd.DataFrame) -> Spending:
    """Put right by how much more, or less, was spent in the same days of the years before than it says."""
    if not len(now) or not len(known) or now.cutoff.isna().any():
        return found
    ago = ((now.cutoff.iloc[0] - known.cutoff).dt.days / YEAR_DAYS).to_numpy()
    seen = known[(ago >= 1) & (ago == np.floor(ago))]
    said = found.amount(seen).sum() if len(seen) else 0.0
    came = seen.spent.sum() if len(seen) else 0.0
    if not said or (seen.spent > 0).sum() < FEWEST_BUYERS:
        return found
    # As unsure as amounts are: the standard error of a total, as a share of it.
    unsure = 2 * seen.spent.std() * np.sqrt(len(seen)) / came
    factor = np.clip(came / said, 1 / MOST_PUT_RIGHT, MOST_PUT_RIGHT)
    if abs(np.log(came / said)) <= unsure:
        return found
    return replace(found, factor=found.factor * float(factor))


def _best(said: dict[str, np.ndarray], came: np.ndarray) -> str:
    """Few errors, none of them large, a right order, a right sum: next to nothing for all has few errors too."""
    if (came > 0).sum() < FEWEST_BUYERS:
        return "mean"
    measured = {kind: judge_amounts(came, amount) for kind, amount in said.items()}
    plain = {name: measured["mean"][name] or 1.0 for name in ("mae", "rmse")}
    cost = {kind: found["mae"] / plain["mae"] + found["rmse"] / plain["rmse"] - found["spearman"] / 2
            + abs(np.nan_to_num(found["total_error"])) for kind, found in measured.items()}
    return min(cost, key=cost.get)


def _tried(judged: pd.DataFrame, kinds: tuple[str, ...]) -> pd.DataFrame:
    came = judged.spent.to_numpy(float)
    tried = pd.DataFrame([{"model": kind, **judge_amounts(came, judged[kind].to_numpy())} for kind in kinds])
    plain = tried[tried.model == "mean"].iloc[0]
    tried["beats_mean"] = (tried.mae < plain.mae) & (tried.rmse < plain.rmse)
    return tried.sort_values("mae", ignore_index=True)


def _longer(now: pd.DataFrame, dates) -> float:
    """How many of the learned days there are in the horizon, as BG/NBD sees customers leave meanwhile."""
    plain = dates.horizon_days / dates.outcome_days
    if plain == 1 or not set(buys_again.NEEDS) <= set(now.columns):
        return plain
    short = buys_again.fit(now, dates.outcome_days)
    if short is None:
        return plain
    whole = buys_again.BuysAgain(short.lifetime, dates.horizon_days)
    return float(whole.expected_purchases(now).sum() / short.expected_purchases(now).sum())


def _warnings(tried: pd.DataFrame, chosen: str, rows: dict, dates) -> tuple[tuple[str, dict], ...]:
    found = []
    if chosen == "mean" or not bool(tried.set_index("model").beats_mean[chosen]):
        found.append(("no_better_than_mean", {}))
    if dates is None:
        return tuple(found)
    if not len(rows["test"]):
        found.append(("not_tested_on_later_days", {"horizon_days": dates.horizon_days}))
    if dates.outcome_days != dates.horizon_days:
        found.append(("shorter_horizon", {"horizon_days": dates.horizon_days, "learned_days": dates.outcome_days}))
    return tuple(found)
