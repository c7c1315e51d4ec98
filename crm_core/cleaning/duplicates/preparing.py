"""Records made comparable: one row of cleaned, split and spelled columns for each, in SQL.

name            | phone            →  given | surname | given_nick | phone_key | …
"Wong, Bob"     | +49 171 5550101     bob   | wong    | robert     | 15550101
"""

from dataclasses import dataclass

from crm_core.cleaning.duplicates.names_of_people import DOUBLE_SURNAMES, TITLES, spelled

FULL_WIDTH = "".join(chr(0xFF01 + place) for place in range(94)) + "\u3000"
HALF_WIDTH = "".join(chr(0x21 + place) for place in range(94)) + " "
NOTHING = (
    "", "-", "--", "?", ".", "/", "n/a", "null", "none", "nan", "nil", "unknown", "unbekannt", "nat",
    "<na>", "无", "未知",
)
# As they stand in a pattern of words.
COMPANY_FORMS = (
    "inc|incorporated|ltd|limited|llc|llp|lp|gmbh|mbh|ag|corp|corporation|company|co|kg|kgaa|ohg|plc|bv|nv|sa|sas|sarl|srl|"
    "spa|sl|oy|ab|as|aps|pty|pvt|pte|kk|ev|se|the"
)
STREET_WORDS = (
    ("strasse", "str"), ("street", "st"), ("avenue", "ave"), ("road", "rd"), ("boulevard", "blvd"),
    ("drive", "dr"), ("lane", "ln"), ("court", "ct"), ("crescent", "cres"), ("circuit", "cct"),
    ("terrace", "tce"), ("highway", "hwy"), ("parkway", "pkwy"), ("square", "sq"), ("place", "pl"),
    ("north", "n"), ("south", "s"), ("east", "e"), ("west", "w"),
)
APOSTROPHES = "'’`´"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def cleaned(column: str) -> str:
    """Lower case, no accents, half width, single blanks. What is plain ASCII, mostly all, needs the half of it."""
    special = f"translate(lower({column}), {quoted(FULL_WIDTH.lower())}, {quoted(HALF_WIDTH.lower())})"
    # ß, ø and ł are letters of their own, not accents.
    special = f"translate(replace(replace({special}, 'ß', 'ss'), 'æ', 'ae'), 'øłđ', 'old')"
    plain = f"(CASE WHEN strlen({column}) = length({column}) THEN lower({column}) ELSE strip_accents({special}) END)"
    return f"trim(replace(replace(translate({plain}, chr(9) || chr(10) || chr(13), '   '), '  ', ' '), '  ', ' '))"


def known(cell: str) -> str:
    return f"CASE WHEN {cell} NOT IN ({', '.join(map(quoted, NOTHING))}) THEN {cell} END"


def letters(text: str) -> str:
    """Words of letters alone; what an apostrophe joins stays together."""
    bare = f"translate({text}, {quoted(APOSTROPHES)}, '')"
    return rf"nullif(trim(regexp_replace({bare}, '[^\p{{L}}]+', ' ', 'g')), '')"


def without_titles(text: str) -> str:
    """Blanks on both sides make whole words of the titles without looking for their ends."""
    listed = "|".join(TITLES)
    return rf"nullif(trim(regexp_replace(' ' || {text} || ' ', '( ({listed})\b)+', '', 'g')), '')"


def digits(text: str) -> str:
    return rf"nullif(regexp_replace({text}, '\D+', '', 'g'), '')"


def signs(text: str) -> str:
    return rf"nullif(regexp_replace({text}, '[^\p{{L}}\p{{N}}]+', '', 'g'), '')"


def joined(columns: list[str], by: str = "' '") -> str:
    return columns[0] if len(columns) == 1 else f"nullif(concat_ws({by}, {', '.join(columns)}), '')"


def first_of(columns: list[str]) -> str:
    return columns[0] if len(columns) == 1 else f"coalesce({', '.join(columns)})"


def words_of(text: str) -> str:
    return (
        rf"list_distinct(list_filter(string_split_regex(coalesce({text}, ''), '[^\p{{L}}\p{{N}}]+'), "
        rf"lambda w: w <> ''))"
    )


@dataclass(frozen=True)
class Plan:
    """What becomes of the columns: JSON-able, so that records that come later are prepared in the same way."""

    sources: tuple[str, ...]  # the columns of the records that are read, in the order of c0, c1, …
    helpers: tuple[tuple[str, str], ...]  # SQL over the cleaned columns that several others build on, worked out once
    basic: tuple[tuple[str, str], ...]  # prepared column, SQL over the cleaned columns and the helpers
    roles: dict  # role (given, surname, birth, …) → the columns of the records that it comes from
    extras: tuple[tuple[str, str, str], ...]  # (prepared column, kind, column of the records): word, number, year, …

    def as_json(self) -> dict:
        return {
            "sources": list(self.sources),
            "helpers": [list(pair) for pair in self.helpers],
            "basic": [list(pair) for pair in self.basic],
            "roles": {role: list(columns) for role, columns in self.roles.items()},
            "extras": [list(extra) for extra in self.extras],
        }

    @classmethod
    def from_json(cls, told: dict) -> "Plan":
        return cls(
            tuple(told["sources"]),
            tuple(map(tuple, told["helpers"])),
            tuple(map(tuple, told["basic"])),
            {role: tuple(columns) for role, columns in told["roles"].items()},
            tuple(map(tuple, told["extras"])),
        )


def plan(meanings: dict[str, str], day_first: dict[str, bool]) -> Plan:
    """From meanings to prepared columns. `day_first`: for columns of dates, whether 03/04 is the third of April."""
    used = tuple(column for column, meaning in meanings.items() if meaning != "ignore")
    place = {column: f"c{number}" for number, column in enumerate(used)}
    by: dict[str, list[str]] = {}
    for column in used:
        by.setdefault(meanings[column], []).append(column)

    def cells(*wanted: str) -> list[str]:
        return [place[column] for meaning in wanted for column in by.get(meaning, [])]

    helpers: list[tuple[str, str]] = []
    basic: list[tuple[str, str]] = []
    roles: dict[str, tuple[str, ...]] = {}
    extras: list[tuple[str, str, str]] = []

    def take(role: str, sql: str, *wanted: str) -> None:
        basic.append((role, sql))
        roles[role] = tuple(column for meaning in wanted for column in by.get(meaning, []))

    names(by, cells, take, helpers)
    if by.get("email"):
        take(
            "email",
            rf"CASE WHEN {first_of(cells('email'))} LIKE '%@%' "
            rf"THEN replace({first_of(cells('email'))}, ' ', '') END",
            "email",
        )
    if by.get("phone"):
        numbers = [digits(cell) for cell in cells("phone")]
        take(
            "phone",
            first_of([f"CASE WHEN length({number}) >= 6 THEN ltrim({number}, '0') END" for number in numbers]),
            "phone",
        )
    birth(by, cells, take, day_first)
    if by.get("website"):
        host = rf"regexp_extract({cells('website')[0]}, '^(?:[a-z]+://)?(?:www\d?\.)?([^/:?# ]+)', 1)"
        take("website", f"CASE WHEN contains({host}, '.') THEN {host} END", "website")
    if by.get("sex"):
        cell = first_of(cells("sex"))
        take(
            "sex",
            f"CASE WHEN {cell} IN ('m', 'male', 'man', 'mannlich', 'h', 'homme', '男', 'mr') THEN 'm' "
            f"WHEN {cell} IN ('f', 'female', 'woman', 'weiblich', 'w', 'femme', '女', 'mrs') THEN 'f' "
            f"ELSE {cell} END",
            "sex",
        )
    places(by, place, cells, take, extras)
    companies = by.get("company", [])
    if companies:
        whole = signs_kept_apart(place[companies[0]])
        bare = rf"trim(regexp_replace(regexp_replace({whole}, '\b({COMPANY_FORMS})\b', ' ', 'g'), '\s+', ' ', 'g'))"
        bare = rf"regexp_replace({bare}, '(股份)?(有限)?(责任)?公司$', '')"
        basic.append(("company", f"coalesce(nullif({bare}, ''), nullif({whole}, ''))"))
        roles["company"] = (companies[0],)
        extras += [(f"x{place[column]}", "word", column) for column in companies[1:]]
    for kind in ("identifier", "title", "text", "number", "year", "date", "set", "word"):
        extras += [(f"x{place[column]}", kind, column) for column in by.get(kind, [])]
    for name, kind, column in extras:
        cell = place[column]
        sql = {
            "identifier": signs(cell),
            "title": signs_kept_apart(cell),
            "text": signs_kept_apart(cell),
            "set": signs_kept_apart(cell),
            "word": signs_kept_apart(cell),
            "number": rf"nullif(regexp_replace(replace({cell}, ',', '.'), '[^0-9.-]+', '', 'g'), '')",
            "year": rf"nullif(regexp_extract({cell}, '\d{{4}}'), '')",
            "date": date_sql(cell, day_first.get(column, True)),
        }[kind]
        basic.append((name, sql))
    return Plan(used, tuple(helpers), tuple(basic), roles, tuple(extras))


def signs_kept_apart(text: str) -> str:
    bare = f"translate({text}, {quoted(APOSTROPHES + '.')}, '')"
    return rf"nullif(trim(regexp_replace({bare}, '[^\p{{L}}\p{{N}}]+', ' ', 'g')), '')"


def names(by, cells, take, helpers) -> None:
    """Given name, middle names and surname, from their own columns or cut out of the full name."""
    compounds = ", ".join(map(quoted, DOUBLE_SURNAMES))
    full = first_of(cells("name")) if by.get("name") else None
    if full:
        # `Wong, Ada`: behind the comma of a single word stands the given name.
        turned = (
            f"CASE WHEN contains({full}, ',') AND NOT contains(trim(split_part({full}, ',', 1)), ' ') "
            f"THEN split_part({full}, ',', 2) || ' ' || split_part({full}, ',', 1) ELSE {full} END"
        )
        helpers += [
            ("name_plain", without_titles(letters(turned))),
            # Chinese names stand without blanks, the surname first.
            (
                "name_signs",
                rf"CASE WHEN strlen({full}) > length({full}) "
                rf"THEN nullif(regexp_replace({full}, '[^\p{{Han}}]+', '', 'g'), '') END",
            ),
        ]
        cut = f"(CASE WHEN left(name_signs, 2) IN ({compounds}) AND length(name_signs) > 2 THEN 2 ELSE 1 END)"
        from_full = {
            "given": f"CASE WHEN name_signs IS NOT NULL THEN substr(name_signs, {cut} + 1) "
            "ELSE split_part(name_plain, ' ', 1) END",
            "surname": f"CASE WHEN name_signs IS NOT NULL THEN left(name_signs, {cut}) "
            "WHEN contains(name_plain, ' ') THEN split_part(name_plain, ' ', -1) END",
            "middle": "CASE WHEN name_signs IS NULL "
            "AND length(name_plain) - length(replace(name_plain, ' ', '')) > 1 THEN "
            "array_to_string(string_split(name_plain, ' ')[2:-2], ' ') END",
        }
    if by.get("given_name"):
        helpers.append(("given_plain", without_titles(letters(joined(cells("given_name"))))))
    own_given, own_surname = by.get("given_name"), by.get("surname")
    if own_given or full:
        parts = (["split_part(given_plain, ' ', 1)"] if own_given else []) + (
            [from_full["given"]] if full and (not own_given or own_surname) else []
        )
        take("given", f"nullif({first_of(parts)}, '')", "given_name", "name")
        take(
            "middle",
            first_of(
                (
                    ["nullif(trim(substr(given_plain, length(split_part(given_plain, ' ', 1)) + 1)), '')"]
                    if own_given
                    else []
                )
                + ([f"nullif({from_full['middle']}, '')"] if full and (not own_given or own_surname) else [])
            ),
            "given_name",
            "name",
        )
    if own_surname or full:
        parts = ([f"replace({letters(joined(cells('surname')))}, ' ', '')"] if own_surname else []) + (
            [from_full["surname"]] if full and (not own_surname or own_given) else []
        )
        take("surname", f"nullif({first_of(parts)}, '')", "surname", "name")


def date_sql(cell: str, day_first: bool) -> str:
    """A date as eight digits, impossible ones too: 29 February 1975 is a slip of one key, and close to another date."""
    year, month, day = r"(\d{4})", r"(\d{1,2})", r"(\d{1,2})"
    first, second = (3, 2) if day_first else (2, 3)
    written = rf"^{day}[-/. ]{month}[-/. ]{year}"
    parts = {
        1: rf"regexp_extract({cell}, '{written}', 3)",
        second: rf"regexp_extract({cell}, '{written}', 2)",
        first: rf"regexp_extract({cell}, '{written}', 1)",
    }
    iso = rf"^{year}[-/. 年]{month}[-/. 月]{day}"
    return (
        rf"CASE WHEN regexp_matches({cell}, '^\d{{8}}$') THEN {cell} "
        rf"WHEN regexp_matches({cell}, '{iso}') THEN regexp_extract({cell}, '{iso}', 1) || "
        rf"lpad(regexp_extract({cell}, '{iso}', 2), 2, '0') || lpad(regexp_extract({cell}, '{iso}', 3), 2, '0') "
        rf"WHEN regexp_matches({cell}, '{written}') "
        rf"THEN {parts[1]} || lpad({parts[2]}, 2, '0') || lpad({parts[3]}, 2, '0') "
        rf"WHEN regexp_matches({cell}, '^\d{{4}}[-/.]\d{{1,2}}$') THEN "
        rf"left({cell}, 4) || lpad(regexp_extract({cell}, '[-/.](\d+)$', 1), 2, '0') || '00' "
        rf"WHEN regexp_matches({cell}, '^\d{{4}}(\.0)?$') THEN left({cell}, 4) || '0000' END"
    )


def birth(by, cells, take, day_first) -> None:
    if by.get("birth_date"):
        column = by["birth_date"][0]
        take("birth", date_sql(cells("birth_date")[0], day_first.get(column, True)), "birth_date")
    elif by.get("birth_year"):
        year, month, day = (
            digits(cells(meaning)[0]) if by.get(meaning) else "NULL"
            for meaning in ("birth_year", "birth_month", "birth_day")
        )
        take(
            "birth",
            f"CASE WHEN length({year}) = 4 THEN {year} || lpad(coalesce({month}, '00'), 2, '0') || "
            f"lpad(coalesce({day}, '00'), 2, '0') END",
            "birth_year",
            "birth_month",
            "birth_day",
        )


def places(by, place, cells, take, extras) -> None:
    if by.get("street") or by.get("address"):
        main = "street" if by.get("street") else "address"
        cell = cells(main)[0]
        words = letters(rf"regexp_replace({cell}, '(\D)\d+[a-z]?\b', '\1', 'g')")
        for long, short in STREET_WORDS:
            words = f"replace({words}, {quoted(long)}, {quoted(short)})"
        take("street", f"nullif(replace({words}, ' ', ''), '')", main)
        number = cells("street_number")[0] if by.get("street_number") else cell
        take(
            "street_no",
            rf"nullif(ltrim(regexp_extract({number}, '\d+'), '0'), '')",
            "street_number" if by.get("street_number") else main,
        )
        extras += [
            (f"x{place[column]}", "word", column)
            for meaning in ("street", "address")
            for column in by.get(meaning, [])
            if column != by[main][0]
        ]
    elif by.get("street_number"):
        take(
            "street_no", rf"nullif(ltrim(regexp_extract({cells('street_number')[0]}, '\d+'), '0'), '')", "street_number"
        )
    if by.get("city"):
        take("city", letters(first_of(cells("city"))), "city")
    if by.get("postal_code"):
        take("postal_code", signs(first_of(cells("postal_code"))), "postal_code")
    if by.get("region"):
        take("region", letters(first_of(cells("region"))), "region")


def dates_day_first(frame, meanings: dict[str, str]) -> dict[str, bool]:
    """Whether the day stands first in columns like 03/04/1990: yes, unless only second numbers go beyond twelve."""
    answers = {}
    for column, meaning in meanings.items():
        if meaning in ("birth_date", "date"):
            parts = (
                frame[column]
                .dropna()
                .astype(str)
                .str.extract(r"^(\d{1,2})[-/. ](\d{1,2})[-/. ]\d{4}")
                .dropna()
                .astype(int)
            )
            answers[column] = bool((parts[0] > 12).sum() >= (parts[1] > 12).sum())
    return answers


# --- in SQL -----------------------------------------------------------------------------------------


def prepare(connection, plan: Plan, records, table: str, first_row: int = 0, side: int = 0) -> None:
    """A table of prepared records under that name, beside what stands in it. `records`: an Arrow table of texts."""
    given = f"{table}_given_{side}"
    connection.register(given, records)
    cells = ", ".join(f"{cleaned(f'g{place}')} AS c{place}" for place in range(len(plan.sources)))
    meant = ", ".join(f"{known(f'c{place}')} AS c{place}" for place in range(len(plan.sources)))
    helpers = "".join(f", {sql} AS {name}" for name, sql in plan.helpers)
    basics = ", ".join(f"{sql} AS {name}" for name, sql in plan.basic)
    connection.execute(
        f"CREATE OR REPLACE TABLE {table}_basic AS SELECT unique_id + {first_row} AS unique_id, "
        f"{side} AS side, {basics} FROM (SELECT *{helpers} FROM (SELECT unique_id, {meant} FROM "
        f"(SELECT unique_id, {cells} FROM {given})))"
    )
    connection.unregister(given)
    spell(connection, plan, table)
    columns = [name for name, _ in plan.basic]
    selected, joins = [f"b.{name}" for name in columns], []
    for role in ("given", "surname"):
        if role in columns:
            selected += [
                f"{role}_s.latin AS {role}_latin",
                f"{role}_s.nick AS {role}_nick",
                f"{role}_s.sound AS {role}_sound",
            ]
            joins.append(f"LEFT JOIN {table}_spelled AS {role}_s ON {role}_s.name = b.{role}")
    if "email" in columns:
        selected.append(
            r"nullif(regexp_replace(split_part(split_part(b.email, '@', 1), '+', 1), '[^\p{L}\p{N}]', '', 'g'), '') "
            "AS email_user"
        )
    if "website" in columns:
        # Of a host the name: shop.example of www.shop.example/about, without what stands behind its first dot.
        selected.append(r"nullif(regexp_replace(split_part(b.website, '.', 1), '[^\p{L}\p{N}]', '', 'g'), '') AS site")
    if "phone" in columns:
        selected.append("right(b.phone, 8) AS phone_key")
    for name in worded(plan):
        selected.append(f"{words_of(f'b.{name}')} AS {name}_words")
    for name, kind, _ in plan.extras:
        if kind == "number":
            selected.append(f"try_cast(b.{name} AS DOUBLE) AS {name}_value")
    exists = connection.execute(
        "SELECT count(*) FROM information_schema.tables WHERE table_name = ?", [table]
    ).fetchone()[0]
    made = f"INSERT INTO {table}" if exists else f"CREATE TABLE {table} AS"
    connection.execute(
        f"{made} SELECT b.unique_id, b.side, {', '.join(selected)} FROM {table}_basic AS b {' '.join(joins)} "
        "ORDER BY b.unique_id"
    )
    connection.execute(f"DROP TABLE {table}_basic")
    connection.execute(f"DROP TABLE IF EXISTS {table}_spelled")


def worded(plan: Plan) -> list[str]:
    """Prepared columns that are compared word by word."""
    return [name for name, kind, _ in plan.extras if kind in ("title", "text", "set")] + (
        ["company"] if "company" in plan.roles else []
    )


def spell(connection, plan: Plan, table: str) -> None:
    """The few distinct names as they sound: Python sees each once."""
    roles = [role for role, _ in plan.basic if role in ("given", "surname")]
    if not roles:
        return
    import pyarrow as pa

    distinct = " UNION ".join(f"SELECT {role} AS name FROM {table}_basic WHERE {role} IS NOT NULL" for role in roles)
    names = [name for (name,) in connection.execute(f"SELECT DISTINCT name FROM ({distinct}) ORDER BY name").fetchall()]
    columns = list(zip(*spelled(names), strict=True)) if names else [[]] * 4
    arrow = pa.table(
        {
            key: pa.array(list(values), pa.list_(pa.string()) if key == "nick" else pa.string())
            for key, values in zip(("name", "latin", "nick", "sound"), columns, strict=True)
        }
    )
    connection.register(f"{table}_spelled_given", arrow)
    connection.execute(f"CREATE OR REPLACE TABLE {table}_spelled AS SELECT * FROM {table}_spelled_given")
    connection.unregister(f"{table}_spelled_given")


def texts_of(records, sources) -> "object":
    """An Arrow table of texts g0, g1, … and unique_id, from a frame or an Arrow table."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    arrays = {"unique_id": pa.array(np.arange(len(records), dtype=np.int64))}
    for place, column in enumerate(sources):
        if isinstance(records, pd.DataFrame):
            values = records[column]
            if pd.api.types.is_datetime64_any_dtype(values.dtype):
                texts = pa.array(values.dt.strftime("%Y-%m-%d"), pa.string(), from_pandas=True)
            elif values.dtype == object or pd.api.types.is_string_dtype(values.dtype):
                texts = arrow_texts(values)
            else:
                texts = pc.cast(pa.array(values, from_pandas=True), pa.string())
        else:
            texts = records.column(column)
            texts = texts if pa.types.is_string(texts.type) else pc.cast(texts, pa.string())
        if isinstance(texts, pa.ChunkedArray):
            texts = texts.combine_chunks()
        # 34.0 is how a table with gaps writes the whole number 34.
        arrays[f"g{place}"] = pc.replace_substring_regex(texts, r"^(-?\d+)\.0$", r"\1")
    return pa.table(arrays)


def arrow_texts(values) -> "object":
    """Texts as they are; where other things stand among them, these as texts too."""
    import pyarrow as pa

    try:
        return pa.array(values, pa.string(), from_pandas=True)
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        known = values.notna()
        return pa.array([str(value) if there else None for value, there in zip(values.array, known, strict=True)])
