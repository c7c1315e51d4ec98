"""Topics as the team wants them: two made one, one taken apart, called otherwise."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from crm_core.errors import TooFewForTopics
from crm_core.text_mining.topics.association import association, vocabulary
from crm_core.text_mining.topics.finding import (
    FEWEST_MESSAGES,
    WORDS_OF_NAME,
    Topics,
    coherence_of,
    named,
    of_length_one,
    place,
)
from crm_core.text_mining.topics.rotation import directions, topics_of


def rename(topics: Topics, names: dict[int, str]) -> Topics:
    """The same topics under other names: topic → name; a blank name leaves it as it was."""
    given = {topic: name.strip() for topic, name in names.items() if name and name.strip()}
    return replace(topics, names=tuple(given.get(topic, name) for topic, name in enumerate(topics.names)))


def merge(topics: Topics, corpus, which: Sequence[int], name: str | None = None) -> Topics:
    """Some topics as one, in the place of the first of them; every message is placed anew.

    Without a name it is called by the heaviest words of all of them.
    """
    first, *others = sorted(set(which))
    if not others:
        return topics
    stay = [topic for topic in range(topics.k) if topic not in others]
    sizes = topics.sizes[[first, *others]].astype(np.float32)
    both = topics.weights.copy()
    both[first] = np.maximum(sizes, 1) @ topics.weights[[first, *others]]
    parts = list(topics.parts)
    parts[first] = sum(topics.parts[topic] for topic in (first, *others))
    place_of = stay.index(first)
    names = {place: topics.names[topic] for place, topic in enumerate(stay) if topic != first}
    if name and name.strip():
        names[place_of] = name.strip()
    return _edited(topics, corpus, of_length_one(both[stay]), tuple(parts[topic] for topic in stay), names)


def split(topics: Topics, corpus, which: int, into: int = 2) -> Topics:
    """One topic as several, found among its own messages; they stand last but for the first of them.

    Raises TooFewForTopics where its messages do not fall apart.
    """
    rows = np.flatnonzero(topics.assigned == which)
    places = {term: place for place, term in enumerate(corpus.tokens.terms)}
    known = np.array([places.get(word, -1) for word in topics.words])
    there = np.flatnonzero(known >= 0)
    counts = corpus.tokens.take(rows).counts()[:, corpus.tokens.folded[known[there]]]
    columns = vocabulary(counts)
    if len(rows) < FEWEST_MESSAGES or len(columns) < 4 * into:
        raise TooFewForTopics(messages=len(rows), needed=FEWEST_MESSAGES)
    present = counts[:, columns].astype(bool).astype(np.float32)
    apart = np.zeros((into, len(topics.words)), np.float32)
    apart[:, there[columns]] = topics_of(directions(association(present), into), into)
    # What all of them share stays in each: a message that says only that is still of one of them.
    apart = of_length_one(of_length_one(apart) + 0.5 * topics.weights[which])
    stay = [topic for topic in range(topics.k) if topic != which]
    weights = np.vstack([topics.weights[:which], apart[:1], topics.weights[which + 1:], apart[1:]])
    parts = (*topics.parts[:which], 1, *topics.parts[which + 1:], *(1,) * (into - 1))
    return _edited(topics, corpus, weights, parts, {topic: topics.names[topic] for topic in stay},
                   told_apart=[which, *range(topics.k, topics.k + into - 1)])


def _edited(topics: Topics, corpus, weights, parts, names, told_apart: Sequence[int] = ()) -> Topics:
    edited = replace(topics, weights=weights, parts=parts, names=("",) * len(weights), stability=float("nan"))
    edited = named(edited, names)
    if told_apart:
        # By their heaviest words they would have one name: by those that the others of them have less.
        sums = weights[told_apart].sum(axis=0)
        own = {}
        for topic in told_apart:
            order = np.argsort(-(2 * weights[topic] - sums), kind="stable")[:WORDS_OF_NAME]
            own[topic] = " · ".join(str(word) for word in topics.words[order])
        edited = named(edited, {**names, **own})
    edited = place(edited, corpus)
    return replace(edited, coherence=coherence_of(edited, corpus))
