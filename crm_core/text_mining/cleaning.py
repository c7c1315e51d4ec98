"""A text as it is read: one way of writing for what looks alike, no markup, no signs that nobody sees."""

import html
import re
import unicodedata
from functools import lru_cache

LONGEST = 200_000  # signs of one text that are read; a longer one is a pasted log, not a message

# Each part has a limit: a text made of nothing but openings would else be read as often as it has signs.
_MARKUP = re.compile(
    r"<(script|style)\b.{0,3000}?</\1\s*>|<!--.{0,3000}?-->|</?[a-zA-Z][^<>]{0,500}>", re.DOTALL | re.IGNORECASE)
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ue000-\uf8ff\ufeff\U000f0000-\U0010ffff]")
_BLANKS = re.compile(r"[^\S\n ][^\S\n]*| [^\S\n]+")  # all but one usual blank by itself
_HAN = "\u3400-\u9fff"
_NARROW = re.compile(rf"(?<=[{_HAN}])[,?!:;)]+|[,?!:;(]+(?=[{_HAN}])")
BOTH_WIDTHS = dict(zip(",?!:;()", "，？！：；（）", strict=True))  # a sign → the one that Chinese is set with
_WIDE = str.maketrans(BOTH_WIDTHS)
_LINES = re.compile(r"\s*\n\s*")


def clean(text: str | None) -> str:
    """The text in NFKC, without markup, unseen signs and doubled blanks; '' where there is none.

    '<p>Ｆull&nbsp;width</p>'  →  'Full width'
    """
    if not isinstance(text, str):
        return ""
    text = text[:LONGEST]
    if "<" in text:
        text = _MARKUP.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if not text.isprintable():  # unseen signs, ends of lines and all blanks but the usual one
        text = _LINES.sub("\n", _BLANKS.sub(" ", _UNSEEN.sub("", text)))
    elif "  " in text:
        text = _BLANKS.sub(" ", text)
    return text.strip()


def typeset(text: str) -> str:
    """A cleaned text with the full-width signs that Chinese is set with, which NFKC has narrowed; as long as before.

    '你好,在吗?Order 1, please'  →  '你好，在吗？Order 1, please'
    """
    return text if text.isascii() else _NARROW.sub(lambda sign: sign.group().translate(_WIDE), text)


def simplified(text: str) -> str:
    """A text with traditional Chinese signs in their simplified form, which terms are written in; as long as before.

    What is looked for by a term is looked for in this and shown in the text itself: the places are the same.
    """
    if text.isascii():
        return text
    plain = _converter().convert(text)
    return plain if len(plain) == len(text) else text


@lru_cache(maxsize=1)
def _converter():
    from opencc import OpenCC

    return OpenCC("t2s")
