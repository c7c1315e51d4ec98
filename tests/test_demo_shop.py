"""The demo shop is the same whenever it is filled, believable, and its planted truth can be found in its rows."""
from datetime import date, datetime

import numpy as np
import pytest

from crm_core.store import database, open_store
from crm_core.tables import TABLES
from data.demo_shop import TABLES as FILLED
from data.demo_shop import fill, poisson

AS_OF = date(2026, 3, 1)
TRUTH = ("customers", "duplicates", "campaigns", "campaign_effects", "messages", "spikes", "daily_pull", "groups",
         "themes", "recipe")


def filled(path, **sizes):
    store = open_store(path, clock=lambda: datetime(2026, 3, 1, 9, 0))
    with store.batch("demo", "demo shop") as batch:
        fill(batch, as_of=AS_OF, **sizes)
    return store


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    store = filled(tmp_path_factory.mktemp("demo") / "shop.duckdb")
    yield store
    store.close()


def one(store, sql):
    with store.cursor() as cursor:
        return cursor.execute(sql).fetchone()


def frame(store, sql):
    with store.cursor() as cursor:
        return cursor.execute(sql).df()


def counts(store):
    return {table: one(store, f"SELECT count(*) FROM {table}")[0] for table in TABLES}


def fingerprint(store):
    """One number a table: it is equal when all rows are, in whatever order they lie."""
    tables = [*FILLED, *(f"truth.{name}" for name in TRUTH)]
    return {table: one(store, f"SELECT count(*), bit_xor(hash(t)) FROM {table} t") for table in tables}


# --- size, sameness, removal -------------------------------------------------------------------------------------


def test_the_shop_has_the_size_asked_for(shop):
    rows = counts(shop)
    assert (rows["customers"], rows["communications"], rows["campaigns"]) == (5_000, 12_000, 8)
    assert rows["orders"] == pytest.approx(50_000, rel=0.03)
    assert 1 <= rows["order_lines"] / rows["orders"] <= 2
    assert rows["service_requests"] > 1_000 and rows["stock_moves"] > 10_000
    assert all(one(shop, f"SELECT count(*) FROM truth.{name}")[0] for name in TRUTH)


def test_the_same_seed_gives_the_same_rows_with_one_thread_or_many(tmp_path, monkeypatch):
    sizes = {"customers": 13_000, "orders": 130_000, "messages": 5_000}  # more than one row group of DuckDB's
    many = filled(tmp_path / "many.duckdb", **sizes)
    monkeypatch.setattr(database, "CONFINED", ("SET threads = 1", *database.CONFINED))
    single = filled(tmp_path / "one.duckdb", **sizes)
    assert one(single, "SELECT current_setting('threads')")[0] == 1
    assert fingerprint(many) == fingerprint(single)
    many.close()
    single.close()


def test_another_seed_gives_another_shop(tmp_path):
    sizes = {"customers": 500, "orders": 3_000, "messages": 500}
    first, second = filled(tmp_path / "1.duckdb", **sizes), filled(tmp_path / "2.duckdb", seed=1, **sizes)
    assert one(first, "SELECT name FROM customers WHERE id = 7") != one(second, "SELECT name FROM customers WHERE id = 7")
    first.close()
    second.close()


def test_removing_the_demo_leaves_what_people_added_and_comes_back_when_undone(tmp_path):
    store = filled(tmp_path / "shop.duckdb", customers=1_000, orders=6_000, messages=1_000)
    before = counts(store)
    with store.batch("form", "own records") as batch:
        own = batch.add("customers", {"name": "Ada Wong", "email": "ada@example.com"})[0]
        batch.add("orders", {"order_no": "OWN-1", "customer_id": own, "ordered_at": datetime(2026, 2, 1),
                             "status": "completed", "amount": 12})
        # A message to a demo customer cannot stay without the customer.
        batch.add("communications", {"customer_id": 5, "occurred_at": datetime(2026, 2, 1), "channel": "email",
                                     "direction": "in", "content": "on a demo customer"})
        batch.change("customers", {"id": 7, "city": "Bern"})
    removal = store.withdraw(1)
    assert {table: rows for table, rows in counts(store).items() if rows} == {"customers": 1, "orders": 1}
    assert one(store, "SELECT name FROM customers") == ("Ada Wong",)
    store.undo(removal)
    assert counts(store) == {**before, "customers": 1_001, "orders": before["orders"] + 1, "communications": 1_001}
    assert one(store, "SELECT city FROM customers WHERE id = 7") == ("Bern",)
    store.close()


def test_a_shop_with_fewer_orders_than_customers_is_refused(store):
    with pytest.raises(ValueError), store.batch("demo") as batch:
        fill(batch, as_of=AS_OF, customers=1_000, orders=999)


# --- draws -------------------------------------------------------------------------------------------------------


def test_draws_are_even_and_one_purpose_tells_nothing_of_another(shop):
    with shop.batch("demo", "only its macros") as batch:
        fill(batch, as_of=AS_OF, customers=100, orders=100, messages=0)
        draws = np.column_stack(list(batch.execute(
            "SELECT u(n, 'rate') AS a, u(n, 'name') AS b, u(n + 1, 'rate') AS c FROM range(200000) r(n)").fetchnumpy().values()))
        normal = batch.execute("SELECT normal(n, 'rate') FROM range(200000) r(n)").fetchnumpy()
        raise_nothing_kept(batch)
    assert draws.min() > 0 and draws.max() < 1
    boxes = np.array([np.histogram(column, 100, (0, 1))[0] for column in draws.T])
    assert (((boxes - 2000) ** 2 / 2000).sum(axis=1) < 150).all()        # chi-squared, 99 degrees: 150 is 1 in 1,000
    assert np.abs(np.corrcoef(draws.T) - np.eye(3)).max() < 0.01
    values = next(iter(normal.values()))
    assert abs(values.mean()) < 0.01 and abs(values.std() - 1) < 0.01
