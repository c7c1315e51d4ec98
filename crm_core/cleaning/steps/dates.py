"""Dates of many writings as ISO 8601, in a column of texts.

    3/1/26 · 1.3.2026 · 1 March 2026 · 2026年3月1日 · ２０２６/０３/０１ · 46082  →  2026-03-01

3/1/26 is two dates: the column itself tells the order where other dates of it do (25/12/2025), else a person does.
"""
import re

from crm_core.cleaning.sheet import Sheet, literal, quoted
from crm_core.cleaning.steps import Edit, Kind, Setting, StepSkipped
from crm_core.cleaning.steps.sql import laid_name, narrow

CLEAR_SHARE = 0.95  # where one order explains this share of the dates that tell, the others are slips and stay
# The months by the letters they begin with (English, German, French, Spanish, Italian, Portuguese, Dutch), no accents.
MONTHS = ("jan|ene|gen", "feb|fev|fevr", "mar|maa|mae|mrz", "apr|avr|abr", "may|mai|mag|mei", "jun|juin|giu", "jul|juil|lug",
          "aug|aou|ago", "sep|set", "oct|okt|ott|out", "nov", "dec|dez|dic")
TIME = (r"(?:[ T,]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d{1,9})?)?\s*([AaPp])?(?:\.?[Mm]\.?)?"
        r"\s*(?:Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?")
ORDERS = {"day_first": ("c", "b", "a"), "month_first": ("c", "a", "b"), "year_first": ("a", "b", "c")}
WRITINGS = {  # name → pattern of three groups a, b, c
    "ymd": r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})",
    "compact": r"((?:19|20)\d{2})(\d{2})(\d{2})",
    "parts": r"(\d{1,2})[-/. ](\d{1,2})[-/. ]'?(\d{4}|\d{2})",
    "d mon y": r"(?:[A-Za-z]{2,10}\.?,? )?(\d{1,2})(?:st|nd|rd|th|er|[.])?[- /.]*(?:of |de |di )?([A-Za-z]{3,10})\.?[-, /.]*(?:del? |of )?'?(\d{4}|\d{2})",
    "mon d y": r"(?:[A-Za-z]{2,10}\.?,? )?([A-Za-z]{3,10})\.?[- ](\d{1,2})(?:st|nd|rd|th)?,? ?'?(\d{4})",
}
CHINESE = (("十一月", "11月"), ("十二月", "12月"), ("十月", "10月"), *((f"{sign}月", f"{number}月")
           for number, sign in enumerate("一二三四五六七八九", 1)))


def standard_date(sheet: Sheet, settings: dict) -> Edit:
    """ISO dates; with `keep_time` the time of day stays behind them where there is one that is not midnight.

    Skipped with `date_order_open` where day and month could change places and nobody told which comes first.
    """
    column, order, text = settings["column"], settings.get("date_order") or "by_column", quoted(settings["column"])
    pivot = int(settings["century_from"]) if settings.get("century_from") is not None else 70
    laid = laid_name(sheet, "dates")
    _cut(sheet, column)
    if order == "by_column":
        order = _order(sheet, column)
    year, month, day = ORDERS[order]
    months = " ".join(f"WHEN regexp_matches(m, '^({names})') THEN {number}" for number, names in enumerate(MONTHS, 1))
    hour = "CASE WHEN lower(p) = 'p' AND h < 12 THEN h + 12 WHEN lower(p) = 'a' AND h = 12 THEN 0 ELSE h END"
    time = (f"CASE WHEN h IS NULL OR ({hour}) > 23 OR i > 59 OR coalesce(s, 0) > 59 OR ({hour}) + i + coalesce(s, 0) = 0 THEN '' "
            f"ELSE printf(' %02d:%02d:%02d', {hour}, i, coalesce(s, 0)) END" if settings.get("keep_time") else "''")
    sheet.ask.execute(f"""
        CREATE OR REPLACE TEMP TABLE {laid} AS
        WITH named AS (SELECT *, CASE writing WHEN 'd mon y' THEN b WHEN 'mon d y' THEN a END AS m FROM dates_cut),
        numbered AS (
            SELECT *, CASE WHEN m IS NOT NULL THEN CASE {months} END WHEN writing = 'parts' THEN TRY_CAST({month} AS INTEGER)
                           ELSE TRY_CAST(b AS INTEGER) END AS month,
                   TRY_CAST(CASE writing WHEN 'parts' THEN {day} WHEN 'd mon y' THEN a WHEN 'mon d y' THEN b ELSE c END
                            AS INTEGER) AS day,
                   CASE writing WHEN 'parts' THEN {year} WHEN 'ymd' THEN a WHEN 'compact' THEN a ELSE c END AS y
            FROM named),
        whole AS (
            SELECT text, CASE WHEN counted IS NOT NULL THEN counted ELSE TRY_CAST(printf('%04d-%02d-%02d', CASE
                       WHEN length(y) = 4 THEN CAST(y AS INTEGER) WHEN CAST(y AS INTEGER) < {pivot} THEN 2000 + CAST(y AS INTEGER)
                       ELSE 1900 + CAST(y AS INTEGER) END, month, day) AS DATE) END AS date, {time} AS time
            FROM numbered)
        SELECT text AS looked_text, CAST(date AS VARCHAR) || time AS looked_date FROM whole
        WHERE date BETWEEN DATE '1800-01-01' AND DATE '2199-12-31'""")
    return Edit(sets={column: f"coalesce(looked_date, {text})"},
                joins=(f"LEFT JOIN temp.{laid} dates ON dates.looked_text = layer.{text}",),
                counted={"dates_left": f"looked_date IS NULL AND {text} IS NOT NULL"})


def _cut(sheet: Sheet, column: str) -> None:
    """The temp table dates_cut: each different text with its writing, its parts a, b, c, and the time of day."""
    plain = f"CASE WHEN strlen(text) = length(text) THEN text ELSE strip_accents({narrow('text')}) END"
    for before, after in CHINESE:
        plain = f"replace({plain}, {literal(before)}, {literal(after)})"
    named = " ".join(f"WHEN regexp_full_match(t, {literal(pattern + TIME)}) THEN {literal(name)}"
                     for name, pattern in WRITINGS.items())
    parts = " ".join(f"WHEN {literal(name)} THEN regexp_extract(t, {literal('^' + pattern + TIME + '$')}, "
                     "['a', 'b', 'c', 'h', 'i', 's', 'p'])" for name, pattern in WRITINGS.items())
    sheet.ask.execute(f"""
        CREATE OR REPLACE TEMP TABLE dates_cut AS
        WITH texts AS (SELECT {quoted(column)} AS text, count(*) AS rows FROM {sheet.relation}
                       WHERE {quoted(column)} IS NOT NULL GROUP BY text),
        plain AS (SELECT text, rows, {plain} AS t FROM texts),
        chinese AS (
            SELECT text, rows, trim(CASE WHEN strlen(t) = length(t) THEN t ELSE
                regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
                regexp_replace(regexp_replace(t, '[(]?(星期|周|礼拜|禮拜)[一二三四五六日天][)]?', ' ', 'g'), '\\s*[年月]\\s*', '-', 'g'),
                '[日号號]\\s*', ' ', 'g'), '\\s*[时時点點分]\\s*', ':', 'g'), ':?秒|: *$', ''), '(上午|早上|凌晨) *([0-9:]+)', '\\2 AM'),
                '(下午|晚上) *([0-9:]+)', '\\2 PM') END) AS t FROM plain),
        written AS (SELECT *, CASE {named} END AS writing FROM chinese),
        parted AS (SELECT *, CASE writing {parts} END AS part FROM written)
        SELECT text, rows, writing, lower(part.a) AS a, lower(part.b) AS b, part.c AS c, TRY_CAST(nullif(part.h, '') AS INTEGER) AS h,
               TRY_CAST(nullif(part.i, '') AS INTEGER) AS i, TRY_CAST(nullif(part.s, '') AS INTEGER) AS s, nullif(part.p, '') AS p,
               -- a day as spreadsheets count it, from 1954 to 2091; a whole column of numbers may be something else
               CASE WHEN regexp_full_match(t, '[2-6][0-9]{{4}}([.][0-9]+)?')
                    THEN DATE '1899-12-30' + CAST(floor(TRY_CAST(t AS DOUBLE)) AS INTEGER) END AS counted
        FROM parted""")


def _order(sheet: Sheet, column: str) -> str:
    """Which of day and month the column's own dates put first. Raises StepSkipped where they do not tell."""
    day, month, year, both = sheet.ask.execute("""
        SELECT coalesce(sum(rows) FILTER (WHERE x > 12 AND y <= 12), 0), coalesce(sum(rows) FILTER (WHERE y > 12 AND x <= 12), 0),
               coalesce(sum(rows) FILTER (WHERE x > 31), 0), coalesce(sum(rows) FILTER (WHERE x <= 12 AND y <= 12 AND x <> y), 0)
        FROM (SELECT rows, CAST(a AS INTEGER) AS x, CAST(b AS INTEGER) AS y FROM dates_cut WHERE writing = 'parts')""").fetchone()
    if year and year >= (day + month + year) * CLEAR_SHARE:
        return "year_first"
    if day + month and max(day, month) >= (day + month) * CLEAR_SHARE:
        return "day_first" if day > month else "month_first"
    if not both and not (day and month):
        return "day_first"
    example = sheet.ask.execute(
        "SELECT text FROM dates_cut WHERE writing = 'parts' AND CAST(a AS INTEGER) <= 12 AND CAST(b AS INTEGER) <= 12 "
        "ORDER BY rows DESC, text LIMIT 1").fetchone()
    raise StepSkipped("date_order_open", column=column, count=both, value=example[0] if example else "")


KINDS = (
    Kind("standard_date", "standards", (
        Setting("column", "column", types=("text",)),
        Setting("date_order", "choice", choices=("by_column", "day_first", "month_first", "year_first"), default="by_column"),
        Setting("century_from", "whole", default=70, needed=False),
        Setting("keep_time", "yes_no", default=False, needed=False),
    ), standard_date),
)
