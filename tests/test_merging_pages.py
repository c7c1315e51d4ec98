"""The merge form, the list of merges and taking one apart, in both languages."""
import re
from datetime import datetime

import pytest

from crm_core.store.merging import merge
from tests.test_pages import links, opened, texts

DAY = datetime(2026, 1, 5, 10)


@pytest.fixture
def shop(store):
    """Ada (1) is A. Wong (2), and so may be Adah (3); the first two have orders."""
    with store.batch("add") as batch:
        batch.add("customers", [
            {"customer_no": "A", "name": "Ada", "city": "Bern", "email": "ada@example.com", "consent_email": True},
            {"customer_no": "B", "name": "A. Wong", "city": "Basel", "consent_email": False, "extra": '{"hat":"7"}'},
            {"customer_no": "C", "name": "Adah", "email": "adah@example.com"}])
        batch.add("products", [{"product_no": "T1", "name": "Tea"}, {"product_no": "T2", "name": "Tea, green"}])
        batch.add("orders", [{"order_no": f"SO-{number}", "customer_id": owner, "ordered_at": DAY, "status": "completed",
                              "amount": 10} for number, owner in enumerate((1, 1, 2), 1)])
    return store


def merged(store) -> None:
    with store.batch("merge", "A. Wong into Ada") as batch:
        merge(batch, "customers", 1, [2])


def cleaning(store, monkeypatch, language="en", **query):
    return opened("cleaning", store, monkeypatch, language=language, part="merged", **query)


def plainly(app) -> str:
    return " ".join(texts(app)).replace("\\", "").replace("\u2060", "")


def settled(app):
    """The page once the counting beside it is done."""
    for _ in range(200):
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


@pytest.mark.parametrize(("language", "says"), [("en", "Nothing has been merged yet"), ("zh", "还没有合并过记录")])
def test_without_merges_the_page_says_where_to_begin(language, says, shop, monkeypatch):
    app = cleaning(shop, monkeypatch, language)
    assert says in plainly(app) and {"part": "duplicates"} in links(app).values()


def test_the_form_proposes_asks_and_merges(shop, monkeypatch):
    app = cleaning(shop, monkeypatch, merge="customers:2,1")
    key = "merge customers 2 1"
    assert app.radio(key=f"{key} kept").value == 1
    said = plainly(app)
    assert "most orders" in said and "one of them opted out" in said and "Orders 1" in said
    assert "Customers: 2 → 2" not in said and "Customers: 3 → 2 (−1)" in said.replace("**", "")
    assert app.radio(key=f"{key} 1 name").value == 2
    settled(app.radio(key=f"{key} 1 city").set_value("other").run())
    settled(app.text_input(key=f"{key} 1 city typed").set_value("Chur").run())
    app.button(key=f"{key} do").click().run()
    assert not app.exception and "Merged" in app.success[0].value
    row = shop.record("customers", 1)
    assert (row["name"], row["city"], row["email"], row["consent_email"]) == ("A. Wong", "Chur", "ada@example.com", False)
    assert shop.cursor().execute("SELECT count(*) FROM orders WHERE customer_id = 1").fetchone() == (3,)
    assert "A. Wong (B) was merged into A. Wong (A)" in plainly(app).replace("**", "")


@pytest.mark.parametrize(("language", "wrong"), [
    ("en", "[\u4e00-\u9fff]"), ("zh", r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}")])
@pytest.mark.parametrize("query", [{"merge": "customers:1,2"}, {"merge": "customers:1"}, {"merge": "products:1,2"}, {},
                                   {"apart": "1"}])
def test_every_view_speaks_one_language(query, language, wrong, shop, monkeypatch):
    if "merge" not in query:
        merged(shop)
    said = [re.sub(r":[a-z_]+:|:[a-z]+\[", "", text) for text in texts(cleaning(shop, monkeypatch, language, **query))]
    assert len(said) > 3 and [text for text in said if re.search(wrong, text)] == []


@pytest.mark.parametrize("query", [{"merge": "orders:1,2"}, {"merge": "customers:x"}, {"merge": "customers:1,99"},
                                   {"apart": "99"}, {"apart": "x"}])
def test_a_link_to_nothing_is_said(query, shop, monkeypatch):
    app = cleaning(shop, monkeypatch, **query)
    assert len(app.warning) + len(app.error) == 1


def test_somebody_to_merge_with_is_searched_for(shop, monkeypatch):
    app = cleaning(shop, monkeypatch, merge="customers:1")
    app.text_input(key="merge more customers [1] search").set_value("Adah").run()
    settled(app.button(key="merge more customers [1] hit 3").click().run())
    assert app.query_params["merge"] in ("customers:1,3", ["customers:1,3"])
    assert app.radio(key="merge customers 1 3 kept").value == 1


def test_a_merge_is_found_and_taken_apart_after_its_questions(shop, monkeypatch):
    merged(shop)
    with shop.batch("add") as batch:
        batch.add("orders", [{"order_no": f"N-{number}", "customer_id": 1, "ordered_at": DAY, "status": "open", "amount": 5}
                             for number in (1, 2)])
    app = cleaning(shop, monkeypatch)
    assert "Orders 1" in plainly(app)
    app.text_input(key="merges text").set_value("nobody").run()
    assert "No merge holds" in plainly(app)
    app.text_input(key="merges text").set_value("wong").run()
    settled(app.button(key="apart 1").click().run())
    said = plainly(app).replace("**", "")
    assert "A. Wong · B is there again as it was, with Orders 1" in said and "stays opted out of Email" in said.replace("E-mail", "Email")
    assert "Customers: 2 → 3 (+1)" in said
    settled(app.multiselect(key="apart 1 orders").set_value([5]).run())
    app.button(key="apart do 1").click().run()
    assert not app.exception and "Taken apart" in app.success[0].value
    assert shop.cursor().execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall() == [
        (1, 1), (2, 1), (3, 2), (4, 1), (5, 2)]


def test_a_number_in_use_is_said_before_anything_is_done(shop, monkeypatch):
    merged(shop)
    with shop.batch("edit") as batch:
        batch.change("customers", {"id": 3, "customer_no": "B"})
    app = cleaning(shop, monkeypatch, apart="1")
    assert "belongs to Adah by now" in app.error[0].value.replace("\\", "")
    assert [button for button in app.button if button.key == "apart do 1"] == []


@pytest.mark.parametrize(("language", "says"), [("en", "A. Wong was merged into Ada"), ("zh", "A. Wong 已并入 Ada")])
def test_a_link_to_the_merged_customer_leads_to_the_kept_one(language, says, shop, monkeypatch):
    merged(shop)
    app = opened("data_entry", shop, monkeypatch, language=language, part="customers", open="2")
    assert says in plainly(app)
    assert {"part": "customers", "open": "1"} in links(app).values()
    assert {"part": "merged", "apart": "1"} in links(app).values()
    assert [button for button in app.button if button.key == "customers restore 2"] == []


def test_a_customers_page_leads_to_the_form(shop, monkeypatch):
    app = opened("data_entry", shop, monkeypatch, part="customers", open="1")
    assert {"part": "merged", "merge": "customers:1"} in links(app).values()
