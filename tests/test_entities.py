"""What messages name, and personal data masked."""
import pytest

from crm_core.text_mining import Dictionary, dictionary
from crm_core.text_mining.entities import Known, entities, known, masked, products_of, writers
from crm_core.text_mining.gazetteer import Gazetteer


def told(text: str, about: Known | None = None) -> list[tuple[str, str]]:
    return [(entity.kind, entity.text) for entity in entities(text, about)]


@pytest.mark.parametrize("text, found", [
    ("call 138 1234 5678 or +44 7963 368565", [("phone", "138 1234 5678"), ("phone", "+44 7963 368565")]),
    ("我的手机13785403771,请回电", [("phone", "13785403771")]),
    ("Tel: 555 0101 22", [("phone", "555 0101 22")]),
    ("write to a.b+c@mailbox.example.org please", [("mail", "a.b+c@mailbox.example.org")]),
    ("订单号:2026030112345 花了1.5万元", [("order", "2026030112345"), ("amount", "1.5万元")]),
    ("order no. AB-12345 cost $25.50, not 30 euros",
     [("order", "AB-12345"), ("amount", "$25.50"), ("amount", "30 euros")]),
    ("on 2026-03-01, 01.02.2026, 3 March and 3月5日",
     [("date", "2026-03-01"), ("date", "01.02.2026"), ("date", "3 March"), ("date", "3月5日")]),
    ("card 4111 1111 1111 1111", [("card", "4111 1111 1111 1111")]),
    ("DE89 3704 0044 0532 0130 00", [("account", "DE89 3704 0044 0532 0130 00")]),
    ("身份证11010519491231002X", [("identity", "11010519491231002X")]),
    ("Ms. Lee of 57 Mill Lane", [("person", "Lee"), ("address", "57 Mill Lane")]),
    ("我叫王小明,住在北京", [("person", "王小明"), ("place", "北京")]),
    ("the flight to London is late", [("place", "London")]),
    ("see http://a.b/c?d=1.", [("link", "http://a.b/c?d=1")]),
])
def test_what_a_message_names_is_found(text, found):
    assert told(text) == found


@pytest.mark.parametrize("text", [
    "2,000,000 people, 5 stars, room 1204, seats 12 13 14 15", "Nice room. Reading it was fun", "I will order it again",
    "2015 2016 2017", "version 1.2.3", "茶很好喝,下次再买", "😀", "",
])
def test_what_is_nothing_of_that_kind_is_left_alone(text):
    assert told(text) == [] and masked([text]) == [text]


def test_masking_leaves_every_other_sign_at_its_place():
    text = "Ms. Lee: call 138 1234 5678, a@b.org, order 12345678"
    (shown,) = masked([text])
    assert shown == "Ms. •••: call ••• •••• ••••, •@•.•••, order 12345678" and len(shown) == len(text)


def test_a_customers_own_name_is_masked_in_what_they_write():
    assert masked(["Hello, Emily here", "我是一鹏"], None, ["Emily Fletcher", "杨一鹏"]) == ["Hello, ••••• here", "我是••"]
    assert masked(["may I ask"], None, ["May Brown"]) == ["may I ask"]


def test_products_are_found_without_the_size_of_their_pack_and_by_the_teams_own_words():
    about = Known(products=products_of(Dictionary(
        products=(("colombia huila 250 g", "Colombia Huila 250 g"), ("法压壶", "French Press")))))
    found = entities("two Colombia Huilas and a 法压壶, no colombia", about)
    assert [(entity.text, entity.name) for entity in found] == [
        ("Colombia Huila", "Colombia Huila 250 g"), ("法压壶", "French Press")]


def test_the_records_teach_order_numbers_places_and_names(store):
    with store.batch("edit", "x") as batch:
        batch.add("customers", [{"name": "Emily Fletcher", "city": "Oxbridge"}, {"name": "杨一鹏"}, {"name": "Will"}])
        batch.add("orders", {"order_no": "W-100051", "customer_id": 1, "ordered_at": "2026-01-01 10:00", "status": "completed",
                             "amount": 5})
    with store.look() as look:
        about = known(look, dictionary(look))
        assert writers(look, [2, None, 1, 99]) == ["杨一鹏", None, "Emily Fletcher", None]
    text = "Emily Fletcher of Oxbridge asks for W-100238. 杨一鹏 too. Will it come?"
    assert told(text, about) == [
        ("person", "Emily Fletcher"), ("place", "Oxbridge"), ("order", "W-100238"), ("person", "杨一鹏")]
    assert masked([text], about) == ["••••• •••••••• of Oxbridge asks for W-100238. ••• too. Will it come?"]


def test_a_gazetteer_takes_whole_words_and_the_longest():
    names = Gazetteer([("tea", "Tea"), ("green tea", "Green Tea"), ("绿茶", "绿茶")])
    assert names.find("Green teas, steam, 好绿茶") == [(0, 9, "Green Tea"), (20, 22, "绿茶")]
