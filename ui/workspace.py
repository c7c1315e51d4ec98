"""The workspace that this server serves: which file, whose clock, and the demo shop on the first start."""

import os
import threading
from datetime import UTC, date, datetime
from pathlib import Path

from crm_core.store import Store, open_store
from ui import words

PROJECT = Path(__file__).parent.parent
_first_opening = threading.Lock()


def now() -> datetime:
    """The present time in UTC, without a zone, as the book keeps times."""
    return datetime.now(UTC).replace(tzinfo=None)


def today() -> date:
    return now().date()


def store() -> Store:
    """The book of record. The first time a file is opened it is filled with the demo shop, unless CRM_DEMO is 0."""
    book = open_store(os.environ.get("CRM_DATABASE") or PROJECT / "data" / "workbench.duckdb", clock=now)
    if book.revision() == 0 and os.environ.get("CRM_DEMO") != "0":
        with _first_opening:
            if book.revision() == 0:
                fill_demo(book)
    return book


def fill_demo(book: Store) -> None:
    from data.demo_shop import fill

    with book.batch("demo") as batch:
        fill(batch, seed=0, as_of=today())


def error_sentence(error, language: str = "en") -> str:
    """The sentence of an error for the terminal."""
    return words.error_sentence(language, error)
