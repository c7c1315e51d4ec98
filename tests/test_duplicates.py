"""Duplicates among people and businesses: what is planted is found, chains and crowds stay bounded, weights explain themselves."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest

from crm_core.cleaning.duplicates import Known, explain, find_duplicates, match_new, understand_columns
from crm_core.cleaning.duplicates.clusters import close
from crm_core.cleaning.duplicates.columns import checked
from crm_core.cleaning.duplicates.weights import best_threshold
from crm_core.errors import (
    Cancelled,
    IdsNotUnique,
    ModelOfAnotherRelease,
    NoIdColumn,
    NothingToCompare,
    TooFewRecords,
    UnknownMeaning,
)

GIVEN = ["James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "William", "Elizabeth", "David", "Barbara",
         "Richard", "Susan", "Thomas", "Karen", "Klaus", "Ursula", "Pierre", "Nathalie"]
SURNAMES = [
    first + last
    for first in ("Al", "Ber", "Cor", "Dan", "Fen", "Gar", "Hol", "Kra", "Lin", "Mor")
    for last in ("bach", "der", "feld", "mann", "son", "ton", "wick", "ley")
]


def crowd(people: int = 300, seed: int = 0) -> pd.DataFrame:
    """People who are all different: id p0, p1, …, name, birth date, phone, e-mail, city."""
    random = np.random.default_rng(seed)
    given, surname = random.choice(GIVEN, people), random.choice(SURNAMES, people)
    return pd.DataFrame(
        {
            "id": [f"p{number}" for number in range(people)],
            "name": [f"{one} {other}" for one, other in zip(given, surname, strict=True)],
            "birth_date": [
                f"{year}-{month:02d}-{day:02d}"
                for year, month, day in zip(
                    random.integers(1940, 2005, people),
                    random.integers(1, 13, people),
                    random.integers(1, 29, people),
                    strict=True,
                )
            ],
            "phone": [f"0171 {number}" for number in random.integers(1_000_000, 9_999_999, people)],
            "email": [f"{surname[place].lower()}{random.integers(1000)}@shop.example" for place in range(people)],
            "city": random.choice(["Berlin", "London", "Lyon", "Wien", "Leeds"], people),
        }
    )


def planted(*rows: dict) -> pd.DataFrame:
    """The crowd, and these rows behind it."""
    return pd.concat([crowd(), pd.DataFrame(rows)], ignore_index=True)


def sure(found) -> set[frozenset]:
    pairs = found.pairs[found.pairs.probability >= found.threshold]
    return {frozenset(pair) for pair in zip(pairs.id_a, pairs.id_b, strict=True)}


ADA = {
    "name": "Robert Castellan",
    "birth_date": "1971-03-22",
    "phone": "0160 5551234",
    "email": "r.castellan@mail.example",
    "city": "Berlin",
}


# --- what is found --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "level"),
    [
        ({"name": "Castellan Robert"}, "swapped"),
        ({"name": "Castellan, Robert"}, "exact"),
        ({"name": "Bob Castellan"}, "nickname"),
        ({"name": "R. Castellan"}, "initial"),
        ({"name": "Robrt Castellan"}, "sounds_alike"),
        ({"name": "ＲＯＢＥＲＴ　ＣＡＳＴＥＬＬＡＮ"}, "exact"),
        ({"name": "Dr. Robert Castellan"}, "exact"),
    ],
)
def test_one_person_written_in_two_ways_is_found(second, level):
    found = find_duplicates(planted(ADA | {"id": "a"}, ADA | {"id": "b", "email": None} | second))
    assert sure(found) == {frozenset("ab")}
    levels = found.pairs.set_index(["id_a", "id_b"]).levels[("a", "b")]
    assert f"given_name={level}" in levels


def test_chinese_names_are_found_in_pinyin_in_either_order():
    rows = [
        ("a", "王小明", "13800138000"),
        ("b", "Xiaoming Wang", "138 0013 8000"),
        ("c", "Wang Xiaoming", "+86 138-0013-8000"),
    ]
    found = find_duplicates(
        planted(
            *(
                {"id": who, "name": name, "phone": phone, "birth_date": "1990-05-06", "city": "Berlin"}
                for who, name, phone in rows
            )
        )
    )
    assert sure(found) == {frozenset("ab"), frozenset("ac"), frozenset("bc")}


@pytest.mark.parametrize("birth", ["1971-03-23", "1971-22-03", "1917-03-22", "22.03.1971"])
def test_a_birth_date_with_a_slip_still_speaks_for_the_same_person(birth):
    found = find_duplicates(planted(ADA | {"id": "a"}, ADA | {"id": "b", "phone": None, "birth_date": birth}))
    assert sure(found) == {frozenset("ab")}


def test_sisters_in_one_household_are_two_people():
    base = crowd()
    sister = base.iloc[:60].assign(
        id=[f"s{number}" for number in range(60)],
        email=None,
        birth_date=[f"{1950 + number}-07-0{1 + number % 9}" for number in range(60)],
    )
    sister["name"] = [
        f"{'Odette' if number % 2 else 'Wilfried'} {name.split()[-1]}" for number, name in enumerate(sister.name)
    ]
    doubled = base.iloc[100:130].assign(id=[f"d{number}" for number in range(100, 130)], email=None)
    found = find_duplicates(pd.concat([base, sister, doubled], ignore_index=True))
    assert sure(found) == {frozenset((f"p{number}", f"d{number}")) for number in range(100, 130)}


def test_namesakes_without_anything_else_in_common_are_not_one_person():
    namesakes = [
        {
            "id": f"n{number}",
            "name": "Mary Morton",
            "birth_date": f"19{40 + number}-0{1 + number % 9}-1{number % 10}",
            "phone": f"0152 {(number + 3) * 7919 * 421 % 9_000_000 + 1_000_000}",
            "city": "Leeds",
        }
        for number in range(20)
    ]
    assert sure(find_duplicates(planted(*namesakes))) == set()


def test_links_of_two_files_are_between_them_only_and_one_to_one():
    first = planted(ADA | {"id": "a"}, ADA | {"id": "a2"})
    second = pd.DataFrame(
        [ADA | {"id": "b", "phone": None}, *crowd().iloc[:50].assign(id=range(50)).to_dict("records")]
    )
    found = find_duplicates(first, other=second)
    assert {(a, b) for a, b in map(sorted, ((str(x) for x in pair) for pair in sure(found))) if "a" in a + b} <= {
        ("a", "b"),
        ("a2", "b"),
    }
    assert {frozenset((f"p{number}", number)) for number in range(50)} <= sure(found)


# --- what stays bounded ---------------------------------------------------------------------------------


def test_a_chain_does_not_swallow_everybody():
    links = np.arange(499)
    cluster, _ = close(links, links + 1, np.full(499, 2.0), 500)
    assert np.bincount(cluster).max() <= 4


def test_a_pair_below_the_threshold_is_held_by_partners_in_common_and_a_weak_bridge_is_cut():
    # 0 1 2 know each other but for 0–2, which is a little too weak; 3 4 are another pair, with one weak bridge 2–3.
    a, b = np.array([0, 1, 0, 3, 2, 0, 1, 0, 1, 2]), np.array([1, 2, 2, 4, 3, 3, 3, 4, 4, 4])
    over = np.array([9, 9, -1, 9, 1, -9, -9, -9, -9, -9], float)
    cluster, after = close(a, b, over, 5)
    assert len({cluster[0], cluster[1], cluster[2]}) == 1
    assert cluster[3] == cluster[4] != cluster[2]
    assert after[2] >= 0 > after[4]


def test_a_crowd_that_all_looks_alike_is_bounded_and_said():
    alike = pd.DataFrame({"id": range(20_000), "name": "Max Mustermann", "city": ["Berlin", "Bonn"] * 10_000})
    found = find_duplicates(alike)
    assert len(found.pairs) <= 20_000
    assert [key for key, _ in found.notes] == ["duplicates_found.note_copies"]


def test_all_copies_of_one_record_are_one_cluster():
    found = find_duplicates(pd.DataFrame({"id": range(500), "name": "Ann Lee", "city": "Bern", "phone": "0171 5550101"}))
    assert len(found.pairs) == 499
    assert set(found.clusters.cluster) == {0} and len(found.clusters) == 500


def test_a_crowd_with_too_many_links_is_parted_where_they_are_weakest_and_said(monkeypatch):
    monkeypatch.setattr("crm_core.cleaning.duplicates.clusters.MOST_LINKS", 70)
    one, other = np.array(list(itertools.combinations(range(12), 2))).T
    a = np.concatenate([one, one + 12, [0]])
    b = np.concatenate([other, other + 12, [12]])
    over = np.concatenate([np.full(2 * len(one), 6.0), [1.5]])
    crowds = []
    cluster, after = close(a, b, over, 24, crowds=crowds)
    assert crowds == [24]
    assert len(set(cluster[:12])) == len(set(cluster[12:])) == 1 and cluster[0] != cluster[12]
    assert after[-1] < 0 <= after[:-1].min()


def test_many_records_that_differ_in_little_stay_bounded():
    alike = pd.DataFrame(
        {
            "id": range(6_000),
            "name": "Max Mustermann",
            "city": "Berlin",
            "phone": None,
            "birth_date": [f"{1950 + number % 40}-0{1 + number % 9}-1{number % 7}" for number in range(6_000)],
        }
    )
    found = find_duplicates(alike)
    assert found.pairs_compared <= 1_500_000
    assert len(found.pairs) <= 200_000


# --- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "error"),
    [
        (pd.DataFrame({"name": ["a", "b"]}), NoIdColumn),
        (pd.DataFrame({"id": [1, 1], "name": ["a", "b"]}), IdsNotUnique),
        (pd.DataFrame({"id": [1], "name": ["a"]}), TooFewRecords),
        (pd.DataFrame({"id": [], "name": []}), TooFewRecords),
        (pd.DataFrame({"id": [1, 2]}), NothingToCompare),
        (pd.DataFrame({"id": [1, 2], "name": [None, None]}), NothingToCompare),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(records, error):
    with pytest.raises(error):
        find_duplicates(records)


def test_a_meaning_that_there_is_not_is_refused():
    with pytest.raises(UnknownMeaning) as refused:
        find_duplicates(crowd(), meanings={"name": "colour"})
    assert refused.value.facts == {"column": "name", "meaning": "colour"}


def test_it_can_be_stopped():
    def stop(share):
        if share > 0.1:
            raise Cancelled()

    with pytest.raises(Cancelled):
        find_duplicates(crowd(), progress=stop)


# --- the columns ----------------------------------------------------------------------------------------


def test_columns_are_understood_by_header_and_by_values():
    frame = crowd().rename(
        columns={"name": "Kunde", "birth_date": "x1", "phone": "x2", "email": "x3", "city": "suburb"}
    )
    frame["x4"] = ["m", "f"] * 150
    frame["cluster"] = range(300)
    assert understand_columns(frame) == {
        "Kunde": "name",
        "x1": "date",
        "x2": "phone",
        "x3": "email",
        "suburb": "city",
        "x4": "sex",
        "cluster": "ignore",
    }


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("fname_c1", "given_name"),
        ("lastName", "surname"),
        ("first_and_surname", "name"),
        ("dob", "birth_date"),
        ("by", "birth_year"),
        ("postcode_fake", "postal_code"),
        ("PLZ", "postal_code"),
        ("birth_place", "word"),
        ("occupation", "word"),
        ("street_number", "street_number"),
        ("manufacturer", "company"),
        ("authors", "set"),
        ("soc_sec_id", "identifier"),
        ("电话", "phone"),
        ("姓名", "name"),
        ("förnamn", "given_name"),
        ("Efternamn", "surname"),
        ("geboortedatum", "birth_date"),
        ("födelseår", "birth_year"),
        ("forsamling", "region"),
        ("nazwisko", "surname"),
        ("Website", "website"),
    ],
)
def test_headers_are_understood(header, meaning):
    from crm_core.cleaning.duplicates.columns import by_header

    assert by_header(header) == meaning


def test_places_are_not_taken_for_people_because_their_names_have_two_words():
    names = ["Golden Dragon", "Blue Lotus", "Old Oak", "Silver Moon"] * 10
    places = pd.DataFrame({"id": range(40), "name": names, "city": ["Bern", "Chur"] * 20, "cuisine": ["thai", "greek"] * 20})
    assert understand_columns(places)["name"] in ("company", "title")
    assert understand_columns(places.rename(columns={"cuisine": "note"}))["name"] == "name"


def test_columns_without_telling_headers_are_understood_by_their_values():
    frame = pd.DataFrame(
        {
            "id": range(40),
            "a": [f"{first} {last} Ltd" for first in ("North", "South", "East", "West") for last in SURNAMES[:10]],
            "b": [f"www.shop{number}.example" for number in range(40)],
            "c": [f"138{number:08d}" for number in range(40)],
            "d": [f"上海市新华街{number}号" for number in range(40)],
            "e": [f"{sign}小{other}" for sign in "王李张刘" for other in "一二三四五六七八九十"],
            "f": GIVEN * 2,
        }
    )
    found = [understand_columns(frame)[column] for column in "abcdef"]
    assert found == ["company", "website", "phone", "address", "name", "given_name"]


# --- weights and the threshold --------------------------------------------------------------------------


def test_the_threshold_is_the_one_that_maximises_the_expected_f1():
    random = np.random.default_rng(3)
    for _ in range(20):
        odds = np.unique(random.beta(0.3, random.choice([0.4, 40.0]), 60))

        def expected(threshold, odds=odds):
            taken = odds >= threshold
            return 2 * odds[taken].sum() / (taken.sum() + odds.sum()) if taken.any() else np.prod(1 - odds)

        assert expected(best_threshold(odds)) == pytest.approx(max(expected(each) for each in [*odds, 1.0]))


def test_the_parts_of_a_pair_sum_to_its_weight():
    found = find_duplicates(
        planted(ADA | {"id": "a"}, ADA | {"id": "b", "name": "Bob Castellan"}, ADA | {"id": "c", "phone": "1"})
    )
    model = json.loads(json.dumps(found.model))
    assert len(found.pairs) >= 3
    for pair in found.pairs.itertuples():
        parts = explain(model, pair.levels)
        assert model["prior"] + sum(part.weight for part in parts) == pytest.approx(pair.weight, abs=0.01)
        assert all(part.weight == 0 for part in parts if part.level == "missing")


def test_the_same_records_give_the_same_answer_in_whatever_order():
    records = planted(ADA | {"id": "a"}, ADA | {"id": "b", "phone": None})
    one, other = find_duplicates(records), find_duplicates(records)
    pd.testing.assert_frame_equal(one.pairs, other.pairs)
    assert one.model == other.model
    assert sure(find_duplicates(records.sample(frac=1, random_state=5))) == sure(one)


def test_rare_names_weigh_more_than_common_ones():
    rows = [
        {"id": f"{name}{number}", "name": name, "city": "Wien", "birth_date": "1980-01-01"}
        for name in ("Mary Morton", "Zuleika Quastel")
        for number in range(2)
    ]
    common = [
        {"id": f"m{number}", "name": "Mary Morton", "birth_date": f"19{50 + number}-02-03"} for number in range(30)
    ]
    weight = find_duplicates(planted(*rows, *common)).pairs.set_index(["id_a", "id_b"]).weight
    assert weight[("Zuleika Quastel0", "Zuleika Quastel1")] > weight[("Mary Morton0", "Mary Morton1")] + 2


def test_what_people_decided_stands_and_moves_the_others():
    records = planted(ADA | {"id": "a"}, ADA | {"id": "b", "phone": None})
    told = pd.DataFrame({"id_a": ["a"], "id_b": ["b"], "same": [False]})
    found = find_duplicates(records, reviews=told)
    assert frozenset("ab") not in sure(found)
    assert found.model["shift"] < 0


# --- new records ----------------------------------------------------------------------------------------


def test_new_records_weigh_as_they_would_among_all():
    records = planted(ADA | {"id": "a"}, ADA | {"id": "b", "name": "Bob Castellan"})
    found = find_duplicates(records)
    new, known = records[records.id == "b"], records[records.id != "b"]
    pairs = match_new(json.loads(json.dumps(found.model)), new, known)
    assert pairs[["id_new", "id"]].to_numpy().tolist() == [["b", "a"]]
    among_all = found.pairs.set_index(["id_a", "id_b"]).weight[("a", "b")]
    assert pairs.weight[0] == pytest.approx(among_all, abs=0.01)


def test_records_prepared_once_serve_many_new_ones():
    records = planted(ADA | {"id": "a"}, ADA | {"id": "b", "phone": None})
    model = find_duplicates(records).model
    known = Known(model, records)
    try:
        for who in ("p3", "p200"):
            again = records[records.id == who].assign(id="new")
            assert match_new(model, again, known).id.tolist() == [who]
    finally:
        known.close()


def test_what_is_known_is_renewed_record_by_record():
    records = planted(ADA | {"id": "a"}, ADA | {"id": "b", "phone": None})
    model = find_duplicates(records).model
    known, new = Known(model, records), records[records.id == "p3"].assign(id="new")
    try:
        moved = records[records.id == "p3"].assign(name="Zoe Quist", birth_date="1911-11-11", phone=None, email=None)
        known.renew(moved)
        assert "p3" not in set(match_new(model, new, known).id)
        known.renew(records[records.id == "p3"])
        assert match_new(model, new, known).id.tolist() == ["p3"]
        known.renew(records[:0], gone=["p3"])
        assert not len(match_new(model, new, known))
    finally:
        known.close()


def test_a_model_of_another_release_is_not_used():
    records = planted(ADA | {"id": "a"}, ADA | {"id": "b", "phone": None})
    old = {key: value for key, value in find_duplicates(records).model.items() if key != "form"}
    with pytest.raises(ModelOfAnotherRelease):
        match_new(old, records[:1], records)


# --- businesses and files of other countries ------------------------------------------------------------


def test_namesakes_with_like_websites_are_several_businesses():
    random = np.random.default_rng(5)
    rows, truth = [], set()
    for number in range(600):
        name = f"{SURNAMES[random.integers(20)]} {['Foods', 'Bank', 'Media', 'Motors'][random.integers(4)]}"
        row = {
            "company_name": f"{name} {['Ltd', 'GmbH', 'Inc'][random.integers(3)]}",
            "street": f"{random.integers(1, 300)} {SURNAMES[random.integers(80)]} Road",
            "city": f"City{chr(65 + random.integers(20))}",
            "zip": f"{random.integers(10_000, 99_999)}",
            "website": f"{name.lower().replace(' ', '')}.{['com', 'de', 'co.uk'][random.integers(3)]}",
            "phone": f"+44 {random.integers(100, 999)} {random.integers(100_000, 999_999)}",
        }
        rows.append(row | {"id": f"b{number}"})
        if number % 3 == 0:
            gone = random.choice(["street", "zip", "phone", "website"])
            rows.append(row | {"id": f"c{number}", "company_name": name.upper(), gone: None})
            truth.add(frozenset((f"b{number}", f"c{number}")))
    assert f1(find_duplicates(pd.DataFrame(rows)), truth) >= 0.95


def test_two_files_with_swedish_headers():
    random = np.random.default_rng(6)
    first, second, truth = [], [], set()
    for number in range(700):
        row = {
            "fornamn": f"{GIVEN[random.integers(20)]} {GIVEN[random.integers(20)]}",
            "efternamn": SURNAMES[random.integers(80)],
            "fodelsear": int(random.integers(1790, 1870)),
            "forsamling": f"Sogn{'abcdefghij'[random.integers(10)]}",
            "yrke": ["bonde", "piga", "smed", "soldat"][random.integers(4)],
        }
        first.append(row | {"id": f"A{number}"})
        if number % 2:
            near = {"fodelsear": row["fodelsear"] + int(random.integers(-1, 2)), "yrke": None}
            second.append(row | near | {"id": f"B{number}", "fornamn": row["fornamn"].split()[0]})
            truth.add(frozenset((f"A{number}", f"B{number}")))
    found = find_duplicates(pd.DataFrame(first), other=pd.DataFrame(second))
    assert f1(found, truth) >= 0.9


# --- data sets ------------------------------------------------------------------------------------------


def f1(found, truth: set[frozenset]) -> float:
    pairs = sure(found)
    return 2 * len(pairs & truth) / (len(pairs) + len(truth))


def pairs_by(ids, keys) -> set[frozenset]:
    return {
        frozenset(pair)
        for _, group in pd.Series(list(ids)).groupby(list(keys))
        for pair in itertools.combinations(group, 2)
    }


def test_febrl_is_found_without_its_social_security_numbers(data_set):
    records = pd.read_csv(data_set("febrl_1_2_3") / "dataset1.csv", skipinitialspace=True, dtype=str)
    records = records.drop(columns="soc_sec_id").rename(columns={"rec_id": "id"})
    truth = pairs_by(records.id, records.id.str.split("-").str[1])
    assert f1(find_duplicates(records), truth) >= 0.995


def test_german_names_with_dates_in_three_columns(data_set):
    records = pd.read_csv(data_set("rldata500") / "RLdata500.csv", dtype=str).rename(columns={"rec_id": "id"})
    assert f1(find_duplicates(records.drop(columns="identity")), pairs_by(records.id, records.identity)) >= 0.97


def test_swapped_and_garbled_people_of_fake_1000(data_set):
    records = pd.read_csv(data_set("splink_fake_1000") / "fake_1000.csv", dtype=str).rename(columns={"unique_id": "id"})
    found = find_duplicates(records.drop(columns="cluster"))
    clusters = pairs_by(found.clusters.id, found.clusters.cluster)
    truth = pairs_by(records.id, records.cluster)
    assert 2 * len(clusters & truth) / (len(clusters) + len(truth)) >= 0.95


def test_categories_alone_tell_nobody_from_anybody():
    people = pd.DataFrame({"id": range(400), "age": ["19-24", "25-34", "35-44", "65+"] * 100,
                           "income": ["Under 15K", "15-24K", "25-34K", "35-49K", "50-74K"] * 80})
    with pytest.raises(NothingToCompare):
        find_duplicates(people)


def test_a_column_that_repeats_another_is_one_piece_of_evidence():
    firms = pd.DataFrame({"id": range(6), "name": ["Alpine Ltd", "Baltic AG", "Nordic", "Apex", "Delta Ltd", "Quantum"]})
    firms["company"], firms["phone"] = firms["name"], [f"+44 20 7946 00{n}{n}" for n in range(6)]
    assert checked(firms, {"name": "name", "company": "company"})["name"] == "ignore"


def test_gaps_in_numbers_are_no_names():
    products = pd.DataFrame({"id": range(40), "name": [f"Sony Turntable PSLX{n}H black" for n in range(40)],
                             "price": [None if n % 3 else float(n) for n in range(40)]})
    assert understand_columns(products)["price"] == "number"


def test_the_benchmark_takes_links_whichever_end_stands_first(tmp_path):
    from benchmarks.duplicates import read_pairs

    (tmp_path / "truth.csv").write_text("id_a,id_b\na1,b1\nb2,a2\na1,a2\n")
    ours, others = pd.DataFrame({"id": ["a1", "a2"]}), pd.DataFrame({"id": ["b1", "b2"]})
    assert read_pairs(tmp_path / "truth.csv", ours, others) == {("a1", "b1"), ("a2", "b2")}
    with pytest.raises(ValueError, match="not there"):
        read_pairs(tmp_path / "truth.csv", ours, None)
