"""Values far from the others: brought back to a bound, or flagged."""
from crm_core.cleaning.sheet import Sheet, literal, quoted
from crm_core.cleaning.steps import Edit, Kind, Setting, StepSkipped

METHODS = {  # how far out is too far where nothing is told
    "iqr": 1.5,  # quartiles and so many times their distance (Tukey 1977)
    "z": 3.0,  # mean and so many standard deviations
    "mad": 3.5,  # median and so many scaled median deviations (Iglewicz and Hoaglin 1993)
    "percentiles": 0.01,  # the share that is cut off at each end
}
MAD_SCALE = 1.4826  # the median deviation of a normal distribution, as a standard deviation


def bounds(sheet: Sheet, column: str, method: str, factor: float | None) -> tuple[float, float]:
    """The lowest and the highest value that is none. Raises StepSkipped all_missing, no_spread, factor_wrong."""
    factor = METHODS[method] if factor is None else float(factor)
    if factor <= 0 or (method == "percentiles" and factor >= 0.5):
        raise StepSkipped("factor_wrong", value=factor)
    x = f"CAST({quoted(column)} AS DOUBLE)"
    asked = {
        "iqr": f"quantile_cont({x}, 0.25) AS a, quantile_cont({x}, 0.75) AS b",
        "z": f"avg({x}) AS a, stddev_samp({x}) AS b",
        "mad": f"median({x}) AS a, mad({x}) AS b",
        "percentiles": f"quantile_cont({x}, {factor}) AS a, quantile_cont({x}, {1 - factor}) AS b",
    }[method]
    rows, a, b = sheet.ask.execute(f"SELECT count({x}), {asked} FROM {sheet.relation}").fetchone()
    if not rows:
        raise StepSkipped("all_missing", column=column)
    low, high = {"iqr": lambda: (a - factor * (b - a), b + factor * (b - a)),
                 "z": lambda: (a - factor * (b or 0), a + factor * (b or 0)),
                 "mad": lambda: (a - factor * MAD_SCALE * b, a + factor * MAD_SCALE * b),
                 "percentiles": lambda: (a, b)}[method]()
    if low == high:
        raise StepSkipped("no_spread", column=column, value=low)
    return low, high


def _each(sheet: Sheet, settings: dict):
    """(column, low, high) where there are bounds, and notes on the columns without. Raises StepSkipped."""
    found, notes = [], []
    for column in settings["columns"]:
        try:
            low, high = bounds(sheet, column, settings["method"], settings["factor"])
            found.append((column, low, high))
            notes.append(("bounds", {"column": column, "low": low, "high": high}))
        except StepSkipped as skipped:
            if len(settings["columns"]) == 1:
                raise
            notes.append((skipped.reason, skipped.facts))
    if not found:
        raise StepSkipped(notes[-1][0], **notes[-1][1])
    return found, tuple(notes)


def cap_outliers(sheet: Sheet, settings: dict) -> Edit:
    found, notes = _each(sheet, settings)
    sets = {}
    for column, low, high in found:
        # Whole numbers are brought inside the bounds, not beyond them by rounding.
        ends = ("ceil", "floor") if sheet.columns[column] == "whole" else ("", "")
        sets[column] = (f"CASE WHEN {quoted(column)} < {literal(low)} THEN {ends[0]}({literal(low)}) "
                        f"WHEN {quoted(column)} > {literal(high)} THEN {ends[1]}({literal(high)}) "
                        f"ELSE {quoted(column)} END")
    return Edit(sets=sets, notes=notes)


def flag_outliers(sheet: Sheet, settings: dict) -> Edit:
    """An own field that says where a value lies outside; it is empty elsewhere."""
    found, notes = _each(sheet, settings)
    sets = {flag_name(column): f"CASE WHEN {quoted(column)} < {literal(low)} OR {quoted(column)} > {literal(high)} "
                               "THEN 'true' END" for column, low, high in found}
    return Edit(sets=sets, types=dict.fromkeys(sets, "text"), notes=notes)


def flag_name(column: str) -> str:
    return f"{column} (outlier)"


SETTINGS = (Setting("columns", "columns", types=("whole", "number", "money")),
            Setting("method", "choice", choices=tuple(METHODS), default="iqr"),
            Setting("factor", "number", needed=False))
KINDS = (
    Kind("cap_outliers", "outliers", SETTINGS, cap_outliers),
    Kind("flag_outliers", "outliers", SETTINGS, flag_outliers,
         makes=lambda settings: tuple(map(flag_name, settings["columns"] or ()))),
)
