"""python -m crm_core: import, undo and doctor from a shell, with sentences in two languages and exit codes."""
import csv
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from crm_core.__main__ import main
from crm_core.store import open_store
from tests.conftest import NOW, PROJECT

LINES = """order no,date,customer id,sku,qty,price
A1,2026-01-05,7,P1,2,19.90
A1,2026-01-05,7,P2,6,1.50
A2,2026-01-06,8,P1,1,19.90
"""


@pytest.fixture(autouse=True)
def english_shell(monkeypatch, tmp_path):
    """An English shell whose database stands in the test's folder."""
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("CRM_DATABASE", str(tmp_path / "shop.duckdb"))


@pytest.fixture
def lines(tmp_path) -> str:
    return written(tmp_path / "lines.csv", LINES)


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def asked(tmp_path, sql: str) -> list[tuple]:
    store = open_store(tmp_path / "shop.duckdb", clock=lambda: NOW)
    try:
        with store.cursor() as cursor:
            return cursor.execute(sql).fetchall()
    finally:
        store.close()


def fill_a_small_demo(tmp_path) -> None:
    store = open_store(tmp_path / "shop.duckdb", clock=lambda: NOW)
    with store.batch("demo", "demo shop") as batch:
        batch.add("customers", [{"name": "Made Up"}, {"name": "Also Made Up"}])
    store.close()


def test_a_file_is_imported_shown_and_taken_back(tmp_path, lines, capsys):
    assert main(["import", lines]) == 0
    said = capsys.readouterr().out
    assert "price → order_lines.unit_price" in said and "Imported as change 1:" in said
    assert "Order lines: 3 new, 0 updated, 0 unchanged" in said
    assert main(["doctor"]) == 0
    assert "in order, 1 change" in capsys.readouterr().out
    assert main(["undo", "1"]) == 0
    assert "Change 1 was taken back (by change 2)." in capsys.readouterr().out
    assert asked(tmp_path, "SELECT count(*) FROM orders") == [(0,)]


def test_the_second_import_says_that_nothing_changed(tmp_path, lines, capsys):
    main(["import", lines])
    capsys.readouterr()
    assert main(["import", lines]) == 0
    assert "lines.csv holds nothing that is not there already" in capsys.readouterr().out
    assert asked(tmp_path, "SELECT count(*) FROM batches") == [(1,)]


def test_a_dry_run_says_what_would_be_and_leaves_nothing(tmp_path, lines, capsys):
    assert main(["import", lines, "--dry-run"]) == 0
    assert "It would be so; nothing was changed:" in capsys.readouterr().out
    assert not list(tmp_path.glob("shop.duckdb*"))
    main(["import", lines])
    more = written(tmp_path / "more.csv", LINES + "A3,2026-01-07,9,P1,1,19.90\n")
    capsys.readouterr()
    assert main(["import", more, "--dry-run"]) == 0
    assert "Orders: 1 new, 0 updated, 2 unchanged" in capsys.readouterr().out
    assert asked(tmp_path, "SELECT count(*) FROM orders") == [(2,)]


def test_columns_encoding_delimiter_and_date_order_can_be_told(tmp_path, capsys):
    path = tmp_path / "umsatz.csv"
    path.write_text("Beleg|Tag|Umsatz|Käufer\n1|3/4/2026|1.234,50|7\n", encoding="cp1252")
    told = ["import", str(path), "--encoding", "cp1252", "--delimiter", "|", "--map", "Beleg=orders.order_no",
            "--map", "Tag=orders.ordered_at", "--map", "Umsatz=orders.amount", "--map", "Käufer=customers.customer_no"]
    assert main(told) == 1
    said = capsys.readouterr().err
    assert 'In the column "Tag" dates such as 3/4/2026 can be read two ways.' in said and "--date-order" in said
    assert main([*told, "--date-order", "day-first"]) == 0
    assert asked(tmp_path, "SELECT order_no, strftime(ordered_at, '%Y-%m-%d'), amount FROM orders") == [
        ("1", "2026-04-03", Decimal("1234.5"))]


def test_a_column_can_be_left_out(tmp_path, capsys):
    path = written(tmp_path / "people.csv", "name,email\nAda,not an address\n")
    assert main(["import", path, "--map", "email="]) == 0
    assert "email (left out)" in capsys.readouterr().out
    assert asked(tmp_path, "SELECT name, email FROM customers") == [("Ada", None)]


def test_rejected_rows_are_written_out_harmlessly(tmp_path, capsys):
    path = written(tmp_path / "people.csv", "name,email\nAda,ada@example.com\n=1+1,=HYPERLINK()\n")
    assert main(["import", path, "--rejects", str(tmp_path / "rejects.csv")]) == 0
    assert "1 row is good, 1 is rejected" in capsys.readouterr().out
    with open(tmp_path / "rejects.csv", encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["line", "column", "reason", "value", "raw"],
            ["3", "email", "an e-mail looks like name@example.com", "'=HYPERLINK()", "'=1+1,=HYPERLINK()"]]


def test_the_language_is_the_shells_or_the_one_told(lines, monkeypatch, capsys):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert main(["import", lines]) == 0
    assert "已导入（改动编号 1）" in capsys.readouterr().out
    assert main(["undo", "9"]) == 1
    assert "9" in (said := capsys.readouterr().err) and "There is no" not in said
    assert main(["undo", "9", "--language", "en"]) == 1
    assert capsys.readouterr().err.startswith("There is no change with the number 9.")


# --- the demo shop ------------------------------------------------------------------------------


def test_an_import_does_not_mix_with_the_demo_unasked(tmp_path, lines, capsys):
    fill_a_small_demo(tmp_path)
    assert main(["import", lines]) == 1
    assert "The demo shop with 2 made-up customers is still here." in capsys.readouterr().err
    assert asked(tmp_path, "SELECT count(*) FROM batches") == [(1,)]


def test_beside_demo_keeps_both(tmp_path, lines):
    fill_a_small_demo(tmp_path)
    assert main(["import", lines, "--beside-demo"]) == 0
    assert asked(tmp_path, "SELECT count(*) FROM customers") == [(4,)]


def test_remove_demo_takes_it_away_first(tmp_path, lines, capsys):
    fill_a_small_demo(tmp_path)
    assert main(["import", lines, "--remove-demo", "--dry-run"]) == 0
    assert asked(tmp_path, "SELECT count(*) FROM customers") == [(2,)]
    assert main(["import", lines, "--remove-demo"]) == 0
    assert "The demo shop was removed (change 2)." in capsys.readouterr().out
    assert asked(tmp_path, "SELECT customer_no FROM customers ORDER BY 1") == [("7",), ("8",)]
    assert main(["import", lines]) == 0  # it is gone: nothing to ask any more


def test_a_bad_file_does_not_cost_the_demo(tmp_path):
    fill_a_small_demo(tmp_path)
    assert main(["import", written(tmp_path / "bad.csv", "name,email\n"), "--remove-demo"]) == 1
    assert asked(tmp_path, "SELECT count(*) FROM customers") == [(2,)]


# --- what goes wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "told"), [
    ("", "bad.csv is empty."),
    ("name,email\n", "has a header line and no rows"),
    ("name,email\nAda\nBo\nCy,c@example.com\n", "2 rows of bad.csv have another number of cells"),
    ("petal,stamen\n1,2\n", "tells what a row of it is"),
    ("order no,sku,qty,price\nA1,P1,2,5\n", "does not say which columns are: Order date"),
    ("name,email\nAda,x\n", "all its rows (1) are rejected"),
    ("order no,date,total\n1,3/4/2026,5\n2,5/6/2026,5\n", "can be read two ways"),
    ("name,email\nAda\0,a@b.c\n", "is not a text file: line 2"),
])
def test_bad_input_is_one_sentence_and_leaves_the_database_as_it_was(tmp_path, lines, capsys, content, told):
    main(["import", lines])
    before = asked(tmp_path, "SELECT max(number), (SELECT sum(amount) FROM orders) FROM batches")
    capsys.readouterr()
    assert main(["import", written(tmp_path / "bad.csv", content)]) == 1
    said = capsys.readouterr().err
    assert told in said and "{" not in said and "Traceback" not in said
    assert asked(tmp_path, "SELECT max(number), (SELECT sum(amount) FROM orders) FROM batches") == before


def test_a_file_or_a_database_that_is_not_there_is_told_and_not_made(tmp_path, capsys):
    assert main(["import", str(tmp_path / "nowhere.csv")]) == 1
    assert main(["doctor"]) == 1
    assert main(["undo", "1"]) == 1
    assert capsys.readouterr().err.count("There is no file") == 3 and not list(tmp_path.glob("shop.duckdb*"))


def test_a_database_that_another_process_holds_is_told(tmp_path, lines):
    store = open_store(tmp_path / "shop.duckdb", clock=lambda: NOW)
    done = subprocess.run([sys.executable, "-m", "crm_core", "import", lines], cwd=PROJECT, capture_output=True,
                          text=True, env=os.environ | {"PYTHONIOENCODING": "utf-8"}, timeout=120)
    assert done.returncode == 1 and f"number {os.getpid()}" in done.stderr and "Traceback" not in done.stderr
    assert store.revision() == 0
    store.close()


def test_a_database_of_a_newer_release_is_told(tmp_path, lines, capsys):
    main(["import", lines])
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("INSERT INTO schema_steps VALUES (9999)")
    capsys.readouterr()
    assert main(["import", lines]) == 1
    assert "written by a newer release" in capsys.readouterr().err


def test_what_is_no_database_is_told(tmp_path, lines, capsys):
    written(tmp_path / "shop.duckdb", "no database")
    assert main(["import", lines]) == 1
    assert "is not a workbench database or is damaged" in capsys.readouterr().err


# --- doctor -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("harm", "told"), [
    ("UPDATE orders SET amount = amount + 1 WHERE id = 1", "1 order has another amount than the sum of the lines"),
    ("DELETE FROM products WHERE id = 1", "Order lines, product_id: 2 rows point at nothing in Products"),
    ("UPDATE customers SET customer_no = '7'", "Customers, customer_no: 1 value stands in several rows"),
    ("UPDATE orders SET id = 1", "Orders: 1 id stands in several rows"),
    ("UPDATE customers SET email = 'nowhere' WHERE id = 1", "Customers: 1 row breaks a rule"),
    ("UPDATE next_ids SET next_id = 1 WHERE table_name = 'orders'", "the next id of Orders is taken already"),
])
def test_the_doctor_finds_what_is_wrong(tmp_path, lines, capsys, harm, told):
    main(["import", lines])
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(harm)
    capsys.readouterr()
    assert main(["doctor"]) == 1
    said = capsys.readouterr()
    assert told in said.out and "Restore a backup" in said.err


def test_the_doctor_holds_the_ledger_against_the_database(tmp_path, lines, capsys):
    main(["import", lines])
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("DELETE FROM batches")
    assert main(["doctor"]) == 1
    assert "has lost its newest changes" in capsys.readouterr().err


def test_the_shell_says_no_key_that_is_not_in_both_languages():
    import re

    from crm_core.sentences import words

    text = (PROJECT / "crm_core" / "__main__.py").read_text(encoding="utf-8")
    keys = set(re.findall(r'say\("([a-z_.]+)"', text))
    for language in ("en", "zh"):
        assert keys - set(words(language)) == set()


def test_every_reason_of_a_reject_has_words_in_both_languages():
    from crm_core.data_entry import REASONS
    from crm_core.sentences import words

    for language in ("en", "zh"):
        assert {f"reject.{reason}" for reason in REASONS} - set(words(language)) == set()


def test_the_list_of_rejects_is_never_written_over_another_file(lines, tmp_path, capsys):
    before = Path(lines).read_bytes()
    for target in (lines, str(tmp_path / "nowhere" / "rejects.csv")):
        assert main(["import", lines, "--rejects", target]) == 1
        assert "cannot be written" in capsys.readouterr().err
    assert Path(lines).read_bytes() == before


# --- kept mappings, sheets, refusals in two languages ---------------------------------------------

TILL = "Beleg;Tag;Umsatz;Kunde\n1;03.04.2026;1.234,50;7\n"
TILL_MEANS = {"Beleg": "orders.order_no", "Tag": "orders.ordered_at", "Umsatz": "orders.amount",
              "Kunde": "customers.customer_no"}


@pytest.fixture
def till(tmp_path) -> str:
    """A file of a till, and the mapping kept for it."""
    from crm_core.data_entry import Mapping

    store = open_store(tmp_path / "shop.duckdb", clock=lambda: NOW)
    with store.batch("mapping", "Till") as batch:
        batch.add("mappings", Mapping("orders", TILL_MEANS).as_row("Till", date_order="day first"))
    store.close()
    return written(tmp_path / "till.csv", TILL)


def test_a_kept_mapping_says_what_columns_mean_and_how_dates_are_read(tmp_path, till, capsys):
    assert main(["import", till, "--mapping", "till"]) == 0
    assert "Kept mapping: Till" in capsys.readouterr().out
    assert asked(tmp_path, "SELECT order_no, strftime(ordered_at, '%Y-%m-%d'), amount FROM orders") == [
        ("1", "2026-04-03", Decimal("1234.5"))]


def test_a_kept_mapping_that_fits_exactly_is_used_unasked(till, capsys):
    assert main(["import", till, "--dry-run"]) == 0
    assert "Kept mapping: Till" in capsys.readouterr().out


def test_a_mapping_that_is_not_kept_is_told_with_those_that_are(till, capsys):
    assert main(["import", till, "--mapping", "Tills"]) == 1
    assert "There is no kept mapping “Tills”. Kept are: Till." in capsys.readouterr().err


def test_a_column_that_is_gone_is_told_and_can_be_replaced_or_given_up(tmp_path, till, capsys):
    other = written(tmp_path / "other.csv", TILL.replace("Umsatz", "Betrag X").replace("Kunde", "Filiale"))
    assert main(["import", other, "--mapping", "Till"]) == 1
    said = capsys.readouterr().err
    assert "lacks columns that the kept mapping “Till” uses: Umsatz, Kunde" in said and '--map "Umsatz="' in said
    told = ["import", other, "--mapping", "Till", "--map", "Betrag X=orders.amount", "--map", "Kunde="]
    assert main(told) == 0
    assert asked(tmp_path, "SELECT amount, customer_id FROM orders") == [(Decimal("1234.5"), None)]


def test_the_line_of_the_header_and_the_kind_can_be_told(tmp_path, capsys):
    path = written(tmp_path / "list.csv", "our,people\nname,email\nAda,ada@example.com\n")
    assert main(["import", path, "--header-line", "2", "--kind", "customers"]) == 0
    assert "header in line 2" in capsys.readouterr().out
    assert asked(tmp_path, "SELECT name FROM customers") == [("Ada",)]


def test_the_sheet_can_be_told(tmp_path, capsys):
    import openpyxl
    book = openpyxl.Workbook()
    book.active.append(["read me"])
    sheet = book.create_sheet("客户")
    for row in (["姓名", "邮箱"], ["王芳", "wang@example.com"]):
        sheet.append(row)
    book.save(tmp_path / "customers.xlsx")
    assert main(["import", str(tmp_path / "customers.xlsx"), "--sheet", "客户"]) == 0
    assert "sheet “客户” (2 of 2)" in capsys.readouterr().out
    assert asked(tmp_path, "SELECT name FROM customers") == [("王芳",)]


def test_where_every_row_is_rejected_the_list_is_written_all_the_same(tmp_path):
    path = written(tmp_path / "bad.csv", "name,email\n" + "Ada,none\n" * 30)
    assert main(["import", path, "--rejects", str(tmp_path / "out.csv")]) == 1
    with open(tmp_path / "out.csv", encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 31


def test_a_file_that_is_being_written_is_not_imported(tmp_path, lines, monkeypatch, capsys):
    from crm_core import data_entry

    real = data_entry.load

    def written_meanwhile(*arguments, **options):
        Path(lines).write_text(LINES + "A4,2026-01-08,9,P1,1,19.90\n", encoding="utf-8")
        return real(*arguments, **options)

    monkeypatch.setattr(data_entry, "load", written_meanwhile)
    assert main(["import", lines]) == 1
    assert "still being written" in capsys.readouterr().err
    assert asked(tmp_path, "SELECT count(*) FROM orders") == [(0,)]


COMMANDS = "import|watch|clean|segments|series|forecast|predict|grade|texts|undo|doctor|salesforce"


@pytest.mark.parametrize(("arguments", "english", "chinese"), [
    ([], f"Something is missing: {COMMANDS}.", f"缺少：{COMMANDS}。"),
    (["import"], "Something is missing: FILE.", "缺少：FILE。"),
    (["import", "a.csv", "--fast"], "Not understood: --fast.", "无法识别：--fast。"),
    (["undo", "x"], "x does not fit NUMBER.", "x 不适用于 NUMBER。"),
    (["import", "a.csv", "--kind", "stars"], "stars does not fit --kind. Choose among", "stars 不适用于 --kind，可选："),
    (["import", "a.csv", "--sheet"], "--sheet needs a value after it.", "--sheet 后面需要一个值。"),
    (["import", "a.csv", "--beside-demo", "--remove-demo"], "cannot stand together", "不能同时使用"),
])
def test_what_is_not_understood_is_told_in_both_languages(arguments, english, chinese, monkeypatch, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and english in capsys.readouterr().err
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    with pytest.raises(SystemExit):
        main(arguments)
    said = capsys.readouterr().err
    assert chinese in said and "usage" not in said


def test_the_help_speaks_the_language(monkeypatch, capsys):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    for arguments in (["--help"], ["import", "--help"], ["watch", "--help"]):
        with pytest.raises(SystemExit):
            main(arguments)
        said = capsys.readouterr().out
        assert "显示此帮助" in said and "show this help" not in said and "optional" not in said
