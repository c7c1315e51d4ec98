"""Take batches back: put every touched row where it was, or say which rows were touched since."""

import json

from crm_core.errors import AlreadyUndone, BatchNotFound, ChangesSent, MergeErased, MergeTouchedSince, TouchedSince
from crm_core.store.records import Batch
from crm_core.tables import TABLES


def undo(batch: Batch, number: int) -> None:
    """Restore the rows that batch `number` touched. A row counts as touched since when it is not as it left it."""
    _check_can_be_undone(batch, number)
    _check_merged_are_there(batch, number)
    (touched,) = batch.execute("SELECT touched FROM batches WHERE number = $number", number=number).fetchone()
    names = [name for name in TABLES if name in json.loads(touched)]
    try:
        for name in names:
            _check_untouched(batch, name, number)
    except TouchedSince as error:
        _lead_to_taking_apart(batch, number, error)
        raise
    for name in names:
        # What the batch took out and did not itself write comes back as it was.
        returning = (
            f"SELECT h.* FROM history.{name} h WHERE h.replaced_in = {number} "
            f"AND NOT EXISTS (SELECT 1 FROM {name} t WHERE t.id = h.id)"
        )
        _put_back(batch, name, returning, "added")
        # What it changed becomes as it was; what it added goes.
        batch.execute(
            f"CREATE OR REPLACE TEMP TABLE written AS SELECT t.id FROM {name} t WHERE t.changed_in = {number} "
            f"UNION SELECT h.id FROM history.{name} h JOIN {name} t ON t.id = h.id "
            f"WHERE h.changed_in = {number} AND t.changed_in <> {batch.number}"
        )
        batch.execute(
            f"CREATE OR REPLACE TEMP TABLE earlier AS SELECT h.* FROM history.{name} h "
            f"WHERE h.replaced_in = {number} AND h.id IN (SELECT id FROM written)"
        )
        batch.purge(name, "SELECT id FROM written WHERE id NOT IN (SELECT id FROM earlier)")
        batch.keep_before(name, "earlier")
        batch.execute(f"DELETE FROM {name} WHERE id IN (SELECT id FROM earlier)")
        _put_back(batch, name, "SELECT * FROM earlier", "changed")


def withdraw(batch: Batch, number: int) -> None:
    """Take out what batch `number` added, and the rows that cannot stand without it; looser ties are cut."""
    _check_can_be_undone(batch, number)
    had_members = "SELECT DISTINCT segment_id FROM segment_members"
    batch.execute(f"CREATE OR REPLACE TEMP TABLE peopled AS {had_members}")
    had_scores = "SELECT run_id FROM predictions UNION SELECT run_id FROM text_classes"
    batch.execute(f"CREATE OR REPLACE TEMP TABLE scored AS {had_scores}")
    for name, table in TABLES.items():
        added = (
            f"SELECT v.id FROM (SELECT id FROM {name} WHERE changed_in = {number} "
            f"UNION SELECT id FROM history.{name} WHERE changed_in = {number}) v "
            f"WHERE v.id NOT IN (SELECT id FROM history.{name} WHERE replaced_in = {number})"
        )
        batch.purge(name, added)
        for column in table.columns:
            if column.refers_to:
                lost = (
                    f"SELECT t.id FROM {name} t WHERE t.{column.name} IS NOT NULL "
                    f"AND NOT EXISTS (SELECT 1 FROM {column.refers_to} p WHERE p.id = t.{column.name})"
                )
                if column.required or column.belongs:
                    batch.purge(name, lost)
                else:
                    batch.execute(f"CREATE OR REPLACE TEMP TABLE loosened AS {lost}")
                    batch.change(
                        name, batch.execute(f"SELECT id, CAST(NULL AS BIGINT) AS {column.name} FROM loosened").df()
                    )
    _withdraw_emptied_segments(batch, f"SELECT segment_id FROM peopled WHERE segment_id NOT IN ({had_members})")
    # Frozen scores of nobody are nothing to grade, and so with what was said of messages: their run goes with the last.
    batch.purge("runs", f"SELECT run_id FROM scored WHERE run_id NOT IN ({had_scores})")
    for (name,) in batch.execute("SELECT DISTINCT table_name FROM merges").fetchall():
        batch.purge("merges", f"SELECT m.id FROM merges m WHERE m.table_name = '{name}' AND (m.kept_id NOT IN "
                              f"(SELECT id FROM {name}) OR m.merged_id NOT IN (SELECT id FROM {name}))")


def _withdraw_emptied_segments(batch: Batch, emptied: str) -> None:
    """Segments whose every member on every day is gone go too, and with the last of its segments a run."""
    batch.execute("CREATE OR REPLACE TEMP TABLE emptied_runs AS SELECT DISTINCT run_id AS id FROM segments "
                  f"WHERE run_id IS NOT NULL AND id IN ({emptied})")
    # A segment that had nobody on any day goes with the others of its run.
    batch.execute(f"CREATE OR REPLACE TEMP TABLE emptied_segments AS SELECT id FROM segments WHERE id IN ({emptied}) "
                  "UNION SELECT id FROM segments WHERE run_id IN (SELECT id FROM emptied_runs) "
                  "AND id NOT IN (SELECT segment_id FROM segment_members)")
    batch.purge("segments", "SELECT id FROM emptied_segments")
    batch.purge("segment_snapshots", "SELECT id FROM segment_snapshots "
                                     "WHERE segment_id NOT IN (SELECT id FROM segments)")
    batch.execute("DELETE FROM emptied_runs WHERE id IN (SELECT run_id FROM segments WHERE run_id IS NOT NULL)")
    batch.purge("runs", "SELECT id FROM runs WHERE coalesce(first_id, id) IN (SELECT id FROM emptied_runs)")


def empty(batch: Batch) -> None:
    for name in reversed(TABLES):
        batch.purge(name, f"SELECT id FROM {name}")


def _check_can_be_undone(batch: Batch, number: int) -> None:
    found = batch.execute("SELECT kind FROM batches WHERE number = $number", number=number).fetchone()
    if not found:
        raise BatchNotFound(number=number)
    if found[0] == "push":
        raise ChangesSent(number=number)
    undone = batch.execute(
        "SELECT u.number FROM batches u WHERE u.undoes = $number "
        "AND NOT EXISTS (SELECT 1 FROM batches r WHERE r.undoes = u.number) LIMIT 1",
        number=number,
    ).fetchone()
    if undone:
        raise AlreadyUndone(number=number, by=undone[0])


def _check_merged_are_there(batch: Batch, number: int) -> None:
    """A merge with somebody who was erased since cannot be taken back, not even in part."""
    for (name,) in batch.execute(f"SELECT DISTINCT table_name FROM merges WHERE done_in = {number}").fetchall():
        erased = batch.execute(f"""
            SELECT id FROM (SELECT kept_id AS id FROM merges WHERE done_in = {number} AND table_name = '{name}' UNION
                            SELECT merged_id FROM merges WHERE done_in = {number} AND table_name = '{name}')
            ANTI JOIN (SELECT id FROM {name}) USING (id) LIMIT 1""").fetchone()
        if erased:
            raise MergeErased(table=name, id=erased[0])


def _lead_to_taking_apart(batch: Batch, number: int, error: TouchedSince) -> None:
    """A merge that something touched since is taken apart; one that was taken apart is undone already."""
    standing, last = batch.execute("SELECT count(*) FILTER (deleted_at IS NULL), max(changed_in) FROM merges "
                                   "WHERE done_in = $number", number=number).fetchone()
    if standing:
        raise MergeTouchedSince(**error.facts) from error
    if last:
        raise AlreadyUndone(number=number, by=last) from error


def _check_untouched(batch: Batch, name: str, number: int) -> None:
    """Rows that a later batch left different from what batch `number` left, by content and not by number."""
    passed = f"SELECT id FROM history.{name} WHERE changed_in = {number}"
    left = f"SELECT h.* EXCLUDE (changed_in, replaced_in) FROM history.{name} h WHERE h.changed_in = {number}"
    now = f"SELECT t.* EXCLUDE (changed_in) FROM {name} t WHERE t.id IN ({passed})"
    written = f"(SELECT id FROM {name} WHERE changed_in = {number} UNION {passed})"
    back_since = (
        f"SELECT h.id FROM history.{name} h JOIN {name} t ON t.id = h.id "
        f"WHERE h.replaced_in = {number} AND h.id NOT IN {written}"
    )
    touched = batch.execute(
        f"SELECT DISTINCT id FROM ((SELECT id FROM ({left} EXCEPT {now})) UNION ALL ({back_since})) ORDER BY id"
    ).fetchall()
    if touched:
        raise TouchedSince(number=number, table=name, ids=[row[0] for row in touched[:5]], rows=len(touched))


def _put_back(batch: Batch, name: str, select: str, what: str) -> None:
    count = batch.execute(
        f"INSERT INTO {name} BY NAME SELECT * EXCLUDE (replaced_in) REPLACE ({batch.number} AS changed_in) "
        f"FROM ({select})"
    ).fetchone()[0]
    batch.count(name, what, count)
