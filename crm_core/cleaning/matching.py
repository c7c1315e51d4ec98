"""A search for duplicates as the book keeps it: what is compared, the run with its pairs, and what is new since.

`ask` is an open batch or look; where something is written it is a batch.
"""
import json
from dataclasses import dataclass, field
from threading import Lock

import pandas as pd

from crm_core.cleaning.duplicates import Duplicates, rules, usable
from crm_core.cleaning.sheet import quoted, sheet_of
from crm_core.engine import to_frame
from crm_core.errors import PairGone
from crm_core.tables import SQL_TYPES

TABLES = ("customers", "products")  # that can hold one thing twice
BY_FIELDS = ("fields", "rules")  # methods whose model can be held against a few records
FLOOR = 0.01  # pairs less likely than this are not kept
MOST_KEPT = 500_000  # pairs of one search
# What says nothing of who a record is: what we did with it, and the keys that no two may share.
NOT_COMPARED = {
    "customers": {"customer_no", "age", "stage", "owner", "referrer_no", "source", "joined_on", "note", "industry",
                  "consent_email", "consent_sms", "consent_phone", "consent_social", "consent_chat", "consent_visit"},
    "products": {"product_no", "cost"},
}


@dataclass(frozen=True)
class How:
    """How a person wants duplicates to be looked for."""

    model: bool = True
    rules: tuple[str, ...] = ()


@dataclass
class Shelf:
    """The records of a table as a kept search compares them: prepared once, then only where they change."""

    prepared: object = None  # duplicates.Known
    revision: int = 0  # of the book, as which they are known
    lock: Lock = field(default_factory=Lock)


def compared(sheet) -> list[str]:
    """The columns by which records of a table are compared, its own fields among them."""
    return [name for name in sheet.columns if name not in NOT_COMPARED[sheet.table]]


def records(ask, table: str, ids=None) -> pd.DataFrame:
    """id and the compared columns of the living records, or of some; empty columns are left out."""
    sheet = sheet_of(ask, table)
    listed = ", ".join(["id", *(quoted(name) for name in compared(sheet))])
    among = "" if ids is None else f" WHERE id IN ({', '.join(str(int(row_id)) for row_id in ids) or 'NULL'})"
    found = to_frame(ask.execute(f"SELECT {listed} FROM {sheet.relation}{among} ORDER BY id").to_arrow_table())
    if ids is not None:
        return found
    return found.loc[:, [name for name in found if name == "id" or found[name].notna().any()]]


def keep(batch, table: str, found: Duplicates, revision: int, count: int) -> int:
    """Keep a search in place of earlier ones of its table; the run's id."""
    model = {**found.model, "notes": [list(note) for note in found.notes]}
    run = batch.add("match_runs", {
        "table_name": table, "model": json.dumps(model, ensure_ascii=False), "threshold": float(found.threshold),
        "revision": revision, "records": count, "pairs_compared": int(found.pairs_compared)})[0]
    batch.purge("match_pairs", f"SELECT id FROM match_pairs WHERE run_id IN (SELECT id FROM match_runs WHERE "
                               f"table_name = '{table}' AND id <> {run})")
    _keep_pairs(batch, run, found.pairs)
    return run


def keep_new(batch, run: dict, ids, pairs: pd.DataFrame, revision: int, count: int, compared_more: int) -> None:
    """Put the pairs of records that are new or changed since a search in place of what it knew of them."""
    batch.stage("matched_anew", pd.DataFrame({"id": [int(row_id) for row_id in ids]}, dtype="int64"))
    batch.purge("match_pairs", f"SELECT p.id FROM match_pairs p WHERE p.run_id = {int(run['id'])} AND ("
                               "p.id_a IN (SELECT id FROM matched_anew) OR p.id_b IN (SELECT id FROM matched_anew))")
    _keep_pairs(batch, int(run["id"]), pairs)
    batch.change("match_runs", {"id": int(run["id"]), "revision": revision, "records": count,
                                "pairs_compared": int(run["pairs_compared"]) + int(compared_more)})


def _keep_pairs(batch, run: int, pairs: pd.DataFrame) -> None:
    kept = pairs.loc[pairs.probability >= FLOOR, ["id_a", "id_b", "weight", "probability", "levels"]]
    if not len(kept):
        return
    batch.stage("kept_pairs", kept.nlargest(MOST_KEPT, "weight"))
    # Told as the table wants it: the smaller id first, weights that a number can hold.
    batch.insert("match_pairs", f"SELECT {run} AS run_id, least(id_a, id_b) AS id_a, greatest(id_a, id_b) AS id_b, "
                                "greatest(least(weight, 200), -200) AS weight, probability, levels FROM kept_pairs "
                                "ORDER BY weight DESC, id_a, id_b")


def by_rules(ask, table: str, names, progress=None) -> Duplicates:
    return rules.find_by_rules(ask, table, sheet_of(ask, table).relation, names, progress)


def rule_counts(ask, table: str) -> dict[str, int]:
    """How many pairs each rule of a table finds now."""
    return rules.count(ask, table, sheet_of(ask, table).relation)


def decide(batch, table: str, id_a: int, id_b: int, decision: str, probability: float | None) -> None:
    """Keep what a person said of a pair, in place of what was said of it before. Raises PairGone."""
    a, b = sorted((int(id_a), int(id_b)))
    living = batch.execute(f"SELECT count(*) FROM {table} WHERE id IN ($a, $b) AND deleted_at IS NULL", a=a, b=b)
    if living.fetchone()[0] < 2:
        raise PairGone(table=table)
    said = batch.execute("SELECT id FROM match_reviews WHERE table_name = $table AND id_a = $a AND id_b = $b "
                         "AND deleted_at IS NULL", table=table, a=a, b=b).fetchone()
    if said:
        batch.change("match_reviews", {"id": said[0], "decision": decision})
    else:
        batch.add("match_reviews", {"table_name": table, "id_a": a, "id_b": b, "decision": decision,
                                    "probability": probability})


# --- by the model, by rules ---------------------------------------------------------------------


def search(ask, table: str, how: How, progress) -> tuple[int, Duplicates]:
    """The number of records looked at, and what was found the way that was asked for.

    What people decided teaches the model. Raises what find_duplicates raises, Cancelled among it.
    """
    from crm_core.cleaning.duplicates import find_duplicates

    sheet = sheet_of(ask, table)
    count = ask.execute(f"SELECT count(*) FROM {sheet.relation}").fetchone()[0]
    ruled = rules.find_by_rules(ask, table, sheet.relation, how.rules) if how.rules else None
    if not how.model:
        return count, ruled
    frame = records(ask, table)
    progress(0.05)
    modelled = find_duplicates(
        frame, reviews=_decided(ask, table), progress=lambda share: progress(0.05 + 0.85 * share))
    return count, rules.beside(modelled, ruled) if ruled else modelled


def search_news(ask, table: str, model: dict, ids: list[int], progress,
                shelf: Shelf | None = None, revision: int = 0) -> tuple[int, pd.DataFrame, int]:
    """The number of records, the pairs of those with these ids (new or changed) with all others, and how many were
    compared: by the model and the rules of a search as it was kept.

    Whoever asks again keeps the `shelf` for the table and the model, and says as which revision the book is open: then
    only what changed since is prepared. Raises ModelOfAnotherRelease.
    """
    sheet = sheet_of(ask, table)
    count = ask.execute(f"SELECT count(*) FROM {sheet.relation}").fetchone()[0]
    found = []
    if model["method"] != "stated":
        found.append(_news_by_model(ask, table, model, ids, shelf, revision))
    if model.get("stated"):
        ask.stage("news", pd.DataFrame({"id": ids}, dtype="int64"))
        found.append(rules.find_by_rules(ask, table, sheet.relation, model["stated"], progress, "news"))
    both = found[0] if len(found) == 1 else rules.beside(*found)
    return count, both.pairs, both.pairs_compared


def _news_by_model(ask, table: str, model: dict, ids: list[int], shelf, revision: int) -> Duplicates:
    if model["method"] == "texts":
        from crm_core.cleaning.duplicates.texts import match_new_texts

        every = records(ask, table)
        new = every[every.id.isin(ids)]
        pairs = match_new_texts(model, new, every).rename(columns={"id_a": "id_new", "id_b": "id"})
    else:
        from crm_core.cleaning.duplicates import match_new

        new = records(ask, table, ids)
        if shelf is None:
            pairs = match_new(model, new, records(ask, table), least=FLOOR)
        else:
            with shelf.lock:
                pairs = match_new(model, new, _on_the_shelf(ask, table, model, shelf, revision), least=FLOOR)
    pairs = pairs[pairs.id_new != pairs.id]
    first, second = pairs[["id_new", "id"]].min(axis=1), pairs[["id_new", "id"]].max(axis=1)
    pairs = pairs.assign(id_a=first, id_b=second).drop_duplicates(["id_a", "id_b"])  # two new ones meet twice
    return Duplicates(pairs=pairs[["id_a", "id_b", "weight", "probability", "levels"]], threshold=model["threshold"],
                      clusters=pd.DataFrame(), model=model, pairs_compared=len(pairs))


def _on_the_shelf(ask, table: str, model: dict, shelf: Shelf, revision: int):
    """The prepared records as the book has them now."""
    from crm_core.cleaning.duplicates import Known

    if shelf.prepared is None:
        shelf.prepared = Known(model, records(ask, table))
    else:
        moved = ask.execute(f"SELECT id, deleted_at IS NULL FROM {table} WHERE changed_in > $since ORDER BY id",
                            since=shelf.revision).fetchall()
        living = [row_id for row_id, lives in moved if lives]
        if moved:
            shelf.prepared.renew(records(ask, table, living), [row_id for row_id, lives in moved if not lives])
    shelf.revision = revision
    return shelf.prepared


def explained(table: str, model: dict, levels: str) -> tuple:
    """The parts of a pair's weight, the model's first, then the rules that it meets."""
    told, parts = rules.without_rules(levels), ()
    if told and model["method"] == "texts":
        from crm_core.cleaning.duplicates.texts import explain_texts

        parts = explain_texts(model, told)
    elif told:
        from crm_core.cleaning.duplicates import explain

        parts = explain(model, told)
    return (*parts, *rules.explained(table, levels))


def _decided(ask, table: str) -> pd.DataFrame | None:
    """What people said of pairs, as the model learns from it: id_a, id_b, same."""
    told = ask.execute("SELECT id_a, id_b, decision = 'same' AS same FROM match_reviews WHERE table_name = $table "
                       "AND decision <> 'unsure' AND deleted_at IS NULL", table=table).df()
    return told if len(told) else None


# --- what is typed in right now -----------------------------------------------------------------


def weigh_typed(ask, table: str, model: dict, typed: dict, near) -> pd.DataFrame:
    """How likely a record that is being typed is one of a few that are there: id, weight, probability, levels.

    `near` are the ids of those few; by the rules and the model of a search as it was kept. Who meets no rule, and is
    nobody by the model either, is left out.
    """
    sheet = sheet_of(ask, table)
    columns = [name for name in sheet.columns if name not in sheet.own]
    given = {f"typed_{name}": typed[name] for name in columns if typed.get(name) not in (None, "")}
    values = ", ".join(f"CAST({f'$typed_{name}' if f'typed_{name}' in given else 'NULL'} AS "
                       f"{SQL_TYPES[sheet.columns[name]]}) AS {name}" for name in columns)
    among = ", ".join(str(int(row_id)) for row_id in near)
    ask.execute(f"CREATE OR REPLACE TEMP TABLE typed_and_near AS SELECT 0 AS id, {values} UNION ALL BY NAME "
                f"SELECT id, {', '.join(columns)} FROM {sheet.relation} WHERE id IN ({among})", **given)
    found = []
    if model["method"] in BY_FIELDS and usable(model):
        from crm_core.cleaning.duplicates.few import weigh_first

        rows = to_frame(ask.execute("SELECT * FROM typed_and_near ORDER BY id").to_arrow_table())
        found.append(weigh_first(model, rows, least=FLOOR))
    if model.get("stated"):
        ruled = rules.find_by_rules(ask, table, "typed_and_near", model["stated"]).pairs
        found.append(ruled[ruled.id_a == 0].rename(columns={"id_b": "id"}))
    if not found:
        return pd.DataFrame({"id": [], "weight": [], "probability": [], "levels": []})
    every = pd.concat([pairs[["id", "weight", "probability", "levels"]] for pairs in found])
    return every.sort_values("weight", ascending=False).drop_duplicates("id")
