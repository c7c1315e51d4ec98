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
COLUMN_FILES = (".parquet",)


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
    limits: Limits = field(default_factory=Limits, repr=False)

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Reading":
        return self

    def __exit__(self, *error) -> None:
        self.close()


def read(path, name: str | None = None, encoding: str | None = None, delimiter: str | None = None,
         progress=None, cancel=None, limits: Limits | None = None) -> Reading:
    """The file as texts, with a proposal what its columns mean. The caller closes the answer.

    Raises FileNotFound, FileEmpty, FileTypeUnknown, FileNotReadable, EncodingUnknown, NotATextFile, LineTooLong,
    OnlyAHeader, RaggedFile, TwoHeadersAlike, TooManyColumns, DelimiterUnknown, ReaderStopped, Cancelled.
    """
    path = Path(path)
    name = name or path.name
    if not path.is_file() or not os.access(path, os.R_OK):
        raise FileNotFound(name=name)
    if Path(name).suffix.lower() not in TEXT_FILES + COLUMN_FILES:
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
                     "delimiter": delimiter}, name=name, size=size, progress=progress, cancel=cancel, limits=limits)
        headers = tuple(answer.pop("headers"))
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
    if Path(name).suffix.lower() in COLUMN_FILES:
        from crm_core.data_entry.columnar import read_parquet

        return {"encoding": "", "encoding_guessed": False, "delimiter": "",
                **read_parquet(Path(request["path"]), folder, name, progress)}
    text = folder / "text.csv"
    decoded = decode(Path(request["path"]), text, name, request["encoding"], lambda share: progress(share * 0.3))
    dialect = find_dialect(text, name, request["delimiter"])
    from crm_core.data_entry.parse import parse  # Arrow takes a moment: what is no text at all is refused before

    parsed = parse(text, dialect, name, decoded.quotes, folder / "cells.parquet", folder / "ragged.parquet",
                   lambda share: progress(0.3 + share * 0.7))
    return {"encoding": decoded.encoding, "encoding_guessed": decoded.guessed, "delimiter": dialect.delimiter,
            "headers": dialect.headers, "rows": parsed.rows, "ragged": parsed.ragged, "sample": parsed.sample}


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
