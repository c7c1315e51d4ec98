"""Pull from and push to a Salesforce that stands in for the real one, with its troubles."""
import io
import json
import logging
import os
import pickle
import random
import subprocess
import sys
import traceback
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from crm_core.data_entry.connectors import as_text, pulling, pushing
from crm_core.data_entry.connectors.credentials import salesforce_credentials
from crm_core.data_entry.connectors.pushing import split_name
from crm_core.data_entry.mapping import Mapping
from crm_core.errors import (
    AddressNotSafe,
    Cancelled,
    ChangedMeanwhile,
    ChangesSent,
    ConnectionNotSetUp,
    CrmError,
    LoginRefused,
    RemoteBusy,
    RemoteObjectUnknown,
    RemoteUnreachable,
    SecretsUnreadable,
)
from crm_core.sentences import error_sentence
from tests.conftest import NOW, PROJECT
from tests.salesforce_stand_in import PASSWORD, SECRET, SESSION, TOKEN, StandIn
from tests.test_pages import opened

# As the fields of a Contact are compared and sent in these tests.
CONTACT = {"Id": "customers.customer_no", "Name": "customers.name", "Email": "customers.email",
           "Phone": "customers.phone", "MailingCity": "customers.city", "Title": "customers.job_title",
           "Description": "customers.note", "Birthdate": "customers.birth_date", "Gender__c": "customers.gender"}


@pytest.fixture
def org():
    with StandIn() as org:
        yield org


def pull(store, org, *names, whole=False, mapping=None, before_apply=None):
    """Pull, look and apply as the page and the command do; what each object brought."""
    connector = org.connector()
    connection, _ = pulling.connection_key(connector)
    pulled = pulling.fetch_all(connector, connection, store, names or ["Contact"], whole)
    try:
        looked = [pulling.look(store, one, _mapped(one, mapping), at=NOW) for one in pulled]
        if before_apply:
            before_apply()
        with store.batch("pull", "Salesforce") as batch:
            return [(one.prepared, pulling.apply(batch, one)) for one in looked]
    finally:
        for one in pulled:
            one.reading.close()


def _mapped(pulled, told):
    told = told or (CONTACT if pulled.object.name == "Contact" else None)
    return told and Mapping("customers", {header: told.get(header) for header in pulled.reading.headers})


def compare(store, org):
    connector = org.connector()
    return pushing.compare(store, connector, pulling.connection_key(connector)[0])


def push(store, org, actions=("update", "create", "delete"), **more):
    connector = org.connector()
    connection, _ = pulling.connection_key(connector)
    compared = pushing.compare(store, connector, connection)
    return pushing.send(store, connector, connection, [one for one in compared.differences if one.action in actions],
                        agreed=compared.agreed, **more)


def take_theirs(store, org, name, ids):
    connector = org.connector()
    connection, _ = pulling.connection_key(connector)
    pulled = pulling.fetch_these(connector, connection, connector.describe(name), ids,
                                 pulling.remembered(store, connection)[name])
    with pulled.reading, store.batch("pull", name) as batch:
        pulling.apply(batch, pulling.look(store, pulled, theirs=frozenset(ids), at=NOW))


def rows(store, sql):
    with store.cursor() as cursor:
        return cursor.execute(sql).fetchall()


def edit(store, row_id, **values):
    with store.batch("edit") as batch:
        batch.change("customers", {"id": row_id, **values})


def cities(store):
    return rows(store, "SELECT name, city FROM customers WHERE deleted_at IS NULL ORDER BY id")


# --- pull ---------------------------------------------------------------------------------------


def test_the_first_pull_brings_everything_page_by_page_and_the_second_nothing(store, org):
    for number in range(8):
        org.add("Contact", LastName=f"L{number}", FirstName="Ada", Email=f"a{number}@tea.example", MailingCity="Bern")
    [(_, first)] = pull(store, org)
    revision = store.revision()
    [(_, second)] = pull(store, org)
    assert first.counts == {"added": 8, "changed": 0, "unchanged": 0, "removed": 0}
    assert sum("/query/" in path for _, path in org.calls) >= 2  # pages of three
    assert second.loaded is None and store.revision() == revision
    assert rows(store, "SELECT customer_no, name, email FROM customers WHERE id = 1") == [
        (next(iter(org.rows["Contact"])), "Ada L0", "a0@tea.example")]


def test_only_what_changed_since_is_asked_for_with_an_overlap(store, org):
    org.add("Contact", LastName="Wong", MailingCity="Bern")
    pull(store, org)
    org.advance(24 * 3600)
    changed = org.add("Contact", LastName="Meier", MailingCity="Chur")
    [(_, applied)] = pull(store, org)
    assert applied.counts["added"] == 1 and changed
    asked = [query for query in org.queries if "FROM Contact WHERE SystemModstamp" in query][-1]
    assert "SystemModstamp >= 2026-03-01T08:45:" in asked  # a quarter of an hour before the newest that was seen


def test_a_record_with_the_very_stamp_that_was_seen_last_is_not_lost(store, org):
    first = org.add("Contact", LastName="Wong")
    pull(store, org)
    late = org.add("Contact", LastName="Late")  # written in a long transaction: its stamp is the old one
    org.get("Contact", late)["SystemModstamp"] = org.get("Contact", first)["SystemModstamp"]
    pull(store, org)
    assert [name for name, _ in cities(store)] == ["Wong", "Late"]


def test_what_changes_while_the_pages_come_is_seen_the_next_time(store, org):
    ids = [org.add("Contact", LastName=f"L{number}", MailingCity="Bern") for number in range(7)]

    def faster(method, path):
        if "/query/" in path:  # between the pages somebody edits the first record, and the last one after it
            org.edit("Contact", ids[0], MailingCity="Genf")
            org.edit("Contact", ids[6], MailingCity="Lugano")
            org.trouble = lambda method, path: None
        return

    org.trouble = faster
    pull(store, org)
    org.advance(3600)
    pull(store, org)
    assert cities(store)[0] == ("L0", "Genf") and cities(store)[6] == ("L6", "Lugano")


def test_a_record_deleted_there_is_deleted_here_and_undo_brings_it_back(store, org):
    gone = org.add("Contact", LastName="Gone")
    org.add("Contact", LastName="Stays")
    pull(store, org)
    org.remove("Contact", gone)
    [(_, applied)] = pull(store, org)
    assert applied.removed == 1 and cities(store) == [("Stays", None)]
    store.undo(store.revision())
    assert cities(store) == [("Gone", None), ("Stays", None)]
    pull(store, org)  # what the undo took back is remembered no more: the pull tells it again
    assert cities(store) == [("Stays", None)]


def test_undoing_a_pull_takes_what_was_remembered_back_so_that_the_next_one_brings_it_again(store, org):
    org.add("Contact", LastName="Wong", MailingCity="Bern")
    pull(store, org)
    store.undo(store.revision())
    assert cities(store) == [] and rows(store, "SELECT count(*) FROM connected_records") == [(0,)]
    pull(store, org)
    assert cities(store) == [("Wong", "Bern")]


def test_a_record_that_cannot_be_taken_is_asked_for_again_until_it_can(store, org):
    bad = org.add("Contact", LastName="Baby", Birthdate="2027-01-01")
    org.add("Contact", LastName="Wong")
    [(_, applied)] = pull(store, org)
    assert applied.left_out == 1 and cities(store) == [("Wong", None)]
    org.advance(7 * 24 * 3600)
    [(_, again)] = pull(store, org)
    assert again.left_out == 1
    org.get("Contact", bad)["Birthdate"] = "2020-01-01"  # mended without a new stamp, as by a formula
    [(_, mended)] = pull(store, org)
    assert mended.left_out == 0 and ("Baby", None) in cities(store)


def test_a_customer_of_a_file_is_met_by_number_or_e_mail_and_not_added_twice(store, org):
    contact = org.add("Contact", LastName="Wong", Email="Ada@tea.example", MailingCity="Bern")
    with store.batch("import", "a file") as batch:
        batch.add("customers", [{"email": "ada@tea.example", "city": "Basel", "job_title": "Buyer"}])
    pull(store, org)
    assert rows(store, "SELECT customer_no, city, job_title FROM customers") == [(contact, "Bern", "Buyer")]


def test_values_emptied_there_are_emptied_here(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern", Phone="031 555 01 02")
    pull(store, org)
    org.edit("Contact", contact, MailingCity=None)
    [(_, applied)] = pull(store, org)
    assert applied.cleared == 1
    assert rows(store, "SELECT city, phone FROM customers") == [(None, "031 555 01 02")]


def test_changed_here_only_stays_and_changed_there_only_comes(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern", Title="Buyer")
    pull(store, org)
    edit(store, 1, city="Basel")
    org.edit("Contact", contact, Title="Head of buying")
    [(prepared, _)] = pull(store, org)
    assert prepared.kept == 1 and prepared.conflicts == ()
    assert rows(store, "SELECT city, job_title FROM customers") == [("Basel", "Head of buying")]
    assert [(one.action, [each.slot for each in one.fields], one.conflict)
            for one in compare(store, org).differences] == [("update", ["city"], False)]


def test_changed_on_both_sides_waits_for_a_persons_word(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern", Title="Buyer")
    pull(store, org)
    edit(store, 1, city="Basel", job_title="Boss")
    org.edit("Contact", contact, MailingCity="Genf")
    [(prepared, _)] = pull(store, org)
    assert [one.slots for one in prepared.conflicts] == [("city",)] and cities(store) == [("Wong", "Basel")]
    [difference] = compare(store, org).differences
    told = {each.slot: (each.base, each.ours, each.theirs, each.conflict) for each in difference.fields}
    assert told == {"city": ("Bern", "Basel", "Genf", True), "job_title": ("Buyer", "Boss", "Buyer", False)}
    assert push(store, org).outcomes == {"updated": 1}  # what is not in conflict goes
    assert (org.get("Contact", contact)["MailingCity"], org.get("Contact", contact)["Title"]) == ("Genf", "Boss")
    [difference] = compare(store, org).differences
    assert push(store, org, keep_ours=frozenset([difference.key])).outcomes == {"updated": 1}
    assert org.get("Contact", contact)["MailingCity"] == "Basel"
    assert compare(store, org).differences == ()


def test_theirs_can_be_taken_instead(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern")
    pull(store, org)
    edit(store, 1, city="Basel", job_title="Boss")
    org.edit("Contact", contact, MailingCity="Genf")
    take_theirs(store, org, "Contact", [contact])
    assert rows(store, "SELECT city, job_title FROM customers") == [("Genf", "Boss")]  # the title changed only here
    [difference] = compare(store, org).differences
    assert [each.slot for each in difference.fields] == ["job_title"] and not difference.conflict


def test_the_same_change_on_both_sides_is_no_conflict(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern")
    pull(store, org)
    edit(store, 1, city="Basel")
    org.edit("Contact", contact, MailingCity="Basel")
    compared = compare(store, org)
    assert compared.differences == () and len(compared.agreed) == 1


def test_an_edit_made_while_the_preview_stands_is_not_written_over(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern")
    pull(store, org)
    org.edit("Contact", contact, MailingCity="Genf")
    with pytest.raises(ChangedMeanwhile):
        pull(store, org, before_apply=lambda: edit(store, 1, city="Basel"))
    assert cities(store) == [("Wong", "Basel")]


def test_a_row_deleted_here_stays_deleted_although_its_record_changes(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern")
    pull(store, org)
    with store.batch("delete") as batch:
        batch.remove("customers", [1])
    org.edit("Contact", contact, MailingCity="Genf")
    [(prepared, _)] = pull(store, org)
    assert prepared.removed_here == 1 and cities(store) == []
    [difference] = compare(store, org).differences
    assert difference.action == "delete" and difference.conflict  # it was changed there: not deleted unasked
    assert push(store, org).outcomes == {} and org.living("Contact")
    take_theirs(store, org, "Contact", [contact])
    assert cities(store) == [("Wong", "Genf")]


def test_deleted_there_and_changed_here_waits_too(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern")
    pull(store, org)
    edit(store, 1, city="Basel")
    org.remove("Contact", contact)
    [(prepared, applied)] = pull(store, org)
    assert len(prepared.conflicts) == 1 and applied.removed == 0 and cities(store) == [("Wong", "Basel")]
    [difference] = compare(store, org).differences
    assert difference.gone and not difference.can_be_sent
    take_theirs(store, org, "Contact", [contact])
    assert cities(store) == []


def test_a_number_changed_here_does_not_make_a_second_customer(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern")
    other = org.add("Contact", LastName="Meier", MailingCity="Chur")
    pull(store, org)
    edit(store, 1, customer_no="K-17")
    edit(store, 2, customer_no=None)
    org.edit("Contact", contact, MailingCity="Genf")
    org.edit("Contact", other, MailingCity="Lugano")
    pull(store, org)
    assert rows(store, "SELECT customer_no, city FROM customers ORDER BY id") == [("K-17", "Genf"), (None, "Lugano")]


def test_accounts_contacts_and_leads_come_in_one_batch(store, org):
    org.add("Account", Name="Tea Ltd", BillingCity="Bern")
    org.add("Contact", LastName="Wong")
    org.add("Lead", LastName="Meier", Company="Milk Ltd")
    brought = pull(store, org, "Lead", "Contact", "Account")
    assert [prepared.pulled.object.name for prepared, _ in brought] == ["Account", "Contact", "Lead"]
    assert [applied.counts["added"] for _, applied in brought] == [1, 1, 1] and store.revision() == 1


def test_an_object_that_is_not_there_is_named(store, org):
    with pytest.raises(RemoteObjectUnknown, match="Invoice"):
        pull(store, org, "Invoice__c")


# --- troubles of the line -----------------------------------------------------------------------


def after(number, *troubles):
    """A trouble at the given request, counted from now, and at those that follow it."""
    left, waiting = list(troubles), [number]

    def trouble(method, path):
        waiting[0] -= 1
        return left.pop(0) if waiting[0] < 0 and left else None

    return trouble


def test_an_expired_session_is_renewed_once_and_the_pull_goes_on(store, org):
    for number in range(7):
        org.add("Contact", LastName=f"L{number}")

    def expire(method, path):
        if "/query/" in path:
            org.expired, org.trouble = True, lambda method, path: None

    org.trouble = expire
    [(_, applied)] = pull(store, org)
    assert applied.counts["added"] == 7 and org.logins == 2


def test_a_session_that_is_refused_again_and_again_ends_in_a_sentence(store, org):
    org.trouble = lambda method, path: setattr(org, "expired", True)
    with pytest.raises(LoginRefused, match="INVALID_SESSION_ID"):
        pull(store, org)


@pytest.mark.parametrize("trouble", ["break", "lose", "drop", "busy", "down", "limit", "error"])
def test_a_trouble_half_way_is_waited_out_and_nothing_is_lost(store, org, trouble):
    for number in range(7):
        org.add("Contact", LastName=f"L{number}")
    org.trouble = after(5, trouble, trouble)
    before = org.now
    [(_, applied)] = pull(store, org)
    assert applied.counts["added"] == 7
    if trouble in ("busy", "down", "limit"):
        assert org.now - before >= timedelta(seconds=14)  # as long as the server asked: twice seven seconds


def test_a_line_that_stays_broken_leaves_nothing_half_done(store, org):
    for number in range(7):
        org.add("Contact", LastName=f"L{number}")
    org.trouble = after(5, *["break"] * 99)
    with pytest.raises(RemoteUnreachable):
        pull(store, org)
    assert store.revision() == 0 and cities(store) == []
    org.trouble = lambda method, path: None
    [(_, applied)] = pull(store, org)
    assert applied.counts["added"] == 7


def test_a_server_that_asks_to_wait_for_long_is_left_with_a_sentence(store, org):
    org.retry_after = "3600"
    org.trouble = after(3, *["limit"] * 99)
    with pytest.raises(RemoteBusy) as error:
        pull(store, org)
    assert error.value.facts["minutes"] == 60 and "REQUEST_LIMIT_EXCEEDED" in error_sentence("en", error.value)


def test_a_pull_can_be_cancelled_between_its_pages(store, org):
    for number in range(9):
        org.add("Contact", LastName=f"L{number}")
    connector = org.connector()
    pages = connector.pull(connector.describe("Contact"), cancel=lambda: len(org.locators) > 0)
    with pytest.raises(Cancelled):
        list(pages)


# --- push ---------------------------------------------------------------------------------------


def test_creates_updates_and_deletes_are_sent_and_every_answer_is_kept(store, org):
    changed = org.add("Contact", LastName="Wong", FirstName="Ada", MailingCity="Bern")
    removed = org.add("Contact", LastName="Meier")
    pull(store, org)
    edit(store, 1, name="Eva Wong", city="Chur", gender="female", birth_date="1990-05-17")
    with store.batch("edit") as batch:
        batch.remove("customers", [2])
        batch.add("customers", {"name": "Lin Ma", "email": "lin@tea.example"})
    assert push(store, org).outcomes == {"created": 1, "updated": 1, "deleted": 1}
    there = org.get("Contact", changed)
    assert [there[name] for name in ("FirstName", "LastName", "MailingCity", "Gender__c", "Birthdate")] == [
        "Eva", "Wong", "Chur", "Female", "1990-05-17"]
    assert org.get("Contact", removed)["IsDeleted"]
    assert [row["Name"] for row in org.living("Contact")] == ["Eva Wong", "Lin Ma"]
    assert rows(store, "SELECT action, outcome FROM sent_changes ORDER BY action") == [
        ("create", "created"), ("delete", "deleted"), ("update", "updated")]
    assert compare(store, org).differences == ()
    pull(store, org)
    assert compare(store, org).differences == () and len(cities(store)) == 2


def test_what_was_sent_cannot_be_undone_here(store, org):
    org.add("Contact", LastName="Wong", MailingCity="Bern")
    pull(store, org)
    edit(store, 1, city="Chur")
    sent = push(store, org)
    with pytest.raises(ChangesSent):
        store.undo(sent.number)


def test_an_edit_undone_after_it_was_sent_goes_back_as_a_change(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern")
    pull(store, org)
    edit(store, 1, city="Chur")
    edited = store.revision()
    push(store, org)
    store.undo(edited)
    assert push(store, org).outcomes == {"updated": 1} and org.get("Contact", contact)["MailingCity"] == "Bern"


def test_a_refusal_is_kept_in_salesforces_words_and_the_others_are_sent(store, org):
    org.add("Contact", LastName="Wong", Email="a@tea.example")
    other = org.add("Contact", LastName="Meier", MailingCity="Bern")
    pull(store, org)
    edit(store, 1, name=None, customer_no="K")
    edit(store, 1, phone="031 555 01 02", email="someone@tea.example")
    org.objects["Contact"]["Email"]["updateable"] = True
    org.objects["Contact"]["Phone"]["type"] = "email"  # a rule of theirs that we do not know
    edit(store, 2, city="Chur")
    assert push(store, org).outcomes == {"failed": 1, "updated": 1}
    assert org.get("Contact", other)["MailingCity"] == "Chur"
    assert rows(store, "SELECT message FROM sent_changes WHERE outcome = 'failed'") == [
        ("INVALID_EMAIL_ADDRESS: Phone: invalid email address: 031 555 01 02",)]
    assert len(compare(store, org).differences) == 1  # it is still to be sent


def test_a_colleague_who_is_faster_between_reading_and_writing_loses_nothing(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern", Title="Buyer")
    pull(store, org)
    edit(store, 1, city="Chur")
    org.before_write = lambda: org.edit("Contact", contact, MailingCity="Genf")
    assert push(store, org).outcomes == {"moved": 1} and org.get("Contact", contact)["MailingCity"] == "Genf"
    [difference] = compare(store, org).differences
    assert difference.conflict
    org.before_write = lambda: org.edit("Contact", contact, Title="Boss")  # another field: both stand
    assert push(store, org, keep_ours=frozenset([difference.key])).outcomes == {"updated": 1}
    assert (org.get("Contact", contact)["MailingCity"], org.get("Contact", contact)["Title"]) == ("Chur", "Boss")


def test_an_edit_within_the_second_of_the_last_one_is_not_written_over(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern")
    pull(store, org)
    edit(store, 1, city="Chur")
    org._update("Contact", contact, {"Title": "Buyer"})  # a moment ago: seconds cannot tell what comes next

    def at_once():
        org._update("Contact", contact, {"MailingCity": "Genf"})

    org.before_write = at_once
    assert push(store, org).outcomes == {"moved": 1} and org.get("Contact", contact)["MailingCity"] == "Genf"


@pytest.mark.parametrize("key_field", [False, True])
@pytest.mark.parametrize("trouble", ["lose", "drop", "break"])
def test_a_creation_whose_answer_was_lost_is_not_made_twice(store, trouble, key_field):
    with StandIn(key_field) as org:
        org.add("Contact", LastName="Wong")
        pull(store, org)
        with store.batch("edit") as batch:
            batch.add("customers", {"name": "Lin Ma", "email": "lin@tea.example"})
        hit = []

        def at_the_write(method, path):
            if method != "GET" and len(hit) < 2:
                hit.append(path)
                return trouble
            return None

        org.trouble = at_the_write
        assert push(store, org, actions=("create",)).outcomes == {"created": 1} and len(hit) >= 1
        assert [row["Name"] for row in org.living("Contact")] == ["Wong", "Lin Ma"]
        pull(store, org)
        assert len(cities(store)) == 2 and compare(store, org).differences == ()


@pytest.mark.parametrize("key_field", [False, True])
@pytest.mark.parametrize("trouble", ["lose", "drop"])
def test_a_creation_that_broke_off_is_found_again_by_the_next_push(store, trouble, key_field):
    with StandIn(key_field) as org:
        org.add("Contact", LastName="Wong")
        pull(store, org)
        with store.batch("edit") as batch:
            batch.add("customers", {"name": "Lin Ma", "email": "lin@tea.example"})
        broken = []

        def from_the_write_on(method, path):
            if method != "GET":
                broken.append(path)
                return trouble
            return "drop" if broken else None

        org.trouble = from_the_write_on
        with pytest.raises(RemoteUnreachable):
            push(store, org, actions=("create",))
        assert rows(store, "SELECT outcome FROM sent_changes") == [("sent",)]
        org.trouble = lambda method, path: None
        edit(store, 2, city="Chur")  # changed since: it goes as an update, after
        org.advance(3600)
        assert push(store, org).outcomes == {"created": 1}
        assert push(store, org).outcomes == {"updated": 1}
        assert [(row["Name"], row["MailingCity"]) for row in org.living("Contact")] == [("Wong", None),
                                                                                     ("Lin Ma", "Chur")]


def test_an_update_whose_answer_was_lost_is_looked_at_and_not_repeated(store, org):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern")
    pull(store, org)
    edit(store, 1, city="Chur")
    writes = []

    def lose_the_first(method, path):
        if method == "PATCH":
            writes.append(path)
            return "lose" if len(writes) == 1 else None
        return None

    org.trouble = lose_the_first
    assert push(store, org).outcomes == {"updated": 1} and len(writes) == 1
    assert org.get("Contact", contact)["MailingCity"] == "Chur"


def test_answers_are_kept_when_the_line_breaks_in_the_middle_of_a_push(store, org):
    for number in range(4):
        org.add("Contact", LastName=f"L{number}", MailingCity="Bern")
    pull(store, org)
    for row_id in range(1, 5):
        edit(store, row_id, city="Chur")
    writes = []

    def after_two(method, path):
        writes.append(method == "PATCH")
        return "drop" if sum(writes) > 2 else None

    org.trouble = after_two
    with pytest.raises(RemoteUnreachable):
        push(store, org)
    assert rows(store, "SELECT outcome, count(*) FROM sent_changes GROUP BY ALL") == [("updated", 2)]
    org.trouble = lambda method, path: None
    assert push(store, org).outcomes == {"updated": 2}
    assert {row["MailingCity"] for row in org.living("Contact")} == {"Chur"}


def test_the_demo_shop_is_never_sent(store, org):
    org.add("Contact", LastName="Wong")
    pull(store, org)
    with store.batch("demo") as batch:
        batch.add("customers", {"name": "Made Up"})
    edit(store, 2, city="Chur")
    assert compare(store, org).differences == ()


def test_a_new_row_without_what_salesforce_needs_is_named_and_not_sent(store, org):
    org.add("Contact", LastName="Wong")
    pull(store, org)
    with store.batch("edit") as batch:
        batch.add("customers", {"email": "only@tea.example"})
    [difference] = compare(store, org).differences
    assert difference.missing == ("LastName",) and not difference.can_be_sent
    assert push(store, org).outcomes == {} and len(org.living("Contact")) == 1


def test_values_that_salesforce_does_not_let_be_written_stay_here(store, org):
    contact = org.add("Contact", LastName="Wong", Gender__c="Female")
    pull(store, org)
    edit(store, 1, gender="other")  # Gender__c knows Female and Male only
    edit(store, 1, customer_no="K-17")
    compared = compare(store, org)
    assert compared.differences == () and compared.only_here == 2
    org.edit("Contact", contact, MailingCity="Genf")
    pull(store, org)
    assert rows(store, "SELECT customer_no, gender, city FROM customers") == [("K-17", "other", "Genf")]


@pytest.mark.parametrize(("name", "first", "last", "split"), [
    ("Ada Wong", "", "", ("Ada", "Wong")),
    ("Ada van der Berg", "Eva", "van der Berg", ("Ada", "van der Berg")),
    ("Anna Maria Meier", "Anna Maria", "Huber", ("Anna Maria", "Meier")),
    ("Wong", "", "", ("", "Wong")),
    ("王小明", "", "", ("小明", "王")),
    ("欧阳修", "", "", ("修", "欧阳")),
])
def test_a_name_is_split_where_the_part_that_changed_shows_it(name, first, last, split):
    assert split_name(name, first, last) == split


@pytest.mark.parametrize(("value", "text"), [
    (None, ""), (True, "true"), (12.5, "12.5"), (10_000_000.0, "10000000"), (0.1 + 0.2, "0.30000000000000004"),
    ("a\r\nb ", "a\nb"), (7, "7")])
def test_a_value_is_the_same_text_whoever_wrote_it(value, text):
    assert as_text(value) == text


def test_texts_with_quotes_reach_the_query_escaped(store, org):
    org.add("Contact", LastName="Wong")
    pull(store, org)
    with store.batch("edit") as batch:
        batch.add("customers", {"name": "Lin O'Neil\\", "city": "x' OR Name != '"})
    lost = after(0, None)

    def lose(method, path):
        nonlocal lost
        if method == "POST":
            lost = after(0, None)
            org.trouble = lambda method, path: None
            return "lose"
        return None

    org.trouble = lose
    assert push(store, org, actions=("create",)).outcomes == {"created": 1}
    assert any("LastName = 'O\\'Neil\\\\'" in query for query in org.queries)
    assert len(org.living("Contact")) == 2


# --- nothing is lost ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 40))])
def test_no_edit_is_lost_on_either_side_whatever_happens_in_between(store, seed):
    """Both sides edit at random under random troubles. Each edit has a value of its own. In the end both sides are
    alike, and each value that stands no more was replaced knowingly: by a later edit of the same side, or by a
    decision between the two."""
    draw = random.Random(seed)
    fields = {"MailingCity": "city", "Title": "job_title", "Phone": "phone"}
    with StandIn(key_field=bool(seed % 2), page=4) as org:
        for number in range(6):
            org.add("Contact", LastName=f"L{number}", MailingCity=f"t{number}")
        pull(store, org)
        edits, made = 0, 0
        told = lambda: f"{draw.randint(10_000_000, 99_999_999)}"  # noqa: E731
        latest: dict[tuple, tuple[str, str]] = {}  # (record, field) → what each side wrote last

        def here(contact, field, value):
            row = rows(store, f"SELECT row_id FROM connected_records WHERE remote_id = '{contact}'")
            if row:
                edit(store, row[0][0], **{fields[field]: value})
                latest.setdefault((contact, field), {})["here"] = value

        def there(contact, field, value):
            org.edit("Contact", contact, **{field: value})
            latest.setdefault((contact, field), {})["there"] = value

        for _ in range(14):
            org.trouble = lambda method, path: None
            for _ in range(draw.randint(1, 3)):
                contact, field = draw.choice(list(org.rows["Contact"])), draw.choice(list(fields))
                (here if draw.random() < 0.5 else there)(contact, field, told())
                edits += 1
            if draw.random() < 0.25:
                made += 1
                with store.batch("edit") as batch:
                    batch.add("customers", {"name": f"New {seed} {made}", "phone": told()})
            org.trouble = lambda method, path: draw.choice(
                ["lose", "drop", "break", "busy", "down"]) if draw.random() < 0.2 else None
            if draw.random() < 0.2:
                contact, field, value = draw.choice(list(org.rows["Contact"])), draw.choice(list(fields)), told()
                org.before_write = lambda: there(contact, field, value)  # noqa: B023
            with suppress(CrmError):  # the line was too bad: nothing may be lost by it
                (pull if draw.random() < 0.5 else push)(store, org)
        org.trouble, org.before_write = lambda method, path: None, None
        for _ in range(4):
            pull(store, org)
            conflicts = [one.key for one in compare(store, org).differences if one.conflict]
            push(store, org, keep_ours=frozenset(conflicts))
        pull(store, org)
        assert compare(store, org).differences == ()
        both = rows(store, "SELECT r.remote_id, t.name, t.city, t.job_title, t.phone FROM customers t "
                           "JOIN connected_records r ON r.row_id = t.id WHERE t.deleted_at IS NULL")
        assert sorted(both) == sorted(
            (row["Id"], row["Name"], row["MailingCity"], row["Title"], row["Phone"]) for row in org.living("Contact"))
        assert len(both) == 6 + made == len(cities(store))  # nothing made twice, nothing dropped
        for (contact, field), sides in latest.items():
            stands = org.get("Contact", contact)[field]
            # What stands is the last word of one side; the other side's was decided against in the open, or was
            # written before and replaced by somebody who saw it.
            assert stands in sides.values(), (contact, field, stands, sides)
        assert edits > 10


# --- secrets ------------------------------------------------------------------------------------


def test_nothing_says_a_secret(store, org, caplog, tmp_path, capsys):
    """Not a log, an exception with all that hangs on it, a repr, the ledger, nor the bytes of the database."""
    caplog.set_level(logging.DEBUG)
    secrets = (PASSWORD, TOKEN, SECRET, SESSION)
    said = io.StringIO()

    def note(error):
        while error is not None:
            said.write("".join(traceback.format_exception(error)) + repr(error) + str(vars(error)) + repr(error.args))
            error = error.__context__

    org.add("Contact", LastName="Wong", MailingCity="Bern")
    pull(store, org)
    edit(store, 1, city="Chur")
    push(store, org)
    org.accepts = ()  # the stand-in repeats the password in its refusal
    for more in ({}, {"consumer_key": "key", "consumer_secret": SECRET, "password": "", "security_token": "",
                      "domain": "tea.my"}):
        connector = org.connector(**more)
        said.write(repr(connector) + repr(connector._credentials) + str(connector._credentials))
        with pytest.raises(LoginRefused) as error:
            connector.account()
        note(error.value)
        said.write(error_sentence("en", error.value))
        with pytest.raises(TypeError):
            pickle.dumps(connector._credentials)
    org.accepts = (PASSWORD + TOKEN,)
    for trouble in ("drop", "limit", "error"):
        org.retry_after, org.trouble = "9999", lambda method, path, trouble=trouble: trouble
        with pytest.raises(CrmError) as error:
            org.connector().account()
        note(error.value)
    said.write(caplog.text + str([record.args for record in caplog.records]) + "".join(capsys.readouterr()))
    store.close()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            said.write(path.read_bytes().decode("latin-1"))
    assert "customers" in said.getvalue()  # the database's bytes were read
    assert [secret for secret in secrets if secret in said.getvalue()] == []


def test_what_is_missing_is_named():
    with pytest.raises(ConnectionNotSetUp) as error:
        salesforce_credentials({})
    assert error.value.facts["columns"] == ["SALESFORCE_USERNAME", "SALESFORCE_PASSWORD"]
    assert "SALESFORCE_PASSWORD" in error_sentence("zh", error.value)
    with pytest.raises(ConnectionNotSetUp) as error:
        salesforce_credentials({"SALESFORCE_USERNAME": "ada", "SALESFORCE_CONSUMER_KEY": "k",
                                "SALESFORCE_PASSWORD": ""})
    assert error.value.facts["columns"] in (["SALESFORCE_PASSWORD"], ["SALESFORCE_PRIVATEKEY_FILE"])


def test_the_environment_wins_over_the_file_name_by_name(tmp_path):
    file = tmp_path / "secrets.toml"
    file.write_text('[salesforce]\nusername = "file"\npassword = "of-the-file"\n', encoding="utf-8")
    found = salesforce_credentials({"SALESFORCE_USERNAME": "shell"}, file)
    assert (found["username"], found["password"], found.way) == ("shell", "of-the-file", "password")
    file.write_text("[salesforce\npassword = hidden", encoding="utf-8")
    with pytest.raises(SecretsUnreadable) as error:
        salesforce_credentials({}, file)
    assert error.value.__context__ is None


@pytest.mark.parametrize(("address", "safe"), [
    ("https://tea.my.salesforce.com", True), ("tea.my.salesforce.com/", True), ("http://127.0.0.1:8090", True),
    ("http://tea.my.salesforce.com", False), ("http://127.0.0.1.evil.example", False), ("ftp://localhost", False)])
def test_a_password_never_travels_in_clear_text(address, safe):
    given = {"SALESFORCE_ACCESS_TOKEN": "t", "SALESFORCE_INSTANCE_URL": address}
    if safe:
        assert salesforce_credentials(given).way == "access token"
    else:
        with pytest.raises(AddressNotSafe):
            salesforce_credentials(given)


@pytest.mark.parametrize(("more", "way"), [
    ({}, "password"),
    ({"consumer_key": "key", "consumer_secret": SECRET, "security_token": ""}, "password and app"),
    ({"consumer_key": "key", "consumer_secret": SECRET, "domain": "tea.my", "username": "", "password": ""}, "app")])
def test_every_way_of_signing_in_leads_to_the_organisation(org, more, way):
    connector = org.connector(**more)
    assert connector.account() == ("00D000000000001AAA", "Tea House") and connector._credentials.way == way


def test_a_row_that_was_withdrawn_is_as_good_as_new(store, org):
    """What is remembered of a row that is no more leads nowhere: it is neither deleted there nor missed here."""
    contact = org.add("Contact", LastName="Wong", Email="ada@tea.example", MailingCity="Bern")
    with store.batch("import", "a file") as batch:
        batch.add("customers", {"customer_no": contact, "name": "Wong", "email": "ada@tea.example", "city": "Bern"})
    pull(store, org)
    store.withdraw(1)
    assert cities(store) == [] and compare(store, org).differences == ()
    pull(store, org, whole=True)
    assert cities(store) == [("Wong", "Bern")] and rows(store, "SELECT row_id FROM connected_records") == [(2,)]


# --- real records, the shell --------------------------------------------------------------------


def test_the_records_of_a_real_organisation_come_in_and_nothing_of_them_goes_back_unasked(store, data_set):
    with StandIn(page=50) as org:
        org.load_export(data_set("salesforce_export_a"), "Account", "Contact", "Lead")
        brought = pull(store, org, "Account", "Contact", "Lead", mapping=None)
        counts = {prepared.pulled.object.name: (applied.counts["added"], applied.left_out)
                  for prepared, applied in brought}
        assert counts["Account"] == (22, 0) and counts["Lead"] == (60, 0)
        unborn = [row for row in org.living("Contact") if (row["Birthdate"] or "") > NOW.date().isoformat()]
        assert counts["Contact"] == (102 - len(unborn), len(unborn)) and len(unborn) == 8
        assert compare(store, org).differences == ()
        revision = store.revision()
        pull(store, org, "Account", "Contact", "Lead")
        assert store.revision() == revision


def command(org, database, *arguments, **more):
    environment = os.environ | {"CRM_DATABASE": str(database)} | {
        f"SALESFORCE_{name.upper()}": value for name, value in org.credentials().items()} | more
    return subprocess.run([sys.executable, "-m", "crm_core", "salesforce", *arguments, "--language", "en"],
                          cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120)


def test_the_shell_pulls_shows_what_would_go_and_sends_it(org, tmp_path):
    contact = org.add("Contact", LastName="Wong", MailingCity="Bern")
    database = tmp_path / "shop.duckdb"
    dry = command(org, database, "pull", "--objects", "Contact", "--dry-run")
    assert dry.returncode == 0 and "Contact: 1 new" in dry.stdout and "nothing was changed" in dry.stdout
    done = command(org, database, "pull", "--objects", "Contact")
    assert done.returncode == 0 and "Pulled as change 1" in done.stdout
    from crm_core.store import open_store

    store = open_store(database, clock=lambda: datetime(2026, 3, 2))
    edit(store, 1, city="Chur")
    store.close()
    shown = command(org, database, "push")
    assert shown.returncode == 0 and "City: Bern → Chur" in shown.stdout and "Add --yes" in shown.stdout
    assert org.get("Contact", contact)["MailingCity"] == "Bern"
    sent = command(org, database, "push", "--yes")
    assert sent.returncode == 0 and "updated" in sent.stdout and org.get("Contact", contact)["MailingCity"] == "Chur"
    missing = command(org, database, "pull", SALESFORCE_PASSWORD="")
    assert missing.returncode == 1 and "SALESFORCE_PASSWORD" in missing.stderr
    assert json.dumps(sent.stdout + missing.stderr + shown.stdout).find(PASSWORD) == -1


# --- the page -----------------------------------------------------------------------------------


def settled(app):
    """The page when what runs beside it is done."""
    quiet = 0
    for _ in range(300):
        quiet = 0 if app.get("progress") else quiet + 1
        if quiet == 2:  # the run in which the work ends shows neither a bar nor an answer yet
            break
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def pressed(app, key):
    app.button(key=key).click()
    return settled(app.run())


def test_the_page_says_what_to_set_before_it_is_connected(store, monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("SALESFORCE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("pages.entry.connect.SECRETS", tmp_path / "none.toml")
    for language, said in (("en", "SALESFORCE\\_USERNAME"), ("zh", "还没有设置如何登录")):
        app = opened("data_entry", store, monkeypatch, language, part="connect")
        assert any(said in info.value for info in app.info) and "[salesforce]" in app.code[0].value


def test_the_page_pulls_shows_what_would_go_back_decides_and_sends(store, org, monkeypatch, tmp_path):
    for name, value in org.credentials().items():
        monkeypatch.setenv(f"SALESFORCE_{name.upper()}", value)
    monkeypatch.setattr("pages.entry.connect.SECRETS", tmp_path / "none.toml")
    wong = org.add("Contact", LastName="Wong", MailingCity="Bern")
    meier = org.add("Contact", LastName="Meier", MailingCity="Thun")
    org.add("Contact", LastName="Unborn", Birthdate="2199-01-01")
    app = pressed(opened("data_entry", store, monkeypatch, part="connect"), "salesforce connect")
    assert "Connected to Tea House" in app.success[0].value
    next(button for button in app.button if button.label == "Look what is new").click()
    settled(app.run())
    assert any("1 record cannot be taken" in warning.value for warning in app.warning) and store.revision() == 0
    pressed(app, "salesforce import")
    assert "2 new" in app.success[1].value and len(cities(store)) == 2
    edit(store, 1, city="Chur")
    edit(store, 2, city="Biel")
    org.edit("Contact", meier, MailingCity="Genf")
    org.advance(60)
    app.segmented_control(key="salesforce way").set_value("send")
    settled(app.run())
    assert any("Whose version stays" in heading.value for heading in app.subheader)
    next(each for each in app.segmented_control if each.key.startswith("salesforce decide")).set_value("theirs")
    settled(app.run())
    assert app.button(key="salesforce send").disabled
    next(each for each in app.checkbox if each.key.startswith("salesforce sure")).check()
    settled(app.run())
    pressed(app, "salesforce send")
    assert org.get("Contact", wong)["MailingCity"] == "Chur" and org.get("Contact", meier)["MailingCity"] == "Genf"
    assert cities(store) == [("Wong", "Chur"), ("Meier", "Genf")]
    assert any("1 updated" in each.value for each in app.success)
    app.segmented_control(key="salesforce way").set_value("answers")
    settled(app.run())
    assert len(app.dataframe) == 1
    kept = repr(dict(app.session_state._state.filtered_state))
    assert PASSWORD not in kept and TOKEN not in kept and SESSION not in kept


def test_a_wrong_password_is_tried_once_a_click(store, org, monkeypatch, tmp_path):
    for name, value in (org.credentials() | {"password": "wrong"}).items():
        monkeypatch.setenv(f"SALESFORCE_{name.upper()}", value)
    monkeypatch.setattr("pages.entry.connect.SECRETS", tmp_path / "none.toml")
    app = opened("data_entry", store, monkeypatch, part="connect")
    assert org.logins == 0
    pressed(app, "salesforce connect")
    assert any("does not let us in" in error.value for error in app.error) and org.logins == 1
    app.run()
    assert org.logins == 1  # an organisation locks a user out after some wrong passwords


def test_importing_the_workbench_does_not_import_simple_salesforce():
    told = subprocess.run([sys.executable, "-c", "import crm_core.__main__, sys; "
                           "print([name for name in ('simple_salesforce', 'zeep', 'lxml') if name in sys.modules])"],
                          cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert told.stdout.strip() == "[]"
