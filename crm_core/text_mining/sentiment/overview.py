"""What the moods of many messages come to: over time, by what is known of them, and which words bring it about."""

import numpy as np
import pandas as pd

from crm_core.text_mining.sentiment.moods import NEGATIVE, NEUTRAL, POSITIVE, Moods
from crm_core.text_mining.sentiment.scoring import scored
from crm_core.text_mining.tokens import PUNCTUATION

FEWEST = 5  # messages of a month or a kind of which a share is told


def shares(moods: Moods, by: pd.Series, rows: np.ndarray | None = None) -> pd.DataFrame:
    """name, messages, negative, neutral, positive (shares), score (mean): a row for each common value of `by`.

    `rows`: the positions of the messages that the values are of, where these are not one a message: a customer's
    messages stand in each segment that the customer is in.
    """
    rows = np.arange(len(moods.label)) if rows is None else rows
    label = moods.label[rows]
    told = pd.DataFrame({"name": by.to_numpy(), "score": moods.score[rows], **{
        mood: (label == mood).astype(float) for mood in (NEGATIVE, NEUTRAL, POSITIVE)}})[moods.read[rows]]
    found = told.groupby("name", sort=False).agg(
        messages=("score", "size"), negative=(NEGATIVE, "mean"), neutral=(NEUTRAL, "mean"), positive=(POSITIVE, "mean"),
        score=("score", "mean")).reset_index()
    return found[found.messages >= FEWEST].reset_index(drop=True)


def by_month(moods: Moods) -> pd.DataFrame:
    """The same, a row a month in order; `name` is the month's first day."""
    return shares(moods, moods.corpus.messages.occurred_at.dt.to_period("M").dt.to_timestamp()).sort_values(
        "name", ignore_index=True)


def deciding_words(moods: Moods, most: int = 12) -> pd.DataFrame:
    """term, denied, side, messages, weight: the words that weigh most in good and in bad messages.

    Words that mean something together are one: 'on time', '性价比高'. `denied`: it decides where a "not" goes before.
    """
    tokens = moods.corpus.tokens
    said = scored(tokens, words=moods.words, each=True)
    texts = np.repeat(np.arange(len(tokens)), np.diff(tokens.starts))
    one = said.spans == 1
    # A "not" by itself says that something is denied, not what: it tells a reader nothing.
    at = np.flatnonzero((said.words != 0) & (tokens.kinds[tokens.ids] != PUNCTUATION)
                        & ~(one & moods.words.negator[tokens.ids]))
    one = one[at]
    told = pd.DataFrame({"text": texts[at], "weight": said.words[at], "term": tokens.terms[tokens.ids[at]],
                         "denied": one & (moods.words.weight[tokens.ids[at]] * said.words[at] <= 0)})
    told.loc[~one, "term"] = [
        _together(tokens.terms[tokens.ids[place:place + said.spans[place]]]) for place in at[~one]]
    found = []
    for side, sign in ((NEGATIVE, -1), (POSITIVE, 1)):
        there = told[(np.sign(told.weight) == sign) & (moods.label[told.text] == side)]
        summed = there.groupby(["term", "denied"], sort=False).agg(
            messages=("text", "nunique"), weight=("weight", "sum"))
        summed = summed.iloc[np.argsort(-np.abs(summed.weight.to_numpy()), kind="stable")[:most]].reset_index()
        found.append(summed.assign(side=side))
    return pd.concat(found, ignore_index=True)[["term", "denied", "side", "messages", "weight"]]


def _together(terms) -> str:
    return "".join(f" {term}" if before.isascii() and term.isascii() and "'" not in term[:1] else term
                   for before, term in zip(["，", *terms[:-1]], terms, strict=True))


def ranked(moods: Moods, worst: bool) -> np.ndarray:
    """Positions of the messages, the worst (or the best) first; of equal ones the newest."""
    rows = np.flatnonzero(moods.read)[::-1]
    return rows[np.argsort(moods.score[rows] if worst else -moods.score[rows], kind="stable")]
