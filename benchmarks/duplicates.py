"""How well duplicates are found: python benchmarks/duplicates.py RECORDS.csv TRUTH.csv [--other RECORDS2.csv] [--peers]

RECORDS has `id` and any columns, TRUTH has `id_a, id_b` of all true pairs; with --other only links between the two
files count. No label is used: the columns' meanings and the threshold are the product's own. A pair is found where its
probability reaches the threshold; cluster_* counts all pairs within the product's clusters (with --other those of
one file with the other). Prints one JSON object as its last line.
"""

import os

# Before numpy is loaded: threads that spin cost forty times the work on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import csv
import sys
from itertools import combinations
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pandas as pd

from benchmarks.measure import peak_mb, reset_peak, told
from crm_core.cleaning.duplicates import find_duplicates
from crm_core.cleaning.duplicates.columns import checked


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records")
    parser.add_argument("truth")
    parser.add_argument("--other", metavar="RECORDS2", help="a second file: only links between the two count")
    parser.add_argument("--map", action="append", default=[], metavar="COLUMN=MEANING")
    parser.add_argument("--reviews", metavar="FILE", help="id_a, id_b, same (1 or 0): pairs that people decided")
    parser.add_argument("--peers", action="store_true", help="plain Splink, ECM and exact rules in the same run")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    return told(lambda: measure(chosen), chosen.records)


def measure(chosen) -> dict:
    records = read_records(chosen.records)
    other = read_records(chosen.other) if chosen.other else None
    truth = read_pairs(chosen.truth, records, other)
    reviews = None
    if chosen.reviews:
        reviews = read(chosen.reviews)
        reviews["same"] = reviews["same"].isin(["1", "true", "True", "yes"])
    if other is not None:  # both files may number their records from 1
        records["id"], other["id"] = "1:" + records.id, "2:" + other.id
        truth = {("1:" + a, "2:" + b) for a, b in truth}
        if reviews is not None:
            reviews["id_a"], reviews["id_b"] = "1:" + reviews.id_a, "2:" + reviews.id_b
    meanings = {}
    for item in chosen.map:
        column, sign, meaning = item.rpartition("=")
        if not sign:
            raise ValueError(f"--map {item} is not COLUMN=MEANING")
        meanings[column] = meaning
    reset_peak()
    started = perf_counter()
    found = find_duplicates(records, meanings or None, other, reviews, seed=chosen.seed)
    seconds = perf_counter() - started
    sure = found.pairs[found.pairs.probability >= found.threshold]
    pairs = set(zip(sure.id_a, sure.id_b, strict=True))
    answer = {
        **scores(pairs, truth, linked=other is not None),
        **scores(cluster_pairs(found.clusters, records, other), truth, linked=other is not None, name="cluster_"),
        "threshold": found.threshold,
        "pairs_compared": found.pairs_compared,
        "seconds": round(seconds, 3),
        "peak_mb": peak_mb(),
        "records": len(records) + (len(other) if other is not None else 0),
        "method": found.model.get("method"),
        "meanings": found.model.get("meanings", {}),
        "notes": [[key, facts] for key, facts in found.notes],
    }
    if chosen.peers:
        from benchmarks.duplicates_peers import peers

        pairs = pd.DataFrame(sorted(truth), columns=["id_a", "id_b"])
        told = {column: meaning for column, meaning in checked(records, meanings or None, other).items()
                if meaning != "ignore"}
        answer["peers"] = peers(records, pairs, other, told, seed=chosen.seed)
    return answer


def read(path: str) -> pd.DataFrame:
    """Texts of a file with any delimiter, blanks behind delimiters left out; UTF-8 or else Latin-1."""
    for encoding in ("utf-8-sig", "latin-1"):
        try:
            with open(path, encoding=encoding, newline="") as file:
                head = file.read(65_536)
            break
        except UnicodeDecodeError:
            continue
    first = head.split("\n", 1)[0]
    delimiter = max(",;|\t", key=first.count)
    try:
        return pd.read_csv(
            path,
            sep=delimiter,
            dtype=str,
            encoding=encoding,
            skipinitialspace=True,
            keep_default_na=False,
            na_values=[""],
            quoting=csv.QUOTE_MINIMAL,
        ).rename(columns=str.strip)
    except pd.errors.ParserError as error:
        raise ValueError(str(error).strip().replace("\n", " ")) from error
    except pd.errors.EmptyDataError as error:
        raise ValueError("it is empty") from error


def read_records(path: str) -> pd.DataFrame:
    records = read(path)
    if "id" not in records.columns:
        raise ValueError(f"{Path(path).name} has no column id")
    return records.apply(lambda column: column.str.strip())


def read_pairs(path: str, records: pd.DataFrame, other: pd.DataFrame | None) -> set[tuple[str, str]]:
    truth = read(path)
    if not {"id_a", "id_b"} <= set(truth.columns):
        raise ValueError(f"{Path(path).name} has no columns id_a and id_b")
    truth = truth.dropna(subset=["id_a", "id_b"])
    left, right = set(records.id), set((records if other is None else other).id)
    pairs = set(zip(truth.id_a.str.strip(), truth.id_b.str.strip(), strict=True))
    unknown = [pair for pair in pairs if not set(pair) <= left | right]
    if unknown:
        raise ValueError(f"{len(unknown)} true pairs name records that are not there")
    if other is None:
        return pairs
    # Only links between the files count, whichever end of a pair stands first.
    return {(a, b) for a, b in pairs if a in left and b in right} | {
        (b, a) for a, b in pairs if not (a in left and b in right) and b in left and a in right}


def cluster_pairs(clusters: pd.DataFrame, records, other) -> set[tuple]:
    if other is None:
        return {pair for _, ids in clusters.groupby("cluster").id for pair in combinations(ids, 2)}
    first, second = set(records.id), set(other.id)
    return {(a, b) for _, ids in clusters.groupby("cluster").id for a in ids if a in first for b in ids if b in second}


def scores(found: set, truth: set, linked: bool, name: str = "") -> dict[str, float]:
    """Precision, recall and F1 over pairs; within one file their order says nothing."""
    if not linked:
        found, truth = ({tuple(sorted(pair)) for pair in pairs if pair[0] != pair[1]} for pairs in (found, truth))
    right = len(found & truth)
    precision = right / len(found) if found else float(not truth)
    recall = right / len(truth) if truth else 1.0
    f1 = 2 * right / (len(found) + len(truth)) if found or truth else 1.0
    return {f"{name}precision": precision, f"{name}recall": recall, f"{name}f1": f1}


if __name__ == "__main__":
    sys.exit(main())
