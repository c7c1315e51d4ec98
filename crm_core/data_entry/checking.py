"""Check a file cell by cell under a mapping: what is good becomes typed tables, what is not is named by line."""
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from crm_core.data_entry.child import run_in_child
from crm_core.data_entry.mapping import Mapping, check_mapping
from crm_core.data_entry.reading import Reading
from crm_core.errors import NothingToImport

# Why a row or a cell can be rejected; beside these a broken rule of tables.py, as "rule.email".
REASONS = ("cells_missing", "cells_too_many", "cell_too_long", "quote_not_closed", "quote_misplaced", "total_row",
           "remark", "missing", "not_a_number", "not_whole", "number_ambiguous", "number_too_large", "not_a_date",
           "date_other_order", "not_yes_or_no", "unknown_word", "twice_in_file", "email_of_another", "shortened",
           "deleted", "customer_unknown", "campaign_unknown", "related_unknown", "order_not_in_book")


@dataclass(frozen=True)
class Checked:
    """A file whose every cell has been looked at. The typed tables lie in its folder until the reading closes."""

    name: str
    mapping: Mapping
    folder: Path  # <table>.parquet for each table that the file fills, rejects.parquet
    rows: int  # rows of the file after the header, blank ones left out
    good: int  # rows that will be loaded
    rejected: int  # rows that will not
    reasons: dict[str, int]  # reason → rejected cells or rows; the words for them stand under `reject.`
    date_orders: dict[str, str]  # header → "day first" or "month first", where the file left a question
    decimal_marks: dict[str, str]  # header → "." or "," as read in numbers such as 1,234; "" where it told two ways
    customers: int  # how many different ones the good rows name
    products: int
    orders: int
    lines: int
    countries: int  # different countries of orders, or of customers
    amount: Decimal  # sum over all orders
    first_at: datetime | None  # earliest and latest order
    last_at: datetime | None
    orders_with_two_dates: int  # their lines disagree: the earliest is taken
    orders_with_two_customers: int  # their lines disagree: the most frequent is taken
    orders_incomplete: int  # some of their lines were rejected
    emails_shared: int  # e-mails that several customers of an orders file have: the first one keeps it
    counts: dict[str, int]  # table → its rows among the good ones, for every kind of file
    # What the person should know of it, as (name, facts): the words stand under `importing.note.<name>`.
    notes: tuple[tuple[str, dict], ...] = ()

    @property
    def rejects(self):
        """A frame: line, column (header; None for the whole row), reason, value, raw (the line's text)."""
        import pyarrow.parquet as pq

        return pq.read_table(self.folder / "rejects.parquet").to_pandas()

    @property
    def kind(self) -> str:
        return self.mapping.kind


def all_rejects(error: NothingToImport):
    """The frame of `Checked.rejects` for a file of which every row was rejected, as long as its reading is open."""
    import pyarrow.parquet as pq

    return pq.read_table(error.facts["file"]).to_pandas()


def check(reading: Reading, mapping: Mapping | None = None, date_order: str | dict | None = None,
          at: datetime | None = None, progress=None, cancel=None) -> Checked:
    """Cast and check every cell in a child process. `at`, the present time, bounds dates of birth.

    `date_order` is "day first", "month first" (or "year first" for 10-12-01), for all columns or by header.
    Raises KindUnknown, ColumnsNotMapped, ColumnNotThere, MeaningUnknown, MappedTwice, DateOrderAmbiguous,
    NothingToImport, ReaderStopped, Cancelled.
    """
    mapping = mapping or reading.mapping
    check_mapping(mapping, reading.headers, reading.name)
    folder = Path(tempfile.mkdtemp(prefix="checked_", dir=reading.folder))
    try:
        answer = run_in_child(
            "check", {"name": reading.name, "folder": str(folder), "cells": str(reading.folder),
                      "headers": reading.headers, "mapping": asdict(mapping), "date_order": date_order,
                      "delimiter": reading.delimiter, "at": at.isoformat() if at else None,
                      "memory_for_queries_mb": reading.limits.memory_mb // 2},
            name=reading.name, size=reading.size, progress=progress, cancel=cancel, limits=reading.limits)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if not answer["good"]:  # all rejects stay to be read until the reading closes
        raise NothingToImport(name=reading.name, rejected=answer["rejected"], rejects=_first_rejects(folder),
                              file=str(folder / "rejects.parquet"))
    answer["notes"] = tuple((name, facts) for name, facts in answer["notes"])
    first, last = (datetime.fromisoformat(answer.pop(key)) if answer[key] else answer.pop(key)
                   for key in ("first_at", "last_at"))
    return Checked(name=reading.name, mapping=mapping, folder=folder, first_at=first, last_at=last,
                   amount=Decimal(answer.pop("amount")), **answer)


def _first_rejects(folder: Path, rows: int = 20) -> list[dict]:
    import pyarrow.parquet as pq

    return next(pq.ParquetFile(folder / "rejects.parquet").iter_batches(batch_size=rows)).to_pylist()


def work(request: dict, progress) -> dict:
    """In the child: typed tables and rejects into the folder; the counts."""
    from crm_core import engine
    from crm_core.data_entry.cells import type_cells

    try:
        answer = type_cells(request, progress)
    except Exception as error:
        if engine.ran_out_of_memory(error):
            raise MemoryError from error
        raise
    return json.loads(json.dumps(answer, default=str))
