"""Telephone numbers as E.164: +, the country's calling code, the number as one dials it from abroad.

    phone            | country          phone
    0171 5550101     | Germany      →   +491715550101
    06 6982 1234     | IT           →   +390669821234     Italy keeps its zero
    +44 (0)20 79460958 ext. 12      →   +442079460958 x12
    12               | Germany      →   12                no number there: it stays, and is counted

As libphonenumber reads numbers (https://github.com/google/libphonenumber, `parse`), in SQL by reference/phones.csv;
stricter in one thing: what fits no pattern of the country is left as it is, not only what has a wrong length.
"""
import re
from functools import cache

from crm_core.cleaning import reference
from crm_core.cleaning.sheet import Sheet, literal, quoted
from crm_core.cleaning.steps import Edit, Kind, Setting, StepSkipped
from crm_core.cleaning.steps.countries import country_of, counts_of
from crm_core.cleaning.steps.sql import laid_name, listed, narrow

SIGNS = r"[A-Za-z#:：;~,电手話话機机分转轉内內\x{200b}]"  # a cell with one of these is more than a number
LABEL = (r"(?i)^[\s\x{200b}]*(?:telephone|telefono|teléfono|telefon|tel|phone|mobile|mobil|handy|cell|fon|whatsapp|"
         r"电话|電話|手机|手機|t|m|p)?[\s.:：]*")
EXTENSION = (r"(?i)[\s,;]*(?:extension|extn?\.?|x|#|durchwahl|dw\.?|app\.?|anexo|ramal|interno|int\.?|poste|"
             r"分机|分機|转|轉|内线|內線)[\s.:=]*([0-9]{1,6})[\s#]*$")
# Most numbers are ASCII, and for them a short list is looked through.
BETWEEN = r"[\x{00a0}\x{2000}-\x{2015}\x{202a}-\x{202f}\x{2212}\x{2060}\x{feff}]"
BARE = (f"translate(CASE WHEN strlen(b) = length(b) THEN b ELSE regexp_replace(b, '{BETWEEN}', '', 'g') END, "
        "' ()-./\t', '')")


def standard_phone(sheet: Sheet, settings: dict) -> Edit:
    column, country = settings["column"], settings.get("country_column")
    default = settings.get("default_country")
    home = country_of(default)
    if default and home is None:
        raise StepSkipped("country_unknown", value=default)
    regions = {}
    for text, _ in counts_of(sheet, country) if country else ():
        regions.setdefault(country_of(text), []).append(text)
    laid = laid_name(sheet, "phones")
    _read(sheet, column, country, regions, home)
    _write(sheet, laid)
    number, behind = "looked_number", "CASE WHEN looked_extension = '' THEN '' ELSE ' x' || looked_extension END"
    sets = {column: f"coalesce({number} || {behind}, {quoted(column)})"}
    if settings.get("extension") == "own_column":
        own = f"{column}_extension"
        before = quoted(own) if own in sheet.columns else "CAST(NULL AS VARCHAR)"
        sets = {column: f"coalesce({number}, {quoted(column)})",
                own: f"CASE WHEN {number} || looked_extension <> {number} THEN looked_extension ELSE {before} END"}
    return Edit(sets=sets, types=dict.fromkeys(set(sets) - {column}, "text"),
                joins=(f"LEFT JOIN temp.{laid} phones ON phones.looked_id = layer.id",),
                counted={"phones_left": f"looked_number IS NULL AND coalesce({quoted(column)}, '') <> ''"})


# --- inside ---------------------------------------------------------------------------------------


@cache
def _about() -> tuple[dict[str, dict], dict[str, dict]]:
    """The lines of phones.csv by region, and the main one by calling code."""
    by_region = {row["region"]: row for row in reference.rows("phones") if row["region"] != "001"}
    return by_region, {row["calling_code"]: row for row in reference.rows("phones") if row["main"]}


def _read(sheet: Sheet, column: str, country: str | None, regions: dict, home: str | None) -> None:
    """The temp table phones_read: each number's digits `n`, its extension, and `plan`, by which it has to be read:
    +49 where it says so itself, DE where only the row's country does."""
    by_region, by_code = _about()
    home = home if home in by_region else None
    region = literal(home)
    if country:
        # A country that is named, but not known, is not the default one.
        cases = "".join(
            f"WHEN {quoted(country)} IN ({listed(texts)}) THEN {literal(known if known in by_region else None)} "
            for known, texts in regions.items())
        region = f"CASE {cases}ELSE {literal(home)} END" if cases else region
    several = f"regexp_matches(w, '{SIGNS}')"
    present = {home, *regions} & set(by_region)
    ways: dict[str, list[str]] = {}
    for one in sorted(present):
        ways.setdefault(by_region[one]["abroad"], []).append(one)
    without = " ".join(f"WHEN region IN ({listed(those)}) THEN {_without(way)}"
                       for way, those in ways.items() if way != "00")
    without = f"CASE {without} ELSE {_without('00')} END" if without else _without("00")
    sheet.ask.execute(f"""
        CREATE OR REPLACE TEMP TABLE phones_read AS
        WITH given AS (SELECT *, {several} AS several FROM (
            SELECT id, trim({narrow(quoted(column))}) AS w, {region} AS region FROM {sheet.relation}
            WHERE {quoted(column)} IS NOT NULL)),
        cut AS (
            SELECT id, region, CASE WHEN several THEN regexp_extract(w, '{EXTENSION}', 1) ELSE '' END AS extension,
                   CASE WHEN several THEN regexp_replace(regexp_replace(w, '{EXTENSION}', ''), '{LABEL}', '')
                        ELSE w END AS b FROM given),
        plain AS (SELECT id, region, extension, {BARE} AS d FROM cut),
        dialled AS (SELECT *, CASE WHEN starts_with(d, '+00') THEN d[4:]  -- a + before what stands for it
                   WHEN starts_with(d, '+') THEN d[2:] ELSE {without} END AS i FROM plain
                    WHERE regexp_full_match(d, '[+]?[0-9]{{3,20}}')),
        coded AS (SELECT *, regexp_extract(i, '^({'|'.join(sorted(by_code))})', 1) AS code FROM dialled)
        SELECT id, extension, CASE WHEN i IS NULL THEN d ELSE i[length(code) + 1:] END AS n,
               CASE WHEN i IS NULL THEN region WHEN code <> '' THEN '+' || code END AS plan FROM coded""")


def _write(sheet: Sheet, laid: str) -> None:
    """The temp table `laid`: looked_id, looked_number (E.164, NULL where it is none), looked_extension."""
    by_region, by_code = _about()
    plans = [plan for (plan,) in sheet.ask.execute(
        "SELECT plan FROM phones_read WHERE plan IS NOT NULL GROUP BY plan ORDER BY count(*) DESC, plan").fetchall()]
    cases = " ".join(f"WHEN {literal(plan)} THEN " + (
        _national("n", by_code[plan[1:]]) if plan[0] == "+" else _at_home(by_region[plan])) for plan in plans)
    number = f"CASE plan {cases} END" if cases else "CAST(NULL AS VARCHAR)"
    sheet.ask.execute(f"CREATE OR REPLACE TEMP TABLE {laid} AS SELECT id AS looked_id, {number} AS looked_number, "
                      "extension AS looked_extension FROM phones_read")


def _without(abroad: str) -> str:
    """SQL: `d` without what one dials before a foreign number; NULL where it does not begin so."""
    if abroad == "00":
        return "CASE WHEN starts_with(d, '00') THEN d[3:] END"
    return f"CASE WHEN regexp_matches(d, '^(?:{abroad})') THEN regexp_replace(d, '^(?:{abroad})', '') END"


def _at_home(row: dict) -> str:
    """SQL: E.164 of `n` as one writes it in the country; perhaps with its calling code, but no + before it."""
    code = row["calling_code"]
    with_code = _national(f"n[{len(code) + 1}:]", _about()[1][code])
    return f"coalesce({_national('n', row)}, CASE WHEN starts_with(n, '{code}') THEN {with_code} END)"


def _national(number: str, row: dict) -> str:
    """SQL: E.164 of a national number, with or without the prefix that one dials before it at home; or NULL."""
    code, main = row["calling_code"], _about()[1][row["calling_code"]]

    def fits(text: str, rows: list[dict]) -> str:
        patterns = " OR ".join(f"regexp_full_match({text}, {literal(one['pattern'])})" for one in rows)
        return f"length({text}) IN ({', '.join(main['lengths'].split())}) AND ({patterns})"

    as_it_is = f"WHEN {fits(number, [row] if row is main else [row, main])} THEN '+{code}' || {number}"
    if not row["trunk"]:
        return f"CASE {as_it_is} END"
    trunk = f"'^(?:{row['trunk']})'"
    begins, stripped = f"regexp_matches({number}, {trunk})", f"regexp_replace({number}, {trunk}, '')"
    if row["trunk"].isdigit():
        begins, stripped = f"starts_with({number}, '{row['trunk']}')", f"substr({number}, {len(row['trunk']) + 1})"
    elif row["trunk_becomes"]:
        groups = re.compile(row["trunk"]).groups
        stripped = (f"CASE WHEN regexp_extract({number}, {trunk}, {groups}) <> '' "
                    f"THEN regexp_replace({number}, {trunk}, {literal(row['trunk_becomes'])}) ELSE {stripped} END")
    return f"CASE WHEN {begins} AND ({fits(f'({stripped})', [row])}) THEN '+{code}' || ({stripped}) {as_it_is} END"


def _made(settings: dict) -> tuple[str, ...]:
    return (f"{settings['column']}_extension",) if settings.get("extension") == "own_column" else ()


KINDS = (
    Kind("standard_phone", "standards", (
        Setting("column", "column", types=("text",)),
        Setting("country_column", "column", types=("text",), needed=False),
        Setting("default_country", "text", needed=False),
        Setting("extension", "choice", choices=("behind", "own_column"), default="behind"),
    ), standard_phone, makes=_made),
)
