"""What other words say of a mood, learned without labels from the texts at hand.

Texts of which the known words are sure lend their mood to all other words in them and to pairs of words: where 'gate'
and 'on hold' stand mostly in bad texts, they speak for a bad one. A naive Bayes model of the surer half of each side is
asked, together with the known words, and learned once more from its own answer.
"""

from dataclasses import dataclass, replace

import numpy as np

from crm_core.text_mining.tokens import HANDLE, LINK, PUNCTUATION, Tokens

LEAST = 40  # texts a side that known words are sure of; with fewer there is nothing to learn from
MOST = 40_000  # texts that are learned from
SURER = 0.5  # of each side
ROUNDS = 2
BUCKETS = 1 << 21  # pairs of words are counted under a hash
RARE = 3  # times; what is said less often teaches nothing
SMOOTHING = 0.5
LOT = 4_000_000  # tokens at once


@dataclass(frozen=True, eq=False)
class Spread:
    """How far each word and pair of words speaks for a good text; plain arrays."""

    words: np.ndarray  # float32, one a term
    pairs: np.ndarray  # float32, one a bucket
    scale: float  # what a usual text gets
    usual: float  # how far a usual text leans by its known words

    def answer(self, tokens: Tokens) -> np.ndarray:
        """One number a text; about −1 … 1 for most."""
        told = np.zeros(len(tokens), np.float32)
        for first, end, texts, ids, buckets in _lots(tokens):
            size = end - first
            told[first:end] = np.bincount(texts, self.words[ids], size)
            told[first:end] += np.bincount(texts[1:], self.pairs[buckets], size)
        return told / np.sqrt(np.diff(tokens.starts) * 2.0 + 1).astype(np.float32) / np.float32(self.scale)


def spread(tokens: Tokens, lean: np.ndarray, seed: int = 0) -> Spread | None:
    """What can be learned from how texts lean by their known words (0: not at all); None where that is too little."""
    rows = np.arange(len(tokens))
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(seed).choice(len(rows), MOST, replace=False))
    some, lean = tokens.take(rows), lean[rows]
    if not lean.any():
        return None
    usual = float(lean.std())
    learned = None
    for _ in range(ROUNDS):
        now = lean / usual + learned.answer(some) if learned else lean
        sure = _sure(now)
        if sure is None:
            return learned
        learned = _learned(some, now > 0, sure, usual)
    return learned


def _sure(lean: np.ndarray) -> np.ndarray | None:
    """The weight of each text: the surer half of both sides, each side with the same weight in all."""
    good, bad = lean > 0, lean < 0
    if min(good.sum(), bad.sum()) < LEAST:
        return None
    good &= lean >= np.quantile(lean[good], 1 - SURER)
    bad &= lean <= np.quantile(lean[bad], SURER)
    half = (good.sum() + bad.sum()) / 2
    return good * (half / good.sum()) + bad * (half / bad.sum())


def _learned(tokens: Tokens, good: np.ndarray, weight: np.ndarray, usual: float) -> Spread:
    counts = [[np.zeros(len(tokens.terms)), np.zeros(BUCKETS)] for _ in range(3)]  # good, bad, all without weight
    for first, end, texts, ids, buckets in _lots(tokens):
        some = weight[first:end]
        shares = (some * good[first:end], some * ~good[first:end], (some > 0) * 1.0)
        for (words, pairs), share in zip(counts, shares, strict=True):
            words += np.bincount(ids, share[texts], len(words))
            pairs += np.bincount(buckets, share[texts[1:]], len(pairs))
    calls = np.isin(tokens.terms.astype(str), ["!", "?"])
    said = ~np.isin(tokens.kinds, (LINK, HANDLE)) & ((tokens.kinds != PUNCTUATION) | calls)
    both = []
    for block in (0, 1):
        for_good, for_bad, times = (side[block] for side in counts)
        kept = (times >= RARE) & (said if block == 0 else np.ones(BUCKETS, bool))
        size = max(1, kept.sum()) * SMOOTHING
        odds = (np.log((for_good + SMOOTHING) / (for_good[kept].sum() + size))
                - np.log((for_bad + SMOOTHING) / (for_bad[kept].sum() + size)))
        if block == 1:
            odds[0] = 0
        both.append(np.where(kept, odds, 0).astype(np.float32))
    learned = Spread(*both, 1.0, usual)
    return replace(learned, scale=max(float(learned.answer(tokens).std()), 1e-6))


def _lots(tokens: Tokens):
    """(first text, last text, text of each token, its term, the bucket of it and the one before) a lot."""
    first = 0
    while first < len(tokens):
        end = int(np.searchsorted(tokens.starts, tokens.starts[first] + LOT, "right")) - 1
        end = min(max(end, first + 1), len(tokens))
        ids = tokens.ids[tokens.starts[first]:tokens.starts[end]]
        texts = np.repeat(np.arange(end - first, dtype=np.int32), np.diff(tokens.starts[first:end + 1]))
        mixed = ids[:-1].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + ids[1:].astype(np.uint64)
        mixed = (mixed * np.uint64(0xD6E8FEB86659FD93)) >> np.uint64(43)
        # A pair across two texts, or with a sign in it, falls into the first bucket, which says nothing.
        signs = tokens.kinds[ids] == PUNCTUATION
        apart = (texts[1:] != texts[:-1]) | signs[1:] | signs[:-1]
        yield first, end, texts, ids, np.where(apart, 0, np.maximum(mixed, 1)).astype(np.int64)
        first = end
