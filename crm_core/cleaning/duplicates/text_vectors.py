"""From names, titles and descriptions to weighted word and letter counts, and from them to the pairs worth comparing.

A text is seen four ways: the words and the letters of its title, and the words and the letters of all that is
written. How alike two texts are is the mean cosine of these views, each weighted by how rare a word is (TF-IDF): a
model number that stands in two records says more than *black* or *international*.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.cleaning.duplicates.names import normal_text, organisation_name, simplified

TITLES = ("name", "company", "title")
BODIES = ("text", "description")
WORK = 600_000_000  # multiplications that the search for alike texts may take: about half a minute on one core
MOST_NEIGHBOURS = 400_000  # pairs that come out of the search, unless there are so many records that 20 each are more
FEWEST_NEIGHBOURS = 20
CHUNK = 20_000_000  # multiplications at once: bounds the memory
LONGEST_TEXT = 2_000  # signs of a description that are read
LONGEST_NAME = 3  # words; of longer texts the place of a word says little
NEIGHBOURS_IN_ORDER = 5  # for texts that nothing rare tells apart: so many next to them in the alphabet

_PARTS = re.compile(r"[^\W_]+")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True, eq=False)
class Texts:
    """Every record as one row: two rows' product is the mean cosine of their views, 0..1."""

    matrix: object  # sparse float32; None where nobody wrote a word
    key: np.ndarray  # what is compared, as one text: equal where two records say the same
    views: tuple  # what counted the words and letters

    def dealt_anew(self, rows: np.ndarray, seed: int):
        """As many texts with the words of these rows dealt anew among them: what is alike there is so by chance."""
        return _beside_each_other([view.transform(dealt(self.key[rows], seed)) for view in self.views])


def dealt(texts: np.ndarray, seed: int) -> np.ndarray:
    """The words of texts dealt anew; in short ones, names, a first word stays a first and a last word a last one."""
    split = [text.split() for text in texts]
    pools: dict[tuple, list[str]] = {}
    for text in split:
        for place, word in enumerate(text):
            pools.setdefault(_pool(text, place), []).append(word)
    random = np.random.default_rng(seed)
    waiting = {name: iter(random.permutation(np.array(pool, dtype=object))) for name, pool in pools.items()}
    return np.array(
        [" ".join(next(waiting[_pool(text, place)]) for place in range(len(text))) for text in split], dtype=object
    )


def _pool(text: list[str], place: int) -> tuple:
    return (len(text), place) if len(text) <= LONGEST_NAME else ()


def read_texts(records: pd.DataFrame, columns: dict[str, str]) -> Texts:
    """`columns` names the columns that make up the text, the title first; the order of the rows is kept."""
    titles, bodies = [], []
    for column, meaning in columns.items():
        # A name is a company's or a person's: who it is stands before the legal form, and people have none.
        normal = organisation_name if meaning in ("company", "name") else _plain
        values = records[column].map(normal).to_numpy(object)
        (titles if meaning in TITLES else bodies).append(values)
    if not titles:
        titles, bodies = bodies, []
    title = _beside(titles)
    whole = _beside([title, *bodies]) if bodies else title
    views = [(title, words), (title, letters)]
    if bodies:
        views += [(whole, words), (whole, letters)]
    return _texts(views, whole)


def _plain(value) -> str:
    return " ".join(simplified(normal_text(value))[:LONGEST_TEXT].split())


def _beside(parts: list[np.ndarray]) -> np.ndarray:
    return np.array([" ".join(filter(None, row)) for row in zip(*parts, strict=True)], dtype=object)


def words(text: str) -> list[str]:
    """Words, and numbers of models however they are parted: `PS-LX 350` gives ps, lx, 350, pslx, pslx350 and lx350."""
    found, before = [], ""
    for piece in text.split():
        parts = [word for part in _PARTS.findall(piece) for word in _signs_apart(part)]
        found += parts
        joined = "".join(parts) if len(parts) > 1 and not _HAN.search(piece) else ""
        if joined and _has_digit(joined):
            found.append(joined)
        for one, two in zip([before, *parts], parts, strict=False):
            if one and one + two != joined and _has_digit(one + two) and not (one + two).isdigit():
                found.append(one + two)
        before = parts[-1] if parts else ""
    return found


def _has_digit(word: str) -> bool:
    return any(sign.isdigit() for sign in word)


def _signs_apart(word: str) -> list[str]:
    """Chinese, Japanese and Korean are written without blanks: pairs of signs stand for words there."""
    if word.isascii() or not _HAN.search(word):
        return [word]
    return [word] if len(word) < 3 else [word[place : place + 2] for place in range(len(word) - 1)]


def letters(text: str) -> list[str]:
    """Two to four letters in a row, the ends of a word marked; what a word's hyphens part belongs together."""
    found = []
    for piece in text.split():
        word = "".join(_PARTS.findall(piece))
        if not word:
            continue
        word = f" {word} "
        for length in (2, 3, 4):
            found += [word[start : start + length] for start in range(len(word) - length + 1)]
    return found


def _texts(views, key: np.ndarray) -> Texts:
    from sklearn.feature_extraction.text import TfidfVectorizer

    parts, counted = [], []
    for texts, split in views:
        distinct, place = np.unique(texts.astype(str), return_inverse=True)
        try:
            counted.append(TfidfVectorizer(analyzer=split, sublinear_tf=True, dtype=np.float32).fit(texts))
        except ValueError:  # not a single word in it
            continue
        parts.append(counted[-1].transform(distinct)[place])
    return Texts(_beside_each_other(parts) if parts else None, key, tuple(counted))


def _beside_each_other(parts):
    from scipy.sparse import hstack

    return (hstack(parts, format="csr") / np.sqrt(len(parts))).astype(np.float32).tocsr()


@dataclass(frozen=True, eq=False)
class Neighbours:
    a: np.ndarray  # row numbers of the first file
    b: np.ndarray  # and of the second; where there is one file, a < b
    alike: np.ndarray  # 0..1
    unsearched: int  # records in which nothing is rare enough to be looked up


def neighbours(left, right=None) -> Neighbours:
    """The pairs that are most alike, for each row at least its 20 nearest, as far as the work allows.

    Words are looked up from the rarest on until WORK is used up; how alike a pair is then counts all its words.
    """
    one_file = right is None
    other = left if one_file else right
    rare_left, rare_right = _rare(left, other)
    whole = rare_left.shape[1] == left.shape[1]  # nothing was left out: what the search multiplied is the answer
    most = int(np.clip(MOST_NEIGHBOURS // max(left.shape[0], 1), FEWEST_NEIGHBOURS, other.shape[0]))
    a, b, alike = _nearest(rare_left, rare_right.T.tocsr(), most)
    if not one_file:
        most_back = int(np.clip(MOST_NEIGHBOURS // max(other.shape[0], 1), FEWEST_NEIGHBOURS, left.shape[0]))
        if most < other.shape[0] or most_back < left.shape[0]:
            back_b, back_a, back_alike = _nearest(rare_right, rare_left.T.tocsr(), most_back)
            a, b = np.concatenate([a, back_a]), np.concatenate([b, back_b])
            alike = np.concatenate([alike, back_alike])
    lost = np.flatnonzero(np.diff(rare_left.indptr) == 0)
    lost = lost[np.diff(left.indptr)[lost] > 0]
    if one_file:
        beside_a, beside_b = _in_order(left, lost)
        a, b = np.concatenate([a, beside_a]), np.concatenate([b, beside_b])
        alike = np.concatenate([alike, np.zeros(len(beside_a), np.float32)])
        a, b = np.minimum(a, b), np.maximum(a, b)
        a, b, alike = a[a < b], b[a < b], alike[a < b]
    key, first = np.unique(a.astype(np.int64) * other.shape[0] + b, return_index=True)
    a, b = key // other.shape[0], key % other.shape[0]
    return Neighbours(a, b, np.clip(alike[first], 0, 1) if whole else similarity(left, other, a, b), len(lost))


def similarity(left, right, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How alike row a of the one and row b of the other are, pair by pair, 0..1."""
    answer = np.zeros(len(a), np.float32)
    step = 50_000
    for start in range(0, len(a), step):
        rows = slice(start, start + step)
        answer[rows] = np.asarray(left[a[rows]].multiply(right[b[rows]]).sum(axis=1)).ravel()
    return np.clip(answer, 0, 1)


def _rare(left, right):
    """Both without the words that are too frequent to look up: a word costs the product of its two frequencies."""
    cost = left.getnnz(axis=0).astype(float) * right.getnnz(axis=0)
    order = np.argsort(cost, kind="stable")
    affordable = np.zeros(len(cost), bool)
    affordable[order[np.cumsum(cost[order]) <= WORK]] = True
    if affordable.all():
        return left, right
    keep = np.flatnonzero(affordable & (cost > 0))
    return left[:, keep].tocsr(), right[:, keep].tocsr()


def _nearest(left, right_turned, most: int):
    """Each left row's nearest rows, a chunk at a time."""
    if left.shape[1] == 0:
        return np.empty(0, int), np.empty(0, int), np.empty(0, np.float32)
    work = np.asarray((left != 0) @ np.diff(right_turned.indptr).astype(float)).ravel()
    chunk = (np.cumsum(work) // CHUNK).astype(int)
    a, b, alike = [], [], []
    for rows in np.split(np.arange(left.shape[0]), np.flatnonzero(np.diff(chunk)) + 1):
        product = left[rows] @ right_turned
        for place, row in enumerate(rows):
            found = slice(product.indptr[place], product.indptr[place + 1])
            names, values = product.indices[found], product.data[found]
            if len(names) > most:
                best = np.argpartition(-values, most)[:most]
                names, values = names[best], values[best]
            a.append(np.full(len(names), row))
            b.append(names)
            alike.append(values)
    return np.concatenate(a), np.concatenate(b), np.concatenate(alike)


def _in_order(matrix, rows: np.ndarray):
    """Rows that nothing rare tells apart, each with the next ones: identical ones stand side by side."""
    signature = np.asarray(matrix[rows] @ np.random.default_rng(0).random(matrix.shape[1])).ravel()
    rows = rows[np.argsort(signature, kind="stable")]
    pairs = [(rows[:-step], rows[step:]) for step in range(1, NEIGHBOURS_IN_ORDER + 1)]
    return (
        np.concatenate([one for one, _ in pairs]).astype(int),
        np.concatenate([two for _, two in pairs]).astype(int),
    )
