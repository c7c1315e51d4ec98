"""The watched folder: what is taken and what is left alone, where files go, and that none is lost or counts twice."""
import csv
import os
import signal
import subprocess
import sys
import time
from datetime import datetime

import pytest

from crm_core import data_entry
from crm_core.__main__ import main
from crm_core.data_entry.watching import Watch, complete, files_in, last_results
from crm_core.errors import CannotWrite, DemoPresent, FileChanging, FolderNotFound, MappingNotFound
from crm_core.store import open_store
from tests.conftest import NOW, PROJECT

PEOPLE = "customer id,name,email\n1,Ada,ada@example.com\n2,Bo,bo@example.com\n"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "incoming"
    made.mkdir()
    return made


@pytest.fixture
def watch(folder):
    return Watch(folder, clock=lambda: NOW)


def put(folder, name: str, text: str = PEOPLE) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def looked(watch: Watch, store) -> list:
    """What two looks take."""
    watch.look()
    return [watch.take(store, name) for name in watch.look()]


def people(store) -> list[str]:
    with store.cursor() as cursor:
        return [name for (name,) in cursor.execute("SELECT name FROM customers ORDER BY customer_no").fetchall()]


# --- which files --------------------------------------------------------------------------------


def test_a_file_is_taken_when_two_looks_find_it_the_same(folder, watch):
    put(folder, "march.csv")
    assert watch.look() == []
    put(folder, "march.csv", PEOPLE + "3,Cy,cy@example.com\n")
    assert watch.look() == []
    assert watch.look() == ["march.csv"]


def test_unfinished_hidden_and_temporary_files_and_folders_are_left_alone(folder):
    for name in ("a.csv", "b.csv.part", "c.csv.crdownload", "~$d.xlsx", ".e.csv", "f.csv~", "g.TMP", "h.xlsx"):
        put(folder, name)
    (folder / "done").mkdir()
    assert sorted(files_in(folder)) == ["a.csv", "h.xlsx"]


def test_the_oldest_comes_first_and_an_empty_file_waits_a_minute():
    second = 10**9
    at = datetime(1970, 1, 1, 1, 0, 0)  # 3600 seconds
    seen = {"new.csv": (5, 3599 * second), "old.csv": (5, 100 * second), "begun.csv": (0, 3595 * second),
            "empty.csv": (0, 3000 * second)}
    assert complete(seen, seen, at) == ["old.csv", "empty.csv", "new.csv"]
    assert complete({}, seen, at) == []


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FolderNotFound):
        Watch(tmp_path / "nowhere", clock=lambda: NOW).look()


# --- where they go ------------------------------------------------------------------------------


def test_a_good_file_is_imported_as_one_batch_and_moved(folder, watch, store):
    put(folder, "march.csv")
    (result,) = looked(watch, store)
    assert (result.outcome, result.number, result.tables["customers"]["added"]) == ("imported", 1, 2)
    assert people(store) == ["Ada", "Bo"] and files_in(folder) == {}
    assert (folder / "done" / "2026-03-01_march.csv").read_text(encoding="utf-8") == PEOPLE


def test_a_second_file_of_the_same_name_stands_beside_the_first(folder, watch, store):
    for _ in range(3):
        put(folder, "march.csv")
        looked(watch, store)
    assert sorted(os.listdir(folder / "done")) == [
        "2026-03-01_march-2.csv", "2026-03-01_march-3.csv", "2026-03-01_march.csv"]
    assert store.revision() == 1


def test_rejected_rows_lie_beside_the_file_harmlessly(folder, watch, store):
    put(folder, "march.csv", PEOPLE + "3,=1+1,none\n")
    (result,) = looked(watch, store)
    assert (result.outcome, result.rejected) == ("imported", 1)
    with open(folder / "done" / "2026-03-01_march.csv.rejects.csv", encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1] == ["4", "email", "an e-mail looks like name@example.com", "none", "3,=1+1,none"]


@pytest.mark.parametrize(("name", "text", "why"), [
    ("header.csv", "name,email\n", "has a header line and no rows"),
    ("people.csv", "name,email\nAda,none\n", "all its rows (1) are rejected"),
    ("dates.csv", "order no,date,total\n1,3/4/2026,5\n", "can be read two ways"),
])
def test_a_file_that_cannot_be_taken_lies_under_refused_with_the_reason(folder, watch, store, name, text, why):
    put(folder, name, text)
    (result,) = looked(watch, store)
    assert result.outcome == "refused" and store.revision() == 0
    refused = folder / "refused" / f"2026-03-01_{name}"
    assert refused.read_text(encoding="utf-8") == text
    assert why in refused.with_name(refused.name + ".txt").read_text(encoding="utf-8")


def test_where_every_row_is_rejected_the_list_lies_beside_the_refused_file(folder, watch, store):
    put(folder, "bad.csv", "name,email\nAda,none\n")
    (result,) = looked(watch, store)
    assert result.outcome == "refused"
    assert sorted(os.listdir(folder / "refused")) == [
        "2026-03-01_bad.csv", "2026-03-01_bad.csv.rejects.csv", "2026-03-01_bad.csv.txt"]
    assert os.listdir(folder / "done") == []


def test_the_reason_is_written_in_the_language_asked_for(folder, store):
    put(folder, "header.csv", "name,email\n")
    looked(Watch(folder, clock=lambda: NOW, language="zh"), store)
    assert "表头" in (folder / "refused" / "2026-03-01_header.csv.txt").read_text(encoding="utf-8")


# --- nothing lost, nothing twice ----------------------------------------------------------------


def test_a_file_that_changes_while_it_is_read_is_not_imported(folder, watch, store, monkeypatch):
    put(folder, "march.csv")
    real = data_entry.bringing.load

    def still_written(batch, checked):
        answer = real(batch, checked)
        put(folder, "march.csv", PEOPLE + "3,Cy,cy@example.com\n")
        return answer

    with monkeypatch.context() as patched:
        patched.setattr("crm_core.data_entry.bringing.load", still_written)
        (result,) = looked(watch, store)
    assert result.outcome == "waiting" and isinstance(result.error, FileChanging)
    assert store.revision() == 0 and "march.csv" in files_in(folder)
    (result,) = looked(watch, store)
    assert result.outcome == "imported" and people(store) == ["Ada", "Bo", "Cy"]


def test_a_file_that_was_imported_and_not_yet_moved_changes_nothing_when_it_comes_again(folder, watch, store, monkeypatch):
    put(folder, "march.csv")

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("crm_core.data_entry.watching._move", killed)
        with pytest.raises(KeyboardInterrupt):
            looked(watch, store)
    assert store.revision() == 1 and "march.csv" in files_in(folder)
    (result,) = looked(Watch(folder, clock=lambda: NOW), store)
    assert result.outcome == "nothing_new" and store.revision() == 1 and people(store) == ["Ada", "Bo"]
    assert os.listdir(folder / "done") == ["2026-03-01_march.csv"]


def test_a_fault_of_the_workbench_leaves_the_file_and_is_not_tried_again_until_it_changes(
        folder, watch, store, monkeypatch, capsys):
    put(folder, "march.csv")
    put(folder, "other.csv", PEOPLE)
    real = data_entry.bringing.load

    def faulty(batch, checked):
        if checked.name == "march.csv":
            raise ZeroDivisionError
        return real(batch, checked)

    monkeypatch.setattr("crm_core.data_entry.bringing.load", faulty)
    assert [result.outcome for result in looked(watch, store)] == ["failed", "imported"]
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert watch.look() == [] and list(files_in(folder)) == ["march.csv"]
    put(folder, "march.csv", PEOPLE + "3,Cy,cy@example.com\n")
    watch.look()
    assert watch.look() == ["march.csv"]


def test_the_demo_shop_is_not_mixed_with_and_the_file_waits(folder, watch, store):
    with store.batch("demo") as batch:
        batch.add("customers", {"name": "Made Up"})
    put(folder, "march.csv")
    (result,) = looked(watch, store)
    assert result.outcome == "waiting" and isinstance(result.error, DemoPresent)
    assert looked(watch, store) == [None] and len(last_results(folder)) == 1  # said once
    store.withdraw(1)
    assert looked(watch, store)[0].outcome == "imported"


def test_where_the_folders_cannot_be_made_the_file_waits(folder, watch, store):
    put(folder, "march.csv")
    (folder / "done").write_text("a file where a folder should be")
    assert sorted(files_in(folder)) == ["done", "march.csv"]
    result = watch.take(store, "march.csv")
    assert result.outcome == "waiting" and isinstance(result.error, CannotWrite) and store.revision() == 0


def test_results_are_kept_the_newest_first(folder, watch, store):
    put(folder, "a.csv")
    looked(watch, store)
    put(folder, "b.csv", "name,email\n")
    looked(watch, store)
    newest, before = last_results(folder)
    assert (newest.name, newest.outcome, newest.error.facts["name"]) == ("b.csv", "refused", "b.csv")
    assert (before.name, before.number, before.at) == ("a.csv", 1, NOW)
    assert [result.name for result in last_results(folder, 1)] == ["b.csv"]


# --- kept mappings ------------------------------------------------------------------------------

OWN = "Beleg;Tag;Umsatz;Kunde\n1;03.04.2026;1.234,50;7\n"
OWN_MEANS = {"Beleg": "orders.order_no", "Tag": "orders.ordered_at", "Umsatz": "orders.amount",
             "Kunde": "customers.customer_no"}


@pytest.fixture
def kept(store):
    with store.batch("mapping", "Laden") as batch:
        batch.add("mappings", data_entry.Mapping("orders", OWN_MEANS).as_row("Laden", date_order={"Tag": "day first"}))
    return store


def test_a_kept_mapping_that_fits_is_used_by_itself(folder, watch, kept):
    put(folder, "april.csv", OWN)
    (result,) = looked(watch, kept)
    assert (result.outcome, result.mapping) == ("imported", "Laden")
    assert str(kept.frame("order_facts").first_order[0])[:10] == "2026-04-03"


def test_a_file_without_a_column_of_the_named_mapping_is_refused(folder, kept):
    put(folder, "april.csv", OWN.replace("Umsatz", "Netto"))
    (result,) = looked(Watch(folder, clock=lambda: NOW, mapping="Laden"), kept)
    assert result.outcome == "refused" and result.error.facts["columns"] == ["Umsatz"]
    assert kept.revision() == 1


def test_a_misspelt_mapping_refuses_no_file(folder, kept):
    put(folder, "april.csv", OWN)
    (result,) = looked(Watch(folder, clock=lambda: NOW, mapping="Lade"), kept)
    assert result.outcome == "waiting" and isinstance(result.error, MappingNotFound)
    assert "april.csv" in files_in(folder)


# --- from a shell, and from the server ----------------------------------------------------------


@pytest.fixture
def shell(monkeypatch, tmp_path):
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("CRM_DATABASE", str(tmp_path / "watched.duckdb"))
    monkeypatch.setattr("crm_core.__main__.SETTLES_S", 0.1)
    return tmp_path / "watched.duckdb"


def test_watch_once_takes_what_is_there_and_ends(folder, shell, capsys):
    assert main(["watch", str(folder), "--once"]) == 0 and not shell.exists()
    put(folder, "a.csv")
    assert main(["watch", str(folder), "--once"]) == 0
    assert "a.csv is in (change 1): Customers 2 new, 0 updated." in capsys.readouterr().out
    put(folder, "b.csv", "name,email\n")
    assert main(["watch", str(folder), "--once"]) == 1
    assert "b.csv was refused: b.csv has a header line and no rows." in capsys.readouterr().err


def test_a_folder_of_a_database_in_use_is_told_and_its_files_stay(folder, shell):
    store = open_store(shell, clock=lambda: NOW)
    put(folder, "a.csv")
    done = subprocess.run([sys.executable, "-m", "crm_core", "watch", str(folder), "--once"], cwd=PROJECT,
                          capture_output=True, text=True, timeout=120)
    store.close()
    assert done.returncode == 1 and "CRM_WATCH=" in done.stderr and "Traceback" not in done.stderr
    assert list(files_in(folder)) == ["a.csv"]


def test_killed_again_and_again_every_file_is_in_once(folder, shell):
    """Four files, and a watcher that is killed at times of its own: at the end each customer is there once."""
    for number in range(4):
        put(folder, f"{number}.csv", "customer id,name\n" + "".join(f"{number}-{n},Name {n}\n" for n in range(2000)))
    command = [sys.executable, "-m", "crm_core", "watch", str(folder), "--every", "0.1"]
    for patience in (1.2, 1.5, 1.8, 2.1, 2.4):
        watcher = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(patience)
        watcher.send_signal(signal.SIGKILL)
        watcher.wait()
    assert main(["watch", str(folder), "--once"]) == 0
    store = open_store(shell, clock=lambda: NOW)
    try:
        with store.cursor() as cursor:
            assert cursor.execute("SELECT count(*), count(DISTINCT customer_no) FROM customers").fetchone() == (8000, 8000)
            assert cursor.execute("SELECT count(*) FROM batches").fetchone()[0] == 4
    finally:
        store.close()
    assert files_in(folder) == {} and len(os.listdir(folder / "done")) == 4


def test_the_running_server_watches_by_itself(folder, tmp_path):
    from tests.browser.conftest import serving

    put(folder, "a.csv")
    with serving(tmp_path, CRM_DEMO="0", CRM_WATCH=str(folder), CRM_WATCH_EVERY="0.2"):
        for _ in range(300):
            if last_results(folder):
                break
            time.sleep(0.1)
    (result,) = last_results(folder)
    assert result.outcome == "imported" and files_in(folder) == {} and (folder / result.moved_to).exists()
    store = open_store(tmp_path / "shop.duckdb", clock=lambda: NOW)
    assert people(store) == ["Ada", "Bo"]
    store.close()
