"""Texts cut into words."""
import numpy as np
import pytest

from crm_core.text_mining import Dictionary, tokenise
from crm_core.text_mining.cleaning import clean, simplified
from crm_core.text_mining.tokens import EMOJI, LINK, NUMBER, PUNCTUATION, WORD_EN, WORD_OTHER, WORD_ZH


def words(text: str, own: Dictionary = Dictionary()) -> list[str]:  # noqa: B008
    tokens = tokenise([clean(text)], own)
    return tokens.terms[tokens.ids].tolist()


@pytest.mark.parametrize("text, terms", [
    ("Tea was late 😡", ["tea", "was", "late", "😡"]),
    ("I don’t like it, it's on-time", ["i", "don't", "like", "it", ",", "it's", "on", "-", "time"]),
    ("T恤质量好.退货", ["t恤", "质量", "好", ".", "退货"]),
    ("café l'hôtel привет", ["café", "l'hôtel", "привет"]),
    ("1,234.50 for iPhone15, 2 days", ["1,234.50", "for", "iphone15", ",", "2", "days"]),
    ("👍🏽❤️ 👨‍👩‍👧", ["👍🏽", "❤️", "👨‍👩‍👧"]),
    ("http://t.cn/aB?x=1很好, www.a.com, me.you@x.org.",
     ["http://t.cn/ab?x=1", "很", "好", ",", "www.a.com", ",", "me.you@x.org", "."]),
    ("'quoted' @you #late", ["'", "quoted", "'", "@you", "#", "late"]),
    ("สวัสดี नमस्ते مرحبا 안녕하세요", ["สวัสดี", "नमस्ते", "مرحبا", "안녕하세요"]),
])
def test_a_text_falls_into_words_of_its_languages(text, terms):
    assert words(text) == terms


def test_each_term_says_what_it_is():
    tokens = tokenise(["late 晚 café 12 ! 😡 www.a.com"])
    assert tokens.kinds[tokens.ids].tolist() == [WORD_EN, WORD_ZH, WORD_OTHER, NUMBER, PUNCTUATION, EMOJI, LINK]


def test_nothing_of_a_text_is_lost_and_each_text_has_its_own_words(data_set):
    import gzip

    with gzip.open(data_set("airline_tweets") / "Tweets.csv.gz", "rt", encoding="utf-8") as file:
        texts = [clean(line) for line in file.read().splitlines()[:800]]
    texts += ["", "😀", "好" * 3_000, "ﬁne\u200f naïve", "a_b c__d"]
    tokens = tokenise(texts)
    for place, text in enumerate(texts):
        found = "".join(tokens.terms[tokens.ids[tokens.starts[place]:tokens.starts[place + 1]]]).replace("’", "'")
        assert found == "".join(text.lower().replace("’", "'").split()), text


def test_texts_cut_together_are_cut_as_each_alone(monkeypatch):
    texts = ["茶到得晚", "", "don't stop", "1,2", "end"]
    monkeypatch.setattr("crm_core.text_mining.tokens._AT_ONCE", 6)
    tokens = tokenise(texts)
    assert [tokens.terms[tokens.take(np.array([row])).ids].tolist() for row in range(5)] == [words(t) for t in texts]


def test_own_words_are_cut_as_one_and_synonyms_count_as_their_meaning():
    own = Dictionary(keep=frozenset(["云朵杯"]), synonyms=(("mug", "cup"),))
    assert words("这款云朵杯好", own) == ["这", "款", "云朵杯", "好"] and "云朵杯" not in words("这款云朵杯好")
    tokens = tokenise(["mug cup cups"], own)
    assert set(tokens.terms[tokens.folded[tokens.ids]]) == {"cup"}


def test_stop_words_are_not_counted_unless_the_team_keeps_them():
    texts = ["the tea is not late"]
    counted = tokenise(texts)
    assert counted.terms[counted.counted].tolist() == ["tea", "late"]
    kept = tokenise(texts, Dictionary(stop=frozenset(["tea"]), keep=frozenset(["not"])))
    assert kept.terms[kept.counted].tolist() == ["not", "late"]


def test_no_text_at_all_has_no_words():
    assert len(tokenise([])) == 0 and tokenise(["", ""]).counts().shape == (2, 0)


def test_traditional_signs_are_counted_as_simplified_ones_and_stand_where_they_stood():
    text = "這個產品質量很好,客服態度差"
    assert words(text) == words("这个产品质量很好,客服态度差")
    place = simplified(text).index("态度")
    assert text[place:place + 2] == "態度" and simplified("plain") == "plain"
