"""The part of the page on texts where the team keeps its own words; messages of every odd kind."""
import time

import pytest

from tests.test_pages import opened, texts
from tests.test_records_pages import typed


@pytest.fixture
def shop(store):
    """Two customers and a few messages, one of them with personal data."""
    with store.batch("edit", "x") as batch:
        batch.add("customers", [{"name": "Emily Fletcher"}, {"name": "杨一鹏"}])
        batch.add("communications", [
            {"customer_id": 1 + place % 2, "occurred_at": f"2026-02-{10 + place} 10:00", "channel": "email",
             "direction": "in", "content": text} for place, text in enumerate((
                 "The mug broke, call 138 1234 5678", "the mug is fine", "杯子碎了", "¿Dónde está mi pedido?"))])
    return store


def waited(app):
    for _ in range(100):
        if not app.get("progress"):
            return app
        time.sleep(0.1)
        app.run()
    return app


def part(store, monkeypatch, language: str = "en"):
    return waited(opened("text_mining", store, monkeypatch, language=language, part="dictionaries"))


def editor(app) -> str:
    return next(grid.key for grid in app.data_editor)


def kept(store) -> list[tuple]:
    with store.look() as look:
        return look.execute("SELECT kind, term FROM text_terms WHERE deleted_at IS NULL ORDER BY id").fetchall()


@pytest.mark.parametrize(("language", "told", "undo"), [("en", "2", "Undo change"), ("zh", "2", "撤销第")])
def test_a_word_is_typed_counted_written_and_taken_back(language, told, undo, shop, monkeypatch):
    app = part(shop, monkeypatch, language)
    typed(app, editor(app), added_rows=[{"kind": "stop", "language": "en", "term": "mug"}])
    assert app.dataframe[1].value.messages.tolist() == [2]
    app.button(key="own words write").click().run()
    assert kept(shop) == [("stop", "mug")] and not app.exception
    app = waited(app)
    assert undo in app.button(key="own words undo").label
    app.button(key="own words undo").click().run()
    assert kept(shop) == [] and not waited(app).exception


def test_a_synonym_of_nothing_is_told_and_not_written(shop, monkeypatch):
    app = part(shop, monkeypatch)
    typed(app, editor(app), added_rows=[{"kind": "synonym", "language": "en", "term": "mug"}])
    assert any("a synonym needs the word" in text for text in texts(app))
    assert app.button(key="own words write").disabled


def test_a_file_of_words_is_shown_before_it_is_taken(shop, monkeypatch):
    app = part(shop, monkeypatch)
    content = "kind,language,term,meaning,weight\nmood,en,broke,,-3\nnot worth counting,Chinese,哈哈,,\n".encode()
    app.file_uploader[0].set_value(("words.csv", content, "text/csv")).run()
    assert kept(shop) == [] and any("New: **2**" in text for text in texts(app)), [e.value for e in app.error]
    app.button(key="own words take").click().run()
    assert kept(shop) == [("mood", "broke"), ("stop", "哈哈")] and not waited(app).exception
    app.file_uploader[0].set_value(("odd.csv", b"a,b\n1,2\n", "text/csv")).run()
    assert any("no file of own words" in error.value for error in app.error)


def test_personal_data_is_masked_until_one_asks_to_see_it(shop, monkeypatch):
    from crm_core.text_mining import dictionary, messages
    from crm_core.text_mining.entities import known, masked

    with shop.look() as look:
        about, told = known(look, dictionary(look)), messages(look, "2026-03-01")
    assert masked(list(told.text), about)[0] == "The mug broke, call ••• •••• ••••"
    app = part(shop, monkeypatch)
    assert app.toggle(key="text show personal").value is False


ODD = {
    "three": ["late", "late again", "茶到得晚"],
    "emoji": ["😡", "👍🏽👍🏽", "❤️", "…", "!!!"],
    "long": ["word and 茶 again. " * 1_000],
    "markup": ["<p>Hi <b>there</b></p><script>alert(1)</script>", "[a](http://x.y) ![](http://x.y/z.png)", "www.a.com"],
    "others": ["Wo ist mein Paket?", "Où est mon colis ?", "أين طلبي", "Где мой заказ?"],
    "signs": ["\u202eevil\u202c", "a\u200bb", "\ufeffx", "= 1+1"],
    "same": ["where is it"] * 40,
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_messages_are_read_without_a_stumble(kind, store, monkeypatch):
    with store.batch("edit", "x") as batch:
        batch.add("communications", [
            {"occurred_at": f"2026-02-{1 + place % 27:02d} 10:00", "channel": "email", "direction": "in",
             "content": text} for place, text in enumerate(ODD[kind])])
    app = part(store, monkeypatch)
    assert not app.exception and any("Nothing is changed yet" in text for text in texts(app))


def test_where_no_message_says_anything_it_is_said_what_to_do(store, monkeypatch):
    with store.batch("edit", "x") as batch:
        batch.add("service_requests", [{"opened_at": "2026-02-01 10:00", "status": "open"}])
    assert "There are no messages yet" in " ".join(texts(part(store, monkeypatch)))
