"""What a profile tells of a table, and which rows it finds odd."""
import json
from datetime import date, datetime

import pandas as pd
import pytest

from crm_core.cleaning.findings import checks_of, find
from crm_core.cleaning.profile import SAMPLED, profile_relation, profile_table
from crm_core.cleaning.quality import TABLES_SCORED
from ui import words

AS_OF = date(2026, 3, 1)


def of(store, frame: pd.DataFrame, **types: str):
    """The profile of a frame."""
    with store.look() as ask:
        ask.stage("sheet", frame)
        return profile_relation(ask, "sheet", types, id=None)


def column(store, values: list, type: str = "text"):
    return of(store, pd.DataFrame({"value": values}), value=type).column("value")


# --- a column -------------------------------------------------------------------------------------


def test_a_column_says_what_is_missing_distinct_and_frequent(store):
    city = column(store, ["Bern", "Bern", "Bern", "Paris", None, "Paris", "Rome"])
    assert (city.rows, city.missing, city.distinct) == (7, 1, 3)
    assert city.top == (("Bern", 3), ("Paris", 2), ("Rome", 1))


def test_a_value_far_from_the_rest_lies_outside_the_fences(store):
    amount = column(store, [1, 2, 2, 3, 3, 3, 4, 4, 5, 900], "number")
    assert (amount.smallest, amount.median, amount.largest) == (1, 3, 900)
    assert (amount.outliers.below, amount.outliers.above) == (0, 1)
    assert amount.outliers.highest == ((10, 900.0),)  # in the tenth row
    assert -6 < amount.outliers.low < 0 and 8 < amount.outliers.high < 12


def test_amounts_that_differ_by_multiples_are_compared_by_multiples(store):
    amount = column(store, [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000], "money")
    assert amount.outliers.scale == "log" and amount.outliers.rows == 0
    assert column(store, [*[1, 3, 10, 30, 100, 300] * 5, 10.0**12], "money").outliers.rows == 1


def test_where_half_of_the_values_are_the_same_nothing_is_called_far(store):
    assert column(store, [5, 5, 5, 5, 5, 5, 9000], "whole").outliers is None


@pytest.mark.parametrize(("values", "type"), [
    ([1, 2, 2, 3, 3, 3, 4, 4, 5, 900], "whole"), ([0.5, 20, 300, 4000, 50_000, -3], "money"),
    ([date(2020, 1, 1), date(2026, 1, 1), date(2021, 5, 5)], "day"),
    ([datetime(2026, 1, 1, 10), datetime(2026, 1, 1, 11)], "time"), (["a", "bb", "ccc"], "text"), ([7], "whole")])
def test_every_value_stands_in_one_bar_of_the_histogram(store, values, type):
    told = column(store, values, type)
    assert sum(one.rows for one in told.histogram) == told.filled == len(values)
    assert 1 <= len(told.histogram) <= 45


def test_numbers_that_are_none_do_not_stop_a_profile(store):
    told = column(store, [1.0, float("inf"), 2.0, 3.0], "number")
    assert told.largest == 3.0 and sum(one.rows for one in told.histogram) == 3


@pytest.mark.parametrize(("values", "pattern"), [
    (["+44 20 7946 0018", "+49 30 1234 5678"], "+99 99 9999 9999"), (["Ada Wong", "Émile Zola"], "Aa Aa"),
    (["王小明", "李小龙"], "汉汉汉"), (["ada@Example.com", "bo@example.com"], "@example.com")])
def test_texts_written_alike_have_one_pattern(store, values, pattern):
    (found,) = column(store, values).patterns
    assert (found.pattern, found.rows, found.example in values) == (pattern, 2, True)


@pytest.mark.parametrize(("values", "type"), [
    (["1,200", "30.5", "n/a", "¥2,000", "３.５"], "number"), (["-3", "(4)", "5%", "6 €"], "number"),
    (["2024-03-01", "1.4.2024", "2024年5月6日"], "day"), (["yes", "No", "y"], "yes_no"), (["是", "否"], "yes_no"),
    (["02139", "10115", "80331"], None),  # postal codes
    (["yes", "yes"], None), (["Bern", "7", "8"], None), (["A-1", "A-2"], None)])
def test_texts_say_which_type_they_would_have(store, values, type):
    assert column(store, values).looks_like == type


def test_numbers_of_things_are_no_numbers(store):
    assert column(store, [str(100_000 + place) for place in range(100)]).looks_like is None


def test_texts_say_what_is_wrong_with_how_they_are_written(store):
    told = column(store, ["Ada Wong", "Bo Li", "ada wong", "BO LI", "Cy  Fox", " Dee Ray", "Ｅｄ Moe", "Ann Lee", "N/A"])
    assert (told.untrimmed, told.full_width, told.placeholders) == (2, 1, 1)
    assert (told.odd_case, told.spellings) == (2, 0)  # nobody can say which of two spellings is the usual one …
    told = column(store, ["Berlin", "Berlin", "BERLIN", "berlin ", "Bern"])
    assert told.spellings == 2  # … until one of them is


def test_a_column_that_always_says_the_same_tells_nothing(store):
    assert column(store, ["web"] * 199 + ["shop"]).is_constant
    assert not column(store, ["web"] * 5).is_constant  # of five rows that cannot be said


# --- sizes that are odd ---------------------------------------------------------------------------


def test_an_empty_table_one_row_and_a_column_without_a_value_have_a_profile(store):
    types = {"name": "text", "age": "whole", "day": "day", "sure": "yes_no"}
    empty = of(store, pd.DataFrame({"name": pd.Series([], dtype=str), "age": pd.Series([], dtype="Int64"),
                                    "day": pd.Series([], dtype="datetime64[ns]"), "sure": pd.Series([], dtype=bool)}), **types)
    assert empty.rows == 0 and [one.filled for one in empty.columns] == [0, 0, 0, 0]
    one = of(store, pd.DataFrame({"name": ["Ada"], "age": [36], "day": [pd.Timestamp("2026-01-01")], "sure": [True]}), **types)
    assert [one.top for one in one.columns][:2] == [(("Ada", 1),), ((36, 1),)]
    none = of(store, pd.DataFrame({"name": ["Ada", "Bo"], "age": pd.Series([None, None], dtype="Int64")}), name="text", age="whole")
    assert (none.column("age").missing, none.column("age").top, none.column("age").histogram) == (2, (), ())


def test_sixty_own_fields_and_a_very_long_value_have_a_profile(store):
    with store.batch("add") as batch:
        batch.add("customers", [{"name": f"Ada {row}", "note": "x" * 20_000, "extra": json.dumps(
            {f'Field "{place}"': str(row * place) for place in range(60)})} for row in range(30)])
    with store.look() as ask:
        told = profile_table(ask, "customers", AS_OF)
    own = [one for one in told.columns if one.own]
    assert len(own) == 60 and all(one.filled == 30 for one in own)
    assert told.column('Field "7"').top[0][1] == 1
    assert len(told.column("note").top[0][0]) <= 120


def test_of_a_large_table_counts_are_exact_and_the_ways_of_writing_a_sample_that_is_said(store):
    rows = SAMPLED * 3
    with store.look() as ask:
        ask.execute(f"CREATE TEMP TABLE sheet AS SELECT range AS id, 'Ada ' || (range % 1000) AS name FROM range({rows})")
        told = profile_relation(ask, "sheet", {"name": "text"}).column("name")
    assert (told.rows, told.distinct, told.top[0][1]) == (rows, 1000, rows // 1000)
    assert told.is_sampled and SAMPLED * 0.8 < told.looked_at < SAMPLED * 1.2
    assert sum(one.rows for one in told.patterns) == told.looked_at


# --- rows that are odd ----------------------------------------------------------------------------

PEOPLE = [{"name": f"P{place}", "city": "Bern", "country": "Switzerland"} for place in range(6)]
DAY = datetime(2026, 2, 1, 10)
ORDER = {"order_no": "1", "ordered_at": DAY, "status": "completed", "amount": 10}
REQUEST = {"opened_at": DAY, "status": "open"}


@pytest.mark.parametrize(("table", "rows", "name", "ids"), [
    ("customers", [*PEOPLE, {"name": "Odd", "city": "bern", "country": "France"}], "city_country", (7,)),
    ("customers", [{"name": "A", "age": 20, "birth_date": date(1990, 3, 1)}, {"name": "B", "age": 36, "birth_date": date(1990, 3, 1)}],
     "age_birth_date", (1,)),
    ("customers", [{"name": "A", "joined_on": date(1980, 1, 1), "birth_date": date(1990, 3, 1)}], "joined_before_birth", (1,)),
    ("customers", [{"name": "A", "joined_on": date(2026, 3, 1)}, {"name": "B", "joined_on": date(2026, 3, 2)}], "joined_later", (2,)),
    ("customers", [{"name": "A", "postal_code": f"{1000 + place}", "country": "Austria"} for place in range(30)]
     + [{"name": "B", "postal_code": "SW1A 1AA", "country": "Austria"}], "postal_code_country", (31,)),
    ("customers", [{"customer_no": "7", "name": "A"}, {"name": "B", "referrer_no": "7"}, {"name": "C", "referrer_no": "8"}],
     "referrer_unknown", (3,)),
    ("customers", [{"name": "A", "phone": "+44 20 7946 0018"}, {"name": "B", "phone": "020 7946 0018"}, {"name": "C"}], "same_phone", (1, 2)),
    ("customers", [{"name": "Ada", "city": "Bern"}, {"name": "ADA", "city": "bern"}, {"name": "Ada", "city": "Rome"}], "same_name_city", (1, 2)),
    ("customers", [{"name": "A", "phone": "+442079460018"}, {"name": "B", "phone": "020 7946 0018"}], "phone_form", (2,)),
    ("customers", [{"name": "A", "email": "a@example.com"}, {"name": "B", "email": "B@Example.com"}], "email_form", (2,)),
    ("products", [{"product_no": "1", "price": 5, "cost": 7}, {"product_no": "2", "price": 7, "cost": 5}], "sold_below_cost", (1,)),
    ("products", [{"product_no": "1", "name": "Tea", "price": 5}, {"product_no": "2", "name": "tea ", "price": 5}], "same_product", (1, 2)),
    ("orders", [{**ORDER, "ordered_at": datetime(2026, 3, 2)}, {**ORDER, "order_no": "2"}], "ordered_later", (1,)),
    ("service_requests", [{**REQUEST, "status": "closed"}, REQUEST], "closed_undated", (1,)),
    ("service_requests", [{**REQUEST, "closed_at": DAY}, REQUEST], "open_but_closed", (1,)),
    ("opportunities", [{"name": "A", "status": "open", "closes_on": date(2026, 2, 1)}, {"name": "B", "status": "won", "closes_on": date(2026, 2, 1)}],
     "overdue", (1,)),
    ("opportunities", [{"name": "A", "status": "lost", "opened_on": date(2026, 2, 1), "closes_on": date(2026, 1, 1)}], "closes_before_opened", (1,)),
    ("communications", [{"occurred_at": DAY, "channel": "email", "direction": "in", "content": text} for text in ("Hi", "Hi", "Ho")],
     "same_message", (1, 2)),
    ("campaigns", [{"name": "Spring"}, {"name": "spring "}, {"name": "Autumn"}], "same_campaign", (1, 2)),
])
def test_rows_that_are_odd_are_found_and_no_others(store, table, rows, name, ids):
    with store.batch("add") as batch:
        batch.add(table, rows)
    with store.look() as ask:
        found = {finding.name: finding for finding in find(ask, table, AS_OF) if finding.rows}
    assert (found[name].rows, found[name].ids, found[name].of) == (len(ids), ids, len(rows))


def test_a_row_that_points_at_a_deleted_one_is_found(store):
    with store.batch("add") as batch:
        batch.add("customers", [{"name": "Ada"}, {"name": "Bo"}])
        batch.add("orders", [{**ORDER, "customer_id": 1}, {**ORDER, "order_no": "2", "customer_id": 2}])
        batch.add("order_lines", [{"order_id": 1, "line_no": 1, "quantity": 2, "unit_price": 5, "amount": 9},
                                  {"order_id": 2, "line_no": 1, "quantity": 2, "unit_price": 5, "amount": 10}])
        batch.add("service_requests", {**REQUEST, "customer_id": 1, "order_id": 2})
        batch.add("relationships", [{"customer_id": 1, "related_id": 2, "relation": "household"}, {"customer_id": 2, "related_id": 1, "relation": "household"}])
    with store.batch("delete") as batch:
        batch.remove("customers", [2])
    with store.look() as ask:
        told = {(finding.table, finding.name): finding.ids for table in TABLES_SCORED for finding in find(ask, table, AS_OF) if finding.rows}
    assert told[("orders", "orphan")] == (2,) and told[("orders", "sum_of_lines")] == (1,)
    assert told[("order_lines", "line_amount")] == (1,) and told[("service_requests", "order_of_another")] == (1,)
    assert told[("relationships", "said_twice")] == (1, 2)


def test_a_rule_that_is_broken_is_found(store):
    with store.batch("add") as batch:
        batch.add("customers", [{"name": "Ada"}, {"name": "Bo"}])
        batch.execute("UPDATE customers SET email = 'none', gender = 'x' WHERE id = 2")
        batch.rows = {}  # as other hands could have left it: nothing of it is kept
        found = {(finding.name, finding.ids) for finding in find(batch, "customers", AS_OF) if finding.is_rule and finding.rows}
    assert found == {("email", (2,)), ("choice", (2,))}


def test_every_check_has_its_words_in_both_languages():
    names = {check.name for table in TABLES_SCORED for check in checks_of(table) if not check.is_rule}
    for language in words.LANGUAGES:
        assert {f"proposal.{name}" for name in names} | {f"proposal_why.{name}" for name in names} <= set(words.words(language))


def test_the_columns_of_a_delivery_of_households_are_understood(store, data_set):
    frame = pd.read_csv(data_set("completejourney") / "demographics.csv", dtype=str)
    told = of(store, frame, **dict.fromkeys(frame.columns, "text"))
    assert told.rows == 801
    assert told.column("household_id").distinct == 801 and told.column("household_id").looks_like is None
    assert told.column("age").top[0] == ("45-54", 288) and told.column("age").looks_like is None
    assert told.column("home_ownership").missing == int(frame.home_ownership.isna().sum())
