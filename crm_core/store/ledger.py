"""The ledger of batches beside the file: one line a batch, flushed to the disk before the batch is acknowledged.

A log that lost its tail can open without a complaint; the ledger shows what is missing.
"""

import hashlib
import json
import os
from pathlib import Path

from crm_core.errors import BatchesLost, LedgerDisagrees


def chained_hash(before: str, *facts) -> str:
    """SHA-256 over the hash of the batch before and this batch's facts."""
    return hashlib.sha256(json.dumps([before, *facts], ensure_ascii=False).encode()).hexdigest()


def read(path: Path) -> list[dict]:
    """The entries in order. A torn last line (killed while writing) is cut off the file."""
    if not path.exists():
        return []
    entries, whole = [], 0
    data = path.read_bytes()
    for line in data.splitlines(keepends=True):
        try:
            entries.append(json.loads(line))
        except ValueError:
            break
        if not line.endswith(b"\n"):
            entries.pop()
            break
        whole += len(line)
    if whole < len(data):
        with path.open("r+b") as file:
            file.truncate(whole)
    return entries


def append(path: Path, entries: list[dict]) -> None:
    with path.open("ab") as file:
        for entry in entries:
            file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def compare(path: Path, batches: list[dict]) -> None:
    """Hold the ledger against the file's own batches; add what a crash kept from being written.

    Raises BatchesLost where the ledger knows more than the file, LedgerDisagrees where they differ.
    """
    entries = read(path)
    if entries and (not batches or entries[-1]["number"] > batches[-1]["number"]):
        found = batches[-1]["number"] if batches else 0
        raise BatchesLost(path=str(path), expected=entries[-1]["number"], found=found)
    for entry, batch in zip(entries, batches, strict=False):
        if entry["number"] != batch["number"] or entry["hash"] != batch["hash"]:
            raise LedgerDisagrees(path=str(path), number=entry["number"])
    if len(batches) > len(entries):
        append(path, batches[len(entries) :])
