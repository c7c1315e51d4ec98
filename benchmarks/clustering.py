"""How well customers are grouped: python benchmarks/clustering.py TABLE.csv [--labels COLUMN] [--peers]

TABLE has one row a customer and columns of numbers, or one row an order (or order line): who, when, how much. Orders
go through the product's own import and its query customer_features. Prints one JSON object as its last line.
"""
import os

# Before numpy is loaded: threads that spin cost forty times the work on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd

from benchmarks.measure import peak_mb, told
from crm_core.clustering import Choice, cluster_customers, propose_choice
from crm_core.clustering.choose_k import SAMPLE_ROWS, silhouette, stability
from crm_core.clustering.prepare import FEWEST_CUSTOMERS, sample_rows
from crm_core.data_entry import check, load, propose_mapping, read
from crm_core.features.columns import NUMBERS_SHARE
from crm_core.store import open_store
from crm_core.writing import MISSING

SHORT = {"customer_id": "customers.customer_no", "id": "customers.customer_no", "ordered_at": "orders.ordered_at",
         "amount": "orders.amount", "order_id": "orders.order_no", "ignore": None}
WHO = ("customers.customer_no", "customers.email", "customers.name", "customers.last_name", "customers.phone")
HDBSCAN_ROWS = 10_000  # it costs the square of them: 0.6 s at 10,000, 22 s at 50,000
PEER_KS = range(2, 11)
PYCARET_K = 4  # what its create_model("kmeans") takes where nobody says otherwise
MEASURES = ("silhouette", "stability", "davies_bouldin", "gap", "gap_error")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table")
    parser.add_argument("--labels", metavar="COLUMN", help="a column with the true group: told apart, never used")
    parser.add_argument("--map", action="append", default=[], metavar="COLUMN=MEANING",
                        help="customer_id, ordered_at, amount, order_id, feature or ignore")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    return told(lambda: measure(chosen), chosen.table)


def measure(chosen) -> dict:
    features, labels, choice, given = features_of(chosen)
    started = perf_counter()
    groups = cluster_customers(features, choice, seed=chosen.seed)
    seconds = perf_counter() - started
    found = pd.Series(groups.groups.group.to_numpy(), index=groups.groups.customer_id)
    answer = {
        "k": groups.k, "algorithm": groups.choice.algorithm, "silhouette": groups.silhouette,
        "stability": groups.stability, "clear": bool(groups.clear),
        **agreement(found, labels),
        "by_k": {str(row["k"]): {measure: row[measure] for measure in MEASURES if row[measure] == row[measure]}
                 for row in groups.by_k.reindex(columns=["k", *MEASURES]).to_dict("records")},
        "why_k": groups.why_k,
        "given": given, "customers": len(groups.groups), "left_out": groups.left_out,
        "features": list(choice.features), "logged": [name for name in choice.features if name in choice.logged],
        "dropped": list(groups.dropped), "names": [groups.names[group] for group in sorted(groups.names)],
        "sizes": groups.profiles.customers.tolist(), "seconds": seconds,
        "peak_mb": peak_mb()}
    if chosen.peers:
        answer["peers"] = peers(features, choice, labels, chosen.seed)
    return answer


# --- reading --------------------------------------------------------------------------------------


def features_of(chosen) -> tuple[pd.DataFrame, pd.Series | None, Choice, str]:
    """Features with customer_id, the labels by customer_id, what to compare by, and what the table was."""
    told = {}
    for item in chosen.map:
        column, _, meaning = item.rpartition("=")
        if not column:
            raise ValueError(f"--map takes COLUMN=MEANING, and {item} is none")
        if meaning not in (*SHORT, "feature") and "." not in meaning:
            raise ValueError(f"{meaning} is no meaning of a column")
        told[column] = meaning
    with read(chosen.table) as reading:
        for column in (*told, *([chosen.labels] if chosen.labels else ())):
            if column not in reading.headers:
                raise ValueError(f"it has no column {column}")
        columns = {header: SHORT.get(meaning) if meaning in (*SHORT, "feature") else meaning
                   for header, meaning in told.items()} | ({chosen.labels: None} if chosen.labels else {})
        mapping = reading.mapping.told(columns)
        places = [f"c{place}" for place in range(len(reading.headers))]
        cells = pd.read_parquet(reading.folder / "cells.parquet", columns=places)
        cells = cells.set_axis(list(reading.headers), axis=1)
        # The cells of a parquet file are typed already, and a column without any has no type.
        cells = cells.apply(lambda column: column.astype("string").astype(object).str.strip()
                            if column.notna().any() else column.astype(object))
        cells = cells.mask(cells.isin(["", *MISSING, *map(str.upper, MISSING), "NaN", "None", "Null"]))
        if is_of_orders(mapping, cells, columns):
            return *from_orders(chosen, reading, mapping, cells), "orders"
        if mapping.kind != "customers":  # an amount or a price of a customer's is a feature
            mapping = propose_mapping(reading.headers, reading.sample, "customers").told(columns, "customers")
        return *from_table(chosen, mapping, told, cells, reading.delimiter), "customers"


def is_of_orders(mapping, cells: pd.DataFrame, told: dict) -> bool:
    """Whether a row is an order: customers come again, or there is nothing but whose, when and how much."""
    if mapping.kind not in ("orders", "order_lines"):
        return False
    who = next((mapping.header(meaning) for meaning in WHO if mapping.header(meaning)), None)
    bare = mapping.header("orders.ordered_at") and not mapping.own_fields
    if "orders.ordered_at" in told.values() or bare:
        if who is None:
            raise ValueError("no column says whose orders these are; name one with --map COLUMN=customer_id")
        return True
    return bool(who and mapping.header("orders.ordered_at") and not cells[who].dropna().is_unique)


def from_orders(chosen, reading, mapping, cells: pd.DataFrame):
    """The product's own way: import, then the query, as of the day of the last order."""
    who = mapping.header("customers.customer_no")
    if chosen.labels and who is None:
        raise ValueError("labels need a column with the customer's number; name it with --map COLUMN=customer_id")
    checked = check(reading, mapping)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "shop.duckdb", clock=lambda: datetime.now(UTC).replace(tzinfo=None))
        try:
            with store.batch("import", reading.name) as batch:
                load(batch, checked)
            features = store.frame("customer_features", as_of=checked.last_at.date())
            with store.cursor() as cursor:
                numbers = dict(cursor.execute("SELECT customer_no, id FROM customers").fetchall())
        finally:
            store.close()
    labels = None
    if chosen.labels:
        rows = cells[[who, chosen.labels]].dropna().drop_duplicates(who)
        ids = rows[who].str.replace(r"\.0$", "", regex=True).map(numbers)
        labels = pd.Series(rows[chosen.labels].to_numpy(), index=ids)
    return features, labels, Choice()


def from_table(chosen, mapping, told: dict[str, str], cells: pd.DataFrame, delimiter: str):
    """One row a customer: every column in which they differ is a feature, but the id, the labels and the ignored."""
    table = cells.apply(lambda column: with_numbers(column, delimiter))
    numbering = [header for place, header in enumerate(table.columns)
                 if header.lower() in ("id", "index", "unnamed: 0") or (place == 0 and header == "#1")]
    id_column = mapping.header("customers.customer_no") or next(iter(numbering), None)
    if id_column and told.get(id_column) == "feature":
        id_column = None
    aside = {id_column, chosen.labels, *(header for header, meaning in told.items() if meaning == "ignore")}
    features = table[[header for header in table.columns if header not in aside]].copy()
    ids = pd.Series(np.arange(len(table)))  # a row is a customer, though its number be missing or come twice
    if id_column and table[id_column].notna().all() and table[id_column].is_unique:
        ids = table[id_column]
    features = features.rename(columns={"customer_id": "customer_id "})  # where it is a feature
    features.insert(0, "customer_id", ids)
    choice = propose_choice(features)
    if not choice.features:
        raise ValueError("it has no column of numbers, kinds or yes and no in which customers differ")
    if len(features) < FEWEST_CUSTOMERS:
        raise ValueError(f"it has {len(features)} customers, and at least {FEWEST_CUSTOMERS} are needed")
    return features, pd.Series(table[chosen.labels].to_numpy(), index=ids) if chosen.labels else None, choice


def with_numbers(texts: pd.Series, delimiter: str) -> pd.Series:
    """A column of numbers as such, also with currency, per cent, thousands or a decimal comma; else as it is."""
    known = texts.notna().sum()
    bare = texts.str.replace(r"[$€£¥￥%％\s]", "", regex=True)
    points = bare.str.replace(r"(?<=\d),(?=\d{3}(?!\d))", "", regex=True)
    commas = bare.str.replace(r"(?<=\d)\.(?=\d{3}(?!\d))", "", regex=True).str.replace(",", ".")
    for way in (texts, *((commas, points) if delimiter == ";" else (points, commas))):
        numbers = pd.to_numeric(way, errors="coerce")
        if known and numbers.notna().sum() >= NUMBERS_SHARE * known:
            return numbers
    return texts


# --- judging --------------------------------------------------------------------------------------


def agreement(found: pd.Series, labels: pd.Series | None) -> dict:
    """How alike the groups and the true ones are; customers without a true group do not count."""
    if labels is None:
        return {}
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    both = pd.DataFrame({"found": found, "true": labels[~labels.index.duplicated()]}).dropna()
    if both.empty:
        raise ValueError("no customer who was grouped has a label")
    true = both.true.astype(str)
    return {"ari": float(adjusted_rand_score(true, both.found)),
            "ami": float(adjusted_mutual_info_score(true, both.found))}


def peers(features: pd.DataFrame, choice: Choice, labels: pd.Series | None, seed: int) -> dict:
    """Plain scikit-learn on the same columns of numbers, z-scored; none ever says "no groups"."""
    from sklearn.cluster import HDBSCAN, KMeans

    table = features.set_index("customer_id")[list(choice.features)].select_dtypes("number").astype(float)
    table = table.replace([np.inf, -np.inf], np.nan).dropna()
    table = table.loc[:, table.nunique() > 1]
    if not len(table.columns):
        return {}
    rows = ((table - table.mean()) / table.std(ddof=0)).to_numpy()
    few = sample_rows(len(rows), SAMPLE_ROWS, seed)

    def told(algorithm: str, found, at, k: int, stable: float | None, by_k: dict, started: float) -> dict:
        measured = sample_rows(len(at), SAMPLE_ROWS, seed)
        return {"k": k, "algorithm": algorithm, "silhouette": silhouette(rows[at][measured], found[measured]),
                "stability": stable, "clear": True, **agreement(pd.Series(found, index=table.index[at]), labels),
                "by_k": by_k, "seconds": perf_counter() - started, "peak_mb": peak_mb()}

    def stable(k: int) -> float:
        return stability(rows[few], Choice(), k, seed)

    everybody, distinct = np.arange(len(rows)), len(np.unique(rows, axis=0))
    started = perf_counter()
    fits = {k: KMeans(k, n_init=10, random_state=seed).fit_predict(rows) for k in PEER_KS if k <= distinct}
    by_k = {str(k): {"silhouette": silhouette(rows[few], found[few])} for k, found in fits.items()}
    best = int(max(by_k, key=lambda k: by_k[k]["silhouette"]))
    answers = {"scikit-learn K-means": told("kmeans", fits[best], everybody, best, stable(best), by_k, started)}
    started, k = perf_counter(), min(PYCARET_K, distinct)
    found = KMeans(k, random_state=seed).fit_predict(rows)
    answers["PyCaret-like"] = told("kmeans", found, everybody, k, stable(k), {}, started)
    started, some = perf_counter(), sample_rows(len(rows), HDBSCAN_ROWS, seed)
    found = HDBSCAN(copy=True).fit_predict(rows[some])
    answers["HDBSCAN"] = told("hdbscan", found, some, len(set(found) - {-1}), None, {}, started)
    answers["HDBSCAN"] |= {"noise": float((found == -1).mean()), "rows": len(some)}
    return answers


if __name__ == "__main__":
    sys.exit(main())
