"""Values that are probably one: keys as OpenRefine documents them, neighbours, Chinese names; the steps that replay it."""
import random

import pandas as pd
import pytest

from crm_core.cleaning.value_clusters import (
    METHODS,
    allowed_distance,
    cluster_values,
    cologne,
    distance,
    facet,
    fingerprint,
    ngram_fingerprint,
    sound,
    swapped,
)
from tests.stepping import after, table_after, told, words


def clusters(method: str, **counts) -> list[tuple]:
    """value=count → the clusters, each as (what is proposed, the others …)."""
    return clusters_of(method, counts)


def clusters_of(method: str, counts: dict) -> list[tuple]:
    found = cluster_values(pd.DataFrame(list(counts.items()), columns=["value", "count"]), method)
    return [(group["proposed"].iloc[0], *(value for value in group["value"] if value != group["proposed"].iloc[0]))
            for _, group in found.groupby("cluster")]


# --- keys -----------------------------------------------------------------------------------------

# The worked example of Text::Fingerprint on CPAN, which does what OpenRefine does.
PORTUGUESE = "\nÀ noite, vovô Kowalsky vê o ímã cair no pé do pingüim\nqueixoso e vovó põe açúcar no chá de tâmaras do jabuti feliz.\n"


def test_the_fingerprint_is_openrefines():
    assert fingerprint(PORTUGUESE) == ("a acucar cair cha de do e feliz ima jabuti kowalsky no noite o pe pinguim poe queixoso tamaras "
                                       "ve vovo")
    # The documentation's own: New York and new york, Gödel and Godel; and words in another order.
    assert fingerprint(" New York") == fingerprint("new york.") == fingerprint("York, New") == "new york"
    assert fingerprint("Gödel") == fingerprint("Godel") == "godel"
    assert fingerprint("Tom Cruise") == fingerprint("Cruise, Tom") == fingerprint("Tom Tom Cruise") == "cruise tom"


def test_the_ngram_fingerprint_is_openrefines():
    assert ngram_fingerprint(PORTUGUESE) == ("abacadaialamanarasbucachcudedoeaedeieleoetevfeguhaifiminiritixizjakokylilsmamqngnoocoeoiojokop"
                                             "osovowpepipoqurarnsdsksotatetiucueuiutvevowaxoyv")
    # The documentation's own: Paris, and Krzysztof with his misspellings.
    assert ngram_fingerprint("Paris", 2) == "arispari" and ngram_fingerprint("Paris", 1) == "aiprs"
    assert len({ngram_fingerprint(name, 1) for name in ("Krzysztof", "Kryzysztof", "Krzystof")}) == 1


@pytest.mark.parametrize(("word", "code"), [  # worked examples of Postel's and of the German Wikipedia
    ("mullerludenscheidt", "65752682"), ("wikipedia", "3412"), ("breschnew", "17863"), ("heithabu", "021"), ("bergisch", "174 8".replace(" ", ""))])
def test_the_sound_is_the_cologne_phonetics(word, code):
    assert cologne(word) == code


def test_names_that_sound_alike_have_one_key():
    assert sound("Meyer") == sound("Maier") == sound("Meier") and sound("Schmidt") == sound("Schmitt")
    assert sound("王小明") == sound("王曉明") == sound("Wang Xiaoming", True) == sound("Xiao-Ming Wang", True) == "ming wang xiao"
    assert sound("Meyer") != sound("Schmidt")


# --- clusters -------------------------------------------------------------------------------------


def test_values_with_one_fingerprint_are_one_and_the_frequent_one_is_proposed():
    found = cluster_values(pd.DataFrame({"value": ["New York", "new york", "York, New", "Boston", None, " "], "count": [900, 30, 2, 400, 7, 8]}))
    assert found.values.tolist() == [[1, "New York", 900, "New York"], [1, "new york", 30, "New York"], [1, "York, New", 2, "New York"]]


def test_of_equally_frequent_values_the_better_written_one_is_proposed():
    assert clusters_of("fingerprint", {"ACME": 5, "acme": 5, "Acme": 5}) == [("Acme", "ACME", "acme")]


def test_traditional_and_wide_signs_are_the_same_for_finding_only():
    assert clusters_of("fingerprint", {"北京大学": 9, "北京大學": 2, "ＡＣＭＥ": 3, "acme": 1, "清华大学": 5}) == [("北京大学", "北京大學"), ("ＡＣＭＥ", "acme")]


def test_chinese_names_are_found_by_their_sound_in_either_order():
    assert clusters_of("sound", {"王小明": 5, "Wang Xiaoming": 2, "Xiaoming WANG": 1, "李雷": 3}) == [("王小明", "Wang Xiaoming", "Xiaoming WANG")]


def test_companies_are_found_whatever_their_legal_form():
    assert clusters_of("company", {"华为技术有限公司": 9, "華為技術有限公司": 1, "Acme Inc": 2, "ACME, Ltd.": 1, "Foo GmbH": 1}) == [
        ("华为技术有限公司", "華為技術有限公司"), ("Acme Inc", "ACME, Ltd.")]


def test_neighbours_are_found_round_the_frequent_value_and_short_ones_never():
    counts = {"Philadelphia": 90, "Philadelpia": 3, "Phildelphia": 1, "Boston": 5, "Bostom": 1, "Li": 4, "Lu": 4, "王明": 3, "王民": 3}
    assert clusters_of("nearest", counts) == [("Philadelphia", "Philadelpia", "Phildelphia"), ("Boston", "Bostom")]


def test_neighbours_do_not_grow_by_a_chain():
    """abcdefgh … each next one is two letters further: only what is near the frequent value joins it."""
    counts = {"abcdefgh": 10, "abcdefxy": 5, "abcdwzxy": 4, "abqvwzxy": 3}
    assert clusters_of("nearest", counts) == [("abcdefgh", "abcdefxy"), ("abcdwzxy", "abqvwzxy")]


def test_neighbours_are_those_that_comparing_all_with_all_would_find():
    draw = random.Random(7)
    texts = {"".join(draw.choice("abcd") for _ in range(draw.randint(3, 17))) for _ in range(400)}
    texts |= {text[:place] + draw.choice("abcd") + text[place + draw.randint(0, 2):] for text in list(texts) for place in (draw.randint(0, len(text)),)}
    from crm_core.cleaning.value_clusters import _neighbours

    near, left_out = _neighbours(sorted(texts))
    asked = {frozenset((a, b)) for a in texts for b in texts if a < b
             and (distance(a, b, allowed_distance(min(len(a), len(b)), False)) is not None or len(a) > 3 and swapped(a, b))}
    assert {frozenset((a, b)) for a, others in near.items() for b in others} == asked and len(asked) > 300 and left_out == 0


@pytest.mark.parametrize(("a", "b", "limit", "letters"), [
    ("kitten", "sitting", 3, 3), ("kitten", "sitting", 2, None), ("abcd", "abdc", 2, 2), ("same", "same", 0, 0), ("", "ab", 2, 2)])
def test_the_distance_counts_letters_put_in_taken_out_and_changed(a, b, limit, letters):
    assert distance(a, b, limit) == letters


def test_swapped_letters_are_one_slip():
    assert swapped("berlin", "belrin") and not swapped("berlin", "berlin") and not swapped("berlin", "nerlib")
    assert clusters_of("nearest", {"Berlin": 9, "Belrin": 1}) == [("Berlin", "Belrin")]


def test_nothing_alike_is_no_cluster():
    for method in METHODS:
        assert clusters(method, Boston=3, Philadelphia=2) == []


# --- facet and steps ------------------------------------------------------------------------------


def test_a_facet_counts_the_values_and_can_be_searched(store):
    with store.look() as look:
        look.stage("given", pd.DataFrame({"city": ["Berlin", "Berlin", "Bern", None]}))
        assert facet(look, "given", "city").values.tolist() == [["Berlin", 2], ["Bern", 1], [None, 1]]
        assert facet(look, "given", "city", limit=1).values.tolist() == [["Berlin", 2]]
        assert facet(look, "given", "city", text="bern").values.tolist() == [["Bern", 1]]


def test_chosen_replacements_are_replayed_exactly(store):
    values = {"NYC": "New York", "new york": "New York"}
    assert after(store, ["NYC", "new york", "New  York", None], "cluster_values", column="text", values=values) == ["New York", "New York", "New  York", None]


def test_by_a_method_the_clusters_are_found_anew_each_time(store):
    texts = ["New York", "New York", "new york", "York, New", "Boston"]
    frame, tried = table_after(store, {"text": texts}, "cluster_by_method", column="text", cluster_method="fingerprint")
    assert frame["text"].tolist() == ["New York"] * 4 + ["Boston"] and told(tried) == {"clusters_found": {"count": 1}}
    assert after(store, ["Oslo", "OSLO", "OSLO", "Boston"], "cluster_by_method", column="text") == ["OSLO", "OSLO", "OSLO", "Boston"]


@pytest.mark.parametrize("method", METHODS)
def test_merging_by_a_method_twice_is_once(store, method):
    draw = random.Random(23)
    pieces = words("New York new york. YORK Boston Bostom Philadelphia Philadelpia 北京大学 北京大學 王小明 Wang Xiaoming Acme Inc ACME Ltd. GmbH")
    texts = [" ".join(draw.choice(pieces) for _ in range(draw.randint(1, 3))) for _ in range(300)]
    once = after(store, texts, "cluster_by_method", column="text", cluster_method=method)
    assert after(store, once, "cluster_by_method", column="text", cluster_method=method) == once
