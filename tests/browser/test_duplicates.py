"""Duplicates as a person finds, decides and takes back in the browser, with mouse, keys and one thumb."""
import re

import pytest

from tests.browser.conftest import serving
from tests.conftest import NOW

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    from crm_core.store import open_store

    folder = tmp_path_factory.mktemp("duplicates")
    store = open_store(folder / "shop.duckdb", clock=lambda: NOW)
    with store.batch("add") as batch:
        batch.add("customers", [
            {"customer_no": f"{letter}{n}", "name": name, "phone": phone, "city": "Bern", "email": f"{letter}{n}@shop.example"}
            for n, (first, second, phone) in enumerate([
                ("Ada Wong", "Wong, Ada", "+44 20 7946 0018"), ("Bo Li", "Bo Lee", "0171 5550101"),
                ("陈丽燕", "陈 丽燕", "13800138000"),
                ("Maximiliane von Hohenstein-Oberwaldegg", "Maximiliane v. Hohenstein-Oberwaldegg", "030 5550102")])
            for letter, name in (("a", first), ("b", second))])
    store.close()
    with serving(folder, CRM_DEMO="0") as address:
        yield address


def heads(somebody) -> str:
    return somebody.page.locator(".sides tr").first.inner_text()


def presses(somebody, key: str) -> None:
    """A key, and the next pair."""
    before = heads(somebody)
    somebody.page.keyboard.press(key)
    for _ in range(100):
        if heads(somebody) != before:
            break
        somebody.page.wait_for_timeout(50)
    somebody.waits()


def test_duplicates_are_found_decided_by_key_and_taken_back(address, person, picture):
    ada = person(address)
    ada.goes("/cleaning?part=duplicates")
    assert "Look for records that are there twice" in ada.reads()
    ada.page.get_by_test_id("stPopover").get_by_role("button").click()
    boxes = ada.page.get_by_test_id("stCheckbox")
    boxes.filter(has_text="By what the data themselves tell").click()
    ada.waits()
    boxes.filter(has_text=re.compile("^same phone$")).click()
    ada.waits()
    ada.page.keyboard.press("Escape")
    ada.clicks("Look for duplicates")
    ada.waits_for("probably the same")
    assert "0 of 4 decided" in ada.reads()
    picture(ada, "duplicates")

    first = heads(ada)
    presses(ada, "n")
    assert heads(ada) != first and "0 of 4 decided" in ada.reads()
    presses(ada, "d")
    ada.waits_for("1 of 4 decided")
    presses(ada, "s")
    ada.waits_for("2 of 4 decided")
    assert "Take back – the same" in ada.reads()
    presses(ada, "z")
    ada.waits_for("1 of 4 decided")

    ada.chooses("How sure")
    ada.waits_for("How sure the pairs are")
    ada.chooses("All sure ones")
    ada.clicks("Show what would change")
    ada.waits_for("Merge 3 groups")
    ada.clicks("Merge 3 groups")
    ada.waits_for("3 groups were merged")
    ada.goes("/data_entry?part=changes")
    ada.chooses("Last changes")
    ada.clicks("Undo")
    ada.waits_for("Taken back")
    ada.complains_of_nothing()


@pytest.mark.parametrize(("width", "scheme", "language"), [(390, "dark", "zh"), (390, "light", "en")])
def test_a_pair_fits_a_telephone(address, person, width, scheme, language):
    bo = person(address, language=language, scheme=scheme, width=width, height=844)
    bo.goes("/cleaning?part=duplicates")
    bo.page.locator(".sides table").wait_for()
    assert not bo.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    right = bo.page.evaluate("""() => { const host = document.querySelector('[data-testid=stBidiComponentRegular]')
        ?? document.querySelector('[class*=st-key-two]'); const box = host.getBoundingClientRect(); return box.right; }""")
    assert right <= width
    assert {"zh": "支持与反对的理由", "en": "What speaks for and against"}[language] in bo.reads()
    bo.complains_of_nothing()
