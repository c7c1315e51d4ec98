"""Values of a column that are probably one: found as OpenRefine finds them, in Western and Chinese writing.

    value         | count        cluster | value         | count | proposed
    New York      |   900              1 | New York      |   900 | New York
    new york      |    30      →       1 | new york      |    30 | New York
    York, New     |     2              1 | York, New     |     2 | New York
    Boston        |   400

Methods, from strict to lax: fingerprint and ngram_fingerprint (as in "Clustering In Depth" on openrefine.org), company
(the fingerprint without legal forms), sound (Cologne phonetics; Chinese by pinyin), nearest (few letters differ).
Wide signs are plain ones, and traditional signs simplified ones, for finding only: what is proposed is there already.
"""
from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

from crm_core.cleaning.sheet import quoted
from crm_core.cleaning.steps.companies import company_parts

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("fingerprint", "ngram_fingerprint", "company", "sound", "nearest")
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})
# Nearest neighbours are looked for among this many values, the most frequent ones, and this many pairs are compared.
MOST_VALUES = 50_000
MOST_PAIRS = 3_000_000


def cluster_values(values: pd.DataFrame, method: str = "fingerprint", ngram: int = 2) -> pd.DataFrame:
    """Values that are probably one: cluster (1 is the one with most rows), value, count, proposed.

    `values` has the columns value and count, each value once. Of each cluster the most frequent value is proposed.
    Only clusters of two values and more are there. `attrs["left_out"]` tells how many values were not compared.
    """
    import pandas as pd

    counts = {value: int(count) for value, count in zip(values["value"], values["count"], strict=True)
              if isinstance(value, str) and value.strip()}
    groups, left_out = _near(counts) if method == "nearest" else (_by_key(counts, method, ngram), 0)
    groups = [sorted(group, key=lambda value: _rank(value, counts)) for group in groups if len(group) > 1]
    groups.sort(key=lambda group: (-sum(counts[value] for value in group), group[0]))
    rows = [(number, value, counts[value], group[0]) for number, group in enumerate(groups, 1) for value in group]
    found = pd.DataFrame(rows, columns=["cluster", "value", "count", "proposed"])
    found.attrs["left_out"] = left_out
    return found


def facet(ask, relation: str, column: str, limit: int = 500, text: str = "") -> pd.DataFrame:
    """The values of a column, those with `text` in them, frequent ones first: value (None: empty), count."""
    import pandas as pd

    narrowed = f"WHERE contains(lower(CAST({quoted(column)} AS VARCHAR)), lower($text))" if text else ""
    rows = ask.execute(f"SELECT {quoted(column)} AS value, count(*) AS rows FROM {relation} {narrowed} GROUP BY value "
                       f"ORDER BY rows DESC, value LIMIT {int(limit)}", **({"text": text} if text else {})).fetchall()
    return pd.DataFrame(rows, columns=["value", "count"])


# --- keys: values with the same one are one cluster -----------------------------------------------


def fingerprint(value: str) -> str:
    """OpenRefine's: trim, lower case, no punctuation, no accents; the different words in the order of the alphabet."""
    return " ".join(sorted(set(_no_marks(_plain(value)).split())))


def ngram_fingerprint(value: str, n: int = 2) -> str:
    """OpenRefine's: without blanks and punctuation, the different runs of n letters in the order of the alphabet."""
    letters = "".join(_no_marks(_plain(value)).split())
    return "".join(sorted({letters[start:start + n] for start in range(max(len(letters) - n + 1, 1))}))


def sound(value: str, chinese: bool = False) -> str:
    """How the words sound, in any order: Meyer and Maier alike.

    `chinese` takes Western letters for pinyin where they can be: 王小明, Wang Xiaoming and Xiao-Ming Wang alike.
    """
    plain = _plain(value)
    if HAN.search(plain):
        return " ".join(sorted(_pinyin(plain)))
    words = re.sub(r"[^\w\s]|_", " ", plain).split()
    syllables = [_syllables(word) for word in words] if chinese else [None]
    if words and all(syllables):
        return " ".join(sorted(syllable for each in syllables for syllable in each))
    return " ".join(sorted({cologne(word) or word for word in words}))


def company(value: str) -> str:
    """The fingerprint of a company's name without its legal form."""
    return fingerprint(company_parts(value)[0])


def cologne(word: str) -> str:
    """The Cologne phonetics of a word in plain small letters (Postel 1969)."""
    letters = [sign for sign in word.translate(str.maketrans("äöüß", "aous")) if "a" <= sign <= "z"]
    codes = []
    for place, letter in enumerate(letters):
        before, after = letters[place - 1] if place else "", letters[place + 1] if place + 1 < len(letters) else ""
        codes.append(_cologne_code(letter, before, after, not place))
    joined = re.sub(r"(.)\1+", r"\1", "".join(codes))
    return joined[:1] + joined[1:].replace("0", "")


def _cologne_code(letter: str, before: str, after: str, first: bool) -> str:
    if letter in "aeijouy":
        return "0"
    if letter == "h":
        return ""
    if letter == "p" and after == "h":
        return "3"
    if letter in "dt" and after and after in "csz":
        return "8"
    if letter == "c":
        hard = after and after in ("ahkloqrux" if first else "ahkoqux")
        return "4" if hard and (first or before not in "sz") else "8"
    if letter == "x":
        return "8" if before and before in "ckq" else "48"
    groups = ("bp", "dt", "fvw", "gkq", "l", "mn", "r", "sz")
    return next(str(code) for code, those in enumerate(groups, 1) if letter in those)


def _by_key(counts: dict[str, int], method: str, ngram: int) -> list[list[str]]:
    chinese = method == "sound" and any(map(HAN.search, counts))
    key_of = {"fingerprint": fingerprint, "ngram_fingerprint": lambda value: ngram_fingerprint(value, ngram),
              "company": company, "sound": lambda value: sound(value, chinese)}[method]
    groups: dict[str, list[str]] = defaultdict(list)
    for value in counts:
        key = key_of(value)
        if key:
            groups[key].append(value)
    return list(groups.values())


def _rank(value: str, counts: dict[str, int]) -> tuple:
    """What is proposed comes first: most rows, then neither all capitals nor all small, then no blanks to trim."""
    return -counts[value], value.isupper() or value.islower(), value != " ".join(value.split()), value


# --- nearest neighbours ---------------------------------------------------------------------------


def allowed_distance(length: int, eastern: bool) -> int:
    """Letters by which two values of this length may differ. One Chinese sign is a word: short names never."""
    if eastern:
        return 0 if length < 4 else 1 if length < 10 else 2
    return 0 if length < 4 else 1 if length < 8 else 2 if length < 16 else 3


def _near(counts: dict[str, int]) -> tuple[list[list[str]], int]:
    """Clusters round a frequent value; each other value joins the first that is near enough: none grows by a chain."""
    frequent = sorted(counts, key=lambda value: _rank(value, counts))
    taken = frequent[:MOST_VALUES]
    forms: dict[str, list[str]] = defaultdict(list)  # alike but for case, accents and marks: one to start with
    for value in taken:
        forms[" ".join(_no_marks(_plain(value)).split())].append(value)
    forms.pop("", None)
    keys = list(forms)
    near, not_compared = _neighbours(keys)
    leader: dict[str, str] = {}
    for key in keys:  # frequent ones first
        if key in leader:
            continue
        leader[key] = key
        for other in near.get(key, ()):
            leader.setdefault(other, key)
    groups: dict[str, list[str]] = defaultdict(list)
    for key, first in leader.items():
        groups[first] += forms[key]
    return list(groups.values()), len(frequent) - len(taken) + not_compared


def _neighbours(keys: list[str]) -> tuple[dict[str, list[str]], int]:
    """The keys near each key, and how many keys the bound on pairs left out.

    Two texts that differ in d letters share one of d + 1 pieces (Li et al. 2011, Pass-Join): only such are compared.
    """
    pieces: dict[tuple, list[str]] = defaultdict(list)
    turned: dict[str, list[str]] = defaultdict(list)  # keys of the same letters
    near: dict[str, list[str]] = defaultdict(list)
    signs = {key: _signs(key) for key in keys}
    pairs = 0
    for done, key in enumerate(sorted(keys, key=lambda key: (len(key), key))):
        eastern, length = bool(HAN.search(key)), len(key)
        limit = allowed_distance(length, eastern)
        candidates = set()
        for shorter in range(length - limit, length + 1):
            # The shorter of the two says how much they may differ; its pieces were cut by that.
            within = allowed_distance(shorter, eastern)
            for number, (start, size) in enumerate(_cuts(shorter, within) if within else ()):
                shift = within + length - shorter
                for at in range(max(0, start - shift), min(length - size, start + shift) + 1):
                    candidates.update(pieces.get((shorter, number, key[at:at + size]), ()))
        same_letters = turned["".join(sorted(key))]
        candidates.update(same_letters if limit else ())
        same_letters.append(key)
        own = signs[key]
        for other in candidates:
            within = allowed_distance(len(other), eastern)
            # A changed letter takes one sign away and brings another: texts with other signs need not be compared.
            if (own ^ signs[other]).bit_count() > 2 * within:
                continue
            pairs += 1
            if pairs > MOST_PAIRS:
                return near, len(keys) - done
            if swapped(key, other) or distance(key, other, within) is not None:
                near[key].append(other)
                near[other].append(key)
        for number, (start, size) in enumerate(_cuts(length, limit) if limit else ()):
            pieces[(length, number, key[start:start + size])].append(key)
    return near, 0


def _signs(text: str) -> int:
    """The signs of a text as bits; doubled ones count twice."""
    bits, seen = 0, defaultdict(int)
    for sign in text:
        seen[sign] += 1
        bits |= 1 << (ord(sign) * 3 + min(seen[sign], 2)) % 127
    return bits


@cache
def _cuts(length: int, limit: int) -> tuple[tuple[int, int], ...]:
    """Where a text of this length is cut into limit + 1 pieces: start and size of each."""
    small, longer = divmod(length, limit + 1)
    starts = [number * small + max(0, number - (limit + 1 - longer)) for number in range(limit + 2)]
    return tuple((start, end - start) for start, end in zip(starts, starts[1:], strict=False))


def distance(a: str, b: str, limit: int) -> int | None:
    """How many letters must be put in, taken out or changed to come from a to b (Levenshtein); None beyond limit."""
    if abs(len(a) - len(b)) > limit:
        return None
    last = list(range(len(b) + 1))
    for row, sign in enumerate(a, 1):
        now = [row]
        for column, other in enumerate(b, 1):
            now.append(min(last[column] + 1, now[-1] + 1, last[column - 1] + (sign != other)))
        if min(now) > limit:
            return None
        last = now
    return last[-1] if last[-1] <= limit else None


def swapped(a: str, b: str) -> bool:
    """Whether two neighbouring letters have changed places: Berlin, Belrin."""
    if len(a) != len(b):
        return False
    differ = [place for place, (sign, other) in enumerate(zip(a, b, strict=True)) if sign != other]
    return (len(differ) == 2 and differ[1] == differ[0] + 1
            and a[differ[0]] == b[differ[1]] and a[differ[1]] == b[differ[0]])


# --- plain texts ----------------------------------------------------------------------------------


def _plain(value: str) -> str:
    """Small letters without accents, plain signs for wide ones, simplified ones for traditional ones."""
    if value.isascii():
        return value.lower()
    text = unicodedata.normalize("NFKC", value)
    if HAN.search(text):
        text = _simplified()(text)
    apart = unicodedata.normalize("NFD", text.lower().translate(LETTERS))
    return unicodedata.normalize("NFC", "".join(sign for sign in apart if not 0x0300 <= ord(sign) <= 0x036F))


def _no_marks(text: str) -> str:
    if text.isascii():
        return re.sub(r"[^a-z0-9\s]", "", text)
    return "".join(sign for sign in text if sign.isspace() or unicodedata.category(sign)[0] in "LNM")


@cache
def _simplified():
    from opencc import OpenCC

    return OpenCC("t2s").convert


def _pinyin(text: str) -> list[str]:
    """Chinese signs as syllables without tones; other words as they are."""
    from pypinyin import lazy_pinyin

    return [part for syllable in lazy_pinyin(text) for part in re.sub(r"[^\w\s]|_", " ", _plain(syllable)).split()]


@cache
def _known_syllables() -> frozenset[str]:
    from pypinyin.constants import PINYIN_DICT

    # Thousands of signs share some hundred readings: zhōng,zhòng → zhong.
    readings = {reading for readings in set(PINYIN_DICT.values()) for reading in readings.split(",")}
    return frozenset(plain for plain in map(_plain, readings) if plain.isascii() and plain.isalpha())


def _syllables(word: str) -> list[str] | None:
    """A word cut into the fewest syllables of pinyin; None where it is no pinyin."""
    best: list[list[str] | None] = [[]] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 6), end):
            before = best[start]
            if before is not None and word[start:end] in _known_syllables() and (
                    best[end] is None or len(before) + 1 < len(best[end])):
                best[end] = [*before, word[start:end]]
    return best[len(word)]
