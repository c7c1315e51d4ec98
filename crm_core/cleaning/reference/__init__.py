"""Small tables of what is the same everywhere; where each comes from says the README beside them."""
import csv
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The lines of reference/<name>.csv."""
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
