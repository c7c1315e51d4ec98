"""A text as it is read: one way of writing for what looks alike, no markup, no signs that nobody sees."""

import html
import re
import unicodedata

LONGEST = 200_000  # signs of one text that are read; a longer one is a pasted log, not a message

_MARKUP = re.compile(
    r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|</?[a-zA-Z][^<>]{0,500}>", re.DOTALL | re.IGNORECASE)
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ue000-\uf8ff\ufeff\U000f0000-\U0010ffff]")
_BLANKS = re.compile(r"[^\S\n]+")
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
    text = unicodedata.normalize("NFKC", text)
    return _LINES.sub("\n", _BLANKS.sub(" ", _UNSEEN.sub("", text))).strip()
