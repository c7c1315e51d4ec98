"""python -m crm_core segments: refreshed, filled in backwards and listed, in both languages, with exit codes."""
from datetime import date, datetime, timedelta

import pytest

from crm_core.__main__ import main
from crm_core.clustering import Choice, cluster_customers, keeping
from crm_core.clustering.conditions import Condition
from crm_core.store import open_store
from tests.conftest import NOW, asked

FEBRUARY = date(2026, 2, 1)


@pytest.fixture(autouse=True)
def shop(monkeypatch, tmp_path):
    """An English shell beside a book with two groups, a rule and a selection, kept as of the first of February."""
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("CRM_DATABASE", str(tmp_path / "shop.duckdb"))
    store = open_store(tmp_path / "shop.duckdb", clock=lambda: NOW)
    with store.batch("add") as batch:
        batch.add("customers", [{"name": f"Customer {number}"} for number in range(1, 31)])
        orders = [(number, datetime(2026, 2, 28) - timedelta(days=10 * place + number % 4), 45 + number)
                  for number in range(1, 16) for place in range(20)]
        orders += [(number, datetime(2025, 4, 1) + timedelta(days=number), 5 + number / 10) for number in range(16, 31)]
        batch.add("orders", [{"order_no": f"O{place}", "customer_id": customer, "ordered_at": at, "status": "completed",
                              "amount": amount} for place, (customer, at, amount) in enumerate(orders)])
    features = store.frame("customer_features", as_of=FEBRUARY)
    with store.batch("segment") as batch:
        groups = cluster_customers(features, Choice(k=2), as_of=FEBRUARY)
        keeping.keep(batch, groups, {1: "Regulars", 2: "Once a year"}, FEBRUARY, 1, "Two groups")
        keeping.keep_rule(batch, (Condition("frequency", ">=", 10),), features, "Often", FEBRUARY)
        keeping.keep_selection(batch, [3, 20], "By hand", FEBRUARY)
    store.close()
    return tmp_path


def test_all_segments_are_listed_and_refreshed_to_the_last_day_that_is_known(shop, capsys):
    assert main(["segments", "list"]) == 0
    assert "Regulars – from clustering, 2026-02-01: 15 customers" in capsys.readouterr().out
    assert main(["segments", "refresh"]) == 0
    said = capsys.readouterr().out
    assert "Two groups: refreshed to 2026-02-28 (change 3)." in said
    assert "100% of 30 customers who did not change keep their group's name." in said
    assert "Often: refreshed to 2026-02-28" in said and "By hand: refreshed to 2026-02-28" in said
    assert asked(shop, "SELECT name, as_of FROM segments ORDER BY id") == [
        (name, date(2026, 2, 28)) for name in ("Regulars", "Once a year", "Often", "By hand")]


def test_one_segment_takes_those_of_its_run_along_and_past_months_are_filled_in(shop, capsys):
    assert main(["segments", "refresh", "--segment", "Once a year", "--as-of", "2026-03-01", "--backfill", "3"]) == 0
    said = capsys.readouterr().out
    assert "past months filled in" in said and "Often" not in said
    assert asked(shop, "SELECT segment_id, as_of, how FROM segment_snapshots WHERE how = 'backfilled' ORDER BY 2, 1") == [
        (segment, day, "backfilled") for day in (date(2025, 12, 1), date(2026, 1, 1)) for segment in (1, 2)]


def test_what_cannot_be_refreshed_is_said_and_the_rest_is_done(shop, capsys):
    assert main(["segments", "refresh", "--as-of", "2026-03-01", "--segment", "Often"]) == 0
    assert main(["segments", "refresh", "--as-of", "2026-02-15"]) == 1
    said = capsys.readouterr().out
    assert "Often: The segments stand as of 1 Mar 2026 already" in said
    assert "Two groups: refreshed to 2026-02-15" in said
    assert main(["segments", "refresh", "--segment", "Nobody"]) == 1
    assert "No kept segment is called Nobody" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["segments", "refresh", "--as-of", "yesterday"])
    assert "yesterday" in capsys.readouterr().err


def test_a_chinese_shell_is_told_in_chinese(shop, capsys, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert main(["segments", "refresh", "--backfill", "2"]) == 0
    said = capsys.readouterr().out
    assert "已刷新到 2026-02-28" in said and "已补算过去" in said
    assert main(["segments", "list"]) == 0
    assert "Regulars – " in capsys.readouterr().out


def test_an_empty_book_has_nothing_to_refresh(monkeypatch, tmp_path, capsys):
    open_store(tmp_path / "empty.duckdb", clock=lambda: NOW).close()
    monkeypatch.setenv("CRM_DATABASE", str(tmp_path / "empty.duckdb"))
    assert main(["segments", "refresh"]) == 0 and main(["segments", "list"]) == 0
    assert capsys.readouterr().out.count("No segment is kept yet.") == 2
