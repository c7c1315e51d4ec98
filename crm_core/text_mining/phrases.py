"""Words that stand next to each other, and which of them belong together: collocations by NLTK's measures.

Pairs are counted as stems and synonyms are (late delivery, late deliveries), over words worth counting with nothing
between them, and told as they are written most often.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.text_mining.corpus import Corpus
from crm_core.text_mining.tokens import WORD_ZH, Tokens

MEASURES = ("likelihood_ratio", "pmi", "student_t", "chi_sq", "dice")  # as nltk's BigramAssocMeasures calls them
LEAST_COUNT = 3  # a pair that stands there once or twice is chance
SURE = 10.83  # likelihood ratio that chance exceeds once in a thousand pairs
STICKS = 0.1  # dice: how much of both words' use is the pair


@dataclass(frozen=True, eq=False)
class Pairs:
    """Every pair of neighbours, once an occurrence."""

    texts: np.ndarray  # the text it stands in
    places: np.ndarray  # the place of its first token
    first: np.ndarray  # the terms as they are counted
    second: np.ndarray


def pairs(tokens: Tokens) -> Pairs:
    ids = tokens.ids
    kept = tokens.counted[ids]
    texts = np.repeat(np.arange(len(tokens)), np.diff(tokens.starts))
    places = np.flatnonzero(kept[:-1] & kept[1:] & (texts[:-1] == texts[1:])) if len(ids) else np.array([], int)
    first, second = tokens.folded[ids[places]], tokens.folded[ids[places + 1]] if len(places) else places
    apart = first != second  # 'very very', '好好'
    return Pairs(texts[places][apart], places[apart], first[apart], second[apart])


def collocations(corpus: Corpus, measure: str = "likelihood_ratio", least: int = LEAST_COUNT,
                 most: int | None = None) -> pd.DataFrame:
    """Pairs of words that stand together more often than chance brings them, the strongest first.

    phrase, first, second (terms as they are counted), count, messages, score (by the measure), dice, likelihood_ratio.
    """
    tokens = corpus.tokens
    found, size = pairs(tokens), len(tokens.terms)
    keys, inverse, counts = np.unique(found.first.astype(np.int64) * size + found.second, return_inverse=True,
                                      return_counts=True)
    often = counts >= least
    if not often.any():
        return pd.DataFrame({"phrase": [], "first": [], "second": [], "count": [], "messages": [], "score": [],
                             "dice": [], "likelihood_ratio": []})
    kept = often[inverse]
    in_texts = pd.unique(inverse[kept] * np.int64(len(tokens)) + found.texts[kept]) // len(tokens)
    words = np.bincount(tokens.folded[tokens.ids[tokens.counted[tokens.ids]]], minlength=size)
    told = pd.DataFrame({"first": keys // size, "second": keys % size, "count": counts,
                         "messages": np.bincount(in_texts, minlength=len(keys))})[often].reset_index(drop=True)
    scores = {name: _measured(name, told, words) for name in {measure, "dice", "likelihood_ratio"}}
    told = told.assign(score=scores[measure], dice=scores["dice"], likelihood_ratio=scores["likelihood_ratio"])
    told = told[told["count"] * int(words.sum()) > words[told["first"]] * words[told["second"]].astype(float)]
    told = told.sort_values(["score", "count", "first", "second"], ascending=[False, False, True, True])
    told = told.head(most).reset_index(drop=True) if most else told.reset_index(drop=True)
    return told.assign(phrase=_as_written(tokens, found, told, size))[
        ["phrase", "first", "second", "count", "messages", "score", "dice", "likelihood_ratio"]]


def joined(terms, kinds) -> str:
    """Words as one phrase: Chinese ones without a blank. ['物流', '速度'] → 物流速度"""
    text, before = "", None
    for term, kind in zip(terms, kinds, strict=True):
        text += term if before is None or (kind == WORD_ZH and before == WORD_ZH) else f" {term}"
        before = kind
    return text


def _measured(name: str, told: pd.DataFrame, words: np.ndarray) -> np.ndarray:
    count, first, second = told["count"].to_numpy(float), words[told["first"]], words[told["second"]]
    if name == "dice":
        return 2 * count / (first + second)
    if name == "likelihood_ratio":  # of all pairs at every change of a filter, for which NLTK's takes too long
        return _likelihood_ratio(count, first, second, words.sum())
    from nltk.metrics import BigramAssocMeasures

    measure, every = getattr(BigramAssocMeasures, name), int(words.sum())
    return np.array([measure(count, (int(words[first]), int(words[second])), every) for count, first, second in zip(
        told["count"].tolist(), told["first"], told["second"], strict=True)], float)


def _likelihood_ratio(count, first, second, every) -> np.ndarray:
    """Dunning's G² of the four cells: with and without the one word and the other."""
    others, lefts = every - first, every - second
    cells = ((count, first * second), (first - count, first * lefts), (second - count, others * second),
             (others - second + count, others * lefts))
    total = np.zeros(len(count))
    for seen, expected in cells:
        some = seen > 0
        total[some] += seen[some] * np.log(seen[some] * every / expected[some].astype(float))
    return 2 * total


def _as_written(tokens: Tokens, found: Pairs, told: pd.DataFrame, size: int) -> list[str]:
    """The pair as it is written most often."""
    wanted = told["first"].to_numpy(np.int64) * size + told["second"].to_numpy(np.int64)
    keys = found.first.astype(np.int64) * size + found.second
    here = np.isin(keys, wanted)
    written = pd.DataFrame({"key": keys[here], "a": tokens.ids[found.places[here]],
                            "b": tokens.ids[found.places[here] + 1]}).value_counts(sort=True).reset_index()
    best = written.drop_duplicates("key").set_index("key")
    return [joined(tokens.terms[[a, b]], tokens.kinds[[a, b]])
            for a, b in best.loc[wanted, ["a", "b"]].to_numpy()]
