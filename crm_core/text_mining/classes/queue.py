"""Which texts to label next, so that few labels teach much.

First every kind of text is asked once: texts are put into about 2·√n small groups by what they are about (latent
semantic analysis, then k-means), and of each the text in its middle is asked, the largest group first (cold start by
typical texts: Hacohen, Dekel & Weinshall 2022). This ends early when many answers in a row brought no new class. From
then on the texts are asked whose two likeliest classes are nearest to each other (margin sampling: Scheffer, Decomain &
Wrobel 2001), none twice that say nearly the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.text_mining import linear, vectors
from crm_core.text_mining.tokens import Tokens, tokenise

MOST = 20_000  # texts that are looked at
DIMENSIONS = 200
WITHOUT_NEWS = 40  # answers without a new class, after which every kind counts as asked
ALIKE = 0.9  # cosine from which on two texts say nearly the same
UNCALIBRATED = 3.0  # temperature of margins, about what calibrating finds
NEW, UNSURE, ANY = "new", "unsure", "any"


@dataclass(frozen=True, eq=False)
class Queue:
    rows: np.ndarray  # places of the texts that are looked at
    matrix: object  # CSR, a row a text that is looked at
    seeds: np.ndarray  # places in `rows` of the texts to ask first, in this order

    def ask(self, labels: Mapping[int, str], count: int, seed: int = 0) -> pd.DataFrame:
        """The next texts: row (place of the text), why (new, unsure or any), first, second (classes it hovers between).

        `labels`: place of a text → its label; texts that somebody has skipped may be among them with None.
        """
        place = {row: at for at, row in enumerate(self.rows)}
        told = {place[row]: label for row, label in labels.items() if row in place}
        seeds = self._seeds_left(told)[:count]
        found = pd.DataFrame({"row": self.rows[seeds], "why": NEW, "first": None, "second": None}, dtype=object)
        known = {at: label for at, label in told.items() if label is not None}
        left = np.setdiff1d(np.arange(len(self.rows)), np.array([*told, *seeds], dtype=int))
        wanted = min(count - len(found), len(left))
        if wanted <= 0:
            return found.reset_index(drop=True)
        if len(set(known.values())) < 2:
            rest = np.random.default_rng(seed).permutation(left)[:wanted]
            more = pd.DataFrame({"row": self.rows[rest], "why": ANY, "first": None, "second": None}, dtype=object)
        else:
            more = self._unsure(known, left, wanted, seed)
        return pd.concat([found, more], ignore_index=True)

    def _seeds_left(self, told: dict) -> np.ndarray:
        """Seeds that are not answered; none once the last answers to seeds brought no new class."""
        seen, without = set(), 0
        for at in self.seeds:
            label = told.get(int(at))
            if label is not None:
                without = 0 if label not in seen else without + 1
                seen.add(label)
        if without >= WITHOUT_NEWS:
            return np.zeros(0, int)
        return np.array([at for at in self.seeds if int(at) not in told], dtype=int)

    def _unsure(self, known: dict, left: np.ndarray, wanted: int, seed: int) -> pd.DataFrame:
        places = np.array(sorted(known))
        classes, outcome = np.unique([known[at] for at in places], return_inverse=True)
        coefficients, intercept = linear.solved(self.matrix[places], outcome, len(classes), seed=seed)
        margins = np.asarray(self.matrix[left] @ coefficients.T) + intercept
        order = np.argsort(-margins, axis=1, kind="stable")[:, :2]
        chances = linear.chances(margins, linear.Calibration(UNCALIBRATED, np.zeros(len(classes))))
        gap = np.diff(-np.take_along_axis(chances, order, 1), axis=1)[:, 0]
        nearest = _not_alike(self.matrix, left, np.argsort(gap, kind="stable"), wanted)
        return pd.DataFrame({"row": self.rows[left[nearest]], "why": UNSURE,
                             "first": classes[order[nearest, 0]].astype(object),
                             "second": classes[order[nearest, 1]].astype(object)}, dtype=object)


def prepare(texts: Sequence[str], tokens: Tokens | None = None, seed: int = 0, counted: vectors.Vectors | None = None,
            progress: Callable[[float], None] = lambda _share: None) -> Queue:
    """The queue of some texts; texts that say nothing and exact repetitions are not asked."""
    rows = _telling(texts, seed)
    some = [texts[row] for row in rows]
    words = tokenise(some) if tokens is None else tokens.take(rows)
    counted = counted or vectors.fit(some, words, progress=lambda share: progress(share * 0.5))
    matrix = counted.transform(some, words)
    progress(0.6)
    return Queue(rows, matrix, _middles(matrix, seed))


# --- inside ---------------------------------------------------------------------------------------


def _telling(texts: Sequence[str], seed: int) -> np.ndarray:
    rows = np.array(sorted({text: row for row, text in reversed(list(enumerate(texts))) if text.strip()}.values()), int)
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))
    return rows


def _middles(matrix, seed: int) -> np.ndarray:
    """The text nearest to the middle of each of about 2·√n groups, the largest group first."""
    from sklearn.cluster import KMeans
    from sklearn.utils.extmath import randomized_svd

    count = matrix.shape[0]
    groups = min(count, int(2 * np.sqrt(count)))
    if groups < 2 or min(matrix.shape) <= 2:
        return np.arange(count)
    left, _, _ = randomized_svd(matrix, min(DIMENSIONS, min(matrix.shape) - 1), n_iter=3, random_state=seed)
    left = (left / np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-12)).astype(np.float32)
    found = KMeans(groups, n_init=1, max_iter=15, random_state=seed).fit(left)
    away = ((left - found.cluster_centers_[found.labels_]) ** 2).sum(axis=1)
    order = np.lexsort((np.arange(count), away, found.labels_))
    _, first, sizes = np.unique(found.labels_[order], return_index=True, return_counts=True)
    return order[first[np.argsort(-sizes, kind="stable")]]


def _not_alike(matrix, left: np.ndarray, order: np.ndarray, wanted: int) -> np.ndarray:
    """The first of an order, without those that say nearly what one before says; places in `left`."""
    among = order[:wanted * 3]
    some = matrix[left[among]]
    length = np.sqrt(np.asarray(some.multiply(some).sum(axis=1)).ravel())
    alike = (some @ some.T).toarray() / np.maximum(np.outer(length, length), 1e-12) > ALIKE
    taken: list[int] = []
    for at in range(len(among)):
        if len(taken) == wanted:
            break
        if not alike[at, taken].any():
            taken.append(at)
    rest = [at for at in range(len(among)) if at not in set(taken)]
    return among[(taken + rest)[:wanted]]
