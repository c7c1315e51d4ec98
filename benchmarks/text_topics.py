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

OF_PEERS = 15_000  # different texts that peers are fitted on, and ours beside them: LDA is slow
ANOTHER = 1_000  # added to the seed: stability is told of other subsamples than those that chose the number


def add_arguments(parser) -> None:
    parser.add_argument("--k", type=int, help="how many topics; without it the number is proposed")


def run(chosen) -> dict:
    """`stability`: the topics of each two of eight fits on 90 % of the different texts, paired one to one; the mean
    Jaccard index of their ten words. `npmi`: of the ten words of a topic, over the texts of the file (a text is the
    window), the mean over topics. `peers`: others at the same number of topics, and ours once more, all on one sample
    of the different texts where they are many."""
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
        answer["peers"] = _peers(counts, read.tokens.kinds, topics.k, chosen.seed)
    return answer


def _peers(counts, kinds, k: int, seed: int) -> dict:
    """Ours and others on one sample of the texts and on the same words, measured in the same way."""
    rows = np.arange(counts.shape[0])
    if len(rows) > OF_PEERS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, OF_PEERS, replace=False))
    counts = counts[rows]
    columns = vocabulary(counts, kinds)
    words, present = counts[:, columns], counts.astype(bool).astype(np.float32)
    fits = {"ours": lambda some: words_found(counts[some], kinds, k),
            "nmf": lambda some: [columns[top] for top in top_words(_nmf(words[some], k, seed))],
            "lda": lambda some: [columns[top] for top in top_words(_lda(words[some], k, seed))]}
    told: dict = {"texts": len(rows)}
    for name, fit in fits.items():
        started = perf_counter()
        found = fit(np.arange(len(rows)))
        told[name] = {"k": k, "npmi": float(npmi(present, found).mean()), "seconds": perf_counter() - started,
                      "stability": stability_of(fit, len(rows), seed + ANOTHER)}
    return told


def _nmf(words, k: int, seed: int):
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfTransformer

    return NMF(k, random_state=seed, max_iter=200).fit(TfidfTransformer().fit_transform(words)).components_


def _lda(words, k: int, seed: int):
    from sklearn.decomposition import LatentDirichletAllocation

    return LatentDirichletAllocation(k, random_state=seed).fit(words).components_
