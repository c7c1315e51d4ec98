"""Topics over time, by whom and by which way, where their messages lie, and which are typical."""

import numpy as np
import pandas as pd

from crm_core.text_mining.topics.finding import UNASSIGNED, Topics

MOST_ON_MAP = 1_500  # points that are drawn: more takes longer to lay out than it tells
DIRECTIONS_OF_MAP = 30


def by_month(topics: Topics, when: pd.Series) -> pd.DataFrame:
    """month, topic, messages, share (of all messages of the month): every topic in every month from first to last."""
    months = pd.to_datetime(when).dt.to_period("M").dt.to_timestamp()
    counts = pd.crosstab(months.to_numpy(), topics.assigned)
    counts = counts.reindex(pd.date_range(months.min(), months.max(), freq="MS"), fill_value=0)
    return _long(counts, topics, "month")


def by_value(topics: Topics, rows: np.ndarray, values) -> pd.DataFrame:
    """value, topic, messages, share (of all messages of the value): every topic for every value, the commonest first.

    `rows` are positions of messages, `values` what each is of; a message may be of several.
    """
    counts = pd.crosstab(np.asarray(values), topics.assigned[rows])
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    return _long(counts, topics, "value")


def typical(topics: Topics, topic: int, texts: pd.Series, most: int = 5) -> np.ndarray:
    """Positions of the messages nearest to a topic, each text once. Of equally near ones the longer, then the later."""
    rows = np.flatnonzero(topics.assigned == topic)
    told = pd.DataFrame({"row": rows, "near": topics.nearness[rows].round(3), "text": texts.to_numpy()[rows]})
    told["length"] = told.text.str.len()
    told = told.sort_values(["near", "length", "row"], ascending=[False, False, False], kind="stable")
    return told.drop_duplicates("text").row.head(most).to_numpy()


def message_map(topics: Topics, corpus, seed: int = 0) -> pd.DataFrame:
    """row, topic, x, y: a sample of the messages in the plane, those that say alike close together (t-SNE)."""
    from sklearn.manifold import TSNE
    from sklearn.utils.extmath import randomized_svd

    places = {term: place for place, term in enumerate(corpus.tokens.terms)}
    known = np.array([places.get(word, -1) for word in topics.words])
    there = known >= 0
    terms = corpus.tokens.folded[known[there]]
    draw = np.random.default_rng(seed)
    rows = draw.permutation(np.flatnonzero(~corpus.messages.text.duplicated().to_numpy()))[:2 * MOST_ON_MAP]
    present = corpus.tokens.take(rows).counts()[:, terms].astype(bool)
    said = np.flatnonzero(np.asarray(present.sum(axis=1)).ravel() > 0)[:MOST_ON_MAP]
    rows = np.sort(rows[said])
    present = corpus.tokens.take(rows).counts()[:, terms].astype(bool).astype(np.float32)
    weighed = present.multiply(topics.rarity[there]).tocsr()
    # A word of a topic says more of where a message belongs than a word of none.
    near = np.asarray(weighed @ topics.weights[:, there].T)
    left, values, _ = randomized_svd(weighed, min(DIRECTIONS_OF_MAP, *weighed.shape), random_state=seed)
    points = np.hstack([_unit(left * values), _unit(near)])
    if len(points) < 10:
        points = np.hstack([points, np.zeros((len(points), 2))])
        return pd.DataFrame({"row": rows, "topic": topics.assigned[rows], "x": points[:, 0], "y": points[:, 1]})
    layout = TSNE(2, perplexity=min(30, (len(points) - 1) / 3), init="pca", random_state=seed, max_iter=500,
                  n_jobs=1).fit_transform(points.astype(np.float32))
    return pd.DataFrame({"row": rows, "topic": topics.assigned[rows], "x": layout[:, 0], "y": layout[:, 1]})


def _unit(points: np.ndarray) -> np.ndarray:
    return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)


def _long(counts: pd.DataFrame, topics: Topics, name: str) -> pd.DataFrame:
    counts = counts.reindex(columns=[UNASSIGNED, *range(topics.k)], fill_value=0)
    totals = counts.sum(axis=1)
    told = counts.rename_axis(index=name, columns="topic").stack().rename("messages").reset_index()
    told["share"] = told.messages / told[name].map(totals).clip(lower=1)
    return told
