"""Bring in files: decode, cut into cells, map the columns, check every cell, and load as one batch.

    with read("orders.csv") as reading:
        checked = check(reading, reading.mapping, at=now)
        with store.batch("import", reading.name) as batch:
            loaded = load(batch, checked)

Whatever touches the text happens in a child process (docs/decisions/0020-imports-run-in-a-child.md).
"""
from crm_core.data_entry.bringing import Brought, Understood, bring_in, stamp, unchanged, understood, write_rejects
from crm_core.data_entry.checking import REASONS, Checked, all_rejects, check
from crm_core.data_entry.child import Limits
from crm_core.data_entry.examples import date_readings
from crm_core.data_entry.keeping import (
    READ_OPTIONS,
    KeptMapping,
    best_fit,
    doubtful,
    exact_fit,
    fits,
    fitted,
    kept_mappings,
    lost,
    named,
    perhaps_renamed,
    taken_up,
)
from crm_core.data_entry.kinds import KINDS, column_of, is_reference, meanings, needed, one_of
from crm_core.data_entry.loading import Loaded, load
from crm_core.data_entry.mapping import (
    Mapping,
    MappingDifference,
    check_mapping,
    compare_mapping,
    propose_mapping,
)
from crm_core.data_entry.reading import Reading, read
from crm_core.data_entry.sampling import Sample, sample_of

__all__ = [
    "Brought", "Checked", "KINDS", "KeptMapping", "Limits", "Loaded", "Mapping", "MappingDifference",
    "READ_OPTIONS", "REASONS", "Reading", "Sample", "Understood", "all_rejects", "best_fit", "bring_in", "check",
    "check_mapping", "column_of", "compare_mapping", "date_readings", "doubtful", "exact_fit", "fits", "fitted",
    "is_reference", "kept_mappings", "load", "lost", "meanings", "named", "needed", "one_of", "perhaps_renamed",
    "propose_mapping", "read", "sample_of", "stamp", "taken_up", "unchanged", "understood", "write_rejects",
]
