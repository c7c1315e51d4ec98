"""What a deed would change in the book's figures: counted inside the deed itself, so that it is exact.

with store.rehearsal("merge") as batch:
    before = figures(batch); merge(batch, …); comparison = compare(before, figures(batch))

    customers | 5,000 | 4,999 | −1        revenue | 834.50 | 834.50 | 0
"""
from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from crm_core import engine

if TYPE_CHECKING:
    import pandas as pd

MONEY = ("revenue", "revenue_of_customers", "revenue_of_nobody", "basket", "opportunities_amount")

# (name, part) → value; part: a channel, or the id of a segment, campaign or run
Figures = dict[tuple[str, str], Decimal]


def figures(ask) -> Figures:
    """Every figure of the book as an open batch or a look sees it now, money to the last decimal."""
    rows = engine.run(ask.cursor, "consequences").to_pylist()
    return {(row["name"], row["part"]): row["value"] for row in rows}


def around(batch, deed: Callable[[object], object]) -> tuple[Figures, Figures]:
    """The figures before and after a deed that is done in an open batch."""
    before = figures(batch)
    deed(batch)
    return before, figures(batch)


def compare(before: Figures, after: Figures) -> pd.DataFrame:
    """name, part, before, after, change (after − before, Decimal); a figure that is not there counts as none."""
    import pandas as pd

    keys = [*before, *(key for key in after if key not in before)]
    nothing = Decimal(0)
    rows = [(*key, before.get(key) or nothing, after.get(key) or nothing) for key in keys]
    told = pd.DataFrame(rows, columns=["name", "part", "before", "after"])
    told["change"] = [now - then for then, now in zip(told.before, told.after, strict=True)]
    return told
