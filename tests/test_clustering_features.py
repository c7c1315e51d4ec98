"""What customers are compared by: features as of a date, what is proposed for them, and how they become numbers."""
import json
import math
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from crm_core.clustering import (
    Choice,
    Model,
    choice_of,
    cluster_customers,
    propose_choice,
    propose_transforms,
)
from crm_core.clustering.looks import looks
from crm_core.clustering.prepare import Preparation, prepare
from crm_core.errors import FeatureMissing, FeatureNotNumeric, NoCustomersYet, NoOrdersYet, TooFewCustomers
from crm_core.features import gather, known, people
from crm_core.features.catalogue import FIXED, SHARES, presets
from crm_core.features.columns import seen
from tests.test_pages import opened, texts
from ui.words import words

AS_OF = date(2026, 3, 31)


@pytest.fixture
def shop(store):
    """Two customers who buy, one who never did, one deleted; lines, messages, requests, own fields."""
    with store.batch("import") as batch:
        batch.add("customers", pd.DataFrame({
            "customer_no": ["a", "b", "c", "d"], "gender": ["female", "male", None, "male"],
            "birth_date": [date(1990, 4, 1), None, date(2000, 3, 31), None], "age": [None, 44, None, 50],
            "company": [None, "Tea Ltd", None, None], "joined_on": [date(2026, 1, 1), None, date(2026, 3, 1), None],
            "consent_email": [True, None, False, True], "consent_sms": [True, None, None, None],
            "extra": [json.dumps({"Income": "58138.5", "Kid \"home\"": "yes"}), json.dumps({"Income": "inf", "Kid \"home\"": "no"}),
                      json.dumps({"Income": "41000"}), None]}))
        batch.add("products", pd.DataFrame({"product_no": ["t", "p"], "category": ["Tea", "Pots"], "price": [5, 20]}))
        batch.add("orders", pd.DataFrame([
            # order, customer, at, status, amount, channel
            ("1", 1, datetime(2026, 1, 1, 10), "completed", 30, "web"),  # a Thursday morning
            ("2", 1, datetime(2026, 3, 1, 19), "completed", 20, "web"),  # a Sunday evening
            ("3", 1, datetime(2026, 3, 11, 12), "open", 40, "shop"),
            ("4", 1, datetime(2026, 3, 12, 12), "completed", -9, "web"),  # given back
            ("5", 1, datetime(2026, 3, 13, 12), "cancelled", 99, "web"),
            ("6", 2, datetime(2025, 3, 31, 12), "completed", 7, None),  # 365 days before: not within a year
            ("7", 2, datetime(2026, 4, 1, 0, 0), "completed", 500, "web"),  # after the day
        ], columns=["order_no", "customer_id", "ordered_at", "status", "amount", "channel"]))
        batch.add("order_lines", pd.DataFrame([
            # order, line, product, quantity, price, amount
            (1, 1, 1, 2.0, 4, 8), (1, 2, 2, 1.0, 20, 20), (3, 1, 1, 1.0, 4, 4), (4, 1, 1, -1.0, 9, -9), (6, 1, 2, 1.0, 7, 7),
        ], columns=["order_id", "line_no", "product_id", "quantity", "unit_price", "amount"]))
        batch.add("communications", pd.DataFrame([
            (1, datetime(2026, 3, 1), "email", "in", "hello"), (1, datetime(2026, 3, 3), "email", "out", "hello"),
            (1, datetime(2026, 3, 5), "phone", "out", "hello"), (3, datetime(2026, 4, 5), "email", "in", "later"),
        ], columns=["customer_id", "occurred_at", "channel", "direction", "content"]))
        batch.add("service_requests", pd.DataFrame([
            (1, datetime(2026, 3, 1, 8), datetime(2026, 3, 1, 10), "Complaint", "closed", 2),
            (1, datetime(2026, 3, 30), datetime(2026, 4, 2), "question", "closed", 5),  # closed and rated after the day
        ], columns=["customer_id", "opened_at", "closed_at", "category", "status", "satisfaction"]))
    with store.batch("delete") as batch:
        batch.remove("customers", [4])
    return store


def of(frame: pd.DataFrame, customer: int) -> dict:
    row = frame[frame.customer_id == customer].iloc[0].to_dict()
    return {name: None if value is None or value != value else value for name, value in row.items()}


# --- features as of a date ----------------------------------------------------------------------------------


def test_orders_tell_how_and_when_a_customer_buys(shop):
    names = ("frequency", "monetary", "mean_basket", "largest_basket", "days_between_orders", "orders_90_days",
             "orders_365_days", "spent_365_days", "evening_share", "weekend_share", "returned_share", "cancelled_share",
             "channel_share:web")
    with shop.look() as look:
        frame = gather(look, names, AS_OF)
    assert of(frame, 1) == {
        "customer_id": 1, "recency_days": 20, "frequency": 3, "monetary": 90, "mean_basket": 30, "largest_basket": 40,
        "days_between_orders": 34.5, "orders_90_days": 3, "orders_365_days": 3, "spent_365_days": 90,
        "evening_share": 1 / 3, "weekend_share": 1 / 3, "returned_share": 0.1, "cancelled_share": 0.25,
        "channel_share:web": 2 / 3}
    assert {name: of(frame, 2)[name] for name in ("frequency", "days_between_orders", "orders_365_days", "spent_365_days")} \
        == {"frequency": 1, "days_between_orders": None, "orders_365_days": 0, "spent_365_days": 0}
    assert len(frame) == 2


def test_days_between_orders_is_the_mean_and_a_window_begins_whole_days_before(store):
    with store.batch("import") as batch:
        batch.add("customers", {"customer_no": "a"})
        batch.add("orders", pd.DataFrame({
            "order_no": ["1", "2"], "customer_id": 1, "status": "completed", "amount": 1,
            "ordered_at": [datetime(2025, 12, 31, 23, 59), datetime(2026, 1, 1, 0, 0)]}))
    with store.look() as look:
        frame = gather(look, ("days_between_orders", "orders_90_days"), AS_OF)
    assert of(frame, 1)["days_between_orders"] == 1
    assert of(frame, 1)["orders_90_days"] == 1  # the 90 days that end with 31 March begin with 1 January


def test_lines_tell_what_lies_in_the_baskets(shop):
    with shop.look() as look:
        frame = gather(look, ("items_per_order", "distinct_products", "distinct_categories", "discount_share",
                              "category_share:Tea", "category_share:Pots"), AS_OF)
    row = of(frame, 1)
    assert (row["items_per_order"], row["distinct_products"], row["distinct_categories"]) == (2, 2, 2)
    assert row["discount_share"] == pytest.approx(1 - 32 / 35)
    assert (row["category_share:Tea"], row["category_share:Pots"]) == (12 / 32, 20 / 32)
    assert of(frame, 2)["category_share:Tea"] == 0


def test_messages_and_requests_are_what_they_were_on_the_day(shop):
    names = ("messages_in", "messages_out", "days_since_message", "message_share:email", "requests", "open_requests",
             "satisfaction", "complaint_share", "hours_to_close")
    with shop.look() as look:
        frame = gather(look, names, AS_OF)
    assert of(frame, 1) == {
        "customer_id": 1, "messages_in": 1, "messages_out": 2, "days_since_message": 30, "message_share:email": 2 / 3,
        "requests": 2, "open_requests": 1, "satisfaction": 2, "complaint_share": 0.5, "hours_to_close": 2}
    # Who wrote later has written nothing yet: counts are 0, what cannot be known is missing.
    assert of(frame, 3) == {
        "customer_id": 3, "messages_in": 0, "messages_out": 0, "days_since_message": None, "message_share:email": 0,
        "requests": 0, "open_requests": 0, "satisfaction": None, "complaint_share": 0, "hours_to_close": None}
    assert sorted(frame.customer_id) == [1, 2, 3]


def test_people_are_as_old_as_they_were(shop):
    names = ("age", "gender", "has_company", "days_since_joined", "consents", "consent_email")
    with shop.look() as look:
        frame = gather(look, names, AS_OF)
        earlier = gather(look, names, date(2026, 2, 1))
        assert people(look, date(2026, 2, 1)) == 2
    assert of(frame, 1) == {"customer_id": 1, "age": 35, "gender": "female", "has_company": 0, "days_since_joined": 89,
                            "consents": 2, "consent_email": 1}  # 36 on the day after
    assert of(frame, 2) == {"customer_id": 2, "age": 44, "gender": "male", "has_company": 1, "days_since_joined": None,
                            "consents": 0, "consent_email": 0}
    assert of(frame, 3)["age"] == 26  # on the birthday itself
    assert sorted(earlier.customer_id) == [1, 2]  # the third had not joined
    assert isinstance(frame.gender.dtype, pd.CategoricalDtype)


def test_own_fields_are_typed_by_looking(shop):
    with shop.look() as look:
        frame = gather(look, ("extra:Income", "extra:Kid \"home\""), AS_OF)
        with pytest.raises(FeatureMissing):
            gather(look, ("extra:Nothing",), AS_OF)
    assert of(frame, 1) == {"customer_id": 1, "extra:Income": 58138.5, "extra:Kid \"home\"": 1}
    assert of(frame, 2) == {"customer_id": 2, "extra:Income": None, "extra:Kid \"home\"": 0}  # infinite is missing
    assert of(frame, 3)["extra:Income"] == 41000


def test_whoever_never_ordered_comes_along_when_everybody_is_asked(shop):
    with shop.look() as look:
        frame = gather(look, ("frequency", "age"), AS_OF, everybody=True)
    assert sorted(frame.customer_id) == [1, 2, 3]
    assert of(frame, 3) == {"customer_id": 3, "recency_days": None, "frequency": 0, "monetary": 0, "age": 26}


def test_a_segment_gives_its_members_only(shop):
    with shop.batch("segment") as batch:
        segment, = batch.add("segments", {"name": "x", "kind": "cluster", "as_of": AS_OF})
        batch.add("segment_members", pd.DataFrame({
            "segment_id": segment, "customer_id": [2, 1], "as_of": [AS_OF, date(2026, 1, 1)]}))
    with shop.look() as look:
        assert gather(look, ("frequency", "age"), AS_OF, segment_id=segment).customer_id.tolist() == [2]


def test_what_is_known_is_offered_family_by_family(shop):
    with shop.look() as look:
        offered = {feature.name: feature for feature in known(look, AS_OF)}
        before = [feature.name for feature in known(look, date(2025, 1, 1))]
    assert {"recency_days", "items_per_order", "category_share:Tea", "category_share:Pots", "channel_share:web",
            "message_share:email", "satisfaction", "age", "gender", "extra:Income", "returned_share"} <= set(offered)
    assert (offered["gender"].kind, offered["has_company"].kind, offered["extra:Income"].kind) == ("category", "yes_no", "number")
    assert (offered["category_share:Tea"].unit, offered["category_share:Tea"].label) == ("share", "Tea")
    assert "consent_phone" not in offered  # nobody was asked
    assert not {"frequency", "messages_in", "satisfaction", "category_share:Tea"} & set(before)
    assert list(presets(tuple(offered.values()))) == ["how_they_buy", "what_they_buy", "how_they_speak", "who_they_are", "own_fields"]


def orders_by_hand(look, day) -> pd.DataFrame:
    """Recency, frequency and monetary of the living customers with an order by a day, counted in pandas."""
    orders = look.execute("SELECT customer_id, ordered_at, CAST(amount AS DOUBLE) AS amount FROM orders JOIN customers "
                          "ON customers.id = customer_id WHERE orders.deleted_at IS NULL AND status <> 'cancelled' "
                          "AND customers.deleted_at IS NULL AND amount > 0").df()
    orders = orders[orders.ordered_at < pd.Timestamp(day) + pd.Timedelta(days=1)]
    rows = orders.groupby("customer_id").agg(first=("ordered_at", "min"), last=("ordered_at", "max"),
                                             frequency=("amount", "size"), monetary=("amount", "sum"))
    return rows.assign(recency_days=(pd.Timestamp(day) - rows["last"].dt.normalize()).dt.days,
                       tenure_days=(pd.Timestamp(day) - rows["first"].dt.normalize()).dt.days,
                       monetary=rows.monetary.round(4)).reset_index()


def test_every_feature_can_be_asked_at_once_on_the_demo_shop(store):
    from data.demo_shop import fill

    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=date(2026, 3, 1), customers=300, orders=2000, messages=400)
    day = date(2026, 2, 28)
    with store.look() as look:
        offered = known(look, day)
        frame = gather(look, [feature.name for feature in offered], day)
        plain = orders_by_hand(look, day)
    assert len({feature.name for feature in offered}) == len(offered) > 35
    frame = frame.sort_values("customer_id", ignore_index=True)
    for name in ("recency_days", "frequency", "monetary", "tenure_days"):
        assert frame[name].round(4).tolist() == plain[name].tolist()
    shares = frame[[name for name in frame if name.startswith("category_share:")]].sum(axis=1)
    assert shares.max() <= 1 + 1e-9 and shares.mean() > 0.99
    groups = cluster_customers(frame, propose_choice(frame))
    assert len(groups.groups) == len(frame) and groups.left_out == 0
    again = cluster_customers(frame.sample(frac=1, random_state=3), propose_choice(frame.sample(frac=1, random_state=4)))
    pd.testing.assert_frame_equal(groups.groups, again.groups)


def test_a_day_before_the_first_order_has_nobody_and_says_so(shop):
    with shop.look() as look:
        frame = gather(look, ("frequency", "category_share:Tea"), date(2020, 1, 1))
        nobody = gather(look, ("age",), date(2020, 1, 1))
    assert (len(frame), list(frame.columns)) == (0, ["customer_id", "recency_days", "frequency", "monetary", "category_share:Tea"])
    with pytest.raises(NoOrdersYet):
        cluster_customers(frame, Choice(("frequency",)), as_of=date(2020, 1, 1))
    assert len(nobody) == 1  # of whom nobody knows when they joined
    with pytest.raises(NoCustomersYet):
        cluster_customers(nobody.head(0), Choice(("age",)), as_of=date(2020, 1, 1))
    with shop.look() as look, pytest.raises(FeatureMissing):
        gather(look, ("shoe_size",), AS_OF)


# --- own fields only: a campaign's table without orders -----------------------------------------------------


@pytest.fixture
def campaign(store, data_set):
    """ifood_campaign through the product's own import: the customer's number, the day they joined, all else own fields."""
    from crm_core.data_entry import check, load, read

    with read(data_set("ifood_campaign") / "ml_project1_data.csv") as reading:
        mapping = reading.mapping.told(dict.fromkeys(reading.headers, "customers.extra")
                                       | {"ID": "customers.customer_no", "Dt_Customer": "customers.joined_on"})
        checked = check(reading, mapping)
        with store.batch("import", reading.name) as batch:
            load(batch, checked)
    return store


def test_a_campaign_without_orders_is_grouped_by_own_fields(campaign):
    day = date(2014, 12, 31)
    with campaign.look() as look:
        offered = {feature.name: feature for feature in known(look, day)}
        names = presets(tuple(offered.values()))
        assert next(iter(names)) == "own_fields"
        frame = gather(look, names["own_fields"], day)
    assert {offered[f"extra:{name}"].kind for name in ("Income", "MntWines", "Kidhome", "Year_Birth")} == {"number"}
    assert {offered[f"extra:{name}"].kind for name in ("Education", "Marital_Status")} == {"category"}
    assert {offered[f"extra:{name}"].kind for name in ("AcceptedCmp3", "Response", "Complain")} == {"yes_no"}
    assert not {"extra:Z_Revenue", "extra:Z_CostContact", "frequency"} & set(offered)  # the same for all; no orders
    assert (len(frame), int(frame["extra:Income"].isna().sum())) == (2240, 24)
    proposed = {one.feature: one for one in propose_transforms(frame)}
    assert proposed["extra:Income"].fill and proposed["extra:Income"].curbed  # one earns 666,666
    assert proposed["extra:MntWines"].transform == "log" and proposed["extra:Recency"].transform == "plain"
    groups = cluster_customers(frame, propose_choice(frame))
    assert (len(groups.groups), groups.left_out, groups.filled) == (2240, 0, {"extra:Income": 24})
    assert groups.profiles.customers.min() > 22
    incomes = frame.groupby(groups.groups.set_index("customer_id").group.reindex(frame.customer_id).to_numpy())["extra:Income"]
    assert incomes.median().max() > 1.5 * incomes.median().min()


# --- what a column is ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "values", "kind", "why"), [
    ("spent", [1.5, 2.5, 9.0] * 10, "number", ""),
    ("spent as text", ["1.5", "2.5", " 9 "] * 10, "number", ""),
    ("vip", [0, 1, 1, 0] * 10, "yes_no", ""),
    ("vip", ["Yes", "no"] * 10, "yes_no", ""),
    ("vip", [True, False] * 10, "yes_no", ""),
    ("会员", ["是", "否"] * 10, "yes_no", ""),
    ("city", ["Leeds", "Bern", "Ulm"] * 10, "category", ""),
    ("customer id", [7, 3, 12, 40, 5], "left_out", "id"),
    ("UserID", [7, 3, 12, 40, 5], "left_out", "id"),
    ("row", [*range(101, 151)], "left_out", "id"),
    ("row", [*range(126, 151), *range(101, 126)], "left_out", "id"),
    ("days", [*range(126, 151), *range(101, 126), 130], "number", ""),
    ("paid", [7, 3, 12, 40, 5], "number", ""),
    ("joined", ["2026-01-01", "2026-02-01"] * 5 + ["2026-05-04"], "left_out", "date"),
    ("joined", [datetime(2026, 1, 1), datetime(2026, 2, 1)] * 5, "left_out", "date"),
    ("note", [f"some words {place}" for place in range(40)], "left_out", "text"),
    ("code", [f"A{place}" for place in range(40)], "left_out", "text"),
    ("one", [3, 3, 3], "left_out", "constant"),
    ("one", ["a", "a", None], "left_out", "constant"),
    ("none", [None, None], "left_out", "empty"),
    ("none", ["", " "], "left_out", "empty"),
    ("none", [np.inf, np.nan], "left_out", "empty"),
])
def test_a_column_is_known_by_what_stands_in_it(name, values, kind, why):
    found = seen(pd.Series(values, name=name))
    assert (found.kind, found.why) == (kind, why)


# --- what is proposed ---------------------------------------------------------------------------------------


def test_skewed_money_is_logged_even_things_and_humps_are_not():
    random = np.random.default_rng(1)
    humps = np.where(random.random(2000) < 0.85, random.normal(20, 2, 2000), random.normal(45, 2, 2000))
    frame = pd.DataFrame({
        "customer_id": range(2000), "spent": random.lognormal(3, 1, 2000), "height": random.normal(170, 9, 2000),
        "humps": humps, "balance": np.sinh(random.normal(0, 2.5, 2000)), "tiny": random.lognormal(0, 1, 2000) / 1e6})
    proposed = {one.feature: one for one in propose_transforms(frame)}
    assert {name: one.transform for name, one in proposed.items()} == {
        "spent": "log", "height": "plain", "humps": "plain", "balance": "asinh", "tiny": "asinh"}
    assert (proposed["spent"].reason, proposed["humps"].reason, proposed["balance"].reason) == ("skewed", "bells", "long_tails")
    assert proposed["humps"].facts["skewness"] > 1  # skewed as a whole, but not for want of a logarithm
    assert proposed["spent"].facts["skewness"] > 1 > abs(proposed["spent"].facts["logged"])


def test_what_tells_nothing_new_is_left_out_with_its_reason():
    random = np.random.default_rng(2)
    spent = random.normal(100, 20, 300)
    frame = pd.DataFrame({
        "customer_id": range(300), "spent": spent, "spent in cents": spent * 100 + random.normal(0, 1, 300),
        "owed": -spent, "other": random.normal(0, 1, 300), "same": 1, "gone": np.nan,
        "rare": np.where(np.arange(300) < 200, np.nan, spent)})
    proposed = {one.feature: one for one in propose_transforms(frame)}
    assert {name: one.reason for name, one in proposed.items() if one.transform == "left_out"} == {
        "spent in cents": "twin", "owed": "twin", "same": "constant", "gone": "empty", "rare": "mostly_missing"}
    assert proposed["owed"].facts["twin"] == "spent" and proposed["owed"].facts["r"] == pytest.approx(-1)
    assert propose_choice(frame).features == ("spent", "other")


def test_two_features_with_a_giant_in_the_same_row_are_no_twins():
    random = np.random.default_rng(3)
    frame = pd.DataFrame({"customer_id": range(300), "a": random.normal(0, 1, 300), "b": random.normal(0, 1, 300)})
    frame.loc[0, ["a", "b"]] = 1e12
    assert propose_choice(frame).features == ("a", "b")


def test_a_giant_outlier_does_not_swallow_the_groups():
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(4)
    truth = np.repeat([0, 1, 2], 200)
    frame = pd.DataFrame(random.normal(0, 1, (600, 3)) + np.eye(3)[truth] * 8, columns=["a", "b", "c"])
    frame.insert(0, "customer_id", range(600))
    frame.loc[0, "a"], frame.loc[1, "b"] = 1e12, -1e12
    choice = propose_choice(frame)
    assert set(choice.curbed) == {"a", "b"}
    groups = cluster_customers(frame, replace(choice, k=3))
    assert adjusted_rand_score(truth, groups.groups.group) > 0.98
    assert groups.profiles.customers.min() > 150


@pytest.mark.parametrize("kind", ["bells apart", "bells of uneven size above zero", "lognormal", "signed long tails", "categories"])
def test_what_is_proposed_finds_planted_groups_at_least_as_well_as_doing_nothing(kind):
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    def found(frame, choice, truth):
        return adjusted_rand_score(truth, KMeans(3, n_init=5, random_state=0).fit_predict(prepare(frame, choice).matrix))

    ours, plain = [], []
    for seed in range(4):
        random = np.random.default_rng([seed, 9])
        truth = random.choice(3, 900, p=[0.7, 0.15, 0.15] if "uneven" in kind else [1 / 3] * 3)
        values = random.normal(0, 2.2, (3, 4))[truth] + random.normal(0, 1, (900, 4))
        values = {"lognormal": np.exp(values), "signed long tails": np.sinh(values),
                  "bells of uneven size above zero": values - values.min()}.get(kind, values)
        frame = pd.DataFrame(values, columns=list("abcd"))
        if kind == "categories":
            chances = random.dirichlet(np.full(4, 0.3), (2, 3))
            for place, name in enumerate("cd"):
                frame[name] = [f"v{random.choice(4, p=chances[place][group])}" for group in truth]
        frame.insert(0, "customer_id", range(900))
        numbers = tuple(name for name in "abcd" if frame[name].dtype == float)
        ours.append(found(frame, propose_choice(frame), truth))
        plain.append(found(frame, Choice(numbers, logged=()), truth))
    least = {"lognormal": 0.2, "signed long tails": 0.2, "categories": 0.1}.get(kind, -0.01)
    assert np.mean(ours) >= np.mean(plain) + least


def test_a_proposal_does_not_hang_on_the_order_of_rows():
    random = np.random.default_rng(5)
    frame = pd.DataFrame({"customer_id": range(400), "a": random.lognormal(0, 1, 400), "b": random.standard_t(2, 400),
                          "c": random.choice(["x", "y", "z"], 400)})
    shuffled = frame.sample(frac=1, random_state=1)
    assert [(one.feature, one.transform, one.reason) for one in propose_transforms(frame)] == \
        [(one.feature, one.transform, one.reason) for one in propose_transforms(shuffled)]
    assert np.array_equal(prepare(frame, propose_choice(frame)).matrix, prepare(shuffled, propose_choice(shuffled)).matrix)


def test_what_features_look_like_fits_in_a_hand():
    random = np.random.default_rng(6)
    spent = random.lognormal(3, 1, 500)
    frame = pd.DataFrame({"customer_id": range(500), "spent": spent, "paid": spent * random.normal(1, 0.05, 500),
                          "kind": random.choice(["x", "y"], 500)})
    found = looks(frame)
    assert found.bars[(found.bars.feature == "spent") & (found.bars.scale == "log")].customers.sum() == 500
    assert found.bars[found.bars.scale == "value"].set_index("value").customers.sum() == 500
    assert [(one, other) for one, other, _ in found.close] == [("spent", "paid")]
    edges = found.bars[(found.bars.feature == "spent") & (found.bars.scale == "log")]
    assert edges.low.min() == pytest.approx(spent.min()) and edges.high.max() == pytest.approx(spent.max())


def test_a_value_far_out_is_drawn_in_where_it_is_compared():
    frame = pd.DataFrame({"customer_id": range(101), "income": [*np.random.default_rng(1).normal(100, 10, 100), 1e6]})
    found = looks(frame)
    assert found.proposal("income").facts["far"] == 1
    assert found.heights("income", "plain") == [100, *[0] * 14, 1]
    drawn_in = found.bars[found.bars.scale == "curbed"]
    assert drawn_in.high.max() < 200 and (drawn_in.customers > 0).sum() > 5


# --- numbers from mixed types -------------------------------------------------------------------------------


def test_a_category_weighs_as_much_as_one_number():
    random = np.random.default_rng(7)
    frame = pd.DataFrame({"customer_id": range(4000), "spent": random.normal(5, 3, 4000),
                          "city": random.choice(["Leeds", "Bern", "Ulm", "Köln"], 4000, p=[0.4, 0.3, 0.2, 0.1]),
                          "vip": random.random(4000) < 0.3})
    prepared = prepare(frame, propose_choice(frame))
    variance = pd.Series(prepared.matrix.astype(float).var(axis=0), prepared.preparation.columns)
    assert prepared.matrix.dtype == np.float32
    assert variance[["spent", "vip"]].tolist() == pytest.approx([1, 1], abs=1e-4)
    assert variance[[name for name in variance.index if name.startswith("city: ")]].sum() == pytest.approx(1, abs=1e-4)
    assert prepared.preparation.features == ("spent", "vip", "city")
    heavier = prepare(frame, replace(propose_choice(frame), weights=(("city", 3.0),)))
    assert heavier.matrix.astype(float).var(axis=0)[2:].sum() == pytest.approx(9, abs=1e-3)


def test_a_kept_preparation_serves_other_customers():
    random = np.random.default_rng(8)
    frame = pd.DataFrame({"customer_id": range(300), "income": random.lognormal(3, 1, 300), "balance": np.sinh(random.normal(0, 2.5, 300)),
                          "city": random.choice(["Leeds", "Bern"], 300)})
    frame.loc[:4, "income"] = np.nan
    frame.loc[7, "income"] = 1e12
    choice = replace(propose_choice(frame), k=3)
    groups = cluster_customers(frame, choice)
    kept = Model.from_json(groups.model.to_json())
    assert kept.assign(frame).group.tolist() == groups.groups.group.tolist()
    assert Choice.from_json(choice.to_json()) == choice
    others = pd.DataFrame({"customer_id": [1, 2, 3], "income": [np.nan, 20.0, 1e15], "balance": [0.0, 1.0, np.nan],
                           "city": ["Atlantis", None, "Bern"]})
    matrix, taken = kept.preparation.matrix(others)
    assert taken.tolist() == [True, True, False]  # nobody said what to do where a balance is missing
    place = [name.startswith("city") for name in kept.preparation.columns]
    assert matrix[:, place].tolist() == [[0, 0], [0, 0]]  # of a city nobody knew: in the middle
    assert np.abs(matrix).max() < 10
    again = Preparation.from_dict(json.loads(json.dumps(kept.preparation.to_dict())))
    assert again.to_dict() == kept.preparation.to_dict()


def test_rare_values_are_the_rest_and_a_rare_yes_is_no_group_by_itself():
    city = ["Leeds"] * 500 + ["Bern"] * 470 + [f"town {place}" for place in range(30)]
    frame = pd.DataFrame({"customer_id": range(1000), "city": city, "complained": [1] * 4 + [0] * 996})
    preparation = prepare(frame, Choice(("city", "complained"), logged=(), categories=("city",))).preparation
    assert preparation.levels[0].values == ("Leeds", "Bern")
    assert preparation.levels[0].shares == pytest.approx((0.5, 0.47, 0.03))
    matrix, _ = preparation.matrix(frame)
    assert matrix[0, 0] < 5  # as the deviation of 4 in 1,000 goes it would be 15.8


def test_gaps_are_filled_only_where_that_was_chosen_and_are_counted():
    frame = pd.DataFrame({"customer_id": range(8), "a": [1.0, 2, 3, 4, 5, 6, 7, np.nan], "b": [1.0, 5, 2, 6, 3, 7, np.inf, 4]})
    prepared = prepare(frame, Choice(("a", "b"), logged=(), filled=("a",)))
    assert (prepared.filled, prepared.left_out, len(prepared.matrix)) == ({"a": 1}, 1, 7)
    assert math.isnan(prepared.customers.a[6])  # what is told of customers stays what is known of them
    with pytest.raises(TooFewCustomers):
        prepare(frame.assign(a=np.nan), Choice(("a", "b"), logged=(), filled=("a",)))
    with pytest.raises(FeatureNotNumeric):
        prepare(frame.assign(b=list("stuvwxyz")), Choice(("a", "b"), logged=()))
    with pytest.raises(FeatureMissing):
        prepare(frame, Choice(("a", "c"), logged=()))


def test_numbers_kept_as_text_are_compared_as_numbers():
    frame = pd.DataFrame({"customer_id": range(12), "a": [str(place) for place in range(12)], "b": ["yes", "no"] * 6})
    groups = cluster_customers(frame, replace(choice_of(propose_transforms(frame.assign(a=frame.a + ".5"))), k=2))
    assert groups.profiles.customers.tolist() == [6, 6]
    assert set(groups.model.preparation.features) == {"a", "b"}


# --- words and the page -------------------------------------------------------------------------------------


def test_every_feature_reason_and_scale_has_words():
    needed = {f"feature.{name}" for name in (*FIXED, *SHARES)}
    needed |= {f"why.{reason}" for reason in ("ratios", "skewed", "long_tails", "even", "bells", "yes_no", "category", "far", "empty",
                                              "constant", "id", "date", "text", "mostly_missing", "twin")}
    needed |= {f"features.scale_{scale}" for scale in ("plain", "log", "asinh", "robust", "yes_no", "category", "left_out")}
    for language in ("en", "zh"):
        assert needed - set(words(language)) == set()


@pytest.fixture
def talking(store):
    from data.demo_shop import fill
    from ui.workspace import now

    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=now().date(), customers=300, orders=2500, messages=400)
    return store


@pytest.mark.parametrize(("language", "told", "proposed"), [
    ("en", "What these features look like", "as the trade does"), ("zh", "这些特征长什么样", "业内惯例")])
def test_the_page_tells_what_is_compared_how_and_why(talking, monkeypatch, language, told, proposed):
    app = opened("clustering", talking, monkeypatch, language=language, step="features")
    said = " ".join(texts(app))
    assert told in said and proposed in said
    assert app.main.multiselect[0].value == ["recency_days", "frequency", "monetary"]


def test_another_set_and_an_overruled_scale_change_the_grouping(talking, monkeypatch):
    app = opened("clustering", talking, monkeypatch, step="features")

    def waited():
        for _ in range(60):
            if not app.get("progress"):
                break
            app.run()
        assert not app.exception, [error.value for error in app.exception]

    app.main.multiselect[0].set_value(["monetary", "mean_basket", "gender"]).run()
    waited()
    app.selectbox(key="compare monetary").set_value("left_out").run()
    waited()
    keep = app.button(key="keep")
    keep.click().run()
    kept = json.loads(talking.frame("runs_kept", concern="clustering").choice.iloc[0])
    assert kept["features"] == ["mean_basket", "gender"] and kept["categories"] == ["gender"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_workbench_without_orders_groups_by_own_fields(store, monkeypatch, language):
    random = np.random.default_rng(9)
    with store.batch("import") as batch:
        batch.add("customers", pd.DataFrame({
            "customer_no": [f"c{place}" for place in range(60)],
            "extra": [json.dumps({"Income": str(int(value)), "![x](http://a.b)": kind}) for value, kind in
                      zip(random.normal(np.repeat([20, 90], 30) * 1000, 2000), random.choice(["p", "q", "r"], 60), strict=True)]}))
    app = opened("clustering", store, monkeypatch, language=language, step="features")
    assert app.main.multiselect[0].value == ["extra:Income", "extra:![x](http://a.b)"]
    assert app.button(key="keep")
    labels = [box.label for box in app.main.selectbox]
    assert not any("![x](http" in label for label in labels)
