"""Which words tell, which differ, which belong together, on a few messages in sight."""
import numpy as np
import pandas as pd
import pytest

from crm_core.text_mining import Dictionary, corpus
from crm_core.text_mining.keywords import false_discovery, keyness, keywords, over_time, terms
from crm_core.text_mining.overview import figures, newest
from crm_core.text_mining.phrases import MEASURES, collocations, pairs


def read(*texts, own=Dictionary(), **columns):  # noqa: B008
    return corpus(pd.DataFrame({"text": list(texts), **columns}), own)


@pytest.fixture(scope="module")
def shop():
    """60 messages: parcels in both halves, moths in the second only, refunds in Chinese throughout."""
    texts = [f"The parcel {number} came on time" for number in range(20)] + ["退款还没到"] * 10
    texts += [f"The parcel {number} has moths" if number < 12 else f"The parcel {number} came" for number in range(20)]
    return read(*texts, *["退款还没到"] * 10)


def second_half(count):
    return np.arange(count) >= count // 2


def test_a_word_in_every_message_weighs_less_than_its_number():
    found = keywords(terms(read("tea late", "tea broken", "tea cold", "coffee late")))
    told = found.set_index("term")
    assert list(told.messages[["tea", "late", "coffee"]]) == [3, 2, 1]
    assert told.weight["tea"] < 1.5 * told.weight["late"] and told.share["tea"] == 0.75


def test_a_long_message_weighs_no_more_than_a_short_one():
    told = keywords(terms(read("mug " * 50, "jug", "jug"))).set_index("term")
    assert told.weight["jug"] > told.weight["mug"] and told["count"]["mug"] == 50


def test_stems_and_synonyms_are_one_term_told_as_it_is_written_most_often():
    own = Dictionary(synonyms=(("pkg", "parcel"),))
    told = keywords(terms(read("parcels late", "parcels lost", "parcel here", "pkg there", own=own))).set_index("term")
    assert told.messages["parcels"] == 4 and "pkg" not in told.index


def test_a_word_that_only_stands_in_a_phrase_gives_way_to_it():
    told = keywords(terms(read(*["green tea please"] * 4, *["green tea and black tea"] * 4, "tea")))
    assert "green tea" in set(told.term) and "green" not in set(told.term) and "tea" in set(told.term)


def test_what_is_new_is_found_and_what_stays_is_not(shop):
    here = second_half(len(shop))
    told = keyness(terms(shop), here, ~here).set_index("term")
    moths = told.loc["moths"]
    assert (moths.here, moths.there) == (12, 0) and moths.q < 0.01 and moths.log_ratio > 3
    assert told.q["parcel"] > 0.5 and told.q.get("退款", 1.0) > 0.5


def test_where_more_chinese_is_written_not_every_chinese_word_is_news():
    before, after = ["late parcel"] * 40 + ["退款 谢谢"] * 10, ["late parcel"] * 10 + ["退款 谢谢"] * 40
    found = terms(read(*before, *after))
    here = second_half(100)
    told = keyness(found, here, ~here)
    assert {"late", "退款"} & set(told.term) or {"late parcel"} & set(told.term)
    assert (told.q > 0.5).all() and (told.share_here == 1).all()


def test_words_dealt_out_blindly_are_seldom_findings():
    """Fifty deals of 400 messages with 60 words: the share of deals with any finding keeps to the promised rate."""
    draw = np.random.default_rng(0)
    vocabulary = [f"{first}{second}word" for first in "abcdefgh" for second in "klmnopqr"][:60]
    chances = np.linspace(0.01, 0.2, 60)
    found = terms(read(*[" . ".join(word for word, there in zip(vocabulary, draw.random(60) < chances, strict=True)
                                    if there) or "." for _ in range(400)]))
    wrong = 0
    for _ in range(50):
        here = draw.random(400) < 0.3
        wrong += bool((keyness(found, here, ~here).q <= 0.05).any())
    assert wrong <= 5


def test_the_likelihood_is_dunnings_own():
    """10 of 100 against 2 of 100: 2 Σ observed ln(observed / expected) over the four cells."""
    texts = ["mug here"] * 10 + ["jug here"] * 90 + ["mug here"] * 2 + ["jug here"] * 98
    here = np.arange(200) < 100
    told = keyness(terms(read(*texts), most_phrases=0), here, ~here).set_index("term")
    by_hand = 2 * (10 * np.log(10 / 6) + 2 * np.log(2 / 6) + 90 * np.log(90 / 94) + 98 * np.log(98 / 94))
    assert told.likelihood["mug"] == pytest.approx(by_hand)


def test_false_discovery_follows_benjamini_and_hochberg():
    assert false_discovery(np.array([0.04, 0.01, 0.03])) == pytest.approx([0.04, 0.03, 0.04])


def test_months_without_a_message_are_gaps():
    told = over_time(np.array([True, False, True]), pd.Series(pd.to_datetime(["2026-01-03", "2026-01-20", "2026-03-01"])))
    assert list(told.messages) == [2, 0, 1] and list(told.having) == [1, 0, 1]
    assert told.share[0] == 0.5 and np.isnan(told.share[1])


@pytest.mark.parametrize("measure", MEASURES)
def test_words_that_belong_together_come_first_by_every_measure(measure):
    texts = ["customer service slow", "customer service rude", "customer service fine", "slow tea", "tea rude", "fine tea",
             "slow customer", "fine service", "客服态度很差", "客服态度一般", "客服态度不错"]
    told = collocations(read(*texts), measure)
    assert set(told.phrase[:2]) == {"customer service", "客服态度"}
    assert list(told["count"][:2]) == [3, 3]


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_of_a_pair_is_nltks(measure):
    from nltk.metrics import BigramAssocMeasures

    told = collocations(read(*["slow tea"] * 4, "slow parcel", "green tea", *["parcel late"] * 3, "late"), measure)
    by_hand = getattr(BigramAssocMeasures, measure)
    assert dict(zip(told.phrase, told.score, strict=True)) == pytest.approx({
        "slow tea": by_hand(4, (5, 5), 19), "parcel late": by_hand(3, (4, 4), 19)})


def test_nothing_stands_between_two_neighbours():
    tokens = read("late, parcel", "late parcel", "late for parcel", "late", "parcel").tokens
    assert list(pairs(tokens).texts) == [1]


def test_two_messages_have_no_phrases():
    assert len(collocations(read("tea", "late tea"))) == 0 and not terms(read("😡", "12")).names.size


def test_the_figures_count_what_says_the_same_and_what_is_not_read():
    told = read("Tea was late", "Tea was late", "茶到得晚", "Чай опоздал", "😡", source=["service_requests"] * 5,
                customer_id=[1, 1, 2, 3, None])
    found = figures(told)
    assert (found.messages, found.customers, found.repeated, found.unread, found.wordless) == (5, 3, 1, 1, 1)


def test_the_newest_days_end_with_the_day_asked_for():
    when = pd.Series(pd.to_datetime(["2026-02-27 23:59", "2026-02-28 00:00", "2026-03-01 10:00"]))
    assert list(newest(when, "2026-03-01", 2)) == [False, True, True]
