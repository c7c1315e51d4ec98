"""The book of record: batches, undo, rules, keys, references, the ledger and the lock."""
import json
import subprocess
import sys
import threading
from datetime import date, datetime

import pandas as pd
import pytest

from crm_core import errors
from crm_core.store import open_store
from tests.conftest import NOW, PROJECT


def names(store) -> list[str]:
    return [name for (name,) in store.cursor().execute(
        "SELECT name FROM customers WHERE deleted_at IS NULL ORDER BY id").fetchall()]


def everything(store) -> list:
    """The content of every table without the numbers of batches: what undo has to bring back."""
    from crm_core.tables import TABLES

    return [store.cursor().execute(f"SELECT * EXCLUDE (changed_in) FROM {name} ORDER BY ALL").fetchall() for name in TABLES]


def add(store, *customers) -> list[int]:
    with store.batch("add") as batch:
        return batch.add("customers", list(customers))


# --- batches ------------------------------------------------------------------------------------


def test_a_batch_gives_new_rows_ids_in_their_order(store):
    assert add(store, {"name": "Ada"}, {"name": "Bo"}) == [1, 2]
    assert add(store, {"name": "Cy"}) == [3]
    assert names(store) == ["Ada", "Bo", "Cy"]


def test_a_batch_is_kept_whole_or_not_at_all(store):
    with pytest.raises(errors.RuleBroken):
        add(store, {"name": "Ada"}, {"name": "Bo", "email": "no e-mail"})
    with pytest.raises(ZeroDivisionError), store.batch("add") as batch:
        batch.add("customers", {"name": "Cy"})
        raise ZeroDivisionError
    assert names(store) == [] and store.revision() == 0


def test_a_batch_that_touches_nothing_leaves_no_trace(store):
    add(store, {"name": "Ada"})
    with store.batch("edit") as batch:
        assert batch.change("customers", {"id": 1, "name": "Ada"}) == 0
    assert store.revision() == 1


def test_a_rehearsal_counts_and_changes_nothing(store):
    with store.rehearsal("import") as batch:
        batch.add("customers", {"name": "Ada"})
        assert batch.rows == {"customers": {"added": 1}}
    assert names(store) == [] and store.revision() == 0


def test_the_log_tells_who_when_and_what(store):
    with store.batch("add", "Ada", actor="mia") as batch:
        batch.add("customers", {"name": "Ada"})
    row = store.frame("recent_batches", limit=1).iloc[0]
    assert (row.number, row.actor, row.kind, row.subject, row.made_at) == (1, "mia", "add", "Ada", pd.Timestamp(NOW))
    assert json.loads(row.touched) == {"customers": {"added": 1}}


def test_texts_are_trimmed_and_an_empty_text_is_missing(store):
    add(store, {"name": "  Ada ", "city": "  ", "email": " Ada@X.Org "})
    row = store.record("customers", 1)
    assert (row["name"], row["city"], row["email"], row["email_key"]) == ("Ada", None, "Ada@X.Org", "ada@x.org")


def test_a_customer_is_found_by_e_mail_however_it_is_written(store):
    add(store, {"name": "Ada", "email": "ada@example.com"})
    assert store.frame("customer_by_email", email=" ADA＠Example.COM").name.tolist() == ["Ada"]
    assert store.frame("customer_by_email", email="bo@example.com").empty


def test_money_stays_exact(store):
    with store.batch("add") as batch:
        batch.add("orders", [{"order_no": str(n), "ordered_at": NOW, "status": "completed", "amount": 0.1} for n in range(10)])
    assert str(store.cursor().execute("SELECT sum(amount) FROM orders").fetchone()[0]) == "1.0000"


def test_a_revision_can_be_asked_of_some_tables_only(store):
    add(store, {"name": "Ada"})
    with store.batch("segment") as batch:
        batch.add("segments", {"name": "all", "kind": "rule", "as_of": date(2026, 3, 1)})
    assert (store.revision(), store.revision("customers", "orders"), store.revision("segments")) == (2, 1, 2)


# --- rules, keys, references --------------------------------------------------------------------


@pytest.mark.parametrize(("customer", "rule"), [
    ({"name": "Ada", "email": "ada.example.com"}, "email"),
    ({"name": "Ada", "email": "ada@a@b.com"}, "email"),
    ({"name": "Ada", "phone": "call me"}, "phone"),
    ({"name": "Ada", "birth_date": date(2026, 3, 2)}, "birth_date"),
    ({"name": "Ada", "gender": "x"}, "choice"),
    ({"name": "A" * 201}, "short_text"),
    ({"city": "Bern"}, "somebody"),
])
def test_a_broken_rule_is_named_and_nothing_is_kept(store, customer, rule):
    with pytest.raises(errors.RuleBroken) as refused:
        add(store, customer)
    assert refused.value.facts["rule"] == rule
    assert names(store) == []


@pytest.mark.parametrize("phone", ["+44 20 7946 0018", "(030) 123-4567", "138 0013 8000", "020.7946.0018 x12"])
def test_phones_may_be_written_in_any_usual_way(store, phone):
    assert add(store, {"name": "Ada", "phone": phone}) == [1]


def test_an_e_mail_belongs_to_one_customer_who_is_not_deleted(store):
    add(store, {"name": "Ada", "email": "ada@example.com"})
    with pytest.raises(errors.KeyTaken):
        add(store, {"name": "Ada again", "email": "ADA@example.com"})
    with store.batch("delete") as batch:
        batch.remove("customers", [1])
    add(store, {"name": "Ada anew", "email": "ada@example.com"})
    with pytest.raises(errors.KeyTaken), store.batch("restore") as batch:
        batch.restore("customers", [1])


def test_a_row_cannot_point_at_nothing(store):
    with pytest.raises(errors.ReferenceMissing), store.batch("add") as batch:
        batch.add("communications", {"customer_id": 99, "occurred_at": NOW, "channel": "email", "direction": "in",
                                     "content": "Hello"})


def test_a_required_column_left_out_is_named(store):
    with pytest.raises(errors.ValueMissing) as refused, store.batch("add") as batch:
        batch.add("communications", {"customer_id": 1, "occurred_at": NOW, "channel": "email", "direction": "in"})
    assert refused.value.facts["column"] == "content"


# --- editing ------------------------------------------------------------------------------------


def test_who_comes_second_is_shown_both_versions(store):
    add(store, {"name": "Ada", "city": "Bern"})
    read_at = store.revision()
    with store.batch("edit") as batch:
        batch.change("customers", {"id": 1, "city": "Basel"}, read_at=read_at)
    with pytest.raises(errors.RowMovedOn) as refused, store.batch("edit") as batch:
        batch.change("customers", {"id": 1, "city": "Chur"}, read_at=read_at)
    assert refused.value.facts["mine"] == {"city": "Chur"} and refused.value.facts["theirs"] == {"city": "Basel"}
    assert store.record("customers", 1)["city"] == "Basel"


def test_a_change_keeps_the_derived_key_true(store):
    add(store, {"name": "Ada", "email": "ada@example.com"})
    with store.batch("edit") as batch:
        batch.change("customers", {"id": 1, "email": "Ada.Wong@Example.com"})
    assert store.record("customers", 1)["email_key"] == "ada.wong@example.com"


def test_deleted_rows_can_be_restored(store):
    add(store, {"name": "Ada"})
    with store.batch("delete") as batch:
        batch.remove("customers", [1])
    assert names(store) == []
    with store.batch("restore") as batch:
        batch.restore("customers", [1])
    assert names(store) == ["Ada"]


def test_changing_a_row_that_is_not_there_is_refused(store):
    with pytest.raises(errors.RowNotFound), store.batch("edit") as batch:
        batch.change("customers", {"id": 5, "name": "Ada"})


# --- merging ------------------------------------------------------------------------------------


def merge(store, rows) -> dict:
    with store.batch("import") as batch:
        batch.stage("arriving_customers", pd.DataFrame(rows))
        return batch.merge("customers", "arriving_customers", ("customer_no",))


def test_a_merge_adds_changes_and_leaves_alone(store):
    merge(store, [{"customer_no": "7", "name": "Ada", "city": "Bern"}, {"customer_no": "8", "name": "Bo", "city": "Ulm"}])
    counts = merge(store, [{"customer_no": "7", "name": "Ada", "city": "Bern"},
                           {"customer_no": "8", "name": "Bo", "city": "Graz"},
                           {"customer_no": "9", "name": "Cy", "city": None}])
    assert counts == {"added": 1, "changed": 1, "unchanged": 1}


def test_a_merge_joins_own_fields_key_by_key(store):
    merge(store, [{"customer_no": "7", "extra": '{"Rating":"Hot","Branch":"North"}'}])
    counts = merge(store, [{"customer_no": "7", "extra": '{"Branch":"South"}'}, {"customer_no": "8", "extra": None}])
    assert counts == {"added": 1, "changed": 1, "unchanged": 0}
    assert store.cursor().execute("SELECT extra FROM customers ORDER BY customer_no").fetchall() == [
        ('{"Rating":"Hot","Branch":"South"}',), (None,)]
    assert merge(store, [{"customer_no": "7", "extra": '{"Rating":"Hot"}'}]) == {"added": 0, "changed": 0, "unchanged": 1}


def test_a_merge_run_twice_changes_nothing(store):
    rows = [{"customer_no": "7", "name": "Ada"}]
    merge(store, rows)
    assert merge(store, rows) == {"added": 0, "changed": 0, "unchanged": 1}
    assert store.revision() == 1


def test_an_empty_cell_does_not_wipe_a_value(store):
    merge(store, [{"customer_no": "7", "name": "Ada", "city": "Bern"}])
    merge(store, [{"customer_no": "7", "name": None, "city": "Biel"}])
    assert (store.record("customers", 1)["name"], store.record("customers", 1)["city"]) == ("Ada", "Biel")


# --- undo ---------------------------------------------------------------------------------------


def test_undo_takes_back_what_was_added_changed_and_deleted(store):
    add(store, {"name": "Ada", "city": "Bern"}, {"name": "Bo"})
    before = everything(store)
    with store.batch("edit") as batch:
        batch.change("customers", {"id": 1, "city": "Basel"})
        batch.remove("customers", [2])
        batch.add("customers", {"name": "Cy"})
    store.undo(2)
    assert everything(store) == before


def test_an_undo_can_be_undone(store):
    add(store, {"name": "Ada"})
    before = everything(store)
    undone = store.undo(1)
    assert names(store) == []
    store.undo(undone)
    assert everything(store) == before


def test_undoing_backwards_through_the_log_ends_where_it_began(store):
    add(store, {"name": "Ada", "city": "Bern"})
    for city in ("Basel", "Chur", "Davos"):
        with store.batch("edit") as batch:
            batch.change("customers", {"id": 1, "city": city})
    for number, city in ((4, "Chur"), (3, "Basel"), (2, "Bern")):
        store.undo(number)
        assert store.record("customers", 1)["city"] == city
    store.undo(1)
    assert names(store) == []


def test_undo_refuses_where_a_later_batch_touched_the_row_and_names_it(store):
    add(store, {"name": "Ada"}, {"name": "Bo"})
    with store.batch("edit") as batch:
        batch.change("customers", {"id": 2, "city": "Ulm"})
    before = everything(store)
    with pytest.raises(errors.TouchedSince) as refused:
        store.undo(1)
    assert refused.value.facts["ids"] == [2] and refused.value.facts["rows"] == 1
    assert everything(store) == before


def test_undo_refuses_to_leave_rows_hanging_in_the_air(store):
    add(store, {"name": "Ada"})
    with store.batch("add") as batch:
        batch.add("communications", {"customer_id": 1, "occurred_at": NOW, "channel": "email", "direction": "in",
                                     "content": "Hello"})
    with pytest.raises(errors.StillReferred):
        store.undo(1)


def test_a_batch_is_undone_once(store):
    add(store, {"name": "Ada"})
    store.undo(1)
    with pytest.raises(errors.AlreadyUndone):
        store.undo(1)
    with pytest.raises(errors.BatchNotFound):
        store.undo(77)


def test_ids_are_not_used_twice_after_an_undo(store):
    add(store, {"name": "Ada"})
    store.undo(1)
    assert add(store, {"name": "Bo"}) == [2]


def test_random_edits_undone_in_reverse_leave_no_trace(store):
    import random

    draw = random.Random(7)
    add(store, *({"name": f"customer {n}", "city": "Bern"} for n in range(8)))
    before = everything(store)
    deeds = []
    for turn in range(40):
        with store.batch("edit") as batch:
            ids = draw.sample(range(1, 9), 3)
            deed = draw.choice(["change", "remove", "restore", "add"])
            if deed == "change":
                batch.change("customers", [{"id": n, "city": f"city {turn % 3} {n % 2}"} for n in ids])
            elif deed == "add":
                batch.add("customers", {"name": f"new {turn}"})
            else:
                (batch.remove if deed == "remove" else batch.restore)("customers", ids)
        deeds.append(store.revision())
    for number in sorted(set(deeds) - {1}, reverse=True):
        store.undo(number)
    assert everything(store) == before


def test_emptying_takes_everything_and_can_be_undone(store):
    add(store, {"name": "Ada"})
    before = everything(store)
    emptied = store.empty()
    assert names(store) == []
    store.undo(emptied)
    assert everything(store) == before


def test_withdrawing_takes_what_a_batch_added_and_what_hangs_on_it(store):
    with store.batch("demo") as batch:
        batch.add("customers", {"name": "Demo Ada"})
    add(store, {"name": "Own Bo"})
    with store.batch("edit") as batch:
        batch.change("customers", {"id": 1, "city": "Bern"})
        batch.add("orders", [{"order_no": "1", "customer_id": 1, "ordered_at": NOW, "status": "completed", "amount": 5},
                             {"order_no": "2", "customer_id": 2, "ordered_at": NOW, "status": "completed", "amount": 5}])
        batch.add("communications", {"customer_id": 1, "occurred_at": NOW, "channel": "email", "direction": "in",
                                     "content": "Hello"})
    before = everything(store)
    withdrawn = store.withdraw(1)
    assert names(store) == ["Own Bo"]
    assert store.cursor().execute("SELECT order_no, customer_id FROM orders ORDER BY 1").fetchall() == [("1", None), ("2", 2)]
    assert store.cursor().execute("SELECT count(*) FROM communications").fetchone() == (0,)
    store.undo(withdrawn)
    assert everything(store) == before


# --- the file -----------------------------------------------------------------------------------


def reopened(path):
    return open_store(path, clock=lambda: NOW)


def test_what_was_acknowledged_is_there_after_reopening(store):
    add(store, {"name": "Ada"})
    store.close()
    again = reopened(store.path)
    assert names(again) == ["Ada"] and again.revision() == 1 and again.check_alive() == 1
    again.close()


def test_a_second_process_is_told_who_holds_the_file(store):
    answer = subprocess.run([sys.executable, "-c", (
        "from crm_core.store import open_store; from crm_core.errors import DatabaseInUse\n"
        f"try: open_store({str(store.path)!r}, clock=None)\nexcept DatabaseInUse as error: print(error.facts['pid'])")],
        capture_output=True, text=True, cwd=PROJECT)
    import os
    assert answer.stdout.strip() == str(os.getpid()), answer.stderr


def test_a_file_from_a_newer_release_is_refused_and_left_alone(store):
    store.cursor().execute("INSERT INTO schema_steps VALUES (9999)")
    store.close()
    with pytest.raises(errors.DatabaseFromNewerRelease):
        reopened(store.path)


@pytest.mark.parametrize("content", [b"id,name\n1,Ada\n", b"id,name\n1,Ada\n" * 1000, b"PAR1 and so on", b"\x00" * 40_000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "not.duckdb"
    path.write_bytes(content)
    with pytest.raises(errors.DatabaseUnreadable):
        reopened(path)
    assert path.read_bytes() == content


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path):
    import duckdb

    with duckdb.connect(str(tmp_path / "other.duckdb")) as other:
        other.execute("CREATE TABLE theirs AS SELECT 1 AS x")
    content = (tmp_path / "other.duckdb").read_bytes()
    with pytest.raises(errors.DatabaseUnreadable):
        reopened(tmp_path / "other.duckdb")
    assert (tmp_path / "other.duckdb").read_bytes() == content


def test_lost_batches_are_noticed_at_opening(store):
    add(store, {"name": "Ada"})
    with store.ledger_path.open("a") as ledger:
        ledger.write(json.dumps({"number": 2, "rows": {}, "hash": "00"}) + "\n")
    store.close()
    with pytest.raises(errors.BatchesLost) as lost:
        reopened(store.path)
    assert (lost.value.facts["expected"], lost.value.facts["found"]) == (2, 1)


def test_a_ledger_of_another_history_is_noticed(store):
    add(store, {"name": "Ada"})
    store.ledger_path.write_text(json.dumps({"number": 1, "rows": {}, "hash": "00"}) + "\n")
    store.close()
    with pytest.raises(errors.LedgerDisagrees):
        reopened(store.path)


def test_a_torn_or_missing_line_of_the_ledger_is_mended_from_the_file(store):
    add(store, {"name": "Ada"})
    add(store, {"name": "Bo"})
    whole = store.ledger_path.read_bytes()
    store.close()
    store.ledger_path.write_bytes(whole[:-20])
    reopened(store.path).close()
    assert [json.loads(line)["number"] for line in store.ledger_path.read_text().splitlines()] == [1, 2]
    store.ledger_path.unlink()
    reopened(store.path).close()
    assert store.ledger_path.read_bytes() == whole


def test_the_ledger_of_a_file_that_is_gone_is_kept_as_a_witness(store):
    add(store, {"name": "Ada"})
    whole = store.ledger_path.read_bytes()
    store.close()
    store.path.unlink()
    again = reopened(store.path)
    assert again.revision() == 0 and store.path.with_name("shop.duckdb.ledger.old").read_bytes() == whole
    again.close()


def test_sql_here_can_neither_read_files_nor_python(store):
    secret = "a variable of Python"  # noqa: F841
    for attempt in ("SELECT * FROM read_text('/etc/hostname')", "SELECT * FROM secret", "INSTALL httpfs",
                    "COPY customers TO '/tmp/out.csv'", "SET enable_external_access = true"):
        with pytest.raises(Exception, match="disabled|does not exist|locked|Cannot|Permission"):
            store.cursor().execute(attempt)


def test_the_tables_of_the_file_are_those_of_tables_py(store):
    from crm_core.tables import SQL_TYPES, TABLES

    for name, table in TABLES.items():
        found = {column: (kind, nullable) for column, kind, nullable in store.cursor().execute(
            "SELECT column_name, data_type, is_nullable FROM duckdb_columns() "
            f"WHERE table_name = '{name}' AND schema_name = 'main'").fetchall()}
        expected = {"id": ("BIGINT", False), "deleted_at": ("TIMESTAMP", True), "changed_in": ("BIGINT", False)} | {
            column.name: (SQL_TYPES[column.type], not column.required) for column in table.columns}
        assert found == expected, name
        history = [row[0] for row in store.cursor().execute(f"DESCRIBE history.{name}").fetchall()]
        assert set(history) == {*found, "replaced_in"}
        # An undo holds whole rows against each other, column by column.
        assert [column for column in history if column != "replaced_in"] == [
            row[0] for row in store.cursor().execute(f"DESCRIBE {name}").fetchall()], name


def test_readers_go_on_while_a_batch_is_open(store):
    add(store, {"name": "Ada"})
    seen = []
    with store.batch("add") as batch:
        batch.add("customers", {"name": "Bo"})
        reader = threading.Thread(target=lambda: seen.append(names(store)))
        reader.start()
        reader.join(10)
    assert seen == [["Ada"]] and names(store) == ["Ada", "Bo"]


def test_a_running_batch_can_be_stopped_and_nothing_has_happened(store):
    def stop(batch):
        threading.Timer(0.3, store.interrupt, [batch]).start()

    with pytest.raises(errors.Cancelled), store.batch("import") as batch:
        stop(batch)
        batch.execute("SELECT count(*) FROM range(100000000000) a, range(1000) b WHERE a.range % 7 = b.range % 5")
    assert store.revision() == 0
    add(store, {"name": "Ada"})


FULL_DISK = """
import resource, signal, sys
from datetime import datetime
from crm_core.store import open_store
from crm_core.errors import NoRoomOnDisk
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_store(sys.argv[1], clock=lambda: datetime(2026, 3, 1))
with store.batch("add") as batch: batch.add("customers", {"name": "Ada"})
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
try:
    with store.batch("import") as batch:
        batch.insert("customers", "SELECT 'customer ' || range || repeat(md5(range::VARCHAR), 5) AS name FROM range(200000)")
    print("kept")
except NoRoomOnDisk: print("refused")
print(store.cursor().execute("SELECT name FROM customers").fetchall())
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with store.batch("add") as batch: batch.add("customers", {"name": "Bo"})
store.close()
"""


def test_a_full_disk_refuses_the_batch_and_keeps_what_was_there(tmp_path):
    """A limit on the size of files stands for the full disk: writing fails at the same place."""
    answer = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path / "shop.duckdb")],
                            capture_output=True, text=True, cwd=PROJECT)
    assert answer.stdout.splitlines() == ["refused", "[('Ada',)]"], answer.stderr[-2000:]
    store = reopened(tmp_path / "shop.duckdb")
    assert names(store) == ["Ada", "Bo"]
    store.close()


def test_times_are_kept_as_they_are_given(store):
    add(store, {"name": "Ada"})
    with store.batch("add") as batch:
        batch.add("communications", {"customer_id": 1, "occurred_at": datetime(2026, 2, 28, 23, 59), "channel": "email",
                                     "direction": "in", "content": "Hello"})
    assert store.record("communications", 1)["occurred_at"] == datetime(2026, 2, 28, 23, 59)


# --- the life of a row --------------------------------------------------------------------------


def test_every_version_of_a_row_tells_who_wrote_it_what_for_and_what_changed(store):
    with store.batch("add", "Ada", actor="mia") as batch:
        batch.add("customers", {"name": "Ada"})
    with store.batch("edit", "Ada", actor="tom") as batch:
        batch.change("customers", {"id": 1, "city": "Bern"})
    with store.batch("delete", "Ada") as batch:
        batch.remove("customers", [1])
    with store.batch("restore", "Ada") as batch:
        batch.restore("customers", [1])
    assert [(version.batch, version.actor, version.kind, version.deed, version.changed)
            for version in store.history("customers", 1)] == [
        (4, "local", "restore", "restored", {}), (3, "local", "delete", "removed", {}),
        (2, "tom", "edit", "changed", {"city": (None, "Bern")}), (1, "mia", "add", "added", {"name": (None, "Ada")})]


def test_the_history_of_a_row_that_was_away_for_a_while_says_so(store):
    add(store, {"name": "Ada"})
    store.undo(1)
    store.undo(2)
    assert [(version.batch, version.deed) for version in store.history("customers", 1)] == [
        (3, "added"), (2, "taken_away"), (1, "added")]
    with pytest.raises(errors.RowNotFound):
        store.history("customers", 99)


def test_an_old_version_is_put_back_as_a_new_change(store):
    add(store, {"name": "Ada", "city": "Bern"})
    with store.batch("edit", "Ada") as batch:
        batch.change("customers", {"id": 1, "city": "Basel", "company": "Acme"})
    first = store.history("customers", 1)[-1]
    with store.batch("version", "Ada") as batch:
        batch.change("customers", {"id": 1, **first.row}, read_at=2)
    row = store.record("customers", 1)
    assert (row["city"], row["company"]) == ("Bern", None)
    assert store.history("customers", 1)[0].changed == {"city": ("Basel", "Bern"), "company": ("Acme", None)}


def test_what_hangs_on_a_row_is_counted_before_it_is_deleted(store):
    add(store, {"name": "Ada"}, {"name": "Bo"})
    with store.batch("add") as batch:
        batch.add("orders", [{"order_no": no, "customer_id": 1, "ordered_at": NOW, "status": "open", "amount": 1}
                             for no in "xy"])
        batch.add("relationships", {"customer_id": 2, "related_id": 1, "relation": "partner"})
        batch.remove("orders", [2])
    assert store.hanging_on("customers", 1) == {"orders": 1, "relationships": 1}


def test_a_row_deleted_by_somebody_else_is_not_edited_unawares(store):
    add(store, {"name": "Ada"})
    with store.batch("delete") as batch:
        batch.remove("customers", [1])
    with pytest.raises(errors.RowDeleted), store.batch("edit") as batch:
        batch.change("customers", {"id": 1, "city": "Bern"}, read_at=1)


def test_what_hangs_on_a_deleted_row_can_be_edited_and_deleted_but_not_newly_pointed_there(store):
    add(store, {"name": "Ada"}, {"name": "Bo"})
    order = {"customer_id": 1, "ordered_at": NOW, "status": "open", "amount": 1}
    with store.batch("add") as batch:
        batch.add("orders", [{**order, "order_no": "x"}, {**order, "order_no": "y", "customer_id": 2}])
    with store.batch("delete") as batch:
        batch.remove("customers", [1])
    with store.batch("edit") as batch:
        batch.change("orders", {"id": 1, "status": "completed"})
    with pytest.raises(errors.ReferenceMissing), store.batch("edit") as batch:
        batch.change("orders", {"id": 2, "customer_id": 1})
    with store.batch("delete") as batch:
        batch.remove("orders", [1])
    with pytest.raises(errors.ReferenceMissing), store.batch("restore") as batch:
        batch.restore("orders", [1])


# --- a customer by e-mail -----------------------------------------------------------------------


def test_a_customer_is_got_changed_and_deleted_by_e_mail(store):
    from crm_core.store import by_email

    add(store, {"name": "Ada", "email": "ada@example.com"})
    assert by_email.find(store, " ADA@Example.com")["name"] == "Ada"
    assert by_email.change(store, "ada@example.com", {"city": "Bern"})["city"] == "Bern"
    assert by_email.delete(store, "ada@example.com")["id"] == 1
    for deed in (by_email.find, by_email.delete, by_email.communications, lambda s, e: by_email.change(s, e, {})):
        with pytest.raises(errors.EmailNotFound) as told:
            deed(store, "ada@example.com ")
        assert told.value.facts == {"email": "ada@example.com"}


def test_all_communications_of_a_customer_come_newest_first(store):
    from crm_core.store import by_email

    add(store, {"name": "Ada", "email": "ada@example.com"}, {"name": "Bo"})
    with store.batch("add") as batch:
        batch.add("communications", [
            {"customer_id": customer, "occurred_at": datetime(2026, 1, day), "channel": "email", "direction": "in",
             "content": f"day {day}"} for customer, day in ((1, 3), (1, 9), (2, 8), (1, 1))])
    assert by_email.communications(store, "ada@example.com").content.tolist() == ["day 9", "day 3", "day 1"]


# --- an order in one piece ----------------------------------------------------------------------

HEAD = {"order_no": "17", "ordered_at": NOW, "status": "open"}


def lines_of(store, order_id: int) -> list[tuple]:
    return store.cursor().execute(
        "SELECT line_no, quantity, unit_price::DOUBLE, amount::DOUBLE FROM order_lines WHERE order_id = $id "
        "AND deleted_at IS NULL ORDER BY line_no", {"id": order_id}).fetchall()


def test_an_order_is_kept_with_its_lines_and_its_amounts_are_computed(store):
    from crm_core.store.orders import save_order

    with store.batch("add", "17") as batch:
        order_id = save_order(batch, HEAD, [{"quantity": 2, "unit_price": 3.5}, {"quantity": 3, "unit_price": 0.335},
                                            {"quantity": None, "unit_price": None}])
    assert lines_of(store, order_id) == [(1, 2, 3.5, 7.0), (2, 3, 0.335, 1.005)]
    assert store.record("orders", order_id)["amount"] == 8.005 and store.revision() == 1


def test_lines_are_added_changed_and_removed_in_one_batch(store):
    from crm_core.store.orders import save_order

    with store.batch("add") as batch:
        save_order(batch, HEAD, [{"quantity": 1, "unit_price": 10}, {"quantity": 1, "unit_price": 20}])
    with store.batch("edit") as batch:
        save_order(batch, {}, [{"id": 2, "line_no": 2, "quantity": 3, "unit_price": 20},
                               {"quantity": 1, "unit_price": 5}], order_id=1, read_at=1)
    assert lines_of(store, 1) == [(1, 1, 5, 5), (2, 3, 20, 60)] and store.record("orders", 1)["amount"] == 65
    store.undo(2)
    assert lines_of(store, 1) == [(1, 1, 10, 10), (2, 1, 20, 20)] and store.record("orders", 1)["amount"] == 30


def test_a_line_that_is_not_touched_keeps_the_amount_of_its_file(store):
    from crm_core.store.orders import with_amounts

    lines, amount = with_amounts([{"quantity": 3, "unit_price": 3.33, "as_read": (3, 3.33, 10)}])
    assert float(amount) == 10
    assert float(with_amounts([{**lines[0], "quantity": 4}])[1]) == 13.32


def test_an_order_needs_a_line_and_a_line_its_quantity_and_price(store):
    from crm_core.store.orders import save_order

    with pytest.raises(errors.NoLines), store.batch("add") as batch:
        save_order(batch, HEAD, [])
    with pytest.raises(errors.ValueMissing) as told, store.batch("add") as batch:
        save_order(batch, HEAD, [{"quantity": 1, "unit_price": None}])
    assert told.value.facts["column"] == "unit_price" and store.revision() == 0


def test_an_order_whose_lines_moved_on_is_not_overwritten(store):
    from crm_core.store.orders import save_order

    with store.batch("add") as batch:
        save_order(batch, HEAD, [{"quantity": 1, "unit_price": 10}])
    with store.batch("edit") as batch:
        batch.change("order_lines", {"id": 1, "quantity": 2, "amount": 20})
    with pytest.raises(errors.RowMovedOn), store.batch("edit") as batch:
        save_order(batch, {}, [{"id": 1, "line_no": 1, "quantity": 5, "unit_price": 10}], order_id=1, read_at=1)


def test_an_order_goes_and_comes_back_with_the_lines_it_had(store):
    from crm_core.store.orders import remove_order, restore_order, save_order

    with store.batch("add") as batch:
        save_order(batch, HEAD, [{"quantity": 1, "unit_price": 10}, {"quantity": 1, "unit_price": 20}])
    with store.batch("edit") as batch:
        save_order(batch, {}, [{"id": 1, "line_no": 1, "quantity": 1, "unit_price": 10}], order_id=1)
    with store.batch("delete") as batch:
        remove_order(batch, 1)
    assert lines_of(store, 1) == []
    with store.batch("restore") as batch:
        restore_order(batch, 1)
    assert lines_of(store, 1) == [(1, 1, 10, 10)]


# --- a sheet of changes -------------------------------------------------------------------------


@pytest.fixture
def sheet(store):
    from crm_core.store import Sheet

    add(store, {"name": "Ada", "email": "ada@example.com", "city": "Bern"}, {"name": "Bo", "customer_no": "B"},
        {"name": "Cy"})
    return Sheet("customers")


def test_a_sheet_is_written_as_one_batch(store, sheet):
    from crm_core.store.sheet import conflicts, problems, write

    sheet.change(1, "city", "Bern", "Basel", read_at=1)
    sheet.change(2, "gender", None, "male", read_at=1)
    sheet.change(3, "name", "Cy", "Cyd", read_at=1)
    sheet.change(3, "name", "Cyd", "Cy", read_at=1)  # typed back
    sheet.add({"name": "Di"})
    sheet.delete(3, read_at=1)
    assert sheet.counts == {"changed": 2, "added": 1, "removed": 1}
    assert problems(store, sheet) == [] and conflicts(store, sheet) == []
    with store.batch("sheet") as batch:
        write(batch, sheet)
    assert names(store) == ["Ada", "Bo", "Di"] and store.record("customers", 1)["city"] == "Basel"
    assert store.revision() == 2
    store.undo(2)
    assert names(store) == ["Ada", "Bo", "Cy"] and store.record("customers", 1)["city"] == "Bern"


def test_a_sheet_names_every_wrong_cell_by_row_and_column(store, sheet):
    from crm_core.store.sheet import problems

    sheet.change(1, "phone", None, "none", read_at=1)
    sheet.change(1, "birth_date", None, date(2030, 1, 1), read_at=1)
    sheet.change(2, "gender", None, "unknown", read_at=1)
    sheet.add({"city": "Bern"})
    told = [(problem.row, problem.column, type(problem.error).__name__, problem.error.facts["rule"])
            for problem in problems(store, sheet)]
    assert told == [(1, "birth_date", "RuleBroken", "birth_date"), (1, "phone", "RuleBroken", "phone"),
                    (2, "gender", "RuleBroken", "choice"), (-1, None, "RuleBroken", "somebody")]
    assert store.revision() == 1


def test_a_key_that_is_taken_or_given_twice_is_named_at_its_row(store, sheet):
    from crm_core.store.sheet import problems

    sheet.change(2, "email", None, "ADA@example.com", read_at=1)
    sheet.add({"customer_no": "X"})
    sheet.add({"customer_no": "X"})
    assert [(problem.row, problem.column, type(problem.error).__name__) for problem in problems(store, sheet)] == [
        (2, "email", "KeyTaken"), (-1, "customer_no", "KeyTaken"), (-2, "customer_no", "KeyTaken")]


def test_two_rows_may_swap_a_key_with_a_sheet(store, sheet):
    from crm_core.store.sheet import problems, write

    sheet.change(1, "email", "ada@example.com", None, read_at=1)
    sheet.change(3, "email", None, "ada@example.com", read_at=1)
    assert problems(store, sheet) == []
    with store.batch("sheet") as batch:
        write(batch, sheet)
    assert store.frame("customer_by_email", email="ada@example.com").id[0] == 3


def test_what_somebody_else_changed_meanwhile_is_told_by_field(store, sheet):
    from crm_core.store.sheet import Conflict, conflicts, write

    sheet.change(1, "city", "Bern", "Basel", read_at=1)
    sheet.change(2, "city", None, "Chur", read_at=1)
    with store.batch("edit") as batch:
        batch.change("customers", [{"id": 1, "city": "Genf"}, {"id": 2, "city": None}])
        batch.remove("customers", [2])
    assert conflicts(store, sheet) == [Conflict(1, False, {"city": ("Bern", "Basel", "Genf")}), Conflict(2, True, {})]
    with pytest.raises((errors.RowMovedOn, errors.RowDeleted)), store.batch("sheet") as batch:
        write(batch, sheet)
    assert store.revision() == 2


def test_references_are_named_by_number_e_mail_or_id(store, sheet):
    from crm_core.store.sheet import names_of, resolve

    assert resolve(store, "customers", ["B", " Ada@Example.com ", "#3", "nobody", None, "#x"]) == {
        "B": 2, "Ada@Example.com": 1, "#3": 3}
    assert names_of(store, "customers", [1, 2, 3]) == {1: "ada@example.com", 2: "B", 3: "#3"}


# --- finding ------------------------------------------------------------------------------------

WANTED = {"text": "", "digits": "", "deleted": False, "limit": 50, "offset": 0, "sort": "newest", "gender": "",
          "status": "", "channel": "", "direction": "", "priority": "", "relation": ""}


def found(store, table: str, **wanted) -> list[int]:
    return store.frame(f"find_{table}", **{**WANTED, **wanted}).id.tolist()


def test_every_table_is_found_by_its_texts_its_customer_and_its_choices(store):
    add(store, {"name": "Ada Wong", "city": "Bern", "gender": "female"}, {"name": "Bo", "phone": "+44 20 7946 0018"})
    with store.batch("add") as batch:
        batch.add("products", [{"product_no": "T1", "name": "Tea", "price": 3}, {"product_no": "P1", "name": "Pot", "price": 20}])
        batch.add("orders", [
            {"order_no": "SO-1", "customer_id": 1, "ordered_at": NOW, "status": "open", "amount": 5, "channel": "web"},
            {"order_no": "SO-2", "customer_id": 2, "ordered_at": datetime(2026, 1, 1), "status": "completed", "amount": 9}])
        batch.add("communications", [
            {"customer_id": 1, "occurred_at": NOW, "channel": "email", "direction": "in", "content": "Where is my tea?"},
            {"occurred_at": NOW, "channel": "chat", "direction": "in", "content": "Hello, a stranger"}])
        batch.add("service_requests", {"customer_id": 2, "opened_at": NOW, "status": "open", "priority": "high", "subject": "Broken pot"})
        batch.add("opportunities", {"customer_id": 1, "name": "Tea bar", "status": "won", "owner": "Mia"})
        batch.add("relationships", {"customer_id": 1, "related_id": 2, "relation": "partner", "note": "since school"})
        batch.add("campaigns", {"name": "Spring", "channel": "email"})
    assert found(store, "customers", text="wong") == found(store, "customers", gender="female") == [1]
    assert found(store, "customers", text="0018", digits="0018") == [2]
    assert found(store, "customers", sort="name") == [1, 2] and found(store, "customers") == [2, 1]
    assert found(store, "products", text="tea") == [1] and found(store, "products", sort="price") == [2, 1]
    assert found(store, "orders", text="wong") == found(store, "orders", text="so-1") == found(store, "orders", status="open") == [1]
    assert found(store, "orders", sort="amount") == found(store, "orders", sort="oldest") == [2, 1]
    assert found(store, "orders", text="WEB") == [1]
    assert found(store, "communications", text="tea") == found(store, "communications", text="wong") == [1]
    assert found(store, "communications", channel="chat") == found(store, "communications", text="stranger") == [2]
    assert found(store, "service_requests", text="pot", priority="high") == [1]
    assert found(store, "opportunities", text="mia") == [1] and found(store, "opportunities", status="open") == []
    assert found(store, "relationships", text="bo") == found(store, "relationships", text="school") == [1]
    assert found(store, "campaigns", text="spr") == [1]


def test_a_page_of_what_is_found_says_how_much_there_is_in_all(store):
    add(store, *({"name": f"Customer {n}"} for n in range(7)))
    page = store.frame("find_customers", **{**WANTED, "limit": 3, "offset": 3})
    assert page.id.tolist() == [4, 3, 2] and page.found.tolist() == [7, 7, 7]


def test_what_was_said_with_a_deleted_customer_is_not_listed(store):
    add(store, {"name": "Ada"})
    with store.batch("add") as batch:
        batch.add("communications", {"customer_id": 1, "occurred_at": NOW, "channel": "email", "direction": "in", "content": "x"})
    with store.batch("delete") as batch:
        batch.remove("customers", [1])
    assert found(store, "communications") == []


@pytest.mark.parametrize(("typed", "like"), [
    ({"email": " ADA@example.com"}, [1]),
    ({"phone": "020 7946 0018"}, [1]),
    ({"name": "Ada Wong"}, [1]),
    ({"name": "ada wongg", "city": "Bern"}, [1]),
    ({"name": "Ada Wong", "city": "Basel"}, []),  # a namesake elsewhere
    ({"name": "Ada W", "birth_date": date(1990, 5, 17)}, [1]),
    ({"name": "Zoe", "city": "Bern"}, []),
    ({"phone": "12"}, []),
    ({}, []),
])
def test_a_customer_being_typed_in_is_held_against_those_there(store, typed, like):
    add(store, {"name": "Ada Wong", "email": "ada@example.com", "phone": "+44 20 7946 0018", "city": "Bern",
                "birth_date": date(1990, 5, 17)}, {"name": "Ben Li", "city": "Bern"})
    asked = dict.fromkeys(("name", "email", "phone", "city", "company")) | {"birth_date": None, "except_id": 0, "limit": 5}
    assert store.frame("looks_like", **{**asked, **typed}).id.tolist() == like
    assert store.frame("looks_like", **{**asked, **typed, "except_id": 1}).id.tolist() == []


def test_a_customers_timeline_holds_everything_newest_first_and_can_be_narrowed(store):
    add(store, {"name": "Ada"}, {"name": "Bo"})
    with store.batch("add") as batch:
        batch.add("orders", {"order_no": "1", "customer_id": 1, "ordered_at": datetime(2026, 1, 1), "status": "open", "amount": 5})
        batch.add("communications", {"customer_id": 1, "occurred_at": datetime(2026, 1, 3), "channel": "email", "direction": "in", "content": "x"})
        batch.add("service_requests", {"customer_id": 1, "opened_at": datetime(2026, 1, 2), "status": "open"})
        batch.add("opportunities", {"customer_id": 1, "name": "Bar", "status": "open", "opened_on": date(2026, 1, 4), "amount": 7})
        batch.add("relationships", {"customer_id": 2, "related_id": 1, "relation": "partner", "since": date(2025, 1, 1)})
        batch.add("campaigns", {"name": "Spring"})
        batch.add("campaign_members", {"campaign_id": 1, "customer_id": 1, "variant": "a", "sent_at": datetime(2026, 1, 5)})
    asked = {"customer_id": 1, "kinds": "", "limit": 20, "offset": 0}
    line = store.frame("customer_timeline", **asked)
    assert line.table_name.tolist() == ["customers", "campaign_members", "opportunities", "communications",
                                        "service_requests", "orders", "relationships"]
    assert line.found.tolist() == [7] * 7
    assert store.frame("customer_timeline", **{**asked, "kinds": "orders,opportunities"}).table_name.tolist() == [
        "opportunities", "orders"]
    assert store.frame("customer_timeline", **{**asked, "limit": 2, "offset": 2}).row_id.tolist() == [1, 1]
    figures = store.frame("customer_figures", customer_id=1).iloc[0]
    assert (figures.orders, figures.revenue, figures.requests_open, figures.messages, figures.opportunities_amount) == (1, 5, 1, 1, 7)


# --- finding one among many ---------------------------------------------------------------------


@pytest.mark.parametrize(("text", "digits", "names"), [
    ("wong", "", ["Ada Wong"]), ("WONG", "", ["Ada Wong"]), ("小明", "", ["王小明"]), ("k-7", "", ["王小明"]),
    ("0158/577", "0158577", ["Ada Wong"]), ("+49 158 57714958", "4915857714958", ["Ada Wong"]),
    ("example.com", "", ["王小明", "Ada Wong"]), ("nobody", "", []), ("", "", ["王小明", "Ada Wong"])])
def test_a_customer_is_found_by_any_part_of_what_is_known(store, text, digits, names):
    with store.batch("form") as batch:
        batch.add("customers", [
            {"name": "Ada Wong", "email": "Ada@Example.com", "phone": "0158/57714958", "customer_no": "A-1"},
            {"name": "王小明", "email": "xm@example.com", "phone": None, "customer_no": "K-7"}])
    found = store.frame("find_customers", text=text, digits=digits, deleted=False, limit=50, offset=0, sort="newest", gender="")
    assert list(found["name"]) == names and set(found["found"]) <= {len(names)}


def test_a_customer_is_found_by_phone_however_it_is_written_and_by_what_it_was_changed_to(store):
    with store.batch("form") as batch:
        batch.add("customers", {"name": "Ada", "phone": "(0158) 5771-4958"})
    for phone in ("015857714958", "+49 158 57714958", "０１５８ 57714958"):
        assert list(store.frame("customer_by_phone", phone=phone)["name"]) == ["Ada"], phone
    with store.batch("form") as batch:
        batch.change("customers", {"id": 1, "phone": "030 12345678", "name": "Ada Li"})
    assert store.frame("customer_by_phone", phone="015857714958").empty
    assert list(store.frame("find_customers", text="li", digits="", deleted=False, limit=9, offset=0, sort="newest", gender="")["id"]) == [1]


def test_the_customers_of_an_older_file_are_found_by_their_keys(tmp_path):
    import duckdb

    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute((PROJECT / "crm_core/store/schema/0001_book_of_record.sql").read_text())
        connection.execute("CREATE TABLE schema_steps (step INTEGER NOT NULL); INSERT INTO schema_steps VALUES (1)")
        connection.execute("INSERT INTO customers BY NAME SELECT 1 AS id, 'Ada Wong' AS name, 'Ada@x.org' AS email, "
                           "'ada@x.org' AS email_key, '030 1234567' AS phone, 0 AS changed_in")
    store = open_store(path, clock=lambda: NOW)
    try:
        assert len(store.frame("customer_by_email", email="ADA@X.org")) == 1
        assert len(store.frame("customer_by_phone", phone="+49 30 1234567")) == 1
        assert len(store.frame("find_customers", text="wong", digits="", deleted=False, limit=9, offset=0, sort="newest", gender="")) == 1
    finally:
        store.close()
