"""Texts as rows of numbers: their words, word pairs and runs of signs, each weighted by how rare it is (TF-IDF).

    fit(["Where is my card?", "卡在哪里"])      what there is to count, and how rare each of it is
    .transform(["my card", "我的卡"])           a CSR matrix: a row a text, a column a word, a pair or a run of signs

Runs of signs stay within words, with the blank before and after one (as char_wb of scikit-learn): 'card' gives ' c',
'ca' … 'card '. Chinese has no blanks, so that its runs go through the clause. Everything is counted under a hash of 64
bits, worked out for a whole lot of texts at once; only the single words are kept in writing, to be shown.

What is short and asks for something is told better where words that stand near each other count together as well, up
to `APART` words apart and either of them first: 'lost my new card' and 'my card is lost' share one. This block is there
where a weight is given for it.

Each of the blocks has length 1 before it is weighted, so that a long text has no louder voice than a short one.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from crm_core.text_mining.tokens import LINK, PUNCTUATION, Tokens, tokenise

RUNS = range(1, 6)  # lengths of runs of signs; single signs of Chinese only
LONGEST_CHINESE = 4
MOST_WORDS, MOST_PAIRS, MOST_RUNS, MOST_NEAR = 60_000, 80_000, 200_000, 80_000
APART = 5  # words, up to which two are near
RARE_FROM = 500  # texts from which on what stands in one text only is left out
LOT = 5_000  # texts that are counted at once
LONGEST = 20_000  # signs of one text that count: what a longer one is about is said by then
LONGEST_WORD = 40  # signs of a word that are kept to be shown
WORDS, PAIRS, SIGNS, NEAR = "words", "pairs", "signs", "near"

_BLANKS = re.compile(r"\s+")
_MANY = np.uint64(0x9E3779B97F4A7C15)  # an odd number whose bits are spread


@dataclass(frozen=True, eq=False)
class Block:
    """What is counted in one way; a key a column."""

    keys: np.ndarray  # uint64, sorted
    rarity: np.ndarray  # float32: 1 + ln((1 + texts) / (1 + texts that have it)), softened
    weight: float  # of the block beside the others


@dataclass(frozen=True, eq=False)
class Vectors:
    words: Block
    pairs: Block
    signs: Block
    near: Block  # without a key where near words do not count together
    names: np.ndarray  # text of fixed width, a word a column of `words`
    texts: int  # that were learned from

    @property
    def width(self) -> int:
        return sum(len(block.keys) for block in self._blocks.values())

    @property
    def _blocks(self) -> dict[str, Block]:
        """In the order of their columns."""
        blocks = {WORDS: self.words, PAIRS: self.pairs, SIGNS: self.signs, NEAR: self.near}
        return {name: block for name, block in blocks.items() if name != NEAR or len(block.keys)}

    def transform(self, texts: Sequence[str], tokens: Tokens | None = None):
        """A CSR matrix of float32, texts × `width`: words, then pairs, runs of signs and near words."""
        from scipy import sparse

        tokens = tokenise(texts) if tokens is None else tokens
        hashes, said = _hashes(tokens), _said(tokens)
        lots = []
        for start in range(0, max(1, len(texts)), LOT):
            rows = np.arange(start, min(len(texts), start + LOT))
            found = _counted(texts, tokens, hashes, said, rows, NEAR in self._blocks)
            lots.append(sparse.hstack([_weighted(block, *found[name], len(rows))
                                       for name, block in self._blocks.items()], format="csr"))
        return sparse.vstack(lots, format="csr")


def fit(texts: Sequence[str], tokens: Tokens | None = None, weights: tuple[float, float, float] = (1.0, 0.7, 1.0),
        progress: Callable[[float], None] = lambda _share: None, softened: float = 1.0, near: float = 0.0) -> Vectors:
    """What there is to count in cleaned texts. `weights`: of the words, the pairs and the runs of signs.

    `softened` is the power to which rarity is taken: below 1 common words, which make a question of a sentence, count
    for more. `near` is the weight of near words; at 0 they are not counted.
    """
    tokens = tokenise(texts) if tokens is None else tokens
    hashes, said = _hashes(tokens), _said(tokens)
    found = {WORDS: [], PAIRS: [], SIGNS: [], NEAR: []}
    for start in range(0, len(texts), LOT):
        progress(start / len(texts))
        rows = np.arange(start, min(len(texts), start + LOT))
        for name, (keys, of) in _counted(texts, tokens, hashes, said, rows, near > 0).items():
            found[name].append(_in_texts(keys, of, len(rows)))
    least = 2 if len(texts) >= RARE_FROM else 1
    most = {WORDS: MOST_WORDS, PAIRS: MOST_PAIRS, SIGNS: MOST_RUNS, NEAR: MOST_NEAR}
    words, pairs, signs, beside = (_block(found[name], len(texts), most[name], least, weight, softened)
                                   for name, weight in zip(most, (*weights, near), strict=True))
    names = np.full(len(words.keys), "", dtype=f"<U{LONGEST_WORD}")
    at = np.searchsorted(words.keys, hashes)
    there = at < len(words.keys)
    there[there] = words.keys[at[there]] == hashes[there]
    names[at[there]] = tokens.terms[there]
    return Vectors(words, pairs, signs, beside, names, len(texts))


# --- inside ---------------------------------------------------------------------------------------


def _hashes(tokens: Tokens) -> np.ndarray:
    """A number of 64 bits a term, the same in every corpus."""
    told = (hashlib.blake2b(term.encode("utf-8", "replace"), digest_size=8).digest() for term in tokens.terms)
    return np.frombuffer(b"".join(told), np.uint64)


def _said(tokens: Tokens) -> np.ndarray:
    """bool, one a term: not a link, and of signs only those that carry a mood or a question."""
    marks = np.isin(tokens.terms.astype(str), ["!", "?", "！", "？"]) if len(tokens.terms) else np.zeros(0, bool)
    return ((tokens.kinds != LINK) & (tokens.kinds != PUNCTUATION)) | marks


def _counted(texts, tokens: Tokens, hashes, said, rows, near: bool) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Block → keys and of which of the rows each is, an entry an occurrence."""
    some = tokens.take(rows)
    of = np.repeat(np.arange(len(rows)), np.diff(some.starts))
    kept = said[some.ids]
    of, keys = of[kept], hashes[some.ids[kept]]
    together = of[1:] == of[:-1]
    found = {WORDS: (keys, of), PAIRS: ((keys[:-1] * _MANY + keys[1:])[together], of[1:][together]),
             SIGNS: _runs([texts[row] for row in rows])}
    return found | {NEAR: _near(keys, of)} if near else found


def _near(keys: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every two words of a text up to `APART` apart, whichever comes first, and of which text they are."""
    both, rows = [], []
    for apart in range(1, APART + 1):
        one, other, same = keys[:-apart], keys[apart:], of[apart:] == of[:-apart]
        both.append((np.minimum(one, other) * _MANY + np.maximum(one, other))[same])
        rows.append(of[apart:][same])
    return np.concatenate(both), np.concatenate(rows)


def _runs(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Every run of signs within words, and of which text it is."""
    told = [f" {_BLANKS.sub(' ', text[:LONGEST].lower().strip())} " for text in texts]
    lengths = np.array([len(text) for text in told])
    signs = np.frombuffer("".join(told).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    of = np.repeat(np.arange(len(texts)), lengths)
    chinese, blank = signs >= 0x2E80, signs == 0x20
    mixed = signs * np.uint64(0xD6E8FEB86659FD93)
    mixed ^= mixed >> np.uint64(32)
    mixed *= _MANY
    keys, rows = [], []
    run = np.zeros(len(signs), np.uint64)
    inner = np.zeros(len(signs), bool)  # a blank that is neither the first nor the last sign of the run
    for length in RUNS:
        if length > len(signs):
            break
        last = slice(length - 1, None)
        run = run[:len(signs) - length + 1] * _MANY + mixed[last]
        if length >= 3:
            inner = inner[:len(run)] | blank[length - 2:len(signs) - 1][:len(run)]
        else:
            inner = inner[:len(run)]
        kept = ~inner & (of[:len(run)] == of[last])
        if length == 1:
            kept &= chinese
        elif length == 2:
            kept &= ~(blank[:-1] & blank[1:])
        elif length > LONGEST_CHINESE:
            kept &= ~chinese[last]
        keys.append(run[kept] + np.uint64(length))
        rows.append(of[:len(run)][kept])
    return (np.concatenate(keys), np.concatenate(rows)) if keys else (np.zeros(0, np.uint64), np.zeros(0, np.int64))


def _in_texts(keys, of, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Every key once, with the number of texts that have it."""
    known, place = np.unique(keys, return_inverse=True)
    both = np.unique(place * np.int64(max(1, count)) + of)
    return known, np.bincount(both // max(1, count), minlength=len(known))


def _block(lots, texts: int, most: int, least: int, weight: float, softened: float) -> Block:
    keys, place = np.unique(np.concatenate([lot[0] for lot in lots] or [np.zeros(0, np.uint64)]), return_inverse=True)
    having = np.bincount(place, np.concatenate([lot[1] for lot in lots] or [np.zeros(0)]), len(keys))
    kept = np.flatnonzero(having >= least)
    if len(kept) > most:  # the commonest; of equally common ones those of the smaller key, in any order of texts
        kept = np.sort(kept[np.argsort(-having[kept], kind="stable")[:most]])
    rarity = (1 + np.log((1 + texts) / (1 + having[kept]))) ** softened
    return Block(keys[kept], rarity.astype(np.float32), weight)


def _weighted(block: Block, keys, of, count: int):
    """(1 + ln occurrences) × rarity, each row brought to length `weight`."""
    from scipy import sparse

    at = np.searchsorted(block.keys, keys)
    known = at < len(block.keys)
    known[known] = block.keys[at[known]] == keys[known]
    matrix = sparse.csr_matrix((np.ones(int(known.sum()), np.float32), (of[known], at[known])),
                               (count, len(block.keys)))
    matrix.sum_duplicates()
    matrix.data = (1 + np.log(matrix.data)) * block.rarity[matrix.indices]
    rows = np.repeat(np.arange(count), np.diff(matrix.indptr))
    length = np.sqrt(np.bincount(rows, matrix.data.astype(np.float64) ** 2, count))
    matrix.data *= (block.weight / np.maximum(length, 1e-12)).astype(np.float32)[rows]
    return matrix
