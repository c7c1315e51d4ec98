"""Rows that should be looked at: broken rules, columns that disagree, references to nothing, likely duplicates.

    customers | city_country: Berlin, but France | 3 of 5,000 | customers 17, 204, 311

Asked of the book as it is or as it stood after a batch, in set-based SQL, so that a score of last month can be known.
"""
from dataclasses import dataclass
from datetime import date, datetime, time

from crm_core.cleaning.shapes import FINGERPRINT
from crm_core.tables import TABLES, broken_when

EXAMPLES = 5
FAMILIES = ("validity", "conformity", "consistency", "uniqueness")


@dataclass(frozen=True)
class Finding:
    """One question to a table, and the rows that answer it."""

    name: str  # its words: proposal.<name>; of a broken rule: the rule
    family: str  # validity (rules), conformity (ways of writing), consistency (disagreements, orphans), uniqueness
    table: str
    columns: tuple[str, ...]  # that it is about
    rows: int
    of: int
    ids: tuple[int, ...] = ()  # some of the rows
    is_rule: bool = False  # whether it is a rule of tables.py


@dataclass(frozen=True)
class Check:
    """What is asked. Of a row alone: a condition on its columns (`when`). Of several rows: a SELECT of ids (`ids`).

    {as_of} is a day, {customers} and so on the living rows of a table.
    """

    name: str
    family: str
    table: str
    columns: tuple[str, ...]
    when: str = ""
    ids: str = ""
    is_rule: bool = False
    only_if: str = ""  # an aggregate of the table, quicker than `when`, that says whether any row can be found


AFTER = "CAST({as_of} AS DATE) + INTERVAL 1 DAY"
TEXT_LENGTHS = ("short_text", "long_text")  # rules of 200 signs and more: fewer bytes cannot break them
USUAL = 0.8  # the share of rows with a value that makes what they tell usual

_POSTAL = "regexp_replace(regexp_replace(upper(trim(told)), '[0-9]', '9', 'g'), '[A-Z]', 'A', 'g')"


def _unusual(given: str, told: str, alike_given: str = "given", alike_told: str = "told", least: int = 5) -> str:
    """Rows whose `told` is not what most rows with the same `given` have, once both are written alike.

    `least` rows of one kind say what is usual.
    """
    return f"""
        WITH pairs AS (SELECT {given} AS given, {told} AS told, count(*) AS rows FROM {{customers}}
                       WHERE {given} IS NOT NULL AND {told} IS NOT NULL GROUP BY 1, 2),
        alike AS (SELECT *, {alike_given} AS alike_given, {alike_told} AS alike_told FROM pairs),
        counted AS (SELECT alike_given, alike_told, sum(rows) AS rows FROM alike GROUP BY 1, 2),
        usual AS (SELECT alike_given, arg_max(alike_told, rows) AS usual FROM counted GROUP BY 1
                  HAVING sum(rows) >= {least} AND max(rows) >= {USUAL} * sum(rows)),
        odd AS (SELECT given AS {given}, told AS {told} FROM alike JOIN usual USING (alike_given)
                WHERE alike_told <> usual)
        SELECT id FROM {{customers}} SEMI JOIN odd USING ({given}, {told})"""


def _alike(table: str, *columns: str, where: str = "true", having: str = "true") -> str:
    """Rows that share their columns with another row."""
    keys = ", ".join(f"hash({column}) AS key_{place}" for place, column in enumerate(columns))
    named = ", ".join(f"key_{place}" for place in range(len(columns)))
    return (f"WITH keyed AS MATERIALIZED (SELECT *, {keys} FROM {{{table}}} WHERE {where}) "
            f"SELECT id FROM keyed SEMI JOIN (SELECT {named} FROM keyed GROUP BY ALL HAVING count(*) > 1 "
            f"AND {having}) USING ({named})")


def _respelled(table: str, column: str) -> Check:
    """Rows that write a value otherwise than most rows that mean it: BERLIN among Berlin."""
    return Check("spelling", "conformity", table, (column,), ids=f"""
        WITH spelt AS (SELECT {column} AS value, count(*) AS rows FROM {{{table}}} WHERE {column} IS NOT NULL
                       GROUP BY 1),
        alike AS (SELECT value, rows, {FINGERPRINT} AS word FROM spelt),
        usual AS (SELECT word, arg_max(value, rows) AS usual FROM alike GROUP BY 1 HAVING count(*) > 1),
        odd AS (SELECT value AS {column} FROM alike JOIN usual USING (word) WHERE value <> usual)
        SELECT id FROM {{{table}}} SEMI JOIN odd USING ({column})""")


# A telephone number as it can be dialled from anywhere: E.164, with what to dial behind it.
DIALLED = r"\+[1-9][0-9]{6,14}( ?(x|ext\.?) ?[0-9]{1,6})?"

CHECKS = (
    Check("email_form", "conformity", "customers", ("email",), "email <> email_key"),
    Check("phone_form", "conformity", "customers", ("phone",),
          "CASE WHEN starts_with(phone, '+') THEN NOT "
          f"regexp_full_match(phone, '{DIALLED}') ELSE phone IS NOT NULL END"),
    *(_respelled(table, column) for table, columns in {
        "customers": ("city", "country"), "products": ("category",), "orders": ("channel", "country"),
        "service_requests": ("category",), "opportunities": ("stage", "source"), "campaigns": ("status",),
    }.items() for column in columns),
    Check("joined_later", "validity", "customers", ("joined_on",), f"joined_on >= {AFTER}"),
    Check("age_birth_date", "consistency", "customers", ("age", "birth_date"),
          "abs(age - date_diff('day', birth_date, CAST({as_of} AS DATE)) / 365.25) > 1.5"),
    Check("joined_before_birth", "consistency", "customers", ("joined_on", "birth_date"), "joined_on < birth_date"),
    Check("city_country", "consistency", "customers", ("city", "country"),
          ids=_unusual("city", "country", alike_given="lower(trim(given))")),
    Check("postal_code_country", "consistency", "customers", ("postal_code", "country"),
          ids=_unusual("country", "postal_code", alike_told=_POSTAL, least=20)),
    Check("referrer_unknown", "consistency", "customers", ("referrer_no",),
          ids="SELECT c.id FROM {customers} c ANTI JOIN (SELECT customer_no FROM {customers}) r "
              "ON r.customer_no = c.referrer_no WHERE c.referrer_no IS NOT NULL"),
    Check("same_phone", "uniqueness", "customers", ("phone",),
          ids=_alike("customers", "phone_key", where="phone_key IS NOT NULL")),
    # As Home says it: the same name in the same city, with no birth dates or postal codes that contradict each other.
    Check("same_name_city", "uniqueness", "customers", ("name", "city"),
          ids=_alike("customers", "lower(name)", "lower(city)", where="name IS NOT NULL AND city IS NOT NULL",
                     having="coalesce(min(birth_date) = max(birth_date), true) "
                            "AND coalesce(min(hash(postal_code)) FILTER (postal_code IS NOT NULL) = "
                            "max(hash(postal_code)) FILTER (postal_code IS NOT NULL), true)")),
    Check("ordered_later", "validity", "orders", ("ordered_at",), f"ordered_at >= {AFTER}"),
    Check("sum_of_lines", "consistency", "orders", ("amount",),
          ids="SELECT o.id FROM {orders} o JOIN (SELECT order_id, sum(amount) AS amount FROM {order_lines} "
              "GROUP BY order_id) l ON l.order_id = o.id WHERE l.amount <> o.amount"),
    Check("no_lines", "consistency", "orders", ("amount",),
          ids="SELECT o.id FROM {orders} o ANTI JOIN {order_lines} l ON l.order_id = o.id "
              "WHERE EXISTS (SELECT 1 FROM {order_lines})"),
    Check("same_order", "uniqueness", "orders", ("customer_id", "ordered_at", "amount"),
          ids=_alike("orders", "customer_id", "ordered_at", "amount", where="customer_id IS NOT NULL")),
    Check("line_amount", "consistency", "order_lines", ("quantity", "unit_price", "amount"),
          "abs(amount - quantity * unit_price) > 0.01 + 0.005 * abs(quantity)"),
    Check("sold_below_cost", "consistency", "products", ("price", "cost"), "price < cost"),
    Check("negative_price", "validity", "products", ("price",), "price < 0"),
    Check("same_product", "uniqueness", "products", ("name", "category", "price"),
          ids=_alike("products", "lower(trim(name))", "category", "price", where="name IS NOT NULL")),
    Check("said_later", "validity", "communications", ("occurred_at",), f"occurred_at >= {AFTER}"),
    Check("same_message", "uniqueness", "communications", ("customer_id", "occurred_at", "content"),
          ids=_alike("communications", "customer_id", "occurred_at", "direction", "content")),
    Check("asked_later", "validity", "service_requests", ("opened_at",), f"opened_at >= {AFTER}"),
    Check("closed_undated", "consistency", "service_requests", ("status", "closed_at"),
          "status = 'closed' AND closed_at IS NULL"),
    Check("open_but_closed", "consistency", "service_requests", ("status", "closed_at"),
          "status <> 'closed' AND closed_at IS NOT NULL"),
    Check("order_of_another", "consistency", "service_requests", ("order_id", "customer_id"),
          ids="SELECT r.id FROM {service_requests} r JOIN {orders} o ON o.id = r.order_id "
              "WHERE o.customer_id <> r.customer_id"),
    Check("same_request", "uniqueness", "service_requests", ("customer_id", "opened_at", "subject"),
          ids=_alike("service_requests", "customer_id", "opened_at", "subject", where="subject IS NOT NULL")),
    Check("opened_later", "validity", "opportunities", ("opened_on",), f"opened_on >= {AFTER}"),
    Check("closes_before_opened", "consistency", "opportunities", ("opened_on", "closes_on"), "closes_on < opened_on"),
    Check("overdue", "consistency", "opportunities", ("status", "closes_on"),
          "status = 'open' AND closes_on < CAST({as_of} AS DATE)"),
    Check("won_later", "consistency", "opportunities", ("status", "closes_on"),
          f"status IN ('won', 'lost') AND closes_on >= {AFTER}"),
    Check("same_opportunity", "uniqueness", "opportunities", ("name", "customer_id"),
          ids=_alike("opportunities", "lower(trim(name))", "customer_id", "opened_on", "amount",
                     where="customer_id IS NOT NULL")),
    Check("said_twice", "uniqueness", "relationships", ("customer_id", "related_id", "relation"),
          ids=_alike("relationships", "least(customer_id, related_id)", "greatest(customer_id, related_id)", "relation",
                     where="relation IN ('household', 'partner')")),
    Check("same_campaign", "uniqueness", "campaigns", ("name", "starts_on"),
          ids=_alike("campaigns", "lower(trim(name))", "starts_on")),
)


def checks_of(table: str) -> tuple[Check, ...]:
    """Every check of a table: its rules, what stands above, and its references."""
    described = TABLES[table]
    rules = tuple(Check(rule, "validity", table, (column,) if column else (), when.replace("$at", "{as_of}"),
                        is_rule=True, only_if=f"max(strlen({column})) > 200" if rule in TEXT_LENGTHS else "")
                  for column, rule, when in broken_when(described))
    references = tuple(
        Check("orphan", "consistency", table, (column.name,),
              ids=f"SELECT t.id FROM {{{table}}} t ANTI JOIN {{{column.refers_to}}} p ON p.id = t.{column.name} "
                  f"WHERE t.{column.name} IS NOT NULL")
        for column in described.columns if column.refers_to)
    return (*rules, *(check for check in CHECKS if check.table == table), *references)


def reads(table: str) -> tuple[str, ...]:
    """The tables that the checks of a table look at: a change of one of them may change the answer."""
    asked = " ".join(check.ids for check in checks_of(table))
    return tuple(name for name in TABLES if name == table or f"{{{name}}}" in asked)


def living(table: str, after: int | None = None) -> str:
    """The rows of a table that are not deleted: as they are, or as they stood after a batch."""
    if after is None:
        return f"(SELECT * FROM {table} WHERE deleted_at IS NULL)"
    return (f"(SELECT * EXCLUDE (replaced_in) FROM (SELECT *, NULL AS replaced_in FROM {table} UNION ALL BY NAME "
            f"SELECT * FROM history.{table}) WHERE changed_in <= {after} "
            f"AND (replaced_in IS NULL OR replaced_in > {after}) AND deleted_at IS NULL)")


def find(ask, table: str, as_of: date, after: int | None = None) -> tuple[Finding, ...]:
    """The answer to every check of a table, the most rows first. Leaves the rows found in the temp table `found`."""
    checks = checks_of(table)
    blanks = {name: living(name, after) for name in TABLES}
    blanks["as_of"] = f"TIMESTAMP '{datetime.combine(as_of, time.max):%Y-%m-%d %H:%M:%S}'"
    ask.execute("CREATE OR REPLACE TEMP TABLE found (place INTEGER, family VARCHAR, id BIGINT)")
    whens = {place: _filled(check.when, blanks) for place, check in enumerate(checks) if check.when}
    asked = "".join(f", {checks[place].only_if or f'bool_or({when})'}" for place, when in whens.items())
    of, *answers = ask.execute(f"SELECT count(*){asked} FROM {blanks[table]}").fetchone()
    broken = {place for place, answer in zip(whens, answers, strict=True) if answer}
    for place, check in enumerate(checks):
        if not of or (check.when and place not in broken):
            continue
        ids = (f"SELECT id FROM {blanks[table]} WHERE {whens[place]}" if check.when else _filled(check.ids, blanks))
        ask.execute(f"INSERT INTO found SELECT {place}, '{check.family}', * FROM ({ids})")
    known = {place: (rows, tuple(ids)) for place, rows, ids in ask.execute(
        f"SELECT place, count(*), min(id, {EXAMPLES}) FROM found GROUP BY place").fetchall()}
    found = [Finding(check.name, check.family, table, check.columns, known.get(place, (0,))[0], of,
                     known.get(place, (0, ()))[1], check.is_rule) for place, check in enumerate(checks)]
    return tuple(sorted(found, key=lambda finding: -finding.rows))


def rows_found(ask) -> dict[str, int]:
    """By family, how many rows the last `find` found: a row that two checks name is one row."""
    found = ask.execute("SELECT family, count(*), count(DISTINCT place) FROM found GROUP BY family").fetchall()
    return {family: rows if checks == 1 else ask.execute(
        "SELECT count(DISTINCT id) FROM found WHERE family = $family", family=family).fetchone()[0]
        for family, rows, checks in found}


def _filled(sql: str, blanks: dict[str, str]) -> str:
    """The blanks of a check; a rule's own braces (of a regular expression) stay."""
    for name, text in blanks.items():
        sql = sql.replace(f"{{{name}}}", text)
    return sql
