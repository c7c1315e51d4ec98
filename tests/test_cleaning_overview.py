"""The overview of cleaning on the page, in both languages."""
import json
import re
import time
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from tests.test_pages import demo, links, opened, texts  # noqa: F401 (a fixture)

ENGLISH = r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}"


def overview(store, monkeypatch, language: str = "en", **query) -> AppTest:
    return waited(opened("cleaning", store, monkeypatch, language=language, part="overview", **query))


def waited(app: AppTest) -> AppTest:
    """Until the work beside the page is done and shown."""
    for _ in range(100):
        if not app.get("progress"):
            time.sleep(0.1)
            app.run()
            if not app.get("progress"):
                break
        time.sleep(0.2)
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def add(store, table: str, rows) -> None:
    with store.batch("add", "rows") as batch:
        batch.add(table, rows)


PEOPLE = [{"name": f"Ada {place}", "email": f"ADA{place}@example.com", "city": "Bern", "phone": f"020 7946 00{place}"}
          for place in range(10, 20)]


def test_the_demo_shop_is_told_in_english(demo, monkeypatch):  # noqa: F811
    said = texts(overview(demo, monkeypatch))
    assert {"Customers", "All tables"} <= set(said) and any("international form" in text for text in said)
    assert not any(re.search("[\u4e00-\u9fff]", text) for text in said if "a Chinese sign" not in text)


@pytest.mark.parametrize("table", ["customers", "orders", "order_lines", "products", "communications", "service_requests",
                                   "opportunities", "relationships", "campaigns"])
def test_every_table_is_told_in_chinese_without_an_english_sentence(table, demo, monkeypatch):  # noqa: F811
    said = texts(overview(demo, monkeypatch, language="zh", table=table))
    english = [text for text in said if re.search(ENGLISH, re.sub(r":[a-z_]+:|:[a-z]+\[|\*\*[^*]*\*\*", "", text))]
    assert "全部数据表" in said and english == []


def test_the_score_stands_with_its_parts_and_its_sum(store, monkeypatch):
    add(store, "customers", PEOPLE)
    app = overview(store, monkeypatch)
    assert list(app.dataframe[0].value.columns) == ["part", "share", "weight"]
    shares, weights = app.dataframe[0].value.share, app.dataframe[0].value.weight
    told = float(app.metric[0].value)
    assert told == pytest.approx((shares * weights).sum() / weights.sum(), abs=0.06) and 40 < told < 100
    assert any(f"**{told}**" in text.replace("\\", "") for text in texts(app))


def test_what_is_proposed_goes_to_a_recipe(store, monkeypatch):
    add(store, "customers", PEOPLE)
    app = overview(store, monkeypatch)
    app.button(key="proposal email_form email").click()
    # What becomes of it is the recipe's: here it stays where it was laid.
    monkeypatch.setattr("pages.tidying.recipe.show", lambda: None)
    app.run()
    assert app.session_state["recipe proposal"] == {
        "table": "customers", "steps": [{"step": "standard_email", "column": "email"}]}
    assert app.query_params["part"] in ("recipe", ["recipe"])


def test_what_looks_twice_there_leads_to_the_duplicates_and_what_disagrees_to_the_records(store, monkeypatch):
    add(store, "customers", [{**PEOPLE[0], "email": None}, {**PEOPLE[0], "email": None}, {"name": "Cy", "age": 5, "birth_date": date(1990, 1, 1)}])
    found = links(overview(store, monkeypatch))
    assert {"part": "duplicates"} in found.values() and {"part": "customers", "open": "3"} in found.values()


def test_the_history_of_the_score_stands_from_the_second_change_on(store, monkeypatch):
    add(store, "customers", PEOPLE)
    assert "second change" in " ".join(texts(overview(store, monkeypatch)))
    with store.batch("edit", "Ada") as batch:
        batch.change("customers", {"id": 1, "phone": "+442079460010"})
    app = overview(store, monkeypatch)
    assert "second change" not in " ".join(texts(app))
    assert any("How the quality of Customers went" in chart.proto.spec or "went" in chart.proto.figure.spec
               for chart in app.get("plotly_chart"))


def test_every_column_can_be_seen_from_near(demo, monkeypatch):  # noqa: F811
    app = overview(demo, monkeypatch, table="orders")
    for column in ("amount", "customer_id", "ordered_at", "status", "currency", "order_no"):
        app.selectbox(key="column of orders").select(column)
        waited(app.run())
    app.selectbox(key="column of orders").select("amount")
    said = " ".join(texts(waited(app.run())))
    assert "distinct values" in said and "Mean" in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_sixty_own_fields_long_values_and_markup_are_shown_as_they_are(language, store, monkeypatch):
    add(store, "customers", [{"name": "![x](http://example.invalid/x.png)", "note": "x" * 15_000, "extra": json.dumps(
        {**{f"Field {place}": f"{place}.5" for place in range(60)}, "![y](http://b)": "<b>1</b>" + "y" * 9000})}
        for _ in range(3)])
    app = overview(store, monkeypatch, language=language)
    assert len(app.selectbox(key="column of customers").options) > 60
    app.selectbox(key="column of customers").select("![y](http://b)")
    assert "![" not in " ".join(texts(waited(app.run())))


def test_one_row_with_next_to_nothing_is_shown(store, monkeypatch):
    add(store, "customers", {"name": "Ada"})
    app = overview(store, monkeypatch)
    assert float(app.metric[0].value) > 0
    app.selectbox(key="column of customers").select("phone")  # a column without a value
    assert "1 of 1 missing" in " ".join(texts(waited(app.run())))


def test_a_table_whose_last_row_goes_gives_way_to_another(store, monkeypatch):
    add(store, "customers", PEOPLE)
    add(store, "products", {"product_no": "1"})
    app = overview(store, monkeypatch, table="products")
    assert app.metric[0].label == "Products"
    store.undo(2)
    assert waited(app.run()).metric[0].label == "Customers"


@pytest.mark.parametrize(("language", "said"), [("en", "Import a file"), ("zh", "导入")])
def test_an_empty_workbench_says_what_to_do_first(language, said, store, monkeypatch):
    assert said in " ".join(texts(overview(store, monkeypatch, language=language)))


def test_home_leads_to_the_overview_and_to_the_duplicates(demo, monkeypatch):  # noqa: F811
    found = links(waited(opened("home", demo, monkeypatch)))
    assert {"part": "overview"} in found.values() and {"part": "duplicates"} in found.values()
