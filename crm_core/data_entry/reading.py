"""Read a file that a person brings: as texts, in a child process, into a folder that goes when the reading closes."""
import os
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from crm_core import errors
from crm_core.data_entry.child import Limits, run_in_child
from crm_core.data_entry.mapping import Mapping, propose_mapping
from crm_core.errors import (
    ArchiveInArchive,
    CrmError,
    FileChanging,
    FileEmpty,
    JsonBroken,
    MemberNotThere,
    NoTableInside,
    SheetNotThere,
)

FOLDER = "crm_import"
JSON_FILES = (".json", ".jsonl", ".ndjson", ".geojson")
# What a name promises; whatever it says, a file is read as what it is.
SUFFIXES = {**dict.fromkeys((".csv", ".tsv", ".tab"), ("csv",)), ".xlsx": ("xlsx",), ".xlsm": ("xlsx",),
            ".xlsb": ("xlsb",), ".xls": ("xls",), ".ods": ("ods",), ".parquet": ("parquet",),
            **dict.fromkeys(JSON_FILES, ("json",))}


@dataclass(frozen=True)
class Reading:
    """A file as texts. It holds a folder of temporary files until it is closed."""

    name: str  # the file's name, for sentences
    folder: Path  # cells.parquet (its cells as texts), ragged.parquet; text.csv (the file as UTF-8) where it is text
    size: int  # bytes of the file
    format: str  # csv (any delimited text), xlsx, xlsb, xls, ods, json, parquet: by the content, not by the name
    encoding: str  # Python's name of the encoding that was used; empty where the format has none
    encoding_guessed: bool  # False where the person or a byte order mark said so
    delimiter: str  # empty where the format has none
    headers: tuple[str, ...]  # as in the file; `#3` where the third has none, `Phone (2)` for the second Phone
    header_line: int  # line or row of the header; 0 where the table has none
    sheets: tuple[str, ...]  # of a workbook
    sheet: str | None  # the one that was read
    members: tuple[str, ...]  # the files in an archive that may be tables
    member: str | None  # the one that was read
    rows: int  # rows with as many cells as the header
    ragged: int  # rows rejected because they had not
    sample: list[dict]  # the first 50 rows as texts by header
    notes: tuple[tuple[str, dict], ...]  # what was done unasked: a name under `importing.note` and its facts
    mapping: Mapping  # proposed
    limits: Limits = field(default_factory=Limits, repr=False)

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Reading":
        return self

    def __exit__(self, *error) -> None:
        self.close()


def read(path, name: str | None = None, encoding: str | None = None, delimiter: str | None = None,
         sheet: str | None = None, member: str | None = None, header_line: int | None = None,
         progress=None, cancel=None, limits: Limits | None = None) -> Reading:
    """The file's table as texts, with a proposal what its columns mean. The caller closes the answer.

    What is not told is found: a packed file's member, a workbook's sheet, the header's line (0: there is none).
    Raises FileNotFound, FileEmpty, FileTypeUnknown, WebPageOrXml, FileDamaged, FileChanging, PasswordNeeded,
    UnpacksTooLarge, ArchiveInArchive, MemberNotThere, NoTableInside, SheetNotThere, SheetTooLarge, JsonBroken,
    FileNotReadable, EncodingUnknown, NotATextFile, LineTooLong, FixedWidth, OnlyAHeader, HeaderLineNotThere,
    RaggedFile, TooManyColumns, DelimiterUnknown, ReaderStopped, Cancelled.
    """
    path = Path(path)
    name = name or path.name
    if not path.is_file() or not os.access(path, os.R_OK):
        raise errors.FileNotFound(name=name)
    size = path.stat().st_size
    if not size:
        raise FileEmpty(name=name)
    limits = limits or Limits()
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}_{os.getpid()}_"))
    try:
        answer = run_in_child(
            "read", {"path": str(path.resolve()), "folder": str(folder), "name": name, "encoding": encoding,
                     "delimiter": delimiter, "sheet": sheet, "member": member, "header_line": header_line},
            name=name, size=size, progress=progress, cancel=cancel, limits=limits)
        for several in ("headers", "sheets", "members"):
            answer[several] = tuple(answer[several])
        answer["notes"] = tuple((note, facts) for note, facts in answer["notes"])
        headers = answer["headers"]
        return Reading(name=name, folder=folder, size=size, limits=limits,
                       mapping=propose_mapping(headers, answer["sample"], name=name), **answer)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def work(request: dict, progress) -> dict:
    """In the child: find out what the file is, unpack it where it is packed, and lay its table into the folder."""
    source = Path(request["path"])
    found = source.stat()
    try:
        answer = _read(source, request, progress)
    except (CrmError, OSError):
        _refuse_a_changed(source, found, request["name"])
        raise
    _refuse_a_changed(source, found, request["name"])
    return answer


def _refuse_a_changed(source: Path, found, name: str) -> None:
    try:
        now = source.stat()
    except FileNotFoundError:
        raise FileChanging(name=name) from None
    if (now.st_size, now.st_mtime_ns) != (found.st_size, found.st_mtime_ns):
        raise FileChanging(name=name)


def _read(source: Path, request: dict, progress) -> dict:
    from crm_core.data_entry import archive

    folder, name = Path(request["folder"]), request["name"]
    kind = archive.kind_of(source, name)
    inner, packed = {}, kind in archive.ARCHIVES
    if packed:
        unpacked = folder / "unpacked"
        members, member = archive.unpack(source, unpacked, kind, name, request["member"],
                                         lambda share: progress(share * 0.2))
        inner = {"members": members, "member": member or None}
        source = unpacked
        if not unpacked.stat().st_size:
            raise FileEmpty(name=name)
        kind = archive.kind_of(source, name)
        if kind in archive.ARCHIVES:
            raise ArchiveInArchive(name=name, member=member or name)
    elif request["member"]:
        raise MemberNotThere(name=name, member=request["member"])
    answer = _table(source, kind, request, (lambda share: progress(0.2 + share * 0.8)) if packed else progress)
    notes = list(answer.pop("notes", ()))
    if len(inner.get("members", ())) > 1 and not request["member"]:
        notes.insert(0, ("member_chosen", {"member": inner["member"], "count": len(inner["members"])}))
    suffix = Path(inner.get("member") or name).suffix.lower()
    if suffix in SUFFIXES and answer["format"] not in SUFFIXES[suffix] and not (packed and not inner["member"]):
        notes.insert(0, ("other_kind", {"suffix": suffix, "format": answer["format"]}))
    if packed:
        source.unlink()
    return {"encoding": "", "encoding_guessed": False, "delimiter": "", "sheets": (), "sheet": None, "header_line": 1,
            "members": (), "member": None, **inner, **answer, "notes": notes}


def _table(source: Path, kind: str, request: dict, progress) -> dict:
    folder, name, header_line = Path(request["folder"]), request["name"], request["header_line"]
    if kind == "parquet":
        from crm_core.data_entry.columnar import read_parquet

        return {"format": kind, **read_parquet(source, folder, name, progress)}
    if kind.startswith("xls") or kind == "ods":
        from crm_core.data_entry.workbook import read_workbook

        return read_workbook(source, folder, name, kind, request["sheet"], header_line, progress)
    if request["sheet"]:
        raise SheetNotThere(name=name, sheet=request["sheet"])
    if kind == "json" and not request["delimiter"]:
        from crm_core.data_entry.structured import read_json

        try:
            return read_json(source, folder, name, request["encoding"], header_line, progress)
        except (JsonBroken, NoTableInside):
            # A table whose first header stands in brackets is no JSON either.
            if Path(name).suffix.lower() in JSON_FILES or not _is_delimited(source):
                raise
    return _delimited(source, request, progress)


def _is_delimited(source: Path) -> bool:
    """Whether the first line could be a header that only begins as JSON does."""
    with source.open("rb") as file:
        line = file.readline(4096).strip()
    return line[-1:] not in (b"{", b"[", b",", b"}", b"]") and any(sign in line for sign in b",;\t|")


def _delimited(source: Path, request: dict, progress) -> dict:
    from crm_core.data_entry.decode import decode
    from crm_core.data_entry.dialect import find_dialect

    folder, name = Path(request["folder"]), request["name"]
    text = folder / "text.csv"
    decoded = decode(source, text, name, request["encoding"], lambda share: progress(share * 0.3))
    dialect = find_dialect(text, name, request["delimiter"], request["header_line"])
    from crm_core.data_entry.parse import parse  # Arrow takes a moment: what is no text at all is refused before

    parsed = parse(text, dialect, name, decoded.quotes, folder / "cells.parquet", folder / "ragged.parquet",
                   lambda share: progress(0.3 + share * 0.7))
    notes = list(dialect.notes)
    if parsed.mended:
        notes.append(("stray_quotes", {"count": len(parsed.mended), "line": parsed.mended[0]}))
    return {"format": "csv", "encoding": decoded.encoding, "encoding_guessed": decoded.guessed, "notes": notes,
            "delimiter": dialect.delimiter, "headers": dialect.headers, "header_line": dialect.header_line,
            "rows": parsed.rows, "ragged": parsed.ragged, "sample": parsed.sample}


def _sweep() -> None:
    """Remove the folders of processes that were killed before they could."""
    if os.name == "nt":  # there `os.kill` would end the process that it asks about
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}_*"):
        owner = re.match(rf"{FOLDER}_(\d+)_", folder.name)
        try:
            if owner:
                os.kill(int(owner.group(1)), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
