"""The part "lifetime value" of the page, in both languages, on the demo shop."""
import re
from datetime import datetime

import pytest

from tests.test_pages import opened, settled, texts


@pytest.fixture(scope="module")
def demo(demo_shop):
    return demo_shop(customers=600, orders=6000, messages=300)


def told(app) -> str:
    return "\n".join(texts(app))


def with_part(app, part: str):
    app.session_state["value part"] = part
    app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def test_the_value_of_all_stands_with_its_interval_and_every_part_shows(demo, monkeypatch):
    app = settled(opened("purchase_prediction", demo, monkeypatch, part="value"))
    assert re.search(r"will bring about \*\*[\d,]+\*\* within 365 days; 95 times in 100 between [\d,]+ and [\d,]+", told(app))
    with_part(app, "whom")
    assert "Still there with" in told(app) and "purchases expected" in told(app)
    [customers] = [frame.value for frame in app.dataframe]
    assert (customers.low <= customers.value).all() and (customers.value <= customers.high)[customers.value > 5].all()
    with_part(app, "formula")
    assert "Profit ÷ churn rate" in told(app)
    assert list(app.dataframe[0].value.group) == ["bought once", "bought two or three times", "bought more often"]
    with_part(app, "fit")
    assert {"BG/NBD", "MBG/NBD", "Pareto/NBD", "Kinds of customers"} == set(app.dataframe[0].value.model)


def test_the_part_speaks_chinese(demo, monkeypatch):
    app = settled(opened("purchase_prediction", demo, monkeypatch, "zh", part="value"))
    assert re.search("[汉一-鿿].* 天内预计带来约", told(app))
    with_part(app, "fit")
    assert not re.search(r"\b(the|of|and)\b", told(app))


def test_a_shop_of_few_customers_is_told_what_is_missing(store, monkeypatch):
    with store.batch("import") as batch:
        ids = batch.add("customers", [{"name": f"Customer {number}"} for number in range(3)])
        batch.add("orders", [{"order_no": str(customer), "customer_id": customer, "ordered_at": datetime(2026, 1, 5), "amount": 10, "status": "completed"}
                             for customer in ids])
    app = opened("purchase_prediction", store, monkeypatch, part="value")
    assert any("Only 3 customers have bought by then; 50 are needed" in error.value for error in app.error)
