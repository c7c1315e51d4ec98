"""Open the book of record: one file, one connection, a cursor a call, one writer at a time."""

import json
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from crm_core import engine
from crm_core.errors import (
    Cancelled,
    CannotWrite,
    DatabaseFromNewerRelease,
    DatabaseInUse,
    DatabaseUnreadable,
    NoRoomOnDisk,
    RowNotFound,
)
from crm_core.store import ledger, undoing, versions
from crm_core.store.lock import take_lock
from crm_core.store.looking import Look
from crm_core.store.records import Batch
from crm_core.tables import TABLES

SCHEMA = Path(__file__).parent / "schema"

# What SQL in this process may not do: fetch, load, read other files or read Python's variables (docs/decisions/0003).
CONFINED = (
    "SET GLOBAL TimeZone = 'UTC'",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)

_FULL = re.compile(r"no space left|file too large|disk quota", re.IGNORECASE)

_open_stores: dict[Path, "Store"] = {}
_opening = threading.Lock()


def open_store(path, clock: Callable[[], datetime], actor: str = "local") -> "Store":
    """The store of a file; the same one for every caller in this process.

    `clock` gives the present time in UTC without a zone. Raises DatabaseInUse, DatabaseFromNewerRelease,
    DatabaseUnreadable, BatchesLost, LedgerDisagrees, NoRoomOnDisk, CannotWrite.
    """
    path = Path(path).resolve()
    with _opening:
        if path not in _open_stores:
            _open_stores[path] = Store(path, clock, actor)
        return _open_stores[path]


class Store:
    """One DuckDB file with its lock and its ledger. Reads may run in any thread; writes wait for each other."""

    def __init__(self, path: Path, clock: Callable[[], datetime], actor: str):
        self.path, self.clock, self.actor = path, clock, actor
        self.ledger_path = path.with_name(path.name + ".ledger")
        self.arriving = path.with_name(path.name + ".arriving")  # typed files that a batch is loading
        self._writing = threading.RLock()
        self._connection = None
        with _disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock_file = take_lock(path.with_name(path.name + ".lock"), path)
        try:
            shutil.rmtree(self.arriving, ignore_errors=True)  # left by a process that was killed
            self.is_new = not path.exists()
            self._connect()
            self._migrate()
            self._make_secret()
            # A new file knows nothing of the ledger of one that is gone; that stays as a witness under another name.
            if self.is_new and self.ledger_path.exists():
                self.ledger_path.replace(path.with_name(path.name + ".ledger.old"))
            batches = self._batches()
            ledger.compare(self.ledger_path, batches)
            self._revision, self._hash = (batches[-1]["number"], batches[-1]["hash"]) if batches else (0, "")
            self._touched = {table: batch["number"] for batch in batches for table in batch["rows"]}
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the file back: after this another process may open it."""
        if self._connection:
            self._connection.close()
        self._lock_file.close()
        _open_stores.pop(self.path, None)

    # --- reading --------------------------------------------------------------------------------

    def cursor(self):
        """A cursor of its own for each run: a DuckDB connection serves one thread at a time."""
        return self._connection.cursor()

    def revision(self, *tables: str) -> int:
        """The number of the newest batch, or of the newest that touched one of `tables`: the key of what is cached."""
        return max((self._touched.get(table, 0) for table in tables), default=self._revision)

    def frame(self, query: str, /, **parameters):
        """The answer of queries/<query>.sql as a pandas frame."""
        with _database_errors(self), self.cursor() as cursor:  # a fault within DuckDB ends the instance: it is reopened
            return engine.to_frame(engine.run(cursor, query, **parameters))

    def record(self, table: str, row_id: int) -> dict:
        """One row by its id, deleted or not, money as float. Raises RowNotFound."""
        return self.records(table, [row_id])[0]

    def records(self, table: str, row_ids) -> list[dict]:
        """Rows by their ids and in the order of these, as `record` gives them. Raises RowNotFound."""
        with self.cursor() as cursor:
            found = cursor.execute(
                f"SELECT * FROM {TABLES[table].name} WHERE id IN (SELECT unnest($ids))", {"ids": list(row_ids)}
            ).to_arrow_table()
        rows = {row["id"]: {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()}
                for row in found.to_pylist()}
        for row_id in row_ids:
            if row_id not in rows:
                raise RowNotFound(table=table, id=row_id)
        return [rows[row_id] for row_id in row_ids]

    def history(self, table: str, row_id: int) -> list[versions.Version]:
        """Every version of a row, newest first. Raises RowNotFound."""
        with self.cursor() as cursor:
            return versions.versions(cursor, table, row_id)

    def lines_of(self, order_id: int, batch: int | None = None) -> list[dict]:
        """The lines of an order as they are, or as they stood after a batch."""
        with self.cursor() as cursor:
            then = self._revision if batch is None else batch
            return versions.rows_as_of(cursor, "order_lines", "order_id", order_id, then)

    def hanging_on(self, table: str, row_id: int) -> dict[str, int]:
        """How many live rows of each table point at a row: what deleting it leaves without it."""
        pointing = {child.name: [column.name for column in child.columns if column.refers_to == table]
                    for child in TABLES.values()}
        counts = " UNION ALL ".join(
            f"SELECT '{child}', count(*) FROM {child} WHERE deleted_at IS NULL "
            f"AND ({' OR '.join(f'{name} = $id' for name in columns)})"
            for child, columns in pointing.items() if columns)
        if not counts:
            return {}
        with self.cursor() as cursor:
            found = cursor.execute(counts, {"id": row_id}).fetchall()
        return {child: rows for child, rows in found if rows}

    def check_alive(self) -> int:
        """Read the file, not the memory: the newest batch's number."""
        with self.cursor() as cursor:
            return cursor.execute("SELECT coalesce(max(number), 0) FROM batches").fetchone()[0]

    @contextmanager
    def look(self) -> Iterator[Look]:
        """SQL of one's own on the book as it is now, with tables to lay aside; whatever is written is given up."""
        with _database_errors(self), self.cursor() as cursor:
            cursor.execute("BEGIN TRANSACTION")
            try:
                yield Look(cursor)
            finally:
                _rollback(cursor)

    # --- writing --------------------------------------------------------------------------------

    @contextmanager
    def batch(
        self, kind: str, subject: str = "", *, undoes: int | None = None, actor: str | None = None
    ) -> Iterator[Batch]:
        """One transaction that is kept whole or not at all; a batch that touched no row leaves no trace.

        A row that breaks a rule, a key or a reference refuses the whole batch.
        """
        yield from self._transaction(kind, subject, undoes, actor, keep=True)

    @contextmanager
    def rehearsal(self, kind: str, subject: str = "") -> Iterator[Batch]:
        """A batch that is checked to its end and then given up: what would happen, exactly, and nothing happened."""
        yield from self._transaction(kind, subject, None, None, keep=False)

    def _transaction(self, kind, subject, undoes, actor, keep: bool) -> Iterator[Batch]:
        with self._writing, _database_errors(self):
            cursor = self.cursor()
            batch = Batch(cursor, self._revision + 1, self.clock(), kind, subject, undoes, actor or self.actor,
                          self.arriving)
            cursor.execute("BEGIN TRANSACTION")
            try:
                yield batch
                kept = keep and bool(batch.rows)
                if batch.rows:
                    batch.check()
                if kept:
                    entry = self._enter(batch)
                    cursor.execute("SELECT 1")  # a COMMIT after an error "succeeds" and rolls back: this does not
                    cursor.execute("COMMIT")
                else:
                    cursor.execute("ROLLBACK")
            except BaseException:  # a page's rerun is a BaseException too
                _rollback(cursor)
                raise
            finally:
                cursor.close()
            if kept:
                self._revision, self._hash = entry["number"], entry["hash"]
                self._touched |= dict.fromkeys(entry["rows"], entry["number"])
                self._write_ledger(entry)

    def undo(self, number: int) -> int:
        """Take a batch back; the undoing is itself a batch, whose number is returned.

        Raises BatchNotFound, AlreadyUndone, TouchedSince (a later batch changed its rows), StillReferred.
        """
        with self.batch("undo", str(number), undoes=number) as batch:
            undoing.undo(batch, number)
        return batch.number

    def withdraw(self, number: int) -> int:
        """Take away every row that a batch added, and what hangs on it, whatever was done to it since."""
        with self.batch("withdraw", str(number), undoes=number) as batch:
            undoing.withdraw(batch, number)
        return batch.number

    def empty(self) -> int:
        """Take away every row of every table; like any batch it can be undone."""
        with self.batch("empty") as batch:
            undoing.empty(batch)
        return batch.number

    def interrupt(self, batch: Batch) -> None:
        """Stop a running batch from another thread: it is rolled back and raises Cancelled."""
        batch.cancelled = True
        batch.cursor.interrupt()

    # --- inside ---------------------------------------------------------------------------------

    def _connect(self) -> None:
        # DuckDB opens a CSV or Parquet file as if it were a database, and then keeps nothing.
        if self.path.exists() and self.path.stat().st_size and self._connection is None:
            with self.path.open("rb") as file:
                if file.read(12)[8:] != b"DUCK":
                    raise DatabaseUnreadable(path=str(self.path), reason="no database")
        try:
            self._connection = duckdb.connect(str(self.path))
        except duckdb.Error as error:
            raise _opening_error(self.path, error) from error
        allowed = str(self.arriving).replace("'", "''")
        for setting in (f"SET allowed_directories = ['{allowed}']", *CONFINED):
            self._connection.execute(setting)

    def _migrate(self) -> None:
        """Bring an older file to this release, one numbered step a transaction; refuse a newer one."""
        steps = sorted(SCHEMA.glob("[0-9]*.sql"))
        known = int(steps[-1].name[:4])
        with self.cursor() as cursor, _database_errors(self):
            tables = [
                name
                for (name,) in cursor.execute(
                    "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'"
                ).fetchall()
            ]
            if tables and "schema_steps" not in tables:
                raise DatabaseUnreadable(path=str(self.path), reason="no workbench")
            cursor.execute("CREATE TABLE IF NOT EXISTS schema_steps (step INTEGER NOT NULL)")
            found = cursor.execute("SELECT coalesce(max(step), 0) FROM schema_steps").fetchone()[0]
            if found > known:
                raise DatabaseFromNewerRelease(path=str(self.path), found=found, known=known)
            for step in steps[found:]:
                cursor.execute("BEGIN TRANSACTION")
                try:
                    cursor.execute(step.read_text(encoding="utf-8"))
                    cursor.execute("INSERT INTO schema_steps VALUES ($step)", {"step": int(step.name[:4])})
                    cursor.execute("COMMIT")
                except BaseException:
                    _rollback(cursor)
                    raise

    def _make_secret(self) -> None:
        """Draw what this book's files are signed with, once in its life."""
        with self.cursor() as cursor, _database_errors(self):
            if not cursor.execute("SELECT 1 FROM secrets WHERE name = 'models'").fetchone():
                cursor.execute("INSERT INTO secrets VALUES ('models', $value)", {"value": secrets.token_hex(32)})

    def _batches(self) -> list[dict]:
        with self.cursor() as cursor:
            found = cursor.execute("SELECT number, touched, hash FROM batches ORDER BY number").fetchall()
        return [{"number": number, "rows": json.loads(rows), "hash": hashed} for number, rows, hashed in found]

    def _enter(self, batch: Batch) -> dict:
        """Write the batch's own row; the entry for the ledger."""
        rows = json.dumps(batch.rows)
        hashed = ledger.chained_hash(
            self._hash, batch.number, batch.at.isoformat(), batch.actor, batch.kind, batch.subject, rows, batch.undoes
        )
        batch.cursor.execute(
            "INSERT INTO batches VALUES ($number, $at, $actor, $kind, $subject, $rows, $undoes, $hash)",
            {
                "number": batch.number,
                "at": batch.at,
                "actor": batch.actor,
                "kind": batch.kind,
                "subject": batch.subject,
                "rows": rows,
                "undoes": batch.undoes,
                "hash": hashed,
            },
        )
        return {"number": batch.number, "rows": batch.rows, "hash": hashed}

    def _write_ledger(self, entry: dict) -> None:
        try:
            ledger.append(self.ledger_path, [entry])
        except OSError as error:
            # The batch is safely in the file; only the second witness could not write. The next opening adds it.
            raise NoRoomOnDisk(path=str(self.path)) from error


def _rollback(cursor) -> None:
    # The error that brought us here may have ended the transaction, or the instance, already.
    with suppress(duckdb.Error):
        cursor.execute("ROLLBACK")


@contextmanager
def _disk_errors(path: Path):
    try:
        yield
    except OSError as error:
        if error.errno in (28, 122):  # ENOSPC, EDQUOT
            raise NoRoomOnDisk(path=str(path)) from error
        raise CannotWrite(path=str(path.parent)) from error


@contextmanager
def _database_errors(store: Store):
    """DuckDB's own errors as ours, where a person can act on them; the rest goes through loud."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise Cancelled() from error
    except duckdb.Error as error:
        full = _FULL.search(str(error))
        if full or isinstance(error, (duckdb.FatalException, duckdb.InternalException)):
            # A checkpoint that met a full disk has killed the instance: what was acknowledged is in the log.
            store._connection.close()
            store._connect()
        if full:
            raise NoRoomOnDisk(path=str(store.path)) from error
        raise


def _opening_error(path: Path, error: duckdb.Error) -> Exception:
    text = str(error)
    if "lock" in text.lower():
        pid = re.search(r"PID (\d+)", text)
        return DatabaseInUse(path=str(path), pid=int(pid.group(1)) if pid else 0)
    if re.search(r"newer version|storage version|version number|only read.*version", text, re.IGNORECASE):
        return DatabaseFromNewerRelease(path=str(path), found=0, known=0)
    if _FULL.search(text):
        return NoRoomOnDisk(path=str(path))
    if "permission denied" in text.lower():
        return CannotWrite(path=str(path))
    return DatabaseUnreadable(path=str(path), reason=text.splitlines()[0][:200])
