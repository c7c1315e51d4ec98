"""What texts are about in a few words and phrases: of one text, or of many about one thing.

A phrase is a run of up to three words worth counting. It weighs as many sentences as have it, those that are longer a
little more, since they say more; where it stands early, it weighs more. A word that mostly stands in one phrase gives
way to it. English words of one family (accurate, accuracy) count together and are told by their noun, which names
what the texts are about, where they use it themselves.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np
import pandas as pd

from crm_core.text_mining.cleaning import clean
from crm_core.text_mining.dictionary import Dictionary
from crm_core.text_mining.phrases import joined
from crm_core.text_mining.sentences import sentences
from crm_core.text_mining.tokens import WORD_EN, WORD_ZH, Tokens, tokenise

LONGEST = 3  # words of a phrase
LONGER = 0.3  # what each further word of a phrase adds to its weight, as a share
EARLY = 0.5  # what standing in the first sentence adds, halved with each doubling of the sentences before
GIVES_WAY = 0.6  # a word or phrase gives way to a longer one that has this share of its sentences
NOUN_SHARE = 0.1  # of a family's uses, for the noun to name it

# Endings of an adjective or verb → those of the noun beside it, where the stemmer keeps them apart.
_FAMILIES = (("ate", "acy"), ("er", "ery"), ("", "ment"), ("", "ance"), ("e", "ance"), ("d", "se"), ("t", "ce"),
             ("t", "cy"))


def keyphrases(texts: Sequence[str], most: int = 10, own: Dictionary = Dictionary()) -> pd.DataFrame:  # noqa: B008
    """The phrases that tell what the texts, taken together, are about, the weightiest first.

    phrase, sentences (that have it), count, weight.
    """
    pieces = [text[start:end] for text in map(clean, texts) for start, end in sentences(text)]
    tokens = tokenise(pieces, own)
    kin, telling = _families(tokens).tolist(), _telling(tokens)
    where: dict[tuple[int, ...], list[int]] = defaultdict(list)
    written: dict[tuple[int, ...], Counter] = defaultdict(Counter)
    for sentence, run in _runs(tokens):
        for length in range(1, min(LONGEST, len(run)) + 1):
            for first in range(len(run) - length + 1):
                words = tuple(run[first:first + length])
                key = tuple([kin[word] for word in words])
                if (length > 1 and len(set(key)) < length) or (length == 1 and not telling[words[0]]):
                    continue
                where[key].append(sentence)
                written[key][words] += 1
    distinct = {key: len(set(places)) for key, places in where.items()}
    weight = {}
    for key, places in where.items():
        if len(key) > 1 and distinct[key] < 2 and len(pieces) > 3:
            continue  # two words once beside each other are no phrase
        early = EARLY / np.log2(2 + min(places))
        weight[key] = distinct[key] * (1 + LONGER * (len(key) - 1)) + early
    for key in sorted(weight, key=len, reverse=True):
        for part in _parts(key):
            if part in weight and distinct[key] >= GIVES_WAY * distinct[part]:
                weight[part] = 0.0
    best = sorted((key for key in weight if weight[key]), key=lambda key: (-weight[key], where[key][0], key))[:most]
    return pd.DataFrame({
        "phrase": [_told(tokens, key, written[key]) for key in best], "sentences": [distinct[key] for key in best],
        "count": [len(where[key]) for key in best], "weight": [weight[key] for key in best]})


def _runs(tokens: Tokens):
    """Runs of neighbours worth counting, each with its sentence."""
    counted, ids = tokens.counted.tolist(), tokens.ids.tolist()
    for sentence, (start, end) in enumerate(pairwise(tokens.starts.tolist())):
        for kept, run in groupby(ids[start:end], key=counted.__getitem__):
            if kept:
                yield sentence, list(run)


def _telling(tokens: Tokens) -> list[bool]:
    """Words that are a phrase by themselves: a Chinese sign alone is seldom a subject, nor an English word of two."""
    return [len(term) > (1 if kind == WORD_ZH else 2) for term, kind in zip(tokens.terms, tokens.kinds, strict=True)]


def _parts(key: tuple[int, ...]):
    for length in range(1, len(key)):
        for first in range(len(key) - length + 1):
            yield key[first:first + length]


def _families(tokens: Tokens) -> np.ndarray:
    """As `folded`, families joined: the term that each term is counted as."""
    kin = tokens.folded.copy()
    places = {term: place for place, term in enumerate(tokens.terms) if tokens.kinds[place] == WORD_EN}
    for term, place in places.items():
        for plain, noun in _FAMILIES:
            if len(term) - len(noun) >= 4 and term.endswith(noun):
                base = places.get(term[:len(term) - len(noun)] + plain)
                if base is not None:
                    kin[tokens.folded == tokens.folded[place]] = kin[base]
                    break
    return kin


def _told(tokens: Tokens, key: tuple[int, ...], ways: Counter) -> str:
    """The phrase as it is written most often; a single word by its family's noun where that is used enough."""
    words, _ = max(ways.items(), key=lambda way: (way[1], way[0]))
    if len(key) == 1 and tokens.kinds[words[0]] == WORD_EN:
        nouns = [(often, tokens.terms[way[0]]) for way, often in ways.items()
                 if tokens.terms[way[0]].endswith(tuple(noun for _, noun in _FAMILIES))]
        if nouns and max(nouns)[0] >= NOUN_SHARE * sum(ways.values()):
            return max(nouns)[1]
    return joined(tokens.terms[list(words)], tokens.kinds[list(words)])
