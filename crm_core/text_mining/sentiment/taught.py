"""Moods learned from labels: what the words of the texts say, beside what is known of moods without any label.

A linear model over words, pairs and runs of signs also sees the scores of the known words, so that fifty labels already
teach it where this team draws its lines; naive Bayes over the same columns has a smaller say. A model of the scores
alone stands beside them, for a few labels teach little of words: how much it counts is worked out on labels that were
held back. All are linear: together they are one coefficient a column.
"""

from dataclasses import dataclass, replace

import numpy as np

from crm_core.text_mining import linear, vectors
from crm_core.text_mining.sentiment.scoring import Scored
from crm_core.text_mining.tokens import Tokens

STRENGTH = 0.2  # of the linear model; .1 to .5 do as well
BESIDE = (0.3, 0.6, 0.0, 1.0)  # how far naive Bayes moves a text, beside the linear model; the first of the best
LEANINGS = (0.0, 0.15, 0.3, 0.5, 0.7, 0.85, 1.0)
SCORES_STRENGTH = 1.0
SMOOTHING = 0.05
LEAST_LABELS, LEAST_OF_ONE = 20, 3  # labels in all and of each of two classes: with fewer nothing is learned
USUAL_SHARE = 0.2  # of a word in the row of a usual text
LOT = 20_000  # texts at once
FOR_RARITY = 5_000  # texts, with or without label, that say how rare a word is


@dataclass(frozen=True, eq=False)
class Taught:
    vectors: vectors.Vectors
    model: linear.Linear
    scores: linear.Linear  # of the known words' scores alone
    leaning: float  # 0 … 1: how much of the answer is theirs
    bayes: np.ndarray  # classes × columns of the vectors, already weighed
    calibration: linear.Calibration

    @property
    def classes(self) -> np.ndarray:
        return self.model.classes

    def chances(self, texts: list[str], tokens: Tokens, known: np.ndarray, progress=lambda _share: None) -> np.ndarray:
        """Texts × classes; `known` as of `columns`."""
        found = np.zeros((len(texts), len(self.classes)))
        for start in range(0, len(texts), LOT):
            progress(start / len(texts))
            rows = np.arange(start, min(start + LOT, len(texts)))
            said = self.vectors.transform(texts[start:start + LOT], tokens.take(rows))
            sure = _leaned(self.leaning, self.model.chances(_beside(said, known[rows])),
                           self.scores.chances(_sparse(known[rows])))
            found[rows] = linear.chances(sure + said @ self.bayes.T, self.calibration)
        return found

    def words(self) -> dict[str, float]:
        """How far each word speaks for a good text, against a bad one."""
        at = {name: place for place, name in enumerate(self.classes)}
        good, bad = at.get("positive"), at.get("negative")
        width = len(self.vectors.names)
        both = ((1 - self.leaning) * self.model.coefficients[:, :width] * self.model.calibration.temperature
                + self.bayes[:, :width])
        side = (both[good] if good is not None else 0) - (both[bad] if bad is not None else 0)
        side = side * USUAL_SHARE
        return {word: float(weight) for word, weight in zip(self.vectors.names, side, strict=True) if word}


def enough(labels) -> bool:
    """Whether there is something to learn from."""
    _, counts = np.unique(np.asarray(labels).astype(str), return_counts=True)
    return int(counts.sum()) >= LEAST_LABELS and int((counts >= LEAST_OF_ONE).sum()) >= 2


def learn(texts: list[str], tokens: Tokens, known: np.ndarray, labels, seed: int = 0,
          progress=lambda _share: None) -> Taught:
    """What labels teach; `labels` has a label a text, or None."""
    rows = np.flatnonzero([label is not None for label in labels])
    rest = np.setdiff1d(np.arange(len(texts)), rows)
    more = np.random.default_rng(seed).permutation(rest)[:max(0, FOR_RARITY - len(rows))]
    seen = np.sort(np.concatenate([rows, more])).astype(int)
    counted = vectors.fit([texts[row] for row in seen], tokens.take(seen), progress=lambda share: progress(share / 3))
    some = tokens.take(rows)
    said = counted.transform([texts[row] for row in rows], some)
    progress(0.4)
    given = np.array([labels[row] for row in rows], dtype=str)
    model = linear.fit(_beside(said, known[rows]), given, seed, linear.SVM, STRENGTH)
    progress(0.9)
    outcome = np.searchsorted(model.classes.astype(str), given)
    unseen, of = np.zeros((len(rows), len(model.classes))), linear.folds_of(outcome, linear.FOLDS, seed)
    for fold in range(linear.FOLDS):
        away = np.flatnonzero(of != fold)
        there = np.flatnonzero(of == fold)
        unseen[there] = said[there] @ _bayes(said[away], outcome[away], len(model.classes)).T
    scores = linear.fit(_sparse(known[rows]), given, seed, linear.LOGISTIC, SCORES_STRENGTH)
    leaning = _leaning(model.unseen, scores.unseen, outcome)
    sure = _leaned(leaning, model.unseen, scores.unseen)
    alike = sure.std() / max(float(unseen.std()), 1e-9)
    share = alike * max(BESIDE, key=lambda beside: ((sure + beside * alike * unseen).argmax(axis=1) == outcome).sum())
    # The model's own shifts are in its chances already: once more they would move the border between classes twice.
    both = linear.calibrate(sure + share * unseen, outcome)
    bayes = share * _bayes(said, outcome, len(model.classes))
    return Taught(counted, model, scores, leaning, bayes.astype(np.float32),
                  replace(both, shift=np.zeros(len(model.classes))))


def columns(scored: Scored, spread: np.ndarray) -> np.ndarray:
    """What is known of each text without labels, −1 … 1 a column."""
    even = evened(scored)
    return np.column_stack([
        scored.score, np.tanh(even), np.tanh(scored.positive / 6), np.tanh(scored.negative / 6),
        np.tanh(scored.last / 4), np.tanh(spread), np.tanh((even / USUAL + spread) / 2), scored.hits == 0,
    ]).astype(np.float32)


USUAL = 1.6  # what the known words of a usual text with a mood weigh, evened


def evened(scored: Scored) -> np.ndarray:
    """What the known words weigh, so that a long text is no surer for its length alone."""
    return scored.total / np.sqrt(1 + scored.hits)


def _beside(said, known: np.ndarray):
    from scipy import sparse

    return sparse.hstack([said, sparse.csr_matrix(known)], format="csr")


def _sparse(known: np.ndarray):
    from scipy import sparse

    return sparse.csr_matrix(known)


def _leaned(share: float, by_words: np.ndarray, by_scores: np.ndarray) -> np.ndarray:
    """Log chances of both models, `share` of them by the scores alone."""
    return (1 - share) * _log(by_words) + share * _log(by_scores)


def _leaning(by_words: np.ndarray, by_scores: np.ndarray, outcome: np.ndarray) -> float:
    """The largest share of the scores alone that is no worse than the best, as far as the labels can tell.

    Judged on rows that neither model had seen, within one standard error: the simpler one has the benefit of doubt.
    """
    rows = np.arange(len(outcome))
    lost = []
    for share in LEANINGS:
        logs = _leaned(share, by_words, by_scores)
        lost.append(np.log(np.exp(logs).sum(axis=1)) - logs[rows, outcome])
    best = min(lost, key=np.mean)
    return max(share for share, one in zip(LEANINGS, lost, strict=True)
               if (one - best).mean() <= (one - best).std() / np.sqrt(len(rows)))


def _bayes(said, outcome: np.ndarray, classes: int) -> np.ndarray:
    """Log of each column's share in each class, the classes' mean taken off: classes × columns."""
    sums = np.vstack([np.asarray(said[outcome == one].sum(axis=0)).ravel() for one in range(classes)]) + SMOOTHING
    odds = np.log(sums / sums.sum(axis=1, keepdims=True))
    return odds - odds.mean(axis=0)


def _log(chances: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(chances, 1e-6))
