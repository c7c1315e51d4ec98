"""Try a recipe, and write it: the counts are exact, and what is written is what was told."""
from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime

from crm_core import engine
from crm_core.cleaning.layers import Laid, Layers
from crm_core.cleaning.order import columns_used, missing_because
from crm_core.cleaning.recipe import CLEANED_TABLES, DryRun, Recipe, Tried, check_settings, filled, nearest
from crm_core.cleaning.sheet import Sheet, literal, path, quoted, sheet_of
from crm_core.cleaning.steps import Edit, Kind, StepRefused, StepSkipped, kinds
from crm_core.errors import CrmError, RecipeTableUnknown, RecipeTooSlow, StepBlocked, StepUnknown

EXAMPLES = 8  # changed cells and leaving rows that are shown of a step
LIMIT_S = 300.0  # how long a recipe may take


def dry_run(ask, recipe: Recipe, sample: int = EXAMPLES, as_of: date | None = None, seed: int = 0,
            limit_s: float = LIMIT_S) -> DryRun:
    """What a recipe would do to a table of the book, exactly; `sample` rows of each step are shown.

    `ask` is `store.look()` or an open batch; nothing is written.
    """
    return try_on(_sheet(ask, recipe, as_of, seed), recipe, sample, limit_s)


def try_on(sheet: Sheet, recipe: Recipe, sample: int = EXAMPLES, limit_s: float = LIMIT_S) -> DryRun:
    """What a recipe would do to any relation."""
    return _try(sheet, recipe, sample, limit_s)[0]


def apply(batch, recipe: Recipe, as_of: date | None = None, seed: int = 0, sample: int = EXAMPLES,
          limit_s: float = LIMIT_S) -> DryRun:
    """Write a recipe into an open batch: rows that differ change, rows that leave are marked as deleted.

    Raises StepBlocked where a step would leave no rows, is refused or an expectation stops the recipe.
    """
    sheet = _sheet(batch, recipe, as_of, seed)
    tried, layers = _try(sheet, recipe, sample, limit_s, keep=True)
    if not tried.may_run:
        _refuse(recipe, tried)
    _write(batch, recipe.table, layers, {name for step in tried.steps for name in step.cells})
    return tried


def run(sheet: Sheet, recipe: Recipe, sample: int = EXAMPLES, limit_s: float = LIMIT_S) -> tuple[DryRun, Sheet]:
    """Any relation cleaned: a table, named by the sheet that is given back. Raises StepBlocked."""
    tried, layers = _try(sheet, recipe, sample, limit_s)
    if not tried.may_run:
        _refuse(recipe, tried)
    with _limited(sheet.ask, limit_s):
        cleaned = layers.seen(None)
        sheet.ask.execute(f"CREATE OR REPLACE TEMP TABLE recipe_cleaned_0 AS SELECT * FROM {cleaned.relation}")
    return tried, replace(cleaned, source="recipe_cleaned_0", look=None)


# --- trying ---------------------------------------------------------------------------------------


def _sheet(ask, recipe: Recipe, as_of: date | None, seed: int) -> Sheet:
    if recipe.table not in CLEANED_TABLES:
        raise RecipeTableUnknown(name=recipe.table, nearest=nearest(recipe.table, CLEANED_TABLES) or "customers")
    return sheet_of(ask, recipe.table, as_of, seed)


def _try(sheet: Sheet, recipe: Recipe, sample: int, limit_s: float, keep: bool = False) -> tuple[DryRun, Layers]:
    with _limited(sheet.ask, limit_s):
        for guard_rows in (False, True):
            layers = Layers(sheet, _at(sheet), guard_rows)
            planned = [_lay(layers, place, recipe) for place in range(1, len(recipe.steps) + 1)]
            counts = _count(layers, planned, sample, keep)
            if not any(counts[mark] for mark in layers.breaks):
                break
        examples = _examples(layers, planned, counts, sample) if sample else {}
    return _told(planned, counts, examples), layers


def _at(sheet: Sheet) -> str:
    """The time that rules compare with, as SQL: of the question, else of the batch, else of the newest batch."""
    at = datetime.combine(sheet.as_of, datetime.max.time()) if sheet.as_of else getattr(sheet.ask, "at", None)
    if at is None and sheet.table:
        at = sheet.ask.execute("SELECT max(made_at) FROM batches").fetchone()[0]
    return f"TIMESTAMP '{at or datetime(2100, 1, 1):%Y-%m-%d %H:%M:%S}'"


def _nothing(state: str, reason: tuple[str, dict] | None = None) -> Tried:
    return Tried(state, 0, 0, 0, reason=reason)


def _lay(layers: Layers, place: int, recipe: Recipe) -> Laid | Tried:
    """The step over what is there; where it can do nothing, why."""
    step = recipe.steps[place - 1]
    if not step.on:
        return _nothing("off")
    kind = kinds().get(step.kind)
    if kind is None:
        raise StepUnknown(place=place, step=step.kind, nearest=nearest(step.kind, kinds()) or "trim")
    check_settings(kind, step.settings, place)
    try:
        settings, notes = fitted(layers.sheet, kind, filled(kind, step.settings))
        notes = tuple(missing_because(recipe, place, facts["column"], layers.sheet.columns)
                      if note == "column_missing" else (note, facts) for note, facts in notes)
        sheet = layers.seen(None if kind.reads_all else columns_used(kind, settings))
        edit = kind.plan(sheet, settings)
        if edit.keep is not None and layers.base.table == "order_lines":
            raise StepRefused("lines_stay")
        edit, more = _unlocked(layers.base, edit)
        edit = replace(edit, notes=(*notes, *more, *edit.notes))
    except StepSkipped as skipped:
        if skipped.reason == "column_missing":
            skipped.reason, skipped.facts = missing_because(recipe, place, skipped.facts["column"],
                                                            layers.sheet.columns)
        return _nothing("blocked" if isinstance(skipped, StepRefused) else "skipped", (skipped.reason, skipped.facts))
    except CrmError as error:
        return _nothing("blocked", ("refused", {"error": error}))
    return layers.add(place, edit, sheet, _looked_at(layers.sheet, kind, settings))


def fitted(sheet: Sheet, kind: Kind, settings: dict) -> tuple[dict, tuple]:
    """The settings with the columns that are there, and notes on those that are not. Raises StepSkipped."""
    notes, fitting = [], dict(settings)
    for setting in kind.settings:
        if setting.kind not in ("column", "columns") or not settings[setting.name]:
            continue
        asked = [settings[setting.name]] if setting.kind == "column" else list(settings[setting.name])
        there = []
        for name in dict.fromkeys(asked):
            if name not in sheet.columns:
                problem = ("column_missing", {"column": name})
            elif setting.types and sheet.columns[name] not in setting.types:
                problem = ("wrong_type", {"column": name, "type": sheet.columns[name]})
            else:
                there.append(name)
                continue
            if setting.kind == "column":
                raise StepSkipped(problem[0], **problem[1])
            notes.append(problem)
        if not there:
            raise StepSkipped(notes[-1][0], **notes[-1][1])
        fitting[setting.name] = there[0] if setting.kind == "column" else there
    return fitting, tuple(notes)


def _unlocked(sheet: Sheet, edit: Edit) -> tuple[Edit, tuple]:
    """Without what would write a locked column. Raises StepSkipped where nothing else is left."""
    wanted = [*edit.sets, *(by_value.column for by_value in edit.maps)]
    locked = {name: reason for name in wanted if (reason := sheet.locked(name))}
    taken = {name for name in wanted if name not in sheet.columns
             and name.lower() in {"id", *(column.lower() for column in sheet.columns)}}
    if taken:
        raise StepSkipped("name_taken", column=sorted(taken)[0])
    if not locked:
        return edit, ()
    if len(locked) == len(set(wanted)):
        name, reason = next(iter(locked.items()))
        raise StepSkipped(reason, column=name)
    return (replace(edit, sets={name: sql for name, sql in edit.sets.items() if name not in locked},
                    maps=tuple(by_value for by_value in edit.maps if by_value.column not in locked)),
            tuple((reason, {"column": name}) for name, reason in locked.items()))


def _looked_at(sheet: Sheet, kind: Kind, settings: dict) -> tuple[str, ...]:
    """The columns that a step is about: what is shown of a row that leaves."""
    for setting in kind.settings:
        if setting.kind in ("column", "columns") and settings[setting.name]:
            return (settings[setting.name],) if setting.kind == "column" else tuple(settings[setting.name])
    return tuple(sheet.columns)[:1]


# --- counting -------------------------------------------------------------------------------------


def _count(layers: Layers, planned: list, sample: int, keep: bool) -> dict:
    """Rows for which each mark is true, and `ids <place>`: some of the rows that a step changes or lets go."""
    marks = {layers.alive, "~alive", *layers.breaks}
    shown = {}
    for place, laid in enumerate(planned, 1):
        if isinstance(laid, Laid):
            marks |= {laid.before, laid.after, *laid.cells.values(), *(mark for _, _, mark in laid.told)}
            if laid.changed:
                marks.add(laid.changed)
            if laid.expects:
                marks.add(laid.expects[1])
            differs = [quoted(laid.changed)] if laid.changed else []
            if laid.after != laid.before:
                differs.append(f"({quoted(laid.before)} AND NOT {quoted(laid.after)})")
            if differs and sample:
                shown[place] = " OR ".join(differs)
    ordered = sorted(marks)
    source = layers.layer
    if keep:  # what will be written is worked out once, with the marks that are counted
        values = "".join(f"{quoted(name)}, " for name in layers.touched)
        layers.ask.execute(f"CREATE OR REPLACE TEMP TABLE recipe_marked AS SELECT id, {values}"
                           f"{', '.join(map(quoted, ordered))} FROM {layers.layer}")
        source = "recipe_marked"
    sums = [f"count(*) FILTER (WHERE {quoted(mark)})" for mark in ordered]
    # A draw by hash is spread over the table and the same for everybody who looks.
    ids = [f"min_by(id, hash(id + {layers.base.seed}), {int(sample)}) FILTER (WHERE {condition})"
           for condition in shown.values()]
    found = layers.ask.execute(f"SELECT {', '.join([*sums, *ids])} FROM {source}").fetchone()
    counts = dict(zip(ordered, found[:len(ordered)], strict=True))
    return counts | {f"ids {place}": ids or [] for place, ids in zip(shown, found[len(ordered):], strict=True)}


def _examples(layers: Layers, planned: list, counts: dict, sample: int) -> dict:
    """place → frame of id, column, before, after."""
    import pandas as pd

    ids = sorted({row_id for key, found in counts.items() if key.startswith("ids ") for row_id in found})
    if not ids:
        return {}
    wanted, parts = [], []
    for place, laid in enumerate(planned, 1):
        if not isinstance(laid, Laid) or not counts.get(f"ids {place}"):
            continue
        for name, mark in laid.cells.items():
            wanted.append((place, name, False))
            parts += [quoted(mark), _text(laid.was[name]), _text(laid.became[name])]
        if laid.after != laid.before:
            # Of a row that leaves the empty cell is shown, where there is one among those that the step looks at.
            empty = " ".join(f"WHEN {quoted(name)} IS NULL THEN {literal(name)}" for name in laid.looked_at)
            wanted.append((place, laid.looked_at[0], True))
            parts += [f"{quoted(laid.before)} AND NOT {quoted(laid.after)}",
                      f"CASE {empty} ELSE {_text(laid.looked_at[0])} END",
                      f"CASE {empty} END"]
    rows = layers.ask.execute(
        f"SELECT id, {', '.join(parts)} FROM {layers.layer} WHERE id IN ({', '.join(map(str, ids))}) ORDER BY id"
    ).fetchall()
    found: dict[int, list] = {}
    for row in rows:
        for number, (place, name, leaves) in enumerate(wanted):
            differs, before, after = row[1 + 3 * number:4 + 3 * number]
            if differs and row[0] in counts[f"ids {place}"]:
                shown = (after or name, "" if after else before, None) if leaves else (name, before or "", after or "")
                found.setdefault(place, []).append((row[0], *shown))
    return {place: pd.DataFrame(cells, columns=["id", "column", "before", "after"], dtype=object)
            for place, cells in found.items()}


def _text(name: str) -> str:
    return f"CAST({quoted(name)} AS VARCHAR)"


def _told(planned: list, counts: dict, examples: dict) -> DryRun:
    """Step by step; what comes after a step that is blocked or stops is not reached."""
    rows, steps, ended = counts["~alive"], [], False
    first = rows
    for place, laid in enumerate(planned, 1):
        if ended:
            steps.append(Tried("off" if isinstance(laid, Tried) and laid.state == "off" else "not_reached",
                               rows, rows, 0))
            continue
        if isinstance(laid, Tried):
            steps.append(replace(laid, rows_before=rows, rows_after=rows))
        else:
            steps.append(_tried(laid, counts, examples.get(place)))
        ended = steps[-1].state in ("blocked", "stopped")
        rows = steps[-1].rows_after
    return DryRun(first, rows, tuple(steps))


def _tried(laid: Laid, counts: dict, examples) -> Tried:
    before, after = counts[laid.before], counts[laid.after]
    told = ((note, {**facts, "count": counts[mark]}) for note, facts, mark in laid.told if counts[mark])
    notes = (*laid.notes, *told)
    changed = counts[laid.changed] if laid.changed else 0
    cells = {name: counts[mark] for name, mark in laid.cells.items() if counts[mark]}
    if before and not after:
        return Tried("blocked", before, after, changed, cells, ("no_rows_left", {"rows": before}), notes, examples)
    if laid.expects:
        expected, mark = laid.expects
        share = counts[mark] / before if before else 0.0
        if share > expected.allowed:
            reason = (expected.reason, {**expected.facts, "count": counts[mark], "share": share})
            return Tried("stopped" if expected.stops else "warned", before, after, 0, reason=reason, notes=notes)
        return Tried("done", before, after, 0, notes=notes)
    state = "done" if changed or after < before else "nothing"
    return Tried(state, before, after, changed, cells, None, notes, examples)


def _refuse(recipe: Recipe, tried: DryRun) -> None:
    place, ended = next((place, step) for place, step in enumerate(tried.steps, 1)
                        if step.state in ("blocked", "stopped"))
    raise StepBlocked(place=place, step=recipe.steps[place - 1].kind, table=recipe.table, why=ended.reason)


# --- writing --------------------------------------------------------------------------------------


def _write(batch, table: str, layers: Layers, differ: set[str]) -> None:
    """What `_count` has worked out, into the batch: the columns in which something differs."""
    own = [name for name in layers.touched if name in differ and not layers.base.type_is_fixed(name)]
    columns = [f"cleaned.{quoted(name)}" for name in layers.touched if name in differ and name not in own]
    changed = " OR ".join(f"cleaned.{quoted(mark)}" for mark in layers.changes)
    if own:
        # A patch with null takes the key away; a row without own fields has no object.
        fields = ", ".join(f"{literal(name)}, CAST(cleaned.{quoted(name)} AS VARCHAR)" for name in own)
        differs = " OR ".join(
            f"CAST(cleaned.{quoted(name)} AS VARCHAR) IS DISTINCT FROM json_extract_string(t.extra, {path(name)})"
            for name in own)
        columns.append(f"CASE WHEN {differs} THEN nullif(CAST(json_merge_patch(coalesce(t.extra, '{{}}'), "
                       f"json_object({fields})) AS VARCHAR), '{{}}') ELSE t.extra END AS extra")
    alive = quoted(layers.alive)
    if columns:
        batch.execute(
            f"CREATE OR REPLACE TEMP TABLE recipe_changes AS SELECT cleaned.id, {', '.join(columns)} "
            f"FROM recipe_marked cleaned JOIN {table} t ON t.id = cleaned.id WHERE cleaned.{alive} AND ({changed})")
        batch.overwrite(table, "recipe_changes")
    if layers.alive != "~alive":
        batch.remove(table, f"SELECT id FROM recipe_marked WHERE NOT {alive}")


@contextmanager
def _limited(ask, limit_s: float):
    """Stop what the database works on once the time is over. Raises RecipeTooSlow."""
    finished, over = threading.Event(), threading.Event()

    def watch() -> None:
        # Again and again: an interruption between two queries is lost.
        while not finished.wait(0.1 if over.is_set() else limit_s):
            over.set()
            ask.cursor.interrupt()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except Exception as error:
        if over.is_set() and engine.is_engine_error(error):
            raise RecipeTooSlow(seconds=limit_s) from error
        raise
    finally:
        finished.set()
        watcher.join()
