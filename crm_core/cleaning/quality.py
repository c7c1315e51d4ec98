"""How far a table can be trusted, from 0 to 100: six parts that a person can check, now and after every past change.

    completeness 0.93 · validity 1.00 · conformity 0.80 · consistency 0.99 · uniqueness 0.95 · freshness 1.00  →  95
"""
import json
from dataclasses import dataclass
from datetime import date, datetime

from crm_core.cleaning.findings import FAMILIES, Finding, find, living, rows_found

# A part's weight; a part that a table has not is left out and the others count for more.
WEIGHTS = {"completeness": 30, "validity": 20, "conformity": 10, "consistency": 15, "uniqueness": 15, "freshness": 10}
# What a row of a table should tell; of several columns in one pair of brackets one is enough.
EXPECTED = {
    "customers": (("name",), ("email", "phone"), ("city",), ("country",), ("birth_date", "age"),
                  ("consent_email", "consent_sms", "consent_phone", "consent_social", "consent_chat", "consent_visit")),
    "products": (("name",), ("category",), ("price",), ("cost",)),
    "campaigns": (("name",), ("channel",), ("starts_on",), ("ends_on",), ("cost",)),
    "orders": (("customer_id",), ("ordered_at",), ("amount",), ("channel",), ("country",)),
    "order_lines": (("product_id", "description"), ("quantity",), ("unit_price",), ("amount",)),
    "communications": (("customer_id",), ("occurred_at",), ("channel",), ("content",)),
    "service_requests": (("customer_id",), ("opened_at",), ("category",), ("priority",), ("subject", "content")),
    "opportunities": (("name",), ("customer_id",), ("stage",), ("amount",), ("closes_on",), ("owner",)),
    "relationships": (("customer_id",), ("related_id",), ("relation",)),
}
TABLES_SCORED = tuple(EXPECTED)
MANY = 200_000  # rows
IN_USE = 0.01  # a column that fewer rows fill is not in use, and not expected
# Tables whose rows go on being true, so that somebody has to keep them so; an order of last year stays as it was.
STANDING = ("customers", "products", "opportunities", "relationships")


@dataclass(frozen=True)
class Part:
    """A share of good ones: of cells for completeness, of rows for the others."""

    name: str  # a key of WEIGHTS
    good: int
    of: int
    weight: int

    @property
    def share(self) -> float:
        return self.good / self.of if self.of else 1.0


@dataclass(frozen=True)
class Gap:
    """Rows that do not tell what a row of the table should."""

    columns: tuple[str, ...]
    rows: int
    of: int


@dataclass(frozen=True)
class Quality:
    table: str
    rows: int
    parts: tuple[Part, ...]
    gaps: tuple[Gap, ...]  # the expected columns in use, the widest gap first
    unused: tuple[tuple[str, ...], ...]  # expected columns that next to no row fills

    @property
    def score(self) -> float:
        """0 to 100: the parts' shares by their weights."""
        weights = sum(part.weight for part in self.parts)
        return 100 * sum(part.weight * part.share for part in self.parts) / weights if weights else 0.0

    def part(self, name: str) -> Part | None:
        return next((part for part in self.parts if part.name == name), None)


@dataclass(frozen=True)
class Past:
    """A change that touched a table."""

    revision: int
    made_at: datetime  # UTC
    kind: str
    subject: str


def measure(ask, table: str, as_of: date, after: int | None = None) -> tuple[Quality, tuple[Finding, ...]]:
    """The quality of a table as it is, or as it stood after a batch, and what was found on the way."""
    findings = find(ask, table, as_of, after)
    found = rows_found(ask)
    relation = living(table, after)
    filled = ", ".join(f"count(*) FILTER ({' OR '.join(f'{name} IS NOT NULL' for name in one)})"
                       for one in EXPECTED[table])
    rows, *counts = ask.execute(f"SELECT count(*), {filled} FROM {relation}").fetchone()
    if not rows:
        return Quality(table, 0, (), (), ()), findings
    told = list(zip(EXPECTED[table], counts, strict=True))
    in_use = [(columns, count) for columns, count in told if count >= IN_USE * rows]
    parts = [Part("completeness", sum(count for _, count in in_use), rows * len(in_use), WEIGHTS["completeness"])]
    checked = {finding.family for finding in findings}
    parts += [Part(family, rows - found.get(family, 0), rows, WEIGHTS[family])
              for family in FAMILIES if family in checked]
    if table in STANDING:
        fresh = ask.execute(
            f"SELECT coalesce(sum(t.rows), 0) FROM (SELECT changed_in, count(*) AS rows FROM {relation} "
            f"GROUP BY changed_in) t JOIN batches b ON b.number = t.changed_in "
            f"WHERE b.made_at > DATE '{as_of}' - INTERVAL 1 YEAR").fetchone()[0]
        parts.append(Part("freshness", int(fresh), rows, WEIGHTS["freshness"]))
    gaps = tuple(sorted((Gap(columns, rows - count, rows) for columns, count in in_use), key=lambda gap: -gap.rows))
    return Quality(table, rows, tuple(parts), gaps,
                   tuple(columns for columns, count in told if count < IN_USE * rows)), findings


def changes(ask, table: str, most: int) -> tuple[Past, ...]:
    """The last changes that touched a table, the newest last."""
    found = ask.execute(
        "SELECT number, made_at, kind, subject, touched FROM batches WHERE contains(touched, $named) "
        "ORDER BY number DESC LIMIT $most", named=json.dumps(table) + ":", most=most).fetchall()
    return tuple(Past(*row[:4]) for row in found[::-1])


def looked_back(rows: int) -> int:
    """How many past changes a history of the score shows: fewer where each takes seconds."""
    return 12 if rows <= MANY else 4


def past_score(ask, table: str, past: Past) -> float | None:
    """The score right after a past change, as of its own day; None where the table was empty then.

    It never changes: history holds the rows as they were.
    """
    quality, _ = measure(ask, table, past.made_at.date(), after=past.revision)
    return quality.score if quality.rows else None


def overall(qualities) -> float | None:
    """The mean score of the tables that hold rows; None where none does."""
    scores = [quality.score for quality in qualities if quality.rows]
    return sum(scores) / len(scores) if scores else None
