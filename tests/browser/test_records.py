"""Customers and communications by hand, as a person does it in the browser."""
import pytest

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
    assert "cannot be kept, because an e-mail looks like name@example.com" in ada.reads()

    ada.fills("E-mail", "ada@example.com")
    ada.clicks("Save")
    assert "Added: Ada Wong" in ada.reads()

    ada.chooses("By e-mail")
    ada.fills("E-mail address", "nobody@example.com")
    assert "Not found: no customer has the e-mail nobody@example.com" in ada.reads()
    ada.fills("E-mail address", " ADA@Example.com")
    assert "Found: Ada Wong" in ada.reads()

    ada.fills("City", "Bern")
    ada.clicks("Save changes")
    assert "Saved: Ada Wong" in ada.reads()
    ada.page.get_by_test_id("stPopover").get_by_role("button").click()
    ada.page.get_by_role("button", name="Yes, delete").click()  # it stands in a layer above the page
    ada.waits_for("Deleted: Ada Wong")
    assert "Deleted: Ada Wong" in ada.reads()

    ada.chooses("Last changes")
    assert "Deleted Ada Wong" in ada.reads() and "Edited Ada Wong" in ada.reads()
    ada.clicks("Undo")
    assert "Taken back: Deleted Ada Wong" in ada.reads()
    ada.complains_of_nothing()


def test_who_saves_second_is_asked(address, person):
    first, second = person(address), person(address)
    first.goes("/data_entry")
    first.chooses("Add")
    first.fills("Name", "Bo Li")
    first.fills("E-mail", "bo@example.com")
    first.clicks("Save")
    for somebody in (first, second):
        somebody.goes("/data_entry")
        somebody.chooses("By e-mail")
        somebody.fills("E-mail address", "bo@example.com")
    first.fills("City", "Basel")
    first.clicks("Save changes")
    second.fills("City", "Chur")
    second.clicks("Save changes")
    assert "Somebody changed this record while you were editing it" in second.reads()
    second.clicks("Write mine over it")
    assert "Saved: Bo Li" in second.reads()


def test_a_page_opened_by_its_address_comes_with_the_menu(address, person):
    somebody = person(address)
    somebody.goes("/clustering")
    assert somebody.page.get_by_test_id("stSidebarNav").inner_text().split()[-1] == "Clustering"


def test_nothing_is_asked_from_outside(address, person):
    somebody = person(address, language="zh")
    for place in ("/", "/data_entry", "/clustering"):
        somebody.goes(place)
    assert [url for url in somebody.asked if not url.startswith((address, "data:", "blob:", "ws:"))] == []
