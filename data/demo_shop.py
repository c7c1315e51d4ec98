"""Fill the book with a demo shop whose truth is known: a seeded recipe in set-based SQL, for any size.

    with store.batch("demo", "demo shop") as batch:
        fill(batch, as_of=date(2026, 3, 1))

Everything in the shop happened before the day `as_of`. What was planted stands in the schema `truth`; what is
there and why is told in docs/demo_shop.md. Draws are hashes of (seed, row, purpose), never a running generator,
so the same seed and day give the same rows whatever the number of threads.
"""
import csv
import tomllib
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

RECIPE = Path(__file__).parent / "demo"
TABLES = ("customers", "products", "campaigns", "orders", "order_lines", "stock_moves", "communications",
          "service_requests", "campaign_members", "opportunities", "relationships")

# The steps after the process is drawn: each one's SQL, and the tables then filled from made_<table>. What is laid out
# in between is kept narrow: DuckDB frees a dropped table's memory only when the transaction ends.
STEPS = (
    ("orders", ()),
    ("baskets", ()),
    ("ties", ()),
    ("customers", ("customers",)),
    ("campaigns", ("products", "campaigns", "orders", "order_lines", "campaign_members")),
    ("messages", ("communications", "service_requests")),
    ("stock", ("stock_moves",)),
    ("opportunities", ("opportunities", "relationships")),
    ("truth", ()),
)

# A draw: uniform in (0, 1) for row n and a purpose. The purpose is hashed by itself before it meets the row: DuckDB
# combines the hashes of two columns so that two purposes would give the same draws, only mirrored.
DRAWS = """
CREATE OR REPLACE TEMP MACRO u(n, purpose) AS
    (CAST(hash(xor(CAST(n AS UBIGINT), hash(purpose || ' {seed}'))) >> 11 AS DOUBLE) + 0.5) / 9007199254740992.0;
CREATE OR REPLACE TEMP MACRO normal(n, purpose) AS
    sqrt(-2 * ln(u(n, purpose))) * cos(2 * pi() * u(n, purpose || ' turn'));
CREATE OR REPLACE TEMP MACRO whole(n, purpose, choices) AS CAST(floor(u(n, purpose) * choices) AS BIGINT);
CREATE OR REPLACE TEMP MACRO one_of(n, purpose, choices) AS choices[1 + whole(n, purpose, len(choices))];
"""
SETTINGS = """
CREATE OR REPLACE TEMP MACRO as_of() AS DATE '{as_of}';
CREATE OR REPLACE TEMP MACRO days() AS CAST({days} AS BIGINT);
CREATE OR REPLACE TEMP MACRO opens_on() AS DATE '{opens_on}';
CREATE OR REPLACE TEMP MACRO customers_wanted() AS CAST({customers} AS BIGINT);
CREATE OR REPLACE TEMP MACRO originals() AS CAST({originals} AS BIGINT);
CREATE OR REPLACE TEMP MACRO messages_wanted() AS CAST({messages} AS BIGINT);
CREATE OR REPLACE TEMP MACRO sudden_break_theme() AS {theme};
CREATE OR REPLACE TEMP MACRO first_id(name) AS CASE name {first_ids} END;
CREATE OR REPLACE TEMP MACRO shelf_spot(wish, draw) AS
    CASE WHEN wish IS NOT NULL THEN  -- greatest() would make a zero of a NULL
        CAST(64 * least(63, greatest(0, floor(ln(wish / 1.5) / ln(1500 / 1.5) * 64))) + floor(draw * 64) AS BIGINT) END;
"""


def fill(batch, *, as_of: date, seed: int = 0, customers: int = 5_000, orders: int = 50_000,
         messages: int = 12_000) -> None:
    """Lay the shop into the open batch. Customers and messages come out as many as asked, orders within 3 in 100.

    Replaces what the schema `truth` held. Raises ValueError for fewer than 100 customers or an order each.
    """
    if customers < 100 or orders < customers or messages < 0:
        raise ValueError("the demo shop needs 100 customers and at least as many orders")
    text = (RECIPE / "recipe.toml").read_text(encoding="utf-8")
    recipe = tomllib.loads(text)
    asked = {"seed": int(seed), "as_of": as_of.isoformat(), "customers": int(customers), "orders": int(orders),
             "messages": int(messages)}
    _lay_out(batch, recipe, asked, as_of)
    for step in ("lists", "calendar", "people"):
        _run(batch, step)
    pace = _draw_process(batch, orders)
    for step, filled in STEPS:
        _run(batch, step)
        for table in filled:
            batch.insert(table, f"SELECT * FROM made_{table}")
    batch.stage("recipe_kept", pa.Table.from_pylist(
        [{"name": name, "value": str(value)} for name, value in {**asked, "pace": pace, "recipe": text}.items()]))
    batch.execute("CREATE OR REPLACE TABLE truth.recipe AS SELECT * FROM recipe_kept")


def _lay_out(batch, recipe: dict, asked: dict, as_of: date) -> None:
    """The macros of this filling and the small lists, where the SQL of the steps finds them."""
    first_ids = " ".join(f"WHEN '{table}' THEN {batch.next_id(table)}" for table in TABLES)
    days = int(recipe["days"])
    batch.execute(DRAWS.format(seed=asked["seed"]) + SETTINGS.format(
        as_of=asked["as_of"], days=days, opens_on=(as_of - timedelta(days=days)).isoformat(),
        customers=asked["customers"], messages=asked["messages"], first_ids=first_ids,
        originals=round(asked["customers"] * (1 - recipe["duplicate_share"])),
        theme=float(recipe["sudden_break_theme"])))
    for name in ("names", "nicknames", "cities", "streets", "companies", "products"):
        batch.stage(name, _csv(name))
    batch.execute("CREATE OR REPLACE TEMP TABLE product_list AS SELECT row_number() OVER (ORDER BY product_no) - 1 "
                  "AS position, * REPLACE (CAST(price AS DOUBLE) AS price) FROM temp.products")
    batch.execute("DROP TABLE temp.products")  # the book has a table of that name
    for name, rows in _small_tables(recipe).items():
        batch.stage(name, pa.Table.from_pylist(rows))


def _small_tables(recipe: dict) -> dict[str, list[dict]]:
    """What the recipe says, as rows; `position` counts them."""
    days = recipe["days"]
    tables = {
        "countries": [{**country, "share": float(country["share"])} for country in recipe["country"]],
        "customer_groups": [
            {"name": group["name"], "share": group["share"], "gap_days": group["gap_days"],
             "leave_a": group["leave_a"], "leave_b": group["leave_b"], "basket": group["basket"],
             "first_from": float(group["first_days_ago"][0]), "first_to": float(group["first_days_ago"][1]),
             "evenly": group.get("evenly", False), "discounts": group["discounts"],
             "web_share": group["channels"][0], "shop_share": group["channels"][1]} for group in recipe["group"]],
        "events": [{"measure": "orders", "market": None, **event} for event in recipe["event"]],
        "campaigns_planned": [
            {"no": plan["no"], "name": plan["name"], "name_zh": plan["name_zh"], "channel": plan["channel"],
             "starts": days - plan["days_ago"], "ends": days - plan["days_ago"] + plan["days"],
             "reach": plan["reach"], "control": plan["control"], "cost": plan["cost"]} for plan in recipe["campaign"]],
        "effects": [{"campaign": number, "group_name": group, "chance": chance}
                    for number, plan in enumerate(recipe["campaign"]) for group, chance in plan["more_orders"].items()],
        "topics": [
            {"name": topic["name"], "share": topic["share"], "negative": topic["mood"][0], "neutral": topic["mood"][1],
             "after_from": float(topic["after_days"][0]), "after_to": float(topic["after_days"][1]),
             "asks": topic["asks"]} for topic in recipe["topic"]],
        "spring_festivals": [{"day": day} for day in recipe["spring_festival"]],
        "phrases": _phrases(),
    }
    return {name: [{"position": position, **row} for position, row in enumerate(rows)] for name, rows in tables.items()}


def _draw_process(batch, orders: int) -> float:
    """How long each customer stays and how often they buy: the table `process`, the macro `pace()` and its value.

    BG/NBD: purchases come at a rate, and after each repeat purchase the customer leaves with a chance. Marking the
    purchases of a Poisson process, the last one comes after an exponential time with rate × chance, and those
    before it at rate × (1 - chance); so counts and times need no running sums. `pace` scales all rates so that the
    expected number of orders is the one asked for.
    """
    people = batch.execute(
        "SELECT n, rate, leave_chance, days() - first_at AS watched_days, u_lifetime, u_purchases "
        "FROM drawn ORDER BY n").fetchnumpy()
    rate = np.ma.filled(people["rate"], 0.0)
    buys, chance, watched = rate > 0, people["leave_chance"], people["watched_days"]

    def expected(pace: float) -> float:
        return float((buys * (1 + (1 - np.exp(-pace * rate * chance * watched)) / chance)).sum())

    low, high = 0.0, 64.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if expected(middle) < orders else (low, middle)
    pace = round(low, 6)
    rate = rate * pace
    with np.errstate(divide="ignore"):
        lifetime = np.where(buys, -np.log(people["u_lifetime"]) / np.where(buys, rate * chance, 1), np.inf)
    leaves = buys & (lifetime < watched)
    mean = rate * (1 - chance) * np.minimum(lifetime, watched)
    batch.execute(f"CREATE OR REPLACE TEMP MACRO pace() AS CAST({pace} AS DOUBLE)")
    batch.stage("process", pa.table({
        "n": people["n"], "lifetime_days": np.minimum(lifetime, 1e9), "leaves": leaves,
        "purchases": poisson(people["u_purchases"], np.where(buys, mean, 0.0))}))
    return pace


def poisson(u: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The smallest count whose cumulative Poisson probability reaches u: the inverse, so that u alone decides."""
    from scipy.special import pdtr, pdtrik

    positive = mean > 0
    guess = np.zeros(len(u))
    guess[positive] = np.maximum(np.ceil(pdtrik(u[positive], mean[positive])), 0)
    # pdtrik answers in reals and is NaN where zero is enough; the neighbours settle it.
    guess = np.nan_to_num(guess)
    guess = np.where(pdtr(np.maximum(guess - 1, 0), mean) >= u, np.maximum(guess - 1, 0), guess)
    guess = np.where(pdtr(guess, mean) < u, guess + 1, guess)
    return guess.astype(np.int64)


def _run(batch, step: str) -> None:
    batch.execute((RECIPE / f"{step}.sql").read_text(encoding="utf-8"))


def _csv(name: str) -> pa.Table:
    with (RECIPE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return pa.Table.from_pylist(list(csv.DictReader(file)))


def _phrases() -> list[dict]:
    """(language, topic, mood, part, place, text) of phrases_en.toml and phrases_zh.toml."""
    rows = []
    for language in ("en", "zh"):
        book = tomllib.loads((RECIPE / f"phrases_{language}.toml").read_text(encoding="utf-8"))
        for topic, parts in book.items():
            for name, texts in parts.items():
                part, _, mood = name.partition("_")
                rows += [{"language": language, "topic": topic, "mood": mood or "any", "part": part, "place": place,
                          "text": text} for place, text in enumerate(texts)]
    return rows
