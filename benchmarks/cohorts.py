"""How fast customers are followed through many orders: python benchmarks/cohorts.py [--customers N] [--orders M]

Draws orders (seed 0) in a database of its own and asks for monthly cohorts and for the steps from order to order,
beside the same in plain SQL without a time zone, segments, splits or deleted rows. Prints one JSON object as its last
line: {cohorts: {seconds, raw_seconds, ratio}, steps: {…}, orders, customers}.
"""
import argparse
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb

from benchmarks.measure import last_line
from crm_core.store.looking import Look
from crm_core.time_series import cohorts
from crm_core.time_series.cohorts import Asked

AS_OF = date(2026, 2, 28)
RAW = {
    "cohorts": """
        WITH firsts AS (SELECT customer_id, date_trunc('month', min(ordered_at)) AS cohort FROM orders GROUP BY 1),
        months AS (SELECT customer_id, date_trunc('month', ordered_at) AS period, count(*) AS orders,
                          sum(amount) AS revenue
                   FROM orders GROUP BY 1, 2)
        SELECT cohort, period, count(*), sum(orders), sum(revenue)
        FROM months JOIN firsts USING (customer_id) GROUP BY 1, 2""",
    "steps": """
        WITH steps AS (
            SELECT row_number() OVER w AS step, CAST(ordered_at AS DATE) AS day,
                   lead(CAST(ordered_at AS DATE)) OVER w AS next_day
            FROM orders WINDOW w AS (PARTITION BY customer_id ORDER BY ordered_at, id))
        SELECT step, next_day IS NOT NULL, date_diff('day', day, coalesce(next_day, DATE '2026-02-28')), count(*)
        FROM steps WHERE step <= 8 GROUP BY 1, 2, 3"""}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=10_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        con = duckdb.connect(str(Path(folder) / "orders.duckdb"))
        con.execute("SET TimeZone = 'UTC'; SET memory_limit = '3GB'; SET threads = 2; SELECT setseed(0)")
        con.execute(f"CREATE TABLE customers AS SELECT i AS id, 'North' AS region, NULL::TIMESTAMP AS deleted_at "
                    f"FROM range(1, {asked.customers + 1}) t(i)")
        con.execute("CREATE TABLE segments (id BIGINT, as_of DATE, name VARCHAR, deleted_at TIMESTAMP, ended_on DATE)")
        con.execute("CREATE TABLE segment_members (segment_id BIGINT, customer_id BIGINT, as_of DATE, "
                    "deleted_at TIMESTAMP)")
        con.execute(f"""
            CREATE TABLE orders AS
            SELECT i AS id, 1 + CAST(floor(pow(random(), 2) * {asked.customers}) AS BIGINT) AS customer_id,
                   TIMESTAMP '2023-03-01' + to_seconds(CAST(random() * 94608000 AS BIGINT)) AS ordered_at,
                   'completed' AS status, 'web' AS channel, 'DE' AS country,
                   CAST(5 + random() * 90 AS DECIMAL(18,4)) AS amount, NULL::TIMESTAMP AS deleted_at
            FROM range(1, {asked.orders + 1}) t(i)""")
        told = {"orders": asked.orders, "customers": asked.customers}
        for name in ("raw", "ours", "raw", "ours"):  # the first of each warms the file
            for part, query in RAW.items():
                begin = perf_counter()
                if name == "raw":
                    con.execute(query).to_arrow_table()
                    told.setdefault(part, {})["raw_seconds"] = round(perf_counter() - begin, 2)
            if name == "ours":
                with con.cursor() as cursor:
                    cursor.execute("SET TimeZone = 'UTC'")
                    for part, query in (("cohorts", cohorts.cells), ("steps", cohorts.taken_steps)):
                        begin = perf_counter()
                        query(Look(cursor), Asked(), AS_OF, 6)
                        told[part]["seconds"] = round(perf_counter() - begin, 2)
        for part in RAW:
            told[part]["ratio"] = round(told[part]["seconds"] / told[part]["raw_seconds"], 2)
    last_line(told)


if __name__ == "__main__":
    main()
