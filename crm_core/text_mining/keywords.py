"""Which words and phrases stand out: in what is chosen, and against another period, channel, source or segment.

The unit is the message, not the word: who repeats a word ten times says it once.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.text_mining.corpus import Corpus
from crm_core.text_mining.phrases import STICKS, SURE, collocations, pairs
from crm_core.text_mining.tokens import WORD_ZH

MOST_PHRASES = 2_000
MANY = 20  # messages expected in the smallest cell from which on the likelihood follows its distribution
LEAST_MESSAGES = 5  # of both sides together: below it no test can say anything


@dataclass(frozen=True, eq=False)
class Terms:
    """Words and phrases of a corpus with the messages that have them."""

    names: np.ndarray  # text: as it is written most often
    phrase: np.ndarray  # bool: of several words
    chinese: np.ndarray  # bool: a Chinese word, or a phrase of such
    counts: object  # CSR, messages × terms: how often
    forms: tuple[tuple[tuple[str, ...], ...], ...]  # of each: word by word all ways in which it is written

    def where(self, rows: np.ndarray) -> "Terms":
        return Terms(self.names, self.phrase, self.chinese, self.counts[np.flatnonzero(rows)], self.forms)

    def having(self, term: int) -> np.ndarray:
        """bool, a row a message: whether it has the term."""
        column = np.zeros(self.counts.shape[0], bool)
        column[self.counts[:, [term]].nonzero()[0]] = True
        return column


def terms(corpus: Corpus, most_phrases: int = MOST_PHRASES) -> Terms:
    """The words worth counting, and the pairs that belong together."""
    from scipy import sparse

    tokens, size = corpus.tokens, len(corpus.tokens.terms)
    counts = corpus.counts.tocsc()
    used = np.flatnonzero(np.diff(counts.indptr) > 0)
    together = collocations(corpus)
    together = together[(together.likelihood_ratio >= SURE) & (together.dice >= STICKS)].head(most_phrases)
    found = pairs(tokens)
    wanted = together["first"].to_numpy(np.int64) * size + together["second"].to_numpy(np.int64)
    order = np.argsort(wanted)
    keys = found.first.astype(np.int64) * size + found.second
    place = np.clip(np.searchsorted(wanted[order], keys), 0, max(len(wanted) - 1, 0))
    here = wanted[order][place] == keys if len(wanted) else np.zeros(len(keys), bool)
    beside = sparse.csr_matrix((np.ones(here.sum(), np.float32), (
        found.texts[here], order[place[here]] if len(wanted) else [])), (len(tokens), len(wanted)))
    written, chinese = _forms(tokens), tokens.kinds == WORD_ZH
    firsts, seconds = together["first"].to_numpy(int), together["second"].to_numpy(int)
    return Terms(
        names=np.concatenate([tokens.terms[used], together.phrase.to_numpy(object)]),
        phrase=np.arange(len(used) + len(together)) >= len(used),
        chinese=np.concatenate([chinese[used], chinese[firsts] & chinese[seconds]]),
        counts=sparse.hstack([counts[:, used], beside]).tocsr(),
        forms=(*((written[word],) for word in used), *(
            (written[first], written[second]) for first, second in zip(firsts, seconds, strict=True))))


def keywords(found: Terms, most: int = 200) -> pd.DataFrame:
    """The words and phrases that tell these messages apart, the weightiest first.

    place (in `found`), term, phrase, count, messages, share (of the messages), weight. The weight is the sum of TF-IDF
    over messages of length 1 each, so that a long message weighs no more than a short one. A word that nearly always
    stands in one phrase gives way to it.
    """
    messages = np.asarray((found.counts > 0).sum(axis=0)).ravel()
    number, there = found.counts.shape[0], messages > 0
    weighted = found.counts.copy()
    weighted.data = 1 + np.log(weighted.data)
    rarity = np.log((1 + number) / (1 + messages)) + 1
    weighted = weighted.multiply(rarity[None, :]).tocsr()
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    weight = np.asarray(weighted.T @ (1 / np.where(lengths > 0, lengths, 1))).ravel()
    weight[_within(found, messages)] = 0
    order = np.lexsort((found.names.astype(str), -weight))
    order = order[there[order] & (weight[order] > 0)][:most]
    return pd.DataFrame({
        "place": order, "term": found.names[order], "phrase": found.phrase[order],
        "count": np.asarray(found.counts.sum(axis=0)).ravel()[order].astype(int), "messages": messages[order],
        "share": messages[order] / number, "weight": weight[order]})


def keyness(found: Terms, here: np.ndarray, there: np.ndarray, least: int = LEAST_MESSAGES) -> pd.DataFrame:
    """Words and phrases that messages `here` have more or less often than those `there` (masks), the surest first.

    place, term, phrase, here and there (messages that have it), share_here, share_there, log_ratio (in doublings),
    likelihood (log-likelihood G²), p, q. p is exact where counts are small (Fisher's, two-sided), q the false-discovery
    rate after Benjamini and Hochberg among all that were tested: of the words with q ≤ 5 % one in twenty is chance.
    Shares are of messages with words of the same script: where more Chinese is written, not every Chinese word is news.
    A word that nearly always stands in one phrase gives way to it.
    """
    from scipy.stats import chi2, hypergeom

    has = found.counts.copy()
    has.data = np.ones_like(has.data)
    near, far = has[np.flatnonzero(here)], has[np.flatnonzero(there)]
    a, b = (np.asarray(side.sum(axis=0)).ravel().astype(int) for side in (near, far))
    n_a, n_b = (_with_script(side, found.chinese) for side in (near, far))
    enough = (a + b >= least) & (n_a > 0) & (n_b > 0)
    enough[_within(found, a + b)] = False
    tested = np.flatnonzero(enough)
    a, b, n_a, n_b = a[tested], b[tested], n_a[tested], n_b[tested]
    likelihood, share_a, share_b = _likelihood(a, b, n_a, n_b), a / n_a, b / n_b
    p = chi2.sf(likelihood, 1)
    # Where few messages have a term, or few have not: the chance to find so many here, were they dealt out blindly.
    few = np.flatnonzero(np.minimum(a + b, n_a + n_b - a - b) * np.minimum(n_a, n_b) < MANY * (n_a + n_b))
    dealt = ((n_a + n_b)[few], n_a[few], (a + b)[few])
    p[few] = np.minimum(1.0, 2 * np.minimum(hypergeom.sf(a[few] - 1, *dealt), hypergeom.cdf(a[few], *dealt)))
    told = pd.DataFrame({
        "place": tested, "term": found.names[tested], "phrase": found.phrase[tested], "here": a, "there": b,
        "share_here": share_a, "share_there": share_b,
        "log_ratio": np.log2(((a + 0.5) / (n_a + 1)) / ((b + 0.5) / (n_b + 1))),
        "likelihood": likelihood, "p": p, "q": false_discovery(p)})
    return told.sort_values(["p", "likelihood", "term"], ascending=[True, False, True], ignore_index=True)


def false_discovery(p: np.ndarray) -> np.ndarray:
    """The smallest false-discovery rate at which each finding still counts (Benjamini and Hochberg)."""
    order = np.argsort(p)
    rates = p[order] * len(p) / np.arange(1, len(p) + 1)
    rates = np.minimum(1.0, np.minimum.accumulate(rates[::-1])[::-1])
    answer = np.empty(len(p))
    answer[order] = rates
    return answer


def over_time(having: np.ndarray, when: pd.Series) -> pd.DataFrame:
    """Month by month how many messages have a term: month (its first day), messages, having, share."""
    months = when.dt.to_period("M").dt.to_timestamp()
    told = pd.DataFrame({"month": months.to_numpy(), "having": having}).groupby("month").having.agg(["size", "sum"])
    full = told.reindex(pd.date_range(told.index.min(), told.index.max(), freq="MS"), fill_value=0)
    return pd.DataFrame({"month": full.index, "messages": full["size"].to_numpy(), "having": full["sum"].to_numpy(int),
                         "share": (full["sum"] / full["size"].where(full["size"] > 0)).to_numpy(float)})


def _forms(tokens) -> dict[int, tuple[str, ...]]:
    """Of each term as it is counted: all ways in which it is written."""
    order = np.argsort(tokens.folded, kind="stable")
    heads, starts = np.unique(tokens.folded[order], return_index=True)
    return {int(head): tuple(tokens.terms[members]) for head, members in zip(
        heads, np.split(order, starts[1:]), strict=True)}


def _within(found: Terms, messages: np.ndarray) -> np.ndarray:
    """Words of which nine in ten messages have them in one phrase: 'fisherman' beside \"fisherman's wharf\"."""
    by_forms = {forms[0]: place for place, forms in enumerate(found.forms) if len(forms) == 1}
    within = [by_forms[word] for place in np.flatnonzero(found.phrase) for word in found.forms[place]
              if messages[place] and messages[place] >= 0.9 * messages[by_forms[word]]]
    return np.array(within, int)


def _with_script(has, chinese: np.ndarray) -> np.ndarray:
    """One a term: how many of the messages have any word of its script."""
    numbers = [int((np.asarray(has[:, np.flatnonzero(chinese == script)].sum(axis=1)).ravel() > 0).sum())
               for script in (False, True)]
    return np.where(chinese, numbers[1], numbers[0])


def _likelihood(a, b, n_a, n_b) -> np.ndarray:
    """Dunning's G² of the four cells: with and without the term, here and there."""
    share = (a + b) / (n_a + n_b)
    cells = ((a, n_a * share), (b, n_b * share), (n_a - a, n_a * (1 - share)), (n_b - b, n_b * (1 - share)))
    total = np.zeros(len(a))
    for seen, expected in cells:
        some = seen > 0
        total[some] += seen[some] * np.log(seen[some] / expected[some])
    return 2 * total
