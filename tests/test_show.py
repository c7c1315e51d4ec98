"""What is carried away opens elsewhere as it is, and nothing in it is run."""
import io
import zipfile
from datetime import datetime

import pandas as pd
import pytest

from crm_core.harmless import file_name
from ui.show import csv, xlsx


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "=cmd|' /C calc'!A0"])
def test_no_cell_of_a_csv_is_a_formula(evil):
    assert csv(pd.DataFrame({"name": [evil]})).decode("utf-8-sig").splitlines()[1].lstrip('"').startswith("'")


def test_numbers_in_a_csv_stay_numbers():
    assert csv(pd.DataFrame({"amount": [-1.5], "name": ["王"]})).decode("utf-8-sig") == "amount,name\n-1.5,王\n"


def cells(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return book.read("xl/worksheets/sheet1.xml").decode() + book.read("xl/sharedStrings.xml").decode()


def test_a_workbook_holds_texts_as_texts_and_days_as_days():
    content = cells(xlsx(pd.DataFrame({"name": ["=1+1", "http://example.com"], "n": [2**60, 5],
                                       "day": [datetime(2026, 3, 1), pd.NaT]})))
    assert "<f>" not in content and "hyperlink" not in content
    assert str(2**60) in content and "46082" in content  # the day's number in a spreadsheet


def test_a_workbook_bears_control_characters_long_texts_and_gaps():
    xlsx(pd.DataFrame({"text": ["a\x00b", "x" * 40_000, None], "n": [float("inf"), float("nan"), 1.0]}))


def test_a_title_becomes_a_file_name():
    assert file_name("Revenue by month: 2026/03") == "revenue-by-month--2026-03"
    assert file_name("客户 分群") == "客户-分群" and file_name("///") == "workbench"
