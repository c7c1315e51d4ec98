"""How long it takes to profile a table and to clean it: python benchmarks/cleaning.py TABLE [--recipe RECIPE.json]

TABLE is a CSV or Parquet file, or a workbench's database (its customers, or --table): there the recipe is applied as a
batch with history, checks and keys, and given up at the end. Without a recipe ten steps are chosen from the columns.
`raw_sql_s` is the same steps by hand: a copy of the columns that the recipe is about, then one plain UPDATE, DELETE or
ALTER TABLE for each step with the same expressions and statistics, without counts, examples or guards; of a database,
what differs is then written by the same batch.
Prints one JSON object as its last line: rows, steps, profile_s, dry_run_s, apply_s, raw_sql_s, each also in seconds of
the processor (…_cpu_s), seconds, peak_mb.
"""
import os

# Before numpy is loaded: threads that spin cost forty times the work on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import statistics
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb

from benchmarks.measure import last_line, peak_mb, reset_peak
from crm_core.cleaning import Recipe, Step, apply, dry_run, from_json, kinds, run, sheet_of, sheet_of_relation, try_on
from crm_core.cleaning.order import columns_used
from crm_core.cleaning.recipe import filled
from crm_core.cleaning.running import fitted
from crm_core.cleaning.sheet import literal, path, quoted
from crm_core.cleaning.steps import StepSkipped
from crm_core.errors import CrmError
from crm_core.sentences import error_sentence
from crm_core.store import open_store
from crm_core.store.looking import Look
from crm_core.tables import SQL_TYPES

NOW = datetime(2026, 3, 1, 9, 0)
STEPS = 10


class Unusable(Exception):
    """One sentence for the reader."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", metavar="TABLE")
    parser.add_argument("--recipe", metavar="RECIPE.json")
    parser.add_argument("--table", default="customers", help="of a workbench's database")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3, help="turns whose median is taken")
    chosen = parser.parse_args(arguments)
    reset_peak()
    started = perf_counter()
    try:
        recipe = from_json(Path(chosen.recipe).read_text(encoding="utf-8")) if chosen.recipe else None
        if not Path(chosen.file).is_file():
            raise Unusable(f"There is no file {chosen.file}.")
        way = of_a_book if chosen.file.endswith((".duckdb", ".db")) else of_a_file
        answer = way(Path(chosen.file), recipe, chosen)
    except CrmError as error:
        print(error_sentence("en", error), file=sys.stderr)
        return 2
    except (Unusable, OSError, UnicodeDecodeError, duckdb.Error) as error:
        print(str(error).split("\n")[0], file=sys.stderr)
        return 2
    last_line(answer | {"seconds": round(perf_counter() - started, 2), "peak_mb": peak_mb(), "seed": chosen.seed})
    return 0


def of_a_file(file: Path, recipe: Recipe | None, chosen) -> dict:
    """The file's table in memory; the recipe makes a cleaned table beside it."""
    connection = duckdb.connect()
    path = str(file).replace("'", "''")
    read = f"read_parquet('{path}')" if file.suffix == ".parquet" else f"read_csv('{path}', sample_size = -1)"
    connection.execute(f"CREATE TABLE given AS SELECT * FROM {read}")

    @contextmanager
    def asked():
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        yield Look(cursor)
        cursor.execute("ROLLBACK")

    def sheet(look):
        return sheet_of_relation(look, "given", NOW.date(), chosen.seed)

    def cleaned():
        with asked() as look:
            run(sheet(look), recipe)

    def tried():
        with asked() as look:
            return try_on(sheet(look), recipe)

    with asked() as look:
        recipe = recipe or default_recipe(sheet(look), "")
        profile_s = profiled(look, sheet(look))
    return measured(chosen.rounds, recipe, profile_s, tried, cleaned, lambda: by_hand(asked, sheet, recipe))


def of_a_book(file: Path, recipe: Recipe | None, chosen) -> dict:
    store = open_store(file, clock=lambda: NOW)
    try:
        with store.look() as look:
            sheet = sheet_of(look, recipe.table if recipe and recipe.table else chosen.table, NOW.date(), chosen.seed)
            recipe = recipe or default_recipe(sheet, chosen.table)
            profile_s = profiled(look, sheet)

        def cleaned():
            with store.rehearsal("recipe", recipe.name) as batch:
                apply(batch, recipe, as_of=NOW.date(), seed=chosen.seed)

        def tried():
            with store.look() as look:
                return dry_run(look, recipe, as_of=NOW.date(), seed=chosen.seed)

        def by_hand_in_a_batch():
            by_hand(lambda: store.rehearsal("by hand"),
                    lambda batch: sheet_of(batch, recipe.table, NOW.date(), chosen.seed), recipe)

        return measured(chosen.rounds, recipe, profile_s, tried, cleaned, by_hand_in_a_batch)
    finally:
        store.close()


def measured(rounds: int, recipe: Recipe, profile_s: float | None, tried, cleaned, hand) -> dict:
    """Medians of turns; the three ways take turns, so that whatever else the machine does falls on all."""
    told = tried()
    if not told.may_run:
        raise Unusable("A step of the recipe is blocked: " + ", ".join(
            f"{step.kind} {tried.state}" for step, tried in zip(recipe.steps, told.steps, strict=True)))
    ways = {"dry_run": tried, "apply": cleaned, "raw_sql": hand}
    seconds: dict[str, list[float]] = {f"{name}_{clock}": [] for name in ways for clock in ("s", "cpu_s")}
    for _ in range(max(1, rounds)):
        for name, way in ways.items():
            began, spent = perf_counter(), process_time()
            way()
            seconds[f"{name}_s"].append(perf_counter() - began)
            # A busy machine distorts the processor's time less than the clock's.
            seconds[f"{name}_cpu_s"].append(process_time() - spent)
    for step, done in zip(recipe.steps, told.steps, strict=True):
        print(f"{step.kind:18} {done.state:8} {done.rows_changed:10,} rows changed {done.rows_after:10,} rows after",
              file=sys.stderr)
    return {"rows": told.rows_before, "steps": len(recipe.steps), "profile_s": profile_s,
            **{name: round(statistics.median(times), 3) for name, times in seconds.items()},
            "changed": sum(done.rows_changed for done in told.steps)}


def profiled(look, sheet) -> float | None:
    """None where this release has no profile."""
    try:
        from crm_core.cleaning.profile import profile_relation
    except ImportError:
        return None
    began = perf_counter()
    profile_relation(look, sheet.relation, sheet.columns)
    return round(perf_counter() - began, 3)


# --- the same by hand -------------------------------------------------------------------------------


def by_hand(asked, sheet_in, recipe: Recipe) -> None:
    """A plain statement a step, on a copy of the columns that the recipe is about; of a book, written by the batch."""
    with asked() as look:
        given = sheet = sheet_in(look)
        used = dict.fromkeys(name for step in recipe.steps if step.on
                             for name in columns_used(kinds()[step.kind], step.settings) if name in sheet.columns)
        look.execute("CREATE OR REPLACE TEMP TABLE by_hand_0 AS SELECT id, "
                     f"{', '.join(map(quoted, used))} FROM {sheet.relation}")
        sheet = replace(sheet, source="by_hand_0", table=None, own=(),
                        columns={name: given.columns[name] for name in used})
        for place, step in enumerate(recipe.steps, 1):
            if step.on:
                sheet = _statement(look, sheet, step, place)
        if given.table:
            _write(look, given, sheet)


def _write(batch, given, sheet) -> None:
    """The copy back into the book: the rows that differ, by the batch's own history and checks."""
    plain = [name for name in sheet.columns if given.type_is_fixed(name) and not given.locked(name)]
    own = [name for name in sheet.columns if not given.type_is_fixed(name)]
    differs = [f"h.{quoted(name)} IS DISTINCT FROM t.{quoted(name)}" for name in plain]
    listed = [f"h.{quoted(name)}" for name in plain]
    if own:
        fields = ", ".join(f"{literal(name)}, CAST(h.{quoted(name)} AS VARCHAR)" for name in own)
        listed.append(f"CAST(json_merge_patch(coalesce(t.extra, '{{}}'), json_object({fields})) AS VARCHAR) AS extra")
        differs += [f"CAST(h.{quoted(name)} AS VARCHAR) IS DISTINCT FROM json_extract_string(t.extra, {path(name)})"
                    for name in own]
    batch.execute(f"CREATE OR REPLACE TEMP TABLE by_hand_changes AS SELECT h.id, {', '.join(listed)} FROM by_hand_0 h "
                  f"JOIN {given.table} t ON t.id = h.id WHERE {' OR '.join(differs)}")
    batch.overwrite(given.table, "by_hand_changes")
    batch.remove(given.table, f"SELECT id FROM {given.table} WHERE deleted_at IS NULL "
                              "AND id NOT IN (SELECT id FROM by_hand_0)")


def _statement(look, sheet, step: Step, place: int):
    kind = kinds()[step.kind]
    sheet = replace(sheet, source="by_hand_0")
    try:
        edit = kind.plan(sheet, fitted(sheet, kind, filled(kind, step.settings))[0])
    except StepSkipped:
        return sheet
    for name in edit.sets:
        if name not in sheet.columns:
            type = edit.types.get(name, "text")
            look.execute(f"ALTER TABLE by_hand_0 ADD COLUMN {quoted(name)} {SQL_TYPES[type]}")
            sheet = sheet.with_column(name, type)
        elif edit.types.get(name, sheet.columns[name]) != sheet.columns[name]:
            look.execute(f"ALTER TABLE by_hand_0 ALTER {quoted(name)} TYPE {SQL_TYPES[edit.types[name]]} "
                         f"USING TRY_CAST({quoted(name)} AS {SQL_TYPES[edit.types[name]]})")
            sheet = sheet.with_column(name, edit.types[name])
    if edit.sets and edit.joins:
        values = ", ".join(f"{sql} AS {quoted('new ' + name)}" for name, sql in edit.sets.items())
        sets = ", ".join(f"{quoted(name)} = new_values.{quoted('new ' + name)}" for name in edit.sets)
        look.execute(f"UPDATE by_hand_0 SET {sets} FROM (SELECT layer.id, {values} FROM by_hand_0 layer "
                     f"{' '.join(edit.joins)}) new_values WHERE new_values.id = by_hand_0.id")
    elif edit.sets:
        look.execute(f"UPDATE by_hand_0 SET {', '.join(f'{quoted(name)} = {sql}' for name, sql in edit.sets.items())}")
    for number, by_value in enumerate(edit.maps):
        name = quoted(by_value.column)
        values = [value for (value,) in look.execute(
            f"SELECT DISTINCT {name} FROM by_hand_0 WHERE {name} IS NOT NULL").fetchall()]
        import pandas as pd

        look.stage(f"by_hand_map_{place}_{number}", pd.DataFrame(
            {"before": values, "after": [by_value.change(value) for value in values]}))
        look.execute(f"UPDATE by_hand_0 SET {name} = m.after FROM by_hand_map_{place}_{number} m "
                     f"WHERE m.before = by_hand_0.{name}")
    if edit.keep:
        look.execute(f"DELETE FROM by_hand_0 WHERE NOT coalesce({edit.keep}, false)")
    if edit.expects:
        look.execute(f"SELECT count(*) FROM by_hand_0 WHERE {edit.expects.broken}").fetchone()
    return sheet


# --- ten steps for any table -------------------------------------------------------------------------


def default_recipe(sheet, table: str) -> Recipe:
    """Ten steps that the table's columns allow; the first columns that fit take part."""
    open_columns = {name: type for name, type in sheet.columns.items() if not sheet.locked(name)}
    names = list(open_columns)
    if not names:
        raise Unusable("The table has no columns that a recipe may change.")
    filled_in = sheet.ask.execute(
        f"SELECT count(*), {', '.join(f'count({quoted(name)})' for name in names)} FROM {sheet.relation}").fetchone()
    there = {name: count / max(1, filled_in[0]) for name, count in zip(names, filled_in[1:], strict=True) if count}
    texts = [name for name in there if open_columns[name] == "text"]
    numbers = [name for name in there if open_columns[name] in ("whole", "number", "money")]
    fullest = max(there, key=there.get, default=names[0])
    gaps = min(there, key=there.get, default=names[0])
    steps = []
    if texts:
        steps += [Step("trim", {"columns": texts[:5]}),
                  Step("replace", {"columns": texts[:1], "find": "[.;]+ ", "by": " ", "regular": True}),
                  Step("replace", {"columns": texts[-1:], "find": "&", "by": "and"}),
                  Step("fill_mode", {"column": min(texts, key=there.get)})]
    if numbers:
        steps += [Step("fill_median", {"column": numbers[0]}),
                  Step("cap_outliers", {"columns": numbers[:1], "method": "percentiles"}),
                  Step("scale_min_max", {"columns": numbers[:1]})]
    steps += [Step("flag_missing", {"columns": [gaps]}),
              Step("filter", {"column": fullest, "condition": "present"}),
              Step("expect_present", {"column": gaps, "otherwise": "warn"}),
              Step("expect_unique", {"column": fullest, "otherwise": "warn"})]
    columns = iter([name for name in there if name != gaps] * STEPS)
    while len(steps) < STEPS:
        steps.append(Step("flag_missing", {"columns": [next(columns)]}))
    return Recipe("ten steps", table, tuple(steps[:STEPS]))


if __name__ == "__main__":
    sys.exit(main())
