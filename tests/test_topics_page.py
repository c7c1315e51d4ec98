"""The part 'topics' of the page on texts: found, looked into, edited, kept, refreshed, in both languages."""
import random
import time
from datetime import datetime, timedelta

import pytest

from crm_core.text_mining.topics import kept
from tests.test_pages import opened, said_on
from tests.test_topics import SPEECH


@pytest.fixture
def speaking(store):
    """A shop with 300 messages of customers about five things, over half a year."""
    draw = random.Random(1)
    rows = []
    for at in range(300):
        words = draw.sample(list(SPEECH.values())[at % 5].split(), 5)
        rows.append({"occurred_at": datetime(2025, 9, 1) + timedelta(hours=14 * at), "channel": ("email", "phone")[at % 2],
                     "direction": "in", "content": (" " if words[0].isascii() else "，").join(words)})
    with store.batch("import", "messages") as batch:
        batch.add("communications", rows)
    return store


def done(app):
    for _ in range(300):
        if not app.get("progress"):
            break
        time.sleep(0.2)
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def test_topics_are_found_edited_kept_and_refreshed(speaking, monkeypatch):
    app = done(opened("text_mining", speaking, monkeypatch, part="topics"))
    app.selectbox(key="text topics number").select(5).run()
    assert done(app).metric[0].value == "5"
    for view in ("time", "by", "map"):
        app.session_state["text topics view"] = view
        done(app.run())
    app.button(key="topic split").click().run()
    assert done(app).metric[0].value == "6" and "not kept yet" in said_on(app)
    app.button(key="topics discard").click().run()
    assert done(app).metric[0].value == "5"
    app.button(key="topics keep").click().run()
    done(app)
    with speaking.look() as look:
        run, = kept(look)
    assert run.topics.k == 5
    app.button(key="topics refresh").click().run()
    done(app)
    assert "5 topics as before" in said_on(app)
    app.button(key="topics remove").click().run()
    done(app)
    with speaking.look() as look:
        assert kept(look) == []


def test_the_part_speaks_chinese(speaking, monkeypatch):
    app = done(opened("text_mining", speaking, monkeypatch, language="zh", part="topics"))
    assert "主题词：" in said_on(app) and not app.exception


def test_too_few_messages_are_told_with_what_to_do(store, monkeypatch):
    with store.batch("import", "messages") as batch:
        batch.add("communications", [{"occurred_at": datetime(2026, 2, 1), "channel": "email", "direction": "in",
                                      "content": text} for text in ("tea", "late again", "😡")])
    app = done(opened("text_mining", store, monkeypatch, part="topics"))
    assert "at least 30" in " ".join(error.value for error in app.error)
