"""What customers say: narrowed, searched, compared and read where it stands, in a real browser and both languages."""
import pytest

from tests.browser.conftest import serving_demo

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A workbench with a small demo shop."""
    with serving_demo(tmp_path_factory.mktemp("texts"), customers=200, orders=1200, messages=700) as address:
        yield address


def test_from_the_newest_messages_to_a_word_where_it_stands(shop, person, picture):
    ada = person(shop)
    ada.page.goto(shop + "/text_mining")
    ada.waits_for("The newest messages")
    ada.page.get_by_role("textbox", name="Search the messages").fill("parcel")
    ada.waits_for("have it.")
    picture(ada, "texts-messages")
    ada.page.get_by_test_id("stButtonGroup").get_by_text("Keywords", exact=True).first.click()
    ada.waits_for("The same at a glance")
    ada.page.get_by_test_id("stButtonGroup").get_by_text("What differs", exact=True).first.click()
    ada.waits_for("words and phrases tested")
    word = ada.page.get_by_role("textbox", name="A word where it stands")
    word.fill("refund")
    word.press("Enter")
    ada.waits_for("stands in")
    ada.waits_for("Pick a line to read the whole message")
    picture(ada, "texts-words")
    assert "part=keywords" in ada.page.url
    ada.complains_of_nothing()


def test_a_link_opens_the_same_choice_in_chinese_on_a_telephone(shop, person, picture):
    lin = person(shop, language="zh", width=390, scheme="dark")
    lin.page.goto(shop + "/text_mining?part=keywords&written=zh&period=365")
    lin.waits_for("代表性词语")
    lin.waits_for("中文")
    assert "written=zh" in lin.page.url and "period=365" in lin.page.url
    wide = lin.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390
    picture(lin, "texts-telephone")
    lin.complains_of_nothing()
