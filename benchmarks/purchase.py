"""How well purchases are foretold: python benchmarks/purchase.py ORDERS.csv --cutoff DATE --horizon-days N [--peers]

ORDERS has a row an order (or several a day): who, when, how much; amounts below nothing are refunds. It goes through
the product's own import. Everything is learned from what was known at the end of the cutoff day; the customers are
those who had bought by then, and what they did in the horizon after it is only looked at to judge. Prints one JSON
object as its last line.
"""
import os

# Before numpy is loaded: threads that spin cost forty times the work on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd

from benchmarks.measure import peak_mb, told
from crm_core.data_entry import check, load, read
from crm_core.errors import CrmError, HistoryTooShort
from crm_core.purchase_prediction import Choice, Target, examples, predict, split
from crm_core.purchase_prediction.dated import of_all
from crm_core.purchase_prediction.judging import judge
from crm_core.purchase_prediction.lifetime.value import ValueChoice, lifetime_value, value_split
from crm_core.purchase_prediction.models import buys_again
from crm_core.purchase_prediction.spend import judge_amounts, predict_spend
from crm_core.store import open_store

SHORT = {"customer_id": "customers.customer_no", "ordered_at": "orders.ordered_at", "amount": "orders.amount",
         "order_id": "orders.order_no", "ignore": None}
MEASURES = ("auc", "pr_auc", "brier", "ece", "lift10")
RFM = ["recency_days", "frequency", "monetary", "tenure_days", "mean_basket"]
WEEK_DAYS = 7


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("orders")
    parser.add_argument("--cutoff", required=True, metavar="DATE")
    parser.add_argument("--horizon-days", required=True, type=int, metavar="N")
    parser.add_argument("--map", action="append", default=[], metavar="COLUMN=MEANING",
                        help="customer_id, ordered_at, amount, order_id or ignore")
    parser.add_argument("--peers", action="store_true", help="LightGBM, lifetimes and scikit-learn on the same windows")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    return told(lambda: measure(chosen), chosen.orders)


def day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"the cutoff {text} is no day; write it as 2024-09-30") from None


def measure(chosen) -> dict:
    chosen.cutoff = day_of(chosen.cutoff)
    if chosen.horizon_days < 1:
        raise ValueError("a horizon has at least one day")
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "shop.duckdb", clock=lambda: datetime.now(UTC).replace(tzinfo=None))
        try:
            bring(store, chosen)
            with store.look() as look:
                first, last = look.execute(
                    "SELECT CAST(min(ordered_at) AS DATE), CAST(max(ordered_at) AS DATE) FROM orders").fetchone()
                check_days(first, last, chosen)
                started = perf_counter()
                dates = split(first, chosen.cutoff, chosen.horizon_days)
                found = examples(look, Target("buys", chosen.horizon_days), dates)
                came = outcomes(look, chosen)
                by_value = expected_purchases(look, first, chosen)
        finally:
            store.close()
    answer = judged(found, came, by_value, chosen, started)
    if chosen.peers:
        answer["peers"] = peers(found, came, chosen)
    return answer | {"peak_mb": peak_mb()}


# --- reading --------------------------------------------------------------------------------------


def bring(store, chosen) -> None:
    """The orders by the product's own import."""
    told = {}
    for item in chosen.map:
        column, _, meaning = item.rpartition("=")
        if not column:
            raise ValueError(f"--map takes COLUMN=MEANING, and {item} is none")
        if meaning not in SHORT and "." not in meaning:
            raise ValueError(f"{meaning} is no meaning of a column")
        told[column] = meaning
    with read(chosen.orders) as reading:
        for column in told:
            if column not in reading.headers:
                raise ValueError(f"it has no column {column}")
        # Columns that are called by the names of this door are what they are called.
        told = {header: header for header in reading.headers if header in SHORT and header not in told} | told
        mapping = reading.mapping.told({header: SHORT.get(meaning, meaning) for header, meaning in told.items()},
                                       "orders")
        for meaning in ("orders.ordered_at", "orders.amount"):
            if mapping.header(meaning) is None:
                raise ValueError(f"no column is {meaning.partition('.')[2]}; name one with --map")
        if not any(mapping.header(f"customers.{name}") for name in ("customer_no", "email", "name", "phone")):
            raise ValueError("no column says whose orders these are; name one with --map COLUMN=customer_id")
        checked = check(reading, mapping)
        with store.batch("import", reading.name) as batch:
            load(batch, checked)


def check_days(first: date | None, last: date | None, chosen) -> None:
    if first is None:
        raise ValueError("it has no order that can be read")
    if not first <= chosen.cutoff <= last:
        raise ValueError(f"its orders are of {first} to {last}, and the cutoff {chosen.cutoff} is not among these days")
    if chosen.cutoff == last:
        raise ValueError(f"it has no order after the cutoff {chosen.cutoff}, so nothing can be judged")


def outcomes(look, chosen) -> pd.DataFrame:
    """customer_id → purchases (days) and spent (net of refunds, 0 at the least) in the horizon after the cutoff."""
    after, until = chosen.cutoff + timedelta(days=1), chosen.cutoff + timedelta(days=chosen.horizon_days + 1)
    return look.execute(
        "SELECT customer_id, count(DISTINCT CASE WHEN amount >= 0 THEN CAST(ordered_at AS DATE) END) AS purchases, "
        "greatest(CAST(sum(amount) AS DOUBLE), 0) AS spent FROM orders WHERE deleted_at IS NULL "
        "AND status <> 'cancelled' AND ordered_at >= $after AND ordered_at < $until GROUP BY customer_id",
        after=after, until=until).to_arrow_table().to_pandas().set_index("customer_id").astype(float)


# --- judging --------------------------------------------------------------------------------------


def judged(found, came: pd.DataFrame, by_value: tuple[str, pd.Series] | None, chosen, started: float) -> dict:
    prediction = predict(found, Choice(target=found.target), seed=chosen.seed)
    chances = of_all(prediction)
    now = found.part("score")
    came = came.reindex(now.customer_id).fillna(0.0)
    bought = (came.purchases > 0).to_numpy(float)
    models = {name: {measure: value for measure, value in judge(bought, chance).items() if measure in MEASURES}
              for name, chance in chances.items()}
    of_spend = spend_errors(found, came, chosen)
    lifetime = buys_again.fit(now, chosen.horizon_days)
    seconds = perf_counter() - started
    top = models[prediction.chosen]
    warnings = dict.fromkeys(key for key, _ in (*prediction.warnings, *(
        lifetime.lifetime.warning and [lifetime.lifetime.warning] or [] if lifetime else [])))
    return {"customers": len(now), "base_rate": float(bought.mean()), "chosen": prediction.chosen,
            **{f"chosen_{measure}": top[measure] for measure in MEASURES},
            **of_spend,
            **purchases_error(by_value, came),
            "models": models,
            "bgnbd": {"r": lifetime.lifetime.r, "alpha": lifetime.lifetime.alpha, "a": lifetime.lifetime.a,
                      "b": lifetime.lifetime.b, "ll": lifetime.lifetime.log_likelihood} if lifetime else None,
            "warnings": list(warnings), "learned_days": found.split.outcome_days,
            "windows": [[window.part, str(window.cutoff)] for window in (*found.split.windows, *found.split.between)],
            "mean_chance": float(chances[prediction.chosen].mean()), "seconds": round(seconds, 2)}


def spend_errors(found, came: pd.DataFrame, chosen) -> dict:
    """How far what was said of spending lies from what was spent; nothing where no outcome was known to learn from."""
    try:
        spend = predict_spend(found, Choice(target=Target("spends", chosen.horizon_days)), seed=chosen.seed)
    except HistoryTooShort:
        return dict.fromkeys(("spend_mae", "spend_spearman", "spend_total_error", "spend_chosen"))
    amounts = spend.scores.set_index("customer_id").amount.reindex(came.index).to_numpy()
    measured = judge_amounts(came.spent.to_numpy(), amounts)
    return {f"spend_{name}": measured[name] for name in ("mae", "spearman", "total_error")} | {
        "spend_chosen": spend.chosen}


def expected_purchases(look, first: date, chosen) -> tuple[str, pd.Series] | None:
    """The model that lifetime value chose on a past window, and the purchases that it expects; None without any."""
    target = Target("buys", chosen.horizon_days)
    try:
        found = lifetime_value(examples(look, target, value_split(first, chosen.cutoff, chosen.horizon_days)),
                               ValueChoice(horizon_days=chosen.horizon_days), seed=chosen.seed)
    except CrmError:
        return None
    return found.model.name, found.customers.set_index("customer_id").purchases


def purchases_error(by_value: tuple[str, pd.Series] | None, came: pd.DataFrame) -> dict:
    """Mean distance of the purchases that are expected and those that came."""
    if by_value is None:
        return {"purchases_mae": None}
    name, expected = by_value
    expected = expected.reindex(came.index)
    return {"purchases_mae": float((came.purchases - expected).abs().mean()), "purchases_chosen": name,
            "purchases_total_error": float(expected.sum() / came.purchases.sum() - 1) if came.purchases.sum() else None}


# --- peers ----------------------------------------------------------------------------------------


def peers(found, came: pd.DataFrame, chosen) -> dict:
    """The same windows and customers; a package that is missing is said, not a crash."""
    known, now = found.part("train", "between", "calibrate", "test"), found.part("score")
    bought = (came.reindex(now.customer_id).purchases.fillna(0.0) > 0).to_numpy(float)
    purchases = came.reindex(now.customer_id).purchases.fillna(0.0).to_numpy()
    answers = {}
    for name, way in (("LightGBM", _lightgbm), ("scikit-learn logistic", _logistic), ("lifetimes BG/NBD", _lifetimes)):
        started = perf_counter()
        try:
            chance, more = way(known, now, purchases, chosen)
        except ImportError as missing:  # lifetimes brings an autograd that needs Python 3.10
            answers[name] = {"missing": str(missing)}
            continue
        except ValueError as error:
            answers[name] = {"failed": str(error)}
            continue
        measured = judge(bought, np.clip(np.nan_to_num(chance), 0, 1))
        answers[name] = {measure: measured[measure] for measure in MEASURES} | more | {
            "seconds": round(perf_counter() - started, 2)}
    return answers


def _lightgbm(known, now, _purchases, chosen):
    from lightgbm import LGBMClassifier

    fitted = LGBMClassifier(n_estimators=100, verbose=-1, random_state=chosen.seed).fit(known[RFM], known.bought)
    return fitted.predict_proba(now[RFM])[:, 1], {}


def _logistic(known, now, _purchases, _chosen):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(known[RFM], known.bought)
    return fitted.predict_proba(now[RFM])[:, 1], {}


def _lifetimes(_known, now, purchases, chosen):
    from lifetimes import BetaGeoFitter

    x, t_x, known_for = buys_again.histories(now)
    fitted = BetaGeoFitter().fit(x, t_x, known_for)
    weeks = chosen.horizon_days / WEEK_DAYS
    expected = fitted.conditional_expected_number_of_purchases_up_to_time(weeks, x, t_x, known_for)
    r, alpha, a, b = (float(fitted.params_[name]) for name in ("r", "alpha", "a", "b"))
    # P(at least one), of which lifetimes has no function: there, and a purchase within the horizon.
    chance = fitted.conditional_probability_alive(x, t_x, known_for) * (
        1 - ((alpha + known_for) / (alpha + known_for + weeks)) ** (r + x))
    return np.asarray(chance), {"bgnbd": {"r": r, "alpha": alpha, "a": a, "b": b, "ll": float(fitted.log_likelihood_)},
                                "purchases_mae": float(np.abs(purchases - np.nan_to_num(expected)).mean())}


if __name__ == "__main__":
    sys.exit(main())
