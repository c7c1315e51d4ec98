"""Which pair is asked next, what decisions teach, which records hang together; plain rules; fields side by side."""
import pandas as pd
import pytest

from crm_core.cleaning import alike, matching, queue
from crm_core.cleaning.duplicates import rules
from crm_core.cleaning.duplicates.answers import Part
from crm_core.cleaning.sheet import sheet_of


def pairs(*rows):
    return pd.DataFrame(rows, columns=["id_a", "id_b", "probability"])


def reviews(*rows):
    return pd.DataFrame(rows, columns=["id_a", "id_b", "decision", "weight"])


def bins(*rows):
    return pd.DataFrame(rows, columns=["weight", "pairs"])


# --- the threshold ------------------------------------------------------------------------------

LIKE_A_SEARCH = bins((-6, 400), (-3, 60), (-1, 20), (0, 10), (1, 10), (3, 40), (8, 200))


def test_without_decisions_the_search_s_own_threshold_stands():
    judged = queue.judge(LIKE_A_SEARCH, reviews(), 0.5)
    assert (judged.threshold, judged.decided, judged.shift, judged.scale) == (0.5, 0, 0.0, 1.0)
    assert judged.likely == 10 + 10 + 40 + 200
    assert 0.9 < judged.precision < 1 and 0.8 < judged.recall < 1


def test_pairs_called_different_raise_the_threshold_and_pairs_called_the_same_lower_it():
    stricter = queue.judge(LIKE_A_SEARCH, reviews(*((n, n + 100, "different", 3) for n in range(12))), 0.5)
    looser = queue.judge(LIKE_A_SEARCH, reviews(*((n, n + 100, "same", -3) for n in range(12))), 0.5)
    assert stricter.threshold > 0.5 > looser.threshold
    assert stricter.shift < 0 < looser.shift and stricter.likely < looser.likely


def test_decisions_as_the_model_expected_them_leave_the_threshold():
    agreed = queue.judge(LIKE_A_SEARCH, reviews(*((n, n + 100, "same", 6) for n in range(10)),
                                                *((n, n + 200, "different", -6) for n in range(10))), 0.5)
    assert abs(agreed.weight) <= 1


def test_few_decisions_and_those_that_nobody_was_sure_of_teach_nothing():
    assert queue.judge(LIKE_A_SEARCH, reviews((1, 2, "different", 5)), 0.5).threshold == 0.5
    unsure = reviews(*((n, n + 100, "unsure", 3) for n in range(12)))
    assert queue.judge(LIKE_A_SEARCH, unsure, 0.5).threshold == 0.5


def test_a_search_without_pairs_has_nothing_to_miss():
    judged = queue.judge(bins(), reviews(), 0.5)
    assert (judged.likely, judged.precision, judged.recall) == (0, 1.0, 1.0)


# --- groups -------------------------------------------------------------------------------------


def test_records_hang_together_by_their_strongest_links_and_the_weakest_is_told():
    whole, known = queue.groups(pairs((1, 2, .99), (2, 3, .97), (1, 3, .8), (7, 8, .9), (8, 9, .2)), reviews(), 0.5)
    assert whole.values.tolist() == [[1, 1], [2, 1], [3, 1], [7, 7], [8, 7]]
    assert known.values.tolist() == [[1, 3, .97, 2, 3, False, False], [7, 2, .9, 7, 8, False, False]]


def test_what_people_called_different_is_never_in_one_group_however_long_the_way():
    alike = pairs((1, 2, .99), (2, 3, .9), (3, 4, .99), (1, 3, .9), (2, 4, .9))
    assert set(queue.groups(alike, reviews(), 0.5)[0].cluster) == {1}
    whole, known = queue.groups(alike, reviews((1, 4, "different", None)), 0.5)
    assert whole.values.tolist() == [[1, 1], [2, 1], [3, 3], [4, 3]]
    assert known.contradicted.tolist() == [True, True]


def test_what_people_called_the_same_is_in_one_group_though_the_search_did_not_think_so():
    whole, known = queue.groups(pairs((1, 2, .99)), reviews((2, 5, "same", None)), 0.5)
    assert whole.id.tolist() == [1, 2, 5] and set(whole.cluster) == {1} and known.records.tolist() == [3]


def test_a_weak_bridge_joins_no_groups():
    whole, _ = queue.groups(pairs((1, 2, .999), (2, 3, .7), (3, 4, .999), (1, 4, .02)), reviews(), 0.5)
    assert whole.values.tolist() == [[1, 1], [2, 1], [3, 3], [4, 3]]


def test_a_chain_of_stated_rules_holds_and_is_told_to_be_thin():
    chain = pairs((1, 2, .9), (2, 3, .9), (3, 4, .9), (4, 5, .9))
    whole, known = queue.groups(chain, reviews(), 0.5, queue.UNSTATED_BITS)
    assert len(whole) == 5 and known.thin.tolist() == [True]


def test_only_groups_that_are_sure_and_not_contradicted_are_merged_together():
    found = pairs((1, 2, .999), (3, 4, .95), (5, 6, .999), (7, 8, .999), (8, 9, .999), (7, 9, .999))
    whole, known = queue.groups(found, reviews((5, 6, "unsure", 9.0)), 0.5)
    assert queue.sure_groups(whole, known, 0.99) == [[1, 2], [7, 8, 9]]
    assert queue.sure_groups(whole, known, 0.9) == [[1, 2], [3, 4], [7, 8, 9]]


# --- plain rules --------------------------------------------------------------------------------


@pytest.fixture
def people(store):
    with store.batch("add") as batch:
        batch.add("customers", [
            {"name": "Ada Wong", "phone": "+44 20 7946 0018", "email": "ada.wong@shop.example", "city": "Bern"},
            {"name": "Wong, Ada", "phone": "020 7946 0018", "email": "adawong+news@shop.example", "city": "Bern"},
            {"name": "Bo Li", "phone": "020 7946 0018", "city": "Basel"},
            {"name": "陈丽燕", "birth_date": "1980-05-01"}, {"name": "陈丽燕", "birth_date": "1980-05-01"},
            {"name": "Nobody"}])
        batch.add("products", [
            {"product_no": "007-A", "name": "Green Tea 100 g", "price": 3.5},
            {"product_no": "7A", "name": "green tea, 100 g", "price": 3.5}, {"product_no": "8", "name": "Pot"}])
    return store


def test_each_rule_finds_its_pairs_however_phone_name_and_e_mail_are_written(people):
    with people.look() as ask:
        counts = matching.rule_counts(ask, "customers")
        found = matching.by_rules(ask, "customers", ["same_phone_like_name", "same_name_place", "same_name_birth_date"])
    assert {name: count for name, count in counts.items() if count} == {
        "same_email": 1, "same_mailbox_like_name": 1, "same_phone": 3, "same_phone_like_name": 1, "same_name_birth_date": 1,
        "same_birth_date_like_name": 1, "same_name_place": 1}
    assert found.pairs[["id_a", "id_b", "levels"]].values.tolist() == [
        [1, 2, "rules=same_phone_like_name+same_name_place"], [4, 5, "rules=same_name_birth_date"]]
    assert found.pairs.probability.iloc[0] > found.pairs.probability.iloc[1] == pytest.approx(0.9)


def test_products_have_rules_of_their_own(people):
    with people.look() as ask:
        assert matching.rule_counts(ask, "products") == {
            "same_name": 1, "same_name_price": 1, "same_price_like_name": 1, "same_number": 1}


def test_the_rules_of_a_pair_share_its_weight():
    parts = rules.explained("customers", "name=exact:0.0;rules=same_phone+same_name_place")
    assert [part.comparison for part in parts] == ["rules=same_phone", "rules=same_name_place"]
    assert 2 ** sum(part.weight for part in parts) == pytest.approx((29 / 30) / (1 / 30))
    assert rules.explained("customers", "name=exact:0.0") == ()


def test_a_value_that_a_crowd_shares_says_nothing_and_that_is_told(store):
    with store.batch("add") as batch:
        batch.add("customers", [{"name": f"Person {n}", "phone": "0800 123 4567"} for n in range(60)])
    with store.look() as ask:
        found = rules.find_by_rules(ask, "customers", sheet_of(ask, "customers").relation, ["same_phone"])
    assert len(found.pairs) == 0
    assert found.notes == (("matching.note.rule_too_wide", {"rule": "same_phone", "groups": 1, "records": 60, "most": 40}),)


def test_beside_a_model_the_surer_of_the_two_counts(people):
    from crm_core.cleaning.duplicates import Duplicates

    model = Duplicates(pairs=pd.DataFrame({"id_a": [1, 1], "id_b": [2, 6], "weight": [9.0, -2.0], "probability": [.998, .2],
                                           "levels": ["name=exact:0", "name=different:0"]}),
                       threshold=.6, clusters=pd.DataFrame(), model={"method": "fields"}, pairs_compared=15)
    with people.look() as ask:
        both = rules.beside(model, matching.by_rules(ask, "customers", ["same_phone"]))
    told = both.pairs.set_index(["id_a", "id_b"])
    assert told.probability.round(3).to_dict() == {(1, 2): .998, (1, 3): .9, (1, 6): .2, (2, 3): .9}
    assert told.levels[1, 2] == "name=exact:0;rules=same_phone" and told.levels[1, 3] == "rules=same_phone"
    assert rules.without_rules(told.levels[1, 2]) == "name=exact:0" and both.threshold == .6


# --- what is kept -------------------------------------------------------------------------------


def searched(store, table="customers", names=("same_phone", "same_name_birth_date")):
    revision = store.revision()
    with store.look() as ask:
        found = matching.by_rules(ask, table, names)
    with store.batch("match", table) as batch:
        return matching.keep(batch, table, found, revision, 6)


def asked(store, run, sorting="doubtful", skipped=(0,), cut=3.2):
    return store.frame("match_queue", table="customers", run=run, sorting=sorting, cut=cut, within=4.3,
                       skipped=list(skipped), limit=10)


def test_a_search_is_kept_with_its_pairs_and_a_later_one_takes_its_place(people):
    first = searched(people)
    assert len(asked(people, first)) == 4
    second = searched(people)
    assert len(asked(people, first)) == 0 and len(asked(people, second)) == 4
    row = people.frame("match_run", table="customers").iloc[0]
    assert (row.id, row.records, row.moved_on) == (second, 6, 0)
    people.undo(people.revision())
    assert len(asked(people, first)) == 4


def test_what_was_decided_deleted_or_left_for_later_is_not_asked(people):
    run = searched(people)
    with people.batch("review") as batch:
        matching.decide(batch, "customers", 3, 1, "different", .9)
    assert (1, 3) not in set(asked(people, run)[["id_a", "id_b"]].itertuples(index=False, name=None))
    waiting = asked(people, run)
    assert asked(people, run, skipped=[int(waiting.id[0])]).open[0] == len(waiting) - 1
    with people.batch("delete") as batch:
        batch.remove("customers", [2])
    assert asked(people, run)[["id_a", "id_b"]].values.tolist() == [[4, 5]]


def test_who_changes_their_mind_has_said_one_thing(people):
    searched(people)
    for decision in ("different", "unsure"):
        with people.batch("review") as batch:
            matching.decide(batch, "customers", 1, 3, decision, .9)
    told = people.frame("match_reviews", table="customers", run=1)
    assert told[["id_a", "id_b", "decision"]].values.tolist() == [[1, 3, "unsure"]]


def test_a_decision_holds_for_the_record_that_another_was_merged_into(people):
    with people.batch("review") as batch:
        for a, b, decision in ((4, 5, "same"), (5, 6, "different"), (1, 3, "different")):
            matching.decide(batch, "customers", a, b, decision, .9)
    assert people.frame("match_living_decisions", table="customers").values.tolist() == [
        [1, 3, "different"], [4, 5, "same"], [5, 6, "different"]]
    with people.batch("merge") as batch:
        batch.add("merges", {"table_name": "customers", "kept_id": 4, "merged_id": 5, "done_in": batch.number})
        batch.remove("customers", [5])
    assert people.frame("match_living_decisions", table="customers").values.tolist() == [
        [1, 3, "different"], [4, 6, "different"]]
    with people.batch("delete") as batch:
        batch.remove("customers", [3])
    assert people.frame("match_living_decisions", table="customers").values.tolist() == [[4, 6, "different"]]


def test_a_pair_is_decided_only_while_both_records_are_there(people):
    from crm_core.errors import PairGone

    searched(people)
    with people.batch("delete") as batch:
        batch.remove("customers", [2])
    before = people.revision()
    with pytest.raises(PairGone), people.batch("review") as batch:
        matching.decide(batch, "customers", 1, 2, "different", .9)
    assert people.revision() == before


def test_the_weights_of_a_search_stay_as_it_found_them_when_records_are_merged(people):
    run = searched(people)
    found = people.frame("match_weights", table="customers", run=run)
    assert found.pairs.sum() == found.open.sum() == 4
    with people.batch("delete") as batch:
        batch.remove("customers", [5])
    later = people.frame("match_weights", table="customers", run=run)
    assert later.pairs.sum() == 4 and later.open.sum() == 3


def test_new_and_changed_records_are_told(people):
    searched(people)
    with people.batch("add") as batch:
        batch.add("customers", {"name": "Bo Lee", "phone": "020 7946 0018"})
        batch.change("customers", {"id": 6, "city": "Bern"})
    assert people.frame("match_run", table="customers").moved_on[0] == 2


# --- side by side -------------------------------------------------------------------------------


def test_fields_are_the_same_similar_different_or_missing_and_what_differs_is_marked():
    fields = alike.side_by_side(
        {"name": "Ada Wong", "phone": "0171 555-01", "city": "Bern", "company": "Acme", "note": "", "swapped": "Wong, Ada"},
        {"name": "Ada Wang", "phone": "017155501", "city": "", "company": "Zenith Ltd", "note": "", "swapped": "Ada Wong"})
    assert [(field.column, field.mark) for field in fields] == [
        ("name", "similar"), ("phone", "same"), ("city", "missing"), ("company", "different"), ("swapped", "similar")]
    assert fields[0].left == (("Ada W", False), ("o", True), ("ng", False))
    assert fields[0].right == (("Ada W", False), ("a", True), ("ng", False))


def test_columns_that_the_search_found_near_are_near_unless_another_comparison_of_them_differs():
    given, surname = Part("given_name", ("name",), "nickname", 3.0), Part("surname", ("name",), "exact", 6.0)
    assert alike.near_columns([given, surname, Part("place", ("city",), "different", -1.0)]) == {"name"}
    assert alike.near_columns([Part("given_name", ("name",), "swapped", 9.0),
                               Part("surname", ("name",), "missing", 0.0)]) == {"name"}
    assert alike.near_columns([given, Part("surname", ("name",), "different", -4.0)]) == set()


def test_only_what_one_of_two_records_has_not_was_not_compared_for_that():
    missing = [Part("surname", ("name",), "missing", 0.0), Part("email", ("email",), "missing", 0.0),
               Part("place", ("city", "postal_code"), "missing", 0.0), Part("company", ("company",), "missing", 0.0),
               Part("partners", (), "missing", 0.0), Part("phone", ("phone",), "exact", 5.0)]
    left = {"name": "Tobias Lang", "email": "", "city": "Bern", "postal_code": "", "company": "", "phone": "1"}
    right = {"name": "Lang Tobias", "email": "t@shop.example", "city": "", "postal_code": "3000", "company": "", "phone": "1"}
    assert [part.comparison for part in alike.empty_in_one(missing, left, right)] == ["email"]


def test_full_width_signs_and_case_are_no_difference_to_the_eye():
    assert alike.side_by_side({"name": "ＡＣＭＥ　有限公司"}, {"name": "acme 有限公司"})[0].mark == "same"


@pytest.mark.parametrize(("weight", "said"), [
    (9.1, "strongly_for"), (3, "for"), (.5, "slightly_for"), (0, "nothing"), (-.3, "nothing"), (-1, "slightly_against"),
    (-3, "against"), (-9, "strongly_against")])
def test_a_weight_in_a_word(weight, said):
    assert alike.strength(weight) == said
