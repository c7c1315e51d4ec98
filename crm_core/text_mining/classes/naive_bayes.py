"""Naive Bayes: what class a text is of, by how often each class uses its words. P(C|D) = P(D|C) · P(C) / P(D).

    P(C)      share of the class among the labelled texts
    P(D|C)    the product of P(w|C) over the words of the text: how often the class's texts use each
    P(D)      the sum of P(D|C) · P(C) over all classes: how likely the text is at all

A word that a class never used counts as used `SMOOTHING` times (Lidstone); a word in no labelled text is left out. The
multinomial model of McCallum & Nigam 1998, on words worth counting, each once a text: how often a short text repeats a
word says little (Rennie et al. 2003).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.text_mining.tokens import Tokens
from crm_core.text_mining.vectors import LONGEST_WORD

SMOOTHING = 0.3


@dataclass(frozen=True, eq=False)
class NaiveBayes:
    classes: np.ndarray  # text of fixed width, sorted
    texts: np.ndarray  # int64, labelled texts a class
    words: np.ndarray  # text of fixed width, sorted
    having: np.ndarray  # float32, classes × words: texts of the class that use the word

    @property
    def prior(self) -> np.ndarray:
        """P(C), one a class."""
        return self.texts / self.texts.sum()

    @property
    def likelihood(self) -> np.ndarray:
        """P(w|C), classes × words; each row adds up to 1."""
        smooth = self.having.astype(np.float64) + SMOOTHING
        return smooth / smooth.sum(axis=1, keepdims=True)

    def margins(self, tokens: Tokens) -> np.ndarray:
        """ln P(D|C) + ln P(C): texts × classes."""
        return np.asarray(_uses(tokens, self.words) @ np.log(self.likelihood).T) + np.log(self.prior)


@dataclass(frozen=True, eq=False)
class Factors:
    """The formula for one text, a column a class."""

    classes: tuple[str, ...]  # the likeliest first
    prior: np.ndarray  # P(C)
    words: tuple[str, ...]  # those of the text that labelled texts have; the one that tells most first
    factors: np.ndarray  # P(w|C), words × classes
    log_likelihood: np.ndarray  # ln P(D|C)
    log_evidence: float  # ln P(D)
    posterior: np.ndarray  # P(C|D)
    unknown: tuple[str, ...]  # words that no labelled text has: they say nothing

    @property
    def log_joint(self) -> np.ndarray:
        """ln (P(D|C) · P(C)), one a class."""
        return self.log_likelihood + np.log(self.prior)

    def frame(self) -> pd.DataFrame:
        """A row a factor and class: word (none: P(C)), class, factor; their product is P(D|C) · P(C)."""
        rows = [{"word": None, "label": one, "factor": float(self.prior[place])}
                for place, one in enumerate(self.classes)]
        rows += [{"word": word, "label": one, "factor": float(self.factors[at, place])}
                 for at, word in enumerate(self.words) for place, one in enumerate(self.classes)]
        return pd.DataFrame(rows, columns=["word", "label", "factor"])


def fit(tokens: Tokens, labels) -> NaiveBayes:
    """How often each class's texts use each word."""
    from scipy import sparse

    classes, outcome = np.unique(np.asarray(labels).astype(str), return_inverse=True)
    used = np.unique(tokens.folded[tokens.ids[tokens.counted[tokens.ids]]])
    words = np.array(sorted(term for term in tokens.terms[used] if len(term) <= LONGEST_WORD), f"<U{LONGEST_WORD}")
    member = sparse.csr_matrix((np.ones(len(outcome), np.float32), (outcome, np.arange(len(outcome)))),
                               (len(classes), len(outcome)))
    having = np.asarray((member @ _uses(tokens, words)).todense(), np.float32)
    return NaiveBayes(classes, np.bincount(outcome, minlength=len(classes)), words, having)


def factors(model: NaiveBayes, tokens: Tokens, row: int = 0) -> Factors:
    """The formula for a text of a corpus, factor by factor; its chances are as they come, not calibrated."""
    alone = tokens.take(np.array([row]))
    counted = alone.ids[alone.counted[alone.ids]]
    said = list(dict.fromkeys(alone.terms[alone.folded[counted]]))
    place = {word: at for at, word in enumerate(model.words)}
    known = [word for word in said if word in place]
    likelihood = model.likelihood[:, [place[word] for word in known]]
    joint = np.log(likelihood).sum(axis=1) + np.log(model.prior)
    evidence = float(np.logaddexp.reduce(joint))
    order = np.argsort(-joint, kind="stable")
    # A word tells most where the likeliest class uses it most often beside what all classes do.
    telling = np.log(likelihood[order[0]]) - np.log(model.prior @ likelihood)
    best = np.argsort(-np.abs(telling), kind="stable")
    return Factors(
        tuple(model.classes[order]), model.prior[order], tuple(known[at] for at in best),
        likelihood[np.ix_(order, best)].T, (joint - np.log(model.prior))[order], evidence,
        np.exp(joint[order] - evidence), tuple(word for word in said if word not in place))


def _uses(tokens: Tokens, words: np.ndarray):
    """Which of some words each text uses: a CSR matrix of 0 and 1, texts × words."""
    from scipy import sparse

    place = {word: at for at, word in enumerate(words)}
    of_term = np.array([place.get(term, -1) for term in tokens.terms[tokens.folded]], np.int64)
    found = np.where(tokens.counted[tokens.ids], of_term[tokens.ids], -1)
    of = np.repeat(np.arange(len(tokens)), np.diff(tokens.starts))
    kept = found >= 0
    uses = sparse.csr_matrix((np.ones(int(kept.sum()), np.float32), (of[kept], found[kept])),
                             (len(tokens), len(words)))
    uses.sum_duplicates()
    uses.data[:] = 1
    return uses
