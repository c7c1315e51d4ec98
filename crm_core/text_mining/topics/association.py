"""Which words go together: how much more often two stand in one message than by chance."""

import numpy as np

MOST_WORDS = 1_000  # the commonest: a rarer word is in too few messages to say what goes with it


def vocabulary(counts, most: int = MOST_WORDS) -> np.ndarray:
    """Which columns of messages × terms are read: words of several messages, but not of every second one.

    By how many messages have them; in the order of the columns.
    """
    messages = counts.shape[0]
    having = np.bincount(counts.indices, minlength=counts.shape[1])
    few = max(3, round(messages / 2_000))
    found = np.flatnonzero((having >= few) & (having <= messages / 2))
    return np.sort(found[np.argsort(-having[found], kind="stable")[:most]])


def association(present) -> np.ndarray:
    """words × words: the root of the log-likelihood ratio of two words in one message, 0 where they keep apart.

    `present`: messages × words, 1 where the message has the word. Beside pointwise mutual information, which is highest
    for pairs seen once or twice, this weighs how sure an association is (Dunning 1993).
    """
    messages = present.shape[0]
    together = (present.T @ present).toarray().astype(float)
    having = np.diag(together).copy()
    np.fill_diagonal(together, 0)
    expected = np.maximum(np.outer(having, having) / max(messages, 1), 1e-12)
    gain = together * np.log(np.maximum(together, 1e-12) / expected) - (together - expected)
    return np.sqrt(np.maximum(2 * gain, 0)) * (together > expected)
