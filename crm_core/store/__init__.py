"""The book of record: the only place that names DuckDB. Every write is a batch that can be taken back."""

from crm_core.store import by_email, orders, sheet
from crm_core.store.database import Store, open_store
from crm_core.store.records import Batch
from crm_core.store.sheet import Sheet

__all__ = ["Batch", "Sheet", "Store", "by_email", "open_store", "orders", "sheet"]
