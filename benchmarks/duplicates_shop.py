"""Duplicates among many customers: python benchmarks/duplicates_shop.py [--customers N] [--new M] [--no-peer]

Makes the demo shop's customers with their planted duplicates and looks for them: columns understood unaided, the
product's own threshold. In the same run plain Splink on the same records, which it is given with the keys of our
blocking ready-made: its library's comparisons, its own estimate of u, EM, predict at .95 and clusters. Then M records,
drawn from all and numbered anew, are held against the customers with the model that was kept.
Prints one JSON object as its last line. Each part runs in a process of its own, so that its memory is its own.
"""
import os

# Before numpy is loaded: threads that spin cost forty times the work on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pandas as pd

from benchmarks.duplicates import scores
from benchmarks.measure import last_line, peak_mb, reset_peak

AS_OF, NOW = date(2026, 3, 1), datetime(2026, 3, 1, 9, 0)
TEXTBOOK_THRESHOLD = 0.95


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--new", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-peer", action="store_true", help="without plain Splink")
    parser.add_argument("--part", nargs=2, metavar=("PART", "FOLDER"), help=argparse.SUPPRESS)  # what the children do
    chosen = parser.parse_args(arguments)
    if chosen.customers < 100 or not 0 < chosen.new <= chosen.customers:
        print("The demo shop needs 100 customers, and new records can be no more than these.", file=sys.stderr)
        return 2
    if chosen.part:
        name, folder = chosen.part
        last_line(PARTS[name](Path(folder), chosen))
        return 0
    with tempfile.TemporaryDirectory(prefix="duplicates") as folder:
        names = [name for name in PARTS if not (chosen.no_peer and name in ("keys", "splink"))]
        answer = {name: in_its_own_process(name, folder, chosen) for name in names}
    answer = {"customers": chosen.customers} | {name: part for name, part in answer.items() if part}
    if "splink" in answer:
        answer["ratio"] = round(answer["find"]["seconds"] / answer["splink"]["seconds"], 3)
    last_line(answer)
    return 0


def in_its_own_process(name: str, folder: str, chosen) -> dict:
    sizes = [f"--{key}={getattr(chosen, key)}" for key in ("customers", "new", "seed")]
    child = subprocess.run([sys.executable, __file__, "--part", name, folder, *sizes], stdout=subprocess.PIPE,
                           text=True, check=True)
    told = json.loads(child.stdout.splitlines()[-1])
    print(name, json.dumps(told), flush=True)
    return told


def make(folder: Path, chosen) -> dict:
    from crm_core.cleaning.matching import records
    from crm_core.store import open_store
    from data.demo_shop import fill

    store = open_store(folder / "shop.duckdb", clock=lambda: NOW)
    with store.batch("demo", "demo shop") as batch:
        fill(batch, as_of=AS_OF, seed=chosen.seed, customers=chosen.customers, orders=chosen.customers, messages=0)
    with store.look() as ask:
        records(ask, "customers").to_parquet(folder / "records.parquet")
        ask.execute("SELECT id_a, id_b FROM truth.duplicates").df().to_parquet(folder / "truth.parquet")
    store.close()
    (folder / "shop.duckdb").unlink()
    return {}


def read(folder: Path) -> tuple[pd.DataFrame, set]:
    truth = pd.read_parquet(folder / "truth.parquet")
    return pd.read_parquet(folder / "records.parquet"), set(zip(truth.id_a, truth.id_b, strict=True))


def find(folder: Path, chosen) -> dict:
    from crm_core.cleaning.duplicates import find_duplicates

    records, truth = read(folder)
    reset_peak()
    started = perf_counter()
    found = find_duplicates(records, seed=chosen.seed)
    seconds = perf_counter() - started
    (folder / "model.json").write_text(json.dumps(found.model))
    sure = found.pairs[found.pairs.probability >= found.threshold]
    return {**scores(set(zip(sure.id_a, sure.id_b, strict=True)), truth, linked=False), "seconds": round(seconds, 1),
            "peak_mb": peak_mb(), "pairs_compared": found.pairs_compared, "threshold": round(found.threshold, 4),
            "notes": [[key, facts] for key, facts in found.notes]}


def keys(folder: Path, chosen) -> dict:
    """The columns k0, k1, … of our blocking beside the records, for plain Splink."""
    from crm_core.cleaning.duplicates import blocking
    from crm_core.cleaning.duplicates.comparing import workbench
    from crm_core.cleaning.duplicates.preparing import Plan, prepare
    from crm_core.cleaning.duplicates.records import with_columns

    records, _ = read(folder)
    model = json.loads((folder / "model.json").read_text())
    plan = Plan.from_json(model["plan"])
    connection = workbench().duckdb_con
    prepare(connection, plan, with_columns(records, plan.sources), "prepared")
    blocking.rare_words(connection, plan, "prepared")
    by_name = {key.name: key for key in blocking.keys(plan)}
    rules = [tuple(by_name[name] for name in rule) for rule in model["rules"]]
    blocking.add_keys(connection, "prepared", rules, False)
    listed = ", ".join(f"CAST(k{number} AS VARCHAR) AS k{number}" for number in range(len(rules)))
    made = connection.execute(f"SELECT {listed} FROM prepared ORDER BY unique_id").to_arrow_table().to_pandas()
    pd.concat([records.reset_index(drop=True), made], axis=1).to_parquet(folder / "keyed.parquet")
    return {}


def splink(folder: Path, chosen) -> dict:
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    _, truth = read(folder)
    records = pd.read_parquet(folder / "keyed.parquet").rename(columns={"id": "unique_id"})
    columns = ["name", "birth_date", "email", "phone", "address", "city", "postal_code", "company"]
    columns = [column for column in columns if column in records]
    for column in columns:
        texts = records[column].astype("string").str.strip().str.casefold()
        records[column] = texts.mask(texts == "").astype(object).where(texts.notna() & (texts != ""), None)
    ways = {"name": lambda column: cl.JaroWinklerAtThresholds(column, [0.9, 0.7]), "email": cl.EmailComparison,
            "address": lambda column: cl.LevenshteinAtThresholds(column, [2, 5])}
    rules = [block_on(column) for column in records if column.startswith("k") and column[1:].isdigit()]
    reset_peak()
    started = perf_counter()
    linker = Linker(DuckDBAPI().register(records, dataset_display_name="customers"), SettingsCreator(
        link_type="dedupe_only", comparisons=[ways.get(column, cl.ExactMatch)(column) for column in columns],
        blocking_rules_to_generate_predictions=rules))
    linker.training.estimate_probability_two_random_records_match([block_on("name", "birth_date")], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=chosen.seed)
    for column in ("name", "birth_date"):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(column))
    predicted = linker.inference.predict(threshold_match_probability=0.01)
    clustered = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, TEXTBOOK_THRESHOLD)
    clustered.as_pandas_dataframe()
    pairs = predicted.as_pandas_dataframe()
    seconds = perf_counter() - started
    sure = pairs[pairs.match_probability >= TEXTBOOK_THRESHOLD]
    return {**scores(set(zip(sure.unique_id_l, sure.unique_id_r, strict=True)), truth, linked=False),
            "seconds": round(seconds, 1), "peak_mb": peak_mb()}


def news(folder: Path, chosen) -> dict:
    from crm_core.cleaning.duplicates import Known, match_new

    records, _ = read(folder)
    model = json.loads((folder / "model.json").read_text())
    if model["method"] not in ("fields", "rules"):
        return {}
    new = records.sample(chosen.new, random_state=chosen.seed)
    reset_peak()
    started = perf_counter()
    known = Known(model, records)
    prepared = perf_counter()
    pairs = match_new(model, new.assign(id=-new.id), known)
    matched = perf_counter()
    known.renew(new)
    renewed = perf_counter()
    return {"records": len(new), "prepare_once_s": round(prepared - started, 1),
            "match_s": round(matched - prepared, 2), "renew_s": round(renewed - matched, 2),
            "found": int((pairs.id_new == -pairs.id).sum()), "peak_mb": peak_mb()}


PARTS = {"make": make, "find": find, "keys": keys, "splink": splink, "news": news}


if __name__ == "__main__":
    sys.exit(main())
