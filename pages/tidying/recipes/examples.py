"""Recipes to begin with, for the tables that have what they need."""
from crm_core.cleaning import Step
from crm_core.tables import TABLES
from pages.tidying.recipes import said

TEXTS = ("name", "company", "address", "city", "region", "country", "job_title", "industry", "category", "subject",
         "channel", "source", "owner", "stage")

# Steps and their settings; of a list of columns those are taken that the table has, and a step without any is left out.
EXAMPLES: dict[str, tuple[tuple[str, dict], ...]] = {
    "textbook": (
        ("drop_missing", {"columns": ["email", "phone", "city", "category", "closes_on", "satisfaction"]}),
        ("convert", {"column": ["age", "satisfaction"], "to": "whole"}),
        ("scale_min_max", {"columns": ["age", "price", "cost", "amount", "unit_price", "satisfaction"]}),
    ),
    "export": (
        ("trim", {"columns": TEXTS}),
        ("unicode_nfkc", {"columns": TEXTS}),
        ("standard_email", {"column": ["email"]}),
        ("standard_phone", {"column": ["phone"], "country_column": ["country"]}),
        ("standard_country", {"column": ["country"]}),
    ),
    "campaign": (
        ("trim", {"columns": ["name", "email", "phone", "city"]}),
        ("standard_email", {"column": ["email"]}),
        ("standard_phone", {"column": ["phone"], "country_column": ["country"]}),
        ("expect_present", {"column": ["email"], "otherwise": "warn"}),
        ("expect_unique", {"column": ["email"], "otherwise": "warn"}),
    ),
}
FOR = {"campaign": ("customers",)}  # examples that make sense for some tables only
LEAST = 2  # steps, to be an example


def steps_for(name: str, table: str) -> tuple[Step, ...]:
    """The steps of an example for a table; none where the table has not what it needs."""
    if table not in FOR.get(name, (table,)):
        return ()
    there = {column.name: column for column in TABLES[table].typed}
    steps = []
    for kind, settings in EXAMPLES[name]:
        if kind in said.catalogue():
            told = _told(kind, settings, there)
            if told:
                steps.append(Step(kind, told))
    return tuple(steps) if len(steps) >= LEAST else ()


def _told(kind: str, settings: dict, there: dict) -> dict | None:
    """The settings with the columns that are there; None where a column is needed and none is."""
    told = {}
    for setting in said.catalogue()[kind].settings:
        value = settings.get(setting.name)
        if setting.kind in said.NAMING and value:
            found = [column for column in value
                     if column in there and (not setting.types or there[column].type in setting.types)]
            if not found and setting.needed:
                return None
            value = None if not found else found if setting.kind == "columns" else found[0]
        if value is not None:
            told[setting.name] = value
    return told
