"""Take a merge apart again, long after it was made: what belonged to whom comes back, later edits are kept.

apart(ask, merge_id)                     → what would happen, with what a person must decide: nothing is written
take_apart(batch, merge_id, going={"orders": [812]})

    17 was merged into 4, and 4 into 2 since; order 5 of 17 was edited, order 6 given to 9, order 7 entered for 4
    →  17 is there again with order 5 as it was edited; 9 keeps order 6; order 7 stays with 2 unless it is in `going`

What the batch of the merge moved is told by history; a row that somebody moved on since stays where it is. An opt-out
is never taken back by this: docs/merging.md says what happens to it.
"""
import json
from dataclasses import dataclass, field

from crm_core.errors import KeyUsedMeanwhile, MergeErased, MergeNotFound
from crm_core.store.looking import Look
from crm_core.store.merging import called, consents, merged_into, own_fields, referring
from crm_core.store.records import Batch
from crm_core.tables import TABLES

# What moved a row, where it was no person's decision about that row.
_BY_MERGE = ("SELECT number FROM batches WHERE kind IN ('merge', 'unmerge', 'undo') UNION SELECT done_in FROM merges "
             "UNION SELECT changed_in FROM merges")


@dataclass
class Apart:
    """What taking a merge apart does. Tables are counted in living rows."""

    merge: dict  # id, table_name, kept_id, merged_id, done_in
    holder: int  # who has by now what the merged record had: the kept one, or whom that was merged into since
    comes_back: dict[str, int] = field(default_factory=dict)  # table → rows that go to the record again
    elsewhere: dict[str, int] = field(default_factory=dict)  # table → rows that somebody gave to others since
    deleted: dict[str, int] = field(default_factory=dict)  # table → rows deleted since: they stay so
    added: dict[str, list[int]] = field(default_factory=dict)  # table → rows entered since: a person decides
    values_back: dict[tuple[int, str], tuple] = field(default_factory=dict)  # (record, column) → (now, then)
    values_stay: dict[tuple[int, str], tuple] = field(default_factory=dict)  # the same, edited since → (now, merged)
    opted_out_since: tuple[str, ...] = ()  # columns of consent: given to both, since it was said while they were one
    opt_outs_stay: tuple[str, ...] = ()  # columns that stay false with the kept one, though the other one brought them
    key_used: dict | None = None  # facts of KeyUsedMeanwhile: the merge cannot be taken apart before that is settled
    moves: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)  # (table, column) → row → new reference
    revived: dict[str, list[int]] = field(default_factory=dict)  # table → rows that are there again
    facts: dict[str, list[dict]] = field(default_factory=dict)  # table → what a row had got of one that comes back


@dataclass(frozen=True)
class _Link:
    """One merge on the way from the merged record to the one that stands for it now."""

    record: int  # the kept one
    merge: dict

    @property
    def done_in(self) -> int:
        return self.merge["done_in"]


def apart(ask: Look, merge_id: int) -> Apart:
    """What taking a merge apart would do. `ask` is a look or an open batch. Raises MergeNotFound, MergeErased."""
    found = ask.execute("SELECT id, table_name, kept_id, merged_id, choices, done_in FROM merges "
                        "WHERE id = $id AND deleted_at IS NULL", id=int(merge_id)).fetchone()
    if not found:
        raise MergeNotFound(id=merge_id)
    merge = dict(zip(("id", "table_name", "kept_id", "merged_id", "choices", "done_in"), found, strict=True))
    table = merge["table_name"]
    links = _chain(ask, merge)
    for row_id in (merge["merged_id"], *(link.record for link in links)):
        if not ask.execute(f"SELECT 1 FROM {table} WHERE id = $id", id=row_id).fetchone():
            raise MergeErased(table=table, id=row_id)
    plan = Apart(merge=merge, holder=links[-1].record)
    for child, columns in referring(table).items():
        for column in columns:
            _plan_rows(ask, plan, links, child, column)
        _fill_gaps(ask, plan, links, child, columns)
    _plan_values(ask, plan, links)
    _plan_consent(ask, plan, links)
    _find_used_keys(ask, plan)
    return plan


def take_apart(batch: Batch, merge_id: int, going: dict[str, list[int]] | None = None) -> Apart:
    """Take a merge apart. `going`: table → rows entered since the merge that go to the record that comes back.

    Raises MergeNotFound, MergeErased, KeyUsedMeanwhile.
    """
    plan = apart(batch, merge_id)
    if plan.key_used:
        raise KeyUsedMeanwhile(**plan.key_used)
    table, merged_id = plan.merge["table_name"], plan.merge["merged_id"]
    batch.restore(table, [merged_id])
    by_record: dict[int, dict] = {}
    for (row_id, column), (_, then) in plan.values_back.items():
        by_record.setdefault(row_id, {})[column] = then
    if plan.opted_out_since:
        by_record[merged_id] = dict.fromkeys(plan.opted_out_since, False)
    for row_id, values in by_record.items():
        batch.change(table, {"id": row_id, **values})
    for child, ids in plan.revived.items():
        batch.restore(child, ids)
    for child, rows in plan.facts.items():
        for row in rows:
            batch.change(child, row)
    for (child, column), rows in plan.moves.items():
        batch.change(child, [{"id": row_id, column: to} for row_id, to in rows.items()])
    for child, ids in (going or {}).items():
        asked = set(plan.added.get(child, ())) & {int(row_id) for row_id in ids}
        for column in referring(table)[child] if asked else ():
            here = batch.execute(f"SELECT id FROM {child} WHERE id IN (SELECT unnest($ids)) AND {column} = $holder",
                                 ids=sorted(asked), holder=plan.holder).fetchall()
            if here:
                batch.change(child, [{"id": row_id, column: merged_id} for (row_id,) in here])
    for child in {*plan.revived, *(child for child, _ in plan.moves), *(going or {})}:
        _drop_doubles(batch, child, referring(table)[child])
    batch.remove("merges", [plan.merge["id"]])
    return plan


def _drop_doubles(batch: Batch, child: str, columns: list[str]) -> None:
    """Whoever stands at the other end may have got the same tie or membership since: one is enough."""
    for key in TABLES[child].keys:
        if set(key) & set(columns):
            listed = ", ".join(key)
            batch.remove(child, f"""
                SELECT id FROM (
                    SELECT id, row_number() OVER (PARTITION BY {listed} ORDER BY changed_in = {batch.number}, id) AS nth
                    FROM {child} SEMI JOIN (SELECT {listed} FROM {child} WHERE changed_in = {batch.number}
                                            AND deleted_at IS NULL) USING ({listed})
                    WHERE deleted_at IS NULL) WHERE nth > 1""")


# --- the rows that hang on the records ------------------------------------------------------------


def _chain(ask: Look, merge: dict) -> list[_Link]:
    """From the kept record over those that it was merged into since to the one that is there now."""
    links = [_Link(merge["kept_id"], merge)]
    while (step := merged_into(ask, merge["table_name"], links[-1].record)) and step["kept_id"] not in {
            link.record for link in links}:
        links.append(_Link(step["kept_id"], step))
    return links


def _plan_rows(ask: Look, plan: Apart, links: list[_Link], child: str, column: str) -> None:
    """What the merge did to the rows of a table that pointed at the merged record, and what became of them since."""
    merged_id, batches = plan.merge["merged_id"], [link.done_in for link in links]
    _plan_added(ask, plan, links, child, column)
    if not ask.execute(f"SELECT 1 FROM history.{child} WHERE replaced_in = {batches[0]} AND {column} = {merged_id} "
                       "LIMIT 1").fetchone():
        return
    rows = ask.execute(f"""
        WITH was AS (
            SELECT id, deleted_at FROM history.{child} WHERE replaced_in = {batches[0]} AND {column} = {merged_id}),
        versions AS (
            SELECT id, {column} AS held_by, deleted_at, changed_in FROM {child} SEMI JOIN was USING (id) UNION ALL
            SELECT id, {column}, deleted_at, changed_in FROM history.{child} SEMI JOIN was USING (id)),
        steps AS (
            SELECT *, lag(held_by) OVER life AS held_before, lag(deleted_at) OVER life AS deleted_before
            FROM versions WINDOW life AS (PARTITION BY id ORDER BY changed_in)),
        told AS (
            SELECT id, max(changed_in) FILTER (held_by IS DISTINCT FROM held_before) AS set_in,
                   max(changed_in) FILTER (deleted_at IS NOT NULL AND deleted_before IS NULL) AS deleted_in
            FROM steps GROUP BY id)
        SELECT w.id, t.id IS NULL AS gone, t.{column} AS held_by, w.deleted_at IS NOT NULL AS was_deleted,
               t.deleted_at IS NOT NULL AS is_deleted, d.set_in IN ({_BY_MERGE}) AS set_by_merge,
               -- What an undo brought back was deleted when its mark says.
               CASE WHEN b.kind = 'undo' THEN (SELECT min(v.changed_in) FROM versions v
                                               WHERE v.id = w.id AND v.deleted_at = t.deleted_at)
                    ELSE d.deleted_in END AS deleted_in
        FROM was w LEFT JOIN {child} t ON t.id = w.id LEFT JOIN told d ON d.id = w.id
        LEFT JOIN batches b ON b.number = d.deleted_in ORDER BY w.id""").to_arrow_table().to_pylist()
    holders = {link.record for link in links}
    for row in rows:
        mine = not row["gone"] and (row["held_by"] == merged_id or (row["held_by"] in holders and row["set_by_merge"]))
        if row["gone"]:
            _count(plan.deleted, child)
        elif not mine:
            if not row["is_deleted"]:
                _count(plan.elsewhere, child)
        else:
            if row["held_by"] != merged_id:
                plan.moves.setdefault((child, column), {})[row["id"]] = merged_id
            if not row["is_deleted"] and row["held_by"] != merged_id:
                _count(plan.comes_back, child)
            elif row["is_deleted"] and not row["was_deleted"]:
                _revive(ask, plan, child, column, row, batches)
    _plan_facts(ask, plan, child, column)


def _revive(ask: Look, plan: Apart, child: str, column: str, row: dict, batches: list[int]) -> None:
    """A row that a merge took out, because it would have stood there twice, is there again; one that a person
    deleted is not."""
    if row["deleted_in"] not in batches:
        _count(plan.deleted, child)
        return
    table, others = plan.merge["table_name"], [name for name in referring(plan.merge["table_name"])[child]
                                               if name != column]
    for name in others:  # whoever stands at the other end may have been merged since
        other = ask.execute(f"SELECT {name} FROM {child} WHERE id = $id", id=row["id"]).fetchone()[0]
        now = _standing_for(ask, table, other)
        if now is None or now == plan.merge["merged_id"]:
            return
        if now != other:
            plan.moves.setdefault((child, name), {})[row["id"]] = now
    plan.revived.setdefault(child, []).append(row["id"])
    _count(plan.comes_back, child)


def _standing_for(ask: Look, table: str, row_id: int) -> int | None:
    """The living record that a reference means by now; None where there is none."""
    found = merged_into(ask, table, row_id)
    now = found["into"] if found else row_id
    living = ask.execute(f"SELECT 1 FROM {table} WHERE id = $id AND deleted_at IS NULL", id=now).fetchone()
    return now if living else None


def _plan_facts(ask: Look, plan: Apart, child: str, column: str) -> None:
    """What the kept record's row had got of a row that comes back, and nobody changed since, goes again."""
    key = next((key for key in TABLES[child].keys if column in key), None)
    facts = [known for known in TABLES[child].typed
             if key and known.name not in key and not known.refers_to and not known.required]
    if not facts or not plan.revived.get(child):
        return
    done_in, rest = plan.merge["done_in"], [name for name in key if name != column]
    asked = ", ".join(f"t.{known.name} IS NOT DISTINCT FROM a.{known.name} AND b.{known.name} IS NULL "
                      f"AND r.{known.name} IS NOT DISTINCT FROM t.{known.name} AND t.{known.name} IS NOT NULL"
                      for known in facts)
    for row_id, *gives_back in ask.execute(f"""
            SELECT t.id, {asked}
            FROM history.{child} b JOIN {child} t ON t.id = b.id
            JOIN (SELECT * EXCLUDE (changed_in) FROM {child} WHERE changed_in = {done_in} UNION ALL BY NAME
                  SELECT * EXCLUDE (changed_in, replaced_in) FROM history.{child} WHERE changed_in = {done_in}) a
            ON a.id = b.id
            JOIN {child} r ON {' AND '.join(f'r.{name} = t.{name}' for name in rest)}
            WHERE b.replaced_in = {done_in} AND b.{column} = {plan.merge['kept_id']} AND b.deleted_at IS NULL
            AND t.deleted_at IS NULL AND r.{column} = {plan.merge['merged_id']} AND r.id IN (SELECT unnest($ids))""",
            ids=plan.revived[child]).fetchall():
        empty = {known.name: None for known, back in zip(facts, gives_back, strict=True) if back}
        if empty:
            plan.facts.setdefault(child, []).append({"id": row_id, **empty})


def _plan_added(ask: Look, plan: Apart, links: list[_Link], child: str, column: str) -> None:
    """Rows entered while the two were one: whose they are only a person can say."""
    if not ask.execute(f"SELECT 1 FROM {child} WHERE {column} = {plan.holder} AND deleted_at IS NULL "
                       f"AND changed_in > {links[0].done_in} LIMIT 1").fetchone():
        return
    since = " OR ".join(f"(held_by = {link.record} AND changed_in > {link.done_in})" for link in links)
    found = ask.execute(f"""
        WITH here AS (SELECT id FROM {child} WHERE {column} = {plan.holder} AND deleted_at IS NULL
                      AND changed_in > {links[0].done_in}),
        first AS (
            SELECT id, min(changed_in) AS changed_in, arg_min(held_by, changed_in) AS held_by FROM (
                SELECT id, {column} AS held_by, changed_in FROM {child} SEMI JOIN here USING (id) UNION ALL
                SELECT id, {column}, changed_in FROM history.{child} SEMI JOIN here USING (id))
            GROUP BY id)
        SELECT id FROM first WHERE {since} ORDER BY id""").fetchall()
    if found:
        plan.added[child] = sorted({*plan.added.get(child, ()), *(row_id for (row_id,) in found)})


def _fill_gaps(ask: Look, plan: Apart, links: list[_Link], child: str, columns: list[str]) -> None:
    """A membership that leaves with the record stays with the kept one where another merged record had it too."""
    for key in TABLES[child].keys:
        for column in columns:
            leaving = list(plan.moves.get((child, column), ()))
            rest = [name for name in key if name != column]
            if column not in key or not rest or not leaving:
                continue
            for (row_id,) in ask.execute(f"""
                    SELECT min(d.id) FROM {child} t
                    JOIN {child} d ON {' AND '.join(f'd.{name} = t.{name}' for name in rest)}
                    JOIN merges m ON m.table_name = $name AND m.merged_id = d.{column} AND m.deleted_at IS NULL
                    AND m.kept_id IN (SELECT unnest($holders)) AND m.done_in = d.changed_in AND m.id <> $merge
                    WHERE t.id IN (SELECT unnest($leaving)) AND t.deleted_at IS NULL AND d.deleted_at IS NOT NULL
                    GROUP BY {', '.join(f't.{name}' for name in rest)}""", name=plan.merge["table_name"],
                    holders=[link.record for link in links], merge=plan.merge["id"], leaving=leaving).fetchall():
                plan.revived.setdefault(child, []).append(row_id)
                plan.moves[(child, column)][row_id] = plan.holder


def _count(counts: dict[str, int], child: str) -> None:
    counts[child] = counts.get(child, 0) + 1


# --- the records' own values ----------------------------------------------------------------------


def _plan_values(ask: Look, plan: Apart, links: list[_Link]) -> None:
    """What a kept record took over of the merged one goes back, link by link, unless it was edited since."""
    table, taken = plan.merge["table_name"], None
    back = _row(ask, table, plan.merge["merged_id"])
    source = plan.merge["merged_id"]
    for link in links:
        before, after, now = _before(ask, table, link), _after(ask, table, link), _row(ask, table, link.record)
        choices = json.loads(link.merge["choices"] or "{}")
        own = {column for column, choice in choices.items() if choice == source}
        others = [_row(ask, table, row_id) for (row_id,) in ask.execute(
            "SELECT merged_id FROM merges WHERE table_name = $name AND kept_id = $kept AND done_in = $done_in "
            "AND deleted_at IS NULL AND id <> $id", name=table, kept=link.record, done_in=link.done_in,
            id=link.merge["id"]).fetchall()]
        taken = own if taken is None else own & taken
        typed = {column for column, choice in choices.items() if isinstance(choice, dict)}
        if link is links[0] and not others:  # what was typed in was about the two together
            candidates = taken | typed
        else:
            candidates = taken
        for column in TABLES[table].typed:
            name = column.name
            if column.type == "fields" or name not in candidates or after[name] == before[name]:
                continue
            if any(other and other[name] == now[name] for other in others):
                continue
            if name in consents(table) and now[name] is False:
                continue
            if now[name] == after[name]:
                plan.values_back[link.record, name] = (now[name], before[name])
            else:
                plan.values_stay[link.record, name] = (now[name], after[name])
        if "extra" in now:
            _plan_own_fields(plan, link, back, before, after, now, others)
        source = link.record


def _plan_own_fields(plan: Apart, link: _Link, back: dict, before: dict, after: dict, now: dict, others: list) -> None:
    """Own fields go back key by key."""
    mine, was, merged, current = (own_fields(row["extra"]) for row in (back, before, after, now))
    kept_by_others = {key for other in others if other for key in own_fields(other["extra"])}
    then, stays = dict(current), False
    for key, value in mine.items():
        if merged.get(key) != value or was.get(key) == value or key in kept_by_others:
            continue
        if current.get(key) != value:
            stays = True
        elif key in was:
            then[key] = was[key]
        else:
            del then[key]
    if then != current:
        # As it was, to the letter, where nothing else was changed.
        text = before["extra"] if then == was else json.dumps(then, ensure_ascii=False) if then else None
        plan.values_back[link.record, "extra"] = (now["extra"], text)
    if stays:
        plan.values_stay[link.record, "extra"] = (now["extra"], after["extra"])


def _plan_consent(ask: Look, plan: Apart, links: list[_Link]) -> None:
    """An opt-out that was said while the two were one is both's. One that came with the merged record stays with the
    kept one too: nobody can tell whether it was said again since."""
    table, since, stay = plan.merge["table_name"], [], []
    back, holder = _row(ask, table, plan.merge["merged_id"]), _row(ask, table, plan.holder)
    before = _before(ask, table, links[0])
    for column in consents(table):
        now = holder[column]
        if back[column] is not False and now is False and any(
                _said_while(ask, table, column, link, links[place + 1].done_in if place + 1 < len(links) else None)
                for place, link in enumerate(links)):
            since.append(column)
        if back[column] is False and now is False and before[column] is not False:
            stay.append(column)
    plan.opted_out_since, plan.opt_outs_stay = tuple(since), tuple(stay)


def _said_while(ask: Look, table: str, column: str, link: _Link, until: int | None) -> bool:
    """Whether a record was opted out by something else than a merge, while it stood for the merged one."""
    found = ask.execute(f"""
        WITH steps AS (
            SELECT changed_in, {column} AS given, lag({column}) OVER (ORDER BY changed_in) AS before FROM (
                SELECT {column}, changed_in FROM {table} WHERE id = $id UNION ALL
                SELECT {column}, changed_in FROM history.{table} WHERE id = $id)
            WHERE changed_in < $until)
        SELECT arg_max(given, changed_in) = false
               AND coalesce(max(changed_in) FILTER (given = false AND before IS DISTINCT FROM false), 0) > $since
               AND max(changed_in) FILTER (given = false AND before IS DISTINCT FROM false)
                   NOT IN (SELECT done_in FROM merges)
        FROM steps""", id=link.record, since=link.done_in, until=until or 2**62).fetchone()[0]
    return bool(found)


def _find_used_keys(ask: Look, plan: Apart) -> None:
    """A number or an e-mail that would be there twice."""
    table = TABLES[plan.merge["table_name"]]
    returning = {plan.merge["merged_id"]: _row(ask, table.name, plan.merge["merged_id"])}
    given_back: dict[int, dict] = {}
    for (row_id, column), (_, then) in plan.values_back.items():
        given_back.setdefault(row_id, {})[column] = then
    for key in table.keys:
        if len(key) > 1:
            continue
        column = table.column(key[0])
        name = column.name.removesuffix("_key") if column.derived else column.name
        asked = column.derived.replace(f"({name})", "($value)") if column.derived else "$value"
        wanted = [(row_id, row[name]) for row_id, row in returning.items()] + [
            (row_id, values[name]) for row_id, values in given_back.items() if name in values]
        for row_id, value in wanted:
            if value is None:
                continue
            for (other,) in ask.execute(f"SELECT id FROM {table.name} WHERE {column.name} = {asked} AND id <> $id "
                                        "AND deleted_at IS NULL", value=value, id=row_id).fetchall():
                if name not in given_back.get(other, {}):
                    plan.key_used = {"table": table.name, "column": name, "value": str(value),
                                     "who": called(ask, table.name, other)}
                    return


def _row(ask: Look, table: str, row_id: int) -> dict:
    return _one(ask, f"SELECT * FROM {table} WHERE id = {int(row_id)}")


def _before(ask: Look, table: str, link: _Link) -> dict:
    """A kept record as it was before the merge; as it is now where the merge's own batch had made it."""
    return _one(ask, f"SELECT * FROM history.{table} WHERE id = {link.record} AND replaced_in = {link.done_in}"
                ) or _row(ask, table, link.record)


def _after(ask: Look, table: str, link: _Link) -> dict:
    """A kept record as the merge left it."""
    return _one(ask, f"SELECT * FROM history.{table} WHERE id = {link.record} AND changed_in = {link.done_in}"
                ) or _row(ask, table, link.record)


def _one(ask: Look, sql: str) -> dict:
    rows = ask.execute(sql).to_arrow_table().to_pylist()
    return rows[0] if rows else {}
