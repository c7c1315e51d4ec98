"""How well what was planted in the demo shop is found again, and how often there is a false alarm.

    python benchmarks/anomalies.py [--seeds 10 11 12 13 14] [--orders 50000] [--customers 5000]

For each seed a shop is filled, and its days of orders looked at: all, by market and by channel; messages by market.
Found is what overlaps (a shift: begins within 14 days) and has the right kind; `clear` are those that chance alone
would bring about once in a hundred years at most, told by the shop's own truth. A false alarm is whatever
meets neither something planted nor a feast; those in the days of a campaign, which do move orders, are told apart.
"""

import argparse
import sys
import tempfile
from datetime import date, datetime, timedelta
from math import exp, log
from pathlib import Path
from time import perf_counter

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.measure import last_line, peak_mb
from crm_core.store import open_store
from crm_core.time_series import anomalies
from data.demo_shop import fill

MARKETS = "CASE t.country WHEN 'China' THEN 'china' WHEN 'United States' THEN 'america' ELSE 'europe' END"
ORDERS = """SELECT CAST(o.ordered_at AS DATE) AS period, count(*)::DOUBLE AS value, {by} AS series
    FROM orders o LEFT JOIN truth.customers t ON t.customer_id = o.customer_id
    WHERE o.status <> 'cancelled' GROUP BY ALL"""
MESSAGES = f"""SELECT CAST(m.occurred_at AS DATE) AS period, count(*)::DOUBLE AS value, {MARKETS} AS series
    FROM communications m LEFT JOIN truth.customers t ON t.customer_id = m.customer_id
    WHERE m.direction = 'in' GROUP BY ALL"""
SETS = {
    "orders": ORDERS.format(by="''"),
    "orders_by_market": ORDERS.format(by=MARKETS),
    "orders_by_channel": ORDERS.format(by="o.channel"),
    "messages_by_market": MESSAGES,
}
KIND = {"spike": "spike", "wave": "spike", "dip": "dip", "gap": "gap", "shift": "shift"}
CLEAR = log(1 / 36_525)  # once in a hundred years of days
NEAR = pd.Timedelta(days=14)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seeds", type=int, nargs="+", default=[10, 11, 12, 13, 14])
    asked.add_argument("--orders", type=int, default=50_000)
    asked.add_argument("--customers", type=int, default=5_000)
    given = asked.parse_args()
    began, rows, alarms = perf_counter(), [], []
    for seed in given.seeds:
        for name, series, found, truth, campaigns in _looked_at(seed, given):
            rows += [{"set": name, **row} for row in _judged(name, series, found, truth)]
            alarms.append({"set": name, "years": found.years, **_false(name, series, found, truth, campaigns)})
            print(seed, name, series, file=sys.stderr)
    rows, alarms = pd.DataFrame(rows), pd.DataFrame(alarms)
    answer = {
        name: {
            "planted": len(part),
            "found": round(float(part.found.mean()), 3),
            "clear": int(part.clear.sum()),
            "clear_found": round(float(part[part.clear].found.mean()), 3) if part.clear.any() else None,
            "false_a_year": round(float(counts.false.sum() / counts.years.sum()), 3),
            "in_campaigns_a_year": round(float(counts.campaigns.sum() / counts.years.sum()), 3),
        }
        for name, part in rows.groupby("set", sort=False)
        for counts in [alarms[alarms.set == name]]
    }
    last_line({**answer, "series": len(alarms), "seconds": round(perf_counter() - began, 1), "peak_mb": peak_mb()})
    return 0


def _looked_at(seed: int, given):
    as_of = date(2026, 11, 20) - timedelta(days=37 * seed)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "shop.duckdb", clock=lambda: datetime(2026, 11, 20))
        with store.batch("demo") as batch:
            fill(batch, as_of=as_of, seed=seed, customers=given.customers, orders=given.orders)
        with store.look() as look:
            truth = look.execute("SELECT * FROM truth.spikes").df()
            campaigns = look.execute("SELECT starts_on AS date, ends_on AS until FROM campaigns").df()
            frames = {name: look.execute(sql).df() for name, sql in SETS.items()}
        store.close()
    for frame in (truth, campaigns):
        frame[["date", "until"]] = frame[["date", "until"]].apply(pd.to_datetime)
    for name, frame in frames.items():
        days = pd.date_range(frame.period.min(), frame.period.max())
        for series, part in frame.groupby("series"):
            values = part.assign(period=pd.to_datetime(part.period)).set_index("period").value.reindex(days).fillna(0.0)
            whole = pd.DataFrame({"period": days, "value": values.to_numpy(), "whole": True})
            yield name, series, anomalies.find(whole, "day"), truth, campaigns


def _of(name: str, series: str, truth: pd.DataFrame) -> pd.DataFrame:
    """What was planted where the series is looked at."""
    measure = "messages" if name.startswith("messages") else "orders"
    everywhere = not name.endswith("market")
    return truth[(truth.measure == measure) & (truth.market.isna() | everywhere | (truth.market == series))]


def _meets(odd, row) -> bool:
    if row.kind == "shift":
        return odd.kind == "shift" and abs(odd.begin - row.date) <= NEAR
    return odd.kind != "shift" and odd.begin <= row.until and odd.end >= row.date


def _judged(name, series, found, truth):
    usual = found.frame.set_index("period").expected
    for row in _of(name, series, truth).itertuples():
        if row.kind not in KIND:
            continue
        right = any(_meets(odd, row) and odd.kind == KIND[row.kind] for odd in found.anomalies)
        days = usual.loc[row.date : min(row.until, row.date + pd.Timedelta(days=27))]
        expected = float(days.sum()) if len(days) else 0.0
        here = row.size if pd.isna(row.market) or name.endswith("market") else 1 + (row.size - 1) / 3
        yield {"kind": row.kind, "found": right, "clear": _chance(expected, expected * here) <= CLEAR}


def _chance(usual: float, now: float) -> float:
    """The logarithm of how likely a Poisson count is to stray from `usual` to `now` or farther (Chernoff's bound)."""
    if usual <= 0:
        return 0.0
    return -(now * log(now / usual) - now + usual) if now > 0 else log(max(exp(-min(usual, 700)), 1e-300))


def _false(name, series, found, truth, campaigns) -> dict[str, int]:
    known = _of(name, series, truth)
    day = pd.Timedelta(days=1)
    if name.startswith("messages"):  # what customers write follows what they ordered
        orders = _of("orders" + name.removeprefix("messages"), series, truth)
        known = pd.concat([known, orders.assign(until=orders.until + 10 * day)], ignore_index=True)
    counts = {"false": 0, "campaigns": 0}
    for odd in found.anomalies:
        if any(
            _meets(odd, row._replace(date=row.date - day, until=row.until + day))
            if row.kind != "shift"
            else _meets(odd, row)
            for row in known.itertuples()
        ):
            continue
        end = odd.begin if odd.kind == "shift" else odd.end
        moved = any(odd.begin <= row.until + day and end >= row.date - day for row in campaigns.itertuples())
        counts["campaigns" if moved else "false"] += 1
    return counts


if __name__ == "__main__":
    sys.exit(main())
