"""A lock file beside the database: one process at a time, and the other one is named."""

import os
from pathlib import Path

from crm_core.errors import DatabaseInUse


def take_lock(path: Path, database: Path):
    """The open lock file; it is held until the file is closed or the process ends. Raises DatabaseInUse."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+")
    try:
        _lock(file)
    except OSError:
        held_by = file.read().strip()
        file.close()
        raise DatabaseInUse(path=str(database), pid=int(held_by) if held_by.isdigit() else 0) from None
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


if os.name == "nt":
    import msvcrt

    def _lock(file) -> None:
        # Far behind the process number, so that the other process can still read it.
        file.seek(1 << 30)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
else:
    import fcntl

    def _lock(file) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
