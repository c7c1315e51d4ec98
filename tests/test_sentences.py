"""Where sentences begin and end."""
import pytest

from crm_core.text_mining.sentences import sentences


@pytest.mark.parametrize("text, parts", [
    ("Great phone. It broke!", ["Great phone.", "It broke!"]),
    ("It's $9.50, Mr. Li said. 太贵了！退货。", ["It's $9.50, Mr. Li said.", "太贵了！", "退货。"]),
    ("酒店很好.下次再来", ["酒店很好.", "下次再来"]),
    ("1. Cheap\n2. Fast", ["1. Cheap", "2. Fast"]),
    ("We left at 5 p.m. and came to J. Smith. Nobody there", ["We left at 5 p.m. and came to J. Smith.", "Nobody there"]),
    ("See booking.com or http://a.b/?x=1. Thanks", ["See booking.com or http://a.b/?x=1.", "Thanks"]),
    ("It was okay... but small. Never again... Bye", ["It was okay... but small.", "Never again...", "Bye"]),
    ('He said "No!" Then he left.Will call', ['He said "No!"', "Then he left.", "Will call"]),
    ("Love it! 😀 再见！😡", ["Love it! 😀", "再见！😡"]),
    ("no end", ["no end"]),
    ("  \n ", []),
])
def test_a_text_falls_into_its_sentences(text, parts):
    assert [text[start:end] for start, end in sentences(text)] == parts


def test_every_letter_is_in_one_sentence_and_they_stand_in_order():
    text = "Late again!!! 又晚了……\n\nOrder no. 5, e.g. the tea. i called, nobody came?!\n- 差评。。。"
    spans = sentences(text)
    assert all(end <= following for (_, end), (following, _) in zip(spans, spans[1:], strict=False))
    outside = "".join(sign for place, sign in enumerate(text) if not any(a <= place < b for a, b in spans))
    assert outside.strip() == ""
