"""Kept topics on today's messages: found anew, and called as before where they are the same."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.text_mining.topics.editing import merge
from crm_core.text_mining.topics.finding import Topics, find, named, place

SAME = 0.25  # half of the likeness of words and half of the messages shared: less is another topic


@dataclass(frozen=True, eq=False)
class Refreshed:
    topics: Topics
    change: pd.DataFrame  # name, how (kept, new, ended), before, now: messages, placed by the old topics and the new


def refresh(old: Topics, corpus, progress: Callable[[float], None] = lambda _share: None) -> Refreshed:
    """As many topics as before found on a corpus, matched one to one with the old ones by words and messages.

    What was merged before is merged again. Raises TooFewForTopics.
    """
    before = place(old, corpus)
    found = find(corpus, sum(old.parts), old.seed, progress)
    slots = np.repeat(np.arange(old.k), old.parts)  # a merged topic may be found in as many pieces
    match = _matched(found, before, slots)
    merged: dict[int, list[int]] = {}
    for topic, kept in match.items():
        merged.setdefault(kept, []).append(topic)
    names = {topics[0]: old.names[kept] for kept, topics in merged.items()}
    renamed = named(found, names)
    # The later pieces go first, so that the numbers of the earlier ones hold.
    pieces = sorted((sorted(topics) for topics in merged.values() if len(topics) > 1), reverse=True)
    kept_names = {old.names[kept] for kept in merged}
    renamed = _merged(renamed, corpus, pieces, {min(topics): old.names[kept] for kept, topics in merged.items()})
    renamed = replace(renamed, proposed=old.proposed)
    rows = [(name, "kept" if name in kept_names else "new",
             int(before.sizes[old.names.index(name)]) if name in kept_names else 0, int(size))
            for name, size in zip(renamed.names, renamed.sizes, strict=True)]
    rows += [(name, "ended", int(size), 0) for name, size in zip(old.names, before.sizes, strict=True)
             if name not in kept_names]
    return Refreshed(renamed, pd.DataFrame(rows, columns=["name", "how", "before", "now"]))


def _merged(topics: Topics, corpus, pieces: list[list[int]], names: dict[int, str]) -> Topics:
    """Topics with some of them made one again; `pieces` and `names` in the numbers that they have now."""
    numbers = list(range(topics.k))  # what each topic was called before anything was merged
    for group in pieces:
        which = [numbers.index(topic) for topic in group]
        topics = merge(topics, corpus, which, names[group[0]])
        numbers = [number for number in numbers if number not in group[1:]]
    return topics


def _matched(found: Topics, before: Topics, slots: np.ndarray) -> dict[int, int]:
    """New topic → old topic."""
    from scipy.optimize import linear_sum_assignment

    places = {word: place for place, word in enumerate(before.words)}
    aligned = np.zeros((found.k, len(before.words)), np.float32)
    for place_new, word in enumerate(found.words):
        if word in places:
            aligned[:, places[word]] = found.weights[:, place_new]
    words = aligned @ before.weights.T
    shared = np.zeros((found.k, before.k))
    both = (found.assigned >= 0) & (before.assigned >= 0)
    np.add.at(shared, (found.assigned[both], before.assigned[both]), 1)
    members = shared / np.maximum(found.sizes[:, None] + before.sizes[None, :] - shared, 1)
    alike = ((words + members) / 2)[:, slots]
    rows, columns = linear_sum_assignment(-alike)
    return {int(row): int(slots[column]) for row, column in zip(rows, columns, strict=True)
            if alike[row, column] >= SAME}
