"""Dates of many writings as ISO 8601, in a column of texts.

    3/1/26 · 1.3.2026 · 1 March 2026 · 2026年3月1日 · ２０２６/０３/０１ · 46082  →  2026-03-01

3/1/26 is two dates: the column itself tells the order where other dates of it do (25/12/2025), else a person does.
"""
from crm_core import writing
from crm_core.cleaning.sheet import Sheet, quoted
from crm_core.cleaning.steps import Edit, Kind, Setting, StepRefused
from crm_core.cleaning.steps.sql import laid_name
from crm_core.cleaning.steps.types import ORDERS
from crm_core.errors import DateOrderAmbiguous, DatesOfTwoKinds

# A day as spreadsheets count it (1954 to 2091) among written dates; sixty thousand days from its first of January 1900.
SERIAL = "[2-6][0-9]{4}([.][0-9]+)?"


def standard_date(sheet: Sheet, settings: dict) -> Edit:
    """ISO dates; with `keep_time` also the time of day where there is one. What is no date stays, and is counted.

    Refused with `date_order_unclear` where day and month could change places and nobody told which comes first.
    """
    column, name, number = settings["column"], quoted(settings["column"]), sheet.place
    sheet.ask.execute(f"CREATE OR REPLACE TEMP VIEW cells AS SELECT {name} AS c{number} FROM {sheet.relation}")
    try:
        writing.read_dates(sheet.ask, number, "time", column, ORDERS.get(settings.get("date_order")))
    except (DateOrderAmbiguous, DatesOfTwoKinds) as error:
        raise StepRefused("date_order_unclear", column=column, example=error.facts["example"]) from error
    written = "CAST(CAST(moment AS DATE) AS VARCHAR)"
    if settings.get("keep_time"):
        written = (f"CASE WHEN moment = CAST(moment AS DATE) THEN {written} "
                   "ELSE strftime(moment, '%Y-%m-%d %H:%M:%S') END")
    laid = laid_name(sheet, "dates")
    sheet.ask.execute(f"""
        CREATE OR REPLACE TEMP TABLE {laid} AS
        SELECT text AS looked_text, {written} AS looked_date FROM (
            SELECT text, CASE WHEN value IS NULL AND regexp_full_match(text, '{SERIAL}')
                THEN DATE '1899-12-30' + CAST(floor(TRY_CAST(text AS DOUBLE)) AS INTEGER) ELSE value END AS moment
            FROM temp.read_{number}) WHERE moment IS NOT NULL""")
    return Edit(sets={column: f"coalesce(looked_date, {name})"},
                joins=(f"LEFT JOIN temp.{laid} dates ON dates.looked_text = layer.{name}",),
                counted={"dates_left": f"looked_date IS NULL AND coalesce({name}, '') <> ''"})


KINDS = (
    Kind("standard_date", "standards", (
        Setting("column", "column", types=("text",)),
        Setting("date_order", "choice", choices=("auto", *ORDERS), default="auto"),
        Setting("keep_time", "yes_no", default=False, needed=False)), standard_date),
)
