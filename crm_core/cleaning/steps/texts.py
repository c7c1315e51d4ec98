"""Texts made alike: blanks and case."""
from crm_core.cleaning.sheet import Sheet, quoted
from crm_core.cleaning.steps import Edit, Kind, Setting


BLANKS = r"[\s\x{3000}\x{00a0}]+"


def trim(sheet: Sheet, settings: dict) -> Edit:
    return Edit(sets={column: f"nullif(trim(regexp_replace({quoted(column)}, '{BLANKS}', ' ', 'g')), '')"
                      for column in settings["columns"]})


KINDS = (Kind("trim", "texts", (Setting("columns", "columns", types=("text",)),), trim),)
