"""The cards on the page clustering: in both languages, with names that stay, and links to typical members."""
import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.test_pages import demo, opened, texts  # noqa: F401 (a fixture)


def said_on(app: AppTest) -> str:
    return " ".join(texts(app)).replace("\\", "")


def fields(app: AppTest) -> dict[str, str]:
    return {field.label: field.value for field in app.text_input if re.search("group|群", field.label)}


@pytest.mark.parametrize(("language", "rule", "stable", "name"), [
    ("en", r"\*\*In short:\*\* .+: \*\*\d+% right\*\*.*, covers \d+%\.", "very stable", "Name of group 1"),
    ("zh", r"\*\*一句话\*\*：.+。\*\*准确率 \d+%\*\*.*，覆盖本群 \d+%。", "非常稳定", "第 1 群名称")])
def test_each_group_has_a_card_that_says_what_it_is(demo, monkeypatch, language, rule, stable, name):  # noqa: F811
    app = opened("clustering", demo, monkeypatch, language=language)
    said, names = said_on(app), fields(app)
    assert name in names and len(names) >= 2 and len(set(names.values())) == len(names)
    assert len(re.findall(rule, said)) >= len(names) - 1
    assert stable in said
    assert re.search({"en": r"Orders \*\*\d+\*\* :gray\[· others", "zh": r"订单数 \*\*\d+\*\* :gray\[· 其他客户"}[language], said)


def test_a_name_that_was_typed_stays_in_the_other_language_and_goes_where_names_go(demo, monkeypatch):  # noqa: F811
    app = opened("clustering", demo, monkeypatch)
    before = fields(app)
    field = next(field for field in app.text_input if field.label == "Name of group 2")
    field.input("Our *darlings*").run()
    assert fields(app) == before | {"Name of group 2": "Our *darlings*"}
    app.button(key="keep").click().run()
    assert "Our *darlings*" in set(demo.frame("segments_kept").name)
    demo.undo(demo.revision())
    app.session_state["language"] = "zh"
    app.run()
    in_chinese = fields(app)
    assert in_chinese["第 2 群名称"] == "Our *darlings*"
    assert re.search("[\u4e00-\u9fff]", in_chinese["第 1 群名称"])


def test_an_emptied_field_gives_the_proposed_name_back(demo, monkeypatch):  # noqa: F811
    app = opened("clustering", demo, monkeypatch)
    before = fields(app)
    for typed in ("Mine", "  "):
        next(field for field in app.text_input if field.label == "Name of group 1").input(typed).run()
    app.run()
    assert fields(app) == before


def test_two_groups_of_one_name_are_said(demo, monkeypatch):  # noqa: F811
    app = opened("clustering", demo, monkeypatch)
    first, second = (field for field in app.text_input if field.label in ("Name of group 1", "Name of group 2"))
    second.input(first.value).run()
    assert f"Two groups are called “{first.value}”" in app.warning[0].value


def test_typical_members_lead_to_their_pages(demo, monkeypatch):  # noqa: F811
    app = opened("clustering", demo, monkeypatch)
    links = [link.proto for link in app.get("page_link") if "open=" in link.proto.query_string]
    assert len(links) >= 8 and all("part=customers" in link.query_string for link in links)
    customer = int(re.search(r"open=(\d+)", links[0].query_string)[1])
    assert demo.record("customers", customer)["name"] in links[0].label.replace("\\", "")
