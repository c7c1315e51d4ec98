"""Run a query of queries/ on the engine at hand: DuckDB now, Spark once the data has outgrown one machine."""
from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

QUERIES = Path(__file__).parent / "queries"
EVERYBODY = {"segment": 0}  # a query that can be narrowed to a segment is about everybody unless one is named


@cache
def query_text(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def run(cursor, name: str, /, **parameters) -> pa.Table:
    """The answer of queries/<name>.sql; parameters that the text does not name are left out."""
    text = query_text(name)
    named = set(re.findall(r"\$([a-z_]+)", re.sub(r"--.*", "", text)))
    parameters = EVERYBODY | parameters
    return cursor.execute(text, {key: parameters[key] for key in named}).to_arrow_table()


def to_frame(table: pa.Table):
    """A pandas frame of an answer: money becomes float64, days become datetime64."""
    import pyarrow as pa

    for position, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(position, field.name, table.column(position).cast(pa.float64()))
    return table.to_pandas(date_as_object=False)


def stage(cursor, name: str, data) -> None:
    """Lay a frame, an Arrow table or a reader of its batches where SQL can read it, as the temp table `name`."""
    if hasattr(data, "iloc"):
        import pyarrow as pa

        data = pa.Table.from_pandas(data, preserve_index=False)
    cursor.register(f"{name}_arriving", data)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM {name}_arriving")
    cursor.unregister(f"{name}_arriving")


def scratch(memory_mb: int, folder: Path, threads: int = 2, reads: Path | None = None):
    """A DuckDB in memory that reads and writes files in `folder` and nowhere else but `reads`; it spills there."""
    import duckdb

    connection = duckdb.connect(":memory:")
    for setting in (
        f"SET memory_limit = '{int(memory_mb)}MB'",
        f"SET threads = {int(threads)}",
        f"SET temp_directory = '{_quoted_path(folder / 'spill')}'",
        "SET TimeZone = 'UTC'",
        "SET enable_progress_bar = false",  # it would print into whatever the process says
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        "SET python_enable_replacements = false",
        f"SET allowed_directories = ['{_quoted_path(folder)}']",
        *([f"SET allowed_paths = ['{_quoted_path(reads)}']"] if reads else []),
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(setting)
    return connection


def ran_out_of_memory(error: Exception) -> bool:
    """Whether a query failed for want of memory, rather than for what it asked."""
    import duckdb

    return isinstance(error, duckdb.OutOfMemoryException)


def is_engine_error(error: Exception) -> bool:
    """Whether it was DuckDB that refused."""
    import duckdb

    return isinstance(error, duckdb.Error)


def _quoted_path(path: Path) -> str:
    return str(path).replace("'", "''")
