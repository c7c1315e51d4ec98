"""Moods of texts in both languages: rules over known words, words learned from the texts at hand, the team's labels."""
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_core.text_mining import Dictionary, corpus, tokenise
from crm_core.text_mining.sentiment import NEGATIVE, NEUTRAL, POSITIVE, moods
from crm_core.text_mining.sentiment.labels import keep_label, labels_of
from crm_core.text_mining.sentiment.overview import by_month, deciding_words, ranked, shares
from crm_core.text_mining.sentiment.scoring import scored
from crm_core.text_mining.sentiment.spreading import spread

MADE = Path(__file__).parent / "made"


def totals(*texts, own=Dictionary()):  # noqa: B008
    return [float(total) for total in scored(tokenise(list(texts), own), own).total]


def read(*texts, **told):
    return corpus(pd.DataFrame({"text": list(texts), **told}))


@pytest.mark.parametrize("better, worse", [
    ("The food is good.", "The food is not good."),
    ("Not bad at all.", "It is bad."),
    ("I love it!!!", "I love it."),
    ("It is very comfortable.", "It is slightly comfortable."),
    ("A bit expensive, but great.", "Great, but a bit expensive."),
    ("Although it was late, we loved it.", "Although we loved it, it was late."),
    ("Looooove it", "It arrived"),
    ("I can't recommend this place enough.", "I can't recommend this place."),
    ("Love it 😍", "Love it 😡"),
    ("You won't regret it.", "You will regret it."),
    ("It is wonderful.", "Is there a wonderful one?"),
    ("房间很干净。", "房间很不干净。"),
    ("质量很好", "质量不好"),
    ("虽然贵了点,但是很值。", "虽然很值,但是贵了点。"),
    ("没有异味。", "有异味。"),
    ("大家放心购买", "大家别买"),
])
def test_denial_degree_contrast_and_signs_change_what_words_weigh(better, worse):
    good, bad = totals(better, worse)
    assert good > bad


def test_a_text_without_mood_weighs_nothing_and_an_empty_one_is_no_trouble():
    assert totals("The parcel is on the table.", "", "订单号 12345") == [0.0, 0.0, 0.0]
    assert totals() == []


def test_a_denial_ends_with_its_part_of_the_sentence():
    assert totals("Not today, thanks, it is great")[0] > 2


def test_own_mood_words_go_before_the_lists_that_come_along():
    own = Dictionary(mood=(("matcha", 3.0), ("great", -2.0), ("陈皮味", -3.0)))
    assert totals("matcha", "great", "一股陈皮味", own=own)[0] > 0 > max(totals("great", "一股陈皮味", own=own))


def test_texts_are_weighed_alike_alone_and_among_others():
    texts = pd.read_csv(MADE / "moods.csv").text.tolist() + pd.read_csv(MADE / "moods_zh.csv").text.tolist()
    assert np.allclose(totals(*texts), [totals(text)[0] for text in texts])


def test_short_english_sentences_are_told_better_than_vader_tells_them():
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    made = pd.read_csv(MADE / "moods.csv")
    good = made.label == POSITIVE
    ours = (np.array(totals(*made.text)) > 0) == good
    score = np.array([SentimentIntensityAnalyzer().polarity_scores(text)["compound"] for text in made.text])
    vaders = (score > 0) == good
    assert ours.mean() >= 0.9
    assert (ours.groupby(made.kind).mean() > vaders.groupby(made.kind).mean()).all()


def test_short_chinese_sentences_are_told():
    made = pd.read_csv(MADE / "moods_zh.csv")
    assert ((np.array(totals(*made.text)) > 0) == (made.label == POSITIVE)).mean() >= 0.9


def test_words_that_go_with_known_ones_come_to_speak_for_their_mood():
    texts = [f"The gate was closed, terrible day {day}" for day in range(60)] + [
        f"Lovely terrace on day {day}" for day in range(60)]
    tokens = tokenise([*texts, "again the gate", "again the terrace"])
    lean = np.concatenate([np.full(60, -1.0), np.full(60, 1.0), [0, 0]])
    answer = spread(tokens, lean).answer(tokens)
    assert answer[-2] < 0 < answer[-1]
    assert spread(tokens.take(np.arange(50)), lean[:50]) is None


def test_each_message_has_a_mood_and_other_languages_are_not_guessed_at():
    found = moods(read("I love it, thank you so much!", "Terrible, it broke.", "When do you open?", "太差了,再也不会买",
                       "Μου αρέσει πολύ το τσάι σας", "😡😡", "质量很好，very comfortable, 推荐"))
    assert list(found.label) == [POSITIVE, NEGATIVE, NEUTRAL, NEGATIVE, NEUTRAL, NEGATIVE, POSITIVE]
    assert list(found.read) == [True, True, True, True, False, True, True]
    assert found.score[0] > 0.5 and found.score[1] < -0.5 and found.score[4] == 0


def test_without_neutral_every_message_is_told_one_or_the_other():
    found = moods(read("I love it", "It broke", "The parcel", "Great"), neutral=False)
    assert list(found.label) == [POSITIVE, NEGATIVE, POSITIVE, POSITIVE]


def test_the_deciding_words_stand_where_they_are_in_the_text():
    text = "Hello! The tea was NOT good, but I looove the cup. 茶壶很漂亮"
    told = read(text)
    found = [(told.messages.text[0][start:end], weight) for start, end, weight in moods(told).deciding(0)]
    weights = dict(found)
    assert weights["good"] < 0 < min(weights["looove"], next(said for word, said in found if "漂亮" in word))
    assert [word for word, _ in found] == sorted(weights, key=told.messages.text[0].index)


def test_labels_teach_what_no_known_word_says():
    rng = np.random.default_rng(0)
    things = ("parcel", "kettle", "window", "invoice", "cushion")
    texts = [f"{things[rng.integers(5)]} {'blue' if row % 2 else 'green'} {things[rng.integers(5)]} {row}"
             for row in range(80)]
    labels = [NEGATIVE if row % 2 else POSITIVE for row in range(60)] + [None] * 20
    found = moods(read(*texts), labels=labels)
    assert found.labels == 60
    assert list(found.label[60:]) == [POSITIVE, NEGATIVE] * 10
    assert {texts[61][start:end]: weight for start, end, weight in found.deciding(61)}["blue"] < 0


def test_few_labels_or_labels_of_one_kind_teach_nothing():
    texts = [f"message {row}" for row in range(60)]
    for labels in ([POSITIVE] * 8 + [NEGATIVE] * 8 + [None] * 44, [POSITIVE] * 60):
        assert moods(read(*texts), labels=labels).labels == 0


def test_the_same_messages_come_out_the_same():
    texts = pd.read_csv(MADE / "moods.csv").text.tolist()
    labels = pd.read_csv(MADE / "moods.csv").label.tolist()
    for given in (None, labels):
        first, second = (moods(read(*texts), labels=given, seed=3).score for _ in range(2))
        assert np.array_equal(first, second)


def test_three_texts_emoji_duplicates_and_a_long_one_are_no_trouble():
    for texts in (["good"], ["🙂", "😡", "…"], ["same"] * 500, ["good, not bad. " * 20_000, "坏了" * 20_000]):
        assert len(moods(read(*texts)).label) == len(texts)


def messages():
    days = pd.to_datetime(["2026-01-05"] * 6 + ["2026-02-05"] * 6)
    return moods(read(*["It broke, terrible"] * 6, *["I love it"] * 5, "Terrible", occurred_at=days,
                      channel=["email"] * 6 + ["chat"] * 5 + ["phone"]))


def test_shares_over_time_and_by_kind_leave_out_what_is_too_few():
    found = messages()
    months = by_month(found)
    assert list(months.negative) == [1.0, pytest.approx(1 / 6)] and list(months.messages) == [6, 6]
    kinds = shares(found, found.corpus.messages.channel).set_index("name")
    assert list(kinds.index) == ["email", "chat"] and kinds.positive["chat"] == 1.0


def test_a_message_counts_in_every_segment_of_its_customer():
    rows = np.array([0, 1, 2, 3, 4, 0, 1, 2, 3, 11, 6])
    kinds = shares(messages(), pd.Series(["Tea"] * 5 + ["New"] * 5 + ["Lost"]), rows).set_index("name")
    assert dict(kinds.messages) == {"Tea": 5, "New": 5} and kinds.negative["New"] == 1.0


def test_words_that_only_go_with_a_mood_are_marked_where_no_word_has_a_mood_of_its_own():
    texts = [f"{'broken, awful' if row % 2 else 'lovely, great'} {'lid hinge' if row % 2 else 'samovar spout'} {row}"
             for row in range(200)]
    found = moods(read(*texts, "The lid and hinge: lid, hinge"))

    def marked(row):
        return [str(found.corpus.messages.text[row])[start:end] for start, end, _ in found.deciding(row)]

    assert found.learned["lid"] < -0.5
    assert marked(1) == ["broken", "awful"] and marked(200) == ["lid", "hinge", "lid", "hinge"]


def test_a_word_that_decides_only_denied_is_told_so_and_not_by_itself_decides_nothing():
    words = deciding_words(moods(read(*["The tea is not good, never came on time"] * 6))).set_index("term")
    assert words.denied["good"] and "not" not in words.index


def test_the_words_that_decide_are_counted_by_message_and_the_worst_messages_come_first():
    found = messages()
    words = deciding_words(found).set_index(["side", "term"]).messages
    assert words[NEGATIVE, "terrible"] == 7 and words[POSITIVE, "love it"] == 5
    assert found.label[ranked(found, worst=True)[0]] == NEGATIVE and found.label[ranked(found, worst=False)[0]] == POSITIVE


def test_what_the_team_says_of_a_message_is_kept_changed_taken_back_and_undone(store):
    with store.batch("add") as batch:
        customer, = batch.add("customers", {"name": "Ann"})
        row, = batch.add("communications", {"customer_id": customer, "occurred_at": datetime(2026, 1, 1), "channel": "email",
                                            "direction": "in", "content": "Well"})
    told = pd.DataFrame({"source": ["communications"], "row_id": [row]})

    def said():
        with store.look() as look:
            return labels_of(look, told)[0]

    for label in (POSITIVE, NEGATIVE, None, NEUTRAL):
        with store.batch("mood", "communication") as batch:
            keep_label(batch, "communications", row, label)
        assert said() == label
    store.undo(batch.number)
    assert said() is None
