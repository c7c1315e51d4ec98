"""Values taken apart, put together and replaced."""
import re

from crm_core import engine
from crm_core.cleaning.sheet import Sheet, literal, quoted
from crm_core.cleaning.steps import Edit, Kind, Setting, StepRefused, StepSkipped


def split(sheet: Sheet, settings: dict) -> Edit:
    """Parts into columns of their own; the last one takes what is left, the original stays."""
    column, separator, into = quoted(settings["column"]), literal(settings["separator"]), settings["into"]
    parts = {}
    for place, name in enumerate(into, 1):
        if sheet.columns.get(name, "text") != "text":
            raise StepSkipped("wrong_type", column=name, type=sheet.columns[name])
        part = (f"split_part({column}, {separator}, {place})" if place < len(into)
                else f"array_to_string(string_split({column}, {separator})[{place}:], {separator})")
        part = f"nullif(trim({part}), '')"
        # A row that has no such part keeps what stood there.
        parts[name] = f"coalesce({part}, {quoted(name)})" if name in sheet.columns else part
    return Edit(sets=parts, types=dict.fromkeys(parts, "text"),
                counted={"nothing_to_split": f"{column} IS NOT NULL AND NOT contains({column}, {separator})"})


def join(sheet: Sheet, settings: dict) -> Edit:
    """What is there of several columns, in one column."""
    listed = ", ".join(f"CAST({quoted(column)} AS VARCHAR)" for column in settings["columns"])
    if sheet.columns.get(settings["into"], "text") != "text":
        raise StepSkipped("wrong_type", column=settings["into"], type=sheet.columns[settings["into"]])
    return Edit(sets={settings["into"]: f"nullif(concat_ws({literal(settings['separator'])}, {listed}), '')"},
                types={settings["into"]: "text"})


def replace(sheet: Sheet, settings: dict) -> Edit:
    """Every place of a text. A regular expression is RE2's, whose time grows with the text and never runs away."""
    find, by = settings["find"], literal(str(settings["by"] or ""))
    if not settings["regular"] and not settings["ignore_case"]:
        return Edit(sets={column: f"replace({quoted(column)}, {literal(find)}, {by})"
                          for column in settings["columns"]})
    pattern = find if settings["regular"] else re.escape(find)
    text = str(settings["by"] or "")
    # A group is \1 for RE2; $1, as spreadsheets and most editors write it, means the same.
    text = re.sub(r"\$([0-9])", r"\\\1", text) if settings["regular"] else text.replace("\\", "\\\\")
    by = literal(text)
    options = "'gi'" if settings["ignore_case"] else "'g'"
    check_pattern(sheet, pattern, text if settings["regular"] else "")
    return Edit(sets={column: f"regexp_replace({quoted(column)}, {literal(pattern)}, {by}, {options})"
                      for column in settings["columns"]})


def check_pattern(sheet: Sheet, pattern: str, by: str = "") -> None:
    """Raises StepRefused pattern_wrong: not a regular expression, or one with what RE2 has not (lookahead, …)."""
    # On a cursor of its own: an error would end the transaction that the recipe works in.
    with sheet.ask.cursor.cursor() as cursor:
        try:
            cursor.execute(f"SELECT regexp_replace('', {literal(pattern)}, {literal(by)}, 'g')").fetchone()
        except Exception as error:
            if not engine.is_engine_error(error):
                raise
            reason = str(error).split("\n")[0].split(": ", 1)[-1]
            missing = re.search(r"\(\?(=|!|<=|<!)|\\[1-9]", pattern)
            raise StepRefused("pattern_unsupported" if missing else "pattern_wrong", pattern=pattern,
                              why=reason[:200]) from error


KINDS = (
    Kind("split", "values", (
        Setting("column", "column", types=("text",)), Setting("separator", "text"), Setting("into", "texts")), split,
        makes=lambda settings: tuple(settings["into"] or ())),
    Kind("join", "values", (
        Setting("columns", "columns"), Setting("separator", "text", default=" ", needed=False),
        Setting("into", "text")), join, makes=lambda settings: (settings["into"],) if settings["into"] else ()),
    Kind("replace", "values", (
        Setting("columns", "columns", types=("text",)), Setting("find", "pattern"),
        Setting("by", "text", default="", needed=False), Setting("regular", "yes_no", default=False),
        Setting("ignore_case", "yes_no", default=False)), replace, repeats=True),
)
