"""Which rows stay."""
from crm_core.cleaning.sheet import Sheet, literal, quoted
from crm_core.cleaning.steps import Edit, Kind, Setting, StepRefused
from crm_core.cleaning.steps.values import check_pattern
from crm_core.tables import SQL_TYPES

COMPARED = {"less": "<", "at_most": "<=", "more": ">", "at_least": ">="}
CONDITIONS = ("equals", "not_equals", *COMPARED, "contains", "starts_with", "matches", "among", "missing", "present")


def filter_rows(sheet: Sheet, settings: dict) -> Edit:
    condition = condition_of(sheet, settings["column"], settings["condition"], settings["value"], settings["among"])
    return Edit(keep=condition if settings["rows"] == "keep" else f"NOT coalesce({condition}, false)")


def condition_of(sheet: Sheet, column: str, condition: str, value, among) -> str:
    """A condition on a column in SQL. Raises StepRefused value_missing, value_of_other_type, pattern_*."""
    name = quoted(column)
    if condition in ("missing", "present"):
        return f"{name} IS {'NOT ' if condition == 'present' else ''}NULL"
    if condition == "among":
        if not among:
            raise StepRefused("value_missing", condition=condition)
        return f"{name} IN ({', '.join(typed(sheet, column, each) for each in among)})"
    if value is None or value == "":
        raise StepRefused("value_missing", condition=condition)
    if condition in ("contains", "starts_with"):
        function = "contains" if condition == "contains" else "starts_with"
        return f"{function}(CAST({name} AS VARCHAR), {literal(str(value))})"
    if condition == "matches":
        check_pattern(sheet, str(value))
        return f"regexp_matches(CAST({name} AS VARCHAR), {literal(str(value))})"
    told = typed(sheet, column, value)
    if condition in COMPARED:
        return f"{name} {COMPARED[condition]} {told}"
    return f"{name} IS {'NOT ' if condition == 'equals' else ''}DISTINCT FROM {told}"


def typed(sheet: Sheet, column: str, value) -> str:
    """A value as the column's type, in SQL. Raises StepRefused value_of_other_type."""
    kind = SQL_TYPES[sheet.columns[column]]
    if sheet.ask.execute(f"SELECT TRY_CAST({literal(value)} AS {kind}) IS NULL").fetchone()[0]:
        raise StepRefused("value_of_other_type", column=column, value=str(value), type=sheet.columns[column])
    return f"CAST({literal(value)} AS {kind})"


KINDS = (
    Kind("filter", "rows", (
        Setting("rows", "choice", choices=("keep", "drop"), default="keep"), Setting("column", "column"),
        Setting("condition", "choice", choices=CONDITIONS, default="equals"), Setting("value", "text", needed=False),
        Setting("among", "texts", needed=False)), filter_rows, repeats=True),
)
