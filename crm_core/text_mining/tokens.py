"""Texts cut into words, English and Chinese alike, once for everything that counts them.

    tokenise(["Tea was late 😡", "茶到得晚"])
    →  terms  ('tea', 'was', 'late', '😡', '茶', '到', '得', '晚')
       ids    [0 1 2 3 4 5 6 7]
       starts [0 4 8]               text i is ids[starts[i]:starts[i + 1]]
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice, pairwise

import numpy as np

from crm_core.text_mining.cleaning import simplified
from crm_core.text_mining.dictionary import Dictionary, listed

# What a term is. Words are counted; the rest keeps words apart, and moods and summaries read it.
WORD_EN, WORD_ZH, WORD_OTHER, NUMBER, PUNCTUATION, EMOJI, LINK, HANDLE = range(8)
_KIND = {"link": LINK, "mail": LINK, "handle": HANDLE, "number": NUMBER, "emoji": EMOJI, "sign": PUNCTUATION,
         "han": WORD_ZH}

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_LETTER = rf"[^\W\d_{_HAN}]"
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e4e"
_PICTURE = "\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_PICTURES = r"(?:\ufe0f|\u200d[\u2600-\u27bf\U0001f000-\U0001faff]|[\U0001f3fb-\U0001f3ff])"
_TOKEN = re.compile(
    rf"(?P<link>(?:https?://|www\.)[^\s{_HAN}，。！？；、）】》]*[^\s{_HAN}，。！？；、）】》.,;:!?)'\"])"
    rf"|(?P<mail>[\w.+-]{{1,64}}@[\w-]+(?:\.[\w-]+)+)|(?P<handle>@[A-Za-z0-9_]+)|(?P<han>[{_HAN}]+)"
    rf"|(?P<word>(?:{_LETTER}[{_MARKS}]*)+(?:['’]{_LETTER}+)*(?:(?<=[A-Za-z])[0-9][A-Za-z0-9]*)?)"
    rf"|(?P<number>\d+(?:[.,:/-]\d+)*)|(?P<emoji>[{_PICTURE}]{_PICTURES}*)|(?P<sign>[^\w\s]|_)")

# What the segmenter tears apart is put together again by what the pieces are.
_FOREIGN = re.compile(rf"[\u00aa-\u1fff\uac00-\ud7af]|[^\W\d_{_HAN}\x00-\x7f]")
_OTHER, _LATIN, _DIGITS, _STRANGE, _APOSTROPHE, _BETWEEN, _ON_EMOJI, _JOINER, _PICTURED, _AT, _HEAD = range(11)
_BY_SIGN = {"'": _APOSTROPHE, "’": _APOSTROPHE,
            ",": _BETWEEN, ":": _BETWEEN, "/": _BETWEEN, "-": _BETWEEN, ".": _BETWEEN,
            "\ufe0f": _ON_EMOJI, "\u200d": _JOINER, "@": _AT, "http": _HEAD, "https": _HEAD, "www": _HEAD,
            **{chr(sign): _ON_EMOJI for sign in range(0x1F3FB, 0x1F400)}}
_APART = "\x1e"  # between texts; `clean` takes it out of them
_AT_ONCE = 300_000  # signs in one call of the segmenter: the fewer calls the better, within some memory


@dataclass(frozen=True, eq=False)
class Tokens:
    terms: np.ndarray  # text, one a distinct token in lower case
    kinds: np.ndarray  # uint8, one a term: WORD_EN …
    stop: np.ndarray  # bool, one a term: not worth counting
    ids: np.ndarray  # int32, all tokens of all texts one after the other
    starts: np.ndarray  # int64, texts + 1
    folding: "_Folding"

    def __len__(self) -> int:
        return len(self.starts) - 1

    def take(self, rows: np.ndarray) -> "Tokens":
        """The tokens of some texts (positions or a mask), with the same terms."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(self.starts[:-1][rows] - starts[:-1], lengths) + np.arange(starts[-1])
        return Tokens(self.terms, self.kinds, self.stop, self.ids[places], starts, self.folding)

    @property
    def folded(self) -> np.ndarray:
        """int32, one a term: the term that it is counted as (its stem's or synonym's commonest form)."""
        return self.folding.folded

    @property
    def counted(self) -> np.ndarray:
        """bool, one a term: a word that is worth counting."""
        return (self.kinds <= WORD_OTHER) & ~self.stop

    def counts(self):
        """How often each text has each word worth counting, stems and synonyms as one: a CSR matrix, texts × terms."""
        from scipy import sparse

        keep = self.counted[self.ids]
        texts = np.repeat(np.arange(len(self)), np.diff(self.starts))[keep]
        words = self.folded[self.ids[keep]]
        return sparse.csr_matrix((np.ones(len(words), np.float32), (texts, words)), (len(self), len(self.terms)))


def tokenise(texts: Sequence[str], own: Dictionary = Dictionary(),  # noqa: B008
             progress: Callable[[float], None] = lambda _share: None) -> Tokens:
    """The tokens of cleaned texts."""
    import pyarrow as pa

    cut = segmenter(own)
    pieces: defaultdict[str, int] = defaultdict()
    pieces.default_factory = pieces.__len__
    apart = pieces[_APART]
    rows = []  # an array of pieces a call, each text ended by `apart`
    listing: list[str] = []  # the pieces by number
    sorts = np.zeros(0, np.uint8)
    signs = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts))) // _AT_ONCE
    bounds = [0, *(np.flatnonzero(np.diff(signs)) + 1).tolist(), len(texts)] if len(texts) else [0]
    for first, last in pairwise(bounds):
        progress(first / len(texts))
        found = cut(simplified(_APART.join(texts[first:last]) + _APART))
        told = pa.array(found, pa.string()).dictionary_encode()  # each piece is looked up once a call, not each time
        numbers = np.array([pieces[piece] for piece in told.dictionary.to_pylist()], np.int32)
        row = numbers[told.indices.to_numpy()]
        listing += islice(pieces, len(listing), None)
        sorts = np.concatenate([sorts, np.array([_sort(piece) for piece in listing[len(sorts):]], np.uint8)])
        rows.append(_put_together(row, found, sorts[row], pieces))
    return _tokens(list(pieces), rows, apart, own)


def _sort(piece: str) -> int:
    """What a piece is to its neighbours."""
    if "\u4e00" <= piece[0] <= "\u9fff" or piece.isspace():
        return _OTHER
    if piece.isascii() and piece[-1].isalnum() and not piece[0].isdigit() and piece not in _BY_SIGN:
        return _LATIN if not piece.startswith("www.") else _HEAD
    if piece in _BY_SIGN:
        return _BY_SIGN[piece]
    if piece[0].isdigit() and piece.isascii():
        return _DIGITS
    if _FOREIGN.match(piece) or unicodedata.category(piece[0]).startswith("M"):
        return _STRANGE
    return _PICTURED if ord(piece[0]) >= 0x2190 else _OTHER


def _put_together(row: np.ndarray, found: list[str], sort: np.ndarray, pieces: dict[str, int]) -> np.ndarray:
    """The pieces of some texts with "don't", 'café', '1,234', '👍🏽' and addresses in one piece each."""
    tied = np.zeros(len(row), bool)  # with the piece after it
    strange, letters = sort == _STRANGE, (sort == _LATIN) | (sort == _STRANGE)
    tied[:-1] = (strange[:-1] & letters[1:]) | (letters[:-1] & strange[1:])
    tied[:-1] |= (sort[1:] == _ON_EMOJI) & ((sort[:-1] == _PICTURED) | (sort[:-1] == _ON_EMOJI))
    for between, sides in ((_APOSTROPHE, letters), (_BETWEEN, sort == _DIGITS),
                           (_JOINER, (sort == _PICTURED) | (sort == _ON_EMOJI))):
        middle = np.flatnonzero((sort[1:-1] == between) & sides[:-2] & sides[2:])
        tied[middle] = tied[middle + 1] = True
    alone = np.append((sort[:-1] != _LATIN) & (sort[:-1] != _DIGITS), True)  # '@you' is no address, 'me@you' may be
    tied[:-1] |= (sort[:-1] == _AT) & np.roll(alone, 1)[:-1] & (sort[1:] == _LATIN)  # '@you' names who is spoken to
    reached = 0
    for place in np.flatnonzero((sort == _HEAD) | ((sort == _AT) & ~np.roll(alone, 1))).tolist():
        if place < reached:
            continue
        first = last = place
        while last + 1 < len(found) and found[last + 1].isascii() and found[last + 1] > " ":
            last += 1
        if sort[place] == _AT:
            while first > reached and found[first - 1].isascii() and found[first - 1] > " ":
                first -= 1
        tied[first:last] = True
        reached = last
    if not tied.any():
        return row
    ends = np.flatnonzero(np.diff(tied, prepend=False, append=False))
    stays = np.ones(len(row), bool)
    for first, last in ends.reshape(-1, 2).tolist():
        row[first] = pieces["".join(found[first:last + 1])]
        stays[first + 1:last + 1] = False
    return row[stays]


def _tokens(pieces: list[str], rows: list[np.ndarray], apart: int, own: Dictionary) -> Tokens:
    """Pieces as the segmenter leaves them → terms: in lower case, blanks gone, 'on-time' in three."""
    known: defaultdict[str, int] = defaultdict()
    known.default_factory = known.__len__
    kinds: list[int] = []
    many, flat = np.zeros(len(pieces), np.int32), []  # how many terms a piece is, and which
    for place, piece in enumerate(pieces):
        for term, kind in _terms(piece) if place != apart else ():
            flat.append(known[term])
            many[place] += 1
            if len(known) > len(kinds):
                kinds.append(kind)
    first, flat = np.cumsum(many) - many, np.array(flat, np.int32)
    ids, lengths = [], []
    for row in rows:
        count = many[row]
        until = np.cumsum(count)
        lengths.append(np.diff(until[row == apart], prepend=0))
        if count.max(initial=0) <= 1:
            ids.append(flat[first[row[count == 1]]])
        else:
            ids.append(flat[np.repeat(first[row] - until + count, count) + np.arange(until[-1])])
    ids = np.concatenate(ids) if ids else np.zeros(0, np.int32)
    starts = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]) if lengths else np.zeros(1, np.int64)
    terms, kind = np.array(list(known), dtype=object), np.array(kinds, np.uint8)
    stopped = (listed("stop_en") | listed("stop_zh") | own.stop) - own.keep
    stop = np.fromiter((term in stopped or (what == WORD_EN and len(term) < 2)
                        for term, what in zip(known, kinds, strict=True)), bool, len(terms))
    return Tokens(terms, kind, stop, ids, starts, _Folding(terms, kind, ids, own.synonyms))


def _terms(piece: str) -> list[tuple[str, int]]:
    if "\u4e00" <= piece[0] <= "\u9fff":
        return [(piece.lower(), WORD_ZH)]  # 'T恤' and 'AA制' too are words of the segmenter
    if piece.isascii() and piece.isalpha():
        return [(piece.lower(), WORD_EN)]
    if len(piece) > 1 and piece.isalnum() and any("\u4e00" <= sign <= "\u9fff" for sign in piece):
        return [(piece.lower(), WORD_ZH)]
    told = []
    for found in _TOKEN.finditer(piece.lower()):
        term = found.group()
        if found.lastgroup == "word":
            term = term.replace("’", "'")
            told.append((term, WORD_EN if term.isascii() else WORD_OTHER))
        else:
            told.append((term, _KIND[found.lastgroup]))
    return told


def segmenter(own: Dictionary) -> Callable[[str], list[str]]:
    """What cuts Chinese into words, the team's own words and products among them."""
    words = {*own.keep, *(name for name, _ in own.products), *(name for _, name in own.products),
             *(word for pair in own.synonyms for word in pair), *(word for word, _ in own.mood)}
    return _segmenter(frozenset(word for word in map(simplified, words)
                                if 2 <= len(word) <= 16 and re.fullmatch(f"[{_HAN}]+", word)))


@lru_cache(maxsize=2)
def _segmenter(words: frozenset[str]) -> Callable[[str], list[str]]:
    import rjieba

    if not words:
        return rjieba.cut
    taught = rjieba.Jieba()
    for word in sorted(words):
        taught.add_word(word, None, None)  # without a frequency it takes one that keeps the word whole
    return taught.cut


@lru_cache(maxsize=200_000)  # more than a shop's messages have words; a filter or a second reading asks for the same
def _stem(word: str) -> str:
    return _stemmer().stem(word)


@lru_cache(maxsize=1)
def _stemmer():
    from nltk.stem.snowball import EnglishStemmer

    return EnglishStemmer()


@dataclass(frozen=True, eq=False)
class _Folding:
    """Which term each term is counted as, worked out when it is first asked for: stemming takes longer than cutting."""

    terms: np.ndarray
    kinds: np.ndarray
    ids: np.ndarray
    synonyms: tuple[tuple[str, str], ...]

    @cached_property
    def folded(self) -> np.ndarray:
        """Of English words with one stem the commonest, of a synonym its meaning."""
        synonyms = dict(self.synonyms)
        often = np.bincount(self.ids, minlength=len(self.terms))
        groups: dict[str, list[int]] = {}
        for place in np.flatnonzero(self.kinds <= WORD_OTHER).tolist():
            term = self.terms[place]
            meaning = synonyms.get(term, term)
            key = _stem(meaning) if self.kinds[place] == WORD_EN or meaning.isascii() else meaning
            groups.setdefault(key, []).append(place)
        folded = np.arange(len(self.terms), dtype=np.int32)
        for members in groups.values():
            if len(members) > 1:
                folded[members] = max(
                    members, key=lambda place: (self.terms[place] not in synonyms, often[place], -place))
        return folded
