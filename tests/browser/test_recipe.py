"""A recipe as a person writes it: from an example to consequences, applied, undone, kept, replayed, carried away."""
import json

import pytest

from tests.browser.conftest import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("recipe")) as address:
        yield address


def opens_the_textbook(somebody):
    somebody.page.locator(".st-key-example-textbook button").click()
    somebody.waits()


def test_the_textbook_cleaning_warns_is_applied_and_undone_right_there(address, person, picture):
    ada = person(address)
    ada.goes("/cleaning?part=recipe")
    assert "A recipe is a list of steps that clean a table." in ada.reads()
    picture(ada, "recipe-start")
    opens_the_textbook(ada)
    ada.waits_for("rows leave (22%)")
    assert "can also be filled or flagged" in ada.reads() and "5,000 rows → 3,878 rows" in ada.reads()
    picture(ada, "recipe")
    ada.clicks("See the consequences")
    ada.waits_for("What would change")
    picture(ada, "recipe-consequences")
    ada.clicks("Apply the recipe")
    ada.waits_for("Textbook cleaning applied as change")
    boxes = ada.page.get_by_test_id("stMain").get_by_role("checkbox")
    assert [boxes.nth(place).is_checked() for place in range(boxes.count())] == [True] * 3  # they stay as they were
    ada.clicks("Undo")
    ada.waits_for("Taken back: Cleaned with Textbook cleaning")
    assert "5,000 rows → 3,878 rows" in ada.reads()
    ada.complains_of_nothing()


def test_a_chinese_recipe_is_written_kept_and_replayed_in_two_clicks(address, person, picture):
    wang = person(address, language="zh", width=390, height=844)
    wang.goes("/cleaning?part=recipe")
    wang.clicks("从空白方案开始")
    wang.page.get_by_role("textbox", name="搜索步骤").fill("空格")
    wang.waits()
    wang.clicks("去除多余空格")
    wang.clicks("个合适的列")
    wang.waits_for("6 行会变化")
    wang.clicks("完成")
    assert "□" in wang.reads() and "␣" in wang.reads()
    picture(wang, "recipe-zh-390")
    wang.clicks("保存此方案")
    wang.page.get_by_role("textbox", name="方案名称").first.fill("每月")
    wang.page.keyboard.press("Tab")
    wang.waits()
    wang.page.get_by_role("button", name="保存", exact=True).click()
    wang.waits_for("已保存：每月")
    wang.clicks("全部方案")
    wang.clicks("用于今天的数据")
    wang.clicks("应用方案")
    wang.waits_for("每月 已应用")
    wang.clicks("撤销")
    wang.waits_for("已撤销：按方案“每月”清洗")
    wang.complains_of_nothing()


def test_a_recipe_is_carried_away_as_json_and_a_broken_one_is_refused_in_a_sentence(address, person):
    bo = person(address)
    bo.goes("/cleaning?part=recipe")
    opens_the_textbook(bo)
    name, held = bo.downloads("Download as JSON")
    assert name == "textbook-cleaning.json" and json.loads(held)["steps"][0]["step"] == "drop_missing"
    bo.clicks("All recipes")
    bo.clicks("Bring in a recipe")
    field = bo.page.get_by_role("textbox", name="or paste it here")
    field.fill(held.decode()[:-5])
    bo.page.keyboard.press("Control+Enter")
    bo.waits()
    bo.page.get_by_role("button", name="Open it").click()
    bo.page.get_by_text("The recipe is no JSON").wait_for()
    field.fill(held.decode())
    bo.page.keyboard.press("Control+Enter")
    bo.waits()
    bo.page.get_by_role("button", name="Open it").click()
    bo.waits_for("5,000 rows → 3,878 rows")
    bo.complains_of_nothing()


def test_a_draft_outlives_going_elsewhere(address, person):
    cy = person(address)
    cy.goes("/cleaning?part=recipe")
    opens_the_textbook(cy)
    cy.page.get_by_role("link", name="Data entry").click()
    cy.waits()
    cy.page.get_by_role("link", name="Cleaning").click()
    cy.waits()
    cy.page.get_by_test_id("stButtonGroup").get_by_text("Recipe", exact=True).click()
    cy.waits_for("5,000 rows → 3,878 rows")
    cy.complains_of_nothing()
