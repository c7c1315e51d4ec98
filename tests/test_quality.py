"""The score of a table, its history, and what is proposed."""
import json
import random
import re
from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest

from crm_core.cleaning.profile import profile_table
from crm_core.cleaning.proposals import proposals
from crm_core.cleaning.quality import changes, looked_back, measure, overall, past_score
from crm_core.errors import AlreadyUndone, TouchedSince

AS_OF = date(2026, 3, 1)
GOOD = {"email": "x", "phone": "+442079460018", "city": "Bern", "country": "Switzerland", "birth_date": date(1990, 1, 1),
        "consent_email": True}


def good(place: int, **other) -> dict:
    return {**GOOD, "name": f"Ada {place}", "email": f"ada{place}@example.com", "phone": f"+4420794600{place:02d}", **other}


def score(store, table: str = "customers", as_of: date = AS_OF):
    with store.look() as ask:
        return measure(ask, table, as_of)[0]


def past(store, table: str = "customers", most: int = 50) -> dict[int, float | None]:
    with store.look() as ask:
        return {change.revision: past_score(ask, table, change) for change in changes(ask, table, most)}


def added(store, table: str, rows) -> None:
    with store.batch("add") as batch:
        batch.add(table, rows)


def proposed(store, table: str = "customers"):
    with store.look() as ask:
        return {proposal.name: proposal for proposal in proposals(ask, profile_table(ask, table, AS_OF))}


def test_rows_without_a_fault_score_a_hundred(store):
    added(store, "customers", [good(place) for place in range(20)])
    assert score(store).score == pytest.approx(100)


def test_the_score_is_its_parts_by_their_weights(store):
    rows = [good(place) for place in range(10)]
    rows[0]["city"] = None  # one of sixty expected cells
    rows[1]["phone"] = rows[2]["phone"]  # two of ten rows look like another
    rows[3]["age"] = 5  # one of ten contradicts itself
    rows[4]["email"] = "ADA@example.com"  # one of ten is written otherwise
    added(store, "customers", rows)
    found = score(store)
    assert {part.name: (part.good, part.of) for part in found.parts} == {
        "completeness": (59, 60), "validity": (10, 10), "conformity": (9, 10), "consistency": (9, 10),
        "uniqueness": (8, 10), "freshness": (10, 10)}
    assert found.score == pytest.approx(30 * 59 / 60 + 20 + 10 * 0.9 + 15 * 0.9 + 15 * 0.8 + 10)


def test_a_row_that_two_checks_find_counts_once(store):
    added(store, "customers", [good(1, joined_on=date(1980, 1, 1), age=5), good(2)])
    assert score(store).part("consistency").good == 1


def test_what_nobody_uses_is_not_missed(store):
    added(store, "customers", [{key: value for key, value in good(place).items() if key not in ("city", "consent_email")}
                               for place in range(5)])
    found = score(store)
    assert found.part("completeness").share == 1 and ("city",) in found.unused


def test_a_table_without_rows_has_no_score_and_does_not_count(store):
    assert score(store).parts == () and overall([score(store)]) is None
    added(store, "products", {"product_no": "1", "name": "Tea"})
    assert overall([score(store), score(store, "products")]) == score(store, "products").score


def test_what_was_written_long_ago_is_no_longer_fresh(store):
    added(store, "customers", [good(1), good(2)])
    assert score(store, as_of=AS_OF + timedelta(days=300)).part("freshness").good == 2
    assert score(store, as_of=AS_OF + timedelta(days=400)).part("freshness").good == 0


def test_an_order_of_long_ago_does_not_age(store):
    added(store, "orders", {"order_no": "1", "ordered_at": datetime(2020, 1, 1), "status": "completed", "amount": 1})
    assert score(store, "orders", as_of=AS_OF + timedelta(days=900)).part("freshness") is None


def test_a_past_score_is_the_score_that_stood_then_whatever_came_later(store):
    draw, then = random.Random(7), {}
    added(store, "customers", [good(place) for place in range(30)])
    for turn in range(25):
        before = store.revision()
        deed = draw.choice(["edit", "edit", "delete", "add", "undo", "restore"])
        row = draw.randint(1, 30)
        with store.batch(deed) as batch:
            if deed == "edit":
                batch.change("customers", {"id": row, "city": draw.choice(["Bern", "BERN", None]),
                                           "age": draw.choice([5, 36, None]), "phone": "+442079460099"})
            elif deed == "delete":
                batch.remove("customers", [row])
            elif deed == "restore":
                batch.restore("customers", [row])
            elif deed == "add":
                batch.add("customers", good(40 + turn, city="BERN"))
        if deed == "undo" and before > 1:
            with suppress(TouchedSince, AlreadyUndone):
                store.undo(before)
        if store.revision() > before:
            then[store.revision()] = score(store).score
    told = past(store)
    assert len(then) > 10 and {number: told[number] for number in then} == pytest.approx(then)


def test_looking_back_leaves_no_trace(store):
    added(store, "customers", [good(1), good(2)])
    before = store.revision()
    past(store)
    assert store.revision() == before
    assert not store.cursor().execute("SELECT * FROM duckdb_tables() WHERE table_name IN ('found', 'looked_at')").fetchall()


def test_the_history_knows_the_changes_of_a_table_alone_and_only_the_last_ones(store):
    for place in range(4):
        added(store, "customers", good(place))
    added(store, "products", {"product_no": "1"})
    with store.look() as ask:
        assert [change.revision for change in changes(ask, "customers", 3)] == [2, 3, 4]
        assert [change.revision for change in changes(ask, "products", 3)] == [5]
        assert changes(ask, "orders", 3) == ()
    assert looked_back(1_000_000) < looked_back(1000)


def test_what_is_deleted_away_has_no_past_score(store):
    added(store, "customers", good(1))
    store.undo(1)
    assert list(past(store).values()) == [pytest.approx(100), None]


# --- what is proposed -----------------------------------------------------------------------------


def test_a_proposal_brings_the_points_that_it_promises(store):
    rows = [good(place) for place in range(20)]
    for row in rows[:5]:
        row["email"] = row["email"].upper()
    for row in rows[5:8]:
        row["city"] = None
    added(store, "customers", rows)
    before, found = score(store).score, proposed(store)
    with store.batch("edit") as batch:
        batch.change("customers", [{"id": place, "email": f"ada{place - 1}@example.com"} for place in range(1, 6)])
    assert score(store).score == pytest.approx(before + found["email_form"].points)
    before = score(store).score
    with store.batch("edit") as batch:
        batch.change("customers", [{"id": place, "city": "Bern"} for place in (6, 7, 8)])
    assert score(store).score == pytest.approx(before + found["missing"].points)


def test_proposals_come_with_their_rows_and_the_most_points_first(store):
    rows = [good(place) for place in range(20)]
    rows[0]["phone"] = rows[1]["phone"]
    for row in rows[2:12]:
        row["phone"] = row["phone"].replace("+44", "0044 ")
    added(store, "customers", rows)
    with store.look() as ask:
        ranked = proposals(ask, profile_table(ask, "customers", AS_OF))
    assert [(one.name, one.rows, one.where) for one in ranked[:2]] == [("phone_form", 10, "recipe"), ("same_phone", 2, "duplicates")]
    assert ranked[0].points > ranked[1].points > 0


def test_a_recipe_is_proposed_with_its_columns(store):
    added(store, "customers", [good(place, name=name, extra=json.dumps({"Income": income, "Member id": "77", "Tea  room": "yes"}))
                               for place, (name, income) in enumerate([("Ada  Wong", "1,200"), ("Bo Li", "n/a"), ("ann lee", "30.5"), ("Cy Fox", "¥12"),
                                                                       ("Di Ray", "7"), ("Ed Moe", "8"), ("Flo Ash", "9")])])
    found = proposed(store)
    assert found["untrimmed"].steps == ({"step": "trim", "columns": ["name"]},) and found["untrimmed"].rows == 1
    assert found["odd_case"].steps == ({"step": "change_case", "columns": ["name"], "case": "title"},)
    assert found["kept_as_text"].steps == ({"step": "convert", "column": "Income", "to": "number"},)
    (step,) = found["placeholder"].steps
    assert (step["step"], step["columns"], found["placeholder"].rows) == ("replace", ["Income"], 1)
    assert [text for text in ("n/a", " N/A ", "30.5", "Nana", "-5", "无", "无锡") if re.search(step["find"], text.lower())] == ["n/a", " N/A ", "无"]


def test_numbers_that_are_outliers_are_marked_and_never_overwritten_unasked(store):
    added(store, "products", [{"product_no": str(place), "price": 10 + place % 3} for place in range(60)] + [{"product_no": "x", "price": 99_999}])
    found = proposed(store, "products")["outliers"]
    assert found.steps == ({"step": "flag_outliers", "columns": ["price"]},) and (found.rows, found.ids) == (1, (61,))


def test_nothing_is_proposed_where_nothing_is_wrong(store):
    assert proposed(store) == {}
    added(store, "customers", [good(place) for place in range(5)])
    assert proposed(store) == {}
