"""A list of people to contact names nobody who did not agree, whoever asks for it and by whatever channel."""
from datetime import date

import pandas as pd
import pytest

from crm_core.contacts import LEFT_OUT, contact_list
from crm_core.tables import CHANNELS

ADDRESSES = {"email": "ada{n}@example.com", "phone": "+49 171 55501{n:02d}", "address": "Way {n}", "city": "Bern"}


def somebody(n: int, **more) -> dict:
    return {"customer_no": f"C-{n}", "name": f"Ada {n}",
            **{column: text.format(n=n) for column, text in ADDRESSES.items()}, **more}


def kept(store, *people: dict) -> int:
    """A segment of these customers."""
    with store.batch("add") as batch:
        ids = batch.add("customers", list(people))
        [segment] = batch.add("segments", [{"name": "All", "kind": "rule", "as_of": date(2026, 2, 1)}])
        batch.add("segment_members", pd.DataFrame({
            "segment_id": segment, "customer_id": ids, "as_of": date(2026, 2, 1)}))
    return segment


def asked(store, channel: str, **whom):
    with store.look() as look:
        return contact_list(look, channel, **whom)


@pytest.mark.parametrize("channel", CHANNELS)
def test_only_who_agreed_to_the_channel_is_named(store, channel):
    consent = f"consent_{channel}"
    others = {f"consent_{other}": True for other in CHANNELS if other != channel}
    segment = kept(store, somebody(1, **{consent: True}), somebody(2, **others, **{consent: False}),
                   somebody(3, **others, **{consent: None}))
    found = asked(store, channel, segment_id=segment)
    assert found.people.name.tolist() == ["Ada 1"]
    assert found.left_out == {**dict.fromkeys(LEFT_OUT, 0), "refused": 1, "no_consent": 1}
    assert found.asked == 3


@pytest.mark.parametrize(("channel", "address"), [
    ("email", "ada1@example.com"), ("sms", "+49 171 5550101"), ("phone", "+49 171 5550101"),
    ("visit", "Way 1, Bern"), ("social", "C-1"), ("chat", "C-1")])
def test_the_address_is_that_of_the_channel(store, channel, address):
    segment = kept(store, somebody(1, **{f"consent_{channel}": True}))
    assert asked(store, channel, segment_id=segment).people.address.tolist() == [address]


def test_without_an_address_nobody_is_reached(store):
    segment = kept(store, somebody(1, consent_email=True) | {"email": None}, somebody(2, consent_email=True))
    found = asked(store, "email", segment_id=segment)
    assert found.people.customer_no.tolist() == ["C-2"] and found.left_out["no_address"] == 1


def test_a_deleted_customer_is_in_no_list(store):
    segment = kept(store, somebody(1, consent_email=True), somebody(2, consent_email=True))
    with store.batch("delete") as batch:
        batch.remove("customers", [1])
    found = asked(store, "email", segment_id=segment)
    assert found.people.customer_id.tolist() == [2] and found.left_out["deleted"] == 1


def test_a_number_that_one_record_refused_is_not_called_by_another(store):
    """Two records of one person, the number written in two ways; only one of them knows of the refusal."""
    same = {"phone": "0171 5550101", "consent_sms": True}
    segment = kept(store, somebody(1, **same), somebody(2, **same | {"phone": "+49 171 555 0101", "consent_sms": False}),
                   somebody(3, consent_sms=True))
    found = asked(store, "sms", segment_id=segment)
    assert found.people.customer_no.tolist() == ["C-3"]
    assert (found.left_out["refused"], found.left_out["address_refused"]) == (1, 1)


def test_a_number_that_two_share_is_written_to_once(store):
    same = {"phone": "0171 5550101", "consent_sms": True}
    found = asked(store, "sms", segment_id=kept(store, somebody(1, **same), somebody(2, **same)))
    assert found.people.customer_no.tolist() == ["C-1"] and found.left_out["same_address"] == 1


def test_a_list_can_be_asked_for_customers_by_id(store):
    kept(store, somebody(1, consent_email=True), somebody(2, consent_email=True), somebody(3))
    found = asked(store, "email", customer_ids=[2, 3, 99])
    assert found.people.customer_id.tolist() == [2]
    assert (found.left_out["no_consent"], found.left_out["deleted"]) == (1, 1)


def test_only_todays_members_are_asked(store):
    segment = kept(store, somebody(1, consent_email=True), somebody(2, consent_email=True))
    with store.batch("refresh") as batch:
        batch.add("segment_members", pd.DataFrame({
            "segment_id": [segment], "customer_id": [2], "as_of": [date(2026, 3, 1)]}))
        batch.change("segments", {"id": segment, "as_of": date(2026, 3, 1)})
    assert asked(store, "email", segment_id=segment).people.customer_id.tolist() == [2]


def test_an_empty_list_is_a_list(store):
    found = asked(store, "email", customer_ids=[])
    assert len(found.people) == found.asked == 0


def test_without_a_known_channel_there_is_no_list(store):
    with pytest.raises(ValueError, match="other"):
        asked(store, "other", customer_ids=[1])


# --- from a shell -----------------------------------------------------------------------------------


def ran(store, capsys, *arguments: str) -> tuple[int, str]:
    from crm_core.__main__ import main

    store.close()
    code = main([*arguments, "--database", str(store.path), "--language", "en"])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_a_segment_is_exported_by_channel_and_says_who_is_left_out(store, tmp_path, capsys):
    kept(store, somebody(1, consent_email=True), somebody(2, consent_email=False),
         somebody(3, consent_email=True) | {"name": "=1+1"})
    code, told = ran(store, capsys, "segments", "export", "all", str(tmp_path / "out.csv"), "--channel", "email")
    assert code == 0 and "2 customers" in told and "1 customer refused" in told
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "ada1@example.com" in text and "ada2@example.com" not in text and "Ada 2" not in text
    assert "'=1+1" in text


def test_without_a_channel_no_address_leaves_the_book(store, tmp_path, capsys):
    kept(store, somebody(1, consent_email=True), somebody(2))
    code, _ = ran(store, capsys, "segments", "export", "All", str(tmp_path / "out.csv"))
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert code == 0 and "C-1" in text and "C-2" in text
    assert "@" not in text and "+49" not in text and "Way" not in text


def test_a_segment_that_is_not_there_and_a_file_that_is_are_refused_in_a_sentence(store, tmp_path, capsys):
    kept(store, somebody(1))
    assert ran(store, capsys, "segments", "export", "Champs", str(tmp_path / "out.csv"))[0] == 1
    (tmp_path / "there.csv").write_text("mine")
    code, told = ran(store, capsys, "segments", "export", "All", str(tmp_path / "there.csv"))
    assert code == 1 and "there.csv" in told and (tmp_path / "there.csv").read_text() == "mine"
