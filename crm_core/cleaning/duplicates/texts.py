"""Which companies or products are one, where a name or a text says it: products of two shops, spellings of one company.

    id | title                                  price       id_a | id_b | weight | probability
    a1 | Sony Turntable - PSLX350H                99          a1 |   b7 |    9.1 |        .998
    b7 | Sony PS-LX350H Belt-Drive Turntable     104    →
    b9 | Sony PS-LX250H Turntable                 79

Texts are compared by weighted words and letters (text_vectors), what stands beside them by levels (text_columns). Two
files that name each thing once: partners (text_pairs). Anything else: groups (text_groups). No labels are needed;
what people decided corrects the weights. docs/decisions/0051 says why.
"""

import json

import numpy as np
import pandas as pd

from crm_core.cleaning.duplicates import Duplicates, Part
from crm_core.cleaning.duplicates.text_codes import BEFORE, CODES, Codes
from crm_core.cleaning.duplicates.text_columns import LEVELS, NUMBERS, SETS, Column, is_text, read_numbers
from crm_core.cleaning.duplicates.text_groups import components, join
from crm_core.cleaning.duplicates.text_pairs import find_partners, told, weigh
from crm_core.cleaning.duplicates.text_vectors import dealt, neighbours, read_texts, similarity
from crm_core.cleaning.duplicates.text_weights import (
    CHANCE_PAIRS,
    EDGES,
    Compared,
    Weights,
    chance,
    learn,
    plain_rule,
    start_by_chance,
)
from crm_core.errors import NoTextToCompare

MOST_PAIRS = 1_000_000  # pairs that are handed out; more of one name are told by its first record
LEAST_TOLD = 0.05  # pairs less likely than this are not handed out
LOWEST_THRESHOLD = 0.3  # where our own chances are this unsure of themselves, nothing below is taken for the same
DOUBLES = 0.1  # a file of which more than this share seems to be doubled does not name each thing once
ALIKE_LEVELS = ((0.995, "exact"), (0.6, "close"), (0.3, "similar"), (-1.0, "different"))
SAME_TEXT = 0.98  # chance that records with the very same name or text are one, at most
MOST_DEALT = 5_000  # texts whose words are dealt anew
LEAST_BY_RULE = 0.5  # where nothing was learned we would rather miss pairs than make them up
TEXT, RIVALS, GROUP = "text", "rivals", "group"


def match_texts(
    records: pd.DataFrame,
    columns: dict[str, str],
    other: pd.DataFrame | None = None,
    reviews: pd.DataFrame | None = None,
    seed: int = 0,
    progress=None,
) -> Duplicates:
    """Pairs that are the same, by a name or long texts.

    `records` (and `other`: only links between both then) have `id`; `columns` says what each column means: name,
    company, title, text; number, price; set (parted by ** , ; |); identifier; anything else is a short text.
    `reviews`: id_a, id_b, same (True or False). `progress` is called with a share 0..1.

    Raises NoTextToCompare.
    """
    told_of = progress or (lambda share: None)
    columns = {name: meaning for name, meaning in columns.items() if name in records.columns}
    text = {name: meaning for name, meaning in columns.items() if is_text(meaning)} or columns
    both = records if other is None else pd.concat([records, other], ignore_index=True)
    both = both.reset_index(drop=True)
    if not columns:
        raise NoTextToCompare(columns=())
    if len(records) == 0 or (other is None and len(records) < 2) or (other is not None and len(other) == 0):
        return _nothing(columns)
    texts = read_texts(both, text)
    told_of(0.2)
    if texts.matrix is None:
        raise NoTextToCompare(columns=tuple(text))
    beside = {name: meaning for name, meaning in columns.items() if name not in text}
    answer = None
    if other is not None:
        answer = _partners(texts, both, len(records), columns, beside, reviews, told_of)
    elif _hardly_repeats(texts.key) and _coded(both, text).useful:
        answer = _partners(texts, both, None, columns, beside, reviews, told_of)
    if answer is None:
        answer = _groups(
            texts, both, len(records) if other is not None else None, columns, beside, reviews, seed, told_of
        )
    told_of(1.0)
    return answer


def explain_texts(model: dict, levels: str) -> tuple[Part, ...]:
    """The parts of a pair's weight; with the model's `prior` they add up to it. `levels` as in `pairs`."""
    said = json.loads(levels)
    columns = model["columns"]
    text = tuple(name for name in columns if name in model["text"])
    alike = said[TEXT]
    parts = [Part(TEXT, text, next(name for least, name in ALIKE_LEVELS if alike >= least), _text_weight(model, alike))]
    for name, weights in model["levels"].items():
        level = said.get(name)
        weight = weights[LEVELS.index(level)] if level else 0.0
        parts.append(Part(name, (name,) if name in columns else text, level or "missing", weight))
    last = RIVALS if RIVALS in said else GROUP
    return (*parts, Part(last, (), "best" if said[last] >= 0 else "beaten", said[last]))


def match_new_texts(model: dict, new_records: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """Pairs of new records (id_a) with known ones (id_b) by the weights learned before, as in Duplicates.pairs."""
    if not len(new_records) or not len(records):
        return _nothing(model["columns"]).pairs
    both = pd.concat([new_records, records], ignore_index=True)
    texts = read_texts(both, {name: model["columns"][name] for name in model["text"]})
    if texts.matrix is None:
        return _nothing(model["columns"]).pairs
    rows = len(new_records)
    near = neighbours(texts.matrix[:rows], texts.matrix[rows:])
    beside = {name: model["columns"][name] for name in model["levels"] if name in model["columns"]}
    ready = _ready(both, beside, model["text"] if CODES in model["levels"] else (), every=True)
    levels = {name: column.levels(near.a, near.b + rows) for name, column in ready.items()}
    if model["kind"] == "partners":
        base = weigh(model, near.alike, levels)
        sure = told(model, base, near.a, near.b, rows, len(records))
    else:
        sure = chance(_weights(model).weigh(Compared(near.alike, levels, np.ones(len(near.a)))))
    keep = sure >= LEAST_TOLD
    return _pairs(
        model,
        both.id.to_numpy(),
        near.a[keep],
        near.b[keep] + rows,
        near.alike[keep],
        {name: level[keep] for name, level in levels.items()},
        sure[keep],
        RIVALS if model["kind"] == "partners" else GROUP,
    )


def review_queue(found: Duplicates, count: int, reviews: pd.DataFrame | None = None) -> pd.DataFrame:
    """The pairs to ask people about: the least sure first, one question a group before a second of the same; of
    groups any of their records, so that the answers speak for the whole."""
    pairs = found.pairs.sample(frac=1, random_state=0) if found.model["kind"] == "groups" else found.pairs
    if reviews is not None and len(reviews):
        asked = set(zip(reviews.id_a, reviews.id_b, strict=True)) | set(zip(reviews.id_b, reviews.id_a, strict=True))
        pairs = pairs[[pair not in asked for pair in zip(pairs.id_a, pairs.id_b, strict=True)]]
    unsure = (pairs.probability - found.threshold).abs()
    again = pairs.groupby(pairs.probability.round(6)).cumcount() if found.model["kind"] == "groups" else 0
    order = np.lexsort((np.arange(len(pairs)), (unsure + 0.1 * again).to_numpy()))
    return pairs.iloc[order[:count]]


# --- two files that name each thing once ------------------------------------------------------------


def _hardly_repeats(key: np.ndarray) -> bool:
    """Whether hardly any text stands three times: where many do, things are named many times."""
    counted = np.unique(key[key != ""].astype(str), return_counts=True)[1]
    return counted[counted > 2].sum() <= DOUBLES * counted.sum()


def _coded(records: pd.DataFrame, text) -> Codes:
    """The model numbers of the text columns: products that have them are in a list once, or once again."""
    return Codes(records[list(text)].fillna("").astype(str).agg(" ".join, axis=1))


def _partners(texts, both, rows: int | None, columns, beside, reviews, told_of) -> Duplicates | None:
    """None where one of the files seems to name things more than once; one file (no `rows`): more than twice."""
    within = rows is None
    rows, shift = (len(both), 0) if within else (rows, rows)
    near = neighbours(texts.matrix) if within else neighbours(texts.matrix[:rows], texts.matrix[rows:])
    told_of(0.5)
    text = [name for name in columns if name not in beside]
    # Between two files texts tell rivals apart; in one, the variants of a model are more alike than its doubles.
    ready = _ready(both, beside, text if within else ())
    ids = both.id.to_numpy()
    known = _known(reviews, ids[:rows], ids[shift:], near.a, near.b)
    a, b, alike = near.a, near.b, near.alike
    levels = {name: column.levels(a, b + shift) for name, column in ready.items()}
    if not len(a):
        return _nothing(columns)
    begin = {CODES: list(BEFORE)} if CODES in levels else {}
    found = find_partners(alike, levels, a, b, rows, len(both) - shift, known, begin, within)
    told_of(0.8)
    sides = (np.concatenate([a, b]),) if within else (a, b)
    if max(_doubled(found, side) for side in sides) > DOUBLES:
        return None
    threshold = _threshold(found.chance, np.ones(len(found.chance)))
    model = {
        "method": "texts",
        "kind": "partners",
        "columns": columns,
        "text": text,
        **found.weights,
        "threshold": threshold,
    }
    keep = (found.chance >= LEAST_TOLD) | ~np.isnan(known)
    pairs = _pairs(
        model,
        ids,
        a[keep],
        b[keep] + shift,
        alike[keep],
        {name: level[keep] for name, level in levels.items()},
        found.chance[keep],
        RIVALS,
    )
    return Duplicates(pairs, threshold, _clusters(pairs, threshold), model, len(a), _notes(near.unsearched))


def _doubled(found, side) -> float:
    """Of the records whose partner is among the best quarter of partners, the share that have two so good."""
    if found.chosen.sum() < 10:
        return 0.0
    times = len(side) // len(found.chosen)
    chosen, base = np.tile(found.chosen, times), np.tile(found.base, times)
    good = np.quantile(base[chosen], 0.75)
    best = np.unique(side[chosen & (base >= good)])
    others = np.unique(side[~chosen & (base >= good)])
    return len(np.intersect1d(others, best)) / len(best)


# --- one file, or two that name things more than once -----------------------------------------------


def _groups(texts, both, rows: int | None, columns, beside, reviews, seed: int, told_of) -> Duplicates:
    ids = both.id.to_numpy()
    written = np.flatnonzero(texts.key != "")
    _, first, node = np.unique(texts.key[written].astype(str), return_index=True, return_inverse=True)
    first = written[first]
    members = [written[place] for place in np.split(np.argsort(node, kind="stable"), np.cumsum(np.bincount(node))[:-1])]
    size = np.array([len(one) for one in members])
    nodes = len(members)
    matrix = texts.matrix[first]
    near = neighbours(matrix) if nodes > 1 else None
    told_of(0.4)
    if near is None or not len(near.a):
        a = b = np.empty(0, int)
        alike, sure, levels, compared = np.empty(0), np.empty(0), {}, 0
        weights = Weights(0.0, (0.0,), (1.0,), {})
        unsearched = near.unsearched if near else 0
    else:
        ready = _ready(_by_node(both, members, beside), beside)
        a, b, alike, compared, unsearched = near.a, near.b, near.alike, len(near.a), near.unsearched
        sample = _sampled(matrix, near, ready, seed)
        weights, sure, by_chance = _learned(texts, first, near, sample, seed, told_of)
        sure, levels = sure[:compared], {name: level[:compared] for name, level in sample.levels.items()}
    known = _known_nodes(reviews, ids, written, node)
    equal = SAME_TEXT if beside else _equal_texts(texts.key[written], seed)
    joined, threshold = _joined(nodes, a, b, sure, known, size, equal)
    told_of(0.9)
    by_rule = len(a) > 0 and (threshold <= LOWEST_THRESHOLD or not (joined.chance >= threshold).any())
    if by_rule:  # nothing was learned, or something that does not believe itself
        weights, levels = plain_rule(alike, by_chance), {}
        sure = chance(weights.weigh(Compared(alike, {}, np.ones(len(a)))))
        joined, threshold = _joined(nodes, a, b, sure, known, size, equal)
        threshold = max(threshold, LEAST_BY_RULE)
    model = {
        "method": "texts",
        "kind": "groups",
        "columns": columns,
        "text": [name for name in columns if name not in beside],
        "prior": round(weights.prior, 3),
        "middles": [round(one, 4) for one in weights.middles],
        "alike": [round(one, 3) for one in weights.alike],
        "levels": {name: [round(float(one), 3) for one in values] for name, values in weights.levels.items()},
        "threshold": threshold,
    }
    keep = joined.chance >= LEAST_TOLD
    one, two, met = joined.a[keep], joined.b[keep], joined.chance[keep]
    met_levels = {name: column.levels(one, two) for name, column in ready.items()} if levels else {}
    near_alike = similarity(matrix, matrix, one, two) if len(one) else np.empty(0)
    pairs, bounded = _spread(model, ids, members, one, two, near_alike, met_levels, met, rows, equal)
    pairs = _with_decisions(pairs, reviews)
    return Duplicates(
        pairs,
        threshold,
        _clusters(pairs, threshold),
        model,
        compared,
        _notes(unsearched, bounded, joined.parted, by_rule),
    )


def _joined(nodes: int, a, b, sure, known: dict, size: np.ndarray, equal: float):
    joined = join(nodes, a, b, sure, known)
    within = max((size * (size - 1) // 2).sum(), 1e-9)
    return joined, _threshold(np.append(joined.chance, equal), np.append(size[joined.a] * size[joined.b], within))


def _sampled(matrix, near, ready, seed: int) -> Compared:
    """The near pairs, and pairs by chance that stand for all the others."""
    nodes = matrix.shape[0]
    drawn = np.random.default_rng(seed).integers(0, nodes, (2, CHANCE_PAIRS))
    a, b = drawn.min(axis=0), drawn.max(axis=0)
    fresh = (a < b) & ~np.isin(a.astype(np.int64) * nodes + b, near.a.astype(np.int64) * nodes + near.b)
    a, b = a[fresh], b[fresh]
    rest = max(nodes * (nodes - 1) / 2 - len(near.a), 0)
    times = np.concatenate([np.ones(len(near.a)), np.full(len(a), rest / max(len(a), 1))])
    alike = np.concatenate([near.alike, similarity(matrix, matrix, a, b)])
    a, b = np.concatenate([near.a, a]), np.concatenate([near.b, b])
    return Compared(alike, {name: column.levels(a, b) for name, column in ready.items()}, times)


def _learned(texts, first, near, sample: Compared, seed: int, told_of):
    """Weights and chances; what chance brings forth is counted twice, the second time with one text a group."""
    nodes, rows = len(first), first
    for share in (0.55, 0.7):
        by_chance = _by_chance(texts, rows, nodes, seed)
        weights, sure = learn(sample, start_by_chance(sample.alike, sample.times, by_chance))
        rows = first[_one_a_group(nodes, near, sure[: len(near.a)])]
        told_of(share)
    return weights, sure, by_chance


def _by_chance(texts, rows: np.ndarray, nodes: int, seed: int) -> np.ndarray:
    """How many pairs of each range of likeness chance brings forth among so many texts; of many a part is tried."""
    if len(rows) < 2:
        return np.zeros(len(EDGES))
    if len(rows) > MOST_DEALT:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_DEALT, replace=False))
    alike = neighbours(texts.dealt_anew(rows, seed)).alike
    found = np.bincount(np.searchsorted(EDGES, alike, "right") - 1, minlength=len(EDGES))
    return found * (nodes * (nodes - 1) / (len(rows) * (len(rows) - 1)))


def _equal_texts(key: np.ndarray, seed: int) -> float:
    """The chance that two records of the very same name are one, where only the name is known: how many more pairs
    have it than would if first and last words had met by chance. John Smith is many, Akzo Nobel is one."""
    names = np.unique(key.astype(str)).astype(object)
    by_chance = _pairs_of_equals(dealt(names, seed)) * len(key) * (len(key) - 1) / max(len(names) * (len(names) - 1), 1)
    return float(np.clip(1 - by_chance / max(_pairs_of_equals(key), 1), 1 - SAME_TEXT, SAME_TEXT))


def _pairs_of_equals(texts: np.ndarray) -> int:
    counted = np.unique(texts.astype(str), return_counts=True)[1].astype(np.int64)
    return int((counted * (counted - 1) // 2).sum())


def _one_a_group(nodes: int, near, sure) -> np.ndarray:
    joined = join(nodes, near.a, near.b, sure)
    together = joined.chance >= _threshold(joined.chance, np.ones(len(joined.chance)))
    return np.unique(components(nodes, joined.a[together], joined.b[together]), return_index=True)[1]


def _by_node(both: pd.DataFrame, members: list[np.ndarray], beside: dict[str, str]) -> pd.DataFrame:
    """What records of one name have beside it, together: a list's members, the middle number, the commonest word."""
    node = np.repeat(np.arange(len(members)), [len(one) for one in members])
    rows = both.iloc[np.concatenate(members)].reset_index(drop=True)
    answer = {}
    for name, meaning in beside.items():
        values = rows[name]
        if meaning in SETS:
            answer[name] = values.fillna("").astype(str).groupby(node).agg("**".join)
        elif meaning in NUMBERS:
            answer[name] = pd.Series(read_numbers(values)).groupby(node).median()
        else:
            counted = pd.DataFrame({"node": node, "value": values}).dropna().value_counts(sort=True).reset_index()
            answer[name] = counted.drop_duplicates("node").set_index("node")["value"].reindex(range(len(members)))
    return pd.DataFrame(answer, index=range(len(members)))


def _spread(model, ids, members, one, two, alike, levels, met, rows, same_text: float):
    """Pairs of nodes as pairs of records; too many are told by the first record of each node."""
    flat = np.concatenate(members)
    size = np.array([len(each) for each in members])
    start = np.cumsum(size) - size
    bounded = int((size[one] * size[two]).sum() + (size * (size - 1) // 2).sum()) > MOST_PAIRS
    told_size = np.ones_like(size) if bounded else size
    times = told_size[one] * told_size[two]
    which = np.repeat(np.arange(len(one)), times)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
    a = flat[start[one[which]] + offset // told_size[two[which]]]
    b = flat[start[two[which]] + offset % told_size[two[which]]]
    inside_a, inside_b = [], []
    for node in np.flatnonzero(size > 1):
        x, y = (np.zeros(size[node] - 1, int), np.arange(1, size[node])) if bounded else np.triu_indices(size[node], 1)
        inside_a.append(members[node][x])
        inside_b.append(members[node][y])
    same = sum(len(each) for each in inside_a)
    text = _levels_told(model, alike, levels, met, GROUP)
    equal = _levels_told(model, np.ones(1), {}, np.array([same_text]), GROUP)
    a, b = np.concatenate([a, *inside_a]).astype(int), np.concatenate([b, *inside_b]).astype(int)
    place = np.concatenate([which, np.full(same, len(one))]).astype(int)
    told = (
        pd.DataFrame(
            {
                "weight": np.append(text[0], equal[0]),
                "probability": np.append(met, same_text),
                "levels": np.append(text[1], equal[1]),
            }
        )
        .take(place)
        .reset_index(drop=True)
    )
    a, b = np.minimum(a, b), np.maximum(a, b)
    pairs = pd.concat([pd.DataFrame({"id_a": ids[a], "id_b": ids[b]}), told], axis=1)
    if rows is not None:
        pairs = pairs[(a < rows) & (b >= rows)]
    return _sorted(pairs), bounded


# --- pairs, told ------------------------------------------------------------------------------------


def _pairs(model, ids, a, b, alike, levels, sure, shift: str) -> pd.DataFrame:
    weight, text = _levels_told(model, alike, levels, sure, shift)
    return _sorted(
        pd.DataFrame({"id_a": ids[a], "id_b": ids[b], "weight": weight, "probability": sure, "levels": text})
    )


def _sorted(pairs: pd.DataFrame) -> pd.DataFrame:
    return pairs.sort_values("probability", ascending=False, kind="stable", ignore_index=True)


def _levels_told(model, alike, levels, sure, shift: str):
    """Weights of pairs and their levels as text. What the comparisons do not say is the last part: how a pair
    stands to its rivals, or how the groups meet in which it lies."""
    alike = np.round(np.asarray(alike, float), 4)
    sum_of = model["prior"] + _text_weight(model, alike)
    for name, level in levels.items():
        sum_of = sum_of + np.append(model["levels"][name], 0.0)[level]
    certain = np.clip(sure, 1e-6, 1 - 1e-6)
    rest = np.round(np.log2(certain / (1 - certain)) - sum_of, 3)
    text = np.array(
        [
            json.dumps(
                {
                    TEXT: one,
                    **{name: LEVELS[level[place]] for name, level in levels.items() if level[place] >= 0},
                    shift: left,
                }
            )
            for place, (one, left) in enumerate(zip(alike.tolist(), rest.tolist(), strict=True))
        ],
        dtype=object,
    )
    return sum_of + rest, text


def _text_weight(model, alike):
    if model["kind"] == "partners":
        return model["slope"] * (alike - model["even"])
    return np.interp(alike, model["middles"], model["alike"])


def _weights(model) -> Weights:
    return Weights(model["prior"], tuple(model["alike"]), tuple(model["middles"]), model["levels"])


def _threshold(sure: np.ndarray, times: np.ndarray) -> float:
    """The chance from which on pairs are taken, so that the expected F1 is the highest (Lipton et al. 2014)."""
    if not len(sure):
        return 0.5
    order = np.argsort(-sure, kind="stable")
    sure, times = sure[order], times[order]
    expected = np.cumsum(sure * times)
    f1 = 2 * expected / (np.cumsum(times) + expected[-1])
    ends = np.append(np.diff(sure) < 0, True)  # equal chances are taken together
    best = np.flatnonzero(ends)[np.argmax(f1[ends])]
    return max(float(np.floor(sure[best] * 1e6) / 1e6), LOWEST_THRESHOLD)


def _clusters(pairs: pd.DataFrame, threshold: float) -> pd.DataFrame:
    sure = pairs[pairs.probability >= threshold]
    names, place = np.unique(
        np.concatenate([sure.id_a.to_numpy(object), sure.id_b.to_numpy(object)]), return_inverse=True
    )
    if not len(names):
        return pd.DataFrame({"id": [], "cluster": []})
    label = components(len(names), place[: len(sure)], place[len(sure) :])
    first = np.unique(label, return_index=True)[1]  # names are sorted: the first is the smallest
    return pd.DataFrame({"id": names, "cluster": names[first[label]]}).infer_objects()


def _ready(records: pd.DataFrame, beside: dict[str, str], text=(), every: bool = False) -> dict[str, Column | Codes]:
    """What is compared beside the text; of titles among the `text` columns their model numbers too."""
    ready = {name: Column(name, meaning, records[name]) for name, meaning in beside.items() if name in records.columns}
    if text and CODES not in records.columns:
        ready[CODES] = _coded(records, text)
    return {name: column for name, column in ready.items() if every or column.useful}


def _known(reviews, ids_a, ids_b, a, b) -> np.ndarray:
    """What people said of these pairs: 1 same, 0 different, NaN not asked."""
    known = np.full(len(a), np.nan)
    if reviews is None or not len(reviews):
        return known
    said = {}
    for one, two, same in zip(reviews.id_a, reviews.id_b, reviews.same, strict=True):
        said[one, two] = float(bool(same))
    place_a = {name: place for place, name in enumerate(ids_a)}
    place_b = {name: place for place, name in enumerate(ids_b)}
    key = a.astype(np.int64) * len(ids_b) + b
    order = np.argsort(key)
    for (one, two), same in said.items():
        if one not in place_a or two not in place_b:
            one, two = two, one
        if one in place_a and two in place_b:
            wanted = place_a[one] * len(ids_b) + place_b[two]
            found = np.searchsorted(key[order], wanted)
            if found < len(key) and key[order[found]] == wanted:
                known[order[found]] = same
    return known


def _known_nodes(reviews, ids, written, node) -> dict:
    if reviews is None or not len(reviews):
        return {}
    place = dict(zip(ids[written], node, strict=True))
    known = {}
    for one, two, same in zip(reviews.id_a, reviews.id_b, reviews.same, strict=True):
        if one in place and two in place and place[one] != place[two]:
            known[min(place[one], place[two]), max(place[one], place[two])] = float(bool(same))
    return known


def _with_decisions(pairs: pd.DataFrame, reviews) -> pd.DataFrame:
    """What people decided of a pair stands, whatever the texts say."""
    if reviews is None or not len(reviews):
        return pairs
    said = pd.concat(
        [
            reviews[["id_a", "id_b", "same"]],
            reviews.rename(columns={"id_a": "id_b", "id_b": "id_a"})[["id_a", "id_b", "same"]],
        ]
    )
    said = said.drop_duplicates(["id_a", "id_b"], keep="last")
    same = pairs[["id_a", "id_b"]].merge(said, on=["id_a", "id_b"], how="left")["same"].to_numpy(object)
    decided = np.array([value is not None and value == value for value in same])
    if not decided.any():
        return pairs
    pairs = pairs.copy()
    sure = np.where(same[decided].astype(bool), SAME_TEXT, 1 - SAME_TEXT)
    texts = [json.loads(levels) for levels in pairs.levels[decided]]
    more = np.round(np.log2(sure / (1 - sure)) - pairs.weight[decided].to_numpy(), 3)
    pairs.loc[decided, "probability"] = sure
    pairs.loc[decided, "weight"] += more
    pairs.loc[decided, "levels"] = [
        json.dumps({**said, GROUP: round(said[GROUP] + shift, 3)}) for said, shift in zip(texts, more, strict=True)
    ]
    return _sorted(pairs)


def _nothing(columns) -> Duplicates:
    empty = pd.DataFrame(
        {
            "id_a": [],
            "id_b": [],
            "weight": pd.Series(dtype=float),
            "probability": pd.Series(dtype=float),
            "levels": pd.Series(dtype=object),
        }
    )
    model = {
        "method": "texts",
        "kind": "groups",
        "columns": columns,
        "text": [],
        "prior": 0.0,
        "middles": [0.0],
        "alike": [0.0],
        "levels": {},
        "threshold": 0.5,
    }
    return Duplicates(empty, 0.5, pd.DataFrame({"id": [], "cluster": []}), model, 0)


def _notes(unsearched: int, bounded: bool = False, parted: int = 0, by_rule: bool = False) -> tuple:
    """What was bounded, as the key of a word and its facts."""
    notes = []
    if unsearched:
        notes.append(("duplicates.note.texts_too_alike", {"records": unsearched}))
    if bounded:
        notes.append(("duplicates.note.texts_pairs_bounded", {"pairs": MOST_PAIRS}))
    if parted:
        notes.append(("duplicates.note.texts_pieces_parted", {"pieces": parted}))
    if by_rule:
        notes.append(("duplicates.note.texts_by_rule", {}))
    return tuple(notes)
