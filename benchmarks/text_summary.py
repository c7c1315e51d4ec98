"""How much of what people summed up stands in the sentences that are chosen: text.py summary FILE.csv --sentences L

A text that stands on several rows has several references. ROUGE-n here is the F1 of the n-grams in common, each counted
as often as both have it, English words by their stems, Chinese sign by sign; the mean over a text's references, then
over the texts. The recall stands beside it.
"""
import re
from collections import Counter
from time import perf_counter

import numpy as np

from benchmarks.measure import peak_mb, reset_peak
from benchmarks.text_rows import rows_of
from crm_core.errors import NothingToSum
from crm_core.text_mining.dictionary import listed
from crm_core.text_mining.sentences import sentences
from crm_core.text_mining.summary import joined, summarise

_GRAM = re.compile("[\u3400-\u9fff\uf900-\ufaff]|[^\\W_\u3400-\u9fff\uf900-\ufaff]+")
MMR = 0.7  # of the peer: how much being central counts beside being new


def add_arguments(parser) -> None:
    parser.add_argument("--sentences", type=int, default=2, metavar="L")


def run(chosen) -> dict:
    found = rows_of(chosen, "reference")
    references = found.groupby("text", sort=False).reference.agg(lambda cells: [str(cell) for cell in cells])

    def ours(text: str) -> str:
        try:
            return summarise([text], chosen.sentences, seed=chosen.seed).text
        except NothingToSum:
            return ""

    ours(references.index[0])  # what is loaded once is not counted
    reset_peak()
    answer = {"texts": len(references), "references": len(found), "sentences": chosen.sentences,
              **_measured(ours, references), "peak_mb": peak_mb()}
    if chosen.peers:
        answer["peers"] = {name: _measured(lambda text, way=way: way(text, chosen.sentences), references)
                           for name, way in (("lead", _lead), ("textrank_mmr", _textrank))}
    return answer


def _measured(way, references) -> dict:
    started = perf_counter()
    said = [way(text) for text in references.index]
    seconds = perf_counter() - started
    scores = np.array([np.mean([[*_rouge(summary, reference, 1), *_rouge(summary, reference, 2)] for reference in some],
                               axis=0) for summary, some in zip(said, references, strict=True)]).mean(axis=0)
    return {"rouge1": round(float(scores[0]), 4), "rouge2": round(float(scores[2]), 4),
            "rouge1_recall": round(float(scores[1]), 4), "rouge2_recall": round(float(scores[3]), 4),
            "words": round(float(np.mean([len(_grams(summary, 1)) for summary in said])), 1),
            "seconds": round(seconds, 3), "texts_per_s": round(len(said) / seconds, 1)}


def _grams(text: str, n: int) -> list[tuple[str, ...]]:
    from nltk.stem.snowball import EnglishStemmer

    stem = EnglishStemmer().stem
    words = [stem(word) for word in _GRAM.findall(text.lower())]
    return list(zip(*(words[place:] for place in range(n)), strict=False))


def _rouge(summary: str, reference: str, n: int) -> tuple[float, float]:
    """F1 and recall."""
    ours, theirs = Counter(_grams(summary, n)), Counter(_grams(reference, n))
    common = sum((ours & theirs).values())
    recall = common / max(1, sum(theirs.values()))
    precision = common / max(1, sum(ours.values()))
    return (2 * precision * recall / (precision + recall) if common else 0.0), recall


def _cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def _lead(text: str, length: int) -> str:
    return joined(_cut(text)[:length])


def _textrank(text: str, length: int) -> str:
    """TextRank (Mihalcea and Tarau 2004) over TF-IDF cosines without stop words, by maximal marginal relevance."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    said, stop = list(dict.fromkeys(_cut(text))), listed("stop_en") | listed("stop_zh")
    def words(one: str) -> list[str]:
        return [word for word in _GRAM.findall(one.lower()) if word not in stop]

    try:
        weights = TfidfVectorizer(analyzer=words).fit_transform(said)
    except ValueError:
        return joined(said[:length])
    like = (weights @ weights.T).toarray()
    links = like - np.diag(like.diagonal())
    steps = links / np.maximum(links.sum(axis=1, keepdims=True), 1e-9)
    rank = np.full(len(said), 1 / len(said))
    for _ in range(60):
        rank = 0.15 / len(said) + 0.85 * rank @ steps
    rank /= rank.max()
    chosen: list[int] = []
    for _ in range(min(length, len(said))):
        new = MMR * rank - (1 - MMR) * (like[:, chosen].max(axis=1) if chosen else 0)
        new[chosen] = -np.inf
        chosen.append(int(np.argmax(new)))
    return joined([said[place] for place in chosen])
