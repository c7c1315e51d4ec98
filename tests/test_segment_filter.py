"""A kept segment handed to the other pages: figures and lists of its customers only, until it is put away."""
from datetime import date, datetime

import pandas as pd
import pytest

from tests.test_pages import opened

WANTED = {"text": "", "digits": "", "deleted": False, "sort": "newest", "limit": 50, "offset": 0, "gender": "",
          "status": "", "channel": "", "direction": "", "priority": ""}


@pytest.fixture
def shop(store):
    """Two customers, each with an order, a message, a request and an opportunity; Ada is in the segment."""
    at = datetime(2026, 2, 20, 9)
    with store.batch("add") as batch:
        ids = batch.add("customers", [{"customer_no": "C-1", "name": "Ada"}, {"customer_no": "C-2", "name": "Bo"}])
        for customer, amount in zip(ids, (40, 70), strict=True):
            batch.add("orders", {"order_no": f"O-{customer}", "customer_id": customer, "ordered_at": at,
                                 "status": "completed", "amount": amount})
            batch.add("communications", {"customer_id": customer, "occurred_at": at, "channel": "email",
                                         "direction": "in", "content": "Hello"})
            batch.add("service_requests", {"customer_id": customer, "opened_at": at, "status": "open"})
            batch.add("opportunities", {"name": f"Deal {customer}", "customer_id": customer, "status": "open"})
        [segment] = batch.add("segments", [{"name": "Only Ada", "kind": "selection", "as_of": date(2026, 2, 21)}])
        batch.add("segment_snapshots", {"segment_id": segment, "as_of": date(2026, 2, 21), "how": "kept", "customers": 1})
        batch.add("segment_members", pd.DataFrame({
            "segment_id": segment, "customer_id": ids[:1], "as_of": date(2026, 2, 21)}))
    return store


@pytest.mark.parametrize("table", ["customers", "orders", "communications", "service_requests", "opportunities"])
def test_a_list_is_narrowed_to_the_segment_where_one_is_given(shop, table):
    assert len(shop.frame(f"find_{table}", **WANTED)) == 2
    narrowed = shop.frame(f"find_{table}", **WANTED, segment=1)
    assert len(narrowed) == narrowed.found[0] == 1
    assert (narrowed["id"] if table == "customers" else narrowed["customer_id"]).tolist() == [1]
    assert shop.frame(f"find_{table}", **WANTED, segment=99).empty


def test_the_figures_are_those_of_the_segment(shop):
    def now(**narrowed):
        return shop.frame("home_figures", as_of=date(2026, 2, 25), days=30, **narrowed).set_index("figure").now.to_dict()

    everybody = {"revenue": 110, "orders": 2, "customers_buying": 2, "customers_new": 2, "messages_in": 2,
                 "requests_open": 2}
    assert now() == everybody
    assert now(segment=1) == {**dict.fromkeys(everybody, 1), "revenue": 40}
    weekly = shop.frame("weekly_figures", as_of=date(2026, 2, 25), segment=1)
    assert (weekly.revenue.sum(), weekly.messages_in.sum()) == (40, 1)
    assert shop.frame("revenue_by_month", as_of=date(2026, 2, 25), segment=1).revenue.tolist() == [40]


@pytest.mark.parametrize(("language", "chip"), [("en", "Only: Only Ada (1) ×"), ("zh", "只看：Only Ada（1 位）×")])
def test_home_is_narrowed_by_the_address_and_says_so(shop, monkeypatch, language, chip):
    app = opened("home", shop, monkeypatch, language=language, segment="1")
    assert app.metric[0].value == "40"
    button = app.button(key="home no segment")
    assert button.label.replace("\\", "") == chip
    button.click().run()
    assert app.metric[0].value == "110" and "segment" not in app.query_params


def test_what_is_chosen_on_one_page_holds_on_the_others(shop, monkeypatch):
    app = opened("home", shop, monkeypatch)
    app.selectbox(key="home segment").select(1).run()
    assert app.metric[0].value == "40" and list(app.query_params["segment"]) == ["1"]
    app.switch_page("pages/data_entry.py").run()
    app.query_params["part"] = "orders"
    app.run()
    listed = next(frame.value for frame in app.dataframe if "order_no" in frame.value)
    assert listed.order_no.tolist() == ["O-1"] and not app.exception


def test_a_segment_that_is_gone_narrows_nothing(shop, monkeypatch):
    assert opened("home", shop, monkeypatch, segment="77").metric[0].value == "110"
    assert opened("home", shop, monkeypatch, segment="Ada").metric[0].value == "110"


def test_where_no_segment_is_kept_nothing_is_offered(store, monkeypatch):
    with store.batch("add") as batch:
        batch.add("customers", {"name": "Ada"})
    app = opened("home", store, monkeypatch)
    assert not [box for box in app.selectbox if box.key == "home segment"]
