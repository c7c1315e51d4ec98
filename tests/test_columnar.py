"""Parquet files: what their columns are stays so, nested things become text, broken files say so."""
from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_core import data_entry, errors
from crm_core.data_entry.columnar import read_parquet
from tests.conftest import NOW


@pytest.fixture
def file(tmp_path):
    """A function that writes columns as a Parquet file."""

    def write(columns: dict, **how):
        path = tmp_path / "orders.parquet"
        pq.write_table(pa.table(columns), path, **how)
        return path

    return write


def read(path, folder):
    return read_parquet(path, folder, path.name, lambda share: None)


def test_columns_keep_their_types_and_what_no_cell_can_hold_becomes_text(file, tmp_path):
    moment = datetime(2020, 1, 1, 9, 2, 3)
    path = file({
        "whole": pa.array([2**62 + 1], pa.int64()), "share": [0.5], "money": pa.array([Decimal("1.50")]), "yes": [True],
        "day": [date(2020, 1, 2)], "ns": pa.array([moment], pa.timestamp("ns")),
        "zone": pa.array([moment], pa.timestamp("us", "Asia/Shanghai")), "text": [" 007 "],
        "kind": pa.array(["a"]).dictionary_encode(), "list": [[1, 2]], "struct": [{"a": 1, "b": "中"}],
        "bytes": pa.array(["中文".encode()]), "time": pa.array([time(1, 2)]), "none": pa.nulls(1)})
    answer = read(path, tmp_path)
    assert answer["sample"] == [{
        "whole": "4611686018427387905", "share": "0.5", "money": "1.50", "yes": "true", "day": "2020-01-02",
        "ns": "2020-01-01 09:02:03", "zone": "2020-01-01 09:02:03", "text": "007", "kind": "a", "list": "[1,2]",
        "struct": '{"a":1,"b":"中"}', "bytes": "中文", "time": "01:02:00", "none": ""}]
    types = pq.read_schema(tmp_path / "cells.parquet").types
    assert [str(type) for type in types[:9]] == [
        "int64", "int64", "double", "decimal128(3, 2)", "bool", "date32[day]", "timestamp[us]", "timestamp[us]", "string"]


def test_orders_from_parquet_have_the_numbers_that_a_person_would_write(store, file):
    path = file({
        "order no": [536365, 536366, 536367, 536368], "customer id": [17850.0, float("nan"), 13047.0, 17850.0],
        "order date": pa.array([datetime(2010, 12, 1, 8, 26)] * 4, pa.timestamp("us", "UTC")),
        "amount": [2.55, 3.39, float("nan"), 1e13]})
    with data_entry.read(path) as reading:
        checked = data_entry.check(reading, at=NOW)
        assert [(row.line, row.column, row.reason, row.raw) for row in checked.rejects.itertuples()] == [
            (3, "amount", "missing", "536367 | 13047 | 2010-12-01 08:26:00 | "),
            (4, "amount", "number_too_large", "536368 | 17850 | 2010-12-01 08:26:00 | 10000000000000")]
        with store.batch("import", checked.name) as batch:
            data_entry.load(batch, checked)
    with store.cursor() as cursor:
        assert cursor.execute("SELECT o.order_no, c.customer_no, o.ordered_at, o.amount FROM orders o "
                              "LEFT JOIN customers c ON c.id = o.customer_id ORDER BY o.id").fetchall() == [
            ("536365", "17850", datetime(2010, 12, 1, 8, 26), Decimal("2.55")),
            ("536366", None, datetime(2010, 12, 1, 8, 26), Decimal("3.39"))]


def test_rows_of_nothing_are_no_rows_and_the_others_keep_their_numbers(file, tmp_path):
    answer = read(file({"a": [1, None, 3], "b": ["x", " ", None]}), tmp_path)
    assert answer["rows"] == 2 and pq.read_table(tmp_path / "cells.parquet").column("line").to_pylist() == [1, 3]


@pytest.mark.parametrize(("spoil", "error"), [
    (lambda whole: b"", errors.FileEmpty),
    (lambda whole: whole[:-20], errors.FileDamaged),
    (lambda whole: b"PAR1" + b"x" * 50, errors.FileDamaged),
    (lambda whole: whole[:60] + bytes(200) + whole[260:], errors.FileDamaged),
    (lambda whole: b"PARE" + whole[4:-4] + b"PARE", errors.PasswordNeeded),
])
def test_a_broken_file_is_refused_by_name(file, tmp_path, spoil, error):
    path = file({"a": list(range(1000))}, compression="snappy")
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(error):
        read(path, tmp_path)


def test_a_file_without_rows_or_with_too_many_columns_is_refused(file, tmp_path):
    with pytest.raises(errors.OnlyAHeader):
        read(file({"a": pa.array([], pa.int64())}), tmp_path)
    with pytest.raises(errors.TooManyColumns):
        read(file({f"c{n}": [n] for n in range(10_000)}), tmp_path)


def test_of_two_headers_alike_the_second_is_numbered_and_that_is_said(file, tmp_path):
    answer = read(file({"Amount": [1], "amount ": [2]}), tmp_path)
    assert list(answer["headers"]) == ["Amount", "amount (2)"]
    assert [name for name, _ in answer["notes"]] == ["headers_alike"]


def test_real_parquet_files_are_read_whole(data_set, tmp_path):
    answer = read(data_set("olist_partial") / "olist_order_payments_dataset.parquet", tmp_path)
    assert answer["rows"] == 103_886 and answer["sample"][0]["payment_value"] == "99.33"
    answer = read(data_set("completejourney") / "transactions_sample.parquet", tmp_path)
    assert answer["rows"] == 75_000 and answer["sample"][0]["basket_id"] == "31625220889"
