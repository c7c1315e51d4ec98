"""Choosing a way of grouping on the page: its settings, what it found, and what to change where it found nothing."""
import pytest

from tests.test_pages import demo, opened, texts  # noqa: F401 (a fixture)


def chosen(store, monkeypatch, algorithm: str, language: str = "en", **settings):
    app = opened("clustering", store, monkeypatch, language=language, step="algorithm")
    app.selectbox(key="algorithm").set_value(algorithm).run()
    for key, value in settings.items():
        app.number_input(key=key).set_value(value).run()
    for _ in range(200):  # the answer is worked out beside the page
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def said(app) -> str:
    return " ".join(texts(app)).replace("\\", "").replace("\u2060", "")


@pytest.mark.parametrize(("algorithm", "told"), [
    ("rfm", "next month's customers come into the same grid"),
    ("dbscan", "customers make a dense place"),
    ("mixture", "with a probability of more than 80%"),
    ("agglomerative", "What counts as the distance of two groups"),
])
def test_a_way_of_grouping_says_what_it_is_good_for_and_what_it_found(demo, monkeypatch, algorithm, told):  # noqa: F811
    app = chosen(demo, monkeypatch, algorithm)
    assert "Good for:" in said(app)
    assert told in said(app)


def test_the_page_speaks_chinese_of_the_grid(demo, monkeypatch):  # noqa: F811
    app = chosen(demo, monkeypatch, "rfm", language="zh")
    assert "下个月的客户归入同一网格" in said(app)


def test_where_nobody_is_in_a_group_the_page_says_what_to_change(demo, monkeypatch):  # noqa: F811
    app = chosen(demo, monkeypatch, "dbscan", eps=0.01, min_points=500)
    assert "No group was found" in said(app)
    assert "are in no group" in said(app)
    assert "keep" not in [button.key for button in app.button]  # there is nothing to be kept


def test_without_what_it_scores_the_grid_is_refused_in_a_sentence(demo, monkeypatch):  # noqa: F811
    app = opened("clustering", demo, monkeypatch, step="features")
    app.multiselect[0].set_value(["recency_days"]).run()
    app.session_state["grouping step"] = "algorithm"
    app.run()
    app.selectbox(key="algorithm").set_value("rfm").run()
    for _ in range(60):
        if not app.get("progress"):
            break
        app.run()
    assert "The RFM grid scores days since last order" in said(app)
