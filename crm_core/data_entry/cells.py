"""From cells as texts to typed tables and rejects: set-based, in the child's scratch database."""
import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crm_core import engine
from crm_core.data_entry import casting, direct
from crm_core.data_entry.columnar import raw_rows
from crm_core.data_entry.parse import REJECTS, raw_lines
from crm_core.tables import RULES, TABLES

# Identifiers are texts, whatever they look like; and how other programs write that a customer has none.
NUMBERS = ("customers.customer_no", "orders.order_no", "products.product_no")
NO_NUMBER = ("null", "nan", "none", r"\n", "#n/a")
# As the book compares e-mails (store/schema/0001_book_of_record.sql); a test holds the two together.
EMAIL_KEY = ("CREATE MACRO email_key(email) AS "
             "nullif(lower(regexp_replace(translate(email, '＠．。', '@..'), '\\s', '', 'g')), '')")
AMOUNT = "DECIMAL(18,4)"
MANY_TEXTS = 20_000


@dataclass(frozen=True)
class Given:
    """A mapped column."""

    position: int
    header: str
    meaning: str

    @property
    def column(self):
        table, name = self.meaning.split(".")
        return TABLES[table].column(name)

    @property
    def cast(self) -> bool:
        return self.column.type != "text"


def type_cells(request: dict, progress) -> dict:
    """Write the typed tables and the rejects of a file; the fields of Checked."""
    folder, kind = Path(request["folder"]), request["mapping"]["kind"]
    headers = request["headers"]
    given = {meaning: Given(headers.index(header), header, meaning)
             for header, meaning in request["mapping"]["columns"].items() if meaning}
    cursor = engine.scratch(request["memory_for_queries_mb"], Path(request["cells"]))
    cursor.execute(EMAIL_KEY)
    at_once = _lay_cells(cursor, Path(request["cells"]) / "cells.parquet", given)
    progress(0.05)
    date_orders, decimal_marks = _read_columns(cursor, given, request, at_once)
    progress(0.3)
    _type_rows(cursor, given, kind, at_once)
    progress(0.5)
    cursor.execute("CREATE TABLE rejects (line BIGINT, column_name VARCHAR, reason VARCHAR, value VARCHAR)")
    _reject_cells(cursor, given, kind, request["at"])
    progress(0.6)
    if kind == "customers":
        counts = _customers_of_file(cursor, given)
        _write_tables(cursor, folder)
    else:
        from crm_core.data_entry.orders import orders_of_file  # it builds on what stands here

        counts = orders_of_file(cursor, given, kind, folder, progress)
    good = cursor.execute(
        "SELECT (SELECT count(*) FROM cells) - (SELECT count(DISTINCT line) FROM rejects)").fetchone()[0]
    rows, rejected, reasons = _write_rejects(cursor, folder, Path(request["cells"]))
    return {"rows": rows, "good": good, "rejected": rejected, "reasons": reasons, "date_orders": date_orders,
            "decimal_marks": decimal_marks, **counts}


# --- cells to typed rows ------------------------------------------------------------------------


def _lay_cells(cursor, cells: Path, given: dict[str, Given]) -> dict[int, direct.Direct]:
    """The view `cells` of the mapped columns, empty ones as NULL; by position those that can be cast at once."""
    source = f"read_parquet({_text(str(cells))})"
    types = {name: type for name, type, *_ in cursor.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    taken, columns = {}, ""
    for g in given.values():
        cell, native = f"c{g.position}", types[f"c{g.position}"]
        if native != "VARCHAR" and direct.passes_natively(g.column.type, native):
            taken[g.position] = direct.take_natively(cell, g.column.type, native)
        else:
            cell = f"nullif({direct.as_text(cell, native)}, '')"
        columns += f", {cell} AS c{g.position}"
    cursor.execute(f"CREATE VIEW cells AS SELECT line{columns} FROM {source}")
    texts = [(g.position, g.column.type) for g in given.values() if g.position not in taken]
    return taken | direct.look(cursor, texts)


def _read_columns(cursor, given: dict[str, Given], request: dict, at_once: dict[int, direct.Direct]
                  ) -> tuple[dict, dict]:
    """Cast what cannot be cast at once by its distinct texts; date orders and decimal marks by header."""
    date_orders, decimal_marks, looked = {}, {}, {}
    told = request["date_order"]
    for g in given.values():
        if g.column.type in ("number", "money", "whole"):
            looked[g.meaning] = (at_once[g.position].numbers if g.position in at_once
                                 else casting.look_at_numbers(cursor, g.position))
    for g in given.values():
        if g.position in at_once and g.column.type not in ("number", "money", "whole"):
            continue
        match g.column.type:
            case "number" | "money" | "whole":
                mark = casting.decimal_mark(looked[g.meaning], list(looked.values()), request["delimiter"])
                if g.position in at_once and (mark == "." or not looked[g.meaning].point_in_doubt):
                    pass
                else:
                    if at_once.pop(g.position, None):
                        casting.look_at_numbers(cursor, g.position)
                    casting.read_numbers(cursor, g.position, g.column.type, mark)
                if looked[g.meaning].point_in_doubt or looked[g.meaning].comma_in_doubt:
                    decimal_marks[g.header] = mark
            case "day" | "time":
                order = casting.read_dates(cursor, g.position, g.column.type, g.header,
                                           told.get(g.header) if isinstance(told, dict) else told)
                if order:
                    date_orders[g.header] = order
            case "choice":
                casting.read_choice(cursor, g.position, g.column.name)
            case "yes_no":
                casting.read_yes_no(cursor, g.position)
    return date_orders, decimal_marks


def _type_rows(cursor, given: dict[str, Given], kind: str, at_once: dict[int, direct.Direct]) -> None:
    """The relation `typed`: line, every meaning by its name, `reason_<n>` for each column that was cast."""
    numbers = [g for g in given.values() if g.meaning in NUMBERS]
    floats = set()
    if numbers:
        # 17850.0 is 17850 where a program took the whole column for decimal numbers, and only there.
        sums = ", ".join(f"count(c{g.position}), count(*) FILTER (WHERE c{g.position} LIKE '%.0' "
                         f"AND regexp_full_match(c{g.position}, '[0-9]+[.]0'))" for g in numbers)
        counts = cursor.execute(f"SELECT {sums} FROM cells").fetchone()
        floats = {g.meaning for g, filled, float_like in zip(numbers, counts[::2], counts[1::2], strict=True)
                  if filled and filled == float_like}
    select, joins = [], []
    for g in given.values():
        value = f"cells.c{g.position}"
        if g.position in at_once:
            select.append(f"{at_once[g.position].reason or 'CAST(NULL AS VARCHAR)'} AS reason_{g.position}")
            value = at_once[g.position].value
        elif g.cast:
            joins.append(f"LEFT JOIN read_{g.position} ON read_{g.position}.text = cells.c{g.position}")
            select.append(f"read_{g.position}.reason AS reason_{g.position}")
            value = f"read_{g.position}.value"
        elif g.meaning == "customers.email":
            value = f"translate({value}, '＠．', '@.')"
        elif g.meaning == "customers.customer_no":
            value = f"CASE WHEN lower({value}) NOT IN ({', '.join(map(_text, NO_NUMBER))}) THEN {value} END"
        if g.meaning in floats:
            value = f"regexp_replace({value}, '[.]0$', '')"
        select.append(f'{value} AS "{g.meaning}"')
    looked_up = [g.position for g in given.values() if g.cast and g.position not in at_once]
    texts = [cursor.execute(f"SELECT count(*) FROM read_{position}").fetchone()[0] for position in looked_up]
    # Casting again costs less than keeping millions of rows; looking up among many texts does not.
    kept = "TABLE" if max(texts, default=0) > MANY_TEXTS else "VIEW"
    cursor.execute(f"CREATE {kept} typed AS SELECT cells.line, {', '.join(select)} FROM cells {' '.join(joins)}")
    if kept == "TABLE":
        for position in looked_up:
            cursor.execute(f"DROP TABLE read_{position}")


def _reject_cells(cursor, given: dict[str, Given], kind: str, at: str | None) -> None:
    """What could not be cast, breaks a rule or is missing, into `rejects`; then `good`, the rows without."""
    required = {
        "order_lines": {"orders.order_no", "orders.ordered_at", "order_lines.quantity", "order_lines.unit_price"},
        "orders": {"orders.order_no", "orders.ordered_at", "orders.amount"},
        "customers": set(),
    }[kind]
    if "order_lines.amount" in given and "order_lines.unit_price" not in given:
        required = required | {"order_lines.amount"}
    present = f"TIMESTAMP '{at}'" if at else "TIMESTAMP '2100-01-01'"
    problems = []  # header, reason as SQL, condition, value as SQL
    for g in given.values():
        name, text = f'"{g.meaning}"', f"cells.c{g.position}"
        if g.cast:
            problems.append((g.header, f"reason_{g.position}", f"reason_{g.position} IS NOT NULL", text))
        if g.column.rule:
            condition = RULES[g.column.rule].replace("{}", name).replace("$at", present)
            problems.append((g.header, _text(f"rule.{g.column.rule}"), f"NOT ({condition})", text))
        if g.meaning in required:
            was_read = f" AND reason_{g.position} IS NULL" if g.cast else ""
            problems.append((g.header, "'missing'", f"{name} IS NULL{was_read}", "NULL"))
    if kind == "customers":
        for rule, condition in TABLES["customers"].rules:
            names = "|".join(column.name for column in TABLES["customers"].columns)
            condition = re.sub(rf"\b({names})\b", lambda name: (
                f'"customers.{name[0]}"' if f"customers.{name[0]}" in given else "NULL"), condition)
            problems.append((None, _text(f"rule.{rule}"), f"NOT ({condition})", "NULL"))
    if kind == "orders" and "orders.order_no" not in given:
        # Without an order's number only customer and time can tell one order from the other.
        problems.append((_header(given, "customers.customer_no") or _header(given, "customers.email")
                         or _header(given, "customers.name"), "'missing'", f"{_who(given)} IS NULL", "NULL"))
    counts = cursor.execute("SELECT " + ", ".join(
        f"count(*) FILTER (WHERE {condition})" for _, _, condition, _ in problems) + " FROM typed").fetchone()
    for (header, reason, condition, value), rows in zip(problems, counts, strict=True):
        if rows:
            _reject(cursor, f"SELECT typed.line, {_text(header)}, {reason}, {value} "
                            f"FROM typed JOIN cells ON cells.line = typed.line WHERE {condition}")
    cursor.execute("CREATE VIEW good AS SELECT * FROM typed WHERE line NOT IN (SELECT line FROM rejects)")


def _reject(cursor, select: str) -> int:
    return cursor.execute(f"INSERT INTO rejects {select}").fetchone()[0]


def _header(given: dict[str, Given], meaning: str) -> str | None:
    return given[meaning].header if meaning in given else None


def _who(given: dict[str, Given]) -> str:
    """SQL that tells customers of the file apart: by number, else by e-mail, else by name and phone."""
    cases = []
    if "customers.customer_no" in given:
        cases.append("""WHEN "customers.customer_no" IS NOT NULL THEN 'n' || "customers.customer_no" """)
    if "customers.email" in given:
        cases.append("""WHEN "customers.email" IS NOT NULL THEN 'e' || email_key("customers.email")""")
    if "customers.name" in given:
        phone = """ || chr(31) || coalesce("customers.phone", '')""" if "customers.phone" in given else " || chr(31)"
        cases.append(f"""WHEN "customers.name" IS NOT NULL THEN 'm' || "customers.name"{phone}""")
    if "customers.phone" in given:
        cases.append("""WHEN "customers.phone" IS NOT NULL THEN 'm' || chr(31) || "customers.phone" """)
    return f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS VARCHAR)"


# --- a file of customers ------------------------------------------------------------------------


def _customers_of_file(cursor, given: dict[str, Given]) -> dict:
    columns = "".join(f', "{g.meaning}" AS {g.column.name}' for g in given.values())
    identity = next(given[meaning] for meaning in (
        "customers.customer_no", "customers.email", "customers.name", "customers.phone") if meaning in given)
    cursor.execute(f"CREATE TABLE rows_of_people AS SELECT line, {_who(given)} AS who{columns} FROM good")
    _reject(cursor, f"""
        SELECT line, {_text(identity.header)}, 'twice_in_file', ltrim(who[2:], chr(31)) FROM (
            SELECT line, who, row_number() OVER (PARTITION BY who ORDER BY line) AS nth FROM rows_of_people)
        WHERE nth > 1""")
    if "customers.email" in given:
        _reject(cursor, f"""
            SELECT line, {_text(_header(given, "customers.email"))}, 'email_of_another', email FROM (
                SELECT line, email, row_number() OVER (PARTITION BY email_key(email) ORDER BY line) AS nth
                FROM rows_of_people WHERE email IS NOT NULL AND line NOT IN (SELECT line FROM rejects))
            WHERE nth > 1""")
    cursor.execute("CREATE TABLE customers AS SELECT row_number() OVER (ORDER BY line) AS key, * EXCLUDE (who) "
                   "FROM rows_of_people WHERE line NOT IN (SELECT line FROM rejects) ORDER BY line")
    countries = "count(DISTINCT country)" if "customers.country" in given else "0"
    people, countries = cursor.execute(f"SELECT count(*), {countries} FROM customers").fetchone()
    return {"customers": people, "products": 0, "orders": 0, "lines": 0, "countries": countries, "amount": 0,
            "first_at": None, "last_at": None, "orders_with_two_dates": 0, "orders_with_two_customers": 0,
            "orders_incomplete": 0, "emails_shared": 0}


# --- out ----------------------------------------------------------------------------------------


def _write_tables(cursor, folder: Path) -> None:
    target = str(folder / "customers.parquet").replace("'", "''")
    cursor.execute("COPY (SELECT * EXCLUDE (line) FROM customers ORDER BY key) "
                   f"TO '{target}' (FORMAT parquet, COMPRESSION lz4)")


def _write_rejects(cursor, folder: Path, reading: Path) -> tuple[int, int, dict[str, int]]:
    """rejects.parquet with the raw text of each line; rows of the file, rejected rows, counts by reason."""
    # In this thread: a thread that finds no room to start would be waited for in vain.
    ragged = pq.ParquetFile(reading / "ragged.parquet").read(use_threads=False)
    found = cursor.execute("SELECT line, column_name AS \"column\", reason, value FROM rejects").to_arrow_table()
    lines = found.column("line").to_pylist()
    if (reading / "text.csv").exists():
        raw = raw_lines(reading / "text.csv", set(lines))
    else:
        raw = raw_rows(cursor, reading / "cells.parquet", set(lines))
    found = found.append_column("raw", pa.array([raw.get(line, "") for line in lines], pa.string()))
    rejects = pa.concat_tables([ragged, found.cast(REJECTS)]).sort_by([("line", "ascending")])
    pq.write_table(rejects, folder / "rejects.parquet")
    reasons = {entry["values"]: entry["counts"] for entry in rejects.column("reason").value_counts().to_pylist()}
    rows = cursor.execute("SELECT count(*) FROM cells").fetchone()[0] + ragged.num_rows
    return rows, len(set(lines)) + ragged.num_rows, reasons


def _text(text: str | None) -> str:
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"
