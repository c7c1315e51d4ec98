"""The book of record: the only place that names DuckDB. Every write is a batch that can be taken back."""

from crm_core.store.database import Store, open_store
from crm_core.store.records import Batch

__all__ = ["Batch", "Store", "open_store"]
