"""What was acknowledged survives a kill, what was not leaves no half; threads read no wrong row and lose no update.

The short forms run always, the long ones (20 kills, 30 seconds) with --long.
"""
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from crm_core import data_entry
from crm_core.__main__ import find_problems
from crm_core.errors import RowMovedOn
from crm_core.store import open_store
from tests.conftest import NOW, PROJECT

# Imports the files that are not there, takes those back that are, for ever; says what is acknowledged.
IMPORTER = """
import pickle, sys
from datetime import datetime
from crm_core import data_entry
from crm_core.store import open_store

files = pickle.load(open(sys.argv[2], "rb"))
store = open_store(sys.argv[1], clock=lambda: datetime(2026, 3, 1, 9))
with store.cursor() as cursor:
    there = dict(cursor.execute("SELECT subject, number FROM batches b WHERE kind = 'import' "
                                "AND NOT EXISTS (SELECT 1 FROM batches u WHERE u.undoes = b.number)").fetchall())
print("ready", flush=True)
while True:
    for checked in files:
        if checked.name in there:
            print(store.undo(there.pop(checked.name)), flush=True)
        else:
            with store.batch("import", checked.name) as batch:
                print("writing", checked.name, flush=True)
                data_entry.load(batch, checked)
            there[checked.name] = batch.number
            print(batch.number, flush=True)
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Checked files of 500, 5,000 and 60,000 order lines, with no order in common, for another process to load."""
    folder = tmp_path_factory.mktemp("files")
    readings, checked = [], []
    for name, lines in (("small", 500), ("middling", 5_000), ("big", 60_000)):
        path = folder / f"{name}.csv"
        path.write_text("order no,date,customer id,sku,qty,price\n" + "".join(
            f"{name}{n // 4},2026-01-{n // 4 % 28 + 1:02},{name}{n // 4 % 400},{name}{n % 90},{n % 7 + 1},{n % 50}.25\n"
            for n in range(lines)), encoding="utf-8")
        readings.append(data_entry.read(path))
        checked.append(data_entry.check(readings[-1]))
    (folder / "checked.pickle").write_bytes(pickle.dumps(checked))
    yield folder / "checked.pickle", checked
    for reading in readings:
        reading.close()


def run_and_kill(database, pickled, wait) -> list[int]:
    """Start the importer, kill it when `wait(process, said)` returns; the numbers it acknowledged."""
    process = subprocess.Popen([sys.executable, "-c", IMPORTER, str(database), str(pickled)], cwd=PROJECT,
                               stdout=subprocess.PIPE, text=True)
    said: list[str] = []
    listener = threading.Thread(target=lambda: said.extend(line.strip() for line in process.stdout), daemon=True)
    ready = process.stdout.readline().strip()
    assert ready == "ready"
    listener.start()
    try:
        wait(process, said)
        assert process.poll() is None, "the importer ended by itself"
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        listener.join(timeout=10)
        process.stdout.close()
    return [int(line) for line in said if line.isdigit()]


def check_whole(database, files, acknowledged: list[int]) -> None:
    """Every acknowledged batch is there, every file is there whole or not at all, and nothing disagrees."""
    store = open_store(database, clock=lambda: NOW)  # compares the ledger
    try:
        with store.cursor() as cursor:
            numbers = [number for (number,) in cursor.execute("SELECT number FROM batches ORDER BY number").fetchall()]
            assert set(acknowledged) <= set(numbers) and numbers == list(range(1, len(numbers) + 1))
            for checked in files:
                stem = checked.name.removesuffix(".csv")
                found = cursor.execute(
                    "SELECT count(DISTINCT o.id), count(*), coalesce(sum(l.amount), 0) FROM orders o "
                    "JOIN order_lines l ON l.order_id = o.id WHERE o.order_no LIKE $stem || '%'",
                    {"stem": stem}).fetchone()
                assert found in ((checked.orders, checked.lines, checked.amount), (0, 0, 0)), stem
        assert find_problems(store) == []
        assert len(store.ledger_path.read_text().splitlines()) == len(numbers)
    finally:
        store.close()


@pytest.mark.parametrize("kills", [5, pytest.param(20, marks=pytest.mark.long)])
def test_a_kill_at_any_moment_loses_nothing_acknowledged_and_leaves_nothing_half(tmp_path, files, kills):
    pickled, checked = files
    draw = random.Random(20260301)
    database, acknowledged = tmp_path / "shop.duckdb", []
    for _ in range(kills):
        moment = draw.uniform(0.05, 2.5)
        acknowledged += run_and_kill(database, pickled, lambda process, said, moment=moment: time.sleep(moment))
        check_whole(database, checked, acknowledged)
    assert acknowledged


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.long)])
def test_a_kill_in_the_middle_of_a_big_load_leaves_nothing_of_it(tmp_path, files, times):
    pickled, checked = files
    draw = random.Random(7)
    database, acknowledged = tmp_path / "shop.duckdb", []

    def within_the_big_one(process, said) -> None:
        until = time.monotonic() + 60
        while "writing big.csv" not in said and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(draw.uniform(0, 0.2))

    for _ in range(times):
        acknowledged += run_and_kill(database, pickled, within_the_big_one)
        check_whole(database, checked, acknowledged)


@pytest.mark.parametrize("seconds", [3, pytest.param(30, marks=pytest.mark.long)])
def test_eight_threads_read_no_wrong_row_and_lose_no_update(store, seconds):
    with store.batch("form") as batch:
        purse, other, counter = batch.add("products", [
            {"product_no": "purse", "price": 1000, "cost": 0}, {"product_no": "other", "price": 1000, "cost": 0},
            {"product_no": "counter", "price": 0, "cost": 0}])
        batch.add("customers", [{"customer_no": f"{n}", "name": f"name {n}"} for n in range(200)])
    until, wrong, counted, moved, read = time.monotonic() + seconds, [], [], [], []

    def in_a_thread(step) -> None:
        draw = random.Random(threading.get_ident())
        try:
            while time.monotonic() < until:
                step(draw)
        except Exception as error:
            wrong.append(repr(error))

    def asked(sql: str, **parameters):
        with store.cursor() as cursor:
            return cursor.execute(sql, parameters).fetchone()[0]

    def price(product: int, column: str = "price"):
        """A value with the revision at which it was certainly so or newer."""
        revision = store.revision()
        return asked(f"SELECT {column} FROM products WHERE id = $id", id=product), revision

    def transfer(draw) -> None:
        """Take from one purse and give to the other, both or neither, from what was read some time before."""
        amount = draw.randint(-5, 5)
        (one, at), (two, at_two) = price(purse), price(other)
        try:
            with store.batch("form") as batch:
                written = batch.change("products", {"id": purse, "price": one - amount}, read_at=min(at, at_two))
                batch.change("products", {"id": other, "price": two + amount}, read_at=min(at, at_two))
            moved.append(amount * written)
        except RowMovedOn:
            pass  # somebody was first: nothing was written, read again

    def count(draw) -> None:
        value, at = price(counter, "cost")
        try:
            with store.batch("form") as batch:
                # 0 where somebody was first and left the very value that this one would: no conflict, and no change.
                counted.append(batch.change("products", {"id": counter, "cost": value + 1}, read_at=at))
        except RowMovedOn:
            pass

    def look(draw) -> None:
        """The sum never changes, and an asked row is the asked one."""
        total = asked("SELECT sum(price) FROM products WHERE id IN ($a, $b)", a=purse, b=other)
        wanted = draw.randrange(200)
        name = asked("SELECT name FROM customers WHERE customer_no = $no", no=str(wanted))
        if total != 2000 or name != f"name {wanted}":
            wrong.append((total, wanted, name))
        read.append(1)

    threads = [threading.Thread(target=in_a_thread, args=(step,))
               for step in (transfer, transfer, count, count, look, look, look, look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=seconds + 60)
    assert wrong == []
    assert price(counter, "cost")[0] == sum(counted) and price(purse)[0] + price(other)[0] == 2000
    assert price(purse)[0] == 1000 - sum(moved)
    assert sum(counted) > 3 and len(moved) > 3 and len(read) > 50
    assert find_problems(store) == []
