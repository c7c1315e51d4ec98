"""The mood of every message of a corpus."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crm_core.text_mining.corpus import Corpus
from crm_core.text_mining.dictionary import Dictionary
from crm_core.text_mining.sentiment import taught
from crm_core.text_mining.sentiment.lexicon import Words
from crm_core.text_mining.sentiment.scoring import scored
from crm_core.text_mining.sentiment.spreading import spread

NEGATIVE, NEUTRAL, POSITIVE = MOODS = ("negative", "neutral", "positive")
CLEAR = 0.5  # a text that leans less than this is neutral: 1 is what a usual text with a mood leans
FULL = 4.0  # the weight of the strongest word
LEAST_SHOWN = 0.15
STRONG = 3.0  # what a word that tells good from bad texts weighs by itself
LENT = 0.3  # of it is shown: it goes with a mood, it has none of its own
CLEARLY = 0.6  # of what such a word can weigh: less goes with either mood
MOST_LENT = 3  # of such words in a message
READ = ("en", "zh", "none")  # languages whose words are known; none: emoji and signs only


@dataclass(frozen=True, eq=False)
class Moods:
    label: np.ndarray  # text, one a message: negative, neutral, positive
    score: np.ndarray  # float32, one a message: −1 … 1
    read: np.ndarray  # bool, one a message: in a language whose words are known, or labels taught it
    labels: int  # of the team, that were learned from; 0: none
    corpus: Corpus
    words: Words
    learned: dict[str, float]  # how far a word speaks for a good text, by the labels or the texts at hand

    def deciding(self, row: int, most: int = 12) -> list[tuple[int, int, float]]:
        """(start, end, −1 … 1) of the words that decide the mood of a message, in their order in its text."""
        one = self.corpus.tokens.take(np.array([row]))
        said = scored(one, words=self.words, each=True)
        weighs = said.words / FULL
        terms = one.terms[one.ids]
        learned = np.tanh([self.learned.get(term, 0.0) for term in terms])
        inside = np.zeros(len(terms), bool)
        for place in np.flatnonzero(said.spans > 1):
            inside[place + 1:place + said.spans[place]] = True
        side = {NEGATIVE: -1, POSITIVE: 1}.get(self.label[row], 0)
        told = (weighs != 0) | inside | one.stop[one.ids]
        # Of words that only go with a mood the clearest few decide, and none where words with a mood of their own
        # tell it already, unless the team's labels taught them.
        if side and (self.labels or not (side * weighs > 0).any()):
            clear = np.flatnonzero(~told & (side * learned >= CLEARLY))
            clear = clear[np.argsort(-np.abs(learned[clear]), kind="stable")]
            kinds = list(dict.fromkeys(terms[clear]))[:MOST_LENT]
            weighs = np.where(~told & np.isin(terms, kinds), LENT * learned, weighs)
        text = str(self.corpus.messages.text.iloc[row]).lower().replace("’", "'")
        places, at = [], 0
        for term in terms:
            begin = text.find(term, at)
            places.append((begin, begin + len(term)))
            at = max(at, begin + len(term)) if begin >= 0 else at
        found = [(places[token][0], places[token + said.spans[token] - 1][1], float(np.clip(weighs[token], -1, 1)))
                 for token in np.flatnonzero(np.abs(weighs) >= LEAST_SHOWN)]
        found = [word for word in found if 0 <= word[0] < word[1]]
        strongest = sorted(found, key=lambda word: -abs(word[2]))[:most]
        return sorted(strongest)

    def where(self, rows) -> "Moods":
        """Of some of the messages, by a mask or positions; the mood stays what it is among all."""
        rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        return Moods(self.label[rows], self.score[rows], self.read[rows], self.labels, self.corpus.where(rows),
                     self.words, self.learned)


def moods(corpus: Corpus, own: Dictionary = Dictionary(), labels=None, seed: int = 0,  # noqa: B008
          progress: Callable[[float], None] = lambda _share: None, neutral: bool = True) -> Moods:
    """The mood of each message. `labels`: the team's, a mood or None a message; too few teach nothing.

    A message in a language whose words are not known is not guessed at: neutral, and not `read`. With `neutral` False
    every message is told positive or negative, unless labels say otherwise.
    """
    words = Words.of(corpus.tokens, own)
    known = scored(corpus.tokens, words=words)
    progress(0.3)
    lean = taught.evened(known)
    lent, usual, learned = _spread(corpus, lean, seed)
    progress(0.5)
    given = [label if label in MOODS else None for label in labels] if labels is not None else []
    there = [label for label in given if label is not None]
    if taught.enough(there):
        columns, texts = taught.columns(known, np.nan_to_num(lent)), corpus.messages.text.tolist()
        model = taught.learn(texts, corpus.tokens, columns, given, seed, lambda share: progress(0.5 + share * 0.3))
        chances = model.chances(texts, corpus.tokens, columns, lambda share: progress(0.8 + share * 0.2))
        side = {name: chances[:, place] for place, name in enumerate(model.classes)}
        score = side.get(POSITIVE, 0) - side.get(NEGATIVE, 0)
        return Moods(model.classes[chances.argmax(axis=1)], score.astype(np.float32), np.ones(len(corpus), bool),
                     len(there), corpus, words, model.words())
    lean = np.where(np.isnan(lent), 2 * lean / taught.USUAL, lean / usual + lent)
    read = np.ones(len(corpus), bool)
    if neutral:
        read = corpus.messages.language.isin(READ).to_numpy()
        lean[~read] = 0
    label = np.where(lean > 0, POSITIVE, NEGATIVE)
    if neutral:
        label[np.abs(lean) < CLEAR] = NEUTRAL
    else:  # nothing is known of these: they are taken for what most are
        label[lean == 0] = POSITIVE if (lean > 0).sum() >= (lean < 0).sum() else NEGATIVE
    return Moods(label.astype(object), np.tanh(lean / 2).astype(np.float32), read, 0, corpus, words, learned)


def _spread(corpus: Corpus, lean: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """What the other words say of each message (NaN where too little is known), how far a usual one leans, and what
    each word says; a language at a time.
    """
    lent, usual, learned = np.full(len(corpus), np.nan), np.ones(len(corpus)), {}
    chinese = (corpus.messages.language == "zh").to_numpy()
    english = corpus.messages.language.isin(READ).to_numpy() & ~chinese
    for rows in (np.flatnonzero(english), np.flatnonzero(chinese)):
        tokens = corpus.tokens.take(rows)
        found = spread(tokens, lean[rows], seed)
        if found is not None:
            lent[rows], usual[rows] = found.answer(tokens), found.usual
            said = np.flatnonzero(found.words)
            learned.update(zip(tokens.terms[said], (found.words[said] / STRONG).tolist(), strict=True))
    return lent, usual, learned
