"""Columns that are written as programs write them are cast at once, without a look at their distinct texts.

    372.47 180.56 -3      → money, at once           1.234,50 €  or  (12.00)   → casting.py looks closer
    2023-06-10 16:52:26Z  → a time, at once          10/06/2023                → casting.py asks for the order

Here a column passes whole or not at all, and what passes means the same there; so ten million rows cost one pass.
Columns that have a type of their own, such as Parquet's, are taken as they are.
"""
from collections.abc import Sequence
from dataclasses import dataclass

from crm_core.data_entry.casting import LARGEST, MISSING, Numbers
from crm_core.tables import SQL_TYPES

MISSING_WORDS = ", ".join(f"'{word}'" for word in MISSING)
NUMBER = r"-?([0-9]{1,12}([.][0-9]*)?|[.][0-9]+)"
WHOLE = r"-?[0-9]{1,12}"
IN_DOUBT = r"-?[1-9][0-9]{0,2}[.][0-9]{3}"  # a thousand, or one and a bit: the whole column tells
TIME = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}([.]\d{1,6})?)?)?"
TIME_IN_ZONE = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}([.]\d{1,6})?(Z|[+-]\d{2}:?\d{2})"
WHOLE_TYPES = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
               "UHUGEINT"}
FRACTION_TYPES = {"FLOAT", "DOUBLE"}


@dataclass(frozen=True)
class Direct:
    """A column's value and the reason why it has none, as SQL over `cells`."""

    value: str
    reason: str | None = None  # None where every cell can be cast
    numbers: Numbers | None = None  # how a column of numbers is written


def as_text(cell: str, native: str) -> str:
    """SQL for a cell of a native type as the text that a person would write: 17850 and not 17850.0."""
    if native == "VARCHAR":
        return cell
    if native in FRACTION_TYPES:
        return (f"CASE WHEN {cell} = trunc({cell}) AND abs({cell}) < 9007199254740992 "
                f"THEN CAST(CAST({cell} AS BIGINT) AS VARCHAR) ELSE CAST({cell} AS VARCHAR) END")
    if native.startswith("DECIMAL") and not native.endswith(",0)"):
        return (f"CASE WHEN {cell} = trunc({cell}) THEN CAST(CAST({cell} AS HUGEINT) AS VARCHAR) "
                f"ELSE CAST({cell} AS VARCHAR) END")
    return f"CAST({cell} AS VARCHAR)"


def passes_natively(type: str, native: str) -> bool:
    """Whether a column's own type already says what the book's type says."""
    number = native in WHOLE_TYPES | FRACTION_TYPES or native.startswith("DECIMAL")
    return ((type in ("number", "money", "whole") and number)
            or (type in ("day", "time") and native in ("DATE", "TIMESTAMP"))
            or (type == "yes_no" and native == "BOOLEAN"))


def take_natively(cell: str, type: str, native: str) -> Direct:
    """A column whose type passes natively. Reasons: number_too_large, not_whole."""
    if type not in ("number", "money", "whole"):
        return Direct(f"CAST({cell} AS {SQL_TYPES[type]})")
    reasons = [f"WHEN NOT abs({cell}) < {LARGEST} THEN 'number_too_large'"]
    if type == "whole" and native not in WHOLE_TYPES:
        reasons.append(f"WHEN {cell} <> trunc({cell}) THEN 'not_whole'")
    reason = f"CASE {' '.join(reasons)} END"
    return Direct(f"CASE WHEN {reason} IS NULL THEN TRY_CAST({cell} AS {SQL_TYPES[type]}) END", reason,
                  Numbers(0, 0, 0, 0))


def look(cursor, columns: Sequence[tuple[int, str]]) -> dict[int, Direct]:
    """Of the text columns (position, type of the book) those that can be cast at once: all in one pass."""
    asked = [(position, type) for position, type in columns if type in ("number", "money", "whole", "day", "time")]
    if not asked:
        return {}
    kinds, sums = [], []
    for position, type in asked:
        cell = f"c{position}"
        if type in ("day", "time"):
            cases = (f"WHEN {cell} IS NULL OR regexp_full_match({cell}, '{TIME}') THEN NULL "
                     f"WHEN regexp_full_match({cell}, '{TIME_IN_ZONE}') THEN 'in zone'")
        else:
            cases = (f"WHEN {cell} IS NULL THEN NULL WHEN regexp_full_match({cell}, '{WHOLE}') THEN NULL "
                     f"WHEN regexp_full_match({cell}, '{IN_DOUBT}') THEN 'in doubt' "
                     f"WHEN regexp_full_match({cell}, '{NUMBER}') THEN 'point'")
        kinds.append(f"CASE {cases} WHEN lower({cell}) IN ({MISSING_WORDS}) THEN 'missing' ELSE 'strange' END "
                     f"AS k{position}")
        sums += [f"count(*) FILTER (k{position} = '{kind}')"
                 for kind in ("strange", "missing", "in zone", "point", "in doubt")]
    counts = iter(cursor.execute(f"SELECT {', '.join(sums)} FROM (SELECT {', '.join(kinds)} FROM cells)").fetchone())
    found = {}
    for position, type in asked:
        strange, missing, in_zone, point, in_doubt = (int(next(counts)) for _ in range(5))
        if strange or (type == "whole" and point + in_doubt):
            continue
        cell, word = f"c{position}", ""
        if missing:
            word = f"lower(c{position}) IN ({MISSING_WORDS})"
            cell = f"CASE WHEN NOT {word} THEN {cell} END"
        if type in ("day", "time"):
            stamp = f"TRY_CAST({cell} AS {'TIMESTAMPTZ' if in_zone else 'TIMESTAMP'})"
            value = f"TRY_CAST({'CAST(' + stamp + ' AS TIMESTAMP)' if in_zone else stamp} AS {SQL_TYPES[type]})"
            found[position] = Direct(value, f"CASE WHEN {cell} IS NOT NULL AND {value} IS NULL THEN 'not_a_date' END")
        else:
            found[position] = Direct(f"TRY_CAST({cell} AS {SQL_TYPES[type]})", None, Numbers(point, 0, in_doubt, 0))
    return found
