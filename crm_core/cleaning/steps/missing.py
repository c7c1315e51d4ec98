"""What to do where a value is missing."""
from crm_core.cleaning.sheet import Sheet, literal, quoted
from crm_core.cleaning.steps import Edit, Kind, Setting
from crm_core.tables import SQL_TYPES


def fill_constant(sheet: Sheet, settings: dict) -> Edit:
    column = settings["column"]
    value = f"CAST({literal(settings['value'])} AS {SQL_TYPES[sheet.columns[column]]})"
    return Edit(sets={column: f"coalesce({quoted(column)}, {value})"})


KINDS = (Kind("fill_constant", "missing", (Setting("column", "column"), Setting("value", "text")), fill_constant),)
