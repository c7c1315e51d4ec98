"""Duplicates by names and long texts: what is found, why, and what is bounded."""
import json

import numpy as np
import pandas as pd
import pytest

from crm_core.cleaning.duplicates import find_duplicates
from crm_core.cleaning.duplicates.text_codes import Codes
from crm_core.cleaning.duplicates.text_groups import join
from crm_core.cleaning.duplicates.texts import explain_texts, match_new_texts, match_texts, review_queue
from crm_core.errors import NoTextToCompare

KINDS = ["camera", "turntable", "receiver", "headphones", "printer", "router", "speaker", "monitor"]
BRANDS = ["Sony", "Bose", "Canon", "Denon", "Yamaha", "Linksys", "Garmin", "Sanus"]
WORDS = ["black", "wireless", "compact", "pro", "digital", "home", "silver", "portable"]


def catalogue(products: int = 120, seed: int = 0):
    """Two shops with the same products, written differently, and 30 that only one of them has."""
    random = np.random.default_rng(seed)
    one, two = [], []
    for number in range(products):
        brand, kind = BRANDS[random.integers(8)], KINDS[random.integers(8)]
        code = f"{''.join(random.choice(list('ABDEFGHKLMNPRSTVX'), 3))}{random.integers(100, 9999)}"
        words = list(random.choice(WORDS, 3, replace=False))
        price = float(random.integers(20, 900))
        one.append((f"a{number}", f"{brand} {' '.join(words)} {kind} - {code}", f"{brand} {kind} {code} with warranty", price))
        two.append((f"b{number}", f"{brand} {code[:2]}-{code[2:]} {kind} {words[1]}", f"{kind} {words[0]}", round(price * 1.02, 2)))
    columns = ["id", "title", "description", "price"]
    return pd.DataFrame(one[:-30], columns=columns), pd.DataFrame(two[30:], columns=columns)


MEANINGS = {"title": "title", "description": "text", "price": "price"}
TRUE = {(f"a{number}", f"b{number}") for number in range(30, 90)}


def f1(found, truth) -> float:
    sure = found.pairs[found.pairs.probability >= found.threshold]
    said = set(zip(sure.id_a, sure.id_b, strict=True))
    right = sum((one, two) in truth or (two, one) in truth for one, two in said)
    return 2 * right / (len(said) + len(truth))


def pairs_of(records, entity) -> set:
    both = records[["id"]].assign(entity=entity)
    both = both.merge(both, on="entity")
    return set(both[both.id_x < both.id_y][["id_x", "id_y"]].itertuples(index=False, name=None))


def companies(seed: int = 0):
    """Thirty companies, each under several spellings, beside seventy that stand alone; with the cities they sit in."""
    random = np.random.default_rng(seed)
    sounds = ["ba", "ke", "lo", "mi", "nu", "ra", "so", "ti", "ve", "zo", "dra", "fle", "gri", "plo", "stu"]
    rows = []
    for entity in range(100):
        name = f"{''.join(random.choice(sounds, 4)).title()} {['Trading', 'Foods', 'Motors', 'Steel'][random.integers(4)]}"
        city = f"city {random.integers(12)}"
        typo = name[:3] + name[4:]
        for writing in ([f"{name} Inc", f"{name.upper()} LTD.", f"{typo} Ltd", f"{name} {city.title()}"] if entity < 30 else [name]):
            rows += [(entity, writing, city)]
    records = pd.DataFrame(rows, columns=["entity", "name", "city"]).sample(frac=1, random_state=seed, ignore_index=True)
    records["id"] = range(len(records))
    return records


COMPANY = {"name": "company", "city": "city"}


# --- two files ----------------------------------------------------------------------------------------------


def test_products_of_two_shops_find_each_other_by_words_and_model_numbers():
    one, two = catalogue()
    found = match_texts(one, MEANINGS, other=two)
    assert found.model["kind"] == "partners"
    assert f1(found, TRUE) > 0.95


def test_where_each_file_names_a_thing_once_everyone_has_one_partner_at_most():
    one, two = catalogue()
    found = match_texts(one, MEANINGS, other=two)
    sure = found.pairs[found.pairs.probability >= found.threshold]
    assert not sure.id_a.duplicated().any() and not sure.id_b.duplicated().any()
    assert set(sure.id_a) <= set(one.id) and set(sure.id_b) <= set(two.id)


def test_a_file_that_names_things_twice_is_noticed_and_both_are_found():
    one, two = catalogue()
    again = two.assign(id=[f"c{name}" for name in two.id], title=[title + " new" for title in two.title])
    found = match_texts(one, MEANINGS, other=pd.concat([two, again], ignore_index=True))
    assert found.model["kind"] == "groups"
    truth = TRUE | {(a, f"c{b}") for a, b in TRUE}
    assert f1(found, truth) > 0.85


def test_decisions_of_people_raise_f1_and_stand():
    one, two = catalogue(seed=4)
    two["title"] = [" ".join(word for word in title.split() if "-" not in word) for title in two.title]  # without numbers
    before = match_texts(one, MEANINGS, other=two)
    asked = review_queue(before, 30)
    reviews = asked[["id_a", "id_b"]].assign(same=[(a, b) in TRUE for a, b in zip(asked.id_a, asked.id_b, strict=True)])
    after = match_texts(one, MEANINGS, other=two, reviews=reviews)
    assert f1(after, TRUE) > f1(before, TRUE)
    probability = after.pairs.set_index(["id_a", "id_b"]).probability
    for a, b, same in reviews.itertuples(index=False):
        assert (probability.get((a, b), 0) >= after.threshold) == same
    assert not set(zip(reviews.id_a, reviews.id_b, strict=True)) & set(
        review_queue(after, 50, reviews)[["id_a", "id_b"]].itertuples(index=False, name=None))


# --- one file -----------------------------------------------------------------------------------------------


def test_model_numbers_are_read_however_they_are_set_and_tell_variants_apart():
    titles = ["Sony DSC-W120 Camera, Pink", "Sony Cyber-shot DSCW120", "Sony Cyber-shot DSC W110 DSCW110", "Sony DSCW120P", "Red case"]
    seen = Codes(pd.Series(titles))
    assert seen.levels(np.zeros(4, int), np.arange(1, 5)).tolist() == [3, 0, 2, -1]
    assert not Codes(pd.Series(["Akzo Nobel N.V.", "Shell Research", "3M"])).useful


def test_spellings_of_one_company_are_one_and_companies_that_share_a_word_are_not():
    records = companies()
    found = match_texts(records, COMPANY)
    truth = pairs_of(records, records.entity)
    sure = found.pairs[found.pairs.probability >= found.threshold]
    said = set(zip(sure.id_a, sure.id_b, strict=True))
    assert len(said & truth) > 0.8 * len(said)  # the city stands in some of the names too: not all can be told apart
    assert f1(found, truth) > 0.8


def test_names_alone_that_meet_by_chance_are_not_taken_for_the_same():
    random = np.random.default_rng(0)
    first, last = (np.array([f"{sound}{end}" for sound in sounds for end in ("a", "o", "is", "en", "ur")])
                   for sounds in (["mar", "pet", "jul", "tom"], ["ham", "bern", "lor", "wick", "stol", "grun", "pal", "ros"]))
    people = [f"{random.choice(first)} {random.choice(last)}" for _ in range(1500)]
    found = match_texts(pd.DataFrame({"id": range(1500), "name": people}), {"name": "name"})
    equal = pd.Series(people).value_counts()
    assert (found.pairs.probability >= found.threshold).sum() < 0.05 * (equal * (equal - 1) / 2).sum()


def test_companies_in_chinese_signs_find_each_other_across_widths_forms_and_traditional_signs():
    records = pd.DataFrame({"id": range(6), "name": [
        "華為技術有限公司", "华为技术有限公司", "华为技术股份有限公司", "ＡＢＣ科技有限公司", "ABC科技", "南京银行股份有限公司"]})
    found = match_texts(records, {"name": "company"})
    clusters = dict(zip(found.clusters.id, found.clusters.cluster, strict=True))
    assert clusters == {0: 0, 1: 0, 2: 0, 3: 3, 4: 3}


def test_a_chain_of_neighbours_does_not_swallow_everyone():
    # 0–1–2 are sure of each other, so are 3–4–5; one single link between 2 and 3.
    links = [(0, 1, 0.95), (0, 2, 0.95), (1, 2, 0.95), (3, 4, 0.95), (3, 5, 0.95), (4, 5, 0.95), (2, 3, 0.9)]
    a, b, chance = (np.array(side) for side in zip(*links, strict=True))
    joined = join(6, a, b, chance)
    met = {(one, two): chance for one, two, chance in zip(joined.a.tolist(), joined.b.tolist(), joined.chance, strict=True)}
    assert met[0, 2] == pytest.approx(0.95)
    assert met[2, 3] == pytest.approx(0.1)  # the mean of nine pairs, of which one looks alike


def test_an_answer_of_people_joins_or_parts_whole_groups():
    links = [(0, 1, 0.95), (2, 3, 0.95), (0, 2, 0.5), (0, 3, 0.5), (1, 2, 0.5), (1, 3, 0.5)]
    a, b, chance = (np.array(side) for side in zip(*links, strict=True))

    def met(known):
        joined = join(4, a, b, chance, known)
        return dict(zip(zip(joined.a.tolist(), joined.b.tolist(), strict=True), joined.chance, strict=True))[1, 3]

    assert met({}) == pytest.approx(0.5)
    assert met({(0, 2): 1.0}) == pytest.approx(0.6)
    assert met({(0, 2): 0.0}) == pytest.approx(0.4)


def test_the_clusters_are_the_pairs_from_the_threshold_on_closed():
    records = companies()
    found = match_texts(records, COMPANY)
    cluster = dict(zip(found.clusters.id, found.clusters.cluster, strict=True))
    sure = found.pairs[found.pairs.probability >= found.threshold]
    assert all(cluster[a] == cluster[b] for a, b in zip(sure.id_a, sure.id_b, strict=True))
    sizes = found.clusters.groupby("cluster").size()
    assert (sizes * (sizes - 1) // 2).sum() == len(sure)
    assert all(cluster[first] == first for first in sizes.index)


# --- the threshold, the explanation, new records ------------------------------------------------------------


def test_the_threshold_maximises_expected_f1():
    one, two = catalogue(seed=2)
    found = match_texts(one, MEANINGS, other=two)
    sure = np.sort(found.pairs.probability.to_numpy())[::-1]

    def expected(threshold: float) -> float:
        taken = sure[sure >= threshold]
        return 2 * taken.sum() / (len(taken) + sure.sum()) if len(taken) else 0.0

    assert expected(found.threshold) >= max(expected(threshold) for threshold in np.arange(0.3, 1, 0.01)) - 0.002


@pytest.mark.parametrize("kind", ["partners", "groups"])
def test_the_parts_of_an_explanation_add_up_to_the_weight(kind):
    one, two = catalogue()
    found = match_texts(one, MEANINGS, other=two) if kind == "partners" else match_texts(companies(), COMPANY)
    assert found.model["kind"] == kind
    model = json.loads(json.dumps(found.model))
    for pair in found.pairs.itertuples():
        parts = explain_texts(model, pair.levels)
        assert model["prior"] + sum(part.weight for part in parts) == pytest.approx(pair.weight, abs=1e-6)
        assert pair.probability == pytest.approx(1 / (1 + 2 ** -pair.weight), abs=0.001)
        assert parts[0].comparison == "text" and parts[0].level in {"exact", "close", "similar", "different"}


def test_what_is_missing_says_nothing():
    one, two = catalogue()
    one["price"] = one.price.where(one.index % 2 == 0)
    found = match_texts(one, MEANINGS, other=two)
    levels = [part for pair in found.pairs.itertuples() for part in explain_texts(found.model, pair.levels) if part.comparison == "price"]
    missing = [part.weight for part in levels if part.level == "missing"]
    assert missing and set(missing) == {0.0}


def test_new_records_find_their_partners_without_starting_over():
    one, two = catalogue()
    found = match_texts(one, MEANINGS, other=two)
    new = match_new_texts(found.model, two.iloc[:20], one)
    sure = new[new.probability >= found.threshold]
    assert set(zip(sure.id_b, sure.id_a, strict=True)) == {(f"a{n}", f"b{n}") for n in range(30, 50)}

    records = companies()
    learned = match_texts(records, COMPANY)
    known = records[records.entity == 3]
    arrived = known.iloc[:1].assign(id=999, name=known.name.iloc[0].lower())
    told = match_new_texts(learned.model, arrived, records)
    assert set(told[told.probability >= learned.threshold].id_b) >= set(known.id[known.name.str.lower() == arrived.name.iloc[0]])


def test_the_same_data_give_the_same_answer():
    records = companies()
    one, two = match_texts(records, COMPANY, seed=3), match_texts(records, COMPANY, seed=3)
    pd.testing.assert_frame_equal(one.pairs, two.pairs)
    assert (one.threshold, one.model) == (two.threshold, two.model)


# --- bad input ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("records", [[], ["Sony Camera"]])
def test_nothing_to_compare_with_is_an_empty_answer(records):
    found = match_texts(pd.DataFrame({"id": range(len(records)), "title": pd.Series(records, dtype=object)}), {"title": "title"})
    assert len(found.pairs) == 0 and len(found.clusters) == 0


def test_an_empty_second_file_is_an_empty_answer():
    one, two = catalogue()
    assert len(match_texts(one, MEANINGS, other=two.iloc[:0]).pairs) == 0


@pytest.mark.parametrize("columns", [{"title": "title"}, {}, {"gone": "title"}])
def test_columns_without_a_word_are_said(columns):
    with pytest.raises(NoTextToCompare):
        match_texts(pd.DataFrame({"id": [1, 2, 3], "title": [None, "", "***"]}), columns)


def test_two_records_are_enough():
    found = match_texts(pd.DataFrame({"id": [7, 3], "name": ["Akzo Nobel N.V.", "AKZO NOBEL"]}), {"name": "company"})
    assert found.clusters.to_dict("records") == [{"id": 3, "cluster": 3}, {"id": 7, "cluster": 3}]


def test_thousands_that_look_alike_are_bounded_and_said():
    random = np.random.default_rng(0)
    records = pd.DataFrame({"id": range(6000), "name": ["Customer of the general store"] * 3000 + [
        f"Customer of the general store {number}" for number in random.integers(0, 50, 3000)]})
    found = match_texts(records, {"name": "name"})
    assert len(found.pairs) <= 1_000_000
    assert "duplicates.note.texts_pairs_bounded" in [key for key, _ in found.notes]


# --- data sets ----------------------------------------------------------------------------------------------


def shops(data_set):
    folder = data_set("abt_buy")
    one, two = (pd.read_csv(folder / f"{name}.csv", sep="|", dtype=str) for name in ("abt", "buy"))
    truth = pd.read_csv(folder / "gt.csv", sep="|")
    one["id"], two["id"] = "a" + one.id, "b" + two.id
    return one, two, {(f"a{a}", f"b{b}") for a, b in truth.itertuples(index=False)}


def test_abt_and_buy_without_labels_and_with_two_hundred_answers(data_set):
    one, two, truth = shops(data_set)
    meanings = {"name": "title", "description": "text", "price": "price"}
    found = match_texts(one, meanings, other=two)
    assert f1(found, truth) >= 0.94
    asked = review_queue(found, 200)
    reviews = asked[["id_a", "id_b"]].assign(same=[pair in truth for pair in zip(asked.id_a, asked.id_b, strict=True)])
    assert f1(match_texts(one, meanings, other=two, reviews=reviews), truth) >= 0.96


def test_names_of_patent_applicants_without_labels(data_set):
    folder = data_set("patstat_names")
    records = pd.read_csv(folder / "patstat_input.csv").rename(columns={"person_id": "id"})
    entity = pd.read_csv(folder / "patstat_reference.csv").set_index("person_id").leuven_id.reindex(records.id).to_numpy()
    truth = pairs_of(records, entity)
    found = find_duplicates(records)
    assert f1(found, truth) >= 0.93

    asked = review_queue(found, 40)
    same = pd.Series(entity, index=records.id)
    reviews = asked[["id_a", "id_b"]].assign(same=same[asked.id_a].to_numpy() == same[asked.id_b].to_numpy())
    assert f1(find_duplicates(records, reviews=reviews), truth) >= 0.95  # what people say truly makes nothing worse

    some = np.sort(np.random.default_rng(1).choice(len(records), int(0.95 * len(records)), replace=False))
    fewer = records.iloc[some][["id", "Name", "Class", "Coauthor", "Lng", "Lat"]].astype(str)
    assert f1(find_duplicates(fewer), pairs_of(fewer, entity[some])) >= 0.9  # places as text, other columns first


def test_products_of_two_shops_in_one_table_find_each_other(data_set):
    one, two, truth = shops(data_set)
    assert f1(find_duplicates(pd.concat([one, two], ignore_index=True)), truth) >= 0.85
