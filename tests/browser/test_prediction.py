"""Who will buy: the headline, two of the steps, how far to trust it, why, the value, and scores frozen in a real browser."""
import pytest

from tests.browser.conftest import serving_demo

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A workbench with a small demo shop."""
    with serving_demo(tmp_path_factory.mktemp("prediction"), customers=200, orders=1500, messages=100) as address:
        yield address


def waits_long_for(somebody, text: str) -> None:
    """Until a text stands on the page, though models learn before it does."""
    somebody.page.get_by_test_id("stMain").get_by_text(text).first.wait_for(timeout=300_000)
    somebody.waits()


def opens(somebody, part: str, told: str) -> None:
    somebody.page.get_by_test_id("stButtonGroup").get_by_text(part, exact=True).first.click()
    waits_long_for(somebody, told)


def presses(somebody, step: str) -> None:
    somebody.page.locator(f"button[data-step={step}]").first.click()
    somebody.waits()


def test_from_the_question_to_frozen_scores(shop, person, picture):
    ada = person(shop)
    ada.page.goto(shop + "/purchase_prediction")
    waits_long_for(ada, "are expected to")
    cards = ada.page.locator("button[data-step]")
    assert cards.count() == 7 and "buys in the next" in cards.first.inner_text()
    assert "AUC" in cards.nth(5).inner_text()
    presses(ada, "check")
    ada.waits_for("Does a feature give the answer away?")
    presses(ada, "learn")
    ada.waits_for("Models beside each other")
    picture(ada, "prediction-learn")
    presses(ada, "learn")  # closed again: the answer stays
    assert "are expected to" in ada.reads()

    opens(ada, "How far to trust it", "by what they did up to")
    opens(ada, "Why", "What the model lives on")
    opens(ada, "Lifetime value", "will bring about")
    opens(ada, "Apply and grade", "None yet. Freeze the scores above")
    waits_long_for(ada, "To be graded after")
    ada.clicks("Freeze", exact=True)
    ada.waits_for("scores frozen as")
    ada.waits_for("Interim look, no grade")
    picture(ada, "prediction-frozen")
    ada.complains_of_nothing()
