"""How fast charts that people put together are counted: python benchmarks/charts.py BOOK [--zone Asia/Shanghai]

BOOK is a database of the workbench (benchmarks/scale.py makes a big one); charts of all twelve types are counted twice
each. Prints of the second time the seconds by the clock and of the processors, and one JSON object as its last line:
{chart: [seconds, processor seconds]}.
"""
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from datetime import date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import told
from crm_core.store import open_store
from crm_core.time_series.chart_figures import build
from crm_core.time_series.charting import Choice

CHARTS = {
    "bar revenue by channel": Choice(days=0),
    "bar revenue by city": Choice(by="city", days=0),
    "line revenue by month": Choice("line", by="period", days=0),
    "line customers by week and channel": Choice(
        "line", measure="customers", by="period", split="channel", interval="week", days=0),
    "area revenue by month": Choice("area", by="period", days=0),
    "stacked revenue by month and category": Choice("stacked", "lines", by="period", split="category", days=0),
    "scatter of cities": Choice("scatter", by="city", against="average_order", days=0),
    "box of orders by country": Choice("box", by="country", days=0),
    "heatmap of weekdays and hours": Choice("heatmap", measure="orders", by="weekday", split="hour", days=0),
    "funnel of customers": Choice("funnel", "journey", "customers", "step", days=0),
    "treemap of categories and products": Choice("treemap", "lines", by="category", split="product", days=0),
    "pie of channels": Choice("pie", days=0),
    "pareto of products": Choice("pareto", "lines", by="product", days=0),
    "waterfall by country": Choice("waterfall", by="country"),
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("book", type=Path)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 3, 1))
    parser.add_argument("--zone", default="UTC")
    chosen = parser.parse_args(arguments)
    return told(lambda: measure(chosen), str(chosen.book))


def measure(chosen) -> dict[str, list[float]]:
    store = open_store(chosen.book, clock=lambda: datetime(2026, 3, 1, 9))
    seconds = {}
    try:
        for name, choice in CHARTS.items():
            for _ in range(2):
                began = time.perf_counter(), time.process_time()
                shown = build(store, choice, chosen.as_of, {}, chosen.zone)
                seconds[name] = [round(time.perf_counter() - began[0], 2), round(time.process_time() - began[1], 2)]
            print("{:6.2f} s {:6.2f} s".format(*seconds[name]), f"{len(shown.frame):5d} points  {name}", flush=True)
    finally:
        store.close()
    return seconds


if __name__ == "__main__":
    sys.exit(main())
