"""Places by their codes, names and rounded centres, and two maps in squares; all of it written by hand."""
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@cache
def listed(name: str) -> tuple[dict[str, str], ...]:
    """The rows of <name>.csv: world, china or cities."""
    import csv

    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def squares(name: str) -> dict[str, tuple[int, int]]:
    """Where each code stands in <name>.txt: code → (column, row), both from 0."""
    lines = [line.split() for line in (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()
             if not line.startswith("#")]
    return {code: (column, row) for row, line in enumerate(lines) for column, code in enumerate(line) if code != "."}
