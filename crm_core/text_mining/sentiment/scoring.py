"""The mood of texts by rules over their words, all texts at once: denial, degree, "but", exclamation, emoji.

    scored(tokens)   "The food is not good, but we loved the terrace!"
                     good   +2.0 denied −1.5, before "but" −0.7
                     loved  +2.0 after "but" +3.0            sum 2.3 and a little for "!"
"""

from dataclasses import dataclass

import numpy as np

from crm_core.text_mining.dictionary import Dictionary
from crm_core.text_mining.sentiment.lexicon import Words
from crm_core.text_mining.tokens import Tokens

REACH = 3  # words of weight that a denial reaches over
WITHOUT_OBJECT = -0.4  # a denial of something that has no mood of its own
ENOUGH_WITHIN = 6  # words between "cannot" and "enough"
BEFORE_BUT, AFTER_BUT, ALTHOUGH = 0.5, 1.5, 0.5
ASKED, COURTEOUS = 0.4, 0.2
EXCLAMATION, EXCLAMATIONS = 0.292, 4  # VADER's
HALF = 15.0  # VADER's: a sum of about 4 is a score of .7
BLOCK = 50_000  # texts at once, for memory


@dataclass(frozen=True, eq=False)
class Scored:
    positive: np.ndarray  # one a text: what its good words weigh
    negative: np.ndarray  # … its bad words, ≤ 0
    hits: np.ndarray  # … how many words have a mood
    last: np.ndarray  # … what the words of its last sentence weigh
    words: np.ndarray | None = None  # one a token: what it weighs in its text; only where asked for, as are
    spans: np.ndarray | None = None  # … over how many tokens it goes: words that mean something together weigh once

    @property
    def total(self) -> np.ndarray:
        return self.positive + self.negative

    @property
    def score(self) -> np.ndarray:
        """−1 … 1."""
        return self.total / np.sqrt(self.total ** 2 + HALF)


def scored(tokens: Tokens, own: Dictionary = Dictionary(), words: Words | None = None,  # noqa: B008
           each: bool = False) -> Scored:
    """What the words of each text weigh; `each` keeps it word for word."""
    words = Words.of(tokens, own) if words is None else words
    parts = [_block(tokens, words, start, min(start + BLOCK, len(tokens))) for start in range(0, len(tokens), BLOCK)]
    if not parts:
        none = np.zeros(0, np.float32)
        return Scored(none, none, none, none, *((none, none.astype(np.uint8)) if each else ()))
    joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Scored(*joined[:4], *(joined[4:] if each else ()))


def _block(tokens: Tokens, words: Words, first: int, end: int):
    starts = tokens.starts[first:end + 1]
    ids = tokens.ids[starts[0]:starts[-1]]
    starts = starts - starts[0]
    texts = np.repeat(np.arange(end - first, dtype=np.int32), np.diff(starts))
    count, at = end - first, np.arange(len(ids), dtype=np.int32)
    weight, denied, negator = words.weight[ids], words.denied[ids], words.negator[ids]
    factor, but, although = words.factor[ids], words.but[ids], words.although[ids]
    spans = _put_phrases(ids, texts, words, weight, denied, negator, factor, but, although)
    negator &= ~_praised(at, words, ids, texts)

    opens = np.zeros(len(ids), bool)
    opens[starts[:-1][np.diff(starts) > 0]] = True
    stop, sentence_end = words.stops[ids] | but, words.ends[ids]
    part_start = _last(at, opens, stop)  # the place from which this part of the sentence runs
    sentence_start = _last(at, opens, sentence_end)

    # Denial: the last "not" of this part of the sentence, if only few words of weight lie between.
    said_no = np.concatenate([[0], np.cumsum(negator, dtype=np.int32)])
    heavy = np.concatenate([[0], np.cumsum(~(words.light[ids] | negator), dtype=np.int32)])
    last_no = np.maximum.accumulate(np.where(negator, at, -1))
    before = np.concatenate([[-1], last_no[:-1]])
    near = (before >= part_start) & (heavy[:-1] - heavy[np.maximum(before, 0)] < REACH)
    twice = (said_no[:-1] - said_no[np.maximum(part_start, at - 8)]) % 2 == 0
    turned = near & ~twice & ~(negator & (weight != 0))
    has_mood = (weight != 0) | (turned & (denied != 0))
    weighs = np.where(turned, denied, weight)
    used = np.zeros(len(ids), bool)
    used[before[turned & has_mood]] = True
    weighs = np.where(negator & ~used & (weight == 0), WITHOUT_OBJECT, weighs)

    # Degree: the word before, or the one before that.
    previous = np.concatenate([[1.0], factor[:-1]]).astype(np.float32)
    previous[opens] = 1.0
    earlier = np.concatenate([[1.0], previous[:-1]]).astype(np.float32)
    earlier[opens] = 1.0
    weighs = weighs * np.where(previous != 1.0, previous, np.sqrt(earlier))

    # "But": what stands before it in its sentence weighs less, what follows more; "although" the other way round.
    last_but = np.maximum.accumulate(np.where(but, at, -1))
    after = last_but >= sentence_start
    buts = np.concatenate([[0], np.cumsum(but, dtype=np.int32)])
    sentence_stop = _next(at, opens, sentence_end)
    ahead = buts[sentence_stop] - buts[at + 1] > 0
    weighs = weighs * np.where(ahead, BEFORE_BUT, np.where(after, AFTER_BUT, 1.0))
    last_although = np.maximum.accumulate(np.where(although, at, -1))
    weighs = np.where((last_although >= part_start) & ~after, weighs * ALTHOUGH, weighs).astype(np.float32)

    # What is good in a question is asked for, not said ("which one do you recommend?"), and
    # thanks in a text that wants something is how one writes.
    asked = words.asks[ids[np.minimum(sentence_stop, len(ids) - 1)]] & (sentence_stop < len(ids)) if len(ids) else but
    weighs = np.where(asked & (weighs > 0), weighs * ASKED, weighs)

    wanting = np.bincount(texts, words.requests[ids], count) > 0
    polite = words.courtesy[ids] & (weighs > 0) & wanting[texts]
    weighs = np.where(polite, weighs * COURTEOUS, weighs).astype(np.float32)

    loud = np.minimum(np.bincount(texts, words.exclaims[ids], count), EXCLAMATIONS) * EXCLAMATION
    positive = np.bincount(texts, np.maximum(weighs, 0), count)
    negative = np.bincount(texts, np.minimum(weighs, 0), count)
    total = positive + negative
    text_end = starts[1:][texts]
    in_last = sentence_stop >= text_end - 1
    return ((positive + np.where(total > 0, loud, 0)).astype(np.float32),
            (negative - np.where(total < 0, loud, 0)).astype(np.float32),
            np.bincount(texts, weighs != 0, count).astype(np.float32),
            np.bincount(texts, np.where(in_last, weighs, 0), count).astype(np.float32), weighs, spans)


def _praised(at: np.ndarray, words: Words, ids: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Where "cannot … enough" does not deny: I can't recommend this place enough."""
    there = words.enough[ids]
    ahead = np.minimum.accumulate(np.where(there, at, len(at) + ENOUGH_WITHIN)[::-1])[::-1]
    near = words.cannot[ids] & (ahead - at <= ENOUGH_WITHIN)
    near[near] = texts[ahead[near]] == texts[near]
    return near


def _last(at: np.ndarray, opens: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The place after the last end before each place, or where its text opens."""
    after = np.concatenate([[False], ends[:-1]]) if len(ends) else ends
    return np.maximum.accumulate(np.where(opens | after, at, 0))


def _next(at: np.ndarray, opens: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The place of the next end from each place on, or the place after its text."""
    size = len(at)
    closes = np.concatenate([opens[1:], [True]]) if size else opens
    found = np.where(ends, at, np.where(closes, at + 1, size))
    return np.minimum.accumulate(found[::-1])[::-1]


def _put_phrases(ids, texts, words: Words, weight, denied, negator, factor, but, although) -> np.ndarray:
    """Words that mean something together say it once, at the first of them; the longest go first. How many tokens each
    token speaks for.
    """
    spans = np.ones(len(ids), np.uint8)
    taken = np.zeros(len(ids), bool)
    for length, (phrases, says, says_denied) in sorted(words.phrases.items(), reverse=True):
        if length > len(ids):
            continue
        begins = np.zeros(len(words.weight), bool)
        begins[phrases[:, 0]] = True
        follows = np.zeros(len(words.weight), bool)
        follows[phrases[:, 1]] = True
        room = len(ids) - length + 1
        places = np.flatnonzero(begins[ids[:room]] & follows[ids[1:room + 1]])
        places = places[texts[places] == texts[places + length - 1]]
        keys, wanted = _mixed(ids[places[:, None] + np.arange(length)]), _mixed(phrases)
        order = np.argsort(wanted)
        found = np.minimum(np.searchsorted(wanted[order], keys), len(order) - 1)
        right = wanted[order][found] == keys
        places, which = places[right], order[found[right]]
        free = ~taken[places[:, None] + np.arange(length)].any(axis=1)
        places, which = places[free], which[free]
        apart = np.diff(places, prepend=-length) >= length
        places, which = places[apart], which[apart]
        span = places[:, None] + np.arange(length)
        taken[span] = True
        weight[span], denied[span], factor[span] = 0, 0, 1
        negator[span], but[span], although[span] = False, False, False
        weight[places], denied[places], spans[places] = says[which], says_denied[which], length
    return spans


def _mixed(ids: np.ndarray) -> np.ndarray:
    """One number for the ids of each row."""
    mixed = np.zeros(len(ids), np.uint64)
    for column in ids.T.astype(np.uint64):
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed
