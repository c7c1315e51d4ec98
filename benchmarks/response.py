"""How well a yes or no is foretold: python benchmarks/response.py TABLE.csv --target COLUMN [--exclude C …] [--peers]

TABLE is any table with a yes/no column, read as the product reads files. Every row is judged by models that have not
seen it, in five shuffled folds. Prints one JSON object as its last line.
"""
import os

# Before numpy is loaded: threads that spin cost forty times the work on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd

from benchmarks.clustering import with_numbers
from benchmarks.measure import peak_mb, told
from crm_core.data_entry import read
from crm_core.purchase_prediction import Choice, Examples, predict
from crm_core.purchase_prediction.crossed import FOLDS
from crm_core.purchase_prediction.judging import calibration_error
from crm_core.purchase_prediction.table import examples_of
from crm_core.writing import MISSING

MEANINGS = ("target", "feature", "ignore")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table")
    parser.add_argument("--target", metavar="COLUMN", help="the column with yes and no")
    parser.add_argument("--exclude", metavar="COLUMN", nargs="+", action="extend", default=[],
                        help="columns that are not learned from")
    parser.add_argument("--map", action="append", default=[], metavar="COLUMN=MEANING",
                        help="target, feature (though it looks like an id or text) or ignore")
    parser.add_argument("--peers", action="store_true", help="LightGBM and plain scikit-learn in the same run")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    return told(lambda: measure(chosen), chosen.table)


def measure(chosen) -> dict:
    table, target, excluded, kept = table_of(chosen)
    started = perf_counter()
    found, left_out = examples_of(table, target, excluded, kept)
    answer = predict(found, Choice(found.target), chosen.seed)
    seconds = perf_counter() - started
    told, rows = answer.crossed, found.part("train")
    leaks, note = leaks_of(found, chosen.seed)
    result = {
        "rows": len(rows), "base_rate": float(rows.outcome.mean()), "chosen": answer.chosen,
        "chosen_auc": told.as_chosen["auc"], "chosen_ece": told.as_chosen["ece"], "leaks": leaks,
        "models": {row["model"]: {"auc": row["auc"], "ece": row["ece"]} for row in answer.tried.to_dict("records")},
        "chosen_by_fold": list(told.chosen), "chosen_pr_auc": told.as_chosen["pr_auc"],
        "chosen_brier": told.as_chosen["brier"], "features": list(answer.features), "left_out": left_out,
        "without_answer": len(found.part("score")), "tried": told.tried, "candidates": told.candidates,
        "warnings": [[key, facts] for key, facts in answer.warnings], **note}
    if told.by_time:
        result |= {"auc_by_time": told.by_time.auc, "by_time": told.by_time.feature}
    result |= {"seconds": seconds, "peak_mb": peak_mb()}
    if chosen.peers:
        result["peers"] = peers(found, answer.features, told.fold_of, chosen.seed)
    return result


def table_of(chosen) -> tuple[pd.DataFrame, str, tuple[str, ...], tuple[str, ...]]:
    """The table with numbers as such, the target, the columns left aside and those kept whatever they look like."""
    told = {}
    for item in chosen.map:
        column, _, meaning = item.rpartition("=")
        if not column or meaning not in MEANINGS:
            raise ValueError(f"--map takes COLUMN=MEANING with {', '.join(MEANINGS)}, and {item} is none")
        told[column] = meaning
    target = chosen.target or next((column for column, meaning in told.items() if meaning == "target"), None)
    if target is None:
        raise ValueError("no column was named to foretell; name it with --target COLUMN")
    with read(chosen.table) as reading:
        for column in (target, *told, *chosen.exclude):
            if column not in reading.headers:
                raise ValueError(f"it has no column {column}")
        places = [f"c{place}" for place in range(len(reading.headers))]
        cells = pd.read_parquet(reading.folder / "cells.parquet", columns=places)
        cells = cells.set_axis(list(reading.headers), axis=1)
        cells = cells.apply(lambda column: column.astype("string").astype(object).str.strip()
                            if column.notna().any() else column.astype(object))
        cells = cells.mask(cells.isin(["", *MISSING, *map(str.upper, MISSING), "NaN", "None", "Null"]))
        table = cells.apply(lambda column: column if column.name == target else with_numbers(column, reading.delimiter))
    excluded = (*chosen.exclude, *(column for column, meaning in told.items() if meaning == "ignore"))
    return table, target, excluded, tuple(column for column, meaning in told.items() if meaning == "feature")


def leaks_of(found: Examples, seed: int) -> tuple[list[dict], dict]:
    """What the tripwire finds, as the page shows it."""
    if find_spec("crm_core.purchase_prediction.leakage") is None:
        return [], {"leaks_note": "this release looks for no leaks"}
    from crm_core.purchase_prediction.leakage import find_leaks

    return [{"column": leak.column, "kind": leak.kind, "evidence": leak.evidence, "sure": leak.sure}
            for leak in find_leaks(found, seed=seed)], {}


# --- peers ----------------------------------------------------------------------------------------


def peers(found: Examples, features: tuple[str, ...], fold_of: np.ndarray, seed: int) -> dict:
    """Others as they come, on the same folds: none of them is set to anything."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    rows = found.part("train").reset_index(drop=True)
    outcome = rows.outcome.to_numpy(int)
    given = pd.DataFrame({name: _plain(rows[name]) for name in features})
    texts = [name for name in features if not pd.api.types.is_numeric_dtype(given[name])]
    numbers = [name for name in features if name not in texts]
    coded = given.assign(**{name: given[name].astype("category") for name in texts})
    logistic = make_pipeline(make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), texts)), LogisticRegression(max_iter=1000))
    many = [name for name in texts if coded[name].nunique() > 255]
    ways = {"scikit-learn logistic": (logistic, given.fillna(dict.fromkeys(texts, ""))),
            "scikit-learn HistGradientBoosting": (
                HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=seed),
                coded.drop(columns=many))}
    if find_spec("lightgbm"):
        from lightgbm import LGBMClassifier

        ways["LightGBM"] = (LGBMClassifier(random_state=seed, verbose=-1), coded.rename(
            columns={name: f"feature {place}" for place, name in enumerate(coded.columns)}))
    return {name: _judged(model, table, outcome, fold_of) for name, (model, table) in ways.items()}


def _plain(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        return (values - pd.Timestamp(0)) / pd.Timedelta(days=1)
    return values if pd.api.types.is_numeric_dtype(values) else values.astype(object)


def _judged(model, table: pd.DataFrame, outcome: np.ndarray, fold_of: np.ndarray) -> dict:
    from sklearn.metrics import roc_auc_score

    started, chance = perf_counter(), np.zeros(len(outcome))
    for number in range(FOLDS):
        here = fold_of == number
        chance[here] = model.fit(table[~here], outcome[~here]).predict_proba(table[here])[:, 1]
    auc = np.mean([roc_auc_score(outcome[fold_of == number], chance[fold_of == number]) for number in range(FOLDS)])
    return {"auc": float(auc), "ece": calibration_error(outcome, chance), "seconds": perf_counter() - started,
            "peak_mb": peak_mb()}


if __name__ == "__main__":
    sys.exit(main())
