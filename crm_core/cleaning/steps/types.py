"""Texts read as numbers, dates and answers: "30.5", "¥1,234.50", "1.234,50 €", "２０", "3. März 2026", "n/a"."""
from crm_core import writing
from crm_core.cleaning.sheet import Sheet, quoted
from crm_core.cleaning.steps import Edit, Kind, Setting, StepRefused, StepSkipped
from crm_core.errors import DateOrderAmbiguous, DatesOfTwoKinds

MARKS = {"point": ".", "comma": ","}
ORDERS = {"day_first": "day first", "month_first": "month first", "year_first": "year first"}


def convert(sheet: Sheet, settings: dict) -> Edit:
    """The column as another type. What cannot be read stays, and with it the column a text, or is emptied."""
    column, to = settings["column"], settings["to"]
    name, kind = quoted(column), sheet.columns[column]
    if kind == to:
        return Edit(sets={column: name})
    if sheet.type_is_fixed(column) and kind not in ("text", to) and not (kind in ("number", "money") and to == "whole"):
        raise StepSkipped("type_fixed", column=column, type=kind)
    if to == "text":
        return Edit(sets={column: f"CAST({name} AS VARCHAR)"}, types={column: "text"})
    if kind in ("number", "money", "whole") and to in ("whole", "number"):
        rounded = {"rounded": f"{name} <> round({name})"} if to == "whole" else {}
        return Edit(sets={column: f"round({name})" if to == "whole" else name}, types={column: to}, counted=rounded)
    if kind in ("day", "time") and to == "day":
        return Edit(sets={column: f"CAST({name} AS DATE)"}, types={column: "day"})
    if kind != "text":
        raise StepSkipped("type_unreadable", column=column, type=kind, to=to)
    return _read(sheet, column, settings)


def _read(sheet: Sheet, column: str, settings: dict) -> Edit:
    to, name, number = settings["to"], quoted(column), sheet.place
    sheet.ask.execute(f"CREATE OR REPLACE TEMP VIEW cells AS SELECT {name} AS c{number} FROM {sheet.relation}")
    notes = _cast(sheet, column, number, settings)
    looked = f"cast_of_{sheet.place}"
    value, counted = f"looked_value_{number}", {}
    sheet.ask.execute(f"CREATE OR REPLACE TEMP TABLE {looked} AS SELECT text AS looked_text_{number}, "
                      f"value AS {value}, reason AS looked_reason_{number} FROM temp.read_{number}")
    if to == "whole":
        counted["rounded"] = f"{value} <> round({value})"
        value = f"CAST(round({value}) AS BIGINT)"
    unreadable = sheet.ask.execute(
        f"SELECT count(*) FROM {looked} WHERE looked_reason_{number} IS NOT NULL").fetchone()[0]
    counted["emptied" if settings["unreadable"] == "empty" else "unreadable"] = f"looked_reason_{number} IS NOT NULL"
    becomes = to
    if unreadable and settings["unreadable"] == "keep":
        becomes = "text"
        value = f"CASE WHEN looked_reason_{number} IS NULL THEN CAST({value} AS VARCHAR) ELSE {name} END"
    return Edit(sets={column: value}, types={column: becomes}, notes=notes, counted=counted,
                joins=(f"LEFT JOIN temp.{looked} ON looked_text_{number} = layer.{name}",))


def _cast(sheet: Sheet, column: str, number: int, settings: dict) -> tuple:
    """Leaves the table read_<number>: text, value, reason."""
    to = settings["to"]
    if to in ("whole", "number"):
        found = writing.look_at_numbers(sheet.ask, number)
        mark = MARKS.get(settings["decimal"]) or writing.decimal_mark(found, [], ",")
        writing.read_numbers(sheet.ask, number, "number", mark)
        guessed = (found.point_in_doubt or found.comma_in_doubt) and not found.point and not found.comma
        if guessed and settings["decimal"] == "auto":
            return (("decimal_guessed", {"column": column, "sign": mark}),)
    elif to in ("day", "time"):
        try:
            writing.read_dates(sheet.ask, number, to, column, ORDERS.get(settings["date_order"]))
        except (DateOrderAmbiguous, DatesOfTwoKinds) as error:
            raise StepRefused("date_order_unclear", column=column, example=error.facts["example"]) from error
    else:
        writing.read_yes_no(sheet.ask, number)
    return ()


KINDS = (
    Kind("convert", "types", (
        Setting("column", "column"),
        Setting("to", "choice", choices=("whole", "number", "day", "time", "yes_no", "text"), default="number"),
        Setting("unreadable", "choice", choices=("keep", "empty"), default="keep"),
        Setting("decimal", "choice", choices=("auto", *MARKS), default="auto"),
        Setting("date_order", "choice", choices=("auto", *ORDERS), default="auto")), convert),
)
