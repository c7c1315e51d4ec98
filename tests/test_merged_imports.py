"""Next month's file still knows the customers that were merged: they mean the one that was kept, and do not come back."""
import json

import pytest

from crm_core import data_entry
from crm_core.store.doctor import find_problems
from crm_core.store.merging import merge
from tests.conftest import NOW

PEOPLE = ("customer no,name,email,phone,consent email,consent sms\n"
          "A,Ada,ada@example.com,,yes,yes\nB,A. Wong,wong@example.com,,no,yes\nC,Bo,bo@example.com,,yes,\n"
          ",Ada W,,+41 31 000 00 00,,\n")
ORDERS = ("order no,order date,customer no,amount\nO1,2026-01-05,A,10\nO2,2026-01-06,B,20\nO3,2026-01-07,C,30\n")
LINES = ("order no,order date,customer no,product no,product name,quantity,unit price\n"
         "L1,2026-01-05,B,T1,Tea,1,5\nL1,2026-01-05,B,T2,Green tea,2,6\n")
MESSAGES = ("message id,date,customer no,channel,direction,content\nM1,2026-01-05,A,email,in,Hello\n"
            "M2,2026-01-06,B,email,in,Good day\n")
MEMBERS = ("campaign name,customer no,status,responded at\nSpring,A,sent,\nSpring,B,responded,2026-02-01\nSpring,C,sent,\n")
TIES = "customer no,related customer no,relationship\nA,B,partner\nB,C,partner\n"
FILES = (("customers", PEOPLE), ("orders", ORDERS), ("order_lines", LINES), ("communications", MESSAGES),
         ("campaign_members", MEMBERS), ("relationships", TIES))


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    """The child's work is done here: dozens of processes would take their time."""
    from crm_core.data_entry import checking, reading

    def work_here(job, arguments, *, name, size, progress=None, **_):
        work = {"read": reading.work, "check": checking.work}[job]
        return json.loads(json.dumps(work(json.loads(json.dumps(arguments)), progress or (lambda share: None))))

    monkeypatch.setattr("crm_core.data_entry.reading.run_in_child", work_here)
    monkeypatch.setattr("crm_core.data_entry.checking.run_in_child", work_here)


def bring(store, folder, text: str, kind: str):
    path = folder / f"{kind}.csv"
    path.write_text(text, encoding="utf-8")
    with data_entry.read(path) as reading:
        mapping = data_entry.propose_mapping(reading.headers, reading.sample, kind)
        checked = data_entry.check(reading, mapping, at=NOW)
        with store.batch("import", path.name) as batch:
            return data_entry.load(batch, checked)


def rows(store, sql: str):
    return store.cursor().execute(sql).fetchall()


@pytest.fixture
def shop(store, tmp_path):
    """The files above, imported; then customer B (2) is merged into A (1) and product T2 into T1."""
    with store.batch("add") as batch:
        batch.add("campaigns", {"name": "Spring"})
    for kind, text in FILES:
        loaded = bring(store, tmp_path, text, kind)
        assert not loaded.conflict_count, (kind, loaded)
    with store.batch("merge") as batch:
        merge(batch, "customers", 1, [2])
        merge(batch, "products", 1, [2])
    return store


@pytest.mark.parametrize(("kind", "text", "earlier"), [
    (kind, text, earlier) for (kind, text), earlier in zip(FILES, (1, 1, 2, 0, 1, 0), strict=True)])
def test_the_same_file_after_a_merge_changes_nothing(kind, text, earlier, shop, tmp_path):
    before = shop.revision()
    loaded = bring(shop, tmp_path, text, kind)
    assert loaded.changes_nothing and not loaded.conflict_count
    assert loaded.merged_earlier == earlier and shop.revision() == before


def test_new_orders_messages_and_lines_of_a_merged_number_arrive_at_the_kept_one(shop, tmp_path):
    assert bring(shop, tmp_path, "order no,order date,customer no,email,amount\nO9,2026-02-01,B,new@example.com,5\n"
                                 "O10,2026-02-01,,wong@example.com,6\n", "orders").tables["customers"]["added"] == 0
    bring(shop, tmp_path, "message id,date,email,channel,direction,content\nM9,2026-02-05,wong@example.com,chat,in,Hi\n",
          "communications")
    bring(shop, tmp_path, "order no,order date,customer no,product no,product name,quantity,unit price\n"
                          "L9,2026-02-05,B,T2,Green tea,1,7\n", "order_lines")
    assert rows(shop, "SELECT order_no, customer_id FROM orders WHERE order_no LIKE '%9' OR order_no = 'O10' ORDER BY 1") == [
        ("L9", 1), ("O10", 1), ("O9", 1)]
    assert rows(shop, "SELECT customer_id FROM communications WHERE external_no = 'M9'") == [(1,)]
    assert rows(shop, "SELECT product_id FROM order_lines ORDER BY id DESC LIMIT 1") == [(1,)]
    assert rows(shop, "SELECT name FROM products WHERE id = 1") == [("Tea",)]
    assert rows(shop, "SELECT count(*) FROM customers WHERE deleted_at IS NULL") == [(3,)] and find_problems(shop) == []


def test_of_a_merged_customer_a_file_brings_only_the_opt_out(shop, tmp_path):
    loaded = bring(shop, tmp_path, "customer no,name,city,consent email,consent sms\nB,Somebody,Bern,yes,no\n", "customers")
    row = shop.record("customers", 1)
    assert (row["name"], row["city"], row["consent_email"], row["consent_sms"]) == ("Ada", None, False, False)
    assert loaded.merged_earlier == 1 and loaded.tables["customers"] == {"added": 0, "changed": 1, "unchanged": 0}


def test_a_file_that_still_says_yes_of_the_kept_one_does_not_undo_the_others_opt_out(shop, tmp_path):
    loaded = bring(shop, tmp_path, "customer no,name,consent email\nA,Ada,yes\n", "customers")
    assert shop.record("customers", 1)["consent_email"] is False and loaded.changes_nothing


def test_a_merged_customer_without_number_or_email_is_known_by_name_and_phone(shop, tmp_path):
    with shop.batch("merge") as batch:
        merge(batch, "customers", 3, [4], {"name": 3, "phone": 3})
    loaded = bring(shop, tmp_path, PEOPLE, "customers")
    assert loaded.changes_nothing and loaded.merged_earlier == 2


def test_a_number_that_somebody_living_has_by_now_means_that_one(shop, tmp_path):
    with shop.batch("add") as batch:
        batch.add("customers", {"customer_no": "B", "name": "Bea"})
    bring(shop, tmp_path, "order no,order date,customer no,amount\nO9,2026-02-01,B,5\n", "orders")
    assert rows(shop, "SELECT customer_id FROM orders WHERE order_no = 'O9'") == [(5,)]
