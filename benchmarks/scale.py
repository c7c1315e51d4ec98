"""How fast the book is when it is big: python benchmarks/scale.py [--customers N --orders M --messages K]

Makes the demo shop at that size in a file of its own and does there what people do all day; beside each job the same
in plain DuckDB, without audit, undo or checks: `make` against a copy of the finished file, `rfm` against the same SQL
on a plain connection, one row added, found by its e-mail and undone against one statement and its commit.
Prints one JSON object as its last line: {job: {seconds, raw_seconds, ratio, peak_mb}}.
"""
import os

# Before numpy is loaded: threads that spin cost forty times the work on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb

from benchmarks.measure import last_line, peak_mb, taken_in_turn, with_ratio
from crm_core.store import open_store
from data.demo_shop import fill

AS_OF = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 9, 0)

RAW_RFM = f"""
SELECT o.customer_id, date_diff('day', CAST(max(o.ordered_at) AS DATE), DATE '{AS_OF}') AS recency_days,
       count(*) AS frequency, CAST(sum(o.amount) AS DOUBLE) AS monetary,
       date_diff('day', CAST(min(o.ordered_at) AS DATE), DATE '{AS_OF}') AS tenure_days
FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE o.deleted_at IS NULL AND c.deleted_at IS NULL AND o.status <> 'cancelled' AND o.amount > 0
    AND o.ordered_at < DATE '{AS_OF}' + INTERVAL 1 DAY
GROUP BY o.customer_id
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=7, help="turns whose median is taken, at least 5")
    parser.add_argument("--json", action="store_true", help="nothing but the last line")
    parser.add_argument("--make", metavar="DATABASE", help=argparse.SUPPRESS)  # what the child does
    chosen = parser.parse_args(arguments)
    if chosen.customers < 100 or chosen.orders < chosen.customers or chosen.messages < 0:
        print("The demo shop needs 100 customers, an order for each and no fewer than no messages.", file=sys.stderr)
        return 2
    if chosen.make:
        last_line(make(Path(chosen.make), chosen))
        return 0
    chosen.rounds = max(5, chosen.rounds)
    started = perf_counter()
    with tempfile.TemporaryDirectory(prefix="scale") as folder:
        answer = jobs(Path(folder), chosen)
    answer |= {"customers": chosen.customers, "orders": chosen.orders, "messages": chosen.messages,
               "seed": chosen.seed, "seconds": round(perf_counter() - started, 1),
               "peak_mb": max(job["peak_mb"] for job in answer.values())}
    last_line(answer)
    return 0


def jobs(folder: Path, chosen) -> dict[str, dict]:
    answer: dict[str, dict] = {}

    def tell(job: str, measured: dict) -> None:
        answer[job] = measured
        if not chosen.json:
            print(f"{job:14} {measured['seconds']:9.4f} s   raw {measured['raw_seconds']:9.4f} s   "
                  f"ratio {measured['ratio']:7.2f}   peak {measured['peak_mb']:7.0f} MB", flush=True)

    path, plain_path = folder / "shop.duckdb", folder / "plain.duckdb"
    made = make_in_child(path, chosen)
    tell("make", {**with_ratio({"seconds": made["seconds"], "raw_seconds": copy(path, plain_path)}),
                  "peak_mb": made["peak_mb"]})
    store = open_store(path, clock=lambda: NOW)
    plain = duckdb.connect(str(plain_path))
    tell("rfm", rfm(store, chosen.rounds))
    for job, measured in one_row(store, plain, chosen.rounds).items():
        tell(job, measured)
    plain.close()
    store.close()
    return answer


def make_in_child(path: Path, chosen) -> dict:
    """In a process of its own, so that its memory is counted alone."""
    sizes = [f"--{name}={getattr(chosen, name)}" for name in ("customers", "orders", "messages", "seed")]
    child = subprocess.run([sys.executable, __file__, f"--make={path}", *sizes], stdout=subprocess.PIPE, text=True,
                           check=True)
    return json.loads(child.stdout.splitlines()[-1])


def make(path: Path, chosen) -> dict:
    store = open_store(path, clock=lambda: NOW)
    started = perf_counter()
    with store.batch("demo", "demo shop") as batch:
        fill(batch, as_of=AS_OF, seed=chosen.seed, customers=chosen.customers, orders=chosen.orders,
             messages=chosen.messages)
    seconds = perf_counter() - started
    store.close()
    return {"seconds": seconds, "peak_mb": peak_mb()}


def copy(path: Path, plain_path: Path) -> float:
    """Seconds to write the same rows when nobody has to make them up: DuckDB's own copy of the file."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS shop (READ_ONLY)")
        started = perf_counter()
        connection.execute(f"ATTACH '{plain_path}' AS plain")
        connection.execute("COPY FROM DATABASE shop TO plain")
        connection.execute("CHECKPOINT plain")
        return perf_counter() - started


def rfm(store, rounds: int) -> dict:
    """One row a customer from all orders, as the pages get it, against the same SQL fetched as Arrow."""
    plain = duckdb.connect(str(store.path))  # the same file in the same process: the same cache for both

    def raw(_turn):
        with plain.cursor() as cursor:
            return cursor.execute(RAW_RFM).to_arrow_table()

    ours = store.frame("customer_features", as_of=AS_OF)
    same = raw(0).to_pandas()
    if len(ours) != len(same) or abs(ours["monetary"].sum() - same["monetary"].sum()) > 0.01:
        raise AssertionError("the two answers differ: there is nothing to compare")
    measured = taken_in_turn(lambda _turn: store.frame("customer_features", as_of=AS_OF), raw, rounds)
    plain.close()
    return measured


def one_row(store, plain, rounds: int) -> dict[str, dict]:
    """Add a customer, find them by e-mail, take the batch back."""
    rows = rounds * 3
    batches: list[int] = []

    def person(turn: int) -> dict:
        return {"customer_no": f"NEW-{turn}", "name": "Ada Wong", "email": f"Ada.Wong{turn}@Example.com",
                "city": "Bern", "joined_on": AS_OF}

    def add(turn):
        with store.batch("form", "new customer") as batch:
            batch.add("customers", person(turn))
        batches.append(batch.number)

    def raw_add(turn):
        plain.execute("INSERT INTO customers BY NAME SELECT $id AS id, $customer_no AS customer_no, $name AS name, "
                      "$email AS email, lower($email) AS email_key, $city AS city, $joined_on AS joined_on, "
                      "2 AS changed_in", {"id": -1 - turn, **person(turn)})

    def find(turn):
        found = store.frame("customer_by_email", email=f" ada.wong{turn}@example.com")
        if len(found) != 1:
            raise AssertionError("the customer was not found")

    def raw_find(turn):
        return plain.execute("SELECT * FROM customers WHERE email_key = $key",
                             {"key": f"ada.wong{turn}@example.com"}).to_arrow_table()

    def raw_undo(turn):
        plain.execute("DELETE FROM customers WHERE id = $id", {"id": -1 - turn})

    return {"add_row": taken_in_turn(add, raw_add, rows),
            "find_by_email": taken_in_turn(find, raw_find, rows),
            "undo": taken_in_turn(lambda turn: store.undo(batches[turn]), raw_undo, rows)}


if __name__ == "__main__":
    sys.exit(main())
