"""The journey: fresh start → import a real file → group → carry the chart away → undo the import."""
import csv

import pytest

from tests.browser.conftest import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demo_address(tmp_path_factory):
    """A fresh start: nobody has been here before, so the demo shop is filled."""
    with serving(tmp_path_factory.mktemp("fresh"), CRM_DEMO="1") as address:
        yield address


@pytest.fixture
def export(data_set, tmp_path):
    """Two months of a real shop's order lines, as it exports them."""
    import pandas as pd

    lines = pd.read_parquet(data_set("online_retail_2010_2011") / "online_retail.parquet")
    lines = lines[lines.InvoiceDate.astype(str) < "2011-02-01"]
    path = tmp_path / "orders winter.csv"
    lines.to_csv(path, index=False)
    return path, len(lines), lines.InvoiceNo.nunique()


def test_from_a_fresh_start_to_a_chart_and_back(tmp_path_factory, person, export, picture):
    path, lines, invoices = export
    with serving(tmp_path_factory.mktemp("journey"), CRM_DEMO="1") as address:
        ada = person(address)
        ada.goes("/")
        assert "This is the demo shop: 5,000 made-up customers" in ada.reads()
        picture(ada, "home")

        ada.waits_for("checks are fine")  # worked out beside the page
        assert "What waits to be done" in ada.reads()
        ada.clicks("Import", role="link", exact=True)
        ada.uploads(path)
        assert "The demo shop with 5,000 made-up customers is still here" in ada.reads()
        ada.clicks("Remove the demo, then import")
        ada.waits_for("What would happen")
        ada.waits_for(f"{lines:,} rows")
        picture(ada, "import")
        ada.clicks("Import", exact=False, last=True)
        ada.waits_for("is in (change 3)")
        assert f"{lines:,} order lines in {invoices:,} orders" in ada.reads()

        ada.uploads(path)
        ada.waits_for("holds nothing that is not here already")

        ada.goes("/clustering")
        ada.waits_for("Separation (silhouette)")
        picture(ada, "clustering")
        name, svg = ada.downloads("SVG")
        assert name == "map-of-customers.svg" and svg.startswith(b"<svg") and b"Map of customers" in svg
        name, png = ada.downloads("PNG")
        assert name == "map-of-customers.png" and png.startswith(b"\x89PNG")
        name, html = ada.downloads("HTML")
        assert name == "map-of-customers.html" and b"Map of customers" in html and b"https://cdn" not in html[:5000]
        name, rows = ada.downloads("Data")
        assert name == "map-of-customers.csv" and len(list(csv.reader(rows.decode("utf-8-sig").splitlines()))) > 100
        name, book = ada.downloads("XLSX")
        assert name.endswith(".xlsx") and book.startswith(b"PK")

        ada.clicks("groups as segments")
        ada.waits_for("segments kept")
        ada.goes("/data_entry?part=changes")
        ada.clicks("Undo")  # the segments first: they hang on the customers
        ada.waits_for("Taken back: Segments kept")
        ada.page.get_by_role("button", name="Undo").nth(1).click()
        ada.waits_for("Taken back: Import of orders winter.csv")
        ada.goes("/")
        assert "The workbench is empty" in ada.reads()
        ada.complains_of_nothing()


@pytest.mark.parametrize(("language", "scheme", "width"), [
    ("en", "light", 1440), ("en", "dark", 390), ("zh", "light", 1440), ("zh", "dark", 390)])
def test_every_page_fits_and_speaks_the_language(demo_address, person, picture, language, scheme, width):
    somebody = person(demo_address, language=language, scheme=scheme, width=width)
    for place, word in (("/", {"en": "Home", "zh": "首页"}), ("/data_entry?part=customers", {"en": "Customers", "zh": "客户"}),
                        ("/data_entry?part=import", {"en": "Choose a file", "zh": "选择文件"}),
                        ("/data_entry?part=changes", {"en": "Undo", "zh": "撤销"}),
                        ("/clustering", {"en": "Clustering", "zh": "客户分群"})):
        somebody.goes(place)
        somebody.waits_for(word[language])
        picture(somebody, f"{place.strip('/').replace('/', '-').replace('?part=', '-') or 'home'}-{language}-{scheme}-{width}")
        wide = somebody.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= width + 1, f"{place} is {wide} px wide"
    somebody.complains_of_nothing()


def test_the_language_is_chosen_and_stays(demo_address, person):
    somebody = person(demo_address)
    somebody.goes("/?language=zh")
    assert "这是" in somebody.reads() or "演示店铺" in somebody.reads()
    somebody.page.reload()
    somebody.waits_for("演示店铺")


def test_one_box_finds_a_customer_and_leads_to_the_record(demo_address, person, picture):
    somebody = person(demo_address)
    somebody.goes("/")
    box = somebody.page.get_by_role("searchbox", name="Search everything")
    box.fill("c-100017")
    box.press("Enter")
    somebody.waits_for("1 customer")
    assert "q=c-100017" in somebody.page.url
    picture(somebody, "home-search")
    somebody.page.reload()
    somebody.waits_for("1 customer")
    somebody.page.get_by_test_id("stMain").get_by_role("link", name="C-100017").first.click()
    somebody.page.wait_for_url("**/data_entry?*part=customers*")
    assert "open=17" in somebody.page.url
    somebody.waits_for("Back to the list")
    somebody.complains_of_nothing()


def test_what_changed_since_the_last_visit_is_remembered_by_the_browser(demo_address, person):
    somebody = person(demo_address, language="zh")
    somebody.goes("/")
    somebody.chooses("上次访问以来")
    somebody.waits_for("第一次访问")
    somebody.page.evaluate("localStorage.setItem('crm last seen', String(Date.now() - 3 * 86400 * 1000))")
    somebody.goes("/")
    somebody.chooses("上次访问以来")
    somebody.waits_for("数据改动 1 次")
    somebody.complains_of_nothing()


def test_the_headers_let_nothing_from_outside_in(demo_address, person):
    somebody = person(demo_address)
    somebody.goes("/clustering")
    somebody.waits_for("Separation (silhouette)")
    assert [url for url in somebody.asked if not url.startswith((demo_address, "data:", "blob:"))] == []
    assert not [text for text in somebody.complaints if "Content Security Policy" in text]


