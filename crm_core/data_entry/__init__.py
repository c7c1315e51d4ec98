"""Bring in files: decode, cut into cells, map the columns, check every cell, and load as one batch.

    with read("orders.csv") as reading:
        checked = check(reading, reading.mapping, at=now)
        with store.batch("import", reading.name) as batch:
            loaded = load(batch, checked)

Whatever touches the text happens in a child process (docs/decisions/0020-imports-run-in-a-child.md).
"""
from crm_core.data_entry.checking import REASONS, Checked, check
from crm_core.data_entry.child import Limits
from crm_core.data_entry.loading import Loaded, load
from crm_core.data_entry.mapping import (
    KINDS,
    Mapping,
    MappingDifference,
    compare_mapping,
    meanings,
    needed,
    one_of,
    propose_mapping,
)
from crm_core.data_entry.reading import FILES, Reading, read

__all__ = ["FILES", "KINDS", "REASONS", "Checked", "Limits", "Loaded", "Mapping", "MappingDifference", "Reading", "check",
           "compare_mapping", "load", "meanings", "needed", "one_of", "propose_mapping", "read"]
