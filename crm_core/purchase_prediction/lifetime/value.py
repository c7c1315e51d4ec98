"""What customers are worth over a horizon: the model that fits this shop, its value for each, and how sure that is.

    with store.look() as look:
        found = examples(look, Target("spends", 365), value_split(first_day, as_of, 365))
    lifetime_value(found, ValueChoice(365))

Models are tried on the newest past window: learned from what was known before it, judged by how likely they hold what
then came (log score a customer). What that window's total missed beyond chance, a season for instance, widens all
intervals.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core.errors import TooFewToValue
from crm_core.purchase_prediction.examples import Examples
from crm_core.purchase_prediction.lifetime.formula import from_period
from crm_core.purchase_prediction.lifetime.history import histories_of
from crm_core.purchase_prediction.lifetime.kinds import MODELS, Kinds, fit_kinds, fit_single
from crm_core.purchase_prediction.lifetime.simulating import futures
from crm_core.purchase_prediction.split import Split, Window

FEWEST_CUSTOMERS = 50
DRAWS = 400
MOST_DRAWN = 40_000_000  # futures of one customer; fewer draws where there are many customers
FEWEST_DRAWS = 100
LEAST_HISTORY_WEEKS = 26
CORRELATED = 0.3  # of the logarithms of purchases and of spend: Gamma-Gamma takes them for unlike
MANY_ONE_ORDER = 0.95
WEEKS_A_YEAR = 365.25 / 7
LEAST_GAIN = 2.0  # standard errors of the log score by which another model must beat BG/NBD
CHANGED = 0.15  # of the past window's total: more is told


@dataclass(frozen=True)
class ValueChoice:
    horizon_days: int = 365
    yearly_rate: float = 0.10  # what money a year from now is worth less
    margin: float = 0.30  # of each euro spent, what is left
    model: str | None = None  # one of MODELS; None: the one that fits best

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @property
    def weekly_rate(self) -> float:
        return float(np.log1p(self.yearly_rate)) / WEEKS_A_YEAR

    @property
    def weeks(self) -> float:
        return self.horizon_days / 7


@dataclass(frozen=True, eq=False)
class LifetimeValue:
    choice: ValueChoice
    tried: pd.DataFrame  # model, parameters (text), log_likelihood, log_score, mae, total_error; the best first
    model: Kinds  # what is used, learned from all that is known
    customers: pd.DataFrame  # customer_id, value, low, high, alive, purchases, spend, x, t_x, T, mean; most first
    total: tuple[float, float, float]  # value of all, and its 95 % interval
    past: dict  # the window it was tried on: customers, purchases, expected, spent, expected_spent; {} without one
    widening: float  # deviation of the logarithm of what all customers share
    net_share: float  # of what is spent, what refunds leave
    warnings: tuple[tuple[str, dict], ...]
    seed: int

    def total_of(self, customer_ids, draws: int = DRAWS) -> tuple[float, float, float]:
        """Value of some customers together, and its 95 % interval."""
        chosen = self.customers[self.customers.customer_id.isin(set(customer_ids))]
        return _total(self.model, chosen, self.choice, self.net_share, self.widening, draws, self.seed)


def value_split(first_day: date, as_of: date, horizon_days: int) -> Split:
    """Two windows: a past one to try the models on, as long as the horizon and the history allow, and the one to come.

    The past one takes a third of the history at the most: what is before it has to tell of leaving.
    """
    past_days = min(horizon_days, max(1, (as_of - first_day).days // 3))
    cutoff = as_of - timedelta(days=past_days)
    return Split(as_of, past_days, 0, (Window("test", cutoff, as_of),
                                       Window("score", as_of, as_of + timedelta(days=horizon_days))))


def lifetime_value(examples: Examples, choice: ValueChoice, seed: int = 0,
                   progress: Callable[[float], None] = lambda _share: None) -> LifetimeValue:
    """Of the rows to score; rows of the part "test" are the past window that models are tried on.

    Raises TooFewToValue, NobodyBoughtAgain, TooFewAmounts.
    """
    now = histories_of(examples.part("score"))
    if len(now) < FEWEST_CUSTOMERS:
        raise TooFewToValue(needed=FEWEST_CUSTOMERS, found=len(now))
    rows = examples.part("score")
    gross = float(rows.monetary.sum())
    net_share = float(np.clip(rows.net_monetary.sum() / gross, 0, 1)) if gross > 0 else 1.0
    tested = examples.part("test")
    tried, past, past_models = _try(tested, now, examples.split.horizon_days, choice, net_share, seed,
                                    lambda share: progress(0.6 * share))
    name = choice.model or _chosen(tried, past_models)
    model = fit(name, now, seed)
    progress(0.7)
    widening = _widening(past_models.get(name), tested, examples.split.horizon_days, net_share, seed)
    if past and name in past_models:
        past = past | _expected(past_models[name], histories_of(tested), examples.split.horizon_days / 7, net_share)
    customers, total = _worth(model, now, choice, net_share, widening, seed, lambda share: progress(0.7 + 0.3 * share))
    tried = tried.assign(chosen=tried.model == name)
    return LifetimeValue(choice, tried, model, customers, total, past, widening, net_share,
                         _warnings(now, rows, model, tried, past, net_share), seed)


def fit(name: str, histories: pd.DataFrame, seed: int = 0) -> Kinds:
    """The model `name`, learned from histories (x, t_x, T, n, mean)."""
    return fit_kinds(histories, seed) if name == "kinds" else fit_single(name, histories)


def _try(tested: pd.DataFrame, now: pd.DataFrame, horizon_days: int, choice: ValueChoice, net_share: float, seed: int,
         progress) -> tuple[pd.DataFrame, dict, dict[str, Kinds]]:
    """Each model as it was before the past window, and what it says of it; without a window, by its likelihood."""
    names = (choice.model,) if choice.model else MODELS
    rows, models, scores = [], {}, {}
    before = histories_of(tested) if len(tested) >= FEWEST_CUSTOMERS else None
    weeks = horizon_days / 7
    for place, name in enumerate(names):
        if before is None or before.x.max() < 1:
            found = fit(name, now, seed)
            rows.append({"model": name, "kinds": len(found.kinds), "log_likelihood": found.log_likelihood,
                         "log_score": np.nan, "gain_error": np.nan, "mae": np.nan, "total_error": np.nan})
        else:
            found = models[name] = fit(name, before, seed)
            after = _after(before, now, weeks)
            scores[name] = found.log_scores(before, after)
            expected = found.expected_purchases(weeks, before)
            actual = tested.purchases.to_numpy()
            gain = scores[name] - scores[names[0]]
            rows.append({"model": name, "kinds": len(found.kinds), "log_likelihood": found.log_likelihood,
                         "log_score": float(scores[name].mean()),
                         "gain_error": float(gain.std() / np.sqrt(len(gain))),
                         "mae": float(np.abs(expected - actual).mean()),
                         "total_error": float(expected.sum() / max(actual.sum(), 1) - 1)})
        progress((place + 1) / len(names))
    order = "log_score" if models else "log_likelihood"
    past = {} if before is None else {
        "customers": len(tested), "purchases": float(tested.purchases.sum()), "spent": float(tested.spent.sum())}
    return pd.DataFrame(rows).sort_values(order, ascending=False, ignore_index=True), past, models


def _after(before: pd.DataFrame, now: pd.DataFrame, weeks: float) -> pd.DataFrame:
    """The histories of the same customers when the window has passed; who is no longer on file keeps what was known."""
    later = now.set_index("customer_id").reindex(before.customer_id)
    there = later.x.notna().to_numpy()
    return pd.DataFrame({"x": np.where(there, later.x, before.x), "t_x": np.where(there, later.t_x, before.t_x),
                         "T": before["T"].to_numpy() + weeks})


def _chosen(tried: pd.DataFrame, models: dict[str, Kinds]) -> str:
    """The best, where it beats BG/NBD by more than chance would."""
    best = tried.iloc[0]
    if not models or best.model == "bgnbd" or "bgnbd" not in set(tried.model):
        return str(best.model)
    plain = tried.set_index("model").loc["bgnbd"]
    sure = best.log_score - plain.log_score > LEAST_GAIN * best.gain_error
    return str(best.model) if sure else "bgnbd"


def _expected(model: Kinds, before: pd.DataFrame, weeks: float, net_share: float) -> dict:
    purchases, spent = model.expected_value(weeks, 0.0, before)
    return {"expected": float(purchases.sum()), "expected_spent": float(spent.sum() * net_share)}


def _widening(model: Kinds | None, tested: pd.DataFrame, horizon_days: int, net_share: float, seed: int) -> float:
    """By how much the past window's total missed, beyond what chance explains: a deviation of the logarithm."""
    if model is None or tested.spent.sum() <= 0:
        return 0.0
    before = histories_of(tested)
    few = before.sample(min(len(before), 5_000), random_state=seed)
    totals, _ = futures(model, few, horizon_days / 7, 0.0, 200, seed)
    logs = np.log(np.maximum(totals[:, 0], 1e-9))
    spent = float(tested.set_index("customer_id").spent.reindex(few.customer_id).sum())
    missed = np.log(max(spent, 1e-9) / max(net_share, 1e-9)) - np.log(totals[:, 0].mean())
    return float(np.sqrt(max(0.0, min(missed, 1.0) ** 2 - logs.var())))


def _worth(model: Kinds, histories: pd.DataFrame, choice: ValueChoice, net_share: float, widening: float, seed: int,
           progress) -> tuple[pd.DataFrame, tuple[float, float, float]]:
    draws = int(np.clip(MOST_DRAWN / len(histories), FEWEST_DRAWS, DRAWS))
    share = choice.margin * net_share
    purchases = model.expected_purchases(choice.weeks, histories)
    value = model.expected_value(choice.weeks, choice.weekly_rate, histories)[1] * share
    totals, ranges = futures(model, histories, choice.weeks, choice.weekly_rate, draws, seed, widening,
                             quantiles=(0.025, 0.975), progress=progress)
    found = histories.assign(value=value, low=ranges[:, 0] * share, high=ranges[:, 1] * share,
                             alive=model.chance_alive(histories), purchases=purchases,
                             spend=model.expected_spend(histories) * net_share)
    return (found.sort_values("value", ascending=False, ignore_index=True),
            _interval(totals[:, 0] * share, float(value.sum())))


def _total(model: Kinds, chosen: pd.DataFrame, choice: ValueChoice, net_share: float, widening: float, draws: int,
           seed: int) -> tuple[float, float, float]:
    if chosen.empty:
        return 0.0, 0.0, 0.0
    totals, _ = futures(model, chosen, choice.weeks, choice.weekly_rate, draws, seed, widening)
    return _interval(totals[:, 0] * choice.margin * net_share, float(chosen.value.sum()))


def _interval(totals: np.ndarray, value: float) -> tuple[float, float, float]:
    """About the value that is shown: the mean of the draws differs from it by their chance and by the bend of rates."""
    low, high = np.quantile(totals, [0.025, 0.975]) * (value / max(float(totals.mean()), 1e-12))
    return value, float(low), float(high)


def _warnings(now: pd.DataFrame, rows: pd.DataFrame, model: Kinds, tried: pd.DataFrame, past: dict,
              net_share: float) -> tuple[tuple[str, dict], ...]:
    found = list(model.warnings)
    once = float((now.x == 0).mean())
    if once > MANY_ONE_ORDER:
        found.append(("one_order", {"share": once}))
    history = float(now["T"].max())
    if history < LEAST_HISTORY_WEEKS:
        found.append(("short_history", {"weeks": round(history), "needed": LEAST_HISTORY_WEEKS}))
    again = now[(now.x > 0) & (now["mean"] > 0)]
    if len(model.kinds) == 1 and len(again) > 30:
        tied = float(np.corrcoef(np.log(again.n), np.log(again["mean"]))[0, 1])
        if abs(tied) > CORRELATED:
            found.append(("spend_and_frequency", {"correlation": tied}))
    nothing = int((now["mean"] <= 0).sum())
    if nothing:
        found.append(("zero_amounts", {"customers": nothing}))
    if net_share < 0.98:
        found.append(("refunds", {"share": 1 - net_share}))
    if not past:
        found.append(("not_tried", {}))
    elif past.get("expected_spent") and abs(past["spent"] / past["expected_spent"] - 1) > CHANGED:
        found.append(("window_missed", {"expected": past["expected_spent"], "spent": past["spent"]}))
    return tuple(found)


def concentration(customers: pd.DataFrame) -> pd.DataFrame:
    """customers (share, the most valuable first), value (share): a hundred points and where they come from."""
    worth = np.sort(np.maximum(customers.value.to_numpy(), 0))[::-1]
    whole = np.concatenate([[0.0], worth.cumsum()]) / max(worth.sum(), 1e-12)
    at = np.unique(np.round(np.linspace(0, len(worth), 101)).astype(int))
    return pd.DataFrame({"customers": at / max(len(worth), 1), "value": whole[at]})


def beside_formula(examples: Examples, found: LifetimeValue, groups: dict[str, set] | None = None) -> pd.DataFrame:
    """group, customers, left, profit, churn, formula, model, warning: the formula of each group and the model's mean.

    Of customers known when the past window began. Groups are given as sets of customers; else they are how often
    customers had bought by then: once, two or three times, more often.
    """
    before = examples.part("test")
    days, worth = examples.split.horizon_days, found.customers.set_index("customer_id").value
    if groups is None:
        often = np.select([before.frequency <= 1, before.frequency <= 3], ["once", "two_or_three"], "more_often")
        groups = {name: set(before.customer_id[often == name]) for name in ("once", "two_or_three", "more_often")}
    rows = []
    for name, members in groups.items():
        there = before[before.customer_id.isin(members)]
        plain = from_period(there, found.choice.margin, days, len(members) - len(there))
        now = worth.reindex(list(members)).dropna()
        rows.append({"group": name, "customers": plain.customers, "left": plain.left, "profit": plain.profit,
                     "churn": plain.churn, "formula": np.nan if plain.value is None else plain.value,
                     "model": float(now.mean()) if len(now) else np.nan,
                     "warning": plain.warnings[0][0] if plain.warnings else ""})
    return pd.DataFrame(rows)


def alive_over_time(model: Kinds, days: list, as_of, mean: float) -> pd.DataFrame:
    """day, alive: a customer's chance to be there, day by day from the first of the purchase days to as_of."""
    first = days[0]
    every = pd.date_range(first, as_of, freq="D")
    on = np.array([(day - first).days for day in days], dtype=float)
    since = np.arange(len(every), dtype=float)
    x = np.searchsorted(on, since, side="right") - 1
    told = pd.DataFrame({"x": x.astype(float), "t_x": on[x] / 7, "T": since / 7, "n": x + 1.0, "mean": mean})
    return pd.DataFrame({"day": every, "alive": model.chance_alive(told)})


