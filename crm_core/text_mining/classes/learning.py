"""Learn from labelled texts which class a text is of, and know what it does not know.

Naive Bayes, logistic regression (where it does not take too long), a support vector machine and a blend are held
against each other in folds. Of those that are right about as often as the best one, that is used which is right most
often, over all texts and class by class. Chances are calibrated on unseen texts. A text is answered only where

    it is like the texts that were learned from       (not stranger than all but 5 % of unseen labelled texts), and
    its chance is as high as it takes for 95 % right  (of the unseen labelled texts that are answered)

and goes to review otherwise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.errors import OneClassOnly, TooFewLabels
from crm_core.text_mining import linear, vectors
from crm_core.text_mining.classes import naive_bayes
from crm_core.text_mining.tokens import Tokens, tokenise

BAYES = "naive_bayes"
WAYS = (BAYES, linear.LOGISTIC, linear.SVM, linear.BLEND)
RIGHT = 0.95  # share of answers that shall be right
NEAR = 0.8  # weight of words that stand near each other
SOFTENED = 0.5  # rarity of words: in requests the common ones tell much (how, where, why, not)
STRANGER = 0.05  # share of unseen labelled texts that are stranger than a text that is not answered
FEWEST = 4  # labelled texts
CHOSEN_ON = 3_000  # texts that the ways are compared on
CHOSEN_IN = 3  # folds
LOGISTIC_UP_TO = 100_000  # texts × classes: beyond, it takes most of the time of learning
TAUGHT_UP_TO = 40  # labelled texts a class: with more, texts without a label teach nothing
MOST_OTHERS = 10_000
PROMISED_ON = 3_000
UNSURE = 1.01  # a chance that no text has: none is answered
LOT = 20_000  # texts that are answered at once


@dataclass(frozen=True, eq=False)
class Classes:
    classes: np.ndarray  # text of fixed width, sorted
    texts: np.ndarray  # labelled texts a class
    way: str  # which of WAYS was chosen
    vectors: vectors.Vectors
    model: linear.Linear  # the chosen way's; where that is naive Bayes a support vector machine
    bayes: naive_bayes.NaiveBayes  # for the chances, where it was chosen; always for the factors of a text
    calibration: linear.Calibration  # of the chosen way's margins
    middles: np.ndarray  # float32, classes × columns: the mean text of each class, of length 1
    unseen: np.ndarray  # float32, labelled texts × classes: chances by models that had not seen the text
    outcome: np.ndarray  # the place of each labelled text's class
    scale: np.ndarray  # mean and spread of the top margin and of the likeness to the nearest class, of unseen texts
    familiar: float  # how familiar a text has to be
    confident: float  # how high its chance has to be
    tried: list  # a dict a way: way, accuracy, macro_f1, log_loss, taught (by texts without a label too)

    def chances(self, texts: Sequence[str], tokens: Tokens | None = None) -> np.ndarray:
        """Texts × classes; each row adds up to 1."""
        return self._told(texts, tokenise(texts) if tokens is None else tokens)[0]

    def answer(self, texts: Sequence[str], tokens: Tokens | None = None,
               progress: Callable[[float], None] = lambda _share: None) -> pd.DataFrame:
        """A row a text: label (the likeliest class), confidence (its chance), second, familiarity, known.

        `known` is whether the text is answered: else somebody should look at it.
        """
        tokens = tokenise(texts) if tokens is None else tokens
        parts = []
        for start in range(0, max(1, len(texts)), LOT):
            progress(start / max(1, len(texts)))
            rows = np.arange(start, min(len(texts), start + LOT))
            parts.append(self._answered([texts[row] for row in rows], tokens.take(rows)))
        return pd.concat(parts, ignore_index=True)

    def _answered(self, texts, tokens: Tokens) -> pd.DataFrame:
        chances, familiarity = self._told(texts, tokens)
        order = np.argsort(-chances, axis=1, kind="stable")
        confidence = np.take_along_axis(chances, order[:, :1], 1)[:, 0]
        return pd.DataFrame({
            "label": self.classes[order[:, 0]].astype(object), "confidence": confidence,
            "second": self.classes[order[:, 1]].astype(object), "familiarity": familiarity,
            "known": (familiarity >= self.familiar) & (confidence >= self.confident)})

    def _told(self, texts, tokens: Tokens) -> tuple[np.ndarray, np.ndarray]:
        matrix = self.vectors.transform(texts, tokens)
        margins = self.model.margins(matrix)
        told = self.bayes.margins(tokens) if self.way == BAYES else margins
        return linear.chances(told, self.calibration), _familiarity(margins, matrix, self.middles, self.scale)

    @property
    def confusion(self) -> pd.DataFrame:
        """How many unseen texts of each class (rows) were said to be of which (columns)."""
        table = np.zeros((len(self.classes),) * 2, int)
        np.add.at(table, (self.outcome, self.unseen.argmax(axis=1)), 1)
        return pd.DataFrame(table, self.classes.astype(object), self.classes.astype(object))

    @property
    def accuracy(self) -> float:
        """Of unseen texts, whether answered or not."""
        return float((self.unseen.argmax(axis=1) == self.outcome).mean())


def learn(texts: Sequence[str], labels: Sequence[str], seed: int = 0, tokens: Tokens | None = None,
          others: Sequence[str] = (), progress: Callable[[float], None] = lambda _share: None) -> Classes:
    """Learn from cleaned texts and their labels; `others` are texts without one, which may help where labels are few.

    Raises TooFewLabels, OneClassOnly.
    """
    classes, outcome = np.unique(np.asarray(list(labels)).astype(str), return_inverse=True)
    if len(classes) == 1:
        raise OneClassOnly(label=str(classes[0]))
    if len(texts) < FEWEST:
        raise TooFewLabels(found=len(texts), needed=FEWEST)
    tokens = tokenise(texts) if tokens is None else tokens
    others = _some(others, seed) if len(texts) < TAUGHT_UP_TO * len(classes) else []
    counted = vectors.fit([*texts, *others], None if others else tokens, softened=SOFTENED, near=NEAR)
    matrix = counted.transform(texts, tokens)
    beside = counted.transform(others) if others else None
    progress(0.1)
    tried = _compared(matrix, tokens, outcome, len(classes), seed, beside, lambda share: progress(0.1 + share * 0.4))
    best = _best(tried, min(len(texts), CHOSEN_ON))
    bayes = naive_bayes.fit(tokens, classes[outcome])
    kind = linear.SVM if best["way"] == BAYES else best["way"]
    # Naive Bayes says nothing of strange texts: a support vector machine does, in its stead.
    model = linear.fit(matrix, classes[outcome], seed, kind, others=beside if best["taught"] else None)
    progress(0.9)
    margins, calibration, unseen = model.unseen_margins, model.calibration, model.unseen
    if best["way"] == BAYES:
        told = _bayes_unseen(tokens, outcome, len(classes), seed, linear.FOLDS)
        calibration = linear.calibrate(told, outcome)
        unseen = linear.chances(told, calibration).astype(np.float32)
    middles = _middles(matrix, outcome, len(classes))
    scale, familiarity = _unseen_familiarity(matrix, outcome, len(classes), margins, seed)
    familiar = float(np.quantile(familiarity, STRANGER))
    found = Classes(classes, np.bincount(outcome), best["way"], counted, model, bayes, calibration, middles, unseen,
                    outcome, scale, familiar, _confident(unseen, outcome), tried)
    if not others:
        return found
    # Labels that a queue asked for are of the hardest texts: what share can be answered shows on the others, by a model
    # that was not taught by them.
    some = _some(others, seed, PROMISED_ON)
    plain = found
    if best["taught"]:
        alone = linear.fit(matrix, classes[outcome], seed, kind)
        plain = replace(found, model=alone, calibration=alone.calibration)
    share = _promised(plain.chances(some).max(axis=1))
    confidence = np.sort(found.chances(some).max(axis=1))[::-1]
    return replace(found, confident=float(confidence[share - 1]) if share else UNSURE)


def curve(chances: np.ndarray, right: np.ndarray) -> pd.DataFrame:
    """What answering by itself costs: share answered → share right, the surest texts first."""
    confidence = chances.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    place = np.arange(1, len(order) + 1)
    return pd.DataFrame({"confidence": confidence[order], "answered": place / max(1, len(order)),
                         "right": np.cumsum(right[order]) / place})


def macro_f1(outcome: np.ndarray, said: np.ndarray) -> float:
    """The mean over classes of F1; a class that is neither there nor said counts for nothing."""
    there = np.union1d(outcome, said)
    both = np.array([((outcome == one) & (said == one)).sum() for one in there])
    of = np.array([(outcome == one).sum() + (said == one).sum() for one in there])
    return float((2 * both / of).mean())


# --- inside ---------------------------------------------------------------------------------------


def _some(others: Sequence[str], seed: int, most: int = MOST_OTHERS) -> list[str]:
    others = list(others)
    if len(others) <= most:
        return others
    return [others[row] for row in np.sort(np.random.default_rng(seed).choice(len(others), most, replace=False))]


def _compared(matrix, tokens: Tokens, outcome, classes: int, seed: int, beside, progress) -> list[dict]:
    """Every way on the same unseen texts; with texts without a label, also the way that they teach."""
    rows = np.arange(len(outcome))
    if len(rows) > CHOSEN_ON:
        rows = np.sort(np.random.default_rng(seed).choice(len(rows), CHOSEN_ON, replace=False))
    given, truth, tried = matrix[rows], outcome[rows], []
    ways = [way for way in WAYS if way != linear.LOGISTIC or len(rows) * classes <= LOGISTIC_UP_TO]
    ways = [*((way, False) for way in ways), *([(linear.SVM, True)] * (beside is not None))]
    for at, (way, taught) in enumerate(ways):
        progress(at / len(ways))
        if way == BAYES:
            margins = _bayes_unseen(tokens.take(rows), truth, classes, seed, CHOSEN_IN)
        else:
            margins = linear.held_out(given, truth, classes, way, linear.STRENGTHS[way], seed, CHOSEN_IN,
                                      beside if taught else None)
        chances = linear.chances(margins, linear.calibrate(margins, truth))
        said = chances.argmax(axis=1)
        tried.append({
            "way": way, "taught": taught, "accuracy": float((said == truth).mean()), "macro_f1": macro_f1(truth, said),
            "log_loss": float(-np.log(np.maximum(chances[np.arange(len(truth)), truth], 1e-12)).mean())})
    return tried


def _best(tried: list[dict], texts: int) -> dict:
    """Class by class tells apart only what is as often right, up to one standard error: with very uneven classes it
    hangs on a handful of texts.
    """
    top = max(one["accuracy"] for one in tried)
    least = top - np.sqrt(top * (1 - top) / texts)
    return max((one for one in tried if one["accuracy"] >= least), key=lambda one: one["accuracy"] + one["macro_f1"])


def _bayes_unseen(tokens: Tokens, outcome, classes: int, seed: int, folds: int) -> np.ndarray:
    """Naive Bayes' margins of each text by a model of the other folds; of a class that has no text there the least."""
    of = linear.folds_of(outcome, folds, seed)
    margins = np.zeros((len(outcome), classes))
    for fold in range(folds):
        there, away = np.flatnonzero(of == fold), np.flatnonzero(of != fold)
        if len(there) and len(away):
            model = naive_bayes.fit(tokens.take(away), outcome[away])
            told = model.margins(tokens.take(there))
            found = np.unique(outcome[away])
            places = np.searchsorted(model.classes, found.astype(str))
            margins[there] = told.min(axis=1, keepdims=True) - 1
            margins[np.ix_(there, found)] = told[:, places]
    return margins


def _middles(matrix, outcome, classes: int) -> np.ndarray:
    from scipy import sparse

    member = sparse.csr_matrix((np.ones(len(outcome), np.float32), (outcome, np.arange(len(outcome)))),
                               (classes, len(outcome)))
    middles = np.asarray((member @ matrix).todense(), np.float32)
    return middles / np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-12)


def _familiarity(margins, matrix, middles, scale) -> np.ndarray:
    """How far a text is on some class's side, and how like it is to the nearest class: both beside unseen texts."""
    like = np.asarray(matrix @ middles.T).max(axis=1)
    return (margins.max(axis=1) - scale[0]) / scale[1] + (like - scale[2]) / scale[3]


def _unseen_familiarity(matrix, outcome, classes: int, margins, seed: int) -> tuple[np.ndarray, np.ndarray]:
    of = linear.folds_of(outcome, linear.FOLDS, seed)
    like = np.zeros(len(outcome))
    for fold in range(linear.FOLDS):
        there, away = np.flatnonzero(of == fold), np.flatnonzero(of != fold)
        if len(there) and len(away):
            like[there] = np.asarray(matrix[there] @ _middles(matrix[away], outcome[away], classes).T).max(axis=1)
    top = margins.max(axis=1)
    scale = np.array([top.mean(), max(top.std(), 1e-6), like.mean(), max(like.std(), 1e-6)])
    return scale, (top - scale[0]) / scale[1] + (like - scale[2]) / scale[3]


def _confident(unseen: np.ndarray, outcome: np.ndarray) -> float:
    """The chance from which on `RIGHT` of the unseen texts are told right; above 1 where no share is."""
    told = curve(unseen, unseen.argmax(axis=1) == outcome)
    enough = np.flatnonzero(told.right.to_numpy() >= RIGHT)
    return float(told.confidence.iloc[enough[-1]]) if len(enough) else UNSURE


def _promised(confidence: np.ndarray) -> int:
    """How many of the texts, the surest first, are right in `RIGHT` of all cases, if chances keep what they promise."""
    sure = np.sort(confidence)[::-1]
    return int((np.cumsum(sure) / np.arange(1, len(sure) + 1) >= RIGHT).sum())
