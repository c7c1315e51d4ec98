"""The steps in one bar, another number of groups, customers picked on the map and kept: in a real browser."""
import pytest

from tests.browser.conftest import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("shop"), CRM_DEMO="1") as address:
        yield address


def presses(somebody, step: str) -> None:
    somebody.page.locator(f"button[data-step={step}]").first.click()
    somebody.waits()


def draws_on_the_map(somebody) -> None:
    """A line round the right half of the map."""
    plot = somebody.page.locator(".stPlotlyChart .nsewdrag").first
    plot.evaluate("element => element.scrollIntoView({ block: 'center' })")
    somebody.page.wait_for_timeout(400)
    at = plot.bounding_box()
    mouse = somebody.page.mouse
    corners = [(0.55, 0.15), (0.98, 0.15), (0.98, 0.85), (0.55, 0.85), (0.55, 0.17)]
    places = [(at["x"] + at["width"] * x, at["y"] + at["height"] * y) for x, y in corners]
    mouse.move(*places[0])
    mouse.down()
    for place in places[1:]:
        mouse.move(*place, steps=6)
    mouse.up()
    somebody.waits()


def test_from_the_steps_to_a_kept_selection(shop, person, picture):
    ada = person(shop)
    ada.goes("/clustering")
    ada.waits_for("Separation (silhouette)")
    cards = ada.page.locator("button[data-step]")
    assert cards.count() == 7 and "5,000 → " in cards.first.inner_text()
    assert "K-means" in cards.nth(3).inner_text()
    presses(ada, "train")
    ada.page.get_by_test_id("stSelectbox").filter(has_text="How many groups").locator("input").click()
    ada.page.get_by_role("option", name="3 groups").click()
    ada.waits_for("customers in 3 groups")
    assert "3 groups" in cards.nth(6).inner_text()
    presses(ada, "train")  # closed again: the choice stays
    assert "customers in 3 groups" in ada.reads()

    ada.page.get_by_text("Pick customers on the map").first.click()
    ada.waits_for("Draw a line round")
    draws_on_the_map(ada)
    ada.waits_for("customers selected")
    assert "All who lie in the shape" in ada.reads()  # the map shows a sample of the shop
    picture(ada, "clustering-lasso")
    ada.fills("Name of the segment", "The right half")
    ada.clicks("Keep as a segment")
    ada.waits_for("Segment The right half kept")
    ada.complains_of_nothing()


def test_the_steps_fit_a_telephone_in_chinese(shop, person, picture):
    lin = person(shop, language="zh", scheme="dark", width=390, height=800)
    lin.goes("/clustering")
    lin.waits_for("轮廓系数")
    presses(lin, "collect")
    lin.waits_for("库中有")
    picture(lin, "clustering-steps-zh-390")
    presses(lin, "apply")  # far to the right in the bar
    lin.waits_for("可以重复")
    assert lin.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 391
    lin.complains_of_nothing()
