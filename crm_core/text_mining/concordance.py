"""A word or phrase where it stands, with what is written round it, in English and Chinese."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from crm_core.text_mining.cleaning import BOTH_WIDTHS, clean

WIDTH = 48  # signs shown on either side
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True)
class Context:
    row: int  # the place of its text
    before: str
    word: str  # as it stands there
    after: str


def pattern(forms: Sequence[Sequence[str]]) -> re.Pattern:
    """What finds a term: word by word all ways in which it is written, with nothing but blanks or signs between them.

    A Chinese word is found wherever its signs stand, another only as a whole word.
    """
    words = []
    for ways in forms:
        one = "|".join(_whole(way) for way in sorted(ways, key=len, reverse=True))
        words.append(f"(?:{one})")
    return re.compile(r"[\s\-'’]{0,2}".join(words), re.IGNORECASE)


def as_typed(text: str) -> re.Pattern:
    """What finds a text that somebody types or copies from the page: its words in their order, blanks as they come."""
    return pattern([[word] for word in clean(text).split()])


def holding(texts: pd.Series, typed: str) -> pd.Series:
    """Which cleaned texts hold what somebody types or copies from the page, whatever its case: bool, one a text."""
    return texts.str.contains(clean(typed), case=False, regex=False)


def contexts(texts: Sequence[str], wanted: re.Pattern, most: int = 50, width: int = WIDTH,
             shown: Sequence[str] | None = None) -> list[Context]:
    """The first place in each text, text by text, `most` in all; `shown` are texts as long as those searched, of which
    is told what stands there."""
    found = []
    for row, text in enumerate(texts):
        hit = wanted.search(text)
        if hit:
            (start, end), told = hit.span(), (text if shown is None else shown[row]).replace("\n", " ")
            found.append(Context(
                row, ("…" if start > width else "") + told[max(0, start - width):start], told[start:end],
                told[end:end + width] + ("…" if end + width < len(told) else "")))
            if len(found) == most:
                break
    return found


def _whole(way: str) -> str:
    escaped = re.escape(way).replace("'", "['’]")
    for narrow, wide in BOTH_WIDTHS.items():  # a text is read with the one and shown with the other
        escaped = escaped.replace(re.escape(narrow), f"[{narrow}{wide}]")
    left = "" if _HAN.match(way[:1]) or not way[:1].isalnum() else r"(?<![^\W\d_])"
    right = "" if _HAN.match(way[-1:]) or not way[-1:].isalnum() else r"(?![^\W\d_])"
    return f"{left}{escaped}{right}"
