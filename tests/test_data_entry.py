"""Files that people bring: decoded, cut, mapped, cast with reasons, loaded as one batch, and taken back."""
import json
import threading
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from crm_core import data_entry, errors
from crm_core.data_entry import Limits, meanings, needed, propose_mapping
from tests.conftest import NOW

ORDER_LINES = """Order No,Date,Customer ID,Customer Name,SKU,Product,Qty,Price
A1,2026-01-05 10:00,7,Ada Wong,P1,Kettle,2,19.90
A1,2026-01-05 10:00,7,Ada Wong,P2,Cup,6,1.50
A2,2026-01-06 11:30,8,Bo Li,P1,Kettle,1,19.90
"""


@pytest.fixture
def file(tmp_path):
    """A function that writes a file: text in an encoding, or bytes as they are."""

    def write(content: str | bytes, name: str = "shop.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """The folder in which readings keep their temporary folders: what is left in it was not cleaned up."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def in_a_child():
    """For tests that are about the child process or about the whole way."""


@pytest.fixture(autouse=True)
def at_once(request, monkeypatch):
    """Elsewhere the child's work is done in this process: a hundred processes would take their time."""
    if "in_a_child" in request.fixturenames:
        return
    from crm_core.data_entry import checking, reading

    def work_here(job, arguments, *, name, size, progress=None, **_):
        work = {"read": reading.work, "check": checking.work}[job]
        return json.loads(json.dumps(work(json.loads(json.dumps(arguments)), progress or (lambda share: None))))

    monkeypatch.setattr("crm_core.data_entry.reading.run_in_child", work_here)
    monkeypatch.setattr("crm_core.data_entry.checking.run_in_child", work_here)


def check(path, mapping=None, **how):
    """Reading and checked file; the reading's folder goes with the test's folder."""
    told = {key: how.pop(key) for key in ("encoding", "delimiter") if key in how}
    reading = data_entry.read(path, **told)
    return data_entry.check(reading, reading.mapping.told(mapping) if mapping else None, at=NOW, **how)


def bring(store, path, mapping=None, **how):
    checked = check(path, mapping, **how)
    with store.batch("import", checked.name) as batch:
        return data_entry.load(batch, checked)


def rows(store, sql: str) -> list[tuple]:
    with store.cursor() as cursor:
        return cursor.execute(sql).fetchall()


def rejects(checked) -> list[tuple]:
    return [(row.line, row.column, row.reason, row.value) for row in checked.rejects.itertuples()]


def customers(store) -> list[tuple]:
    return rows(store, "SELECT customer_no, name, email FROM customers WHERE deleted_at IS NULL ORDER BY id")


# --- the whole way ------------------------------------------------------------------------------


@pytest.mark.usefixtures("in_a_child")
def test_a_flat_file_of_order_lines_fills_four_tables_in_one_pass(store, file):
    loaded = bring(store, file(ORDER_LINES))
    assert {table: counts["added"] for table, counts in loaded.tables.items()} == {
        "customers": 2, "products": 2, "orders": 2, "order_lines": 3}
    assert rows(store, "SELECT customer_no, name FROM customers ORDER BY id") == [("7", "Ada Wong"), ("8", "Bo Li")]
    assert rows(store, "SELECT product_no, name FROM products ORDER BY id") == [("P1", "Kettle"), ("P2", "Cup")]
    assert rows(store, "SELECT order_no, customer_id, ordered_at, status, amount FROM orders ORDER BY id") == [
        ("A1", 1, datetime(2026, 1, 5, 10), "completed", Decimal("48.8")),
        ("A2", 2, datetime(2026, 1, 6, 11, 30), "completed", Decimal("19.9"))]
    assert rows(store, """SELECT order_id, line_no, product_id, quantity, unit_price, amount
                          FROM order_lines ORDER BY id""") == [
        (1, 1, 1, 2.0, Decimal("19.9"), Decimal("39.8")), (1, 2, 2, 6.0, Decimal("1.5"), Decimal("9")),
        (2, 1, 1, 1.0, Decimal("19.9"), Decimal("19.9"))]


@pytest.mark.usefixtures("in_a_child")
def test_the_same_file_twice_changes_nothing_and_makes_no_batch(store, file):
    bring(store, file(ORDER_LINES))
    again = bring(store, file(ORDER_LINES))
    assert again.changes_nothing and store.revision() == 1
    assert again.tables["order_lines"] == {"added": 0, "changed": 0, "unchanged": 3}


@pytest.mark.usefixtures("in_a_child")
def test_undo_takes_an_import_back_whole(store, file):
    bring(store, file(ORDER_LINES))
    store.undo(1)
    assert [rows(store, f"SELECT count(*) FROM {table}") for table in ("customers", "products", "orders", "order_lines")
            ] == [[(0,)]] * 4


@pytest.mark.usefixtures("in_a_child")
def test_a_rehearsal_tells_exactly_what_the_import_then_does(store, file):
    bring(store, file(ORDER_LINES))
    newer = ORDER_LINES.replace("Bo Li", "Bo Lin") + "A3,2026-01-07,9,Cy Fu,P3,Pot,1,30\n"
    checked = check(file(newer))
    with store.rehearsal("import", "shop.csv") as batch:
        told = data_entry.load(batch, checked)
    assert store.revision() == 1 and rows(store, "SELECT count(*) FROM orders") == [(2,)]
    with store.batch("import", "shop.csv") as batch:
        done = data_entry.load(batch, checked)
    assert told == done
    assert done.tables["customers"] == {"added": 1, "changed": 1, "unchanged": 1}
    assert rows(store, "SELECT name FROM customers ORDER BY id") == [("Ada Wong",), ("Bo Lin",), ("Cy Fu",)]


@pytest.mark.usefixtures("in_a_child")
def test_online_retail_is_imported_whole_and_its_published_counts_are_found_again(store, data_set, tmp_path):
    import pyarrow.csv
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(data_set("online_retail_2010_2011") / "online_retail.parquet")
    pyarrow.csv.write_csv(table, tmp_path / "online_retail.csv")
    checked = check(tmp_path / "online_retail.csv")
    assert (checked.rows, checked.good, checked.rejected) == (541_909, 541_909, 0)
    assert checked.amount == Decimal("9747747.934")
    with store.batch("import", checked.name) as batch:
        data_entry.load(batch, checked)
    assert rows(store, """
        SELECT (SELECT count(*) FROM order_lines), (SELECT count(*) FROM orders), (SELECT count(*) FROM products),
               (SELECT count(*) FROM customers), (SELECT count(DISTINCT country) FROM orders),
               (SELECT count(*) FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.order_no LIKE 'C%'),
               (SELECT count(*) FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.status = 'cancelled'),
               (SELECT sum(amount) FROM orders), (SELECT min(ordered_at) FROM orders),
               (SELECT max(ordered_at) FROM orders)""") == [
        (541_909, 25_900, 4_070, 4_372, 38, 9_288, 9_288, Decimal("9747747.9340"),
         datetime(2010, 12, 1, 8, 26), datetime(2011, 12, 9, 12, 50))]
    with store.batch("import", checked.name) as batch:
        assert data_entry.load(batch, checked).changes_nothing
    assert store.revision() == 1
    store.undo(1)
    assert rows(store, "SELECT count(*) FROM order_lines") == rows(store, "SELECT count(*) FROM customers") == [(0,)]


def test_a_day_as_the_shop_exported_it_has_customers_with_a_point_and_a_nought(data_set):
    checked = check(data_set("online_retail_2010_2011") / "raw_day_2010-12-01.csv")
    assert (checked.rows, checked.rejected) == (3108, 0)


def test_a_file_of_orders_fills_orders_and_customers_only(store, file):
    loaded = bring(store, file("customer id,order date,order id,total\n7,2026-01-05,A1,48.80\n7,2026-02-05,A2,10\n"))
    assert {table: counts["added"] for table, counts in loaded.tables.items()} == {"customers": 1, "orders": 2}


def test_orders_without_numbers_are_found_again(store, file):
    text = "会员编号,消费日期,消费金额\n0007,2026-01-05,48.80\n0007,2026-01-05,10\n0008,2026-01-06,5\n"
    told = {"消费日期": "orders.ordered_at"}
    bring(store, file(text), told)
    assert rows(store, "SELECT count(DISTINCT order_no), count(DISTINCT customer_id) FROM orders") == [(3, 2)]
    assert bring(store, file(text), told).changes_nothing


def test_a_file_of_customers_fills_customers(store, file):
    text = ("Customer ID,Name,E-Mail,Gender,Birthday,Newsletter,Created\n"
            "007,Ada Wong,ada@example.com,F,1990-05-01,yes,2020-01-01\n008,NA,,男,,否,\n")
    bring(store, file(text))
    assert rows(store, """SELECT customer_no, name, email, email_key, gender, birth_date, consent_email, joined_on
                          FROM customers ORDER BY id""") == [
        ("007", "Ada Wong", "ada@example.com", "ada@example.com", "female", date(1990, 5, 1), True, date(2020, 1, 1)),
        ("008", "NA", None, None, "male", None, False, None)]


# --- decoding -----------------------------------------------------------------------------------

CHINESE = """订单号,订单日期,客户编号,客户姓名,商品编号,商品名称,数量,单价
A1,2026年1月5日,7,王小明,P1,电热水壶,2,￥19.90
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_chinese_headers_are_read_in_the_encodings_that_excel_writes(file, encoding):
    checked = check(file(CHINESE, encoding=encoding))
    assert (checked.good, checked.amount, checked.first_at) == (1, Decimal("39.8"), datetime(2026, 1, 5))


def test_what_a_western_excel_writes_is_read(store, file):
    text = "Kundennr;Name;Datum;Betrag\r\n7;Jürgen Groß;05.01.2026;1.234,50 €\r\n8;Zoë;31.01.2026;0,99 €\r\n"
    bring(store, file(text, encoding="cp1252"), {
        "Kundennr": "customers.customer_no", "Datum": "orders.ordered_at", "Betrag": "orders.amount"})
    assert rows(store, """SELECT c.name, o.ordered_at, o.amount
                          FROM orders o JOIN customers c ON c.id = o.customer_id""") == [
        ("Jürgen Groß", datetime(2026, 1, 5), Decimal("1234.5")), ("Zoë", datetime(2026, 1, 31), Decimal("0.99"))]


def test_the_reading_shows_what_was_guessed_and_the_person_overrules_it(file):
    path = file("名称;邮箱\n王小明;wang@example.com\n", encoding="gb18030")
    with data_entry.read(path) as reading:
        assert (reading.encoding, reading.encoding_guessed, reading.delimiter) == ("gb18030", True, ";")
        assert reading.sample == [{"名称": "王小明", "邮箱": "wang@example.com"}]
    with data_entry.read(path, encoding="GBK", delimiter=";") as reading:
        assert (reading.encoding_guessed, reading.headers) == (False, ("名称", "邮箱"))


def test_the_line_by_which_excel_is_told_the_delimiter_is_no_row(file):
    with data_entry.read(file("sep=;\nname;email\nAda, Countess;ada@example.com\n")) as reading:
        assert (reading.delimiter, reading.sample) == (";", [{"name": "Ada, Countess", "email": "ada@example.com"}])


@pytest.mark.parametrize(("content", "told"), [
    ("name,email\nJürgen,j@example.com\n".encode("cp1252"), "utf-8"),
    ("name,email\nJürgen Müßig Groß,j@example.com\n".encode(), "cp1252"),  # would read as JÃ¼rgen
    ("name,email\n王小明,w@example.com\n".encode("gb18030"), "utf-8"),
    (b"name,email\nAda,ada@example.com\n", "utf-16"),
    (b"name,email\nAda,ada@example.com\n", "klingon"),
    ("name,email\nAda,ada@example.com\n".encode("utf-16"), "gb18030"),
])
def test_a_wrong_encoding_is_refused(file, folders, content, told):
    with pytest.raises(errors.FileNotReadable) as refused:
        data_entry.read(file(content), encoding=told)
    assert refused.value.facts["encoding"] == told and list(folders.iterdir()) == []


def test_the_line_that_does_not_fit_the_encoding_is_named(file):
    with pytest.raises(errors.FileNotReadable) as refused:
        data_entry.read(file(b"name,email\nAda,a@example.com\nZo\xeb,z@example.com\n"), encoding="utf-8")
    assert refused.value.facts["line"] == 3


def test_every_encoding_of_the_samples_is_recognised_or_asked_for(data_set, tmp_path):
    from crm_core.data_entry.decode import decode

    right = asked = total = 0
    readable = {"gb2312": "gb18030", "iso8859_1": "cp1252", "euc_kr": "cp949", "big5": "cp950"}
    for path in sorted(data_set("encodings_a").glob("*/*")):
        total += 1
        truth = path.read_bytes().decode(readable.get(path.parent.name, path.parent.name), "replace").lstrip("\ufeff")
        try:
            decode(path, tmp_path / "text", path.name)
        except errors.EncodingUnknown:
            asked += 1
            continue
        right += (tmp_path / "text").read_bytes().decode() == truth
    assert right + asked >= 0.95 * total


# --- cutting into rows and cells ----------------------------------------------------------------


def test_line_breaks_commas_and_quotes_inside_cells_stay(file):
    text = 'name,email,note\n"Wong, Ada",ada@example.com,"she said ""hi""\nand left"\nBo,bo@example.com,5" pipe\n'
    with data_entry.read(file(text)) as reading:
        assert [tuple(row.values()) for row in reading.sample] == [
            ("Wong, Ada", "ada@example.com", 'she said "hi"\nand left'), ("Bo", "bo@example.com", '5" pipe')]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_ragged_rows_are_rejected_by_their_line(file, line_end):
    text = line_end.join(["name,email", "Ada,ada@example.com", "Bo", "", "Cy,cy@example.com",
                          "Di,di@example.com,x", ",", '"Ed","ed@example.com"', "Fu,fu@example.com", ""])
    checked = check(file(text))
    assert (checked.rows, checked.good, checked.rejected) == (6, 4, 2)
    assert [tuple(row) for row in checked.rejects.itertuples(index=False)] == [
        (3, None, "cells_missing", None, "Bo"), (6, None, "cells_too_many", None, "Di,di@example.com,x")]


def test_lines_are_counted_through_cells_of_several_lines(file):
    text = 'name,email,note\nAda,ada@example.com,"one\ntwo\nthree"\nBo,not an address,x\nCy,cy@example.com,"a\nb"\nDi\n'
    checked = check(file(text))
    assert rejects(checked) == [(5, "email", "rule.email", "not an address"), (8, None, "cells_missing", None)]
    assert list(checked.rejects["raw"]) == ["Bo,not an address,x", "Di"]


def test_a_quote_that_is_never_closed_costs_its_own_line_only(file):
    text = "name,email,city\n" + "".join(
        f'{"" if n != 3 else chr(34)}N{n},n{n}@example.com,Bern\n' for n in range(1, 8))
    with data_entry.read(file(text)) as reading:
        assert (reading.rows, reading.ragged) == (7, 0) and reading.sample[2]["name"] == '"N3'
        assert reading.notes == (("stray_quotes", {"count": 1, "line": 4}),)


def test_two_stray_quotes_do_not_swallow_the_rows_between_them(file):
    lines = [f"N{n},n{n}@example.com,Bern" for n in range(1, 10)]
    lines[2] = '"N3,n3@example.com,Bern'
    lines[6] = 'N7",n7@example.com,Bern'
    with data_entry.read(file("name,email,city\n" + "\n".join(lines) + "\n")) as reading:
        assert [row["name"] for row in reading.sample[2:7]] == ['"N3', "N4", "N5", "N6", 'N7"']
        assert reading.notes == (("stray_quotes", {"count": 1, "line": 4}),)


def test_both_ways_of_cutting_give_the_same_cells_and_lines(tmp_path):
    import pyarrow.parquet as pq

    from crm_core.data_entry import parse
    from crm_core.data_entry.dialect import Dialect

    text = tmp_path / "text.csv"
    text.write_text('a,b\n"x",y\n,\n"p,q",""\n 1 ,"r""s"\ntoo,many,cells\nfew\n\n5" z,\n"end",',
                    encoding="utf-8", newline="")
    dialect = Dialect(",", ("a", "b"), 2)
    assert parse._quotes_are_plain(text, dialect)
    found = []
    for way, arguments in ((parse._parse_plain, (True,)), (parse._parse_carefully, ())):
        count, ragged = way(text, dialect, *arguments, tmp_path / "cells", lambda share: None)
        found.append((count, [row[:2] for row in ragged.rows], pq.read_table(tmp_path / "cells").to_pylist()))
    assert found[0] == found[1]
    assert [row["line"] for row in found[0][2]] == [2, 4, 5, 9, 10]
    assert found[0][1] == [(6, "cells_too_many"), (7, "cells_missing")]


# --- mapping ------------------------------------------------------------------------------------


def test_the_headers_of_online_retail_explain_themselves():
    headers = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
    mapping = propose_mapping(headers, [])
    assert mapping.kind == "order_lines"
    assert list(mapping.columns.values()) == [
        "orders.order_no", "products.product_no", "products.name", "order_lines.quantity", "orders.ordered_at",
        "order_lines.unit_price", "customers.customer_no", "orders.country"]


@pytest.mark.parametrize(("headers", "kind", "meant"), [
    (["订单编号", "下单时间", "会员编号", "商品编码", "商品名称", "购买数量", "单价", "收货国家"], "order_lines",
     ["orders.order_no", "orders.ordered_at", "customers.customer_no", "products.product_no", "products.name",
      "order_lines.quantity", "order_lines.unit_price", "orders.country"]),
    (["ORDER_ID", "order-date", "Customer Name", "sku", "QTY", "price"], "order_lines",
     ["orders.order_no", "orders.ordered_at", "customers.name", "products.product_no", "order_lines.quantity",
      "order_lines.unit_price"]),
    (["customer_id", "date", "amount"], "orders", ["customers.customer_no", "orders.ordered_at", "orders.amount"]),
    (["id", "date", "customer", "total"], "orders",
     ["orders.order_no", "orders.ordered_at", "customers.name", "orders.amount"]),
    (["id", "name", "e-mail", "created at", "favourite colour"], "customers",
     ["customers.customer_no", "customers.name", "customers.email", "customers.joined_on", "customers.extra"]),
    (["id", "petal length", "petal width"], "customers", [None, None, None]),
])
def test_headers_in_both_languages_are_mapped(headers, kind, meant):
    mapping = propose_mapping(headers, [])
    assert (mapping.kind, list(mapping.columns.values())) == (kind, meant)


def test_a_column_headed_customer_is_a_number_where_it_holds_numbers():
    headers = ["order", "date", "customer", "total"]
    sample = [{"order": "1", "date": "2026-01-01", "customer": "C-17", "total": "5"}]
    assert propose_mapping(headers, sample).columns["customer"] == "customers.customer_no"


def test_an_amount_beside_quantity_and_price_is_the_lines_where_it_is_their_product():
    headers = ["order no", "date", "sku", "qty", "price", "amount"]
    row = {"order no": "1", "date": "2026-01-01", "sku": "P1", "qty": "2", "price": "3", "amount": "6.00"}
    assert propose_mapping(headers, [row]).columns["amount"] == "order_lines.amount"
    assert propose_mapping(headers, [row | {"amount": "20"}]).columns["amount"] is None


def test_what_the_person_says_outranks_what_was_proposed():
    mapping = propose_mapping(["order no", "date", "total", "paid"], [])
    told = mapping.told({"paid": "orders.amount"})
    assert (told.columns["total"], told.columns["paid"], told.kind) == (None, "orders.amount", "orders")


def test_each_kind_lists_its_meanings_and_needs():
    assert "orders.order_no" in meanings("order_lines") and "orders.amount" in meanings("orders")
    assert needed("order_lines") == [
        "orders.order_no", "orders.ordered_at", "order_lines.quantity", "order_lines.unit_price"]
    assert set(meanings("customers")) >= {"customers.customer_no", "customers.email"}
    for kind in ("order_lines", "orders", "customers"):
        assert set(needed(kind)) <= set(meanings(kind))


# --- casting with reasons -----------------------------------------------------------------------


def cast(path, header: str) -> list:
    """What became of the values of a column of order amounts or dates, in order."""
    checked = check(path)
    import pyarrow.parquet as pq

    orders = pq.read_table(checked.folder / "orders.parquet").to_pylist()
    return [row[header] for row in orders], rejects(checked)


def orders_file(amounts=(), dates=()) -> str:
    amounts, dates = amounts or ["1"] * len(dates), dates or ["2026-01-05"] * len(amounts)
    return "order no\tdate\ttotal\n" + "".join(
        f"A{n}\t{day}\t{amount}\n" for n, (day, amount) in enumerate(zip(dates, amounts, strict=True), 1))


def test_money_is_read_as_people_write_it(file):
    written = ["¥1,234.50", "1.234,50 €", "(12.00)", "１２，３４５．６７", "1\u2009234,50", "5-", "CHF 1’234.50",
               "12元", "-0.5"]
    read, wrong = cast(file(orders_file(written)), "amount")
    assert [str(amount.normalize()) for amount in read] == [
        "1234.5", "1234.5", "-12", "12345.67", "1234.5", "-5", "1234.5", "12", "-0.5"] and wrong == []


def test_what_is_no_number_is_named(file):
    read, wrong = cast(file(orders_file(["1", "abc", "12 34", "1.2.3", "", "99999999999999"])), "amount")
    assert len(read) == 1 and wrong == [
        (3, "total", "not_a_number", "abc"), (4, "total", "not_a_number", "12 34"),
        (5, "total", "not_a_number", "1.2.3"),
        (6, "total", "missing", None), (7, "total", "number_too_large", "99999999999999")]


@pytest.mark.parametrize(("written", "read"), [
    (["1,234", "2.5"], ["1234", "2.5"]),
    (["1.234", "2,5"], ["1234", "2.5"]),
    (["1.234", "0.5"], ["1.234", "0.5"]),
    (["1,234", "1,234,567"], ["1234", "1234567"]),
])
def test_one_decimal_sign_holds_for_a_whole_column(file, written, read):
    assert [f"{amount.normalize():f}" for amount in cast(file(orders_file(written)), "amount")[0]] == read


def test_a_number_in_doubt_is_rejected_where_the_column_tells_both_ways(file):
    _, wrong = cast(file(orders_file(["1,5", "2.5", "1,234"])), "amount")
    assert wrong == [(4, "total", "number_ambiguous", "1,234")]


def test_dates_are_read_as_people_and_programs_write_them(file):
    written = ["2010-12-01", "2010-12-01T08:26:30+08:00", "2015/3/1", "2010年12月1日 下午3:05", "20101201",
               "1 Dec 2010", "Dec 1, 2010 8:26 PM", "01.12.2010", "24.12.2010 8:26"]
    read, wrong = cast(file(orders_file(dates=written)), "ordered_at")
    assert wrong == [] and read == [
        datetime(2010, 12, 1), datetime(2010, 12, 1, 0, 26, 30), datetime(2015, 3, 1), datetime(2010, 12, 1, 15, 5),
        datetime(2010, 12, 1), datetime(2010, 12, 1), datetime(2010, 12, 1, 20, 26), datetime(2010, 12, 1),
        datetime(2010, 12, 24, 8, 26)]


@pytest.mark.parametrize(("written", "first"), [
    (["12/1/10 8:26", "12/25/10 9:00"], datetime(2010, 12, 1, 8, 26)),
    (["1/12/2010 8:26", "13/12/2010 9:00"], datetime(2010, 12, 1, 8, 26)),
])
def test_one_order_of_day_and_month_holds_for_a_whole_column(file, written, first):
    assert cast(file(orders_file(dates=written)), "ordered_at")[0][0] == first


def test_dates_that_can_be_read_two_ways_are_asked_for(file):
    path = file(orders_file(dates=["3/4/2026", "5/6/2025"]))
    with pytest.raises(errors.DateOrderAmbiguous) as asked:
        check(path)
    assert asked.value.facts["column"] == "date"
    assert check(path, date_order="day first").last_at == datetime(2026, 4, 3)
    assert check(path, date_order="month first").last_at == datetime(2026, 3, 4)


def test_dates_of_two_kinds_are_asked_for_and_those_that_do_not_fit_are_rejected(file):
    path = file(orders_file(dates=["31/1/2026", "1/31/2026", "2/3/2026"]))
    with pytest.raises(errors.DateOrderAmbiguous):
        check(path)
    checked = check(path, date_order="day first")
    assert rejects(checked) == [(3, "date", "date_other_order", "1/31/2026")]
    assert checked.last_at == datetime(2026, 3, 2) and checked.date_orders == {"date": "day first"}


def test_a_few_slips_among_many_dates_are_rejected_not_asked_for(file):
    checked = check(file(orders_file(dates=["31/1/2026"] * 40 + ["1/31/2026"])))
    assert (checked.good, rejects(checked)) == (40, [(42, "date", "date_other_order", "1/31/2026")])


def test_what_is_no_date_is_named(file):
    written = ["2026-01-01", "2026-02-30", "soon", "", "9999-12-31", "1899-12-30"]
    assert cast(file(orders_file(dates=written)), "ordered_at")[1] == [
        (3, "date", "not_a_date", "2026-02-30"), (4, "date", "not_a_date", "soon"), (5, "date", "missing", None),
        (6, "date", "rule.time", "9999-12-31"), (7, "date", "rule.time", "1899-12-30")]


def test_identifiers_stay_texts(store, file):
    bring(store, file("customer no,name,email\n00123,NA,\n0x1F,null,\n9007199254740993,None,\n1e5,nan,\n"))
    assert customers(store) == [("00123", "NA", None), ("0x1F", "null", None), ("9007199254740993", "None", None),
                                ("1e5", "nan", None)]


def test_a_point_and_a_nought_are_taken_off_only_where_the_whole_column_has_them(store, file):
    head = "order no,date,customer id,sku,qty,price\n"
    bring(store, file(head + "1.0,2026-01-01,17850.0,22.0,1,1\n2.0,2026-01-01,,22.1,1,1\n"))
    assert rows(store, """SELECT o.order_no, c.customer_no
                          FROM orders o LEFT JOIN customers c ON c.id = o.customer_id ORDER BY 1""") == [
        ("1", "17850"), ("2", None)]
    assert rows(store, "SELECT product_no FROM products ORDER BY 1") == [("22.0",), ("22.1",)]


def test_stock_codes_that_differ_in_case_are_different_products(store, file):
    bring(store, file("order no,date,sku,qty,price\n1,2026-01-01,15056bl,1,1\n1,2026-01-01,15056BL,1,1\n"))
    assert rows(store, "SELECT product_no FROM products ORDER BY id") == [("15056bl",), ("15056BL",)]


def test_an_order_needs_no_customer(store, file):
    bring(store, file("order no,date,customer id,sku,qty,price\n1,2026-01-01,,P1,1,1\n2,2026-01-01,NULL,P1,1,1\n"))
    assert rows(store, "SELECT customer_id FROM orders") == [(None,), (None,)] and customers(store) == []


def test_every_problem_of_a_row_is_told_with_its_line_column_reason_and_text(file):
    text = ("customer no,name,email,gender,birthday,newsletter\n1,Ada,ada@example.com,F,1990-01-01,yes\n"
            "2,Bo,bo at example,robot,2090-01-01,perhaps\n")
    checked = check(file(text))
    assert sorted(rejects(checked)) == [
        (3, "birthday", "rule.birth_date", "2090-01-01"), (3, "email", "rule.email", "bo at example"),
        (3, "gender", "unknown_word", "robot"), (3, "newsletter", "not_yes_or_no", "perhaps")]
    assert set(checked.rejects["raw"]) == {"2,Bo,bo at example,robot,2090-01-01,perhaps"}
    assert (checked.good, checked.rejected, checked.reasons["rule.email"]) == (1, 1, 1)


def test_a_customer_without_number_name_email_and_phone_is_nobody(file):
    checked = check(file("name,email,city\nAda,,Bern\n,,Basel\n"))
    assert rejects(checked) == [(3, None, "rule.somebody", None)]


def test_full_width_signs_in_an_email_are_read_as_the_plain_ones(store, file):
    bring(store, file("name,email\n王小明,wang＠example．com\n"))
    assert customers(store) == [(None, "王小明", "wang@example.com")]


# --- matching -----------------------------------------------------------------------------------


def test_customers_match_by_number_then_by_email(store, file):
    bring(store, file("customer no,name,email\n1,Ada,ada@example.com\n,Bo,bo@example.com\n"))
    loaded = bring(store, file("customer no,name,email,city\n1,Ada Wong,,Bern\n2,Bo Li,BO@example.com,Basel\n"
                               ",Cy,cy@example.com,\n"))
    assert loaded.tables["customers"] == {"added": 1, "changed": 2, "unchanged": 0}
    assert customers(store) == [
        ("1", "Ada Wong", "ada@example.com"), ("2", "Bo Li", "BO@example.com"), (None, "Cy", "cy@example.com")]


def test_customers_with_neither_are_found_again_by_name_and_phone(store, file):
    text = "name,phone\nAda,031 555 01 01\nAda,031 555 02 02\nBo,\n"
    bring(store, file(text))
    assert bring(store, file(text)).changes_nothing and len(customers(store)) == 3


def test_an_empty_cell_wipes_nothing(store, file):
    bring(store, file("customer no,name,email\n1,Ada,ada@example.com\n"))
    assert bring(store, file("customer no,name,email\n1,,\n")).changes_nothing


def test_the_same_customer_twice_in_a_file_is_told(file):
    checked = check(file("customer no,name,email\n1,Ada,\n2,Bo,b@example.com\n1,Ada Wong,\n3,Cy,B@example.com\n"))
    assert rejects(checked) == [
        (4, "customer no", "twice_in_file", "1"), (5, "email", "email_of_another", "B@example.com")]


def test_an_email_that_another_customer_has_is_a_conflict(store, file):
    bring(store, file("customer no,name,email\n1,Ada,ada@example.com\n"))
    loaded = bring(store, file("customer no,name,email\n2,Bo,ada@example.com\n3,Cy,cy@example.com\n"))
    assert (loaded.conflict_count, loaded.conflicts[0]["customer_no"]) == (1, "2")
    assert customers(store) == [("1", "Ada", "ada@example.com"), ("3", "Cy", "cy@example.com")]


def test_a_customer_whom_the_file_names_in_two_ways_is_a_conflict(store, file):
    bring(store, file("customer no,name,email\n1,Ada,ada@example.com\n"))
    loaded = bring(store, file("customer no,name,email\n1,Ada Wong,\n,Ada Li,ada@example.com\n"))
    assert [conflict["reason"] for conflict in loaded.conflicts] == ["twice_in_file"]
    assert customers(store) == [("1", "Ada Wong", "ada@example.com")]


def test_orders_of_customers_known_by_name_only_are_found_again(store, file):
    text = "date,customer name,total\n2026-01-05,Ada Wong,5\n2026-01-05,Ada Wong,6\n2026-01-06,Bo Li,7\n"
    bring(store, file(text))
    assert rows(store, "SELECT order_no FROM orders ORDER BY id") == [
        ("Ada Wong 2026-01-05 00:00:00 1",), ("Ada Wong 2026-01-05 00:00:00 2",), ("Bo Li 2026-01-06 00:00:00 1",)]
    assert bring(store, file(text)).changes_nothing and len(customers(store)) == 2


def test_in_a_file_of_orders_a_taken_email_is_left_out_and_the_order_kept(store, file):
    bring(store, file("customer no,name,email\n1,Ada,ada@example.com\n"))
    loaded = bring(store, file("order no,date,customer no,email,total\nA1,2026-01-01,2,ada@example.com,5\n"))
    assert loaded.conflict_count == 1
    assert rows(store, "SELECT c.customer_no, c.email FROM orders o JOIN customers c ON c.id = o.customer_id") == [
        ("2", None)]


def test_a_deleted_customer_is_not_matched(store, file):
    bring(store, file("customer no,name\n1,Ada\n"))
    with store.batch("form") as batch:
        batch.remove("customers", [1])
    bring(store, file("customer no,name\n1,Ada\n"))
    assert rows(store, "SELECT id, deleted_at IS NULL FROM customers ORDER BY id") == [(1, False), (2, True)]


# --- orders and lines ---------------------------------------------------------------------------

HEAD = "order no,date,customer id,sku,qty,price\n"


def amounts(store) -> list[tuple]:
    return rows(store, """
        SELECT o.order_no, o.amount,
               (SELECT sum(l.amount) FROM order_lines l WHERE l.order_id = o.id AND l.deleted_at IS NULL)
        FROM orders o ORDER BY o.order_no""")


@pytest.mark.parametrize("second", [
    "A1,2026-01-01,7,P1,2,5\n",  # fewer lines
    "A1,2026-01-01,7,P1,2,5\nA1,2026-01-01,7,P2,1,3\nA1,2026-01-01,7,P3,1,9\n",  # more
    "A1,2026-01-01,7,P1,3,5\nA1,2026-01-01,7,P2,1,4\n",  # other quantities and prices
])
def test_an_orders_amount_stays_the_sum_of_its_lines(store, file, second):
    bring(store, file(HEAD + "A1,2026-01-01,7,P1,2,5\nA1,2026-01-01,7,P2,1,3\n"))
    bring(store, file(HEAD + second))
    assert all(amount == of_lines for _, amount, of_lines in amounts(store)) and len(amounts(store)) == 1


def test_a_removed_line_does_not_count(store, file):
    bring(store, file(HEAD + "A1,2026-01-01,7,P1,2,5\nA1,2026-01-01,7,P2,1,3\n"))
    with store.batch("form") as batch:
        batch.remove("order_lines", [2])
        batch.change("orders", {"id": 1, "amount": 10})
    bring(store, file(HEAD + "A1,2026-01-01,7,P1,4,5\n"))
    assert amounts(store) == [("A1", Decimal(20), Decimal(20))]


def test_a_file_of_orders_does_not_contradict_the_lines_of_the_book(store, file):
    bring(store, file(HEAD + "A1,2026-01-01,7,P1,2,5\n"))
    loaded = bring(store, file("order no,date,customer id,total,status\nA1,2026-01-01,7,12.50,refunded\n"))
    assert (loaded.amounts_kept, rows(store, "SELECT amount, status FROM orders")) == (1, [(Decimal(10), "cancelled")])


def test_a_credit_note_is_a_cancelled_order(store, file):
    bring(store, file(HEAD + "536365,2026-01-01,7,P1,2,5\nC536366,2026-01-02,7,P1,-2,5\nC77,2026-01-02,7,P1,2,5\n"))
    assert rows(store, "SELECT order_no, status, amount FROM orders ORDER BY id") == [
        ("536365", "completed", Decimal(10)), ("C536366", "cancelled", Decimal(-10)), ("C77", "completed", Decimal(10))]


def test_statuses_of_other_systems_are_understood(store, file):
    text = ("order no,date,total,status\n1,2026-01-01,1,Paid\n2,2026-01-01,1,已取消\n3,2026-01-01,1,Pending\n"
            "4,2026-01-01,1,lost\n")
    checked = check(file(text))
    assert rejects(checked) == [(5, "status", "unknown_word", "lost")]
    with store.batch("import") as batch:
        data_entry.load(batch, checked)
    assert rows(store, "SELECT status FROM orders ORDER BY id") == [("completed",), ("cancelled",), ("open",)]


def test_a_status_that_a_person_gave_stays_where_the_file_tells_none(store, file):
    bring(store, file(HEAD + "A1,2026-01-01,7,P1,2,5\n"))
    with store.batch("form") as batch:
        batch.change("orders", {"id": 1, "status": "cancelled"})
    assert bring(store, file(HEAD + "A1,2026-01-01,7,P1,2,5\n")).changes_nothing


def test_where_lines_disagree_the_earliest_date_and_the_most_frequent_customer_count(store, file):
    text = HEAD + "A1,2026-01-02,7,P1,1,1\nA1,2026-01-01,8,P1,1,1\nA1,2026-01-01,8,P1,1,1\nA1,2026-01-01,,P1,1,1\n"
    checked = check(file(text))
    assert (checked.orders_with_two_dates, checked.orders_with_two_customers) == (1, 1)
    bring(store, file(text))
    assert rows(store, "SELECT o.ordered_at, c.customer_no FROM orders o JOIN customers c ON c.id = o.customer_id") == [
        (datetime(2026, 1, 1), "8")]


def test_a_rejected_line_keeps_its_place_so_that_the_mended_file_fits(store, file):
    checked = check(file(HEAD + "A1,2026-01-01,7,P1,1,1\nA1,2026-01-01,7,P2,one,1\nA1,2026-01-01,7,P3,1,1\n"))
    assert (checked.orders_incomplete, checked.rejected) == (1, 1)
    with store.batch("import") as batch:
        data_entry.load(batch, checked)
    mended = bring(store, file(HEAD + "A1,2026-01-01,7,P1,1,1\nA1,2026-01-01,7,P2,1,1\nA1,2026-01-01,7,P3,1,1\n"))
    assert mended.tables["order_lines"] == {"added": 1, "changed": 0, "unchanged": 2}
    assert amounts(store) == [("A1", Decimal(3), Decimal(3))]


def test_the_files_own_line_numbers_are_kept(store, file):
    text = ("order no,date,line no,sku,qty,price\nA1,2026-01-01,20,P1,1,1\nA1,2026-01-01,10,P2,1,1\n"
            "A1,2026-01-01,10,P3,1,1\n")
    checked = check(file(text))
    assert rejects(checked) == [(4, "line no", "twice_in_file", "10")]
    with store.batch("import") as batch:
        data_entry.load(batch, checked)
    assert rows(store, "SELECT line_no FROM order_lines ORDER BY id") == [(20,), (10,)]


def test_the_country_of_orders_tells_a_customers_only_where_it_is_unknown(store, file):
    bring(store, file("customer no,name,country\n7,Ada,Switzerland\n"))
    bring(store, file("order no,date,customer no,country,sku,qty,price\n1,2026-01-01,7,France,P1,1,1\n"
                      "2,2026-01-01,8,France,P1,1,1\n"))
    assert rows(store, "SELECT customer_no, country FROM customers ORDER BY id") == [
        ("7", "Switzerland"), ("8", "France")]
    assert rows(store, "SELECT DISTINCT country FROM orders") == [("France",)]


def test_lines_with_a_total_and_no_price_get_the_price_that_follows(store, file):
    bring(store, file("order no,date,sku,qty,line total\nA1,2026-01-01,P1,4,10\n"))
    assert rows(store, "SELECT quantity, unit_price, amount FROM order_lines") == [(4.0, Decimal("2.5"), Decimal(10))]


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "error"), [
    (b"", errors.FileEmpty),
    (b" \r\n\r\n  \n", errors.FileEmpty),
    ("\ufeff".encode(), errors.FileEmpty),
    (b"name,email\n", errors.OnlyAHeader),
    (b"name,email\n\n,\n", errors.OnlyAHeader),
    (b"PK\x03\x04\x14\x00\x06\x00", errors.FileDamaged),
    (bytes(range(256)) * 20, errors.NotATextFile),
    (b"name,email\nAda\x00,ada@example.com\n", errors.NotATextFile),
    (b"name,email\n" + b"Ada\n" * 5 + b"Bo,bo@example.com\n", errors.RaggedFile),
    (b"name," * 3000 + b"\n" + b"1," * 3000 + b"\n", errors.TooManyColumns),
    (b"name,email\n" + b"x" * (17 << 20) + b",y\n", errors.LineTooLong),
    (b"x" * (17 << 20), errors.LineTooLong),
])
def test_a_file_that_cannot_be_read_is_one_clear_refusal(file, folders, content, error):
    with pytest.raises(error) as refused:
        data_entry.read(file(content))
    assert refused.value.facts["name"] == "shop.csv" and list(folders.iterdir()) == []


def test_a_file_that_is_not_there_or_no_table_is_refused(tmp_path, file):
    with pytest.raises(errors.FileNotFound):
        data_entry.read(tmp_path / "nowhere.csv")
    with pytest.raises(errors.FileTypeUnknown):
        data_entry.read(file(b"%PDF-1.7", "report.pdf"))
    with pytest.raises(errors.DelimiterUnknown):
        data_entry.read(file("a,b\n1,2\n"), delimiter=";;")


def test_columns_that_are_needed_and_not_there_are_named(file):
    with pytest.raises(errors.ColumnsNotMapped) as refused:
        check(file("order no,date,sku\n1,2026-01-01,P1\n"))
    assert refused.value.facts["columns"] == ["order_lines.quantity", "order_lines.unit_price"]
    with pytest.raises(errors.KindUnknown):
        check(file("petal length,petal width\n1,2\n"))


def test_a_mapping_that_cannot_be_is_refused(file):
    text = "name,email\nAda,ada@example.com\n"
    with pytest.raises(errors.ColumnNotThere):
        check(file(text), {"Name": "customers.name"})
    with pytest.raises(errors.MeaningUnknown):
        check(file(text), {"name": "customers.shoe_size"})
    with pytest.raises(errors.MappedTwice):
        check(file(text), {"name": "customers.email", "email": "customers.email"})


def test_a_file_whose_every_row_is_rejected_imports_nothing(file, folders):
    with data_entry.read(file("name,email\nAda,x\nBo,y\n")) as reading:
        with pytest.raises(errors.NothingToImport) as refused:
            data_entry.check(reading)
        assert refused.value.facts["rejected"] == 2
        assert refused.value.facts["rejects"][0] == {
            "line": 2, "column": "email", "reason": "rule.email", "value": "x", "raw": "Ada,x"}
    assert list(folders.iterdir()) == []


def test_a_text_that_ends_inside_a_quote_loses_no_row_in_silence(file):
    checked = check(file('name,email\nAda,ada@example.com\nCy,cy@example.com\nBo,"bo@example.com\n'))
    assert (checked.good, rejects(checked)) == (2, [(4, None, "quote_not_closed", None)])


# --- the child process --------------------------------------------------------------------------


def big(file, rows_wanted: int = 300_000) -> Path:
    return file("order no,date,customer id,sku,qty,price\n" + "".join(
        f"A{n // 5},2026-01-{n % 28 + 1:02},{n % 999},P{n % 50},1,{n % 90}.50\n" for n in range(rows_wanted)))


@pytest.mark.usefixtures("in_a_child")
def test_a_reading_that_needs_too_much_memory_is_stopped(file, folders):
    with pytest.raises(errors.ReaderStopped) as stopped:
        data_entry.read(big(file, 20_000), limits=Limits(memory_mb=60))
    assert stopped.value.facts["limit"] == "memory" and list(folders.iterdir()) == []


@pytest.mark.usefixtures("in_a_child")
def test_a_reading_that_takes_too_long_is_stopped(file, folders):
    with pytest.raises(errors.ReaderStopped) as stopped:
        data_entry.read(big(file, 20_000), limits=Limits(base_s=0.01, s_per_mb=0))
    assert stopped.value.facts["limit"] == "time" and list(folders.iterdir()) == []


@pytest.mark.usefixtures("in_a_child")
def test_a_reading_can_be_cancelled_and_leaves_nothing(file, folders):
    path, stop = big(file), threading.Event()
    with pytest.raises(errors.Cancelled):
        data_entry.read(path, progress=lambda share: stop.set(), cancel=stop)
    assert list(folders.iterdir()) == []
    reading = data_entry.read(path)
    with pytest.raises(errors.Cancelled):
        data_entry.check(reading, cancel=lambda: True)
    assert not list(reading.folder.glob("checked_*"))
    reading.close()
    assert list(folders.iterdir()) == []


@pytest.mark.usefixtures("in_a_child")
def test_what_progress_raises_stops_the_reading(file, folders):
    def refuse(share):
        raise errors.Cancelled()

    with pytest.raises(errors.Cancelled):
        data_entry.read(big(file), progress=refuse)
    assert list(folders.iterdir()) == []


@pytest.mark.usefixtures("in_a_child")
def test_progress_grows_from_nothing_to_the_whole(file):
    shares = []
    with data_entry.read(big(file), progress=shares.append) as reading:
        data_entry.check(reading)
    assert shares and shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1


@pytest.mark.usefixtures("in_a_child")
def test_folders_of_killed_processes_are_swept_away(file, folders):
    left = folders / "crm_import_4194000_x"  # above the highest number a process can have here
    left.mkdir()
    data_entry.read(file(ORDER_LINES)).close()
    assert list(folders.iterdir()) == []


def test_emails_are_compared_in_the_file_as_in_the_book(store):
    from crm_core import engine
    from crm_core.data_entry.cells import EMAIL_KEY

    scratch = engine.scratch(100, Path("."))
    scratch.execute(EMAIL_KEY)
    for email in ("Ada@Example.COM", " a b@c.d ", "wang＠example。com", "x．y@z.w", "ａｎｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "o'hara@x.y", "", None):
        asked = ("SELECT email_key($email)", {"email": email})
        with store.cursor() as cursor:
            assert scratch.execute(*asked).fetchall() == cursor.execute(*asked).fetchall()
    scratch.close()


# --- files of machines, cast at once ------------------------------------------------------------


def test_zones_and_missing_words_in_plain_columns_mean_what_they_mean_elsewhere(store, file):
    checked = check(file("order no,date,customer id,amount\nA1,2026-01-05T10:00:00Z,1,12.5\n"
                         "A2,2026-01-05T10:00:00+02:00,2,.5\nA3,2026-01-05 10:00,3,NULL\nA4,2026-02-30,4,1\n"))
    assert rejects(checked) == [(4, "amount", "missing", None), (5, "date", "not_a_date", "2026-02-30")]
    with store.batch("import", "x") as batch:
        data_entry.load(batch, checked)
    assert rows(store, "SELECT order_no, ordered_at, amount FROM orders ORDER BY id") == [
        ("A1", datetime(2026, 1, 5, 10), Decimal("12.5")), ("A2", datetime(2026, 1, 5, 8), Decimal("0.5"))]


def test_lines_that_do_not_stand_together_still_find_their_order_and_their_place(store, file):
    bring(store, file("order no,date,customer id,sku,qty,price\nA1,2026-01-05,1,P1,1,1\nA2,2026-01-06,2,P1,1,2\n"
                      "A1,2026-01-05,1,P2,1,4\nA2,2026-01-06,2,P2,1,8\n"))
    assert rows(store, "SELECT o.order_no, l.line_no, l.amount FROM order_lines l JOIN orders o ON o.id = l.order_id "
                       "ORDER BY l.id") == [("A1", 1, 1), ("A2", 1, 2), ("A1", 2, 4), ("A2", 2, 8)]
    assert rows(store, "SELECT order_no, amount FROM orders ORDER BY id") == [("A1", 5), ("A2", 10)]


def test_what_a_customer_s_newest_order_leaves_open_an_older_one_tells(store, file):
    bring(store, file("order no,date,customer id,email,phone,amount\nA1,2026-01-05,1,a@x.org,030 1234567,1\n"
                      "A2,2026-01-07,1,new@x.org,,2\nA3,2026-01-06,1,b@x.org,030 7654321,3\n"))
    assert rows(store, "SELECT customer_no, email, phone FROM customers") == [("1", "new@x.org", "030 7654321")]


def test_the_book_keeps_nothing_of_the_files_it_loads_and_may_read_no_others(store, file):
    import duckdb

    bring(store, file(ORDER_LINES))
    assert not store.arriving.exists()
    with store.cursor() as cursor, pytest.raises(duckdb.PermissionException):
        cursor.execute(f"SELECT * FROM read_csv('{file(ORDER_LINES)}')")
