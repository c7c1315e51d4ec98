"""Numbers on another scale, always in a column of their own: the original stays.

    age 20, 30, 60   →   age (min–max) 0, 0.25, 1
"""
from crm_core.cleaning.sheet import Sheet, literal, quoted
from crm_core.cleaning.steps import Edit, Kind, Setting, StepSkipped

NAMES = {"scale_min_max": "min–max", "scale_z": "z", "scale_log": "log"}
DIGITS = 6


def derived_name(kind: str, column: str) -> str:
    return f"{column} ({NAMES[kind]})"


def _scaled(kind: str, formula):
    def plan(sheet: Sheet, settings: dict) -> Edit:
        sets, notes, counted = {}, [], {}
        for column in settings["columns"]:
            x = f"CAST({quoted(column)} AS DOUBLE)"
            low, high, mean, spread = sheet.ask.execute(
                f"SELECT min({x}), max({x}), avg({x}), stddev_samp({x}) FROM {sheet.relation}").fetchone()
            problem = ("all_missing", {"column": column}) if low is None else None
            if low is not None and low == high and kind != "scale_log":
                problem = ("constant", {"column": column, "value": low})
            if problem:
                if len(settings["columns"]) == 1:
                    raise StepSkipped(problem[0], **problem[1])
                notes.append(problem)
                continue
            sets[derived_name(kind, column)] = f"round({formula(x, low, high, mean, spread)}, {DIGITS})"
            if kind == "scale_log" and low < 0:
                counted["negative"] = " OR ".join(filter(None, [counted.get("negative"), f"{x} < 0"]))
        if not sets:
            raise StepSkipped(notes[-1][0], **notes[-1][1])
        if settings["overwrite"]:
            notes.append(("original_stays", {"columns": ", ".join(sets)}))
        return Edit(sets=sets, types=dict.fromkeys(sets, "number"), notes=tuple(notes), counted=counted)

    return Kind(kind, "scales", (
        Setting("columns", "columns", types=("whole", "number", "money")),
        Setting("overwrite", "yes_no", default=False)), plan,
        makes=lambda settings: tuple(derived_name(kind, column) for column in settings["columns"] or ()))


KINDS = (
    _scaled("scale_min_max", lambda x, low, high, mean, spread: f"({x} - {literal(low)}) / {literal(high - low)}"),
    _scaled("scale_z", lambda x, low, high, mean, spread: f"({x} - {literal(mean)}) / {literal(spread)}"),
    # log(1 + x), which takes a zero; below zero there is none.
    _scaled("scale_log", lambda x, low, high, mean, spread: f"CASE WHEN {x} >= 0 THEN ln(1 + {x}) END"),
)
