"""A word where it stands, and the phrases that say what texts are about."""
import pandas as pd
import pytest

from crm_core.text_mining.cleaning import clean, typeset
from crm_core.text_mining.concordance import as_typed, contexts, holding, pattern
from crm_core.text_mining.keyphrases import keyphrases


def test_a_word_is_found_whole_and_told_with_what_stands_round_it():
    found = contexts(["My refund is late", "Non-refundable", "No REFUND yet!"], as_typed("refund"))
    assert [(one.row, one.before, one.word, one.after) for one in found] == [
        (0, "My ", "refund", " is late"), (2, "No ", "REFUND", " yet!")]


def test_a_chinese_word_is_found_wherever_its_signs_stand():
    assert [one.before for one in contexts(["我要退款。", "还没退款呢"], as_typed("退款"))] == ["我要", "还没"]


def test_a_term_is_found_in_all_its_forms_and_a_phrase_over_a_line():
    wanted = pattern([("delivery", "deliveries"), ("time", "times")])
    assert [one.word for one in contexts(["Delivery\ntimes vary", "deliveries on time", "delivery-time"], wanted)] == [
        "Delivery times", "delivery-time"]


@pytest.mark.parametrize("typed", ["(", "a.c", "[x", "\\", "*", "?!"])
def test_signs_that_somebody_types_are_signs(typed):
    assert len(contexts([f"see {typed} here", "abc"], as_typed(typed))) == 1


@pytest.mark.parametrize("typed", ["你好，在吗？", "你好,在吗?", "（急）"])
def test_what_is_copied_from_the_page_is_found_with_either_width_of_its_signs(typed):
    read = clean("（急）你好，在吗？")
    assert list(holding(pd.Series([read, "别的"]), typed)) == [True, False]
    assert as_typed(typed).search(read) and as_typed(typed).search(typeset(read))


def test_far_words_are_cut_off_and_what_may_not_be_shown_is_not():
    text = "x" * 60 + " call 138 now"
    found = contexts([text], as_typed("call"), width=10, shown=[text.replace("138", "•••")])
    assert found[0].before == "…" + "x" * 9 + " " and found[0].after == " ••• now"


def test_what_most_sentences_have_comes_first():
    told = keyphrases(["The keyboard is small. I like the keyboard. Keyboards could be larger. Fine price."])
    assert told.phrase[0] == "keyboard" and told.sentences[0] == 3


def test_a_word_that_mostly_stands_in_one_phrase_gives_way_to_it():
    told = list(keyphrases(["Battery life is short. Poor battery life. The battery life is a joke."]).phrase)
    assert told[0] == "battery life" and "battery" not in told and "life" not in told


def test_a_family_of_words_is_told_by_its_noun_where_the_texts_use_it():
    told = keyphrases(["It is accurate. Very accurate maps. Accuracy is great. Accurate to a metre. Nice maps."])
    assert told.phrase[0] == "accuracy" and told.sentences[0] == 4
    assert keyphrases(["It is accurate. Very accurate maps. Accurate to a metre."]).phrase[0] == "accurate"


def test_chinese_phrases_are_written_without_blanks():
    told = list(keyphrases(["客服态度很差。客服态度一般。客服态度不错。"]).phrase)
    assert told[0] == "客服态度"


@pytest.mark.parametrize("texts", [[], [""], ["😡😡"], ["the and of"], ["12 34"]])
def test_texts_that_say_nothing_have_no_phrases(texts):
    assert len(keyphrases(texts)) == 0


def test_the_aspect_of_review_sentences_is_found_first(data_set, tmp_path):
    import pandas as pd

    from benchmarks.text_keywords import hits

    told = pd.read_csv(data_set("opinosis") / "topics.csv").groupby("topic", sort=False).sentence.apply("\n".join)
    aspect = {topic: "gas mileage" if topic.startswith("gas_") else topic.partition("_")[0].replace("-", " ")
              for topic in told.index}
    right = [hits(keyphrases([text], 1).phrase[0], aspect[topic]) for topic, text in told.items()]
    assert sum(right) / len(right) >= 0.95
