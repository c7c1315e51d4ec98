"""Run a query of queries/ on the engine at hand: DuckDB now, Spark once the data has outgrown one machine."""
import re
from functools import cache
from pathlib import Path

import pyarrow as pa

QUERIES = Path(__file__).parent / "queries"


@cache
def query_text(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def run(cursor, name: str, **parameters) -> pa.Table:
    """The answer of queries/<name>.sql; parameters that the text does not name are left out."""
    text = query_text(name)
    named = set(re.findall(r"\$([a-z_]+)", re.sub(r"--.*", "", text)))
    return cursor.execute(text, {key: parameters[key] for key in named}).to_arrow_table()


def to_frame(table: pa.Table):
    """A pandas frame of an answer: money becomes float64, days become datetime64."""
    for position, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(position, field.name, table.column(position).cast(pa.float64()))
    return table.to_pandas(date_as_object=False)
