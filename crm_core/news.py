"""What is new and what waits: which days are looked at and held against which, and what the answers come to."""
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pandas as pd

CHOICES = ("yesterday", "week", "visit")
WAITS_IN = {"requests": "service_requests", "overdue": "opportunities", "closing": "opportunities",
            "unanswered": "customers", "campaigns": "campaigns"}  # the table of what waits, the most pressing first
PRESSING = ("urgent", "high")
TOLD = 4  # tables of which a summary of changes speaks


@dataclass(frozen=True)
class Period:
    """Whole days, and as many whole days before that fall on the same days of the week."""

    first: date
    last: date
    before_first: date
    before_last: date
    ends_early: bool  # whether the data end before yesterday


@dataclass(frozen=True)
class Compared:
    """A figure now and before."""

    now: float
    before: float

    @property
    def change(self) -> float | None:
        """By what share it changed; None where there was nothing before."""
        return (self.now - self.before) / self.before if self.before else None

    @property
    def is_still(self) -> bool:
        """Whether the change rounds to 0 %."""
        return self.change is not None and abs(self.change) < 0.005


@dataclass(frozen=True)
class Changes:
    """What was written into the book: how many batches, by whom, and how many rows of which table."""

    batches: int = 0
    people: tuple[str, ...] = ()  # who wrote, the busiest first
    touched: dict[str, dict[str, int]] = field(default_factory=dict)  # {"orders": {"added": 812}}, the most rows first
    more_tables: int = 0  # how many further tables were touched


@dataclass(frozen=True)
class Waiting:
    """Something that somebody should do: how much of it, and the oldest."""

    kind: str  # a key of WAITS_IN
    count: int
    pressing: int  # of these urgent or high
    day: date  # of the oldest: since when it waits, or when it is due
    days: int  # from that day to today; negative where the day is to come
    table: str
    id: int
    name: str
    worth: float  # of opportunities: what they would bring


def period(choice: str, today: date, last_day: date | None, visit: date | None = None) -> Period | None:
    """The days that a choice means, no later than the data reach; None where no such day has data.

    today 2026-03-02, data up to 2026-02-28, yesterday → 02-28, held against 02-21, and it says that the data end early
    """
    if last_day is None:
        return None
    wanted = today if choice == "visit" else today - timedelta(days=1)
    last = min(wanted, last_day)
    first = {"yesterday": last, "week": last - timedelta(days=6), "visit": visit or last}[choice]
    if first > last:
        return None
    shift = timedelta(days=7 * ((last - first).days // 7 + 1))
    return Period(first, last, first - shift, last - shift, ends_early=last < today - timedelta(days=1))


def since(choice: str, today: date, visit: datetime | None = None) -> datetime:
    """The moment (UTC) from which on the book's changes are told."""
    if choice == "visit" and visit:
        return visit
    return datetime.combine(today - timedelta(days=7 if choice == "week" else 1), datetime.min.time())


def changes(batches: pd.DataFrame) -> Changes:
    """The batches (number, made_at, actor, touched as JSON) added up.

    2 batches | ada, import | orders 812 added; customers 3 added, 1 changed
    """
    if batches.empty:
        return Changes()
    touched: dict[str, Counter] = {}
    for rows in batches.touched:
        for table, counts in json.loads(rows).items():
            touched.setdefault(table, Counter()).update(counts)
    most = sorted(touched, key=lambda table: -touched[table].total())
    return Changes(
        batches=len(batches), people=tuple(batches.actor.value_counts().index),
        touched={table: {verb: count for verb, count in touched[table].items() if count} for table in most[:TOLD]},
        more_tables=len(most[TOLD:]))


def waiting(rows: pd.DataFrame, today: date) -> list[Waiting]:
    """The rows of waiting.sql, one for each kind, the most pressing kind first."""
    found = []
    for kind, table in WAITS_IN.items():
        parts = rows[rows.kind == kind].sort_values(["oldest", "id"])
        if parts.empty:
            continue
        oldest = parts.iloc[0]
        found.append(Waiting(
            kind=kind, count=int(parts["count"].sum()),
            pressing=int(parts.loc[parts.part.isin(PRESSING), "count"].sum()), day=oldest.oldest.date(),
            days=(today - oldest.oldest.date()).days, table=table, id=int(oldest.id), name=str(oldest["name"] or ""),
            worth=float(parts.worth.sum())))
    return found
