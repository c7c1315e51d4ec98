"""Who is tied to whom round a customer: queries on a real book, the graph, its chart."""
import pandas as pd
import pytest

from crm_core.charts import plotly, related_customers
from crm_core.relations import MOST_NODES, relations_around
from ui import words


def say(key, **blanks):
    return words.sentence("en", key, **blanks)


def around(store, row_id: int, most: int = 15):
    related = store.frame("related_customers", customer_id=row_id, most=most)
    ids = ",".join(str(other) for other in related.id.unique())
    kept = store.frame("relationships_among", ids=ids) if ids else pd.DataFrame(
        columns=["customer_id", "related_id", "relation"])
    return relations_around({"id": row_id, "name": store.record("customers", row_id)["name"]}, related, kept)


def ties(relations) -> set[tuple[str, str, str]]:
    return {(tie.a, tie.b, tie.kind) for tie in relations.ties.itertuples()}


@pytest.fixture
def neighbours(store):
    """Ada (1) and Bo (2) and Cy (3) work for Acme; Bo lives with Ada; Di (4) was referred by Ada; Ed (5) is Di's partner;
    Flo (6) has nothing to do with anybody."""
    with store.batch("add") as batch:
        batch.add("customers", [
            {"customer_no": "A", "name": "Ada", "company": "Acme", "household_no": "H1", "phone": "+44 20 7946 0018"},
            {"customer_no": "B", "name": "Bo", "company": "Acme", "household_no": "H1"},
            {"customer_no": "C", "name": "Cy", "company": "Acme"},
            {"customer_no": "D", "name": "Di", "referrer_no": "A", "phone": "020 7946 0018"},
            {"customer_no": "E", "name": "Ed"},
            {"customer_no": "F", "name": "Flo"}])
        batch.add("relationships", [{"customer_id": 5, "related_id": 1, "relation": "other"},
                                    {"customer_id": 5, "related_id": 4, "relation": "partner"}])
    return store


def test_customers_are_tied_by_company_household_phone_referral_and_kept_relationships(neighbours):
    related = neighbours.frame("related_customers", customer_id=1, most=15)
    assert [(row.kind, row.id, row.direction) for row in related.itertuples()] == [
        ("company", 2, ""), ("company", 3, ""), ("other", 5, "from"), ("phone", 4, ""), ("referral", 4, "from"),
        ("shared_household", 2, "")]


def test_what_three_share_is_a_node_and_what_two_share_a_tie(neighbours):
    relations = around(neighbours, 1)
    assert ties(relations) == {
        ("company", "1", "company"), ("company", "2", "company"), ("company", "3", "company"),
        ("1", "2", "shared_household"), ("1", "4", "phone"), ("4", "1", "referral"), ("5", "1", "other"),
        ("5", "4", "partner")}


def test_degree_counts_the_others_somebody_is_tied_to_once_each(neighbours):
    nodes = around(neighbours, 1).nodes.set_index("name")
    assert nodes.degree[["Ada", "Bo", "Cy", "Di", "Ed"]].tolist() == [4, 2, 2, 2, 2]


def test_without_the_one_in_the_middle_the_others_fall_into_groups(neighbours):
    relations = around(neighbours, 1)
    nodes = relations.nodes.set_index("name")
    assert relations.groups == 2
    assert nodes.group["Bo"] == nodes.group["Cy"] and nodes.group["Di"] == nodes.group["Ed"] != nodes.group["Bo"]


def test_the_same_street_in_another_city_is_another_address(store):
    with store.batch("add") as batch:
        batch.add("customers", [{"name": "Ada", "address": "Main St 1", "city": "Bern"},
                                {"name": "Bo", "address": "Main St 1", "city": "Bern"},
                                {"name": "Cy", "address": "Main St 1", "city": "Basel"},
                                {"name": "Di", "address": "Main St 1", "city": "Bern", "postal_code": "3000"}])
    assert store.frame("related_customers", customer_id=1, most=15).id.tolist() == [2, 4]


def test_a_company_of_ten_thousand_does_not_explode_and_says_how_many_are_not_shown(store):
    with store.batch("add") as batch:
        batch.add("customers", pd.DataFrame({"name": [f"N{n}" for n in range(10_000)], "company": "Acme"}))
    relations = around(store, 1)
    assert len(relations.nodes) <= MOST_NODES and relations.hidden == {"company": 9_999 - 15}
    assert len(relations.ties) == 16


def test_nobody_deleted_is_related(neighbours):
    with neighbours.batch("delete") as batch:
        batch.remove("customers", [2, 3])
    assert set(neighbours.frame("related_customers", customer_id=1, most=15).id) == {4, 5}


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_graph_is_drawn_with_every_name_and_kind(neighbours, locale):
    from datetime import date

    description = related_customers(around(neighbours, 1), date(2026, 3, 1),
                                    lambda key, **blanks: words.sentence(locale, key, **blanks))
    drawn = plotly.draw(description, locale=locale).to_json()
    assert all(name in drawn for name in ("Ada", "Bo", "Cy", "Di", "Ed", "Acme")) and "Flo" not in drawn
    kinds = set(description.links.words)
    assert len(kinds) == 6 and kinds == {words.sentence(locale, f"relations.kind.{kind}") for kind in (
        "company", "shared_household", "phone", "referral", "other", "partner")}


def test_a_crowd_fits_into_the_chart(store):
    with store.batch("add") as batch:
        batch.add("customers", [{"name": "Ada", "company": "Acme", "household_no": "H", "address": "Main St 1",
                                 "phone": "+44 20 7946 0018", "customer_no": "A"}] + [
            {"name": f"{kind} {n}", **values} for kind, values in (
                ("company", {"company": "Acme"}), ("home", {"household_no": "H"}), ("street", {"address": "Main St 1"}),
                ("phone", {"phone": "020 7946 0018"}), ("referred", {"referrer_no": "A"})) for n in range(20)])
    relations = around(store, 1)
    assert len(relations.nodes) <= MOST_NODES
    assert sum(relations.hidden.values()) == 100 - (relations.nodes.kind == "customer").sum()
