"""What a table looks like, column by column: what is missing, frequent, odd, and written in how many ways.

    customers | city | text | 30,001 missing of 1,000,000 | 53 distinct | London 53,449, Berlin 44,932 … | Aa 88 %

Counts are of every row. Only the ways of writing, the lengths and the type that texts would have are looked at in a
sample, whose size each column says; a table of up to SAMPLED rows is looked at whole.
"""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from crm_core.cleaning import shapes
from crm_core.cleaning.findings import Finding
from crm_core.cleaning.quality import Quality, measure
from crm_core.cleaning.sheet import path, quoted
from crm_core.cleaning.spread import Bin, Outliers, spread
from crm_core.tables import TABLES

SAMPLED = 10_000  # rows of a larger table whose texts are looked at for how they are written
MOST_FREQUENT = 12
MANY = 100_000  # rows from which on a value that only stands for nothing is looked for among those that come twice
LONGEST_SHOWN = 120  # signs of a value
CONSTANT = 0.99  # from this share of one value on a column tells next to nothing
FEW = 20  # rows from which on that can be said
MOST_SPELLINGS = 50_000  # distinct values up to which they are held against each other


@dataclass(frozen=True)
class Column:
    """One column of a profile."""

    name: str
    type: str  # a key of tables.SQL_TYPES; reference: the id of a row of another table
    own: bool  # whether it is a column of a file that no table has
    rows: int
    missing: int
    distinct: int
    top: tuple[tuple[object, int], ...] = ()  # the most frequent values and their rows
    smallest: object = None  # of numbers, days and times
    largest: object = None
    median: object = None
    mean: float | None = None  # of numbers
    histogram: tuple[Bin, ...] = ()  # of numbers, days and times; of texts by length, in signs
    outliers: Outliers | None = None  # None where nothing can be said: no numbers, or half of them the same
    patterns: tuple[shapes.Pattern, ...] = ()
    looked_at: int = 0  # texts in the sample that patterns, lengths and looks_like are from
    looks_like: str | None = None  # the type that a text column would have: number, day, yes_no
    untrimmed: int = 0  # rows with blanks at an end, or two in a row
    full_width: int = 0  # rows with full-width letters or digits
    odd_case: int = 0  # rows all in capitals or all in small letters, where most begin with a capital: "ada wong"
    placeholders: int = 0  # rows whose value only stands for nothing: "n/a", "未知"
    spellings: int = 0  # rows that write a value otherwise than most rows that mean it: "BERLIN" among "Berlin"

    @property
    def filled(self) -> int:
        return self.rows - self.missing

    @property
    def share_missing(self) -> float:
        return self.missing / self.rows if self.rows else 0.0

    @property
    def is_constant(self) -> bool:
        """Whether next to all rows that hold something hold the same."""
        return bool(self.top) and self.filled >= FEW and self.top[0][1] >= CONSTANT * self.filled

    @property
    def is_sampled(self) -> bool:
        return 0 < self.looked_at < self.filled


@dataclass(frozen=True)
class Freshness:
    """How recent a table is."""

    written: datetime | None  # the newest batch that wrote a row of it, UTC
    happened: datetime | date | None  # the newest event that it tells of, where it tells of events
    touched: int  # rows written in the year up to as_of


@dataclass(frozen=True)
class Profile:
    table: str | None  # of the book; None: any relation
    rows: int
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...] = ()  # rule breaks, disagreements, orphans, likely duplicates; those with rows first
    freshness: Freshness | None = None
    quality: Quality | None = None

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


# By which column a table's events are dated.
HAPPENED = {"customers": "joined_on", "orders": "ordered_at", "communications": "occurred_at",
            "service_requests": "opened_at", "opportunities": "opened_on", "campaigns": "starts_on",
            "relationships": "since"}


def profile_table(ask, table: str, as_of: date, progress: Callable[[float], None] = lambda share: None) -> Profile:
    """The profile of the living rows of a table of the book; `ask` is an open look or batch."""
    described = TABLES[table]
    own = own_fields(ask, table)
    types = {column.name: "reference" if column.refers_to else column.type
             for column in described.typed if column.type != "fields"}
    relation = f"(SELECT * FROM {table} WHERE deleted_at IS NULL)"
    if own:  # one reading of the JSON for all of them
        paths = ", ".join(path(name) for name in own)
        listed = ", ".join(f"field_values[{place}] AS {quoted(name)}" for place, name in enumerate(own, start=1))
        ask.execute(f"CREATE OR REPLACE TEMP TABLE profiled AS SELECT id, {', '.join(types)}, {listed} FROM "
                    f"(SELECT *, json_extract_string(extra, [{paths}]) AS field_values FROM {relation})")
        relation = "profiled"
    found = profile_relation(ask, relation, {**types, **dict.fromkeys(own, "text")}, own=own,
                             progress=lambda share: progress(share * 0.7))
    quality, findings = measure(ask, table, as_of)
    progress(0.95)
    happened = (f"(SELECT max({HAPPENED[table]}) FROM {table} WHERE deleted_at IS NULL "
                f"AND {HAPPENED[table]} < CAST('{as_of}' AS DATE) + INTERVAL 1 DAY)" if table in HAPPENED else "NULL")
    freshness = Freshness(*ask.execute(
        f"SELECT max(b.made_at), {happened}, coalesce(sum(t.rows) FILTER (b.made_at > DATE '{as_of}' - INTERVAL 1 YEAR)"
        f", 0) FROM (SELECT changed_in, count(*) AS rows FROM {table} WHERE deleted_at IS NULL GROUP BY changed_in) t "
        "JOIN batches b ON b.number = t.changed_in").fetchone())
    return Profile(table, found.rows, found.columns, findings, freshness, quality)


def own_fields(ask, table: str) -> tuple[str, ...]:
    """The columns of files that the table has not, in the order of their names."""
    described = TABLES[table]
    if all(column.name != "extra" for column in described.columns):
        return ()
    known = {"id", *(column.name for column in described.columns)}
    return tuple(name for (name,) in ask.execute(
        f"SELECT DISTINCT unnest(json_keys(extra)) AS name FROM {table} WHERE deleted_at IS NULL "
        "AND extra IS NOT NULL ORDER BY name").fetchall() if name not in known)


def profile_relation(ask, relation: str, columns: dict[str, str], *, id: str | None = "id",
                     own: tuple[str, ...] = (),
                     progress: Callable[[float], None] = lambda share: None) -> Profile:
    """The profile of any relation that `ask` can read.

    `columns` are names and types (keys of tables.SQL_TYPES; texts else); `id` is a column of whole numbers that tells
    rows apart, or None where there is none: then rows are told apart by their place.
    """
    if id is None:
        relation = f"(SELECT *, row_number() OVER () AS \"line of row\" FROM {relation})"
        id = "line of row"
    counted = ", ".join(f"count({quoted(name)})" for name in columns)
    rows, *filled = ask.execute(f"SELECT count(*){', ' + counted if counted else ''} FROM {relation}").fetchone()
    there = {name: count for name, count in zip(columns, filled, strict=True) if count}
    progress(0.1)
    texts = [name for name in there if is_text(columns[name])]
    every = max(1, -(-rows // SAMPLED))
    listed = ", ".join(quoted(name) for name in texts)
    if texts:
        ask.execute(f"CREATE OR REPLACE TEMP TABLE looked_at AS SELECT {listed} FROM {relation} "
                    f"WHERE hash({quoted(id)}) % {every} = 0")
    written = shapes.written(ask, "looked_at", texts)
    progress(0.3)
    spreads = spread(ask, relation, id, {name: columns[name] for name in there if columns[name] in SPREAD})
    progress(0.5)
    found = []
    for place, (name, type) in enumerate(columns.items(), start=1):
        if name not in there:
            found.append(Column(name, type, name in own, rows, rows, 0))
            continue
        beside = written[name] if name in written else spreads.get(name, {})
        cased = any("Aa" in pattern.pattern for pattern in beside.get("patterns", ())[:1])
        values = _values(ask, relation, name, type, cased, seldom=2 if rows > MANY else 1)
        found.append(Column(name, type, name in own, rows, rows - there[name], **values, **beside))
        progress(0.5 + 0.5 * place / len(columns))
    return Profile(None, rows, tuple(found))


SPREAD = ("whole", "number", "money", "day", "time")


def is_text(type: str) -> bool:
    return type in ("text", "choice", "fields")


def _values(ask, relation: str, name: str, type: str, cased: bool, seldom: int) -> dict:
    """How many distinct values, which are the most frequent, and of texts what is wrong with how they are written."""
    column = quoted(name)
    asked = ["count(*)", f"max({{'rows': rows, 'value': value}}, {MOST_FREQUENT})"]
    if is_text(type):
        # Looking for strange signs takes long, and only texts that are not plain ASCII can have them.
        wide = r"CASE WHEN strlen(value) > length(value) THEN regexp_matches(value, '[０-９Ａ-Ｚａ-ｚ＠＋]') END"
        blank = (r"CASE WHEN strlen(value) > length(value) THEN regexp_matches(value, '^[\s\x{3000}\x{00a0}]|"
                 r"[\s\x{3000}\x{00a0}]$|  ') ELSE starts_with(value, ' ') OR ends_with(value, ' ') "
                 "OR contains(value, '  ') END")
        asked += [f"sum(rows) FILTER ({blank})", f"sum(rows) FILTER ({wide})",
                  "sum(rows) FILTER (CASE WHEN value = lower(value) THEN value <> upper(value) "
                  "WHEN value = upper(value) THEN length(value) > 4 END)" if cased else "0",
                  f"sum(rows) FILTER (CASE WHEN rows >= {seldom} THEN {shapes.STANDS_FOR_NOTHING} END)"]
    grouped = f"SELECT {column} AS value, count(*) AS rows FROM {relation} WHERE {column} IS NOT NULL GROUP BY 1"
    distinct, top, *odd = ask.execute(f"SELECT {', '.join(asked)} FROM ({grouped})").fetchone()
    told = {"distinct": distinct, "top": tuple((_cut(one["value"]), one["rows"]) for one in top)}
    if odd:
        told |= dict(zip(("untrimmed", "full_width", "odd_case", "placeholders"), (int(rows or 0) for rows in odd),
                         strict=True))
        # Free texts and numbers of things are each their own; names of places and kinds come again.
        if distinct <= MOST_SPELLINGS and top[0]["rows"] > 1:
            told["spellings"] = int(ask.execute(
                f"SELECT coalesce(sum(others), 0) FROM (SELECT sum(rows) - max(rows) AS others FROM ({grouped}) "
                f"WHERE length(value) <= {LONGEST_SHOWN} GROUP BY {shapes.FINGERPRINT} HAVING count(*) > 1)"
            ).fetchone()[0])
    return told


def _cut(value):
    return value[: LONGEST_SHOWN - 1] + "…" if isinstance(value, str) and len(value) > LONGEST_SHOWN else value
