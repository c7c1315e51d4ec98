"""Bring another program's records in like a file, without writing over what was changed here.

    pulled = fetch_all(connector, connection, store, ["Account", "Contact"])    all, or what changed since last time
    looked = [look(store, one, at=now) for one in pulled]                       compared, and checked cell by cell
    with store.batch("pull", "Account, Contact") as batch:
        applied = [apply(batch, one) for one in looked]

Of a record that is known, only what was changed there since both sides agreed is taken: changed here only stays,
changed on both sides stays and waits for a person's word (pushing.py). What is remembered is written in the same batch.
"""
import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path

from crm_core.data_entry.checking import Checked, check
from crm_core.data_entry.connectors import Connector, Page, RemoteObject
from crm_core.data_entry.connectors.slots import KEYS, Slot, ours_sql, slots
from crm_core.data_entry.loading import Loaded, load
from crm_core.data_entry.mapping import Mapping, meanings, propose_mapping
from crm_core.data_entry.reading import FOLDER, Reading
from crm_core.errors import ChangedMeanwhile, ColumnsNotMapped, NothingToImport, RemoteObjectUnknown

SAMPLE = 50


@dataclass(frozen=True)
class Known:
    """What is remembered of an object from earlier pulls."""

    columns: dict[str, str | None] = field(default_factory=dict)  # how its fields were mapped
    seen_until: datetime | None = None
    left_out: tuple[str, ...] = ()  # ids that could not be taken


@dataclass(frozen=True)
class Pulled:
    """The records of one object as a Reading, which the caller closes."""

    connection: str
    object: RemoteObject
    reading: Reading
    known: Known
    until: datetime | None  # the other program's time up to which everything was seen
    gone: tuple[str, ...]  # ids of records that were deleted there
    unasked: tuple[str, ...] = ()  # ids that could not be taken once and were not asked for now


@dataclass(frozen=True)
class Conflict:
    """A record that was changed on both sides."""

    remote_id: str
    row_id: int
    slots: tuple[str, ...]  # what both changed; empty where it was deleted there and changed here


@dataclass(frozen=True)
class _Met:
    """A record of the pull that is known here already."""

    line: int
    remote_id: str
    link_id: int
    row_id: int
    ours: dict
    theirs: dict
    waiting: dict[str, str | None]  # slots that were changed here, and stay as they are
    clearing: tuple[str, ...]  # slots that were emptied there
    values: dict[str, str]
    stamp: str
    taken: bool  # something of it is to be taken


@dataclass(frozen=True)
class Prepared:
    pulled: Pulled
    mapping: Mapping
    reading: Reading  # without what is known already, and without what was not changed there
    revision: int  # of the book that it was compared with
    unchanged: int  # records that bring nothing new
    removed_here: int  # records whose rows were deleted here: they stay deleted
    kept: int  # records of which something was changed here and stays
    conflicts: tuple[Conflict, ...]
    removing: tuple[int, ...]  # rows whose records were deleted there
    restoring: tuple[int, ...]  # rows that were deleted here and come back, for the person takes the record
    met: tuple[_Met, ...] = field(repr=False)
    unlinking: tuple[int, ...] = field(repr=False)  # connected records that lead nowhere any more

    @property
    def brings_nothing(self) -> bool:
        return not (self.reading.rows or self.removing or any(met.clearing for met in self.met))


@dataclass(frozen=True)
class Applied:
    """What a pull did, or in a rehearsal would do."""

    loaded: Loaded | None  # None where no record was to be loaded
    removed: int  # rows that were deleted because their records were
    cleared: int  # values that were emptied because they were there
    left_out: int  # records that could not be taken; the next pull asks for them again

    @property
    def counts(self) -> dict[str, int]:
        """added, changed, unchanged, removed: over all tables."""
        tables = self.loaded.tables.values() if self.loaded else ()
        return {what: sum(counts[what] for counts in tables) for what in ("added", "changed", "unchanged")} | {
            "removed": self.removed}


# --- what is remembered ---------------------------------------------------------------------------


def connection_key(connector: Connector) -> tuple[str, str]:
    """By this everything remembered is told apart, and the organisation's name."""
    organisation, name = connector.account()
    return f"{connector.name} {organisation}", name


def remembered(book, connection: str) -> dict[str, Known]:
    """What was pulled of each object so far."""
    with book.cursor() as cursor:
        rows = cursor.execute("SELECT object, columns, seen_until, left_out FROM connected_objects "
                              "WHERE connection = $connection", {"connection": connection}).fetchall()
    return {name: Known(json.loads(columns), until, tuple(json.loads(left_out or "[]")))
            for name, columns, until, left_out in rows}


def possible(objects: list[RemoteObject]) -> list[RemoteObject]:
    """The objects whose kind can be imported."""
    return [object for object in objects if can_be_imported(object.kind)]


def can_be_imported(kind: str) -> bool:
    try:
        return bool(meanings(kind))
    except KeyError:
        return False


# --- one after the other -----------------------------------------------------------------------


@dataclass(frozen=True)
class Looked:
    """A pull whose cells have all been looked at."""

    prepared: Prepared
    checked: Checked | None  # None where nothing is to be loaded
    refused: NothingToImport | None = None  # every record that was to be loaded is rejected

    @property
    def rejected(self) -> int:
        return self.refused.facts["rejected"] if self.refused else self.checked.rejected if self.checked else 0

    @property
    def rejects(self):
        """A frame: record (its id), column, reason, value; of a pull that is rejected as a whole the first ones."""
        import pandas as pd
        import pyarrow.parquet as pq

        found = pd.DataFrame(self.refused.facts["rejects"]) if self.refused else (
            self.checked.rejects if self.checked else pd.DataFrame(columns=["line", "column", "reason", "value"]))
        about = pq.read_table(self.prepared.pulled.reading.folder / "records.parquet",
                              columns=["line", "remote_id"]).to_pydict()
        ids = dict(zip(about["line"], about["remote_id"], strict=True))
        return found.assign(record=found["line"].map(ids))[["record", "line", "column", "reason", "value"]]


def fetch_all(connector: Connector, connection: str, book, names, whole: bool = False, progress=None,
              cancel=None) -> list[Pulled]:
    """What is new of some objects, parents first. The caller closes every reading; when one fails all are closed."""
    known, pulled = remembered(book, connection), []
    order = [object.name for object in possible(connector.objects())]
    unknown = [name for name in names if name not in order]
    if unknown:
        raise RemoteObjectUnknown(object=unknown[0])
    names = sorted(set(names), key=order.index)
    try:
        for number, name in enumerate(names):
            tell = progress and (lambda share, number=number: progress((number + share) / len(names)))
            pulled.append(fetch(connector, connection, connector.describe(name), known.get(name), whole, tell, cancel))
    except BaseException:
        for one in pulled:
            one.reading.close()
        raise
    return pulled


def look(book, pulled: Pulled, mapping: Mapping | None = None, theirs: frozenset[str] = frozenset(),
         at: datetime | None = None, progress=None, cancel=None) -> Looked:
    """Compare with what both sides last agreed on, and check what is to be loaded as a file is checked."""
    prepared = prepare(book, pulled, mapping, theirs)
    if not prepared.reading.rows:
        return Looked(prepared, None)
    try:
        return Looked(prepared, check(prepared.reading, prepared.mapping, at=at, progress=progress, cancel=cancel))
    except NothingToImport as refused:
        return Looked(prepared, None, refused)


# --- fetch ----------------------------------------------------------------------------------------


def fetch(connector: Connector, connection: str, object: RemoteObject, known: Known | None = None, whole: bool = False,
          progress=None, cancel=None) -> Pulled:
    """All records of an object, or with `known` what changed since; on disk, as a Reading with a proposed mapping.

    Raises what the connector raises; then nothing is left behind.
    """
    known = known or Known()
    headers = tuple(field.name for field in object.fields)
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}_{os.getpid()}_"))
    try:
        writer = _Writer(folder, headers)
        until, gone, had = None, [], set()
        since = None if whole else known.seen_until
        for page in connector.pull(object, since, progress, cancel):
            living = [record for record in page.records if not record.deleted]
            gone += [record.id for record in page.records if record.deleted]
            if known.left_out:
                had |= {record.id for record in page.records}
            writer.write(living)
            newest = max((record.stamp for record in page.records), default=None)
            # What is changed while the pages come may show or not: only what was there at the start is certain.
            until = max((stamp for stamp in (until, newest and min(newest, page.asked_at)) if stamp), default=None)
        waiting = [remote_id for remote_id in known.left_out if remote_id not in had]
        again = connector.read(object, waiting, cancel).values() if waiting and since else ()
        writer.write([record for record in again if not record.deleted])
        rows, sample = writer.close()
        proposed = propose_mapping(headers, sample, object.kind)
        mapping = replace(proposed, columns=proposed.columns | {
            header: meaning for header, meaning in known.columns.items() if header in headers})
        told = {"name": object.label, "folder": folder, "size": (folder / "text.csv").stat().st_size, "format": "csv",
                "encoding": "utf-8", "encoding_guessed": False, "delimiter": ",", "headers": headers, "header_line": 1,
                "sheets": (), "sheet": None, "members": (), "member": None, "notes": (), "rows": rows, "ragged": 0,
                "sample": sample, "mapping": mapping}
        reading = Reading(**{part.name: told[part.name] for part in fields(Reading) if part.name in told})
        return Pulled(connection, object, reading, replace(known, seen_until=since), until, tuple(gone))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def fetch_these(connector: Connector, connection: str, object: RemoteObject, ids, known: Known, cancel=None) -> Pulled:
    """Some records of an object that was pulled before, as they are now."""
    found = connector.read(object, ids, cancel)

    class These:
        def pull(self, *_):
            yield Page([record for record in found.values() if not record.deleted], len(found), datetime.min)

    pulled = fetch(These(), connection, object, Known(known.columns))
    gone = tuple(remote_id for remote_id in ids if remote_id not in found or found[remote_id].deleted)
    unasked = tuple(remote_id for remote_id in known.left_out if remote_id not in set(ids))
    return replace(pulled, until=None, gone=gone, unasked=unasked)


class _Writer:
    """Records into the files of a Reading: cells.parquet, and text.csv with each record on a line for the rejects."""

    def __init__(self, folder: Path, headers: tuple[str, ...]):
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.folder, self.headers, self.rows, self.sample = folder, headers, 0, []
        self.cells = pq.ParquetWriter(folder / "cells.parquet", pa.schema(
            [("line", pa.int64())] + [(f"c{number}", pa.string()) for number in range(len(headers))]),
            compression="lz4")
        self.about = pq.ParquetWriter(folder / "records.parquet", pa.schema(
            [("line", pa.int64()), ("remote_id", pa.string()), ("stamp", pa.string())]), compression="lz4")
        self.text = (folder / "text.csv").open("w", encoding="utf-8")
        self.text.write(json.dumps(headers) + "\n")

    def write(self, records) -> None:
        import pyarrow as pa

        if not records:
            return
        lines = pa.array(range(self.rows + 2, self.rows + 2 + len(records)), pa.int64())
        values = [[record.values.get(header, "") for record in records] for header in self.headers]
        self.cells.write_batch(pa.record_batch(
            [lines, *(pa.array(column, pa.string()) for column in values)], schema=self.cells.schema))
        self.about.write_batch(pa.record_batch(
            [lines, pa.array([record.id for record in records]),
             pa.array([record.stamp.isoformat() for record in records])], schema=self.about.schema))
        for record in records:
            # Quotes would seem to open a cell that goes on over lines.
            told = {name: value for name, value in record.values.items() if value}
            self.text.write(json.dumps(told, ensure_ascii=False).replace('"', "'") + "\n")
        self.sample += [{header: record.values.get(header, "") for header in self.headers}
                        for record in records[:SAMPLE - len(self.sample)]]
        self.rows += len(records)

    def close(self) -> tuple[int, list[dict]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        for file in (self.cells, self.about, self.text):
            file.close()
        pq.write_table(pa.table({name: pa.array([], pa.int64() if name == "line" else pa.string())
                                 for name in ("line", "column", "reason", "value", "raw")}),
                       self.folder / "ragged.parquet")
        return self.rows, self.sample


# --- prepare --------------------------------------------------------------------------------------


def prepare(book, pulled: Pulled, mapping: Mapping | None = None, theirs: frozenset[str] = frozenset()) -> Prepared:
    """Compare with what both sides last agreed on. `theirs`: ids of which the person takes the remote version.

    Raises ColumnsNotMapped where nothing would tell the records apart.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    mapping = mapping or pulled.reading.mapping
    table, known = mapping.kind, slots(mapping)
    if table in KEYS and not mapping.header(f"{table}.{KEYS[table]}"):
        raise ColumnsNotMapped(columns=[f"{table}.{KEYS[table]}"])
    about = pq.read_table(pulled.reading.folder / "records.parquet")
    gone = pa.table({"line": pa.nulls(len(pulled.gone), pa.int64()), "remote_id": pa.array(pulled.gone, pa.string()),
                     "stamp": pa.nulls(len(pulled.gone), pa.string())})
    revision = book.revision()
    with book.cursor() as cursor:
        cursor.register("pulled_now", pa.concat_tables([about, gone]))
        found = cursor.execute(f"""
            SELECT p.line, p.remote_id, p.stamp, r.id, r.row_id, r.ours, r.theirs, r.stamp = p.stamp,
                   t.id IS NULL, t.deleted_at IS NOT NULL, {ours_sql(known)}, count(*) OVER (PARTITION BY r.row_id)
            FROM pulled_now p
            JOIN connected_records r ON r.connection = $connection AND r.object = $object AND r.remote_id = p.remote_id
            LEFT JOIN {table} t ON t.id = r.row_id ORDER BY p.line""",
            {"connection": pulled.connection, "object": pulled.object.name}).fetchall()
        cursor.unregister("pulled_now")
    columns = {header: number for number, header in enumerate(pulled.reading.headers)}
    cells = _rows_at(pulled.reading.folder, {row[0] for row in found if row[0] is not None})
    changes: dict[int, dict[int, str]] = {}  # line → column → what stands there instead
    skipped, met, conflicts, removing, restoring, unlinking = set(), [], [], [], [], []
    removed_here = kept = 0
    asked_again = set(pulled.known.left_out) | theirs
    for line, remote_id, stamp, link_id, row_id, ours, agreed, same, missing, deleted, now, _ in found:
        ours, agreed, now = json.loads(ours), json.loads(agreed), json.loads(now)
        here = {name for name in known if name in ours and ours[name] != now.get(name)}
        if line is None:  # deleted there
            if missing or deleted:
                unlinking.append(link_id)
            elif here and remote_id not in theirs:
                conflicts.append(Conflict(remote_id, row_id, ()))
            else:
                removing.append(row_id)
                unlinking.append(link_id)
            continue
        if missing:  # its row was withdrawn or undone: the record is as good as new
            unlinking.append(link_id)
            continue
        if deleted and remote_id in theirs:
            restoring.append(row_id)
        elif deleted:
            skipped.add(line)
            removed_here += 1
            continue
        if same and pulled.known.seen_until and remote_id not in asked_again:
            skipped.add(line)
            continue
        values = {header: cells[line][number] for header, number in columns.items()}
        there = {name for name, slot in known.items()
                 if any(values[field] != agreed.get(field) for field in slot.fields)}
        there -= {name for name in there if name not in ours}  # not compared before: as on the first day
        fresh = {name for name in known if name not in ours}
        if remote_id in theirs:
            here -= there
        both = here & there
        if both:
            conflicts.append(Conflict(remote_id, row_id, tuple(sorted(both))))
        kept += bool(here)
        clearing = tuple(name for name in sorted(there - here) if not any(values[f] for f in known[name].fields)
                         and now.get(name) is not None and not known[name].column.required)
        taken = bool((there - here) | fresh)
        met.append(_Met(line, remote_id, link_id, row_id, ours, agreed, {name: now.get(name) for name in sorted(here)},
                        clearing, values, stamp, taken))
        if not taken:
            skipped.add(line)
            continue
        changes[line] = _instead(known, here, now, columns, mapping)
    reading = _without(pulled.reading, skipped, changes)
    return Prepared(pulled, mapping, reading, revision, len(skipped) - removed_here, removed_here, kept,
                    tuple(conflicts), tuple(removing), tuple(restoring), tuple(met), tuple(unlinking))


def _instead(known: dict[str, Slot], here: set[str], now: dict, columns: dict[str, int], mapping: Mapping) -> dict:
    """What stands in the cells of a known record, so that loading it finds our row and leaves our changes alone."""
    instead = {}
    for name in here:
        for header, role in known[name].fields.items():
            # An empty cell changes nothing; what must not be empty is told as it is here.
            instead[columns[header]] = now[name] or "" if known[name].column.required and role == "value" else ""
    if key := KEYS.get(mapping.kind):
        place = columns[mapping.header(f"{mapping.kind}.{key}")]
        instead.pop(place, None)
        if now.get(key):
            instead[place] = now[key]
    return instead


def _rows_at(folder: Path, lines: set[int]) -> dict[int, tuple]:
    """The cells of some lines."""
    import pyarrow.parquet as pq

    found = {}
    if lines:
        for batch in pq.ParquetFile(folder / "cells.parquet").iter_batches(batch_size=8192):
            at = batch.column(0).to_pylist()
            wanted = [place for place, line in enumerate(at) if line in lines]
            if wanted:
                rows = batch.take(wanted).to_pydict()
                names = list(rows)[1:]
                found |= {line: tuple(rows[name][place] for name in names)
                          for place, line in enumerate(rows["line"])}
    return found


def _without(reading: Reading, skipped: set[int], changes: dict[int, dict[int, str]]) -> Reading:
    """The reading without some lines, and with other cells in some; in a folder of its own inside the first."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = Path(tempfile.mkdtemp(prefix="prepared_", dir=reading.folder))
    for name in ("text.csv", "ragged.parquet"):
        os.link(reading.folder / name, folder / name) if hasattr(os, "link") else shutil.copyfile(
            reading.folder / name, folder / name)
    if not skipped and not changes:
        shutil.copyfile(reading.folder / "cells.parquet", folder / "cells.parquet")
        return replace(reading, folder=folder)
    file, rows = pq.ParquetFile(reading.folder / "cells.parquet"), 0
    with pq.ParquetWriter(folder / "cells.parquet", file.schema_arrow, compression="lz4") as writer:
        for batch in file.iter_batches(batch_size=8192):
            lines = batch.column(0).to_pylist()
            stays = [place for place, line in enumerate(lines) if line not in skipped]
            content = batch.take(pa.array(stays, pa.int64())).to_pydict()
            for place, line in enumerate(content["line"]):
                for number, text in changes.get(line, {}).items():
                    content[f"c{number}"][place] = text
            writer.write_batch(pa.record_batch(content, schema=file.schema_arrow))
            rows += len(stays)
    return replace(reading, folder=folder, rows=rows)


# --- apply ----------------------------------------------------------------------------------------


def apply(batch, looked: Looked, progress=None) -> Applied:
    """Load the checked records and write down what both sides now agree on, inside `batch` (or a rehearsal).

    Raises ChangedMeanwhile where rows that the pull speaks of were changed here since they were compared.
    """
    prepared, checked = looked.prepared, looked.checked
    table, known = prepared.mapping.kind, slots(prepared.mapping)
    rows = [met.row_id for met in prepared.met] + list(prepared.removing)
    moved = batch.execute(
        f"SELECT count(*) FROM {table} WHERE id IN (SELECT unnest($rows)) AND changed_in > $revision "
        "AND changed_in <> $batch", rows=rows, revision=prepared.revision, batch=batch.number).fetchone()[0]
    if moved:
        raise ChangedMeanwhile(rows=moved)
    batch.execute("CREATE OR REPLACE TEMP TABLE unlinking AS SELECT unnest($ids::BIGINT[]) AS id",
                  ids=list(prepared.unlinking))
    batch.purge("connected_records", "SELECT id FROM unlinking")
    if prepared.restoring:
        batch.restore(table, prepared.restoring)
    _number(batch, prepared)
    loaded = load(batch, checked, progress) if checked else None
    _keep_ours(batch, prepared, known)
    lines, keys = _refused(looked, loaded)
    cleared = _clear(batch, table, known, prepared, lines)
    removed = _remove(batch, table, prepared)
    left_out = _agree(batch, prepared, known, lines, keys, loaded)
    left_out += _connect(batch, prepared, known, lines, keys, loaded)
    _remember(batch, prepared, left_out)
    return Applied(loaded, removed, cleared, len(left_out))


def _number(batch, prepared: Prepared) -> None:
    """A known row without a number gets its record's, or loading would not find it again."""
    table = prepared.mapping.kind
    if table in KEYS:
        key, header = KEYS[table], prepared.mapping.header(f"{table}.{KEYS[table]}")
        numbers = {met.row_id: met.values[header] for met in prepared.met if met.taken}
        bare = batch.execute(f"SELECT id FROM {table} WHERE {key} IS NULL AND id IN (SELECT unnest($ids::BIGINT[]))",
                             ids=list(numbers)).fetchall()
        if bare:
            batch.change(table, [{"id": row_id, key: numbers[row_id]} for (row_id,) in bare])


def _keep_ours(batch, prepared: Prepared, known: dict[str, Slot]) -> None:
    """What was changed here stands after the load as before it, whatever followed from other cells of the record."""
    table = prepared.mapping.kind
    waiting = {met.row_id: met.waiting for met in prepared.met if met.waiting and met.taken}
    for row_id, now in batch.execute(f"SELECT t.id, {ours_sql(known)} FROM {table} t WHERE t.id IN "
                                     "(SELECT unnest($ids::BIGINT[]))", ids=list(waiting)).fetchall():
        now = json.loads(now)
        lost = {known[name].column.name: text for name, text in waiting[row_id].items()
                if now.get(name) != text and not name.startswith("extra.")}
        if lost:
            batch.change(table, {"id": row_id, **lost})


def _refused(looked: Looked, loaded: Loaded | None) -> tuple[set[int], set[str]]:
    """The lines that were rejected, and the numbers of customers in conflict with others."""
    if looked.refused:
        import pyarrow.parquet as pq

        lines = set(pq.read_table(looked.prepared.reading.folder / "cells.parquet", columns=["line"])[0].to_pylist())
    else:
        lines = set(looked.rejects["line"].tolist()) if looked.rejected else set()
    conflicts = loaded.conflicts if loaded else ()
    lines |= {conflict["line"] for conflict in conflicts if conflict.get("line")}
    keys = {conflict["customer_no"] for conflict in conflicts if conflict.get("customer_no")}
    return lines, keys


def _was_refused(prepared: Prepared, met: _Met, lines: set[int], keys: set[str], loaded: Loaded | None) -> bool:
    overflow = loaded is not None and loaded.conflict_count > len(loaded.conflicts)
    number = met.ours.get("customer_no") if prepared.mapping.kind == "customers" else None
    return met.taken and (met.line in lines or overflow or met.remote_id in keys or number in keys)


def _clear(batch, table: str, known: dict[str, Slot], prepared: Prepared, lines: set[int]) -> int:
    """Empty what was emptied there: for an import an empty cell means nothing, here it means empty."""
    by_slot: dict[str, list[int]] = {}
    for met in prepared.met:
        for name in met.clearing if met.line not in lines else ():
            by_slot.setdefault(name, []).append(met.row_id)
    cleared = 0
    for name, ids in by_slot.items():
        if name.startswith("extra."):
            batch.execute(f"CREATE OR REPLACE TEMP TABLE emptying AS SELECT id, json_object("
                          f"'{name.removeprefix('extra.')}', NULL) AS extra FROM (SELECT unnest($ids) AS id)", ids=ids)
            cleared += batch.amend(table, "emptying")
        else:
            cleared += batch.change(table, [{"id": row_id, known[name].column.name: None} for row_id in ids])
    return cleared


def _remove(batch, table: str, prepared: Prepared) -> int:
    """Delete the rows whose records were deleted, but for those that another record still speaks of."""
    rows = batch.execute(
        f"SELECT id FROM {table} WHERE id IN (SELECT unnest($ids::BIGINT[])) AND deleted_at IS NULL AND id NOT IN ("
        "SELECT row_id FROM connected_records WHERE table_name = $table)",
        ids=list(prepared.removing), table=table).fetchall()
    return batch.remove(table, [row[0] for row in rows]) if rows else 0


def _agree(batch, prepared: Prepared, known: dict[str, Slot], lines: set[int], keys: set[str],
           loaded: Loaded | None) -> list[str]:
    """Remember the known records as they are now on both sides; the ids of those that could not be taken."""
    left_out, agreeing = [], []
    now = {row_id: (json.loads(ours), changed_in) for row_id, ours, changed_in in batch.execute(
        f"SELECT t.id, {ours_sql(known)}, t.changed_in FROM {prepared.mapping.kind} t "
        "WHERE t.id IN (SELECT unnest($ids::BIGINT[]))", ids=[met.row_id for met in prepared.met]).fetchall()}
    for met in prepared.met:
        if _was_refused(prepared, met, lines, keys, loaded):
            left_out.append(met.remote_id)
            continue
        ours, theirs = dict(met.ours), dict(met.theirs)
        row, changed_in = now[met.row_id]
        for name, slot in known.items():
            if name not in met.waiting:
                ours[name] = row.get(name)
                theirs |= {header: met.values[header] for header in slot.fields}
        agreeing.append({"id": met.link_id, "ours": dump(ours), "theirs": dump(theirs), "stamp": met.stamp,
                         "agreed_in": None if met.waiting else changed_in})
    change_links(batch, agreeing)
    return left_out


def _connect(batch, prepared: Prepared, known: dict[str, Slot], lines: set[int], keys: set[str],
             loaded: Loaded | None) -> list[str]:
    """Remember new records and the rows they became; the ids of those that became none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pulled, table = prepared.pulled, prepared.mapping.kind
    if loaded is None:
        about = pq.read_table(pulled.reading.folder / "records.parquet").to_pylist()
        met = {each.remote_id for each in prepared.met}
        return [row["remote_id"] for row in about if row["line"] in lines and row["remote_id"] not in met]
    columns = {header: f"c{number}" for number, header in enumerate(pulled.reading.headers)}
    told = [header for slot in known.values() for header in slot.fields]
    file = pq.ParquetFile(pulled.reading.folder / "cells.parquet")
    batch.stage("pulled_cells", pa.RecordBatchReader.from_batches(
        pa.schema([file.schema_arrow.field(name) for name in ("line", *map(columns.get, told))]),
        file.iter_batches(131_072, columns=["line", *map(columns.get, told)])))
    batch.stage("pulled_records", pq.read_table(pulled.reading.folder / "records.parquet"))
    batch.stage("pulled_met", pa.table({"remote_id": pa.array([met.remote_id for met in prepared.met], pa.string())}))
    batch.stage("refused_lines", pa.table({"line": pa.array(sorted(lines), pa.int64())}))
    batch.stage("refused_numbers", pa.table({"number": pa.array(sorted(keys), pa.string())}))
    header = {meaning: f"p.{columns[name]}" for meaning, name in prepared.mapping.meanings.items() if name in columns}
    if table in KEYS:
        joined = f"LEFT JOIN {table} t ON t.{KEYS[table]} = {header[f'{table}.{KEYS[table]}']} AND t.deleted_at IS NULL"
    else:  # a member is who it is by campaign and customer
        who = ", ".join(f"nullif({header[meaning]}, '')" for meaning in ("customers.customer_no", "customers.lead_no")
                        if meaning in header)
        joined = (f"LEFT JOIN customers k ON k.deleted_at IS NULL AND k.customer_no = coalesce({who or 'NULL'}, NULL) "
                  f"LEFT JOIN campaigns c ON c.deleted_at IS NULL "
                  f"AND c.campaign_no = {header.get('campaigns.campaign_no', 'NULL')} "
                  f"LEFT JOIN {table} t ON t.campaign_id = c.id AND t.customer_id = k.id AND t.deleted_at IS NULL")
    # More conflicts than are listed by name: then only what this batch wrote itself is sure to have been taken.
    overflow = f"t.changed_in = {batch.number}" if loaded.conflict_count > len(loaded.conflicts) else "true"
    theirs = "json_object(" + ", ".join(f"'{name}', p.{columns[name]}" for name in told) + ")"
    key = header.get("customers.customer_no", "NULL") if table == "customers" else "NULL"
    batch.execute(f"""
        CREATE OR REPLACE TEMP TABLE connecting AS
        SELECT a.remote_id, a.stamp,
               CASE WHEN refused_lines.line IS NULL AND refused_numbers.number IS NULL AND {overflow}
                    THEN t.id END AS row_id, {ours_sql(known)} AS ours, {theirs} AS theirs, t.changed_in
        FROM pulled_records a JOIN pulled_cells p ON p.line = a.line
        ANTI JOIN pulled_met m ON m.remote_id = a.remote_id
        ANTI JOIN connected_records r ON r.connection = $connection AND r.object = $object
                                     AND r.remote_id = a.remote_id
        LEFT JOIN refused_lines ON refused_lines.line = a.line
        LEFT JOIN refused_numbers ON refused_numbers.number = {key}
        {joined}
        QUALIFY row_number() OVER (PARTITION BY a.remote_id ORDER BY t.id) = 1""",
        connection=pulled.connection, object=pulled.object.name)
    batch.insert("connected_records", """
        SELECT $connection AS connection, $object AS object, remote_id, $of_table AS table_name, row_id, ours, theirs,
               stamp, changed_in AS agreed_in FROM connecting WHERE row_id IS NOT NULL""",
        connection=pulled.connection, object=pulled.object.name, of_table=table)
    left_out = [row[0] for row in batch.execute("SELECT remote_id FROM connecting WHERE row_id IS NULL").fetchall()]
    for name in ("connecting", "pulled_cells", "pulled_records", "pulled_met", "refused_lines", "refused_numbers"):
        batch.execute(f"DROP TABLE {name}")
    return left_out


def _remember(batch, prepared: Prepared, left_out: list[str]) -> None:
    pulled = prepared.pulled
    left_out = [*left_out, *pulled.unasked]
    row = {"connection": pulled.connection, "object": pulled.object.name, "kind": prepared.mapping.kind,
           "columns": dump(prepared.mapping.columns), "left_out": dump(sorted(left_out)) if left_out else None}
    found = batch.execute("SELECT id, seen_until FROM connected_objects WHERE connection = $connection "
                          "AND object = $object", connection=pulled.connection, object=pulled.object.name).fetchone()
    row["seen_until"] = max((time for time in (pulled.until, found and found[1]) if time), default=None)
    if found:
        batch.change("connected_objects", {"id": found[0], **row})
    else:
        batch.add("connected_objects", row)


def change_links(batch, rows: list[dict]) -> None:
    import pandas as pd

    if rows:
        frame = pd.DataFrame(rows)
        if "agreed_in" in frame:
            frame["agreed_in"] = frame["agreed_in"].astype("Int64")
        batch.change("connected_records", frame)


def dump(value) -> str:
    return json.dumps(value, ensure_ascii=False)
