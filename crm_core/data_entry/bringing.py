"""From a file to one batch without a page: what the shell and the watched folder do alike."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crm_core.data_entry.checking import Checked, all_rejects, check
from crm_core.data_entry.keeping import READ_OPTIONS, KeptMapping, exact_fit, fitted, kept_mappings, named
from crm_core.data_entry.loading import Loaded, load
from crm_core.data_entry.mapping import Mapping, propose_mapping
from crm_core.data_entry.reading import Reading, read
from crm_core.errors import FileChanging, FileNotWritable, NothingToImport
from crm_core.harmless import no_formula
from crm_core.sentences import reject_sentence


@dataclass(frozen=True)
class Understood:
    """A file that was read, and what its columns mean."""

    reading: Reading
    mapping: Mapping
    kept: KeptMapping | None  # the kept mapping that says so
    date_order: str | dict | None


@dataclass(frozen=True)
class Brought:
    """A file that is in."""

    number: int | None  # of the batch; None where the file held nothing new
    checked: Checked
    loaded: Loaded
    left_out: tuple[str, ...]  # headers that were not imported
    mapping_name: str | None  # of the kept mapping that was used


@contextmanager
def understood(path: Path, kept: list[KeptMapping], wanted: str | None = None, said: dict | None = None,
               told: dict[str, str | None] | None = None, kind: str | None = None, progress=None,
               ) -> Iterator[Understood]:
    """Read a file and settle its mapping: the kept one that is wanted by name, else one that fits exactly, else by
    the headers. `said` are READ_OPTIONS and `date_order`, `told` is {header: meaning}; both outrank what was kept.

    Raises what `read` raises, MappingNotFound, MappingDoesNotFit.
    """
    said = {name: value for name, value in (said or {}).items() if value is not None}
    told = told or {}
    chosen = named(kept, wanted) if wanted else None
    options = (chosen.options if chosen else {}) | said
    reading = _read(path, options, progress)
    try:
        if not chosen and not kind and (chosen := exact_fit(kept, reading.headers)) and chosen.reading:
            options = chosen.options | said
            reading.close()
            reading = _read(path, options, progress)
        if chosen:
            options = chosen.options | said
            mapping = fitted(chosen, reading.headers, reading.name, told)
        else:
            mapping = propose_mapping(reading.headers, reading.sample, kind) if kind else reading.mapping
            mapping = mapping.told(told, kind) if told else mapping
        yield Understood(reading, mapping, chosen, options.get("date_order"))
    finally:
        reading.close()


def _read(path: Path, options: dict, progress) -> Reading:
    return read(path, progress=progress, **{name: options[name] for name in READ_OPTIONS if name in options})


def stamp(path: Path) -> tuple[int, int]:
    """What changes while a file is being written: its size and the time of its last writing."""
    looked = path.stat()
    return looked.st_size, looked.st_mtime_ns


def bring_in(store, path: Path, at: datetime, wanted: str | None, rejects_to: Path, language: str) -> Brought:
    """Import a file as one batch; what was rejected is listed in the file `rejects_to`.

    Raises what reading, mapping, checking and loading raise, and FileChanging where the file changed meanwhile:
    then nothing of it was taken.
    """
    before = stamp(path)
    with understood(path, kept_mappings(store.frame("kept_mappings")), wanted) as file:
        try:
            checked = check(file.reading, file.mapping, date_order=file.date_order, at=at)
        except NothingToImport as error:
            write_rejects(all_rejects(error), rejects_to, language, mode="w")
            raise
        if checked.rejected:
            write_rejects(checked.rejects, rejects_to, language, mode="w")
        with store.batch("import", path.name) as batch:
            loaded = load(batch, checked)
            unchanged(path, before)
        left_out = tuple(header for header, meaning in file.mapping.columns.items() if not meaning)
        return Brought(batch.number if batch.rows else None, checked, loaded, left_out, file.kept and file.kept.name)


def unchanged(path: Path, before: tuple[int, int]) -> None:
    """Raises FileChanging where a file is not as it was."""
    if not path.exists() or stamp(path) != before:
        raise FileChanging(name=path.name)


def write_rejects(rejects, path: Path, language: str, mode: str = "x") -> None:
    """The frame of rejects as CSV, no cell of it run as a formula. Mode "x" writes over nothing: the list must not
    replace the file that it is about. Raises FileNotWritable."""
    try:
        with open(path, mode, encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["line", "column", "reason", "value", "raw"])
            for row in rejects.itertuples(index=False):
                reason = reject_sentence(language, row.reason)
                writer.writerow([row.line, *(no_formula(cell) for cell in (row.column, reason, row.value, row.raw))])
    except OSError as error:
        raise FileNotWritable(path=str(path)) from error
