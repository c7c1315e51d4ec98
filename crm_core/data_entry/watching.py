"""Watch a folder: take each file that is complete, import it as one batch, and put it where its result stands.

    FOLDER/march.csv   → FOLDER/done/2026-03-01_march.csv      beside it …rejects.csv, where rows were rejected
    FOLDER/broken.csv  → FOLDER/refused/2026-03-01_broken.csv  beside it ….txt: why, and what to do
    FOLDER/april.csv.part  is left alone until it has its name

A file is moved after its batch is kept. Whoever is stopped between the two finds the file again, and importing it again
changes nothing: no file is lost, and none counts twice.
"""

import json
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from crm_core import errors
from crm_core.data_entry.bringing import bring_in, stamp
from crm_core.errors import (
    Cancelled,
    CannotWrite,
    CrmError,
    DatabaseInUse,
    DemoPresent,
    FileChanging,
    FileNotFound,
    FileNotWritable,
    FolderNotFound,
    MappingNotFound,
    NoRoomOnDisk,
)
from crm_core.sentences import error_sentence

DONE, REFUSED, RESULTS = "done", "refused", ".results.jsonl"
# How programs call a file that they have not finished, or that is only theirs.
UNFINISHED = (".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp", ".temp", ".swp", ".lock", "~")
# What says nothing about the file: it is left where it is and tried again.
NOT_THE_FILE = (
    Cancelled, CannotWrite, DatabaseInUse, DemoPresent, FileNotFound, FileNotWritable, FileChanging,
    MappingNotFound, NoRoomOnDisk,
)
EMPTY_WAITS = timedelta(minutes=1)  # a file of no bytes has perhaps just been begun
KEPT_RESULTS = 100


@dataclass(frozen=True)
class Result:
    """What became of a file."""

    name: str
    at: datetime
    # "imported", "nothing_new", "refused", "waiting" (left there and tried again), "failed" (a fault of ours)
    outcome: str
    number: int | None = None  # of the batch
    tables: dict[str, dict[str, int]] = field(default_factory=dict)  # as in Loaded
    rejected: int = 0  # rows
    left_out: tuple[str, ...] = ()  # headers that were not imported
    mapping: str | None = None  # the kept mapping that was used
    error: CrmError | None = None
    moved_to: str | None = None  # where the file is now, within the folder


# --- which files are complete -------------------------------------------------------------------


def files_in(folder: Path) -> dict[str, tuple[int, int]]:
    """The files that may be taken, with what changes while one is being written. Raises FolderNotFound."""
    found = {}
    try:
        names = os.listdir(folder)
    except OSError as error:
        raise FolderNotFound(path=str(folder)) from error
    for name in names:
        if name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED):
            continue
        try:
            if (folder / name).is_file():
                found[name] = stamp(folder / name)
        except FileNotFoundError:  # gone since it was listed
            continue
    return found


def complete(before: dict[str, tuple[int, int]], now: dict[str, tuple[int, int]], at: datetime) -> list[str]:
    """The files that were there and the same at both looks, the oldest first; an empty one only after a minute."""
    young = (at - EMPTY_WAITS - datetime(1970, 1, 1)) / timedelta(microseconds=1) * 1000
    same = [name for name, seen in now.items() if before.get(name) == seen and (seen[0] or seen[1] < young)]
    return sorted(same, key=lambda name: (now[name][1], name))


# --- taking them --------------------------------------------------------------------------------


class Watch:
    """One folder. `look` says which files are complete, `take` imports one and moves it."""

    def __init__(self, folder, clock: Callable[[], datetime], mapping: str | None = None, language: str = "en",
                 beside_demo: bool = False):
        self.folder, self.clock, self.mapping, self.language = Path(folder), clock, mapping, language
        self.beside_demo = beside_demo
        self._before: dict[str, tuple[int, int]] = {}
        self._failed: dict[str, tuple[int, int]] = {}  # not tried again before they change
        self._said: dict[str, str] = {}  # why a file waits: said once and not at every look

    def look(self) -> list[str]:
        """The files that were the same at the last look too. Raises FolderNotFound."""
        now = files_in(self.folder)
        ready = complete(self._before, now, self.clock())
        self._before = now
        return [name for name in ready if self._failed.get(name) != now[name]]

    def take(self, store, name: str) -> Result | None:
        """Import a file as one batch and move it; None where it waits for the same reason as at the last look."""
        path, at = self.folder / name, self.clock()
        target = _free(self.folder / DONE, name, at)
        rejects = target.with_name(target.name + ".rejects.csv")
        try:
            self._make_room()
            self._refuse_beside_demo(store)
            brought = bring_in(store, path, at, self.mapping, rejects, self.language)
            _move(path, target)
            return self._keep(Result(
                name, at, "imported" if brought.number else "nothing_new", brought.number, brought.loaded.tables,
                brought.checked.rejected, brought.left_out, brought.mapping_name, moved_to=f"{DONE}/{target.name}",
            ))
        except NOT_THE_FILE as error:
            if rejects.exists():
                rejects.unlink()
            return self.waits(name, error)
        except CrmError as error:
            return self._refuse(path, at, error, rejects)
        except Exception:
            # A fault of ours: told whole, and the other files still come in.
            traceback.print_exc()
            if path.exists():
                self._failed[name] = stamp(path)
            return self._keep(Result(name, at, "failed"))

    def waits(self, name: str, error: CrmError) -> Result | None:
        """A file that stays where it is until the reason is gone."""
        if self._said.get(name) == repr(error):
            return None
        self._said[name] = repr(error)
        return self._keep(Result(name, self.clock(), "waiting", error=error))

    def _make_room(self) -> None:
        for place in (DONE, REFUSED):
            try:
                (self.folder / place).mkdir(exist_ok=True)
            except OSError as error:
                raise CannotWrite(path=str(self.folder / place)) from error

    def _refuse_beside_demo(self, store) -> None:
        demo = store.frame("demo_batch")
        if len(demo) and not self.beside_demo:
            raise DemoPresent(customers=int(demo["customers"][0]))

    def _refuse(self, path: Path, at: datetime, error: CrmError, rejects: Path) -> Result | None:
        target = _free(self.folder / REFUSED, path.name, at)
        try:
            if rejects.exists():
                rejects.replace(target.with_name(target.name + ".rejects.csv"))
            said = target.with_name(target.name + ".txt")
            said.write_text(error_sentence(self.language, error) + "\n", encoding="utf-8")
            _move(path, target)
        except (OSError, CannotWrite):
            return self.waits(path.name, CannotWrite(path=str(self.folder / REFUSED)))
        return self._keep(Result(path.name, at, "refused", error=error, moved_to=f"{REFUSED}/{target.name}",
                                 rejected=error.facts.get("rejected", 0)))

    def _keep(self, result: Result) -> Result:
        if result.outcome != "waiting":
            self._said.pop(result.name, None)
        write_result(self.folder, result)
        return result


def _free(folder: Path, name: str, at: datetime) -> Path:
    """A name that nothing has yet: 2026-03-01_march.csv, 2026-03-01_march-2.csv …"""
    first = folder / f"{at:%Y-%m-%d}_{name}"
    target, number = first, 1
    while target.exists():
        number += 1
        target = first.with_name(f"{first.stem}-{number}{first.suffix}")
    return target


def _move(path: Path, target: Path) -> None:
    try:
        path.rename(target)
    except OSError as error:
        raise CannotWrite(path=str(target.parent)) from error


# --- what became of them ------------------------------------------------------------------------


def write_result(folder: Path, result: Result) -> None:
    """Add to the folder's list of results; the newest are kept."""
    told = vars(result) | {
        "at": result.at.isoformat(),
        "error": result.error and [type(result.error).__name__, result.error.facts],
    }
    lines = [*_lines(folder), json.dumps(told, ensure_ascii=False, default=str)][-KEPT_RESULTS:]
    try:
        written = folder / (RESULTS + ".tmp")
        written.write_text("\n".join(lines) + "\n", encoding="utf-8")
        written.replace(folder / RESULTS)
    except OSError as error:
        raise CannotWrite(path=str(folder)) from error


def last_results(folder: Path, count: int = 5) -> list[Result]:
    """The newest results, the newest first."""
    results = []
    for line in reversed(_lines(folder)[-count:]):
        told = json.loads(line)
        error = told["error"] and getattr(errors, told["error"][0])(**told["error"][1])
        told |= {"at": datetime.fromisoformat(told["at"]), "error": error, "left_out": tuple(told["left_out"])}
        results.append(Result(**told))
    return results


def _lines(folder: Path) -> list[str]:
    try:
        return (folder / RESULTS).read_text(encoding="utf-8").splitlines()
    except OSError:  # none yet
        return []
