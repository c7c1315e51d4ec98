"""Times as tables of series write them: months, quarters, weeks and years by name, or mere steps.

    read(Series(["1982-04", "1982 Q2", "2024-W05", "1-01"]))     one form a column, the one that fits most rows

Whole dates, with or without an hour, are read as everywhere else (crm_core/writing.py).
"""
import re
from dataclasses import dataclass
from datetime import date

import pandas as pd

from crm_core.writing import MONTHS

YEAR = r"(?P<y>1[5-9]\d\d|2[01]\d\d)"
NUMERALS = {
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
    "十一": 11,
    "十二": 12,
}
# interval → how its periods are written
FORMS = {
    "quarter": (
        rf"{YEAR}\s*[-/. ]?\s*[QqKkTt]\.?\s*(?P<q>[1-4])",
        rf"[QqKkTt](?P<q>[1-4])\s*[-/. ']*\s*{YEAR}",
        rf"(?P<q>[1-4])\s*(?:[QqKk]|\.\s*Quartal)\s*[-/]?\s*{YEAR}",
        rf"{YEAR}\s*年?\s*第?\s*(?P<q>[1-4一二三四])\s*季度?",
    ),
    "week": (
        rf"{YEAR}\s*[-/ ]?\s*(?:[Ww]|[Kk][Ww]|[Ww]eek)\s*(?P<w>\d{{1,2}})",
        rf"(?:[Ww]|[Kk][Ww]|[Ww]eek)\s*(?P<w>\d{{1,2}})\s*[-/, ]\s*{YEAR}",
        rf"{YEAR}\s*年\s*第?\s*(?P<w>\d{{1,2}})\s*周",
    ),
    "month": (
        rf"{YEAR}[-/. ](?P<m>\d{{1,2}})",
        rf"{YEAR}[Mm](?P<m>\d{{1,2}})",
        rf"(?P<m>\d{{1,2}})[-/. ]{YEAR}",
        rf"{YEAR}(?P<m>0[1-9]|1[0-2])",
        rf"{YEAR}[-/ .,]+(?P<name>[^\W\d]{{3,9}})\.?",
        r"(?P<name>[^\W\d]{3,9})\.?[-/ .,']*(?P<y>\d{4}|\d{2})",
        rf"{YEAR}\s*年\s*(?P<m>\d{{1,2}}|[一二三四五六七八九十]{{1,2}})\s*月份?",
    ),
    "year": (rf"(?:FY\s*)?{YEAR}(?:年|\.0)?",),
}
RELATIVE = re.compile(r"(?P<y>\d{1,3})-(?P<m>0[1-9]|1[0-2])")  # 1-01: the first month of a first year that nobody names
DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}")
STEP = re.compile(r"-?\d{1,9}(?:\.0)?")
ZONE = re.compile(r"^.*\d:\d\d(?::\d\d(?:[.,]\d+)?)?\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})$")


@dataclass(frozen=True)
class Stamps:
    """How a column of times is written."""

    form: str  # a key of FORMS; relative and steps have no calendar; date: a whole date, which is read elsewhere
    periods: (
        pd.Series
    )  # text → the begin of its period, or the number of its step from 0; without texts that do not fit


def read(texts: pd.Series) -> Stamps:
    """How most rows are written; `texts` are those of all rows, none of them empty."""
    counts = texts.value_counts()
    best = Stamps("date", pd.Series(dtype="datetime64[ns]"))
    fitting = 0
    for form, patterns in FORMS.items():
        compiled = [re.compile(pattern) for pattern in patterns]
        found = {text: period for text in counts.index if (period := _period(form, compiled, text)) is not None}
        rows = int(counts.reindex(list(found)).sum())
        # 198204 is a month and no number, 1982 a year: where two forms fit as many rows, the first one holds.
        if rows > fitting and rows >= 0.5 * len(texts):
            best, fitting = Stamps(form, pd.Series(found)), rows
    if fitting < len(texts):
        for form, pattern in (("relative", RELATIVE), ("steps", STEP)):
            matched = {text: match for text in counts.index if (match := pattern.fullmatch(text.strip()))}
            rows = int(counts.reindex(list(matched)).sum())
            if rows > fitting and rows >= 0.5 * len(texts) and not (form == "steps" and _counted_days(matched)):
                best, fitting = Stamps(form, _steps(form, matched)), rows
    return best


def is_time(text: str) -> bool:
    """Whether a text by itself, such as a header, names a period or a date."""
    compiled = ((form, [re.compile(pattern) for pattern in patterns]) for form, patterns in FORMS.items())
    return bool(DATE.fullmatch(text.strip())) or any(_period(form, patterns, text) for form, patterns in compiled)


def from_steps(steps: pd.Series, interval: str, first: date) -> pd.Series:
    """The begin of each step's period: step 0 is the period in which `first` lies."""
    begin = start_of(pd.Timestamp(first), interval)
    if interval in ("hour", "day", "week"):
        return begin + pd.to_timedelta(steps * {"hour": 1, "day": 24, "week": 168}[interval], unit="h")
    months = (
        begin.year * 12 + begin.month - 1 + steps.astype("int64") * {"month": 1, "quarter": 3, "year": 12}[interval]
    )
    return pd.to_datetime(pd.DataFrame({"year": months // 12, "month": months % 12 + 1, "day": 1}), errors="coerce")


def start_of(moment: pd.Timestamp, interval: str) -> pd.Timestamp:
    """The begin of the period in which a moment lies; weeks begin on Monday."""
    if interval in ("hour", "day"):
        return moment.floor({"hour": "h", "day": "D"}[interval])
    return moment.to_period({"week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}[interval]).start_time


def zones(texts) -> dict[str, int]:
    """The offsets that stand behind times, each with how many texts have it; '' for a text without one."""
    found: dict[str, int] = {}
    for text in texts:
        match = ZONE.match(text)
        named = match[1].upper().replace(":", "") if match else ""
        zone = "+00:00" if named in ("Z", "UTC", "GMT") else f"{named[:3]}:{named[3:] or '00'}" if named else ""
        found[zone] = found.get(zone, 0) + 1
    return found


def without_zone(text: str) -> str:
    match = ZONE.match(text)
    return text[:match.start(1)].rstrip() if match else text


# --- inside ---------------------------------------------------------------------------------------


def _period(form: str, patterns: list, text: str) -> pd.Timestamp | None:
    for pattern in patterns:
        match = pattern.fullmatch(text.strip())
        if match:
            said = match.groupdict()
            year = int(said["y"])
            if len(said["y"]) == 2:
                year += 2000 if year < 70 else 1900
            if form == "week":
                try:
                    return pd.Timestamp(date.fromisocalendar(year, int(said["w"]), 1))
                except ValueError:
                    continue
            month = (_number(said["q"]) * 3 - 2 if form == "quarter" else 1 if form == "year" else
                     _month(said["name"]) if said.get("name") else _number(said["m"]))
            if month and 1 <= month <= 12 and year >= 1700:
                return pd.Timestamp(year, month, 1)
    return None


def _number(text: str) -> int:
    return NUMERALS.get(text) or (int(text) if text.isdigit() else 0)


def _month(name: str) -> int:
    plain = name.lower().translate(str.maketrans("äáéèêûúç", "aaeeeuuc"))
    return next((number for number, begins in enumerate(MONTHS, 1) if plain.startswith(begins)), 0)


def _steps(form: str, matched: dict) -> pd.Series:
    if form == "relative":
        steps = pd.Series({text: int(match["y"]) * 12 + int(match["m"]) - 1 for text, match in matched.items()})
    else:
        steps = pd.Series({text: int(float(text)) for text in matched})
    return steps - steps.min()


def _counted_days(matched: dict) -> bool:
    """Whether whole numbers are days, seconds or dates as spreadsheets and programs write them: no mere steps."""
    return all(re.fullmatch(r"[2-5]\d{4}|1\d{9}|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", text.strip())
               for text in matched)
