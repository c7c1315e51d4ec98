"""Search over everything: what is found really holds the text, the best comes first, and no sign is a wildcard."""
import unicodedata
from datetime import datetime

import pytest

from crm_core.searching import GROUPS, query_for, quoted, understood

ALL = 1_000


def found(store, typed: str, group: str):
    sought = understood(typed)
    query = query_for(group, sought)
    return [] if query is None else store.frame(query, limit=ALL, **sought.parameters).to_dict("records")


def names(store, typed: str, group: str = "customers") -> list:
    column = {"customers": "name", "orders": "order_no", "products": "name", "communications": "content",
              "service_requests": "request_no", "opportunities": "name", "campaigns": "name"}[group]
    return [row[column] for row in found(store, typed, group)]


@pytest.fixture
def book(store):
    with store.batch("add") as batch:
        batch.add("customers", [
            {"customer_no": "K-7", "name": "Ada Wong", "email": "Ada.Wong@Example.com", "phone": "+44 (171) 555-1234",
             "city": "Bern", "company": None},
            {"customer_no": "K-70", "name": "Wong Fei", "email": "fei@example.com", "phone": "0160 99887766",
             "city": "Basel", "company": "Tee & Co"},
            {"customer_no": "K-8", "name": "Bo Armstrong-Wong", "email": None, "phone": None, "city": "Bern",
             "company": "100% Wolle"},
            {"customer_no": "K-9", "name": "王　芳", "email": None, "phone": "139 1234 5678", "city": "上海",
             "company": "和润贸易有限公司"},
            {"customer_no": "K-10", "name": "100 Wolle", "email": "a_b@example.com", "phone": None, "city": None,
             "company": None},
            {"customer_no": "K-11", "name": "Gone Wong", "email": "gone@example.com", "phone": None, "city": None,
             "company": None}])
        batch.add("products", [{"product_no": "P1", "name": "Glass Teapot", "category": "kitchen"},
                               {"product_no": "P2", "name": "龙井茶", "category": "tea"}])
        batch.add("campaigns", [{"campaign_no": "S-1", "name": "Spring teapots"}])
        batch.add("orders", [
            {"order_no": f"W-{number}", "customer_id": 1, "ordered_at": datetime(2026, 2, day), "status": "completed",
             "amount": 10} for day, number in enumerate((1001, 100, 21001, 1002), start=1)])
        batch.add("communications", [
            {"customer_id": 1, "occurred_at": datetime(2026, 1, 1), "channel": "email", "direction": "in",
             "subject": "REFUND please", "content": "The teapot came broken."},
            {"customer_id": None, "occurred_at": datetime(2026, 1, 2), "channel": "chat", "direction": "in",
             "subject": None, "content": "请问什么时候退款？"}])
        batch.add("service_requests", [
            {"request_no": "R-1", "customer_id": 1, "opened_at": datetime(2026, 1, 1), "status": "closed",
             "closed_at": datetime(2026, 1, 2), "subject": "Broken teapot", "content": "It broke."},
            {"request_no": "R-2", "customer_id": 4, "opened_at": datetime(2025, 1, 1), "status": "open",
             "subject": None, "content": "Teapot lid is broken"}])
        batch.add("opportunities", [{"opportunity_no": "O-1", "name": "Teapots for Tee & Co", "status": "open",
                                     "customer_id": 2}])
    with store.batch("delete") as batch:
        batch.remove("customers", [6])
    return store


def test_a_name_is_found_by_any_part_of_it_and_the_beginning_comes_first(book):
    assert names(book, "wong") == ["Wong Fei", "Ada Wong", "Bo Armstrong-Wong"]
    assert names(book, "ADA WONG") == names(book, "  ada   wong ") == ["Ada Wong"]


def test_words_are_found_in_any_order_and_in_any_column(book):
    assert names(book, "wong bern") == names(book, "bern wong") == ["Ada Wong", "Bo Armstrong-Wong"]
    assert names(book, "wong bern armstrong k-8") == ["Bo Armstrong-Wong"]


def test_the_number_itself_comes_before_numbers_that_begin_so(book):
    assert names(book, "k-7") == ["Ada Wong", "Wong Fei"]
    assert names(book, "w-100", "orders") == ["W-100", "W-1002", "W-1001"]
    assert names(book, "1001", "orders") == ["W-21001", "W-1001"]  # the newest first
    assert found(book, "W-1001", "orders")[0]["customer"] == "Ada Wong"


def test_an_e_mail_is_found_however_it_is_written(book):
    assert [row["rank"] for row in found(book, "ada.wong@example.com", "customers")] == [0]
    assert names(book, "ＡＤＡ．ＷＯＮＧ＠ＥＸＡＭＰＬＥ．ＣＯＭ") == ["Ada Wong"]
    assert names(book, "fei@") == ["Wong Fei"]


@pytest.mark.parametrize("written", ["+44 171 555 1234", "0171 5551234", "(0171) 555-1234", "171.555.1234",
                                     "００４４ １７１ ５５５１２３４", "5551234", "555-12"])
def test_a_telephone_number_is_found_however_either_is_written(book, written):
    assert names(book, written) == ["Ada Wong"]


def test_a_chinese_name_is_found_with_and_without_a_blank_inside(book):
    assert names(book, "王芳") == names(book, "王 芳") == names(book, "王　芳") == names(book, "王") == ["王　芳"]
    assert names(book, "和润") == names(book, "上海") == ["王　芳"]
    assert names(book, "退款", "communications") == ["请问什么时候退款？"]
    assert names(book, "龙井", "products") == ["龙井茶"]


def test_what_is_deleted_is_not_found(book):
    assert "Gone Wong" not in names(book, "wong") and names(book, "gone") == []
    with book.batch("restore") as batch:
        batch.restore("customers", [6])
    assert names(book, "gone") == ["Gone Wong"]


@pytest.mark.parametrize(("typed", "expected"), [
    ("100%", ["Bo Armstrong-Wong"]), ("a_b", ["100 Wolle"]), ("%%", []), ("__", []), (".*", []), ("w.ng", []),
    ("(wong", []), ("wong|fei", []), ("ab\\", []), ("[a-z]", []), ("tee & co", ["Wong Fei"]), ("' or 1=1", [])])
def test_signs_stand_for_themselves(book, typed, expected):
    assert names(book, typed) == expected
    for group in GROUPS:
        if group != "customers":
            assert names(book, typed, group) in ([], ["Teapots for Tee & Co"])


def test_messages_and_requests_are_found_by_subject_and_text(book):
    assert names(book, "refund", "communications") == ["The teapot came broken."]
    assert names(book, "teapot refund", "communications") == ["The teapot came broken."]
    assert names(book, "broken teapot", "service_requests") == ["R-2", "R-1"]  # what is open comes first
    assert names(book, "r-1", "service_requests") == ["R-1"]
    assert names(book, "teapot", "opportunities") == ["Teapots for Tee & Co"]
    assert names(book, "teapot", "campaigns") == ["Spring teapots"]


def test_the_count_is_of_all_that_is_found_and_not_of_the_rows_shown(book):
    sought = understood("wong")
    rows = book.frame("search_customers", limit=2, **sought.parameters)
    assert len(rows) == 2 and rows.found.tolist() == [3, 3]


def test_too_short_a_text_asks_for_nothing():
    assert understood("a") is None and understood(" ") is None and understood("") is None
    assert understood("茶").words == ("茶",)


def test_order_numbers_are_not_read_for_a_name():
    assert query_for("orders", understood("wong")) is None
    assert query_for("orders", understood("fei99@example.com")) is None
    assert query_for("orders", understood("W-1001")) == "search_orders"


def test_a_long_text_is_quoted_round_what_was_found():
    text = "Good morning,\n" + "well " * 40 + "the teapot came broken. " + "Thanks " * 20
    quote = quoted(text, understood("teapot"))
    assert "the teapot came" in quote and quote.startswith("… ") and quote.endswith(" …") and len(quote) < 120
    assert quoted("short", understood("missing")) == "short"


HELD = {"customers": ("customer_no", "name", "email", "phone", "city", "company"), "orders": ("order_no",),
        "products": ("product_no", "name", "category"), "communications": ("subject", "content"),
        "service_requests": ("request_no", "subject", "content"),
        "opportunities": ("opportunity_no", "name", "stage", "owner"), "campaigns": ("campaign_no", "name")}


def plainly(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


@pytest.mark.parametrize("group", GROUPS)
def test_in_a_whole_shop_exactly_the_rows_are_found_that_hold_the_words(shop, group):
    """Held against a search in plain Python through every row."""
    with shop.cursor() as cursor:
        rows = cursor.execute(f"SELECT id, {', '.join(HELD[group])} FROM {group} WHERE deleted_at IS NULL").fetchall()
    held = {row[0]: plainly(" ".join(value for value in row[1:] if value)) for row in rows}
    for typed in ("an", "Müller", "anna mü", "W-10", "TEA", "teapot", "broken box", "王", "茶", "退款", "c-1001", "K1", "box",
                  "gift", "spring", "de"):
        sought = understood(typed)
        if query_for(group, sought) is None:
            continue
        expected = {number for number, text in held.items() if all(word in text for word in sought.words)}
        answers = found(shop, typed, group)
        assert {row["id"] for row in answers} == expected if len(expected) <= ALL else len(answers) == ALL, typed
        assert not answers or answers[0]["found"] == len(expected)
        assert [row["rank"] for row in answers] == sorted(row["rank"] for row in answers)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    from datetime import date

    from crm_core.store import open_store
    from data.demo_shop import fill

    store = open_store(tmp_path_factory.mktemp("search") / "shop.duckdb", clock=lambda: datetime(2026, 3, 1, 9))
    with store.batch("demo") as batch:
        fill(batch, as_of=date(2026, 3, 1), customers=600, orders=6000, messages=1500)
    yield store
    store.close()
