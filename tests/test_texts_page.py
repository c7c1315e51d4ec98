"""The page on texts, part by part, in both languages, on a small demo shop."""
import re

import pytest

from tests.test_pages import opened, texts

PARTS = ("overview", "keywords", "topics", "mood", "needs", "summary", "money", "dictionaries")


@pytest.fixture(scope="module")
def shop(demo_shop):
    return demo_shop(customers=150, orders=900, messages=500)


def waited(app):
    for _ in range(60):
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def chosen(app) -> tuple[int, int]:
    """How many messages are chosen, and how many there are."""
    told = next(text for text in texts(app) if re.search(r"messages? of |条消息（共", text))
    return tuple(int(number.replace(",", "")) for number in re.findall(r"[\d,]+", told)[:2])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_without_the_other_languages_sentences(part, language, shop, monkeypatch):
    said = [text for text in texts(opened("text_mining", shop, monkeypatch, language=language, part=part))
            if "\\" not in text and "**" not in text]  # what comes from messages is escaped or marked
    if language == "zh":
        assert [text for text in said if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", text)] == []
    assert len(said) > 5


def test_the_address_narrows_and_keeps_what_is_chosen(shop, monkeypatch):
    app = opened("text_mining", shop, monkeypatch, written="zh", channel="email,nothing", direction="all", source="communications")
    some, every = chosen(app)
    assert 0 < some < every
    assert (app.multiselect(key="text language").value, app.multiselect(key="text channel").value) == (["zh"], ["email"])
    assert (app.query_params["written"], app.query_params["direction"]) == ("zh", "all")
    waited(app.multiselect(key="text language").set_value([]).run())
    assert chosen(app)[0] > some and "written" not in app.query_params


def test_what_customers_wrote_is_chosen_at_first_and_a_period_holds_on_every_part(shop, monkeypatch):
    app = opened("text_mining", shop, monkeypatch)
    incoming, every = chosen(app)
    assert incoming < every and app.selectbox(key="text direction").value == "in"
    waited(app.selectbox(key="text period").set_value("90").run())
    recent = chosen(app)[0]
    assert 0 < recent < incoming
    app.session_state["text_mining part"] = "keywords"
    assert chosen(waited(app.run()))[0] == recent


def test_a_choice_without_messages_says_so_and_is_taken_back(shop, monkeypatch):
    app = opened("text_mining", shop, monkeypatch, since="1999-01-01", until="1999-02-01")
    assert any("No message is like that" in text for text in texts(app))
    waited(app.button(key="text clear").click().run())
    assert chosen(app)[0] > 0


def test_messages_are_searched_and_shown_with_the_way_to_their_record(shop, monkeypatch):
    app = opened("text_mining", shop, monkeypatch)
    app.text_input(key="text search").set_value("parcel").run()
    said = texts(app)
    assert any(re.fullmatch(r"\d+ messages have it\.", text) for text in said)
    assert any(":orange-background[parcel]" in text.lower() for text in said)
    assert [link for link in app.main.get("page_link") if "open=" in link.proto.query_string]


def test_names_and_numbers_are_masked_until_the_switch_is_on(tmp_path, monkeypatch):
    import pandas as pd

    from crm_core.store import open_store
    from ui.workspace import now

    store = open_store(tmp_path / "shop.duckdb", clock=now)
    with store.batch("test") as batch:
        batch.add("customers", pd.DataFrame({"name": ["Ada Lovelace"]}))
        batch.add("communications", pd.DataFrame({
            "customer_id": [1], "occurred_at": [now()], "channel": ["email"], "direction": ["in"],
            "content": ["Please call 138 1234 5678. Ada"]}))
    app = opened("text_mining", store, monkeypatch)
    assert "1234" not in " ".join(texts(app)) and "Ada" not in " ".join(texts(app))
    app.toggle(key="text personal").set_value(True).run()
    assert "1234" in " ".join(texts(app)) and "Ada" in " ".join(texts(app))
    store.close()


def test_words_are_compared_and_looked_up(shop, monkeypatch):
    app = opened("text_mining", shop, monkeypatch, part="keywords")
    for view, told in (("compared", "words and phrases tested"), ("together", "stand next to each other"), ("telling", "tell these messages apart")):
        app.session_state["text words view"] = view
        assert any(told in text for text in texts(waited(app.run())))
    app.session_state["text words view"] = "compared"
    waited(app.run())
    waited(app.selectbox(key="text compare").set_value("channel").run())
    assert any("All others" in text for text in texts(app))
    waited(app.text_input(key="text word").set_value("refund").run())
    assert any(text.startswith("**refund** stands in") for text in texts(app))
    waited(app.text_input(key="text word").set_value("zzzz").run())
    assert any("No message of these has zzzz" in text for text in texts(app))


@pytest.mark.parametrize(("contents", "told"), [
    (["hi", "late", "退款"], "of 3"), (["😡😡", "!!!"], "have no word"), (["same thing"] * 4, "of 4"),
    (["<b>bold</b> <script>x</script>", "\u202eabc\u200f", "¿Dónde está mi pedido? Gracias"], "of 3"),
    (["word " * 3_000], "of 1")])
def test_odd_messages_are_read_or_said(contents, told, tmp_path, monkeypatch):
    import pandas as pd

    from crm_core.store import open_store
    from ui.workspace import now

    store = open_store(tmp_path / "shop.duckdb", clock=now)
    with store.batch("test") as batch:
        batch.add("customers", pd.DataFrame({"name": ["Ada"]}))
        batch.add("communications", pd.DataFrame({
            "customer_id": 1, "occurred_at": now(), "channel": "email", "direction": "in", "content": contents}))
    for part in ("overview", "keywords"):
        said = " ".join(texts(opened("text_mining", store, monkeypatch, part=part)))
        assert told in said or part == "keywords"
    store.close()


@pytest.mark.parametrize(("language", "told"), [("en", "There are no messages yet"), ("zh", "还没有消息")])
@pytest.mark.parametrize("part", ["overview", "keywords"])
def test_without_messages_every_part_leads_to_the_import(part, language, told, store, monkeypatch):
    app = opened("text_mining", store, monkeypatch, language=language, part=part)
    assert any(told in text for text in texts(app))
    assert any("part=import" in link.proto.query_string for link in app.main.get("page_link"))


def test_a_segment_narrows_the_messages(tmp_path, monkeypatch):
    import pandas as pd

    from crm_core.store import open_store
    from ui.workspace import now

    book = open_store(tmp_path / "shop.duckdb", clock=now)
    with book.batch("test") as batch:
        batch.add("customers", pd.DataFrame({"name": ["Ada", "Bo"]}))
        batch.add("communications", pd.DataFrame({
            "customer_id": [1, 1, 2], "occurred_at": now(), "channel": "email", "direction": "in",
            "content": ["tea late", "tea cold", "coffee"]}))
        segment, = batch.add("segments", [{"name": "Tea", "kind": "selection", "as_of": now().date()}])
        batch.add("segment_snapshots", {"segment_id": segment, "as_of": now().date(), "how": "kept", "customers": 1})
        batch.add("segment_members", pd.DataFrame({"segment_id": segment, "customer_id": [1], "as_of": now().date()}))
    app = opened("text_mining", book, monkeypatch, segment=str(segment))
    assert chosen(app) == (2, 3)
    book.close()


def test_a_mood_that_the_team_corrects_is_kept_and_can_be_undone(shop, monkeypatch):
    app = waited(opened("text_mining", shop, monkeypatch, part="mood"))
    pills = next(group for group in app.button_group if group.key and group.key.startswith("mood of "))
    waited(pills.set_value("neutral").run())
    with shop.look() as look:
        kept = look.execute("SELECT scheme, label FROM text_labels WHERE deleted_at IS NULL").fetchall()
        batch, = look.execute("SELECT max(number) FROM batches WHERE kind = 'mood'").fetchone()
    assert kept == [("sentiment", "neutral")]
    shop.undo(batch)
    with shop.look() as look:
        assert look.execute("SELECT count(*) FROM text_labels WHERE deleted_at IS NULL").fetchone() == (0,)


def test_messages_of_nobody_lead_to_the_import_and_not_to_an_error(store, monkeypatch):
    import pandas as pd

    from ui.workspace import now

    with store.batch("test") as batch:
        batch.add("communications", pd.DataFrame({
            "occurred_at": now(), "channel": "email", "direction": "in", "content": ["It broke", "退款"]}))
    app = waited(opened("text_mining", store, monkeypatch, part="money"))
    assert any("names a customer" in text for text in texts(app))


def test_a_topic_has_a_summary_of_its_own(shop, monkeypatch):
    app = waited(opened("text_mining", shop, monkeypatch, part="summary", of="topic"))
    assert app.selectbox(key="text topic").value == 0
    named = app.selectbox(key="text topic").options[0].split(" ", 1)[1]
    assert any(named in block.value for block in app.subheader) and "of" not in app.query_params


def test_the_words_that_decide_a_mood_are_coloured(shop, monkeypatch):
    app = waited(opened("text_mining", shop, monkeypatch, part="mood"))
    assert any(":red" in block.value for block in app.markdown)
    assert {metric.label for metric in app.metric} >= {"Negative", "Neutral", "Positive"}
