"""What to do where a value is missing."""
from crm_core.cleaning.sheet import Sheet, literal, quoted
from crm_core.cleaning.steps import Edit, Kind, Setting, StepRefused, StepSkipped
from crm_core.cleaning.steps.model import model_fill
from crm_core.tables import SQL_TYPES

NUMBERS = ("whole", "number", "money")


def drop_missing(sheet: Sheet, settings: dict) -> Edit:
    there = [f"{quoted(column)} IS NOT NULL" for column in settings["columns"]]
    return Edit(keep=(" AND " if settings["when"] == "any" else " OR ").join(there))


def flag_missing(sheet: Sheet, settings: dict) -> Edit:
    """An own field that says where a value is missing; it is empty where there is one."""
    flags = {flag_name(column): f"CASE WHEN {quoted(column)} IS NULL THEN 'true' END" for column in settings["columns"]}
    return Edit(sets=flags, types=dict.fromkeys(flags, "text"))


def flag_name(column: str) -> str:
    return f"{column} (missing)"


def fill_constant(sheet: Sheet, settings: dict) -> Edit:
    column = settings["column"]
    kind = SQL_TYPES[sheet.columns[column]]
    value = literal(settings["value"])
    if sheet.ask.execute(f"SELECT TRY_CAST({value} AS {kind}) IS NULL").fetchone()[0]:
        raise StepRefused("value_of_other_type", column=column, value=str(settings["value"]),
                          type=sheet.columns[column])
    return Edit(sets={column: f"coalesce({quoted(column)}, CAST({value} AS {kind}))"})


def fill_median(sheet: Sheet, settings: dict) -> Edit:
    column = settings["column"]
    return _filled_with(sheet, column, f"SELECT median({quoted(column)}) FROM {sheet.relation}")


def fill_mode(sheet: Sheet, settings: dict) -> Edit:
    """The value that is there most often; of several the smallest, so that everybody gets the same one."""
    column = quoted(settings["column"])
    return _filled_with(sheet, settings["column"],
                        f"SELECT {column} FROM {sheet.relation} WHERE {column} IS NOT NULL "
                        f"GROUP BY {column} ORDER BY count(*) DESC, {column} LIMIT 1")


def _filled_with(sheet: Sheet, column: str, select: str) -> Edit:
    found = sheet.ask.execute(select).fetchone()
    if not found or found[0] is None:
        raise StepSkipped("all_missing", column=column)
    value = f"CAST({literal(found[0])} AS {SQL_TYPES[sheet.columns[column]]})"
    return Edit(sets={column: f"coalesce({quoted(column)}, {value})"},
                notes=(("fills_with", {"column": column, "value": str(found[0])}),))


def fill_group_median(sheet: Sheet, settings: dict) -> Edit:
    """The median of the rows with the same value in another column; where these know none, that of all."""
    column, by = quoted(settings["column"]), quoted(settings["by"])
    overall = sheet.ask.execute(f"SELECT median({column}) FROM {sheet.relation}").fetchone()[0]
    if overall is None:
        raise StepSkipped("all_missing", column=settings["column"])
    groups = f"groups_of_{sheet.place}"
    sheet.ask.execute(f"CREATE OR REPLACE TEMP TABLE {groups} AS SELECT {by} AS looked_group, "
                      f"median({column}) AS looked_median FROM {sheet.relation} WHERE {by} IS NOT NULL GROUP BY {by}")
    kind = SQL_TYPES[sheet.columns[settings["column"]]]
    return Edit(sets={settings["column"]: f"coalesce({column}, TRY_CAST(looked_median AS {kind}), "
                                          f"CAST({literal(overall)} AS {kind}))"},
                joins=(f"LEFT JOIN temp.{groups} ON looked_group = layer.{by}",),
                counted={"no_group": f"{column} IS NULL AND looked_median IS NULL"})


def fill_model(sheet: Sheet, settings: dict) -> Edit:
    return model_fill(sheet, settings["column"])


KINDS = (
    Kind("drop_missing", "missing", (
        Setting("columns", "columns"), Setting("when", "choice", choices=("any", "all"), default="any")), drop_missing,
        repeats=True),
    Kind("flag_missing", "missing", (Setting("columns", "columns"),), flag_missing,
         makes=lambda settings: tuple(map(flag_name, settings["columns"] or ()))),
    Kind("fill_constant", "missing", (Setting("column", "column"), Setting("value", "text")), fill_constant),
    Kind("fill_median", "missing", (Setting("column", "column", types=NUMBERS),), fill_median),
    Kind("fill_mode", "missing", (Setting("column", "column"),), fill_mode),
    Kind("fill_group_median", "missing", (
        Setting("column", "column", types=NUMBERS), Setting("by", "column")), fill_group_median),
    Kind("fill_model", "missing", (
        Setting("column", "column", types=(*NUMBERS, "text", "choice", "yes_no")),), fill_model,
        reads_all=True),
)
