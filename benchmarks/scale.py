"""How fast the book is when it is big: python benchmarks/scale.py [--customers N --orders M --messages K --lines L]

Makes the demo shop at that size in a file of its own and does there what people do all day; beside each job the same
in plain DuckDB, without audit, undo or checks: `make` against a copy of the finished file, `rfm` against the same SQL
on a plain connection, `features`, eight a customer, against SQL written for just these, `profile` of the customers
against SUMMARIZE, one row added, found and undone against one statement and its commit. `import_csv` and
`import_parquet` bring as many order rows as there are orders from a file into a new book (read, checked, loaded as a
batch), against DuckDB's own typed load of the same file into two tables with the same keys. `kmeans` groups as many
customers by eight features, against scikit-learn's own fit of all rows, one start; `all_seconds` is the whole answer,
the number of groups chosen among 2 to 12. `examples` makes the dated examples of purchase prediction at three cutoffs,
features and outcomes, against the same two queries for everybody at each cutoff, without a frame made of them.
Prints one JSON object as its last line: {job: {seconds, raw_seconds, ratio, peak_mb}}.
"""
import os

# Before numpy is loaded: threads that spin cost forty times the work on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb
import numpy as np
import pandas as pd

from benchmarks.measure import last_line, peak_mb, reset_peak, taken_in_turn, with_ratio
from crm_core import data_entry, engine
from crm_core.cleaning.profile import profile_table
from crm_core.clustering import Choice, algorithms, cluster_customers
from crm_core.clustering.prepare import prepare
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

# Eight features as somebody would write them who needs just these.
EIGHT = ("recency_days", "frequency", "monetary", "tenure_days", "days_between_orders", "orders_90_days", "mean_basket",
         "evening_share")
RAW_FEATURES = f"""
SELECT o.customer_id, date_diff('day', CAST(max(o.ordered_at) AS DATE), DATE '{AS_OF}') AS recency_days,
       count(*) AS frequency, CAST(sum(o.amount) AS DOUBLE) AS monetary,
       date_diff('day', CAST(min(o.ordered_at) AS DATE), DATE '{AS_OF}') AS tenure_days,
       CAST(date_diff('day', CAST(min(o.ordered_at) AS DATE), CAST(max(o.ordered_at) AS DATE)) AS DOUBLE)
           / nullif(count(*) - 1, 0) AS days_between_orders,
       CAST(sum(CASE WHEN o.ordered_at >= DATE '{AS_OF}' - INTERVAL 89 DAY THEN 1 ELSE 0 END) AS DOUBLE)
           AS orders_90_days,
       CAST(sum(o.amount) AS DOUBLE) / count(*) AS mean_basket,
       CAST(sum(CASE WHEN extract(HOUR FROM o.ordered_at) >= 18 THEN 1 ELSE 0 END) AS DOUBLE) / count(*)
           AS evening_share
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
    parser.add_argument("--only-import", action="store_true", help="import_csv and import_parquet, and nothing else")
    parser.add_argument("--only-kmeans", action="store_true", help="kmeans, and nothing else")
    parser.add_argument("--json", action="store_true", help="nothing but the last line")
    parser.add_argument("--make", metavar="DATABASE", help=argparse.SUPPRESS)  # what the children do
    parser.add_argument("--bring", nargs=3, metavar=("WAY", "FILE", "DATABASE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.customers < 100 or chosen.orders < chosen.customers or chosen.messages < 0:
        print("The demo shop needs 100 customers, an order for each and no fewer than no messages.", file=sys.stderr)
        return 2
    if chosen.make:
        last_line(make(Path(chosen.make), chosen))
        return 0
    if chosen.bring:
        way, file, database = chosen.bring
        last_line({"ours": bring, "raw": raw_bring}[way](Path(file), Path(database)))
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

    tell("kmeans", kmeans(chosen.customers, chosen.seed, chosen.rounds))
    if chosen.only_kmeans:
        return answer
    for format in ("csv", "parquet"):
        tell(f"import_{format}", import_orders(folder, format, chosen))
    if chosen.only_import:
        return answer
    path, plain_path = folder / "shop.duckdb", folder / "plain.duckdb"
    made = make_in_child(path, chosen)
    tell("make", {**with_ratio({"seconds": made["seconds"], "raw_seconds": copy(path, plain_path)}),
                  "peak_mb": made["peak_mb"]})
    store = open_store(path, clock=lambda: NOW)
    plain = duckdb.connect(str(plain_path))
    tell("rfm", rfm(store, chosen.rounds))
    tell("features", features(store, chosen.rounds))
    tell("examples", dated_examples(store, min(3, chosen.rounds)))
    tell("profile", profile(store, chosen.rounds))
    for job, measured in (lookups(store, plain, chosen.rounds) | one_row(store, plain, chosen.rounds)).items():
        tell(job, measured)
    plain.close()
    store.close()
    return answer


# --- bringing a file ----------------------------------------------------------------------------


def import_orders(folder: Path, format: str, chosen, rounds: int = 3) -> dict:
    """Medians of both ways taken in turn, each in a process and with a database of its own."""
    file = folder / f"orders.{format}"
    write_orders(file, chosen)
    told: dict[str, list[dict]] = {"ours": [], "raw": []}
    for _ in range(rounds):
        for way in told:
            child = subprocess.run([sys.executable, __file__, "--bring", way, str(file), str(folder / f"{way}.duckdb")],
                                   stdout=subprocess.PIPE, text=True, check=True)
            told[way].append(json.loads(child.stdout.splitlines()[-1]))
    file.unlink()
    if {turn["orders"] for turns in told.values() for turn in turns} != {chosen.orders}:
        raise AssertionError("the two ways did not bring the same orders: there is nothing to compare")
    ours, raw = (statistics.median(turn["seconds"] for turn in told[way]) for way in ("ours", "raw"))
    return {"seconds": round(ours, 2), "raw_seconds": round(raw, 2), "ratio": round(ours / raw, 3),
            "peak_mb": max(turn["peak_mb"] for turn in told["ours"]),
            "child_mb": max(turn["child_mb"] for turn in told["ours"]),
            "raw_peak_mb": max(turn["peak_mb"] for turn in told["raw"]),
            "ratios": [round(a["seconds"] / b["seconds"], 2) for a, b in zip(*told.values(), strict=True)],
            "cpu_ratio": round(sum(t["cpu_s"] for t in told["ours"]) / sum(t["cpu_s"] for t in told["raw"]), 2),
            "steps_s": told["ours"][-1]["steps_s"]}


def write_orders(file: Path, chosen) -> None:
    """Orders of so many customers, in no order of theirs, the same for the same seed."""
    drawn = ", ".join(f"hash(i * 7 + {place + 10 * chosen.seed}) AS h{place}" for place in range(5))
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '1GB'")
        connection.execute(f"""
            COPY (
                SELECT 'O' || (1000000 + i) AS order_no, 'C' || (100000 + h0 % {chosen.customers}) AS customer_no,
                       TIMESTAMP '2020-01-01' + to_seconds(CAST(h1 % (6 * 365 * 86400) AS BIGINT)) AS ordered_at,
                       CAST(h2 % 50000 / 100 + 1 AS DECIMAL(18,2)) AS amount,
                       CASE WHEN h3 % 6 < 4 THEN 'completed' WHEN h3 % 6 = 4 THEN 'open' ELSE 'cancelled' END AS status,
                       CASE h4 % 3 WHEN 0 THEN 'web' WHEN 1 THEN 'shop' ELSE 'phone' END AS channel
                FROM (SELECT i, {drawn} FROM range({chosen.orders}) numbers(i))
            ) TO '{file}'""")


def bring(file: Path, database: Path) -> dict:
    """Read, check and load the file as a person's import does, into a new book."""
    for old in database.parent.glob(database.name + "*"):
        old.unlink()
    started, steps = perf_counter(), {}

    def step(name: str) -> None:
        steps[name] = round(perf_counter() - started - sum(steps.values()), 2)

    store = open_store(database, clock=lambda: NOW)
    with data_entry.read(file) as reading:
        step("read")
        checked = data_entry.check(reading, at=NOW)
        step("check")
        with store.batch("import", checked.name) as batch:
            loaded = data_entry.load(batch, checked)
    store.close()  # and with it the checkpoint
    step("load")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"seconds": perf_counter() - started, "steps_s": steps, "peak_mb": peak_mb(), "cpu_s": cpu_seconds(),
            "child_mb": round(children.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1),
            "orders": loaded.tables["orders"]["added"]}


def raw_bring(file: Path, database: Path) -> dict:
    """DuckDB's own typed load: explicit types, customers by number, orders with their ids, both keys unique."""
    for old in database.parent.glob(database.name + "*"):
        old.unlink()
    types = {"order_no": "VARCHAR", "customer_no": "VARCHAR", "ordered_at": "TIMESTAMP", "amount": "DECIMAL(18,4)",
             "status": "VARCHAR", "channel": "VARCHAR"}
    source = (f"read_csv('{file}', header = true, auto_detect = false, delim = ',', quote = '\"', columns = {types})"
              if file.suffix == ".csv" else f"read_parquet('{file}')")
    started = perf_counter()
    connection = duckdb.connect(str(database))
    for statement in (
        "SET memory_limit = '2GB'",  # what the import may take
        "CREATE TABLE customers (id BIGINT, customer_no VARCHAR PRIMARY KEY)",
        "CREATE TABLE orders (id BIGINT, order_no VARCHAR PRIMARY KEY, customer_id BIGINT, ordered_at TIMESTAMP, "
        "amount DECIMAL(18,4), status VARCHAR, channel VARCHAR)",
        "BEGIN TRANSACTION",
        "INSERT INTO customers SELECT row_number() OVER (), customer_no "
        f"FROM (SELECT DISTINCT customer_no FROM {source})",
        "INSERT INTO orders SELECT row_number() OVER (), order_no, id, ordered_at, amount, status, channel "
        f"FROM {source} JOIN customers USING (customer_no)",
        "COMMIT",
        "CHECKPOINT",
    ):
        connection.execute(statement)
    orders = connection.execute("SELECT count(*) FROM orders").fetchone()[0]
    connection.close()
    return {"seconds": perf_counter() - started, "peak_mb": peak_mb(), "cpu_s": cpu_seconds(), "orders": orders}


def cpu_seconds() -> float:
    """Of this process and its children: what a busy machine distorts less than the time on the wall."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return round(sum(one.ru_utime + one.ru_stime for one in used), 2)


# --- groups of customers ------------------------------------------------------------------------


def kmeans(customers: int, seed: int, rounds: int) -> dict:
    """The fit of K-means with so many groups as were proposed, as the product does it and as scikit-learn does."""
    from sklearn.cluster import KMeans

    features, choice = made_features(customers, seed)
    told: list[tuple[float, float]] = []
    reset_peak()
    started, used = perf_counter(), cpu_seconds()
    groups = cluster_customers(features, choice, seed=seed, progress=lambda share: told.append((share, perf_counter())))
    all_seconds, all_cpu, all_mb = perf_counter() - started, cpu_seconds() - used, peak_mb()
    silences = [after - before for (_, before), (_, after) in pairwise([(0.0, started), *told])]
    matrix = prepare(features, choice).matrix
    del features

    def ours(_turn):
        return algorithms.fit(matrix, choice, groups.k, seed)

    def theirs(_turn):
        return KMeans(groups.k, n_init=1, random_state=seed).fit(matrix)

    state = ours(0).state
    centres = np.asarray(state["centres"], dtype=np.float32)
    inertia = sum(float(((rows - centres[algorithms.assign(state, rows)]) ** 2).sum())
                  for rows in np.array_split(matrix, 20))
    measured = taken_in_turn(ours, theirs, rounds)
    return {**measured, "all_seconds": round(all_seconds, 2), "all_cpu_s": round(all_cpu, 2), "all_mb": all_mb,
            "k": groups.k, "longest_silence_s": round(max(silences), 2),
            "inertia_ratio": round(inertia / theirs(0).inertia_, 5)}


def made_features(customers: int, seed: int):
    """Customers of five kinds in eight features, three of them skewed, in no order of their ids."""
    random = np.random.default_rng(seed)
    values = random.normal(0, 2.2, (5, 8))[random.integers(0, 5, customers)] + random.normal(0, 1, (customers, 8))
    values[:, :3] = np.exp(values[:, :3])
    names = ("recency_days", "frequency", "monetary", "tenure_days", "basket", "evenings", "messages", "requests")
    features = pd.DataFrame(values, columns=names)
    features.insert(0, "customer_id", random.permutation(customers))
    return features, Choice(features=names)


# --- the demo shop ------------------------------------------------------------------------------


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


def dated_examples(store, rounds: int) -> dict:
    """Examples to train, to test and to score, of the newest three quarters of a year."""
    from crm_core.purchase_prediction import Target, examples
    from crm_core.purchase_prediction.split import Split, Window

    cutoffs = [AS_OF - timedelta(days=90 * back) for back in (2, 1, 0)]
    dates = Split(AS_OF, 90, 0, tuple(Window(part, cutoff, cutoff + timedelta(days=90)) for part, cutoff in zip(
        ("train", "test", "score"), cutoffs, strict=True)))
    plain = duckdb.connect(str(store.path))
    known = {"cutoffs": cutoffs, "until": AS_OF + timedelta(days=1), "horizon_days": 90}

    def ours(_turn):
        with store.look() as look:
            return examples(look, Target("buys", 90), dates)

    def raw(_turn):
        with plain.cursor() as cursor:
            everybody = known | {"everybody_at": AS_OF, "every": 1}
            cursor.execute(engine.query_text("purchase_examples"), everybody).to_arrow_table()
            return cursor.execute(engine.query_text("purchase_outcomes"),
                                  known | {"cutoffs": cutoffs[:2]}).to_arrow_table()

    measured = taken_in_turn(ours, raw, rounds)
    plain.close()
    return measured


def profile(store, rounds: int) -> dict:
    """Everything that the overview of cleaning tells of the customers, score and checks too, against SUMMARIZE."""
    def ours(_turn):
        with store.look() as ask:
            return profile_table(ask, "customers", AS_OF)

    def raw(_turn):
        with store.look() as ask:
            return ask.execute("SELECT * FROM (SUMMARIZE customers)").fetchall()

    return taken_in_turn(ours, raw, rounds)


def rfm(store, rounds: int) -> dict:
    """One row a customer from all orders, as the pages get it, against the same SQL fetched as Arrow."""
    plain = duckdb.connect(str(store.path))  # the same file in the same process: the same cache for both

    def raw(_turn):
        with plain.cursor() as cursor:
            return cursor.execute(RAW_RFM).to_arrow_table()

    from crm_core.features import gather

    def asked(_turn):
        with store.look() as ask:
            return gather(ask, ("recency_days", "frequency", "monetary", "tenure_days"), AS_OF)

    ours = asked(0)
    same = raw(0).to_pandas()
    if len(ours) != len(same) or abs(ours["monetary"].sum() - same["monetary"].sum()) > 0.01:
        raise AssertionError("the two answers differ: there is nothing to compare")
    measured = taken_in_turn(asked, raw, rounds)
    plain.close()
    return measured


def features(store, rounds: int) -> dict:
    """Eight features of every customer with orders, as clustering gathers them, against SQL written for just these."""
    from crm_core.features import gather

    plain = duckdb.connect(str(store.path))

    def ours(_turn):
        with store.look() as ask:
            return gather(ask, EIGHT, AS_OF)

    def raw(_turn):
        with plain.cursor() as cursor:
            return cursor.execute(RAW_FEATURES).to_arrow_table()

    same, found = raw(0).to_pandas(), ours(0)
    for name in EIGHT:
        if len(found) != len(same) or not np.isclose(found[name].sum(), same[name].sum()):
            raise AssertionError(f"the two answers differ in {name}: there is nothing to compare")
    measured = taken_in_turn(ours, raw, rounds)
    plain.close()
    return measured


def lookups(store, plain, rounds: int) -> dict[str, dict]:
    """Customers found by e-mail, phone, number and a part of the name, and one's page; others each turn."""
    rows = rounds * 3
    people = plain.execute(
        "SELECT id, email, phone, customer_no, name FROM customers WHERE email IS NOT NULL AND phone IS NOT NULL "
        f"ORDER BY hash(id) LIMIT {rows + 1}").fetchall()
    parts = ["wong", "MEIER", "son", "王", "丽", "Ada", "lewis", "陈"]
    page = {"deleted": False, "limit": 50, "offset": 0, "sort": "newest", "gender": "", "digits": ""}

    def found(frame) -> None:
        if not len(frame):
            raise AssertionError("the customer was not found")

    def by_number(turn):
        found(store.frame("find_customers", text=people[turn][3], **page))

    def raw(condition: str, value):
        return lambda turn: plain.execute(f"SELECT * FROM customers WHERE {condition} AND deleted_at IS NULL",
                                          {"value": value(turn)}).to_arrow_table()

    def raw_name(turn):
        return plain.execute("SELECT * FROM customers WHERE name ILIKE '%' || $part || '%' AND deleted_at IS NULL "
                             "ORDER BY id DESC LIMIT 50", {"part": parts[turn % len(parts)]}).to_arrow_table()

    measured = {
        "find_by_email": taken_in_turn(
            lambda turn: found(store.frame("customer_by_email", email=f" {people[turn][1].upper()}")),
            raw("lower(email) = $value", lambda turn: people[turn][1].lower()), rows),
        "find_by_phone": taken_in_turn(
            lambda turn: found(store.frame("customer_by_phone", phone=f"({people[turn][2]}) ")),
            raw("phone = $value", lambda turn: people[turn][2]), rows),
        "find_by_name": taken_in_turn(
            lambda turn: store.frame("find_customers", text=parts[turn % len(parts)], **page), raw_name, rows),
        "find_by_number": taken_in_turn(by_number, raw("customer_no = $value", lambda turn: people[turn][3]), rows)}
    views = [name for name in ("customer_figures", "customer_timeline") if (engine.QUERIES / f"{name}.sql").exists()]
    if views:
        def view(turn):
            for name in views:
                store.frame(name, customer_id=people[turn][0], kinds="", limit=50, offset=0)

        def raw_view(turn):
            for table in ("orders", "communications", "service_requests"):
                plain.execute(f"SELECT * FROM {table} WHERE customer_id = $id",
                              {"id": people[turn][0]}).to_arrow_table()

        measured["customer_360"] = taken_in_turn(view, raw_view, rows)
    return measured


def one_row(store, plain, rounds: int) -> dict[str, dict]:
    """Add a customer, take the batch back."""
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

    def raw_undo(turn):
        plain.execute("DELETE FROM customers WHERE id = $id", {"id": -1 - turn})

    return {"add_row": taken_in_turn(add, raw_add, rows),
            "undo": taken_in_turn(lambda turn: store.undo(batches[turn]), raw_undo, rows)}


if __name__ == "__main__":
    sys.exit(main())
