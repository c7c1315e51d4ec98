"""How fast series are read from a big book: python benchmarks/series.py [--database FILE | --customers N --orders M]

Each series as the page reads it (the calendar of the zone made, worked out, every period filled, the largest series
kept) against the plain SQL that somebody would write for just that one: date_trunc in UTC; for a zone, the times
turned by AT TIME ZONE. Without a file the demo shop is made at that size, as scale.py does. Both take turns, medians
of --rounds. Prints one JSON object as its last line: {series: {seconds, raw_seconds, ratio, processor_s,
raw_processor_s, processor_ratio, peak_mb}}; the processor's time is the one that a busy machine does not blur.
"""
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import last_line, peak_mb, reset_peak
from crm_core.store import open_store
from crm_core.time_series.series import Asked, read

AS_OF = date(2026, 3, 1)
ORDERS = ("FROM orders o WHERE o.deleted_at IS NULL AND o.status <> 'cancelled' "
          "AND o.ordered_at < TIMESTAMP '2026-03-02'")
REGION = ORDERS.replace("WHERE", "LEFT JOIN customers c ON c.id = o.customer_id WHERE")
LINES = ORDERS.replace("WHERE", "JOIN order_lines l ON l.order_id = o.id LEFT JOIN products p ON p.id = l.product_id "
                       "WHERE l.deleted_at IS NULL AND")
FIRSTS = f"FROM (SELECT o.customer_id, min(o.ordered_at) AS moment {ORDERS} AND o.amount > 0 GROUP BY 1)"
SERIES = {  # name → what is asked, and the same as SQL with {moment} for the time as the zone tells it
    "revenue_week": (Asked("revenue", "week"),
                     f"SELECT date_trunc('week', {{moment}}), sum(o.amount) {ORDERS} GROUP BY 1"),
    "revenue_month": (Asked("revenue", "month"),
                      f"SELECT date_trunc('month', {{moment}}), sum(o.amount) {ORDERS} GROUP BY 1"),
    "orders_day": (Asked("orders", "day"), f"SELECT date_trunc('day', {{moment}}), count(*) {ORDERS} GROUP BY 1"),
    "revenue_week_channel": (Asked("revenue", "week", "channel"),
                             f"SELECT date_trunc('week', {{moment}}), o.channel, sum(o.amount) {ORDERS} GROUP BY 1, 2"),
    "revenue_month_region": (
        Asked("revenue", "month", "region"),
        f"SELECT date_trunc('month', {{moment}}), c.region, sum(o.amount) {REGION} GROUP BY 1, 2"),
    "revenue_month_category": (
        Asked("revenue", "month", "category"),
        f"SELECT date_trunc('month', {{moment}}), p.category, sum(l.amount) {LINES} GROUP BY 1, 2"),
    "average_order_month": (Asked("average_order", "month"),
                            f"SELECT date_trunc('month', {{moment}}), sum(o.amount) / count(*) {ORDERS} GROUP BY 1"),
    "customers_month": (Asked("customers", "month"),
                        f"SELECT date_trunc('month', {{moment}}), count(DISTINCT o.customer_id) {ORDERS} GROUP BY 1"),
    "customers_week_channel": (
        Asked("customers", "week", "channel"),
        f"SELECT date_trunc('week', {{moment}}), o.channel, count(DISTINCT o.customer_id) {ORDERS} GROUP BY 1, 2"),
    "new_customers_month": (Asked("new_customers", "month"),
                            f"SELECT date_trunc('month', {{moment}}), count(*) {FIRSTS} GROUP BY 1"),
    "messages_week": (Asked("messages_in", "week"),
                      "SELECT date_trunc('week', {moment}), count(*) FROM communications o "
                      "WHERE o.deleted_at IS NULL AND o.direction = 'in' GROUP BY 1"),
    "requests_week": (Asked("requests", "week"),
                      "SELECT date_trunc('week', {moment}), count(*) FROM service_requests o "
                      "WHERE o.deleted_at IS NULL GROUP BY 1")}
MOMENTS = {"new_customers_month": "moment", "messages_week": "o.occurred_at", "requests_week": "o.opened_at"}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", type=Path, help="a book that is there, instead of making one")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--zones", nargs="*", default=["UTC", "Europe/Berlin", "Asia/Kolkata"])
    parser.add_argument("--only", nargs="*", default=list(SERIES))
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(chosen.database or Path(folder) / "shop.duckdb", clock=lambda: datetime(2026, 3, 1, 9))
        if not chosen.database:
            from data.demo_shop import fill

            with store.batch("demo") as batch:
                fill(batch, seed=0, as_of=AS_OF, customers=chosen.customers, orders=chosen.orders,
                     messages=chosen.orders // 10)
        try:
            last_line({f"{name} {zone}": _measured(store, name, zone, chosen.rounds)
                       for zone in chosen.zones for name in chosen.only})
        finally:
            store.close()
    return 0


def _measured(store, name: str, zone: str, rounds: int) -> dict:
    asked, raw = SERIES[name]
    asked = Asked(asked.measure, asked.interval, asked.split, zone=zone)
    moment = MOMENTS.get(name, "o.ordered_at")
    text = raw.format(moment=moment if zone == "UTC" else f"({moment} AT TIME ZONE 'UTC') AT TIME ZONE '{zone}'")

    def plain() -> None:
        with store.cursor() as cursor:
            cursor.execute(text + " ORDER BY ALL").to_arrow_table().to_pandas()

    found = _in_turn(lambda: read(store, asked, AS_OF), plain, rounds)
    print(name, zone, found, flush=True)
    return found


def _in_turn(ours, raw, rounds: int) -> dict:
    """Medians of both, in turn after one that does not count; of the processor's time too."""
    ours()
    raw()
    reset_peak()
    taken = {"ours": [], "raw": []}
    for _ in range(rounds):
        for name, way in (("ours", ours), ("raw", raw)):
            clock, processor = perf_counter(), process_time()
            way()
            taken[name].append((perf_counter() - clock, process_time() - processor))
    seconds, processor = ({name: median(turn[place] for turn in turns) for name, turns in taken.items()}
                          for place in (0, 1))
    return {"seconds": round(seconds["ours"], 4), "raw_seconds": round(seconds["raw"], 4),
            "ratio": round(seconds["ours"] / seconds["raw"], 3), "processor_s": round(processor["ours"], 4),
            "raw_processor_s": round(processor["raw"], 4),
            "processor_ratio": round(processor["ours"] / processor["raw"], 3), "peak_mb": peak_mb()}


if __name__ == "__main__":
    sys.exit(main())
