"""Topics of messages in any mix of languages: how many, their words, and which message is about which.

    find(corpus)  →  k 2, names ('delay · late · gate', '房间 · 干净 · 舒适'), assigned [0 0 1 -1 1]
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.errors import TooFewForTopics
from crm_core.text_mining.topics.association import association, vocabulary
from crm_core.text_mining.topics.quality import npmi, stability, subsamples, top_words
from crm_core.text_mining.topics.rotation import directions, topics_of

FEWEST_MESSAGES = 30  # different ones, with two words or more
FEWEST_WORDS = 12
MOST_READ = 100_000  # different messages from which topics are found; all are placed
MOST_TOPICS = 40
TRIED = (3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28)
STABLE = 0.8  # topics found again: two of their fits share nearly nine of ten words
COHERENT = 0.6  # of the best coherence among the numbers tried
WORDS_OF_TOPIC = 30  # that place a message
WORDS_OF_NAME = 3
NEAR = 0.1  # a message less like every topic (cosine) is of none
UNASSIGNED = -1
BATCH = 200_000  # messages that are placed at a time


@dataclass(frozen=True, eq=False)
class Topics:
    """What messages are about; the topic with the most messages first when they are found."""

    names: tuple[str, ...]
    words: np.ndarray  # text, the words that are read
    weights: np.ndarray  # float32, topics × words, each row of length 1
    rarity: np.ndarray  # float32, one a word: the weight of a word in a message
    assigned: np.ndarray  # int32, one a message: its topic, or UNASSIGNED
    nearness: np.ndarray  # float32, one a message: the cosine with its topic
    coherence: np.ndarray  # float, one a topic, −1 … 1: npmi of its ten words
    stability: float  # 0 … 1, see quality.stability; nan where topics were edited
    by_k: pd.DataFrame  # k, stability, npmi: a row a number tried; empty where none was
    seed: int
    proposed: bool  # the number was not asked for
    parts: tuple[int, ...]  # one a topic: of how many found topics it was merged; 1 as a rule

    @property
    def k(self) -> int:
        return len(self.names)

    @property
    def coverage(self) -> float:
        """Share of the messages that are of a topic."""
        return float((self.assigned >= 0).mean()) if len(self.assigned) else 0.0

    @property
    def npmi(self) -> float:
        return float(np.mean(self.coherence))

    @property
    def sizes(self) -> np.ndarray:
        """Messages of each topic."""
        return np.bincount(self.assigned[self.assigned >= 0], minlength=self.k)

    def top(self, topic: int, most: int = 10) -> list[str]:
        """The heaviest words of a topic."""
        return [str(word) for word in self.words[top_words(self.weights[[topic]], most)[0]]]


def find(corpus, k: int | None = None, seed: int = 0,
         progress: Callable[[float], None] = lambda _share: None) -> Topics:
    """The topics of a corpus; without `k` as many as are found again on other messages and hold together.

    Raises TooFewForTopics. Repeated messages are read once and each placed.
    """
    read = _read(corpus, seed)
    counts = corpus.tokens.take(read).counts()
    present, columns = _telling(counts, corpus.tokens.kinds)
    if present.shape[0] < FEWEST_MESSAGES or len(columns) < FEWEST_WORDS:
        raise TooFewForTopics(messages=present.shape[0], needed=FEWEST_MESSAGES)
    most = min(MOST_TOPICS, len(columns) // 4, present.shape[0] // 10)
    wanted = None if k is None else max(2, min(int(k), most))
    tried = [wanted] if wanted else [number for number in TRIED if number <= most] or [2]
    fits = _fits(counts, corpus.tokens.kinds, tried, seed, lambda share: progress(0.6 * share))
    found = directions(association(present), max(tried))
    by_k = pd.DataFrame([(number, stability(fits[number]), npmi(
        present, top_words(topics_of(found, number))).mean()) for number in tried], columns=["k", "stability", "npmi"])
    number = wanted or proposed_number(by_k)
    weights = of_length_one(topics_of(found, number))
    words = corpus.tokens.terms[columns]
    having = np.asarray(present.sum(axis=0)).ravel()
    rarity = (np.log((1 + present.shape[0]) / (1 + having)) + 1).astype(np.float32)
    topics = Topics(
        names=("",) * number, words=words, weights=weights, rarity=rarity, assigned=np.empty(0, np.int32),
        nearness=np.empty(0, np.float32), coherence=npmi(present, top_words(weights)),
        stability=float(by_k.stability[by_k.k == number].iloc[0]), by_k=by_k, seed=seed, proposed=wanted is None,
        parts=(1,) * number)
    topics = place(topics, corpus, lambda share: progress(0.6 + 0.4 * share))
    order = np.argsort(-topics.sizes, kind="stable")
    numbers = np.append(np.argsort(order), UNASSIGNED).astype(np.int32)  # the last answers for UNASSIGNED
    return named(replace(topics, weights=weights[order], coherence=topics.coherence[order],
                         assigned=numbers[topics.assigned]))


def words_found(counts, kinds: np.ndarray, k: int) -> list[np.ndarray]:
    """The ten words (columns) of each of `k` topics that find() comes to on messages × terms, and nothing else."""
    present, columns = _telling(counts, kinds)
    return [columns[top] for top in top_words(topics_of(directions(association(present), k), k))]


def proposed_number(by_k: pd.DataFrame) -> int:
    """The largest number of topics that are found again and hold together; where none is, the stablest one."""
    good = by_k[(by_k.stability >= STABLE) & (by_k.npmi >= COHERENT * max(by_k.npmi.max(), 0))]
    if len(good):
        return int(good.k.max())
    return int(by_k.k[by_k.stability.idxmax()])


def place(topics: Topics, corpus, progress: Callable[[float], None] = lambda _share: None) -> Topics:
    """The same topics with the messages of another corpus assigned to them."""
    places = {term: place for place, term in enumerate(corpus.tokens.terms)}
    known = np.array([places.get(word, -1) for word in topics.words])
    columns = np.flatnonzero(known >= 0)
    terms = corpus.tokens.folded[known[columns]]
    weights = topics.weights[:, columns].T * topics.rarity[columns, None]
    assigned = np.full(len(corpus), UNASSIGNED, np.int32)
    nearness = np.zeros(len(corpus), np.float32)
    for begin in range(0, len(corpus), BATCH):
        progress(begin / len(corpus))
        rows = np.arange(begin, min(begin + BATCH, len(corpus)))
        present = corpus.tokens.take(rows).counts()[:, terms].astype(bool).astype(np.float32)
        lengths = np.sqrt(present @ topics.rarity[columns] ** 2)
        near = np.asarray(present @ weights) / np.maximum(lengths, 1e-6)[:, None]
        best = near.argmax(axis=1)
        nearest = near[np.arange(len(rows)), best]
        assigned[rows] = np.where(nearest >= NEAR, best, UNASSIGNED)
        nearness[rows] = nearest
    return replace(topics, assigned=assigned, nearness=nearness)


def named(topics: Topics, names: dict[int, str] | None = None) -> Topics:
    """The same topics called by their heaviest words, in their messages' language, or as `names` says."""
    own = [" · ".join(topics.top(topic, WORDS_OF_NAME)) for topic in range(len(topics.weights))]
    return replace(topics, names=tuple((names or {}).get(topic, name) for topic, name in enumerate(own)))


def coherence_of(topics: Topics, corpus) -> np.ndarray:
    """npmi of each topic over the messages of a corpus."""
    places = {term: place for place, term in enumerate(corpus.tokens.terms)}
    known = np.array([places.get(word, -1) for word in topics.words])
    present = corpus.counts.astype(bool).astype(np.float32)
    tops = [known[top][known[top] >= 0] for top in top_words(topics.weights)]
    return npmi(present, [corpus.tokens.folded[top] for top in tops])


def _read(corpus, seed: int) -> np.ndarray:
    """Positions of the messages from which topics are found: different ones, a sample where they are many."""
    different = np.flatnonzero(~corpus.messages.text.duplicated().to_numpy())
    if len(different) <= MOST_READ:
        return different
    return np.sort(np.random.default_rng(seed).choice(different, MOST_READ, replace=False))


def _telling(counts, kinds: np.ndarray):
    """The messages with two words or more that are read: 1 where a message has a word; and the words' columns."""
    columns = vocabulary(counts, kinds)
    present = counts[:, columns].astype(bool).astype(np.float32)
    return present[np.asarray(present.sum(axis=1)).ravel() > 1], columns


def _fits(counts, kinds: np.ndarray, tried: list[int], seed: int, progress) -> dict[int, list[list[np.ndarray]]]:
    """The ten words of each topic by number of topics and subsample."""
    fits: dict[int, list] = {number: [] for number in tried}
    parts = subsamples(counts.shape[0], seed)
    for done, rows in enumerate(parts):
        progress(done / len(parts))
        present, columns = _telling(counts[rows], kinds)  # other messages bring other words
        found = directions(association(present), min(max(tried), len(columns)))
        for number in tried:
            fits[number].append([columns[top] for top in top_words(topics_of(found, number))])
    return fits


def of_length_one(weights: np.ndarray) -> np.ndarray:
    """The words that make a topic, the others 0, each topic of length 1."""
    kept = np.zeros_like(weights, dtype=np.float32)
    for topic, top in enumerate(top_words(weights, WORDS_OF_TOPIC)):
        kept[topic, top] = weights[topic, top]
    return kept / np.maximum(np.linalg.norm(kept, axis=1, keepdims=True), 1e-12)
