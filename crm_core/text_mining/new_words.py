"""Words that the Chinese segmenter does not know, found in the shop's own messages.

A word's signs stand together far oftener than chance would have them (pointwise mutual information, the weakest of its
cuts), and what stands before and after it varies (branch entropy): 云朵杯 is one, 朵杯 and 云朵杯很 are none.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from crm_core.text_mining.dictionary import Dictionary, listed
from crm_core.text_mining.tokens import segmenter

LONGEST = 5  # signs of a word
MOST_SIGNS = 4_000_000  # that are looked at
COHESION = 4.0  # bits: sixteen times as often as by chance
FREEDOM = 1.5  # bits: about three different neighbours on each side


@dataclass(frozen=True)
class NewWord:
    word: str
    count: int  # in different texts' signs
    cohesion: float  # bits of the weakest cut
    freedom: float  # bits of the poorer side


def new_words(texts: Iterable[str], own: Dictionary = Dictionary(), least: int = 5,  # noqa: B008
              progress: Callable[[float], None] = lambda _share: None) -> list[NewWord]:
    """The words of cleaned texts that no list has, the commonest and firmest first; exact duplicates count once."""
    joined = "\n".join(dict.fromkeys(texts))[:MOST_SIGNS]
    signs = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
    han = (signs >= 0x3400) & (signs <= 0x9FFF)
    if han.sum() < 2 * least:
        return []
    known, codes = np.unique(np.where(han, signs, 0), return_inverse=True)
    codes = codes.astype(np.int64) + (known[0] != 0)  # 0 is whatever is no Chinese sign
    size, total = int(codes.max()) + 1, int(han.sum())
    padded = np.concatenate([[0], codes, np.zeros(LONGEST + 1, np.int64)])
    # counts[n][i]: how often the n signs that begin at place i stand together; 0 where some are none or too rare.
    ids, counts = {1: padded}, {1: np.where(padded > 0, np.bincount(padded, minlength=size)[padded], 0)}
    found: list[NewWord] = []
    cut, known_words = segmenter(own), own.stop | own.keep | {written for written, _ in own.products}
    for length in range(2, LONGEST + 1):
        progress((length - 2) / (LONGEST - 1))
        places = np.flatnonzero((counts[length - 1][:-1] >= least) & (counts[length - 1][1:] >= least))
        places = places[places + length <= len(padded)]
        keys = ids[length - 1][places] * size + padded[places + length - 1]
        words, first, back, often = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        ids[length], counts[length] = np.zeros_like(padded), np.zeros_like(padded)
        ids[length][places], counts[length][places] = back, often[back]
        many = np.flatnonzero(often >= least)
        if not len(many):
            break
        start = places[first]
        cohesion = np.min([np.log2(often * float(total) / np.maximum(
            counts[part][start] * counts[length - part][start + part], 1)) for part in range(1, length)], axis=0)
        freedom = np.minimum(_entropy(back, padded[places - 1], size, often),
                             _entropy(back, padded[np.minimum(places + length, len(padded) - 1)], size, often))
        for place in many[(cohesion[many] >= COHESION) & (freedom[many] >= FREEDOM)]:
            word = joined[start[place] - 1:start[place] - 1 + length]
            if word not in known_words and _is_new(word, cut(word)):
                found.append(NewWord(word, int(often[place]), float(cohesion[place]), float(freedom[place])))
    return sorted(found, key=lambda new: (-new.count * new.cohesion * new.freedom, new.word))


def _entropy(word: np.ndarray, neighbour: np.ndarray, size: int, often: np.ndarray) -> np.ndarray:
    """Bits of what stands beside each word; an end of a sentence is a neighbour of its own each time."""
    open_end = neighbour == 0
    ends = np.bincount(word[open_end], minlength=len(often))
    pairs, seen = np.unique(word[~open_end] * size + neighbour[~open_end], return_counts=True)
    owner = pairs // size
    share = seen / often[owner]
    bits = np.bincount(owner, -share * np.log2(share), minlength=len(often))
    return bits + ends / often * np.log2(np.maximum(often, 1))


def _is_new(word: str, pieces: list[str]) -> bool:
    """Whether the segmenter tears it, and not into words of their own right: 客服态度, 速度快, 离机场 are phrases."""
    import rjieba

    if len(pieces) < 2 or len(set(word)) == 1 or any(piece in listed("stop_zh") for piece in pieces):
        return False
    lengths = {len(piece) for piece in pieces}
    if 1 not in lengths:
        return False
    if lengths == {1}:
        return True
    # A single sign beside a word makes a new word where it is a thing or part of a name: 快递员. At the end it may
    # be a measure: 云朵杯; in front a measure counts what follows: 条裤子.
    tagged = rjieba.tag(word)
    single = [tag for place, (piece, tag) in enumerate(tagged)
              if len(piece) == 1 and not (tag == "q" and place == len(tagged) - 1)]
    return all(tag.startswith(("n", "k", "h", "g", "z", "x")) for tag in single)
