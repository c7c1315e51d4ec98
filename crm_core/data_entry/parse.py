"""Cut a decoded file into cells, exactly or not at all: every row knows its line, no row is mended in silence.

Two ways give the same cells. Most files are cut by Arrow: where each quoted cell ends on the line on which it
began and every quote stands at a cell's edge, a row is a line. Files with line breaks inside cells, or with stray
quotes, are read by Python's strict csv reader, which tells where it does not understand.
"""
import csv
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from crm_core.data_entry.dialect import BLANKS, Dialect, cut
from crm_core.errors import OnlyAHeader, RaggedFile

pa.set_cpu_count(2)

ROWS_AT_ONCE = 16_384
BLOCK = 4 << 20
REJECTS = pa.schema([("line", pa.int64()), ("column", pa.string()), ("reason", pa.string()), ("value", pa.string()),
                     ("raw", pa.string())])


@dataclass(frozen=True)
class Parsed:
    rows: int  # rows with as many cells as the header
    ragged: int  # rows that could not be cut so
    sample: list[dict]  # the first rows as texts by header
    mended: list[int]  # lines of rows with a quote too many


class _NotPlain(Exception):
    """The file needs the careful way."""


class _Rejects:
    """Rows that were no rows, in the order of their lines."""

    def __init__(self):
        self.rows: list[tuple[int, str, str]] = []
        self.mended: list[int] = []  # lines of rows that are kept, though a quote in them was one too many

    def add(self, line: int, reason: str, raw: str) -> None:
        self.rows.append((line, reason, raw))

    def fill_raw(self, text: Path) -> None:
        raw = raw_lines(text, {line for line, _, known in self.rows if not known})
        self.rows = [(line, reason, known or raw.get(line, "")) for line, reason, known in self.rows]

    def table(self) -> pa.Table:
        lines, reasons, raws = zip(*sorted(self.rows), strict=True) if self.rows else ((), (), ())
        missing = pa.nulls(len(lines), pa.string())
        return pa.table([pa.array(lines, pa.int64()), missing, pa.array(reasons, pa.string()), missing,
                         pa.array(raws, pa.string())], schema=REJECTS)


def parse(text: Path, dialect: Dialect, name: str, quotes: bool, cells: Path, ragged: Path,
          progress: Callable[[float], None]) -> Parsed:
    """Write the cells as texts to the Parquet file `cells` (line, c0, c1, …) and what was no row to `ragged`.

    Raises OnlyAHeader, RaggedFile (more than half of the rows have another number of cells than the header).
    """
    try:
        if not dialect.plain or quotes and not _quotes_are_plain(text, dialect):
            raise _NotPlain
        rows, rejects = _parse_plain(text, dialect, quotes, cells, progress)
    except (_NotPlain, pa.ArrowInvalid):
        rows, rejects = _parse_carefully(text, dialect, cells, progress)
    wrong = len(rejects.rows)
    if not rows and not wrong:
        raise OnlyAHeader(name=name, columns=len(dialect.headers))
    prose = len(dialect.headers) == 1 and 4 * wrong > rows  # a text that is no table has commas here and there
    if wrong > rows or prose:
        first = min(rejects.rows)
        raise RaggedFile(name=name, rows=wrong, expected=len(dialect.headers), line=first[0])
    rejects.fill_raw(text)
    pq.write_table(rejects.table(), ragged)
    return Parsed(rows, wrong, _sample(cells, dialect.headers), rejects.mended)


def _schema(dialect: Dialect) -> pa.Schema:
    return pa.schema([("line", pa.int64())] + [(f"c{n}", pa.string()) for n in range(len(dialect.headers))])


def _writer(cells: Path, dialect: Dialect) -> pq.ParquetWriter:
    return pq.ParquetWriter(cells, _schema(dialect), compression="lz4", use_dictionary=False, write_statistics=False)


def _write(writer: pq.ParquetWriter, lines: pa.Array, columns: list[pa.Array]) -> int:
    """Write rows with the blanks round each cell taken off; how many there were that are not blank as a whole."""
    columns = [pc.utf8_trim(column, BLANKS) for column in columns]
    batch = pa.record_batch([lines, *columns], schema=writer.schema)
    # Rows whose every cell is empty, such as Excel leaves below a table, are no rows.
    filled = None
    for column in columns:
        some = pc.not_equal(pc.binary_length(column), 0)
        filled = some if filled is None else pc.or_(filled, some)
        if pc.all(filled).as_py():
            break
    else:
        batch = batch.filter(filled)
    writer.write_batch(batch)
    return batch.num_rows


def _sample(cells: Path, headers: tuple[str, ...], rows: int = 50) -> list[dict]:
    batch = next(pq.ParquetFile(cells).iter_batches(batch_size=rows), None)
    if batch is None:
        return []
    columns = [column.to_pylist() for column in batch.columns[1:]]
    return [dict(zip(headers, row, strict=True)) for row in zip(*columns, strict=True)]


# --- the plain way ------------------------------------------------------------------------------


def _quotes_are_plain(text: Path, dialect: Dialect) -> bool:
    """Whether in every line each quoted cell is closed, and no quote stands elsewhere than at a cell's edge."""
    delimiter = re.escape(dialect.delimiter).replace("\t", r"\t")
    quoted = r'"(?:[^"]|"")*"'
    bare = f'[^"{delimiter}][^{delimiter}]*' if dialect.delimiter != '"' else ""
    cell = f"(?:{quoted}|{bare}|)"
    well_formed = f"^{cell}(?:{delimiter}{cell})*$"
    lines = pyarrow.csv.open_csv(
        text,
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=["line"]),
        # A sign that no text holds: the whole line is one cell.
        parse_options=pyarrow.csv.ParseOptions(delimiter="\x01", quote_char=False, ignore_empty_lines=True),
        convert_options=pyarrow.csv.ConvertOptions(column_types={"line": pa.string()}, strings_can_be_null=False))
    for batch in lines:
        column = batch.column(0)
        column = column.filter(pc.match_substring(column, '"'))
        if len(column) and not pc.all(pc.match_substring_regex(column, well_formed)).as_py():
            return False
    return True


def _parse_plain(text: Path, dialect: Dialect, quotes: bool, cells: Path, progress) -> tuple[int, _Rejects]:
    width = len(dialect.headers)
    names = [f"c{n}" for n in range(width)]
    rejects, skipped = _Rejects(), []

    def refuse(row) -> str:
        skipped.append(row.number)
        cells_of_row = next(csv.reader([row.text], delimiter=dialect.delimiter), [])
        if any(cell.strip(BLANKS) for cell in cells_of_row):
            rejects.add(row.number, "cells_missing" if row.actual_columns < width else "cells_too_many", row.text)
        return "skip"

    size, next_line, rows, read = text.stat().st_size, dialect.first_line, 0, 0
    reader = pyarrow.csv.open_csv(
        text,
        # One thread: only then Arrow tells the number of a row that it could not cut.
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False, block_size=BLOCK, skip_rows=dialect.first_line - 1, column_names=names),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=dialect.delimiter, quote_char='"' if quotes else False, ignore_empty_lines=False,
            invalid_row_handler=refuse),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: pa.string() for name in names}, strings_can_be_null=False))
    with _writer(cells, dialect) as writer:
        for batch in reader:
            lines, next_line = _lines_beside(skipped, next_line, batch.num_rows)
            read += batch.nbytes
            rows += _write(writer, lines, batch.columns)
            progress(min(read / max(size, 1), 1.0))
    return rows, rejects


def _lines_beside(skipped: list[int], first: int, count: int) -> tuple[pa.Array, int]:
    """The lines of the next `count` rows, when the lines `skipped` gave no row; and the line after them.

        skipped [3], first 2, count 3  →  2 4 5, next 6
    """
    stretches, start, left = [], first, count
    for line in skipped[bisect_left(skipped, first):]:
        if line - start >= left:
            break
        stretches.append(pa.arange(start, line))
        left -= line - start
        start = line + 1
    stretches.append(pa.arange(start, start + left))
    return pa.concat_arrays(stretches), start + left


# --- the careful way ----------------------------------------------------------------------------


def _parse_carefully(text: Path, dialect: Dialect, cells: Path, progress) -> tuple[int, _Rejects]:
    rejects, width, size = _Rejects(), len(dialect.headers), max(text.stat().st_size, 1)
    with text.open(encoding="utf-8", newline="") as file, TableWriter(cells, dialect.headers) as table:
        for _ in range(dialect.first_line - 1):
            file.readline()
        lines = iter(file.readline, "")  # so that the place in the file can be told
        for line, row, reason in cut(lines, dialect, dialect.first_line, width):
            if line in dialect.left_out:
                rejects.add(line, dialect.left_out[line], "")
            elif row is None:
                rejects.add(line, reason, "")
            elif len(row) == width:
                table.add(line, row)
                if reason == "mended":
                    rejects.mended.append(line)
                if not line % ROWS_AT_ONCE:
                    progress(min(file.buffer.tell() / size, 1.0))
            elif any(cell.strip(BLANKS) for cell in row):
                rejects.add(line, "cells_missing" if len(row) < width else "cells_too_many", "")
    return table.rows, rejects


class TableWriter:
    """Rows of texts, one by one, into a file of cells."""

    def __init__(self, cells: Path, headers: tuple[str, ...]):
        self.writer = _writer(cells, Dialect(",", headers))
        self.rows, self._lines, self._rows = 0, [], []

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(self, failed, *_) -> None:
        if not failed:
            self._flush()
        self.writer.close()

    def add(self, line: int, row: list[str]) -> None:
        self._lines.append(line)
        self._rows.append(row)
        if len(self._rows) == ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            columns = [_texts(column) for column in zip(*self._rows, strict=True)]
            self.rows += _write(self.writer, pa.array(self._lines, pa.int64()), columns)
            self._lines, self._rows = [], []


def write_rejects(ragged: Path, rejects: list[tuple[int, str, str]]) -> None:
    """Rows that are none, each as (line, reason, raw text), beside the cells."""
    written = _Rejects()
    written.rows = rejects
    pq.write_table(written.table(), ragged)


def sample_of(cells: Path, headers: tuple[str, ...]) -> list[dict]:
    return _sample(cells, headers)


def _texts(cells: tuple[str, ...]) -> pa.Array:
    """An Arrow array of many short texts: joined and split again, which is much faster than one by one."""
    joined = pc.split_pattern(pa.array(["\x1e".join(cells)], pa.large_string()), "\x1e").values
    if len(joined) == len(cells):
        return joined.cast(pa.string())
    return pa.array(cells, pa.string())  # a cell holds that very sign


def raw_lines(text: Path, wanted: set[int], most_lines: int = 50) -> dict[int, str]:
    """The raw text of the rows that begin on the given lines; a row goes on until its quotes are closed."""
    found, last = {}, max(wanted, default=0)
    with text.open(encoding="utf-8", newline="") as file:
        number = 0
        while number < last:
            line = file.readline()
            if not line:
                break
            number += 1
            if number in wanted:
                found[number] = line
                if line.count('"') % 2:
                    position, row = file.tell(), line
                    for _ in range(most_lines):
                        row += file.readline()
                        if row.count('"') % 2 == 0:
                            found[number] = row
                            break
                    file.seek(position)
    return {number: row.rstrip("\r\n") for number, row in found.items()}
