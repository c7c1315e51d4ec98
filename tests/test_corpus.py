"""Messages of every odd kind, read into a corpus."""
import numpy as np
import pandas as pd
import pytest

from crm_core.errors import NoMessages
from crm_core.text_mining import corpus
from crm_core.text_mining.cleaning import LONGEST, clean
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
