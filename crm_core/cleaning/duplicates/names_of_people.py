"""Names of people as they sound, in Latin letters, and by which other names they go.

given   | latin    | nick     | sound
bob     | bob      | [robert] | bp
小明    | xiaoming | …        | …         (pinyin; only where Chinese signs stand)
"""

import csv
import re
from functools import cache
from pathlib import Path

TITLES = (
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "lady", "lord", "rev", "herr", "frau", "hr",
    "fr", "dipl", "ing", "mag", "madame", "monsieur", "mme", "mlle", "jr", "sr", "junior", "senior",
    "ii", "iii", "iv", "phd", "md",
)
# Chinese surnames of two signs; all others have one.
DOUBLE_SURNAMES = (
    "欧阳", "司马", "上官", "诸葛", "司徒", "东方", "夏侯", "皇甫", "尉迟", "公孙",
    "慕容", "令狐", "宇文", "长孙", "端木", "歐陽", "司馬", "諸葛", "東方", "尉遲",
    "公孫", "長孫",
)

SOUNDS = [
    (re.compile(pattern), with_)
    for pattern, with_ in (
        (r"sch|sh|tsch|tch", "s"),
        (r"ae", "a"),
        (r"oe", "o"),
        (r"ue", "u"),
        (r"ph", "f"),
        (r"^kn|^gn", "n"),
        (r"^wr", "r"),
        (r"^ps", "s"),
        (r"ough|augh", "o"),
        (r"gh", "g"),
        (r"dt|th", "t"),
        (r"ck|cc|ch|q", "k"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"x", "ks"),
        (r"z", "s"),
        (r"[vw]", "f"),
        (r"j", "y"),
        (r"d", "t"),
        (r"b", "p"),
        (r"g", "k"),
        (r"h", ""),
    )
]


@cache
def nicknames() -> dict[str, list[str]]:
    """A name → the first names of the lines of nicknames.csv that it stands in: Lena is Helen or Magdalena."""
    known: dict[str, list[str]] = {}
    with (Path(__file__).parent / "nicknames.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.reader(file):
            for name in line:
                known.setdefault(name, []).append(line[0])
    return known


def sound(latin: str) -> str:
    """Letters that sound alike made one, vowels after the first left out: meier, mayer, maier → mr."""
    for pattern, with_ in SOUNDS:
        latin = pattern.sub(with_, latin)
    if not latin:
        return ""
    first = "a" if latin[0] in "aeiouy" else latin[0]
    rest = re.sub(r"[aeiouy]+", "", latin[1:])
    return re.sub(r"(.)\1+", r"\1", first + rest)


def spelled(names: list[str]) -> list[tuple[str, str, list[str], str]]:
    """(name, latin, nick, sound) of distinct cleaned names; whole words in lower case."""
    known = nicknames()
    answers = []
    for name in names:
        latin = pinyin(name) if any("\u3400" <= sign <= "\u9fff" for sign in name) else name
        latin = latin.replace(" ", "")
        answers.append((name, latin, known.get(latin, [latin]), sound(latin) or latin))
    return answers


def pinyin(name: str) -> str:
    from pypinyin import lazy_pinyin  # only where Chinese names are: it takes a moment to load

    return "".join(lazy_pinyin(name))
