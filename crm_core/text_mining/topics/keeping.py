"""Keep topics with their names, to place later messages and to follow them from month to month.

    runs   7 | text_mining | What customers write | as_of 2026-03-01 | choice {"what": "topics", "k": null, "seed": 0}
           model {"words": {"late": 1.9}, "topics": [{"name": "Delays", "parts": 1, "weights": {"late": 0.8}}]}

A refresh adds a run with `first_id`; a changed name changes the run. All of it is in the caller's batch.
"""

import json
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from crm_core.text_mining.topics.finding import Topics

CONCERN = "text_mining"
WHAT = "topics"  # tells these runs from others of the same page


@dataclass(frozen=True, eq=False)
class Kept:
    """Topics as they stood on a day."""

    run_id: int
    first_id: int  # of the first run of the series
    name: str
    as_of: date
    topics: Topics  # without messages: place() assigns them
    figures: dict  # k, stability, npmi, coverage, messages; sizes: name → messages


def keep(batch, topics: Topics, name: str, as_of, revision: int, wanted: dict | None = None,
         first_id: int | None = None) -> int:
    """Keep topics as a run; its id. The same topics under the same names are kept once a day and series.

    `wanted`, plain data, tells which messages were read.
    """
    choice = json.dumps({"what": WHAT, "k": None if topics.proposed else topics.k, "seed": topics.seed,
                         "wanted": wanted or {}}, ensure_ascii=False)
    model = to_json(topics)
    if there := kept_run(batch, topics, as_of):
        return there
    run_id, = batch.add("runs", {
        "concern": CONCERN, "name": name, "as_of": as_of, "revision": revision, "choice": choice, "model": model,
        "figures": _figures(topics), "first_id": first_id})
    return run_id


def kept_run(ask, topics: Topics, as_of) -> int | None:
    """The run that holds these very topics for a day; None where there is none."""
    found = ask.execute("SELECT id FROM runs WHERE concern = $concern AND as_of = $as_of AND model = $model "
                        "AND deleted_at IS NULL ORDER BY id LIMIT 1",
                        concern=CONCERN, as_of=as_of, model=to_json(topics)).fetchone()
    return found and found[0]


def update(batch, run_id: int, topics: Topics) -> None:
    """Let a kept run hold topics as they were edited: renamed, merged, split."""
    batch.change("runs", {"id": run_id, "model": to_json(topics), "figures": _figures(topics)})


def kept(ask) -> list[Kept]:
    """Every run of topics, the newest first."""
    rows = ask.execute(
        "SELECT id, coalesce(first_id, id), name, as_of, choice, model, figures FROM runs "
        "WHERE concern = $concern AND deleted_at IS NULL AND json_extract_string(choice, '$.what') = $what "
        "ORDER BY as_of DESC, id DESC", concern=CONCERN, what=WHAT).fetchall()
    return [Kept(run_id, first_id, name, as_of, from_json(model, choice, figures), json.loads(figures))
            for run_id, first_id, name, as_of, choice, model, figures in rows]


def to_json(topics: Topics) -> str:
    return json.dumps({
        "words": {str(word): round(float(rare), 5) for word, rare in zip(topics.words, topics.rarity, strict=True)},
        "topics": [{"name": name, "parts": parts, "weights": {
            str(topics.words[place]): round(float(row[place]), 5) for place in np.flatnonzero(row)}}
            for name, parts, row in zip(topics.names, topics.parts, topics.weights, strict=True)]}, ensure_ascii=False)


def from_json(model: str, choice: str, figures: str) -> Topics:
    """Topics without messages, from what a run keeps of them."""
    read, asked, told = json.loads(model), json.loads(choice), json.loads(figures)
    words = np.array(list(read["words"]), dtype=object)
    places = {word: place for place, word in enumerate(words)}
    weights = np.zeros((len(read["topics"]), len(words)), np.float32)
    for topic, row in enumerate(read["topics"]):
        for word, weight in row["weights"].items():
            weights[topic, places[word]] = weight
    stability = told["stability"]
    return Topics(
        names=tuple(topic["name"] for topic in read["topics"]), words=words, weights=weights,
        rarity=np.array(list(read["words"].values()), np.float32), assigned=np.empty(0, np.int32),
        nearness=np.empty(0, np.float32), coherence=np.array(told["coherence"]),
        stability=float("nan") if stability is None else stability,
        by_k=pd.DataFrame(columns=["k", "stability", "npmi"]), seed=asked["seed"], proposed=asked["k"] is None,
        parts=tuple(topic["parts"] for topic in read["topics"]))


def _figures(topics: Topics) -> str:
    return json.dumps({
        "k": topics.k, "stability": None if np.isnan(topics.stability) else round(topics.stability, 4),
        "npmi": round(topics.npmi, 4), "coherence": [round(float(value), 4) for value in topics.coherence],
        "coverage": round(topics.coverage, 4), "messages": len(topics.assigned),
        "sizes": [int(size) for size in topics.sizes]}, ensure_ascii=False)
