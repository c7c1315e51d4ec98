"""Which column of a table of series says when, what, whose and where: by its header and by what stands in it.

    State, Industry, Series ID, Month, Turnover    → when Month, values Turnover, series Industry, place State
"""
import re
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from crm_core import engine
from crm_core.errors import NoNumbersColumn, NoTimesColumn
from crm_core.time_series import stamps

WHEN = re.compile(r"date|month|day|year|time|period|week|quarter|stamp|hour|datum|monat|jahr|woche|quartal|fecha|^ds$|"
                  r"日期|时间|月|年|季|周|天", re.IGNORECASE)
STEPS = re.compile(r"^(t|step|index|idx|n|no|time|period|nr|序号|期)$", re.IGNORECASE)
PLACE = re.compile(r"country|state|province|region|city|county|district|territory|place|location|geo|land$|ort$|stadt|"
                   r"国家|省|市|地区|区域|城市|地点", re.IGNORECASE)
WHOSE = re.compile(r"series|store|shop|branch|product|item|sku|category|industry|segment|dept|department|channel|code|"
                   r"unique_id|(^|[_ ])id$|filiale|门店|店|系列|产品|商品|品类|类别|行业|编号|渠道", re.IGNORECASE)
WHAT = re.compile(r"^(measure|metric|indicator|variable|kpi|statistic|kennzahl|指标|度量|变量)$", re.IGNORECASE)
VALUE = re.compile(
    r"value|sales|revenue|turnover|amount|volume|count|total|passengers|demand|visits|quantity|qty|price|"
    r"births|arrivals|visitors|trips|consumption|energy|load|[kmg]wh?$|cnt|^close$|^y$|umsatz|wert|menge|数量|销售|金额|收入|数值|^值$|客流|访问",
    re.IGNORECASE,
)
NAMELESS = re.compile(r"^(value|values|y|val|obs_value|target|wert|数值|值)$", re.IGNORECASE)
# A level or a rate is no more over a month than over a day.
LEVEL = re.compile(r"temperatur|price|rate|index|cpi|unemploy|share|percent|%|average|mean|median|score|balance|level|"
                   r"satisfaction|preis|温度|价格|率|指数|平均|库存|余额|评分|满意", re.IGNORECASE)
WAYS_FOR_TWICE = ("sum", "mean", "last")
INTERVALS = ("hour", "day", "week", "month", "quarter", "year")
MOST_SERIES_OF_NUMBERS = 2_000  # different whole numbers in a column that may still be somebody's number
SAMPLE = 20_000  # rows from which columns are recognised


@dataclass(frozen=True)
class Meaning:
    """What the columns mean, as proposed or as the person says."""

    when: tuple[str, ...]  # the column of times; several (year, month) are read as one
    values: tuple[str, ...]  # the columns with numbers
    series: tuple[str, ...] = ()  # whose numbers they are: several make one name
    place: str = ""
    what: str = ""  # the column that names the measure; else the values' headers name it, or `measure` does
    measure: str = ""  # the name of the one measure; '' as the headers say
    columns_are: str = "measures"  # what several columns of values are: measures, series
    date_order: str | None = None  # day first, month first, year first: where both fit
    interval: str = "month"  # of steps that name no time
    first: date = date(2000, 1, 1)  # when the first such step was
    twice: str = "sum"  # one of WAYS_FOR_TWICE: what a period is that stands there more than once
    averaged: tuple[str, ...] | None = None  # measures of which several make a mean, no sum; None: as their names say


def propose(look, headers: tuple[str, ...]) -> Meaning:
    """What the columns mean, by their headers and what stands in them. Raises NoTimesColumn, NoNumbersColumn."""
    rows = look.execute("SELECT count(*) FROM cells_as_texts").fetchone()[0]
    every = max(1, rows // SAMPLE) | 1  # odd: not the same month of each year
    sample = engine.to_frame(look.execute(
        "SELECT * EXCLUDE (line) FROM cells_as_texts WHERE line % $every = 0 ORDER BY line", every=every
    ).to_arrow_table())
    sample.columns = headers
    numbers = {header for header in headers if _is_numeric(sample[header])}
    when = _when(sample, headers, numbers)
    others = [header for header in headers if header not in when and sample[header].notna().any()]
    what = next((header for header in others if header not in numbers and WHAT.search(header)), "")
    place = next((header for header in others if header not in numbers and header != what and PLACE.search(header)
                  and sample[header].nunique() > 1), "")
    candidates = [header for header in others if header not in (what, place) and (
        header not in numbers or WHOSE.search(header) or _may_name(sample[header]))]
    series = _series(
        look, headers, (*when, *((place,) if place else ()), *((what,) if what else ())), candidates, numbers, sample
    )
    values = [header for header in others if header in numbers and header not in series]
    values = [header for header in values if VALUE.search(header)] or values
    if not values:
        raise NoNumbersColumn(headers=", ".join(headers))
    likely = [header for header in values if not WHOSE.search(header)] or values
    likely = [header for header in likely if not LEVEL.search(header)] or likely  # a price beside sales explains them
    return Meaning(tuple(when), tuple(likely), tuple(series), place, what)


def as_said(meaning: Meaning, **said) -> Meaning:
    """The meaning with what the person said instead."""
    return replace(meaning, **said)


# --- inside ---------------------------------------------------------------------------------------


def _is_numeric(texts: pd.Series) -> bool:
    texts = texts.dropna()
    plain = texts.str.replace(r"[\s€$¥£%,.'+-]|\(|\)", "", regex=True)
    return len(texts) > 0 and bool((plain.str.fullmatch(r"\d+([eE]-?\d+)?")).mean() > 0.8) and not bool(
        texts.str.fullmatch(r"\d+[-/.]\d+[-/.]\d+.*").mean() > 0.5)


def _may_name(texts: pd.Series) -> bool:
    """Whether whole numbers may be somebody's number: as many rows each."""
    texts = texts.dropna()
    return bool(texts.str.fullmatch(r"\d{1,9}").all()) and 2 <= texts.nunique() <= min(
        MOST_SERIES_OF_NUMBERS, len(texts) / 3
    )


def _when(sample: pd.DataFrame, headers, numbers: set) -> tuple[str, ...]:
    scored = []
    for header in headers:
        texts = sample[header].dropna().head(2_000)
        if texts.empty:
            continue
        named = bool(WHEN.search(header))
        form = stamps.read(texts).form
        if form in ("steps", "relative"):
            fits = form == "relative" or bool(STEPS.search(header))
        elif form == "year":
            fits = named or header not in numbers
        elif form == "month" and texts.str.fullmatch(r"\d{6}|\d{1,2}[.]\d{4}").all():
            fits = named  # 198204 may be a number too
        elif form == "date":
            # 10 words as a date is none; eight digits are one where the header says so.
            fits = texts.str.contains(r"\d").mean() > 0.7 and (
                named and _counted(texts) if header in numbers else _dated(texts))
        else:
            fits = True
        if fits:
            rank = {"date": 3, "steps": 0, "relative": 1, "year": 1}.get(form, 2)
            scored.append((named, rank, sample[header].nunique(), header))  # of a day and its hours, the hours
    by_name = {header.strip().lower(): header for header in headers}
    year = next((by_name[name] for name in ("year", "jahr", "年", "年份") if name in by_name), None)
    month = next((by_name[name] for name in ("month", "monat", "月", "月份") if name in by_name), None)
    day = next((by_name[name] for name in ("day", "tag", "日") if name in by_name), None)
    whole = [entry for entry in scored if entry[3] not in (year, month, day)]
    if year and month and not [entry for entry in whole if entry[0]]:
        inside = (
            sample[month]
            .dropna()
            .head(50)
            .str.fullmatch(r"\d{1,2}|[^\W\d]{3,9}|\d{1,2}月|[一二三四五六七八九十]{1,2}月")
        )
        if inside.all():
            return (year, month, day) if day else (year, month)
    if not scored:
        raise NoTimesColumn(headers=", ".join(headers))
    best = max(scored, key=lambda entry: entry[:3])
    return (next(entry[3] for entry in scored if entry[:3] == best[:3]),)


def _counted(texts: pd.Series) -> bool:
    """Days or seconds as programs count them, and dates without signs between their parts."""
    return bool(texts.str.fullmatch(r"[2-5]\d{4}(\.\d+)?|(?:18|19|20)\d{6}|1\d{9}(\.\d+)?|1\d{12}").mean() > 0.5)


def _dated(texts: pd.Series) -> bool:
    return bool(
        texts.str.contains(
            r"\d{1,4}[-/. 年]\s*(?:\d{1,2}|[^\W\d]{3,9})[-/. ,月]+\s*\d{1,4}|^[^\W\d]{3,9}\.? \d{1,2},? \d{4}",
            regex=True,
        ).mean()
        > 0.5
    )


def _series(look, headers, given: tuple[str, ...], candidates: list[str], numbers: set, sample) -> tuple[str, ...]:
    """The fewest columns by which no period of a series stands there twice; of the closest where none do."""
    place = {header: f"c{number}" for number, header in enumerate(headers)}

    def different(columns) -> int:
        listed = ", ".join(f"coalesce({place[header]}, '')" for header in columns)
        return look.execute(f"SELECT count(*) FROM (SELECT DISTINCT {listed} FROM cells_as_texts)").fetchone()[0]

    rows = look.execute("SELECT count(*) FROM cells_as_texts").fetchone()[0]
    best = different(given)
    candidates = sorted(candidates, key=lambda header: (
        not WHOSE.search(header) or header in numbers and VALUE.search(header) is not None, header in numbers,
        sample[header].nunique()))[:8]
    candidates = [header for header in candidates if header not in numbers or best < 0.5 * rows or WHOSE.search(header)]
    if best == rows:  # nothing need tell them apart; a column that is called a series does all the same
        return tuple(header for header in candidates[:1] if WHOSE.search(header) and header not in numbers
                     and 1 < sample[header].nunique() < len(sample) / 2)
    chosen: tuple[str, ...] = ()
    for _ in range(2):
        tried = [(different((*given, *chosen, header)), -order, header) for order, header in enumerate(candidates)
                 if header not in chosen]
        # What tells them all apart with the fewest names; else what comes closest.
        whole = [entry for entry in tried if entry[0] == rows]
        if not tried or max(tried)[0] <= best:
            break
        best, _, header = max(whole or tried, key=lambda entry: entry[1] if whole else entry)
        chosen = (*chosen, header)
        if best == rows:
            break
    return chosen
