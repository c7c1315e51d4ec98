"""Every page, in both languages, on the demo shop and on an empty workbench."""
import re
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import PROJECT

PAGES = ("home", "data_entry", "cleaning", "clustering", "purchase_prediction")


@pytest.fixture(scope="module")
def demo(demo_shop):
    """A workbench filled with the demo shop."""
    return demo_shop(customers=600, orders=6000, messages=900)


def opened(page: str, store, monkeypatch, language: str = "en", **query) -> AppTest:
    # As in server.py: app.py runs first, whatever the address; AppTest would run the files of pages/ by themselves.
    monkeypatch.setattr("streamlit.runtime.scriptrunner.script_runner.PagesManager",
                        SimpleNamespace(uses_pages_directory=False))
    monkeypatch.setenv("CRM_DATABASE", str(store.path))
    monkeypatch.setenv("CRM_DEMO", "0")
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60)
    app.query_params["language"] = language
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if page != "home":
        app.switch_page(f"pages/{page}.py")
        app.run()
    for _ in range(60):  # long work runs beside the page; it asks again until the answer is there
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def texts(app: AppTest) -> list[str]:
    """What the page says: titles, texts, labels of widgets and figures."""
    spoken = [element.value for kind in ("title", "subheader", "caption", "markdown", "info", "warning", "success", "error")
              for element in app.main.get(kind)]
    return spoken + [element.label for kind in ("button", "text_input", "selectbox", "metric", "date_input", "expander")
                     for element in app.main.get(kind)]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_in_english(page, demo, monkeypatch):
    said = texts(opened(page, demo, monkeypatch))
    # 汉 stands for any Chinese sign in the patterns of Overview.
    assert said and not any(re.search("[\u4e00-\u9fff]", text.replace("汉", ""))
                            for text in said if "demo" not in text and "·" not in text)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_in_chinese_without_an_english_sentence(page, demo, monkeypatch):
    said = texts(opened(page, demo, monkeypatch, language="zh"))
    english = [text for text in said if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", re.sub(r":[a-z_]+:|:[a-z]+\[", "", text))]
    assert said and english == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("page", PAGES)
def test_an_empty_workbench_says_what_to_do_first(page, language, store, monkeypatch):
    said = " ".join(texts(opened(page, store, monkeypatch, language=language)))
    assert re.search({"en": "[Ii]mport|Bring in", "zh": "导入"}[language], said)


def test_home_shows_six_figures_with_their_change(demo, monkeypatch):
    app = opened("home", demo, monkeypatch)
    assert [metric.label for metric in app.metric] == [
        "Revenue", "Orders", "Buyers", "New customers", "Messages in", "Open requests"]
    assert all(re.fullmatch(r"[\d.,]+[kMB]?", metric.value) for metric in app.metric)


def links(app: AppTest) -> dict[str, dict]:
    """The ways on from a page, by their words: the part and the record that they open."""
    from urllib.parse import parse_qsl

    return {link.proto.label.replace("\\", ""): dict(parse_qsl(link.proto.query_string)) for link in app.main.get("page_link")}


@pytest.mark.parametrize(("language", "found", "nothing"), [
    ("en", "communications", "Nothing holds"), ("zh", "条沟通记录", "没有找到")])
def test_home_finds_a_record_and_leads_to_it(language, found, nothing, demo, monkeypatch):
    row = demo.record("customers", 7)
    app = opened("home", demo, monkeypatch, language=language, q=row["customer_no"])
    assert app.text_input(key="q").value == row["customer_no"]
    assert {"part": "customers", "open": "7"} in links(app).values()
    app.text_input(key="q").set_value("tea").run()
    assert any(found in text for text in texts(app)) and not app.exception
    assert {link["part"] for link in links(app).values() if "open" in link} >= {"products", "communications"}
    app.text_input(key="q").set_value("%_%").run()
    assert any(nothing in text for text in texts(app))
    app.text_input(key="q").set_value("").run()
    assert not any(nothing in text for text in texts(app))


def test_home_says_how_many_there_are_and_shows_more_when_asked(demo, monkeypatch):
    app = opened("home", demo, monkeypatch, q="tea")
    before = len(links(app))
    app.button(key="more of products").click().run()
    assert len(links(app)) > before


@pytest.mark.parametrize(("language", "waiting", "since", "health"), [
    ("en", "for an answer", "Since yesterday", "checks are fine"), ("zh", "在等回复", "昨天以来", "项正常")])
def test_home_tells_what_waits_what_changed_and_how_healthy_the_data_are(language, waiting, since, health, demo, monkeypatch):
    app = opened("home", demo, monkeypatch, language=language)
    said = " ".join(texts(app))
    assert waiting in said and health in said
    assert since in [option.content for option in app.segmented_control(key="since").proto.options]
    assert "customers" in {link["part"] for link in links(app).values() if "open" in link}
    for choice in ("week", "visit", "yesterday"):
        app.segmented_control(key="since").set_value(choice).run()
        assert not app.exception


def test_where_nothing_waits_home_says_so(store, monkeypatch):
    with store.batch("add", "Ada") as batch:
        batch.add("customers", {"name": "Ada"})
    said = " ".join(texts(opened("home", store, monkeypatch)))
    assert "Nothing waits" in said and "checks are fine" in said and "1 change to the data" not in said
    assert "Nothing was written into the workbench in this time" in said  # the book's clock stands in March


def test_the_demo_is_removed_with_one_click_and_comes_back_with_an_undo(demo, monkeypatch):
    app = opened("home", demo, monkeypatch)
    before = demo.frame("freshness")
    app.button(key="remove_demo").click().run()
    assert demo.frame("freshness").rows.sum() == 0
    demo.undo(demo.revision())
    assert demo.frame("freshness").equals(before)


def test_what_is_typed_wrong_is_answered_at_its_field(store, monkeypatch):
    app = opened("data_entry", store, monkeypatch)
    app.segmented_control(key="customers_way").set_value("add").run()
    app.text_input(key="add customers 0 name").input("Ada")
    app.text_input(key="add customers 0 phone").input("none")
    app.button(key="add customers submit").click().run()
    assert "Phone: none cannot be kept" in app.error[0].value.replace("\\", "")
    assert store.revision() == 0
    app.text_input(key="add customers 0 phone").input("+44 20 7946 0018")
    app.button(key="add customers submit").click().run()
    assert store.record("customers", 1)["phone"] == "+44 20 7946 0018"


def test_groups_are_kept_as_segments_in_one_batch(demo, monkeypatch):
    app = opened("clustering", demo, monkeypatch)
    before = demo.revision()
    app.button(key="keep").click().run()
    kept = demo.frame("segments_kept")
    assert demo.revision() == before + 1 and len(kept) >= 2
    buyers = len(demo.frame("customer_features", as_of=kept.as_of[0]))
    assert kept.customers.sum() == buyers
    demo.undo(demo.revision())


def test_why_so_many_groups_and_whether_there_are_any_is_said(demo, monkeypatch):
    said = " ".join(texts(opened("clustering", demo, monkeypatch, step="evaluate")))
    assert "groups** are proposed" in said
    assert "**There are groups.**" in said
    assert "Davies–Bouldin" in said


def test_a_customers_name_cannot_become_a_picture_or_a_link(store, monkeypatch):
    with store.batch("add", "![x](http://example.invalid/x.png)") as batch:
        batch.add("customers", {"name": "![x](http://example.invalid/x.png)", "email": "ada@example.com"})
    app = opened("home", store, monkeypatch)
    said = " ".join(texts(app))
    assert "example" in said and "![x](http" not in said


# --- importing on the page ----------------------------------------------------------------------

LINES = ("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
         "1,A1,Tea,2,2026-01-05 10:00,3.50,7,Germany\n"
         "1,B2,Pot,1,2026-01-05 10:00,20.00,7,Germany\n"
         "2,A1,Tea,x,2026-01-06 11:00,3.50,8,China\n"
         "3,A1,Tea,4,2026-01-07 12:00,3.50,8,China\n")


def uploading(store, monkeypatch, content: bytes, name: str = "orders.csv", language: str = "en") -> AppTest:
    app = opened("data_entry", store, monkeypatch, language=language, part="import")
    app.file_uploader[0].set_value((name, content, "text/csv")).run()
    return waited(app)


def meaning(app: AppTest, header: str):
    """The box that says what a column means."""
    return next(box for box in app.selectbox if box.label == header)


def settled(app: AppTest) -> AppTest:
    """The page once what runs beside it has answered."""
    for _ in range(100):
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def waited(app: AppTest) -> AppTest:
    import time

    for _ in range(100):
        # The run in which the work ends shows neither a bar nor an answer yet.
        if not app.get("progress") and (app.main.metric or app.main.error or app.main.warning or app.main.success):
            break
        time.sleep(0.2)
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def test_a_file_is_shown_before_it_is_written_then_imported_and_undone(store, monkeypatch):
    app = uploading(store, monkeypatch, LINES.encode())
    assert [metric.value for metric in app.metric] == ["9", "0", "0", "0", "1"]  # new, updated, unchanged, in conflict, rejected
    assert "1 of 4 rows cannot be taken" in app.warning[0].value
    assert store.revision() == 0
    waited(app.button(key="import now").click().run())
    assert "orders.csv is in" in app.success[0].value.replace("\\", "")
    facts = store.frame("order_facts").iloc[0]
    assert (facts.lines, facts.orders, facts.customers, facts.countries, facts.amount) == (3, 2, 2, 2, 41.0)
    app.button(key="undo import").click().run()
    assert store.frame("order_facts").orders[0] == 0


def test_a_column_can_be_given_another_meaning(store, monkeypatch):
    app = uploading(store, monkeypatch, LINES.replace("UnitPrice", "Betrag X").encode())
    assert any("Unit price" in error.value for error in app.error)
    meaning(app, "Betrag X").select("order_lines.unit_price").run()
    assert [metric.value for metric in waited(app).metric][0] == "9"


def test_dates_that_can_be_read_two_ways_are_asked(store, monkeypatch):
    app = uploading(store, monkeypatch, LINES.replace("2026-01-0", "0").replace("5 10:00", "5/03/2026")
                    .replace("6 11:00", "6/03/2026").replace("7 12:00", "7/03/2026").encode())
    assert "two ways" in app.warning[0].value
    waited(app.button(key="dates day first").click().run())
    waited(app.button(key="import now").click().run())
    assert str(store.frame("order_facts").first_order[0]) == "2026-03-05 00:00:00"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("name", "content", "english", "chinese"), [
    ("empty.csv", b"", "is empty", "空"),
    ("header.csv", LINES.splitlines()[0].encode() + b"\n", "header line and no rows", "表头"),
    ("zeros.csv", b"a,b\n1,\x00\x00\x00\n" * 40, "not a text file", "文本"),
    ("ragged.csv", b"InvoiceNo,StockCode,Quantity\n1\n2\n3\n4,A,5\n", "another number of cells", "单元格"),
])
def test_a_file_that_cannot_be_read_gets_one_sentence_and_changes_nothing(
        store, monkeypatch, language, name, content, english, chinese):
    app = uploading(store, monkeypatch, content, name, language)
    assert len(app.error) == 1
    said = app.error[0].value.replace("\\", "")
    assert {"en": english, "zh": chinese}[language] in said
    assert store.revision() == 0


def test_a_file_of_which_nothing_can_be_taken_changes_nothing(store, monkeypatch):
    app = uploading(store, monkeypatch, b"customer id,email\n1,none\n2,none\n")
    assert "all its rows (2) are rejected" in app.error[0].value.replace("\\", "") and store.revision() == 0
    assert app.dataframe[-1].value.value.tolist() == ["none", "none"]


def test_a_file_does_not_mix_with_the_demo_unasked(demo, monkeypatch):
    before = demo.revision()
    app = uploading(demo, monkeypatch, LINES.encode())
    assert "demo shop" in app.warning[0].value and not app.metric
    app.button(key="import beside demo").click().run()
    assert len(waited(app).metric) == 5 and demo.revision() == before


def test_a_stopped_import_does_not_begin_again_with_another_file(store, monkeypatch):
    from ui import work

    app = uploading(store, monkeypatch, LINES.encode(), "first.csv")
    real = work._Jobs.ask

    def stopped_at_once(jobs, key, deed):
        if key[0] != "import" or deed is None:
            return real(jobs, key, deed)

        def stopped(progress):
            progress.cancelled.set()
            return deed(progress)

        return real(jobs, key, stopped)

    with monkeypatch.context() as patched:
        patched.setattr(work._Jobs, "ask", stopped_at_once)
        waited(app.button(key="import now").click().run())
    assert "Stopped" in app.error[0].value and store.revision() == 0
    app.file_uploader[0].set_value(("second.csv", LINES.replace("Tea", "Coffee").encode(), "text/csv")).run()
    assert len(waited(app).metric) == 5 and store.revision() == 0


def test_a_form_that_is_opened_again_shows_what_is_there_now(store, monkeypatch):
    with store.batch("add") as batch:
        batch.add("customers", {"name": "Ada", "city": "Bern", "email": "ada@example.com"})
    app = opened("data_entry", store, monkeypatch)
    app.segmented_control(key="customers_way").set_value("email").run()
    app.text_input(key="customers email asked").input("ada@example.com").run()
    app.segmented_control(key="customers_way").set_value("find").run()
    with store.batch("edit") as batch:
        batch.change("customers", {"id": 1, "city": "Basel"})
    app.segmented_control(key="customers_way").set_value("email").run()
    assert app.text_input(key="edit customers 1 0 city").value == "Basel"


def test_the_second_editor_overwrites_only_what_he_changed(store, monkeypatch):
    with store.batch("add") as batch:
        batch.add("customers", {"name": "Ada", "city": "Bern", "company": "Old Ltd"})
    app = opened("data_entry", store, monkeypatch)
    app.segmented_control(key="customers_way").set_value("email").run()
    with store.batch("edit") as batch:
        batch.change("customers", {"id": 1, "email": "ada@example.com"})
    app.text_input(key="customers email asked").input("ada@example.com").run()
    with store.batch("edit") as batch:
        batch.change("customers", {"id": 1, "city": "Basel", "company": "Their Ltd"})
    app.text_input(key="edit customers 1 0 company").input("My Ltd")
    app.button(key="edit customers 1 submit").click().run()
    assert "Somebody changed this record" in app.warning[0].value
    app.button(key="edit customers 1 write mine").click().run()
    row = store.record("customers", 1)
    assert (row["city"], row["company"]) == ("Basel", "My Ltd")


def test_the_same_groups_are_kept_once(demo, monkeypatch):
    app = opened("clustering", demo, monkeypatch)
    app.button(key="keep").click().run()
    assert app.button(key="keep").disabled
    demo.undo(demo.revision())


# --- the wizard ---------------------------------------------------------------------------------


def said_on(app: AppTest) -> str:
    return " ".join(element.value for kind in ("caption", "markdown", "info", "warning", "success", "error")
                    for element in app.main.get(kind)).replace("\\", "").replace("\u2060", "")


@pytest.mark.parametrize(("language", "told"), [
    ("en", "orders.csv: 4 rows, 8 columns"), ("zh", "orders.csv：4 行，8 列")])
def test_what_was_understood_is_told(store, monkeypatch, language, told):
    app = uploading(store, monkeypatch, LINES.encode(), language=language)
    assert told in said_on(app).replace("**", "")
    assert {"en": "separated by comma · header in line 1", "zh": "以逗号分隔 · 表头在第 1 行"}[language] in said_on(app)


@pytest.mark.parametrize(("language", "needed", "missing"), [
    ("en", ":green-badge[:material/check: Order number]", ":red-badge[:material/error: Unit price]"),
    ("zh", ":green-badge[:material/check: 订单号]", ":red-badge[:material/error: 单价]")])
def test_what_is_needed_and_what_is_missing_is_shown(store, monkeypatch, language, needed, missing):
    app = uploading(store, monkeypatch, LINES.replace("UnitPrice", "Betrag X").encode(), language=language)
    assert needed in said_on(app) and missing in said_on(app)


def test_the_separator_can_be_overruled_and_taken_back(store, monkeypatch):
    app = uploading(store, monkeypatch, b"name|email;company\nAda|ada@example.com;Old Ltd\n", "people.csv")
    file = app.session_state["import said"].file
    app.selectbox(key=f"delimiter {file}").select("|").run()
    assert "separated by bar" in said_on(waited(app))
    app.selectbox(key=f"delimiter {file}").select(";").run()
    assert "separated by semicolon" in said_on(waited(app))


def test_the_line_of_the_header_can_be_told(store, monkeypatch):
    app = uploading(store, monkeypatch, b"our,people\nname,email\nAda,ada@example.com\n", "people.csv")
    file = app.session_state["import said"].file
    app.number_input(key=f"header_line {file}").set_value(2).run()
    assert [metric.value for metric in waited(app).metric] == ["1", "0", "0", "0", "0"]
    assert "header in line 2" in said_on(app)


def test_another_kind_of_row_offers_other_meanings(store, monkeypatch):
    app = uploading(store, monkeypatch, LINES.encode())
    file = app.session_state["import said"].file
    app.selectbox(key=f"kind {file} None").select("customers").run()
    app.run()
    assert meaning(app, "CustomerID").value == "customers.customer_no"


def test_another_file_with_the_same_headers_does_not_inherit_an_answer(store, monkeypatch):
    app = uploading(store, monkeypatch, b"name,city\nAda,Bern\n", "first.csv")
    waited(meaning(app, "city").select("customers.region").run())
    app.file_uploader[0].set_value(("second.csv", b"name,city\nBo,Chur\n", "text/csv")).run()
    assert meaning(waited(app), "city").value == "customers.city"
    waited(app.button(key="import now").click().run())
    assert store.record("customers", 1)["city"] == "Chur"


def test_the_first_rows_are_shown_as_they_will_be_and_changes_with_both_values(store, monkeypatch):
    with store.batch("add") as batch:
        batch.add("customers", {"customer_no": "7", "name": "Ada", "city": "Bern"})
    app = uploading(store, monkeypatch, b"customer id,name,city\n7,Ada,Basel\n8,Bo,Chur\n", "people.csv")
    assert [metric.value for metric in app.metric] == ["1", "1", "0", "0", "0"]
    changed, added = [frame.value for frame in app.dataframe][-2:]
    assert changed.to_dict("records") == [
        {"row": "Ada", "column": "City", "before": "Bern", "after": "Basel"}]
    assert added.to_dict("records") == [{"customer_no": "8", "name": "Bo", "city": "Chur"}]


def imported(app: AppTest) -> AppTest:
    return waited(app.button(key="import now").click().run())


def test_the_same_file_again_says_nothing_new(store, monkeypatch):
    app = imported(uploading(store, monkeypatch, LINES.encode()))
    app.file_uploader[0].set_value(("again.csv", LINES.encode(), "text/csv")).run()
    app = waited(app)
    assert "holds nothing that is not here already" in said_on(app) and app.button(key="import now").disabled
    assert store.revision() == 1


def test_a_mapping_is_kept_proposed_renamed_and_deleted(store, monkeypatch):
    first = LINES.replace("UnitPrice", "Betrag X")
    app = uploading(store, monkeypatch, first.encode())
    waited(meaning(app, "Betrag X").select("order_lines.unit_price").run())
    file = app.session_state["import said"].file
    app.text_input(key=f"keep name {file}").input("Shop").run()
    app.button(key="keep mapping").click().run()
    assert "Mapping Shop kept" in said_on(waited(app))
    assert store.frame("kept_mappings").name.tolist() == ["Shop"]

    app.file_uploader[0].set_value(("april.csv", first.replace("Tea", "Coffee").encode(), "text/csv")).run()
    assert "The kept mapping Shop fits this file exactly" in said_on(waited(app))
    assert app.metric[0].value == "9"

    app = opened("data_entry", store, monkeypatch, part="import")
    number = int(store.frame("kept_mappings").id[0])
    app.text_input(key=f"mapping name {number}").input("Online shop").run()
    app.button(key=f"rename mapping {number}").click().run()
    assert store.frame("kept_mappings").name.tolist() == ["Online shop"]
    app.button(key=f"delete mapping {number}").click().run()
    assert store.frame("kept_mappings").empty
    store.undo(store.revision())
    assert store.frame("kept_mappings").name.tolist() == ["Online shop"]


@pytest.mark.parametrize(("language", "told"), [
    ("en", ("differs from the kept mapping Laden", "No longer there (1): Kunde", "New (1): Filiale")),
    ("zh", ("与已保存的映射“Laden”不同", "缺少的列（1）：Kunde", "新增的列（1）：Filiale"))])
def test_next_months_difference_is_shown_before_anything_else(store, monkeypatch, language, told):
    from crm_core.data_entry import Mapping

    means = {"Beleg": "orders.order_no", "Tag": "orders.ordered_at", "Umsatz": "orders.amount",
             "Kunde": "customers.customer_no"}
    with store.batch("mapping", "Laden") as batch:
        batch.add("mappings", Mapping("orders", means).as_row("Laden"))
    app = uploading(store, monkeypatch, b"Beleg;Tag;Umsatz;Filiale\n1;2026-04-03;5;Bern\n", "april.csv", language)
    said = said_on(app)
    assert all(text in said for text in told) and not app.metric
    app.button(key="accept difference").click().run()
    assert [metric.value for metric in waited(app).metric] == ["1", "0", "0", "0", "0"]


def test_a_column_that_has_perhaps_another_name_is_asked(store, monkeypatch):
    from crm_core.data_entry import Mapping

    means = {"Beleg": "orders.order_no", "Tag": "orders.ordered_at", "Umsatz Filiale": "orders.amount"}
    with store.batch("mapping", "Laden") as batch:
        batch.add("mappings", Mapping("orders", means).as_row("Laden"))
    app = uploading(store, monkeypatch, b"Beleg;Tag;Umsatz Filialen\n1;2026-04-03;5\n", "april.csv")
    assert [box.label.replace("\\", "") for box in app.checkbox] == [
        "“Umsatz Filialen” takes the place of “Umsatz Filiale” (Amount)"]
    app.checkbox[0].check().run()
    app.button(key="accept difference").click().run()
    assert [metric.value for metric in waited(app).metric] == ["1", "0", "0", "0", "0"]


def test_the_results_of_the_watched_folder_are_shown(store, monkeypatch, tmp_path):
    from crm_core.data_entry.watching import Watch

    folder = tmp_path / "incoming"
    folder.mkdir()
    (folder / "people.csv").write_text("name,email,petal\nAda,ada@example.com,x\nBo,none,y\n")
    (folder / "header.csv").write_text("name,email\n")
    watch = Watch(folder, store.clock)
    watch.look()
    for name in watch.look():
        watch.take(store, name)
    monkeypatch.setenv("CRM_WATCH", str(folder))
    said = said_on(opened("data_entry", store, monkeypatch, part="import"))
    assert "people.csv is in (change 1): Customers 1 new, 0 updated. 1 row was rejected" in said
    assert "header.csv was refused: header.csv has a header line and no rows." in said
