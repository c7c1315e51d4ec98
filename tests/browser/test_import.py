"""A month's Excel export with titles and Chinese headers: mapped, previewed, imported, imported again, undone; and next
month's, whose columns differ."""
import csv
import io

import pytest

from tests.browser.conftest import serving

pytestmark = pytest.mark.browser

MARCH = ("订单号", "下单时间", "客户编号", "客户姓名", "商品编号", "商品名称", "数量", "单价", "导购")
APRIL = ("订单号", "下单时间", "客户编号", "客户姓名", "商品编号", "商品名称", "数量", "成交单价X", "门店")


def export(path, headers, first: int) -> None:
    """Sixty order lines of twenty customers below two lines of title; one quantity is no number."""
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet, notes = book.add_worksheet("订单明细"), book.add_worksheet("说明")
        notes.write(0, 0, "由系统导出")
        sheet.write(0, 0, "2026年订单明细")
        sheet.write_row(2, 0, headers)
        for n in range(60):
            quantity = "=两包" if n == 7 else 2
            sheet.write_row(3 + n, 0, [f"A{first + n // 2}", f"2026-03-{n % 28 + 1:02d}", f"00{n // 3}", f"客户{n // 3}",
                                       f"P{n % 7}", f"茶叶{n % 7}号"])
            if isinstance(quantity, str):
                sheet.write_string(3 + n, 6, quantity)
            else:
                sheet.write_number(3 + n, 6, quantity)
            sheet.write_row(3 + n, 7, [f"¥{n + 1},000.50", "李"])


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("import"), CRM_DEMO="0") as address:
        yield address


def test_an_excel_export_comes_in_comes_again_and_goes(address, person, tmp_path, picture):
    march, april = tmp_path / "三月.xlsx", tmp_path / "四月.xlsx"
    export(march, MARCH, first=0)
    export(april, APRIL, first=100)
    ada = person(address)
    ada.goes("/data_entry?part=import")
    ada.uploads(march)
    ada.waits_for("What would happen")
    said = ada.reads()
    assert "header in line 3" in said and "60 rows, 9 columns" in said
    assert "1 of 60 rows cannot be taken" in said and "Not imported: 导购" in said
    picture(ada, "import-wizard")

    name, rows = ada.downloads("CSV")
    listed = list(csv.reader(io.StringIO(rows.decode("utf-8-sig"))))
    assert name == "三月-xlsx-rejected.csv" and listed[0] == ["Line", "Column", "Reason", "Value", "The line as it is"]
    assert listed[1][1:4] == ["数量", "Not a number", "'=两包"] and len(listed) == 2
    name, book = ada.downloads("XLSX")
    assert name == "三月-xlsx-rejected.xlsx" and book.startswith(b"PK")

    ada.clicks("Keep this mapping")
    ada.page.get_by_role("textbox", name="Name of the mapping").fill("Monthly orders")
    ada.page.keyboard.press("Tab")
    ada.waits()
    ada.page.get_by_role("button", name="Keep", exact=True).click()
    ada.waits_for("Mapping Monthly orders kept")
    ada.clicks("Import", exact=False, last=True)
    ada.waits_for("三月.xlsx is in (change 2)")
    assert "Customers 20 new" in ada.reads() and "Order lines 59 new" in ada.reads() and "1 row was rejected" in ada.reads()

    ada.uploads(march)
    ada.waits_for("holds nothing that is not here already")
    ada.goes("/data_entry?part=import")

    ada.uploads(april)
    ada.waits_for("This file differs from the kept mapping Monthly orders")
    said = ada.reads()
    assert "成交单价X" in said and "门店" in said and "What would happen" not in said
    picture(ada, "import-difference")
    ada.clicks("Go on")
    ada.waits()
    assert "The file does not say which columns are: Unit price" in ada.reads()

    ada.goes("/data_entry?part=changes")
    ada.clicks("Undo")
    ada.waits_for("Taken back: Import of 三月.xlsx")
    ada.goes("/data_entry?part=import")
    ada.uploads(march)
    ada.waits_for("The kept mapping Monthly orders fits this file exactly")
    ada.waits_for("What would happen")
    ada.complains_of_nothing()


@pytest.mark.parametrize(("language", "scheme", "width"), [
    ("en", "dark", 1440), ("zh", "light", 1440), ("en", "light", 390), ("zh", "dark", 390)])
def test_the_wizard_fits_and_speaks_the_language(address, person, tmp_path, picture, language, scheme, width):
    path = tmp_path / "people.csv"
    path.write_text("customer id,name,email,petal\n1,Ada,ada@example.com,x\n2,Bo,none,y\n", encoding="utf-8")
    somebody = person(address, language=language, scheme=scheme, width=width)
    somebody.goes("/data_entry?part=import")
    somebody.uploads(path)
    somebody.waits_for({"en": "What would happen", "zh": "导入后会怎样"}[language])
    picture(somebody, f"import-{language}-{scheme}-{width}")
    assert somebody.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width + 1
    somebody.complains_of_nothing()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_bad_files_get_a_sentence_and_change_nothing(address, person, tmp_path, language):
    somebody = person(address, language=language)
    somebody.goes("/data_entry?part=import")
    for name, content, told in (
        ("empty.csv", b"", {"en": "is empty", "zh": "空"}),
        ("header.csv", b"name,email\n", {"en": "header line and no rows", "zh": "表头"}),
        ("zeros.csv", b"a,b\n1,\x00\x00\n" * 40, {"en": "not a text file", "zh": "文本"}),
        ("bad.csv", b"name,email\nAda,none\n", {"en": "all its rows (1) are rejected", "zh": "都未通过检查"}),
    ):
        (tmp_path / name).write_bytes(content)
        somebody.uploads(tmp_path / name)
        somebody.waits_for(told[language])
        assert somebody.page.get_by_test_id("stAlertContentError").count() == 1
        somebody.goes("/data_entry?part=import")
    somebody.complains_of_nothing()
