"""Every page, in both languages, on the demo shop and on an empty workbench."""
import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import PROJECT

PAGES = ("home", "data_entry", "clustering")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A workbench filled with the demo shop."""
    from crm_core.store import open_store
    from data.demo_shop import fill
    from ui.workspace import now

    store = open_store(tmp_path_factory.mktemp("demo") / "shop.duckdb", clock=now)
    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=now().date(), customers=600, orders=6000, messages=900)
    yield store
    store.close()


def opened(page: str, store, monkeypatch, language: str = "en", **query) -> AppTest:
    monkeypatch.setenv("CRM_DATABASE", str(store.path))
    monkeypatch.setenv("CRM_DEMO", "0")
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60)
    app.query_params["language"] = language
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if page != "home":
        app.switch_page(str(PROJECT / "pages" / f"{page}.py"))
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
    assert said and not any(re.search("[\u4e00-\u9fff]", text) for text in said if "demo" not in text and "·" not in text)


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
    app.text_input(key="add customer 0 name").input("Ada")
    app.text_input(key="add customer 0 phone").input("none")
    app.button(key="add customer submit").click().run()
    assert "Phone: none cannot be kept" in app.error[0].value.replace("\\", "")
    assert store.revision() == 0
    app.text_input(key="add customer 0 phone").input("+44 20 7946 0018")
    app.button(key="add customer submit").click().run()
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


def test_a_customers_name_cannot_become_a_picture_or_a_link(store, monkeypatch):
    with store.batch("add", "![x](http://example.invalid/x.png)") as batch:
        batch.add("customers", {"name": "![x](http://example.invalid/x.png)", "email": "ada@example.com"})
    app = opened("home", store, monkeypatch)
    said = " ".join(texts(app))
    assert "example" in said and "![x](http" not in said
