"""Messages of every odd kind, read into a corpus."""
import numpy as np
import pandas as pd
import pytest

from crm_core.errors import NoMessages
from crm_core.text_mining import corpus
from crm_core.text_mining.cleaning import LONGEST, clean, typeset
from crm_core.text_mining.entities import masked
from crm_core.text_mining.sentences import sentences


def read(texts):
    return corpus(pd.DataFrame({"text": texts}))


@pytest.mark.parametrize("raw, read_as", [
    ("<p>Ｆull&nbsp;width</p>", "Full width"), ("a\u200bb\ufeff\u202e c", "ab c"), ("a\0b", "ab"), ("  a \t b \n\n c ", "a b\nc"),
    ("<script>alert(1)</script>hi<!-- x -->", "hi"), ("3 < 5 and 7 > 2", "3 < 5 and 7 > 2"), ("Tom &amp; Jerry", "Tom & Jerry"),
    (None, ""), (float("nan"), ""), ("\ue000icon\U000f0001", "icon"), ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧")])
def test_a_text_is_cleaned_of_what_nobody_sees(raw, read_as):
    assert clean(raw) == read_as


def test_chinese_is_shown_with_its_own_signs_each_in_its_place():
    written = "你好，在吗？！订单(W-1)到了（真快）：12:30收到，共3,500元。Order 1, please"
    assert clean(written) == "你好,在吗?!订单(W-1)到了(真快):12:30收到,共3,500元。Order 1, please"
    assert typeset(clean(written)) == "你好，在吗？！订单(W-1)到了（真快）：12:30收到，共3,500元。Order 1, please"


def test_no_message_is_said_and_empty_ones_are_kept_and_count_nothing():
    with pytest.raises(NoMessages):
        read([])
    told = read([None, "", "\0", "<br/>", "😡", "12"])
    assert len(told) == 6 and told.counts.sum() == 0 and set(told.messages.language) == {"none"}


def test_one_text_of_five_megabytes_is_read_up_to_what_a_message_may_hold():
    told = read(["Late again 茶到得晚! " * 300_000, "short"])
    assert told.messages.text.str.len().tolist() == [LONGEST, 5]
    assert told.messages.language.tolist() == ["zh", "en"] and told.counts[0].sum() > 10_000
    assert len(sentences(told.messages.text[0])) > 5_000 and len(masked([told.messages.text[0]])[0]) == LONGEST


def test_what_is_neither_english_nor_chinese_is_counted_as_such():
    told = read(["Where is it?", "茶到得晚", "Wo ist mein Paket?", "أين طلبي", "👍"])
    assert told.messages.language.value_counts().to_dict() == {"en": 1, "zh": 1, "de": 1, "ar": 1, "none": 1}


def test_a_part_of_a_corpus_has_its_own_messages_and_words():
    told = read(["late tea", "tea", "早茶", "late"])
    part = told.where(np.array([True, False, False, True]))
    assert part.messages.text.tolist() == ["late tea", "late"]
    assert part.counts.sum(axis=0).max() == 2 and (part.counts != told.counts[[0, 3]]).nnz == 0


@pytest.mark.parametrize("part", ["<script>", "<!--", "a@", "a.", "1 ", "路", "' ", "thanks\n", "www.", "Mr A ", "AB12", "👨\u200d"])
def test_a_text_made_to_be_slow_is_not(part):
    from time import process_time

    def seconds(signs):
        started = process_time()
        told = read([part * (signs // len(part))]).messages.text
        sentences(told[0]), masked(told)
        return process_time() - started

    seconds(100)
    short = max(seconds(4_000), 0.01)
    assert seconds(40_000) < 40 * short  # ten times as long: quadratic would be a hundred times
