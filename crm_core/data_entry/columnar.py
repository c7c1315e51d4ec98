"""Read a Parquet file: its columns keep the types they have, what no cell can hold becomes text.

    int64, double, decimal, bool, date, timestamp   as they are (NaN is missing, zones become UTC, ns become µs)
    string, dictionary, uuid, time, interval        texts without blanks round them
    list, struct, map                               JSON as text
"""
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crm_core import engine
from crm_core.data_entry.direct import FRACTION_TYPES, WHOLE_TYPES, as_text
from crm_core.data_entry.header import BLANKS, MOST_COLUMNS, named
from crm_core.data_entry.parse import REJECTS
from crm_core.errors import FileDamaged, FileEmpty, OnlyAHeader, PasswordNeeded, TooManyColumns

SAMPLE_ROWS = 50
QUERY_MEMORY_MB = 768


def read_parquet(source: Path, folder: Path, name: str, progress) -> dict:
    """In the child: cells.parquet (`line`, the number of the row from 1 on, and c0, c1 …) and ragged.parquet (empty).

    Answers headers, rows, ragged and sample (the first rows as texts by header). Raises FileEmpty, FileDamaged
    (cut off, or no Parquet at all), PasswordNeeded, OnlyAHeader, TooManyColumns.
    """
    headers, rows, notes = _look_at_footer(source, name)
    if not rows:
        raise OnlyAHeader(name=name, columns=len(headers))
    progress(0.05)
    cursor = engine.scratch(QUERY_MEMORY_MB, folder, reads=source)
    try:
        _lay_columns(cursor, source)
        progress(0.1)
        filled = " OR ".join(f"c{n} IS NOT NULL" for n in range(len(headers)))
        cells = _quoted(folder / "cells.parquet")
        cursor.execute(f"COPY (SELECT * FROM arriving WHERE {filled}) TO {cells} (FORMAT parquet, COMPRESSION lz4)")
    except Exception as error:
        if engine.ran_out_of_memory(error):
            raise MemoryError from error
        if not engine.is_engine_error(error):
            raise
        raise FileDamaged(name=name) from error
    progress(0.9)
    pq.write_table(REJECTS.empty_table(), folder / "ragged.parquet")
    kept = cursor.execute(f"SELECT count(*) FROM {cells}").fetchone()[0]
    if not kept:
        raise OnlyAHeader(name=name, columns=len(headers))
    return {"headers": headers, "rows": kept, "ragged": 0, "notes": notes,
            "sample": _sample(cursor, cells, headers)}


def _look_at_footer(source: Path, name: str) -> tuple[tuple[str, ...], int, list]:
    if not source.stat().st_size:
        raise FileEmpty(name=name)
    with source.open("rb") as file:
        if file.read(4) == b"PARE":
            raise PasswordNeeded(name=name)
    try:
        metadata = pq.read_metadata(source)
        found = metadata.schema.to_arrow_schema().names
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FileDamaged(name=name) from error
    if not found:
        raise FileEmpty(name=name)
    if len(found) > MOST_COLUMNS:
        raise TooManyColumns(name=name, columns=len(found), most=MOST_COLUMNS)
    notes: list = []
    return named([header.strip(BLANKS) for header in found], 1, notes), metadata.num_rows, notes


def _lay_columns(cursor, source: Path) -> None:
    """The view `arriving`: line, c0, c1 …"""
    file = f"read_parquet({_quoted(source)}, file_row_number = true, hive_partitioning = false)"
    columns = cursor.execute(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {file}").fetchall()
    select = [f"{_cell(_named(column[0]), column[1])} AS c{n}" for n, column in enumerate(columns)]
    cursor.execute(f"CREATE VIEW arriving AS SELECT file_row_number + 1 AS line, {', '.join(select)} FROM {file}")


def _cell(column: str, native: str) -> str:
    """SQL for a column as a cell of a type that the book or a text can take."""
    if native in FRACTION_TYPES:
        return f"CASE WHEN NOT isnan({column}) THEN {column} END"
    if native.endswith("]") or native.startswith(("STRUCT", "MAP", "UNION", "VARIANT")):
        return f"CAST(to_json({column}) AS VARCHAR)"
    if native in WHOLE_TYPES | {"BOOLEAN", "DATE", "TIMESTAMP"} or native.startswith("DECIMAL"):
        return column
    if native.startswith("TIMESTAMP"):  # of other precisions, or in a zone: the scratch database thinks in UTC
        return f"CAST({column} AS TIMESTAMP)"
    if native == "BLOB":  # older writers do not say which bytes are text
        column = f"coalesce(TRY(decode({column})), hex({column}))"
    else:
        column = f"CAST({column} AS VARCHAR)"
    return f"nullif(trim({column}, {_text(BLANKS)}), '')"


def _sample(cursor, cells: str, headers: tuple[str, ...]) -> list[dict]:
    columns = cursor.execute(f"DESCRIBE SELECT * EXCLUDE (line) FROM {cells}").fetchall()
    texts = ", ".join(f"coalesce({as_text(column[0], column[1])}, '') AS {column[0]}" for column in columns)
    found = cursor.execute(f"SELECT {texts} FROM {cells} ORDER BY line LIMIT {SAMPLE_ROWS}").fetchall()
    return [dict(zip(headers, row, strict=True)) for row in found]


def raw_rows(cursor, cells: Path, lines: set[int]) -> dict[int, str]:
    """Rows as their cells beside each other, by line: what stands for the raw text where the file was no text."""
    if not lines:
        return {}
    source = _quoted(cells)
    columns = cursor.execute(f"DESCRIBE SELECT * EXCLUDE (line) FROM {source}").fetchall()
    texts = ", ".join(f"coalesce({as_text(column[0], column[1])}, '')" for column in columns)
    found = cursor.execute(f"SELECT line, concat_ws(' | ', {texts}) FROM {source} "
                           "WHERE line IN (SELECT line FROM rejects)").fetchall()
    return dict(found)


def _named(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(path: Path) -> str:
    return _text(str(path))
