"""What customers are worth: python benchmarks/lifetime.py ORDERS.csv --cutoff DATE [--horizon-days N] [--peers]

ORDERS has a row an order: customer_id, ordered_at, amount. It goes through the product's own import and query; models
see nothing after the cutoff and are held against what came then. `--made N` makes the histories of N customers by
BG/NBD as well and fits these (1,000,000: --made 1000000). Prints one JSON object as its last line.
"""
import os

# Before numpy is loaded: threads that spin cost forty times the work on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import statistics
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
from crm_core.purchase_prediction import Split, Target, Window, examples
from crm_core.purchase_prediction.lifetime import bgnbd
from crm_core.purchase_prediction.lifetime.kinds import SINGLE
from crm_core.purchase_prediction.lifetime_value import ValueChoice, fit, histories_of, lifetime_value, value_split
from crm_core.store import open_store

SHORT = {"customer_id": "customers.customer_no", "ordered_at": "orders.ordered_at", "amount": "orders.amount",
         "order_id": "orders.order_no", "ignore": None}
TURNS = 9
TRUE = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}  # what is made, is made by CDNOW's parameters


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("orders")
    parser.add_argument("--cutoff", type=date.fromisoformat, required=True)
    parser.add_argument("--horizon-days", type=int, help="without: what there is after the cutoff")
    parser.add_argument("--map", action="append", default=[], metavar="COLUMN=MEANING", help=", ".join(SHORT))
    parser.add_argument("--made", type=int, default=0, metavar="N")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    return told(lambda: measure(chosen), chosen.orders)


def measure(chosen) -> dict:
    known, came, horizon_days = rows_of(chosen)
    now, weeks = histories_of(known.part("score")), horizon_days / 7
    actual = came.set_index("customer_id").reindex(now.customer_id)
    x_star, spent = actual.purchases.fillna(0.0).to_numpy(), actual.spent.fillna(0.0).to_numpy()
    answer = {"customers": len(now), "horizon_days": horizon_days, "purchases": float(x_star.sum()), "models": {}}
    for name in (*SINGLE, "kinds"):
        found, seconds = timed(lambda name=name: fit(name, now, chosen.seed), 1)
        expected = found.expected_purchases(weeks, now)
        answer["models"][name] = {
            "mae": float(np.abs(expected - x_star).mean()), "total_error": float(expected.sum() / x_star.sum() - 1),
            "kinds": len(found.kinds), "seconds": seconds,
            **({**found.kinds[0].buying.parameters, "ll": found.kinds[0].buying.log_likelihood}
               if len(found.kinds) == 1 else {})}
    value, answer["seconds"] = timed(
        lambda: lifetime_value(known, ValueChoice(horizon_days, 0.0, 1.0), chosen.seed), 1)
    rows = value.customers.set_index("customer_id").loc[now.customer_id]
    low, high = value.total[1:]
    answer |= {
        "chosen": value.model.name, "chosen_mae": float(np.abs(rows.purchases.to_numpy() - x_star).mean()),
        "spent": float(spent.sum()), "value": value.total[0], "value_low": low, "value_high": high,
        "inside": bool(low <= spent.sum() <= high),
        "inside_each": float(((spent >= rows.low - 1e-6) & (spent <= rows.high + 1e-6)).mean()),
        "widening": value.widening, "warnings": [key for key, _ in value.warnings],
        "fit": speed((now.x, now.t_x, now["T"]), TURNS, chosen.peers)}
    if chosen.made:
        answer["made"] = speed(made(chosen.made, chosen.seed), 1, chosen.peers)
    return answer | {"peak_mb": peak_mb()}


def speed(histories, turns: int, peers: bool) -> dict:
    """BG/NBD of greatest likelihood, medians of so many turns; lifetimes in the same run."""
    ours, seconds = timed(lambda: bgnbd.fit(*histories), turns)
    answer = {"customers": len(histories[0]), "seconds": seconds, **ours.parameters, "ll": ours.log_likelihood}
    if peers:
        try:
            from lifetimes import BetaGeoFitter
        except ImportError:
            raise ValueError("--peers needs the packages of requirements-bench.txt") from None

        x, t_x, T = (np.asarray(values) for values in histories)
        theirs, their_seconds = timed(lambda: BetaGeoFitter(penalizer_coef=0.0).fit(x, t_x, T), turns)
        answer["peers"] = {"lifetimes": {"seconds": their_seconds, **theirs.params_.to_dict()}}
        answer["times_as_fast"] = their_seconds / seconds
    return answer


def timed(work, turns: int):
    """The answer, and the median of so many turns after one that does not count (where there is more than one)."""
    found = work() if turns > 1 else None
    taken = []
    for _ in range(turns):
        started = perf_counter()
        found = work()
        taken.append(perf_counter() - started)
    return found, statistics.median(taken)


def made(customers: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, t_x, T in weeks, by day, of customers by BG/NBD with CDNOW's parameters, watched for 27 to 39 weeks."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(TRUE["r"], 1 / TRUE["alpha"], customers)
    leave = rng.beta(TRUE["a"], TRUE["b"], customers)
    T = rng.integers(27 * 7, 39 * 7 + 1, customers) / 7
    until = np.minimum(rng.exponential(size=customers) / np.maximum(rate * leave, 1e-12), T)
    before = rng.poisson(rate * (1 - leave) * until)
    left = until < T
    last = np.where(left, until, np.where(before > 0, until * rng.random(customers) ** (1 / np.maximum(before, 1)), 0))
    return (before + left).astype(float), np.ceil(last * 7) / 7, T


def rows_of(chosen):
    """Examples as of the cutoff, what came after it, and how many days that are: by the product's import and query."""
    told = {}
    for item in chosen.map:
        column, _, meaning = item.rpartition("=")
        if not column or meaning not in SHORT:
            raise ValueError(f"--map takes COLUMN=MEANING with one of {', '.join(SHORT)}, and {item} is none")
        told[column] = SHORT[meaning]
    with read(chosen.orders) as reading, tempfile.TemporaryDirectory() as folder:
        named = {header: SHORT[header] for header in reading.headers if header in SHORT}
        checked = check(reading, reading.mapping.told(named | told, "orders"))
        store = open_store(Path(folder) / "shop.duckdb", clock=lambda: datetime.now(UTC).replace(tzinfo=None))
        try:
            with store.batch("import", reading.name) as batch:
                load(batch, checked)
            with store.look() as look:
                first, last = look.execute("SELECT CAST(min(ordered_at) AS DATE), CAST(max(ordered_at) AS DATE) "
                                           "FROM orders").fetchone()
                if not first < chosen.cutoff < last:
                    raise ValueError(f"the cutoff has to lie between {first} and {last}")
                days = chosen.horizon_days or (last - chosen.cutoff).days
                known = examples(look, Target("spends", days), value_split(first, chosen.cutoff, days))
                then = Split(last, days, 0, (Window("test", chosen.cutoff, chosen.cutoff + timedelta(days=days)),))
                came = examples(look, Target("spends", days), then).part("test")
        finally:
            store.close()
    return known, pd.DataFrame(came[["customer_id", "purchases", "spent"]]), days


if __name__ == "__main__":
    sys.exit(main())
