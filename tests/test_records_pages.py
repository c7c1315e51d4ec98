"""Every table by hand, in both languages: find, add, edit, history, conflicts, orders with lines, sheets, the customer."""
import re
from datetime import date, datetime

import pytest

from tests.conftest import NOW
from tests.test_pages import demo, opened, texts  # noqa: F401 (demo is a fixture)
from ui.parts import BY_HAND


def part(name: str, store, monkeypatch, way: str = "find", language: str = "en", **query):
    app = opened("data_entry", store, monkeypatch, language=language, part=name, **query)
    if way != "find":
        app.segmented_control(key=f"{name}_way").set_value(way).run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def pressed(app, key: str):
    app.button(key=key).click().run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def plainly(text: str) -> str:
    return text.replace("\\", "").replace("\u2060", "")


def picks(app, key: str, text: str, row_id: int):
    """Choose a reference: type into its search, take a hit."""
    app.text_input(key=f"{key} search").input(text).run()
    return pressed(app, f"{key} hit {row_id}")


@pytest.fixture
def shop(store):
    """Ada (1) and Bo (2), a product, an order of Ada with two lines, a message, a request."""
    from crm_core.store.orders import save_order

    with store.batch("add", "all of it") as batch:
        batch.add("customers", [
            {"customer_no": "A", "name": "Ada Wong", "email": "ada@example.com", "phone": "+44 20 7946 0018",
             "city": "Bern", "consent_email": True, "consent_sms": False},
            {"customer_no": "B", "name": "Bo Li", "city": "Basel"}])
        batch.add("products", [{"product_no": "T1", "name": "Tea", "price": 3.5}, {"product_no": "P1", "name": "Pot", "price": 20}])
        save_order(batch, {"order_no": "SO-1", "customer_id": 1, "ordered_at": datetime(2026, 1, 5, 10), "status": "open"},
                   [{"product_id": 1, "quantity": 2, "unit_price": 3.5}, {"product_id": 2, "quantity": 1, "unit_price": 20}])
        batch.add("communications", {"customer_id": 1, "occurred_at": datetime(2026, 1, 6), "channel": "email",
                                     "direction": "in", "content": "Where is my tea?"})
        batch.add("service_requests", {"customer_id": 1, "opened_at": datetime(2026, 1, 7, 8, 30, 15), "status": "open",
                                       "subject": "Late tea"})
    return store


# --- every table --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("way", ["find", "add", "sheet", "deleted"])
@pytest.mark.parametrize("name", BY_HAND)
def test_every_way_of_every_table_opens_and_speaks_one_language(name, way, language, shop, monkeypatch):
    said = texts(part(name, shop, monkeypatch, way, language))
    told = [re.sub(r":[a-z_]+:|:[a-z]+\[", "", text) for text in said]
    wrong = {"en": [text for text in told if re.search("[\u4e00-\u9fff]", text) and "·" not in text],
             "zh": [text for text in told if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", text)]}[language]
    assert said and wrong == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", BY_HAND)
def test_an_empty_table_says_what_to_do(name, language, store, monkeypatch):
    app = part(name, store, monkeypatch, language=language)
    assert {"en": "Import a file, or enter the first one under Add", "zh": "请导入文件"}[language] in plainly(app.info[0].value)


ROWS = {
    "customers": {"name": "Cy", "email": "cy@example.com", "gender": "male", "birth_date": date(1990, 1, 2), "consent_chat": True},
    "communications": {"content": "Hello", "channel": "chat", "direction": "in"},
    "products": {"product_no": "C1", "name": "Cup", "price": 4.25},
    "service_requests": {"subject": "Broken cup", "status": "open", "priority": "high"},
    "opportunities": {"name": "Tea bar", "status": "open", "amount": 4000.0, "closes_on": date(2026, 5, 1)},
    "relationships": {"relation": "partner", "note": "since school"},
}


@pytest.mark.parametrize("name", ROWS)
def test_a_record_of_every_table_is_added_edited_deleted_and_restored(name, shop, monkeypatch):
    app = part(name, shop, monkeypatch, "add")
    key = f"add {name}"
    for column, value in ROWS[name].items():
        place = f"{key} 0 {column}"
        widget = next(widget for kind in ("text_input", "text_area", "selectbox", "number_input", "date_input")
                      for widget in app.get(kind) if widget.key == place)
        widget.set_value(value)
    app.run()
    if name == "relationships":
        picks(app, f"{key} 0 customer_id", "ada", 1)
        picks(app, f"{key} 0 related_id", "bo", 2)
    elif name in ("communications", "service_requests", "opportunities"):
        picks(app, f"{key} 0 customer_id", "Bo", 2)
    pressed(app, f"{key} submit")
    assert "Added" in app.success[0].value
    row = shop.records(name, [shop.cursor().execute(f"SELECT max(id) FROM {name}").fetchone()[0]])[0]
    assert {column: row[column] for column in ROWS[name]} == ROWS[name]
    if "customer_id" in row:
        assert row["customer_id"] == (1 if name == "relationships" else 2)

    app = part(name, shop, monkeypatch, open=str(row["id"]))
    app.segmented_control(key=f"{name} card {row['id']} None").set_value("details").run()
    if name in ("customers", "products", "opportunities"):
        app.text_input(key=f"edit {name} {row['id']} 0 name").input("Other")
    else:
        column = {"communications": "content", "service_requests": "content", "relationships": "note"}[name]
        app.text_area(key=f"edit {name} {row['id']} 0 {column}").input("Other")
    pressed(app, f"edit {name} {row['id']} submit")
    assert "Saved" in app.success[0].value
    assert list(shop.history(name, row["id"])[0].changed.values())[0][1] == "Other"
    assert len(shop.history(name, row["id"])[0].changed) == 1  # nothing else was touched

    pressed(app, f"{name} delete {row['id']}")
    assert shop.record(name, row["id"])["deleted_at"]
    app = part(name, shop, monkeypatch, open=str(row["id"]))
    assert "deleted" in app.warning[0].value
    pressed(app, f"{name} restore {row['id']}")
    assert shop.record(name, row["id"])["deleted_at"] is None


def test_opening_and_saving_a_record_changes_nothing(shop, monkeypatch):
    before = shop.revision()
    for name, row_id in (("service_requests", 1), ("orders", 1), ("customers", 1)):
        app = part(name, shop, monkeypatch, open=str(row_id))
        app.segmented_control(key=f"{name} card {row_id} None").set_value("details").run()
        pressed(app, f"edit {name} {row_id} submit")
        assert "already like that" in plainly(app.success[0].value)
    assert shop.revision() == before


def test_a_list_is_searched_narrowed_ordered_and_paged(store, monkeypatch):
    with store.batch("add") as batch:
        batch.add("products", [{"product_no": f"P{n:03}", "name": f"Thing {n:03}", "price": n} for n in range(60)])
    app = part("products", store, monkeypatch)
    app.selectbox(key="products list size").set_value(25).run()
    assert "1–25 of 60" in plainly(app.caption[1].value)
    pressed(app, "products list on")
    pressed(app, "products list on")
    assert "51–60 of 60" in plainly(app.caption[1].value) and app.dataframe[0].value.product_no.iloc[-1] == "P000"
    app.selectbox(key="products list sort").set_value("price").run()
    assert app.dataframe[0].value.product_no.iloc[0] == "P059" and "1–25" in plainly(app.caption[1].value)
    app.text_input(key="products list text").input("thing 01").run()
    assert len(app.dataframe[0].value) == 10
    app.text_input(key="products list text").input("nothing like that").run()
    assert "Try fewer letters" in app.info[0].value


def test_choices_narrow_a_list(shop, monkeypatch):
    app = part("orders", shop, monkeypatch)
    app.selectbox(key="orders list filter status").set_value("completed").run()
    assert "take a filter off" in app.info[0].value
    app.selectbox(key="orders list filter status").set_value("open").run()
    assert app.dataframe[0].value.order_no.tolist() == ["SO-1"]


def test_an_address_that_names_nothing_is_answered_with_a_sentence(shop, monkeypatch):
    for opened_id in ("999", "abc", "99999999999999999999"):
        app = part("customers", shop, monkeypatch, open=opened_id)
        assert "no record with the number" in app.warning[0].value
        pressed(app, "back to list")
        assert len(app.dataframe) == 1


# --- the trade's way ----------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "found", "lost"), [("en", "Found", "Not found"), ("zh", "已找到", "未找到")])
def test_a_customer_and_all_that_was_said_are_got_by_e_mail(shop, monkeypatch, language, found, lost):
    for name in ("customers", "communications"):
        app = part(name, shop, monkeypatch, "email", language)
        app.text_input(key=f"{name} email asked").input("nobody@example.com").run()
        assert lost in app.warning[0].value
        app.text_input(key=f"{name} email asked").input(" ADA@Example.com").run()
        assert found in app.success[0].value and not app.exception


# --- duplicates ---------------------------------------------------------------------------------


def test_a_duplicate_is_told_while_it_is_typed_and_can_be_kept_all_the_same(shop, monkeypatch):
    app = part("customers", shop, monkeypatch, "add")
    app.text_input(key="add customers 0 phone").input("020 7946 0018").run()
    assert "looks like somebody" in app.warning[0].value
    assert any("same phone" in text and "Ada Wong" in text for text in map(plainly, texts(app)))
    pressed(app, "add customers submit")
    assert shop.record("customers", 3)["phone"] == "020 7946 0018"


def test_a_taken_e_mail_is_told_before_saving_and_refused_after(shop, monkeypatch):
    app = part("customers", shop, monkeypatch, "add")
    app.text_input(key="add customers 0 email").input("ADA@example.com").run()
    assert "belongs to a customer who is there already" in app.warning[0].value
    before = shop.revision()
    pressed(app, "add customers submit")
    assert "is there already" in app.error[0].value and shop.revision() == before


# --- conflicts and history ----------------------------------------------------------------------


def test_who_comes_second_decides_by_field_and_nothing_is_lost(shop, monkeypatch):
    app = part("customers", shop, monkeypatch, open="1")
    app.segmented_control(key="customers card 1 None").set_value("details").run()
    with shop.batch("edit") as batch:
        batch.change("customers", {"id": 1, "city": "Chur", "company": "Theirs", "country": "CH"})
    for column, text in (("city", "Mine"), ("company", "Mine"), ("region", "Mine")):
        app.text_input(key=f"edit customers 1 0 {column}").input(text)
    pressed(app, "edit customers 1 submit")
    assert "Somebody changed this record" in app.warning[0].value
    assert "it was: Bern" in plainly(" ".join(texts(app)))
    assert [radio.key for radio in app.radio] == ["edit customers 1 side city", "edit customers 1 side company"]
    app.radio(key="edit customers 1 side company").set_value("theirs")
    pressed(app, "edit customers 1 write choice")
    row = shop.record("customers", 1)
    assert (row["city"], row["company"], row["region"], row["country"]) == ("Mine", "Theirs", "Mine", "CH")


def test_changes_of_different_fields_do_not_stand_in_each_others_way(shop, monkeypatch):
    app = part("customers", shop, monkeypatch, open="1")
    app.segmented_control(key="customers card 1 None").set_value("details").run()
    with shop.batch("edit") as batch:
        batch.change("customers", {"id": 1, "company": "Theirs"})
    app.text_input(key="edit customers 1 0 city").input("Mine")
    pressed(app, "edit customers 1 submit")
    row = shop.record("customers", 1)
    assert "Saved" in app.success[0].value and (row["city"], row["company"]) == ("Mine", "Theirs")


def test_a_record_deleted_meanwhile_is_not_edited(shop, monkeypatch):
    app = part("products", shop, monkeypatch, open="1")
    app.segmented_control(key="products card 1 None").set_value("details").run()
    app.text_input(key="edit products 1 0 name").input("Mine")
    with shop.batch("delete") as batch:
        batch.remove("products", [1])
    pressed(app, "edit products 1 submit")
    assert "deleted" in app.warning[0].value and shop.record("products", 1)["name"] == "Tea"


def test_an_earlier_version_is_put_back_as_a_new_change(shop, monkeypatch):
    with shop.batch("edit", "Ada Wong", actor="mia") as batch:
        batch.change("customers", {"id": 1, "city": "Chur"})
    app = part("customers", shop, monkeypatch, open="1")
    app.segmented_control(key="customers card 1 None").set_value("history").run()
    assert "mia" in " ".join(texts(app))
    assert app.dataframe[0].value.values.tolist() == [["City", "Bern", "Chur"]]
    pressed(app, "put back customers 1 1")
    assert shop.record("customers", 1)["city"] == "Bern" and shop.revision() == 3


def test_deleting_says_what_hangs_on_it(shop, monkeypatch):
    app = part("customers", shop, monkeypatch, open="1")
    said = plainly(" ".join(texts(app)))
    assert "On it hang: Orders 1, Communications 1, Service requests 1" in said


# --- orders -------------------------------------------------------------------------------------


def typed(app, key: str, **state):
    """What a person types into a grid: its edited, added and deleted rows."""
    app.data_editor(key=key)  # it is there
    app.session_state[key] = {"edited_rows": {}, "added_rows": [], "deleted_rows": [], **state}
    return app.run()


def test_an_order_is_entered_with_lines_and_kept_as_one_batch(shop, monkeypatch):
    app = part("orders", shop, monkeypatch, "add")
    app.text_input(key="add orders 0 order_no").input("SO-2").run()
    picks(app, "add orders 0 customer_id", "bo", 2)
    picks(app, "add orders product 0", "tea", 1)
    picks(app, "add orders product 1", "pot", 2)
    assert any("2 lines, total 23.50" in plainly(text).replace("*", "") for text in texts(app))
    pressed(app, "add orders submit")
    order = shop.record("orders", 2)
    assert (order["order_no"], order["customer_id"], order["amount"], order["status"]) == ("SO-2", 2, 23.5, "open")
    assert [(line["line_no"], line["product_id"], float(line["amount"])) for line in shop.lines_of(2)] == [
        (1, 1, 3.5), (2, 2, 20.0)]
    assert shop.revision() == 2


def test_an_order_without_lines_is_not_kept(shop, monkeypatch):
    app = part("orders", shop, monkeypatch, "add")
    app.text_input(key="add orders 0 order_no").input("SO-2").run()
    pressed(app, "add orders submit")
    assert "at least one line" in app.error[0].value and shop.revision() == 1


def test_an_order_changed_by_somebody_else_is_shown_and_decided(shop, monkeypatch):
    app = part("orders", shop, monkeypatch, open="1")
    app.segmented_control(key="orders card 1 None").set_value("details").run()
    app.text_input(key="edit orders 1 0 channel").input("web").run()
    with shop.batch("edit") as batch:
        batch.change("order_lines", {"id": 1, "quantity": 5, "amount": 17.5})
        batch.change("orders", {"id": 1, "amount": 37.5})
    pressed(app, "edit orders 1 submit")
    assert "Somebody changed this order or its lines" in app.warning[0].value
    pressed(app, "edit orders 1 write mine")
    order = shop.record("orders", 1)
    assert (order["channel"], order["amount"]) == ("web", 27.0)  # the lines as they were typed here


def test_a_deleted_order_comes_back_with_its_lines(shop, monkeypatch):
    app = part("orders", shop, monkeypatch, open="1")
    assert "lines (2) go with it" in plainly(" ".join(texts(app)))
    pressed(app, "orders delete 1")
    assert shop.lines_of(1) == []
    pressed(part("orders", shop, monkeypatch, open="1"), "orders restore 1")
    assert len(shop.lines_of(1)) == 2


# --- a customer from all sides ------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("way", ["overview", "communications", "orders", "service_requests", "related", "details", "history"])
def test_every_side_of_a_customer_of_the_demo_shop(way, language, demo, monkeypatch):  # noqa: F811
    busiest = demo.cursor().execute(
        "SELECT customer_id FROM orders WHERE customer_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1").fetchone()[0]
    app = part("customers", demo, monkeypatch, language=language, open=str(busiest))
    app.segmented_control(key=f"customers card {busiest} None").set_value(way).run()
    assert not app.exception, [error.value for error in app.exception]


def test_the_overview_tells_figures_consent_and_what_happened(shop, monkeypatch):
    app = part("customers", shop, monkeypatch, open="1")
    assert [(metric.label, metric.value) for metric in app.metric][:2] == [("Revenue", "27"), ("Orders", "1")]
    said = plainly(" ".join(texts(app)))
    assert said.index("Request: Late tea (open)") < said.index("E-mail from the customer") < said.index("Order SO-1: open, 27.00")
    app.pills(key="timeline 1 kinds").set_value(["orders"]).run()
    said = plainly(" ".join(texts(app)))
    assert "Order SO-1" in said and "Late tea" not in said


def test_text_from_data_stays_text_on_every_side(store, monkeypatch):
    evil = "![x](http://example.invalid/x.png) <b>"
    with store.batch("add", evil) as batch:
        batch.add("customers", [{"name": evil, "city": evil, "company": evil}, {"name": "Bo", "company": evil}])
        batch.add("communications", {"customer_id": 1, "occurred_at": NOW, "channel": "email", "direction": "in",
                                     "subject": evil, "content": evil})
    for way in ("overview", "communications", "related", "details", "history"):
        app = part("customers", store, monkeypatch, open="1")
        app.segmented_control(key="customers card 1 None").set_value(way).run()
        assert not app.exception and not any("![x](http" in text for text in texts(app))


# --- a sheet ------------------------------------------------------------------------------------


def editor(app) -> str:
    return next(element.key for element in app.data_editor)


def test_a_sheet_is_shown_before_it_is_written_then_undone(shop, monkeypatch):
    app = part("customers", shop, monkeypatch, "sheet")
    typed(app, editor(app), edited_rows={0: {"city": "Chur"}, 1: {"gender": "female"}}, added_rows=[{"name": "Cy"}])
    assert "Rows changed: 2, added: 1, deleted: 0" in plainly(" ".join(texts(app))).replace("*", "")
    preview = next(frame.value for frame in app.dataframe if "deed" in frame.value)
    assert preview.values.tolist() == [["change", "Bo Li", "City", "Basel", "Chur"],
                                       ["change", "Ada Wong", "Gender", None, "female"], ["add", "new row 1", "Name", None, "Cy"]]
    assert shop.revision() == 1
    pressed(app, "customers sheet write")
    assert "Written as change 2: 2 changed, 1 added, 0 deleted" in plainly(app.success[0].value)
    assert (shop.record("customers", 2)["city"], shop.record("customers", 3)["name"]) == ("Chur", "Cy")
    shop.undo(2)
    assert shop.record("customers", 2)["city"] == "Basel"


def test_a_sheet_says_which_cell_is_wrong_and_writes_nothing(shop, monkeypatch):
    app = part("customers", shop, monkeypatch, "sheet")
    typed(app, editor(app), edited_rows={0: {"email": "none"}})
    wrong = next(frame.value for frame in app.dataframe if "reason" in frame.value)
    assert wrong.values.tolist()[0][:2] == ["Bo Li", "E-mail"] and "looks like name@example.com" in wrong.reason[0]
    assert app.button(key="customers sheet write").disabled
    pressed(app, "customers sheet discard")
    assert "Nothing is changed yet" in " ".join(texts(app)) and shop.revision() == 1


def test_what_is_typed_on_one_page_is_still_pending_on_the_next(store, monkeypatch):
    with store.batch("add") as batch:
        batch.add("products", [{"product_no": f"P{n:03}", "name": "Thing"} for n in range(150)])
    app = part("products", store, monkeypatch, "sheet")
    typed(app, editor(app), edited_rows={0: {"name": "First page"}})
    pressed(app, "products sheet on")
    typed(app, editor(app), edited_rows={0: {"name": "Second page"}}, deleted_rows=[1])
    assert "Rows changed: 2, added: 0, deleted: 1" in plainly(" ".join(texts(app))).replace("*", "")
    pressed(app, "products sheet back")
    assert app.data_editor[0].value["name"].iloc[0] == "First page"
    pressed(app, "products sheet write")
    names = {row["product_no"]: row for row in store.records("products", range(1, 151))}
    assert (names["P149"]["name"], names["P049"]["name"], bool(names["P048"]["deleted_at"])) == ("First page", "Second page", True)


def test_a_row_somebody_else_changed_meanwhile_is_decided_in_the_sheet(shop, monkeypatch):
    app = part("customers", shop, monkeypatch, "sheet")
    key = editor(app)
    typed(app, key, edited_rows={0: {"city": "Mine"}, 1: {"city": "Mine"}})
    with shop.batch("edit") as batch:
        batch.change("customers", [{"id": 1, "city": "Theirs"}, {"id": 2, "city": "Theirs"}])
    app.run()
    assert "2 rows were changed by somebody else" in app.warning[0].value
    assert app.button(key="customers sheet write").disabled
    pressed(app, "customers sheet mine 1")
    pressed(app, "customers sheet theirs 2")
    pressed(app, "customers sheet write")
    assert [row["city"] for row in shop.records("customers", [1, 2])] == ["Mine", "Theirs"]


def test_a_sheets_references_are_typed_as_numbers_or_e_mails(shop, monkeypatch):
    app = part("orders", shop, monkeypatch, "sheet")
    typed(app, editor(app), edited_rows={0: {"customer_id": "nobody"}})
    wrong = next(frame.value for frame in app.dataframe if "reason" in frame.value)
    assert "nobody names nothing that is there" in wrong.reason[0]
    typed(app, editor(app), edited_rows={0: {"customer_id": "B"}})
    pressed(app, "orders sheet write")
    assert shop.record("orders", 1)["customer_id"] == 2
