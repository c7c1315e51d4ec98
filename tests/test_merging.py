"""Records merged and taken apart: what belonged to whom, who may be contacted, and what is refused."""
import json
from datetime import date, datetime

import pytest

from crm_core.cleaning import merge as proposing
from crm_core.errors import (
    AlreadyMerged,
    AlreadyUndone,
    KeyUsedMeanwhile,
    MergedWithItself,
    MergeErased,
    MergeInCircle,
    MergeNotFound,
    MergeTouchedSince,
    RecordGone,
    TouchedSince,
)
from crm_core.store.apart import apart, take_apart
from crm_core.store.doctor import find_problems
from crm_core.store.merging import Typed, merge, merge_many, merged_into
from crm_core.tables import CHANNELS, TABLES

DAY = datetime(2026, 1, 5, 10)


@pytest.fixture
def shop(store):
    """Ada (1) is A. Wong (2); Bo (3); Adah (4). Each has an order; 1 and 2 share a segment, a campaign and a friend."""
    with store.batch("add") as batch:
        batch.add("customers", [
            {"customer_no": "A", "name": "Ada", "consent_email": True, "extra": '{"shoe":"38","club":"yes"}'},
            {"customer_no": "B", "name": "A. Wong", "email": "ada@example.com", "consent_email": False,
             "consent_sms": True, "extra": '{"club":"no","hat":"7"}'},
            {"customer_no": "C", "name": "Bo"}, {"customer_no": "D", "name": "Adah", "phone": "+41 31 000 00 00"}])
        batch.add("products", [{"product_no": "T1", "name": "Tea"}, {"product_no": "T2", "name": "Tea, green"}])
        batch.add("orders", [{"order_no": f"SO-{number}", "customer_id": number, "ordered_at": DAY, "status": "completed",
                              "amount": 10 * number} for number in (1, 2, 3, 4)])
        batch.add("order_lines", [{"order_id": number, "line_no": 1, "product_id": 1 + number % 2, "quantity": 1,
                                   "unit_price": 10 * number, "amount": 10 * number} for number in (1, 2, 3, 4)])
        batch.add("stock_moves", [{"product_id": 2, "moved_at": DAY, "quantity": 5, "reason": "purchase"}])
        batch.add("communications", [{"customer_id": 2, "occurred_at": DAY, "channel": "email", "direction": "in",
                                      "content": "Hello"}])
        batch.add("service_requests", [{"customer_id": 2, "opened_at": DAY, "status": "open", "subject": "Late"}])
        batch.add("opportunities", [{"customer_id": 2, "name": "Tea bar", "status": "open", "amount": 400}])
        batch.add("relationships", [
            {"customer_id": 1, "related_id": 2, "relation": "partner"}, {"customer_id": 1, "related_id": 3, "relation": "other"},
            {"customer_id": 2, "related_id": 3, "relation": "other", "note": "from school"},
            {"customer_id": 4, "related_id": 2, "relation": "works_for"}])
        batch.add("campaigns", [{"name": "Spring"}, {"name": "Autumn"}])
        batch.add("campaign_members", [
            {"campaign_id": 1, "customer_id": 1, "variant": "a"},
            {"campaign_id": 1, "customer_id": 2, "variant": "b", "responded_at": DAY},
            {"campaign_id": 2, "customer_id": 2, "variant": "a"}])
        batch.add("segments", [{"name": "Friends", "kind": "selection", "as_of": date(2026, 1, 1)}])
        batch.add("segment_members", [{"segment_id": 1, "customer_id": number, "as_of": date(2026, 1, 1)} for number in (1, 2, 4)])
    return store


def rows(store, sql: str):
    return store.cursor().execute(sql).fetchall()


def content(store) -> dict:
    """Every row of every table without the numbers of batches."""
    return {name: rows(store, f"SELECT hash(COLUMNS(* EXCLUDE (changed_in))) FROM {name} ORDER BY id") for name in TABLES}


def merged(store, kept=1, others=(2,), choices=None, table="customers") -> int:
    with store.batch("merge", "1") as batch:
        merge(batch, table, kept, others, choices or {})
    return rows(store, "SELECT max(id) FROM merges")[0][0]


def parted(store, merge_id, going=None):
    with store.batch("unmerge", "1") as batch:
        return take_apart(batch, merge_id, going)


def edited(store, row_id=1, table="customers", kind="edit", **values):
    with store.batch(kind) as batch:
        batch.change(table, {"id": row_id, **values})


# --- merging --------------------------------------------------------------------------------------


def test_what_hung_on_the_merged_record_hangs_on_the_kept_one(shop):
    merged(shop)
    assert shop.record("customers", 2)["deleted_at"]
    for table in ("orders", "communications", "service_requests", "opportunities"):
        assert rows(shop, f"SELECT count(*) FROM {table} WHERE customer_id = 2") == [(0,)], table
    assert rows(shop, "SELECT order_no FROM orders WHERE customer_id = 1 ORDER BY 1") == [("SO-1",), ("SO-2",)]
    # The tie between the two is gone, the friend they share stands there once, the colleague works for the kept one.
    assert rows(shop, "SELECT customer_id, related_id, relation, note FROM relationships WHERE deleted_at IS NULL ORDER BY id"
                ) == [(1, 3, "other", "from school"), (4, 1, "works_for", None)]
    assert rows(shop, "SELECT campaign_id, customer_id, variant, responded_at FROM campaign_members "
                      "WHERE deleted_at IS NULL ORDER BY id") == [(1, 1, "a", DAY), (2, 1, "a", None)]
    assert rows(shop, "SELECT customer_id FROM segment_members WHERE deleted_at IS NULL ORDER BY 1") == [(1,), (4,)]
    assert rows(shop, "SELECT table_name, kept_id, merged_id, done_in FROM merges") == [("customers", 1, 2, 2)]
    assert find_problems(shop) == []


def test_the_kept_record_has_the_chosen_values_and_both_own_fields(shop):
    merged(shop, choices={"name": 2, "city": Typed("Bern"), "customer_no": 2})
    row = shop.record("customers", 1)
    assert (row["name"], row["city"], row["customer_no"]) == ("A. Wong", "Bern", "B")
    assert row["email"] == "ada@example.com"  # nobody chose, and only one has it
    assert json.loads(row["extra"]) == {"shoe": "38", "club": "yes", "hat": "7"}


def test_an_empty_value_can_be_chosen(shop):
    merged(shop, choices={"email": 1})
    assert shop.record("customers", 1)["email"] is None


@pytest.mark.parametrize(("ones", "others", "result"), [
    (True, False, False), (False, True, False), (None, False, False), (False, None, False), (None, True, True),
    (True, None, True), (None, None, None), (True, True, True)])
def test_an_opt_out_in_any_of_them_wins_whatever_is_chosen(ones, others, result, shop):
    columns = [f"consent_{channel}" for channel in CHANNELS]
    edited(shop, 1, **dict.fromkeys(columns, ones))
    edited(shop, 2, **dict.fromkeys(columns, others))
    merged(shop, choices=dict.fromkeys(columns, 1 if ones else 2))
    kept, other = shop.records("customers", [1, 2])
    assert {kept[column] for column in columns} == {result}
    assert {other[column] for column in columns} == {others}  # what is merged keeps what it was


def test_products_are_merged_with_their_lines_and_their_stock(shop):
    merged(shop, table="products", choices={"name": 2})
    assert shop.record("products", 1)["name"] == "Tea, green"
    assert rows(shop, "SELECT DISTINCT product_id FROM order_lines") == [(1,)]
    assert rows(shop, "SELECT product_id FROM stock_moves") == [(1,)]
    before = shop.revision()
    parted(shop, 1)
    assert rows(shop, "SELECT product_id FROM order_lines ORDER BY id") == [(2,), (1,), (2,), (1,)]
    assert shop.record("products", 1)["name"] == "Tea" and shop.revision() == before + 1


@pytest.mark.parametrize(("kept", "others", "error"), [
    (1, [1], MergedWithItself), (1, [], MergedWithItself), (1, [99], RecordGone), (99, [1], RecordGone)])
def test_what_cannot_be_merged_is_refused_whole(kept, others, error, shop):
    before = content(shop)
    with pytest.raises(error), shop.batch("merge") as batch:
        merge(batch, "customers", kept, others)
    assert content(shop) == before


def test_who_was_merged_or_deleted_is_not_merged_again(shop):
    merged(shop, 1, [2])
    with shop.batch("delete") as batch:
        batch.remove("customers", [4])
    before = content(shop)
    for kept, others, error in ((3, [2], AlreadyMerged), (2, [3], AlreadyMerged), (1, [2], AlreadyMerged),
                                (2, [1], MergeInCircle), (3, [4], RecordGone), (4, [3], RecordGone)):
        with pytest.raises(error), shop.batch("merge") as batch:
            merge(batch, "customers", kept, others)
    assert content(shop) == before


def test_pairs_in_a_circle_or_twice_are_refused(shop):
    import pandas as pd

    for pairs, error in (([(1, 2), (2, 1)], MergeInCircle), ([(1, 2), (2, 3)], MergeInCircle), ([(1, 2), (3, 2)], AlreadyMerged)):
        with pytest.raises(error), shop.batch("merge") as batch:
            merge_many(batch, "customers", pd.DataFrame(pairs, columns=["kept_id", "merged_id"]))


def test_where_a_record_went_is_followed_through_later_merges(shop):
    merged(shop, 1, [2])
    merged(shop, 4, [1])
    with shop.look() as look:
        found = merged_into(look, "customers", 2)
        assert (found["kept_id"], found["into"]) == (1, 4)
        assert merged_into(look, "customers", 4) is None


# --- proposals ------------------------------------------------------------------------------------


def test_each_field_has_a_value_proposed_and_why(shop):
    with shop.batch("edit") as batch:
        batch.change("customers", {"id": 2, "phone": "031 000 00 00", "city": "Bern", "joined_on": date(2020, 1, 1)})
        batch.change("customers", {"id": 1, "phone": "+41 31 000 00 00", "address": "Main St 1", "city": "Basel",
                                   "postal_code": "4000", "joined_on": date(2021, 1, 1), "gender": "female"})
        batch.add("orders", {"order_no": "SO-9", "customer_id": 2, "ordered_at": DAY, "status": "open", "amount": 1})
    with shop.look() as look:
        proposal = proposing.proposed(look, "customers", [1, 2])
    assert (proposal.kept_id, proposal.reason) == (2, "orders")
    told = {column: (choice.id, choice.reason) for column, choice in proposal.fields.items()}
    assert told["name"] == (2, "longest") and told["email"] == (2, "only") and told["gender"] == (1, "only")
    assert told["phone"] == (1, "international") and told["customer_no"] == (2, "orders")
    assert told["city"] == (1, "place") and told["postal_code"] == (1, "only")
    assert told["joined_on"] == (2, "earliest") and told["note"] == (None, "none")
    assert told["consent_email"] == (2, "opted_out") and told["consent_sms"] == (2, "opted_in")
    assert told["extra"][1] == "joined"


def test_of_one_value_in_two_writings_the_one_with_both_cases_is_proposed(store):
    with store.batch("add") as batch:
        batch.add("customers", [{"customer_no": "C-1", "name": "Ada Wong", "city": "HAMBURG"},
                                {"customer_no": "C-2", "name": "ADA WONG", "city": "Hamburg"}])
    with store.batch("edit") as batch:
        batch.change("customers", {"id": 2, "note": "moved"})
    with store.look() as look:
        fields = proposing.proposed(look, "customers", [1, 2], kept_id=1).fields
    assert [fields[name].id for name in ("name", "city", "customer_no")] == [1, 2, 1]


def test_what_most_agree_on_and_what_was_changed_last_is_proposed(shop):
    edited(shop, 1, gender="female", stage="lead"), edited(shop, 2, gender="male", stage="won")
    edited(shop, 4, gender="female", stage="lost")
    with shop.look() as look:
        fields = proposing.proposed(look, "customers", [1, 2, 4]).fields
    assert (fields["gender"].reason, fields["gender"].count) == ("agreed", 2) and fields["gender"].id in (1, 4)
    assert (fields["stage"].id, fields["stage"].reason) == (4, "latest")


def test_many_are_merged_at_once_as_each_would_be_by_itself(shop):
    import pandas as pd

    clusters = pd.DataFrame({"cluster": [1, 1, 2, 2], "id": [1, 2, 3, 4]})
    with shop.rehearsal("merge") as batch:
        for ids in ([1, 2], [3, 4]):
            proposal = proposing.proposed(batch, "customers", ids)
            merge(batch, "customers", proposal.kept_id, [one for one in ids if one != proposal.kept_id],
                  {column: choice.id for column, choice in proposal.fields.items() if choice.id})
        one_by_one = batch.execute("SELECT * EXCLUDE (changed_in) FROM customers ORDER BY id").fetchall()
    with shop.batch("merge") as batch:
        assert proposing.pairs_of(batch, "customers", clusters) == 2
        answer = merge_many(batch, "customers", "merging_pairs", proposing.propose(batch, "customers"))
    assert answer.records == 2
    assert rows(shop, "SELECT * EXCLUDE (changed_in) FROM customers ORDER BY id") == one_by_one
    assert find_problems(shop) == []


# --- taking apart ---------------------------------------------------------------------------------


def test_taken_apart_at_once_everything_is_as_it_was_but_the_opt_out(shop):
    edited(shop, 1, consent_email=None)
    before = content(shop)
    merge_id = merged(shop, choices={"name": 2, "city": Typed("Bern"), "customer_no": 2, "phone": Typed("+41 1 234")})
    parted(shop, merge_id)
    assert shop.record("customers", 1)["consent_email"] is False  # nobody can tell whether it was said again
    edited(shop, 1, consent_email=None)
    after = content(shop)
    assert {name for name in after if after[name] != before[name]} == {"merges"}
    assert find_problems(shop) == []


def test_undoing_the_batch_leaves_everything_as_it_was(shop):
    before = content(shop)
    merged(shop, choices={"name": 2})
    shop.undo(2)
    assert content(shop) == before


def test_later_edits_stay_and_what_was_taken_over_goes_back(shop):
    merge_id = merged(shop, choices={"name": 2, "email": 2})
    edited(shop, 1, name="Ada Wong")
    edited(shop, 2, table="orders", status="cancelled")
    with shop.look() as look:
        plan = apart(look, merge_id)
    assert plan.values_back[1, "email"] == ("ada@example.com", None)
    assert plan.values_stay == {(1, "name"): ("Ada Wong", "A. Wong")}
    assert plan.comes_back["orders"] == 1 and plan.opt_outs_stay == ("consent_email",)
    parted(shop, merge_id)
    assert shop.record("customers", 1)["name"] == "Ada Wong" and shop.record("customers", 1)["email"] is None
    back = shop.record("customers", 2)
    assert (back["name"], back["email"], back["deleted_at"]) == ("A. Wong", "ada@example.com", None)
    assert rows(shop, "SELECT customer_id, status FROM orders WHERE id = 2") == [(2, "cancelled")]
    assert find_problems(shop) == []


def test_what_somebody_moved_or_deleted_since_stays_so(shop):
    merge_id = merged(shop)
    edited(shop, 2, table="orders", customer_id=3)
    with shop.batch("delete") as batch:
        batch.remove("communications", [1])
    plan = parted(shop, merge_id)
    assert plan.elsewhere == {"orders": 1} and plan.deleted["communications"] == 1
    assert rows(shop, "SELECT customer_id FROM orders WHERE id = 2") == [(3,)]
    assert rows(shop, "SELECT customer_id, deleted_at IS NULL FROM communications") == [(2, False)]


def test_what_was_entered_since_stays_unless_it_is_said_to_go(shop):
    merge_id = merged(shop)
    with shop.batch("add") as batch:
        batch.add("orders", [{"order_no": f"N-{n}", "customer_id": 1, "ordered_at": DAY, "status": "open", "amount": 5}
                             for n in (1, 2)])
    with shop.look() as look:
        assert apart(look, merge_id).added == {"orders": [5, 6]}
    parted(shop, merge_id, {"orders": [6, 1]})  # order 1 was never asked about
    assert rows(shop, "SELECT id, customer_id FROM orders ORDER BY id") == [(1, 1), (2, 2), (3, 3), (4, 4), (5, 1), (6, 2)]


def test_the_kept_record_may_have_been_merged_itself_since(shop):
    merged(shop, 1, [2], {"email": 2})
    merged(shop, 4, [1], {"name": 1})
    assert shop.record("customers", 4)["email"] == "ada@example.com"
    plan = parted(shop, 1)
    assert plan.holder == 4
    assert shop.record("customers", 4)["email"] is None and shop.record("customers", 2)["email"] == "ada@example.com"
    assert rows(shop, "SELECT id, customer_id FROM orders ORDER BY id") == [(1, 4), (2, 2), (3, 3), (4, 4)]
    assert rows(shop, "SELECT customer_id FROM segment_members WHERE deleted_at IS NULL ORDER BY 1") == [(2,), (4,)]
    assert find_problems(shop) == []
    parted(shop, 2)
    assert rows(shop, "SELECT id, customer_id FROM orders ORDER BY id") == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert rows(shop, "SELECT customer_id FROM segment_members WHERE deleted_at IS NULL ORDER BY 1") == [(1,), (2,), (4,)]
    assert rows(shop, "SELECT customer_id, related_id FROM relationships WHERE deleted_at IS NULL ORDER BY id") == [
        (1, 2), (1, 3), (2, 3), (4, 2)]
    assert find_problems(shop) == []


def test_the_order_of_taking_apart_does_not_matter(shop):
    merged(shop, 1, [2])
    merged(shop, 4, [1])
    parted(shop, 2)
    assert rows(shop, "SELECT id, customer_id FROM orders ORDER BY id") == [(1, 1), (2, 1), (3, 3), (4, 4)]
    parted(shop, 1)
    assert rows(shop, "SELECT id, customer_id FROM orders ORDER BY id") == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert find_problems(shop) == []


def test_two_of_three_stay_together(shop):
    with shop.batch("remove") as batch:
        batch.remove("segment_members", [1])  # only 2 and 4 are in the segment
    merged(shop, 1, [2, 4])
    parted(shop, 1)
    assert rows(shop, "SELECT merged_id FROM merges WHERE deleted_at IS NULL") == [(4,)]
    assert rows(shop, "SELECT id, customer_id FROM orders ORDER BY id") == [(1, 1), (2, 2), (3, 3), (4, 1)]
    # The one membership was both's: it comes back for the one and stays for the other.
    assert rows(shop, "SELECT customer_id FROM segment_members WHERE deleted_at IS NULL ORDER BY 1") == [(1,), (2,)]
    parted(shop, 2)
    assert rows(shop, "SELECT customer_id FROM segment_members WHERE deleted_at IS NULL ORDER BY 1") == [(2,), (4,)]
    assert find_problems(shop) == []


def test_what_the_shared_row_had_got_of_the_other_goes_again(shop):
    merge_id = merged(shop)
    parted(shop, merge_id)
    assert rows(shop, "SELECT customer_id, responded_at FROM campaign_members WHERE campaign_id = 1 AND deleted_at IS NULL "
                      "ORDER BY id") == [(1, None), (2, DAY)]
    assert rows(shop, "SELECT customer_id, note FROM relationships WHERE relation = 'other' ORDER BY id") == [
        (1, None), (2, "from school")]


def test_an_opt_out_said_while_they_were_one_is_boths(shop):
    merge_id = merged(shop)
    assert shop.record("customers", 1)["consent_sms"] is True
    edited(shop, 1, consent_sms=False)
    with shop.look() as look:
        assert apart(look, merge_id).opted_out_since == ("consent_sms",)
    parted(shop, merge_id)
    assert [shop.record("customers", row_id)["consent_sms"] for row_id in (1, 2)] == [False, False]


def test_an_opt_out_said_to_a_third_that_both_became_is_everybodys(shop):
    merged(shop, 1, [2]), merged(shop, 4, [1])
    edited(shop, 4, consent_phone=False)
    parted(shop, 1), parted(shop, 2)
    assert [shop.record("customers", row_id)["consent_phone"] for row_id in (1, 2, 4)] == [False] * 3


def test_a_merge_cannot_be_undone_past_an_opt_out_but_taken_apart(shop):
    """Undoing would bring the merged one back without it, though nothing else of the kept one was changed."""
    with shop.batch("merge") as batch:
        merge(batch, "customers", 3, [4], {"phone": 3})
    edited(shop, 3, consent_sms=False)
    with pytest.raises(MergeTouchedSince):
        shop.undo(2)
    assert issubclass(MergeTouchedSince, TouchedSince)
    parted(shop, 1)
    assert [shop.record("customers", row_id)["consent_sms"] for row_id in (3, 4)] == [False, False]
    with pytest.raises(AlreadyUndone):
        shop.undo(2)


def test_taking_apart_can_be_undone_and_done_again(shop):
    merge_id = merged(shop, choices={"name": 2})
    together = content(shop)
    parted(shop, merge_id)
    taken = content(shop)
    shop.undo(3)
    assert content(shop) == together
    parted(shop, merge_id)
    assert content(shop) == taken


def test_a_number_that_somebody_else_has_by_now_is_said(shop):
    merge_id = merged(shop, choices={"email": 1})
    edited(shop, 3, email="ADA@example.com")
    before = content(shop)
    with shop.look() as look:
        assert apart(look, merge_id).key_used["who"] == "Bo"
    with pytest.raises(KeyUsedMeanwhile):
        parted(shop, merge_id)
    assert content(shop) == before


@pytest.mark.parametrize("erased", [1, 2])
def test_with_somebody_erased_nothing_is_taken_apart_or_undone(erased, shop):
    merge_id = merged(shop)
    for place in ("customers", "history.customers"):
        shop.cursor().execute(f"DELETE FROM {place} WHERE id = {erased}")
    before = content(shop)
    with pytest.raises(MergeErased):
        parted(shop, merge_id)
    with pytest.raises(MergeErased):
        shop.undo(2)
    assert content(shop) == before


def test_what_is_taken_apart_is_no_merge_any_more(shop):
    merge_id = merged(shop)
    parted(shop, merge_id)
    for unknown in (merge_id, 99):
        with pytest.raises(MergeNotFound):
            parted(shop, unknown)
    assert merged(shop) == 2  # and may be merged again


def test_a_withdrawn_batch_takes_its_merges_along(shop):
    merged(shop)
    shop.withdraw(1)
    assert rows(shop, "SELECT count(*) FROM merges") == [(0,)]
