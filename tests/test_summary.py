"""Summaries: any length, both languages, sentences that are there, nothing twice."""
import json

import pandas as pd
import pytest

from benchmarks.text import main
from crm_core.errors import NothingToSum, SummaryTooShort
from crm_core.text_mining.cleaning import clean
from crm_core.text_mining.summary import summarise

REVIEWS = ["The room was clean. Breakfast was cold.", "A clean room and a friendly desk!", "Cold breakfast, clean room.",
           "We took the tram to the harbour on Sunday.", "The room was very clean and quiet."]
CHINESE = ["房间很干净。早餐是凉的。", "房间干净，前台热情！", "我们周日坐电车去了港口。", "房间非常干净安静。"]


def test_what_many_say_comes_first_and_every_sentence_leads_to_its_text():
    found = summarise(REVIEWS, 1)
    assert [sentence.text for sentence in found.sentences] == ["Cold breakfast, clean room."]
    two = summarise(REVIEWS, 2)
    assert len(two.sentences) == 2 and not two.whole and two.of_sentences == 6
    for sentence in two.sentences:
        assert clean(REVIEWS[sentence.row])[sentence.start:sentence.end] == sentence.text


def test_nothing_is_said_twice():
    found = summarise(["The lid was broken."] * 5 + ["the lid was BROKEN.", "Delivery took three weeks in the end."], 2)
    assert found.text == "The lid was broken. Delivery took three weeks in the end." and found.whole


def test_chinese_is_summed_up_and_joined_without_blanks():
    assert "干净" in summarise(CHINESE, 1).text
    assert summarise(["房间很干净。早餐是凉的。"], 9).text == "房间很干净。早餐是凉的。"


def test_both_languages_have_their_share():
    found = summarise([*REVIEWS * 3, *CHINESE], 4)
    chinese = [sentence.text for sentence in found.sentences if "\u3400" <= sentence.text[0] <= "\u9fff"]
    assert len(chinese) == 2


@pytest.mark.parametrize("length", [0, -3])
def test_a_length_of_nothing_is_refused(length):
    for unit in ("sentences", "characters"):
        with pytest.raises(SummaryTooShort) as refused:
            summarise(REVIEWS, length, unit)
        assert refused.value.facts == {"length": length}


def test_a_length_longer_than_the_text_gives_the_whole_text_in_its_order():
    found = summarise(["First things first. Then the rest came. Bye!"], 100)
    assert found.whole and found.text == "First things first. Then the rest came. Bye!"
    assert summarise(["First things first. Then the rest came."], 1_000, "characters").whole


@pytest.mark.parametrize("length", [20, 45, 80, 200])
def test_characters_are_never_more_than_asked(length):
    found = summarise([*REVIEWS, *CHINESE], length, "characters")
    assert 0 < len(found.text) <= length


def test_a_sentence_that_does_not_fit_ends_at_a_word():
    found = summarise(["The porcelain teapot arrived in nine pieces."], 20, "characters")
    assert found.text == "The porcelain…" and found.sentences[0].cut and not found.whole
    assert summarise(["瓷茶壶送到的时候碎成了九块"], 6, "characters").text == "瓷茶壶送到…"


@pytest.mark.parametrize("texts", [[""], ["😡😡", "!!!"], [None], ["<p></p>", "\u202e\u0000"]])
def test_texts_that_say_nothing_are_refused(texts):
    with pytest.raises(NothingToSum):
        summarise(texts, 2)


def test_more_texts_than_can_be_compared_are_sampled_and_it_is_said():
    texts = [f"Parcel {number} came late again. The box was fine." for number in range(4_000)]
    found = summarise(texts, 2)
    assert found.sampled and found.texts == 3_000 and found == summarise(texts, 2)


def test_a_text_of_one_sign_without_end_is_read_in_time():
    assert summarise(["x" * 5_000_000, "The cup broke on the way."], 1).text == "The cup broke on the way."


def test_the_summary_of_a_message_does_not_begin_with_its_greeting():
    text = "Dear Sir or Madam, good morning. The teapot leaks and the lid is cracked. Best wishes, Anna. Thank you."
    assert summarise([text], 1).text == "The teapot leaks and the lid is cracked."


def test_opinosis_is_summed_up_better_than_textrank(data_set, tmp_path, capsys):
    folder = data_set("opinosis")
    topics, gold = pd.read_csv(folder / "topics.csv"), pd.read_csv(folder / "gold_summaries.csv")
    texts = topics.groupby("topic").sentence.agg(lambda said: "\n".join(one.strip() for one in said)).rename("text")
    file = tmp_path / "opinosis.csv"
    gold.merge(texts, on="topic")[["text", "summary"]].rename(columns={"summary": "reference"}).to_csv(file, index=False)
    assert main(["summary", str(file), "--sentences", "2", "--peers"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["texts"] == 51 and told["references"] == 238
    assert told["rouge1"] >= 0.31 > told["peers"]["textrank_mmr"]["rouge1"] > told["peers"]["lead"]["rouge1"]
    assert main(["summary", str(file), "--sentences", "0"]) == 2
    assert "would be empty" in capsys.readouterr().err
