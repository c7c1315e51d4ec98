"""From cells as texts to typed tables and rejects: set-based, in the child's scratch database."""
import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crm_core import engine
from crm_core.data_entry import casting, direct, rows
from crm_core.data_entry.columnar import raw_rows
from crm_core.data_entry.kinds import KINDS, column_of, is_reference, own_field, table_of
from crm_core.data_entry.parse import REJECTS, raw_lines
from crm_core.tables import RULES, TABLES

# Identifiers are texts, whatever they look like; and how other programs write that a customer has none.
NUMBERS = ("customers.customer_no", "orders.order_no", "products.product_no", "customers.company_no",
           "customers.lead_no", "campaigns.campaign_no", "communications.external_no", "service_requests.request_no",
           "opportunities.opportunity_no", "relationships.related_no", "customers.household_no",
           "customers.referrer_no")
NO_NUMBER = ("null", "nan", "none", r"\n", "#n/a")
# As the book compares e-mails (store/schema/0002_every_record.sql); a test holds the two together.
EMAIL_KEY = ("CREATE MACRO email_key(email) AS nullif(lower(regexp_replace("
             f"translate(email, '{casting.WIDE_SIGNS}', '{casting.PLAIN_SIGNS}'), '\\s', '', 'g')), '')")
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
        return column_of(self.meaning)

    @property
    def cast(self) -> bool:
        return self.column.type != "text"


# table → its field of Checked
COUNTED = {"customers": "customers", "products": "products", "orders": "orders", "order_lines": "lines"}
NOTHING = {"customers": 0, "products": 0, "orders": 0, "lines": 0, "countries": 0, "amount": 0, "first_at": None,
           "last_at": None, "orders_with_two_dates": 0, "orders_with_two_customers": 0, "orders_incomplete": 0,
           "emails_shared": 0, "counts": {}, "notes": []}


def type_cells(request: dict, progress) -> dict:
    """Write the typed tables and the rejects of a file; the fields of Checked."""
    folder, kind = Path(request["folder"]), request["mapping"]["kind"]
    headers = request["headers"]
    mapped = {header: meaning for header, meaning in request["mapping"]["columns"].items() if meaning}
    own = [(headers.index(header), header) for header, meaning in mapped.items() if meaning == own_field(kind)]
    given = {meaning: Given(headers.index(header), header, meaning)
             for header, meaning in mapped.items() if meaning != own_field(kind)}
    given, virtual = rows.composed(given, len(headers), kind, Given)
    cursor = engine.scratch(request["memory_for_queries_mb"], Path(request["cells"]))
    cursor.execute(EMAIL_KEY)
    at_once = _lay_cells(cursor, Path(request["cells"]) / "cells.parquet", given, own, virtual)
    progress(0.05)
    date_orders, decimal_marks = _read_columns(cursor, given, request, at_once)
    progress(0.3)
    _type_rows(cursor, given, kind, at_once)
    progress(0.5)
    cursor.execute("CREATE TABLE rejects (line BIGINT, column_name VARCHAR, reason VARCHAR, value VARCHAR)")
    _reject_cells(cursor, given, kind, request["at"])
    progress(0.6)
    if kind in ("orders", "order_lines") and not (kind == "orders" and "orders.ordered_at" not in given):
        from crm_core.data_entry.orders import orders_of_file  # it builds on what stands here

        _own_fields_of_orders(cursor, given, own)
        counts = orders_of_file(cursor, given, kind, folder, progress)
    else:
        if kind == "orders":
            counts = _payments_of_file(cursor, given, own)
        elif kind == "customers":
            counts = _customers_of_file(cursor, given, own)
        else:
            counts = rows.rows_of_file(cursor, given, own, kind, lambda select: _reject(cursor, select))
        progress(0.8)
        _write_tables(cursor, folder)
    counts = NOTHING | counts
    if kind in ("customers", "orders", "order_lines"):
        counts["counts"] = {table: counts[name] for table, name in COUNTED.items() if counts[name]}
    if kind == "orders" and "orders.amount" not in given:
        counts["notes"] = [*counts["notes"], ["orders_without_amount", {"count": counts["orders"]}]]
    good = cursor.execute(
        "SELECT (SELECT count(*) FROM cells) - (SELECT count(DISTINCT line) FROM rejects)").fetchone()[0]
    read, rejected, reasons = _write_rejects(cursor, folder, Path(request["cells"]))
    return {"rows": read, "good": good, "rejected": rejected, "reasons": reasons, "date_orders": date_orders,
            "decimal_marks": decimal_marks, **counts}


# --- cells to typed rows ------------------------------------------------------------------------


def _lay_cells(cursor, cells: Path, given: dict[str, Given], own: list[tuple[int, str]], virtual: list[str]
               ) -> dict[int, direct.Direct]:
    """The view `cells` of the columns that are asked for, empty ones as NULL, and of the `virtual` ones that are made
    of them; by position those that can be cast at once."""
    source = f"read_parquet({_text(str(cells))})"
    types = {name: type for name, type, *_ in cursor.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    taken = {}
    for g in given.values():
        native = types.get(f"c{g.position}", "VARCHAR")  # what is put together of several columns is text
        if native != "VARCHAR" and direct.passes_natively(g.column.type, native):
            taken[g.position] = direct.take_natively(f"c{g.position}", g.column.type, native)
    asked = {g.position for g in given.values()} | {position for position, _ in own}
    asked |= {int(position) for select in virtual for position in re.findall(r"\bc(\d+)\b", select)}
    columns = "".join(
        f", c{position}" if position in taken else
        f", nullif({direct.as_text(f'c{position}', types[f'c{position}'])}, '') AS c{position}"
        for position in sorted(asked) if f"c{position}" in types)
    select = f"SELECT line{columns} FROM {source}"
    if virtual:
        select = f"SELECT *, {', '.join(virtual)} FROM ({select})"
    cursor.execute(f"CREATE VIEW cells AS {select}")
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
                                 else casting.look_at_numbers(cursor, g.position, percent=g.column.rule == "share"))
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
                        casting.look_at_numbers(cursor, g.position, percent=g.column.rule == "share")
                    casting.read_numbers(cursor, g.position, g.column.type, mark)
                if looked[g.meaning].point_in_doubt or looked[g.meaning].comma_in_doubt:
                    decimal_marks[g.header] = mark
            case "day" | "time":
                order = casting.read_dates(cursor, g.position, g.column.type, g.header,
                                           told.get(g.header) if isinstance(told, dict) else told)
                if order:
                    date_orders[g.header] = order
            case "choice":
                casting.read_choice(cursor, g.position, g.meaning, g.meaning in rows.SOFT)
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
        elif g.column.name in ("email", "related_email"):
            value = casting.email(value)
        elif g.column.name == "phone":
            value = casting.phone(value)
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
    required = set(KINDS[kind].needed)
    if kind == "orders":
        required = {"orders.order_no", "orders.ordered_at", "orders.amount"}
    if "order_lines.amount" in given and "order_lines.unit_price" not in given:
        required = required | {"order_lines.amount"}
    present = f"TIMESTAMP '{at}'" if at else "TIMESTAMP '2100-01-01'"
    problems = []  # header, reason as SQL, condition, value as SQL
    for g in given.values():
        name, text = f'"{g.meaning}"', f"cells.c{g.position}"
        if g.cast:
            problems.append((g.header, f"reason_{g.position}", f"reason_{g.position} IS NOT NULL", text))
        if g.meaning in NUMBERS:
            problems.append((g.header, "'shortened'", f"regexp_full_match({name}, '{casting.SHORTENED}')", text))
        if g.meaning.endswith(".deleted"):
            problems.append((g.header, "'deleted'", name, text))
        if g.column.rule and not is_reference(kind, g.meaning):
            condition = RULES[g.column.rule].replace("{}", name).replace("$at", present)
            problems.append((g.header, _text(f"rule.{g.column.rule}"), f"NOT ({condition})", text))
        if g.meaning in required:
            was_read = f" AND reason_{g.position} IS NULL" if g.cast else ""
            problems.append((g.header, "'missing'", f"{name} IS NULL{was_read}", "NULL"))
    table = TABLES[table_of(kind)]
    if kind not in ("orders", "order_lines", "relationships"):
        for rule, condition in table.rules:
            names = "|".join(column.name for column in table.columns)
            condition = re.sub(rf"\b({names})\b", lambda name: (
                f'"{table.name}.{name[0]}"' if f"{table.name}.{name[0]}" in given else "NULL"), condition)
            problems.append((None, _text(f"rule.{rule}"), f"NOT ({condition})", "NULL"))
    if kind == "orders" and "orders.order_no" not in given:
        # Without an order's number only customer and time can tell one order from the other.
        problems.append((_header(given, "customers.customer_no") or _header(given, "customers.email")
                         or _header(given, "customers.name"), "'missing'", f"{_who(given)} IS NULL", "NULL"))
    counts = cursor.execute("SELECT " + ", ".join(
        f"count(*) FILTER (WHERE {condition})" for _, _, condition, _ in problems) + " FROM typed").fetchone()
    for (header, reason, condition, value), broken in zip(problems, counts, strict=True):
        if broken:
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


def _customers_of_file(cursor, given: dict[str, Given], own: list[tuple[int, str]]) -> dict:
    columns = "".join(f', "{g.meaning}" AS {g.column.name}' for g in given.values() if g.column.name != "deleted")
    fields = rows.own_fields([(header, f"cells.c{position}") for position, header in own])
    identity = next(given[meaning] for meaning in (
        "customers.customer_no", "customers.email", "customers.name", "customers.phone") if meaning in given)
    cursor.execute(f"CREATE TABLE rows_of_people AS SELECT good.line, {_who(given)} AS who{columns}, {fields} AS extra "
                   f"FROM good JOIN cells ON cells.line = good.line")
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
    return {"customers": people, "countries": countries}


# --- beside orders: own fields, payments ---------------------------------------------------------


def _own_fields_of_orders(cursor, given: dict[str, Given], own: list[tuple[int, str]]) -> None:
    """The table `own`: line, extra, currency; what an order's first line or a line of it says beside our columns."""
    if not own and "orders.currency" not in given:
        return
    fields = rows.own_fields([(header, f"cells.c{position}") for position, header in own])
    currency = 'typed."orders.currency"' if "orders.currency" in given else "CAST(NULL AS VARCHAR)"
    cursor.execute(f"CREATE TEMP TABLE own AS SELECT cells.line, {fields} AS extra, {currency} AS currency "
                   "FROM cells JOIN typed ON typed.line = cells.line")


def _payments_of_file(cursor, given: dict[str, Given], own: list[tuple[int, str]]) -> dict:
    """The table `payments`: orders that are in the book already, with the sum of what the rows of each say was paid."""
    told = [g for meaning, g in given.items() if meaning in (
        "orders.status", "orders.channel", "orders.country", "orders.currency")]
    columns = "".join(f', arg_max(typed."{g.meaning}", typed.line) AS {g.column.name}' for g in told)
    # Where the rows of an order differ, an own field holds what all of them say.
    listed = "".join(f", array_to_string(list_sort(list(DISTINCT cells.c{position})), '; ') AS f{position}"
                     for position, _ in own)
    fields = rows.own_fields([(header, f"f{position}") for position, header in own])
    names = "".join(f", {g.column.name}" for g in told)
    cursor.execute(f"""
        CREATE TABLE payments AS
        SELECT row_number() OVER (ORDER BY line) AS key, order_no, amount{names}, {fields} AS extra
        FROM (SELECT typed."orders.order_no" AS order_no, min(typed.line) AS line,
                     CAST(sum(typed."orders.amount") AS {AMOUNT}) AS amount{columns}{listed}
              FROM typed JOIN cells ON cells.line = typed.line
              WHERE typed.line NOT IN (SELECT line FROM rejects) GROUP BY typed."orders.order_no")""")
    orders, amount = cursor.execute("SELECT count(*), coalesce(sum(amount), 0) FROM payments").fetchone()
    return {"orders": orders, "amount": amount}


# --- out ----------------------------------------------------------------------------------------


def _write_tables(cursor, folder: Path) -> None:
    """The tables that were made, but for those of orders, which orders.py writes."""
    made = {name for (name,) in cursor.execute(
        "SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()}
    if "drafts" in made:  # rows of one table: what loading leaves out is told by its line
        selects = {name: f"SELECT * FROM {name} ORDER BY key" for name in rows.DEFAULTS}
    else:
        selects = {"payments": "SELECT * FROM payments ORDER BY key",
                   "customers": "SELECT * EXCLUDE (line) FROM customers ORDER BY key"}
    for name, select in selects.items():
        if name in made:
            target = str(folder / f"{name}.parquet").replace("'", "''")
            cursor.execute(f"COPY ({select}) TO '{target}' (FORMAT parquet, COMPRESSION lz4)")


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
