"""Duplicates on the page, in both languages: search, one pair at a time, groups, all sure ones, what is bad input."""
import re
from datetime import datetime
from threading import Event

import pandas as pd
import pytest

from crm_core.cleaning import matching
from crm_core.cleaning.duplicates import Duplicates
from tests.test_pages import opened, texts
from tests.test_records_pages import part, plainly, pressed
from ui.work import start


@pytest.fixture
def shop(store):
    """Ada (1, 2, 3), Bo (4, 5) and Cy; two teas."""
    with store.batch("add", "all of it") as batch:
        batch.add("customers", [
            {"customer_no": "A", "name": "Ada Wong", "phone": "+44 20 7946 0018", "email": "ada@shop.example", "city": "Bern",
             "consent_email": True},
            {"customer_no": "B", "name": "Wong, Ada", "phone": "020 7946 0018", "city": "Bern", "consent_email": False},
            {"customer_no": "C", "name": "Ada Wong", "phone": "020 7946 0018", "city": "Basel"},
            {"customer_no": "D", "name": "Bo Li", "birth_date": "1980-05-01", "city": "Chur"},
            {"customer_no": "E", "name": "Bo Li", "birth_date": "1980-05-01", "city": "Genf"},
            {"customer_no": "F", "name": "Cy Young", "city": "Bern"}])
        batch.add("orders", [{"order_no": "1", "customer_id": 4, "ordered_at": datetime(2026, 1, 5), "status": "completed",
                              "amount": 100}])
        batch.add("products", [{"product_no": "007", "name": "Green Tea"}, {"product_no": "7", "name": "green tea"}])
    return store


def waited(app):
    for _ in range(100):
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def duplicates(store, monkeypatch, language="en"):
    return opened("cleaning", store, monkeypatch, language=language, part="duplicates")


def searched(store, monkeypatch, *rules, table="customers", language="en"):
    """The page after a search by plain rules."""
    app = duplicates(store, monkeypatch, language)
    if table != "customers":
        app.segmented_control(key="matching table").set_value(table).run()
    app.checkbox(key=f"match model {table} 0").uncheck()
    for rule in rules or ("same_phone", "same_name_birth_date"):
        app.checkbox(key=f"match rule {table} 0 {rule}").check()
    app.run()
    return waited(pressed(app, f"look {table}"))


def said(app) -> str:
    return plainly(" ".join(texts(app)))


@pytest.mark.parametrize(("language", "words", "count"), [("en", "Look for records that are there twice", "3 pairs"),
                                                          ("zh", "查找写法不同", "3 对")])
def test_before_the_first_search_the_page_says_what_it_does_and_what_each_rule_would_find(
        language, words, count, shop, monkeypatch):
    app = duplicates(shop, monkeypatch, language)
    assert words in said(app) and count in said(app)
    assert [button.key for button in app.button] == ["look customers"]


@pytest.mark.parametrize(("language", "found"), [("en", "4 pairs are probably the same"), ("zh", "4 对记录很可能是同一个")])
def test_a_search_says_what_it_found_and_asks_the_first_pair(language, found, shop, monkeypatch):
    app = searched(shop, monkeypatch, language=language)
    assert found in said(app).replace("*", "")
    assert {"same", "different", "unsure", "skip"} <= {button.key for button in app.button}
    english = [text for text in texts(app) if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", text)]
    assert language == "en" or english == []


@pytest.mark.parametrize(("language", "threshold", "verdict"), [
    ("en", .25, "Counts as **the same** · 32%"), ("zh", .25, "按阈值视为**同一个** · 32%"),
    ("en", .5, "Probably **different** · 32%"), ("zh", .5, "很可能**不是同一个** · 是同一个的概率 32%")])
def test_nothing_is_called_probable_that_is_less_likely_than_not(language, threshold, verdict, shop, monkeypatch):
    pair = pd.DataFrame({"id_a": [1], "id_b": [2], "weight": [-1.09], "probability": [.32], "levels": ["rules=same_phone"]})
    with shop.batch("match") as batch:
        matching.keep(batch, "customers", Duplicates(
            pairs=pair, threshold=threshold, clusters=pd.DataFrame(), model={"method": "stated", "stated": ["same_phone"]},
            pairs_compared=1), batch.number, 6)
    app = duplicates(shop, monkeypatch, language)
    assert any(verdict in text.value.replace(" %", "%") for text in app.markdown)


def test_the_same_are_merged_at_once_and_one_click_takes_it_back(shop, monkeypatch):
    app = searched(shop, monkeypatch, "same_name_birth_date")
    pressed(app, "same")
    assert shop.record("customers", 5)["deleted_at"] is not None and shop.record("customers", 4)["deleted_at"] is None
    assert shop.frame("match_reviews", table="customers", run=1).decision.tolist() == ["same"]
    assert shop.frame("recent_batches", limit=1).kind[0] == "merge"
    pressed(app, "undo decision")
    assert shop.record("customers", 5)["deleted_at"] is None
    assert len(shop.frame("match_reviews", table="customers", run=1)) == 0


def test_an_opt_out_wins_when_two_are_the_same(shop, monkeypatch):
    app = searched(shop, monkeypatch, "same_name_place")
    pressed(app, "same")
    living = [shop.record("customers", row_id) for row_id in (1, 2)]
    assert [row["consent_email"] for row in living if row["deleted_at"] is None] == [False]


def test_each_answer_brings_the_next_pair_and_all_decided_is_said(shop, monkeypatch):
    app = searched(shop, monkeypatch)
    assert "0 of 4 decided" in said(app)
    pressed(app, "different")
    assert "1 of 4 decided" in said(app)
    pressed(app, "skip")
    assert "1 of 4 decided" in said(app)
    for _ in range(3):
        pressed(app, "unsure")
    assert "All pairs of this kind are decided" in app.success[0].value
    assert sorted(shop.frame("match_reviews", table="customers", run=1).decision) == ["different", "unsure", "unsure", "unsure"]


def test_the_biggest_customers_come_first_where_that_is_wanted(shop, monkeypatch):
    app = searched(shop, monkeypatch)
    app.pills(key="matching sorting customers 1").set_value("big").run()
    pressed(app, "different")
    told = shop.frame("match_reviews", table="customers", run=1)
    assert told[["id_a", "id_b"]].values.tolist() == [[4, 5]]


def test_a_pair_of_which_one_is_gone_meanwhile_is_told_and_nothing_is_written(shop, monkeypatch):
    app = searched(shop, monkeypatch, "same_name_birth_date")
    with shop.batch("delete") as batch:
        batch.remove("customers", [5])
    before = shop.revision()
    pressed(app, "same")
    assert "merged or deleted meanwhile" in app.error[0].value and shop.revision() == before


def test_groups_of_three_show_their_weakest_link_which_can_be_cut(shop, monkeypatch):
    app = searched(shop, monkeypatch, "same_phone", "same_name_place")
    app.segmented_control(key="matching view customers 1").set_value("groups").run()
    assert "3 records: Ada Wong" in said(app) and "Weakest link" in said(app)
    cut = next(button.key for button in app.button if button.key.startswith("cut "))
    pressed(app, cut)
    assert shop.frame("match_reviews", table="customers", run=1).decision.tolist() == ["different"]
    assert "No three records hang together" in app.info[0].value


def test_all_sure_ones_are_merged_as_they_were_previewed_and_undone_together(shop, monkeypatch):
    app = searched(shop, monkeypatch)
    app.segmented_control(key="matching view customers 1").set_value("sure").run()
    app.number_input(key="sure from customers 1").set_value(85.0).run()
    assert "2 groups with 5 records become 2 records" in said(app).replace("*", "")
    waited(pressed(app, "sure preview button"))
    before = shop.revision()
    waited(pressed(app, "merge all"))
    assert "2 groups were merged; 3 records" in app.success[0].value and shop.revision() == before + 1
    alive = [row_id for row_id in range(1, 7) if shop.record("customers", row_id)["deleted_at"] is None]
    assert len(alive) == 3
    shop.undo(shop.revision())
    assert all(shop.record("customers", row_id)["deleted_at"] is None for row_id in range(1, 7))


def test_where_nothing_is_as_sure_as_was_asked_for_that_is_said(shop, monkeypatch):
    app = searched(shop, monkeypatch)
    app.segmented_control(key="matching view customers 1").set_value("sure").run()
    app.number_input(key="sure from customers 1").set_value(99.9).run()
    assert "Nothing is as sure as that" in app.info[0].value


def test_what_is_merged_already_is_in_no_group_and_at_the_end_nothing_is_left(shop, monkeypatch):
    app = searched(shop, monkeypatch)
    app.pills(key="matching sorting customers 1").set_value("big").run()
    pressed(app, "same")  # the two called Bo
    app.segmented_control(key="matching view customers 1").set_value("sure").run()
    app.number_input(key="sure from customers 1").set_value(85.0).run()
    assert "1 group with 3 records become" in said(app).replace("*", "")
    waited(pressed(app, "sure preview button"))
    waited(pressed(app, "merge all"))
    assert "1 group was merged; 2 records" in app.success[0].value
    app.run()
    assert "Nothing is left to be merged" in app.info[0].value and not app.error
    assert app.number_input(key="sure from customers 1").value == 85.0


def test_the_number_from_which_on_is_merged_stays_on_the_page_while_records_are_merged(shop, monkeypatch):
    """Off the page, even for a moment, a browser would bring it back as the lowest one."""
    app = searched(shop, monkeypatch)
    app.segmented_control(key="matching view customers 1").set_value("sure").run()
    app.number_input(key="sure from customers 1").set_value(85.0).run()
    merged, key = Event(), ("a long merge", str(shop.path))
    start(key, lambda progress: merged.wait(60) and (3, 2))
    app.session_state["merging at once"] = (key,)
    app.run()
    assert app.get("progress") and app.number_input(key="sure from customers 1").value == 85.0
    merged.set()
    waited(app)
    assert app.number_input(key="sure from customers 1").value == 85.0


def test_what_changed_since_the_preview_stops_the_merge(shop, monkeypatch):
    app = searched(shop, monkeypatch)
    app.segmented_control(key="matching view customers 1").set_value("sure").run()
    waited(pressed(app, "sure preview button"))
    with shop.batch("edit") as batch:
        batch.change("customers", {"id": 6, "city": "Chur"})
    before = shop.revision()
    app.button(key="merge all").click()
    waited(app.run())
    assert "changed after this preview was made" in app.error[0].value and shop.revision() == before


def test_what_somebody_was_not_sure_of_is_not_merged_with_the_rest(shop, monkeypatch):
    app = searched(shop, monkeypatch, "same_name_birth_date")
    pressed(app, "unsure")
    app.segmented_control(key="matching view customers 1").set_value("sure").run()
    assert "Nothing is left to be merged" in app.info[0].value


@pytest.mark.parametrize(("language", "settled"), [("en", "4 of them are decided or merged already"),
                                                   ("zh", "其中 4 对已判定或已合并")])
def test_what_a_search_is_worth_does_not_change_because_its_pairs_were_merged(language, settled, shop, monkeypatch):
    app = searched(shop, monkeypatch, language=language)
    accuracy = app.caption[0].value
    assert settled not in said(app)
    app.segmented_control(key="matching view customers 1").set_value("sure").run()
    app.number_input(key="sure from customers 1").set_value(85.0).run()
    waited(pressed(app, "sure preview button"))
    waited(pressed(app, "merge all"))
    assert settled in said(app) and app.caption[0].value == accuracy
    assert ("4 pairs are probably" if language == "en" else "4 对记录很可能") in said(app).replace("*", "")


@pytest.mark.parametrize(("language", "told"), [("en", "found 1 pair that is still open"), ("zh", "还有 1 对待判定")])
def test_the_overview_tells_what_the_search_left_open_and_leads_there(language, told, shop, monkeypatch):
    def overview():
        return waited(opened("cleaning", shop, monkeypatch, language=language, part="overview", table="products"))

    assert told not in said(overview()).replace("*", "")
    searched(shop, monkeypatch, "same_number", table="products")
    app = overview()
    assert told in said(app).replace("*", "")
    pressed(app, "to the pairs")
    assert app.segmented_control(key="matching table").value == "products"
    pressed(app, "different")
    assert told not in said(overview()).replace("*", "")


def test_products_are_searched_by_rules_of_their_own(shop, monkeypatch):
    app = searched(shop, monkeypatch, "same_number", table="products")
    assert "1 pair is probably the same" in said(app).replace("*", "")
    pressed(app, "same")
    assert [shop.record("products", row_id)["deleted_at"] is None for row_id in (1, 2)].count(True) == 1


def test_a_search_that_finds_nothing_says_so(shop, monkeypatch):
    assert "No duplicates were found" in searched(shop, monkeypatch, "same_name_company").success[0].value


@pytest.mark.parametrize(("language", "words"), [("en", "There are not two records"), ("zh", "不足两条记录")])
def test_one_record_has_nothing_to_be_compared_with(language, words, store, monkeypatch):
    with store.batch("add") as batch:
        batch.add("customers", {"name": "Ada Wong"})
    assert words in duplicates(store, monkeypatch, language).info[0].value


def test_records_that_came_since_are_matched_alone(shop, monkeypatch):
    app = searched(shop, monkeypatch)
    with shop.batch("add") as batch:
        batch.add("customers", {"name": "Bo Li", "birth_date": "1980-05-01", "city": "Zug"})
    app.run()
    assert app.button(key="match news customers").label == "Match 1 new or changed record"
    waited(pressed(app, "match news customers"))
    assert "6 pairs are probably the same" in said(app).replace("*", "")
    assert "match news customers" not in {button.key for button in app.button}


# --- while a customer is typed in ---------------------------------------------------------------


def test_the_rules_of_the_search_are_heeded_while_a_customer_is_typed_in(shop, monkeypatch):
    searched(shop, monkeypatch, "same_phone_like_name")
    app = part("customers", shop, monkeypatch, "add")
    app.text_input(key="add customers 0 name").input("Wong Ada")
    app.text_input(key="add customers 0 phone").input("(020) 7946-0018").run()
    assert "same phone and like name" in said(app)


def test_who_was_called_different_is_not_told_again_while_that_one_is_edited(shop, monkeypatch):
    def warned() -> bool:
        app = part("customers", shop, monkeypatch, open="4")
        app.segmented_control(key="customers card 4 None").set_value("details").run()
        app.text_input(key="edit customers 4 0 name").input("Bo  Li ").run()
        return any("looks like somebody" in warning.value for warning in app.warning)

    assert warned()
    with shop.batch("review") as batch:
        matching.decide(batch, "customers", 4, 5, "different", None)
    assert not warned()


def test_new_records_are_matched_with_what_was_prepared_before(store):
    names = [f"{first} {last}" for first in ("Ada", "Bo", "Cy", "Dora", "Emil") for last in ("Wong", "Kraft", "Lind", "Meyer", "Voss")]
    people = [{"customer_no": f"P{number}", "name": name, "phone": f"+44 20 7946 0{number:03}",
               "birth_date": f"19{50 + number}-03-05", "city": "Bern"} for number, name in enumerate(names)]
    with store.batch("add", "people") as batch:
        batch.add("customers", people)
        batch.add("customers", [person | {"customer_no": f"again {number}", "city": "Chur"}
                                for number, person in enumerate(people[:5])])
    with store.look() as look:
        _, found = matching.search(look, "customers", matching.How(), lambda share: None)
    shelf = matching.Shelf()

    def news(person: dict) -> set[tuple[int, int]]:
        with store.batch("add", "one more") as batch:
            added = batch.add("customers", [person])
        with store.look() as look:
            _, pairs, _ = matching.search_news(look, "customers", found.model, added, lambda share: None, shelf,
                                               store.revision())
        return set(zip(pairs.id_a, pairs.id_b, strict=True))

    assert news(people[9] | {"customer_no": "N1"}) >= {(10, 31)}
    prepared = shelf.prepared
    assert news(people[9] | {"customer_no": "N2"}) >= {(10, 32), (31, 32)}
    assert shelf.prepared is prepared
    with store.batch("delete", "one") as batch:
        batch.remove("customers", [10])
    after = news(people[9] | {"customer_no": "N3"})
    assert after >= {(31, 33), (32, 33)} and (10, 33) not in after
