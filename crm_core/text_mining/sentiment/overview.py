"""What the moods of many messages come to: over time, by what is known of them, and which words bring it about."""

import numpy as np
import pandas as pd

from crm_core.text_mining.sentiment.moods import NEGATIVE, NEUTRAL, POSITIVE, Moods
from crm_core.text_mining.sentiment.scoring import scored
from crm_core.text_mining.tokens import PUNCTUATION

FEWEST = 5  # messages of a month or a kind of which a share is told


def shares(moods: Moods, by: pd.Series) -> pd.DataFrame:
    """name, messages, negative, neutral, positive (shares), score (mean): a row for each value of `by` with some messages."""
    told = pd.DataFrame({"name": by.to_numpy(), "score": moods.score, **{
        mood: (moods.label == mood).astype(float) for mood in (NEGATIVE, NEUTRAL, POSITIVE)}})[moods.read]
    found = told.groupby("name", sort=False).agg(
        messages=("score", "size"), negative=(NEGATIVE, "mean"), neutral=(NEUTRAL, "mean"), positive=(POSITIVE, "mean"),
        score=("score", "mean")).reset_index()
    return found[found.messages >= FEWEST].reset_index(drop=True)


def by_month(moods: Moods) -> pd.DataFrame:
    """The same, a row a month in order; `name` is the month's first day."""
    return shares(moods, moods.corpus.messages.occurred_at.dt.to_period("M").dt.to_timestamp()).sort_values(
        "name", ignore_index=True)


def deciding_words(moods: Moods, most: int = 12) -> pd.DataFrame:
    """term, side, messages, weight: the words that weigh most in good and in bad messages, by the messages they decide."""
    tokens = moods.corpus.tokens
    weighs = scored(tokens, words=moods.words, each=True).words
    texts = np.repeat(np.arange(len(tokens)), np.diff(tokens.starts))
    found = []
    for side, sign in ((NEGATIVE, -1), (POSITIVE, 1)):
        said = (np.sign(weighs) == sign) & (moods.label[texts] == side) & (tokens.kinds[tokens.ids] != PUNCTUATION)
        once = np.unique(np.column_stack([tokens.ids[said], texts[said]]), axis=0)
        messages = np.bincount(once[:, 0], minlength=len(tokens.terms))
        weight = np.bincount(tokens.ids[said], weighs[said], len(tokens.terms))
        best = np.argsort(-np.abs(weight), kind="stable")[:most]
        best = best[messages[best] > 0]
        found.append(pd.DataFrame({"term": tokens.terms[best], "side": side, "messages": messages[best],
                                   "weight": weight[best]}))
    return pd.concat(found, ignore_index=True)


def ranked(moods: Moods, worst: bool) -> np.ndarray:
    """Positions of the messages, the worst (or the best) first; of equal ones the newest."""
    rows = np.flatnonzero(moods.read)[::-1]
    return rows[np.argsort(moods.score[rows] if worst else -moods.score[rows], kind="stable")]
