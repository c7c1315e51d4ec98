"""Texts made alike: blanks, case, signs, script, in Western and Chinese writing; each step twice is the step once."""
import random

import pytest

from crm_core.cleaning.steps.texts import title
from tests.stepping import after, each, words

COLUMNS = {"columns": ["text"]}


def test_blanks_of_any_kind_are_trimmed_and_those_inside_become_one(store):
    pairs = {" Ada ": "Ada", "Ada  Wong": "Ada Wong", "\tAda\nWong": "Ada Wong", "王　小明　": "王 小明", "Ada\u00a0Wong": "Ada Wong",
             "Ada Wong": "Ada Wong", "   ": None, "\u3000": None}
    assert each(store, pairs, "trim", **COLUMNS) == pairs


def test_blanks_inside_can_be_left(store):
    pairs = {" Ada  Wong ": "Ada  Wong", "  a\nb": "a\nb"}
    assert each(store, pairs, "trim", **COLUMNS, inside=False) == pairs


@pytest.mark.parametrize(("before", "asked"), [
    ("ADA LOVELACE", "Ada Lovelace"), ("ada lovelace", "Ada Lovelace"), ("élodie", "Élodie"), ("ÅSA ÖBERG", "Åsa Öberg"),
    ("LUDWIG VAN BEETHOVEN", "Ludwig van Beethoven"), ("JEAN DE LA FONTAINE", "Jean de la Fontaine"),
    ("VAN GOGH", "Van Gogh"), ("leonardo da vinci", "Leonardo da Vinci"), ("ANNETTE VON DROSTE-HÜLSHOFF", "Annette von Droste-Hülshoff"),
    ("o'neil", "O'Neil"), ("D’ANGELO", "D’Angelo"), ("tom's shop", "Tom's Shop"), ("MCDONALD'S", "McDonald's"), ("mcelroy", "McElroy"),
    ("mack", "Mack"), ("MACHADO", "Machado"), ("anne-marie", "Anne-Marie"), ("j.r. tolkien", "J.R. Tolkien"),
    ("peter müller ii", "Peter Müller II"), ("MÜLLER GMBH", "Müller GmbH"), ("MÜLLER KG", "Müller KG"), ("hauptstraße 5a", "Hauptstraße 5a"),
    ("iPhone", "iPhone"), ("Ada von Lovelace", "Ada von Lovelace"), ("王小明", "王小明"), ("王小明 LTD", "王小明 Ltd"), ("ИВАН ПЕТРОВ", "Иван Петров"),
])
def test_names_get_the_capitals_that_names_have(store, before, asked):
    assert after(store, [before], "change_case", **COLUMNS, case="title") == [asked]


def test_upper_and_lower_case(store):
    assert after(store, ["Ada É", "王a"], "change_case", **COLUMNS, case="upper") == ["ADA É", "王A"]
    assert after(store, ["ADA É", "王A"], "change_case", **COLUMNS, case="lower") == ["ada é", "王a"]


def test_signs_that_mean_the_same_become_one(store):
    pairs = {"ﬁn": "fin", "㈱ソニー": "(株)ソニー", "Ａｄａ": "Ada", "e\u0301": "é", "①": "1", "ｱﾄﾞｱ": "アドア", "Ada": "Ada", "王小明": "王小明"}
    assert each(store, pairs, "unicode_nfkc", **COLUMNS) == pairs


def test_wide_letters_and_digits_become_plain_and_katakana_stays(store):
    pairs = {"ＡＢＣ１２３": "ABC123", "ａ＠ｂ．ｃｏ": "a@b.co", "王　小明": "王 小明", "ソニー": "ソニー", "ｿﾆｰ": "ｿﾆｰ", "你好，世界！（一）": "你好，世界！（一）"}
    assert each(store, pairs, "narrow_signs", **COLUMNS) == pairs


def test_chinese_marks_become_plain_or_plain_ones_chinese_only_where_asked(store):
    pairs = {"你好，世界！（一）。": "你好,世界!(一).", "ａ：ｂ": "a:b"}
    assert each(store, pairs, "narrow_signs", **COLUMNS, marks="plain") == pairs
    pairs = {"你好,世界!": "你好，世界！", "科技(深圳)": "科技（深圳）", "a, b": "a, b", "单价:１２": "单价：12", "王, 李, 赵": "王，李，赵"}
    assert each(store, pairs, "narrow_signs", **COLUMNS, marks="chinese") == pairs


def test_signs_that_nobody_sees_leave(store):
    pairs = {"A\u200bda": "Ada", "\ufeffAda": "Ada", "A\u00adda": "Ada", "Ada\u0000"[:3] + "\u0007": "Ada", "\u202eAda\u202c": "Ada", "a\nb": "a\nb",
             "Ada\u200d": "Ada", "\u200b": None}
    assert each(store, pairs, "remove_unseen", **COLUMNS) == pairs


def test_joiners_stay_where_a_script_or_an_emoji_needs_them(store):
    for text in ("می\u200cخواهم", "👩\u200d👧", "क्\u200dष"):
        assert after(store, [text], "remove_unseen", **COLUMNS) == [text]


def test_the_script_changes_only_where_that_is_asked(store):
    assert after(store, ["廣東省深圳市", "头发", "Ada"], "chinese_script", **COLUMNS, script="simplified") == ["广东省深圳市", "头发", "Ada"]
    assert after(store, ["头发", "发现", "Ada"], "chinese_script", **COLUMNS, script="traditional") == ["頭髮", "發現", "Ada"]
    for kind, more in (("trim", {}), ("unicode_nfkc", {}), ("narrow_signs", {"marks": "chinese"}), ("remove_unseen", {}), ("change_case", {"case": "title"})):
        assert after(store, ["王小明與廣東", "王小明与广东"], kind, **COLUMNS, **more) == ["王小明與廣東", "王小明与广东"]


@pytest.mark.parametrize(("kind", "more"), [
    ("trim", {}), ("trim", {"inside": False}), ("change_case", {"case": "title"}), ("change_case", {"case": "upper"}), ("unicode_nfkc", {}),
    ("narrow_signs", {"marks": "keep"}), ("narrow_signs", {"marks": "plain"}), ("narrow_signs", {"marks": "chinese"}), ("remove_unseen", {})])
def test_twice_is_once(store, kind, more):
    draw = random.Random(3)
    signs = "aB cD'’-.,;:!?()（），。！？：；　 \u00a0\u200b\tvonde王小明廣东ＡｂＣ１２ßÉéǆﬁ㈱ｱﾞアが&ab O'NEIL MC"
    texts = ["".join(draw.choice(signs) for _ in range(draw.randint(1, 14))) for _ in range(1500)]
    once = after(store, texts, kind, **COLUMNS, **more)
    assert after(store, once, kind, **COLUMNS, **more) == once


def test_title_case_twice_is_once_on_words():
    draw = random.Random(5)
    pieces = words("VON de O'NEIL d'angelo McDonald mcelroy J.R. gmbh AG ii straße ß anne-marie 5a 王小明 of THE ÉLODIE l'oréal iPhone us")
    for _ in range(3000):
        text = " ".join(draw.choice(pieces) for _ in range(draw.randint(1, 4)))
        assert title(title(text)) == title(text)
