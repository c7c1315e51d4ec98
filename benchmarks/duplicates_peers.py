"""What others find in the same records: plain Splink, recordlinkage's ECM, exact rules, TF-IDF with one partner each.

Each runs in a process of its own, so that its memory is its own; a package that is missing is said, not a crash.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pandas as pd

from benchmarks.measure import peak_mb

NAMES = ("splink", "recordlinkage_ecm", "exact_rules", "tfidf_one_to_one")
LIMIT_S = 1800
TEXTS = ("name", "company", "title", "text", "full_name", "address")
PERSON_NAMES = ("first_name", "last_name", "surname", "given_name", "forename")
TEXTBOOK_THRESHOLD = 0.95
TFIDF_THRESHOLD = 0.3


def peers(
    records: pd.DataFrame,
    truth: pd.DataFrame,
    other: pd.DataFrame | None = None,
    meanings: dict | None = None,
    seed: int = 0,
) -> dict[str, dict]:
    """{name: {precision, recall, f1, cluster_*, seconds, peak_mb, pairs_compared}}, or {name: {"missing": sentence}}."""
    meanings = meanings or {column: "other" for column in records.columns if column != "id"}
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        records.to_pickle(files / "records.pkl")
        truth.to_pickle(files / "truth.pkl")
        if other is not None:
            other.to_pickle(files / "other.pkl")
        (files / "facts.json").write_text(json.dumps({"meanings": meanings, "seed": seed}))
        return {name: _in_its_own_process(name, files) for name in NAMES}


def _in_its_own_process(name: str, files: Path) -> dict:
    try:
        done = subprocess.run(
            [sys.executable, __file__, name, str(files)], capture_output=True, text=True, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return {"missing": f"{name} was stopped after {LIMIT_S} seconds."}
    if done.returncode:
        return {"missing": f"{name} did not run: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}"}
    return json.loads(done.stdout.strip().splitlines()[-1])


def scores(pairs: pd.DataFrame, truth: pd.DataFrame) -> dict[str, float]:
    """Precision, recall and F1 of the pairs, and of the pairs after closing clusters; which id stands first is the same."""
    right = {tuple(sorted(map(str, pair))) for pair in truth[["id_a", "id_b"]].itertuples(index=False)}
    said = {tuple(sorted(map(str, pair))) for pair in pairs[["id_a", "id_b"]].itertuples(index=False)}
    closed = _closed(said)
    if pairs.attrs.get("cross") is not None:
        first = pairs.attrs["cross"]
        closed = {pair for pair in closed if (pair[0] in first) != (pair[1] in first)}
    return {**_f1(said, right, ""), **_f1(closed, right, "cluster_")}


def _f1(said: set, right: set, prefix: str) -> dict[str, float]:
    hit = len(said & right)
    precision, recall = hit / max(len(said), 1), hit / max(len(right), 1)
    return {
        f"{prefix}precision": round(precision, 4),
        f"{prefix}recall": round(recall, 4),
        f"{prefix}f1": round(2 * hit / max(len(said) + len(right), 1), 4),
    }


def _closed(pairs: set) -> set:
    from itertools import combinations

    parent: dict[str, str] = {}

    def top(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for one, two in pairs:
        parent[top(one)] = top(two)
    groups: dict[str, list[str]] = {}
    for name in parent:
        groups.setdefault(top(name), []).append(name)
    return {tuple(sorted(pair)) for group in groups.values() for pair in combinations(group, 2)}


# --- the peers --------------------------------------------------------------------------------------


def exact_rules(records, other, meanings, seed):
    """The same name (or title) and the same second key, all letter for letter but for case and blanks."""
    both = records if other is None else pd.concat([records, other], ignore_index=True)
    columns = list(meanings)
    keys = [
        column for column in columns if meanings[column] in (*TEXTS[:3], *PERSON_NAMES, "date", "birth_date")
    ] or columns[:2]
    plain = both[keys].fillna("").astype(str).apply(lambda values: values.str.casefold().str.split().str.join(" "))
    plain["id"] = both.id.to_numpy()
    plain = plain[(plain[keys] != "").all(axis=1)]
    left, right = (
        (plain, plain) if other is None else (plain[plain.id.isin(records.id)], plain[plain.id.isin(other.id)])
    )
    pairs = left.merge(right, on=keys, suffixes=("_a", "_b"))
    if other is None:
        pairs = pairs[pairs.id_a < pairs.id_b]
    return pairs[["id_a", "id_b"]], len(pairs)


def tfidf_one_to_one(records, other, meanings, seed):
    """Cosine of TF-IDF words of all texts; each record has one partner at most, the best first, from .3 on."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    texts = [column for column in meanings if meanings[column] in TEXTS] or list(meanings)
    both = records if other is None else pd.concat([records, other], ignore_index=True)
    words = TfidfVectorizer().fit_transform(both[texts].fillna("").astype(str).agg(" ".join, axis=1))
    left, right = (words, words) if other is None else (words[: len(records)], words[len(records) :])
    near = NearestNeighbors(n_neighbors=min(21, right.shape[0]), metric="cosine").fit(right)
    apart, found = near.kneighbors(left)
    a, b, alike = np.repeat(np.arange(left.shape[0]), found.shape[1]), found.ravel(), 1 - apart.ravel()
    keep = (alike >= TFIDF_THRESHOLD) & ((a < b) if other is None else True)
    a, b, alike = a[keep], b[keep], alike[keep]
    taken_a, taken_b, chosen = set(), set(), []
    for place in np.argsort(-alike, kind="stable"):
        ends = (a[place], b[place])
        one_file = other is None
        if ends[0] not in taken_a and ends[1] not in (taken_a if one_file else taken_b):
            taken_a.add(ends[0])
            (taken_a if one_file else taken_b).add(ends[1])
            chosen.append(place)
    ids_a, ids_b = records.id.to_numpy(), (records if other is None else other).id.to_numpy()
    return pd.DataFrame({"id_a": ids_a[a[chosen]], "id_b": ids_b[b[chosen]]}), len(alike)


def splink(records, other, meanings, seed):
    """Settings as its documentation has them for each kind of column, blocked on each column, at .95."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    def comparison(column: str, meaning: str):
        if meaning in PERSON_NAMES or meaning in ("name", "full_name"):
            return cl.JaroWinklerAtThresholds(column, [0.9, 0.7])
        if meaning in ("company", "title", "text", "address"):
            return (
                cl.LevenshteinAtThresholds(column, [2, 5])
                if meaning != "text"
                else cl.JaccardAtThresholds(column, [0.9, 0.7])
            )
        if meaning == "email":
            return cl.EmailComparison(column)
        if meaning == "postcode":
            return cl.LevenshteinAtThresholds(column, 2)
        return cl.ExactMatch(column)

    frames = [_for_splink(records, meanings)] + ([] if other is None else [_for_splink(other, meanings)])
    names = dict(zip(meanings, [f"c{place}" for place in range(len(meanings))], strict=True))
    rules = [block_on(column) for column in names.values()]
    settings = SettingsCreator(
        link_type="dedupe_only" if other is None else "link_only",
        unique_id_column_name="unique_id",
        comparisons=[comparison(names[column], meaning) for column, meaning in meanings.items()],
        blocking_rules_to_generate_predictions=rules,
    )
    db_api = DuckDBAPI()
    tables = [db_api.register(frame, dataset_display_name=f"file_{place}") for place, frame in enumerate(frames)]
    linker = Linker(tables[0] if len(tables) == 1 else tables, settings)
    linker.training.estimate_probability_two_random_records_match(rules[:1], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=seed)
    for rule in rules:
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
        except Exception as reason:  # a column by which nothing is shared trains nothing: the others do
            print(f"{rule}: {reason}", file=sys.stderr)
    predicted = linker.inference.predict(threshold_match_probability=0.0001).as_pandas_dataframe()
    sure = predicted[predicted.match_probability >= TEXTBOOK_THRESHOLD]
    return pd.DataFrame({"id_a": sure.unique_id_l, "id_b": sure.unique_id_r}), len(predicted)


def _for_splink(records: pd.DataFrame, meanings: dict) -> pd.DataFrame:
    frame = pd.DataFrame({"unique_id": records.id.astype(str)})
    for place, column in enumerate(meanings):  # names of their own: an SQL word as a column breaks term frequencies
        values = records[column].astype("string").str.strip().str.casefold()
        frame[f"c{place}"] = values.mask(values == "").astype(object).where(values.notna() & (values != ""), None)
    return frame


def recordlinkage_ecm(records, other, meanings, seed):
    """Blocked on each column, compared by Jaro–Winkler (names) or exactly, classified by ECM."""
    import recordlinkage

    left = _for_splink(records, meanings).set_index("unique_id")
    right = None if other is None else _for_splink(other, meanings).set_index("unique_id")
    indexer = recordlinkage.Index()
    for column in left.columns:
        indexer.block(column)
    candidates = indexer.index(left) if right is None else indexer.index(left, right)
    compare = recordlinkage.Compare()
    for column, meaning in zip(left.columns, meanings.values(), strict=True):
        if meaning in TEXTS or meaning in PERSON_NAMES:
            compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
        else:
            compare.exact(column, column, label=column)
    features = compare.compute(candidates, left) if right is None else compare.compute(candidates, left, right)
    found = recordlinkage.ECMClassifier().fit_predict((features > 0).astype(int))
    return pd.DataFrame({"id_a": found.get_level_values(0), "id_b": found.get_level_values(1)}), len(candidates)


def _run(name: str, files: Path) -> dict:
    facts = json.loads((files / "facts.json").read_text())
    records, truth = pd.read_pickle(files / "records.pkl"), pd.read_pickle(files / "truth.pkl")
    other = pd.read_pickle(files / "other.pkl") if (files / "other.pkl").exists() else None
    meanings = {
        column: meaning
        for column, meaning in facts["meanings"].items()
        if column in records.columns and meaning not in ("id", "ignore") and (other is None or column in other.columns)
    }
    way = {
        "splink": splink,
        "recordlinkage_ecm": recordlinkage_ecm,
        "exact_rules": exact_rules,
        "tfidf_one_to_one": tfidf_one_to_one,
    }[name]
    started = perf_counter()
    pairs, compared = way(records, other, meanings, facts["seed"])
    seconds = round(perf_counter() - started, 2)
    peak = peak_mb()
    pairs.attrs["cross"] = None if other is None else set(records.id.astype(str))
    return {**scores(pairs, truth), "seconds": seconds, "peak_mb": peak, "pairs_compared": int(compared)}


if __name__ == "__main__":
    print(json.dumps(_run(sys.argv[1], Path(sys.argv[2]))))
