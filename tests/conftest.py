"""What every test may ask for: a real store on a real file, the demo shop, the data sets for tests."""
import os
from datetime import datetime
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

PROJECT = Path(__file__).parent.parent
NOW = datetime(2026, 3, 1, 9, 0)


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run the slow forms too")
    parser.addoption("--pictures", action="store_true", help="keep the browser's pictures: the README's, others in build/")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: a slow form, run with --long")
    config.addinivalue_line("markers", "browser: needs a Chrome, Chromium or Edge")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--long"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def store(tmp_path):
    """An empty book of record in a file of its own, at nine o'clock on 1 March 2026."""
    from crm_core.store import open_store

    store = open_store(tmp_path / "shop.duckdb", clock=lambda: NOW)
    yield store
    store.close()


@pytest.fixture(scope="module")
def demo_shop(tmp_path_factory):
    """A function: customers, orders, messages → a workbench filled with a demo shop of that size, for a module's tests."""
    from crm_core.store import open_store
    from data.demo_shop import fill
    from ui.workspace import now

    made = []

    def shop(**sizes):
        store = open_store(tmp_path_factory.mktemp("demo") / "shop.duckdb", clock=now)
        made.append(store)
        with store.batch("demo") as batch:
            fill(batch, seed=0, as_of=now().date(), **sizes)
        return store

    yield shop
    for store in made:
        store.close()


def asked(folder: Path, sql: str) -> list[tuple]:
    """What the book in `folder`/shop.duckdb, which nobody has open, answers."""
    from crm_core.store import open_store

    store = open_store(folder / "shop.duckdb", clock=lambda: NOW)
    try:
        with store.cursor() as cursor:
            return cursor.execute(sql).fetchall()
    finally:
        store.close()


@pytest.fixture
def data_set():
    """A function from a data set's name to its folder; the test is skipped where the sets are not at hand."""
    folder = Path(os.environ.get("CRM_TEST_DATA", PROJECT.parent / "shared" / "data"))

    def path(name: str) -> Path:
        if not (folder / name).exists():
            pytest.skip(f"needs the data set {name} in {folder} (CRM_TEST_DATA names another folder)")
        return folder / name

    return path


@pytest.fixture
def cleaned(store):
    """A function: a table (name → values) and one step of a recipe → (what was told, the table afterwards)."""
    import pandas as pd

    from crm_core.cleaning import Recipe, Step, run, sheet_of_relation

    def clean(table: dict, kind: str, /, **settings):
        with store.look() as look:
            rows = len(next(iter(table.values())))
            look.stage("given", pd.DataFrame({"id": range(1, rows + 1), **table}))
            told, sheet = run(sheet_of_relation(look, "given"), Recipe("x", "", (Step(kind, settings),)))
            after = look.execute(f"SELECT * FROM {sheet.relation} ORDER BY id").to_arrow_table().to_pydict()
            return told.steps[0], after

    return clean
