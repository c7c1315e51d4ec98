"""Every table by hand, as a person does it in the browser."""
import pytest
from playwright.sync_api import TimeoutError

from tests.browser.conftest import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("records"), CRM_DEMO="0") as address:
        yield address


def test_a_customer_is_added_found_edited_deleted_restored_and_all_of_it_undone(address, person):
    ada = person(address)
    ada.goes("/data_entry")
    ada.chooses("Add")
    ada.fills("Name", "Ada Wong")
    ada.fills("E-mail", "not an e-mail")
    ada.clicks("Save")
    ada.waits_for("cannot be kept, because an e-mail looks like")

    ada.fills("E-mail", "ada@example.com")
    ada.fills("Phone", "+44 20 7946 0018")
    ada.fills("City", "Zurich")
    ada.clicks("Save")
    ada.waits_for("Added: Ada Wong")

    ada.chooses("By e-mail")
    ada.fills("E-mail address", "nobody@example.com")
    assert "Not found: no customer has the e-mail nobody@example.com" in ada.reads()
    ada.fills("E-mail address", " ADA@Example.com")
    assert "Found: Ada Wong" in ada.reads()

    ada.fills("City", "Bern")
    ada.clicks("Save changes")
    ada.waits_for("Saved: Ada Wong")
    ada.chooses("History")
    assert "Edited Ada Wong" in ada.reads() and "Put this version back" in ada.reads()

    ada.page.get_by_test_id("stPopover").get_by_role("button").click()
    ada.page.get_by_role("button", name="Yes, delete").click()  # it stands in a layer above the page
    ada.waits_for("Deleted: Ada Wong")
    assert "Deleted: Ada Wong" in ada.reads()

    ada.chooses("Last changes")
    assert "Deleted Ada Wong" in ada.reads() and "Edited Ada Wong" in ada.reads()
    ada.clicks("Undo")
    ada.waits_for("Taken back: Deleted Ada Wong")
    ada.complains_of_nothing()


def test_who_looks_like_a_customer_is_told_while_typing_and_kept_all_the_same(address, person):
    ben = person(address)
    ben.goes("/data_entry?part=customers")
    ben.chooses("Add")
    ben.fills("Name", "Ada M. Wong")
    ben.fills("Phone", "020 7946 0018")
    ben.waits_for("This looks like somebody who is there already")
    assert "same phone" in ben.reads()
    ben.clicks("Save")
    ben.waits_for("Added: Ada M. Wong")
    ben.complains_of_nothing()


def test_who_saves_second_decides_by_field(address, person):
    first, second = person(address), person(address)
    first.goes("/data_entry")
    first.chooses("Add")
    first.fills("Name", "Bo Li")
    first.fills("E-mail", "bo@example.com")
    first.clicks("Save")
    first.waits_for("Added: Bo Li")
    for somebody in (first, second):
        somebody.goes("/data_entry")
        somebody.chooses("By e-mail")
        somebody.fills("E-mail address", "bo@example.com")
    first.fills("City", "Basel")
    first.fills("Region", "BS")
    first.clicks("Save changes")
    first.waits_for("Saved: Bo Li")
    second.fills("City", "Chur")
    second.fills("Region", "GR")
    second.fills("Country", "Switzerland")
    second.clicks("Save changes")
    second.waits_for("Somebody changed this record while you were editing it")
    second.page.get_by_text("what is there now: BS").click()
    second.clicks("Save what is chosen")
    second.waits_for("Saved: Bo Li")
    second.goes("/data_entry?part=customers&open=" + opened_id(second, "Bo Li"))
    assert all(text in second.reads() for text in ("Chur", "BS", "Switzerland"))


def opened_id(somebody, name: str) -> str:
    """The number under which a customer of that name stands in the address once it is opened from the list."""
    somebody.goes("/data_entry?part=customers")
    somebody.fills("Search", name)
    opened = somebody.page.get_by_test_id("stMain").get_by_text("Back to the list").first
    for _ in range(10):  # the grid is a picture: whether its first line can be clicked yet shows only by clicking
        somebody.page.wait_for_timeout(800)
        try:
            box = somebody.page.get_by_test_id("stDataFrame").first.bounding_box(timeout=2_000)
            somebody.page.mouse.click(box["x"] + 18, box["y"] + 54)
            opened.wait_for(timeout=10_000)  # a second click would take the first one back
            break
        except TimeoutError:
            continue
    somebody.waits()
    opened.wait_for()
    return somebody.page.url.split("open=")[1].split("&")[0]


def types_into_cell(somebody, column: int, line: int, text: str, shows: str) -> None:
    """Click into a cell of the grid (positions in its own pixels), type, leave it with Enter; then the page `shows` it.

    The grid is a picture: whether it was there to be clicked and typed into is known by its editor and by what follows.
    """
    page = somebody.page
    for _ in range(8):
        page.wait_for_timeout(600)
        box = page.get_by_test_id("stDataFrame").first.bounding_box()
        page.mouse.click(box["x"] + column, box["y"] + line)
        page.wait_for_timeout(400)
        page.keyboard.press("Enter")
        try:
            page.locator("#portal textarea, #portal input").first.wait_for(timeout=4_000)
            page.wait_for_timeout(300)
            page.keyboard.press("Control+a")
            page.keyboard.type(text, delay=20)
            page.keyboard.press("Enter")
            somebody.waits()
            page.get_by_test_id("stMain").get_by_text(shows).first.wait_for(timeout=8_000)
            return
        except TimeoutError:
            page.keyboard.press("Escape")
    raise AssertionError(f"{shows} was not shown after {text} had been typed")


def test_a_sheet_is_previewed_written_and_undone(address, person, picture):
    cy = person(address)
    cy.goes("/data_entry?part=products")
    cy.chooses("Add")
    cy.fills("Product number", "T1")
    cy.fills("Product", "Tea")
    cy.clicks("Save")
    cy.waits_for("Added: Tea")
    cy.chooses("Edit as a sheet")
    cy.page.wait_for_timeout(900)
    types_into_cell(cy, 300, 54, "Green tea", shows="What would be written")
    assert "Rows changed: 1, added: 0, deleted: 0" in cy.reads()
    picture(cy, "sheet")
    cy.clicks("Write these 1 row")
    cy.waits_for("1 changed, 0 added, 0 deleted")
    cy.chooses("Last changes")
    assert "Sheet of Products written" in cy.reads()
    cy.clicks("Undo")
    cy.waits_for("Taken back")
    cy.complains_of_nothing()


def test_an_order_with_a_line_found_by_search_shows_on_its_customer(address, person, picture):
    di = person(address)
    ada = opened_id(di, "ada@example.com")
    di.goes("/data_entry?part=orders")
    di.chooses("Add")
    di.fills("Order number", "SO-1")
    di.page.get_by_placeholder("Name, e-mail or number").fill("wong")
    di.page.wait_for_timeout(1200)
    di.page.get_by_role("button", name="ada@").first.click()
    di.waits()
    di.page.get_by_placeholder("Name or number of the product").fill("tea")
    di.page.wait_for_timeout(1200)
    di.page.get_by_role("button", name="Tea").first.click()
    di.waits_for("1 line, total")
    types_into_cell(di, 740, 54, "12.5", shows="12.50")
    di.clicks("Save")
    di.waits_for("Added: SO-1")

    di.goes(f"/data_entry?part=customers&open={ada}")
    said = di.reads()
    assert "Order SO-1: open" in said and "May be contacted by" in said
    picture(di, "customer")
    di.chooses("Related")
    di.waits_for("Who is tied to Ada Wong")  # Ada M. Wong has the same telephone
    di.complains_of_nothing()


@pytest.mark.parametrize(("width", "scheme", "language"), [(390, "dark", "zh"), (390, "light", "en"), (1440, "dark", "en")])
def test_nothing_is_wider_than_the_screen(address, person, width, scheme, language):
    somebody = person(address, language=language, scheme=scheme, width=width)
    ada = opened_id(person(address), "ada@example.com")
    for place in ("part=customers", f"part=customers&open={ada}", "part=orders", "part=relationships", "part=products"):
        somebody.goes(f"/data_entry?{place}")
        assert somebody.page.evaluate("document.documentElement.scrollWidth") <= width, place


def test_a_page_opened_by_its_address_comes_with_the_menu(address, person):
    somebody = person(address)
    somebody.goes("/clustering")
    menu = somebody.page.get_by_test_id("stSidebarNav").get_by_role("link").all_inner_texts()
    assert [name.split("\n")[-1] for name in menu][:4] == ["Home", "Data entry", "Cleaning", "Clustering"]


def test_nothing_is_asked_from_outside(address, person):
    somebody = person(address, language="zh")
    for place in ("/", "/data_entry", "/clustering"):
        somebody.goes(place)
    assert [url for url in somebody.asked if not url.startswith((address, "data:", "blob:", "ws:"))] == []
