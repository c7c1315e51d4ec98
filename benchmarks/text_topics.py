"""Topics of messages: python benchmarks/text.py topics FILE.csv [--k K], with the column text."""

from time import perf_counter

import numpy as np

from benchmarks.measure import peak_mb
from benchmarks.text_rows import rows_of
from crm_core.text_mining import corpus
from crm_core.text_mining.topics import find
from crm_core.text_mining.topics.association import vocabulary
from crm_core.text_mining.topics.finding import words_found
from crm_core.text_mining.topics.quality import npmi, stability_of, top_words

ANOTHER = 1_000  # added to the seed: stability is told of other subsamples than those that chose the number


def add_arguments(parser) -> None:
    parser.add_argument("--k", type=int, help="how many topics; without it the number is proposed")


def run(chosen) -> dict:
    """`stability`: the topics of each two of eight fits on 90 % of the different texts, paired one to one; the mean
    Jaccard index of their ten words. `npmi`: of the ten words of a
    topic, over the texts of the file (a text is the window), the mean over topics."""
    found = rows_of(chosen)
    started = perf_counter()
    read = corpus(found)
    topics = find(read, chosen.k, chosen.seed)
    seconds = perf_counter() - started
    different = read.where(~read.messages.text.duplicated().to_numpy())
    counts = different.counts
    present = counts.astype(bool).astype(np.float32)
    places = {term: place for place, term in enumerate(read.tokens.terms)}

    def ours(rows):
        return words_found(counts[rows], read.tokens.kinds, topics.k)

    tops = [np.array([places[word] for word in topics.top(topic)]) for topic in range(topics.k)]
    answer = {
        "k": topics.k, "npmi": float(npmi(present, tops).mean()),
        "stability": stability_of(ours, len(different), chosen.seed + ANOTHER),
        "coverage": topics.coverage, "names": list(topics.names), "texts": len(found),
        "texts_per_s": len(found) / seconds, "seconds": seconds, "peak_mb": peak_mb()}
    if chosen.peers:
        answer["peers"] = {name: _peer(fit, counts, read.tokens.kinds, present, topics.k, chosen.seed)
                           for name, fit in (("nmf", _nmf), ("lda", _lda))}
    return answer


def _peer(fit, counts, kinds, present, k: int, seed: int) -> dict:
    """A peer on the same words as ours: coherence and stability under the same definitions."""
    started = perf_counter()
    columns = vocabulary(counts, kinds)
    words = counts[:, columns]

    def tops(rows):
        return [columns[top] for top in top_words(fit(words[rows], k, seed))]

    every = tops(np.arange(words.shape[0]))
    seconds = perf_counter() - started
    return {"k": k, "npmi": float(npmi(present, every).mean()),
            "stability": stability_of(tops, words.shape[0], seed + ANOTHER), "seconds": seconds}


def _nmf(words, k: int, seed: int):
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfTransformer

    return NMF(k, random_state=seed, max_iter=200).fit(TfidfTransformer().fit_transform(words)).components_


def _lda(words, k: int, seed: int):
    from sklearn.decomposition import LatentDirichletAllocation

    return LatentDirichletAllocation(k, random_state=seed).fit(words).components_
