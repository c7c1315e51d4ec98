"""Texts cut into words, English and Chinese alike, once for everything that counts them.

    tokenise(["Tea was late 😡", "茶到得晚"])
    →  terms  ('tea', 'was', 'late', '😡', '茶', '到', '得', '晚')
       ids    [0 1 2 3 4 5 6 7]
       starts [0 4 8]               text i is ids[starts[i]:starts[i + 1]]
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from crm_core.text_mining.dictionary import Dictionary, listed

# What a term is. Words are counted; the rest keeps words apart, and moods and summaries read it.
WORD_EN, WORD_ZH, WORD_OTHER, NUMBER, PUNCTUATION, EMOJI, LINK = range(7)

_TOKEN = re.compile(
    r"(?P<link>https?://\S+|www\.\S+)|(?P<mail>[\w.+-]+@[\w-]+\.[\w.]+)|(?P<han>[\u3400-\u9fff\uf900-\ufaff]+)"
    r"|(?P<word>[^\W\d_\u3400-\u9fff\uf900-\ufaff]+(?:['’][^\W\d_]+)*)|(?P<number>\d+(?:[.,:/-]\d+)*)"
    r"|(?P<emoji>[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff](?:\ufe0f|\u200d[\u2600-\u27bf\U0001f000-\U0001faff]|[\U0001f3fb-\U0001f3ff])*)"
    r"|(?P<sign>[^\w\s])")


@dataclass(frozen=True, eq=False)
class Tokens:
    terms: np.ndarray  # text, one a distinct token in lower case
    kinds: np.ndarray  # uint8, one a term: WORD_EN …
    stop: np.ndarray  # bool, one a term: not worth counting
    folded: np.ndarray  # int32, one a term: the term that it is counted as (its stem's or synonym's commonest form)
    ids: np.ndarray  # int32, all tokens of all texts one after the other
    starts: np.ndarray  # int64, texts + 1

    def __len__(self) -> int:
        return len(self.starts) - 1

    def take(self, rows: np.ndarray) -> "Tokens":
        """The tokens of some texts (positions or a mask), with the same terms."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(self.starts[:-1][rows] - starts[:-1], lengths) + np.arange(starts[-1])
        return Tokens(self.terms, self.kinds, self.stop, self.folded, self.ids[places], starts)

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
    from rjieba import cut

    known: dict[str, int] = {}
    kinds: list[int] = []
    ids: list[int] = []
    starts = [0]

    def add(term: str, kind: int) -> None:
        place = known.get(term)
        if place is None:
            place = known[term] = len(known)
            kinds.append(kind)
        ids.append(place)

    for at, text in enumerate(texts):
        if at % 5_000 == 0:
            progress(at / max(1, len(texts)))
        for found in _TOKEN.finditer(text.lower()):
            group, token = found.lastgroup, found.group()
            if group == "han":
                for word in cut(token):
                    add(word, WORD_ZH)
            elif group == "word":
                add(token.replace("’", "'"), WORD_EN if token.isascii() else WORD_OTHER)
            else:
                add(token, {"link": LINK, "mail": LINK, "number": NUMBER, "emoji": EMOJI}.get(group, PUNCTUATION))
        starts.append(len(ids))
    terms = np.array(list(known), dtype=object)
    kind = np.array(kinds, np.uint8)
    flat = np.array(ids, np.int32)
    stopped = (listed("stop_en") | listed("stop_zh") | own.stop) - own.keep
    stop = np.array([term in stopped or (what == WORD_EN and len(term) < 2) for term, what in zip(
        terms, kinds, strict=True)], bool)
    return Tokens(terms, kind, stop, _folded(terms, kind, flat, own), flat, np.array(starts, np.int64))


def _folded(terms, kinds, ids, own: Dictionary) -> np.ndarray:
    """The term that each term is counted as: of English words with one stem the commonest, of a synonym its meaning."""
    from nltk.stem.snowball import EnglishStemmer

    stem, places = EnglishStemmer().stem, {term: place for place, term in enumerate(terms)}
    often = np.bincount(ids, minlength=len(terms))
    synonyms = dict(own.synonyms)
    groups: dict[str, list[int]] = {}
    for place, term in enumerate(terms):
        term = synonyms.get(term, term)
        groups.setdefault(stem(term) if kinds[place] == WORD_EN else term, []).append(place)
    folded = np.arange(len(terms), dtype=np.int32)
    for members in groups.values():
        if len(members) > 1:
            folded[members] = max(members, key=lambda place: (often[place], -place))
    for term, meaning in synonyms.items():
        if term in places and meaning in places:
            folded[places[term]] = folded[places[meaning]]
    return folded
