"""The parts 'summary' and 'words and behaviour' of the page on texts, in both languages."""
import re

import pytest

from tests.test_clustering_page import answered
from tests.test_pages import demo, opened, texts

__all__ = ["demo"]


def told_by(app) -> str:
    answered(app)
    return " ".join(texts(app))


@pytest.mark.parametrize(("language", "told"), [
    ("en", ("messages, in short", "5 of ", "stands for")), ("zh", ("条消息的摘要", "选出 5 句", "代表"))])
def test_the_chosen_messages_are_summed_up_by_their_own_sentences(demo, monkeypatch, language, told):
    app = opened("text_mining", demo, monkeypatch, language=language, part="summary")
    said = told_by(app)
    for sentence in told:
        assert sentence in said, sentence
    whole = " ".join(row[0] for row in demo.cursor().execute(
        "SELECT coalesce(subject, '') || ' ' || content FROM communications").fetchall())
    first = app.code[0].value[:12]
    assert "•" in first or first in whole


def test_a_length_of_nothing_and_one_longer_than_the_text_have_their_sentence(demo, monkeypatch):
    app = opened("text_mining", demo, monkeypatch, part="summary")
    answered(app)
    app.number_input(key="summary length sentences").set_value(0).run()
    assert "A summary of length 0 would be empty" in answered(app)
    app.segmented_control(key="summary of").set_value("text").run()
    app.number_input(key="summary length sentences").set_value(9).run()
    app.text_area(key="summary text").set_value("The cup broke. 茶壶也坏了。").run()
    assert "This is all of it: there are only 2 different sentences, and 9 may be shown" in answered(app)
    assert app.code[0].value == "The cup broke. 茶壶也坏了。"
    app.segmented_control(key="summary unit").set_value("characters").run()
    app.number_input(key="summary length characters").set_value(5).run()
    assert "No sentence fits into 5 characters" in answered(app) and len(app.code[0].value) <= 5
    app.text_area(key="summary text").set_value("😡😡").run()
    assert "There is no sentence to choose from" in answered(app)


def test_a_customers_page_leads_to_the_summary_of_the_history(demo, monkeypatch):
    customer = demo.cursor().execute(
        "SELECT customer_id FROM communications WHERE direction = 'in' GROUP BY 1 ORDER BY count(*) DESC, 1").fetchone()[0]
    app = opened("text_mining", demo, monkeypatch, part="summary", customer=str(customer))
    said = told_by(app)
    assert re.search(r"\d+ messages from .* to .*, in short", said)
    assert app.query_params["customer"] in (str(customer), [str(customer)])


def test_one_message_is_shown_whole_with_the_chosen_sentences_marked(demo, monkeypatch):
    app = opened("text_mining", demo, monkeypatch, part="summary")
    answered(app)
    app.segmented_control(key="summary of").set_value("message").run()
    app.number_input(key="summary length sentences").set_value(1).run()
    said = told_by(app)
    assert "This message, in short" in said and said.count(":primary-background[") == 1


@pytest.mark.parametrize(("language", "told"), [
    ("en", ("were compared by", "days afterwards are over", "How this is worked out")),
    ("zh", ("次对话", "其后 90 天均已过完", "计算方法"))])
def test_what_customers_did_afterwards_is_told_and_never_called_a_cause(demo, monkeypatch, language, told):
    app = opened("text_mining", demo, monkeypatch, language=language, part="money")
    answered(app)
    app.segmented_control(key="money horizon").set_value(90).run()
    app.segmented_control(key="money kind").set_value("categories").run()
    said = told_by(app)
    for sentence in told:
        assert sentence in said, sentence
    assert not re.search(r"because of|leads to|causes|导致|造成", said)


def test_where_nobody_is_left_to_compare_the_page_says_so(demo, monkeypatch):
    app = opened("text_mining", demo, monkeypatch, part="money", channel="visit,sms", period="30")
    assert "No theme was spoken of by 20 or more customers" in answered(app)
