"""What should hold before a recipe goes on: the recipe stops where it does not, or says so and goes on."""
from crm_core.cleaning.sheet import Sheet, quoted
from crm_core.cleaning.steps import Edit, Expectation, Kind, Setting, StepRefused
from crm_core.cleaning.steps.rows import condition_of, typed
from crm_core.cleaning.steps.values import check_pattern


def _expects(settings: dict, broken: str, reason: str, **facts) -> Edit:
    return Edit(expects=Expectation(broken, reason, {"column": settings["column"], **facts},
                                    settings["otherwise"] == "stop", float(settings["allowed"] or 0)))


def expect_present(sheet: Sheet, settings: dict) -> Edit:
    return _expects(settings, f"{quoted(settings['column'])} IS NULL", "expected_present")


def expect_unique(sheet: Sheet, settings: dict) -> Edit:
    """No two rows with the same value; texts are compared without regard to case and blanks round them."""
    key = quoted(settings["column"])
    if sheet.columns[settings["column"]] == "text":
        key = f"lower(trim({key}))"
    repeated = f"repeated_in_{sheet.place}"
    sheet.ask.execute(f"CREATE OR REPLACE TEMP TABLE {repeated} AS SELECT {key} AS looked_key FROM {sheet.relation} "
                      f"WHERE {key} IS NOT NULL GROUP BY 1 HAVING count(*) > 1")
    return _expects(settings, f"{key} IN (SELECT looked_key FROM temp.{repeated})", "expected_unique")


def expect_between(sheet: Sheet, settings: dict) -> Edit:
    column, ends = settings["column"], []
    if settings["low"] not in (None, ""):
        ends.append(f"{quoted(column)} < {typed(sheet, column, settings['low'])}")
    if settings["high"] not in (None, ""):
        ends.append(f"{quoted(column)} > {typed(sheet, column, settings['high'])}")
    if not ends:
        raise StepRefused("value_missing", condition="between")
    return _expects(settings, " OR ".join(ends), "expected_between",
                    low=str(settings["low"] if settings["low"] is not None else ""),
                    high=str(settings["high"] if settings["high"] is not None else ""))


def expect_among(sheet: Sheet, settings: dict) -> Edit:
    condition = condition_of(sheet, settings["column"], "among", None, settings["among"])
    return _expects(settings, f"NOT ({condition})", "expected_among", among=", ".join(settings["among"]))


def expect_matches(sheet: Sheet, settings: dict) -> Edit:
    """The whole text, as OpenRefine and pandera understand it."""
    check_pattern(sheet, settings["pattern"])
    condition = condition_of(sheet, settings["column"], "matches", f"^(?:{settings['pattern']})$", None)
    return _expects(settings, f"NOT ({condition})", "expected_matches", pattern=settings["pattern"])


OTHERWISE = (Setting("otherwise", "choice", choices=("stop", "warn"), default="stop"),
             Setting("allowed", "share", default=0.0, needed=False))
COLUMN = Setting("column", "column")
KINDS = (
    Kind("expect_present", "expectations", (COLUMN, *OTHERWISE), expect_present, repeats=True),
    Kind("expect_unique", "expectations", (COLUMN, *OTHERWISE), expect_unique, repeats=True),
    Kind("expect_between", "expectations", (
        Setting("column", "column", types=("whole", "number", "money", "day", "time")),
        Setting("low", "text", needed=False), Setting("high", "text", needed=False), *OTHERWISE), expect_between,
        repeats=True),
    Kind("expect_among", "expectations", (COLUMN, Setting("among", "texts"), *OTHERWISE), expect_among, repeats=True),
    Kind("expect_matches", "expectations", (COLUMN, Setting("pattern", "pattern"), *OTHERWISE), expect_matches,
         repeats=True),
)
