"""Read a file that a person brings: as texts, in a child process, into a folder that goes when the reading closes."""
import os
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from crm_core.data_entry.child import Limits, run_in_child
from crm_core.data_entry.mapping import Mapping, propose_mapping
from crm_core.errors import FileEmpty, FileNotFound, FileTypeUnknown

FOLDER = "crm_import"
TEXT_FILES = (".csv", ".tsv", ".txt", ".tab")
FILES = (*TEXT_FILES, ".xlsx")


@dataclass(frozen=True)
class Reading:
    """A file as texts. It holds a folder of temporary files until it is closed."""

    name: str  # the file's name, for sentences
    folder: Path  # text.csv (the file as UTF-8), cells.parquet (its cells as texts), ragged.parquet
    size: int  # bytes of the file
    encoding: str  # Python's name of the encoding that was used
    encoding_guessed: bool  # False where the person or a byte order mark said so
    delimiter: str
    headers: tuple[str, ...]  # as in the file; `#3` where the third has none
    rows: int  # rows with as many cells as the header
    ragged: int  # rows rejected because they had not
    sample: list[dict]  # the first 50 rows as texts by header
    mapping: Mapping  # proposed
    format: str = "csv"
    sheets: tuple[str, ...] = ()
    sheet: str | None = None
    members: tuple[str, ...] = ()
    member: str | None = None
    header_line: int = 1  # 1-based; 0: the file has none
    notes: tuple = ()  # (name, facts): what the reader did of itself
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
    """The file as texts, with a proposal what its columns mean. The caller closes the answer.

    Raises FileNotFound, FileEmpty, FileTypeUnknown, FileNotReadable, EncodingUnknown, NotATextFile, LineTooLong,
    OnlyAHeader, RaggedFile, TwoHeadersAlike, TooManyColumns, DelimiterUnknown, ReaderStopped, Cancelled.
    """
    path = Path(path)
    name = name or path.name
    if not path.is_file() or not os.access(path, os.R_OK):
        raise FileNotFound(name=name)
    if Path(name).suffix.lower() not in FILES:
        raise FileTypeUnknown(name=name)
    size = path.stat().st_size
    if not size:
        raise FileEmpty(name=name)
    limits = limits or Limits()
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}_{os.getpid()}_"))
    try:
        answer = run_in_child(
            "read", {"path": str(path.resolve()), "folder": str(folder), "name": name, "encoding": encoding,
                     "delimiter": delimiter, "sheet": sheet, "header_line": header_line},
            name=name, size=size, progress=progress, cancel=cancel, limits=limits)
        headers = tuple(answer.pop("headers"))
        answer["sheets"] = tuple(answer["sheets"])
        answer["notes"] = tuple((note, facts) for note, facts in answer["notes"])
        return Reading(name=name, folder=folder, size=size, headers=headers, limits=limits,
                       mapping=propose_mapping(headers, answer["sample"]), **answer)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def work(request: dict, progress) -> dict:
    """In the child: decode, find the dialect, cut into cells."""
    from crm_core.data_entry.decode import decode
    from crm_core.data_entry.dialect import find_dialect

    folder, name = Path(request["folder"]), request["name"]
    text = folder / "text.csv"
    extra = {"format": "csv", "sheets": (), "sheet": None, "header_line": 1, "notes": ()}
    path = Path(request["path"])
    if name.lower().endswith(".xlsx"):
        path, extra = _workbook(path, folder, request)
        request |= {"encoding": "utf-8", "delimiter": ","}
    elif request["header_line"] is not None:
        path, extra = _from_line(path, folder, request["header_line"], extra)
    decoded = decode(path, text, name, request["encoding"], lambda share: progress(share * 0.3))
    dialect = find_dialect(text, name, request["delimiter"])
    from crm_core.data_entry.parse import parse  # Arrow takes a moment: what is no text at all is refused before

    parsed = parse(text, dialect, name, decoded.quotes, folder / "cells.parquet", folder / "ragged.parquet",
                   lambda share: progress(0.3 + share * 0.7))
    return {"encoding": decoded.encoding, "encoding_guessed": decoded.guessed, "delimiter": dialect.delimiter,
            "headers": dialect.headers, "rows": parsed.rows, "ragged": parsed.ragged, "sample": parsed.sample} | extra


def _from_line(path: Path, folder: Path, line: int, extra: dict):
    kept = folder / "kept.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    lines = lines[line - 1 :] if line else [
        b",".join(b"#%d" % (n + 1) for n in range(lines[0].count(b",") + 1)) + b"\n", *lines]
    kept.write_bytes(b"".join(lines))
    return kept, extra | {"header_line": line}


def _workbook(path: Path, folder: Path, request: dict):
    import csv

    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    sheet = request["sheet"] or book.sheet_names[0]
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    line = request["header_line"] or next(
        (number for number, row in enumerate(rows, 1) if len([cell for cell in row if cell != ""]) > len(row) / 2), 1)
    kept = folder / "kept.csv"
    with kept.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [[int(c) if isinstance(c, float) and c.is_integer() else c for c in row] for row in rows[line - 1:]])
    return kept, {"format": "xlsx", "sheets": book.sheet_names, "sheet": sheet, "header_line": line, "notes": []}


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
