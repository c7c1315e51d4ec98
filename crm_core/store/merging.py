"""Make one record of several: what hung on each follows the kept one, and an opt-out in any of them wins.

merge(batch, "customers", kept_id=4, merged_ids=[17], choices={"email": 17, "city": Typed("Bern")})
merge_many(batch, "customers", pairs, chosen)           set-based: tens of thousands of sure ones in seconds

    customer 4 Ada, 2 orders | customer 17 A. Wong, 3 orders, opted out of e-mail
    →  customer 4 Ada, 5 orders, opted out of e-mail | 17 deleted | merges: kept 4, merged 17, done in batch 9

Taking a merge apart again is in apart.py. Works for every table that others refer to (docs/merging.md).
"""
import json
from dataclasses import dataclass, field

from crm_core.errors import AlreadyMerged, MergedWithItself, MergeInCircle, RecordGone, ValueMissing
from crm_core.store.looking import Look
from crm_core.store.records import Batch
from crm_core.tables import TABLES


@dataclass(frozen=True)
class Typed:
    """A value for the kept record that none of the merged ones has."""

    value: object


@dataclass(frozen=True)
class Merged:
    """What a merge did."""

    records: int  # that are no longer there by themselves
    moved: dict[str, int] = field(default_factory=dict)  # table → living rows that point to a kept record now
    doubled: dict[str, int] = field(default_factory=dict)  # table → rows taken out, since they would be there twice


def merge(batch: Batch, table: str, kept_id: int, merged_ids, choices: dict | None = None) -> Merged:
    """Merge records into `kept_id`. `choices`: column → the id of the record whose value is taken, or Typed.

    A column without a choice keeps its value, or where it has none takes the first that there is. Raises
    MergedWithItself, RecordGone, AlreadyMerged, MergeInCircle.
    """
    import pyarrow as pa

    merged_ids = [int(row_id) for row_id in merged_ids]
    chosen = [(int(kept_id), column, None if isinstance(choice, Typed) else int(choice),
               None if not isinstance(choice, Typed) or choice.value is None else str(choice.value))
              for column, choice in (choices or {}).items()]
    known = {column.name for column in TABLES[table].typed}
    if unknown := [column for _, column, _, _ in chosen if column not in known]:
        raise KeyError(f"{table} has no columns {unknown}")
    names = (("kept_id", pa.int64()), ("column_name", pa.string()), ("id", pa.int64()), ("typed", pa.string()))
    batch.stage("merging_chosen", pa.table(
        {name: pa.array([row[place] for row in chosen], type) for place, (name, type) in enumerate(names)}))
    pairs = pa.table({"kept_id": pa.array([int(kept_id)] * len(merged_ids), pa.int64()),
                      "merged_id": pa.array(merged_ids, pa.int64())})
    return merge_many(batch, table, pairs, "merging_chosen")


def merge_many(batch: Batch, table: str, pairs, chosen: str | None = None) -> Merged:
    """Merge many records at once. `pairs`: a frame, or the name of a temp table, of kept_id, merged_id.

    `chosen` names a temp table of kept_id, column_name, id (whose value is taken) and perhaps typed (a text).
    """
    if isinstance(pairs, str):
        batch.execute(f"CREATE OR REPLACE TEMP TABLE merging AS SELECT DISTINCT kept_id, merged_id FROM {pairs}")
    else:
        batch.stage("merging_arriving", pairs)
        batch.execute("CREATE OR REPLACE TEMP TABLE merging AS SELECT DISTINCT CAST(kept_id AS BIGINT) AS kept_id, "
                      "CAST(merged_id AS BIGINT) AS merged_id FROM merging_arriving")
    _check(batch, table)
    _choose(batch, table, chosen)
    batch.overwrite(table, "merging_wide")
    _touch(batch, table)
    records = batch.remove(table, "SELECT merged_id FROM merging")
    moved, doubled = {}, {}
    for child, columns in referring(table).items():
        here, twice = _point(batch, child, columns)
        moved |= {child: here} if here else {}
        doubled |= {child: twice} if twice else {}
    batch.insert("merges", f"""
        SELECT '{table}' AS table_name, m.kept_id, m.merged_id, v.choices, {batch.number} AS done_in
        FROM merging m LEFT JOIN (
            SELECT kept_id, CAST(json_group_object(column_name, CASE WHEN is_typed
                       THEN json_object('value', value) ELSE to_json(id) END) AS VARCHAR) AS choices
            FROM merging_values WHERE is_typed OR id <> kept_id GROUP BY kept_id) v ON v.kept_id = m.kept_id
        ORDER BY m.kept_id, m.merged_id""")
    for name in ("merging", "merging_cells", "merging_values", "merging_wide"):
        batch.execute(f"DROP TABLE IF EXISTS temp.{name}")
    return Merged(records, moved, doubled)


def referring(table: str) -> dict[str, list[str]]:
    """The tables whose rows point at rows of a table, and by which columns."""
    found = {child.name: [column.name for column in child.columns if column.refers_to == table]
             for child in TABLES.values()}
    return {child: columns for child, columns in found.items() if columns}


def consents(table: str) -> list[str]:
    """The columns that tell whether somebody may be contacted."""
    return [column.name for column in TABLES[table].columns if column.name.startswith("consent_")]


def merged_into(ask: Look, table: str, row_id: int) -> dict | None:
    """The living merge that took a record away, and the record that now stands for it (`into`); None if there is none.

    merges: 17 → 4, 4 → 2   |   17  →  {"id": 1, "kept_id": 4, "merged_id": 17, "done_in": 9, "into": 2}
    """
    first, current, seen = None, int(row_id), set()
    while current not in seen:
        seen.add(current)
        found = ask.execute(
            "SELECT m.id, m.kept_id, m.merged_id, m.choices, m.done_in FROM merges m WHERE m.table_name = $name "
            f"AND m.merged_id = $id AND m.deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM {table} t "
            "WHERE t.id = m.merged_id AND t.deleted_at IS NULL)", name=table, id=current).fetchone()
        if not found:
            break
        step = dict(zip(("id", "kept_id", "merged_id", "choices", "done_in"), found, strict=True))
        first, current = first or step, step["kept_id"]
    return first and first | {"into": current}


def moved_by(ask: Look, table: str, merged_id: int, done_in: int) -> dict[str, int]:
    """How many rows of each table a merge moved away from the merged record."""
    counts = " UNION ALL ".join(
        f"SELECT '{child}', count(*) FROM history.{child} WHERE replaced_in = $batch AND deleted_at IS NULL "
        f"AND ({' OR '.join(f'{name} = $id' for name in columns)})" for child, columns in referring(table).items())
    found = ask.execute(counts, batch=done_in, id=merged_id).fetchall() if counts else []
    return {child: count for child, count in found if count}


def called(ask: Look, table: str, row_id: int) -> str:
    """What a record is called in an error or in the log: by name, else by number, else by its id."""
    names = [name for name in ("name", "customer_no", "product_no", "email", "phone")
             if name in {column.name for column in TABLES[table].columns}]
    row = ask.execute(f"SELECT {', '.join(['id', *names])} FROM {table} WHERE id = $id", id=int(row_id)).fetchone()
    return next((str(value) for value in (row or ())[1:] if value), f"#{row_id}")


def own_fields(text: str | None) -> dict:
    return json.loads(text) if text else {}


# --- inside ---------------------------------------------------------------------------------------


def _check(batch: Batch, table: str) -> None:
    """Every record is there, none is named in two roles, none was merged before."""
    row = batch.execute("SELECT merged_id FROM merging WHERE merged_id = kept_id").fetchone()
    if row or not batch.execute("SELECT 1 FROM merging").fetchone():
        raise MergedWithItself(table=table)
    row = batch.execute("SELECT merged_id FROM merging WHERE merged_id IN (SELECT kept_id FROM merging)").fetchone()
    if row:
        raise MergeInCircle(table=table, who=called(batch, table, row[0]))
    row = batch.execute("SELECT merged_id, min(kept_id) FROM merging GROUP BY merged_id HAVING count(*) > 1").fetchone()
    if row:
        raise AlreadyMerged(table=table, who=called(batch, table, row[0]), into=called(batch, table, row[1]))
    gone = batch.execute(f"""
        SELECT m.id FROM (SELECT DISTINCT kept_id AS id FROM merging UNION SELECT merged_id FROM merging) m
        ANTI JOIN (SELECT id FROM {table} WHERE deleted_at IS NULL) t USING (id) ORDER BY m.id LIMIT 1""").fetchone()
    if not gone:
        return
    found = merged_into(batch, table, gone[0])
    if not found:
        raise RecordGone(table=table, id=gone[0])
    # Merged the other way round before: 17 into 4, and now 4 into 17.
    back = batch.execute("SELECT 1 FROM merging WHERE kept_id = $id AND merged_id = $into", id=gone[0],
                         into=found["into"]).fetchone()
    who, into = called(batch, table, gone[0]), called(batch, table, found["into"])
    raise MergeInCircle(table=table, who=who) if back else AlreadyMerged(table=table, who=who, into=into)


def _choose(batch: Batch, table: str, chosen: str | None) -> None:
    """`merging_values`: kept_id, column_name, value, id (whose it is), is_typed; `merging_wide`: the rows to be."""
    columns = list(TABLES[table].typed)
    texts = ", ".join(f"CAST(t.{column.name} AS VARCHAR) AS {column.name}" for column in columns)
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE merging_cells AS
        UNPIVOT (
            SELECT m.kept_id, t.id, {texts}
            FROM (SELECT kept_id, merged_id AS id FROM merging UNION SELECT kept_id, kept_id FROM merging) m
            JOIN {table} t ON t.id = m.id)
        ON {', '.join(column.name for column in columns)} INTO NAME column_name VALUE value""")
    has_typed = chosen and "typed" in {row[0] for row in batch.execute(f"DESCRIBE {chosen}").fetchall()}
    typed = "typed" if has_typed else "CAST(NULL AS VARCHAR) AS typed"
    wanted = (f"SELECT kept_id, column_name, id AS wanted_id, {typed} FROM {chosen}" if chosen else
              "SELECT 0::BIGINT AS kept_id, '' AS column_name, 0::BIGINT AS wanted_id, '' AS typed WHERE false")
    locked = ", ".join(f"'{name}'" for name in consents(table)) or "''"
    extra = "extra" if any(column.type == "fields" for column in columns) else ""
    # The kept record's own value comes first, then the others' in the order of their ids.
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE merging_values AS
        WITH wanted AS ({wanted}),
        cells AS (SELECT *, CASE WHEN id = kept_id THEN -1 ELSE id END AS place FROM merging_cells),
        free AS (
            SELECT kept_id, column_name, arg_min(value, place) AS value, arg_min(id, place) AS id,
                   bool_or(id = wanted_id) AS met, any_value(value) FILTER (id = wanted_id) AS wanted_value
            FROM cells LEFT JOIN wanted USING (kept_id, column_name)
            WHERE column_name NOT IN ({locked}) AND column_name <> '{extra}' GROUP BY kept_id, column_name)
        SELECT kept_id, column_name,
               CASE WHEN w.column_name IS NULL THEN f.value WHEN w.wanted_id IS NULL THEN w.typed
                    ELSE f.wanted_value END AS value,
               CASE WHEN w.column_name IS NULL THEN f.id ELSE w.wanted_id END AS id,
               w.column_name IS NOT NULL AND w.wanted_id IS NULL AS is_typed
        FROM free f FULL JOIN (
            SELECT * FROM wanted WHERE column_name NOT IN ({locked}) AND column_name <> '{extra}') w
        USING (kept_id, column_name)
        UNION ALL
        SELECT kept_id, column_name, arg_min(value, (value, place)), arg_min(id, (value, place)), false
        FROM cells WHERE column_name IN ({locked}) GROUP BY kept_id, column_name  -- 'false' sorts before 'true'
        UNION ALL
        SELECT kept_id, column_name, CASE WHEN count(*) = 1 THEN any_value(value)
                   ELSE list_reduce(list(value ORDER BY front, place DESC),
                                    (one, other) -> CASE WHEN json_contains(other, one) THEN other
                                                         ELSE CAST(json_merge_patch(one, other) AS VARCHAR) END) END,
               CASE WHEN count(*) = 1 THEN any_value(id) ELSE kept_id END, false
        FROM (SELECT c.*, coalesce(c.id = w.wanted_id, false) AS front FROM cells c
              LEFT JOIN wanted w USING (kept_id, column_name) WHERE column_name = '{extra}')
        GROUP BY kept_id, column_name""")
    for column in columns:
        if column.required and batch.execute("SELECT 1 FROM merging_values WHERE column_name = $name AND value IS NULL",
                                             name=column.name).fetchone():
            raise ValueMissing(table=table, column=column.name, rows=1)
    wide = ", ".join(f"any_value(value) FILTER (column_name = '{column.name}') AS {column.name}" for column in columns)
    batch.execute(f"CREATE OR REPLACE TEMP TABLE merging_wide AS SELECT kept_id AS id, {wide} FROM merging_values "
                  "GROUP BY kept_id")


def _touch(batch: Batch, table: str) -> None:
    """The kept rows belong to the batch even where nothing in them differs: who changes them later must be asked
    before the merge is undone, or an opt-out given meanwhile would not reach the record that comes back."""
    batch.execute(f"CREATE OR REPLACE TEMP TABLE merging_touched AS SELECT DISTINCT t.id FROM merging m "
                  f"JOIN {table} t ON t.id = m.kept_id WHERE t.changed_in <> {batch.number}")
    batch.keep_before(table, "merging_touched")
    count = batch.execute(f"UPDATE {table} SET changed_in = {batch.number} WHERE id IN (SELECT id FROM merging_touched)"
                          ).fetchone()[0]
    batch.count(table, "changed", count)
    batch.execute("DROP TABLE temp.merging_touched")


def _point(batch: Batch, child: str, columns: list[str]) -> tuple[int, int]:
    """Let the rows of a table point to the kept records: how many living rows do, how many were there twice."""
    joins = " ".join(f"LEFT JOIN merging m_{name} ON m_{name}.merged_id = t.{name}" for name in columns)
    after = {name: f"coalesce(m_{name}.kept_id, t.{name})" for name in columns}
    met = " OR ".join(f"m_{name}.kept_id IS NOT NULL" for name in columns)
    own = " OR ".join(f"{after[one]} = {after[other]}" for place, one in enumerate(columns)
                      for other in columns[place + 1:]) or "false"
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE merging_moves AS
        SELECT t.id, {', '.join(f'{value} AS {name}' for name, value in after.items())},
               t.deleted_at IS NULL AS living, {own} AS with_itself
        FROM {child} t {joins} WHERE {met}""")
    if not batch.execute("SELECT 1 FROM merging_moves LIMIT 1").fetchone():
        return 0, 0
    # A tie between two who are one is none. A deleted row of that kind stays as it is.
    own_ties = batch.remove(child, "SELECT id FROM merging_moves WHERE living AND with_itself")
    batch.execute("DELETE FROM merging_moves WHERE with_itself")
    doubled = sum(_drop_doubles(batch, child, key, columns) for key in TABLES[child].keys if set(key) & set(columns))
    living = batch.execute("SELECT count(*) FROM merging_moves WHERE living").fetchone()[0]
    batch.overwrite(child, f"(SELECT id, {', '.join(columns)} FROM merging_moves)")
    batch.execute("DROP TABLE temp.merging_moves")
    return living, own_ties + doubled


def _drop_doubles(batch: Batch, child: str, key: tuple[str, ...], columns: list[str]) -> int:
    """Take out the rows that would stand under a key twice; what they tell and the one that stays does not, it gets."""
    moved = {name: f"v.{name}" if name in columns else f"t.{name}" for name in key}
    listed = ", ".join(key)
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE merging_doubles AS
        WITH landing AS (
            SELECT t.id, {', '.join(f'{value} AS {name}' for name, value in moved.items())}, true AS moved
            FROM merging_moves v JOIN {child} t ON t.id = v.id WHERE v.living),
        all_there AS (
            SELECT id, {listed}, moved FROM landing UNION ALL
            SELECT t.id, {', '.join(f't.{name}' for name in key)}, false
            FROM {child} t SEMI JOIN landing USING ({listed}) ANTI JOIN merging_moves USING (id)
            WHERE t.deleted_at IS NULL)
        SELECT id, stays FROM (
            SELECT id, first_value(id) OVER (PARTITION BY {listed} ORDER BY moved, id) AS stays FROM all_there)
        WHERE id <> stays""")
    facts = [column for column in TABLES[child].typed if column.name not in key and column.name not in columns]
    if facts and not TABLES[child].frozen and batch.execute("SELECT 1 FROM merging_doubles LIMIT 1").fetchone():
        values = []
        for column in facts:
            first = f"arg_min(d.{column.name}, d.id)"
            own = f"any_value(t.{column.name})"
            values.append(f"coalesce(json_merge_patch({first}, {own}), {own}, {first}) AS {column.name}"
                          if column.type == "fields" else f"coalesce({own}, {first}) AS {column.name}")
        batch.execute(f"CREATE OR REPLACE TEMP TABLE merging_facts AS SELECT t.id, {', '.join(values)} "
                      "FROM merging_doubles x "
                      f"JOIN {child} t ON t.id = x.stays JOIN {child} d ON d.id = x.id GROUP BY t.id")
        batch.amend(child, "merging_facts")
        batch.execute("DROP TABLE temp.merging_facts")
    count = batch.remove(child, "SELECT id FROM merging_doubles")
    batch.execute("DELETE FROM merging_moves WHERE id IN (SELECT id FROM merging_doubles)")
    batch.execute("DROP TABLE temp.merging_doubles")
    return count
