"""What Home says of the data: what is known, what is odd, what waits, and what changed since yesterday."""
from datetime import date, datetime

import pytest

from crm_core import health, news
from crm_core.store import doctor
from tests.conftest import NOW

TODAY = NOW.date()  # Sunday, 1 March 2026


def checks(store, problems=()) -> dict[str, health.Check]:
    frames = [store.frame(query, today=TODAY) for query in ("health_customers", "health_orders", "health_others")]
    return {check.name: check for check in health.checks(*frames, problems)}


def known(store) -> dict[str, tuple[int, int]]:
    return {share.name: (share.rows, share.of) for share in health.known(store.frame("health_customers", today=TODAY))}


def add(store, table: str, *rows: dict) -> None:
    with store.batch("add") as batch:
        batch.add(table, list(rows))


def customer(**columns) -> dict:
    blank = dict.fromkeys(("customer_no", "name", "email", "phone", "city", "postal_code", "country", "birth_date", "age",
                           "consent_sms", "joined_on"))
    return blank | columns


# --- health ---------------------------------------------------------------------------------------------------------


def test_what_is_known_of_the_customers_is_counted(store):
    add(store, "customers",
        customer(name="Ada", email="ada@example.com", birth_date=date(1980, 1, 1), consent_sms=False),
        customer(name="Bo", phone="0171 5551234", age=40), customer(name="Cy", country="Malta"), customer(name="Di"))
    with store.batch("delete") as batch:
        batch.remove("customers", [4])
    assert known(store) == {"email": (1, 3), "phone": (1, 3), "country": (1, 3), "age": (2, 3), "consent": (1, 3)}


def test_two_writings_of_a_phone_number_are_one_number(store):
    add(store, "customers", customer(name="Ada", phone="+44 (171) 555-1234"), customer(name="Bo", phone="0171 5551234"),
        customer(name="Cy", phone="0171 5559999"))
    assert (checks(store)["same_phone"].rows, checks(store)["same_phone"].id) == (2, 1)


@pytest.mark.parametrize(("second", "expected"), [
    ({"name": "ADA WONG", "city": "bern"}, 2),
    ({"name": "Ada Wong", "city": "Basel"}, 0),
    ({"name": "Ada Wong", "city": "Bern", "birth_date": date(1990, 1, 1)}, 0),
    ({"name": "Ada Wong", "city": "Bern", "birth_date": date(1980, 1, 1)}, 2)])
def test_the_same_name_in_the_same_city_is_likely_the_same_person(store, second, expected):
    add(store, "customers", customer(name="Ada Wong", city="Bern", birth_date=date(1980, 1, 1)), customer(**second))
    assert checks(store)["same_name"].rows == expected


def test_odd_orders_are_counted_with_one_of_them_to_look_at(store):
    add(store, "customers", customer(name="Ada"))
    order = {"ordered_at": datetime(2026, 2, 1), "status": "completed", "amount": 10}
    add(store, "orders", {"order_no": "1", "customer_id": 1, **order}, {"order_no": "2", "customer_id": None, **order},
        {"order_no": "3", "customer_id": 1, **order})
    line = {"line_no": 1, "quantity": 1, "unit_price": 10}
    add(store, "order_lines", {"order_id": 1, "amount": 10, **line}, {"order_id": 2, "amount": 9, **line})
    found = {name: (check.rows, check.of, check.id) for name, check in checks(store).items()
             if name in ("no_customer", "no_lines", "other_sum")}
    assert found == {"no_customer": (1, 3, 2), "no_lines": (1, 3, 3), "other_sum": (1, 3, 2)}


def test_a_book_of_orders_alone_misses_no_lines(store):
    add(store, "orders", {"order_no": "1", "customer_id": None, "ordered_at": datetime(2026, 2, 1),
                          "status": "completed", "amount": 10})
    assert "no_lines" not in checks(store) and checks(store)["no_customer"].kept


def test_what_is_dated_later_than_today_is_found_and_this_evening_is_not_later(store):
    add(store, "orders", *({"order_no": str(day), "ordered_at": when, "status": "open", "amount": 1}
                           for day, when in enumerate((datetime(2026, 3, 1, 23, 59), datetime(2026, 3, 2)), start=1)))
    later = checks(store)["later"]
    assert (later.rows, later.table, later.id) == (1, "orders", 2)


def test_unknown_senders_and_bare_products_are_found(store):
    add(store, "communications", {"customer_id": None, "occurred_at": datetime(2026, 2, 1), "channel": "email",
                                  "direction": "in", "content": "Who am I?"})
    add(store, "products", {"product_no": "P1", "category": None, "price": None},
        {"product_no": "P2", "category": "tea", "price": 3})
    found = checks(store)
    assert [found[name].rows for name in ("unknown_sender", "no_category", "no_price")] == [1, 1, 1]
    assert found["no_price"].of == 2 and "same_phone" not in found


def test_what_other_hands_left_is_told_by_the_doctor(store):
    add(store, "customers", customer(name="Ada", email="ada@example.com"))
    add(store, "communications", {"customer_id": 1, "occurred_at": datetime(2026, 2, 1), "channel": "email",
                                  "direction": "in", "content": "Hello"})
    assert checks(store)["broken_rule"].is_fine and checks(store)["orphans"].is_fine
    with store.cursor() as cursor:  # past the batch that would refuse it
        cursor.execute("UPDATE customers SET email = 'none'")
        cursor.execute("UPDATE communications SET customer_id = 99")
    problems = doctor.find_problems(store, only=health.REFUSED)
    found = checks(store, problems)
    assert (found["broken_rule"].rows, found["broken_rule"].table) == (1, "customers")
    assert (found["orphans"].rows, found["orphans"].table) == (1, "communications")
    assert doctor.find_problems(store, ("products",), health.REFUSED) == []


def test_what_should_be_looked_at_comes_before_what_is_fine(store):
    add(store, "customers", customer(name="Ada", phone="0171 5551234"), customer(name="Bo", phone="0171 5551234"))
    in_order = list(checks(store).values())
    assert in_order[0].name == "same_phone" and all(check.is_fine for check in in_order[1:])


def test_an_empty_book_has_nothing_to_say(store):
    assert known(store) == {} and checks(store) == {}


# --- waiting --------------------------------------------------------------------------------------------------------


def waits(store, days: int = 14) -> dict[str, news.Waiting]:
    return {one.kind: one for one in news.waiting(store.frame("waiting", today=TODAY, days=days), TODAY)}


@pytest.fixture
def two(store):
    add(store, "customers", customer(name="Ada"), customer(name="Bo"))
    return store


def said(customer_id, day: int, direction: str, **more) -> dict:
    return {"customer_id": customer_id, "occurred_at": datetime(2026, 2, day), "channel": "email",
            "direction": direction, "content": "text", "campaign_id": None, **more}


def test_open_requests_wait_by_age_and_the_pressing_ones_are_counted(two):
    request = {"customer_id": 1, "closed_at": None, "subject": "Help", "content": None}
    add(two, "service_requests",
        {"request_no": "1", "opened_at": datetime(2026, 2, 20), "status": "open", "priority": "urgent", **request},
        {"request_no": "2", "opened_at": datetime(2026, 2, 10), "status": "waiting", "priority": None, **request},
        {"request_no": "3", "opened_at": datetime(2026, 1, 1), "status": "closed", "priority": "high", **request})
    one = waits(two)["requests"]
    assert (one.count, one.pressing, one.id, one.name, one.days) == (2, 1, 2, "2 · Help", 19)


def test_an_opportunity_is_overdue_after_its_day_and_closing_on_it(two):
    add(two, "opportunities", *(
        {"name": name, "status": status, "closes_on": day, "amount": 100} for name, status, day in (
            ("late", "open", date(2026, 2, 28)), ("today", "open", date(2026, 3, 1)), ("soon", "open", date(2026, 3, 15)),
            ("far", "open", date(2026, 3, 16)), ("won", "won", date(2026, 2, 1)))))
    found = waits(two)
    assert (found["overdue"].count, found["overdue"].name, found["overdue"].days) == (1, "late", 1)
    assert (found["closing"].count, found["closing"].name, found["closing"].worth) == (2, "today", 200)


def test_a_customer_waits_until_somebody_answers_and_a_campaign_is_no_answer(two):
    add(two, "campaigns", {"name": "Spring"})
    add(two, "communications", said(1, 25, "in"), said(2, 24, "in"), said(2, 26, "out"))
    assert (waits(two)["unanswered"].count, waits(two)["unanswered"].name) == (1, "Ada")
    add(two, "communications", said(1, 27, "out", campaign_id=1))
    assert waits(two)["unanswered"].count == 1
    add(two, "communications", said(1, 28, "out"))
    assert "unanswered" not in waits(two)


def test_a_message_of_long_ago_waits_for_nobody(two):
    add(two, "communications", said(1, 1, "in"), said(2, 28, "in"))
    assert (waits(two)["unanswered"].count, waits(two)["unanswered"].id) == (1, 2)


def test_a_campaign_that_starts_soon_waits(two):
    add(two, "campaigns", {"name": "Spring", "starts_on": date(2026, 3, 5)}, {"name": "Past", "starts_on": date(2026, 2, 5)},
        {"name": "Summer", "starts_on": date(2026, 6, 1)})
    assert (waits(two)["campaigns"].count, waits(two)["campaigns"].name, waits(two)["campaigns"].days) == (1, "Spring", -4)


def test_nothing_waits_in_an_empty_book_nor_what_was_deleted(two):
    assert waits(two) == {}
    add(two, "service_requests", {"customer_id": 1, "opened_at": datetime(2026, 2, 20), "status": "open"})
    with two.batch("delete") as batch:
        batch.remove("service_requests", [1])
    assert waits(two) == {}


# --- since yesterday ------------------------------------------------------------------------------------------------


def test_yesterday_is_held_against_the_same_weekday_before():
    days = news.period("yesterday", today=date(2026, 3, 2), last_day=date(2026, 3, 2))
    assert (days.first, days.last, days.before_first, days.before_last) == (
        date(2026, 3, 1), date(2026, 3, 1), date(2026, 2, 22), date(2026, 2, 22)) and not days.ends_early


def test_where_the_data_end_earlier_their_last_day_is_shown_and_it_is_said():
    days = news.period("yesterday", today=date(2026, 3, 2), last_day=date(2026, 2, 10))
    assert (days.last, days.before_last, days.ends_early) == (date(2026, 2, 10), date(2026, 2, 3), True)


def test_a_week_is_held_against_the_week_before_and_nine_days_against_two_weeks_before():
    week = news.period("week", today=date(2026, 3, 2), last_day=date(2026, 3, 2))
    assert (week.first, week.last, week.before_first) == (date(2026, 2, 23), date(2026, 3, 1), date(2026, 2, 16))
    nine = news.period("visit", today=date(2026, 3, 2), last_day=date(2026, 3, 2), visit=date(2026, 2, 22))
    assert (nine.first, nine.last, nine.before_first, nine.before_last) == (
        date(2026, 2, 22), date(2026, 3, 2), date(2026, 2, 8), date(2026, 2, 16))


def test_a_visit_after_the_last_day_of_the_data_has_no_days_to_show():
    assert news.period("visit", today=date(2026, 3, 2), last_day=date(2026, 2, 10), visit=date(2026, 3, 1)) is None
    assert news.period("week", today=date(2026, 3, 2), last_day=None) is None


def test_the_figures_of_the_day_stand_beside_those_of_the_day_before(store):
    order = {"status": "completed", "amount": 10}
    add(store, "orders", {"order_no": "1", "ordered_at": datetime(2026, 2, 28, 23, 59), **order},
        {"order_no": "2", "ordered_at": datetime(2026, 2, 28), **order, "status": "cancelled"},
        {"order_no": "3", "ordered_at": datetime(2026, 2, 21), **order, "amount": 30},
        {"order_no": "4", "ordered_at": datetime(2026, 2, 27), **order})
    days = news.period("yesterday", TODAY, store.frame("last_day", today=TODAY).last_day[0].date())
    rows = store.frame("day_figures", first=days.first, last=days.last, before_first=days.before_first,
                       before_last=days.before_last).set_index("figure")
    assert rows.loc["revenue"].tolist() == [10, 30] and rows.loc["orders"].tolist() == [1, 1]
    assert news.Compared(10, 30).change == pytest.approx(-2 / 3) and news.Compared(1, 1).is_still
    assert news.Compared(5, 0).change is None and not news.Compared(5, 0).is_still


def test_what_was_written_is_added_up_by_table_with_who_wrote(store):
    add(store, "customers", customer(name="Ada"), customer(name="Bo"))
    with store.batch("edit", actor="ada") as batch:
        batch.change("customers", {"id": 1, "city": "Bern"})
    add(store, "products", {"product_no": "P1"})
    told = news.changes(store.frame("batches_since", since=news.since("yesterday", TODAY)))
    assert (told.batches, told.people) == (3, ("local", "ada"))
    assert told.touched == {"customers": {"added": 2, "changed": 1}, "products": {"added": 1}}
    assert news.changes(store.frame("batches_since", since=datetime(2026, 3, 2))) == news.Changes()
    assert news.since("week", TODAY) == datetime(2026, 2, 22)
    assert news.since("visit", TODAY, datetime(2026, 2, 27, 16, 30)) == datetime(2026, 2, 27, 16, 30)
