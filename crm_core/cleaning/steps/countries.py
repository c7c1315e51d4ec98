"""Countries by their ISO 3166 code or one name for each, and the provinces of China.

    USA · U.S. · 美國 · Vereinigte Staaten  →  US, or United States, or 美国
    广东省 · 廣東 · Guangdong             →  广东, or 广东省, or Guangdong
    Georgia                               →  Georgia   (a country or a state: it stays, and is said)
"""
import unicodedata
from functools import cache

from crm_core.cleaning import reference
from crm_core.cleaning.sheet import Sheet, quoted
from crm_core.cleaning.steps import ByValue, Edit, Kind, Setting, StepSkipped

SHOWN = 5  # values that a note names
LETTERS = str.maketrans({"&": "and", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})


def name_key(text: str) -> str:
    """How names of places are compared: letters and digits, without case, accents, width and what stands between."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(LETTERS)
    return "".join(sign for sign in plain if sign.isalnum())


@cache
def countries() -> dict[str, dict[str, str]]:
    """The line of countries.csv for each code."""
    return {row["alpha_2"]: row for row in reference.rows("countries")}


@cache
def _codes() -> dict[str, str]:
    return {name_key(name): code for code, row in countries().items()
            for name in (code, row["alpha_3"], row["english"], row["chinese"], *row["other_names"].split("|")) if name}


@cache
def _ambiguous() -> dict[str, str]:
    return {name_key(row["name"]): row["may_be"].replace("|", ", ") for row in reference.rows("ambiguous_countries")}


def country_of(text: str | None) -> str | None:
    """The ISO 3166 code of a country by code or name; None where it is unknown or could be several."""
    key = name_key(text) if text else ""
    return None if key in _ambiguous() else _codes().get(key) or _codes().get(key.removeprefix("the"))


def counts_of(sheet: Sheet, column: str) -> list[tuple[str, int]]:
    """The different texts of a column with their rows, frequent ones first."""
    return sheet.ask.execute(
        f"SELECT {quoted(column)} AS value, count(*) AS rows FROM {sheet.relation} WHERE {quoted(column)} IS NOT NULL "
        "GROUP BY value ORDER BY rows DESC, value").fetchall()


def notes_of(key: str, left: list[tuple[str, int]]) -> tuple[tuple[str, dict], ...]:
    """The note `key` about values that stay as they are: rows, and the most frequent values."""
    if not left:
        return ()
    return ((key, {"count": sum(rows for _, rows in left), "values": ", ".join(value for value, _ in left[:SHOWN])}),)


def standard_country(sheet: Sheet, settings: dict) -> Edit:
    column, written_as = settings["column"], settings.get("written_as") or "code"
    field = {"code": "alpha_2", "code_3": "alpha_3", "english": "english", "chinese": "chinese"}[written_as]
    own = settings.get("own_words") or {}

    def change(text: str) -> str:
        code = country_of(own.get(text, text))
        return countries()[code][field] if code else text

    found = counts_of(sheet, column)
    if not found:
        raise StepSkipped("all_missing", column=column)
    left = [(text, rows) for text, rows in found if country_of(own.get(text, text)) is None]
    in_doubt = [(text, rows) for text, rows in left if name_key(text) in _ambiguous()]
    unknown = [one for one in left if one not in in_doubt]
    doubts = notes_of("countries_in_doubt", in_doubt)
    if doubts:
        doubts[0][1]["may_be"] = _ambiguous()[name_key(in_doubt[0][0])]
        doubts[0][1]["value"] = in_doubt[0][0]
    return Edit(maps=(ByValue(column, change),), notes=(*doubts, *notes_of("countries_unknown", unknown)))


# --- provinces ------------------------------------------------------------------------------------


@cache
def _provinces() -> dict[str, dict[str, str]]:
    return {name_key(name): row for row in reference.rows("provinces")
            for name in (row["short"], row["long"], row["english"], *row["other_names"].split("|")) if name}


def province_of(text: str | None) -> dict[str, str] | None:
    """The line of provinces.csv of a province of China by any of its names."""
    if not text:
        return None
    key = name_key(text)
    return _provinces().get(key) or _provinces().get(key.removesuffix("province").removesuffix("sheng"))


def standard_province(sheet: Sheet, settings: dict) -> Edit:
    column, written_as = settings["column"], settings.get("province_as") or "short"

    def change(text: str) -> str:
        row = province_of(text)
        return row[written_as] if row else text

    found = counts_of(sheet, column)
    if not found:
        raise StepSkipped("all_missing", column=column)
    left = [(text, rows) for text, rows in found if province_of(text) is None]
    return Edit(maps=(ByValue(column, change),), notes=notes_of("provinces_unknown", left))


KINDS = (
    Kind("standard_country", "standards", (
        Setting("column", "column", types=("text",)),
        Setting("written_as", "choice", choices=("code", "code_3", "english", "chinese"), default="code"),
        Setting("own_words", "values", needed=False),
    ), standard_country),
    Kind("standard_province", "standards", (
        Setting("column", "column", types=("text",)),
        Setting("province_as", "choice", choices=("short", "long", "english"), default="short"),
    ), standard_province),
)
