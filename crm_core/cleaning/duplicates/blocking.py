"""Which pairs are looked at: records that share a key, in blocks that stay small.

With few records every pair is looked at. With many, keys (a phone number, the sound of a surname with a year of birth
and the like) are counted first, and those taken whose blocks bring most with the fewest pairs.
"""

from dataclasses import dataclass
from itertools import combinations

from crm_core.cleaning.duplicates.preparing import Plan, worded

ALL_PAIRS = 1_500_000  # so many pairs are looked at without any key
PAIRS_A_RECORD = 25  # with keys, on average
FEWEST_PAIRS = 1_000_000
MOST_RULES = 14
COUNTED_WHOLE = 200_000  # records up to which all blocks are counted before keys are chosen
LARGEST_BLOCK = 400  # records that share a key; larger blocks are left to narrower keys


@dataclass(frozen=True)
class Key:
    name: str
    sql: str  # over prepared columns
    about: str  # what it speaks of: keys of one thing are not joined with one another


def keys(plan: Plan) -> list[Key]:
    has = {name for name, _ in plan.basic}
    found = []

    def add(needs: str, *several: tuple[str, str]) -> None:
        if needs in has:
            found.extend(Key(name, sql, needs) for name, sql in several)

    add("email", ("email", "email"), ("email_user", "email_user"))
    add("phone", ("phone", "phone_key"))
    add("website", ("website", "site"))
    add(
        "birth",
        ("birth", "CASE WHEN right(birth, 2) <> '00' THEN birth END"),
        ("birth_year", "left(birth, 4)"),
        ("birth_day", "CASE WHEN right(birth, 2) <> '00' THEN right(birth, 4) END"),
    )
    add("surname", ("surname", "surname_sound"), ("surname_start", "left(surname_latin, 3)"))
    add("given", ("given", "given_nick[1]"), ("given_start", "left(given_latin, 2)"))
    if {"given", "surname"} <= has:  # in whichever order they stand
        found.append(
            Key("names", "least(given_latin, surname_latin) || ' ' || greatest(given_latin, surname_latin)", "names")
        )
    add("street", ("street", "left(street, 8)"))
    add("street_no", ("street_no", "street_no"))
    add("postal_code", ("postal_code", "postal_code"))
    add("city", ("city", "left(city, 5)"))
    add("company", ("company", "company"), ("company_start", "left(replace(company, ' ', ''), 6)"))
    for name, kind, _ in plan.extras:
        if kind == "identifier":
            add(name, (name, name), (f"{name}_start", f"left({name}, 4)"), (f"{name}_end", f"right({name}, 4)"))
        elif kind in ("title", "text", "set"):
            add(
                name,
                (name, name),
                (f"{name}_start", f"left(replace({name}, ' ', ''), 8)"),
                (f"{name}_end", f"right(replace({name}, ' ', ''), 8)"),
            )
        elif kind in ("word", "date", "year"):
            add(name, (name, name))
    for name in worded(plan):
        # The two words of the record that the fewest others have.
        add(name, (f"{name}_rare", f"{name}_rare[1]"), (f"{name}_rare2", f"{name}_rare[2]"))
    return found


def rare_words(connection, plan: Plan, table: str) -> None:
    for name in worded(plan):
        connection.execute(f"""
            CREATE OR REPLACE TABLE {table}_words AS WITH each AS (
                SELECT unique_id, unnest({name}_words) AS word FROM {table}),
            counts AS (SELECT word, count(*) AS n FROM each GROUP BY word)
            SELECT unique_id, list(word ORDER BY n, word)[:2] AS {name}_rare
            FROM each JOIN counts USING (word) WHERE n > 1 GROUP BY unique_id""")
        connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT t.*, {name}_rare FROM {table} AS t "
            f"LEFT JOIN {table}_words USING (unique_id) ORDER BY unique_id"
        )
        connection.execute(f"DROP TABLE {table}_words")


def joined_sql(rule: tuple[Key, ...]) -> str:
    """One number for the keys of a rule; NULL where one of them is missing."""
    text = " || '|' || ".join(f"CAST({key.sql} AS VARCHAR)" for key in rule)
    given = " AND ".join(f"({key.sql}) IS NOT NULL" for key in rule)
    return f"CASE WHEN {given} THEN hash({text}) END"  # hash(NULL) is a number like any other


def pairs_of(connection, table: str, rule: tuple[Key, ...], two: bool, part: int = 1) -> tuple[int, int, int]:
    """(pairs in blocks that are small enough, records in any block, records in blocks that are too large).

    Counted over one in `part` of all blocks, each of them whole.
    """
    counted = "count(*) FILTER (side = 0)", "count(*) FILTER (side = 1)"
    pairs = f"{counted[0]} * {counted[1]}" if two else "count(*) * (count(*) - 1) // 2"
    small = f"FILTER (n <= {LARGEST_BLOCK * (1 + two)})"
    small_pairs, every, kept = connection.execute(
        f"SELECT sum(pairs) {small}, sum(n), sum(n) {small} FROM (SELECT {pairs} AS pairs, count(*) AS n FROM "
        f"(SELECT side, {joined_sql(rule)} AS key FROM {table}) WHERE key % {part} = 0 GROUP BY key)"
    ).fetchone()
    return int(small_pairs or 0) * part, int(every or 0) * part, (int(every or 0) - int(kept or 0)) * part


def rules(connection, plan: Plan, table: str, rows: int, two: bool) -> list[tuple[Key, ...]]:
    """Single keys with few pairs, then twos of the others, those first that most records have, while there is room."""
    budget = max(FEWEST_PAIRS, PAIRS_A_RECORD * rows)
    single = max(FEWEST_PAIRS // 8, 4 * rows)
    part = 1 if rows <= COUNTED_WHOLE else 16
    known = keys(plan)
    taken: list[tuple[Key, ...]] = []
    total = 0
    wide = []
    for key in known:
        pairs, every, lost = pairs_of(connection, table, (key,), two, part)
        if pairs and pairs <= single and lost <= every // 10:
            taken.append((key,))
            total += pairs
        elif every >= rows // 20:
            wide.append((key, every))
    doubles = []
    for (one, filled_one), (other, filled_other) in combinations(wide, 2):
        if one.about == other.about or "names" in (one.about, other.about):
            continue
        doubles.append((min(filled_one, filled_other), one, other))
    doubles.sort(key=lambda entry: -entry[0])
    seen: set[frozenset] = set()
    for _, one, other in doubles:
        if len(taken) >= MOST_RULES or total >= budget or frozenset((one.about, other.about)) in seen:
            continue
        pairs, every, lost = pairs_of(connection, table, (one, other), two, part)
        if pairs and pairs <= single and total + pairs <= budget and lost <= every // 4:
            seen.add(frozenset((one.about, other.about)))
            taken.append((one, other))
            total += pairs
    return taken


def add_keys(connection, table: str, chosen: list[tuple[Key, ...]], two: bool) -> int:
    """A column of numbers for each rule, empty in blocks that are too large. How many records are in no small one."""
    columns = ", ".join(f"{joined_sql(rule)} AS k{number}" for number, rule in enumerate(chosen))
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT *, {columns} FROM {table} ORDER BY unique_id")
    for number in range(len(chosen)):
        large = f"SELECT k{number} FROM {table} GROUP BY k{number} HAVING count(*) > {LARGEST_BLOCK * (1 + two)}"
        connection.execute(f"UPDATE {table} SET k{number} = NULL WHERE k{number} IN ({large})")
    none = " AND ".join(f"k{number} IS NULL" for number in range(len(chosen)))
    return connection.execute(f"SELECT count(*) FROM {table} WHERE {none}").fetchone()[0]


def splink_rules(chosen: int, two: bool) -> list[dict]:
    sides = " AND l.side <> r.side" if two else ""
    if not chosen:
        return [{"blocking_rule": f"1=1{sides}", "sql_dialect": "duckdb"}]
    return [{"blocking_rule": f"l.k{number} = r.k{number}{sides}", "sql_dialect": "duckdb"} for number in range(chosen)]
